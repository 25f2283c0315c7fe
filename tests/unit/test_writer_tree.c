/*
 * test_writer_tree.c - call trees in the file: as written at the end, and as computed without.
 */
#include "store_fixture.h"

#include <sqlite3.h>

#define TREE \
	"SELECT event, depth, function, inlined, samples, self, total, last_id - id, " \
	"total_samples FROM call_tree ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
#define CALLERS \
	"SELECT event, caller, function, inlined, samples, total, total_share FROM callers " \
	"ORDER BY 1, 2, 3"
#define CALLEES \
	"SELECT event, function, callee, inlined, samples, total, total_share FROM callees " \
	"ORDER BY 1, 2, 3"

static void run(struct store_fixture *t, struct pmc_store *store, const char *sql)
{
	free(store_fixture_rows(t, store, sql));
}

static void forget_trees(struct store_fixture *t, struct pmc_store *store)
{
	run(t, store, "DELETE FROM tree_node");
}

/* Whatever the session, its trees do not change when they must be computed. */
static void expect_same_computed(struct store_fixture *t, struct pmc_store *store)
{
	static const char *const queries[] = { TREE, CALLERS, CALLEES };
	char *stored[PMC_COUNT(queries)];

	for (size_t i = 0; i < PMC_COUNT(queries); i++)
		stored[i] = store_fixture_rows(t, store, queries[i]);
	store_fixture_expect(t, store, "SELECT count(*) > 0 FROM tree_node", "1\n");
	store_fixture_expect(t, store, "SELECT count(*) FROM live_tree", "0\n");
	forget_trees(t, store);
	for (size_t i = 0; i < PMC_COUNT(queries); i++) {
		store_fixture_expect(t, store, queries[i], stored[i]);
		free(stored[i]);
	}
	/* Preorder: every subtree is a range. */
	store_fixture_expect(t, store,
			     "SELECT count(*) FROM call_tree n JOIN call_tree p ON p.session_id = "
			     "n.session_id AND p.event = n.event AND p.id = n.parent_id WHERE "
			     "NOT (n.id > p.id AND n.last_id <= p.last_id AND n.depth = p.depth "
			     "+ 1)", "0\n");
}

