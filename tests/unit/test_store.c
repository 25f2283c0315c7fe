/* test_store.c - opening files of all kinds: new, ours, newer, foreign, damaged, out of reach. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void make_file(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static void change(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void expect_refusal(struct store_fixture *t, const char *path, enum pmc_store_mode mode,
			   const char *message, const char *hint)
{
	struct pmc_store *store = pmc_store_open(path, mode, &t->err);

	if (store)
		fail_msg("mode %d opened it; expected: %s", (int)mode, message);
	if (!strstr(t->err.message, message) || !strstr(t->err.hint, hint))
		fail_msg("mode %d: '%s' ('%s'), expected '%s' ('%s')", (int)mode, t->err.message,
			 t->err.hint, message, hint);
	pmc_err_clear(&t->err);
}

static void test_new_file(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct stat st;

	(void)state;
	store_fixture_init(&t);
	expect_refusal(&t, t.path, PMC_STORE_READ, "there is no session file", "pmc record");
	expect_refusal(&t, t.path, PMC_STORE_WRITE, "there is no session file", "pmc record");
	assert_int_equal(stat(t.path, &st), -1);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_expect(&t, store, "SELECT * FROM pragma_application_id, pragma_user_version, "
					"pragma_journal_mode",
			     "1886217009|6|wal\n");
	pmc_store_close(store);
	for (int mode = PMC_STORE_READ; mode <= PMC_STORE_CREATE; mode++)
		pmc_store_close(store_fixture_open(&t, (enum pmc_store_mode)mode));
	store_fixture_fini(&t);
}

/* Reading leaves nothing beside the file. */
static void test_reading_leaves_no_files(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	char name[320];
	struct stat st;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	pmc_store_close(store);
	store = store_fixture_open(&t, PMC_STORE_READ);
	free(store_fixture_rows(&t, store, "SELECT * FROM function_profile"));
	pmc_store_close(store);
	snprintf(name, sizeof(name), "%s-wal", t.path);
	assert_int_equal(stat(name, &st), -1);
	snprintf(name, sizeof(name), "%s-shm", t.path);
	assert_int_equal(stat(name, &st), -1);
	store_fixture_fini(&t);
}

static void test_newer_version(void **state)
{
	struct store_fixture t;

	(void)state;
	store_fixture_init(&t);
	pmc_store_close(store_fixture_open(&t, PMC_STORE_CREATE));
	change(t.path, "PRAGMA user_version = 99");
	for (int mode = PMC_STORE_READ; mode <= PMC_STORE_CREATE; mode++)
		expect_refusal(&t, t.path, (enum pmc_store_mode)mode, "schema version 99; this pmc",
			       "newer pmc");
	change(t.path, "PRAGMA user_version = -3");
	expect_refusal(&t, t.path, PMC_STORE_READ, "schema version -3", "damaged");
	store_fixture_fini(&t);
}

static void test_other_application(void **state)
{
	struct store_fixture t;

	(void)state;
	store_fixture_init(&t);
	change(t.path, "CREATE TABLE mine(a)");
	for (int mode = PMC_STORE_READ; mode <= PMC_STORE_CREATE; mode++)
		expect_refusal(&t, t.path, (enum pmc_store_mode)mode,
			       "another application (application_id 0)", "-o");
	change(t.path, "PRAGMA application_id = 77");
	expect_refusal(&t, t.path, PMC_STORE_CREATE, "another application (application_id 77)",
		       "-o");
	/* It was not touched. */
	change(t.path, "INSERT INTO mine VALUES (1)");
	store_fixture_fini(&t);
}

static void test_not_a_database(void **state)
{
	static const char text[] = "just some text, and more of it than the header of a database "
				   "would need; no SQLite file begins so, whatever "
				   "follows.................................";
	struct store_fixture t;

	(void)state;
	store_fixture_init(&t);
	make_file(t.path, text, sizeof(text));
	for (int mode = PMC_STORE_READ; mode <= PMC_STORE_CREATE; mode++)
		expect_refusal(&t, t.path, (enum pmc_store_mode)mode, "not a session file",
			       "another file");
	/* An empty file is as good as none: a recorder fills it, a reader says so. */
	make_file(t.path, "", 0);
	expect_refusal(&t, t.path, PMC_STORE_READ, "empty database", "pmc record");
	pmc_store_close(store_fixture_open(&t, PMC_STORE_CREATE));
	pmc_store_close(store_fixture_open(&t, PMC_STORE_READ));
	store_fixture_fini(&t);
}

/* Cut or overwritten in the middle: an error or findings, never a crash. */
static void test_damaged(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct stat st;

	(void)state;
	for (int damage = 0; damage < 12; damage++) {
		char junk[3000];
		int fd;

		store_fixture_init(&t);
		store = store_fixture_open(&t, PMC_STORE_CREATE);
		store_fixture_session(&t, store, NULL);
		pmc_store_close(store);
		assert_int_equal(stat(t.path, &st), 0);
		memset(junk, 0xa5 + damage, sizeof(junk));
		fd = open(t.path, O_WRONLY);
		if (damage < 4)
			assert_int_equal(ftruncate(fd, st.st_size / 5 * (damage + 1)), 0);
		else
			assert_int_equal(
				pwrite(fd, junk, sizeof(junk), st.st_size / 9 * (damage - 3)),
				sizeof(junk));
		close(fd);
		store = pmc_store_open(t.path, PMC_STORE_READ, &t.err);
		if (store) {
			/*
			 * Bytes that belong to no row may be anything: then the results are right.
			 */
			if (!pmc_store_check(store, NULL, NULL, &t.err))
				store_fixture_expect(&t, store, "SELECT sum(self) FROM "
								"function_profile WHERE event = "
								"'cpu-clock'", "2750000\n");
		} else if (!t.err.hint[0]) {
			fail_msg("no hint: %s", t.err.message);
		}
		pmc_store_close(store);
		store_fixture_fini(&t);
	}
}

