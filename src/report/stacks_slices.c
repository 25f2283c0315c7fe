/*
 * stacks_slices.c - what the slices of a window of time hold.
 *
 * Job: seconds to whole slices; decode the slices of an event, and add up what each cost row
 * gained.
 * Not here: what cost rows are (stacks.c).
 *
 * The view slice_cost decodes the same, but a window of a long session holds a million entries,
 * which is too much for SQL's JSON functions.
 */
#include <math.h>
#include <string.h>

#include "report/stacks.h"

static int bad_slice(struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA, "a time slice of this session cannot be decoded");
	return pmc_err_hint(err, "`pmc db check` tells what is damaged; the report without --from "
				 "and --to needs no slices");
}

/*
 * Next number of a JSON array of integers at *at: 1 and the number; 0 at its end; -1 no such array.
 */
static int next_number(const char **at, int64_t *number)
{
	char *end;

	*at += strspn(*at, "[, \n\t");
	if (**at == ']')
		return 0;
	*number = strtoll(*at, &end, 10);
	if (end == *at)
		return -1;
	*at = end;
	return 1;
}

/* Adds one row of slice: see the column's description in docs/SCHEMA.md for the encoding. */
static int add_slice(struct stacks_gains *gains, const char *entries, const char *values,
		     int64_t period, struct pmc_err *err)
{
	int64_t cost_id = 0, entry, value;
	uint32_t slot = STACKS_NONE;
	int more;

	while ((more = next_number(&entries, &entry)) == 1) {
		int64_t samples = entry > 0 ? 1 : -entry;

		if (entry > 0) {
			cost_id += entry;
			slot = stacks_slot_add(&gains->cost_ids, cost_id);
			if (slot == gains->items.count)
				pmc_array_add(&gains->items);
		}
		if (slot == STACKS_NONE)
			return bad_slice(err);
		if (!values)
			value = period * samples;
		else if (next_number(&values, &value) != 1)
			return bad_slice(err);
		gains->items.items[slot].samples += samples;
		gains->items.items[slot].value += value;
	}
	return more < 0 ? bad_slice(err) : 0;
}

int stacks_load_gains(struct stacks_gains *gains, const struct profile *profile,
		      const struct profile_event *event, struct pmc_store *store,
		      struct pmc_err *err)
{
	int64_t end = profile->end_slice < 0 ? INT64_MAX : profile->end_slice;
	struct pmc_query *query = pmc_query_prepare(
		store, "SELECT period, entries, vals FROM slice"
		       " WHERE event_id = ? AND slice >= ? AND slice < ?", NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, event->id);
	pmc_query_bind_int(query, 2, profile->first_slice);
	pmc_query_bind_int(query, 3, end);
	while ((status = pmc_query_step(query, err)) == 1) {
		struct pmc_cell entries = pmc_query_cell(query, 1),
				values = pmc_query_cell(query, 2);

		status = entries.type != PMC_CELL_TEXT
				 ? bad_slice(err)
				 : add_slice(gains, entries.text,
					     values.type == PMC_CELL_TEXT ? values.text : NULL,
					     pmc_query_cell(query, 0).integer, err);
		if (status)
			break;
	}
	pmc_query_free(query);
	return status;
}

void stacks_gains_fini(struct stacks_gains *gains)
{
	stacks_slots_fini(&gains->cost_ids);
	pmc_array_free(&gains->items);
}

int stacks_set_window(struct profile *profile, struct pmc_store *store, double from_s, double to_s,
		      struct pmc_err *err)
{
	struct pmc_query *query;
	double slice_s;

	profile->windowed = from_s > 0 || to_s >= 0;
	if (!profile->windowed)
		return 0;
	query = pmc_query_prepare(store, "SELECT slice_ns FROM session WHERE id = ?", NULL, err);
	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, profile->session.id);
	if (pmc_query_step(query, err) == 1)
		profile->slice_ns = pmc_query_cell(query, 0).integer;
	pmc_query_free(query);
	if (profile->slice_ns <= 0)
		return bad_slice(err);
	slice_s = (double)profile->slice_ns / 1e9;
	/* 0.3 s / 0.1 s is a hair less than 3: a millionth of a slice is no slice. */
	profile->first_slice =
		from_s > 0 ? (int64_t)fmin(floor(from_s / slice_s + 1e-6), 1e15) : 0;
	profile->end_slice = to_s < 0 ? -1 : (int64_t)fmin(ceil(to_s / slice_s - 1e-6), 1e15);
	return 0;
}
