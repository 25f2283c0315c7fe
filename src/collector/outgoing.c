/*
 * outgoing.c - see outgoing.h.
 */
#include "collector/outgoing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void pmc_batch_done(struct pmc_batch *batch)
{
	struct outgoing *outgoing = (struct outgoing *)(void *)batch;

	atomic_store_explicit(&outgoing->out, false, memory_order_release);
}

bool outgoing_is_out(struct outgoing *outgoing)
{
	return atomic_load_explicit(&outgoing->out, memory_order_acquire);
}

void outgoing_take_back(struct outgoing *outgoing)
{
	catalog_release(&outgoing->batch);
}

void outgoing_wait(struct outgoing *outgoing)
{
	while (outgoing_is_out(outgoing))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	outgoing_take_back(outgoing);
}

void outgoing_fill(struct outgoing *outgoing, struct round *round, uint64_t end_ns)
{
	struct pmc_batch *batch = &outgoing->batch;
	struct pmc_cost_row *const costs = batch->costs;

	free(batch->losses);
	free(batch->branches);
	memset(batch, 0, sizeof(*batch));
	batch->costs = costs; /* its room is used again */
	catalog_flush(round->catalog, batch);
	for (size_t i = 0; i < round->counters->rings_count; i++)
		costs_flush(&round->rings[i].costs, &batch->costs, &batch->costs_count,
			    &outgoing->costs_cap);
	batch->branches_count = branches_flush(&round->branches, &batch->branches);
	batch->losses = round->losses.items;
	batch->losses_count = round->losses.count;
	memset(&round->losses, 0, sizeof(round->losses));
	pmc_index_clear(&round->loss_index);
	memcpy(batch->health, round->health, sizeof(batch->health));
	batch->end_ns = bounds_limit(end_ns > round->start_ns ? end_ns - round->start_ns : 0);
	batch->slice_ns = round->slice_ns;
	batch->samples = round->samples;
}

int outgoing_hand_over(struct outgoing *outgoing, const struct pmc_sink *sink, bool last,
		       struct pmc_err *err)
{
	int result;

	atomic_store_explicit(&outgoing->out, true, memory_order_release);
	result = sink->take(sink->ctx, &outgoing->batch, last, err);
	if (result)
		atomic_store_explicit(&outgoing->out, false, memory_order_release);
	return result;
}

void outgoing_fini(struct outgoing *outgoing)
{
	catalog_release(&outgoing->batch);
	free(outgoing->batch.costs);
	free(outgoing->batch.losses);
	free(outgoing->batch.branches);
	memset(&outgoing->batch, 0, sizeof(outgoing->batch));
}
