/*
 * import.h - inside the folder: an import, and its parts.
 *
 *   import.c           open, batches, what is told of it
 *     import_records.c   records of perf to where they belong
 *     import_text.c      lines of text to rows
 *     import_counts.c    what threads had counted
 *     import_stat.c      what perf stat has counted
 */
#ifndef PMC_COLLECTOR_IMPORT_H
#define PMC_COLLECTOR_IMPORT_H

#include "collector/collector.h"
#include "collector/import_counters.h"
#include "collector/import_order.h"
#include "collector/import_skips.h"
#include "collector/import_stat.h"
#include "collector/import_text.h"
#include "collector/outgoing.h"
#include "collector/round.h"

/* Records or lines from one look at the clock and at signals to the next. */
enum { IMPORT_LOOK_EVERY = 1 << 14 };
/* Rows of costs or counts that are worth a batch. */
enum { IMPORT_FLUSH_ROWS = 1 << 16 };
/* A batch is worth it after so long; also in a stream that is recorded meanwhile. */
enum { IMPORT_FLUSH_NS = 1000000000 };

struct pmc_import {
	struct pmc_import_opts opts;
	const char *folder;    /* NULL: the recording is one file */
	char *data_path;       /* of the folder's file `data` */
	struct perf_file file;
	struct pmc_event_list events;
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct import_order order;
	struct import_skips skips;
	struct round round;
	struct outgoing outgoing;
	const struct pmc_sink *sink; /* NULL: it is not running yet */
	struct import_text text; /* where it is text; file has its input alone */
	struct pmc_event_row *event_rows;
	struct import_stat stat;
	PMC_ARRAY(struct pmc_count_row) counts; /* of the batch that is out */
	struct count_sums {
		uint64_t counted, value, enabled_ns, running_ns;
	} *count_sums; /* of event i + 1, over the counts of all batches */
	uint64_t health[PMC_HEALTH_COUNT]; /* beside the round's */
	char *advice[PMC_HEALTH_COUNT];
	char *cut;
	uint64_t kernel_base; /* 0: not told */
	char *source;
	int64_t modified_ns;  /* of the file; 0: not known */
	uint64_t start_ns, flush_at_ns, pass_at_ns;
	uint64_t stray_offset, stray_id; /* of the first sample that no event owns */
	struct {
		bool is_known;
		bool is_sample;
		uint64_t offset;
	} first_bad; /* the first record whose bytes contradict themselves */
	uint32_t until_look;
	bool has_times, has_round;
	bool has_sampled; /* a sample was seen */
	bool is_text;
	bool counts_alone; /* the recording is of perf stat, as was known when it was opened */
	bool ended;   /* no more is read */
	bool stopped; /* by opts.stop */
};

uint64_t import_clock_ns(void);

/* Shows progress; a request to stop ends the import. */
void import_look_around(struct pmc_import *import);

/* Some of it is missing: why. The first cause is kept. */
void import_note_cut(struct pmc_import *import, const char *why);

/* The time of a record, as perf_parts.h wants it; ctx: the import (import_records.c). */
uint64_t import_record_time(void *ctx, const struct perf_record *record);

/* Reads records until a pass ends, or the file (import_records.c). */
int import_read_pass(struct pmc_import *import, struct pmc_err *err);

/* Gives the batch all counts that are new. last: what threads told at their ends, too. */
void import_fill_counts(struct pmc_import *import, bool last);

/* Takes a STAT or STAT_ROUND of perf stat, and the end of the file. */
void import_stat_count(struct pmc_import *import, const struct perf_record *record);
void import_stat_round(struct pmc_import *import, const struct perf_record *record);
void import_stat_end(struct pmc_import *import);

/* Counts a record whose bytes contradict themselves (import_records.c). */
void import_note_bad(struct pmc_import *import, const struct perf_record *record);
/* There is such a record, which is counted elsewhere. */
void import_note_bad_at(struct pmc_import *import, bool is_sample, uint64_t offset);

/* Counts a record with an id that no event has (import_records.c). */
void import_note_stray(struct pmc_import *import, const struct perf_record *record, uint64_t id);

#endif
