/*
 * thread_counts.c - see thread_counts.h.
 */
#include "collector/thread_counts.h"

#include <stdlib.h>
#include <string.h>

static struct thread_count *find_or_add(struct thread_counts *counts, uint32_t thread,
					uint32_t event)
{
	const uint64_t hash = pmc_hash_2(thread, event);
	struct thread_count *row;
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&counts->index, hash, &step)) != UINT32_MAX) {
		row = &counts->rows.items[found];
		if (row->thread == thread && row->event == event)
			return row;
	}
	row = pmc_array_add(&counts->rows);
	*row = (struct thread_count){ .thread = thread, .event = event };
	pmc_index_add(&counts->index, hash, (uint32_t)counts->rows.count - 1);
	return row;
}

static void add_reading(struct counter_total *total, const struct counter_reading *reading)
{
	total->value += reading->value;
	total->enabled_ns += reading->enabled_ns;
	total->running_ns += reading->running_ns;
	total->lost += reading->lost;
}

void thread_counts_add(struct thread_counts *counts, const struct counters *counters,
		       uint32_t counter, uint32_t thread, const struct counter_reading *reading)
{
	if (!counts->told)
		counts->told = pmc_calloc(counters->open.count, sizeof(*counts->told));
	add_reading(&counts->told[counter], reading);
	add_reading(&find_or_add(counts, thread, counters->open.items[counter].event)->total,
		    reading);
}

void thread_counts_fini(struct thread_counts *counts)
{
	pmc_array_free(&counts->rows);
	pmc_index_fini(&counts->index);
	free(counts->told);
	memset(counts, 0, sizeof(*counts));
}
