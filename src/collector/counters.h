/*
 * counters.h - the perf events of a session, open: one fd per event, CPU and thread; one ring a
 * CPU where records are wanted.
 *
 *               CPU 0                          CPU 1
 *   tracking    fd ── owns ring 0              fd ── owns ring 1     (dummy: mmap, comm, fork…)
 *   event A     fd ──output──► ring 0          fd ──output──► ring 1 (once per watched thread)
 *   event B     fd ──output──► ring 0          fd ──output──► ring 1
 *
 * To count only, neither tracking events nor rings are needed, and one fd counts a thread on all
 * CPUs. Where each thread's counts are wanted, every counter has a ring of its own.
 *
 * Job: open, redirect, map, enable, read, close. Not here: reading rings (ring.h), what readings
 * add up to (counting.c, collector.c).
 * Records of all events have one layout, told apart by their IDENTIFIER, but for what each event's
 * own samples have (counters_layout()).
 */
#ifndef PMC_COLLECTOR_COUNTERS_H
#define PMC_COLLECTOR_COUNTERS_H

#include "base/hash.h"
#include "collector/bounds.h"
#include "collector/collector.h"
#include "collector/decode.h"
#include "collector/ring.h"

struct counter {
	int fd;
	uint32_t event; /* id from 1; 0 = tracking */
	uint64_t id;	/* the kernel's, in every record */
	uint32_t task;	/* index of the watched thread it was opened for */
	int cpu;	/* -1: whichever the thread runs on */
	bool read_by_leader; /* a reading of its group's leader holds it too */
};

/* What a counter had when it was read; times as in counters_read(). */
struct counter_reading {
	uint64_t value, enabled_ns, running_ns, lost;
};

/* Running totals of one event over all its counters. */
struct counter_total {
	uint64_t value, enabled_ns, running_ns, lost;
};

struct counters_opts {
	struct pmc_event_list *events;	 /* borrowed; opening writes fallbacks into it */
	const struct pmc_target *target; /* borrowed while opening */
	bool rings;	      /* tracking events and rings: for samples, or per_thread */
	enum pmc_callgraph callgraph;
	uint32_t stack_bytes; /* of each sample, with PMC_CALLGRAPH_DWARF */
	const struct pmc_unwind_ops *unwind; /* kept for the rounds */
	bool any_cpu;	      /* without rings: one fd for all CPUs of a thread */
	bool per_thread;      /* each thread's counts come as a READ record when it ends */
	uint32_t ring_pages;  /* 0: PMC_RING_PAGES */
	bool enable_on_exec;  /* counting begins when the (one) task calls exec; otherwise
			       * counters_enable() begins it */
};

struct counters {
	struct pmc_event_list *events; /* borrowed */
	PMC_ARRAY(struct counter) open;
	struct pmc_index ids; /* kernel id ──► row of `open` */
	struct ring *rings;
	size_t rings_count;
	struct layout *layouts; /* by event id: how its samples look; 0: all other records */
	uint64_t *periods;   /* of event i + 1, where its samples have no PERIOD; else 0 */
	bool *evicted;	     /* of event i + 1: pinned, and put aside for want of a counter */
	uint64_t *words;     /* room for the reading of the largest group */
	uint64_t files_before; /* limit of open files before it was raised; 0: it was not */
	uint32_t cpus;	     /* over how many CPUs each thread's counters are spread */
	uint32_t ring_pages; /* data pages a ring really has: fewer than asked for where locked
			      * memory is short */
	uint32_t stray_event; /* of samples whose id is none of ours; see find_stray_event() */
	uint32_t sole_event; /* of all samples, whatever their id; 0: ids tell. Of files alone, as
			      * are: */
	bool branches;	     /* branch stacks are counted: they are no call chains */
	bool ids_by_layout;  /* records have no IDENTIFIER, but may have an ID further in */
	bool mixed_trailers; /* of what is no sample: as the layout of the event that its IDENTIFIER
			      * names, not as layouts[0] */
	uint32_t chain_max;  /* frames the kernel copies at most; 0 = no call chains */
	uint32_t stack_bytes;
	enum pmc_callgraph callgraph;
	const struct pmc_unwind_ops *unwind;
	bool per_task;	     /* a counter a CPU for each task, not for whole CPUs */
	bool some_cpus;	     /* only those CPUs that were asked for */
	bool lost_known;     /* the kernel counts lost samples per event (Linux 6.0) */
	bool per_thread;
	bool reads_alone;    /* {…}:S groups are not inherited: this kernel cannot */
};

