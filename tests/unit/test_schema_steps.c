/* test_schema_steps.c - files of older versions: migrated when written to, read as they are. */
#include "store_fixture.h"

#include <libgen.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/schema.h"

/* What session_v1.sql has to tell by this version's views: the same whether read or migrated. */
static const struct { const char *sql, *expected; } views[] = {
	{ "SELECT session_id, label, duration_ns, state, events, samples, lost "
	  "FROM session_summary",
	  "1|one|300000000|finished|cpu-clock,instructions|13|5\n"
	  "2|two|300000000|finished|cpu-clock,instructions|13|5\n" },
	{ "SELECT * FROM event_summary WHERE session_id = 2",
	  "2|cpu-clock|ns|frequency|4000|11|2750000|100000000|100000000|cpu-clock|2760000|-0.004|"
	  "\n"
	  "2|instructions|count|period|1000|2|4002|100000000|50000000|instructions|4200|-0.047|"
	  "\n" },
	{ "SELECT count(*) FROM session_facts", "0\n" },
	{ "SELECT * FROM counts WHERE session_id = 1",
	  "1|cpu-clock|ns|1|0|300000000|||||2760000|2760000|100000000|100000000|1.000\n"
	  "1|instructions|count|1|0|300000000|||||4200|2100|100000000|50000000|0.500\n" },
	{ "SELECT * FROM function_profile WHERE session_id = 2 AND self > 0 ORDER BY event, "
	  "self DESC, function",
	  "2|cpu-clock|prog|rec|main.c|30|4|1000000|1000000|0.364|0.364\n"
	  "2|cpu-clock|prog|tiny|tiny.h||3|750000|750000|0.273|0.273\n"
	  "2|cpu-clock|prog|work|main.c|20|3|750000|1500000|0.273|0.545\n"
	  "2|cpu-clock|prog|[prog+0x99]|||1|250000|250000|0.091|0.091\n"
	  "2|instructions|prog|work|main.c|20|2|4002|4002|1.000|1.000\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM line_profile", "10|26|5508004\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM module_profile", "4|26|5508004\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM thread_profile", "6|26|5508004\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM process_profile", "4|26|5508004\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM call_tree", "18|26|5508004\n" },
	{ "SELECT count(*), sum(samples), sum(self) FROM timeline", "12|26|5508004\n" },
	{ "SELECT session_id, name, severity, value, length(advice) > 20 FROM health ORDER BY 1, 2",
	  "1|lost_records|error|5|1\n1|multiplexed|warning|1|1\n1|unresolved|warning|1|1\n"
	  "2|lost_records|error|5|1\n2|multiplexed|warning|1|1\n2|unresolved|warning|1|1\n" },
	{ "SELECT sum(samples), sum(value) FROM slice_cost", "26|5504002\n" },
	{ "SELECT count(*) FROM event_count", "0\n" },
	{ "SELECT count(*) FROM branches", "0\n" },
	{ "SELECT count(*), count(source) FROM session_summary", "2|0\n" },
};

static void run(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%.60s: %s", sql, message);
}

/* The file of session_v1.sql, at t->path. */
static void make_version_1(struct store_fixture *t)
{
	char source[] = __FILE__, name[4096], *sql = NULL;
	size_t size = 0;
	sqlite3 *db;
	FILE *in;

	snprintf(name, sizeof(name), "%s/session_v1.sql", dirname(source));
	in = fopen(name, "r");
	if (!in)
		fail_msg("cannot open %s: tests run from the folder of the Makefile", name);
	assert_true(getdelim(&sql, &size, '\0', in) > 0);
	fclose(in);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	run(db, sql);
	run(db, "PRAGMA journal_mode = WAL");
	sqlite3_close(db);
	free(sql);
}

static void expect_version(struct store_fixture *t, const char *expected)
{
	struct pmc_store *store = store_fixture_open(t, PMC_STORE_READ);

	store_fixture_expect(t, store, "SELECT user_version FROM pragma_user_version", expected);
	pmc_store_close(store);
}

