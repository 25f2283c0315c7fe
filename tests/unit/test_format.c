/*
 * test_format.c - figures keep three digits in the right unit; names cannot harm a terminal.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/format.h"
#include "base/mem.h"

struct figure {
	double value;
	const char *text;
};

static void check_figures(char *(*format)(char *, double), const struct figure *rows, size_t count)
{
	char buf[PMC_FORMAT_SIZE];

	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(format(buf, rows[i].value), buf);
		assert_string_equal(buf, rows[i].text);
	}
}

static void counts(void **state)
{
	static const struct figure rows[] = {
		{ 0, "0" }, { 1, "1" }, { 999, "999" }, { 1000, "1.00k" }, { 1234, "1.23k" },
		{ 9994, "9.99k" }, { 9996, "10.0k" }, { 12345, "12.3k" }, { 99949, "99.9k" },
		{ 99951, "100k" }, { 999499, "999k" }, { 999500, "1.00M" }, { 1234567, "1.23M" },
		{ 1e9, "1.00G" }, { 2.5e12, "2.50T" }, { 1e15, "1.00P" }, { 1.5e18, "1.50E" },
		{ 18446744073709551615.0, "18.4E" }, { 1e22, "1e+22" },
		{ 0.5, "0.5" }, { 0.001, "0.001" }, { 1.5, "1.50" }, { 12.34, "12.3" },
		{ 999.6, "1.00k" }, { -1234, "-1.23k" }, { -7, "-7" },
		{ NAN, "nan" }, { INFINITY, "inf" }, { -INFINITY, "-inf" },
	};

	(void)state;
	check_figures(pmc_format_count, rows, PMC_COUNT(rows));
}

static void times(void **state)
{
	static const struct figure rows[] = {
		{ 0, "0 ns" }, { 1, "1 ns" }, { 999, "999 ns" }, { 1000, "1.00 us" },
		{ 999499, "999 us" }, { 999500, "1.00 ms" }, { 12345678, "12.3 ms" },
		{ 1234567890, "1.23 s" }, { 59.94e9, "59.9 s" }, { 99.94e9, "99.9 s" },
		{ 99.96e9, "1:40" }, { 100e9, "1:40" }, { 119.6e9, "2:00" }, { 605e9, "10:05" },
		{ 3599.4e9, "59:59" }, { 3599.6e9, "1:00:00" }, { 90061e9, "25:01:01" },
		{ -1500, "-1.50 us" }, { NAN, "nan" },
	};

	(void)state;
	check_figures(pmc_format_ns, rows, PMC_COUNT(rows));
}

static void sizes(void **state)
{
	static const struct figure rows[] = {
		{ 0, "0 B" }, { 1, "1 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" }, { 102400, "100 KiB" }, { 1048575, "1.0 MiB" },
		{ 5.5 * 1024 * 1024, "5.5 MiB" }, { 1099511627776.0, "1.0 TiB" },
		{ 1.5e30, "1.3e+12 EiB" }, { -2048, "-2.0 KiB" }, { INFINITY, "inf" },
	};

	(void)state;
	check_figures(pmc_format_bytes, rows, PMC_COUNT(rows));
}

static void names_are_cleaned(void **state)
{
	static const struct { const char *text, *clean; } rows[] = {
		{ "", "" },
		{ "main", "main" },
		{ "std::vector<int>::push_back(int&&)", "std::vector<int>::push_back(int&&)" },
		{ "a\tb\nc", "a?b?c" },
		{ "\033[31mred", "?[31mred" },
		{ "del\177", "del?" },
		{ "csi\xc2\x9b" "31m", "csi?31m" },		/* C1 control */
		{ "\xe2\x80\xae" "evil", "?evil" },		/* right-to-left override */
		{ "zero\xe2\x80\x8bwidth", "zero?width" },
		{ "fünf", "fünf" },
		{ "日本", "日本" },
		{ "\xff\xfe", "??" },
		{ "cut\xe2\x82", "cut??" },			/* two bytes of three */
		{ "over\xc0\xaf", "over??" },			/* overlong */
		{ "long\xe0\x80\xaf", "long???" },
		{ "sur\xed\xa0\x80", "sur???" },		/* surrogate */
		{ "big\xf4\x90\x80\x80", "big????" },		/* above U+10FFFF */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};
	char buf[128];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_string_equal(pmc_format_name(buf, sizeof(buf), rows[i].text, 0),
				    rows[i].clean);
}

static void names_are_shortened_in_the_middle(void **state)
{
	static const struct { const char *text; unsigned width; const char *out; } rows[] = {
		{ "abcdefgh", 8, "abcdefgh" },
		{ "abcdefgh", 7, "abc…fgh" },
		{ "abcdefgh", 6, "ab…fgh" },
		{ "abcdefgh", 2, "…h" },
		{ "abcdefgh", 1, "…" },
		{ "äöüäöü", 5, "äö…öü" },
		{ "日本語日本語", 12, "日本語日本語" },
		{ "日本語日本語", 7, "日…語" },		/* half a wide letter is none */
		{ "a\xcc\x81" "bcdef", 3, "a\xcc\x81…f" },	/* an accent takes no column */
		{ "", 1, "" },
	};
	char buf[128];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_string_equal(pmc_format_name(buf, sizeof(buf), rows[i].text, rows[i].width),
				    rows[i].out);
}

static void names_stop_at_the_buffer(void **state)
{
	char buf[6];

	(void)state;
	assert_string_equal(pmc_format_name(buf, sizeof(buf), "abcdefgh", 0), "abcde");
	assert_string_equal(pmc_format_name(buf, sizeof(buf), "aaaaö", 0), "aaaa");
	assert_string_equal(pmc_format_name(buf, sizeof(buf), "日本語", 0), "日");
	assert_string_equal(pmc_format_name(buf, 1, "abc", 0), "");
	assert_string_equal(pmc_format_name(buf, 1, "abc", 2), "");
	assert_string_equal(pmc_format_name(buf, sizeof(buf), "abcdefgh", 7), "abc");
}

static void bytes_are_hex(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x93, 0xac, 0xff };
	char buf[2 * sizeof(bytes) + 2];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_ptr_equal(pmc_format_hex(buf, bytes, sizeof(bytes)), buf);
	assert_string_equal(buf, "0093acff");
	assert_int_equal(buf[2 * sizeof(bytes) + 1], 'x');
	assert_string_equal(pmc_format_hex(buf, bytes, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(times),
		cmocka_unit_test(sizes),
		cmocka_unit_test(bytes_are_hex),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(names_are_shortened_in_the_middle),
		cmocka_unit_test(names_stop_at_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
