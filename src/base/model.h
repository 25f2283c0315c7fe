/*
 * model.h - the batch: everything new since the last flush, in plain rows. No functions here.
 *
 * It is the narrow waist of the program. The collector (live rings now, importers later) fills a
 * batch; the symbolizer adds names to its locations; the store writes it in one transaction.
 *
 *   collector ── batch{strings,modules,processes,threads,locations,stacks,costs,…}
 *                  │
 *   symbolizer ────┴─ batch.frames: for locations[i], frames[frame_first[i]] … innermost first
 *                  │
 *   store ◄────────┘
 *
 * Ids are dense u32 from 1, 0 = none, and valid for one session. A row's id is given by its place:
 * row i of `modules` has id modules_first + i, and so on; ids never change their meaning, and rows
 * of earlier batches are never repeated. A row only refers to ids of its own or earlier batches.
 *
 * Times are nanoseconds since the session's start (session time); what was there before has 0.
 * Values are estimated event counts: sums of sample periods, before any scaling (the event's
 * enabled/running times are there to scale with); for clocks the unit is nanoseconds.
 *
 * Ownership: the collector owns every array up to the end of its sink call (see collector.h).
 */
#ifndef PMC_MODEL_H
#define PMC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/strings.h"

#define PMC_SLICE_NS_DEFAULT 100000000ULL	/* time slices of 100 ms */
#define PMC_BUILD_ID_MAX 20			/* SHA-1; the kernel's records carry up to this */

enum pmc_module_kind {
	PMC_MODULE_USER,	/* a file mapped by a process: offsets are file offsets */
	PMC_MODULE_VDSO,	/* offsets from the mapping's start */
	PMC_MODULE_ANON,	/* executable memory without a file (JIT code); offsets are run-time
				 * addresses, as in the symbol maps that JITs write */
	PMC_MODULE_KERNEL,	/* the kernel image: offsets from its _text */
	PMC_MODULE_KMOD,	/* a loadable kernel module: offsets from its load address */
	PMC_MODULE_KSYM,	/* code the kernel made at run time (BPF, trampolines): offset from
				 * its base */
	PMC_MODULE_UNKNOWN,	/* no mapping owned the address: offset = the address itself */
};

/*
 * A thing that code lies in. The same file seen again (same path, build-id, inode) is the same
 * module.
 */
struct pmc_module_row {
	uint32_t path;			/* string; "[kernel]", "[vdso]", "[anon]", "[unknown]" where
					 * no file */
	enum pmc_module_kind kind;
	uint8_t build_id_len;		/* 0 where it is not known */
	uint8_t build_id[PMC_BUILD_ID_MAX];
	uint64_t base;			/* kernel kinds: run-time address of offset 0; else 0 */
	uint32_t file;			/* string, in recordings: a kernel module's file; for the
					 * image "[kernel.kallsyms]" and the symbol at offset 0;
					 * else 0 */
	uint32_t pid;			/* a live process that maps it (for /proc/PID/root, deleted
					 * files); 0 none */
	uint64_t map_start, map_end, map_pgoff;	/* one run-time mapping of it, for
						 * /proc/PID/map_files */
};

/*
 * A build-id that was learnt after the module's row was handed over, which had none. Where the
 * module has a location already, it stays as it is.
 */
struct pmc_module_id {
	uint32_t module;
	uint8_t build_id_len;
	uint8_t build_id[PMC_BUILD_ID_MAX];
};

/*
 * A program image run by a process: fork makes a row (the parent's image), exec makes another with
 * the same pid.
 */
struct pmc_process_row {
	uint32_t pid, ppid;
	uint32_t comm;			/* string, the kernel's 15 characters */
	uint64_t start_ns;
};

/* A thread under one name: a new name makes a new row with the same tid. */
struct pmc_thread_row {
	uint32_t process;		/* id of its process row */
	uint32_t tid;
	uint32_t comm;			/* string */
	uint64_t start_ns;
};

/* The end of a thread or of its image or name (exit, exec, rename). */
struct pmc_thread_end { uint32_t thread; uint64_t end_ns; };
struct pmc_process_end { uint32_t process; uint64_t end_ns; };

/* A code address that does not depend on where things were mapped. */
struct pmc_location_row {
	uint32_t module;
	bool is_caller;			/* a return address: names are looked up for the byte
					 * before */
	uint64_t offset;		/* in the module, as its kind says */
};

/*
 * A node of the prefix tree of callers: `location` called from stack `parent` (0: a root,
 * outermost).
 */
struct pmc_stack_row {
	uint32_t parent;
	uint32_t location;
};

/* What one key gained since the last flush. A key may be there more than once (one table a CPU). */
struct pmc_cost_row {
	uint32_t event;			/* event id, see pmc_event_row */
	uint32_t thread;
	uint32_t stack;			/* callers of the leaf; 0 = none known */
	uint32_t location;		/* the leaf: where the sample hit */
	uint32_t slice;			/* session time / slice_ns */
	uint64_t samples;
	uint64_t value;			/* sum of periods; that of all rows of an event is below
					 * 2^63 */
};

