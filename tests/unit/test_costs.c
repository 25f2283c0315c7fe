/*
 * test_costs.c - equal keys add up, different ones do not meet, a flush appends and empties.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/costs.h"

struct rows {
	struct pmc_cost_row *items;
	size_t count, cap;
};

static void flush(struct costs *costs, struct rows *rows)
{
	costs_flush(costs, &rows->items, &rows->count, &rows->cap);
}

static void nothing_flushes_to_nothing(void **state)
{
	struct costs costs = { 0 };
	struct rows rows = { 0 };

	(void)state;
	flush(&costs, &rows);
	assert_int_equal(rows.count, 0);
	assert_null(rows.items);
	costs_fini(&costs);
}

/* Each of the five ids alone makes a key of its own; samples and value are no part of it. */
static void keys(void **state)
{
	const struct pmc_cost_row base = { 1, 2, 3, 4, 5, 1, 100 };
	struct pmc_cost_row variants[6] = { base, base, base, base, base, base };
	struct costs costs = { 0 };
	struct rows rows = { 0 };

	(void)state;
	variants[1].event = variants[2].thread = variants[3].stack = variants[4].location =
		variants[5].slice = 9;
	for (uint32_t pass = 1; pass <= 3; pass++)
		for (size_t i = 0; i < PMC_COUNT(variants); i++) {
			variants[i].samples = pass;
			variants[i].value = 1000 * pass + i;
			costs_add(&costs, &variants[i]);
		}
	flush(&costs, &rows);
	assert_int_equal(rows.count, PMC_COUNT(variants));
	for (size_t i = 0; i < PMC_COUNT(variants); i++) {	/* in order of first appearance */
		assert_int_equal(rows.items[i].event, variants[i].event);
		assert_int_equal(rows.items[i].thread, variants[i].thread);
		assert_int_equal(rows.items[i].stack, variants[i].stack);
		assert_int_equal(rows.items[i].location, variants[i].location);
		assert_int_equal(rows.items[i].slice, variants[i].slice);
		assert_int_equal(rows.items[i].samples, 6);
		assert_int_equal(rows.items[i].value, 6000 + 3 * i);
	}
	free(rows.items);
	costs_fini(&costs);
}

static void values_are_wide(void **state)
{
	const struct pmc_cost_row row = { 1, 1, 0, 1, 0, 1, 1ULL << 60 };
	struct costs costs = { 0 };
	struct rows rows = { 0 };

	(void)state;
	for (int i = 0; i < 8; i++)
		costs_add(&costs, &row);
	flush(&costs, &rows);
	assert_int_equal(rows.items[0].samples, 8);
	assert_true(rows.items[0].value == 1ULL << 63);
	free(rows.items);
	costs_fini(&costs);
}

/* What is flushed is gone from the table: the next flush holds only what came after it. */
static void flushes_are_deltas(void **state)
{
	struct pmc_cost_row row = { 1, 1, 0, 1, 0, 1, 10 };
	struct costs tables[2] = { 0 };
	struct rows rows = { 0 };

	(void)state;
	for (int flushes = 0; flushes < 3; flushes++) {
		rows.count = 0;			/* as a batch whose room is used again */
		costs_add(&tables[0], &row);
		costs_add(&tables[0], &row);
		row.location = 2;
		costs_add(&tables[1], &row);
		row.location = 1;
		flush(&tables[0], &rows);
		flush(&tables[1], &rows);	/* behind the first one's rows */
		assert_int_equal(rows.count, 2);
		assert_int_equal(rows.items[0].samples, 2);
		assert_int_equal(rows.items[0].value, 20);
		assert_int_equal(rows.items[1].location, 2);
		assert_int_equal(tables[0].rows.count, 0);
	}
	free(rows.items);
	costs_fini(&tables[0]);
	costs_fini(&tables[1]);
}

/* Memory is that of the distinct keys of a flush, however many samples and flushes there are. */
static void memory_is_bounded_by_keys(void **state)
{
	struct costs costs = { 0 };
	struct rows rows = { 0 };
	size_t cap = 0, slots = 0;
	uint64_t samples = 0;

	(void)state;
	for (uint32_t flushes = 0; flushes < 20; flushes++) {
		for (uint32_t i = 0; i < 50000; i++)
			costs_add(&costs, &(struct pmc_cost_row){
						  .event = 1, .thread = 1 + i % 3, .stack = i % 7,
						  .location = i % 50, .slice = flushes,
						  .samples = 1, .value = 1 });
		rows.count = 0;
		flush(&costs, &rows);
		assert_int_equal(rows.count, 3 * 7 * 50);
		for (size_t i = 0; i < rows.count; i++)
			samples += rows.items[i].samples;
		if (!flushes) {
			cap = costs.rows.cap;
			slots = costs.index.mask;
		}
		assert_int_equal(costs.rows.cap, cap);
		assert_int_equal(costs.index.mask, slots);
	}
	assert_int_equal(samples, 20 * 50000);
	free(rows.items);
	costs_fini(&costs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_flushes_to_nothing),
		cmocka_unit_test(keys),
		cmocka_unit_test(values_are_wide),
		cmocka_unit_test(flushes_are_deltas),
		cmocka_unit_test(memory_is_bounded_by_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
