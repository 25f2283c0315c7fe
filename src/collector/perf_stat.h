/*
 * perf_stat.h - what `perf stat record` writes beside attributes: counts, and no samples.
 *
 *   THREAD_MAP    which threads were counted
 *   STAT_CONFIG   how perf was asked to add counts up
 *   STAT          all that one counter has counted so far        ─┐ again and again, with
 *   STAT_ROUND    the end of an interval, or of all of it         ─┘ intervals (-I)
 */
#ifndef PMC_COLLECTOR_PERF_STAT_H
#define PMC_COLLECTOR_PERF_STAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "collector/perf_stream.h"

enum { PERF_STAT_THREADS_MAX = 1 << 20 };

struct perf_stat_thread {
	uint64_t tid; /* UINT64_MAX: whole CPUs were counted */
	char comm[16];
};

struct perf_stat {
	bool is_one; /* the recording is of perf stat */
	bool by_cpu; /* perf was asked for each CPU's counts (-A) */
	PMC_ARRAY(struct perf_stat_thread) threads;
};

/* Takes a THREAD_MAP or STAT_CONFIG. False: it contradicts itself. */
bool perf_stat_take(struct perf_stat *stat, const struct perf_record *record, bool swap);
void perf_stat_fini(struct perf_stat *stat);

struct perf_stat_count {
	uint64_t id;
	uint32_t cpu, thread; /* thread: index in the map; cpu UINT32_MAX: whatever CPU */
	uint64_t value, enabled_ns, running_ns;
};

/* Reads a STAT. False: it is too short. */
bool perf_stat_read_count(struct perf_stat_count *count, const struct perf_record *record,
			  bool swap);
/* Reads a STAT_ROUND: its time since counting began. False: it is too short. */
bool perf_stat_read_round(uint64_t *time_ns, const struct perf_record *record, bool swap);

#endif
