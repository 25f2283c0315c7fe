/*
 * tracker.h - which process and thread ran at a time, and what was mapped in it.
 *
 * Job: follow fork, exec, rename, exit and mmap records in time order, and answer
 * "tid 812 at time t: which thread row? which module at this address?".
 * Not here: order of records (round.h), reading /proc (proc.h), ids (catalog.h).
 *
 *   tid ──► task (newest) ──older──► task ──older──► …        one version per fork, exec and name
 *             │ image                                          (older ones only until the samples
 *             ▼                                                 of that time are counted)
 *           image: one program in one pid ──► space (shared after fork)
 *
 * Rows of threads and processes are made when a first sample needs them, so tasks that were never
 * sampled cost nothing later. A pid that is used again begins a new task, whatever ran before.
 * A leader that ends before its other threads stays: it is what the process is found by.
 * Times are those of records: CLOCK_MONOTONIC ns. Everything before the session's start is 0 there.
 */
#ifndef PMC_COLLECTOR_TRACKER_H
#define PMC_COLLECTOR_TRACKER_H

#include "collector/build_ids.h"
#include "collector/catalog.h"
#include "collector/space.h"

struct image {
	uint32_t refs;
	uint32_t running;		/* tasks of it that have not ended */
	uint32_t pid, ppid;
	uint32_t comm;			/* string id */
	uint32_t row;			/* process row, 0 = not yet needed */
	uint64_t from_ns, end_ns;	/* end_ns: UINT64_MAX while a task of it runs */
	struct space *space;
};

struct task {
	uint32_t tid;			/* or tracker_tid() of one that has none any more */
	uint32_t comm;			/* string id */
	uint32_t row;			/* thread row, 0 = not yet needed */
	uint64_t from_ns, end_ns;	/* end_ns: UINT64_MAX while it runs */
	struct image *image;
	struct task *older;
	struct task *chain;		/* next in the hash bucket */
};

/*
 * What an address of one space stood for when it was last asked for. Holds while nothing has been
 * mapped anywhere since (generation), for times from when its mapping was made.
 */
struct spot {
	const struct space *space;
	uint64_t address;
	uint64_t generation;
	uint64_t from_ns;
	uint64_t offset;	/* in the module */
	uint32_t location, module;
	bool is_caller;
};

enum { SPOTS = 4096 };		/* a power of two */

struct tracker {
	struct catalog *catalog;
	uint64_t start_ns;		/* session time 0 */
	struct task **buckets;
	size_t buckets_count, tasks_count;
	struct space *kernel;
	uint64_t kernel_base;
	uint64_t kernel_start;		/* where its addresses begin */
	uint32_t unknown_module;
	struct spot *spots;		/* by hash of space and address */
	uint64_t generation;
	bool is_foreign;		/* records are those of a file: nothing of what runs here
					 * now is meant */
	bool tells_before;		/* records of time 0 tell what was there before */
	const struct build_ids *build_ids;	/* of files, where mappings have none; NULL */
	PMC_ARRAY(uint32_t) ended;	/* tids to take out once their samples are counted */
	PMC_ARRAY(uint32_t) versioned;	/* tids with older versions or replaced mappings */
};

void tracker_init(struct tracker *tracker, struct catalog *catalog);
void tracker_fini(struct tracker *tracker);

/* Where kernels begin on the machines that pmc runs on: the lower half is for programs. */
#define TRACKER_KERNEL_HALF (1ULL << 63)

/*
 * The kernel's image: every kernel address from start up that no module owns; base = address of
 * _text or 0.
 */
void tracker_kernel(struct tracker *tracker, uint64_t start, uint64_t base);
/* A kernel module or code made at run time. time 0 = was there before. */
void tracker_kernel_module(struct tracker *tracker, const char *name, uint64_t start, uint64_t size,
			   uint64_t time);
void tracker_ksymbol(struct tracker *tracker, const char *name, uint64_t start, uint64_t size,
		     bool unregister, uint64_t time);

/* Records, in time order. A fork of an unknown parent makes the parent. */
void tracker_fork(struct tracker *tracker, uint32_t pid, uint32_t ppid, uint32_t tid, uint32_t ptid,
		  uint64_t time);
void tracker_comm(struct tracker *tracker, uint32_t pid, uint32_t tid, const char *comm, bool exec,
		  uint64_t time);
void tracker_exit(struct tracker *tracker, uint32_t tid, uint64_t time);

/* What a mapping is told by; path as in records ("//anon", "[vdso]", "/lib/libc.so.6"). */
struct tracker_map {
	uint32_t pid;
	uint64_t start, len, pgoff;
	const char *path;
	const uint8_t *build_id;
	uint8_t build_id_len;
};
void tracker_map(struct tracker *tracker, const struct tracker_map *map, uint64_t time);

/*
 * The kernel's image or a module of it, as perf tells them: "[kernel.kallsyms]_text", whose pgoff
 * is the address of that symbol, or the path of a module's file.
 */
void tracker_kernel_map(struct tracker *tracker, const struct tracker_map *map, uint64_t time);

/*
 * The tid to ask for: on its way out a thread loses its own before its last sample (-1), and each
 * process may have one like that.
 */
static inline uint32_t tracker_tid(uint32_t pid, uint32_t tid)
{
	return tid == UINT32_MAX ? 1U << 31 | pid : tid;
}

/* The task that had this tid then, or NULL. */
struct task *tracker_task(struct tracker *tracker, uint32_t tid, uint64_t time);
/*
 * A task that is known by a sample alone (tid: as from tracker_tid()). It belongs to what its
 * process ran then, also where records that are younger have told that process's end already.
 */
struct task *tracker_meet_task(struct tracker *tracker, uint32_t pid, uint32_t tid, uint64_t time);
/*
 * A task of which nothing is known but its ids (and the name, if not NULL). A thread of an unknown
 * process makes the process too.
 */
struct task *tracker_add_task(struct tracker *tracker, uint32_t pid, uint32_t tid, uint32_t ppid,
			      const char *comm, uint64_t time);
/* Thread row id of a task; makes its rows if need be. */
uint32_t tracker_thread_row(struct tracker *tracker, struct task *task);

/*
 * What an address in user or kernel space stood for then; NULL where no module owned it. Borrowed
 * until the next call.
 */
const struct spot *tracker_spot(struct tracker *tracker, const struct task *task, bool kernel,
				uint64_t address, uint64_t time, bool is_caller);

/* Its location alone; 0 where no module owned it. */
static inline uint32_t tracker_location(struct tracker *tracker, const struct task *task,
					bool kernel, uint64_t address, uint64_t time,
					bool is_caller)
{
	const struct spot *spot =
		tracker_spot(tracker, task, kernel, address, time, is_caller);

	return spot ? spot->location : 0;
}
/* Location of an address that no module owned: the address itself in the module "[unknown]". */
uint32_t tracker_unknown_location(struct tracker *tracker, uint64_t address);

/* All samples before `time` are counted: versions that only they needed go. */
void tracker_forget(struct tracker *tracker, uint64_t time);

#endif