static void expect_views(struct store_fixture *t, struct pmc_store *store)
{
	for (size_t i = 0; i < PMC_COUNT(views); i++)
		store_fixture_expect(t, store, views[i].sql, views[i].expected);
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t->err), 0);
}

static void test_migrated(void **state)
{
	static const enum pmc_store_mode modes[] = { PMC_STORE_WRITE, PMC_STORE_CREATE };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(modes); i++) {
		struct store_fixture t;
		struct pmc_store *store;

		store_fixture_init(&t);
		make_version_1(&t);
		store = store_fixture_open(&t, modes[i]);
		expect_views(&t, store);
		store_fixture_expect(&t, store, "SELECT user_version FROM pragma_user_version",
				     "6\n");
		/* It takes new sessions, and gives up old ones. */
		assert_int_equal(store_fixture_session(&t, store, "three"), 3);
		assert_int_equal(pmc_store_delete_session(store, 1, &t.err), 0);
		assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
		pmc_store_close(store);
		store = store_fixture_open(&t, PMC_STORE_READ);
		store_fixture_expect(&t, store, "SELECT group_concat(label) FROM session_summary",
				     "two,three\n");
		pmc_store_close(store);
		store_fixture_fini(&t);
	}
}

/* Statements of the schema without blanks and quotes, which ALTER TABLE sets otherwise. */
static char *schema_of(struct store_fixture *t, struct pmc_store *store)
{
	char *text = store_fixture_rows(t, store, "SELECT type, name, tbl_name, sql FROM "
						  "sqlite_schema ORDER BY type, name");
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (!strchr(" \t\n\"", *from))
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* Nobody can tell a migrated file from a new one. */
static void test_same_as_new(void **state)
{
	struct store_fixture t, fresh;
	struct pmc_store *store;
	char *migrated, *made;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	store = store_fixture_open(&t, PMC_STORE_WRITE);
	migrated = schema_of(&t, store);
	pmc_store_close(store);
	store_fixture_fini(&t);
	store_fixture_init(&fresh);
	store = store_fixture_open(&fresh, PMC_STORE_CREATE);
	made = schema_of(&fresh, store);
	pmc_store_close(store);
	store_fixture_fini(&fresh);
	assert_string_equal(migrated, made);
	free(migrated);
	free(made);
}

static void expect_refused(struct store_fixture *t, struct pmc_store *store, const char *sql)
{
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, &t->err);

	if (query && pmc_query_step(query, &t->err) >= 0)
		fail_msg("was not refused: %s", sql);
	pmc_query_free(query);
	pmc_err_clear(&t->err);
}

/* A reader has all views and leaves the file as it was. */
static void test_read_as_it_is(void **state)
{
	static const char *const writing[] = {
		"DROP VIEW counts", "DROP VIEW temp.counts", "CREATE TEMP VIEW mine AS SELECT 1",
		"CREATE TEMP TABLE mine(a)", "INSERT INTO event_count DEFAULT VALUES",
		"UPDATE session_health SET value = 0", "DELETE FROM main.session_health",
		"PRAGMA query_only = OFF",
	};
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	store = store_fixture_open(&t, PMC_STORE_READ);
	expect_views(&t, store);
	for (size_t i = 0; i < PMC_COUNT(writing); i++)
		expect_refused(&t, store, writing[i]);
	expect_views(&t, store);
	pmc_store_close(store);
	expect_version(&t, "1\n");
	store_fixture_fini(&t);
}

/* Somebody else's file, in a folder that may not be written. */
static void read_without_rights(struct store_fixture *t)
{
	struct pmc_store *store = store_fixture_open(t, PMC_STORE_READ);

	expect_views(t, store);
	pmc_store_close(store);
	store = pmc_store_open(t->path, PMC_STORE_WRITE, &t->err);
	_exit(store ? 3 : 0);
}

