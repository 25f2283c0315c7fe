/*
 * deferred.h - samples whose callers in user space come in a record of their own (Linux 6.19).
 *
 * Asked so (defer_callchain), the kernel leaves a cookie in a sample instead of the user's callers,
 * and tells them when the thread returns to user space: once for all samples of that stay.
 *
 *   sample   tid, cookie, leaf and callers in the kernel ──► held ───┐ end of round
 *   CALLCHAIN_DEFERRED   tid, cookie, callers in user space ─► chain ┴──────────────► counted
 *
 * A chain comes after its samples, but may be read before them where they are another CPU's: it is
 * kept for another round. Samples wait as long as their thread may still return; what never comes
 * is counted by cause. One thread.
 */
#ifndef PMC_COLLECTOR_DEFERRED_H
#define PMC_COLLECTOR_DEFERRED_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/model.h"

/* What waits at most, in bytes: the oldest ones are then counted without the user's callers. */
enum { DEFERRED_BYTES_MAX = 16 << 20 };

struct deferred_key {
	uint64_t cookie;
	uint32_t tid;
};

struct deferred_sample {
	struct deferred_key key;
	size_t frames, costs; /* numbers of them; they lie one behind the other */
	uint32_t ring;
	bool is_user; /* the leaf ran in user space: the chain begins with it, too */
};

struct deferred_chain {
	struct deferred_key key;
	size_t first, callers; /* in deferred.callers */
	bool is_old;	       /* of the round before */
};

struct deferred {
	PMC_ARRAY(struct deferred_sample) samples; /* in order of arrival */
	PMC_ARRAY(uint32_t) frames;		   /* of all of them: locations, the leaf first */
	PMC_ARRAY(struct pmc_cost_row) costs;	   /* … but for stack and location */
	PMC_ARRAY(struct deferred_chain) chains;
	PMC_ARRAY(uint32_t) callers; /* of all chains: locations, innermost first */
	struct pmc_index index;	     /* of chains */
	PMC_ARRAY(uint32_t) ended;   /* tids that return no more */
	PMC_ARRAY(uint32_t) whole;   /* frames of the sample that is being counted */
};

/* Holds a sample back; its costs follow. */
void deferred_hold(struct deferred *deferred, const struct deferred_sample *sample,
		   const uint32_t *frames);
/* Adds to the costs of the sample held last. */
void deferred_add_cost(struct deferred *deferred, const struct pmc_cost_row *cost);

/* Room for the callers of a chain, `most` of them: locations, to be given to the next call. */
uint32_t *deferred_callers(struct deferred *deferred, size_t most);
/* A chain has come; its `count` callers were written there. */
void deferred_add_chain(struct deferred *deferred, const struct deferred_key *key, size_t count);
/* A thread has ended. */
void deferred_end(struct deferred *deferred, uint32_t tid);

/* What a sample is counted with. Borrowed for the call. */
struct deferred_whole {
	const uint32_t *frames; /* the leaf first */
	uint32_t count;
	struct pmc_cost_row *costs;
	size_t costs_count;
	uint32_t ring;
	bool is_missing; /* the user's callers never came */
};
typedef void deferred_count_fn(void *ctx, const struct deferred_whole *whole);

/*
 * At the end of a round: counts the samples whose chains are there, and those that wait in vain
 * (all: every one).
 */
void deferred_settle(struct deferred *deferred, bool all, deferred_count_fn *count, void *ctx);
void deferred_fini(struct deferred *deferred);

#endif
