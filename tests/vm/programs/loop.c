/*
 * loop.c - user instructions that are the same in every run, from its first to its last one.
 *
 *   _start ─► start ─┬─► fill      READS times 1 MiB of zeroes from the kernel
 *                    └─► spin      2 * ROUNDS instructions
 *
 * There is no C library in it: what a dynamic loader does depends on where the kernel put stack and
 * libraries. Numbers are written with eight digits, so that reading them takes the same time too.
 *
 * usage: loop ROUNDS [READS]        e.g. loop 00100000 00000008
 * build-flags: -nostdlib -static -ffreestanding */
#include "exact.h"

enum { DIGITS = 8, AT_FDCWD = -100, SYS_OPENAT = 56, SYS_READ = 63, SYS_EXIT = 93 };

static char buffer[1 << 20];

void start(const uint64_t *stack);

__asm__(".globl	_start\n"
	"_start:	mov	x29, #0\n"
	"	mov	x30, #0\n"
	"	mov	x0, sp\n"
	"	bl	start\n");

static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc	#0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

/* Without a branch that depends on the digits. */
static uint64_t read_number(const char *text)
{
	uint64_t number = 0;

	for (int i = 0; i < DIGITS; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	return number;
}

static PHASE void fill(uint64_t reads)
{
	const long zero = call(SYS_OPENAT, AT_FDCWD, (long)"/dev/zero", 0, 0);

	for (uint64_t i = 0; i < reads; i++)
		if (call(SYS_READ, zero, (long)buffer, sizeof(buffer), 0) != sizeof(buffer))
			call(SYS_EXIT, 1, 0, 0, 0);
}

static PHASE void spin(uint64_t rounds)
{
	COUNT_DOWN(rounds);
}

/* stack: argc, argv[0], argv[1] … */
void start(const uint64_t *stack)
{
	if (stack[0] < 2)
		call(SYS_EXIT, 2, 0, 0, 0);
	if (stack[0] > 2)
		fill(read_number((const char *)stack[3]));
	spin(read_number((const char *)stack[2]));
	call(SYS_EXIT, 0, 0, 0, 0);
}
