/*
 * test_counts.c - sessions of counts, loaded, added up and printed.
 *
 * What they look like in full is in tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include "report/counts.h"

#include "count_fixture.h"

enum { BEFORE = 1, AFTER, PHASES, CORES, THREADS, EMPTY, ROUNDS, CUT, LIVE };

static char folder[] = "/tmp/pmc-test-counts-XXXXXX";
static char path[64];
static struct pmc_store *store;

/* Two processes of three threads, interrupted; time, and a count with a name to be careful with. */
static void write_threads(struct pmc_store *to)
{
	struct pmc_writer *writer = session_fixture_begin(to, "threads", "./pool", 14);
	struct pmc_err err = { 0 };
	struct batch_fixture f;
	uint32_t process, child, threads[3];

	batch_fixture_init(&f);
	batch_fixture_event(&f, "task-clock", PMC_UNIT_NS, PMC_MODE_COUNT, 0);
	batch_fixture_event(&f, "page-faults", PMC_UNIT_COUNT, PMC_MODE_COUNT, 0);
	f.event_rows.items[1].fallback = "as a test wants it";
	process = batch_fixture_process(&f, 300, "pool");
	child = batch_fixture_process(&f, 41, "sh");
	threads[0] = batch_fixture_thread(&f, process, 301, "wor\x1b[31mker,\"1\"");
	threads[1] = batch_fixture_thread(&f, process, 300, "pool");
	threads[2] = batch_fixture_thread(&f, child, 41, "sh");
	for (uint32_t i = 0; i < 3; i++) {
		batch_fixture_count(&f, (struct pmc_count_row){
			.event = 1, .run = 1, .thread = threads[i], .cpu = -1, .end_ns = SECOND,
			.counted = (i + 1) * (SECOND / 10), .enabled_ns = (i + 1) * (SECOND / 10),
			.running_ns = (i + 1) * (SECOND / 10) });
		batch_fixture_count(&f, (struct pmc_count_row){
			.event = 2, .run = 1, .thread = threads[i], .cpu = -1, .end_ns = SECOND,
			.counted = i * 1000000, .enabled_ns = i * SECOND,
			.running_ns = i * SECOND });
	}
	f.batch.end_ns = SECOND;
	f.batch.health[PMC_HEALTH_LOST_RECORDS] = 7;
	f.batch.health[PMC_HEALTH_FALLBACK] = 1;
	if (pmc_writer_write(writer, batch_fixture_batch(&f), &err) ||
	    pmc_writer_finish(writer, SECOND, true, &err))
		session_fixture_stop(&err);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
}

/* It began, and that is all. */
static void write_empty(struct pmc_store *to)
{
	struct pmc_writer *writer = session_fixture_begin(to, "empty", "sleep 1", 15);
	struct batch_fixture f;

	batch_fixture_init(&f);
	batch_fixture_event(&f, "task-clock", PMC_UNIT_NS, PMC_MODE_COUNT, 0);
	count_fixture_flush(writer, &f, 1000);
	count_fixture_finish(writer, &f, 1000);
}

/* Three runs, the last of them cut short. */
static void write_cut(struct pmc_store *to)
{
	struct pmc_writer *writer = session_fixture_begin(to, "cut", "./prog", 18);
	struct pmc_err err = { 0 };
	struct batch_fixture f;

	count_fixture_events(&f);
	for (uint32_t run = 1; run <= 3; run++) {
		count_fixture_add(&f, 1, run, -1, run * SECOND, run == 3 ? 1 : 1000 * run,
				  SECOND / 10);
		count_fixture_flush(writer, &f, run * SECOND + SECOND / 10);
	}
	if (pmc_writer_finish(writer, 4 * SECOND, true, &err))
		session_fixture_stop(&err);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
}

/* Two runs in two intervals each; the event never has a counter in the first run. */
static void write_rounds(struct pmc_store *to)
{
	struct pmc_writer *writer = session_fixture_begin(to, "rounds", "./prog", 16);
	struct batch_fixture f;

	count_fixture_events(&f);
	for (uint32_t run = 1; run <= 2; run++) {
		for (uint64_t i = 0; i < 2; i++) {
			const uint64_t at = SECOND + run * SECOND + i * (SECOND / 10);

			count_fixture_add(&f, 1, run, -1, at, 100 * run,
					  run == 1 ? 0 : SECOND / 10);
			count_fixture_flush(writer, &f, at + SECOND / 10);
		}
	}
	count_fixture_finish(writer, &f, 4 * SECOND);
}

