/*
 * test_round.c - rounds over rings in plain memory: what is counted for whom, what stays for the
 * next round, what is told of losses and damage; and that cutting one history into rounds, or
 * spreading it over CPUs, never changes what is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "round_fixture.h"

/* ---- the plain way ---- */

static void nothing_to_do(void **state)
{
	(void)state;
	round_run(&world.round, 100 * MS);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.samples, 0);
}

static void samples_are_counted(void **state)
{
	const struct pmc_cost_row *row;

	(void)state;
	make_prog();
	sample(0, 50 * MS, 10, 0x1010);
	sample(0, 60 * MS, 10, 0x1010);
	sample_record(0, &(struct hit){ .time = 70 * MS, .ip = 0x1010, .pid = 10, .tid = 10,
					.id = ID_SECOND, .period = 7 });
	sample(0, 150 * MS, 10, 0x1010);
	sample(1, 150 * MS, 10, 0x3020);
	round_run(&world.round, 1000 * MS);
	assert_int_equal(world.round.samples, 5);
	assert_int_equal(world.round.sums[0].samples, 4);
	assert_int_equal(world.round.sums[1].samples, 1);
	assert_int_equal(world.round.rings[0].costs.rows.count, 3);
	row = cost(0, 0);
	assert_int_equal(row->event, 1);
	assert_int_equal(row->samples, 2);
	assert_int_equal(row->value, 2000);
	assert_int_equal(row->slice, 0);
	assert_int_equal(row->stack, 0);
	assert_string_equal(stack_text(row), "/bin/prog+10");
	assert_string_equal(comm_of(row), "prog");
	row = cost(0, 1);
	assert_int_equal(row->event, 2);
	assert_int_equal(row->value, 7);
	assert_int_equal(cost(0, 2)->slice, 1);
	assert_string_equal(stack_text(cost(1, 0)), "/lib/libc+20");
	assert_int_equal(cost(1, 0)->thread, row->thread);
	for (int i = 0; i < PMC_HEALTH_COUNT; i++)
		assert_int_equal(health((enum pmc_health)i), 0);
}

/* Samples of an event whose period is fixed may lack it: they are shorter, and counted all the
 * same. */
static void periods_that_samples_do_not_carry(void **state)
{
	uint64_t periods[] = { 0, 500 };

	(void)state;
	world.counters.periods = periods;
	world.layouts[2].sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	make_prog();
	start(ABI_RECORD_SAMPLE, ABI_MISC_USER);
	record_u64(&world.records, ID_SECOND);
	record_u64(&world.records, 0x1010);
	record_pair(&world.records, 10, 10);
	record_u64(&world.records, 50 * MS);
	record_u64(&world.records, 2);		/* frames of the chain */
	record_u64(&world.records, 0x1010);
	record_u64(&world.records, 0x1020);
	put(0);
	sample(0, 60 * MS, 10, 0x1010);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.rings[0].costs.rows.count, 2);
	assert_int_equal(cost(0, 0)->event, 2);
	assert_int_equal(cost(0, 0)->value, 500);
	assert_string_equal(stack_text(cost(0, 0)), "/bin/prog+10 /bin/prog+20'");
	assert_int_equal(cost(0, 1)->event, 1);
	assert_int_equal(cost(0, 1)->value, 1000);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 0);
	world.counters.periods = NULL;
}

static void slices_begin_with_the_session(void **state)
{
	(void)state;
	world.round.start_ns = 1000 * MS;
	make_prog();
	sample(0, 900 * MS, 10, 0x1010);	/* a clock that is a little early */
	sample(0, 1000 * MS, 10, 0x1010);
	sample(0, 1099 * MS, 10, 0x1010);
	sample(0, 1100 * MS, 10, 0x1010);
	sample(0, 2050 * MS, 10, 0x1010);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.rings[0].costs.rows.count, 3);
	assert_int_equal(cost(0, 0)->slice, 0);
	assert_int_equal(cost(0, 0)->samples, 3);
	assert_int_equal(cost(0, 1)->slice, 1);
	assert_int_equal(cost(0, 2)->slice, 10);
}

/* ---- limit time ---- */

static void younger_records_stay(void **state)
{
	(void)state;
	make_prog();
	for (uint64_t i = 1; i <= 10; i++)
		sample(i % 2, i * 10 * MS, 10, 0x1010);
	round_run(&world.round, 35 * MS);
	assert_int_equal(world.round.samples, 3);
	round_run(&world.round, 35 * MS);
	assert_int_equal(world.round.samples, 3);
	round_run(&world.round, 40 * MS);		/* up to and with the limit */
	assert_int_equal(world.round.samples, 4);
	sample(0, 110 * MS, 10, 0x1010);		/* behind what was left */
	round_run(&world.round, 105 * MS);
	assert_int_equal(world.round.samples, 10);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.samples, 11);
	assert_int_equal(health(PMC_HEALTH_LATE_SIDEBAND), 0);
}

