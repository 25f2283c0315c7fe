/*
 * test_report.c - reports of made-up sessions: sums, order, windows of time and of the terminal.
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

#include "report/profile.h"
#include "report/text.h"

#include "session_fixture.h"

static char folder[] = "/tmp/pmc-test-report-XXXXXX";
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

static struct pmc_report_opts whole(int64_t session, enum pmc_report_by by)
{
	return (struct pmc_report_opts){ .session_id = session, .by = by, .to_s = -1 };
}

/* The report as text; fails the test on an error. */
static char *print(const struct pmc_report_opts *opts)
{
	struct pmc_err err = { 0 };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);
	int status = pmc_report_print(store, opts, out, &err);

	fclose(out);
	assert_string_equal(err.message, "");
	assert_int_equal(status, 0);
	return buffer;
}

static void assert_fails(const struct pmc_report_opts *opts, const char *message, const char *hint)
{
	struct pmc_err err = { 0 };
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	assert_int_equal(pmc_report_print(store, opts, out, &err), -1);
	fclose(out);
	assert_string_equal(buffer, "");
	assert_string_equal(err.message, message);
	assert_string_equal(err.hint, hint);
	free(buffer);
}

static void load(struct profile *profile, const struct pmc_report_opts *opts)
{
	struct pmc_err err = { 0 };

	assert_int_equal(profile_load(profile, store, opts, &err), 0);
}

/*
 * The cell of a function (or line's function, module, thread) for an event; NULL if it is not
 * there.
 */
static const struct profile_cell *find_cell(const struct profile *profile, const char *name,
					    size_t event)
{
	for (size_t i = 0; i < profile->rows.count; i++) {
		const struct profile_row *row = &profile->rows.items[i];

		if (!strcmp(profile_text(profile, row->function), name) ||
		    !strcmp(profile_text(profile, row->comm), name))
			return &profile->cells.items[i * profile->events_count + event];
	}
	return NULL;
}

static void functions_self_and_total(void **state)
{
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	struct profile profile;
	double self = 0;

	(void)state;
	load(&profile, &opts);
	assert_int_equal(profile.events_count, 1);
	assert_true(profile.events[0].is_time);
	/* 10 slices of 40, and 7 of 40 more a level deeper: the recursion counts once. */
	assert_int_equal(find_cell(&profile, "walk", 0)->samples, 680);
	assert_true(find_cell(&profile, "walk", 0)->total == 680 * 250000.0);
	/* The frame that was inlined is the leaf; its outer function has it in total alone. */
	assert_int_equal(find_cell(&profile, "square", 0)->samples, 1410);
	assert_int_equal(find_cell(&profile, "compute", 0)->samples, 0);
	assert_true(find_cell(&profile, "compute", 0)->total == (1410 + 680 + 300) * 250000.0);
	for (size_t i = 0; i < profile.rows.count; i++) {
		self += profile.cells.items[i].self_share;
		assert_true(profile.cells.items[i].total_share <= 1);
	}
	assert_true(self > 0.999999 && self < 1.000001);
	profile_fini(&profile);
}

static void rows_are_sorted(void **state)
{
	(void)state;
	for (int64_t session = 1; session <= 5; session++) {
		for (int by = PMC_BY_FUNCTION; by <= PMC_BY_PROCESS; by++) {
			struct pmc_report_opts opts = whole(session, (enum pmc_report_by)by);
			struct profile profile;

			load(&profile, &opts);
			for (size_t i = 1; i < profile.rows.count; i++) {
				const struct profile_cell *cells = profile.cells.items;

				assert_true(cells[(i - 1) * profile.events_count].self >=
					    cells[i * profile.events_count].self);
			}
			profile_fini(&profile);
		}
	}
}

static void events_stand_side_by_side(void **state)
{
	struct pmc_report_opts opts = whole(2, PMC_BY_FUNCTION);
	struct profile profile;

	(void)state;
	load(&profile, &opts);
	assert_int_equal(profile.events_count, 2);
	assert_string_equal(profile_text(&profile, profile.events[0].name), "instructions:u");
	/* Half of the time on a counter: twice what was measured. */
	assert_true(find_cell(&profile, "square", 0)->self == 6.4e9);
	assert_true(find_cell(&profile, "square", 1)->self == 2.64e9);
	assert_int_equal(find_cell(&profile, "memcpy", 1)->samples, 0);
	profile_fini(&profile);
}

