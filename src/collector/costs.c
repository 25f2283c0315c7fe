/*
 * costs.c - emptying a cost table; see costs.h for how it is filled.
 */
#include "collector/costs.h"

#include <string.h>

void costs_flush(struct costs *costs, struct pmc_cost_row **rows, size_t *count, size_t *cap)
{
	const size_t fresh = costs->rows.count;

	if (!fresh)
		return;
	pmc_grow((void **)rows, cap, *count + fresh, sizeof(**rows));
	memcpy(*rows + *count, costs->rows.items, fresh * sizeof(**rows));
	*count += fresh;
	costs->rows.count = 0;
	pmc_index_clear(&costs->index);
}

void costs_fini(struct costs *costs)
{
	pmc_array_free(&costs->rows);
	pmc_index_fini(&costs->index);
}
