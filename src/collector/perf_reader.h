/*
 * perf_reader.h - reads numbers and texts of a recording's features, one after the other.
 *
 * It never goes beyond `end`: `bad` sticks once a read would have, and what is read from then on is
 * 0 or NULL, so that callers need to look only now and then.
 */
#ifndef PMC_COLLECTOR_PERF_READER_H
#define PMC_COLLECTOR_PERF_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "collector/perf_swap.h"

struct perf_reader {
	const uint8_t *at, *end;
	bool swap, bad;
};

static inline uint64_t perf_reader_left(const struct perf_reader *r)
{
	return r->bad ? 0 : (uint64_t)(r->end - r->at);
}

static inline const uint8_t *perf_read_bytes(struct perf_reader *r, uint64_t bytes)
{
	const uint8_t *here = r->at;

	if (r->bad || bytes > (uint64_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += bytes;
	return here;
}

static inline uint32_t perf_read_u32(struct perf_reader *r)
{
	const uint8_t *here = perf_read_bytes(r, 4);

	return here ? perf_u32(here, r->swap) : 0;
}

static inline uint64_t perf_read_u64(struct perf_reader *r)
{
	const uint8_t *here = perf_read_bytes(r, 8);

	return here ? perf_u64(here, r->swap) : 0;
}

/* A text is its length with padding, in 32 bits, and its bytes. The caller frees; NULL: none. */
static inline char *perf_read_text(struct perf_reader *r)
{
	const uint32_t len = perf_read_u32(r);
	const char *here = (const char *)perf_read_bytes(r, len);

	return here ? pmc_strndup(here, strnlen(here, len)) : NULL;
}

#endif
