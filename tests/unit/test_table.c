/*
 * test_table.c - columns that line up, and tables that fit windows of any width.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "report/table.h"

static const struct table_column plain[] = {
	{ .title = "share", .right = true },
	{ .title = "count", .right = true, .drop = 2 },
	{ .title = "name", .min = 6 },
	{ .title = "module", .min = 4, .drop = 1 },
};

static struct table *sample(const struct table_column *columns, bool overflow)
{
	static const char *const cells[] = {
		"50 %", "1234", "a_function_name", "libc.so.6",
		"9 %",	"",	"größe",	   "",
		"1 %",	"7",	"日本語",	   "x",
	};
	struct table *table = table_new(columns, 4, overflow);

	for (size_t i = 0; i < PMC_COUNT(cells); i++)
		table_add(table, TEXT_PLAIN, cells[i]);
	return table;
}

static char *print(struct table *table, unsigned width, bool underline)
{
	struct pmc_style style = { .width = width };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	table_print(table, &style, underline, out);
	fclose(out);
	return buffer;
}

static void check_print(struct table *table, unsigned width, bool underline, const char *expected)
{
	PMC_FREE char *printed = print(table, width, underline);

	assert_string_equal(printed, expected);
	table_free(table);
}

static void lines_up(void **state)
{
	(void)state;
	check_print(sample(plain, false), 0, true,
		    "share  count  name             module\n"
		    "-----  -----  ---------------  ---------\n"
		    " 50 %   1234  a_function_name  libc.so.6\n"
		    "  9 %         größe\n"
		    "  1 %      7  日本語           x\n");
}

/* First names are shortened, the widest first; then the columns with the highest drop go. */
static void fits(void **state)
{
	(void)state;
	check_print(sample(plain, false), 36, false,
		    "share  count  name         module\n"
		    " 50 %   1234  a_fun…_name  libc.so.6\n"
		    "  9 %         größe\n"
		    "  1 %      7  日本語       x\n");
}

static void drops(void **state)
{
	(void)state;
	check_print(sample(plain, false), 20, false,
		    "share  name    mo…le\n"
		    " 50 %  a_…ame  li….6\n"
		    "  9 %  größe\n"
		    "  1 %  日本語  x\n");
	check_print(sample(plain, false), 13, false,
		    "share  name\n"
		    " 50 %  a_…ame\n"
		    "  9 %  größe\n"
		    "  1 %  日本語\n");
}

static unsigned widest_line(char *text)
{
	unsigned widest = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (text_width(line) > widest)
			widest = text_width(line);
		if (*line)
			assert_int_not_equal(line[strlen(line) - 1], ' ');
	}
	return widest;
}

static void never_wider_than_the_window(void **state)
{
	struct table_column grouped[4];

	(void)state;
	memcpy(grouped, plain, sizeof(plain));
	grouped[0].group = grouped[1].group = 1;
	for (unsigned width = 1; width <= 80; width++) {
		for (int underline = 0; underline < 2; underline++) {
			struct table *table = sample(grouped, false);
			PMC_FREE char *printed = NULL;

			table_group(table, 1, "a long heading of a group");
			printed = print(table, width, underline);
			assert_true(widest_line(printed) <= width);
			table_free(table);
		}
	}
}

/* Tables of queries keep every column: numbers whole, names at their least. */
static void overflows(void **state)
{
	(void)state;
	check_print(sample(plain, true), 10, false,
		    "share  count  name    m…le\n"
		    " 50 %   1234  a_…ame  l….6\n"
		    "  9 %         größe\n"
		    "  1 %      7  日本語  x\n");
}

static void groups(void **state)
{
	static const struct table_column columns[] = {
		{.title = "self", .right = true, .group = 1},
		{.title = "count", .group = 1, .right = true},
		{.title = "self", .right = true, .group = 2},
		{.title = "name"},
	};
	static const char *const cells[] = { "10.0 %", "12345678", "1", "main" };
	struct table *table = table_new(columns, 4, false);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		table_add(table, TEXT_PLAIN, cells[i]);
	table_group(table, 1, "cycles");
	table_group(table, 2, "page-faults");
	check_print(table, 0, false,
		    "---- cycles ----  p…ts\n"
		    "  self     count  self  name\n"
		    "10.0 %  12345678     1  main\n");
}

/* Rows that come after the first print keep its widths; without a terminal nothing is cut. */
static void streams(void **state)
{
	static const struct table_column columns[] = {{.title = "a", .min = 3}, {.title = "b"}};
	static const unsigned widths[] = { 0, 20 };
	static const char *const later[] = { "longer  x\n", "l…r  x\n" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(widths); i++) {
		struct table *table = table_new(columns, 2, true);
		PMC_FREE char *first = NULL;

		table_add(table, TEXT_PLAIN, "one");
		table_add(table, TEXT_PLAIN, "1");
		first = print(table, widths[i], false);
		assert_string_equal(first, "a    b\none  1\n");
		table_add(table, TEXT_PLAIN, "longer");
		table_add(table, TEXT_PLAIN, "x");
		check_print(table, widths[i], false, later[i]);
	}
}

static void long_names_stick_out(void **state)
{
	static const struct table_column columns[] = {{.title = "name", .pad_max = 6},
						      {.title = "m"}};
	struct table *table = table_new(columns, 2, false);

	(void)state;
	table_add(table, TEXT_PLAIN, "short");
	table_add(table, TEXT_PLAIN, "1");
	table_add(table, TEXT_PLAIN, "quite_long");
	table_add(table, TEXT_PLAIN, "2");
	check_print(table, 0, false, "name    m\nshort   1\nquite_long  2\n");
}

static void late_alignment_and_harmless_cells(void **state)
{
	static const struct table_column columns[] = { { .title = "n\n" } };
	struct table *table = table_new(columns, 1, false);

	(void)state;
	table_align_right(table, 0, true);
	table_add(table, TEXT_PLAIN, "12\033[0m");
	table_add(table, TEXT_PLAIN, "1");
	check_print(table, 0, false, "    n?\n12?[0m\n     1\n");
}

static void no_columns_no_rows(void **state)
{
	(void)state;
	check_print(table_new(NULL, 0, false), 0, true, "");
	check_print(table_new(plain, 1, false), 0, true, "share\n-----\n");
	table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_up),
		cmocka_unit_test(fits),
		cmocka_unit_test(drops),
		cmocka_unit_test(never_wider_than_the_window),
		cmocka_unit_test(overflows),
		cmocka_unit_test(groups),
		cmocka_unit_test(streams),
		cmocka_unit_test(long_names_stick_out),
		cmocka_unit_test(late_alignment_and_harmless_cells),
		cmocka_unit_test(no_columns_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