static int set_up(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/test.db", folder);
	count_fixture_write(path);
	store = pmc_store_open(path, PMC_STORE_WRITE, &err);
	if (!store)
		return -1;
	write_threads(store);
	write_empty(store);
	write_rounds(store);
	write_cut(store);
	return 0;
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

/* A printing of a session; `steps` times as it comes before its end. The caller frees. */
static char *print(struct pmc_counts_opts opts, int steps)
{
	struct pmc_err err = { 0 };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);
	struct pmc_counts *counts = pmc_counts_new(store, &opts, out);

	for (int i = 0; i < steps; i++)
		assert_int_equal(pmc_counts_more(counts, &err), 0);
	assert_int_equal(pmc_counts_end(counts, &err), 0);
	assert_string_equal(err.message, "");
	pmc_counts_free(counts);
	fclose(out);
	return buffer;
}

static char *print_whole(int64_t session, enum pmc_format format)
{
	return print((struct pmc_counts_opts){ .session_id = session, .format = format }, 0);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static void load(struct counts *counts, int64_t session)
{
	const struct counts_place start = COUNTS_FROM_START;
	struct pmc_err err = { 0 };

	assert_int_equal(counts_load(counts, store, session, NULL, &start, &err), 0);
}

static void kinds_of_sessions(void **state)
{
	static const struct {
		size_t scopes, runs;
		bool by_thread, by_cpu, intervals;
	} expected[] = {
		[BEFORE] = { 5, 5, false, false, false },
		[AFTER] = { 5, 5, false, false, false },
		[PHASES] = { 10, 1, false, false, true },
		[CORES] = { 2, 1, false, true, false },
		[THREADS] = { 3, 1, true, false, false },
		[EMPTY] = { 0, 0, false, false, false },
		[ROUNDS] = { 4, 2, false, false, true },
		[CUT] = { 3, 3, false, false, false },
	};

	(void)state;
	for (int64_t id = BEFORE; id <= CUT; id++) {
		struct counts counts;

		load(&counts, id);
		assert_int_equal(counts.scopes.count, expected[id].scopes);
		assert_int_equal(counts.runs.count, expected[id].runs);
		assert_int_equal(counts.by_thread, expected[id].by_thread);
		assert_int_equal(counts.by_cpu, expected[id].by_cpu);
		assert_int_equal(counts.intervals, expected[id].intervals);
		assert_int_equal(counts_has_session(store, id, NULL), 1);
		counts_fini(&counts);
	}
}

static void sums_and_means(void **state)
{
	struct counts counts;
	struct mean mean;

	(void)state;
	load(&counts, PHASES);
	assert_int_equal(counts_run_cells(&counts, 0)[0].value, 5 * 480000000LL + 5 * 60000000LL);
	assert_int_equal(counts.runs.items[0].end_ns, SECOND);
	counts_fini(&counts);

	load(&counts, BEFORE);
	assert_int_equal(counts_run_cells(&counts, 0)[2].value, 500000); /* scaled from 2/5 */
	mean = counts_mean_event(&counts, 0);
	assert_int_equal(mean.runs, 5);
	assert_true(mean.value == 300000000 && mean.half == 0);
	mean = counts_mean_event(&counts, 1);
	assert_true(fabs(mean.value - 153002800) < 1 && mean.half > 8000000);
	mean = counts_mean_elapsed(&counts);
	assert_true(mean.value == SECOND / 10.0 && mean.half == 0);
	counts_fini(&counts);

	load(&counts, ROUNDS);
	mean = counts_mean_event(&counts, 0);
	assert_int_equal(mean.runs, 1);	/* the other had no counter */
	assert_true(mean.value == 400 && isnan(mean.half));
	counts_fini(&counts);

	load(&counts, CUT);
	mean = counts_mean_event(&counts, 0);
	assert_int_equal(mean.runs, 2);
	assert_true(mean.value == 1500);
	counts_fini(&counts);
}

/* Loaded interval by interval as they are written: each is there once, in order. */
static void steps_follow_the_writer(void **state)
{
	struct counts_place after = COUNTS_FROM_START;
	struct pmc_writer *writer = session_fixture_begin(store, "live", "./prog", 17);
	struct batch_fixture f;

	(void)state;
	count_fixture_events(&f);
	for (uint64_t i = 0; i < 4; i++) {
		struct counts counts;
		struct pmc_err err = { 0 };

		for (uint32_t event = 1; event <= 3; event++)
			count_fixture_add(&f, event, 1, -1, i * (SECOND / 10), 10 * i + event,
					  SECOND / 10);
		count_fixture_flush(writer, &f, (i + 1) * (SECOND / 10));
		assert_int_equal(counts_load(&counts, store, LIVE, "cycles", &after, &err), 0);
		assert_int_equal(counts.scopes.count, 1);
		assert_int_equal(counts_cells(&counts, 0)[0].value, 10 * i + 2);
		assert_int_equal(counts.last.end_ns, (i + 1) * (SECOND / 10));
		assert_int_equal(counts.last.id, i + 1);
		after = counts.last;
		counts_fini(&counts);
		assert_int_equal(counts_load(&counts, store, LIVE, NULL, &after, &err), 0);
		assert_int_equal(counts.scopes.count, 0);
		assert_memory_equal(&counts.last, &after, sizeof(after));
		counts_fini(&counts);
	}
	count_fixture_finish(writer, &f, SECOND);
}

/* What is loaded is what the view has. */
static void the_same_as_the_view(void **state)
{
	static const char sql[] = "SELECT count(*), total(value), total(running_ns), count(value)"
				  " FROM counts WHERE session_id = ?";

	(void)state;
	for (int64_t id = BEFORE; id <= CUT; id++) {
		struct pmc_query *query = pmc_query_prepare(store, sql, NULL, NULL);
		double value = 0, running = 0;
		int64_t rows = 0, known = 0;
		struct counts counts;

		load(&counts, id);
		for (size_t i = 0; i < counts.cells.count; i++) {
			const struct counts_cell *cell = &counts.cells.items[i];

			rows += cell->rows;
			known += cell->rows - cell->unknown;
			value += (double)cell->value;
			running += (double)cell->running_ns;
		}
		counts_fini(&counts);
		pmc_query_bind_int(query, 1, id);
		assert_int_equal(pmc_query_step(query, NULL), 1);
		assert_int_equal(pmc_query_cell(query, 0).integer, rows);
		assert_true(pmc_query_cell(query, 1).real == value);
		assert_true(pmc_query_cell(query, 2).real == running);
		assert_int_equal(pmc_query_cell(query, 3).integer, known);
		pmc_query_free(query);
	}
}

static void text_of_runs(void **state)
{
	char *text = print_whole(BEFORE, PMC_FORMAT_TEXT);

	(void)state;
	assert_has(text, "300,000,000");
	assert_has(text, "153,002,800");
	assert_has(text, "scaled from 40.0 %");
	assert_has(text, "per cycle");
	assert_has(text, "±");
	assert_has(text, "means of 5 runs");
	assert_int_equal(count_of(text, "cache-misses"), 1);
	free(text);

	text = print_whole(CUT, PMC_FORMAT_TEXT);
	assert_has(text, "1,500");
	assert_has(text, "means of 2 runs");
	assert_has(text, "cut short has no part in the means");
	free(text);
}

static void text_of_parts(void **state)
{
	char *text = print_whole(CORES, PMC_FORMAT_TEXT);

	(void)state;
	/* Never a bare 0 for what had no counter; the total says what is missing in it. */
	assert_int_equal(count_of(text, "not counted  "), 1);
	assert_has(text, "never had a counter");
	assert_has(text, "not counted in 1 of 2");
	assert_has(text, "400,000,000");
	assert_has(text, "`pmc doctor`");
	assert_lacks(text, "GHz");
	free(text);

	text = print_whole(THREADS, PMC_FORMAT_TEXT);
	assert_has(text, "interrupted by a signal");
	assert_has(text, "0.20 CPUs used");
	assert_has(text, "600.000  ms  task-clock");
	assert_has(text, "3,000,000");
	assert_has(text, "lost records: 7. ");
	assert_lacks(text, "fallback");
	assert_lacks(text, "\x1b");
	assert_true(strstr(text, "  41  ") < strstr(text, " 300 ")); /* by pid */
	free(text);
}

static void text_of_nothing(void **state)
{
	char *text = print_whole(EMPTY, PMC_FORMAT_TEXT);

	(void)state;
	assert_string_equal(text, "No counts: the session ended before any were taken.\n");
	free(text);
}

/* What comes in steps has the same rows as what is printed at once. */
static void steps_print_the_same(void **state)
{
	static const enum pmc_format formats[] = { PMC_FORMAT_CSV, PMC_FORMAT_JSON };

	(void)state;
	for (int64_t id = BEFORE; id <= CUT; id++) {
		for (size_t i = 0; i < PMC_COUNT(formats); i++) {
			const struct pmc_counts_opts opts = {
				.session_id = id, .format = formats[i], .intervals = true };
			char *whole = print_whole(id, formats[i]), *steps = print(opts, 3);

			assert_string_equal(whole, steps);
			free(whole);
			free(steps);
		}
	}
}

static void steps_print_each_row_once(void **state)
{
	const struct pmc_counts_opts opts = { .session_id = PHASES, .intervals = true };
	char *text = print(opts, 3);

	(void)state;
	assert_int_equal(count_of(text, " cycles"), 11);
	assert_int_equal(count_of(text, "total"), 3);
	assert_int_equal(count_of(text, "count "), 1);	/* titles: no terminal, no repetition */
	free(text);
}

/* A terminal gets the titles again; and no number is cut, however narrow it is. */
static void steps_on_a_terminal(void **state)
{
	const struct pmc_counts_opts opts = { .session_id = PHASES, .intervals = true,
					      .style = { .width = 30 } };
	char *text = print(opts, 1);

	(void)state;
	assert_has(text, "480,000,000");
	free(text);
}

static void all_widths(void **state)
{
	(void)state;
	for (unsigned width = 1; width <= 120; width++) {
		for (int64_t id = BEFORE; id <= CUT; id++) {
			const struct pmc_counts_opts opts = {
				.session_id = id,
				.header = true,
				.style = { .color = true, .width = width },
			};

			free(print(opts, 0));
		}
	}
}

static void csv(void **state)
{
	char *text = print_whole(THREADS, PMC_FORMAT_CSV);

	(void)state;
	assert_int_equal(strncmp(text, "kind,session_id,event,unit,run,start_ns,", 40), 0);
	assert_int_equal(count_of(text, "\ncount,"), 6);
	assert_has(text, "\ncount,5,task-clock,ns,1,0,1000000000,41,41,sh,,300000000,300000000,"
			 "300000000,300000000,1.0,,,,,\r\n");
	assert_has(text, ",\"wor\x1b[31mker,\"\"1\"\"\",");
	assert_has(text, ",elapsed,");
	free(text);

	text = print_whole(CORES, PMC_FORMAT_CSV);
	/* No value where there was no counter. */
	assert_has(text, "\ncount,4,cache-misses,count,1,0,100000000,,,,1,,0,100000000,0,0.0,");
	free(text);

	text = print_whole(BEFORE, PMC_FORMAT_CSV);
	assert_has(text, "\nmean,1,instructions,count,,,,,,,,300000000.0,,,,,,,5,300000000.0,"
			 "300000000.0\r\n");
	free(text);
}

static void json(void **state)
{
	char *text = print_whole(CORES, PMC_FORMAT_JSON);

	(void)state;
	assert_has(text, "\"cpu\": 1, \"value\": null, \"counted\": 0");
	assert_has(text, "\"name\": \"instructions per cycle\", \"of\": \"cycles\"");
	assert_has(text, "\"session\": {\"session_id\": 4");
	assert_lacks(text, "nan");
	free(text);
}

static void chosen_events(void **state)
{
	struct pmc_counts_opts opts = { .session_id = BEFORE, .event = "cycles" };
	struct pmc_err err = { 0 };
	struct pmc_counts *counts;
	char *text = print(opts, 0);

	(void)state;
	assert_lacks(text, "instructions");
	assert_has(text, "cycles");
	free(text);
	opts.event = "nothing";
	counts = pmc_counts_new(store, &opts, stdout);
	assert_int_equal(pmc_counts_end(counts, &err), -1);
	assert_has(err.hint, "instructions, cycles, cache-misses");
	pmc_counts_free(counts);
}

static void report_of_counts(void **state)
{
	struct pmc_report_opts opts = { .session_id = THREADS, .to_s = -1 };
	struct pmc_err err = { 0 };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	(void)state;
	assert_int_equal(pmc_report_print(store, &opts, out, &err), 0);
	fclose(out);
	assert_has(buffer, "Command   ./pool\n");
	assert_has(buffer, "Event     page-faults; as a test wants it\n");
	assert_has(buffer, "3,000,000");
	assert_int_equal(count_of(buffer, "lost records: 7"), 1);
	free(buffer);
	opts.by = PMC_BY_LINE;
	assert_int_equal(pmc_report_print(store, &opts, stdout, &err), -1);
	assert_has(err.message, "holds counts: --by");
	pmc_err_clear(&err);
	opts = (struct pmc_report_opts){ .session_id = THREADS, .from_s = 1, .to_s = -1 };
	assert_int_equal(pmc_report_print(store, &opts, stdout, &err), -1);
	assert_has(err.message, "--from");
	pmc_err_clear(&err);
	opts = (struct pmc_report_opts){ .session_id = 99, .to_s = -1 };
	assert_int_equal(pmc_report_print(store, &opts, stdout, &err), -1);
	assert_has(err.message, "no session 99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_sessions),
		cmocka_unit_test(sums_and_means),
		cmocka_unit_test(the_same_as_the_view),
		cmocka_unit_test(steps_follow_the_writer),
		cmocka_unit_test(text_of_runs),
		cmocka_unit_test(text_of_parts),
		cmocka_unit_test(text_of_nothing),
		cmocka_unit_test(steps_print_the_same),
		cmocka_unit_test(steps_print_each_row_once),
		cmocka_unit_test(steps_on_a_terminal),
		cmocka_unit_test(all_widths),
		cmocka_unit_test(csv),
		cmocka_unit_test(json),
		cmocka_unit_test(chosen_events),
		cmocka_unit_test(report_of_counts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