static void events_are_chosen_by_name(void **state)
{
	static const struct {
		const char *list;
		size_t count;
		const char *first;
	} rows[] = {
		{ "cycles:u", 1, "cycles:u" },
		{ "cycles", 1, "cycles:u" },
		{ "cycles,instructions", 2, "cycles:u" },
		{ "instructions:u,cycles:u", 2, "instructions:u" },
		{ "cycles,cycles:u", 1, "cycles:u" },
	};
	struct pmc_report_opts opts = whole(2, PMC_BY_MODULE);
	struct profile profile;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		opts.event = rows[i].list;
		load(&profile, &opts);
		assert_int_equal(profile.events_count, rows[i].count);
		assert_string_equal(profile_text(&profile, profile.events[0].name), rows[i].first);
		profile_fini(&profile);
	}
	opts.event = "cycles,foo";
	assert_fails(&opts, "no event 'foo' in session 2", "it has: instructions:u, cycles:u");
	opts.event = "pmu/a=1,b=2/,x";
	assert_fails(&opts, "no event 'pmu/a=1,b=2/' in session 2",
		     "it has: instructions:u, cycles:u");
	opts.event = "";
	assert_fails(&opts, "no event '' in session 2", "it has: instructions:u, cycles:u");
	opts.event = "cyc";
	assert_fails(&opts, "no event 'cyc' in session 2", "it has: instructions:u, cycles:u");
}

static void unknown_session(void **state)
{
	struct pmc_report_opts opts = whole(99, PMC_BY_FUNCTION);

	(void)state;
	assert_fails(&opts, "no session 99 in this file", "");
}

/*
 * A window over everything goes by slices and stacks, and must find what the store has summed up.
 */
static void whole_window_agrees_with_views(void **state)
{
	(void)state;
	for (int64_t session = 1; session <= 5; session++) {
		for (int by = PMC_BY_FUNCTION; by <= PMC_BY_PROCESS; by++) {
			struct pmc_report_opts opts = whole(session, (enum pmc_report_by)by);
			PMC_FREE char *views = NULL, *window = NULL;

			opts.format = PMC_FORMAT_CSV;
			views = print(&opts);
			opts.to_s = 1000;
			window = print(&opts);
			assert_string_equal(window, views);
		}
	}
}

static void windows_cut_whole_slices(void **state)
{
	static const struct {
		double from, to;
		int64_t first, end, samples;
	} rows[] = {
		{ 0, 0.1, 0, 1, 330 },	     { 0.3, 0.5, 3, 5, 608 },  { 0.3, 0.31, 3, 4, 300 },
		{ 0.35, 0.4, 3, 4, 300 },    { 0.8, -1, 8, -1, 612 }, { 5, 6, 50, 60, 0 },
		{ 1e18, 1e19, 1000000000000000, 1000000000000000, 0 },
	};
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	struct profile profile;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		opts.from_s = rows[i].from;
		opts.to_s = rows[i].to;
		load(&profile, &opts);
		assert_int_equal(profile.first_slice, rows[i].first);
		assert_int_equal(profile.end_slice, rows[i].end);
		assert_int_equal(profile.events[0].window_samples, rows[i].samples);
		profile_fini(&profile);
	}
}

static void window_shares_are_of_the_window(void **state)
{
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	struct profile profile;

	(void)state;
	opts.to_s = 0.1;
	load(&profile, &opts);
	assert_int_equal(find_cell(&profile, "parse", 0)->samples, 200);
	assert_true(find_cell(&profile, "parse", 0)->self_share > 0.5);
	assert_null(find_cell(&profile, "größe\x1b[31m,\"\xff", 0));
	profile_fini(&profile);
	opts.by = PMC_BY_THREAD;
	opts.from_s = 0.8;
	opts.to_s = -1;
	load(&profile, &opts);
	assert_int_equal(find_cell(&profile, "gzip", 0)->samples, 4);
	profile_fini(&profile);
}

static void assert_fits(char *text, unsigned width)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (text_width(line) > width)
			fail_msg("%u columns in a window of %u: %s", text_width(line), width, line);
	}
}

static void fits_every_window(void **state)
{
	(void)state;
	for (unsigned width = 1; width <= 200; width++) {
		for (int64_t session = 1; session <= 5; session++) {
			struct pmc_report_opts opts =
				whole(session, (enum pmc_report_by)(width % 5));
			PMC_FREE char *text = NULL;

			opts.style.width = width;
			text = print(&opts);
			assert_fits(text, width);
		}
	}
}

static void nothing_reaches_the_terminal_raw(void **state)
{
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	PMC_FREE char *text = print(&opts);

	(void)state;
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "größe?[31m,\"?"));
}

