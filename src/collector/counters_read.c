/*
 * counters_read.c - what the open counters have counted so far.
 *
 * A reading of a group's leader, as PERF_FORMAT_GROUP has it, and that of a single counter:
 *
 *   nr │ enabled │ running │ { value │ id │ lost } of the leader │ { … } of each member
 *   value │ enabled │ running │ id │ lost               "lost" from Linux 6.0 on
 */
#include <string.h>
#include <unistd.h>

#include "collector/counters.h"

/* A pinned event that found no counter is put aside for good, and reads as nothing. */
static int fail_pinned(const struct counters *counters, const struct counter *counter,
		       struct pmc_err *err)
{
	const struct pmc_event *event = &counters->events->events[counter->event - 1];

	pmc_err_set(err, PMC_ERR_SYSTEM, "%s is pinned (modifier D) but found no free counter",
		    event->requested[0] ? event->requested : event->name);
	return pmc_err_hint(err, "pin fewer events, or leave the D out: then events that do not "
				 "fit take turns, and their counts are scaled");
}

static int read_one(const struct counters *counters, const struct counter *counter,
		    counter_reading_fn *fn, void *ctx, struct pmc_err *err)
{
	uint64_t words[5] = { 0 };
	const ssize_t got = read(counter->fd, words, sizeof(words));
	struct counter_reading reading;

	if (!got)
		return fail_pinned(counters, counter, err);
	if (got < 32)
		return 0;
	reading = (struct counter_reading){ .value = words[0],
					    .enabled_ns = words[1],
					    .running_ns = words[2],
					    .lost = counters->lost_known ? words[4] : 0 };
	fn(ctx, counter, &reading);
	return 0;
}

/* `leader` and the members behind it in `open`, whose values come in the order of opening. */
static int read_group(const struct counters *counters, const struct counter *leader, size_t members,
		      counter_reading_fn *fn, void *ctx, struct pmc_err *err)
{
	const size_t each = counters->lost_known ? 3 : 2;
	const size_t bytes = (3 + each * (members + 1)) * sizeof(uint64_t);
	const uint64_t *const words = counters->words;
	const ssize_t got = read(leader->fd, counters->words, bytes);

	if (!got)
		return fail_pinned(counters, leader, err);
	if (got < 0 || (size_t)got < bytes || words[0] != members + 1)
		return 0;
	for (size_t i = 0; i <= members; i++) {
		const uint64_t *entry = &words[3 + i * each];
		const struct counter_reading reading = { .value = entry[0],
							 .enabled_ns = words[1],
							 .running_ns = words[2],
							 .lost = counters->lost_known ? entry[2] :
											0 };

		fn(ctx, &leader[i], &reading);
	}
	return 0;
}

int counters_read_each(const struct counters *counters, counter_reading_fn *fn, void *ctx,
		       struct pmc_err *err)
{
	const struct counter *const open = counters->open.items;
	const size_t count = counters->open.count;

	for (size_t i = 0, end; i < count; i = end) {
		int failed = 0;

		for (end = i + 1; end < count && open[end].read_by_leader; end++)
			;
		if (end - i > 1)
			failed = read_group(counters, &open[i], end - i - 1, fn, ctx, err);
		else if (open[i].event)
			failed = read_one(counters, &open[i], fn, ctx, err);
		if (failed)
			return -1;
	}
	return 0;
}

uint64_t counters_enabled_ns(const struct counters *counters, uint64_t enabled_sum_ns,
			     uint64_t running_sum_ns)
{
	if (!counters->per_task)
		return enabled_sum_ns;
	return counters->some_cpus ? running_sum_ns : enabled_sum_ns / counters->cpus;
}

static void add_reading(void *ctx, const struct counter *counter,
			const struct counter_reading *reading)
{
	struct counter_total *total = &((struct counter_total *)ctx)[counter->event - 1];

	total->value += reading->value;
	total->enabled_ns += reading->enabled_ns;
	total->running_ns += reading->running_ns;
	total->lost += reading->lost;
}

int counters_read(const struct counters *counters, struct counter_total *totals,
		  struct pmc_err *err)
{
	memset(totals, 0, counters->events->count * sizeof(*totals));
	if (counters_read_each(counters, add_reading, totals, err))
		return -1;
	for (size_t i = 0; i < counters->events->count; i++)
		totals[i].enabled_ns = counters_enabled_ns(counters, totals[i].enabled_ns,
							   totals[i].running_ns);
	return 0;
}