/*
 * Opens everything for `tids` (-1 in tids[0]: all tasks of each CPU). On error all is closed.
 */
int counters_open(struct counters *counters, const struct counters_opts *opts, const pid_t *tids,
		  size_t tids_count, struct pmc_err *err);
void counters_close(struct counters *counters);

void counters_enable(struct counters *counters);
void counters_disable(struct counters *counters);

/* How records of an event (0: what is no sample) are laid out. */
static inline const struct layout *counters_layout(const struct counters *counters, uint32_t event)
{
	return &counters->layouts[event];
}

/* Row of `open` of the counter with the kernel's id; UINT32_MAX: none of ours. */
static inline uint32_t counters_find(const struct counters *counters, uint64_t id)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&counters->ids, pmc_hash_u64(id), &step)) != UINT32_MAX)
		if (counters->open.items[found].id == id)
			break;
	return found;
}

/* Event id (from 1) that a record with this IDENTIFIER belongs to; 0: tracking or unknown. */
static inline uint32_t counters_event(const struct counters *counters, uint64_t id)
{
	const uint32_t found = counters_find(counters, id);

	return found == UINT32_MAX ? 0 : counters->open.items[found].event;
}

/* Event id (from 1) of a sample; 0: none of ours. */
static inline uint32_t counters_sample_event(const struct counters *counters, const uint8_t *sample)
{
	uint32_t event = counters->sole_event;

	if (!event)
		event = counters_event(counters,
				       counters->ids_by_layout ?
					       record_find_id(sample, &counters->layouts[0]) :
					       record_id(sample));
	return event ? event : counters->stray_event;
}

/* How a record that is no sample is laid out. */
static inline const struct layout *counters_record_layout(const struct counters *counters,
							  const uint8_t *record)
{
	return counters_layout(counters, counters->mixed_trailers ?
						 counters_event(counters, record_id(record)) :
						 0);
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

/* ---- reading (counters_read.c) ---- */

/*
 * Reads every counter; groups at once, so that their members' values are of the same moment. fn is
 * called once a counter, members right after their leader. One system call a group and fd.
 */
typedef void counter_reading_fn(void *ctx, const struct counter *counter,
				const struct counter_reading *reading);
void counters_read_each(struct counters *counters, counter_reading_fn *fn, void *ctx);

/*
 * Reads all counters; totals[i] is that of event i + 1.
 *
 * A task's counter for one CPU is "enabled" whenever the task runs, also on other CPUs, where it
 * cannot count. So a task's time shows once for each CPU: enabled_ns is the sum divided by their
 * number, and less running than that means that the event had to share a counter. Where only some
 * CPUs are watched the two cannot be told apart, and enabled_ns is running_ns.
 */
void counters_read(struct counters *counters, struct counter_total *totals);

/*
 * At the end: is event `index` pinned, and did it not count? ran: the target did run, so that an
 * event without time on a counter found none.
 */
bool counters_lost_pinned(const struct counters *counters, const struct counter_total *totals,
			  size_t index, bool ran);
/* -1 with err where there are such events, which it names. */
int counters_check_pinned(const struct counters *counters, const struct counter_total *totals,
			  bool ran, struct pmc_err *err);

/*
 * What the sums of times of one task's counters (or of one CPU's) for event `index` mean: see
 * above. What the kernel counts by itself never shares a counter, however its times were read.
 */
uint64_t counters_enabled_ns(const struct counters *counters, size_t index,
			     uint64_t enabled_sum_ns, uint64_t running_sum_ns);

/* counted x enabled / running, rounded down, bounded; counted where it never ran. */
static inline uint64_t counters_scale(uint64_t counted, uint64_t enabled_ns, uint64_t running_ns)
{
	unsigned __int128 scaled;

	if (enabled_ns == running_ns || !running_ns)
		return counted;
	scaled = (unsigned __int128)counted * enabled_ns / running_ns;
	return scaled < INT64_MAX ? (uint64_t)scaled : INT64_MAX;
}

#endif
