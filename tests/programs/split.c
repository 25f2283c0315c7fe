/*
 * split.c - three functions that split their time 5:3:2.
 *
 *   main ─► work ─┬─► five       The same loop, with 5, 3 and 2 times so many steps. The length
 *                 ├─► three      of a round varies, so that it cannot run in step with the
 *                 └─► two        sampling.
 *
 * usage: split [SECONDS]
 */
#include "spin.h"

static HOT uint64_t five(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < 5 * steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

static HOT uint64_t three(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < 3 * steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

static HOT uint64_t two(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < 2 * steps; i++) {
		value = value * 2862933555777941757ULL + 3037000493ULL;
		value ^= value >> 27;
	}
	return value;
}

static HOT uint64_t work(uint64_t value, uint64_t steps)
{
	steps = steps / 10 + value % 2048;
	value = five(value, steps);
	value = three(value, steps);
	return two(value, steps) + 1;
}

int main(int argc, char **argv)
{
	spin_for(argument(argc, argv, 1, 1), work);
	return 0;
}
