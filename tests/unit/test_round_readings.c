/*
 * test_round_readings.c - rounds: what comes in parts. Groups whose counters are read with each
 * sample, counts that threads tell at their ends, callers that come in records of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "round_fixture.h"

/* ---- groups, and counts of threads ---- */

/* A sample of the first event that reads both. */
static void group_sample_of(size_t ring, uint64_t time, uint32_t tid, uint64_t first,
			    uint64_t second, const uint64_t *chain, size_t chain_nr)
{
	start(ABI_RECORD_SAMPLE, ABI_MISC_USER);
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, 0x1010);
	record_pair(&world.records, 10, tid);
	record_u64(&world.records, time);
	record_u64(&world.records, 1000);
	record_u64(&world.records, 2);		/* nr, enabled, running */
	record_u64(&world.records, time);
	record_u64(&world.records, time);
	record_u64(&world.records, first);
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, second);
	record_u64(&world.records, ID_SECOND);
	record_u64(&world.records, chain_nr);
	for (size_t i = 0; i < chain_nr; i++)
		record_u64(&world.records, chain[i]);
	put(ring);
}

static void group_sample(size_t ring, uint64_t time, uint32_t tid, uint64_t first, uint64_t second)
{
	group_sample_of(ring, time, tid, first, second, NULL, 0);
}

static uint64_t value_of(uint32_t event, uint32_t tid)
{
	uint64_t value = 0;

	for (size_t r = 0; r < RINGS; r++) {
		const struct costs *costs = &world.round.rings[r].costs;

		for (size_t i = 0; i < costs->rows.count; i++) {
			const struct pmc_cost_row *row = &costs->rows.items[i];

			if (row->event == event &&
			    world.catalog.threads.items[row->thread - 1].tid == tid)
				value += row->value;
		}
	}
	return value;
}

static void read_with_the_leader(void)
{
	world.layouts[1].sample_type |= PERF_SAMPLE_READ;
	world.layouts[1].read_format |= PERF_FORMAT_GROUP;
}

/* What members gained since the thread's last sample is the sampled thread's. */
static void groups_are_read_with_their_leader(void **state)
{
	(void)state;
	read_with_the_leader();
	world.counters.per_task = true;
	make_prog();
	fork_record(0, 5 * MS, 10, 10, 11);
	group_sample(0, 50 * MS, 10, 1003, 40);
	group_sample(0, 60 * MS, 11, 500, 7);	/* counts of its own */
	group_sample(0, 70 * MS, 10, 2001, 40);	/* the member stood still */
	group_sample(0, 80 * MS, 11, 600, 9);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(value_of(1, 10), 2001);
	assert_int_equal(value_of(2, 10), 40);
	assert_int_equal(value_of(1, 11), 600);
	assert_int_equal(value_of(2, 11), 9);
	assert_int_equal(world.round.sums[0].samples, 4);
	assert_int_equal(world.round.sums[1].samples, 3);
	assert_int_equal(world.round.sums[1].value, 49);
	assert_int_equal(world.round.samples, 4);
}

/* A tid that is used again begins at nothing, also where it counts further than the old one. */
static void groups_of_a_tid_that_returns(void **state)
{
	(void)state;
	read_with_the_leader();
	world.counters.per_task = true;
	make_prog();
	fork_record(0, 5 * MS, 10, 10, 11);
	group_sample(0, 50 * MS, 11, 100, 10);
	exit_record(0, 60 * MS, 10, 11);
	round_run(&world.round, 65 * MS);
	fork_record(0, 70 * MS, 10, 10, 11);
	group_sample(0, 80 * MS, 11, 150, 30);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(value_of(1, 11), 250);
	assert_int_equal(value_of(2, 11), 40);
}

/* A CPU's counters go on whatever thread runs. */
static void groups_of_whole_cpus(void **state)
{
	(void)state;
	read_with_the_leader();
	make_prog();
	fork_record(0, 5 * MS, 10, 10, 11);
	group_sample(0, 50 * MS, 10, 100, 10);
	group_sample(0, 60 * MS, 11, 150, 30);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(value_of(1, 10), 100);
	assert_int_equal(value_of(1, 11), 50);
	assert_int_equal(value_of(2, 11), 20);
}

/* A count that cannot be is left out; the others are kept, and the next sample makes up for it. */
static void groups_with_damaged_counts(void **state)
{
	(void)state;
	read_with_the_leader();
	make_prog();
	group_sample(0, 50 * MS, 10, 100, 10);
	group_sample(0, 60 * MS, 10, 130, UINT64_MAX);
	group_sample(0, 70 * MS, 10, 1ULL << 60, 15);
	group_sample(0, 80 * MS, 10, 150, 17);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(value_of(1, 10), 150);
	assert_int_equal(value_of(2, 10), 17);
	assert_int_equal(world.round.sums[0].samples, 3);
	assert_int_equal(world.round.sums[1].samples, 3);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 2);
	assert_true(world.round.first_bad.is_known);
}

