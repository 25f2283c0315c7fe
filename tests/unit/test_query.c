/* test_query.c - statements of readers: rows, errors with their place, and nothing that writes. */
#include "store_fixture.h"

#include <pthread.h>

struct query_fixture {
	struct store_fixture t;
	struct pmc_store *store;
};

static int set_up(void **state)
{
	struct query_fixture *q = pmc_calloc(1, sizeof(*q));

	store_fixture_init(&q->t);
	q->store = store_fixture_open(&q->t, PMC_STORE_CREATE);
	store_fixture_session(&q->t, q->store, "one");
	store_fixture_session(&q->t, q->store, "two");
	store_fixture_session(&q->t, q->store, "one");
	store_fixture_session(&q->t, q->store, "2");
	pmc_store_close(q->store);
	q->store = store_fixture_open(&q->t, PMC_STORE_READ);
	*state = q;
	return 0;
}

static int tear_down(void **state)
{
	struct query_fixture *q = *state;

	pmc_store_close(q->store);
	store_fixture_fini(&q->t);
	free(q);
	return 0;
}

static void test_cells(void **state)
{
	struct query_fixture *q = *state;
	const char *sql = "SELECT 7, 1.5, 'text', x'0102', NULL AS none; SELECT ?1, ?2; -- end";
	const char *rest;
	struct pmc_query *query = pmc_query_prepare(q->store, sql, &rest, &q->t.err);

	assert_non_null(query);
	assert_int_equal(pmc_query_columns(query), 5);
	assert_string_equal(pmc_query_column_name(query, 4), "none");
	assert_int_equal(pmc_query_step(query, &q->t.err), 1);
	assert_int_equal(pmc_query_cell(query, 0).type, PMC_CELL_INT);
	assert_int_equal(pmc_query_cell(query, 0).integer, 7);
	assert_int_equal(pmc_query_cell(query, 1).type, PMC_CELL_REAL);
	assert_true(pmc_query_cell(query, 1).real == 1.5);
	assert_string_equal(pmc_query_cell(query, 2).text, "text");
	assert_int_equal(pmc_query_cell(query, 3).type, PMC_CELL_BLOB);
	assert_int_equal(pmc_query_cell(query, 3).len, 2);
	assert_int_equal(pmc_query_cell(query, 4).type, PMC_CELL_NULL);
	assert_int_equal(pmc_query_step(query, &q->t.err), 0);
	pmc_query_free(query);

	query = pmc_query_prepare(q->store, rest, &rest, &q->t.err);
	assert_non_null(query);
	assert_int_equal(pmc_query_bind_int(query, 1, -5), 0);
	assert_int_equal(pmc_query_bind_text(query, 2, "two"), 0);
	assert_int_equal(pmc_query_bind_int(query, 3, 0), -1);
	assert_int_equal(pmc_query_step(query, &q->t.err), 1);
	assert_int_equal(pmc_query_cell(query, 0).integer, -5);
	assert_string_equal(pmc_query_cell(query, 1).text, "two");
	pmc_query_free(query);

	assert_null(pmc_query_prepare(q->store, rest, &rest, &q->t.err));
	assert_false(pmc_err_is_set(&q->t.err));
	assert_string_equal(rest, "");
}

static void test_empty_statements(void **state)
{
	static const char *const texts[] = { "", "  \n", ";", ";;  ;", "-- only words",
		"/* a */ ; -- b" };
	struct query_fixture *q = *state;

	for (size_t i = 0; i < PMC_COUNT(texts); i++) {
		assert_null(pmc_query_prepare(q->store, texts[i], NULL, &q->t.err));
		assert_false(pmc_err_is_set(&q->t.err));
	}
	store_fixture_expect(&q->t, q->store, "; -- first\n; SELECT 1", "1\n");
}

static void test_writes_are_refused(void **state)
{
	static const char *const texts[] = {
		"INSERT INTO file(path) VALUES ('x')", "UPDATE session SET label = 'x'",
			"DELETE FROM session",
		"CREATE TABLE t(a)", "CREATE TEMP TABLE t(a)", "DROP VIEW health",
			"ALTER TABLE file RENAME TO f",
		"ATTACH '/tmp/other.db' AS o", "DETACH main", "VACUUM",
			"VACUUM INTO '/tmp/copy.db'", "REINDEX",
		"ANALYZE", "BEGIN IMMEDIATE", "PRAGMA user_version = 7",
			"PRAGMA journal_mode = DELETE",
		"PRAGMA journal_mode(DELETE)", "PRAGMA query_only = OFF",
			"PRAGMA writable_schema = ON",
		"PRAGMA wal_checkpoint", "PRAGMA incremental_vacuum", "PRAGMA optimize",
			"PRAGMA application_id = 1",
		"WITH x AS (SELECT 1) DELETE FROM session", "SELECT load_extension('x')",
			"/* hi */ DELETE FROM cost",
	};
	struct query_fixture *q = *state;

	for (size_t i = 0; i < PMC_COUNT(texts); i++) {
		struct pmc_query *query = pmc_query_prepare(q->store, texts[i], NULL, &q->t.err);

		if (query)
			fail_msg("was not refused: %s", texts[i]);
		if (!strstr(q->t.err.message, "reading only") && !strstr(q->t.err.message,
			"load_extension"))
			fail_msg("%s: %s", texts[i], q->t.err.message);
		pmc_err_clear(&q->t.err);
	}
	store_fixture_expect(&q->t, q->store, "SELECT count(*) FROM session", "4\n");
}

