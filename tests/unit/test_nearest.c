/*
 * test_nearest.c - distances, and which names are offered for a mistyped one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/nearest.h"

static void distances(void **state)
{
	static const struct { const char *a, *b; unsigned distance; } rows[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "abc", "", 3 }, { "abc", "abc", 0 },
		{ "abc", "ABC", 0 },			/* case does not count */
		{ "abc", "abd", 1 }, { "abc", "ab", 1 }, { "abc", "abcd", 1 },
		{ "abc", "acb", 1 },			/* neighbours swapped */
		{ "recrod", "record", 1 }, { "kitten", "sitting", 3 }, { "ca", "abc", 3 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		assert_int_equal(pmc_nearest_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(pmc_nearest_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
}

static void long_names_are_compared_as_far_as_they_fit(void **state)
{
	char a[4096], b[4096];

	(void)state;
	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
	assert_int_equal(pmc_nearest_distance(a, b), PMC_NEAREST_LEN - 1);
	assert_int_equal(pmc_nearest_distance(a, a), 0);
}

static void offers(void **state)
{
	static const char *const names[] = {
		"instructions", "cycles", "cpu-clock", "cpu-cycles", "call-graph", "call-depth",
		"call-count", "instructions",
	};
	static const struct { const char *wanted, *text; } rows[] = {
		{ "instrutions", "instructions" },	/* offered twice, told once */
		{ "cycels", "cycles" },
		{ "graph", "call-graph" },
		{ "zzz", "" },
		{ "", "" },
		{ "call", "call-graph, call-depth or call-count" },
		{ "cpu-clocks", "cpu-clock" },		/* cpu-cycles is much farther */
	};
	struct pmc_nearest nearest;
	char buf[320];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		pmc_nearest_init(&nearest, rows[i].wanted);
		for (size_t j = 0; j < PMC_COUNT(names); j++)
			pmc_nearest_offer(&nearest, names[j]);
		assert_string_equal(pmc_nearest_text(&nearest, buf, sizeof(buf)), rows[i].text);
	}
}

static void the_nearest_push_out_the_rest(void **state)
{
	struct pmc_nearest nearest;
	char buf[320], small[8];

	(void)state;
	pmc_nearest_init(&nearest, "abcdefghi");
	pmc_nearest_offer(&nearest, "abcdefxyz");	/* 3 */
	pmc_nearest_offer(&nearest, "abcdefgxy");	/* 2 */
	pmc_nearest_offer(&nearest, "abcdefghx");	/* 1 */
	pmc_nearest_offer(&nearest, "abcdefgh");	/* 1 */
	assert_string_equal(pmc_nearest_text(&nearest, buf, sizeof(buf)),
			    "abcdefghx, abcdefgh or abcdefgxy");
	assert_string_equal(pmc_nearest_text(&nearest, small, sizeof(small)), "abcdefg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(long_names_are_compared_as_far_as_they_fit),
		cmocka_unit_test(offers),
		cmocka_unit_test(the_nearest_push_out_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
