/*
 * perf_stat.c - see perf_stat.h.
 */
#include "collector/perf_stat.h"

#include <linux/perf_event.h>

#include "collector/perf_abi.h"
#include "collector/perf_reader.h"

/* Pairs of STAT_CONFIG: how counts are added up, and of that: not at all. */
enum { TAG_AGGREGATION = 0, AGGREGATION_NONE = 0 };

static struct perf_reader body_of(const struct perf_record *record, bool swap)
{
	return (struct perf_reader){ .at = record->bytes + sizeof(struct perf_event_header),
				     .end = record->bytes + record->size,
				     .swap = swap };
}

/* The first map is that of the events. */
static void take_threads(struct perf_stat *stat, struct perf_reader *r)
{
	uint64_t left = perf_read_u64(r);

	if (stat->threads.count)
		return;
	while (!r->bad && left-- && stat->threads.count < PERF_STAT_THREADS_MAX) {
		struct perf_stat_thread thread = { .tid = perf_read_u64(r) };
		const uint8_t *comm = perf_read_bytes(r, sizeof(thread.comm));

		if (!comm)
			return;
		memcpy(thread.comm, comm, sizeof(thread.comm));
		thread.comm[sizeof(thread.comm) - 1] = '\0';
		*pmc_array_add(&stat->threads) = thread;
	}
}

static void take_config(struct perf_stat *stat, struct perf_reader *r)
{
	uint64_t left = perf_read_u64(r);

	stat->is_one = true;
	while (!r->bad && left--) {
		const uint64_t tag = perf_read_u64(r), value = perf_read_u64(r);

		if (!r->bad && tag == TAG_AGGREGATION)
			stat->by_cpu = value == AGGREGATION_NONE;
	}
}

bool perf_stat_take(struct perf_stat *stat, const struct perf_record *record, bool swap)
{
	struct perf_reader r = body_of(record, swap);

	if (record->type == PERF_REC_THREAD_MAP)
		take_threads(stat, &r);
	else
		take_config(stat, &r);
	return !r.bad;
}

void perf_stat_fini(struct perf_stat *stat)
{
	pmc_array_free(&stat->threads);
}

bool perf_stat_read_count(struct perf_stat_count *count, const struct perf_record *record,
			  bool swap)
{
	struct perf_reader r = body_of(record, swap);

	count->id = perf_read_u64(&r);
	count->cpu = perf_read_u32(&r);
	count->thread = perf_read_u32(&r);
	count->value = perf_read_u64(&r);
	count->enabled_ns = perf_read_u64(&r);
	count->running_ns = perf_read_u64(&r);
	return !r.bad;
}

bool perf_stat_read_round(uint64_t *time_ns, const struct perf_record *record, bool swap)
{
	struct perf_reader r = body_of(record, swap);

	perf_read_u64(&r); /* an interval, or all of it */
	*time_ns = perf_read_u64(&r);
	return !r.bad;
}
