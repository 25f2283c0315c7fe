/*
 * test_catalog.c - ids are dense and given once; flushes hold every row once, in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/catalog.h"

static struct catalog catalog;

static int begin(void **state)
{
	(void)state;
	catalog_init(&catalog);
	return 0;
}

static int end(void **state)
{
	(void)state;
	catalog_fini(&catalog);
	return 0;
}

static uint32_t module(const char *path, const char *build_id, uint64_t base,
		       enum pmc_module_kind kind)
{
	struct pmc_module_row row = { .path = pmc_strings_intern(catalog.strings, path),
				      .kind = kind, .base = base,
				      .build_id_len = (uint8_t)strlen(build_id) };

	memcpy(row.build_id, build_id, strlen(build_id));
	return catalog_module(&catalog, &row);
}

static void modules(void **state)
{
	(void)state;
	assert_int_equal(module("/lib/a", "", 0, PMC_MODULE_USER), 1);
	assert_int_equal(module("/lib/b", "", 0, PMC_MODULE_USER), 2);
	assert_int_equal(module("/lib/a", "", 0, PMC_MODULE_USER), 1);
	assert_int_equal(module("/lib/a", "", 0, PMC_MODULE_ANON), 3);	/* another kind */
	assert_int_equal(module("[k]", "", 0x1000, PMC_MODULE_KMOD), 4);
	/* loaded again elsewhere */
	assert_int_equal(module("[k]", "", 0x2000, PMC_MODULE_KMOD), 5);
	assert_int_equal(module("[k]", "", 0x1000, PMC_MODULE_KMOD), 4);
	assert_int_equal(catalog.modules.count, 5);
}

/* A file that was replaced is another module; where one side knows no build-id, paths decide. */
static void build_ids(void **state)
{
	(void)state;
	assert_int_equal(module("/bin/x", "AAAA", 0, PMC_MODULE_USER), 1);
	assert_int_equal(module("/bin/x", "BBBB", 0, PMC_MODULE_USER), 2);
	assert_int_equal(module("/bin/x", "AAAA", 0, PMC_MODULE_USER), 1);
	assert_int_equal(module("/bin/x", "BBBB", 0, PMC_MODULE_USER), 2);
	assert_int_equal(module("/bin/x", "AAAAA", 0, PMC_MODULE_USER), 3);
	assert_in_range(module("/bin/x", "", 0, PMC_MODULE_USER), 1, 3);
	assert_int_equal(module("/bin/y", "AAAA", 0, PMC_MODULE_USER), 4);
	assert_int_equal(catalog.modules.count, 4);
}

/* Told again only where the row has left already. */
static void build_ids_that_come_late(void **state)
{
	const uint8_t id[] = { 1, 2, 3 };
	struct pmc_batch batch = { 0 };

	(void)state;
	module("/bin/x", "", 0, PMC_MODULE_USER);
	module("/bin/y", "AAAA", 0, PMC_MODULE_USER);
	module("/bin/z", "", 0, PMC_MODULE_ANON);
	catalog_flush(&catalog, &batch);
	catalog_release(&batch);
	module("/bin/new", "", 0, PMC_MODULE_USER);
	catalog_identify(&catalog, "/bin/x", id, 3);
	catalog_identify(&catalog, "/bin/y", id, 3);
	catalog_identify(&catalog, "/bin/z", id, 3);
	catalog_identify(&catalog, "/bin/new", id, 3);
	catalog_identify(&catalog, "/bin/none", id, 3);
	catalog_identify(&catalog, "/bin/x", id, 2);
	catalog_flush(&catalog, &batch);
	assert_int_equal(batch.module_ids_count, 1);
	assert_int_equal(batch.module_ids[0].module, 1);
	assert_int_equal(batch.module_ids[0].build_id_len, 3);
	assert_memory_equal(batch.module_ids[0].build_id, id, 3);
	assert_int_equal(batch.modules_count, 1);
	assert_int_equal(batch.modules[0].build_id_len, 3);
	assert_int_equal(catalog.modules.items[1].build_id_len, 4);
	assert_int_equal(catalog.modules.items[2].build_id_len, 0);
	catalog_release(&batch);
	catalog_flush(&catalog, &batch);
	assert_int_equal(batch.module_ids_count, 0);
	catalog_release(&batch);
}

