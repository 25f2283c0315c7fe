/*
 * collector.h - all that other folders see of the collector: events, machine, recording.
 *
 *   event strings ──► pmc_event_list ──► pmc_collector ──► batches (base/model.h) ──► sink
 *
 * Threads: one thread calls everything here. Nothing is global.
 */
#ifndef PMC_COLLECTOR_H
#define PMC_COLLECTOR_H

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/model.h"
#include "base/unwind.h"

/* ---- events: strings to perf_event_attr (event_*.c) ---- */

struct perf_event_attr;

/* How often events without a `period=`/`freq=` term of their own are sampled. */
struct pmc_sampling {
	enum pmc_event_mode mode;
	uint64_t period_or_hz;
	bool explicit_; /* the user asked for it (-F, -c): it then holds for count
			 * events such as page-faults or tracepoints too, which
			 * else are sampled each time */
};

enum pmc_event_source {
	PMC_SOURCE_KERNEL,     /* the kernel's generic names: cpu-clock, page-faults,
				* instructions… */
	PMC_SOURCE_PFM,	       /* libpfm4 */
	PMC_SOURCE_SYSFS,      /* pmu/term=value/ from /sys/bus/event_source/devices */
	PMC_SOURCE_RAW,	       /* rNNNN */
	PMC_SOURCE_TRACEPOINT, /* subsys:name */
	PMC_SOURCE_BREAKPOINT, /* mem:ADDR:rwx */
};

struct pmc_event {
	char *name;	 /* as shown: normalised text of what will be counted */
	char *requested; /* as typed; "" for defaults */
	enum pmc_event_source source;
	enum pmc_event_unit unit;
	struct pmc_sampling sampling;
	int group; /* index of its {group}, -1 = none; leader is the first of
		    * it */
	bool precise_requested;
	bool sample_read; /* of a {…}:S group: the leader's samples read all members */
	char *fallback;		      /* why it is not what was asked for; NULL */
	struct perf_event_attr *attr; /* type, config*, exclude_*, precise_ip, period/freq filled
				       * in */
};

struct pmc_event_list {
	struct pmc_event *events;
	size_t count;
};

/*
 * Parses a list such as "instructions,cycles:u,{a,b}" (several -e are joined with commas).
 * Unknown names: PMC_ERR_USAGE whose hint holds the nearest names. Opens nothing but sysfs/tracefs
 * and, where the paranoid level and our capabilities disagree, a trial event on this thread.
 * The caller frees with pmc_event_list_fini(), also after an error.
 */
int pmc_event_list_parse(struct pmc_event_list *list, const char *text,
			 const struct pmc_sampling *sampling, struct pmc_err *err);

/*
 * Default events of this machine: instructions and cycles; where it has no counters, cpu-clock, and
 * *why (static or owned by the list's first event) says so in one line; else *why is NULL.
 */
int pmc_event_list_default(struct pmc_event_list *list, const struct pmc_sampling *sampling,
			   const char **why, struct pmc_err *err);

/*
 * What `pmc stat` counts by default: task-clock, context-switches, cpu-migrations, page-faults, and
 * those of cycles, instructions, branches and branch-misses that open here. Where the machine has
 * no counters at all *why says so in one line; else it is NULL.
 */
int pmc_event_list_default_counts(struct pmc_event_list *list, const char **why,
				  struct pmc_err *err);
void pmc_event_list_fini(struct pmc_event_list *list);

/* One row of `pmc list`. Strings are valid during the callback. */
struct pmc_event_info {
	const char *name, *source, *description;
	bool available; /* this machine can open it */
};
typedef int pmc_event_info_fn(void *ctx, const struct pmc_event_info *info);

/*
 * Calls fn for every event of this machine whose name matches the glob (NULL: all), source by
 * source, sorted by name. A non-zero result of fn ends the walk and is returned.
 */
int pmc_events_each(const char *glob, pmc_event_info_fn *fn, void *ctx);

/* ---- the machine: what it can and cannot do (machine.c) ---- */

enum pmc_check_state { PMC_CHECK_OK, PMC_CHECK_LIMITED, PMC_CHECK_MISSING };

