/*
 * readings.h - what a counter has gained since it was last read in a sample.
 *
 * Samples of a {…}:S group carry what all its members have counted so far; what each gained since
 * the sample before is credited to the sampled function.
 *
 *   counter (kernel id) ─┐
 *   thread (tid), or 0 ──┴─► value at its last sample
 *
 * A counter of a CPU has one value; one that threads inherit has a value of its own in each of them
 * (perf_event_count() in Linux from 6.12 on). A row goes when its thread has ended. One thread.
 */
#ifndef PMC_COLLECTOR_READINGS_H
#define PMC_COLLECTOR_READINGS_H

#include "base/hash.h"
#include "base/mem.h"

struct reading {
	uint64_t id, value;
	uint32_t tid;
};

struct readings {
	PMC_ARRAY(struct reading) rows;
	struct pmc_index index;
	PMC_ARRAY(uint32_t) ended; /* tids whose rows readings_forget() removes */
};

/*
 * How much more `value` is than at the last call; all of it the first time. A gain above PERIOD_MAX
 * is damage, and forgotten: what the counter really gained is in the next one.
 */
uint64_t readings_gain(struct readings *readings, uint64_t id, uint32_t tid, uint64_t value);

/* A thread has ended: its rows go with the next readings_forget(), once its samples are counted. */
void readings_end(struct readings *readings, uint32_t tid);
void readings_forget(struct readings *readings);

void readings_fini(struct readings *readings);

#endif