static void locations_and_stacks(void **state)
{
	(void)state;
	assert_int_equal(catalog_location(&catalog, 1, 0x10, false), 1);
	assert_int_equal(catalog_location(&catalog, 1, 0x10, true), 2);
	assert_int_equal(catalog_location(&catalog, 2, 0x10, false), 3);
	assert_int_equal(catalog_location(&catalog, 1, 0x11, false), 4);
	assert_int_equal(catalog_location(&catalog, 1, UINT64_MAX, false), 5);
	assert_int_equal(catalog_location(&catalog, 1, 0x10, false), 1);
	assert_int_equal(catalog_location(&catalog, 1, 0x10, true), 2);
	assert_int_equal(catalog_stack(&catalog, 0, 1), 1);
	assert_int_equal(catalog_stack(&catalog, 0, 2), 2);
	assert_int_equal(catalog_stack(&catalog, 1, 2), 3);
	assert_int_equal(catalog_stack(&catalog, 2, 1), 4);
	assert_int_equal(catalog_stack(&catalog, 1, 2), 3);
	assert_int_equal(catalog.stacks.items[2].parent, 1);
	assert_int_equal(catalog.stacks.items[2].location, 2);
}

/* Through many growths of the tables, an id is the same as at first. */
/* A chain gives the node that its callers give one by one, whatever was seen in between. */
static void chains_are_remembered(void **state)
{
	uint32_t callers[40] = { 0 };

	(void)state;
	assert_int_equal(catalog_stack_of(&catalog, callers, 0), 0);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 20000; i++) {
			const uint32_t count = 1 + i % 40;
			uint32_t expected = 0;

			for (uint32_t k = 0; k < count; k++)
				callers[k] = 1 + (i * 2654435761u >> 20) + k * (i % 7);
			for (uint32_t k = count; k-- > 0;)
				expected = catalog_stack(&catalog, expected, callers[k]);
			assert_int_equal(catalog_stack_of(&catalog, callers, count), expected);
		}
	}
	/* Not the same the other way round, and not without its end. */
	callers[0] = 900001;
	callers[1] = 900002;
	assert_int_not_equal(catalog_stack_of(&catalog, callers, 2),
			     catalog_stack_of(&catalog, (uint32_t[]){ 900002, 900001 }, 2));
	assert_int_not_equal(catalog_stack_of(&catalog, callers, 2),
			     catalog_stack_of(&catalog, callers, 1));
}

static void ids_stay(void **state)
{
	(void)state;
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < 20000; i++) {
			assert_int_equal(
				catalog_location(&catalog, 1 + i % 3, (uint64_t)i * 64, i & 1),
				i + 1);
			assert_int_equal(catalog_stack(&catalog, i / 2, i + 1), i + 1);
		}
	assert_int_equal(catalog.locations.count, 20000);
}

/* Tasks are not looked up: every row is one of its own. */
static void tasks(void **state)
{
	const struct pmc_process_row process = { .pid = 1 };
	const struct pmc_thread_row thread = { .process = 1, .tid = 1 };

	(void)state;
	assert_int_equal(catalog_process(&catalog, &process), 1);
	assert_int_equal(catalog_process(&catalog, &process), 2);
	assert_int_equal(catalog_thread(&catalog, &thread), 1);
	assert_int_equal(catalog_thread(&catalog, &thread), 2);
}

static void an_empty_flush(void **state)
{
	struct pmc_batch batch = { 0 };

	(void)state;
	catalog_flush(&catalog, &batch);
	assert_int_equal(batch.strings_first, 1);
	assert_int_equal(batch.texts_count, 0);
	assert_int_equal(batch.modules_first, 1);
	assert_int_equal(batch.modules_count, 0);
	assert_null(batch.modules);
	assert_int_equal(batch.thread_ends_count, 0);
	catalog_release(&batch);
}

