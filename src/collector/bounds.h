/*
 * bounds.h - what numbers of counters can be, and sums that none makes overflow.
 *
 * A recording may be damaged; what the store takes has 63 bits.
 */
#ifndef PMC_COLLECTOR_BOUNDS_H
#define PMC_COLLECTOR_BOUNDS_H

#include <stdint.h>

/* No counter counts more, nor runs for longer: 80 days at ten a nanosecond. What does is damage. */
#define COUNTER_MAX (1ULL << 56)

/* No sample stands for more, nor is more lost at once: three days of nanoseconds. */
#define PERIOD_MAX (1ULL << 48)

/* No clock tells a later time: that of the day will in 2116. */
#define TIME_MAX (1ULL << 62)

static inline uint64_t bounds_limit(uint64_t value)
{
	return value < INT64_MAX ? value : INT64_MAX;
}

/* Adds up to what the store holds at most: damage alone makes larger sums. */
static inline void bounds_add(uint64_t *sum, uint64_t value)
{
	*sum = value < INT64_MAX - *sum ? *sum + value : INT64_MAX;
}

#endif
