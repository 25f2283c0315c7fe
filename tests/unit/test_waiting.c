/*
 * test_waiting.c - what wakes a wait, what is no longer asked, and that it never lasts for long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/ending.h"
#include "collector/waiting.h"

struct world {
	int ring[2], process[2];
	struct ring rings[1];
	struct counters counters;
	struct command command;
	struct watch_list watch;
	struct waiting waiting;
};

static void begin(struct world *world, enum pmc_target_kind kind)
{
	*world = (struct world){ .command = { .pidfd = -1 } };
	assert_int_equal(pipe(world->ring), 0);
	assert_int_equal(pipe(world->process), 0);
	world->rings[0].fd = world->ring[0];
	world->counters.rings = world->rings;
	world->counters.rings_count = 1;
	*pmc_array_add(&world->watch.items) = (struct watched){ .id = 1, .pidfd = -1 };
	*pmc_array_add(&world->watch.items) =
		(struct watched){ .id = 2, .pidfd = world->process[0] };
	waiting_begin(&world->waiting, &world->counters, &world->command, &world->watch, kind);
}

static void end(struct world *world)
{
	waiting_fini(&world->waiting);
	pmc_array_free(&world->watch.items);
	close(world->ring[0]);
	close(world->ring[1]);
	close(world->process[0]);
	close(world->process[1]);
}

static void what_is_asked(void **state)
{
	struct world world;

	(void)state;
	begin(&world, PMC_TARGET_PIDS);
	assert_int_equal(world.waiting.polls.count, 2);	/* one has no pidfd */
	assert_int_equal(world.waiting.rings, 1);
	assert_false(world.waiting.blind);
	/* Another run: not twice. */
	waiting_begin(&world.waiting, &world.counters, &world.command, &world.watch,
		      PMC_TARGET_TIDS);
	assert_int_equal(world.waiting.polls.count, 2);
	assert_true(world.waiting.blind);
	world.command.pid = 5;
	waiting_begin(&world.waiting, &world.counters, &world.command, &world.watch,
		      PMC_TARGET_COMMAND);
	assert_true(world.waiting.blind);
	end(&world);
}

static void a_ring_wakes_again_and_again(void **state)
{
	struct world world;

	(void)state;
	begin(&world, PMC_TARGET_PIDS);
	assert_int_equal(write(world.ring[1], "x", 1), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(waiting_until(&world.waiting, UINT64_MAX), 0);
	assert_int_equal(world.waiting.polls.items[0].fd, world.ring[0]);
	assert_false(world.waiting.blind);
	end(&world);
}

/* A ring that hung up, and a process that ended, would wake us for ever. */
static void what_is_over_is_not_asked_again(void **state)
{
	struct world world;

	(void)state;
	begin(&world, PMC_TARGET_PIDS);
	assert_int_equal(write(world.process[1], "x", 1), 1);
	assert_int_equal(waiting_until(&world.waiting, UINT64_MAX), 0);
	assert_int_equal(world.waiting.polls.items[1].fd, -1);
	assert_false(world.waiting.blind);
	close(world.ring[1]);
	assert_int_equal(waiting_until(&world.waiting, UINT64_MAX), 0);
	assert_int_equal(world.waiting.polls.items[0].fd, -1);
	assert_true(world.waiting.blind);
	world.ring[1] = dup(0);
	end(&world);
}

/* It returns though nothing comes, and not before the moment where that is near. */
static void it_ends(void **state)
{
	struct world world;
	uint64_t until;

	(void)state;
	begin(&world, PMC_TARGET_PIDS);
	assert_int_equal(waiting_until(&world.waiting, UINT64_MAX), 0);
	assert_int_equal(waiting_until(&world.waiting, 0), 0);
	until = ending_now_ns() + 20000000;
	assert_int_equal(waiting_until(&world.waiting, until), 0);
	assert_true(ending_now_ns() >= until);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked),
		cmocka_unit_test(a_ring_wakes_again_and_again),
		cmocka_unit_test(what_is_over_is_not_asked_again),
		cmocka_unit_test(it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
