/*
 * perf_stream.h - the records of a recording, one after the other.
 *
 * Job: find where each record ends; unpack compressed ones; pass over the data that some records
 * are followed by (AUXTRACE, TRACING_DATA), and count it.
 * Not here: what records mean.
 *
 *   file     │ record │ record │ AUXTRACE │ its data … │ COMPRESSED │ record │
 *                                          passed over      │
 *                                                           └─► record, record, rec… …ord
 *
 * A record is valid until the next one is asked for, and need not be aligned. Its header is in this
 * machine's byte order, the rest as in the file.
 */
#ifndef PMC_COLLECTOR_PERF_STREAM_H
#define PMC_COLLECTOR_PERF_STREAM_H

#include "collector/perf_inflate.h"
#include "collector/perf_input.h"

struct perf_stream {
	struct perf_input *input;
	struct perf_inflate inflate;
	bool swap;
	bool in_packed;	     /* the last record came out of a compressed one */
	bool is_held;	     /* it is to be given once more */
	uint64_t end;	     /* where the records end in the file; UINT64_MAX: at its end */
	uint64_t last_bytes; /* of the last record, to be passed over before the next */
	uint64_t packed_offset; /* of the compressed record that was handed in last */
	uint64_t aux_records, aux_bytes;
};

struct perf_record {
	uint8_t *bytes; /* with the header */
	size_t size;
	uint32_t type;
	uint16_t misc;
	uint64_t offset; /* in the file; of the compressed one that it came out of */
};

enum perf_next {
	PERF_NEXT_RECORD,
	PERF_NEXT_END,
	PERF_NEXT_CUT,	 /* the bytes end, or make no sense: err says where. What came is right */
	PERF_NEXT_ERROR, /* they cannot be read: err */
};

void perf_stream_init(struct perf_stream *stream, struct perf_input *input, bool swap,
		      uint64_t end);
void perf_stream_fini(struct perf_stream *stream);

enum perf_next perf_stream_next(struct perf_stream *stream, struct perf_record *record,
				struct pmc_err *err);

/* The record just given is given once more by the next call. */
void perf_stream_hold(struct perf_stream *stream);

#endif