/* A record of another CPU that comes into view later than a sample that depends on it. */
static void side_band_of_another_ring(void **state)
{
	(void)state;
	make_prog();
	sample(1, 50 * MS, 20, 0x1010);
	round_run(&world.round, 45 * MS);		/* the limit keeps the sample back */
	assert_int_equal(world.round.samples, 0);
	fork_record(0, 48 * MS, 10, 20, 20);
	comm_record(2, 49 * MS, 20, 20, "child", true);
	map_record(2, 49 * MS + 1, 20, 0x1000, "/bin/child");
	round_run(&world.round, 60 * MS);
	assert_string_equal(stack_text(cost(1, 0)), "/bin/child+10");
	assert_string_equal(comm_of(cost(1, 0)), "child");
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 0);
	assert_int_equal(health(PMC_HEALTH_LATE_SIDEBAND), 0);
}

/* Tasks that begin and end within a round, their records spread over rings in any order. */
static void a_life_within_a_round(void **state)
{
	(void)state;
	make_prog();
	exit_record(2, 90 * MS, 20, 20);
	fork_record(1, 40 * MS, 10, 20, 20);
	fork_record(1, 95 * MS, 10, 20, 20);		/* the same pid at once */
	comm_record(0, 50 * MS, 20, 20, "first", true);
	map_record(0, 51 * MS, 20, 0x1000, "/bin/first");
	comm_record(0, 96 * MS, 20, 20, "second", true);
	map_record(0, 97 * MS, 20, 0x1000, "/bin/second");
	sample(2, 45 * MS, 20, 0x1010);
	sample(1, 60 * MS, 20, 0x1010);
	sample(1, 98 * MS, 20, 0x1010);
	sample(2, 92 * MS, 20, 0x1010);			/* on its way out */
	round_run(&world.round, UINT64_MAX);
	assert_string_equal(stack_text(cost(2, 0)), "/bin/prog+10");
	assert_string_equal(comm_of(cost(2, 0)), "prog");
	assert_string_equal(stack_text(cost(1, 0)), "/bin/first+10");
	assert_string_equal(comm_of(cost(1, 0)), "first");
	assert_string_equal(comm_of(cost(1, 1)), "second");
	assert_string_equal(stack_text(cost(1, 1)), "/bin/second+10");
	assert_string_equal(comm_of(cost(2, 1)), "first");
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 0);
	assert_int_equal(world.catalog.processes.count, 3);
	assert_true(world.catalog.process_ends.count >= 1);
}

static void late_side_band_is_counted(void **state)
{
	(void)state;
	make_prog();
	round_run(&world.round, 100 * MS);
	map_record(0, 90 * MS, 10, 0x5000, "/lib/late");
	loss_record(0, 90 * MS, 1);			/* nothing depends on this one */
	map_record(0, 110 * MS, 10, 0x6000, "/lib/early");
	round_run(&world.round, 200 * MS);
	assert_int_equal(health(PMC_HEALTH_LATE_SIDEBAND), 1);
}

/* ---- chains ---- */

