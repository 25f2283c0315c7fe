/*
 * counts.h - a session of counts, loaded: what each event counted, by run, interval and part.
 *
 *                              events[0]         events[1]
 *   scopes[0] run 1, cpu 0     cells[0] value    cells[1] value …
 *   scopes[1] run 1, cpu 1     cells[2] …        cells[3] …
 *
 * A scope is what one row of a table tells of: all that was counted in one interval of one run, or
 * the part of it that one thread or one CPU had. Scopes are ordered by run, time, pid, tid, name,
 * CPU. Totals of runs are made from them, never stored.
 */
#ifndef PMC_REPORT_COUNTS_H
#define PMC_REPORT_COUNTS_H

#include "report/counts_figures.h"
#include "report/counts_mean.h"
#include "report/profile.h"

struct counts_cell {
	unsigned rows;		/* of the view; 0: the event has nothing to say here */
	unsigned unknown;	/* how many of them never got a counter */
	int64_t unknown_ns;	/* enabled time of those */
	int64_t value;		/* estimate: sum over rows that did */
	int64_t counted, enabled_ns, running_ns;
};

struct counts_scope {
	int64_t run, start_ns, end_ns;
	int64_t pid, tid, cpu;	/* -1: all of them */
	uint32_t comm;		/* string; 0: not by thread */
};

/* Up to where scopes are known: the end of the last, and the number of its rows. */
struct counts_place {
	int64_t end_ns, id;
};

#define COUNTS_FROM_START { -1, 0 }

struct counts {
	struct profile head;	/* session, events, health; no rows */
	PMC_ARRAY(struct counts_scope) scopes;
	PMC_ARRAY(struct counts_cell) cells;	/* scopes.count * head.events_count */
	PMC_ARRAY(struct counts_scope) runs;	/* each run's whole: all its time, no part */
	PMC_ARRAY(struct counts_cell) run_cells; /* runs.count * head.events_count: its sums */
	size_t whole_runs;	/* of them, from the first: all but one that a signal cut short */
	bool by_thread, by_cpu, intervals;
	struct counts_place last;	/* what is loaded goes up to here */
	int64_t last_ids[PROFILE_EVENTS_MAX];
	struct figure *figures;
	size_t figures_count;
};

/* True for a session whose events were all counted and not sampled. -1: error. */
int counts_has_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err);

/*
 * Loads the scopes behind `after`, the `last` of an earlier loading. `events`: those to show, NULL:
 * all. The caller calls counts_fini() in any case.
 */
int counts_load(struct counts *counts, struct pmc_store *store, int64_t session_id,
		const char *events, const struct counts_place *after, struct pmc_err *err);
void counts_fini(struct counts *counts);

/* Cells of a scope, and of a run by its index; one an event. */
const struct counts_cell *counts_cells(const struct counts *counts, size_t scope);
const struct counts_cell *counts_run_cells(const struct counts *counts, size_t run);

/* Never got a counter, though there was something to count. */
bool counts_cell_is_unknown(const struct counts_cell *cell);

/* A figure of the cells of a scope; NaN where it cannot be had. */
double counts_figure(const struct counts *counts, const struct figure *figure,
		     const struct counts_scope *scope, const struct counts_cell *cells);

/*
 * Means over the totals of all whole runs: of an event's value, of a figure, of the time a run
 * took.
 */
struct mean counts_mean_event(const struct counts *counts, size_t event);
struct mean counts_mean_figure(const struct counts *counts, const struct figure *figure);
struct mean counts_mean_elapsed(const struct counts *counts);

/* ---- how they look (counts_text.c, counts_data.c) ---- */

/*
 * One printing of a session, which may come in pieces: scopes while they are counted, the totals at
 * the end.
 */
struct counts_text;
/* streamed: by intervals, as they come. repeated: more runs are to come than the first shows. */
struct counts_text *counts_text_new(const struct pmc_style *style, bool streamed, bool repeated,
				    FILE *out);
/* Prints the scopes that end after after_ns. */
void counts_text_scopes(struct counts_text *text, const struct counts *counts, int64_t after_ns);
void counts_text_end(struct counts_text *text, const struct counts *counts);
/* Below all, where no header told it: what makes counts wrong or incomplete. */
void counts_text_errors(const struct counts_text *text, const struct counts *counts);
void counts_text_free(struct counts_text *text);

void counts_csv_begin(FILE *out);
void counts_csv_scopes(const struct counts *counts, int64_t after_ns, FILE *out);
void counts_csv_end(const struct counts *counts, FILE *out);

void counts_json_begin(FILE *out);
/* *any: whether a row was written before. */
void counts_json_scopes(const struct counts *counts, int64_t after_ns, bool *any, FILE *out);
void counts_json_end(const struct counts *counts, FILE *out);

#endif
