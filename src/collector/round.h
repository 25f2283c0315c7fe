/*
 * round.h - one round: everything the rings hold up to a moment, counted.
 *
 *   1  drain       every ring into its backlog; records younger than the limit stay there
 *   2  side-band   mmap, comm, fork, exit, ksymbol of all rings, sorted by time, to the tracker
 *   3  samples     ring by ring: task and mappings of that time, location, stack, cost table
 *                  (one whose callers come in a record of their own waits for it: deferred.h)
 *   4  forget      versions that only samples before the limit needed
 *
 *       ring 0   S S M S S S │ S        M F: side-band       limit: a little before now, so that
 *       ring 1   S F S S M S │ M        S:   samples         no record of another CPU that a
 *                            limit                           sample depends on is still to come
 *
 * Sums commute, so samples need no order; only step 2 sorts, and side-band is rare.
 * A damaged record is counted and passed over; a damaged size ends that ring's backlog.
 * Per sample: no system call, no lock, no allocation once its key is known.
 */
#ifndef PMC_COLLECTOR_ROUND_H
#define PMC_COLLECTOR_ROUND_H

#include "collector/branches.h"
#include "collector/chain.h"
#include "collector/costs.h"
#include "collector/counters.h"
#include "collector/deferred.h"
#include "collector/readings.h"
#include "collector/thread_counts.h"
#include "collector/tracker.h"

/* An event that is held back. Inherited copies of it share its id, but not the stream's. */
struct throttle {
	uint64_t stream_id, since_ns;
	uint32_t event, tid;
};

/* What a ring's reader keeps; nothing of it is shared with another ring's. */
struct ring_state {
	struct costs costs;
	size_t stop;	   /* backlog offset up to which this round reads */
	struct task *task; /* of the last sample: the next is mostly of the same */
	uint32_t task_thread;
	PMC_ARRAY(struct throttle) throttles;
	uint32_t next_throttle; /* the one to give up when there are too many */
};

struct sideband {
	uint64_t time;
	const uint8_t *record;
	uint32_t ring;
};

struct round {
	struct counters *counters;
	struct catalog *catalog;
	struct tracker *tracker;
	uint64_t start_ns, slice_ns;
	uint64_t limit_ns; /* samples up to here were counted */
	uint64_t samples;
	struct event_sums {
		uint64_t samples, value;
		uint64_t throttles, throttled_ns;
	} *sums; /* of event i + 1 */
	struct readings readings;
	struct branches branches; /* where counters->branches asks for them */
	struct thread_counts thread_counts; /* of counters that tell of each thread */
	uint64_t health[PMC_HEALTH_COUNT];
	struct {
		bool is_known;
		size_t at; /* in its ring's backlog, until the ring gets new records */
	} first_bad; /* the first sample whose bytes contradict themselves */
	PMC_ARRAY(struct pmc_loss_row) losses; /* emptied by every flush */
	struct pmc_index loss_index;	       /* of losses */
	struct ring_state *rings;
	PMC_ARRAY(struct sideband) sideband;
	struct chain chain;
	struct deferred deferred; /* samples whose callers are still to come */
};

void round_init(struct round *round, struct counters *counters, struct tracker *tracker,
		uint64_t start_ns, uint64_t slice_ns);
void round_fini(struct round *round);

/* The last round is over: what is held back still was so up to now. */
void round_end_throttles(struct round *round, uint64_t now_ns);

/*
 * A round counts up to this long before now. A record's time is taken a little before it is visible
 * in its ring; the gap is microseconds, unless a virtual CPU is taken away in between.
 */
enum { ROUND_LAG_NS = 5000000 };

/* Counts everything up to limit_ns (CLOCK_MONOTONIC); UINT64_MAX: all that is there. */
void round_run(struct round *round, uint64_t limit_ns);

#endif
