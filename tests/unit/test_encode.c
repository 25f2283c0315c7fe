/*
 * test_encode.c - values as CSV and JSON: quoting, bytes that are no UTF-8, numbers that read back.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "report/encode.h"

static char *encoded(void (*encode)(FILE *out, const char *text, size_t len), const char *text,
		     size_t len)
{
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	encode(out, text, len);
	fclose(out);
	return buffer;
}

static void csv(void **state)
{
	static const struct {
		const char *text, *field;
	} rows[] = {
		{ "", "" },		{ "plain text", "plain text" }, { "a,b", "\"a,b\"" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"" }, { "two\nlines", "\"two\nlines\"" },
		{ "\r", "\"\r\"" },	{ "größe\xff", "größe\xff" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *field = encoded(encode_csv, rows[i].text, strlen(rows[i].text));

		assert_string_equal(field, rows[i].field);
	}
}

static void json(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *string;
	} rows[] = {
		{"", 0, "\"\""},
		{"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
		{"\n\t\033\x7f", 4, "\"\\n\\t\\u001b\\u007f\""},
		{"größe", 7, "\"größe\""},
		{"\xff", 1, "\"\xef\xbf\xbd\""},
		{"\xc3", 1, "\"\xef\xbf\xbd\""}, /* cut short at the end */
		{"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* a surrogate */
		{"a\0b", 3, "\"a\\u0000b\""},
		{"ö", 1, "\"\xef\xbf\xbd\""}, /* the length ends inside */
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *string = encoded(encode_json_len, rows[i].text, rows[i].len);

		assert_string_equal(string, rows[i].string);
	}
}

static void reals(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0.0"},
		{1, "1.0"},
		{-2.5, "-2.5"},
		{0.1, "0.1"},
		{1e300, "1e+300"},
		{INFINITY, "9e999"},
		{-INFINITY, "-9e999"},
		{NAN, "null"},
		{1.0 / 3, "0.3333333333333333"},
		{0.1 + 0.2, "0.30000000000000004"},
	};
	char buf[ENCODE_REAL_SIZE];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_string_equal(encode_real(buf, rows[i].value), rows[i].text);
}

static void cells(void **state)
{
	static const struct {
		struct pmc_cell cell;
		const char *text, *csv, *json;
	} rows[] = {
		{{.type = PMC_CELL_NULL}, "", "", "null"},
		{{.type = PMC_CELL_INT, .integer = INT64_MIN},
		 "-9223372036854775808",
		 "-9223372036854775808",
		 "-9223372036854775808"},
		{{.type = PMC_CELL_REAL, .real = 0.1 + 0.2},
		 "0.3",
		 "0.30000000000000004",
		 "0.30000000000000004"},
		{{.type = PMC_CELL_REAL, .real = 3}, "3.0", "3.0", "3.0"},
		{{.type = PMC_CELL_TEXT, .text = "a,\"b", .len = 4},
		 "a,\"b",
		 "\"a,\"\"b\"",
		 "\"a,\\\"b\""},
		{{.type = PMC_CELL_BLOB, .text = "\x01\xff", .len = 2},
		 "X'01FF'",
		 "X'01FF'",
		 "\"X'01FF'\""},
		{{.type = PMC_CELL_BLOB, .text = NULL, .len = 0}, "X''", "X''", "\"X''\""},
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *text = encode_cell_text(&rows[i].cell);
		char *buffer;
		size_t size;
		FILE *out = open_memstream(&buffer, &size);

		assert_string_equal(text, rows[i].text);
		encode_cell_csv(out, &rows[i].cell);
		fputc('|', out);
		encode_cell_json(out, &rows[i].cell);
		fclose(out);
		free(text);
		text = pmc_sprintf("%s|%s", rows[i].csv, rows[i].json);
		assert_string_equal(buffer, text);
		free(buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(json),
		cmocka_unit_test(reals),
		cmocka_unit_test(cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