static void test_read_without_rights(void **state)
{
	struct store_fixture t;
	int status;
	pid_t child;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	chmod(t.path, 0444);
	chmod(t.folder, 0555);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		read_without_rights(&t);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	chmod(t.folder, 0755);
	expect_version(&t, "1\n");
	store_fixture_fini(&t);
}

/* A reader that was there first goes on when a recorder migrates the file below it. */
static void test_migrated_below_a_reader(void **state)
{
	struct store_fixture t;
	struct pmc_store *reader, *store;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	reader = store_fixture_open(&t, PMC_STORE_READ);
	expect_views(&t, reader);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	expect_views(&t, reader);
	store_fixture_session(&t, store, "three");
	store_fixture_expect(&t, reader, "SELECT count(*), sum(self) FROM function_profile WHERE "
					 "session_id = 3 AND event = 'cpu-clock'", "5|2750000\n");
	pmc_store_close(store);
	pmc_store_close(reader);
	store_fixture_fini(&t);
}

/* A recorder of the older version goes on with the statements it has prepared. */
static void test_migrated_below_a_recorder(void **state)
{
	static const char *const statements[] = {
		"INSERT INTO event(session_id, name, requested, unit, mode, period_or_hz, "
		"fallback, enabled_ns, running_ns, counted, lost_samples, samples, value) "
		"VALUES (2, 'more', '', 'ns', 'period', 1, NULL, 0, 0, 0, 0, 0, 0)",
		"UPDATE event SET counted = 2760000 WHERE id = 3",
		"REPLACE INTO session_health(session_id, figure_id, value) VALUES (2, 1, 6)",
	};
	sqlite3_stmt *prepared[PMC_COUNT(statements)];
	struct store_fixture t;
	struct pmc_store *store;
	sqlite3 *db;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	for (size_t i = 0; i < PMC_COUNT(statements); i++)
		assert_int_equal(sqlite3_prepare_v2(db, statements[i], -1, &prepared[i], NULL),
				 SQLITE_OK);
	store = store_fixture_open(&t, PMC_STORE_WRITE);
	for (size_t i = 0; i < PMC_COUNT(statements); i++) {
		assert_int_equal(sqlite3_step(prepared[i]), SQLITE_DONE);
		sqlite3_finalize(prepared[i]);
	}
	sqlite3_close(db);
	store_fixture_expect(&t, store, "SELECT events FROM session_summary WHERE session_id = 2",
			     "cpu-clock,instructions,more\n");
	store_fixture_expect(&t, store, "SELECT value, length(advice) > 20 FROM health WHERE "
					"session_id = 2 AND name = 'lost_records'", "6|1\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* A step that cannot be made leaves the file as it was, still to be read. */
static void test_failed_step(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	sqlite3 *db;

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	run(db, "CREATE TABLE event_count(mine)");
	sqlite3_close(db);
	assert_null(pmc_store_open(t.path, PMC_STORE_WRITE, &t.err));
	assert_non_null(strstr(t.err.message, "event_count already exists"));
	pmc_err_clear(&t.err);
	store = store_fixture_open(&t, PMC_STORE_READ);
	expect_views(&t, store);
	pmc_store_close(store);
	expect_version(&t, "1\n");
	store_fixture_fini(&t);
}

/* Several recorders find the old file at the same moment: one migrates, all write. */
static void test_migrated_by_several(void **state)
{
	enum { PROCESSES = 6 };
	struct store_fixture t;
	struct pmc_store *store;
	pid_t children[PROCESSES];

	(void)state;
	store_fixture_init(&t);
	make_version_1(&t);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i]) {
			store = pmc_store_open(t.path, PMC_STORE_CREATE, &t.err);
			if (!store)
				fprintf(stderr, "%s\n", t.err.message);
			else
				store_fixture_session(&t, store, NULL);
			pmc_store_close(store);
			_exit(store ? 0 : 1);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	store = store_fixture_open(&t, PMC_STORE_READ);
	store_fixture_expect(&t, store, "SELECT count(*), sum(samples) FROM session_summary",
			     "8|104\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	expect_version(&t, "6\n");
	store_fixture_fini(&t);
}

/* Branches of versions 4 and 5 are read and migrated; what those did not keep is NULL. */
static void test_branches_of_older_sessions(void **state)
{
	static const char sql[] = "SELECT session_id, count, mispredicted, type, predicted, timed, "
				  "cycles, in_transaction, aborts, wrong_path FROM branches";
	static const char expected[] = "1|7|2|||||||\n";
	static const enum pmc_store_mode modes[] = { PMC_STORE_READ, PMC_STORE_WRITE };
	static const struct { size_t steps; const char *version; } kept[] = {
		{ 3, "4\n" }, { 4, "5\n" },
	};

	(void)state;
	for (size_t v = 0; v < PMC_COUNT(kept); v++) {
		struct store_fixture t;
		sqlite3 *db;

		store_fixture_init(&t);
		make_version_1(&t);
		assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
		assert_int_equal(schema_migrate(db, t.path, schema_migrations, kept[v].steps,
						&t.err), 0);
		run(db, "INSERT INTO branch SELECT min(e.id), min(l.id), max(l.id), 7, 2 "
			"FROM event e, location l WHERE e.session_id = 1");
		sqlite3_close(db);
		for (size_t i = 0; i < PMC_COUNT(modes); i++) {
			struct pmc_store *store = store_fixture_open(&t, modes[i]);

			store_fixture_expect(&t, store, sql, expected);
			pmc_store_close(store);
			expect_version(&t, i ? "6\n" : kept[v].version);
		}
		store_fixture_fini(&t);
	}
}

/* A file of version 2, as the first step leaves it: only without the tables of trees. */
static void make_version_2(struct store_fixture *t)
{
	sqlite3 *db;

	make_version_1(t);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(schema_migrate(db, t->path, schema_migrations, 1, &t->err), 0);
	sqlite3_close(db);
}

/* Sessions of before have no tree and get none: views compute it, migrated or not. */
static void test_trees_of_older_sessions(void **state)
{
	static const char trees[] =
		"SELECT depth, function, inlined, samples, self, total, last_id - id, "
		"total_samples FROM call_tree WHERE session_id = 2 AND event = 'cpu-clock' "
		"ORDER BY depth, function";
	static const char expected[] =
		"0|[prog+0x99]|0|1|250000|250000|0|1\n0|main|0|0|0|2500000|5|10\n"
		"1|rec|0|0|0|1000000|2|4\n1|work|0|3|750000|1500000|1|6\n"
		"2|rec|0|0|0|1000000|1|4\n2|tiny|1|3|750000|750000|0|3\n"
		"3|rec|0|4|1000000|1000000|0|4\n";
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	make_version_2(&t);
	expect_version(&t, "2\n");
	store = store_fixture_open(&t, PMC_STORE_READ);
	expect_views(&t, store);
	store_fixture_expect(&t, store, trees, expected);
	pmc_store_close(store);
	store = store_fixture_open(&t, PMC_STORE_WRITE);
	store_fixture_expect(&t, store, "SELECT count(*) FROM tree_node", "0\n");
	expect_views(&t, store);
	store_fixture_expect(&t, store, trees, expected);
	store_fixture_session(&t, store, "three");
	store_fixture_expect(&t, store, "SELECT count(DISTINCT event_id), count(*) FROM "
					"tree_node", "2|9\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_migrated),
		cmocka_unit_test(test_same_as_new),
		cmocka_unit_test(test_read_as_it_is),
		cmocka_unit_test(test_read_without_rights),
		cmocka_unit_test(test_migrated_below_a_reader),
		cmocka_unit_test(test_migrated_below_a_recorder),
		cmocka_unit_test(test_failed_step),
		cmocka_unit_test(test_migrated_by_several),
		cmocka_unit_test(test_trees_of_older_sessions),
		cmocka_unit_test(test_branches_of_older_sessions),
	};

	return cmocka_run_group_tests_name("schema_steps", tests, NULL, NULL);
}
