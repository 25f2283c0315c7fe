/* test_schema.c - the schema as data, the texts made from it, and migrations. */
#include "store_fixture.h"

#include <sqlite3.h>

#include "store/schema.h"

static void check_columns(const char *of, const struct schema_column *columns)
{
	for (const struct schema_column *column = columns; column->name; column++) {
		if (strlen(column->doc) < 5 || column->doc[strlen(column->doc) - 1] != '.')
			fail_msg("%s.%s has no proper doc: '%s'", of, column->name, column->doc);
		for (const struct schema_column *other = columns; other < column; other++)
			assert_string_not_equal(other->name, column->name);
	}
}

static void test_docs_and_references(void **state)
{
	(void)state;
	for (const struct schema_table *table = schema_tables; table->name; table++) {
		assert_true(strlen(table->doc) > 5);
		check_columns(table->name, table->columns);
		for (const struct schema_column *column = table->columns; column->name; column++) {
			const struct schema_table *to = schema_tables;

			assert_non_null(column->type);
			if (!column->references)
				continue;
			while (to <= table && strcmp(to->name, column->references))
				to++;
			if (to > table)
				fail_msg("%s.%s refers to %s, which is not before it", table->name,
					 column->name, column->references);
		}
	}
	for (const struct schema_view *view = schema_views; view->name; view++)
		check_columns(view->name, view->columns);
}

/* The columns that the design promises, in their order. */
static void test_promised_views(void **state)
{
	static const struct { const char *view, *columns;
	} cases[] = {
		{ "session_summary", "session_id,label,command,hostname,kernel,cpu,cpus,started_at,"
				     "duration_ns,state,events,samples,lost,source" },
		{ "event_summary", "session_id,event,unit,mode,period,samples,value,enabled_ns,"
				   "running_ns,requested,counted,estimate_error,leader" },
		{ "counts", "session_id,event,unit,run,start_ns,end_ns,pid,tid,comm,cpu,value,"
			    "counted,enabled_ns,running_ns,running_share" },
		{ "function_profile",
		  "session_id,event,module,function,file,line,samples,self,total,"
		  "self_share,total_share" },
		{ "line_profile",
		  "session_id,event,module,function,file,line,samples,self,self_share" },
		{ "module_profile", "session_id,event,module,samples,self,self_share" },
		{ "thread_profile", "session_id,event,pid,tid,comm,samples,self,self_share" },
		{ "process_profile", "session_id,event,pid,comm,samples,self,self_share" },
		{ "call_tree",
		  "session_id,event,id,parent_id,depth,module,function,inlined,samples,"
		  "self,total,last_id,total_samples" },
		{ "callers", "session_id,event,module,function,caller_module,caller,inlined,"
			     "samples,total,total_share" },
		{ "callees", "session_id,event,module,function,callee_module,callee,inlined,"
			     "samples,total,total_share" },
		{ "branches", "session_id,event,from_module,from_function,from_line,to_module,"
			      "to_function,to_line,count,mispredicted,type,predicted,timed,"
			      "cycles,in_transaction,aborts,wrong_path" },
		{ "timeline", "session_id,event,slice_ns,pid,tid,comm,function,samples,self" },
		{ "health", "session_id,name,severity,value,advice" },
	};
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *sql = pmc_sprintf("SELECT group_concat(name) FROM "
						 "pragma_table_info('%s')",
						 cases[i].view);
		PMC_FREE char *expected = pmc_sprintf("%s\n", cases[i].columns);

		store_fixture_expect(&t, store, sql, expected);
	}
	store_fixture_expect(&t, store, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
					"AND name NOT LIKE 'sqlite%' AND sql NOT LIKE "
					"'%STRICT%'", "0\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static char *print(void (*fn)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fn(out);
	fclose(out);
	return text;
}

static char *schema_of(sqlite3 *db)
{
	static const char sql[] = "SELECT group_concat(type || ' ' || name || ' ' || tbl_name, "
				  "';') FROM (SELECT * FROM sqlite_schema WHERE name NOT LIKE "
				  "'sqlite%' ORDER BY name)";
	sqlite3_stmt *stmt;
	char *text;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = pmc_strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return text;
}

