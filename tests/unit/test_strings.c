/*
 * test_strings.c - each text once, ids dense from 1, pointers that stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strings.h"

static void each_text_once(void **state)
{
	struct pmc_strings *pool = pmc_strings_new();

	(void)state;
	assert_int_equal(pmc_strings_intern(pool, "a"), 1);
	assert_int_equal(pmc_strings_intern(pool, "b"), 2);
	assert_int_equal(pmc_strings_intern(pool, "a"), 1);
	assert_int_equal(pmc_strings_intern(pool, ""), 3);
	assert_int_equal(pmc_strings_intern(pool, NULL), 0);
	assert_int_equal(pmc_strings_intern_len(pool, "abc", 1), 1);
	assert_int_equal(pmc_strings_count(pool), 3);
	assert_string_equal(pmc_strings_get(pool, 2), "b");
	assert_string_equal(pmc_strings_get(pool, 3), "");
	pmc_strings_free(pool);
}

static void unknown_ids_are_empty(void **state)
{
	struct pmc_strings *pool = pmc_strings_new();

	(void)state;
	assert_string_equal(pmc_strings_get(pool, 0), "");
	assert_string_equal(pmc_strings_get(pool, 1), "");
	assert_string_equal(pmc_strings_get(pool, UINT32_MAX), "");
	pmc_strings_free(pool);
	pmc_strings_free(NULL);
}

static void pointers_stay(void **state)
{
	enum { COUNT = 20000 };
	struct pmc_strings *pool = pmc_strings_new();
	const char *first;
	char text[32];

	(void)state;
	pmc_strings_intern(pool, "the first");
	first = pmc_strings_get(pool, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "text number %u", i);
		assert_int_equal(pmc_strings_intern(pool, text), i + 2);
	}
	assert_ptr_equal(pmc_strings_get(pool, 1), first);
	assert_string_equal(first, "the first");
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "text number %u", i);
		assert_string_equal(pmc_strings_get(pool, i + 2), text);
		assert_int_equal(pmc_strings_intern(pool, text), i + 2);
	}
	pmc_strings_free(pool);
}

static void long_texts_have_room_of_their_own(void **state)
{
	struct pmc_strings *pool = pmc_strings_new();
	const size_t len = 300000;
	PMC_FREE char *text = pmc_calloc(len + 1, 1);

	(void)state;
	memset(text, 'x', len);
	assert_int_equal(pmc_strings_intern(pool, "before"), 1);
	assert_int_equal(pmc_strings_intern(pool, text), 2);
	assert_int_equal(pmc_strings_intern(pool, "behind"), 3);
	assert_int_equal(strlen(pmc_strings_get(pool, 2)), len);
	assert_string_equal(pmc_strings_get(pool, 1), "before");
	assert_string_equal(pmc_strings_get(pool, 3), "behind");
	pmc_strings_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_once),
		cmocka_unit_test(unknown_ids_are_empty),
		cmocka_unit_test(pointers_stay),
		cmocka_unit_test(long_texts_have_room_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