static void limits(void **state)
{
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	PMC_FREE char *all = print(&opts), *some = NULL, *one_left = NULL;

	(void)state;
	assert_null(strstr(all, "more function"));
	opts.limit = 2;
	some = print(&opts);
	assert_non_null(strstr(some, "\n… 8 more functions, 33.5 %; --limit 0 shows all\n"));
	assert_null(strstr(some, "parse"));
	opts.limit = 9;
	one_left = print(&opts);
	assert_non_null(strstr(one_left, "\n… 1 more function, 0.0 %; --limit 0 shows all\n"));
}

/* A clock's values are times. */
static void clocks_are_not_instructions(void **state)
{
	struct pmc_report_opts opts = whole(1, PMC_BY_FUNCTION);
	PMC_FREE char *text = print(&opts);

	(void)state;
	assert_non_null(strstr(text, "cpu-clock at 4000 Hz: 786 ms, 3143 samples"));
	assert_non_null(strstr(text, "     time  samples"));
	assert_non_null(
		strstr(text, "asked for instructions: this machine has no hardware counters"));
}

static void header_tells_what_matters(void **state)
{
	static const char *const told[] = {
		"State     interrupted by a signal",
		"error     lost records: 100 (1.3 %). ",
		"warning   throttled: 1.50 ms. ",
		"warning   unresolved: 200 (2.7 %). ",
		"multiplexed: 1. ",
		"counted 50 % of the time",
		"asked for cycles: kernel.perf_event_paranoid is 2",
	};
	static const char *const not_told[] = { "stack cut", "fallback:", "interrupted:" };
	struct pmc_report_opts opts = whole(2, PMC_BY_FUNCTION), killed = whole(5, PMC_BY_FUNCTION);
	PMC_FREE char *text = print(&opts), *cut = print(&killed);

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(told); i++)
		assert_non_null(strstr(text, told[i]));
	for (size_t i = 0; i < PMC_COUNT(not_told); i++)
		assert_null(strstr(text, not_told[i]));
	assert_true(strstr(text, "error ") < strstr(text, "warning "));
	assert_non_null(strstr(cut, "State     cut short"));
}

static void instructions_per_cycle(void **state)
{
	struct pmc_report_opts both = whole(2, PMC_BY_FUNCTION), one = both;
	PMC_FREE char *with = print(&both), *without = NULL;

	(void)state;
	assert_non_null(strstr(with, "IPC"));
	assert_non_null(strstr(with, "2000  2.42  square"));
	one.event = "cycles";
	without = print(&one);
	assert_null(strstr(without, "IPC"));
}

static void empty_sessions(void **state)
{
	struct pmc_report_opts opts = whole(4, PMC_BY_FUNCTION);
	PMC_FREE char *text = print(&opts), *csv = NULL;

	(void)state;
	assert_non_null(strstr(text, "No samples: "));
	opts.format = PMC_FORMAT_CSV;
	csv = print(&opts);
	assert_string_equal(csv, "session_id,event,module,function,file,line,samples,self,total,"
				 "self_share,total_share\r\n");
}

/* SQLite judges whether it is JSON. */
static void assert_json(const char *text)
{
	struct pmc_query *query = pmc_query_prepare(store, "SELECT json_valid(?)", NULL, NULL);

	assert_non_null(query);
	pmc_query_bind_text(query, 1, text);
	assert_int_equal(pmc_query_step(query, NULL), 1);
	assert_int_equal(pmc_query_cell(query, 0).integer, 1);
	pmc_query_free(query);
}

static void json_is_valid(void **state)
{
	(void)state;
	for (int64_t session = 1; session <= 5; session++) {
		for (int by = PMC_BY_FUNCTION; by <= PMC_BY_PROCESS; by++) {
			struct pmc_report_opts opts = whole(session, (enum pmc_report_by)by);
			PMC_FREE char *text = NULL, *window = NULL;

			opts.format = PMC_FORMAT_JSON;
			text = print(&opts);
			assert_json(text);
			opts.from_s = 0.2;
			window = print(&opts);
			assert_json(window);
		}
	}
}

