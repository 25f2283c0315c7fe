/*
 * export_moments.c - when costs had their samples: the time slices of a session, decoded.
 *
 * Job: each slice of each event, one after the other, as moments of cost rows.
 * Not here: how a slice is encoded (stacks_slices.c).
 *
 *   slice 0   cost 3: 2 samples, cost 7: 1       moments, by event, slice, cost
 *   slice 1   cost 3: 1 sample                   [0 3 2] [0 7 1] [1 3 1]
 */
#include "report/export_data.h"

struct mapping {
	struct stacks_slots ids;	/* of cost rows; slot + base is the index of the cost */
	uint32_t base;
};

/* Costs are ordered by event. */
static void map_costs(struct mapping *mapping, const struct stacks *stacks, uint32_t event)
{
	uint32_t cost = 0;

	while (cost < stacks->costs.count && stacks->costs.items[cost].event < event)
		cost++;
	mapping->base = cost;
	for (; cost < stacks->costs.count && stacks->costs.items[cost].event == event; cost++)
		stacks_slot_add(&mapping->ids, stacks->costs.items[cost].id);
}

static int compare_moments(const void *left, const void *right)
{
	const struct export_moment *a = left, *b = right;

	return (a->cost > b->cost) - (a->cost < b->cost);
}

static int load_slice(struct export_data *data, struct pmc_store *store, uint32_t e, int64_t slice,
		      const struct mapping *mapping, struct pmc_err *err)
{
	struct profile window = { .windowed = true, .first_slice = slice, .end_slice = slice + 1 };
	struct stacks_gains gains = { 0 };
	const size_t first = data->moments.count;
	int status = stacks_load_gains(&gains, &window, &data->head.events[e], store, err);

	for (size_t i = 0; !status && i < gains.items.count; i++) {
		const uint32_t slot = stacks_slot_find(&mapping->ids, gains.cost_ids.ids.items[i]);

		if (slot == STACKS_NONE)
			continue;
		*pmc_array_add(&data->moments) = (struct export_moment){
			.slice = (uint32_t)slice, .cost = mapping->base + slot,
			.samples = gains.items.items[i].samples,
			.value = gains.items.items[i].value,
		};
	}
	if (data->moments.count > first)
		qsort(data->moments.items + first, data->moments.count - first,
		      sizeof(*data->moments.items), compare_moments);
	stacks_gains_fini(&gains);
	return status;
}

static int load_event(struct export_data *data, struct pmc_store *store, uint32_t e,
		      const struct mapping *mapping, struct pmc_err *err)
{
	const struct profile *head = &data->head;
	struct pmc_query *query = pmc_query_prepare(
		store, "SELECT DISTINCT slice FROM slice WHERE event_id = ? AND slice >= ?"
		       " AND slice < ? ORDER BY slice", NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, head->events[e].id);
	pmc_query_bind_int(query, 2, head->windowed ? head->first_slice : 0);
	pmc_query_bind_int(query, 3, head->windowed && head->end_slice >= 0 ? head->end_slice :
									      UINT32_MAX);
	while ((status = pmc_query_step(query, err)) == 1) {
		if (load_slice(data, store, e, pmc_query_cell(query, 0).integer, mapping, err)) {
			status = -1;
			break;
		}
	}
	pmc_query_free(query);
	return status;
}

int export_moments_load(struct export_data *data, struct pmc_store *store, struct pmc_err *err)
{
	int status = 0;

	for (uint32_t e = 0; !status && e < data->head.events_count; e++) {
		struct mapping mapping = { 0 };

		map_costs(&mapping, &data->stacks, e);
		status = load_event(data, store, e, &mapping, err);
		stacks_slots_fini(&mapping.ids);
	}
	return status;
}
