/*
 * execs.c - works, then becomes another program; or is the one that it becomes.
 *
 *   before_work   1 part   ─► exec NEXT: after_work   2 parts
 *
 * With -t it is a second thread that works and calls exec; the process keeps its id all the same.
 * usage: execs [[-t] NEXT]
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "spin.h"

#define PART 0.2

static HOT uint64_t before_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

static HOT uint64_t after_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

static void *become(void *next)
{
	spin_for(PART, before_work);
	execl(next, next, (char *)NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 1) {
		spin_for(2 * PART, after_work);
		return 0;
	}
	if (strcmp(argv[1], "-t"))
		become(argv[1]);
	if (argc < 3 || pthread_create(&thread, NULL, become, argv[2]))
		return 1;
	pthread_join(thread, NULL);
	return 1;
}
