/*
 * thread_counts.h - what threads had counted when they ended, from their READ records.
 *
 * A counter that threads inherit tells what each of them has counted in a record at the thread's
 * end (inherit_stat), and a reading of the counter holds the sum of all. One of them tells nothing:
 * the one that has the counter itself. That need not be the thread it was opened for, as the kernel
 * may swap the counters of two threads instead of reprogramming the hardware when one follows the
 * other (perf_event_context_sched_out() in Linux); values go with the threads.
 *
 *   reading of the counter  ─  sum of its records  =  the thread that told nothing
 *
 * A thread's `unit` is the watched thread that it descends from. One thread calls.
 */
#ifndef PMC_COLLECTOR_THREAD_COUNTS_H
#define PMC_COLLECTOR_THREAD_COUNTS_H

#include "base/hash.h"
#include "base/mem.h"
#include "collector/counters.h"

struct thread_count {
	uint32_t thread; /* thread row */
	uint32_t event;
	uint32_t unit;	 /* of the counter that told it */
	struct counter_total total; /* over the CPUs; enabled_ns: once for each CPU */
};

/* A thread that was watched from the beginning, or made by one that is watched. */
struct thread_life {
	uint32_t tid, unit;
	uint32_t thread; /* thread row; 0: still runs, as far as is known */
	bool told;
};

struct thread_counts {
	PMC_ARRAY(struct thread_life) lives; /* those of the units first */
	struct pmc_index life_index;	     /* by tid; a tid that came again: the last one */
	PMC_ARRAY(struct thread_count) rows; /* in the order of the threads' ends */
	struct pmc_index index;
	struct counter_total *told; /* by row of counters.open: sum of its records */
};

/* A watched thread. Units are numbered from 0 on, in the order of these calls. */
void thread_counts_watch(struct thread_counts *counts, uint32_t tid);
void thread_counts_fork(struct thread_counts *counts, uint32_t tid, uint32_t parent_tid);
void thread_counts_exit(struct thread_counts *counts, uint32_t tid, uint32_t thread);

/*
 * Whose counts are left of the unit's counters: the unit's own thread if it has told nothing, else
 * another that has not; *silent: how many have not. Valid until the next call. NULL: all have told.
 */
const struct thread_life *thread_counts_rest(const struct thread_counts *counts, uint32_t unit,
					     uint32_t *silent);

/* Adds a record of counters->open.items[counter]. */
void thread_counts_add(struct thread_counts *counts, const struct counters *counters,
		       uint32_t counter, uint32_t tid, uint32_t thread,
		       const struct counter_reading *reading);
void thread_counts_fini(struct thread_counts *counts);

#endif
