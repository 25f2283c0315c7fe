/*
 * libplugin_two.c - a library for plugins.c; libplugin_one.c is its twin of the same size.
 */
#include <stdint.h>

uint64_t plugin_work(uint64_t value, uint64_t steps);

static __attribute__((noinline)) uint64_t work_of_two(uint64_t value, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 3935559000370003845ULL + 2691343689449507681ULL;
		value ^= value >> 31;
	}
	return value;
}

uint64_t plugin_work(uint64_t value, uint64_t steps)
{
	return work_of_two(value, steps) + 1;
}