static void chains(void **state)
{
	static const struct {
		uint64_t ip, chain[8];
		size_t chain_nr;
		uint16_t misc;
		const char *expected;
		uint64_t cut, unmapped;
	} cases[] = {
		{ 0x1010, { 0 }, 0, ABI_MISC_USER, "/bin/prog+10", 0, 0 },
		{ 0x1010, { ABI_CONTEXT_USER }, 1, ABI_MISC_USER, "/bin/prog+10", 0, 0 },
		{ 0x1010, { ABI_CONTEXT_USER, 0x1010 }, 2, ABI_MISC_USER, "/bin/prog+10", 0, 0 },
		{ 0x3010, { ABI_CONTEXT_USER, 0x3010, 0x1020, 0x1030 }, 4, ABI_MISC_USER,
		  "/lib/libc+10 /bin/prog+20' /bin/prog+30'", 0, 0 },
		/* a precise sample: its address is better than the chain's */
		{ 0x1014, { ABI_CONTEXT_USER, 0x1010, 0x1020 }, 3, ABI_MISC_USER,
		  "/bin/prog+14 /bin/prog+20'", 0, 0 },
		/* from the kernel into the program; where it entered is no return address */
		{ KERNEL + 0x10, { ABI_CONTEXT_KERNEL, KERNEL + 0x10, KERNEL + 0x20,
				   ABI_CONTEXT_USER, 0x3030, 0x1040 }, 6, ABI_MISC_KERNEL,
		  "[kernel]+10 [kernel]+20' /lib/libc+30 /bin/prog+40'", 0, 0 },
		/* the kernel's part was not asked for */
		{ KERNEL + 0x10, { ABI_CONTEXT_USER, 0x3030, 0x1040 }, 3, ABI_MISC_KERNEL,
		  "[kernel]+10 /lib/libc+30 /bin/prog+40'", 0, 0 },
		/* without markers: all of the sample's mode */
		{ 0x1010, { 0x1010, 0x1020 }, 2, ABI_MISC_USER,
		  "/bin/prog+10 /bin/prog+20'", 0, 0 },
		{ KERNEL + 1, { KERNEL + 1, KERNEL + 2 }, 2, ABI_MISC_KERNEL,
		  "[kernel]+1 [kernel]+2'", 0, 0 },
		/* cut where a caller is nowhere: not kept, nor what lies behind it */
		{ 0x1010, { ABI_CONTEXT_USER, 0x1010, 0x1020, 0x9999, 0x1030 }, 5, ABI_MISC_USER,
		  "/bin/prog+10 /bin/prog+20'", 1, 0 },
		{ 0x1010, { ABI_CONTEXT_USER, 0x1010, 0 }, 3, ABI_MISC_USER, "/bin/prog+10", 1, 0 },
		{ 0x1010, { ABI_CONTEXT_USER, 0x1010, KERNEL }, 3, ABI_MISC_USER, "/bin/prog+10",
		  1, 0 },
		/* a leaf that is nowhere stays, with its callers */
		{ 0x9999, { ABI_CONTEXT_USER, 0x9999, 0x1020 }, 3, ABI_MISC_USER,
		  "[unknown]+9999 /bin/prog+20'", 0, 1 },
		{ 0x9999, { ABI_CONTEXT_USER, 0x9999, 0x8888 }, 3, ABI_MISC_USER,
		  "[unknown]+9999", 1, 1 },
		{ 0x9999, { 0 }, 0, ABI_MISC_USER, "[unknown]+9999", 0, 1 },
		{ 0, { 0 }, 0, ABI_MISC_USER, "[unknown]+0", 0, 1 },
		{ UINT64_MAX, { 0 }, 0, ABI_MISC_KERNEL, "[unknown]+ffffffffffffffff", 0, 1 },
		/* a call as the last instruction of a mapping */
		{ 0x3010, { ABI_CONTEXT_USER, 0x3010, 0x2000 }, 3, ABI_MISC_USER,
		  "/lib/libc+10 /bin/prog+1000'", 0, 0 },
		{ 0x3010, { ABI_CONTEXT_USER, 0x3010, 0x1000 }, 3, ABI_MISC_USER, "/lib/libc+10",
		  1, 0 },
	};

	(void)state;
	make_prog();
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const uint64_t cut = health(PMC_HEALTH_STACK_CUT);
		const uint64_t unmapped = health(PMC_HEALTH_UNMAPPED);
		const char *seen;

		sample_record(0, &(struct hit){ .time = (i + 1) * MS, .ip = cases[i].ip, .pid = 10,
						.tid = 10, .misc = cases[i].misc,
						.chain = cases[i].chain,
						.chain_nr = cases[i].chain_nr });
		round_run(&world.round, (i + 1) * MS);
		assert_int_equal(world.round.rings[0].costs.rows.count, 1);
		seen = stack_text(cost(0, 0));
		if (strcmp(seen, cases[i].expected) ||
		    health(PMC_HEALTH_STACK_CUT) - cut != cases[i].cut ||
		    health(PMC_HEALTH_UNMAPPED) - unmapped != cases[i].unmapped)
			fail_msg("case %zu: %s", i, seen);
		world.round.rings[0].costs.rows.count = 0;
		pmc_index_clear(&world.round.rings[0].costs.index);
	}
	assert_int_equal(world.round.samples, PMC_COUNT(cases));
}

/* Equal stacks are one node; what they share is shared. */
static void stacks_are_a_tree(void **state)
{
	const uint64_t first[] = { ABI_CONTEXT_USER, 0x1010, 0x1020, 0x1030 };
	const uint64_t second[] = { ABI_CONTEXT_USER, 0x1011, 0x1021, 0x1030 };

	(void)state;
	make_prog();
	for (uint64_t i = 0; i < 4; i++)
		sample_record(0, &(struct hit){ .time = 10 * MS + i, .pid = 10, .tid = 10,
						.ip = i % 2 ? 0x1011 : 0x1010,
						.chain = i % 2 ? second : first, .chain_nr = 4 });
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.rings[0].costs.rows.count, 2);
	assert_int_equal(world.catalog.stacks.count, 3);
	assert_int_equal(world.catalog.locations.count, 5);
	assert_int_equal(cost(0, 0)->samples, 2);
}

