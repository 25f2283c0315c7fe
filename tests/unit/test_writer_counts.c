/*
 * test_writer_counts.c - what batches of counting become: the view counts, sums of events, advice;
 * and counts beside samples.
 */
#include "store_fixture.h"

struct counted {
	struct store_fixture t;
	struct batch_fixture f;
	struct pmc_store *store;
	struct pmc_writer *writer;
	int64_t id;
};

static void counted_init(struct counted *c)
{
	store_fixture_init(&c->t);
	c->store = store_fixture_open(&c->t, PMC_STORE_CREATE);
	c->writer = store_fixture_begin(&c->t, c->store, NULL, &c->id);
	batch_fixture_init(&c->f);
}

static void counted_finish(struct counted *c, uint64_t duration_ns)
{
	assert_int_equal(pmc_writer_finish(c->writer, duration_ns, false, &c->t.err), 0);
	assert_int_equal(pmc_store_check(c->store, NULL, NULL, &c->t.err), 0);
}

static void counted_fini(struct counted *c)
{
	batch_fixture_fini(&c->f);
	pmc_writer_free(c->writer);
	pmc_store_close(c->store);
	store_fixture_fini(&c->t);
}

static uint32_t add_event(struct counted *c, const char *name)
{
	return batch_fixture_event(&c->f, name, PMC_UNIT_COUNT, PMC_MODE_COUNT, 0);
}

/* One count of all threads and CPUs. */
static void add_whole(struct counted *c, uint32_t event, uint32_t run, uint64_t start_ns,
		      uint64_t end_ns, uint64_t counted, uint64_t enabled_ns, uint64_t running_ns)
{
	batch_fixture_count(&c->f, (struct pmc_count_row){
		.event = event, .run = run, .cpu = -1, .start_ns = start_ns, .end_ns = end_ns,
		.counted = counted, .enabled_ns = enabled_ns, .running_ns = running_ns });
}

/* Runs and intervals in batches of their own: a session without a sample, process or address. */
static void test_runs_and_intervals(void **state)
{
	struct counted c;
	uint32_t instructions, misses, never;

	(void)state;
	counted_init(&c);
	instructions = add_event(&c, "instructions");
	misses = add_event(&c, "cache-misses");
	never = add_event(&c, "never");
	for (uint32_t run = 1; run <= 2; run++) {
		for (uint64_t at = 0; at < 300; at += 100) {
			const uint64_t start = (run - 1) * 300 + at;

			add_whole(&c, instructions, run, start, start + 100, 1000 * run + at, 100,
				  100);
			add_whole(&c, misses, run, start, start + 100, 10, 100, 25);
			add_whole(&c, never, run, start, start + 100, 0, 100, 0);
			c.f.batch.end_ns = start + 100;
			store_fixture_write(&c.t, c.writer, &c.f);
		}
	}
	counted_finish(&c, 600);
	store_fixture_expect(&c.t, c.store, "SELECT * FROM counts WHERE event = 'instructions'",
			     "1|instructions|count|1|0|100|||||1000|1000|100|100|1.000\n"
			     "1|instructions|count|1|100|200|||||1100|1100|100|100|1.000\n"
			     "1|instructions|count|1|200|300|||||1200|1200|100|100|1.000\n"
			     "1|instructions|count|2|300|400|||||2000|2000|100|100|1.000\n"
			     "1|instructions|count|2|400|500|||||2100|2100|100|100|1.000\n"
			     "1|instructions|count|2|500|600|||||2200|2200|100|100|1.000\n");
	store_fixture_expect(&c.t, c.store, "SELECT run, value, counted, enabled_ns, running_ns, "
					    "running_share FROM counts WHERE event = "
					    "'cache-misses' AND run = 2 AND start_ns = 300",
			     "2|40|10|100|25|0.250\n");
	store_fixture_expect(&c.t, c.store, "SELECT DISTINCT value, counted, enabled_ns, "
					    "running_ns, running_share FROM counts WHERE event = "
					    "'never'", "|0|100|0|0.000\n");
	store_fixture_expect(&c.t, c.store, "SELECT event, sum(value) FROM counts GROUP BY event",
			     "cache-misses|240\ninstructions|9600\nnever|\n");
	store_fixture_expect(&c.t, c.store, "SELECT * FROM event_summary",
			     "1|instructions|count|count|0|0|0|600|600|instructions|9600||\n"
			     "1|cache-misses|count|count|0|0|0|600|150|cache-misses|240||\n"
			     "1|never|count|count|0|0|0|600|0|never|||\n");
	store_fixture_expect(&c.t, c.store, "SELECT duration_ns, state, events, samples, lost FROM "
					    "session_summary",
			     "600|finished|instructions,cache-misses,never|0|0\n");
	store_fixture_expect(&c.t, c.store, "SELECT name, value FROM health", "multiplexed|2\n");
	store_fixture_expect(&c.t, c.store, "SELECT (SELECT count(*) FROM location), (SELECT "
					    "count(*) FROM process), (SELECT count(*) FROM "
					    "function_profile), (SELECT count(*) FROM timeline), "
					    "(SELECT count(*) FROM call_tree)", "0|0|0|0|0\n");
	assert_int_equal(pmc_store_delete_session(c.store, c.id, &c.t.err), 0);
	store_fixture_expect(&c.t, c.store, "SELECT (SELECT count(*) FROM event_count), (SELECT "
					    "count(*) FROM counts), (SELECT count(*) FROM event)",
			     "0|0|0\n");
	counted_fini(&c);
}

