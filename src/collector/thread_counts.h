/*
 * thread_counts.h - what threads had counted when they ended, from their READ records.
 *
 * A counter that threads inherit tells what each of them has counted in a record at the thread's
 * end (inherit_stat), and a reading of the counter holds the sum of all. So the thread it was
 * opened for has what is left:
 *
 *   reading of the counter  ─  sum of its records  =  its first thread, and those that still run
 *
 * One thread.
 */
#ifndef PMC_COLLECTOR_THREAD_COUNTS_H
#define PMC_COLLECTOR_THREAD_COUNTS_H

#include "base/hash.h"
#include "base/mem.h"
#include "collector/counters.h"

struct thread_count {
	uint32_t thread; /* thread row */
	uint32_t event;
	struct counter_total total; /* over the CPUs; enabled_ns: once for each CPU */
};

struct thread_counts {
	PMC_ARRAY(struct thread_count) rows; /* in the order of the threads' ends */
	struct pmc_index index;
	struct counter_total *told; /* by row of counters.open: sum of its records */
};

/* Adds a record of counters->open.items[counter]. */
void thread_counts_add(struct thread_counts *counts, const struct counters *counters,
		       uint32_t counter, uint32_t thread, const struct counter_reading *reading);
void thread_counts_fini(struct thread_counts *counts);

#endif