/* As deep as the kernel copies: its markers are no frames. */
static void deep_chains(void **state)
{
	uint64_t chain[CHAIN_MAX + 8];

	(void)state;
	make_prog();
	chain[0] = ABI_CONTEXT_KERNEL;
	chain[1] = KERNEL + 0x10;
	chain[2] = ABI_CONTEXT_USER;
	for (size_t i = 3; i < PMC_COUNT(chain); i++)
		chain[i] = 0x1010 + i;
	for (size_t frames = CHAIN_MAX - 3; frames <= CHAIN_MAX; frames++)
		sample_record(0, &(struct hit){ .time = frames * MS, .ip = KERNEL + 0x10, .pid = 10,
						.tid = 10, .misc = ABI_MISC_KERNEL, .chain = chain,
						.chain_nr = frames + 2 });
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(health(PMC_HEALTH_STACK_DEPTH), 1);
	assert_int_equal(health(PMC_HEALTH_STACK_CUT), 0);
	assert_int_equal(world.catalog.stacks.count, (CHAIN_MAX - 4) + (CHAIN_MAX - 3) +
						     (CHAIN_MAX - 2) + (CHAIN_MAX - 1));
}

/* Longer than there is room for, as no kernel writes it. */
static void endless_chains(void **state)
{
	static uint64_t chain[4000];

	(void)state;
	make_prog();
	for (size_t i = 0; i < PMC_COUNT(chain); i++)
		chain[i] = 0x1010;
	sample_record(0, &(struct hit){ .time = 10 * MS, .ip = 0x1010, .pid = 10, .tid = 10,
					.chain = chain, .chain_nr = PMC_COUNT(chain) });
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.samples, 1);
	assert_in_range(world.catalog.stacks.count, CHAIN_MAX, CHAIN_MAX + 16);
}

/* ---- tasks that nobody told of ---- */

static void unknown_tasks(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		sample(0, i * MS, NOBODY, 0x1010);
	sample(0, 6 * MS, UINT32_MAX, 0x1010);
	round_run(&world.round, 10 * MS);
	sample(1, 11 * MS, NOBODY, 0x1010);
	sample(1, 12 * MS, UINT32_MAX, 0x1010);
	round_run(&world.round, 20 * MS);
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 2);	/* once a task */
	assert_int_equal(health(PMC_HEALTH_UNMAPPED), 8);
	assert_string_equal(comm_of(cost(0, 0)), "[tid 2147483392]");
	assert_string_equal(comm_of(cost(0, 1)), "[exited]");
	assert_int_equal(cost(0, 0)->samples, 5);
	assert_int_equal(world.catalog.threads.count, 2);
}

/* This program itself: its name and mappings are in /proc. */
static void an_unknown_task_that_runs(void **state)
{
	const uint32_t pid = (uint32_t)getpid();
	char self[4096] = { 0 };

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	sample(0, 1 * MS, pid, (uint64_t)(uintptr_t)an_unknown_task_that_runs);
	round_run(&world.round, 10 * MS);
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 1);
	assert_int_equal(health(PMC_HEALTH_UNMAPPED), 0);
	assert_string_equal(module_of(cost(0, 0)->location), self);
	assert_true(!strncmp(comm_of(cost(0, 0)), "test_round", 10));
}

static void the_idle_task(void **state)
{
	(void)state;
	sample_record(0, &(struct hit){ .time = MS, .ip = KERNEL + 5, .misc = ABI_MISC_KERNEL });
	round_run(&world.round, UINT64_MAX);
	assert_string_equal(comm_of(cost(0, 0)), "swapper");
	assert_string_equal(stack_text(cost(0, 0)), "[kernel]+5");
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 0);
}

/* ---- what was lost, held back, damaged ---- */

static void losses_by_cpu_and_slice(void **state)
{
	static const struct pmc_loss_row expected[] = {
		{ PMC_HEALTH_LOST_RECORDS, 2, 0, 12 },
		{ PMC_HEALTH_LOST_RECORDS, 0, 0, 1 },
		{ PMC_HEALTH_LOST_SAMPLES, 0, 0, 70 },
		{ PMC_HEALTH_LOST_RECORDS, 2, 1, 100 },
	};

	(void)state;
	loss_record(1, 10 * MS, 5);
	loss_record(0, 20 * MS, 1);
	loss_record(1, 30 * MS, 7);
	start(ABI_RECORD_LOST_SAMPLES, 0);
	record_u64(&world.records, 70);
	put_sideband(0, 40 * MS);
	loss_record(1, 150 * MS, 100);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(health(PMC_HEALTH_LOST_RECORDS), 113);
	assert_int_equal(health(PMC_HEALTH_LOST_SAMPLES), 70);
	assert_int_equal(world.round.losses.count, PMC_COUNT(expected));
	for (size_t i = 0; i < PMC_COUNT(expected); i++) {
		assert_int_equal(world.round.losses.items[i].cause, expected[i].cause);
		assert_int_equal(world.round.losses.items[i].cpu, expected[i].cpu);
		assert_int_equal(world.round.losses.items[i].slice, expected[i].slice);
		assert_int_equal(world.round.losses.items[i].count, expected[i].count);
	}
}