/* One line of `pmc doctor`. Strings are valid during the callback. */
struct pmc_check {
	const char *name; /* "hardware counters" */
	enum pmc_check_state state;
	const char *seen;   /* the value seen now: "kernel.perf_event_paranoid is 2" */
	const char *advice; /* least change that mends it, "" when fine */
};
typedef void pmc_check_fn(void *ctx, const struct pmc_check *check);
void pmc_machine_check(pmc_check_fn *fn, void *ctx);

/* Architecture of this machine, whose registers samples have. */
enum pmc_arch pmc_arch_here(void);

/* Value of kernel.perf_event_paranoid, or INT_MIN where it cannot be read. */
int pmc_machine_paranoid(void);

/* Writes the CPU's name, e.g. "Intel(R) Xeon(R) …", or the machine's architecture. */
void pmc_machine_cpu_name(char *text, size_t size);

/* Version of libpfm4 this was built with and whether it knows this CPU: "libpfm4 4.13.0, skl". */
void pmc_machine_pfm_name(char *text, size_t size);

/* ---- recording (collector.c) ---- */

/* Data pages of a ring by default, 512 KiB: a quarter of a second at 20 kHz with long chains. */
enum { PMC_RING_PAGES = 128 };

enum pmc_callgraph {
	PMC_CALLGRAPH_FP,    /* the kernel follows frame pointers */
	PMC_CALLGRAPH_DWARF, /* unwound here, from registers and a copy of the stack */
	PMC_CALLGRAPH_LBR,   /* the processor's record of calls */
	PMC_CALLGRAPH_NONE
};
const char *pmc_callgraph_name(enum pmc_callgraph how); /* "dwarf" */

/* Bytes of stack copied with each sample for dwarf: by default, and what the kernel copies at most
 * (a record's size has 16 bits). */
enum { PMC_STACK_BYTES = 8192, PMC_STACK_BYTES_MAX = 65528 };


enum pmc_target_kind { PMC_TARGET_COMMAND, PMC_TARGET_PIDS, PMC_TARGET_TIDS, PMC_TARGET_CPUS };

struct pmc_target {
	enum pmc_target_kind kind;
	char *const *argv; /* COMMAND: NULL-terminated */
	const pid_t *ids;  /* PIDS, TIDS */
	size_t ids_count;
	const int *cpus; /* restricts to these CPUs with any kind; NULL = all
			  * online */
	size_t cpus_count;
	bool system_wide; /* CPUS (-a, -C): every process on them */
};

/* Written by a signal handler. */
struct pmc_stop {
	volatile sig_atomic_t signal;	     /* number of the last one; 0 = none yet */
	volatile sig_atomic_t times;	     /* how often one came */
	volatile sig_atomic_t from_terminal; /* a key sent it: the command has got it too */
};

struct pmc_collector_opts {
	struct pmc_target target;
	struct pmc_event_list *events; /* borrowed; opening writes fallbacks into it */
	enum pmc_callgraph callgraph;
	uint32_t stack_bytes;	     /* dwarf; 0: PMC_STACK_BYTES */
	const struct pmc_unwind_ops *unwind; /* dwarf: borrowed until the collector is freed */
	uint64_t slice_ns;	     /* 0: PMC_SLICE_NS_DEFAULT */
	uint64_t flush_ns;	     /* 0: one second */
	uint64_t duration_ns;	     /* 0: until the target ends or stop is asked for */
	uint32_t ring_pages;	     /* data pages a ring, a power of two; 0: 128, or what mlock
				      * limits allow */
	const struct pmc_stop *stop; /* NULL: only the target's end or the duration stops it */
};

/*
 * Receives a batch. It takes the batch over until it has called pmc_batch_done() for it, which may
 * happen later and on another thread; meanwhile the collector fills the next one. While a batch is
 * out, no other is handed over: the tables just go on growing, and the reader never waits.
 * `last` marks the final batch: after it the sink must have finished before it returns.
 * -1 with err: it has not taken the batch, and recording stops with that error.
 */
struct pmc_sink {
	void *ctx;
	int (*take)(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err);
};

struct pmc_collector;

