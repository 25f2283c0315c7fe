/*
 * test_perf_machine.c - what recordings tell of their machines, in both byte orders: rows, every
 * prefix, and counts that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_machine.h"

static void put_word(struct perf_writer *w, const char *text)
{
	put_number(w, strlen(text) + 1, 4);
	put_bytes(w, text, strlen(text) + 1);
}

static void put_u32(struct perf_writer *w, uint32_t value)
{
	put_number(w, value, 4);
}

static void put_cpus(struct perf_writer *w)
{
	put_pair(w, 2, 1);
}

static void put_cpuid(struct perf_writer *w)
{
	put_word(w, "GenuineIntel,6,69,1");
}

static void put_memory(struct perf_writer *w)
{
	put_u64(w, 4);
}

/* CPU 1 is offline. */
static void put_topology(struct perf_writer *w)
{
	put_u32(w, 1);
	put_word(w, "0-1");
	put_u32(w, 2);
	put_word(w, "0");
	put_word(w, "1");
	put_pair(w, 7, 3);
	put_pair(w, UINT32_MAX, UINT32_MAX);
	put_u32(w, 1);
	put_word(w, "0-1");
	put_u32(w, 5);
	put_u32(w, UINT32_MAX);
}

static void put_nodes(struct perf_writer *w)
{
	put_u32(w, 1);
	put_u32(w, 2);
	put_u64(w, 8);
	put_u64(w, 3);
	put_word(w, "0-1");
}

static void put_pmus(struct perf_writer *w)
{
	put_u32(w, 1);
	put_u32(w, 4);
	put_word(w, "cpu");
}

static void put_cache(struct perf_writer *w)
{
	put_pair(w, 1, 1);
	put_pair(w, 1, 64);
	put_pair(w, 32, 8);
	put_word(w, "Data");
	put_word(w, "16K");
	put_word(w, "0");
}

static void put_times(struct perf_writer *w)
{
	put_u64(w, 11);
	put_u64(w, 22);
}

static void put_blocks(struct perf_writer *w)
{
	put_u64(w, 1);
	put_u64(w, 0x8000000);
	put_u64(w, 1);
	put_u64(w, 0);
	put_u64(w, 66);
	put_u64(w, 66);
	put_u64(w, 0x8000000000000107);
	put_u64(w, 3);
}

static void put_resolution(struct perf_writer *w)
{
	put_u64(w, 1);
}

static void put_compression(struct perf_writer *w)
{
	put_pair(w, 1, 1);
	put_pair(w, 3, 5);
	put_u32(w, 528384);
}

static void put_cpu_caps(struct perf_writer *w)
{
	put_u32(w, 2);
	put_word(w, "branches");
	put_word(w, "32");
	put_word(w, "max_precise");
	put_word(w, "3");
}

static void put_clock(struct perf_writer *w)
{
	put_pair(w, 1, 4);
	put_times(w);
}

static void put_hybrid(struct perf_writer *w)
{
	put_u32(w, 1);
	put_word(w, "cpu_atom");
	put_word(w, "4-11");
}

static void put_pmu_caps(struct perf_writer *w)
{
	put_u32(w, 2);
	put_u32(w, 1);
	put_word(w, "branches");
	put_word(w, "32");
	put_word(w, "cpu_core");
	put_u32(w, 1);
	put_word(w, "pmu_name");
	put_word(w, "hybrid");
	put_word(w, "cpu_atom");
}

static void put_simpleperf(struct perf_writer *w)
{
	static const char text[] = "simpleperf_version\0" "1.2\0" "clockid\0" "monotonic";

	put_bytes(w, text, sizeof(text));
}

static const struct {
	unsigned feature;
	void (*put)(struct perf_writer *w);
	const char *rows;
} features[] = {
	{ PERF_FEAT_NRCPUS, put_cpus, "cpus_available||2\n" },
	{ PERF_FEAT_CPUID, put_cpuid, "cpuid||GenuineIntel,6,69,1\n" },
	{ PERF_FEAT_TOTAL_MEM, put_memory, "memory_bytes||4096\n" },
	{ PERF_FEAT_CPU_TOPOLOGY, put_topology,
	  "socket_cpus|0|0-1\ncore_cpus|0|0\ncore_cpus|1|1\ncpu_core|0|7\n"
	  "cpu_socket|0|3\ndie_cpus|0|0-1\ncpu_die|0|5\n" },
	{ PERF_FEAT_NUMA_TOPOLOGY, put_nodes,
	  "node_cpus|2|0-1\nnode_memory_bytes|2|8192\nnode_free_bytes|2|3072\n" },
	{ PERF_FEAT_PMU_MAPPINGS, put_pmus, "pmu_type|cpu|4\n" },
	{ PERF_FEAT_CACHE, put_cache,
	  "cache|L1 Data of CPUs 0|16K, 8 ways of 32 sets, lines of 64 bytes\n" },
	{ PERF_FEAT_SAMPLE_TIME, put_times, "first_sample_ns||11\nlast_sample_ns||22\n" },
	{ PERF_FEAT_MEM_TOPOLOGY, put_blocks,
	  "memory_block_bytes||134217728\nnode_memory_blocks|0|0-2,8,63-65\n" },
	{ PERF_FEAT_CLOCKID, put_resolution, "clock_resolution_ns||1\n" },
	{ PERF_FEAT_COMPRESSED, put_compression, "compression||zstd, level 3, ratio 5\n" },
	{ PERF_FEAT_CPU_PMU_CAPS, put_cpu_caps,
	  "pmu_cap|cpu/branches|32\npmu_cap|cpu/max_precise|3\n" },
	{ PERF_FEAT_CLOCK_DATA, put_clock, "clock||monotonic_raw\n" },
	{ PERF_FEAT_HYBRID_TOPOLOGY, put_hybrid, "pmu_cpus|cpu_atom|4-11\n" },
	{ PERF_FEAT_PMU_CAPS, put_pmu_caps,
	  "pmu_cap|cpu_core/branches|32\npmu_cap|cpu_atom/pmu_name|hybrid\n" },
	{ PERF_FEAT_SIMPLEPERF_META, put_simpleperf,
	  "simpleperf|simpleperf_version|1.2\nsimpleperf|clockid|monotonic\n" },
};

