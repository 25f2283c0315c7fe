/*
 * test_err.c - the first cause wins, NULL is accepted, long texts are cut and not overrun.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void set_and_clear(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	assert_false(pmc_err_is_set(&err));
	assert_int_equal(pmc_err_set(&err, PMC_ERR_DATA, "row %d of %s", 7, "x"), -1);
	assert_true(pmc_err_is_set(&err));
	assert_int_equal(err.kind, PMC_ERR_DATA);
	assert_string_equal(err.message, "row 7 of x");
	assert_string_equal(err.hint, "");
	pmc_err_clear(&err);
	assert_false(pmc_err_is_set(&err));
	assert_string_equal(err.message, "");
}

static void first_cause_stands(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	pmc_err_errno(&err, ENOENT, "cannot open %s", "a.db");
	assert_int_equal(pmc_err_hint(&err, "is it %s?", "b.db"), -1);
	pmc_err_set(&err, PMC_ERR_USAGE, "later");
	pmc_err_errno(&err, EACCES, "later");
	pmc_err_hint(&err, "later");
	assert_int_equal(err.kind, PMC_ERR_SYSTEM);
	assert_string_equal(err.message, "cannot open a.db: No such file or directory");
	assert_string_equal(err.hint, "is it b.db?");
}

static void a_hint_needs_an_error(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	pmc_err_hint(&err, "of nothing");
	assert_string_equal(err.hint, "");
	assert_false(pmc_err_is_set(&err));
}

static void null_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(pmc_err_set(NULL, PMC_ERR_DATA, "x"), -1);
	assert_int_equal(pmc_err_errno(NULL, EIO, "x"), -1);
	assert_int_equal(pmc_err_hint(NULL, "x"), -1);
	assert_false(pmc_err_is_set(NULL));
	pmc_err_clear(NULL);
}

static void long_texts_are_cut(void **state)
{
	struct pmc_err err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pmc_err_errno(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	pmc_err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_clear),
		cmocka_unit_test(first_cause_stands),
		cmocka_unit_test(a_hint_needs_an_error),
		cmocka_unit_test(null_is_accepted),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
