/*
 * perf_machine.c - see perf_machine.h.
 *
 * Layouts: Linux, tools/perf/Documentation/perf.data-file-format.txt; of what is younger than that
 * text, files that perf has written.
 */
#include "collector/perf_machine.h"

#include <stdio.h>

#include "collector/perf_abi.h"

/* Blocks of memory of a node: 8 TB in blocks of 2 MB; and ranges of them that are written out. */
enum { BITMAP_WORDS_MAX = 1 << 16, RANGES_MAX = 1000 };

void perf_machine_add(struct perf_machine *machine, const char *name, char *item, char *value)
{
	if (item && value && machine->rows.count < PERF_MACHINE_ROWS_MAX) {
		*pmc_array_add(&machine->rows) = (struct pmc_fact){ name, item, value };
		return;
	}
	free(item);
	free(value);
}

static char *number(uint64_t value)
{
	return pmc_sprintf("%llu", (unsigned long long)value);
}

static char *nothing(void)
{
	return pmc_strdup("");
}

static void add_number(struct perf_machine *machine, const char *name, uint64_t value)
{
	perf_machine_add(machine, name, nothing(), number(value));
}

/* Rows that a file claims to have are read until it ends: no count is believed. */
static bool more(struct perf_reader *r, uint32_t *left)
{
	return !r->bad && (*left)--;
}

/* ---- processors ---- */

static void take_cpus(struct perf_machine *machine, struct perf_reader *r)
{
	machine->cpus = perf_read_u32(r);
	if (!r->bad)
		add_number(machine, "cpus_available", machine->cpus);
}

static void take_cpuid(struct perf_machine *machine, struct perf_reader *r)
{
	perf_machine_add(machine, "cpuid", nothing(), perf_read_text(r));
}

/* "0-3", "4-7": CPUs that share something, a row each. */
static void take_siblings(struct perf_machine *machine, struct perf_reader *r, const char *name)
{
	uint32_t left = perf_read_u32(r);

	for (uint32_t i = 0; more(r, &left); i++)
		perf_machine_add(machine, name, number(i), perf_read_text(r));
}

/* A CPU that is offline has the number -1. */
static void add_cpu(struct perf_machine *machine, const char *name, uint32_t cpu, uint32_t value)
{
	if (value != UINT32_MAX)
		perf_machine_add(machine, name, number(cpu), number(value));
}

/*
 * Siblings of cores and of threads; of later versions of perf the core and socket of each CPU, too;
 * where there are dies, their siblings and the die of each CPU.
 */
static void take_topology(struct perf_machine *machine, struct perf_reader *r)
{
	uint64_t cpus;

	take_siblings(machine, r, "socket_cpus");
	take_siblings(machine, r, "core_cpus");
	cpus = machine->cpus ? machine->cpus : perf_reader_left(r) / 8;
	if (perf_reader_left(r) < 8 * cpus)
		return; /* of an old perf */
	for (uint32_t cpu = 0; cpu < cpus && !r->bad; cpu++) {
		add_cpu(machine, "cpu_core", cpu, perf_read_u32(r));
		add_cpu(machine, "cpu_socket", cpu, perf_read_u32(r));
	}
	if (!perf_reader_left(r))
		return;
	take_siblings(machine, r, "die_cpus");
	if (perf_reader_left(r) < 4 * cpus)
		return;
	for (uint32_t cpu = 0; cpu < cpus && !r->bad; cpu++)
		add_cpu(machine, "cpu_die", cpu, perf_read_u32(r));
}

static void take_cache(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left;

	if (perf_read_u32(r) != 1) /* of a version that is not known */
		return;
	left = perf_read_u32(r);
	while (more(r, &left)) {
		const uint32_t level = perf_read_u32(r), line = perf_read_u32(r),
			       sets = perf_read_u32(r), ways = perf_read_u32(r);
		PMC_FREE char *type = perf_read_text(r), *size = perf_read_text(r),
			      *cpus = perf_read_text(r);

		if (!r->bad)
			perf_machine_add(machine, "cache",
					 pmc_sprintf("L%u %s of CPUs %s", level, type, cpus),
					 pmc_sprintf("%s, %u ways of %u sets, lines of %u bytes",
						     size, ways, sets, line));
	}
}

/* ---- memory ---- */

