/*
 * perf_inflate.h - the stream of bytes that is spread over a recording's compressed records.
 *
 *   COMPRESSED  COMPRESSED  …      one zstd stream; a record may begin in one and end in another
 *      └──────────┴──► [begin ═ whole and cut records ═ end)
 *
 * Not here: finding the records, or knowing what is in them. Only so much is unpacked at once as is
 * asked for, so that a few bytes that stand for gigabytes cost no memory.
 */
#ifndef PMC_COLLECTOR_PERF_INFLATE_H
#define PMC_COLLECTOR_PERF_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct perf_inflate {
	void *stream;	/* ZSTD_DStream; NULL: nothing was compressed so far */
	uint8_t *packed; /* copy of the record that is being unpacked */
	size_t packed_at, packed_end, packed_cap;
	uint8_t *plain;
	size_t begin, end, cap; /* unpacked and not read: [begin, end) */
	bool is_full;		/* the last step filled the room: there may be more */
};

/* True when this build can unpack; else version says what is missing. */
bool perf_inflate_available(void);
/* "zstd 1.5.4", or "" */
const char *perf_inflate_version(void);

/* Hands in the content of one compressed record, which is copied. What was handed in before must
 * have been unpacked. -1: this build cannot. */
int perf_inflate_put(struct perf_inflate *inflate, const void *bytes, size_t size,
		     struct pmc_err *err);

/* Unpacks some more. 1: there is more in [begin, end) now; 0: all is unpacked; -1: damaged. */
int perf_inflate_step(struct perf_inflate *inflate, struct pmc_err *err);

void perf_inflate_fini(struct perf_inflate *inflate);

#endif
