/*
 * costs.h - the table that samples are added to: key (event, thread, stack, location, slice).
 *
 * One table a ring, so that no table is shared between CPUs. Adding is one hash and one compare
 * when the key repeats; rows lie dense in order of first appearance and are copied out at every
 * flush.
 */
#ifndef PMC_COLLECTOR_COSTS_H
#define PMC_COLLECTOR_COSTS_H

#include "base/hash.h"
#include "base/model.h"

struct costs {
	PMC_ARRAY(struct pmc_cost_row) rows;
	struct pmc_index index;
};

static inline uint64_t costs_hash(const struct pmc_cost_row *key)
{
	return pmc_hash_2(pmc_hash_2((uint64_t)key->stack << 32 | key->location,
				     (uint64_t)key->thread << 32 | key->event),
			  key->slice);
}

/* Adds key->samples and key->value to the row with key's five ids. */
static inline void costs_add(struct costs *costs, const struct pmc_cost_row *key)
{
	const uint64_t hash = costs_hash(key);
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&costs->index, hash, &step)) != UINT32_MAX) {
		struct pmc_cost_row *row = &costs->rows.items[found];

		if (row->location == key->location && row->stack == key->stack &&
		    row->thread == key->thread && row->event == key->event &&
		    row->slice == key->slice) {
			row->samples += key->samples;
			row->value += key->value;
			return;
		}
	}
	*pmc_array_add(&costs->rows) = *key;
	pmc_index_add(&costs->index, hash, (uint32_t)costs->rows.count - 1);
}

/* Appends all rows to *rows (count, capacity in items) and empties the table. */
void costs_flush(struct costs *costs, struct pmc_cost_row **rows, size_t *count, size_t *cap);
void costs_fini(struct costs *costs);

#endif