/* perf tells memory in KiB. */
static void take_memory(struct perf_machine *machine, struct perf_reader *r)
{
	const uint64_t kib = perf_read_u64(r);

	if (!r->bad)
		add_number(machine, "memory_bytes", kib << 10);
}

static void take_nodes(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left = perf_read_u32(r);

	while (more(r, &left)) {
		const uint32_t node = perf_read_u32(r);
		const uint64_t total = perf_read_u64(r), unused = perf_read_u64(r);

		perf_machine_add(machine, "node_cpus", number(node), perf_read_text(r));
		if (r->bad)
			return;
		perf_machine_add(machine, "node_memory_bytes", number(node), number(total << 10));
		perf_machine_add(machine, "node_free_bytes", number(node), number(unused << 10));
	}
}

/* The bits that are set, as "0-7,32"; of a bitmap in pieces the first so many. The caller frees. */
static char *list_bits(const struct perf_reader *r, const uint8_t *words, uint64_t bits)
{
	char *text = NULL;
	size_t size = 0, ranges = 0;
	FILE *out = open_memstream(&text, &size);
	uint64_t from = UINT64_MAX;

	if (!out)
		return nothing();
	for (uint64_t bit = 0; bit <= bits && ranges < RANGES_MAX; bit++) {
		const bool set = bit < bits &&
				 perf_u64(words + bit / 64 * 8, r->swap) >> bit % 64 & 1;

		if (set && from == UINT64_MAX)
			from = bit;
		if (set || from == UINT64_MAX)
			continue;
		fprintf(out, "%s%llu", ranges++ ? "," : "", (unsigned long long)from);
		if (bit - from > 1)
			fprintf(out, "-%llu", (unsigned long long)bit - 1);
		from = UINT64_MAX;
	}
	if (ranges == RANGES_MAX)
		fputs(",…", out);
	fclose(out);
	return text;
}

static void take_blocks(struct perf_machine *machine, struct perf_reader *r)
{
	const uint64_t version = perf_read_u64(r), block = perf_read_u64(r);
	uint64_t left = perf_read_u64(r);

	if (version != 1 || r->bad)
		return;
	add_number(machine, "memory_block_bytes", block);
	while (!r->bad && left--) {
		const uint64_t node = perf_read_u64(r);
		const uint64_t size = perf_read_u64(r), bits = perf_read_u64(r);
		const uint64_t words = bits / 64 + (bits % 64 != 0);
		const uint8_t *map;

		if (words > BITMAP_WORDS_MAX || bits != size) /* the same, told twice */
			r->bad = true;
		map = perf_read_bytes(r, 8 * words);
		if (map)
			perf_machine_add(machine, "node_memory_blocks", number(node),
					 list_bits(r, map, bits));
	}
}

/* ---- PMUs ---- */

static void take_pmu_types(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left = perf_read_u32(r);

	while (more(r, &left)) {
		const uint32_t type = perf_read_u32(r);

		perf_machine_add(machine, "pmu_type", perf_read_text(r), number(type));
	}
}

/* What a PMU can do: name and value. */
static void take_caps(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left = perf_read_u32(r);

	while (more(r, &left)) {
		char *name = perf_read_text(r);

		perf_machine_add(machine, "pmu_cap", name, perf_read_text(r));
	}
}

/* Puts "pmu/" before the items of all rows from `first` on. */
static void own_caps(struct perf_machine *machine, size_t first, const char *pmu)
{
	for (size_t i = first; i < machine->rows.count; i++) {
		struct pmc_fact *row = &machine->rows.items[i];
		char *item = pmc_sprintf("%s/%s", pmu, row->item);

		free((void *)row->item);
		row->item = item;
	}
}

static void take_cpu_caps(struct perf_machine *machine, struct perf_reader *r)
{
	const size_t first = machine->rows.count;

	take_caps(machine, r);
	own_caps(machine, first, "cpu");
}

/* The name of each PMU stands behind what it can do. */
static void take_pmu_caps(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left = perf_read_u32(r);

	while (more(r, &left)) {
		const size_t first = machine->rows.count;
		PMC_FREE char *pmu = NULL;

		take_caps(machine, r);
		pmu = perf_read_text(r);
		own_caps(machine, first, pmu ? pmu : "?");
	}
}

static void take_hybrid(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t left = perf_read_u32(r);

	while (more(r, &left)) {
		char *pmu = perf_read_text(r);

		perf_machine_add(machine, "pmu_cpus", pmu, perf_read_text(r));
	}
}

