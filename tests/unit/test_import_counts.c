/*
 * test_import_counts.c - recordings that hold counts: groups, threads that told at their ends
 * (perf record -s), perf stat.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import_fixture.h"

/* What made bytes tell of themselves; the caller frees the import. */
static struct pmc_import *import_info_of(const struct perf_writer *w, struct pmc_session_info *info)
{
	char path[64];
	const int fd = file_of(w->bytes.items, w->bytes.count, path);
	struct pmc_import *import = import_info(path, info);

	close(fd);
	return import;
}

/* A group of two, whose leader's samples read the other one; beside it its namesake. */
static void groups_have_leaders(void **state)
{
	struct made_attr attrs[] = { ATTRS[0], ATTRS[1], ATTRS[1] };
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_session_info info = { 0 };
	const struct pmc_fact *last;
	struct pmc_import *import;
	struct pmc_err err = { 0 };

	(void)state;
	attrs[0].sample_type |= PERF_SAMPLE_READ;
	attrs[0].read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
	attrs[1].period = 0;
	put_feature(&data, PERF_FEAT_GROUP_DESC);
	put_number(&data, 1, 4);
	put_word(&data, "mine");
	put_pair(&data, 0, 2);
	put_end(&data);
	put_feature(&data, PERF_FEAT_CPUID);
	put_word(&data, "Some,1");
	put_end(&data);
	put_comm(&data, 0, PID, "some");
	put_sample(&data, 1000, PID, 3, 0x401000, 0);
	put_pipe(&w, attrs, 3, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_string_equal(taken.names[1], "cpu-clock");
	assert_string_equal(taken.names[2], "cpu-clock#2");
	assert_int_equal(taken.samples[2], 1);
	assert_int_equal(taken.leaders[0], 1);
	assert_int_equal(taken.leaders[1], 1);
	assert_int_equal(taken.leaders[2], 0);
	assert_int_equal(taken.modes[0], PMC_MODE_FREQUENCY);
	assert_int_equal(taken.modes[1], PMC_MODE_READ);
	assert_int_equal(taken.modes[2], PMC_MODE_PERIOD);
	import = import_info_of(&w, &info);
	assert_int_equal(info.facts_count, 2);
	assert_string_equal(info.facts[0].name, "cpuid");
	last = &info.facts[1];
	assert_string_equal(last->name, "group_name");
	assert_string_equal(last->item, "cycles:pp");
	assert_string_equal(last->value, "mine");
	pmc_import_free(import);
	writer_fini(&data);
	writer_fini(&w);
}

static void put_update(struct perf_writer *w, uint64_t kind, uint64_t id, const void *body)
{
	put_begin(w, PERF_REC_EVENT_UPDATE, 0);
	put_u64(w, kind);
	put_u64(w, id);
	if (body)
		put_bytes(w, body, 8);
	put_end(w);
}

static void put_scale(struct perf_writer *w, uint64_t id, double scale)
{
	put_begin(w, PERF_REC_EVENT_UPDATE, 0);
	put_u64(w, PERF_EVENT_UPDATE_SCALE);
	put_u64(w, id);
	put_u64(w, *(const uint64_t *)memcpy(&(uint64_t){ 0 }, &scale, sizeof(scale)));
	put_end(w);
}

/*
 * In a stream they come before the records of what ran, in a file between them. The first event is
 * none that counts, and becomes none of the session's.
 */
static void units_are_facts(void **state)
{
	enum { CYCLES = 2, CLOCK = 3 };
	const struct made_attr attrs[] = {
		{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY, .period = 1,
		  .sample_type = TYPE, .sample_id_all = true },
		ATTRS[0], ATTRS[1],
	};

	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		for (int late = 0; late < 2; late++) {
			struct perf_writer data = { .swap = swap }, w = { .swap = swap };
			struct pmc_session_info info = { 0 };
			struct pmc_import *import;

			if (late)
				put_comm(&data, 0, PID, "some");
			put_update(&data, PERF_EVENT_UPDATE_UNIT, CYCLES, "Gramm\0\0");
			put_update(&data, PERF_EVENT_UPDATE_UNIT, CYCLES, "Joules\0");
			put_update(&data, PERF_EVENT_UPDATE_UNIT, CYCLES, NULL);
			put_update(&data, PERF_EVENT_UPDATE_UNIT, 77, "none\0\0\0");
			put_update(&data, 99, CYCLES, "later\0\0");
			put_scale(&data, CYCLES, 0.25);
			put_scale(&data, CLOCK, (double)INFINITY);
			put_sample(&data, 1000, PID, CYCLES, 0x401000, 1);
			put_pipe(&w, attrs, 3, &data);
			import = import_info_of(&w, &info);
			assert_int_equal(info.facts_count, 2);
			assert_string_equal(info.facts[0].name, "event_unit");
			assert_string_equal(info.facts[0].item, "cycles:pp");
			assert_string_equal(info.facts[0].value, "Joules");
			assert_string_equal(info.facts[1].name, "event_scale");
			assert_string_equal(info.facts[1].value, "0.25");
			pmc_import_free(import);
			writer_fini(&data);
			writer_fini(&w);
		}
	}
}

