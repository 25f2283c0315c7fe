/* test_kernel_names.c - what the kernel announced lies over its list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "symbolize/kernel_names.h"

static void test_announced(void **state)
{
	struct kernel_names *names = kernel_names_new("/nonexistent");

	(void)state;
	assert_null(kernel_names_find(names, 1, 0, 0));
	kernel_names_add(names, 1, 0x1000, 0x100, "one");
	kernel_names_add(names, 2, 0x1000, 0x10, "other module");
	kernel_names_add(names, 1, 0x800, 0x800, "before");
	assert_string_equal(kernel_names_find(names, 1, 0, 0x1000), "one");
	assert_string_equal(kernel_names_find(names, 1, 0, 0x10ff), "one");
	assert_null(kernel_names_find(names, 1, 0, 0x1100));
	assert_string_equal(kernel_names_find(names, 1, 0, 0xfff), "before");
	assert_null(kernel_names_find(names, 1, 0, 0x7ff));
	assert_string_equal(kernel_names_find(names, 2, 0, 0x100f), "other module");
	assert_null(kernel_names_find(names, 2, 0, 0x1010));
	assert_null(kernel_names_find(names, 3, 0, 0x1000));
	/* The same place again, before and after it was sorted in. */
	kernel_names_add(names, 1, 0x1000, 0x20, "again");
	assert_string_equal(kernel_names_find(names, 1, 0, 0x1000), "again");
	assert_null(kernel_names_find(names, 1, 0, 0x1020));
	kernel_names_add(names, 1, 0x5000, 1, "new");
	kernel_names_add(names, 1, 0x5000, 1, "newer");
	assert_string_equal(kernel_names_find(names, 1, 0, 0x5000), "newer");
	kernel_names_free(names);
}

static void test_many(void **state)
{
	struct kernel_names *names = kernel_names_new("/nonexistent");
	char name[32];

	(void)state;
	for (int round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "f%d_%d", round, (int)(i * 7 % 1000));
			kernel_names_add(names, 1, (i * 7 % 1000) * 16, 16, name);
		}
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "f2_%d", (int)i);
		assert_string_equal(kernel_names_find(names, 1, 0, i * 16 + 15), name);
	}
	kernel_names_free(names);
}

/* Offsets count from a base that may be behind the code. */
static void test_wrapped_offsets(void **state)
{
	const uint64_t base = 0xffffffff81000000, addr = 0xffffffff80001000;
	struct kernel_names *names = kernel_names_new("/nonexistent");

	(void)state;
	kernel_names_add(names, 1, addr - base, UINT64_MAX, "all");
	assert_string_equal(kernel_names_find(names, 1, base, addr - base + 5), "all");
	kernel_names_free(names);
	kernel_names_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_wrapped_offsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