/*
 * A branch that samples had in their branch stacks: what it gained since the last flush. How often
 * it was seen, not how often it was taken. What processors do not tell stays 0.
 */
struct pmc_branch_row {
	uint32_t event;
	uint32_t from, to;		/* locations */
	const char *type;		/* of the instruction; static; NULL = not told */
	uint64_t count;
	uint64_t mispredicted;		/* of them */
	uint64_t predicted;		/* of them; of the rest it is not known */
	uint64_t timed;			/* of them: with cycles */
	uint64_t cycles;		/* sum of those since the branch before */
	uint64_t in_transaction;	/* of them */
	uint64_t aborts;		/* of them: ends of transactions that failed */
	uint64_t wrong_path;		/* of them: run ahead in vain */
};

/*
 * Code named by the kernel at run time: kept by the symbolizer, refers to a PMC_MODULE_KSYM module.
 */
struct pmc_ksym_row {
	uint32_t module;
	uint32_t name;			/* string */
	uint64_t offset, size;
};

enum pmc_event_unit { PMC_UNIT_COUNT, PMC_UNIT_NS };
enum pmc_event_mode {
	PMC_MODE_PERIOD,
	PMC_MODE_FREQUENCY,
	PMC_MODE_COUNT,			/* never sampled, only counted: see pmc_count_row */
	PMC_MODE_READ,			/* member of a {…}:S group: read with each sample of the
					 * group's leader; values are gains since the last */
};

/*
 * One event of the session. Static columns are final in the first batch; the sums are running
 * totals.
 */
struct pmc_event_row {
	const char *name;		/* as shown and used in --event: what is really counted */
	const char *requested;		/* as asked for, before any fall-back */
	enum pmc_event_unit unit;
	enum pmc_event_mode mode;
	uint64_t period_or_hz;
	const char *fallback;		/* why `name` is not `requested`; NULL if it is */
	uint32_t leader;		/* event id of its group's leader, its own if it is the
					 * leader; 0: in no group */
	uint64_t enabled_ns, running_ns;	/* summed over CPUs and threads; equal if never
						 * multiplexed */
	uint64_t counted;		/* the counters' own total, over all CPUs and threads */
	uint64_t lost_samples;		/* PERF_FORMAT_LOST, 0 where the kernel has none */
};

/*
 * What one event counted in one part of the target during one interval. Parts: all (thread 0, cpu
 * -1), one thread, or one CPU. Intervals of one run and part follow each other without a gap; a
 * count is never repeated, so sums over intervals, parts and runs are totals.
 */
struct pmc_count_row {
	uint32_t event;			/* event id, see pmc_event_row */
	uint32_t run;			/* from 1; more than one with repeated runs of a command */
	uint32_t thread;		/* thread row; 0: all threads */
	int32_t cpu;			/* -1: all CPUs */
	uint64_t start_ns, end_ns;	/* session time */
	uint64_t counted;		/* as the counters had it */
	uint64_t value;			/* estimate for the whole time: each counter's gain times
					 * its enabled / running time */
	uint64_t enabled_ns, running_ns;	/* summed over counters; enabled but never running:
						 * it got no counter, and value says nothing */
};

/* Running totals of what went wrong or was cut; what each means: health.h. */
enum pmc_health {
	PMC_HEALTH_LOST_RECORDS,	/* PERF_RECORD_LOST: the ring was full */
	PMC_HEALTH_LOST_SAMPLES,	/* PERF_RECORD_LOST_SAMPLES: the hardware dropped them */
	PMC_HEALTH_THROTTLED,		/* PERF_RECORD_THROTTLE */
	PMC_HEALTH_THROTTLED_NS,	/* time from a THROTTLE to its UNTHROTTLE, summed over
					 * CPUs */
	PMC_HEALTH_STACK_CUT,		/* samples whose chain ended at an address no module
					 * owned */
	PMC_HEALTH_STACK_DEPTH,		/* samples whose chain was as deep as the kernel would
					 * copy */
	PMC_HEALTH_UNMAPPED,		/* samples whose leaf no mapping owned */
	PMC_HEALTH_UNRESOLVED,		/* samples whose leaf has no name (counted by the store's
					 * writer) */
	PMC_HEALTH_UNKNOWN_TASK,	/* samples of a thread that no record announced */
	PMC_HEALTH_UNKNOWN_RECORDS,	/* records of a type this build does not know */
	PMC_HEALTH_BAD_RECORDS,		/* records whose bytes contradict themselves */
	PMC_HEALTH_LATE_SIDEBAND,	/* mmap/fork/exec records older than samples already
					 * counted */
	PMC_HEALTH_MULTIPLEXED,		/* events that shared a counter: 1 a event */
	PMC_HEALTH_FALLBACK,		/* events that are not what was asked for */
	PMC_HEALTH_INTERRUPTED,		/* 1: ended by SIGINT or SIGTERM */
	PMC_HEALTH_ESTIMATE_ERROR,	/* the sampled event whose sum of periods differs most from
					 * what its counters counted: by how many millionths */
	PMC_HEALTH_NOT_COUNTED,		/* events that never got a counter: 1 a event */
	PMC_HEALTH_UNWIND_NO_CFI,	/* samples whose chain ended where no unwinding rule was */
	PMC_HEALTH_UNWIND_SHORT,	/* … needed more of the stack than was copied */
	PMC_HEALTH_UNWIND_BAD,		/* … at rules or memory that contradict themselves */
	PMC_HEALTH_UNWIND_NO_FILE,	/* … in a module whose file cannot be read */
	PMC_HEALTH_UNWIND_DEPTH,	/* … was deeper than is kept */
	PMC_HEALTH_STACK_MISSING,	/* samples whose callers in user space were to come in a
					 * record of their own, which never came */
	PMC_HEALTH_FILE_CUT,		/* 1: the recording that was read ends before its end, or is
					 * damaged from there on */
	PMC_HEALTH_FILE_SKIPPED,	/* records of it of kinds that tell nothing that is kept */
	PMC_HEALTH_UNOWNED,		/* samples of it whose id none of its events has */
	PMC_HEALTH_COUNT,
};

