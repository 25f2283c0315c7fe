/*
 * test_mem.c - allocators never give NULL, arrays grow and keep what is in them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static void nothing_is_still_something(void **state)
{
	PMC_FREE void *none = pmc_calloc(0, 8);
	PMC_FREE void *empty = pmc_calloc(8, 0);
	PMC_FREE void *grown = pmc_realloc(NULL, 0, 4);

	(void)state;
	assert_non_null(none);
	assert_non_null(empty);
	assert_non_null(grown);
}

static void texts(void **state)
{
	PMC_FREE char *copy = pmc_strdup("abc");
	PMC_FREE char *part = pmc_strndup("abcdef", 2);
	PMC_FREE char *made = pmc_sprintf("%s-%d", "x", 42);
	PMC_FREE char *empty = pmc_sprintf("%s", "");
	PMC_FREE char *joined = pmc_join(pmc_join(NULL, ", ", "a"), ", ", "b");
	PMC_FREE char *alone = pmc_join(pmc_join(pmc_strdup(""), ", ", "a"), ", ", "");

	(void)state;
	assert_string_equal(joined, "a, b");
	assert_string_equal(alone, "a");
	assert_string_equal(copy, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(made, "x-42");
	assert_string_equal(empty, "");
}

static void arrays_grow(void **state)
{
	struct pair {
		uint64_t a, b;
	};
	PMC_ARRAY(struct pair) rows = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(pmc_array_add(&rows)->a, 0);	/* new items are zeroed */
		rows.items[i].a = i;
		rows.items[i].b = ~i;
	}
	assert_int_equal(rows.count, 1000);
	assert_true(rows.cap >= rows.count);
	for (uint64_t i = 0; i < rows.count; i++) {
		assert_int_equal(rows.items[i].a, i);
		assert_int_equal(rows.items[i].b, ~i);
	}
	/* Room left over from before is zeroed too when it is given out. */
	rows.count = 0;
	assert_int_equal(pmc_array_add(&rows)->b, 0);
	pmc_array_free(&rows);
	assert_null(rows.items);
	assert_int_equal(rows.count, 0);
	assert_int_equal(rows.cap, 0);
}

static void room_is_made_at_once(void **state)
{
	void *ptr = NULL;
	size_t cap = 0;

	(void)state;
	pmc_grow(&ptr, &cap, 0, 8);
	assert_int_equal(cap, 0);
	pmc_grow(&ptr, &cap, 1, 8);
	assert_int_equal(cap, 16);
	pmc_grow(&ptr, &cap, 16, 8);
	assert_int_equal(cap, 16);
	pmc_grow(&ptr, &cap, 100, 8);
	assert_int_equal(cap, 128);
	free(ptr);
}

/* A product that does not fit in size_t must end the process, not give a small block. */
static void overflow_aborts(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		pmc_realloc(NULL, SIZE_MAX / 2, 16);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_still_something),
		cmocka_unit_test(texts),
		cmocka_unit_test(arrays_grow),
		cmocka_unit_test(room_is_made_at_once),
		cmocka_unit_test(overflow_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
