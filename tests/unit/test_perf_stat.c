/*
 * test_perf_stat.c - records of perf stat, whole and cut anywhere, and counts that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_stat.h"

/* A record of just that size, so that a look beyond its end is seen. */
static struct perf_record record_of(uint32_t type, const struct perf_writer *w, size_t size)
{
	struct perf_record record = { .bytes = pmc_calloc(size, 1), .size = size, .type = type };

	memcpy(record.bytes, w->bytes.items, size);
	return record;
}

static void put_threads(struct perf_writer *w, uint64_t count)
{
	put_begin(w, PERF_REC_THREAD_MAP, 0);
	put_u64(w, count);
	put_u64(w, 812);
	put_bytes(w, "sixteen letters!", 16);
	put_u64(w, 813);
	put_bytes(w, "b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	put_end(w);
}

static void put_config(struct perf_writer *w, uint64_t count)
{
	put_begin(w, PERF_REC_STAT_CONFIG, 0);
	put_u64(w, count);
	put_u64(w, 2);
	put_u64(w, 1);
	put_u64(w, 0);
	put_u64(w, 0);
	put_end(w);
}

static void maps_and_settings(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer threads = { .swap = swap }, config = { .swap = swap };
		struct perf_stat stat = { .is_one = false };
		struct perf_record record;

		put_threads(&threads, 2);
		put_config(&config, 2);
		record = record_of(PERF_REC_THREAD_MAP, &threads, threads.bytes.count);
		assert_true(perf_stat_take(&stat, &record, swap));
		assert_true(perf_stat_take(&stat, &record, swap)); /* told again */
		free(record.bytes);
		assert_false(stat.is_one);
		assert_int_equal(stat.threads.count, 2);
		assert_int_equal(stat.threads.items[1].tid, 813);
		assert_string_equal(stat.threads.items[0].comm, "sixteen letters");
		record = record_of(PERF_REC_STAT_CONFIG, &config, config.bytes.count);
		assert_true(perf_stat_take(&stat, &record, swap));
		free(record.bytes);
		assert_true(stat.is_one);
		assert_true(stat.by_cpu);
		perf_stat_fini(&stat);
		writer_fini(&threads);
		writer_fini(&config);
	}
}

static void short_ones_and_lies(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		const uint32_t type = kind % 2 ? PERF_REC_STAT_CONFIG : PERF_REC_THREAD_MAP;
		struct perf_writer w = { .swap = false };

		if (kind % 2)
			put_config(&w, kind < 2 ? 2 : UINT64_MAX);
		else
			put_threads(&w, kind < 2 ? 2 : UINT64_MAX);
		for (size_t size = 8; size <= w.bytes.count; size++) {
			struct perf_record record = record_of(type, &w, size);
			struct perf_stat stat = { .is_one = false };

			assert_int_equal(perf_stat_take(&stat, &record, false),
					 kind < 2 && size == w.bytes.count);
			perf_stat_fini(&stat);
			free(record.bytes);
		}
		writer_fini(&w);
	}
}

static void counts_and_rounds(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer w = { .swap = swap };
		struct perf_stat_count count;
		uint64_t time;

		put_begin(&w, PERF_REC_STAT, 0);
		put_u64(&w, 5);
		put_pair(&w, 6, 7);
		put_u64(&w, 8);
		put_u64(&w, 9);
		put_u64(&w, 10);
		put_end(&w);
		for (size_t size = 8; size <= w.bytes.count; size++) {
			struct perf_record record = record_of(PERF_REC_STAT, &w, size);

			assert_int_equal(perf_stat_read_count(&count, &record, swap),
					 size == w.bytes.count);
			assert_int_equal(perf_stat_read_round(&time, &record, swap), size >= 24);
			free(record.bytes);
		}
		assert_int_equal(count.id, 5);
		assert_int_equal(count.cpu, 6);
		assert_int_equal(count.thread, 7);
		assert_int_equal(count.value, 8);
		assert_int_equal(count.enabled_ns, 9);
		assert_int_equal(count.running_ns, 10);
		writer_fini(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_and_settings),
		cmocka_unit_test(short_ones_and_lies),
		cmocka_unit_test(counts_and_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