/* As perf record -s has them: a record a thread and counter. The counters of two CPUs add up. */
static void threads_that_ended_tell_their_counts(void **state)
{
	struct made_attr attrs[] = { ATTRS[0], ATTRS[1] };

	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer data = { .swap = swap }, w = { .swap = swap };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		for (int i = 0; i < 2; i++) {
			attrs[i].inherit = true;
			attrs[i].read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
					       PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_ID;
		}
		put_comm(&data, 0, PID, "some");
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
		for (uint64_t i = 0; i < 3; i++) {
			put_begin(&data, ABI_RECORD_READ, 0);
			put_pair(&data, PID, PID);
			put_u64(&data, 100 + i);
			put_u64(&data, 80);
			put_u64(&data, 40);
			put_u64(&data, i < 2 ? ID_CYCLES : ID_CLOCK);
			put_trailer(&data, PID, 2000);
		}
		put_file(&w, attrs, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(taken.counts_count, 2);
		assert_int_equal(taken.counts[0].event, 1);
		assert_int_equal(taken.counts[0].thread, 1);
		assert_int_equal(taken.counts[0].counted, 201);
		assert_int_equal(taken.counts[0].value, 402);
		assert_int_equal(taken.counts[0].enabled_ns, 160);
		assert_int_equal(taken.counts[0].running_ns, 80);
		assert_int_equal(taken.counts[1].event, 2);
		assert_int_equal(taken.counts[1].counted, 102);
		assert_int_equal(taken.counts[1].value, 102); /* what the kernel counts, runs */
		assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 0);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void put_count(struct perf_writer *w, uint64_t id, uint32_t cpu, uint32_t thread,
		      uint64_t value, uint64_t enabled, uint64_t running)
{
	put_begin(w, PERF_REC_STAT, 0);
	put_u64(w, id);
	put_pair(w, cpu, thread);
	put_u64(w, value);
	put_u64(w, enabled);
	put_u64(w, running);
	put_end(w);
}

static void put_stat_round(struct perf_writer *w, uint64_t time)
{
	put_begin(w, PERF_REC_STAT_ROUND, 0);
	put_u64(w, 0);
	put_u64(w, time);
	put_end(w);
}

/* by_cpu: perf was asked for them. Two threads are always told apart. */
static void put_counts(struct perf_writer *w, bool by_cpu, unsigned threads)
{
	put_begin(w, PERF_REC_THREAD_MAP, 0);
	put_u64(w, threads);
	for (unsigned i = 0; i < threads; i++) {
		put_u64(w, 70 + i);
		put_bytes(w, i ? "second\0\0\0\0\0\0\0\0\0\0" : "first thread of\0", 16);
	}
	put_end(w);
	put_begin(w, PERF_REC_STAT_CONFIG, 0);
	put_u64(w, 1);
	put_u64(w, 0);
	put_u64(w, by_cpu ? 0 : 1);
	put_end(w);
	put_count(w, ID_CYCLES, 0, 0, 1000, 400, 200);
	put_count(w, ID_CLOCK, 1, threads - 1, 50, 50, 50);
	put_stat_round(w, 1000000);
	put_count(w, ID_CYCLES, 0, 0, 1600, 800, 600);
	put_count(w, ID_CLOCK, 1, threads - 1, 50, 60, 60);
	put_count(w, 99, 1, 0, 1, 1, 1);
	put_count(w, ID_CLOCK, 1, 0, 1ULL << 60, 1, 1);
	put_stat_round(w, 3000000);
	put_count(w, ID_CYCLES, 0, 0, 1601, 801, 601);
}

static void check_count(size_t row, uint32_t event, uint64_t start, uint64_t end, uint64_t counted,
			uint64_t value)
{
	const struct pmc_count_row *count = &taken.counts[row];

	assert_true(row < taken.counts_count);
	assert_int_equal(count->event, event);
	assert_int_equal(count->run, 1);
	assert_int_equal(count->start_ns, start);
	assert_int_equal(count->end_ns, end);
	assert_int_equal(count->counted, counted);
	assert_int_equal(count->value, value);
}

/* Sums so far become gains, of all, of CPUs or of threads. */
static void counts_of_perf_stat(void **state)
{
	static const struct made_attr attrs[] = {
		{ .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES },
		{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK },
	};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct perf_writer data = { .swap = i & 1 }, w = { .swap = i & 1 };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_counts(&data, i / 2 == 1, i / 2 == 2 ? 2 : 1);
		put_pipe(&w, attrs, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(taken.modes[0], PMC_MODE_COUNT);
		assert_int_equal(result.samples, 0);
		assert_true(result.counts_alone);
		assert_int_equal(taken.counts_count, 4);
		assert_int_equal(result.duration_ns, 3000000);
		check_count(0, 1, 0, 1000000, 1000, 2000);
		check_count(1, 2, 0, 1000000, 50, 50);
		/* The last reading, without an end, is the last interval's. */
		check_count(2, 1, 1000000, 3000000, 601, 601);
		check_count(3, 2, 1000000, 3000000, 0, 0);
		assert_int_equal(taken.counts[0].cpu, i / 2 == 1 ? 0 : -1);
		assert_int_equal(taken.counts[1].cpu, i / 2 == 1 ? 1 : -1);
		assert_int_equal(taken.counts[0].thread != 0, i / 2 == 2);
		if (i / 2 == 2) {
			assert_int_equal(taken.thread_tids[taken.counts[0].thread - 1], 70);
			assert_int_equal(taken.thread_tids[taken.counts[1].thread - 1], 71);
		}
		assert_int_equal(result.health[PMC_HEALTH_UNOWNED], 1);
		assert_int_equal(result.health[PMC_HEALTH_BAD_RECORDS], 1);
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* Each is just possible; the estimate and the sums over intervals are not. */
static void counts_have_bounds(void **state)
{
	static const struct made_attr attrs[] = {
		{ .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES },
		{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK },
	};
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_begin(&data, PERF_REC_STAT_CONFIG, 0);
	put_u64(&data, 0);
	put_end(&data);
	for (uint64_t i = 0; i < 3; i++) {
		put_count(&data, ID_CYCLES, 0, 0, (1ULL << 50) * (i + 1), (1ULL << 50) * (i + 1),
			  i + 1);
		put_stat_round(&data, i + 1);
	}
	put_pipe(&w, attrs, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(taken.counts_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(taken.counts[i].counted == 1ULL << 50);
		assert_true(taken.counts[i].value == (i ? 0 : INT64_MAX));
	}
	writer_fini(&data);
	writer_fini(&w);
}

/* A count in a recording of samples is left out; so is a sample in one of counts. */
static void counts_and_samples_do_not_mix(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct perf_writer data = { .swap = false }, w = { .swap = false };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_comm(&data, 0, PID, "some");
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
		if (late) {
			put_begin(&data, PERF_REC_STAT_CONFIG, 0);
			put_u64(&data, 0);
			put_end(&data);
		}
		put_count(&data, ID_CYCLES, 0, 0, 1000, 400, 200);
		put_stat_round(&data, 1000000);
		put_pipe(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(result.samples, 1);
		assert_int_equal(taken.counts_count, 0);
		assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 2);
		writer_fini(&data);
		writer_fini(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(groups_have_leaders),
		IMPORT_TEST(units_are_facts),
		IMPORT_TEST(threads_that_ended_tell_their_counts),
		IMPORT_TEST(counts_of_perf_stat),
		IMPORT_TEST(counts_have_bounds),
		IMPORT_TEST(counts_and_samples_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
