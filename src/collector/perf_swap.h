/*
 * perf_swap.h - records of a machine of the other byte order, turned into this machine's in place.
 *
 * A record is not one kind of number: 64-bit words, pairs of 32-bit words, texts and bytes that
 * nobody counts with lie side by side, and counts inside say how long it is. So each type is walked
 * by its layout, as decode.c walks it afterwards. Lengths are checked as there: what does not fit
 * stays as it is, and decode.c finds it bad.
 *
 * Bit fields are the exception: a machine that begins with the high byte begins a field's bits with
 * the high one, too, so bytes keep their order and bits are turned (perf_swap_attr()).
 */
#ifndef PMC_COLLECTOR_PERF_SWAP_H
#define PMC_COLLECTOR_PERF_SWAP_H

#include <stdbool.h>
#include <string.h>

#include "collector/abi.h"
#include "collector/decode.h"

static inline uint16_t perf_u16(const void *at, bool swap)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return swap ? __builtin_bswap16(value) : value;
}

static inline uint32_t perf_u32(const void *at, bool swap)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return swap ? __builtin_bswap32(value) : value;
}

static inline uint64_t perf_u64(const void *at, bool swap)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return swap ? __builtin_bswap64(value) : value;
}

/* The eight bytes that every record begins with. */
void perf_swap_header(uint8_t *record);

/* What follows them, of a kernel's record whose header is turned already. */
void perf_swap_record(uint8_t *record, const struct layout *layout);

/* An attribute, whole as it is in memory. */
void perf_swap_attr(struct perf_event_attr *attr);

#endif
