/*
 * counters.h - the perf events of a session, open: one fd per event, CPU and thread; one ring a
 * CPU.
 *
 *               CPU 0                          CPU 1
 *   tracking    fd ── owns ring 0              fd ── owns ring 1      (dummy: mmap, comm, fork,
 * exit…) event A     fd ──output──► ring 0          fd ──output──► ring 1  (once per watched
 * thread) event B     fd ──output──► ring 0          fd ──output──► ring 1
 *
 * Job: open, redirect, map, enable, read totals, close. Not here: reading rings (ring.h).
 * All events share one record layout, told apart by the record's IDENTIFIER, but for one thing: the
 * samples of some have no PERIOD (see counters_period()).
 */
#ifndef PMC_COLLECTOR_COUNTERS_H
#define PMC_COLLECTOR_COUNTERS_H

#include "base/hash.h"
#include "collector/collector.h"
#include "collector/decode.h"
#include "collector/ring.h"

struct counter {
	int fd;
	uint32_t event; /* id from 1; 0 = tracking */
	uint64_t id;	/* the kernel's, in every record */
};

/* Running totals of one event over all its counters. */
struct counter_total {
	uint64_t value, enabled_ns, running_ns, lost;
};

struct counters {
	struct pmc_event_list *events; /* borrowed */
	PMC_ARRAY(struct counter) open;
	struct pmc_index ids; /* kernel id ──► row of `open` */
	struct ring *rings;
	size_t rings_count;
	struct layout layout;
	struct layout layout_no_period;
	uint64_t *periods;   /* of event i + 1, where its samples have no PERIOD; else 0 */
	uint32_t ring_pages; /* data pages a ring really has: fewer than asked for where locked
			      * memory is short */
	uint32_t stray_event; /* of samples whose id is none of ours; see find_stray_event() */
	uint32_t chain_max;  /* frames the kernel copies at most; 0 = no call chains */
	bool per_task;	     /* a counter a CPU for each task, not for whole CPUs */
	bool some_cpus;	     /* only those CPUs that were asked for */
	bool lost_known;     /* the kernel counts lost samples per event (Linux 6.0) */
};

/*
 * Opens everything for `tids` (-1 in tids[0]: all tasks of each CPU). enable_on_exec: counting
 * begins when the (one) task calls exec; otherwise counters_enable() begins it. On error all is
 * closed.
 */
int counters_open(struct counters *counters, const struct pmc_collector_opts *opts,
		  const pid_t *tids, size_t tids_count, bool enable_on_exec, struct pmc_err *err);
void counters_close(struct counters *counters);

void counters_enable(struct counters *counters);
void counters_disable(struct counters *counters);

/* Event id (from 1) that a record with this IDENTIFIER belongs to; 0: tracking or unknown. */
static inline uint32_t counters_event(const struct counters *counters, uint64_t id)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&counters->ids, pmc_hash_u64(id), &step)) != UINT32_MAX)
		if (counters->open.items[found].id == id)
			return counters->open.items[found].event;
	return 0;
}

/*
 * Period of every sample of an event whose samples do not carry it; 0 where they do.
 *
 * Software events, tracepoints and breakpoints that are asked for PERIOD ignore the period they are
 * given and overflow each time (perf_swevent_event() in Linux, at least up to 6.18). So with a
 * fixed period above 1 they are not asked.
 */
static inline uint64_t counters_period(const struct counters *counters, uint32_t event)
{
	return counters->periods ? counters->periods[event - 1] : 0;
}

/*
 * Reads all counters; totals[i] is that of event i + 1. One system call a counter.
 *
 * A task's counter for one CPU is "enabled" whenever the task runs, also on other CPUs, where it
 * cannot count. So a task's time shows once for each CPU: enabled_ns is the sum divided by their
 * number, and less running than that means that the event had to share a counter. Where only some
 * CPUs are watched the two cannot be told apart, and enabled_ns is running_ns.
 */
void counters_read(const struct counters *counters, struct counter_total *totals);

#endif