static char *rows_of(const struct perf_machine *machine)
{
	char *text = pmc_strdup("");

	for (size_t i = 0; i < machine->rows.count; i++) {
		const struct pmc_fact *row = &machine->rows.items[i];
		char *before = text;

		text = pmc_sprintf("%s%s|%s|%s\n", before, row->name, row->item, row->value);
		free(before);
	}
	return text;
}

/* Reads from memory of just that size, so that a look beyond its end is seen. */
static bool take(struct perf_machine *machine, unsigned feature, const void *from, size_t size,
		 bool swap)
{
	uint8_t *bytes = pmc_calloc(size, 1);
	struct perf_reader r = { .at = bytes, .end = bytes + size, .swap = swap };

	if (size)
		memcpy(bytes, from, size);
	assert_true(perf_machine_take(machine, feature, &r));
	free(bytes);
	return !r.bad;
}

static void rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * PMC_COUNT(features); i++) {
		struct perf_writer w = { .swap = i % 2 };
		struct perf_machine machine = { .cpus = 2 };
		char *text;

		features[i / 2].put(&w);
		assert_true(take(&machine, features[i / 2].feature, w.bytes.items, w.bytes.count,
				 w.swap));
		text = rows_of(&machine);
		assert_string_equal(text, features[i / 2].rows);
		free(text);
		perf_machine_fini(&machine);
		writer_fini(&w);
	}
}

static void prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PMC_COUNT(features); i++) {
		struct perf_writer w = { .swap = false };

		features[i].put(&w);
		for (size_t size = 0; size < w.bytes.count; size++) {
			struct perf_machine machine = { .cpus = 2 };

			take(&machine, features[i].feature, w.bytes.items, size, false);
			perf_machine_fini(&machine);
		}
		writer_fini(&w);
	}
}

/* Counts that would take gigabytes, or for ever. */
static void lies(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(features); i++) {
		struct perf_machine machine = { .rows = { 0 } };

		memset(bytes, 0xff, sizeof(bytes));
		take(&machine, features[i].feature, bytes, sizeof(bytes), false);
		memset(bytes, 0, sizeof(bytes));
		memset(bytes, 0xff, 4);
		take(&machine, features[i].feature, bytes, sizeof(bytes), false);
		assert_true(machine.rows.count <= sizeof(bytes));
		perf_machine_fini(&machine);
	}
}

static void old_topologies_have_no_cores(void **state)
{
	struct perf_writer w = { .swap = false };
	struct perf_machine machine = { .cpus = 4 };
	char *text;

	(void)state;
	put_u32(&w, 1);
	put_word(&w, "0-3");
	put_u32(&w, 0);
	assert_true(take(&machine, PERF_FEAT_CPU_TOPOLOGY, w.bytes.items, w.bytes.count, false));
	text = rows_of(&machine);
	assert_string_equal(text, "socket_cpus|0|0-3\n");
	free(text);
	perf_machine_fini(&machine);
	writer_fini(&w);
}

/* Empty texts take four bytes each in a file, and must not take all memory here. */
static void rows_are_bounded(void **state)
{
	const uint32_t count = PERF_MACHINE_ROWS_MAX + 1000;
	struct perf_writer w = { .swap = false };
	struct perf_machine machine = { .cpus = 0 };

	(void)state;
	put_u32(&w, count);
	for (uint32_t i = 0; i < count; i++)
		put_pair(&w, 0, 0);
	take(&machine, PERF_FEAT_CPU_PMU_CAPS, w.bytes.items, w.bytes.count, false);
	assert_int_equal(machine.rows.count, PERF_MACHINE_ROWS_MAX);
	perf_machine_fini(&machine);
	writer_fini(&w);
}

static void bitmaps_are_bounded(void **state)
{
	struct perf_writer w = { .swap = false };
	struct perf_machine machine = { .cpus = 0 };

	(void)state;
	put_u64(&w, 1);
	put_u64(&w, 4096);
	put_u64(&w, 1);
	put_u64(&w, 0);
	put_u64(&w, 64 * 1000);
	put_u64(&w, 64 * 1000);
	for (int i = 0; i < 1000; i++)
		put_u64(&w, 0x5555555555555555);
	assert_true(take(&machine, PERF_FEAT_MEM_TOPOLOGY, w.bytes.items, w.bytes.count, false));
	assert_true(strlen(machine.rows.items[1].value) < 8000);
	assert_non_null(strstr(machine.rows.items[1].value, ",1998,…"));
	perf_machine_fini(&machine);
	writer_fini(&w);
}

static void others_are_not_taken(void **state)
{
	struct perf_machine machine = { .cpus = 0 };
	struct perf_reader r = { .at = NULL, .end = NULL };

	(void)state;
	assert_false(perf_machine_take(&machine, PERF_FEAT_HOSTNAME, &r));
	assert_false(perf_machine_take(&machine, 200, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(lies),
		cmocka_unit_test(old_topologies_have_no_cores),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(bitmaps_are_bounded),
		cmocka_unit_test(others_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
