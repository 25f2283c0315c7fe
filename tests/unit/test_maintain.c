/* test_maintain.c - checking, deleting and labelling sessions. */
#include "store_fixture.h"

struct findings {
	char text[2000];
	int count;
};

static void collect(void *ctx, const char *finding)
{
	struct findings *findings = ctx;
	const size_t used = strlen(findings->text);

	snprintf(findings->text + used, sizeof(findings->text) - used, "%s\n", finding);
	findings->count++;
}

static void run(struct store_fixture *t, struct pmc_store *store, const char *sql)
{
	free(store_fixture_rows(t, store, sql));
}

/* A finished session of one count, of one thread. */
static void add_counts(struct store_fixture *t, struct pmc_store *store)
{
	struct pmc_writer *writer;
	struct batch_fixture f;
	int64_t id;

	writer = store_fixture_begin(t, store, "counts", &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_COUNT, 0);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	batch_fixture_count(&f, (struct pmc_count_row){ .event = 1, .run = 1, .thread = 1,
							.cpu = -1, .end_ns = 9, .counted = 100,
							.enabled_ns = 9, .running_ns = 3 });
	store_fixture_write(t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 9, false, &t->err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
}

/* Every kind of inconsistency that somebody could inflict is found and named. */
static void test_check_finds(void **state)
{
	static const struct { const char *harm, *finding; } cases[] = {
		{ "UPDATE cost SET value = value + 1 WHERE id = 1", "its costs have" },
		{ "UPDATE cost SET samples = samples - 1 WHERE id = 2", "its costs have" },
		{ "UPDATE event SET samples = 12 WHERE id = 1", "its costs have" },
		{ "UPDATE function_cost SET self = 0 WHERE self > 0", "its functions have" },
		{ "UPDATE function_cost SET total = 99000000000", "not between" },
		{ "UPDATE slice SET entries = '[1,-2,1]' WHERE id = 1", "its time slices have" },
		{ "UPDATE slice SET entries = '[90,-4]' WHERE id = 1", "names cost 90" },
		{ "DELETE FROM slice WHERE slice = 2", "its time slices have" },
		{ "DELETE FROM location WHERE id = 1", "refers to a row of location" },
		{ "DELETE FROM function WHERE name = 'tiny'", "refers to a row of function" },
		{ "DELETE FROM process", "refers to a row of process" },
		{ "UPDATE tree_node SET self = self + 1 WHERE id = 3", "its call tree has" },
		{ "DELETE FROM tree_node WHERE samples > 3", "its call tree has" },
		{ "UPDATE tree_node SET total = 7 WHERE id = 1", "but its parts have" },
		{ "UPDATE tree_node SET below = -1 WHERE id = 1", "cannot be there" },
		{ "UPDATE tree_node SET below = 90 WHERE id = 3", "cannot be there" },
		{ "UPDATE tree_node SET up = 5 WHERE id = 2", "cannot be there" },
		{ "UPDATE tree_node SET depth = 9 WHERE id = 3", "cannot be there" },
		{ "DELETE FROM tree_node WHERE id = 2", "cannot be there" },
		{ "UPDATE tree_node SET recursion = 0", "in the call tree" },
		{ "UPDATE tree_node SET function_id = 77", "refers to a row of function" },
		{ "UPDATE tree_node SET event_id = 77 WHERE event_id = 1",
		  "refers to a row of event" },
		{ "UPDATE event_count SET counted = 1", "its counts have" },
		{ "UPDATE event_count SET running_ns = 1", "its counts have" },
		{ "UPDATE event SET enabled_ns = 1 WHERE mode = 'count'", "its counts have" },
		{ "DELETE FROM event_count", "its counts have" },
		{ "UPDATE event_count SET event_id = 1, thread_id = NULL",
		  "though it was sampled" },
		{ "UPDATE event_count SET event_id = 77", "refers to a row of event" },
		{ "UPDATE event_count SET thread_id = 77", "refers to a row of thread" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct findings findings = { .count = 0 };
		struct store_fixture t;
		struct pmc_store *store;

		store_fixture_init(&t);
		store = store_fixture_open(&t, PMC_STORE_CREATE);
		store_fixture_session(&t, store, NULL);
		add_counts(&t, store);
		assert_int_equal(pmc_store_check(store, collect, &findings, &t.err), 0);
		assert_int_equal(findings.count, 0);
		run(&t, store, cases[i].harm);
		assert_int_equal(pmc_store_check(store, collect, &findings, &t.err), 1);
		if (!strstr(findings.text, cases[i].finding))
			fail_msg("%s: found only\n%s", cases[i].harm, findings.text);
		pmc_store_close(store);
		store_fixture_fini(&t);
	}
}

#define COUNT(table) "(SELECT count(*) FROM " table ")"
#define COUNTS \
	"SELECT " COUNT("session") "," COUNT("event") "," COUNT("cost") "," COUNT("stack") "," \
	COUNT("location") "," COUNT("inline_site") "," COUNT("slice") "," \
	COUNT("function_cost") "," COUNT("thread") "," COUNT("process") "," COUNT("loss") "," \
	COUNT("session_health") "," COUNT("function") "," COUNT("file") "," COUNT("module") "," \
	COUNT("event_count") "," COUNT("tree_node")

static void test_delete(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct batch_fixture f;
	char *before;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, "one");
	before = store_fixture_rows(&t, store, COUNTS);
	store_fixture_session(&t, store, "two");
	/* A third, with names of its own and some of the others'. */
	writer = store_fixture_begin(&t, store, "three", &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/opt/bin/prog", PMC_MODULE_USER);
	batch_fixture_module(&f, "/opt/lib/own.so", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	batch_fixture_cost(&f, 1, 1, 0, batch_fixture_location(&f, 1, 5, "main", "main.c", 12), 0,
			   1, 1);
	batch_fixture_cost(&f, 1, 1, 0, batch_fixture_location(&f, 2, 6, "own", "own.c", 12), 0, 1,
			   1);
	store_fixture_write(&t, writer, &f);
	batch_fixture_fini(&f);
	/* It is being recorded: not now. */
	assert_int_equal(pmc_store_delete_session(store, id, &t.err), -1);
	assert_non_null(strstr(t.err.message, "being recorded"));
	pmc_err_clear(&t.err);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	store_fixture_expect(&t, store, "SELECT (SELECT count(*) FROM module), (SELECT count(*) "
					"FROM file), (SELECT count(*) FROM function)", "2|3|6\n");

	assert_int_equal(pmc_store_delete_session(store, id, &t.err), 0);
	assert_int_equal(pmc_store_delete_session(store, 1, &t.err), 0);
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	store_fixture_expect(&t, store, COUNTS, before);
	store_fixture_expect(&t, store, "SELECT session_id, sum(self) FROM function_profile WHERE "
					"event = 'cpu-clock'",
			     "2|2750000\n");
	assert_int_equal(pmc_store_delete_session(store, 1, &t.err), -1);
	assert_non_null(strstr(t.err.message, "has no session 1"));
	pmc_err_clear(&t.err);
	assert_int_equal(pmc_store_delete_session(store, 2, &t.err), 0);
	store_fixture_expect(&t, store, COUNTS, "0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
	/* The file goes on to be used. */
	store_fixture_session(&t, store, "again");
	store_fixture_expect(&t, store, COUNTS, before);
	free(before);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static void test_label(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	assert_int_equal(pmc_store_label_session(store, 1, "it's", &t.err), 0);
	store_fixture_expect(&t, store, "SELECT label FROM session_summary", "it's\n");
	assert_int_equal(pmc_store_label_session(store, 1, "", &t.err), 0);
	store_fixture_expect(&t, store, "SELECT label IS NULL FROM session_summary", "1\n");
	assert_int_equal(pmc_store_label_session(store, 2, "x", &t.err), -1);
	assert_non_null(strstr(t.err.message, "has no session 2"));
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Another recorder goes on while sessions are deleted; its names are not taken from it. */
static void test_delete_beside_a_recorder(void **state)
{
	struct store_fixture t;
	struct pmc_store *store, *other;
	struct pmc_writer *writer;
	struct batch_fixture f;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, "one");
	other = store_fixture_open(&t, PMC_STORE_WRITE);
	writer = store_fixture_begin(&t, other, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/opt/bin/prog", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	/* The module is known to the recorder, but nothing is in it yet. */
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_store_delete_session(store, 1, &t.err), 0);
	batch_fixture_cost(&f, 1, 1, 0, batch_fixture_location(&f, 1, 5, "main", "main.c", 12), 0,
			   1, 1);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	store_fixture_expect(&t, store, "SELECT module, function, file FROM function_profile",
			     "prog|main|main.c\n");
	pmc_store_close(other);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_finds),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_delete_beside_a_recorder),
	};

	return cmocka_run_group_tests_name("maintain", tests, NULL, NULL);
}