static void test_reads_are_not_refused(void **state)
{
	static const char *const texts[] = {
		"SELECT 1", "VALUES (1), (2)", "WITH x AS (SELECT 1) SELECT * FROM x",
			"EXPLAIN SELECT 1",
		"EXPLAIN QUERY PLAN SELECT * FROM cost", "PRAGMA table_info(session)",
			"PRAGMA user_version",
		"PRAGMA journal_mode", "PRAGMA integrity_check", "SELECT * FROM pragma_table_list",
		"SELECT sql FROM sqlite_schema", "BEGIN", "COMMIT", "  \n PRAGMA page_size",
	};
	struct query_fixture *q = *state;

	for (size_t i = 0; i < PMC_COUNT(texts); i++)
		free(store_fixture_rows(&q->t, q->store, texts[i]));
}

static void test_errors_name_the_place(void **state)
{
	static const struct { const char *sql, *message, *hint; } cases[] = {
		{ "SELEC 1", "near \"SELEC\": syntax error (line 1, column 1", "" },
		{ "SELECT 1,\n  foo FROM cost", "no such column: foo (line 2, column 3",
			"db schema" },
		{ "SELECT * FROM missing", "no such table: missing", "function_profile" },
		{ "SELECT 'ä', oops", "column 13", "db schema" },
		{ "SELECT (", "incomplete input", "" },
	};
	struct query_fixture *q = *state;
	const char *rest;

	/* In pmc's own statements it is the file that is wrong. */
	assert_null(pmc_query_prepare(q->store, "SELECT foo FROM cost", NULL, &q->t.err));
	assert_int_equal(q->t.err.kind, PMC_ERR_DATA);
	assert_non_null(strstr(q->t.err.message, "damaged, or its tables were changed: SQL: no "
						 "such column: foo"));
	pmc_err_clear(&q->t.err);
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		assert_null(pmc_query_prepare(q->store, cases[i].sql, &rest, &q->t.err));
		assert_int_equal(q->t.err.kind, PMC_ERR_USAGE);
		if (!strstr(q->t.err.message, cases[i].message) ||
		    !strstr(q->t.err.hint, cases[i].hint))
			fail_msg("%s: %s (%s)", cases[i].sql, q->t.err.message, q->t.err.hint);
		pmc_err_clear(&q->t.err);
	}
	struct pmc_query *query =
		pmc_query_prepare(q->store, "SELECT json_extract('{', '$')", NULL, &q->t.err);

	assert_non_null(query);
	assert_int_equal(pmc_query_step(query, &q->t.err), -1);
	assert_non_null(strstr(q->t.err.message, "malformed JSON"));
	pmc_query_free(query);
}

static void test_find_session(void **state)
{
	static const struct { const char *text; int64_t id; } cases[] = {
		{ NULL, 4 }, { "last", 4 }, { "1", 1 }, { "2", 2 }, { "one", 3 }, { "two", 2 }, {
			"5", 0 },
		{ "three", 0 }, { "", 0 }, { "99999999999999999999", 0 }, { "-1", 0 },
	};
	struct query_fixture *q = *state;

	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		int64_t id = 0;
		const int found = pmc_store_find_session(q->store, cases[i].text, &id, &q->t.err);

		assert_int_equal(found, cases[i].id ? 0 : -1);
		assert_int_equal(id, cases[i].id);
		if (!cases[i].id)
			assert_non_null(strstr(q->t.err.hint, "4 (2), 3 (one), 2 (two), 1 (one)"));
		pmc_err_clear(&q->t.err);
	}
}

static void *interrupt_until_done(void *arg)
{
	struct query_fixture *q = arg;

	while (!pmc_err_is_set(&q->t.err)) {
		pmc_store_interrupt(q->store);
		usleep(1000);
	}
	return NULL;
}

/*
 * A query without an end is ended. The flag is read while it is written: only its being set
 * matters.
 */
static void test_interrupt(void **state)
{
	struct query_fixture *q = *state;
	struct pmc_query *query = pmc_query_prepare(q->store, "WITH RECURSIVE n(i) AS (VALUES(1) "
							      "UNION ALL SELECT i + 1 FROM n) "
							      "SELECT count(*) FROM "
							      "n", NULL, &q->t.err);
	pthread_t thread;

	assert_non_null(query);
	assert_int_equal(pthread_create(&thread, NULL, interrupt_until_done, q), 0);
	assert_int_equal(pmc_query_step(query, &q->t.err), -1);
	assert_non_null(strstr(q->t.err.message, "interrupted"));
	pthread_join(thread, NULL);
	pmc_query_free(query);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_cells),
		CASE(test_empty_statements),
		CASE(test_writes_are_refused),
		CASE(test_reads_are_not_refused),
		CASE(test_errors_name_the_place),
		CASE(test_find_session),
		CASE(test_interrupt),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