/* ---- the recording ---- */

static void take_sample_times(struct perf_machine *machine, struct perf_reader *r)
{
	const uint64_t first = perf_read_u64(r), last = perf_read_u64(r);

	if (r->bad || !last) /* a stream does not know it yet */
		return;
	add_number(machine, "first_sample_ns", first);
	add_number(machine, "last_sample_ns", last);
}

static void take_resolution(struct perf_machine *machine, struct perf_reader *r)
{
	const uint64_t ns = perf_read_u64(r);

	if (!r->bad)
		add_number(machine, "clock_resolution_ns", ns);
}

/* Numbers of clocks: Linux, include/uapi/linux/time.h. */
static void take_clock(struct perf_machine *machine, struct perf_reader *r)
{
	static const char *const names[] = { [0] = "realtime", [1] = "monotonic",
					     [4] = "monotonic_raw", [7] = "boottime",
					     [11] = "tai" };
	uint32_t id;

	perf_read_u32(r); /* version */
	id = perf_read_u32(r);
	if (r->bad)
		return;
	perf_machine_add(machine, "clock", nothing(),
			 id < PMC_COUNT(names) && names[id] ? pmc_strdup(names[id]) : number(id));
}

static void take_compression(struct perf_machine *machine, struct perf_reader *r)
{
	uint32_t type, level, ratio;

	perf_read_u32(r); /* version */
	type = perf_read_u32(r);
	level = perf_read_u32(r);
	ratio = perf_read_u32(r);
	if (r->bad)
		return;
	perf_machine_add(machine, "compression", nothing(),
			 pmc_sprintf(ratio ? "%s, level %u, ratio %u" : "%s, level %u",
				     type == 1 ? "zstd" : "unknown", level, ratio));
}

/* Pairs of texts that end with a NUL: what simpleperf tells of itself. */
static void take_simpleperf(struct perf_machine *machine, struct perf_reader *r)
{
	while (perf_reader_left(r)) {
		const char *texts[2];

		for (size_t i = 0; i < 2; i++) {
			const uint8_t *end = r->bad || r->at == r->end ?
				NULL : memchr(r->at, 0, (size_t)(r->end - r->at));

			texts[i] = (const char *)r->at;
			r->bad = !end;
			if (r->bad)
				return;
			r->at = end + 1;
		}
		perf_machine_add(machine, "simpleperf", pmc_strdup(texts[0]), pmc_strdup(texts[1]));
	}
}

/* ---- which feature is what ---- */

static const struct {
	unsigned feature;
	void (*take)(struct perf_machine *machine, struct perf_reader *r);
} readers[] = {
	{ PERF_FEAT_NRCPUS, take_cpus },
	{ PERF_FEAT_CPUID, take_cpuid },
	{ PERF_FEAT_TOTAL_MEM, take_memory },
	{ PERF_FEAT_CPU_TOPOLOGY, take_topology },
	{ PERF_FEAT_NUMA_TOPOLOGY, take_nodes },
	{ PERF_FEAT_PMU_MAPPINGS, take_pmu_types },
	{ PERF_FEAT_CACHE, take_cache },
	{ PERF_FEAT_SAMPLE_TIME, take_sample_times },
	{ PERF_FEAT_MEM_TOPOLOGY, take_blocks },
	{ PERF_FEAT_CLOCKID, take_resolution },
	{ PERF_FEAT_COMPRESSED, take_compression },
	{ PERF_FEAT_CPU_PMU_CAPS, take_cpu_caps },
	{ PERF_FEAT_CLOCK_DATA, take_clock },
	{ PERF_FEAT_HYBRID_TOPOLOGY, take_hybrid },
	{ PERF_FEAT_PMU_CAPS, take_pmu_caps },
	{ PERF_FEAT_SIMPLEPERF_META, take_simpleperf },
};

bool perf_machine_take(struct perf_machine *machine, unsigned feature, struct perf_reader *r)
{
	for (size_t i = 0; i < PMC_COUNT(readers); i++) {
		if (readers[i].feature == feature) {
			readers[i].take(machine, r);
			return true;
		}
	}
	return false;
}

void perf_machine_fini(struct perf_machine *machine)
{
	for (size_t i = 0; i < machine->rows.count; i++) {
		free((void *)machine->rows.items[i].item);
		free((void *)machine->rows.items[i].value);
	}
	pmc_array_free(&machine->rows);
}