/* Samples lost, by cause, CPU and time. */
struct pmc_loss_row {
	enum pmc_health cause;
	uint32_t cpu;
	uint32_t slice;
	uint64_t count;
};

/* One source line of a location. Innermost first; all but the last of a location are inlined. */
struct pmc_frame {
	uint32_t function;		/* name id in batch.names; 0: no name, shown as
					 * [module+0xoffset] */
	uint32_t function_file;		/* name id of the file the function is declared in; 0
					 * unknown */
	uint32_t function_line;		/* its line there; 0 unknown */
	uint32_t file, line;		/* where in it the address lies (for inlined-into frames:
					 * the call) */
	bool inlined;			/* this frame was inlined into the next one */
	uint32_t into;			/* function 0: bytes from the function's first one to the
					 * location's offset, where unwind tables tell; else 0 */
};

struct pmc_batch {
	uint64_t end_ns;		/* session time up to which samples are in */
	uint64_t slice_ns;
	uint64_t samples;		/* running total of samples counted */

	const char **texts;		/* the new strings: id strings_first + i. The array is the
					 * batch's, the texts stay valid as long as the collector */
	uint32_t strings_first;
	size_t texts_count;

#define PMC_ROWS(type, name) type *name; size_t name##_count; uint32_t name##_first
	PMC_ROWS(struct pmc_module_row, modules);
	PMC_ROWS(struct pmc_process_row, processes);
	PMC_ROWS(struct pmc_thread_row, threads);
	PMC_ROWS(struct pmc_location_row, locations);
	PMC_ROWS(struct pmc_stack_row, stacks);
	PMC_ROWS(struct pmc_event_row, events);	/* all of the session's, every time; ids from 1 */
#undef PMC_ROWS
	struct pmc_cost_row *costs;
	size_t costs_count;
	struct pmc_branch_row *branches;
	size_t branches_count;
	struct pmc_thread_end *thread_ends;
	size_t thread_ends_count;
	struct pmc_process_end *process_ends;
	size_t process_ends_count;
	struct pmc_ksym_row *ksyms;
	size_t ksyms_count;
	struct pmc_module_id *module_ids;
	size_t module_ids_count;
	struct pmc_loss_row *losses;
	size_t losses_count;
	struct pmc_count_row *counts;
	size_t counts_count;
	uint64_t health[PMC_HEALTH_COUNT];	/* running totals */
	const char *advice[PMC_HEALTH_COUNT];	/* what to do about it here, with the values of this
						 * session; NULL: what health.h says of all */

	/* Filled by the symbolizer; it owns these until its next batch. */
	const struct pmc_strings *names;	/* function and file names */
	struct pmc_frame *frames;
	size_t frames_count;
	uint32_t *frame_first;		/* locations_count + 1 entries: frames of locations[i] are
					 * [frame_first[i], frame_first[i + 1]), one at least */
};

/*
 * What is told of a session's machine or recording that has no column of its own: "cpu_socket",
 * "3", "0". Names: docs/facts.md.
 */
struct pmc_fact {
	const char *name;
	const char *item;		/* of what: a CPU, a node, a PMU; "": one alone */
	const char *value;
};

/* Who ran what where: known when a session begins. Strings are borrowed. */
struct pmc_session_info {
	const char *label;		/* NULL: none */
	const char *command;		/* as typed, quoted for a shell; for -p/-a: what was
					 * watched */
	const char *hostname, *kernel, *cpu, *arch;
	uint32_t cpus;			/* online */
	int64_t started_at_ns;		/* CLOCK_REALTIME of session time 0 */
	uint64_t slice_ns;
	uint32_t recorder_pid;
	const char *pmc_version;
	const char *callgraph;		/* "fp", "none", … */
	const char *source;		/* what made the recording; NULL: pmc did */
	const struct pmc_fact *facts;	/* of one name and item the first is kept */
	size_t facts_count;
};

#endif
