/*
 * test_counts_mean.c - means of runs and the intervals they are to be trusted in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "report/counts_mean.h"

static void assert_near(double value, double expected, double distance)
{
	if (!(fabs(value - expected) <= distance))
		fail_msg("%.9g, expected %.9g", value, expected);
}

/* As tables of the distribution have it. */
static void quantiles_of_student(void **state)
{
	static const struct {
		size_t freedom;
		double t;
	} known[] = {
		{ 1, 12.7062 }, { 2, 4.3027 }, { 4, 2.7764 }, { 9, 2.2622 }, { 29, 2.0452 },
		{ 30, 2.0423 }, { 31, 2.0395 }, { 40, 2.0211 }, { 60, 2.0003 }, { 100, 1.9840 },
		{ 120, 1.9799 }, { 1000, 1.9623 }, { 1000000, 1.95997 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_near(mean_student_t(known[i].freedom), known[i].t, 1e-4);
	assert_true(isnan(mean_student_t(0)));
	for (size_t freedom = 2; freedom < 200; freedom++)
		assert_true(mean_student_t(freedom) < mean_student_t(freedom - 1));
}

static void mean_and_interval(void **state)
{
	/* s = 1.5811, t(4) = 2.7764: half = 2.7764 * 1.5811 / sqrt(5) */
	const double five[] = { 1, 2, 3, 4, 5 };
	const double same[] = { 7, 7, 7 };
	const double two[] = { 10, 12 };
	const double huge[] = { 1e19, 1.2e19 };
	struct mean mean;

	(void)state;
	mean = mean_of(five, 5);
	assert_int_equal(mean.runs, 5);
	assert_near(mean.value, 3, 0);
	assert_near(mean.half, 1.96324, 1e-4);
	mean = mean_of(same, 3);
	assert_near(mean.value, 7, 0);
	assert_near(mean.half, 0, 0);
	mean = mean_of(two, 2);
	assert_near(mean.half, 12.7062, 1e-4);
	mean = mean_of(huge, 2);
	assert_near(mean.value, 1.1e19, 1e6);
	assert_near(mean.half / 1e18, 12.7062, 1e-4);
}

static void too_few_runs(void **state)
{
	const double values[] = { NAN, 4, NAN }, none[] = { NAN, NAN };
	struct mean mean;

	(void)state;
	mean = mean_of(values, 3);
	assert_int_equal(mean.runs, 1);
	assert_near(mean.value, 4, 0);
	assert_true(isnan(mean.half));
	mean = mean_of(none, 2);
	assert_int_equal(mean.runs, 0);
	assert_true(isnan(mean.value) && isnan(mean.half));
	mean = mean_of(NULL, 0);
	assert_int_equal(mean.runs, 0);
	assert_true(isnan(mean.value) && isnan(mean.half));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_of_student),
		cmocka_unit_test(mean_and_interval),
		cmocka_unit_test(too_few_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
