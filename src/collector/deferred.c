/*
 * deferred.c - see deferred.h.
 */
#include "collector/deferred.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_key(const struct deferred_key *key)
{
	return pmc_hash_2(key->cookie, key->tid);
}

static bool same_key(const struct deferred_key *a, const struct deferred_key *b)
{
	return a->cookie == b->cookie && a->tid == b->tid;
}

void deferred_hold(struct deferred *deferred, const struct deferred_sample *sample,
		   const uint32_t *frames)
{
	struct deferred_sample *held = pmc_array_add(&deferred->samples);

	*held = *sample;
	held->costs = 0;
	pmc_grow((void **)&deferred->frames.items, &deferred->frames.cap,
		 deferred->frames.count + sample->frames, sizeof(*frames));
	memcpy(deferred->frames.items + deferred->frames.count, frames,
	       sample->frames * sizeof(*frames));
	deferred->frames.count += sample->frames;
}

void deferred_add_cost(struct deferred *deferred, const struct pmc_cost_row *cost)
{
	*pmc_array_add(&deferred->costs) = *cost;
	deferred->samples.items[deferred->samples.count - 1].costs++;
}

uint32_t *deferred_callers(struct deferred *deferred, size_t most)
{
	pmc_grow((void **)&deferred->callers.items, &deferred->callers.cap,
		 deferred->callers.count + most, sizeof(*deferred->callers.items));
	return deferred->callers.items + deferred->callers.count;
}

static struct deferred_chain *find_chain(const struct deferred *deferred,
					 const struct deferred_key *key)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&deferred->index, hash_key(key), &step)) != UINT32_MAX)
		if (same_key(&deferred->chains.items[found].key, key))
			return &deferred->chains.items[found];
	return NULL;
}

/* One that is told again, by another event, is the same. */
void deferred_add_chain(struct deferred *deferred, const struct deferred_key *key, size_t count)
{
	if (find_chain(deferred, key))
		return;
	*pmc_array_add(&deferred->chains) = (struct deferred_chain){
		.key = *key, .first = deferred->callers.count, .callers = count };
	pmc_index_add(&deferred->index, hash_key(key), (uint32_t)deferred->chains.count - 1);
	deferred->callers.count += count;
}

void deferred_end(struct deferred *deferred, uint32_t tid)
{
	*pmc_array_add(&deferred->ended) = tid;
}

static int compare_tids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The sample's own frames, and those of its chain behind them. */
static void count_one(struct deferred *deferred, const struct deferred_sample *sample,
		      const uint32_t *frames, struct pmc_cost_row *costs,
		      const struct deferred_chain *chain, deferred_count_fn *count, void *ctx)
{
	const size_t skipped = chain && sample->is_user && chain->callers;
	const size_t callers = chain ? chain->callers - skipped : 0;
	struct deferred_whole whole = { .count = (uint32_t)(sample->frames + callers),
					.costs = costs,
					.costs_count = sample->costs,
					.ring = sample->ring,
					.is_missing = !chain };

	pmc_grow((void **)&deferred->whole.items, &deferred->whole.cap, whole.count,
		 sizeof(*frames));
	memcpy(deferred->whole.items, frames, sample->frames * sizeof(*frames));
	if (callers)
		memcpy(deferred->whole.items + sample->frames,
		       deferred->callers.items + chain->first + skipped,
		       callers * sizeof(*frames));
	whole.frames = deferred->whole.items;
	count(ctx, &whole);
}

static size_t bytes_of(const struct deferred_sample *sample)
{
	return sizeof(*sample) + sample->frames * sizeof(uint32_t) +
	       sample->costs * sizeof(struct pmc_cost_row);
}

/* How many of the oldest ones there is no room for. */
static size_t count_too_many(const struct deferred *deferred)
{
	size_t bytes = 0, i = deferred->samples.count;

	while (i && bytes <= DEFERRED_BYTES_MAX)
		bytes += bytes_of(&deferred->samples.items[--i]);
	return bytes > DEFERRED_BYTES_MAX ? i + 1 : 0;
}

static void settle_samples(struct deferred *deferred, bool all, deferred_count_fn *count, void *ctx)
{
	const size_t too_many = count_too_many(deferred);
	size_t kept = 0, frames_from = 0, frames_to = 0, costs_from = 0, costs_to = 0;

	if (deferred->ended.count)
		qsort(deferred->ended.items, deferred->ended.count, sizeof(uint32_t), compare_tids);
	for (size_t i = 0; i < deferred->samples.count; i++) {
		const struct deferred_sample sample = deferred->samples.items[i];
		uint32_t *const frames = deferred->frames.items + frames_from;
		struct pmc_cost_row *const costs = deferred->costs.items + costs_from;
		const struct deferred_chain *chain = find_chain(deferred, &sample.key);

		frames_from += sample.frames;
		costs_from += sample.costs;
		if (chain || all || i < too_many ||
		    (deferred->ended.count &&
		     bsearch(&sample.key.tid, deferred->ended.items, deferred->ended.count,
			     sizeof(uint32_t), compare_tids))) {
			count_one(deferred, &sample, frames, costs, chain, count, ctx);
			continue;
		}
		deferred->samples.items[kept++] = sample;
		memmove(deferred->frames.items + frames_to, frames,
			sample.frames * sizeof(*frames));
		if (sample.costs)
			memmove(deferred->costs.items + costs_to, costs,
				sample.costs * sizeof(*costs));
		frames_to += sample.frames;
		costs_to += sample.costs;
	}
	deferred->samples.count = kept;
	deferred->frames.count = frames_to;
	deferred->costs.count = costs_to;
}

/* Those of this round are kept for the next. */
static void age_chains(struct deferred *deferred)
{
	size_t kept = 0, callers = 0;

	pmc_index_clear(&deferred->index);
	for (size_t i = 0; i < deferred->chains.count; i++) {
		struct deferred_chain chain = deferred->chains.items[i];

		if (chain.is_old)
			continue;
		if (chain.callers)
			memmove(deferred->callers.items + callers,
				deferred->callers.items + chain.first,
				chain.callers * sizeof(*deferred->callers.items));
		chain.is_old = true;
		chain.first = callers;
		callers += chain.callers;
		deferred->chains.items[kept] = chain;
		pmc_index_add(&deferred->index, hash_key(&chain.key), (uint32_t)kept++);
	}
	deferred->chains.count = kept;
	deferred->callers.count = callers;
}

void deferred_settle(struct deferred *deferred, bool all, deferred_count_fn *count, void *ctx)
{
	if (deferred->samples.count)
		settle_samples(deferred, all, count, ctx);
	if (deferred->chains.count)
		age_chains(deferred);
	deferred->ended.count = 0;
}

void deferred_fini(struct deferred *deferred)
{
	pmc_array_free(&deferred->samples);
	pmc_array_free(&deferred->frames);
	pmc_array_free(&deferred->costs);
	pmc_array_free(&deferred->chains);
	pmc_array_free(&deferred->callers);
	pmc_index_fini(&deferred->index);
	pmc_array_free(&deferred->ended);
	pmc_array_free(&deferred->whole);
}
