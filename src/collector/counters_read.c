/*
 * counters_read.c - what the open counters have counted so far.
 *
 * A reading of a group's leader, as PERF_FORMAT_GROUP has it, and that of a single counter:
 *
 *   nr │ enabled │ running │ { value │ id │ lost } of the leader │ { … } of each member
 *   value │ enabled │ running │ id │ lost               "lost" from Linux 6.0 on
 */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/counters.h"

static void read_one(struct counters *counters, const struct counter *counter,
		     counter_reading_fn *fn, void *ctx)
{
	uint64_t words[5] = { 0 };
	const ssize_t got = read(counter->fd, words, sizeof(words));
	struct counter_reading reading;

	counters->evicted[counter->event - 1] |= !got;
	if (got < 32)
		return;
	reading = (struct counter_reading){ .value = words[0],
					    .enabled_ns = words[1],
					    .running_ns = words[2],
					    .lost = counters->lost_known ? words[4] : 0 };
	fn(ctx, counter, &reading);
}

/* `leader` and the members behind it in `open`, whose values come in the order of opening. */
static void read_group(struct counters *counters, const struct counter *leader, size_t members,
		       counter_reading_fn *fn, void *ctx)
{
	const size_t each = counters->lost_known ? 3 : 2;
	const size_t bytes = (3 + each * (members + 1)) * sizeof(uint64_t);
	const uint64_t *const words = counters->words;
	const ssize_t got = read(leader->fd, counters->words, bytes);

	counters->evicted[leader->event - 1] |= !got;
	if (got < 0 || (size_t)got < bytes || words[0] != members + 1)
		return;
	for (size_t i = 0; i <= members; i++) {
		const uint64_t *entry = &words[3 + i * each];
		const struct counter_reading reading = { .value = entry[0],
							 .enabled_ns = words[1],
							 .running_ns = words[2],
							 .lost = counters->lost_known ? entry[2] :
											0 };

		fn(ctx, &leader[i], &reading);
	}
}

void counters_read_each(struct counters *counters, counter_reading_fn *fn, void *ctx)
{
	const struct counter *const open = counters->open.items;
	const size_t count = counters->open.count;

	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && open[end].read_by_leader; end++)
			;
		if (end - i > 1)
			read_group(counters, &open[i], end - i - 1, fn, ctx);
		else if (open[i].event)
			read_one(counters, &open[i], fn, ctx);
	}
}

/* Is all of its group counted by the kernel, without any counter of the hardware? */
static bool is_software(const struct pmc_event_list *events, size_t index)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct pmc_event *event = &events->events[i];

		if (i != index &&
		    (event->group < 0 || event->group != events->events[index].group))
			continue;
		if (event->attr->type != PERF_TYPE_SOFTWARE &&
		    event->attr->type != PERF_TYPE_TRACEPOINT)
			return false;
	}
	return true;
}

uint64_t counters_enabled_ns(const struct counters *counters, size_t index,
			     uint64_t enabled_sum_ns, uint64_t running_sum_ns)
{
	if (!counters->per_task)
		return enabled_sum_ns;
	if (counters->some_cpus || is_software(counters->events, index))
		return running_sum_ns;
	return enabled_sum_ns / counters->cpus;
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

void counters_read(struct counters *counters, struct counter_total *totals)
{
	memset(totals, 0, counters->events->count * sizeof(*totals));
	counters_read_each(counters, add_reading, totals);
	for (size_t i = 0; i < counters->events->count; i++)
		totals[i].enabled_ns = counters_enabled_ns(counters, i, totals[i].enabled_ns,
							   totals[i].running_ns);
}

/*
 * A pinned event that found no counter is put aside for good, and reads as nothing; once its task
 * has ended, as 0 of everything.
 */
bool counters_lost_pinned(const struct counters *counters, const struct counter_total *totals,
			  size_t index, bool ran)
{
	for (size_t i = 0; i < counters->events->count; i++)
		ran |= totals[i].enabled_ns > 0;
	return counters->events->events[index].attr->pinned &&
	       (counters->evicted[index] || (ran && !totals[index].running_ns));
}

int counters_check_pinned(const struct counters *counters, const struct counter_total *totals,
			  bool ran, struct pmc_err *err)
{
	PMC_FREE char *names = NULL;
	size_t lost = 0;

	for (size_t i = 0; i < counters->events->count; i++) {
		char *longer;

		if (!counters_lost_pinned(counters, totals, i, ran))
			continue;
		longer = pmc_sprintf("%s%s%s", lost ? names : "", lost ? ", " : "",
				     counters->events->events[i].name);
		free(names);
		names = longer;
		lost++;
	}
	if (!lost)
		return 0;
	pmc_err_set(err, PMC_ERR_SYSTEM, "%s %s pinned (modifier D) but found no free counter",
		    names, lost == 1 ? "is" : "are");
	return pmc_err_hint(err, "pin fewer events, or leave the D out: then events that do not "
				 "fit take turns, and their counts are scaled");
}
