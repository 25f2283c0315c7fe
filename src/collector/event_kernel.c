/*
 * event_kernel.c - the kernel's generic events: one table, and the cache events as a product of
 * words.
 *
 *   L1-dcache │ L1-icache │ LLC │ dTLB │ iTLB │ branch │ node
 *      × load │ store │ prefetch            (not every cache knows each)
 *      × accesses ("-loads") │ misses ("-load-misses")
 *
 * Names are compared whatever their case. `kernel_side` marks what only ever happens while the CPU
 * is in kernel mode: with exclude_kernel such a counter stays at 0, so it is never turned into
 * user-only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/event.h"

#define HW(name, alias, id, text) \
	{ \
		name, alias, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##id, false, text \
	}
#define SW(name, alias, id, side, text) \
	{ \
		name, alias, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##id, side, text \
	}

/* Sorted by name: the order of `pmc list`. */
static const struct event_kernel table[] = {
	SW("alignment-faults", NULL, ALIGNMENT_FAULTS, false,
	   "unaligned accesses that the kernel had to mend (never on x86)"),
	HW("branch-misses", NULL, BRANCH_MISSES, "mispredicted branches"),
	HW("branches", "branch-instructions", BRANCH_INSTRUCTIONS, "retired branch instructions"),
	HW("bus-cycles", NULL, BUS_CYCLES, "bus cycles, at a rate of their own"),
	HW("cache-misses", NULL, CACHE_MISSES, "misses of the last cache before memory"),
	HW("cache-references", NULL, CACHE_REFERENCES, "accesses to the last cache before memory"),
	SW("cgroup-switches", NULL, CGROUP_SWITCHES, true,
	   "context switches to a task of another control group"),
	SW("context-switches", "cs", CONTEXT_SWITCHES, true,
	   "times a CPU went from one task to another"),
	SW("cpu-clock", NULL, CPU_CLOCK, false,
	   "time on a CPU, in ns: samples by a timer, works without counters"),
	SW("cpu-migrations", "migrations", CPU_MIGRATIONS, true,
	   "times a task went to another CPU"),
	HW("cycles", "cpu-cycles", CPU_CYCLES, "CPU cycles, at the clock rate of the moment"),
	SW("dummy", NULL, DUMMY, false, "counts nothing: only records of mappings and tasks"),
	SW("emulation-faults", NULL, EMULATION_FAULTS, false,
	   "instructions that the kernel had to emulate (never on x86)"),
	HW("instructions", NULL, INSTRUCTIONS, "retired instructions"),
	SW("major-faults", NULL, PAGE_FAULTS_MAJ, false, "page faults that had to wait for a disk"),
	SW("minor-faults", NULL, PAGE_FAULTS_MIN, false, "page faults served from memory"),
	SW("page-faults", "faults", PAGE_FAULTS, false, "page faults, minor and major"),
	HW("ref-cycles", NULL, REF_CPU_CYCLES,
	   "CPU cycles at a constant rate, whatever the clock does"),
	HW("stalled-cycles-backend", "idle-cycles-backend", STALLED_CYCLES_BACKEND,
	   "cycles in which no instruction could be executed"),
	HW("stalled-cycles-frontend", "idle-cycles-frontend", STALLED_CYCLES_FRONTEND,
	   "cycles in which no instruction could be issued"),
	SW("task-clock", NULL, TASK_CLOCK, false, "time the task ran, in ns: samples by a timer"),
};

enum { OP_READ = 1 << 0, OP_WRITE = 1 << 1, OP_PREFETCH = 1 << 2 };

static const struct {
	const char *name;
	unsigned ops; /* what the kernel defines for it */
	const char *text;
} caches[PERF_COUNT_HW_CACHE_MAX] = {
	[PERF_COUNT_HW_CACHE_L1D] = { "L1-dcache", OP_READ | OP_WRITE | OP_PREFETCH,
				      "first data cache" },
	[PERF_COUNT_HW_CACHE_L1I] = { "L1-icache", OP_READ | OP_PREFETCH,
				      "first instruction cache" },
	[PERF_COUNT_HW_CACHE_LL] = { "LLC", OP_READ | OP_WRITE | OP_PREFETCH,
				     "last cache before memory" },
	[PERF_COUNT_HW_CACHE_DTLB] = { "dTLB", OP_READ | OP_WRITE | OP_PREFETCH,
				       "address cache for data" },
	[PERF_COUNT_HW_CACHE_ITLB] = { "iTLB", OP_READ, "address cache for instructions" },
	[PERF_COUNT_HW_CACHE_BPU] = { "branch", OP_READ, "branch predictor" },
	[PERF_COUNT_HW_CACHE_NODE] = { "node", OP_READ | OP_WRITE | OP_PREFETCH,
				       "memory of this NUMA node" },
};

