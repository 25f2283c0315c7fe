/*
 * stacks.h - what a session measured, with its stacks, in dense arrays: trees and windows are made
 * from it.
 *
 *   costs ──► stack ──► parent ──► …        rows of callers: index + 1, 0 = none
 *     │         └─► location ──► frames     functions, outermost first; all but the first inlined
 *     ├─► location (the leaf)
 *     └─► thread
 *
 * Only rows that costs refer to are there, so a session is read by what it has and not by what else
 * the file holds. Ids of the file are gone: everything refers by index.
 *
 * Damaged files: a row that is not there is none, and a stack whose parent is not older than itself
 * ends there, so no walk is endless.
 */
#ifndef PMC_REPORT_STACKS_H
#define PMC_REPORT_STACKS_H

#include "report/profile.h"

#define STACKS_NONE UINT32_MAX

struct stacks_function {
	uint32_t function, module, file;	/* strings of the profile's pool */
	int64_t line;
	enum pmc_module_kind kind;
};

struct stacks_location {
	uint32_t first, count;		/* its frames, outermost first; at least one */
	uint32_t file;			/* string: where its instruction is */
	int64_t line;
};

struct stacks_thread {
	int64_t process_id, pid, tid;
	uint32_t comm, process_comm;	/* strings */
};

struct stacks_row {
	uint32_t parent;		/* index + 1, greater than its own; 0: outermost */
	uint32_t location;		/* index, or STACKS_NONE */
};

struct stacks_cost {
	uint32_t thread, location;	/* indices, or STACKS_NONE */
	uint32_t stack;			/* index + 1; 0: no callers are known */
	uint32_t event;			/* of the profile */
	int64_t id;			/* in the file, among those of its event */
	int64_t samples, value;		/* raw: not scaled */
};

/* Ids of rows as stored → dense slots, in the order in which they were added. */
struct stacks_slots {
	PMC_ARRAY(int64_t) ids;
	struct pmc_index index;
};

struct stacks {
	struct stacks_slots function_ids, location_ids, thread_ids;
	PMC_ARRAY(struct stacks_function) functions;
	PMC_ARRAY(uint32_t) frames;		/* functions */
	PMC_ARRAY(struct stacks_location) locations;
	PMC_ARRAY(struct stacks_thread) threads;
	PMC_ARRAY(struct stacks_row) rows;	/* children before parents */
	PMC_ARRAY(struct stacks_cost) costs;	/* ordered by event */
};

/*
 * Loads the session of `profile`, whose head is loaded, for its events. Windowed profiles get what
 * lies in the window, and its samples in window_samples. Strings go to the profile's pool. The
 * caller calls stacks_fini() in any case.
 */
int stacks_load(struct stacks *stacks, struct profile *profile, struct pmc_store *store,
		struct pmc_err *err);
void stacks_fini(struct stacks *stacks);

/* Slot of an id, or STACKS_NONE; with add, a new one at the end. */
uint32_t stacks_slot_find(const struct stacks_slots *slots, int64_t id);
uint32_t stacks_slot_add(struct stacks_slots *slots, int64_t id);
void stacks_slots_fini(struct stacks_slots *slots);

/*
 * Sets the profile's window from seconds: whole slices, those that [from, to) touches; to < 0: open
 * (stacks_slices.c).
 */
int stacks_set_window(struct profile *profile, struct pmc_store *store, double from_s, double to_s,
		      struct pmc_err *err);

/* What one cost row gained in the window. */
struct stacks_gain {
	int64_t samples, value;
};

/* Gains of an event's cost rows in the profile's window, by slot of the cost's id. */
struct stacks_gains {
	struct stacks_slots cost_ids;
	PMC_ARRAY(struct stacks_gain) items;
};

int stacks_load_gains(struct stacks_gains *gains, const struct profile *profile,
		      const struct profile_event *event, struct pmc_store *store,
		      struct pmc_err *err);
void stacks_gains_fini(struct stacks_gains *gains);

#endif