/* What became of a recording. */
struct pmc_collector_result {
	uint64_t duration_ns;
	uint64_t samples;
	uint64_t health[PMC_HEALTH_COUNT];
	const char *advice[PMC_HEALTH_COUNT]; /* as in the last batch; the collector's */
	struct pmc_err pinned; /* set where a pinned event found no counter: nothing is known of
				* it; what else was recorded is right */
	int stopped_by;	     /* signal that stopped us, 0 */
	uint32_t ring_pages; /* data pages each ring had: fewer than asked for where memory that may
			      * be locked was short */
};

/*
 * Opens the counters, maps rings and, for a command, forks it and holds it before its exec.
 * On error nothing is left behind (the held child is gone).
 */
struct pmc_collector *pmc_collector_open(const struct pmc_collector_opts *opts,
					 struct pmc_err *err);

/* Session info known after open: started_at_ns, slice_ns, command, callgraph are filled in; strings
 * are borrowed from the collector. */
void pmc_collector_info(const struct pmc_collector *collector, struct pmc_session_info *info);

/* Lets the target run and drains until it ends. Returns after the last batch was taken.
 * A command that cannot be executed: -1, PMC_ERR_NOT_FOUND or PMC_ERR_NOT_EXECUTABLE, no batch
 * taken. */
int pmc_collector_run(struct pmc_collector *collector, const struct pmc_sink *sink,
		      struct pmc_collector_result *result, struct pmc_err *err);
/*
 * Waits for a command that still runs when the recording is over (its duration was, or it failed):
 * asks it to end with SIGTERM once the duration is over, and passes on signals. Returns its exit
 * status as a shell would say, 128 + N for signal N; 0 where we ended it, and for other targets.
 * A second request to stop ends the waiting: *still_runs is then its pid, else 0.
 */
int pmc_collector_wait(struct pmc_collector *collector, pid_t *still_runs);
void pmc_collector_free(struct pmc_collector *collector);

/* Gives a batch back; from any thread. */
void pmc_batch_done(struct pmc_batch *batch);

/* ---- recordings of perf (import.c) ---- */

struct pmc_import_opts {
	const char *path;	     /* "-": standard input */
	const struct pmc_stop *stop; /* NULL: only the file's end stops it */
	uint64_t slice_ns;	     /* 0: PMC_SLICE_NS_DEFAULT */
	/* NULL, or called every now and then: bytes read, of how many (0: not known). */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *progress_ctx;
};

/* What became of an import. Texts are the import's. */
struct pmc_import_result {
	uint64_t duration_ns;
	uint64_t samples;
	bool counts_alone; /* it was of perf stat, and has no samples */
	uint64_t health[PMC_HEALTH_COUNT];
	const char *advice[PMC_HEALTH_COUNT];
	const char *cut; /* why and where reading ended before the end; NULL: it did not */
	bool stopped;	 /* by opts.stop */
};

struct pmc_import;

/*
 * Opens a recording and reads it up to its first samples. What is none, or damaged before anything
 * was sampled: PMC_ERR_DATA, with the offset.
 */
struct pmc_import *pmc_import_open(const struct pmc_import_opts *opts, struct pmc_err *err);

/* Where, when and how it was recorded, as far as it tells; all but label, recorder_pid and
 * pmc_version. Strings are borrowed. */
void pmc_import_info(const struct pmc_import *import, struct pmc_session_info *info);

/* Its events. */
const struct pmc_event_list *pmc_import_events(const struct pmc_import *import);

/* Whose registers its samples have. False: a machine whose stacks pmc cannot unwind. */
bool pmc_import_arch(const struct pmc_import *import, enum pmc_arch *arch);

/*
 * Address of the kernel's _text while it was recorded; 0: not told. With the kernel's release it
 * tells whether the machine has been started again since.
 */
uint64_t pmc_import_kernel_base(const struct pmc_import *import);
/* The same of the kernel that runs now; 0: hidden. */
uint64_t pmc_machine_kernel_base(void);
/* The kernel's build-id as the recording lists it, in hex; "": not told. */
void pmc_import_kernel_id(const struct pmc_import *import, char hex[2 * PMC_BUILD_ID_MAX + 1]);

/* True when its samples hold stacks that are to be unwound. */
bool pmc_import_has_stacks(const struct pmc_import *import);

