/*
 * self_counter.c - a program that measures itself with the collector's counter of the calling
 * thread, and prints what it saw; tests judge.
 *
 *   counted ROUNDS DIFFERENCE    of the first counter's two readings around 2 * ROUNDS instructions
 *   page yes|no                  the first counter has a page to read
 *   system_calls N               how many readings of the first counter took one
 *   readings N                   of how many
 *   total N COUNT KERNEL CALLS   counter N at the end of all work, the same as the kernel tells it
 *                                right after, and 1 where the first took a system call
 *
 * More counters than the machine has in hardware take turns.
 *
 * usage: self_counter EVENT [COUNTERS [ROUNDS]]
 */
/* build-flags: -Isrc -D_GNU_SOURCE src/collector/self_counter.c src/collector/event*.c */
/* build-flags: src/collector/machine.c src/base/[a-z]*.c -lpfm -lm */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/collector.h"

#include "exact.h"

enum { COUNTERS_MAX = 16 };

static struct pmc_self_counter counters[COUNTERS_MAX];
static unsigned readings;

static uint64_t read_first(void)
{
	readings++;
	return pmc_self_counter_read(&counters[0]);
}

/* Never inlined: the instructions around the loop are the same for all rounds. */
static PHASE uint64_t count_loop(uint64_t rounds)
{
	const uint64_t before = read_first();

	COUNT_DOWN(rounds);
	return read_first() - before;
}

/* What the kernel tells of a counter, scaled where it took turns. */
static double ask_kernel(const struct pmc_self_counter *counter)
{
	uint64_t values[3];	/* count, enabled, running */

	if (read(counter->fd, values, sizeof(values)) != (ssize_t)sizeof(values) || !values[2])
		return 0;
	return (double)values[0] * (double)values[1] / (double)values[2];
}

static void print_total(int number)
{
	struct pmc_self_counter *counter = &counters[number];
	const uint64_t calls = counter->system_calls;
	const uint64_t count = pmc_self_counter_read(counter);
	const double kernel = ask_kernel(counter);

	printf("total %d %" PRIu64 " %.0f %" PRIu64 "\n", number, count, kernel,
	       counter->system_calls - calls);
}

int main(int argc, char **argv)
{
	static const uint64_t rounds[] = { 1000, 100000, 1000000, 20000000 };
	const int count = argc > 2 ? atoi(argv[2]) : 1;
	struct pmc_err err = { 0 };

	if (argc < 2 || count < 1 || count > COUNTERS_MAX) {
		fprintf(stderr, "usage: self_counter EVENT [COUNTERS [ROUNDS]]\n");
		return 2;
	}
	for (int i = 0; i < count; i++)
		if (pmc_self_counter_open(&counters[i], argv[1], &err)) {
			fprintf(stderr, "%s (%s)\n", err.message, err.hint);
			return 1;
		}
	if (argc > 3) {
		const uint64_t all = strtoull(argv[3], NULL, 10);

		printf("counted %" PRIu64 " %" PRIu64 "\n", all, count_loop(all));
	} else {
		count_loop(1);	/* the first reading is that of cold memory: page faults */
		for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++)
			printf("counted %" PRIu64 " %" PRIu64 "\n", rounds[i],
			       count_loop(rounds[i]));
	}
	printf("page %s\nsystem_calls %" PRIu64 "\nreadings %u\n",
	       counters[0].page ? "yes" : "no", counters[0].system_calls, readings);
	for (int i = 0; i < count; i++) {
		print_total(i);
		pmc_self_counter_close(&counters[i]);
	}
	return 0;
}