/* Threads of several processes, known from this batch or an earlier one. */
static void test_per_thread(void **state)
{
	struct counted c;
	uint32_t event, process, threads[3];

	(void)state;
	counted_init(&c);
	event = add_event(&c, "cycles:u");
	process = batch_fixture_process(&c.f, 10, "prog");
	threads[0] = batch_fixture_thread(&c.f, process, 10, "prog");
	store_fixture_write(&c.t, c.writer, &c.f);
	threads[1] = batch_fixture_thread(&c.f, process, 11, "worker");
	threads[2] = batch_fixture_thread(&c.f, batch_fixture_process(&c.f, 20, "sh"), 20, "sh");
	for (uint32_t i = 0; i < 3; i++)
		batch_fixture_count(&c.f, (struct pmc_count_row){
			.event = event, .run = 1, .thread = threads[i], .cpu = -1, .end_ns = 500,
			.counted = 100 + i, .enabled_ns = 50 * i, .running_ns = 50 * i });
	store_fixture_write(&c.t, c.writer, &c.f);
	counted_finish(&c, 500);
	/* The first one never ran: nothing was counted, and that is exact. */
	store_fixture_expect(&c.t, c.store, "SELECT pid, tid, comm, cpu, value, counted, "
					    "running_share FROM counts ORDER BY tid",
			     "10|10|prog||0|100|1.000\n10|11|worker||101|101|1.000\n"
			     "20|20|sh||102|102|1.000\n");
	assert_int_equal(pmc_store_delete_session(c.store, c.id, &c.t.err), 0);
	store_fixture_expect(&c.t, c.store, "SELECT (SELECT count(*) FROM event_count), (SELECT "
					    "count(*) FROM thread)", "0|0\n");
	counted_fini(&c);
}

static void test_per_cpu(void **state)
{
	struct counted c;
	uint32_t event;

	(void)state;
	counted_init(&c);
	event = batch_fixture_event(&c.f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_COUNT, 0);
	for (int32_t cpu = 0; cpu < 3; cpu++)
		batch_fixture_count(&c.f, (struct pmc_count_row){
			.event = event, .run = 1, .cpu = cpu, .end_ns = 1000000,
			.counted = 999990 + (uint64_t)cpu, .enabled_ns = 1000000,
			.running_ns = 1000000 });
	store_fixture_write(&c.t, c.writer, &c.f);
	counted_finish(&c, 1000000);
	store_fixture_expect(&c.t, c.store, "SELECT event, unit, pid, tid, comm, cpu, value FROM "
					    "counts ORDER BY cpu",
			     "cpu-clock|ns||||0|999990\ncpu-clock|ns||||1|999991\n"
			     "cpu-clock|ns||||2|999992\n");
	counted_fini(&c);
}

/* The clock that stamps a counter's start may be a hair off: a share is never above 1. */
static void test_running_beyond_enabled(void **state)
{
	struct counted c;

	(void)state;
	counted_init(&c);
	add_whole(&c, add_event(&c, "cycles"), 1, 0, 100, 7, 99, 100);
	c.f.count_rows.items[0].value = 7;
	store_fixture_write(&c.t, c.writer, &c.f);
	counted_finish(&c, 100);
	store_fixture_expect(&c.t, c.store, "SELECT value, enabled_ns, running_ns, running_share "
					    "FROM counts", "7|99|100|1.000\n");
	counted_fini(&c);
}