/*
 * Reads all of it and hands over batches, as pmc_collector_run() does. unwind: for those stacks;
 * NULL: only the kernel's callers are kept. A file that ends early is no error: result->cut.
 */
int pmc_import_run(struct pmc_import *import, const struct pmc_unwind_ops *unwind,
		   const struct pmc_sink *sink, struct pmc_import_result *result,
		   struct pmc_err *err);
void pmc_import_free(struct pmc_import *import);

/* True when this build reads compressed recordings; *version: "zstd 1.5.4", or "". */
bool pmc_import_inflates(const char **version);

/* ---- counting (counting.c): what `pmc stat` does ---- */

enum pmc_count_part { PMC_COUNT_WHOLE, PMC_COUNT_PER_THREAD, PMC_COUNT_PER_CPU };

struct pmc_counting_opts {
	struct pmc_target target;
	struct pmc_event_list *events; /* borrowed; parsed with PMC_MODE_COUNT */
	enum pmc_count_part part;
	uint32_t runs;		     /* of a command, one after the other; 0: one */
	uint64_t interval_ns;	     /* rows each so often; 0: one row, at the end of a run */
	uint64_t duration_ns;	     /* of each run; 0: until the target ends or a stop */
	const struct pmc_stop *stop; /* NULL: only the target's end or the duration stops it */
};

/* Gets each batch of counts; it is borrowed for the call. -1 with err stops the counting. */
struct pmc_count_sink {
	void *ctx;
	int (*take)(void *ctx, const struct pmc_batch *batch, struct pmc_err *err);
};

struct pmc_counting_result {
	uint64_t duration_ns; /* of all runs, session time */
	struct pmc_err pinned; /* as in pmc_collector_result */
	uint32_t runs;	      /* that came to their end */
	int stopped_by;	      /* signal that stopped us, 0 */
	int exit_status;      /* of the command, of the first run that failed; as a shell says */
	pid_t still_runs;     /* a command that was left running after a second signal; 0 */
};

struct pmc_counting;

/*
 * Opens the counters and, for a command, forks it and holds it before its exec. Combinations that
 * cannot be had (PER_THREAD with intervals for a command or for -a; runs without a command):
 * PMC_ERR_USAGE. On error nothing is left behind.
 */
struct pmc_counting *pmc_counting_open(const struct pmc_counting_opts *opts, struct pmc_err *err);

/* Session info known after open; strings are borrowed from it. callgraph is "none". */
void pmc_counting_info(const struct pmc_counting *counting, struct pmc_session_info *info);

/*
 * Counts all runs; the sink gets one batch an interval and one at the end of each run, with its
 * counts, the threads and processes they refer to, and the events' sums so far. In between it gets
 * one a second without counts: the session's sign of life. A command that
 * cannot be executed: -1, PMC_ERR_NOT_FOUND or PMC_ERR_NOT_EXECUTABLE, nothing sunk.
 */
int pmc_counting_run(struct pmc_counting *counting, const struct pmc_count_sink *sink,
		     struct pmc_counting_result *result, struct pmc_err *err);
void pmc_counting_free(struct pmc_counting *counting);

/* ---- one counter of the calling thread (self_counter.c) ---- */

/*
 * Counts what the calling thread does, cheap enough to wrap a few hundred instructions: read
 * through a page the kernel shares, without a system call, where the kernel and the processor allow
 * it; with read(2) elsewhere.
 */
struct pmc_self_counter {
	int fd;	    /* -1: not open */
	void *page; /* struct perf_event_mmap_page; NULL: read with system calls */
	uint64_t page_bytes;
	uint64_t system_calls; /* reads that took one */
};

/*
 * Opens and starts a counter of the calling thread: an event as `pmc list` names it, for example
 * "instructions:u" (threads and children made later are not counted). -1 with err as for recording.
 */
int pmc_self_counter_open(struct pmc_self_counter *counter, const char *event, struct pmc_err *err);

/*
 * What it has counted so far; only on the thread that opened it. Where the counter had to share its
 * hardware, the count is scaled by enabled / running time.
 */
uint64_t pmc_self_counter_read(struct pmc_self_counter *counter);
void pmc_self_counter_close(struct pmc_self_counter *counter);

#endif