static void test_small_session(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	store_fixture_expect(&t, store, TREE,
			     "cpu-clock|0|[prog+0x99]|0|1|250000|250000|0|1\n"
			     "cpu-clock|0|main|0|0|0|2500000|5|10\n"
			     "cpu-clock|1|rec|0|0|0|1000000|2|4\n"
			     "cpu-clock|1|work|0|3|750000|1500000|1|6\n"
			     "cpu-clock|2|rec|0|0|0|1000000|1|4\n"
			     "cpu-clock|2|tiny|1|3|750000|750000|0|3\n"
			     "cpu-clock|3|rec|0|4|1000000|1000000|0|4\n"
			     "instructions|0|main|0|0|0|4002|5|2\n"
			     "instructions|1|work|0|2|4002|4002|1|2\n");
	store_fixture_expect(&t, store, CALLERS,
			     "cpu-clock||[prog+0x99]|0|1|250000|0.091\n"
			     "cpu-clock||main|0|10|2500000|0.909\n"
			     "cpu-clock|main|rec|0|4|1000000|0.364\n"
			     "cpu-clock|main|work|0|6|1500000|0.545\n"
			     "cpu-clock|rec|rec|0|4|1000000|0.364\n"
			     "cpu-clock|work|tiny|1|3|750000|0.273\n"
			     "instructions||main|0|2|4002|1.000\n"
			     "instructions|main|work|0|2|4002|1.000\n");
	store_fixture_expect(&t, store, CALLEES,
			     "cpu-clock|main|rec|0|4|1000000|0.364\n"
			     "cpu-clock|main|work|0|6|1500000|0.545\n"
			     "cpu-clock|rec|rec|0|4|1000000|0.364\n"
			     "cpu-clock|work|tiny|1|3|750000|0.273\n"
			     "instructions|main|work|0|2|4002|1.000\n");
	expect_same_computed(&t, store);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* a calls b calls a calls b …: pairs count once a sample, and each function once. */
static void test_mutual_recursion(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct batch_fixture f;
	uint32_t a, b, stack = 0;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	a = batch_fixture_location(&f, 1, 1, "a", NULL, 0);
	b = batch_fixture_location(&f, 1, 2, "b", NULL, 0);
	for (int i = 0; i < 5; i++) {
		stack = batch_fixture_stack(&f, stack, a);
		batch_fixture_cost(&f, 1, 1, stack, b, 0, 1, 10);
		stack = batch_fixture_stack(&f, stack, b);
	}
	store_fixture_write(&t, writer, &f);
	/* While it is being recorded, too. */
	store_fixture_expect(&t, store, CALLERS, "cycles||a|0|5|50|1.000\ncycles|a|b|0|5|50|1.000\n"
						 "cycles|b|a|0|4|40|0.800\n");
	store_fixture_expect(&t, store, "SELECT count(*), max(depth), sum(self), max(total) FROM "
					"call_tree", "10|9|50|50\n");
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	store_fixture_expect(&t, store, CALLERS, "cycles||a|0|5|50|1.000\ncycles|a|b|0|5|50|1.000\n"
						 "cycles|b|a|0|4|40|0.800\n");
	store_fixture_expect(&t, store, "SELECT count(*), max(depth), sum(self), max(total) FROM "
					"call_tree", "10|9|50|50\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	expect_same_computed(&t, store);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* The same function called and inlined by the same caller: two nodes, one pair. */
static void test_called_and_inlined(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct batch_fixture f;
	uint32_t outer, both, leaf, stack;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	outer = batch_fixture_location(&f, 1, 1, "outer", NULL, 0);
	both = batch_fixture_location(&f, 1, 2, "small", NULL, 0);
	batch_fixture_frame(&f, "middle", NULL, 0);
	batch_fixture_frame(&f, "outer", NULL, 0);
	leaf = batch_fixture_location(&f, 1, 3, "middle", NULL, 0);
	stack = batch_fixture_stack(&f, 0, outer);
	batch_fixture_cost(&f, 1, 1, stack, leaf, 0, 2, 20);
	batch_fixture_cost(&f, 1, 1, 0, both, 0, 3, 30);
	batch_fixture_cost(&f, 1, 1, batch_fixture_stack(&f, 0, both), leaf, 0, 4, 40);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	store_fixture_expect(&t, store, TREE, "cycles|0|outer|0|0|0|90|4|9\n"
					      "cycles|1|middle|0|2|20|20|0|2\n"
					      "cycles|1|middle|1|0|0|70|2|7\n"
					      "cycles|2|small|1|3|30|70|1|7\n"
					      "cycles|3|middle|0|4|40|40|0|4\n");
	store_fixture_expect(&t, store, CALLERS, "cycles||outer|0|9|90|1.000\n"
						 "cycles|middle|small|1|7|70|0.778\n"
						 "cycles|outer|middle|0|9|90|1.000\n"
						 "cycles|small|middle|0|4|40|0.444\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	expect_same_computed(&t, store);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static uint32_t next_random(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

/* Trees by chance, in several flushes: what is written is what is computed. */
static void test_by_chance(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 4; round++) {
		static const char *const names[] = { "a", "b", "c", "d", "e", "f", NULL };
		struct store_fixture t;
		struct pmc_store *store;
		struct pmc_writer *writer;
		struct batch_fixture f;
		int64_t id;

		store_fixture_init(&t);
		store = store_fixture_open(&t, PMC_STORE_CREATE);
		writer = store_fixture_begin(&t, store, NULL, &id);
		batch_fixture_init(&f);
		batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
		batch_fixture_event(&f, "faults", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
		f.event_rows.items[1].enabled_ns = 3;
		f.event_rows.items[1].running_ns = 2;
		batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER);
		batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
		batch_fixture_thread(&f, 1, 10, "q");
		for (uint32_t i = 0; i < 300; i++) {
			if (i < 20) {
				batch_fixture_location(&f, 1, i, names[next_random(&seed, 7)],
						       NULL, 0);
				for (uint32_t n = next_random(&seed, 3); n; n--)
					batch_fixture_frame(&f, names[next_random(&seed, 6)], NULL,
							    0);
			}
			batch_fixture_stack(&f, next_random(&seed, f.stacks + 1),
					    1 + next_random(&seed, f.locations));
			batch_fixture_cost(&f, 1 + next_random(&seed, 2),
					   1 + next_random(&seed, 2),
					   next_random(&seed, f.stacks + 1),
					   1 + next_random(&seed, f.locations), i / 50, 1,
					   next_random(&seed, 100));
			if (i % 70 == 69)
				store_fixture_write(&t, writer, &f);
		}
		store_fixture_write(&t, writer, &f);
		assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
		pmc_writer_free(writer);
		batch_fixture_fini(&f);
		assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
		expect_same_computed(&t, store);
		pmc_store_close(store);
		store_fixture_fini(&t);
	}
}

/* A session that never ended, and one without samples, have no tree; others' are not touched. */
static void test_without_end(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, "whole");
	writer = store_fixture_begin(&t, store, "cut", &id);
	store_fixture_fill(&t, writer);
	pmc_writer_free(writer);
	writer = store_fixture_begin(&t, store, "empty", &id);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	store_fixture_expect(&t, store, "SELECT DISTINCT session_id FROM tree_node "
			     "JOIN event ON event.id = event_id", "1\n");
	store_fixture_expect(&t, store, "SELECT session_id, count(*), sum(self), max(total) FROM "
					"call_tree WHERE event = 'cpu-clock' GROUP BY 1",
			     "1|7|2750000|2500000\n2|7|2750000|2500000\n");
	store_fixture_expect(&t, store, "SELECT session_id, sum(total) FROM callees WHERE "
					"function = 'main' AND event = 'cpu-clock' GROUP BY 1",
			     "1|2500000\n2|2500000\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Stacks and inlined calls that lead in circles, in a file that somebody damaged. */
static void test_circles(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, NULL);
	forget_trees(&t, store);
	run(&t, store, "UPDATE stack SET parent_id = 3 WHERE id = 2");
	run(&t, store, "UPDATE inline_site SET outer_id = id");
	store_fixture_expect(&t, store, "SELECT sum(samples), sum(self) FROM call_tree WHERE event "
					"= 'cpu-clock'", "11|2750000\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_session),
		cmocka_unit_test(test_mutual_recursion),
		cmocka_unit_test(test_called_and_inlined),
		cmocka_unit_test(test_by_chance),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_circles),
	};

	return cmocka_run_group_tests_name("writer_tree", tests, NULL, NULL);
}
