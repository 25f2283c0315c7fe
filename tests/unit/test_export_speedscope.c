/*
 * test_export_speedscope.c - speedscope files: frames, a profile for each event and thread, order.
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

static void the_small_session(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	text = export_fixture_text(&t, "speedscope");
	assert_string_equal(text,
		"{\"$schema\": \"https://www.speedscope.app/file-format-schema.json\",\n"
		"\"exporter\": \"pmc@" PMC_VERSION "\",\n"
		"\"name\": \"./prog 'a b'\",\n"
		"\"activeProfileIndex\": 0,\n"
		"\"shared\": {\"frames\": [\n"
		"  {\"name\": \"main\", \"file\": \"main.c\", \"line\": 10},\n"
		"  {\"name\": \"work\", \"file\": \"main.c\", \"line\": 20},\n"
		"  {\"name\": \"tiny\", \"file\": \"tiny.h\"},\n"
		"  {\"name\": \"rec\", \"file\": \"main.c\", \"line\": 30},\n"
		"  {\"name\": \"[prog+0x99]\"}\n"
		"]},\n"
		"\"profiles\": [\n"
		"{\"type\": \"sampled\", \"name\": \"cpu-clock, prog (tid 100)\","
		" \"unit\": \"nanoseconds\", \"startValue\": 0, \"samples\": [\n"
		"  [0,1],\n"
		"  [0,1,2],\n"
		"  [0,1,2],\n"
		"  [0,3,3,3]\n"
		"], \"weights\": [750000,500000,250000,1000000], \"endValue\": 2500000},\n"
		"{\"type\": \"sampled\", \"name\": \"cpu-clock, worker (pid 100, tid 101)\","
		" \"unit\": \"nanoseconds\", \"startValue\": 0, \"samples\": [\n"
		"  [4]\n"
		"], \"weights\": [250000], \"endValue\": 250000},\n"
		"{\"type\": \"sampled\", \"name\": \"instructions, prog (tid 100)\","
		" \"unit\": \"none\", \"startValue\": 0, \"samples\": [\n"
		"  [0,1]\n"
		"], \"weights\": [4002], \"endValue\": 4002}\n"
		"]}\n");
}

static void no_samples(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM cost");
	text = export_fixture_text(&t, "speedscope");
	assert_non_null(strstr(text, "\"profiles\": [\n{\"type\": \"sampled\", \"name\":"
				     " \"cpu-clock\", \"unit\": \"nanoseconds\", \"startValue\": 0,"
				     " \"endValue\": 0, \"samples\": [], \"weights\": []}\n]}\n"));
}

static void no_events(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM slice; DELETE FROM cost; DELETE FROM event");
	text = export_fixture_text(&t, "speedscope");
	assert_non_null(strstr(text, "\"profiles\": [\n]}\n"));
}

static void hostile_names(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE function SET name = 'a\"b\\' || char(10) || char(27)"
			       " WHERE name = 'rec'; UPDATE function SET"
			       " name = CAST(x'ff41' AS TEXT) WHERE name = 'tiny'");
	text = export_fixture_text(&t, "speedscope");
	assert_non_null(strstr(text, "{\"name\": \"a\\\"b\\\\\\n\\u001b\", "));
	assert_non_null(strstr(text, "{\"name\": \"\xef\xbf\xbd" "A\", "));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_small_session), CASE(no_samples), CASE(no_events), CASE(hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
