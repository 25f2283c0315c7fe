/*
 * import_counts.c - rows of counts for batches: of perf stat, and what threads of a recording had
 * counted when they ended (`perf record -s`).
 *
 * perf record opens a counter for each CPU, and a thread that moves counts on several: their times
 * mean what counters_enabled_ns() says. Threads that go on when the recording ends tell nothing.
 */
#include "collector/import.h"

/* What a sum has no room for, its part has not: who adds up parts gets the sum. */
static void add_part(uint64_t *sum, uint64_t *part)
{
	const uint64_t before = *sum;

	bounds_add(sum, *part);
	*part = *sum - before;
}

static void add_row(struct pmc_import *import, const struct pmc_count_row *from)
{
	struct pmc_count_row *row = pmc_array_add(&import->counts);
	struct count_sums *sums = &import->count_sums[from->event - 1];

	*row = *from;
	add_part(&sums->counted, &row->counted);
	add_part(&sums->value, &row->value);
	add_part(&sums->enabled_ns, &row->enabled_ns);
	add_part(&sums->running_ns, &row->running_ns);
}

static void add_threads(struct pmc_import *import)
{
	const struct thread_counts *ended = &import->round.thread_counts;

	for (size_t i = 0; i < ended->rows.count; i++) {
		const struct thread_count *count = &ended->rows.items[i];
		const uint64_t running_ns = count->total.running_ns;
		uint64_t enabled_ns = counters_enabled_ns(&import->counters, count->event - 1,
							  count->total.enabled_ns, running_ns);

		/* The recording may have watched fewer CPUs than there are. */
		if (enabled_ns < running_ns)
			enabled_ns = running_ns;
		add_row(import, &(struct pmc_count_row){
			.event = count->event,
			.run = 1,
			.thread = count->thread,
			.cpu = -1,
			.end_ns = import->outgoing.batch.end_ns,
			.counted = count->total.value,
			.value = counters_scale(count->total.value, enabled_ns, running_ns),
			.enabled_ns = enabled_ns,
			.running_ns = running_ns,
		});
	}
}

void import_fill_counts(struct pmc_import *import, bool last)
{
	struct pmc_batch *batch = &import->outgoing.batch;
	struct import_stat *stat = &import->stat;

	import->counts.count = 0; /* the batch that had them is back */
	if (!import->count_sums)
		import->count_sums = pmc_calloc(import->events.count + 1,
						sizeof(*import->count_sums));
	for (size_t i = 0; i < stat->rows.count; i++)
		add_row(import, &stat->rows.items[i]);
	stat->rows.count = 0;
	if (last)
		add_threads(import);
	batch->counts = import->counts.items;
	batch->counts_count = import->counts.count;
}
