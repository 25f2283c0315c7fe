/*
 * counted.c - things that happen a known number of times.
 *
 *   touch_pages   writes to PAGES pages that were never touched: so many page faults
 *   step_on       is called 1000 times
 *
 * Prints the address of step_on, which is the same each time in a program linked with -no-pie.
 *
 * usage: counted [PAGES], 10000 of them without it
 * build-flags: -fno-pie -no-pie */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spin.h"

enum { CALLS = 1000 };

static HOT void touch_pages(char *pages, size_t count, size_t page_size)
{
	for (size_t i = 0; i < count; i++)
		*(volatile char *)(pages + i * page_size) = 1;
}

static HOT void step_on(void)
{
	spin_sum++;
}

int main(int argc, char **argv)
{
	union { void (*function)(void); uintptr_t address; } here = { step_on };
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	const size_t count = (size_t)argument(argc, argv, 1, 10000);
	char *pages = mmap(NULL, count * page_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* A huge page would be one fault for many. */
	if (pages == MAP_FAILED || madvise(pages, count * page_size, MADV_NOHUGEPAGE))
		return 1;
	touch_pages(pages, count, page_size);
	for (int i = 0; i < CALLS; i++)
		step_on();
	printf("0x%llx\n", (unsigned long long)here.address);
	return 0;
}
