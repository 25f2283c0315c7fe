/*
 * brief.c - a process that lives for about a millisecond, and works all the time.
 */
#include "spin.h"

static HOT uint64_t brief_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

int main(void)
{
	spin_for(0.001, brief_work);
	return 0;
}
