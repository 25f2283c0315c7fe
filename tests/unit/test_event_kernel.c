/*
 * test_event_kernel.c - the table of generic events: found by name, alias and config, in any case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/event.h"

static void names(void **state)
{
	static const struct {
		const char *text, *name;
		uint32_t type;
		uint64_t config;
		bool kernel;
	} rows[] = {
		{ "cycles", "cycles", PERF_TYPE_HARDWARE, 0, false },
		{ "CPU-Cycles", "cycles", PERF_TYPE_HARDWARE, 0, false },
		{ "ref-cycles", "ref-cycles", PERF_TYPE_HARDWARE, 9, false },
		{ "idle-cycles-backend", "stalled-cycles-backend", PERF_TYPE_HARDWARE, 8, false },
		{ "cpu-clock", "cpu-clock", PERF_TYPE_SOFTWARE, 0, false },
		{ "migrations", "cpu-migrations", PERF_TYPE_SOFTWARE, 4, true },
		{ "cgroup-switches", "cgroup-switches", PERF_TYPE_SOFTWARE, 11, true },
		{ "l1-dcache-loads", "L1-dcache-loads", PERF_TYPE_HW_CACHE, 0, false },
		{ "L1-icache-prefetch-misses", "L1-icache-prefetch-misses", PERF_TYPE_HW_CACHE,
		  0x10201, false },
		{ "node-store-misses", "node-store-misses", PERF_TYPE_HW_CACHE, 0x10106, false },
		{ "branch-loads", "branch-loads", PERF_TYPE_HW_CACHE, 5, false },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct event_kernel found;
		char buf[EVENT_KERNEL_NAME_SIZE];

		for (int by_config = 0; by_config < 2; by_config++) {
			assert_true(by_config ?
					    event_kernel_describe(rows[i].type, rows[i].config,
								  &found, buf) :
					    event_kernel_find(rows[i].text, strlen(rows[i].text),
							      &found, buf));
			assert_string_equal(found.name, rows[i].name);
			assert_int_equal(found.type, rows[i].type);
			assert_int_equal(found.config, rows[i].config);
			assert_int_equal(found.kernel_side, rows[i].kernel);
			assert_true(found.description[0] != '\0');
		}
	}
}

static void absent_names(void **state)
{
	static const char *const texts[] = {
		"",	      "cycle",	     "cyclesx",	      "L1-dcache",
		"L1-dcache-", "iTLB-stores", "branch-stores", "L1-icache-store-misses",
		"LLC-misses"
	};
	struct event_kernel found;
	char buf[EVENT_KERNEL_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(texts); i++)
		assert_false(event_kernel_find(texts[i], strlen(texts[i]), &found, buf));
	assert_false(event_kernel_describe(PERF_TYPE_HW_CACHE, 0x20000, &found, buf));
	assert_false(event_kernel_describe(PERF_TYPE_HW_CACHE, 7, &found, buf));
	assert_false(event_kernel_describe(PERF_TYPE_SOFTWARE, 1000, &found, buf));
	assert_false(event_kernel_describe(PERF_TYPE_RAW, 0, &found, buf));
}

static void configs_of_hybrid_cpus(void **state)
{
	struct event_kernel found;
	char buf[EVENT_KERNEL_NAME_SIZE];

	(void)state;
	assert_true(event_kernel_describe(PERF_TYPE_HARDWARE, 10ULL << 32 | 1, &found, buf));
	assert_string_equal(found.name, "instructions");
	assert_true(event_kernel_describe(PERF_TYPE_HW_CACHE, 10ULL << 32 | 0x10002, &found, buf));
	assert_string_equal(found.name, "LLC-load-misses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(absent_names),
		cmocka_unit_test(configs_of_hybrid_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
