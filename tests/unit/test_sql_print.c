/*
 * test_sql_print.c - results of queries in all formats, streaming, refusals and hints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/report.h"

#include "session_fixture.h"

static char folder[] = "/tmp/pmc-test-sql-XXXXXX";
static char path[64];
static struct pmc_store *store;

static int set_up(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/test.db", folder);
	session_fixture_write(path);
	store = pmc_store_open(path, PMC_STORE_READ, &err);
	return store ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[80];

	(void)state;
	pmc_store_close(store);
	for (size_t i = 0; i < PMC_COUNT(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return rmdir(folder);
}

/* Output of a text of SQL; an error message is appended as "! message". */
static char *print(const char *sql, enum pmc_format format, unsigned width)
{
	struct pmc_style style = { .width = width };
	struct pmc_err err = { 0 };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);
	int status = pmc_report_sql(store, sql, format, &style, out, &err);

	if (status)
		fprintf(out, "! %s\n", err.message);
	fclose(out);
	assert_int_equal(status, pmc_err_is_set(&err) ? -1 : 0);
	return buffer;
}

static void formats(void **state)
{
	static const struct {
		const char *sql;
		enum pmc_format format;
		const char *printed;
	} rows[] = {
		{"SELECT 1 AS a, 'x' AS b UNION ALL SELECT 100, NULL", PMC_FORMAT_TEXT,
		 "  a  b\n---  -\n  1  x\n100\n"},
		{"SELECT 1 AS a, 'x' AS b UNION ALL SELECT 100, NULL", PMC_FORMAT_CSV,
		 "a,b\r\n1,x\r\n100,\r\n"},
		{"SELECT 1 AS a, 'x' AS b UNION ALL SELECT 100, NULL", PMC_FORMAT_JSON,
		 "[\n  {\"a\": 1, \"b\": \"x\"},\n  {\"a\": 100, \"b\": null}\n]\n"},
		/* Mixed columns stand left; NULLs decide nothing. */
		{"SELECT 1 AS a, NULL AS b UNION ALL SELECT 'text', 2", PMC_FORMAT_TEXT,
		 "a     b\n----  -\n1\ntext  2\n"},
		{"SELECT 1 AS a WHERE 0", PMC_FORMAT_TEXT, "a\n-\n"},
		{"SELECT 1 AS a WHERE 0", PMC_FORMAT_CSV, "a\r\n"},
		{"SELECT 1 AS a WHERE 0", PMC_FORMAT_JSON, "[]\n"},
		{"SELECT 1 AS a; SELECT 2 AS b;", PMC_FORMAT_TEXT, "a\n-\n1\n\nb\n-\n2\n"},
		{"SELECT 1 AS a; -- more\nSELECT 2 AS b", PMC_FORMAT_CSV,
		 "a\r\n1\r\n\r\nb\r\n2\r\n"},
		{"SELECT 1 AS a; SELECT 2 AS b", PMC_FORMAT_JSON,
		 "[\n  {\"a\": 1}\n]\n[\n  {\"b\": 2}\n]\n"},
		{"SELECT 1 AS a, 2 AS a, 3 AS a", PMC_FORMAT_JSON,
		 "[\n  {\"a\": 1, \"a_2\": 2, \"a_3\": 3}\n]\n"},
		{"SELECT 'two' || char(10) || 'lines' AS a", PMC_FORMAT_TEXT,
		 "a\n---------\ntwo lines\n"},
		{"SELECT char(27) || '[31m' AS a", PMC_FORMAT_TEXT, "a\n-----\n?[31m\n"},
		{"SELECT 1 AS \"q\"\"uote,\"", PMC_FORMAT_CSV, "\"q\"\"uote,\"\r\n1\r\n"},
		{"", PMC_FORMAT_TEXT, ""},
		{" -- nothing\n;;", PMC_FORMAT_TEXT, ""},
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		PMC_FREE char *printed = print(rows[i].sql, rows[i].format, 0);

		assert_string_equal(printed, rows[i].printed);
	}
}

