/*
 * test_export_firefox.c - profiles of the Firefox Profiler: columns of the tables, ids, time.
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

static void check_parts(const char *text, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strstr(text, parts[i]))
			fail_msg("not there: %s\nin: %s", parts[i], text);
	}
}

/*
 * Steps of slice 0: work at 0x20, tiny in the work at 0x28; of slice 1: that tiny, and rec. Stacks
 * are in preorder: main, work, work and tiny in it, then rec three times.
 */
static void a_thread(void **state)
{
	static const char *const parts[] = {
		("\"stringArray\": [\"main\", \"main.c\", \"prog\", \"work\", \"tiny\", \"tiny.h\","
		" \"rec\"]"),
		("\"stackTable\": {\"length\": 7, \"prefix\": [null,0,0,2,0,4,5],"
		" \"frame\": [0,1,2,3,4,4,4], \"category\": [1,1,1,1,1,1,1],"
		" \"subcategory\": [0,0,0,0,0,0,0]}"),
		"\"address\": [16,32,40,40,48], \"inlineDepth\": [0,0,0,1,0]",
		"\"func\": [0,1,1,2,3]",
		"\"line\": [12,25,27,5,38]",
		"\"funcTable\": {\"length\": 4, \"name\": [0,3,4,6]",
		"\"fileName\": [1,1,5,1], \"lineNumber\": [10,20,null,30]",
		"\"resourceTable\": {\"length\": 1, \"lib\": [0], \"name\": [2]",
		("\"samples\": {\"length\": 5, \"weightType\": \"tracing-ms\","
		" \"stack\": [1,3,3,6,null],"
		" \"time\": [0.000000,60.000000,100.000000,120.000000,200.000000],"
		" \"threadCPUDelta\": [0,750000,500000,250000,1000000],"
		" \"weight\": [0.750000,0.500000,0.250000,1.000000,0.000000]}"),
		("{\"name\": \"prog\", \"processName\": \"prog\", \"pid\": \"100\", \"tid\": 100,"
		" \"isMainThread\": true,"),
		("{\"name\": \"worker\", \"processName\": \"prog\", \"pid\": \"100\", \"tid\": 101,"
		" \"isMainThread\": false,"),
	};
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

/* Nothing was seen of the thread in slices 1 and 2. */
static void a_rest(void **state)
{
	static const char *const parts[] = {
		("\"stack\": [1,3,null,3,6,null],"
		" \"time\": [0.000000,60.000000,100.000000,300.000000,320.000000,400.000000],"
		" \"threadCPUDelta\": [0,750000,500000,0,250000,1000000],"
		" \"weight\": [0.750000,0.500000,0.000000,0.250000,1.000000,0.000000]}"),
	};
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE slice SET slice = 3 WHERE slice = 1");
	t.opts.event = "cpu-clock";
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

static void several_events(void **state)
{
	static const char *const parts[] = {
		"\"processName\": \"prog [cpu-clock]\", \"pid\": \"100 [cpu-clock]\"",
		"\"processName\": \"prog [instructions]\", \"pid\": \"100 [instructions]\"",
		("\"weightType\": \"samples\", \"stack\": [1,null],"
		" \"time\": [0.000000,100.000000],"
		" \"weight\": [4002,0]}"),
	};
	PMC_FREE char *text = NULL;

	(void)state;
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

static void head(void **state)
{
	static const char *const parts[] = {
		"\"preprocessedProfileVersion\": 48",
		"\"interval\": 0.250000, \"startTime\": 1700000000123.456",
		"\"product\": \"./prog 'a b'\"", "\"oscpu\": \"Linux 6.1\"", "\"abi\": \"x86_64\"",
		"\"path\": \"/opt/bin/prog\"",
		("\"breakpadId\": \"EFBEADDE34127856AABBCCDDEEFF00110\","
		" \"codeId\": \"deadbeef12345678aabbccddeeff001122334455\""),
		"\"label\": \"Label\", \"value\": \"small\"",
		"\"label\": \"lost_records\", \"value\": \"5: ",
	};
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE module SET"
			       " build_id = 'deadbeef12345678aabbccddeeff001122334455'");
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

/* A build-id that is short, or none at all. */
static void odd_build_ids(void **state)
{
	PMC_FREE char *text = NULL, *odd = NULL;

	(void)state;
	text = export_fixture_text(&t, "firefox");
	assert_non_null(strstr(text, "\"breakpadId\": \"000000000000000000000000000000000\","
				     " \"codeId\": null"));
	export_fixture_sql(&t, "UPDATE module SET build_id = '01020z'");
	odd = export_fixture_text(&t, "firefox");
	assert_non_null(strstr(odd, "\"breakpadId\": \"000002010000000000000000000000000\""));
}

/* An address that no number of JavaScript holds is none. */
static void odd_addresses(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "instructions";
	export_fixture_sql(&t, "UPDATE location SET offset = -1 WHERE offset = 0x10");
	text = export_fixture_text(&t, "firefox");
	assert_non_null(strstr(text, "\"address\": [-1,32]"));
}

/* The Profiler shows one main thread of a process: here the one with more samples. */
static void renamed(void **state)
{
	static const char *const parts[] = {
		("{\"name\": \"prog\", \"processName\": \"prog\", \"pid\": \"100\", \"tid\": 100,"
		" \"isMainThread\": true,"),
		("{\"name\": \"worker\", \"processName\": \"prog\", \"pid\": \"100\", \"tid\": 100,"
		" \"isMainThread\": false,"),
	};
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	export_fixture_sql(&t, "UPDATE thread SET tid = 100");
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

/* The time that is shown: all that the session took, or the window asked for. */
static void range(void **state)
{
	PMC_FREE char *all = NULL, *window = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE session SET duration_ns = 1050000000");
	all = export_fixture_text(&t, "firefox");
	assert_non_null(strstr(all, "\"profilingStartTime\": 0.000000,"
				    " \"profilingEndTime\": 1100.000000,"));
	t.opts.from_s = 0.1;
	t.opts.to_s = 0.3;
	window = export_fixture_text(&t, "firefox");
	assert_non_null(strstr(window, "\"profilingStartTime\": 100.000000,"
				       " \"profilingEndTime\": 300.000000,"));
}

/* A thread without samples: the Profiler refuses a profile without threads. */
static void no_samples(void **state)
{
	static const char *const parts[] = {
		"\"interval\": 100.000000",
		"\"threads\": [\n{\"name\": \"no samples\", \"processName\": \"no samples\"",
		"\"samples\": {\"length\": 0,",
		"\"profilingStartTime\": 0.000000, \"profilingEndTime\": 100.000000,",
	};
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM slice; DELETE FROM cost; DELETE FROM event;"
			       " UPDATE session SET duration_ns = 0");
	text = export_fixture_text(&t, "firefox");
	check_parts(text, parts, PMC_COUNT(parts));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_thread), CASE(a_rest), CASE(several_events), CASE(head), CASE(odd_build_ids),
		CASE(odd_addresses), CASE(renamed), CASE(range), CASE(no_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
