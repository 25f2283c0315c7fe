/*
 * test_text.c - widths, harmless copies, and paragraphs that fit windows of any width.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "report/text.h"

static void widths(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
	} rows[] = {
		{ "", 0 },	   { "abc", 3 },	    { "größe", 5 },	{ "日本", 4 },
		{ "e\xcc\x81", 1 }, { "a\xff" "b", 3 }, { "\xe2\x82", 2 }, { "…", 1 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_int_equal(text_width(rows[i].text), rows[i].width);
}

static void clean_copies(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *clean;
	} rows[] = {
		{ "plain", 0, "plain" },
		{ "a\033[31mb\n", 0, "a?[31mb?" },
		{ "\xff", 0, "?" },
		{ "abcdefghij", 5, "ab…ij" },
		{ "abcdefghij", 10, "abcdefghij" },
		{ "abcdefghij", 1, "…" },
		{ "abc", 2, "…c" },
		{ "日本語日本語", 5, "日…語" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *clean = text_clean(rows[i].text, rows[i].width);

		assert_string_equal(clean, rows[i].clean);
	}
}

static void base_names(void **state)
{
	(void)state;
	assert_string_equal(text_base_name("/usr/lib/libc.so.6"), "libc.so.6");
	assert_string_equal(text_base_name("[kernel]"), "[kernel]");
	assert_string_equal(text_base_name("folder/"), "folder/");
	assert_string_equal(text_base_name(""), "");
}

static void share_tints(void **state)
{
	(void)state;
	assert_int_equal(text_share_tint(0.5), TEXT_HOT);
	assert_int_equal(text_share_tint(0.1), TEXT_HOT);
	assert_int_equal(text_share_tint(0.0999), TEXT_WARM);
	assert_int_equal(text_share_tint(0.05), TEXT_WARM);
	assert_int_equal(text_share_tint(0.01), TEXT_MILD);
	assert_int_equal(text_share_tint(0.0099), TEXT_PLAIN);
}

static char *paragraph(unsigned width, const char *label, unsigned indent, const char *text)
{
	struct pmc_style style = { .width = width };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	text_paragraph(out, &style, TEXT_TITLE, label, indent, text);
	fclose(out);
	return buffer;
}

static void paragraphs(void **state)
{
	static const struct {
		unsigned width, indent;
		const char *label, *text, *printed;
	} rows[] = {
		{ 0, 6, "Name", "one two", "Name  one two\n" },
		{ 30, 6, "Name", "one two", "Name  one two\n" },
		{ 26, 6, "Name", "one two three four five six",
		  "Name  one two three four\n      five six\n" },
		{ 26, 6, "Name", "a-word-that-is-longer-than-a-line",
		  "Name  a-word-that-is-longe\n      r-than-a-line\n" },
		{ 10, 6, "Name", "one two three", "Name\none two\nthree\n" },
		{ 3, 6, "Name", "one two", "N…e\none\ntwo\n" },
		{ 1, 6, "", "日a", "日\na\n" },
		{ 20, 0, "", "", "\n" },
		{ 20, 0, "", "bell\a", "bell?\n" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *printed =
			paragraph(rows[i].width, rows[i].label, rows[i].indent, rows[i].text);

		assert_string_equal(printed, rows[i].printed);
	}
}

static void color_only_where_wanted(void **state)
{
	struct pmc_style style = { .color = true };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	(void)state;
	text_put(out, &style, TEXT_HOT, "hot");
	text_put(out, &style, TEXT_PLAIN, "plain");
	text_put(out, &style, TEXT_HOT, "");
	style.color = false;
	text_put(out, &style, TEXT_HOT, "cold");
	fclose(out);
	assert_string_equal(buffer, "\033[31mhot\033[0mplaincold");
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),	cmocka_unit_test(clean_copies),
		cmocka_unit_test(base_names),	cmocka_unit_test(share_tints),
		cmocka_unit_test(paragraphs),	cmocka_unit_test(color_only_where_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
