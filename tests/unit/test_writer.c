/*
 * test_writer.c - what batches become: golden rows of every view, sharing, errors, several at once.
 */
#include "store_fixture.h"

#include <sys/wait.h>

static void test_views(void **state)
{
	static const struct { const char *sql, *expected; } cases[] = {
		{ "SELECT session_id, label, command, hostname, kernel, cpu, cpus, started_at, "
		  "duration_ns, state, events, samples, lost FROM session_summary",
		  "1|one|./prog 'a b'|host|6.1|Test CPU|2|2023-11-14 "
		  "22:13:20|300000000|finished|cpu-clock,instructions|13|5\n" },
		{ "SELECT * FROM event_summary ORDER BY event",
		  "1|cpu-clock|ns|frequency|4000|11|2750000|100000000|100000000|cpu-clock|"
		  "2760000|-0.004|\n"
		  "1|instructions|count|period|1000|2|4002|100000000|50000000|instructions|"
		  "4200|-0.047|\n" },
		{ "SELECT * FROM function_profile WHERE event = 'cpu-clock' ORDER BY total DESC, "
		  "function",
		  "1|cpu-clock|prog|main|main.c|10|0|0|2500000|0.000|0.909\n"
		  "1|cpu-clock|prog|work|main.c|20|3|750000|1500000|0.273|0.545\n"
		  "1|cpu-clock|prog|rec|main.c|30|4|1000000|1000000|0.364|0.364\n"
		  "1|cpu-clock|prog|tiny|tiny.h||3|750000|750000|0.273|0.273\n"
		  "1|cpu-clock|prog|[prog+0x99]|||1|250000|250000|0.091|0.091\n" },
		{ "SELECT * FROM function_profile WHERE event = 'instructions' ORDER BY self DESC",
		  "1|instructions|prog|work|main.c|20|2|4002|4002|1.000|1.000\n"
		  "1|instructions|prog|main|main.c|10|0|0|4002|0.000|1.000\n" },
		{ "SELECT * FROM line_profile WHERE event = 'cpu-clock' ORDER BY self DESC, line "
		  "DESC",
		  "1|cpu-clock|prog|rec|main.c|38|4|1000000|0.364\n"
		  "1|cpu-clock|prog|work|main.c|25|3|750000|0.273\n"
		  "1|cpu-clock|prog|tiny|tiny.h|5|3|750000|0.273\n"
		  "1|cpu-clock|prog|[prog+0x99]|||1|250000|0.091\n" },
		{ "SELECT * FROM module_profile ORDER BY event",
		  "1|cpu-clock|prog|11|2750000|1.000\n1|instructions|prog|2|4002|1.000\n" },
		{ "SELECT * FROM thread_profile WHERE event = 'cpu-clock' ORDER BY tid",
		  "1|cpu-clock|100|100|prog|10|2500000|0.909\n"
		  "1|cpu-clock|100|101|worker|1|250000|0.091\n" },
		{ "SELECT * FROM process_profile ORDER BY event",
		  "1|cpu-clock|100|prog|11|2750000|1.000\n1|instructions|100|prog|2|4002|1.000\n" },
		{ "SELECT t.depth, p.function, t.module, t.function, t.inlined, t.samples, t.self, "
		  "t.total FROM call_tree t LEFT JOIN call_tree p ON p.id = t.parent_id AND "
		  "p.event = t.event WHERE t.event = 'cpu-clock' ORDER BY t.depth, t.function, "
		  "t.inlined, t.self",
		  "0||prog|[prog+0x99]|0|1|250000|250000\n"
		  "0||prog|main|0|0|0|2500000\n"
		  "1|main|prog|rec|0|0|0|1000000\n"
		  "1|main|prog|work|0|3|750000|1500000\n"
		  "2|rec|prog|rec|0|0|0|1000000\n"
		  "2|work|prog|tiny|1|3|750000|750000\n"
		  "3|rec|prog|rec|0|4|1000000|1000000\n" },
		{ "SELECT depth, function, self, total FROM call_tree WHERE event = 'instructions' "
		  "ORDER BY depth",
		  "0|main|0|4002\n1|work|4002|4002\n" },
		{ "SELECT * FROM timeline ORDER BY event, slice_ns, function",
		  "1|cpu-clock|0|100|100|prog|tiny|2|500000\n"
		  "1|cpu-clock|0|100|100|prog|work|3|750000\n"
		  "1|cpu-clock|100000000|100|100|prog|rec|4|1000000\n"
		  "1|cpu-clock|100000000|100|100|prog|tiny|1|250000\n"
		  "1|cpu-clock|200000000|100|101|worker|[prog+0x99]|1|250000\n"
		  "1|instructions|0|100|100|prog|work|2|4002\n" },
		{ "SELECT function FROM timeline WHERE event = 'cpu-clock' AND slice_ns >= "
		  "100000000 AND slice_ns < 200000000 ORDER BY 1", "rec\ntiny\n" },
		{ "SELECT session_id, name, severity, value FROM health ORDER BY name",
		  "1|lost_records|error|5\n1|multiplexed|warning|1\n1|unresolved|warning|1\n" },
		{ "SELECT cpu, slice, count FROM loss", "1|2|5\n" },
		{ "SELECT pid, ppid, comm, start_ns, end_ns FROM process",
			"100|1|prog|0|260000000\n" },
		{ "SELECT tid, comm, end_ns FROM thread ORDER BY tid",
			"100|prog|\n101|worker|250000000\n" },
		{ "SELECT entries, period, vals FROM slice ORDER BY event_id, slice",
		  "[1,-2,1,-1]|250000|\n[2,1,-3]|250000|\n[4]|250000|\n[1,-1]||[1000,1001]\n" },
		{ "SELECT total_samples FROM function_cost c JOIN function f ON f.id = "
		  "c.function_id WHERE f.name = 'main' ORDER BY event_id", "10\n2\n" },
	};
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	store_fixture_session(&t, store, "one");
	for (size_t i = 0; i < PMC_COUNT(cases); i++)
		store_fixture_expect(&t, store, cases[i].sql, cases[i].expected);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Two sessions of the same program share names, and their profiles do not mix. */
static void test_two_sessions(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	assert_int_equal(store_fixture_session(&t, store, "one"), 1);
	assert_int_equal(store_fixture_session(&t, store, "two"), 2);
	store_fixture_expect(&t, store, "SELECT (SELECT count(*) FROM module), (SELECT count(*) "
					"FROM function), (SELECT count(*) FROM file)", "1|5|2\n");
	store_fixture_expect(&t, store, "SELECT session_id, self FROM function_profile WHERE "
					"function = 'work' AND event = 'cpu-clock' ORDER BY "
					"1", "1|750000\n2|750000\n");
	store_fixture_expect(&t, store, "SELECT count(*), sum(self) FROM call_tree WHERE "
					"session_id = 2 AND event = 'cpu-clock'",
			     "7|2750000\n");
	store_fixture_expect(&t, store, "SELECT count(*), sum(self) FROM timeline WHERE session_id "
					"= 2 AND event = 'cpu-clock'",
			     "5|2750000\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Deep chains of inlining in callers and leaves keep their places in the tree. */
static void test_inlined_callers(void **state)
{
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	uint32_t event, module, thread, caller, leaf, stack;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	event = batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 100);
	module = batch_fixture_module(&f, "[kernel]", PMC_MODULE_KERNEL);
	thread = batch_fixture_thread(&f, batch_fixture_process(&f, 1, "a"), 1, "a");
	caller = batch_fixture_location(&f, module, 1, "c_in", "c.c", 11);
	batch_fixture_frame(&f, "c_mid", "c.c", 22);
	batch_fixture_frame(&f, "c_out", "c.c", 33);
	leaf = batch_fixture_location(&f, module, 2, NULL, NULL, 0);
	stack = batch_fixture_stack(&f, 0, caller);
	batch_fixture_cost(&f, event, thread, stack, leaf, 7, 1, 100);
	batch_fixture_cost(&f, event, thread, stack, caller, 7, 2, 200);
	store_fixture_write(&t, writer, &f);
	store_fixture_expect(&t, store,
		"SELECT t.depth, p.function, t.function, t.inlined, t.self, t.total FROM call_tree "
		"t LEFT JOIN call_tree p ON p.id = t.parent_id ORDER BY t.depth, t.function, "
		"t.total",
		"0||c_out|0|0|300\n1|c_out|c_mid|1|0|300\n2|c_mid|c_in|1|0|300\n"
		"3|c_in|[kernel+0x2]|0|100|100\n"
		"3|c_in|c_out|0|0|200\n4|c_out|c_mid|1|0|200\n5|c_mid|c_in|1|200|200\n");
	/* Recursion through inlined frames counts once. */
	store_fixture_expect(&t, store, "SELECT function, self, total FROM function_profile ORDER "
					"BY function",
			     "[kernel+0x2]|100|100\nc_in|200|300\nc_mid|0|300\nc_out|0|300\n");
	/* Both addresses share the sites. */
	store_fixture_expect(&t, store, "SELECT count(*) FROM inline_site", "2\n");
	assert_int_equal(pmc_writer_unresolved(writer), 1);
	batch_fixture_fini(&f);
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Many costs in one slice are cut into rows; every sum survives, with periods that vary too. */
static void test_long_slices(void **state)
{
	enum { LOCATIONS = 1000 };
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	uint32_t event, module, thread;
	uint64_t sum = 0;
	char expected[64];
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	event = batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_FREQUENCY, 100);
	module = batch_fixture_module(&f, "/lib/m", PMC_MODULE_USER);
	thread = batch_fixture_thread(&f, batch_fixture_process(&f, 1, "a"), 1, "a");
	for (uint32_t i = 0; i < LOCATIONS; i++) {
		const uint32_t location = batch_fixture_location(&f, module, i, "f", NULL, 0);

		batch_fixture_cost(&f, event, thread, 0, location, 3, 1 + i % 3, 1000 + i * 7);
		batch_fixture_cost(&f, event, thread, 0, location, 70000, 1, 9);
		sum += 1000 + i * 7 + 9;
	}
	store_fixture_write(&t, writer, &f);
	snprintf(expected, sizeof(expected), "%u|%llu\n", LOCATIONS + 1999,
		 (unsigned long long)sum);
	store_fixture_expect(&t, store, "SELECT sum(samples), sum(value) FROM slice_cost",
			     expected);
	store_fixture_expect(&t, store, "SELECT sum(samples), sum(self) FROM timeline", expected);
	store_fixture_expect(&t, store, "SELECT sum(samples), sum(self) FROM function_profile",
			     expected);
	store_fixture_expect(&t, store, "SELECT sum(samples), sum(self) FROM timeline WHERE "
					"slice_ns = 7000000000000",
			     "1000|9000\n");
	store_fixture_expect(&t, store, "SELECT count(*) > 2, count(period) FROM slice WHERE slice "
					"= 3", "1|0\n");
	store_fixture_expect(&t, store, "SELECT min(period) FROM slice WHERE slice = 70000", "9\n");
	batch_fixture_fini(&f);
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Sums up to the largest that SQLite holds are exact, of samples as of values. */
static void test_large_numbers(void **state)
{
	static const char *const queries[] = {
		"SELECT samples, value FROM event_summary",
		"SELECT sum(samples), sum(value) FROM slice_cost",
		"SELECT sum(samples), sum(self) FROM timeline",
		"SELECT sum(samples), sum(self) FROM function_profile",
		"SELECT max(total_samples), max(total) FROM call_tree",
	};
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	uint32_t event, module, thread, caller;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	event = batch_fixture_event(&f, "samples", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	module = batch_fixture_module(&f, "/lib/m", PMC_MODULE_USER);
	thread = batch_fixture_thread(&f, batch_fixture_process(&f, 1, "a"), 1, "a");
	caller = batch_fixture_stack(&f, 0, batch_fixture_location(&f, module, 0, "f", NULL, 0));
	for (uint32_t i = 0; i < 2; i++)
		batch_fixture_cost(&f, event, thread, caller,
				   batch_fixture_location(&f, module, 1 + i, "g", NULL, 0), i,
				   (1ULL << 62) - i, i ? 1ULL << 62 : INT64_MAX >> 1);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1000, false, &t.err), 0);
	for (size_t i = 0; i < PMC_COUNT(queries); i++)
		store_fixture_expect(&t, store, queries[i],
				     "9223372036854775807|9223372036854775807\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	batch_fixture_fini(&f);
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* A batch without a symbolizer: every address is its own function. */
static void test_without_names(void **state)
{
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_batch *batch;
	uint32_t event, thread, module;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	event = batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	module = batch_fixture_module(&f, "[unknown]", PMC_MODULE_UNKNOWN);
	thread = batch_fixture_thread(&f, batch_fixture_process(&f, 1, "a"), 1, "a");
	batch_fixture_cost(&f, event, thread, 0,
			   batch_fixture_location(&f, module, 0xffffffff81000000, "x", NULL, 0), 0,
			   1, 1);
	batch_fixture_cost(&f, event, thread, 0,
			   batch_fixture_location(&f, module, 0x10, "x", NULL, 0), 0, 1, 1);
	batch = batch_fixture_batch(&f);
	batch->names = NULL;
	batch->frames = NULL;
	batch->frame_first = NULL;
	assert_int_equal(pmc_writer_write(writer, batch, &t.err), 0);
	store_fixture_expect(&t, store, "SELECT function FROM function_profile ORDER BY 1",
			     "[unknown+0x10]\n[unknown+0xffffffff81000000]\n");
	batch_fixture_fini(&f);
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Each fault is refused with its reason, and nothing of the batch is in the file. */
static void test_faulty_batches(void **state)
{
	static const struct { int fault; const char *message; } cases[] = {
		{ 0, "event 2 of 1" }, { 1, "thread 9 of 1" }, { 2, "stack 3 of 1" }, { 3,
			"location 0 of 1" },
		{ 4, "without samples" }, { 5, "module 7 of 1" }, { 6, "begin at id 5" }, { 7,
			"no frames" },
		{ 8, "process 0 of 1" }, { 9, "stack 1 of 0" }, { 10, "string 99 of" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct store_fixture t;
		struct batch_fixture f;
		struct pmc_store *store;
		struct pmc_writer *writer;
		struct pmc_batch *batch;
		int64_t id;

		store_fixture_init(&t);
		store = store_fixture_open(&t, PMC_STORE_CREATE);
		writer = store_fixture_begin(&t, store, NULL, &id);
		batch_fixture_init(&f);
		batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
		batch_fixture_module(&f, "/m", PMC_MODULE_USER);
		batch_fixture_thread(&f, batch_fixture_process(&f, 1, "a"), 1, "a");
		batch_fixture_stack(&f, 0, batch_fixture_location(&f, 1, 1, "f", NULL, 0));
		batch_fixture_cost(&f, 1, 1, 1, 1, 0, 1, 1);
		batch = batch_fixture_batch(&f);
		switch (cases[i].fault) {
		case 0: batch->costs[0].event = 2; break;
		case 1: batch->costs[0].thread = 9; break;
		case 2: batch->costs[0].stack = 3; break;
		case 3: batch->costs[0].location = 0; break;
		case 4: batch->costs[0].samples = 0; break;
		case 5: batch->locations[0].module = 7; break;
		case 6: batch->modules_first = 5; break;
		case 7: batch->frame_first[1] = 0; break;
		case 8: batch->threads[0].process = 0; break;
		case 9: batch->stacks[0].parent = 1; break;
		case 10: batch->processes[0].comm = 99; break;
		}
		assert_int_equal(pmc_writer_write(writer, batch, &t.err), -1);
		if (!strstr(t.err.message, cases[i].message))
			fail_msg("'%s' does not say '%s'", t.err.message, cases[i].message);
		store_fixture_expect(&t, store, "SELECT count(*) FROM event", "0\n");
		batch_fixture_fini(&f);
		pmc_writer_free(writer);
		pmc_store_close(store);
		store_fixture_fini(&t);
	}
}

/*
 * The file has no room: the flush fails with a hint, what was there before stays, and so does the
 * writer's word.
 */
static void test_full_disk(void **state)
{
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_query *query;
	uint32_t module;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	query = pmc_query_prepare(store, "PRAGMA max_page_count = 50", NULL, &t.err);
	assert_non_null(query);
	assert_int_equal(pmc_query_step(query, &t.err), 1);
	pmc_query_free(query);
	batch_fixture_init(&f);
	module = batch_fixture_module(&f, "/m", PMC_MODULE_USER);
	for (uint32_t i = 0; i < 20000; i++)
		batch_fixture_location(&f, module, i, NULL, NULL, 0);
	assert_int_equal(pmc_writer_write(writer, batch_fixture_batch(&f), &t.err), -1);
	assert_non_null(strstr(t.err.hint, "full"));
	pmc_err_clear(&t.err);
	batch_fixture_next(&f);
	assert_int_equal(pmc_writer_write(writer, batch_fixture_batch(&f), &t.err), -1);
	assert_non_null(strstr(t.err.message, "earlier flush failed"));
	pmc_err_clear(&t.err);
	store_fixture_expect(&t, store, "SELECT count(*) FROM location", "0\n");
	assert_int_equal(pmc_writer_finish(writer, 1, true, &t.err), 0);
	store_fixture_expect(&t, store, "SELECT state FROM session_summary", "interrupted\n");
	batch_fixture_fini(&f);
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static void test_states(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_query *query;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	store_fixture_expect(&t, store, "SELECT state, label FROM session_summary", "recording|\n");
	pmc_writer_free(writer);
	query = pmc_query_prepare(store, "UPDATE session SET heartbeat_ns = heartbeat_ns - "
					 "7000000000", NULL, &t.err);
	assert_int_equal(pmc_query_step(query, &t.err), 0);
	pmc_query_free(query);
	store_fixture_expect(&t, store, "SELECT state FROM session_summary", "cut short\n");
	writer = store_fixture_begin(&t, store, NULL, &id);
	assert_int_equal(pmc_writer_finish(writer, 5, true, &t.err), 0);
	pmc_writer_free(writer);
	store_fixture_expect(&t, store, "SELECT state, duration_ns FROM session_summary WHERE "
					"session_id = 2", "interrupted|5\n");
	store_fixture_expect(&t, store, "SELECT name, value FROM health", "interrupted|1\n");
	writer = store_fixture_begin(&t, store, NULL, &id);
	store_fixture_fill(&t, writer);
	assert_int_equal(pmc_writer_discard(writer, &t.err), 0);
	pmc_writer_free(writer);
	store_fixture_expect(&t, store, "SELECT (SELECT count(*) FROM session), (SELECT count(*) "
					"FROM function), (SELECT count(*) FROM cost), (SELECT "
					"count(*) FROM module)", "2|0|0|0\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* A session that somebody deletes while it is recorded ends the recording with a clear error. */
static void test_deleted_meanwhile(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_query *query;
	struct pmc_batch empty = { 0 };
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	assert_int_equal(pmc_writer_write(writer, &empty, &t.err), 0);
	query = pmc_query_prepare(store, "DELETE FROM session", NULL, &t.err);
	assert_int_equal(pmc_query_step(query, &t.err), 0);
	pmc_query_free(query);
	assert_int_equal(pmc_writer_write(writer, &empty, &t.err), -1);
	assert_non_null(strstr(t.err.message, "deleted"));
	pmc_writer_free(writer);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* A recorder that dies without a word: what it flushed is there, and reads as cut short in time. */
static void test_killed(void **state)
{
	struct store_fixture t;
	struct pmc_store *store;
	int status;
	pid_t child;

	(void)state;
	store_fixture_init(&t);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		int64_t id;
		struct pmc_store *own = pmc_store_open(t.path, PMC_STORE_CREATE, &t.err);
		struct pmc_writer *writer = own ? store_fixture_begin(&t, own, NULL, &id) : NULL;

		if (!writer)
			_exit(1);
		store_fixture_fill(&t, writer);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	store = store_fixture_open(&t, PMC_STORE_READ);
	store_fixture_expect(&t, store, "SELECT state, duration_ns, samples FROM session_summary",
			     "recording|300000000|13\n");
	store_fixture_expect(&t, store, "SELECT sum(self) FROM function_profile WHERE event = "
					"'cpu-clock'", "2750000\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* One recorder of the test below: makes the file if it is first, writes sessions batch by batch. */
static void record_in_child(struct store_fixture *t, int number)
{
	for (int round = 0; round < 3; round++) {
		struct pmc_store *store = pmc_store_open(t->path, PMC_STORE_CREATE, &t->err);
		char label[32];

		if (!store) {
			fprintf(stderr, "recorder %d: %s\n", number, t->err.message);
			_exit(1);
		}
		snprintf(label, sizeof(label), "child %d", number);
		store_fixture_session(t, store, label);
		pmc_store_close(store);
	}
	_exit(0);
}

/* A reader of the test below: every session it sees must add up, at any moment. */
static void read_in_child(struct store_fixture *t)
{
	for (int round = 0; round < 30; round++) {
		struct pmc_store *store = pmc_store_open(t->path, PMC_STORE_READ, &t->err);

		if (!store && t->err.kind == PMC_ERR_SYSTEM) {
			fprintf(stderr, "reader: %s\n", t->err.message);
			_exit(1);
		}
		pmc_err_clear(&t->err);		/* not there, or still empty */
		if (store && pmc_store_check(store, NULL, NULL, &t->err)) {
			fprintf(stderr, "reader: %s\n", t->err.message);
			_exit(2);
		}
		pmc_store_close(store);
		usleep(2000);
	}
	_exit(0);
}

static void test_recorders_and_readers_at_once(void **state)
{
	enum { RECORDERS = 4, READERS = 2 };
	struct store_fixture t;
	struct pmc_store *store;
	pid_t children[RECORDERS + READERS];

	(void)state;
	store_fixture_init(&t);
	for (int i = 0; i < RECORDERS + READERS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i] && i < RECORDERS)
			record_in_child(&t, i);
		if (!children[i])
			read_in_child(&t);
	}
	for (int i = 0; i < RECORDERS + READERS; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	store = store_fixture_open(&t, PMC_STORE_READ);
	store_fixture_expect(&t, store, "SELECT count(*), min(samples), max(samples), min(state), "
					"max(state) FROM session_summary",
			     "12|13|13|finished|finished\n");
	store_fixture_expect(&t, store, "SELECT count(*), count(DISTINCT name) FROM function",
			     "5|4\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Two writers taking turns: ids of their rows interleave, sums do not mix. */
static void test_interleaved(void **state)
{
	struct store_fixture t;
	struct pmc_store *stores[2];
	struct pmc_writer *writers[2];
	struct batch_fixture f[2];
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	for (int i = 0; i < 2; i++) {
		stores[i] = store_fixture_open(&t, PMC_STORE_CREATE);
		writers[i] = store_fixture_begin(&t, stores[i], NULL, &id);
		batch_fixture_init(&f[i]);
		batch_fixture_event(&f[i], "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
		batch_fixture_module(&f[i], "/m", PMC_MODULE_USER);
		batch_fixture_thread(&f[i], batch_fixture_process(&f[i], 1, "a"), 1, "a");
	}
	for (uint32_t round = 0; round < 20; round++) {
		for (int i = 0; i < 2; i++) {
			const uint32_t location = batch_fixture_location(
				&f[i], 1, round, round % 2 ? "odd" : "even", NULL, 0);

			batch_fixture_cost(&f[i], 1, 1, 0, location, round, 1, 1 + (unsigned)i);
			batch_fixture_cost(&f[i], 1, 1, 0, 1, round, 1, 1 + (unsigned)i);
			store_fixture_write(&t, writers[i], &f[i]);
		}
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pmc_writer_finish(writers[i], 1, false, &t.err), 0);
		pmc_writer_free(writers[i]);
		batch_fixture_fini(&f[i]);
	}
	store_fixture_expect(&t, stores[0], "SELECT session_id, function, samples, self FROM "
					    "function_profile ORDER BY 1, 2",
			     "1|even|30|30\n1|odd|10|10\n2|even|30|60\n2|odd|10|20\n");
	store_fixture_expect(&t, stores[0], "SELECT session_id, sum(samples), sum(self) FROM "
					    "timeline GROUP BY 1",
			     "1|40|40\n2|40|80\n");
	assert_int_equal(pmc_store_check(stores[1], NULL, NULL, &t.err), 0);
	pmc_store_close(stores[0]);
	pmc_store_close(stores[1]);
	store_fixture_fini(&t);
}

/* Up to a module's first location its build-id may be told later. */
static void test_late_build_ids(void **state)
{
	struct pmc_module_id ids[] = { { .module = 1, .build_id_len = 2, .build_id = { 0xab, 1 } },
				       { .module = 2, .build_id_len = 1, .build_id = { 0xcd } } };
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_module(&f, "/bin/late", PMC_MODULE_USER);
	batch_fixture_location(&f, batch_fixture_module(&f, "/bin/known", PMC_MODULE_USER), 1, "f",
			       NULL, 0);
	store_fixture_write(&t, writer, &f);
	batch_fixture_location(&f, 1, 1, "g", NULL, 0);
	f.batch.module_ids = ids;
	f.batch.module_ids_count = 2;
	store_fixture_write(&t, writer, &f);
	store_fixture_expect(&t, store, "SELECT name, build_id FROM module ORDER BY 1",
			     "known|\nlate|ab01\n");
	ids[0].module = 3;
	assert_int_equal(pmc_writer_write(writer, batch_fixture_batch(&f), &t.err), -1);
	assert_non_null(strstr(t.err.message, "module 3 of 2"));
	pmc_err_clear(&t.err);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* What a recording tells beside the columns, and groups whose leader comes behind a member. */
static void test_facts_and_groups(void **state)
{
	static const struct pmc_fact facts[] = { { "cpu_socket", "1", "0" },
						 { "memory_bytes", "", "4096" },
						 { "cpu_socket", "1", "7" } };
	const struct pmc_session_info info = { .command = "perf record", .source = "perf 6.1",
					       .slice_ns = PMC_SLICE_NS_DEFAULT,
					       .facts = facts, .facts_count = PMC_COUNT(facts) };
	struct pmc_count_row count = { .run = 1, .cpu = -1, .counted = 10, .value = 20,
				       .enabled_ns = 4, .running_ns = 2 };
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	uint32_t member, leader;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	batch_fixture_init(&f);
	member = batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	leader = batch_fixture_event(&f, "branches", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_event(&f, "page-faults", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	f.event_rows.items[member - 1].leader = f.event_rows.items[leader - 1].leader = leader;
	count.event = member;
	count.thread = batch_fixture_thread(&f, batch_fixture_process(&f, 7, "prog"), 8, "prog");
	*pmc_array_add(&f.count_rows) = count;
	writer = pmc_writer_begin(store, &info, &id, &t.err);
	assert_non_null(writer);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	store_fixture_expect(&t, store, "SELECT name, item, value FROM session_facts",
			     "cpu_socket|1|0\nmemory_bytes||4096\n");
	store_fixture_expect(&t, store, "SELECT event, leader, counted FROM event_summary",
			     "cycles|branches|\nbranches|branches|\npage-faults||\n");
	/* Nobody told what all threads together counted, but one told for itself. */
	store_fixture_expect(&t, store, "SELECT event, tid, value, counted FROM counts",
			     "cycles|8|20|10\n");
	assert_int_equal(pmc_store_check(store, NULL, NULL, &t.err), 0);
	assert_int_equal(pmc_store_delete_session(store, id, &t.err), 0);
	store_fixture_expect(&t, store, "SELECT count(*) FROM session_facts", "0\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

/* Rows of later flushes add up; a type that is told late is kept. */
static void test_branches(void **state)
{
	struct pmc_branch_row row = {
		.count = 10, .mispredicted = 1, .predicted = 8, .timed = 4, .cycles = 400,
		.in_transaction = 3, .aborts = 2, .wrong_path = 5,
	};
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	uint32_t module;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	module = batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER);
	row.event = batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	row.from = batch_fixture_location(&f, module, 0x10, "main", "main.c", 2);
	row.to = batch_fixture_location(&f, module, 0x20, "work", "main.c", 16);
	for (int i = 0; i < 2; i++) {
		row.type = i ? "call" : NULL;
		*pmc_array_add(&f.branch_rows) = row;
		store_fixture_write(&t, writer, &f);
		batch_fixture_next(&f);
	}
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	store_fixture_expect(&t, store, "SELECT from_function, from_line, to_function, to_line, "
					"count, mispredicted, type, predicted, timed, cycles, "
					"in_transaction, aborts, wrong_path FROM branches",
			     "main|2|work|16|20|2|call|16|8|800|6|4|10\n");
	pmc_store_close(store);
	store_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_two_sessions),
		cmocka_unit_test(test_inlined_callers),
		cmocka_unit_test(test_long_slices),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_without_names),
		cmocka_unit_test(test_faulty_batches),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_deleted_meanwhile),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_recorders_and_readers_at_once),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_facts_and_groups),
		cmocka_unit_test(test_late_build_ids),
		cmocka_unit_test(test_branches),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
