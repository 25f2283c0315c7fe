/*
 * perf_file.h - a recording up to its first record: form, byte order, events, facts; then records.
 *
 *   perf_file_open()      header; file form: attrs, features    pipe form: their records
 *   perf_file_next()      every other record
 */
#ifndef PMC_COLLECTOR_PERF_FILE_H
#define PMC_COLLECTOR_PERF_FILE_H

#include "collector/perf_facts.h"
#include "collector/perf_stream.h"

struct perf_file {
	struct perf_input input;
	struct perf_stream stream;
	struct perf_events events;
	struct perf_facts facts;
	bool swap;    /* it was written by a machine of the other byte order */
	bool is_pipe; /* form */
	bool unfinished; /* perf was killed: it never wrote how many records there are */
};

/* True when these bytes begin a recording of any version or byte order. */
bool perf_file_is_one(const uint8_t *bytes, size_t size);

/*
 * Reads from an input that is open already, and takes it over, also on error. What is no recording,
 * or has no events: -1, with the offset of what is wrong. perf_file_close() in any case.
 */
int perf_file_open(struct perf_file *file, const struct perf_input *input, struct pmc_err *err);
void perf_file_close(struct perf_file *file);

enum perf_next perf_file_next(struct perf_file *file, struct perf_record *record,
			      struct pmc_err *err);

#endif