static void flushes_hold_what_is_new(void **state)
{
	struct pmc_batch first = { 0 }, second = { 0 }, third = { 0 };

	(void)state;
	module("/lib/a", "", 0, PMC_MODULE_USER);
	catalog_location(&catalog, 1, 0x10, false);
	catalog_stack(&catalog, 0, 1);
	*pmc_array_add(&catalog.thread_ends) = (struct pmc_thread_end){ 1, 5 };
	*pmc_array_add(&catalog.process_ends) = (struct pmc_process_end){ 1, 5 };
	*pmc_array_add(&catalog.ksyms) = (struct pmc_ksym_row){ .module = 1, .size = 9 };
	catalog_flush(&catalog, &first);
	module("/lib/a", "", 0, PMC_MODULE_USER);	/* not new */
	module("/lib/b", "", 0, PMC_MODULE_USER);
	catalog_location(&catalog, 1, 0x10, false);
	catalog_location(&catalog, 2, 0x10, true);
	catalog_location(&catalog, 2, 0x20, true);
	catalog_flush(&catalog, &second);
	catalog_flush(&catalog, &third);

	assert_int_equal(first.strings_first, 1);
	assert_int_equal(first.texts_count, 1);
	assert_string_equal(first.texts[0], "/lib/a");
	assert_int_equal(first.modules_count, 1);
	assert_int_equal(first.modules[0].path, 1);
	assert_int_equal(first.locations_count, 1);
	assert_int_equal(first.stacks_count, 1);
	assert_int_equal(first.thread_ends_count, 1);
	assert_int_equal(first.thread_ends[0].end_ns, 5);
	assert_int_equal(first.process_ends_count, 1);
	assert_int_equal(first.ksyms[0].size, 9);

	assert_int_equal(second.strings_first, 2);
	assert_int_equal(second.texts_count, 1);
	assert_string_equal(second.texts[0], "/lib/b");
	assert_int_equal(second.modules_first, 2);
	assert_int_equal(second.modules_count, 1);
	assert_int_equal(second.locations_first, 2);
	assert_int_equal(second.locations_count, 2);
	assert_true(second.locations[1].is_caller);
	assert_int_equal(second.locations[1].offset, 0x20);
	assert_int_equal(second.stacks_count, 0);
	assert_int_equal(second.thread_ends_count, 0);
	assert_int_equal(second.process_ends_count, 0);
	assert_int_equal(second.ksyms_count, 0);

	assert_int_equal(third.locations_first, 4);
	assert_int_equal(third.locations_count, 0);
	/* Texts stay where they are, however many come behind them. */
	for (int i = 0; i < 5000; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/lib/%d", i);
		module(path, "", 0, PMC_MODULE_USER);
	}
	assert_string_equal(first.texts[0], "/lib/a");
	catalog_release(&first);
	catalog_release(&second);
	catalog_release(&third);
}

/* A batch that was released once, or never filled, may be released again. */
static void release_twice(void **state)
{
	struct pmc_batch batch = { 0 };

	(void)state;
	catalog_release(&batch);
	module("/lib/a", "", 0, PMC_MODULE_USER);
	catalog_flush(&catalog, &batch);
	catalog_release(&batch);
	assert_null(batch.modules);
	assert_int_equal(batch.modules_count, 0);
	catalog_release(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(modules, begin, end),
		cmocka_unit_test_setup_teardown(build_ids, begin, end),
		cmocka_unit_test_setup_teardown(build_ids_that_come_late, begin, end),
		cmocka_unit_test_setup_teardown(locations_and_stacks, begin, end),
		cmocka_unit_test_setup_teardown(chains_are_remembered, begin, end),
		cmocka_unit_test_setup_teardown(ids_stay, begin, end),
		cmocka_unit_test_setup_teardown(tasks, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_flush, begin, end),
		cmocka_unit_test_setup_teardown(flushes_hold_what_is_new, begin, end),
		cmocka_unit_test_setup_teardown(release_twice, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