static void cut_on_a_terminal_only(void **state)
{
	static const char sql[] =
		"SELECT 'abcdefghijklmnopqrstuvwxyz' AS word, 123456789012 AS number";
	PMC_FREE char *wide = print(sql, PMC_FORMAT_TEXT, 0),
		      *narrow = print(sql, PMC_FORMAT_TEXT, 25);

	(void)state;
	assert_non_null(strstr(wide, "abcdefghijklmnopqrstuvwxyz  123456789012\n"));
	assert_non_null(strstr(narrow, "abcde…vwxyz  123456789012\n"));
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* More rows than are looked at for widths: none is lost, and late wide ones stick out. */
static void streams(void **state)
{
	static const char sql[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2503)"
		" SELECT i, iif(i > 2500, 'a long one', 'x') AS t FROM n";
	PMC_FREE char *text = print(sql, PMC_FORMAT_TEXT, 0), *csv = print(sql, PMC_FORMAT_CSV, 0);
	PMC_FREE char *json = print(sql, PMC_FORMAT_JSON, 0);

	(void)state;
	assert_int_equal(count_lines(text), 2503 + 2);
	assert_non_null(strstr(text, "\n1000  x\n1001  x\n"));
	assert_non_null(strstr(text, "\n2503  a long one\n"));
	assert_int_equal(count_lines(csv), 2503 + 1);
	assert_int_equal(count_lines(json), 2503 + 2);
}

static void errors_have_hints(void **state)
{
	static const struct {
		const char *sql, *message, *hint;	/* parts of them */
	} rows[] = {
		{"SELECT fuction FROM function_profile", "no such column: fuction",
		 "did you mean function"},
		{"SELECT p.selv FROM function_profile p", "no such column: p.selv",
		 "did you mean self"},
		{"SELECT 1 FROM function_profil", "no such table: function_profil",
		 "function_profile"},
		{"SELECT 1 FROM zzzzzzzzzzzzzzzzzzzzz", "no such table: zzz", "pmc db schema"},
		{"SELEC 1", "syntax error", ""},
		{"SELECT 1; SELECT nonsense_x", "no such column: nonsense_x", ""},
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_style style = { 0 };
		struct pmc_err err = { 0 };
		char *buffer;
		size_t size;
		FILE *out = open_memstream(&buffer, &size);

		assert_int_equal(
			pmc_report_sql(store, rows[i].sql, PMC_FORMAT_TEXT, &style, out, &err), -1);
		fclose(out);
		free(buffer);
		assert_non_null(strstr(err.message, rows[i].message));
		assert_non_null(strstr(err.hint, rows[i].hint));
	}
}

/* What comes before a wrong statement is printed; what comes after is not run. */
static void stops_at_the_first_error(void **state)
{
	PMC_FREE char *printed = print("SELECT 1 AS a; SELEC; SELECT 2 AS b", PMC_FORMAT_CSV, 0);

	(void)state;
	assert_int_equal(strncmp(printed, "a\r\n1\r\n! SQL: ", 13), 0);
	assert_null(strstr(printed, "b\r\n"));
}

static void writing_is_refused(void **state)
{
	static const char *const writes[] = {
		"DELETE FROM session",
		"INSERT INTO session DEFAULT VALUES",
		"UPDATE session SET label = 'x'",
		"DROP VIEW health",
		"CREATE TABLE t(x)",
		"ATTACH ':memory:' AS m",
		"VACUUM INTO '/tmp/never.db'",
		"PRAGMA user_version = 7",
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(writes); i++) {
		struct pmc_style style = { 0 };
		struct pmc_err err = { 0 };

		assert_int_equal(
			pmc_report_sql(store, writes[i], PMC_FORMAT_TEXT, &style, stdout, &err),
			-1);
		assert_true(err.hint[0] != '\0');
	}
}

/* Errors are optional, as everywhere. */
static void no_error_struct(void **state)
{
	struct pmc_style style = { 0 };

	(void)state;
	assert_int_equal(pmc_report_sql(store, "SELEC", PMC_FORMAT_TEXT, &style, stdout, NULL), -1);
}

/* A stream that takes no more ends an endless query, and is no error of the query. */
static void closed_output_ends_the_query(void **state)
{
	static const char sql[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

	(void)state;
	for (int format = PMC_FORMAT_TEXT; format <= PMC_FORMAT_JSON; format++) {
		struct pmc_style style = { 0 };
		struct pmc_err err = { 0 };
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		assert_int_equal(
			pmc_report_sql(store, sql, (enum pmc_format)format, &style, out, &err), 0);
		assert_true(ferror(out));
		fclose(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(cut_on_a_terminal_only),
		cmocka_unit_test(streams),
		cmocka_unit_test(errors_have_hints),
		cmocka_unit_test(stops_at_the_first_error),
		cmocka_unit_test(writing_is_refused),
		cmocka_unit_test(no_error_struct),
		cmocka_unit_test(closed_output_ends_the_query),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
