/*
 * spin.h - how test programs measure out their work: by the CPU time of the calling thread, so that
 * shares do not depend on how fast or how busy the machine is.
 *
 * The loops themselves stand in the programs, each in a function of its own that is not inlined:
 * a chain of dependent multiplications, which takes the same time a step wherever it is placed.
 */
#ifndef SPIN_H
#define SPIN_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define HOT __attribute__((noinline))

/* About a tenth of a millisecond: looking at the clock in between takes no share to speak of. */
#define STEPS 60000

/* The sums of all loops come to here, so that none is optimised away. */
static volatile uint64_t spin_sum;

static inline double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Calls work until the calling thread has run for so many seconds more. */
static inline void spin_for(double seconds, uint64_t (*work)(uint64_t value, uint64_t steps))
{
	const double end = cpu_seconds() + seconds;
	uint64_t value = 1;

	while (cpu_seconds() < end)
		value = work(value, STEPS);
	spin_sum += value;
}

/* The number in an argument, or another where there is none. */
static inline double argument(int argc, char **argv, int index, double otherwise)
{
	return argc > index ? atof(argv[index]) : otherwise;
}

#endif
