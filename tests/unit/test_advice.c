/*
 * test_advice.c - a period that fits, and estimates against counts.
 */
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/advice.h"

static void periods_that_fit(void **state)
{
	static const struct {
		uint64_t value, running_ns, throttled_ns;
		long long max_rate;
		uint64_t period;
	} cases[] = {
		/* 1e9 a second, 25,000 samples of them */
		{ 1000000000, 1000000000, 0, 100000, 40000 },
		/* counted for a tenth of the time */
		{ 100000000, 1000000000, 900000000, 100000, 40000 },
		{ 123456789, 100000000, 0, 100000, 50000 },	/* 49,382.7, up to two digits */
		{ 99, 1000000000, 0, 4, 99 },
		{ 1, 1000000000, 0, 100000, 1 },
		{ 0, 1000000000, 0, 100000, 0 },
		{ 1000, 500, 500, 100000, 0 },			/* held back all the time */
		{ 1000, 400, 500, 100000, 0 },
		{ 1000, 1000, 0, 0, 0 },			/* limit not known */
		{ 1000, 1000, 0, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct counter_total total = { .value = cases[i].value,
						     .running_ns = cases[i].running_ns };

		assert_int_equal(advice_period(&total, cases[i].throttled_ns, cases[i].max_rate),
				 cases[i].period);
	}
}

struct world {
	struct perf_event_attr attrs[3];
	struct pmc_event events[3];
	struct pmc_event_list list;
	struct event_sums sums[3];
	struct counter_total totals[3];
};

static void prepare(struct world *world)
{
	static const char *const names[] = { "instructions", "cycles", "cpu-clock" };

	memset(world, 0, sizeof(*world));
	for (size_t i = 0; i < 3; i++)
		world->events[i] = (struct pmc_event){ .name = (char *)names[i],
						       .attr = &world->attrs[i] };
	world->list = (struct pmc_event_list){ world->events, 3 };
}

static void words_for_throttling(void **state)
{
	struct world world;
	char *text;

	(void)state;
	prepare(&world);
	assert_null(advice_throttled(&world.list, world.sums, world.totals, 100000));
	world.events[0].sampling = (struct pmc_sampling){ PMC_MODE_PERIOD, 1000, true };
	world.sums[0] = (struct event_sums){ .throttles = 9, .throttled_ns = 500 };
	world.totals[0] = (struct counter_total){ .value = 500000000, .running_ns = 1000000500 };
	text = advice_throttled(&world.list, world.sums, world.totals, 100000);
	assert_non_null(strstr(text, "instructions with -c 1000 is more than this machine samples, "
				     "-c 20000 fits."));
	assert_non_null(strstr(text, "kernel.perf_event_max_sample_rate is 100000"));
	free(text);

	world.events[1].sampling = (struct pmc_sampling){ PMC_MODE_FREQUENCY, 90000, true };
	world.sums[1].throttles = 1;
	text = advice_throttled(&world.list, world.sums, world.totals, 100000);
	assert_non_null(strstr(text, "; cycles with -F 90000 is more"));
	assert_non_null(strstr(text, "-F 25000 fits"));
	free(text);

	/* Nothing that was asked for explains it: no advice that would not help. */
	world.sums[0].throttles = 0;
	world.events[1].sampling.period_or_hz = 4000;
	text = advice_throttled(&world.list, world.sums, world.totals, 100000);
	assert_non_null(strstr(text, "cycles was held back 1 times"));
	free(text);
}

static void errors_of_estimates(void **state)
{
	struct world world;
	char *text;

	(void)state;
	prepare(&world);
	assert_int_equal(advice_estimate_error(&world.list, world.sums, world.totals, &text), 0);
	assert_null(text);
	world.sums[0].value = 999000;
	world.totals[0].value = 1000000;
	world.sums[1].value = 1002000;
	world.totals[1].value = 1000000;
	assert_int_equal(advice_estimate_error(&world.list, world.sums, world.totals, &text), 2000);
	assert_non_null(strstr(text, "cycles stand for 1002000 of it, its counters counted "
				     "1000000: +0.20 %"));
	free(text);
	/* An idle CPU's clock, and what is not sampled, tell nothing. */
	world.totals[2].value = 5000;
	world.attrs[2].exclude_idle = 1;
	world.events[1].sampling.mode = PMC_MODE_COUNT;
	assert_int_equal(advice_estimate_error(&world.list, world.sums, world.totals, &text), 1000);
	assert_non_null(strstr(text, "-0.10 %"));
	free(text);
	/* Never sampled although it counted. */
	world.attrs[2].exclude_idle = 0;
	assert_int_equal(advice_estimate_error(&world.list, world.sums, world.totals, &text),
			 1000000);
	free(text);
}

static void events_that_never_ran(void **state)
{
	struct world world;
	char *text;

	(void)state;
	prepare(&world);
	assert_int_equal(advice_not_counted(&world.list, world.totals, &text), 0);
	assert_null(text);
	for (size_t i = 0; i < 3; i++)
		world.totals[i].enabled_ns = 100;
	world.totals[1].running_ns = 1;
	assert_int_equal(advice_not_counted(&world.list, world.totals, &text), 2);
	assert_non_null(strstr(text, "nothing is known of them: instructions; cpu-clock. "));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_that_fit),
		cmocka_unit_test(words_for_throttling),
		cmocka_unit_test(errors_of_estimates),
		cmocka_unit_test(events_that_never_ran),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