static const struct {
	const char *accesses, *misses;
} ops[PERF_COUNT_HW_CACHE_OP_MAX] = {
	[PERF_COUNT_HW_CACHE_OP_READ] = { "loads", "load-misses" },
	[PERF_COUNT_HW_CACHE_OP_WRITE] = { "stores", "store-misses" },
	[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetches", "prefetch-misses" },
};

/* Config of a cache event: cache | op << 8 | result << 16. False: the kernel has none such. */
static bool fill_cache(struct event_kernel *found, char buf[EVENT_KERNEL_NAME_SIZE],
		       uint64_t config)
{
	unsigned cache = config & 0xff, op = config >> 8 & 0xff, miss = config >> 16 & 0xff;

	if (config >> 24 || cache >= PERF_COUNT_HW_CACHE_MAX || op >= PERF_COUNT_HW_CACHE_OP_MAX ||
	    miss >= PERF_COUNT_HW_CACHE_RESULT_MAX || !(caches[cache].ops & 1u << op))
		return false;
	snprintf(buf, EVENT_KERNEL_NAME_SIZE, "%s-%s", caches[cache].name,
		 miss ? ops[op].misses : ops[op].accesses);
	*found = (struct event_kernel){
		.name = buf,
		.type = PERF_TYPE_HW_CACHE,
		.config = config,
		.description = caches[cache].text,
	};
	return true;
}

static uint64_t cache_config(unsigned cache, unsigned op, unsigned miss)
{
	return cache | op << 8 | miss << 16;
}

static bool equals(const char *known, const char *name, size_t len)
{
	return known && strlen(known) == len && !strncasecmp(known, name, len);
}

bool event_kernel_find(const char *name, size_t len, struct event_kernel *found,
		       char buf[EVENT_KERNEL_NAME_SIZE])
{
	for (size_t i = 0; i < PMC_COUNT(table); i++) {
		if (!equals(table[i].name, name, len) && !equals(table[i].alias, name, len))
			continue;
		*found = table[i];
		return true;
	}
	for (unsigned cache = 0; cache < PERF_COUNT_HW_CACHE_MAX; cache++) {
		if (strncasecmp(name, caches[cache].name, strlen(caches[cache].name)))
			continue;
		for (unsigned op = 0; op < PERF_COUNT_HW_CACHE_OP_MAX; op++)
			for (unsigned miss = 0; miss < 2; miss++)
				if (fill_cache(found, buf, cache_config(cache, op, miss)) &&
				    equals(buf, name, len))
					return true;
	}
	return false;
}

bool event_kernel_describe(uint32_t type, uint64_t config, struct event_kernel *found,
			   char buf[EVENT_KERNEL_NAME_SIZE])
{
	if (type == PERF_TYPE_HW_CACHE)
		return fill_cache(found, buf, config & PERF_HW_EVENT_MASK);
	if (type == PERF_TYPE_HARDWARE)
		config &= PERF_HW_EVENT_MASK; /* above: the PMU on hybrid CPUs */
	for (size_t i = 0; i < PMC_COUNT(table); i++) {
		if (table[i].type != type || table[i].config != config)
			continue;
		*found = table[i];
		return true;
	}
	return false;
}

static bool opens(const struct event_host *host, const struct event_kernel *event)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.exclude_kernel = host->user_only && !event->kernel_side,
		.exclude_hv = host->user_only,
	};

	return !host->names_only && !host->probe(&attr);
}

static int tell(const struct event_host *host, const struct event_kernel *event,
		pmc_event_info_fn *fn, void *ctx)
{
	static const char *const sources[] = {
		[PERF_TYPE_HARDWARE] = "hardware",
		[PERF_TYPE_SOFTWARE] = "software",
		[PERF_TYPE_HW_CACHE] = "cache",
	};
	struct pmc_event_info info = {
		.name = event->name,
		.source = sources[event->type],
		.description = event->description,
		.available = opens(host, event),
	};
	PMC_FREE char *text = NULL;

	if (event->alias) {
		text = pmc_sprintf("%s (also: %s)", event->description, event->alias);
		info.description = text;
	}
	return fn(ctx, &info);
}

/* Hardware, software, then cache events; sorted within each. */
static int each_of_type(const char *glob, uint32_t type, const struct event_host *host,
			pmc_event_info_fn *fn, void *ctx)
{
	int result = 0;

	for (size_t i = 0; i < PMC_COUNT(table) && !result; i++) {
		if (table[i].type != type ||
		    (!event_list_matches(glob, table[i].name) &&
		     !(table[i].alias && event_list_matches(glob, table[i].alias))))
			continue;
		result = tell(host, &table[i], fn, ctx);
	}
	return result;
}

struct cache_name {
	char name[EVENT_KERNEL_NAME_SIZE];
	uint64_t config;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct cache_name *)a)->name, ((const struct cache_name *)b)->name);
}

static int each_cache(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		      void *ctx)
{
	struct cache_name names[PERF_COUNT_HW_CACHE_MAX * PERF_COUNT_HW_CACHE_OP_MAX * 2] = { 0 };
	struct event_kernel event;
	size_t count = 0;
	int result = 0;

	for (unsigned i = 0; i < PMC_COUNT(names); i++) {
		names[count].config = cache_config(i / 6, i % 6 / 2, i % 2);
		if (fill_cache(&event, names[count].name, names[count].config) &&
		    event_list_matches(glob, names[count].name))
			count++;
	}
	qsort(names, count, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < count && !result; i++)
		if (fill_cache(&event, names[i].name, names[i].config)) {
			const char *cache = caches[names[i].config & 0xff].name;
			PMC_FREE char *text = pmc_sprintf("%s: %s", event.description,
							  names[i].name + strlen(cache) + 1);
			char *dash = strchr(text, '-');

			if (dash)
				*dash = ' ';	/* "load-misses" */
			event.description = text;
			result = tell(host, &event, fn, ctx);
		}
	return result;
}

int event_kernel_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		      void *ctx)
{
	int result = each_of_type(glob, PERF_TYPE_HARDWARE, host, fn, ctx);

	if (!result)
		result = each_of_type(glob, PERF_TYPE_SOFTWARE, host, fn, ctx);
	if (!result)
		result = each_cache(glob, host, fn, ctx);
	return result;
}
