/*
 * thread_counts.c - see thread_counts.h.
 */
#include "collector/thread_counts.h"

#include <stdlib.h>
#include <string.h>

static struct thread_life *find_life(const struct thread_counts *counts, uint32_t tid)
{
	struct thread_life *last = NULL;
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&counts->life_index, pmc_hash_u64(tid), &step)) !=
	       UINT32_MAX)
		if (counts->lives.items[found].tid == tid)
			last = &counts->lives.items[found];
	return last;
}

static void begin_life(struct thread_counts *counts, uint32_t tid, uint32_t unit)
{
	*pmc_array_add(&counts->lives) = (struct thread_life){ .tid = tid, .unit = unit };
	pmc_index_add(&counts->life_index, pmc_hash_u64(tid), (uint32_t)counts->lives.count - 1);
}

void thread_counts_watch(struct thread_counts *counts, uint32_t tid)
{
	begin_life(counts, tid, (uint32_t)counts->lives.count);
}

void thread_counts_fork(struct thread_counts *counts, uint32_t tid, uint32_t parent_tid)
{
	const struct thread_life *parent = find_life(counts, parent_tid);

	if (parent)
		begin_life(counts, tid, parent->unit);
}

void thread_counts_exit(struct thread_counts *counts, uint32_t tid, uint32_t thread)
{
	struct thread_life *life = find_life(counts, tid);

	if (life)
		life->thread = thread;
}

const struct thread_life *thread_counts_rest(const struct thread_counts *counts, uint32_t unit,
					     uint32_t *silent)
{
	const struct thread_life *first = NULL;

	*silent = 0;
	for (size_t i = 0; i < counts->lives.count; i++) {
		const struct thread_life *life = &counts->lives.items[i];

		if (life->unit != unit || life->told)
			continue;
		first = first ? first : life;
		++*silent;
	}
	return first;
}

static struct thread_count *find_or_add(struct thread_counts *counts, uint32_t thread,
					const struct counter *counter)
{
	const uint32_t event = counter->event;
	const uint64_t hash = pmc_hash_2(thread, event);
	struct thread_count *row;
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&counts->index, hash, &step)) != UINT32_MAX) {
		row = &counts->rows.items[found];
		if (row->thread == thread && row->event == event)
			return row;
	}
	row = pmc_array_add(&counts->rows);
	*row = (struct thread_count){ .thread = thread, .event = event, .unit = counter->task };
	pmc_index_add(&counts->index, hash, (uint32_t)counts->rows.count - 1);
	return row;
}

static void add_reading(struct counter_total *total, const struct counter_reading *reading)
{
	bounds_add(&total->value, reading->value);
	bounds_add(&total->enabled_ns, reading->enabled_ns);
	bounds_add(&total->running_ns, reading->running_ns);
	bounds_add(&total->lost, reading->lost);
}

void thread_counts_add(struct thread_counts *counts, const struct counters *counters,
		       uint32_t counter, uint32_t tid, uint32_t thread,
		       const struct counter_reading *reading)
{
	struct thread_life *life = find_life(counts, tid);

	if (life)
		life->told = true;
	if (!counts->told)
		counts->told = pmc_calloc(counters->open.count, sizeof(*counts->told));
	add_reading(&counts->told[counter], reading);
	add_reading(&find_or_add(counts, thread, &counters->open.items[counter])->total, reading);
}

void thread_counts_fini(struct thread_counts *counts)
{
	pmc_array_free(&counts->lives);
	pmc_index_fini(&counts->life_index);
	pmc_array_free(&counts->rows);
	pmc_index_fini(&counts->index);
	free(counts->told);
	memset(counts, 0, sizeof(*counts));
}
