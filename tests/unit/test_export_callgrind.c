/*
 * test_export_callgrind.c - callgrind files: lines, calls, recursion, names, empty sessions.
 */
#include "export_fixture.h"
#include "report/export_callgrind.h"

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

/* rec calls itself twice: main's call has all of it, rec's own calls nothing. */
static void the_small_session(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	text = export_fixture_text(&t, "callgrind");
	assert_string_equal(text,
		"# callgrind format\n"
		"version: 1\n"
		"creator: pmc-" PMC_VERSION "\n"
		"cmd: ./prog 'a b'\n"
		"desc: Session: 1\n"
		"desc: Label: small\n"
		"desc: Machine: host\n"
		"desc: CPU: Test CPU\n"
		"positions: line\n"
		"event: cpu_clock : cpu-clock (ns)\n"
		"event: instructions : instructions\n"
		"events: cpu_clock instructions\n"
		"summary: 2750000 4002\n"
		"\n"
		"ob=(1) /opt/bin/prog\n"
		"fl=(1) ???\n"
		"fn=(1) [prog+0x99]\n"
		"0 250000 0\n"
		"\n"
		"ob=(1)\n"
		"fl=(2) main.c\n"
		"fn=(2) main\n"
		"cob=(1)\n"
		"cfi=(2)\n"
		"cfn=(3) rec\n"
		"calls=4 30\n"
		"12 1000000 0\n"
		"cob=(1)\n"
		"cfi=(2)\n"
		"cfn=(4) work\n"
		"calls=8 20\n"
		"12 1500000 4002\n"
		"\n"
		"ob=(1)\n"
		"fl=(2)\n"
		"fn=(3)\n"
		"38 1000000 0\n"
		"\n"
		"ob=(1)\n"
		"fl=(2)\n"
		"fn=(4)\n"
		"25 750000 4002\n"
		"cob=(1)\n"
		"cfi=(3) tiny.h\n"
		"cfn=(5) tiny\n"
		"calls=3 0\n"
		"27 750000 0\n"
		"\n"
		"ob=(1)\n"
		"fl=(3)\n"
		"fn=(5)\n"
		"5 750000 0\n"
		"\n"
		"totals: 2750000 4002\n");
}

static void an_event_below_a_root(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	t.opts.event = "cpu-clock";
	t.opts.root = "work";
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, "summary: 1500000\n"));
	assert_null(strstr(text, "main\n"));
	assert_null(strstr(text, "rec\n"));
}

/* A line of another file than the function's. */
static void another_file(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE location SET line = 77,"
			       " file_id = (SELECT id FROM file WHERE path = 'tiny.h')"
			       " WHERE offset = 0x10");
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, "fn=(2) main\nfi=(3) tiny.h\ncob=(1)\ncfi=(2)\n"));
	assert_non_null(strstr(text, "\n77 1000000 0\n"));
}

/* A line without a file is not believed. */
static void lines_without_a_file(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE location SET file_id = NULL WHERE offset = 0x30");
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, "fn=(3)\n0 1000000 0\n"));
}

static void hostile_names(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "UPDATE function SET name = 'a' || char(10) || 'fn=(9) ' || char(27)"
			       " WHERE name = 'rec'; UPDATE event SET name = '9 lives' || char(10)"
			       " WHERE name = 'instructions'");
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, ") a?fn=(9) ?\n"));
	assert_non_null(strstr(text, "event: e9_lives_ : 9 lives?\n"));
	assert_non_null(strstr(text, "events: cpu_clock e9_lives_\n"));
}

static void no_samples(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM cost");
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, "summary: 0 0\n\ntotals: 0 0\n"));
}

/* No function's own and called costs are more than what it has with all below it. */
static void inclusive_costs(void **state)
{
	struct callgrind callgrind;
	int64_t sums[8] = { 0 };

	(void)state;
	export_fixture_load(&t, false);
	callgrind_build(&callgrind, &t.data);
	assert_true(callgrind.functions.count <= PMC_COUNT(sums));
	for (size_t i = 0; i < callgrind.lines.count; i++)
		sums[callgrind.lines.items[i].function] += callgrind.line_costs[i * 2];
	for (size_t i = 0; i < callgrind.calls.count; i++) {
		const uint32_t line = callgrind.calls.items[i].line;

		sums[callgrind.lines.items[line].function] += callgrind.call_costs[i * 2];
	}
	for (size_t i = 0; i < callgrind.functions.count; i++) {
		const char *name = export_text(&t.data, callgrind.functions.items[i].name);

		assert_int_equal(sums[i], !strcmp(name, "main") ? 2500000 :
					  !strcmp(name, "work") ? 1500000 :
					  !strcmp(name, "tiny") ? 750000 :
					  !strcmp(name, "rec") ? 1000000 : 250000);
	}
	callgrind_fini(&callgrind);
}

/* Modules of one name in two folders are two. */
static void modules_are_paths(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	export_fixture_sql(&t, "INSERT INTO module SELECT id + 1, '/old/bin/prog', name, 'x', kind"
			       " FROM module; UPDATE location SET module_id = 2"
			       " WHERE offset IN (0x20, 0x28)");
	text = export_fixture_text(&t, "callgrind");
	assert_non_null(strstr(text, "ob=(1) /old/bin/prog\n"));
	assert_non_null(strstr(text, "ob=(2) /opt/bin/prog\n"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_small_session), CASE(an_event_below_a_root), CASE(another_file),
		CASE(lines_without_a_file), CASE(modules_are_paths), CASE(hostile_names),
		CASE(no_samples), CASE(inclusive_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