/* A group {instructions,cycles}:S beside a count: members have samples, all have one row. */
static void test_beside_samples(void **state)
{
	struct counted c;
	uint32_t leader, member, only, thread, location;

	(void)state;
	counted_init(&c);
	leader = batch_fixture_event(&c.f, "instructions", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1000);
	member = batch_fixture_event(&c.f, "cycles", PMC_UNIT_COUNT, PMC_MODE_READ, 0);
	only = add_event(&c, "page-faults");
	batch_fixture_module(&c.f, "/bin/prog", PMC_MODULE_USER);
	thread = batch_fixture_thread(&c.f, batch_fixture_process(&c.f, 5, "prog"), 5, "prog");
	location = batch_fixture_location(&c.f, 1, 0x10, "main", "main.c", 12);
	batch_fixture_cost(&c.f, leader, thread, 0, location, 0, 3, 3000);
	batch_fixture_cost(&c.f, member, thread, 0, location, 0, 3, 1800);
	add_whole(&c, only, 1, 0, 1000, 12, 1000, 1000);
	for (uint32_t i = 0; i < 2; i++) {
		struct pmc_event_row *row = &c.f.event_rows.items[i];

		row->counted = i ? 2000 : 3200;
		row->enabled_ns = 1000;
		row->running_ns = 500;
	}
	c.f.batch.end_ns = 1000;
	store_fixture_write(&c.t, c.writer, &c.f);
	counted_finish(&c, 1000);
	store_fixture_expect(&c.t, c.store, "SELECT event, mode, samples, value, counted, "
					    "estimate_error FROM event_summary",
			     "instructions|period|3|6000|6400|-0.062\n"
			     "cycles|read|3|3600|4000|-0.100\npage-faults|count|0|0|12|\n");
	store_fixture_expect(&c.t, c.store, "SELECT event, samples, self, self_share FROM "
					    "function_profile ORDER BY event",
			     "cycles|3|3600|1.000\ninstructions|3|6000|1.000\n");
	store_fixture_expect(&c.t, c.store, "SELECT event, run, start_ns, end_ns, tid, cpu, value, "
					    "counted, running_share FROM counts ORDER BY event",
			     "cycles|1|0|1000|||4000|2000|0.500\n"
			     "instructions|1|0|1000|||6400|3200|0.500\n"
			     "page-faults|1|0|1000|||12|12|1.000\n");
	counted_fini(&c);
}

/* Sampled events that counted nothing, or never had a counter: no error can be told. */
static void test_nothing_counted(void **state)
{
	struct counted c;

	(void)state;
	counted_init(&c);
	batch_fixture_event(&c.f, "idle", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1000);
	batch_fixture_event(&c.f, "never", PMC_UNIT_COUNT, PMC_MODE_FREQUENCY, 1000);
	c.f.event_rows.items[0].enabled_ns = c.f.event_rows.items[0].running_ns = 10;
	c.f.event_rows.items[1].enabled_ns = 10;
	store_fixture_write(&c.t, c.writer, &c.f);
	counted_finish(&c, 10);
	store_fixture_expect(&c.t, c.store, "SELECT event, value, counted, estimate_error FROM "
					    "event_summary", "idle|0|0|\nnever|0||\n");
	store_fixture_expect(&c.t, c.store, "SELECT event, value, counted, running_share FROM "
					    "counts", "idle|0|0|1.000\nnever||0|0.000\n");
	counted_fini(&c);
}

static void expect_health(struct counted *c, const char *expected)
{
	store_fixture_write(&c->t, c->writer, &c->f);
	store_fixture_expect(&c->t, c->store, "SELECT name, value, iif(advice LIKE '%ms%', advice, "
					      "'general') FROM health ORDER BY name", expected);
}

