/*
 * shares.c - a program that knows its own shares: three functions with 5 : 3 : 2 of the work.
 *
 * Job: spend CPU time in part_five, part_three and part_two, measure how much each one really got
 * (CLOCK_THREAD_CPUTIME_ID around each call, so waiting for a CPU does not count), and print it:
 * that is the truth a profile is held against.
 *
 *   part_five 5000123456
 *   part_three …
 *   part_two …
 *   process …            CPU time of the whole program, so that start and measuring are known too
 *
 * usage: shares SECONDS          about so many seconds of CPU time
 *        shares -r ROUNDS        a fixed amount of work (a round is some milliseconds)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Steps: half a millisecond or so; a call of the clock is a tenth of a µs. */
enum { PART = 200000 };

#define HOT __attribute__((noinline))

static HOT uint64_t part_five(uint64_t word)
{
	for (int i = 0; i < 5 * PART; i++) {
		word = word * 6364136223846793005ULL + 1442695040888963407ULL;
		word ^= word >> 29;
	}
	return word;
}

static HOT uint64_t part_three(uint64_t word)
{
	for (int i = 0; i < 3 * PART; i++) {
		word = word * 3935559000370003845ULL + 2691343689449507681ULL;
		word ^= word >> 31;
	}
	return word;
}

static HOT uint64_t part_two(uint64_t word)
{
	for (int i = 0; i < 2 * PART; i++) {
		word = word * 2862933555777941757ULL + 3037000493ULL;
		word ^= word >> 27;
	}
	return word;
}

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t (*run)(uint64_t word);
	} parts[] = {
		{ "part_five", part_five },
		{ "part_three", part_three },
		{ "part_two", part_two },
	};
	uint64_t spent[3] = { 0 }, word = 1, rounds = 0;
	uint64_t limit_ns = UINT64_MAX, limit_rounds = UINT64_MAX;

	if (argc == 3 && !strcmp(argv[1], "-r")) {
		limit_rounds = strtoull(argv[2], NULL, 10);
	} else if (argc == 2 && atof(argv[1]) > 0) {
		limit_ns = (uint64_t)(atof(argv[1]) * 1e9);
	} else {
		fprintf(stderr, "usage: shares SECONDS | shares -r ROUNDS\n");
		return 2;
	}
	while (rounds++ < limit_rounds && cpu_ns(CLOCK_PROCESS_CPUTIME_ID) < limit_ns)
		for (int i = 0; i < 3; i++) {
			const uint64_t before = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

			word = parts[i].run(word);
			spent[i] += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - before;
		}
	for (int i = 0; i < 3; i++)
		printf("%s %llu\n", parts[i].name, (unsigned long long)spent[i]);
	printf("process %llu\n", (unsigned long long)cpu_ns(CLOCK_PROCESS_CPUTIME_ID));
	return word == 0;
}