static void read_record_of(size_t ring, uint64_t time, uint32_t tid, uint64_t id, uint64_t value,
			   uint64_t running)
{
	start(ABI_RECORD_READ, 0);
	record_pair(&world.records, 10, tid);
	record_u64(&world.records, value);
	record_u64(&world.records, 2 * running);
	record_u64(&world.records, running);
	record_u64(&world.records, id);
	put_sideband(ring, time);
}

static void read_record(size_t ring, uint64_t time, uint32_t tid, uint64_t id, uint64_t value)
{
	read_record_of(ring, time, tid, id, value, 450);
}

/* Many that are just possible do not overflow; times that cannot be are left out as counts are. */
static void damaged_counts_of_threads(void **state)
{
	const struct thread_counts *counts = &world.round.thread_counts;

	(void)state;
	make_prog();
	for (int i = 0; i < 300; i++)
		read_record_of(0, 61 * MS, 10, ID_FIRST, COUNTER_MAX, COUNTER_MAX / 2);
	read_record_of(0, 61 * MS, 10, ID_SECOND, 1, COUNTER_MAX);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(counts->rows.count, 1);
	assert_true(counts->rows.items[0].total.value == INT64_MAX);
	assert_true(counts->rows.items[0].total.enabled_ns == INT64_MAX);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 1);
}

/* What threads counted comes after their end, from each CPU. */
static void threads_tell_their_counts(void **state)
{
	const struct thread_counts *counts = &world.round.thread_counts;

	(void)state;
	make_prog();
	fork_record(0, 5 * MS, 10, 10, 11);
	exit_record(0, 60 * MS, 10, 11);
	read_record(0, 61 * MS, 11, ID_FIRST, 1000);
	read_record(1, 61 * MS, 11, ID_FIRST, 20);
	read_record(1, 61 * MS, 11, ID_SECOND, 3);
	read_record(1, 61 * MS, 11, ID_TRACKING, 5);
	read_record(1, 62 * MS, 11, ID_UNKNOWN, 5);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(counts->rows.count, 2);
	assert_int_equal(counts->rows.items[0].event, 1);
	assert_int_equal(counts->rows.items[0].total.value, 1020);
	assert_int_equal(counts->rows.items[0].total.enabled_ns, 1800);
	assert_int_equal(counts->rows.items[0].total.running_ns, 900);
	assert_int_equal(counts->rows.items[1].total.value, 3);
	assert_int_equal(world.catalog.threads.items[counts->rows.items[0].thread - 1].tid, 11);
	assert_int_equal(counts->told[1].value, 1020);
	assert_int_equal(counts->told[2].value, 3);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 0);
}

/* A group tells all its counters with each event: the record's own is meant. */
static void groups_tell_their_counts_once(void **state)
{
	const struct thread_counts *counts = &world.round.thread_counts;

	(void)state;
	make_prog();
	world.layouts[0].read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
	for (uint64_t i = 0; i < 2; i++) {
		start(ABI_RECORD_READ, 0);
		record_pair(&world.records, 10, 10);
		record_u64(&world.records, 2);
		record_u64(&world.records, 70);
		record_u64(&world.records, ID_FIRST);
		record_u64(&world.records, i ? 1ULL << 60 : 9);
		record_u64(&world.records, ID_SECOND);
		put_sideband_of(0, 50 * MS, i ? ID_SECOND : ID_FIRST);
	}
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(counts->rows.count, 1);
	assert_int_equal(counts->rows.items[0].event, 1);
	assert_int_equal(counts->rows.items[0].total.value, 70);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 1); /* no counter counts so much */
}

/* ---- callers that come in a record of their own ---- */

static void deferring_sample(size_t ring, uint64_t time, uint32_t tid, uint64_t ip, uint64_t cookie)
{
	const bool kernel = ip >= KERNEL;
	const uint64_t chain[] = { ABI_CONTEXT_KERNEL, ip, KERNEL + 0x40,
				   ABI_CONTEXT_USER_DEFERRED, cookie };

	sample_record(ring, &(struct hit){ .time = time, .ip = ip, .pid = 10, .tid = tid,
					   .misc = kernel ? ABI_MISC_KERNEL : ABI_MISC_USER,
					   .chain = kernel ? chain : chain + 3,
					   .chain_nr = kernel ? 5 : 2 });
}

static void deferred_record(size_t ring, uint64_t time, uint64_t cookie)
{
	start(ABI_RECORD_CALLCHAIN_DEFERRED, 0);
	record_u64(&world.records, cookie);
	record_u64(&world.records, 3);
	record_u64(&world.records, ABI_CONTEXT_USER);
	record_u64(&world.records, 0x3020);
	record_u64(&world.records, 0x1010);
	record_trailer(&world.records, &world.layouts[0],
		       &(struct ident){ .pid = 10, .tid = 10, .time = time,
					.identifier = ID_FIRST });
	put(ring);
}

