/*
 * perf_file.h - a recording up to its first record: form, byte order, events, facts; then records.
 *
 *   perf_file_open()      header; file form: attrs, features    pipe form: their records
 *   perf_file_next()      every other record
 *
 * A folder has these in its file `data`, and more records in its parts (perf_parts.h).
 */
#ifndef PMC_COLLECTOR_PERF_FILE_H
#define PMC_COLLECTOR_PERF_FILE_H

#include "collector/perf_facts.h"
#include "collector/perf_parts.h"
#include "collector/perf_stat.h"

struct perf_file {
	struct perf_input input;
	struct perf_stream stream;
	struct perf_parts parts; /* of a folder; else empty */
	struct perf_events events;
	struct perf_facts facts;
	struct perf_stat stat;
	bool swap;    /* it was written by a machine of the other byte order */
	bool is_pipe; /* form */
	bool unfinished; /* perf was killed: it never wrote how many records there are */
	bool in_parts;	 /* all of `data` was read */
};

/* True when these bytes begin a recording of any version or byte order. */
bool perf_file_is_one(const uint8_t *bytes, size_t size);

/*
 * Reads from an input that is open already, and takes it over, also on error. What is no recording,
 * or has no events: -1, with the offset of what is wrong. perf_file_close() in any case.
 */
int perf_file_open(struct perf_file *file, const struct perf_input *input, struct pmc_err *err);
void perf_file_close(struct perf_file *file);

/*
 * Opens the parts of a folder, whose file `data` this is. time_of: what they are merged by. -1: one
 * cannot be read.
 */
int perf_file_open_parts(struct perf_file *file, const char *folder, perf_time_fn *time_of,
			 void *ctx, struct pmc_err *err);

/* After a CUT, what is left of other parts follows; without parts nothing does. */
enum perf_next perf_file_next(struct perf_file *file, struct perf_record *record,
			      struct pmc_err *err);

/* The record just given is given once more by the next call. */
void perf_file_hold(struct perf_file *file);

/* Bytes read so far, and of how many; *all 0: not known. */
uint64_t perf_file_done(const struct perf_file *file, uint64_t *all);

/* Records of trace data that were passed over, and their bytes. */
uint64_t perf_file_aux(const struct perf_file *file, uint64_t *bytes);

#endif
