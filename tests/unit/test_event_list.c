/*
 * test_event_list.c - the rows of pmc list on a made-up machine: order, globs, what is usable; and
 * the names that are suggested for unknown ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_fixture.h"

static struct fixture fixture;

static int set_up(void **state)
{
	(void)state;
	fixture_init(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_fini(&fixture);
	return 0;
}

struct rows {
	char text[8192]; /* "name/source/usable description;" each */
	size_t count, stop_at;
};

static int collect(void *ctx, const struct pmc_event_info *info)
{
	struct rows *rows = ctx;
	size_t used = strlen(rows->text);

	snprintf(rows->text + used, sizeof(rows->text) - used, "%s|%s|%d|%s;", info->name,
		 info->source, info->available, info->description);
	return ++rows->count == rows->stop_at ? 42 : 0;
}

static void globs(void **state)
{
	static const struct {
		const char *glob, *text;
	} cases[] = {
		{ "cycles",
		  "bus-cycles|hardware|0|bus cycles, at a rate of their own;"
		  "cycles|hardware|0|CPU cycles, at the clock rate of the moment (also: "
		  "cpu-cycles);"
		  "ref-cycles|hardware|0|CPU cycles at a constant rate, whatever the clock does;"
		  "stalled-cycles-backend|hardware|0|cycles in which no instruction could be "
		  "executed "
		  "(also: idle-cycles-backend);"
		  "stalled-cycles-frontend|hardware|0|cycles in which no instruction could be "
		  "issued "
		  "(also: idle-cycles-frontend);" },
		{ "migrations", "cpu-migrations|software|1|times a task went to another CPU (also: "
				"migrations);" },
		{ "CPU-CLOCK",
		  "cpu-clock|software|1|time on a CPU, in ns: samples by a timer, works without "
		  "counters;" },
		{ "*itlb-load-*",
		  "iTLB-load-misses|cache|0|address cache for instructions: load misses;" },
		{ "sched:*", "sched:sched_switch|tracepoint|1|fields: prev_comm, prev_pid;"
			     "sched:sched_wakeup|tracepoint|1|a tracepoint without fields;" },
		{ "cpu/*",
		  "cpu/TERM=VALUE,.../|sysfs|1|terms: broken (config:7-0), edge (config:18), event "
		  "(config:0-7,32-35), future (config9:0-7), ldlat (config2:0-15), offcore_rsp "
		  "(config1:0-63), umask (config:8-15);"
		  "cpu/loop/|sysfs|0|loop;"
		  "cpu/mem-loads/|sysfs|0|event=0xcd,umask=0x1,ldlat=3; one count is 2 Loads;"
		  "cpu/open-one/|sysfs|0|event=0x10,umask=?;" },
		{ "rNNN*",
		  "rNNNN|raw|0|a raw event code in hexadecimal, as the CPU's manual has it;" },
		{ "no such event", "" },
		{ "[", "" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct rows rows = { 0 };

		assert_int_equal(event_list_each(cases[i].glob, &fixture.host, collect, &rows), 0);
		assert_string_equal(rows.text, cases[i].text);
	}
}

static void sources(void **state)
{
	struct rows all = { 0 }, software = { 0 };

	(void)state;
	event_list_each(NULL, &fixture.host, collect, &all);
	assert_true(all.count > 50);
	event_list_each("software", &fixture.host, collect, &software);
	assert_int_equal(software.count, 11);
	assert_null(strstr(software.text, "|hardware|"));
}

static void the_walk_can_be_ended(void **state)
{
	struct rows rows = { .stop_at = 3 };

	(void)state;
	assert_int_equal(event_list_each(NULL, &fixture.host, collect, &rows), 42);
	assert_int_equal(rows.count, 3);
}

static void other_pmus_are_found_by_name(void **state)
{
	struct rows rows = { 0 }, none = { 0 };

	(void)state;
	assert_int_equal(event_list_each("skl::INST_RETIRED*", &fixture.host, collect, &rows), 0);
	assert_non_null(strstr(rows.text, "skl::INST_RETIRED|libpfm4|"));
	assert_non_null(strstr(rows.text, "skl::INST_RETIRED:PREC_DIST|libpfm4|"));
	assert_non_null(strstr(rows.text, "skl::INST_RETIRED:ANY_P|libpfm4|"));
	event_list_each("nosuchpmu::*", &fixture.host, collect, &none);
	assert_int_equal(none.count, 0);
}

static void suggestions(void **state)
{
	static const struct {
		const char *name, *nearest;
	} cases[] = {
		{ "instrucions", "instructions" },
		{ "page-fualts", "page-faults" },
		{ "sched:sched_swtich", "sched:sched_switch" },
		{ "mem-load", "cpu/mem-loads/" },
		{ "skl::INST_RETIERD", "skl::INST_RETIRED" },
		{ "0123456789", "" },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		event_suggest(text, sizeof(text), cases[i].name, &fixture.host);
		if (cases[i].nearest[0])
			assert_ptr_equal(strstr(text, cases[i].nearest), text);
		else
			assert_string_equal(text, "");
	}
}

static void names_in_a_folder(void **state)
{
	struct event_names names;

	(void)state;
	event_names_list(&names, fixture.sysfs);
	assert_int_equal(names.count, 4);
	assert_string_equal(names.items[0], "cpu");
	assert_string_equal(names.items[1], "cpu_core");
	assert_string_equal(names.items[3], "untyped");
	event_names_fini(&names);
	event_names_list(&names, "/nonexistent");
	assert_int_equal(names.count, 0);
	event_names_fini(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(sources),
		cmocka_unit_test(the_walk_can_be_ended),
		cmocka_unit_test(other_pmus_are_found_by_name),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(names_in_a_folder),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
