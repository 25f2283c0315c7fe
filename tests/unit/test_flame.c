/*
 * test_flame.c - pmc_flame_write(): pictures of sessions, what their heads say, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "report/report.h"

#include "count_fixture.h"

static char folder[] = "/tmp/pmc-test-flame-XXXXXX";
static char path[64];
static struct pmc_store *store;

enum { BASE = 1, COUNTERS, CHANGED, SHORT, KILLED, COUNTS };

static int set_up(void **state)
{
	struct pmc_err err = { 0 };

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/test.db", folder);
	session_fixture_write(path);
	store = pmc_store_open(path, PMC_STORE_WRITE, &err);
	if (!store)
		return -1;
	count_fixture_runs(store, "counts", 5, 1000, 500, 10);
	pmc_store_close(store);
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

static char *draw(const struct pmc_flame_opts *opts)
{
	struct pmc_err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int status = pmc_flame_write(store, opts, out, &err);

	fclose(out);
	assert_string_equal(err.message, "");
	assert_int_equal(status, 0);
	return text;
}

static void check_refused(const struct pmc_flame_opts *opts, const char *message)
{
	struct pmc_err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(pmc_flame_write(store, opts, out, &err), -1);
	fclose(out);
	assert_int_equal(size, 0);
	assert_non_null(strstr(err.message, message));
	assert_int_equal(err.kind, PMC_ERR_USAGE);
	assert_true(err.hint[0] != '\0');
	free(text);
}

static void check_has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("not in the picture: %s", what);
}

static void heads(void **state)
{
	static const struct {
		struct pmc_flame_opts opts;
		const char *title, *line, *note;
	} cases[] = {
		{ { .session_id = BASE, .to_s = -1 }, "./solve --size 100",
		  ">cpu-clock: 786 ms in 3143 samples · recorded ", NULL },
		{ { .session_id = BASE, .to_s = -1 }, "./solve --size 100",
		  " UTC for 1.01 s · session 1, labelled base<", NULL },
		{ { .session_id = BASE, .to_s = -1, .reverse = true }, "./solve --size 100",
		  ">cpu-clock: 786 ms in 3143 samples", ">reversed: callers stand on top<" },
		{ { .session_id = BASE, .to_s = -1, .reverse = true, .icicle = true },
		  "./solve --size 100", "cpu-clock", ">reversed: callers hang below<" },
		{ { .session_id = BASE, .from_s = 0.2, .to_s = 0.5 }, "./solve --size 100",
		  "cpu-clock", ">from 0.2 s to 0.5 s<" },
		{ { .session_id = BASE, .from_s = 0.2, .to_s = -1 }, "./solve --size 100",
		  "cpu-clock", ">from 0.2 s on<" },
		{ { .session_id = BASE, .root = "walk", .to_s = -1 }, "./solve --size 100",
		  "cpu-clock", ">what runs under walk<" },
		{ { .session_id = COUNTERS, .to_s = -1 },
		  "sh -c &#39;make -j8 &amp;&amp; ./run &quot;all tests&quot;&#39;",
		  ">instructions:u: ", NULL },
		{ { .session_id = COUNTERS, .event = "cycles", .to_s = -1 }, "sh -c",
		  ">cycles:u: 5.02G in 3800 samples", NULL },
		{ { .session_id = SHORT, .to_s = -1 }, ">true<", ">cpu-clock: 0 ns in 0 samples",
		  ">no samples<" },
		{ { .session_id = KILLED, .to_s = -1 }, "./solve --size 9",
		  ">page-faults: 18 in 18 samples", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *text = draw(&cases[i].opts);

		check_has(text, cases[i].title);
		check_has(text, cases[i].line);
		if (cases[i].note)
			check_has(text, cases[i].note);
		assert_true(!cases[i].note == !strstr(text, "y=\"58\" data-full"));
	}
}

/* What is seen by nobody is left out, and that is said. */
static void too_small(void **state)
{
	struct pmc_err err = { 0 };
	struct pmc_store *writing = pmc_store_open(path, PMC_STORE_WRITE, &err);
	struct pmc_writer *writer = session_fixture_begin(writing, "huge", "./huge", 6);
	struct pmc_flame_opts opts = { .session_id = COUNTS + 1, .to_s = -1 };
	PMC_FREE char *text = NULL;
	struct program p;
	uint32_t event;

	(void)state;
	session_fixture_add_program(&p);
	event = batch_fixture_event(&p.f, "page-faults", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_main, 0, 1, 1000000000);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_walk, 0, 1, 9000);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_parse, 0, 1, 20000);
	session_fixture_flush(writer, &p, SECOND);
	session_fixture_finish(writer, &p, SECOND, false);
	pmc_store_close(writing);
	text = draw(&opts);
	check_has(text, ">frames of less than 10.0k are left out<");
	check_has(text, "\"total\": [1000029000,1000000000,20000]");
}

static void same_again(void **state)
{
	const struct pmc_flame_opts opts = { .session_id = BASE, .to_s = -1 };
	PMC_FREE char *one = draw(&opts), *two = draw(&opts);

	(void)state;
	assert_string_equal(one, two);
}

static void threads(void **state)
{
	const struct pmc_flame_opts opts = { .session_id = BASE, .to_s = -1, .by_thread = true };
	PMC_FREE char *text = draw(&opts);

	(void)state;
	check_has(text, "<title>solve (tid 4100)\n");
	check_has(text, ">thread</text>");
}

static void pages(void **state)
{
	const struct pmc_flame_opts opts = { .session_id = BASE, .to_s = -1, .html = true };
	PMC_FREE char *text = draw(&opts);

	(void)state;
	assert_int_equal(strncmp(text, "<!DOCTYPE html>", 15), 0);
}

static void refusals(void **state)
{
	(void)state;
	check_refused(&(struct pmc_flame_opts){ .session_id = COUNTS, .to_s = -1 },
		      "session 6 holds counts, and no samples for a flame graph");
	check_refused(&(struct pmc_flame_opts){ .session_id = BASE, .to_s = -1, .event = "cycles" },
		      "no event 'cycles' in session 1");
	check_refused(&(struct pmc_flame_opts){ .session_id = COUNTERS, .to_s = -1,
						.event = "instructions:u,cycles:u" },
		      "a flame graph holds one event, but --event names 2");
	check_refused(&(struct pmc_flame_opts){ .session_id = BASE, .to_s = -1, .root = "wlak" },
		      "wlak");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads), cmocka_unit_test(same_again), cmocka_unit_test(threads),
		cmocka_unit_test(pages), cmocka_unit_test(refusals), cmocka_unit_test(too_small),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
