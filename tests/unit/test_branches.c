/*
 * test_branches.c - branch stacks: what is added up, by whom, and what is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/perf_event.h>

#include "collector/branches.h"

static const uint64_t PROGRAM = 0x400000, KERNEL = 0xffffffff81000000;
enum { PID = 7 };

static struct catalog catalog;
static struct tracker tracker;
static struct branches branches;
static struct pmc_branch_row *rows;

static int begin(void **state)
{
	(void)state;
	catalog_init(&catalog);
	tracker_init(&tracker, &catalog);
	tracker_kernel(&tracker, TRACKER_KERNEL_HALF, KERNEL);
	memset(&branches, 0, sizeof(branches));
	tracker_map(&tracker,
		    &(struct tracker_map){ .pid = PID, .start = PROGRAM, .len = 0x1000,
					   .path = "/bin/program" },
		    0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(rows);
	rows = NULL;
	branches_fini(&branches);
	tracker_fini(&tracker);
	catalog_fini(&catalog);
	return 0;
}

static void add(uint32_t event, const struct perf_branch_entry *entries, uint64_t count)
{
	const struct sample sample = { .branch_nr = count, .branches = (const uint8_t *)entries };

	branches_add(&branches, &tracker, tracker_task(&tracker, PID, 0), event, &sample);
}

static const struct pmc_location_row *location(uint32_t id)
{
	return &catalog.locations.items[id - 1];
}

static void equal_ones_are_added_up(void **state)
{
	const struct perf_branch_entry entries[] = {
		{ .from = PROGRAM + 0x10, .to = PROGRAM + 0x20, .predicted = 1 },
		{ .from = PROGRAM + 0x10, .to = PROGRAM + 0x20, .mispred = 1 },
		{ .from = PROGRAM + 0x10, .to = PROGRAM + 0x30, .mispred = 1 },
	};

	(void)state;
	add(1, entries, 3);
	add(1, entries, 1);
	add(2, entries, 1);
	assert_int_equal(branches_flush(&branches, &rows), 3);
	assert_int_equal(rows[0].count, 3);
	assert_int_equal(rows[0].mispredicted, 1);
	assert_int_equal(location(rows[0].from)->offset, 0x10);
	assert_int_equal(location(rows[0].to)->offset, 0x20);
	assert_int_equal(rows[1].count, 1);
	assert_int_equal(rows[1].mispredicted, 1);
	assert_int_equal(rows[2].event, 2);
	free(rows);
	assert_int_equal(branches_flush(&branches, &rows), 0);
	add(1, entries, 1);
	free(rows);
	assert_int_equal(branches_flush(&branches, &rows), 1);
	assert_int_equal(rows[0].count, 1);
}

/* An entry with flags that older headers have no names for. */
static struct perf_branch_entry entry(uint64_t to, uint64_t flags)
{
	struct perf_branch_entry made = { .from = PROGRAM + 0x10, .to = to };

	memcpy((char *)&made + 16, &flags, sizeof(flags));
	return made;
}

static void flags_are_added_up(void **state)
{
	enum { TYPE = 20, NEW_TYPE = 26, CALL = 4, EXTENDED = 15, DATA_FAULT = 1 };
	const struct perf_branch_entry entries[] = {
		entry(PROGRAM, 1 << 1 | 0xffff << 4 | CALL << TYPE),
		entry(PROGRAM, 1 << 1 | 7 << 4 | CALL << TYPE),
		entry(PROGRAM, 1 << 2),
		entry(PROGRAM, 1 << 2 | 1 << 3 | 1 << 24), /* on a wrong path */
		entry(PROGRAM, 3 << 24),		   /* on the right one */
		entry(PROGRAM + 1, (uint64_t)EXTENDED << TYPE | DATA_FAULT << NEW_TYPE),
		entry(PROGRAM + 2, (uint64_t)EXTENDED << TYPE | 15 << NEW_TYPE),
		entry(PROGRAM + 3, (uint64_t)-1 << 30), /* privilege, and what is still to come */
	};

	(void)state;
	add(1, entries, 8);
	assert_int_equal(branches_flush(&branches, &rows), 4);
	assert_int_equal(rows[0].count, 5);
	assert_int_equal(rows[0].mispredicted, 0);
	assert_int_equal(rows[0].predicted, 2);
	assert_int_equal(rows[0].timed, 2);
	assert_int_equal(rows[0].cycles, 0xffff + 7);
	assert_int_equal(rows[0].in_transaction, 2);
	assert_int_equal(rows[0].aborts, 1);
	assert_int_equal(rows[0].wrong_path, 1);
	assert_string_equal(rows[0].type, "call");
	assert_string_equal(rows[1].type, "data fault");
	assert_null(rows[2].type);
	assert_null(rows[3].type);
	assert_int_equal(rows[3].cycles + rows[3].wrong_path, 0);
}

static void they_lead_into_the_kernel_and_nowhere(void **state)
{
	const struct perf_branch_entry entries[] = {
		{ .from = PROGRAM + 0x10, .to = KERNEL + 0x40 },
		{ .from = 0x1234, .to = PROGRAM },
		{ .from = 0, .to = 0 }, /* the record was not full */
	};

	(void)state;
	add(1, entries, 3);
	assert_int_equal(branches_flush(&branches, &rows), 2);
	assert_int_equal(location(rows[0].to)->offset, 0x40);
	assert_int_equal(catalog.modules.items[location(rows[0].to)->module - 1].kind,
			 PMC_MODULE_KERNEL);
	assert_int_equal(location(rows[1].from)->module, tracker.unknown_module);
	assert_int_equal(location(rows[1].from)->offset, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_ones_are_added_up, begin, end),
		cmocka_unit_test_setup_teardown(flags_are_added_up, begin, end),
		cmocka_unit_test_setup_teardown(they_lead_into_the_kernel_and_nowhere, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
