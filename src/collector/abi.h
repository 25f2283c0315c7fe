/*
 * abi.h - the kernel's perf ABI up to 6.18, for headers that are older than the running kernel.
 *
 * <linux/perf_event.h> of the build machine may lack newer record types and bits; they are part of
 * the stable ABI, so the numbers are given here where they are missing. Nothing else belongs here.
 */
#ifndef PMC_COLLECTOR_ABI_H
#define PMC_COLLECTOR_ABI_H

#include <linux/perf_event.h>

/* Record types by number: an enum in the header cannot be tested with #ifdef. */
enum {
	ABI_RECORD_MMAP = 1,
	ABI_RECORD_LOST = 2,
	ABI_RECORD_COMM = 3,
	ABI_RECORD_EXIT = 4,
	ABI_RECORD_THROTTLE = 5,
	ABI_RECORD_UNTHROTTLE = 6,
	ABI_RECORD_FORK = 7,
	ABI_RECORD_READ = 8,
	ABI_RECORD_SAMPLE = 9,
	ABI_RECORD_MMAP2 = 10,
	ABI_RECORD_AUX = 11,
	ABI_RECORD_ITRACE_START = 12,
	ABI_RECORD_LOST_SAMPLES = 13,
	ABI_RECORD_SWITCH = 14,
	ABI_RECORD_SWITCH_CPU_WIDE = 15,
	ABI_RECORD_NAMESPACES = 16,
	ABI_RECORD_KSYMBOL = 17,
	ABI_RECORD_BPF_EVENT = 18,
	ABI_RECORD_CGROUP = 19,
	ABI_RECORD_TEXT_POKE = 20,
	ABI_RECORD_AUX_OUTPUT_HW_ID = 21,
	ABI_RECORD_CALLCHAIN_DEFERRED = 22, /* 6.19's, already seen in backports */
	ABI_RECORD_MAX,
};

enum {
	ABI_SAMPLE_WEIGHT_STRUCT = 1U << 24,
	ABI_FORMAT_LOST = 1U << 4,	  /* Linux 6.0 */
	ABI_MISC_MMAP_BUILD_ID = 1 << 14, /* Linux 5.12 */
	ABI_MISC_COMM_EXEC = 1 << 13,
	ABI_MISC_CPUMODE_MASK = 7,
	ABI_MISC_KERNEL = 1,
	ABI_MISC_USER = 2,
	ABI_KSYMBOL_UNREGISTER = 1 << 0,
};

/*
 * Flags of an entry of a branch stack: where each field begins, from the lowest bit on. The header
 * has a bit field, which grew (spec, new_type and priv: Linux 6.1).
 */
enum {
	ABI_BRANCH_MISPREDICTED = 0,
	ABI_BRANCH_PREDICTED = 1,
	ABI_BRANCH_IN_TRANSACTION = 2,
	ABI_BRANCH_ABORT = 3,
	ABI_BRANCH_CYCLES = 4,
	ABI_BRANCH_TYPE = 20,
	ABI_BRANCH_SPECULATION = 24,
	ABI_BRANCH_NEW_TYPE = 26,
	ABI_BRANCH_PRIVILEGE = 30,
	ABI_BRANCH_RESERVED = 33,
};

enum {
	ABI_BRANCH_TYPE_EXTENDED = 15,	   /* see the new type */
	ABI_BRANCH_SPECULATION_WRONG = 1,
};

/* Markers in a call chain: what follows runs in that mode. Everything from ABI_CONTEXT_MAX up is
 * one. */
#define ABI_CONTEXT_HV ((uint64_t)-32)
#define ABI_CONTEXT_KERNEL ((uint64_t)-128)
#define ABI_CONTEXT_USER ((uint64_t)-512)
#define ABI_CONTEXT_USER_DEFERRED ((uint64_t)-640) /* a cookie follows; Linux 6.19 */
#define ABI_CONTEXT_GUEST ((uint64_t)-2048)
#define ABI_CONTEXT_MAX ((uint64_t)-4095)

#endif
