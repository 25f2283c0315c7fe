/*
 * forks.c - children that go on in the image of their parent.
 *
 *   parent_work   2 parts   ─► fork: child_work   1 part   ─► fork: grandchild_work   1 part
 */
#include <sys/wait.h>
#include <unistd.h>

#include "spin.h"

#define PART 0.15

static HOT uint64_t parent_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

static HOT uint64_t child_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

static HOT uint64_t grandchild_work(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 2862933555777941757ULL + 3037000493ULL;
		value ^= value >> 27;
	}
	return value;
}

int main(void)
{
	int status = 0;
	const pid_t child = fork();

	if (child < 0)
		return 1;
	if (child == 0) {
		const pid_t grandchild = fork();

		if (grandchild < 0)
			_exit(1);
		spin_for(PART, grandchild ? child_work : grandchild_work);
		if (grandchild)
			waitpid(grandchild, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	spin_for(2 * PART, parent_work);
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}