static void throttled_time(void **state)
{
	(void)state;
	throttle_record(0, 10 * MS, 1, false);
	throttle_record(1, 12 * MS, 1, false);		/* each ring has its own */
	throttle_record(0, 20 * MS, 1, true);		/* 10 */
	throttle_record(1, 13 * MS, 1, true);		/* 1 */
	throttle_record(0, 25 * MS, 9, true);		/* it began before us */
	throttle_record(0, 30 * MS, 2, false);		/* two tasks' children of one event */
	throttle_record(0, 31 * MS, 3, false);
	round_run(&world.round, 32 * MS);
	throttle_record(0, 35 * MS, 3, true);		/* 4, in the next round */
	throttle_record(0, 40 * MS, 4, false);		/* its task ends, held back */
	throttle_record(0, 41 * MS, 2, true);		/* 11 */
	throttle_record(0, 90 * MS, 5, false);		/* its end was lost … */
	throttle_record(0, 95 * MS, 5, false);		/* … this is another time */
	throttle_record(0, 96 * MS, 5, true);		/* 1 */
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(health(PMC_HEALTH_THROTTLED), 7);
	assert_int_equal(health(PMC_HEALTH_THROTTLED_NS), 27 * MS);
}

/* A thread that ends while it is held back, and one that is at the end of the recording. */
static void throttles_end_with_their_thread(void **state)
{
	(void)state;
	world.counters.per_task = true;
	make_prog();
	start(ABI_RECORD_THROTTLE, 0);
	record_u64(&world.records, 50 * MS);
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, 7);
	record_trailer(&world.records, &world.layouts[0],
		       &(struct ident){ .pid = 10, .tid = 10, .time = 50 * MS,
					.identifier = ID_FIRST });
	put(0);
	throttle_record(1, 60 * MS, 8, false);
	exit_record(2, 55 * MS, 10, 10);
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(health(PMC_HEALTH_THROTTLED_NS), 5 * MS);
	round_end_throttles(&world.round, 80 * MS);
	round_end_throttles(&world.round, 90 * MS);
	assert_int_equal(health(PMC_HEALTH_THROTTLED_NS), 25 * MS);
	assert_int_equal(world.round.sums[0].throttles, 2);
	assert_int_equal(world.round.sums[0].throttled_ns, 25 * MS);
	assert_int_equal(world.round.sums[1].throttles, 0);
}

/* Ends that never come keep no memory. */
static void throttles_without_end(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 2000; i++) {
		throttle_record(0, i * MS, 1000 + i, false);
		round_run(&world.round, i * MS);
	}
	assert_in_range(world.round.rings[0].throttles.count, 1, 64);
	throttle_record(0, 2001 * MS, 3000, true);	/* the youngest is still known */
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(health(PMC_HEALTH_THROTTLED_NS), MS);
}

static void unknown_records(void **state)
{
	static const uint32_t known[] = { ABI_RECORD_SWITCH, ABI_RECORD_NAMESPACES,
					  ABI_RECORD_CGROUP, ABI_RECORD_TEXT_POKE };
	static const uint32_t unknown[] = { 0, ABI_RECORD_MAX, 77, UINT32_MAX };

	(void)state;
	make_prog();
	for (size_t i = 0; i < PMC_COUNT(known); i++) {
		start(known[i], 0);
		put_sideband(0, 10 * MS);
	}
	round_run(&world.round, 20 * MS);
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_RECORDS), 0);
	for (size_t i = 0; i < PMC_COUNT(unknown); i++) {
		start(unknown[i], 0);
		record_u64(&world.records, 42);
		put_sideband(0, 30 * MS);
	}
	sample(0, 40 * MS, 10, 0x1010);
	round_run(&world.round, 50 * MS);
	assert_int_equal(health(PMC_HEALTH_UNKNOWN_RECORDS), PMC_COUNT(unknown));
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 0);
	assert_int_equal(world.round.samples, 1);
}