/* Two static functions of one name: their files tell them apart. Others are shown without. */
static void same_names_show_their_files(void **state)
{
	static const char *const files[] = { "/src/a.c", "/src/b.c" };
	struct pmc_err err = { 0 };
	struct pmc_store *writing = pmc_store_open(path, PMC_STORE_WRITE, &err);
	struct pmc_writer *writer = session_fixture_begin(writing, "twins", "./twins", 5);
	struct pmc_report_opts opts = { .to_s = -1 };
	PMC_FREE char *text = NULL;
	struct program p;
	uint32_t module, event;

	(void)state;
	session_fixture_add_program(&p);
	module = batch_fixture_module(&p.f, "/bin/twins", PMC_MODULE_USER);
	event = batch_fixture_event(&p.f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t location =
			batch_fixture_location(&p.f, module, 64 * i, "init", files[i], 42);

		batch_fixture_cost(&p.f, event, p.main_thread, 0, location, 0, 2 - i, 500 - i);
	}
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_parse, 0, 1, 100);
	session_fixture_flush(writer, &p, SECOND);
	assert_int_equal(pmc_store_find_session(store, "twins", &opts.session_id, &err), 0);
	text = print(&opts);
	assert_non_null(strstr(text, "2  init (a.c:40)  twins\n"));
	assert_non_null(strstr(text, "1  init (b.c:40)  twins\n"));
	assert_non_null(strstr(text, "1  parse          solve\n"));
	assert_int_equal(pmc_writer_discard(writer, &err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&p.f);
	pmc_store_close(writing);
}

/* Numbers that no double holds. */
static void large_values_are_exact(void **state)
{
	struct pmc_err err = { 0 };
	struct pmc_store *writing = pmc_store_open(path, PMC_STORE_WRITE, &err);
	struct pmc_writer *writer = session_fixture_begin(writing, "large", "./large", 5);
	struct pmc_report_opts opts = { .to_s = -1, .format = PMC_FORMAT_JSON };
	struct program p;
	uint32_t event;

	(void)state;
	session_fixture_add_program(&p);
	event = batch_fixture_event(&p.f, "bytes", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_parse, 0, 3, INT64_MAX - 7);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_walk, 0, 1, 7);
	session_fixture_flush(writer, &p, SECOND);
	assert_int_equal(pmc_store_find_session(store, "large", &opts.session_id, &err), 0);
	for (int windowed = 0; windowed < 2; windowed++) {
		PMC_FREE char *text = NULL;

		opts.to_s = windowed ? 1 : -1;
		text = print(&opts);
		assert_non_null(strstr(text, "\"value\": 9223372036854775807,"));
		assert_non_null(strstr(text, "\"samples\": 3, \"self\": 9223372036854775800, "
					     "\"total\": 9223372036854775800,"));
	}
	assert_int_equal(pmc_writer_discard(writer, &err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&p.f);
	pmc_store_close(writing);
}

/* A session that is being written: its figures so far, and the remark that they grow. */
static void reports_while_recording(void **state)
{
	struct pmc_err err = { 0 };
	struct pmc_store *writing = pmc_store_open(path, PMC_STORE_WRITE, &err);
	struct pmc_writer *writer = session_fixture_begin(writing, "live", "./live", 5);
	struct pmc_report_opts opts = { .to_s = -1 };
	PMC_FREE char *text = NULL, *before = NULL;
	struct program p;
	uint32_t event;

	(void)state;
	session_fixture_add_program(&p);
	event = batch_fixture_event(&p.f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	assert_int_equal(pmc_store_find_session(store, "live", &opts.session_id, &err), 0);
	before = print(&opts);
	assert_non_null(strstr(before, "still being recorded"));
	assert_non_null(strstr(before, "No samples yet"));
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_parse, 0, 3, 750000);
	session_fixture_flush(writer, &p, SECOND);
	text = print(&opts);
	assert_non_null(strstr(text, "still being recorded"));
	assert_non_null(strstr(text, "100.0 %"));
	assert_int_equal(pmc_writer_discard(writer, &err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&p.f);
	pmc_store_close(writing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_self_and_total),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(events_stand_side_by_side),
		cmocka_unit_test(events_are_chosen_by_name),
		cmocka_unit_test(unknown_session),
		cmocka_unit_test(whole_window_agrees_with_views),
		cmocka_unit_test(windows_cut_whole_slices),
		cmocka_unit_test(window_shares_are_of_the_window),
		cmocka_unit_test(fits_every_window),
		cmocka_unit_test(nothing_reaches_the_terminal_raw),
		cmocka_unit_test(limits),
		cmocka_unit_test(clocks_are_not_instructions),
		cmocka_unit_test(header_tells_what_matters),
		cmocka_unit_test(instructions_per_cycle),
		cmocka_unit_test(empty_sessions),
		cmocka_unit_test(json_is_valid),
		cmocka_unit_test(same_names_show_their_files),
		cmocka_unit_test(large_values_are_exact),
		cmocka_unit_test(reports_while_recording),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
