/*
 * readings.c - see readings.h.
 */
#include "collector/readings.h"

#include <stdlib.h>
#include <string.h>

#include "collector/bounds.h"

static uint64_t hash_key(uint64_t id, uint32_t tid)
{
	return pmc_hash_2(id, tid);
}

uint64_t readings_gain(struct readings *readings, uint64_t id, uint32_t tid, uint64_t value)
{
	const uint64_t hash = hash_key(id, tid);
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&readings->index, hash, &step)) != UINT32_MAX) {
		struct reading *row = &readings->rows.items[found];
		uint64_t gain;

		if (row->id != id || row->tid != tid)
			continue;
		/* Less than before: the tid is another thread's by now. */
		gain = value >= row->value ? value - row->value : value;
		if (gain <= PERIOD_MAX)
			row->value = value;
		return gain;
	}
	if (value > PERIOD_MAX)
		return value;
	*pmc_array_add(&readings->rows) = (struct reading){ .id = id, .tid = tid, .value = value };
	pmc_index_add(&readings->index, hash, (uint32_t)readings->rows.count - 1);
	return value;
}

void readings_end(struct readings *readings, uint32_t tid)
{
	*pmc_array_add(&readings->ended) = tid;
}

static int compare_tids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* One pass over all rows, however many threads have ended. */
void readings_forget(struct readings *readings)
{
	size_t kept = 0;

	if (!readings->ended.count)
		return;
	qsort(readings->ended.items, readings->ended.count, sizeof(uint32_t), compare_tids);
	pmc_index_clear(&readings->index);
	for (size_t i = 0; i < readings->rows.count; i++) {
		const struct reading row = readings->rows.items[i];

		if (row.tid && bsearch(&row.tid, readings->ended.items, readings->ended.count,
				       sizeof(uint32_t), compare_tids))
			continue;
		readings->rows.items[kept] = row;
		pmc_index_add(&readings->index, hash_key(row.id, row.tid), (uint32_t)kept);
		kept++;
	}
	readings->rows.count = kept;
	readings->ended.count = 0;
}

void readings_fini(struct readings *readings)
{
	pmc_array_free(&readings->rows);
	pmc_index_fini(&readings->index);
	pmc_array_free(&readings->ended);
}