static void damaged_records_are_passed_over(void **state)
{
	(void)state;
	make_prog();
	start(ABI_RECORD_COMM, 0);			/* no name in it */
	record_pair(&world.records, 10, 10);
	put_sideband(0, 10 * MS);
	start(ABI_RECORD_SAMPLE, ABI_MISC_USER);	/* a chain longer than the record */
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, 0x1010);
	record_pair(&world.records, 10, 10);
	record_u64(&world.records, 11 * MS);
	record_u64(&world.records, 1000);
	record_u64(&world.records, 500);
	put(0);
	start(ABI_RECORD_SAMPLE, ABI_MISC_USER);	/* nothing in it */
	put(0);
	start(ABI_RECORD_EXIT, 0);			/* not even a trailer */
	put(0);
	sample_record(0, &(struct hit){ .time = 12 * MS, .ip = 0x1010, .pid = 10, .tid = 10,
					.id = ID_UNKNOWN });
	sample_record(0, &(struct hit){ .time = 12 * MS, .ip = 0x1010, .pid = 10, .tid = 10,
					.id = ID_TRACKING });
	sample(0, 13 * MS, 10, 0x1010);
	round_run(&world.round, 20 * MS);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 6);
	assert_int_equal(world.round.samples, 1);
	assert_string_equal(comm_of(cost(0, 0)), "prog");
}

/* No sample stands for so much, and no sum of samples is beyond what the store holds. */
static void damaged_periods(void **state)
{
	uint64_t value = 0;

	(void)state;
	make_prog();
	world.round.sums[0].value = INT64_MAX - PERIOD_MAX - 3;
	for (int i = 0; i < 3; i++)
		sample_record(0, &(struct hit){ .time = 12 * MS, .ip = 0x1010, .pid = 10,
						.tid = 10, .period = PERIOD_MAX + (i == 1) });
	sample_record(0, &(struct hit){ .time = 12 * MS, .ip = 0x1010, .pid = 10, .tid = 10,
					.period = 3 });
	round_run(&world.round, 20 * MS);
	for (size_t i = 0; i < world.round.rings[0].costs.rows.count; i++)
		value += cost(0, i)->value;
	assert_true(value == PERIOD_MAX + 3);
	assert_true(world.round.sums[0].value == INT64_MAX);
	assert_int_equal(world.round.sums[0].samples, 2);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 2);
}

/* So much is not lost, and nothing is held back for longer than there are numbers. */
static void damaged_losses(void **state)
{
	const uint64_t lost[] = { 12, UINT64_MAX, PERIOD_MAX + 1, 1 };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(lost); i++) {
		start(i % 2 ? ABI_RECORD_LOST_SAMPLES : ABI_RECORD_LOST, 0);
		if (i % 2 == 0)
			record_u64(&world.records, ID_FIRST);
		record_u64(&world.records, lost[i]);
		put_sideband(0, 10 * MS);
	}
	for (uint64_t i = 0; i < 4; i++) {
		start(i % 2 ? ABI_RECORD_UNTHROTTLE : ABI_RECORD_THROTTLE, 0);
		record_u64(&world.records, i % 2 ? UINT64_MAX : 10 * MS);
		record_u64(&world.records, ID_FIRST);
		record_u64(&world.records, 7);
		put_sideband(0, 10 * MS);
	}
	round_run(&world.round, 20 * MS);
	assert_int_equal(health(PMC_HEALTH_LOST_RECORDS), 12);
	assert_int_equal(health(PMC_HEALTH_LOST_SAMPLES), 1);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 2);
	assert_true(health(PMC_HEALTH_THROTTLED_NS) == INT64_MAX);
	assert_true(world.round.sums[0].throttled_ns == INT64_MAX);
}

/* A size that cannot be ends what that ring held; other rings, and what comes later, do not care.
 */
static void damaged_sizes_end_a_backlog(void **state)
{
	const struct perf_event_header damaged = { .type = ABI_RECORD_SAMPLE, .size = 12 };

	(void)state;
	make_prog();
	sample(0, 10 * MS, 10, 0x1010);
	assert_true(ring_write(&world.counters.rings[0], (const uint8_t *)&damaged,
			       sizeof(damaged)));
	sample(0, 11 * MS, 10, 0x1010);
	sample(1, 12 * MS, 10, 0x1010);
	round_run(&world.round, 20 * MS);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 1);
	assert_int_equal(world.round.samples, 2);
	sample(0, 21 * MS, 10, 0x1010);
	round_run(&world.round, 30 * MS);
	assert_int_equal(world.round.samples, 3);
	assert_int_equal(health(PMC_HEALTH_BAD_RECORDS), 1);
}

/* ---- mappings and kernel code ---- */

static void dlopen_at_one_address(void **state)
{
	(void)state;
	make_prog();
	for (uint64_t i = 0; i < 6; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/lib/%d.so", (int)i);
		map_record(i % RINGS, (i + 1) * 10 * MS, 10, 0x7000, path);
		sample((i + 1) % RINGS, (i + 1) * 10 * MS + 5 * MS, 10, 0x7008);
		if (i % 2)
			round_run(&world.round, (i + 1) * 10 * MS + 2 * MS);
	}
	round_run(&world.round, UINT64_MAX);
	assert_string_equal(module_of(cost(1, 0)->location), "/lib/0.so");
	assert_string_equal(module_of(cost(2, 0)->location), "/lib/1.so");
	assert_string_equal(module_of(cost(0, 0)->location), "/lib/2.so");
	assert_string_equal(module_of(cost(1, 1)->location), "/lib/3.so");
	assert_string_equal(module_of(cost(0, 1)->location), "/lib/5.so");
}