static void callers_that_come_later(void **state)
{
	(void)state;
	make_prog();
	deferring_sample(0, 10 * MS, 10, KERNEL + 0x10, 7);
	deferring_sample(0, 11 * MS, 10, 0x3020, 7);
	deferring_sample(1, 12 * MS, 10, KERNEL + 0x10, 8);
	sample(0, 13 * MS, 10, 0x1010);
	round_run(&world.round, 20 * MS);
	assert_int_equal(world.round.samples, 1); /* the others wait */
	assert_int_equal(world.round.sums[0].samples, 1);
	deferred_record(0, 30 * MS, 7);
	deferred_record(1, 31 * MS, 7); /* told twice */
	round_run(&world.round, 40 * MS);
	assert_int_equal(world.round.samples, 3);
	assert_string_equal(stack_text(cost(0, 1)),
			    "[kernel]+10 [kernel]+40' /lib/libc+20 /bin/prog+10'");
	assert_string_equal(stack_text(cost(0, 2)), "/lib/libc+20 /bin/prog+10'");
	round_run(&world.round, UINT64_MAX); /* the third one's never came */
	assert_int_equal(world.round.samples, 4);
	assert_string_equal(stack_text(cost(1, 0)), "[kernel]+10 [kernel]+40'");
	assert_int_equal(world.round.sums[0].value, 4000);
	assert_int_equal(health(PMC_HEALTH_STACK_MISSING), 1);
	assert_int_equal(health(PMC_HEALTH_STACK_CUT), 0);
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_RECORDS), 0);
}

/* In files the callers may be read a round before the samples. */
static void callers_that_are_read_before(void **state)
{
	(void)state;
	make_prog();
	deferred_record(1, 15 * MS, 7);
	round_run(&world.round, 15 * MS);
	deferring_sample(0, 10 * MS, 10, 0x3020, 7);
	round_run(&world.round, 20 * MS);
	assert_string_equal(stack_text(cost(0, 0)), "/lib/libc+20 /bin/prog+10'");
	deferring_sample(0, 21 * MS, 10, 0x3020, 7); /* they are gone by now */
	round_run(&world.round, 30 * MS);
	assert_int_equal(world.round.samples, 1);
	exit_record(0, 31 * MS, 10, 10);
	round_run(&world.round, 40 * MS);
	assert_int_equal(world.round.samples, 2);
	assert_int_equal(health(PMC_HEALTH_STACK_MISSING), 1);
	assert_int_equal(world.round.deferred.frames.count, 0);
	assert_int_equal(world.round.deferred.callers.count, 0);
}

/* A group's values are gains in the order of the samples, whenever their callers come. */
static void groups_with_callers_that_come_later(void **state)
{
	(void)state;
	read_with_the_leader();
	make_prog();
	for (uint64_t i = 0; i < 2; i++) {
		const uint64_t chain[] = { ABI_CONTEXT_USER_DEFERRED, 8 - i };

		group_sample_of(0, (50 + i) * MS, 10, 100 + 30 * i, 10 + 5 * i, chain, 2);
	}
	deferred_record(0, 60 * MS, 7); /* of the second one */
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(value_of(1, 10), 130);
	assert_int_equal(value_of(2, 10), 15);
	assert_int_equal(world.round.samples, 2);
	assert_int_equal(health(PMC_HEALTH_STACK_MISSING), 1);
}

/* What waits in vain is bounded: the oldest are counted as they are. */
static void callers_that_never_come(void **state)
{
	const uint64_t samples = 1 << 19;

	(void)state;
	make_prog();
	for (uint64_t i = 0; i < samples; i++) {
		deferring_sample(0, 10 * MS + i, 10, 0x3020, i);
		if (i % 128 == 127)
			round_run(&world.round, 10 * MS + i);
	}
	assert_in_range(world.round.deferred.samples.count, 1000, samples / 2);
	assert_int_equal(world.round.samples + world.round.deferred.samples.count, samples);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.samples, samples);
	assert_int_equal(health(PMC_HEALTH_STACK_MISSING), samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUND_TEST(groups_are_read_with_their_leader),
		ROUND_TEST(groups_of_a_tid_that_returns),
		ROUND_TEST(groups_of_whole_cpus),
		ROUND_TEST(groups_with_damaged_counts),
		ROUND_TEST(damaged_counts_of_threads),
		ROUND_TEST(threads_tell_their_counts),
		ROUND_TEST(groups_tell_their_counts_once),
		ROUND_TEST(callers_that_come_later),
		ROUND_TEST(callers_that_are_read_before),
		ROUND_TEST(groups_with_callers_that_come_later),
		ROUND_TEST(callers_that_never_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