/* What `pmc db schema` prints is SQL, and makes the same tables as a new file has. */
static void test_printed_schema_runs(void **state)
{
	struct pmc_err err = { 0 };
	sqlite3 *printed, *made;
	PMC_FREE char *sql = print(pmc_store_print_schema);
	PMC_FREE char *reference = print(pmc_store_print_reference);
	PMC_FREE char *first = NULL, *second = NULL;

	(void)state;
	sqlite3_open(":memory:", &printed);
	sqlite3_open(":memory:", &made);
	if (sqlite3_exec(printed, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(printed));
	assert_int_equal(
		schema_migrate(made, "x", schema_migrations, schema_migrations_count, &err), 0);
	first = schema_of(printed);
	second = schema_of(made);
	assert_string_equal(first, second);
	for (const struct schema_table *table = schema_tables; table->name; table++)
		assert_non_null(strstr(reference, table->name));
	for (const struct schema_view *view = schema_views; view->name; view++)
		assert_non_null(strstr(reference, view->name));
	sqlite3_close(printed);
	sqlite3_close(made);
}

static int add_column(sqlite3 *db, struct pmc_err *err)
{
	(void)err;
	return sqlite3_exec(db, "ALTER TABLE session ADD COLUMN mood TEXT; CREATE VIEW old AS "
				"SELECT 1",
			    NULL, NULL, NULL);
}

static int fill_column(sqlite3 *db, struct pmc_err *err)
{
	(void)err;
	return sqlite3_exec(db, "UPDATE session SET mood = 'calm'", NULL, NULL, NULL);
}

static int fail_half_way(sqlite3 *db, struct pmc_err *err)
{
	sqlite3_exec(db, "UPDATE session SET mood = 'lost'; DROP TABLE loss", NULL, NULL, NULL);
	return pmc_err_set(err, PMC_ERR_DATA, "made to fail");
}

static int64_t value_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* A file of today goes two versions on; a third step fails and leaves what the second made. */
static void test_migrations(void **state)
{
	static const struct schema_migration two[] = {
		{ SCHEMA_VERSION + 1, add_column }, { SCHEMA_VERSION + 2, fill_column },
	};
	static const struct schema_migration three[] = {
		{ SCHEMA_VERSION + 1, add_column }, { SCHEMA_VERSION + 2, fill_column },
		{ SCHEMA_VERSION + 3, fail_half_way },
	};
	static const struct schema_migration gap[] = { { SCHEMA_VERSION + 4, fill_column } };
	struct store_fixture t;
	struct pmc_store *store;
	sqlite3 *db;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	pmc_store_close(store);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);

	assert_int_equal(schema_migrate(db, t.path, two, PMC_COUNT(two), &t.err), 0);
	assert_int_equal(value_of(db, "PRAGMA user_version"), SCHEMA_VERSION + 2);
	assert_int_equal(value_of(db, "SELECT count(*) FROM session WHERE mood = 'calm'"), 1);
	/* Views are made anew: ours are there, and what an older version had is gone. */
	assert_int_equal(value_of(db, "SELECT count(*) FROM function_profile") > 0, 1);
	assert_int_equal(value_of(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'old'"), 0);
	/* Once more changes nothing. */
	assert_int_equal(schema_migrate(db, t.path, two, PMC_COUNT(two), &t.err), 0);

	assert_int_equal(schema_migrate(db, t.path, three, PMC_COUNT(three), &t.err), -1);
	assert_string_equal(t.err.message, "made to fail");
	pmc_err_clear(&t.err);
	assert_int_equal(value_of(db, "PRAGMA user_version"), SCHEMA_VERSION + 2);
	assert_int_equal(value_of(db, "SELECT count(*) FROM session WHERE mood = 'calm'"), 1);
	assert_int_equal(value_of(db, "SELECT count(*) FROM loss"), 1);

	/* No step leads from here to there. */
	assert_int_equal(schema_migrate(db, t.path, gap, PMC_COUNT(gap), &t.err), -1);
	assert_non_null(strstr(t.err.message, "cannot bring"));
	pmc_err_clear(&t.err);
	/* This build's own list knows no such version. */
	assert_int_equal(
		schema_migrate(db, t.path, schema_migrations, schema_migrations_count, &t.err), -1);
	assert_non_null(strstr(t.err.message, "schema version 8"));
	sqlite3_close(db);
	store_fixture_fini(&t);
}

/* What another process does while a file is looked at. */
struct other {
	struct store_fixture *t;
	sqlite3 *db;
	int at, statements;
};

static int make_meanwhile(unsigned what, void *ctx, void *statement, void *sql)
{
	struct other *other = ctx;

	(void)what;
	(void)statement;
	(void)sql;
	/* Within a statement nobody can. */
	if (sqlite3_txn_state(other->db, NULL) == SQLITE_TXN_NONE &&
	    other->statements++ == other->at)
		pmc_store_close(store_fixture_open(other->t, PMC_STORE_CREATE));
	return 0;
}

/* A file that is empty when it is opened, and made by another one at any moment after that. */
static void test_identified_while_it_is_made(void **state)
{
	(void)state;
	for (int at = 0; at < 3; at++) {
		struct store_fixture t;
		struct other other = { &t, NULL, at, 0 };
		sqlite3 *db;
		int version;

		store_fixture_init(&t);
		assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
		other.db = db;
		sqlite3_trace_v2(db, SQLITE_TRACE_STMT, make_meanwhile, &other);
		if (schema_identify(db, t.path, SCHEMA_VERSION, &version, &t.err) < 0)
			fail_msg("made before statement %d: %s", at, t.err.message);
		sqlite3_trace_v2(db, 0, NULL, NULL);
		pmc_store_close(store_fixture_open(&t, PMC_STORE_CREATE));
		assert_int_equal(schema_identify(db, t.path, SCHEMA_VERSION, &version, &t.err), 0);
		assert_int_equal(version, SCHEMA_VERSION);
		sqlite3_close(db);
		store_fixture_fini(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docs_and_references),
		cmocka_unit_test(test_promised_views),
		cmocka_unit_test(test_printed_schema_runs),
		cmocka_unit_test(test_migrations),
		cmocka_unit_test(test_identified_while_it_is_made),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