/* A session's own words win over the figure's, as long as it has any. */
static void test_advice(void **state)
{
	struct counted c;
	char own[32];
	int64_t other;
	struct pmc_writer *writer;

	(void)state;
	counted_init(&c);
	c.f.batch.health[PMC_HEALTH_THROTTLED] = 2;
	c.f.batch.advice[PMC_HEALTH_LOST_RECORDS] = "of no use: nothing was lost in 5 ms";
	expect_health(&c, "throttled|2|general\n");
	strcpy(own, "in 3 ms");
	c.f.batch.advice[PMC_HEALTH_THROTTLED] = own;
	expect_health(&c, "throttled|2|in 3 ms\n");
	/* The batch's text is the collector's: it may change below the writer. */
	strcpy(own, "in 4 ms");
	expect_health(&c, "throttled|2|in 4 ms\n");
	c.f.batch.health[PMC_HEALTH_THROTTLED] = 3;
	c.f.batch.health[PMC_HEALTH_ESTIMATE_ERROR] = 500;
	expect_health(&c, "estimate_error|500|general\nthrottled|3|in 4 ms\n");
	/* Not all figures only grow. */
	c.f.batch.health[PMC_HEALTH_ESTIMATE_ERROR] = 0;
	c.f.batch.advice[PMC_HEALTH_THROTTLED] = NULL;
	expect_health(&c, "throttled|3|general\n");
	c.f.batch.health[PMC_HEALTH_ESTIMATE_ERROR] = 400;
	c.f.batch.advice[PMC_HEALTH_ESTIMATE_ERROR] = "late by 1 ms";
	expect_health(&c, "estimate_error|400|late by 1 ms\nthrottled|3|general\n");
	/* Another session's words are not touched by it. */
	writer = store_fixture_begin(&c.t, c.store, NULL, &other);
	c.f.batch.advice[PMC_HEALTH_ESTIMATE_ERROR] = NULL;
	assert_int_equal(pmc_writer_write(writer, batch_fixture_batch(&c.f), &c.t.err), 0);
	pmc_writer_free(writer);
	store_fixture_expect(&c.t, c.store, "SELECT session_id, advice LIKE '%ms%' FROM health "
					    "WHERE name = 'estimate_error' ORDER BY 1",
			     "1|1\n2|0\n");
	counted_fini(&c);
}

/* Each fault is refused with its reason, and nothing of the batch is in the file. */
static void test_faulty_batches(void **state)
{
	static const struct { int fault; const char *message; } cases[] = {
		{ 0, "event 3 of 2" }, { 1, "event 0 of 2" }, { 2, "thread 1 of 0" },
		{ 3, "CPU -2" }, { 4, "from 11 to 10" }, { 5, "run 0" },
		{ 6, "count of event 2, which is sampled" }, { 7, "estimated 9223372036854775808" },
		{ 8, "count of 18446744073709551615" },
		{ 9, "cost of event 1, which is only counted" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_count_row *row;
		struct counted c;

		counted_init(&c);
		add_event(&c, "cycles");
		batch_fixture_event(&c.f, "instructions", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
		add_whole(&c, 1, 1, 10, 10, 5, 10, 10);
		row = &c.f.count_rows.items[0];
		switch (cases[i].fault) {
		case 0: row->event = 3; break;
		case 1: row->event = 0; break;
		case 2: row->thread = 1; break;
		case 3: row->cpu = -2; break;
		case 4: row->start_ns = 11; break;
		case 5: row->run = 0; break;
		case 6: row->event = 2; break;
		case 7: row->value = (uint64_t)INT64_MAX + 1; break;
		case 8: row->counted = UINT64_MAX; break;
		case 9:
			batch_fixture_module(&c.f, "/m", PMC_MODULE_USER);
			batch_fixture_thread(&c.f, batch_fixture_process(&c.f, 1, "a"), 1, "a");
			batch_fixture_cost(&c.f, 1, 1, 0, batch_fixture_location(&c.f, 1, 1, "f",
										  NULL, 0),
					   0, 1, 1);
			break;
		}
		assert_int_equal(pmc_writer_write(c.writer, batch_fixture_batch(&c.f), &c.t.err),
				 -1);
		if (!strstr(c.t.err.message, cases[i].message))
			fail_msg("'%s' does not say '%s'", c.t.err.message, cases[i].message);
		store_fixture_expect(&c.t, c.store, "SELECT (SELECT count(*) FROM event), (SELECT "
						    "count(*) FROM event_count)", "0|0\n");
		counted_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_and_intervals),
		cmocka_unit_test(test_per_thread),
		cmocka_unit_test(test_per_cpu),
		cmocka_unit_test(test_running_beyond_enabled),
		cmocka_unit_test(test_beside_samples),
		cmocka_unit_test(test_nothing_counted),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_faulty_batches),
	};

	return cmocka_run_group_tests_name("writer_counts", tests, NULL, NULL);
}
