/*
 * libplugin_one.c - a library for plugins.c; libplugin_two.c is its twin of the same size.
 */
#include <stdint.h>

uint64_t plugin_work(uint64_t value, uint64_t steps);

static __attribute__((noinline)) uint64_t work_of_one(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

uint64_t plugin_work(uint64_t value, uint64_t steps)
{
	return work_of_one(value, steps) + 1;
}
