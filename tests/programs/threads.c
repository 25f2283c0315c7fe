/*
 * threads.c - threads with names and functions of their own; one changes its name at work.
 *
 *   spinner   spin_work    6 parts     The threads of a round run at once; then come those of the
 *   grinder   grind_work   2           next round, which are new threads.
 *   early     early_work   1
 *     late    late_work    3
 *
 * usage: threads [ROUNDS [LENGTH]]       a LENGTH of 10 makes each part ten times as long
 */
/* build-flags: -D_GNU_SOURCE */
#include <pthread.h>

#include "spin.h"

static double part = 0.025;

static HOT uint64_t spin_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

static HOT uint64_t grind_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

static HOT uint64_t early_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 2862933555777941757ULL + 3037000493ULL;
		value ^= value >> 27;
	}
	return value;
}

static HOT uint64_t late_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3202034522624059733ULL + 4354685564936845319ULL;
		value ^= value >> 33;
	}
	return value;
}

static void *spinner(void *arg)
{
	pthread_setname_np(pthread_self(), "spinner");
	spin_for(6 * part, spin_work);
	return arg;
}

static void *grinder(void *arg)
{
	pthread_setname_np(pthread_self(), "grinder");
	spin_for(2 * part, grind_work);
	return arg;
}

static void *changer(void *arg)
{
	pthread_setname_np(pthread_self(), "early");
	spin_for(part, early_work);
	pthread_setname_np(pthread_self(), "late");
	spin_for(3 * part, late_work);
	return arg;
}

int main(int argc, char **argv)
{
	static void *(*const MAINS[])(void *) = { spinner, grinder, changer };
	const int rounds = (int)argument(argc, argv, 1, 2);

	part *= argument(argc, argv, 2, 1);
	for (int round = 0; round < rounds; round++) {
		pthread_t threads[3];

		for (int i = 0; i < 3; i++)
			if (pthread_create(&threads[i], NULL, MAINS[i], NULL))
				return 1;
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
	}
	return 0;
}
