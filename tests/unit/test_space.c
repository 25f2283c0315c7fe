/*
 * test_space.c - mappings over time: what covers what, what was there before, what sharers see; and
 * a long run of random mappings against a model that remembers everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/space.h"

static const uint64_t MS = 1000000;

static void map(struct space **space, uint64_t start, uint64_t end, uint32_t module, uint64_t time)
{
	space_map(space, &(struct mapping){ .start = start, .end = end, .bias = start,
					    .module = module, .from_ns = time });
}

/* Module at the address then; 0 = none. */
static uint32_t module_at(const struct space *space, uint64_t address, uint64_t time)
{
	const struct mapping *found = space_find(space, address, time);

	return found ? found->module : 0;
}

static void an_empty_space(void **state)
{
	struct space *space = space_new();

	(void)state;
	assert_null(space_find(space, 0, 0));
	assert_null(space_find(space, UINT64_MAX, UINT64_MAX));
	assert_int_equal(space_count(space), 0);
	space_forget(space, UINT64_MAX);
	space_release(space);
	space_release(NULL);
}

/* Second mapping over [20, 40) of module 1: what module is at each ten, before and after. */
static void overlaps(void **state)
{
	static const struct {
		uint64_t start, end;
		size_t count;
		uint32_t after[6];	/* at 5, 15, 25, 35, 45, 55 */
	} cases[] = {
		{ 20, 40, 1, { 0, 0, 2, 2, 0, 0 } },	/* exactly */
		{ 10, 50, 1, { 0, 2, 2, 2, 2, 0 } },	/* more on both sides */
		{ 10, 40, 1, { 0, 2, 2, 2, 0, 0 } },
		{ 20, 50, 1, { 0, 0, 2, 2, 2, 0 } },
		{ 10, 30, 2, { 0, 2, 2, 1, 0, 0 } },	/* its head */
		{ 20, 30, 2, { 0, 0, 2, 1, 0, 0 } },
		{ 30, 50, 2, { 0, 0, 1, 2, 2, 0 } },	/* its tail */
		{ 30, 40, 2, { 0, 0, 1, 2, 0, 0 } },
		{ 24, 28, 3, { 0, 0, 2, 1, 0, 0 } },	/* its middle */
		{ 10, 20, 2, { 0, 2, 1, 1, 0, 0 } },	/* beside it */
		{ 40, 50, 2, { 0, 0, 1, 1, 2, 0 } },
		{ 0, 10, 2, { 2, 0, 1, 1, 0, 0 } },	/* away from it */
		{ 30, 30, 1, { 0, 0, 1, 1, 0, 0 } },	/* nothing */
		{ 35, 25, 1, { 0, 0, 1, 1, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct space *space = space_new();

		map(&space, 20, 40, 1, 0);
		map(&space, cases[i].start, cases[i].end, 2, 100 * MS);
		if (space_count(space) != cases[i].count)
			fail_msg("case %zu: %zu mappings", i, space_count(space));
		for (uint64_t at = 5, n = 0; at < 60; at += 10, n++) {
			if (module_at(space, at, 100 * MS) != cases[i].after[n] ||
			    module_at(space, at, UINT64_MAX) != cases[i].after[n])
				fail_msg("case %zu: wrong module at %d", i, (int)at);
			assert_int_equal(module_at(space, at, 50 * MS), at > 20 && at < 40);
		}
		space_release(space);
	}
}

static void ends_are_exclusive(void **state)
{
	struct space *space = space_new();

	(void)state;
	map(&space, 20, 40, 1, 0);
	assert_int_equal(module_at(space, 19, 5), 0);
	assert_int_equal(module_at(space, 20, 5), 1);
	assert_int_equal(module_at(space, 39, 5), 1);
	assert_int_equal(module_at(space, 40, 5), 0);
	map(&space, 1ULL << 63, UINT64_MAX, 2, 0);
	assert_int_equal(module_at(space, UINT64_MAX - 1, 5), 2);
	space_release(space);
}

/* Five modules one after the other at one address: each has its time. */
static void each_module_has_its_time(void **state)
{
	struct space *space = space_new();

	(void)state;
	for (uint32_t module = 1; module <= 5; module++)
		map(&space, 0x1000, 0x2000, module, module * 100 * MS);
	for (uint32_t module = 1; module <= 5; module++) {
		assert_int_equal(module_at(space, 0x1800, module * 100 * MS), module);
		assert_int_equal(module_at(space, 0x1800, module * 100 * MS + 99 * MS), module);
	}
	assert_int_equal(module_at(space, 0x1800, 50 * MS), 0);
	space_forget(space, 300 * MS);
	assert_int_equal(module_at(space, 0x1800, 150 * MS), 0);
	assert_int_equal(module_at(space, 0x1800, 350 * MS), 3);
	assert_int_equal(module_at(space, 0x1800, 450 * MS), 4);
	space_forget(space, UINT64_MAX);
	assert_int_equal(module_at(space, 0x1800, 450 * MS), 0);
	assert_int_equal(module_at(space, 0x1800, 550 * MS), 5);
	assert_int_equal(space_count(space), 1);
	space_release(space);
}

/* A sample a moment older than the mapping it hit: two CPUs' clocks. Not if something was there. */
static void a_moment_early(void **state)
{
	struct space *space = space_new();

	(void)state;
	map(&space, 0x1000, 0x2000, 1, 100 * MS);
	assert_int_equal(module_at(space, 0x1800, 100 * MS - 1), 1);
	assert_int_equal(module_at(space, 0x1800, 99 * MS), 1);
	assert_int_equal(module_at(space, 0x1800, 99 * MS - 1), 0);
	map(&space, 0x1000, 0x2000, 2, 200 * MS);
	assert_int_equal(module_at(space, 0x1800, 200 * MS - 1), 1);
	space_release(space);
}

/* Module 0 is a hole: it covers, and owns nothing. */
static void holes(void **state)
{
	struct space *space = space_new();

	(void)state;
	map(&space, 0x1000, 0x9000, 1, 0);
	map(&space, 0x4000, 0x5000, 2, 100 * MS);
	map(&space, 0x4000, 0x5000, 0, 200 * MS);
	assert_int_equal(module_at(space, 0x4800, 50 * MS), 1);
	assert_int_equal(module_at(space, 0x4800, 150 * MS), 2);
	assert_int_equal(module_at(space, 0x4800, 250 * MS), 0);
	map(&space, 0x4000, 0x5000, 3, 300 * MS);
	assert_int_equal(module_at(space, 0x4800, 250 * MS), 0);
	assert_int_equal(module_at(space, 0x4800, 299 * MS + 999999), 0);
	assert_int_equal(module_at(space, 0x4800, 300 * MS), 3);
	space_release(space);
}

/* The offsets of the pieces of a mapping that was cut are those of the whole. */
static void pieces_keep_their_bias(void **state)
{
	struct space *space = space_new();

	(void)state;
	map(&space, 0x1000, 0x9000, 1, 0);
	map(&space, 0x4000, 0x5000, 2, 10);
	assert_int_equal(space_find(space, 0x3000, 20)->bias, 0x1000);
	assert_int_equal(space_find(space, 0x4000, 20)->bias, 0x4000);
	assert_int_equal(space_find(space, 0x5000, 20)->bias, 0x1000);
	space_release(space);
}

static void sharers_part_when_one_changes(void **state)
{
	struct space *parent = space_new(), *child, *grandchild;

	(void)state;
	map(&parent, 0x1000, 0x2000, 1, 0);
	map(&parent, 0x1000, 0x2000, 2, 100 * MS);
	child = space_share(parent);
	grandchild = space_share(child);
	map(&child, 0x1000, 0x2000, 3, 200 * MS);
	assert_ptr_not_equal(child, parent);
	assert_ptr_equal(grandchild, parent);
	assert_int_equal(module_at(parent, 0x1800, 250 * MS), 2);
	assert_int_equal(module_at(child, 0x1800, 250 * MS), 3);
	assert_int_equal(module_at(child, 0x1800, 150 * MS), 2);
	assert_int_equal(module_at(child, 0x1800, 50 * MS), 1);	/* what was replaced before, too */
	space_release(parent);
	assert_int_equal(module_at(grandchild, 0x1800, 250 * MS), 2);
	map(&grandchild, 0x3000, 0x4000, 4, 300 * MS);	/* the last one changes it in place */
	assert_int_equal(module_at(grandchild, 0x3800, 350 * MS), 4);
	assert_int_equal(module_at(child, 0x3800, 350 * MS), 0);
	space_release(grandchild);
	space_release(child);
}

/* A change that changes nothing takes no copy. */
static void an_empty_mapping_leaves_sharers_together(void **state)
{
	struct space *space = space_new(), *other = space_share(space);

	(void)state;
	map(&other, 0x1000, 0x1000, 1, 0);
	assert_ptr_equal(space, other);
	space_release(space);
	space_release(other);
}

/* ---- against a model: one module number a page and moment ---- */

enum { PAGES = 24, MOMENTS = 160 };

static void random_mappings_against_a_model(void **state)
{
	(void)state;
	srand(1);
	for (int run = 0; run < 40; run++) {
		struct space *space = space_new();
		uint32_t model[MOMENTS][PAGES] = { { 0 } };

		for (uint32_t moment = 0; moment < MOMENTS; moment++) {
			const uint64_t start = (uint64_t)rand() % PAGES;
			const uint64_t end = start + (uint64_t)rand() % (PAGES - start) + 1;
			const uint32_t module = rand() % 8 ? moment + 1 : 0;

			for (uint32_t page = 0; moment && page < PAGES; page++)
				model[moment][page] = model[moment - 1][page];
			for (uint64_t page = start; page < end; page++)
				model[moment][page] = module;
			map(&space, start, end, module, (moment + 1) * 10 * MS);
		}
		for (uint32_t moment = 0; moment < MOMENTS; moment++)
			for (uint32_t page = 0; page < PAGES; page++)
				assert_int_equal(module_at(space, page, (moment + 1) * 10 * MS + 5),
						 model[moment][page]);
		/* Of what is forgotten nothing older than the limit is left, and nothing else goes.
		 */
		space_forget(space, (MOMENTS / 2 + 1) * 10 * MS);
		for (uint32_t moment = MOMENTS / 2; moment < MOMENTS; moment++)
			for (uint32_t page = 0; page < PAGES; page++)
				assert_int_equal(module_at(space, page, (moment + 1) * 10 * MS + 5),
						 model[moment][page]);
		assert_true(space_count(space) <= PAGES);
		space_release(space);
	}
}

/* So many that they lie in many chunks: short ones, and some that cover hundreds; shared too. */
static void thousands_against_a_model(void **state)
{
	enum { PAGES_MANY = 4000, MAPS = 30000 };
	static uint32_t model[PAGES_MANY];

	(void)state;
	srand(2);
	for (int run = 0; run < 3; run++) {
		struct space *space = space_new(), *other = NULL;
		size_t count = 0;

		memset(model, 0, sizeof(model));
		for (uint32_t i = 1; i <= MAPS; i++) {
			const uint64_t length = rand() % 500 ? 1 + rand() % 3 : 1 + rand() % 900;
			const uint64_t start = (uint64_t)rand() % PAGES_MANY;
			const uint64_t end = start + length < PAGES_MANY ? start + length :
									   PAGES_MANY;

			for (uint64_t page = start; page < end; page++)
				model[page] = i;
			map(&space, start, end, i, i);
			if (i == MAPS / 2)
				other = space_share(space);
			space_forget(space, i);
		}
		for (uint32_t page = 0; page < PAGES_MANY; page++) {
			assert_int_equal(module_at(space, page, UINT64_MAX), model[page]);
			count += model[page] && (!page || model[page - 1] != model[page]);
		}
		assert_int_equal(space_count(space), count);
		assert_true(space_count(other) > 200);
		/* From both ends, all of it goes. */
		for (uint32_t page = 0; page < PAGES_MANY; page += 16) {
			map(&other, 0, page + 1, 1, MAPS + 1);
			map(&space, PAGES_MANY - page - 1, PAGES_MANY, 1, MAPS + 1);
		}
		map(&other, 0, PAGES_MANY, 1, MAPS + 2);
		map(&space, 0, PAGES_MANY, 1, MAPS + 2);
		assert_int_equal(space_count(space), 1);
		assert_int_equal(space_count(other), 1);
		space_release(other);
		space_release(space);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_space),
		cmocka_unit_test(overlaps),
		cmocka_unit_test(ends_are_exclusive),
		cmocka_unit_test(each_module_has_its_time),
		cmocka_unit_test(a_moment_early),
		cmocka_unit_test(holes),
		cmocka_unit_test(pieces_keep_their_bias),
		cmocka_unit_test(sharers_part_when_one_changes),
		cmocka_unit_test(an_empty_mapping_leaves_sharers_together),
		cmocka_unit_test(random_mappings_against_a_model),
		cmocka_unit_test(thousands_against_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