static void kernel_symbols(void **state)
{
	const uint64_t at = KERNEL + 0x3f000000;

	(void)state;
	for (uint64_t i = 0; i < 2; i++) {
		const uint32_t len = 0x40;
		const uint16_t type_flags[2] = { 1, (uint16_t)i };

		start(ABI_RECORD_KSYMBOL, 0);
		record_u64(&world.records, at);
		record_raw(&world.records, &len, 4);
		record_raw(&world.records, type_flags, 4);
		record_text(&world.records, "bpf_prog");
		put_sideband(0, (i + 1) * 10 * MS);
		sample_record(0, &(struct hit){ .time = (i + 1) * 10 * MS + MS, .ip = at + 4,
						.misc = ABI_MISC_KERNEL });
	}
	start(ABI_RECORD_MMAP, ABI_MISC_KERNEL);	/* the kernel's own mapping: nobody's */
	record_pair(&world.records, UINT32_MAX, 0);
	record_u64(&world.records, at);
	record_u64(&world.records, 0x1000);
	record_u64(&world.records, 0);
	record_text(&world.records, "[kernel.kallsyms]_text");
	put_sideband(0, 30 * MS);
	round_run(&world.round, UINT64_MAX);
	assert_string_equal(module_of(cost(0, 0)->location), "[bpf]");
	assert_string_equal(module_of(cost(0, 1)->location), "[unknown]");
	assert_int_equal(world.catalog.ksyms.count, 1);
	assert_null(tracker_task(&world.tracker, UINT32_MAX, UINT64_MAX));
}

/* ---- much of it ---- */

/* Samples by the hundred thousand through a ring of 4 KiB: none lost, and no memory for them. */
static void memory_is_that_of_the_keys(void **state)
{
	enum { ROUNDS = 4000, EACH = 30 };
	size_t backlog = 0, costs = 0, sideband = 0;

	(void)state;
	world_fini();
	world_init(1, 4096);
	make_prog();
	for (uint64_t i = 0; i < ROUNDS; i++) {
		for (uint64_t k = 0; k < EACH; k++)
			sample(0, i * MS + k * 1000 + 10, 10, 0x1000 + (i * EACH + k) % 40);
		comm_record(0, i * MS + EACH * 1000 + 10, 10, 10, i % 2 ? "prog" : "gorp", false);
		round_run(&world.round, i * MS + 15000);	/* about half stays */
		if (i == 100) {
			backlog = world.counters.rings[0].cap;
			costs = world.round.rings[0].costs.rows.cap;
			sideband = world.round.sideband.cap;
		}
		if (i % 100 == 99) {
			world.round.rings[0].costs.rows.count = 0;
			pmc_index_clear(&world.round.rings[0].costs.index);
		}
	}
	round_run(&world.round, UINT64_MAX);
	assert_int_equal(world.round.samples, ROUNDS * EACH);
	assert_int_equal(world.counters.rings[0].cap, backlog);
	assert_true(world.round.rings[0].costs.rows.cap <= costs * 2);
	assert_int_equal(world.round.sideband.cap, sideband);
	assert_int_equal(world.catalog.locations.count, 40);
	assert_int_equal(health(PMC_HEALTH_LATE_SIDEBAND), 0);
}

/* ---- one history, told in many ways ---- */

enum { STEPS = 600, TASKS = 12 };

struct told {
	size_t rings;			/* records are spread over these */
	unsigned every;			/* a round each so many records */
	uint64_t lag_ns;		/* the limit is so long before the last record */
};

enum { LINE_BYTES = 1280 };
static char (*lines)[LINE_BYTES];	/* what was counted: a line a sample, sorted */
static size_t lines_count;

static int compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void collect_lines(void)
{
	lines_count = 0;
	for (size_t ring = 0; ring < world.counters.rings_count; ring++) {
		const struct costs *costs = &world.round.rings[ring].costs;

		for (size_t i = 0; i < costs->rows.count; i++) {
			const struct pmc_cost_row *row = &costs->rows.items[i];
			const struct pmc_thread_row *thread =
				&world.catalog.threads.items[row->thread - 1];
			const struct pmc_process_row *process =
				&world.catalog.processes.items[thread->process - 1];

			for (uint32_t n = 0; n < row->samples; n++)
				snprintf(lines[lines_count++], sizeof(*lines),
					 "%s/%u@%llu of %s/%u@%llu in %u: %s", text(thread->comm),
					 thread->tid, (unsigned long long)thread->start_ns,
					 text(process->comm), process->pid,
					 (unsigned long long)process->start_ns, row->slice,
					 stack_text(row));
		}
	}
	qsort(lines, lines_count, sizeof(*lines), compare_lines);
}

