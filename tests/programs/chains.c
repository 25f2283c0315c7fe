/*
 * chains.c - one function called by two, nine times as long by the first; and functions that call
 * themselves and each other.
 *
 *   main ─┬─► often ──► shared_work    9 parts of 20
 *         ├─► seldom ─► shared_work    1
 *         └─► descend ─► … ─► descend ─► ping ─► pong ─► ping … ─► leaf_work    10
 *
 * Between the hot functions and those that are asked about lies spin_for: compilers give a function
 * that calls nothing no frame of its own, and so its caller is missing from the stack.
 *
 * usage: chains [DEPTH]
 */
#include "spin.h"

#define PART 0.05

static HOT uint64_t shared_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

static HOT uint64_t leaf_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

static HOT void often(void)
{
	spin_for(9 * PART, shared_work);
	spin_sum++;
}

static HOT void seldom(void)
{
	spin_for(PART, shared_work);
	spin_sum++;
}

static HOT void pong(int depth);

static HOT void ping(int depth)
{
	if (depth)
		pong(depth - 1);
	else
		spin_for(10 * PART, leaf_work);
	spin_sum++;
}

static HOT void pong(int depth)
{
	ping(depth);
	spin_sum++;
}

static HOT void descend(int depth, int pings)
{
	if (depth)
		descend(depth - 1, pings);
	else
		ping(pings);
	spin_sum++;
}

int main(int argc, char **argv)
{
	const int depth = (int)argument(argc, argv, 1, 12);

	often();
	seldom();
	descend(depth, depth);
	return 0;
}
