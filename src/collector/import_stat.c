/*
 * import_stat.c - see import_stat.h.
 */
#include "collector/import.h"

#include <string.h>

#include "collector/perf_abi.h"

void import_stat_fini(struct import_stat *stat)
{
	free(stat->last);
	pmc_array_free(&stat->parts);
	pmc_index_fini(&stat->index);
	pmc_array_free(&stat->told);
	pmc_array_free(&stat->rows);
}

/* Row of a thread of the map; 0: it is not told, or all of them together. */
static uint32_t thread_of(struct pmc_import *import, uint32_t index)
{
	const struct perf_stat *stat = &import->file.stat;
	const struct perf_stat_thread *thread;
	struct task *task;

	if (stat->threads.count < 2 || index >= stat->threads.count)
		return 0;
	thread = &stat->threads.items[index];
	task = tracker_task(&import->tracker, (uint32_t)thread->tid, UINT64_MAX);
	if (!task)
		task = tracker_add_task(&import->tracker, (uint32_t)thread->tid,
					(uint32_t)thread->tid, 0,
					thread->comm[0] ? thread->comm : NULL, 0);
	return tracker_thread_row(&import->tracker, task);
}

static struct stat_part *part_of(struct import_stat *stat, uint32_t event, uint32_t thread,
				 int32_t cpu)
{
	const uint64_t hash = pmc_hash_2((uint64_t)event << 32 | thread, (uint32_t)cpu);
	struct stat_part *part;
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&stat->index, hash, &step)) != UINT32_MAX) {
		part = &stat->parts.items[found];
		if (part->now.event == event && part->now.thread == thread && part->now.cpu == cpu)
			return part;
	}
	part = pmc_array_add(&stat->parts);
	part->now = (struct pmc_count_row){ .event = event, .thread = thread, .cpu = cpu };
	pmc_index_add(&stat->index, hash, (uint32_t)stat->parts.count - 1);
	return part;
}

/* What it is more than before; a counter that was reset begins anew. */
static uint64_t gain(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

void import_stat_count(struct pmc_import *import, const struct perf_record *record)
{
	struct import_stat *stat = &import->stat;
	const struct counters *counters = &import->counters;
	struct perf_stat_count now, *last;
	uint64_t counted, enabled_ns, running_ns;
	struct stat_part *part;
	uint32_t counter;

	if (!perf_stat_read_count(&now, record, import->file.swap) || now.value > COUNTER_MAX ||
	    now.enabled_ns > COUNTER_MAX || now.running_ns > COUNTER_MAX) {
		import_note_bad(import, record);
		return;
	}
	counter = counters_find(counters, now.id);
	if (counter == UINT32_MAX || !counters->open.items[counter].event) {
		import_note_stray(import, record, now.id);
		return;
	}
	import->has_sampled = true;
	if (!stat->last)
		stat->last = pmc_calloc(counters->open.count, sizeof(*stat->last));
	last = &stat->last[counter];
	counted = gain(now.value, last->value);
	enabled_ns = gain(now.enabled_ns, last->enabled_ns);
	running_ns = gain(now.running_ns, last->running_ns);
	*last = now;
	part = part_of(stat, counters->open.items[counter].event, thread_of(import, now.thread),
		       import->file.stat.by_cpu && now.cpu < INT32_MAX ? (int32_t)now.cpu : -1);
	if (!part->now.run)
		*pmc_array_add(&stat->told) = (uint32_t)(part - stat->parts.items);
	part->now.run = 1;
	bounds_add(&part->now.counted, counted);
	bounds_add(&part->now.value, counters_scale(counted, enabled_ns, running_ns));
	bounds_add(&part->now.enabled_ns, enabled_ns);
	bounds_add(&part->now.running_ns, running_ns);
}

/* A row is final. */
static void add_row(struct pmc_import *import, const struct pmc_count_row *row)
{
	struct pmc_event_row *event = &import->event_rows[row->event - 1];

	*pmc_array_add(&import->stat.rows) = *row;
	bounds_add(&event->counted, row->counted);
	bounds_add(&event->enabled_ns, row->enabled_ns);
	bounds_add(&event->running_ns, row->running_ns);
}

static void forget_gain(struct stat_part *part)
{
	part->now = (struct pmc_count_row){ .event = part->now.event,
					    .thread = part->now.thread,
					    .cpu = part->now.cpu };
}

static void end_interval(struct pmc_import *import, uint64_t time_ns)
{
	struct import_stat *stat = &import->stat;

	if (time_ns < stat->from_ns)
		time_ns = stat->from_ns;
	for (size_t i = 0; i < stat->told.count; i++) {
		struct stat_part *part = &stat->parts.items[stat->told.items[i]];

		if (part->last.run)
			add_row(import, &part->last);
		part->last = part->now;
		part->last.start_ns = stat->from_ns;
		part->last.end_ns = time_ns;
		forget_gain(part);
	}
	stat->told.count = 0;
	stat->from_ns = time_ns;
	if (time_ns > import->order.youngest_ns)
		import->order.youngest_ns = time_ns;
}

void import_stat_round(struct pmc_import *import, const struct perf_record *record)
{
	uint64_t time_ns;

	if (!perf_stat_read_round(&time_ns, record, import->file.swap) || time_ns > COUNTER_MAX)
		import_note_bad(import, record);
	else
		end_interval(import, time_ns);
}

void import_stat_end(struct pmc_import *import)
{
	struct import_stat *stat = &import->stat;

	for (size_t i = 0; i < stat->parts.count; i++) {
		struct stat_part *part = &stat->parts.items[i];

		if (!part->last.run) { /* cut short in its first interval */
			part->last = part->now;
			part->last.start_ns = part->last.end_ns = stat->from_ns;
		} else if (part->now.run) {
			bounds_add(&part->last.counted, part->now.counted);
			bounds_add(&part->last.value, part->now.value);
			bounds_add(&part->last.enabled_ns, part->now.enabled_ns);
			bounds_add(&part->last.running_ns, part->now.running_ns);
		}
		if (part->last.run)
			add_row(import, &part->last);
		part->last.run = 0;
		forget_gain(part);
	}
}