/* Which CPU a thing happens on: any, but the same records for every way of telling. */
static size_t any_ring(const struct told *told)
{
	return (size_t)rand() % told->rings;
}

static void tell_history(const struct told *told, unsigned seed)
{
	bool alive[TASKS] = { false };
	size_t plan_random = 0;

	world_init(told->rings, RING_BYTES);
	make_prog();
	srand(seed);
	for (unsigned step = 0; step < STEPS; step++) {
		const uint64_t time = (step + 1) * 10 * MS;
		const unsigned action = (unsigned)rand() % 8, task = (unsigned)rand() % TASKS;
		const uint32_t pid = 100 + task;
		const uint64_t at = 0x1000 + (uint64_t)rand() % 4 * 0x800;
		const size_t ring = any_ring(told);
		char name[16];

		snprintf(name, sizeof(name), "n%u", (unsigned)rand() % 5);
		plan_random = (size_t)rand();
		if (!alive[task]) {
			const unsigned parent = (unsigned)plan_random % TASKS;

			fork_record(ring, time, alive[parent] ? 100 + parent : 10, pid, pid);
			alive[task] = true;
		} else if (action == 0) {
			exit_record(ring, time, pid, pid);
			alive[task] = false;
		} else if (action == 1) {
			comm_record(ring, time, pid, pid, name, plan_random % 2);
		} else if (action < 4) {
			map_record(ring, time, pid, at, name);
		} else {
			sample(ring, time, pid, at + 0x10);
		}
		if (step % told->every == 0)
			round_run(&world.round, time > told->lag_ns ? time - told->lag_ns : 0);
	}
	round_run(&world.round, UINT64_MAX);
	collect_lines();
}

static void however_it_is_cut_the_sums_are_the_same(void **state)
{
	static const struct told ways[] = {
		{ 3, 1, 0 },	 { 3, 7, 0 },	    { 3, STEPS, 0 },	{ 1, 1, 0 },
		{ 1, 50, 0 },	 { 3, 1, 50000000 }, { 3, 10, 500000000 }, { 2, 3, 10000000 },
		{ 3, STEPS + 1, 0 },
	};
	char (*expected)[LINE_BYTES] = pmc_calloc(STEPS, sizeof(*expected));

	(void)state;
	lines = pmc_calloc(STEPS, sizeof(*lines));
	world_fini();
	for (unsigned seed = 1; seed <= 12; seed++) {
		size_t expected_count = 0;

		for (size_t i = 0; i < PMC_COUNT(ways); i++) {
			tell_history(&ways[i], seed);
			assert_int_equal(health(PMC_HEALTH_UNKNOWN_TASK), 0);
			assert_int_equal(health(PMC_HEALTH_LATE_SIDEBAND), 0);
			assert_true(lines_count > STEPS / 8);
			if (!i) {
				memcpy(expected, lines, STEPS * sizeof(*lines));
				expected_count = lines_count;
			}
			assert_int_equal(lines_count, expected_count);
			for (size_t n = 0; n < lines_count; n++)
				assert_string_equal(lines[n], expected[n]);
			world_fini();
		}
	}
	world_init(1, 4096);
	free(expected);
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUND_TEST(nothing_to_do),
		ROUND_TEST(samples_are_counted),
		ROUND_TEST(periods_that_samples_do_not_carry),
		ROUND_TEST(slices_begin_with_the_session),
		ROUND_TEST(younger_records_stay),
		ROUND_TEST(side_band_of_another_ring),
		ROUND_TEST(a_life_within_a_round),
		ROUND_TEST(late_side_band_is_counted),
		ROUND_TEST(chains),
		ROUND_TEST(stacks_are_a_tree),
		ROUND_TEST(deep_chains),
		ROUND_TEST(endless_chains),
		ROUND_TEST(unknown_tasks),
		ROUND_TEST(an_unknown_task_that_runs),
		ROUND_TEST(the_idle_task),
		ROUND_TEST(losses_by_cpu_and_slice),
		ROUND_TEST(throttled_time),
		ROUND_TEST(throttles_end_with_their_thread),
		ROUND_TEST(throttles_without_end),
		ROUND_TEST(unknown_records),
		ROUND_TEST(damaged_records_are_passed_over),
		ROUND_TEST(damaged_periods),
		ROUND_TEST(damaged_losses),
		ROUND_TEST(damaged_sizes_end_a_backlog),
		ROUND_TEST(dlopen_at_one_address),
		ROUND_TEST(kernel_symbols),
		ROUND_TEST(memory_is_that_of_the_keys),
		ROUND_TEST(however_it_is_cut_the_sums_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
