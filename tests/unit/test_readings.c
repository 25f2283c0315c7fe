/*
 * test_readings.c - gains between readings, and rows that go with their threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/bounds.h"
#include "collector/readings.h"

static void gains(void **state)
{
	struct readings readings = { 0 };

	(void)state;
	assert_int_equal(readings_gain(&readings, 5, 10, 100), 100);
	assert_int_equal(readings_gain(&readings, 5, 10, 130), 30);
	assert_int_equal(readings_gain(&readings, 5, 10, 130), 0);
	assert_int_equal(readings_gain(&readings, 5, 11, 7), 7);	/* another thread */
	assert_int_equal(readings_gain(&readings, 6, 10, 1), 1);	/* another counter */
	assert_int_equal(readings_gain(&readings, 5, 0, 9), 9);		/* a CPU's */
	assert_int_equal(readings_gain(&readings, 5, 10, 131), 1);
	assert_int_equal(readings_gain(&readings, 5, 10, 4), 4);	/* began anew */
	readings_fini(&readings);
}

/* What cannot be is told, and makes no difference to what follows. */
static void impossible_gains_are_forgotten(void **state)
{
	struct readings readings = { 0 };

	(void)state;
	assert_true(readings_gain(&readings, 5, 10, UINT64_MAX) == UINT64_MAX);
	assert_int_equal(readings_gain(&readings, 5, 10, 100), 100);
	assert_true(readings_gain(&readings, 5, 10, UINT64_MAX) == UINT64_MAX - 100);
	assert_true(readings_gain(&readings, 5, 10, PERIOD_MAX + 101) == PERIOD_MAX + 1);
	assert_int_equal(readings_gain(&readings, 5, 10, 130), 30);
	assert_true(readings_gain(&readings, 5, 10, PERIOD_MAX + 130) == PERIOD_MAX);
	assert_int_equal(readings_gain(&readings, 5, 10, PERIOD_MAX + 131), 1);
	readings_fini(&readings);
}

static void ended_threads_leave(void **state)
{
	struct readings readings = { 0 };

	(void)state;
	readings_end(&readings, 5000);	/* never read */
	for (uint32_t tid = 1; tid <= 1000; tid++)
		for (uint64_t id = 1; id <= 3; id++)
			assert_int_equal(readings_gain(&readings, id, tid, tid), tid);
	assert_int_equal(readings_gain(&readings, 9, 0, 50), 50);
	for (uint32_t tid = 1000; tid > 10; tid--)
		readings_end(&readings, tid);
	readings_end(&readings, 500);	/* told twice */
	readings_forget(&readings);
	readings_forget(&readings);
	assert_int_equal(readings.rows.count, 31);
	for (uint32_t tid = 1; tid <= 10; tid++)
		assert_int_equal(readings_gain(&readings, 2, tid, tid + 5), 5);
	assert_int_equal(readings_gain(&readings, 2, 11, 100), 100);
	assert_int_equal(readings_gain(&readings, 9, 0, 51), 1);
	readings_fini(&readings);
}

/* Threads come and go: memory is that of those that live. */
static void memory_stays_small(void **state)
{
	struct readings readings = { 0 };

	(void)state;
	for (uint32_t tid = 1; tid < 200000; tid++) {
		readings_gain(&readings, 1, tid, 1);
		readings_end(&readings, tid);
		if (tid % 100 == 0)
			readings_forget(&readings);
	}
	assert_in_range(readings.rows.cap, 1, 4096);
	readings_fini(&readings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gains),
		cmocka_unit_test(impossible_gains_are_forgotten),
		cmocka_unit_test(ended_threads_leave),
		cmocka_unit_test(memory_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
