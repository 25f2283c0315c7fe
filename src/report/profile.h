/*
 * profile.h - what a report is about, loaded once: the session, its events, its health, its rows.
 *
 *                     events[0]              events[1]
 *   rows[0] main      cells[0] self, total   cells[1] self, total
 *   rows[1] compute   cells[2] …             cells[3] …
 *
 * A row is a function, a line, a module, a thread or a process; its cells hold what each event says
 * of it. Rows are sorted: the first event's self value, then its total, both falling, then names.
 * All texts belong to the pool and are referred to by id, so that equal texts are equal numbers.
 */
#ifndef PMC_REPORT_PROFILE_H
#define PMC_REPORT_PROFILE_H

#include "base/hash.h"
#include "base/strings.h"
#include "report/report.h"

enum { PROFILE_EVENTS_MAX = 64 };

struct profile_session {
	int64_t id;
	uint32_t label, command, hostname, kernel, cpu, state;	/* strings; 0: not known */
	uint32_t source;		/* string: what made an imported recording; 0: pmc did */
	uint32_t started_at;		/* string, UTC to the second */
	int64_t cpus, duration_ns, samples, lost;
};

struct profile_event {
	int64_t id;			/* in the file */
	uint32_t name, requested, mode, unit, fallback;
	bool is_time;			/* values are nanoseconds */
	int64_t period, samples, value, enabled_ns, running_ns;
	int64_t window_samples;		/* windowed: those in the window */
	int64_t root_samples, root_value;	/* with a root: what runs under it */
};

struct profile_health {
	uint32_t name, severity, advice;
	int64_t value;
};

struct profile_row {
	uint32_t module, function, file;	/* strings */
	int64_t line;				/* 0: not known */
	uint32_t comm;
	int64_t pid, tid;
};

struct profile_cell {
	int64_t samples, self, total;
	double self_share, total_share;	/* 0..1 */
};

struct profile {
	enum pmc_report_by by;
	uint32_t root;			/* string: only what runs under this function; 0: all */
	bool windowed;			/* --from or --to was given */
	int64_t first_slice, end_slice, slice_ns;	/* windowed: [first, end), end < 0: open */
	struct pmc_strings *pool;
	struct profile_session session;
	struct profile_event events[PROFILE_EVENTS_MAX]; /* those shown, in the order shown */
	size_t events_count;
	PMC_ARRAY(struct profile_health) health;	/* figures that are not 0 */
	PMC_ARRAY(struct profile_row) rows;
	PMC_ARRAY(struct profile_cell) cells;	/* rows.count * events_count */
};

/* Loads all of it. The caller calls profile_fini() in any case. */
int profile_load(struct profile *profile, struct pmc_store *store,
		 const struct pmc_report_opts *opts, struct pmc_err *err);
void profile_fini(struct profile *profile);

/*
 * Only session, events (those named in `events`, NULL: all) and health, into an empty profile that
 * has a pool; in the transaction at hand.
 */
int profile_load_head(struct profile *profile, struct pmc_store *store, int64_t session_id,
		      const char *events, struct pmc_err *err);
/* Runs a statement that gives no rows: BEGIN, COMMIT. */
int profile_run(struct pmc_store *store, const char *sql, struct pmc_err *err);

/* It was counted and never sampled. */
bool profile_event_is_counted(const struct profile *profile, const struct profile_event *event);

/* Text of a string id. Valid as long as the profile. */
const char *profile_text(const struct profile *profile, uint32_t id);

/*
 * For the loaders: the row's cells, found or added; `key` has the fields that `by` tells rows
 * apart by.
 */
struct profile_cell *profile_cells(struct profile *profile, struct pmc_index *index,
				   const struct profile_row *key);
/* Index of an event's name in events[], or -1. */
int profile_find_event(const struct profile *profile, const char *name);

/*
 * What a window of time or a root holds (window.c): as the rows of profile_load(), but from the
 * costs themselves.
 */
int window_load(struct profile *profile, struct pmc_store *store,
		const struct pmc_report_opts *opts, struct pmc_index *index, struct pmc_err *err);

#endif