static void test_wrong_paths(void **state)
{
	struct store_fixture t;
	char path[320];

	(void)state;
	store_fixture_init(&t);
	expect_refusal(&t, t.folder, PMC_STORE_READ, "it is a folder", "pmc.db");
	snprintf(path, sizeof(path), "%s/no/such/pmc.db", t.folder);
	expect_refusal(&t, path, PMC_STORE_CREATE, "cannot create", "mkdir -p");
	make_file(t.path, "", 0);
	snprintf(path, sizeof(path), "%s/pmc.db", t.path);
	expect_refusal(&t, path, PMC_STORE_CREATE, "Not a directory", "check the path");
	expect_refusal(&t, "/dev/full", PMC_STORE_READ, "'/dev/full'", "");
	store_fixture_fini(&t);
}

/* Without the rights of root: what a user meets who may not read or write. */
static void check_rights(struct store_fixture *t)
{
	struct pmc_store *store;

	chmod(t->folder, 0555);
	chmod(t->path, 0444);
	expect_refusal(t, t->path, PMC_STORE_WRITE, "for writing: Permission denied", "-o FILE");
	/* No -wal, and none can be made: read as a file that does not change. */
	store = store_fixture_open(t, PMC_STORE_READ);
	store_fixture_expect(t, store, "SELECT count(*) FROM function_profile WHERE event = "
				       "'cpu-clock'", "5\n");
	pmc_store_close(store);
	chmod(t->path, 0644);
	expect_refusal(t, t->path, PMC_STORE_CREATE, "folder", "-o FILE");
	store = store_fixture_open(t, PMC_STORE_READ);
	pmc_store_close(store);
	chmod(t->path, 0000);
	expect_refusal(t, t->path, PMC_STORE_READ, "for reading: Permission denied", "chmod +r");
	chmod(t->path, 0644);
	chmod(t->folder, 0755);
}

static void test_rights(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	int status;
	pid_t child;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	pmc_store_close(store);
	if (geteuid() == 0) {
		assert_int_equal(chown(t.folder, 65534, 65534), 0);
		assert_int_equal(chown(t.path, 65534, 65534), 0);
	}
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		check_rights(&t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_fixture_fini(&t);
}

/* Odd characters in a path mean nothing special. */
static void test_odd_paths(void **state)
{
	static const char *const names[] = { "a b.db", "per%41cent?x=1#y.db", "ümlaut.db",
		"file:x.db" };
	struct store_fixture t;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		struct stat st;

		store_fixture_init(&t);
		snprintf(t.path, sizeof(t.path), "%s/%s", t.folder, names[i]);
		pmc_store_close(store_fixture_open(&t, PMC_STORE_CREATE));
		assert_int_equal(stat(t.path, &st), 0);
		pmc_store_close(store_fixture_open(&t, PMC_STORE_READ));
		store_fixture_fini(&t);
	}
}

/* Several processes make the same file at the same moment. */
static void test_created_by_several(void **state)
{
	enum { PROCESSES = 6 };
	struct store_fixture t;
	pid_t children[PROCESSES];

	(void)state;
	store_fixture_init(&t);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i]) {
			struct pmc_store *store = pmc_store_open(t.path, PMC_STORE_CREATE, &t.err);

			if (!store)
				fprintf(stderr, "%s\n", t.err.message);
			pmc_store_close(store);
			_exit(store ? 0 : 1);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	pmc_store_close(store_fixture_open(&t, PMC_STORE_READ));
	store_fixture_fini(&t);
}

static void test_writing_needs_rights(void **state)
{
	const struct pmc_session_info info = { .command = "x" };
	struct store_fixture t;
	struct pmc_store *store;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	pmc_store_close(store_fixture_open(&t, PMC_STORE_CREATE));
	store = store_fixture_open(&t, PMC_STORE_READ);
	assert_null(pmc_writer_begin(store, &info, &id, &t.err));
	assert_non_null(strstr(t.err.message, "reading only"));
	pmc_err_clear(&t.err);
	assert_int_equal(pmc_store_delete_session(store, 1, &t.err), -1);
	assert_non_null(strstr(t.err.message, "reading only"));
	pmc_store_close(store);
	pmc_store_close(NULL);
	store_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_reading_leaves_no_files),
		cmocka_unit_test(test_newer_version),
		cmocka_unit_test(test_other_application),
		cmocka_unit_test(test_not_a_database),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_wrong_paths),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_odd_paths),
		cmocka_unit_test(test_created_by_several),
		cmocka_unit_test(test_writing_needs_rights),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
