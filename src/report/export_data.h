/*
 * export_data.h - a session for formats that hold more than a tree: several events, threads,
 * addresses, lines, time.
 *
 *   costs ──► stacks.rows ──► locations ──► frames       as in stacks.h
 *                                │            └─ lines    where in the frame, one a frame
 *                                └─ places ──► modules    where the code is, one a location
 *   moments ──► costs                                     when, by time slice
 *
 * Values are raw until export_value() makes estimates of them.
 */
#ifndef PMC_REPORT_EXPORT_DATA_H
#define PMC_REPORT_EXPORT_DATA_H

#include "report/stacks.h"

struct export_module {
	uint32_t path, name, build_id;	/* strings of head.pool; 0: not known */
	uint64_t end;			/* behind the highest offset that a location has */
};

struct export_place {
	uint32_t module;		/* index of modules, or STACKS_NONE */
	uint64_t offset;		/* of a caller: in the call, not what it returns to */
};

/* Where a frame was: its instruction's line, or that of the call that was inlined into it. */
struct export_line {
	uint32_t file;			/* string; 0: not known */
	int64_t line;			/* 0: not known */
};

/* What a cost row had in a time slice. */
struct export_moment {
	uint32_t slice, cost;
	int64_t samples, value;
};

struct export_data {
	struct profile head;		/* session, events that were sampled, strings; no rows */
	struct stacks stacks;
	PMC_ARRAY(struct export_module) modules;
	struct export_place *places;	/* by location */
	struct export_line *lines;	/* by frame, as stacks.frames */
	uint32_t *frame_locations;	/* by frame: the location that has it */
	uint32_t *function_modules;	/* by function: its module, or STACKS_NONE */
	bool *is_root;			/* by function: only what runs under these; NULL: all */
	PMC_ARRAY(struct export_moment) moments;	/* by event, slice, cost; if asked for */
	int64_t started_at_ns, slice_ns;
	uint32_t arch, version;		/* strings; version: of the pmc that recorded it */
};

/*
 * Loads a session in one read transaction: the events of opts, or all that were sampled; what is in
 * the window of time; with `moments` also when. A session of counts, and events that were only
 * counted, are usage errors: `what` is what cannot be made of them. The caller calls
 * export_data_fini() in any case.
 */
int export_data_load(struct export_data *data, struct pmc_store *store,
		     const struct pmc_export_opts *opts, bool moments, const char *what,
		     struct pmc_err *err);
void export_data_fini(struct export_data *data);

/* The moments of all costs, in the loader's transaction (export_moments.c). */
int export_moments_load(struct export_data *data, struct pmc_store *store, struct pmc_err *err);

/* The estimate of a raw value: scaled where the event shared its counter. */
int64_t export_value(const struct export_data *data, size_t event, int64_t raw);

static inline const char *export_text(const struct export_data *data, uint32_t id)
{
	return pmc_strings_get(data->head.pool, id);
}

/* The function of a frame. */
static inline const struct stacks_function *export_function(const struct export_data *data,
							    uint32_t frame)
{
	return &data->stacks.functions.items[data->stacks.frames.items[frame]];
}

/* a + b, at most INT64_MAX. */
int64_t export_add(int64_t a, int64_t b);

#endif
