/*
 * perf_parts.h - the records of a recording that is a folder (`perf record --threads`), merged.
 *
 *   data       header, attributes, features, what was there before: read first, by perf_file.h
 *   data.0     │ records of a CPU     │      ─┐
 *   data.1     │ of another           │       ├─► the one with the smallest time first
 *   data.2     │ …                    │      ─┘
 *
 * perf writes no ends of passes into parts. A part is in order of time but for what one look at
 * its ring brings, as a file with passes is, so that taking records by time gives passes again,
 * wherever they are cut. A part that is cut short ends there; the others go on. Those that
 * are missing, or are no files, are told.
 */
#ifndef PMC_COLLECTOR_PERF_PARTS_H
#define PMC_COLLECTOR_PERF_PARTS_H

#include "base/mem.h"
#include "collector/perf_stream.h"

/* The time of a record, which may be in the other byte order; 0: it has none. */
typedef uint64_t perf_time_fn(void *ctx, const struct perf_record *record);

struct perf_part {
	char *path;
	struct perf_input input;
	struct perf_stream stream;
	struct perf_record record; /* to be given next */
	uint64_t time_ns;	   /* its time; of one without time that of the one before */
	bool has_record;
};

struct perf_parts {
	PMC_ARRAY(struct perf_part *) items;
	perf_time_fn *time_of;
	void *ctx;
	size_t last;	   /* whose record was given last */
	uint64_t until_ns; /* no other part has a record before it */
	bool is_held;	   /* it is to be given once more */
	bool is_begun;
	char *missing;	      /* path of the first part that is not there, until it is told */
	uint32_t missing_all; /* how many are not there */
};

/*
 * Opens data.0, data.1 … of a folder; there may be none. told: how many there were, which no file
 * of the folder says if the last are gone; 0: not known. On error nothing is left open.
 */
int perf_parts_open(struct perf_parts *parts, const char *folder, uint32_t told, bool swap,
		    struct pmc_err *err);
void perf_parts_close(struct perf_parts *parts);

/* As perf_stream_next(). CUT ends one part: it may be called again. */
enum perf_next perf_parts_next(struct perf_parts *parts, struct perf_record *record,
			       struct pmc_err *err);

#endif
