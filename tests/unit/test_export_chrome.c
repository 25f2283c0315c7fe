/*
 * test_export_chrome.c - Chrome traces: bars in slices, what is too small, counters.
 */
#include "export_fixture.h"

static struct export_fixture t;

static int set_up(void **state)
{
	(void)state;
	export_fixture_init(&t);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_fixture_fini(&t);
	return 0;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* Of a slice of 100 ms: 0.75 ms of work, 0.5 ms of tiny in another work, as one. */
static void bars(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	t.opts.to_s = 0.1;
	text = export_fixture_text(&t, "chrome");
	assert_non_null(strstr(text,
		"{\"ph\": \"X\", \"pid\": 100, \"tid\": 100, \"ts\": 0.125, \"dur\": 1249.875,"
		" \"name\": \"main\", \"cat\": \"prog\","
		" \"args\": {\"total\": 1250000, \"self\": 0, \"samples\": 0}},\n"
		"{\"ph\": \"X\", \"pid\": 100, \"tid\": 100, \"ts\": 0.125, \"dur\": 1249.875,"
		" \"name\": \"work\", \"cat\": \"prog\","
		" \"args\": {\"total\": 1250000, \"self\": 750000, \"samples\": 3}},\n"
		"{\"ph\": \"X\", \"pid\": 100, \"tid\": 100, \"ts\": 0.125, \"dur\": 499.875,"
		" \"name\": \"tiny\", \"cat\": \"prog\","
		" \"args\": {\"total\": 500000, \"self\": 500000, \"samples\": 2}},\n"
		"{\"ph\": \"C\", \"pid\": 100, \"tid\": 100, \"ts\": 0.000,"
		" \"name\": \"cpu-clock\", \"args\": {\"ns\": 1250000}},\n"
		"{\"ph\": \"C\", \"pid\": 100, \"tid\": 100, \"ts\": 100000.000,"
		" \"name\": \"cpu-clock\", \"args\": {\"ns\": 0}}\n]}\n"));
}

static void names_and_counters(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	text = export_fixture_text(&t, "chrome");
	assert_int_equal(count_of(text, "\"process_name\""), 1);
	assert_int_equal(count_of(text, "\"args\": {\"name\": \"worker\"}"), 1);
	assert_int_equal(count_of(text, "\"ph\": \"C\""), 4 + 2);
	assert_int_equal(count_of(text, "{\"count\": 4002}"), 1);
	assert_int_equal(count_of(text, "\"name\": \"rec\""), 3);
}

/* Of an event that is no time bars fill the slice. */
static void counts_fill_the_slice(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "instructions";
	text = export_fixture_text(&t, "chrome");
	assert_int_equal(count_of(text, "\"ph\": \"X\""), 2);
	assert_int_equal(count_of(text, "\"dur\": 99999.875"), 2);
}

/* A slice that does not divide by five is shared out all the same, without a gap. */
static void whole_eighths(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	export_fixture_sql(&t, "UPDATE event SET unit = 'count';"
			       " UPDATE session SET slice_ns = 33333333");
	text = export_fixture_text(&t, "chrome");
	assert_non_null(strstr(text, "\"ts\": 33333.375, \"dur\": 6666.625, \"name\": \"work\""));
	assert_non_null(strstr(text, "\"ts\": 40000.000, \"dur\": 26666.625, \"name\": \"rec\""));
}

/* A thread that was renamed has all of its bars side by side, and one name in the file. */
static void renamed(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	export_fixture_sql(&t, "UPDATE thread SET tid = 100; UPDATE slice SET slice = 0");
	text = export_fixture_text(&t, "chrome");
	assert_int_equal(count_of(text, "\"thread_name\""), 1);
	assert_int_equal(count_of(text, "\"args\": {\"name\": \"prog / worker\"}"), 1);
	assert_int_equal(count_of(text, "\"ts\": 0.125, "), 1 + 1 + 1);
	assert_non_null(strstr(text, "\"ts\": 2500.000, \"dur\": 250.000,"
				     " \"name\": \"[prog+0x99]\""));
}

/* More than a slice has room for is made to fit; less than a thousandth of it is left out. */
static void sizes(void **state)
{
	PMC_FREE char *text = NULL, *small = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	export_fixture_sql(&t, "UPDATE slice SET period = 100000000, vals = NULL");
	text = export_fixture_text(&t, "chrome");
	assert_int_equal(count_of(text, "\"dur\": 100000.000"), 1 + 1);
	assert_int_equal(count_of(text, "\"ts\": 0.125, \"dur\": 99999.875"), 2);
	export_fixture_sql(&t, "UPDATE slice SET period = 20000, vals = NULL");
	small = export_fixture_text(&t, "chrome");
	assert_int_equal(count_of(small, "\"ph\": \"X\""), 2 + 1);
	assert_int_equal(count_of(small, "\"name\": \"tiny\""), 0);
}

static void no_samples(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM cost");
	text = export_fixture_text(&t, "chrome");
	assert_non_null(strstr(text, "\"traceEvents\": [\n]}\n"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(bars), CASE(names_and_counters), CASE(counts_fill_the_slice), CASE(sizes),
		CASE(whole_eighths), CASE(renamed),
		CASE(no_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
