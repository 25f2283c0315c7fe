/*
 * test_event_resolve.c - event strings to (type, config, privilege, precision, sampling), on a
 * made-up machine; which errors they give, and what is told in `fallback`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_fixture.h"

static struct fixture fixture;
static const struct pmc_sampling by_default = { .mode = PMC_MODE_FREQUENCY, .period_or_hz = 1000 };

static int set_up(void **state)
{
	(void)state;
	setenv("LIBPFM_ENCODE_INACTIVE", "1", 1); /* before libpfm4's first use */
	fixture_init(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_fini(&fixture);
	return 0;
}

/* Letters of what is excluded, then the precise level. */
static void show_attr(char text[16], const struct perf_event_attr *attr)
{
	snprintf(text, 16, "%s%s%s%s%u", attr->exclude_user ? "u" : "",
		 attr->exclude_kernel ? "k" : "", attr->exclude_hv ? "h" : "",
		 attr->exclude_guest ? "g" : "", (unsigned)attr->precise_ip);
}

#define F PMC_MODE_FREQUENCY
#define P PMC_MODE_PERIOD

static void one_event(void **state)
{
	static const struct {
		const char *text, *name;
		enum pmc_event_source source;
		uint32_t type;
		uint64_t config;
		const char *attr; /* see show_attr() */
		enum pmc_event_mode mode;
		uint64_t period_or_hz;
	} rows[] = {
		{ "cycles", "cycles", PMC_SOURCE_KERNEL, 0, 0, "g0", F, 1000 },
		{ "cpu-cycles", "cycles", PMC_SOURCE_KERNEL, 0, 0, "g0", F, 1000 },
		{ "Instructions:u", "instructions:u", PMC_SOURCE_KERNEL, 0, 1, "khg0", F, 1000 },
		{ "instructions:k", "instructions:k", PMC_SOURCE_KERNEL, 0, 1, "uhg0", F, 1000 },
		{ "instructions:h", "instructions:h", PMC_SOURCE_KERNEL, 0, 1, "ukg0", F, 1000 },
		{ "cycles:kpu", "cycles:ukp", PMC_SOURCE_KERNEL, 0, 0, "hg1", F, 1000 },
		{ "cycles:ppp", "cycles:ppp", PMC_SOURCE_KERNEL, 0, 0, "g3", F, 1000 },
		{ "cycles:P", "cycles:P", PMC_SOURCE_KERNEL, 0, 0, "g3", F, 1000 },
		{ "cycles/precise=2/k", "cycles:kpp", PMC_SOURCE_KERNEL, 0, 0, "uhg2", F, 1000 },
		{ "cycles/period=100k/u", "cycles:u", PMC_SOURCE_KERNEL, 0, 0, "khg0", P, 100000 },
		{ "cycles:u/freq=99/", "cycles:u", PMC_SOURCE_KERNEL, 0, 0, "khg0", F, 99 },
		{ "L1-dcache-load-misses", "L1-dcache-load-misses", PMC_SOURCE_KERNEL, 3, 0x10000,
		  "g0", F, 1000 },
		{ "LLC-stores:u", "LLC-stores:u", PMC_SOURCE_KERNEL, 3, 0x102, "khg0", F, 1000 },
		{ "cpu-clock", "cpu-clock", PMC_SOURCE_KERNEL, 1, 0, "0", F, 1000 },
		{ "cpu-clock/period=1M/", "cpu-clock", PMC_SOURCE_KERNEL, 1, 0, "0", P, 1000000 },
		{ "task-clock:u", "task-clock:u", PMC_SOURCE_KERNEL, 1, 1, "kh0", F, 1000 },
		{ "page-faults", "page-faults", PMC_SOURCE_KERNEL, 1, 2, "0", P, 1 },
		{ "faults/freq=50/", "page-faults", PMC_SOURCE_KERNEL, 1, 2, "0", F, 50 },
		{ "cs", "context-switches", PMC_SOURCE_KERNEL, 1, 3, "0", P, 1 },
		{ "r01c0", "r1c0", PMC_SOURCE_RAW, 4, 0x1c0, "g0", F, 1000 },
		{ "rffffffffffffffff:u", "rffffffffffffffff:u", PMC_SOURCE_RAW, 4, UINT64_MAX,
		  "khg0", F, 1000 },
		{ "sched:sched_switch", "sched:sched_switch", PMC_SOURCE_TRACEPOINT, 2, 327, "0", P,
		  1 },
		{ "sched:sched_switch:k", "sched:sched_switch:k", PMC_SOURCE_TRACEPOINT, 2, 327,
		  "uh0", P, 1 },
		{ "sched:sched_switch/period=9/", "sched:sched_switch", PMC_SOURCE_TRACEPOINT, 2,
		  327, "0", P, 9 },
		{ "odd:u", "odd:u", PMC_SOURCE_TRACEPOINT, 2, 7, "0", P,
		  1 }, /* a name, no modifier */
		{ "odd:u:u", "odd:u:u", PMC_SOURCE_TRACEPOINT, 2, 7, "kh0", P, 1 },
		{ "mem:0x1000:w:u", "mem:0x1000/4:w:u", PMC_SOURCE_BREAKPOINT, 5, 0, "kh0", P, 1 },
		{ "cpu/event=0x3c,umask=1/u", "cpu/event=0x3c,umask=1/:u", PMC_SOURCE_SYSFS, 4,
		  0x13c, "khg0", F, 1000 },
		{ "cpu/mem-loads,period=7/", "cpu/mem-loads/", PMC_SOURCE_SYSFS, 4, 0x1cd, "g0", P,
		  7 },
		{ "mem-loads:u", "cpu/mem-loads/:u", PMC_SOURCE_SYSFS, 4, 0x1cd, "khg0", F, 1000 },
		{ "reads", "uncore_imc/reads/", PMC_SOURCE_SYSFS, 14, 4, "0", F, 1000 },
		{ "cpu_core/cycles/", "cpu_core/cycles/", PMC_SOURCE_SYSFS, 0, 0xa00000000, "g0", F,
		  1000 },
		{ "cpu/instructions/k", "cpu/instructions/:k", PMC_SOURCE_SYSFS, 0, 1, "uhg0", F,
		  1000 },
		{ "skl::INST_RETIRED:ANY:u:precise=2", "skl::INST_RETIRED:ANY_P:upp",
		  PMC_SOURCE_PFM, 4, 0xc0, "khg2", F, 1000 },
		{ "skl::inst_retired:k:period=1000", "skl::INST_RETIRED:k", PMC_SOURCE_PFM, 4, 0xc0,
		  "uhg0", P, 1000 },
		{ "skl::INST_RETIRED:PREC_DIST/freq=5/up", "skl::INST_RETIRED:PREC_DIST:up",
		  PMC_SOURCE_PFM, 4, 0x1c0, "khg1", F, 5 },
		{ "perf::cycles:u", "perf::PERF_COUNT_HW_CPU_CYCLES:u", PMC_SOURCE_PFM, 0, 0,
		  "khg0", F, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };
		const struct pmc_event *event;
		char attr[16];

		if (event_list_parse(&list, rows[i].text, &by_default, &fixture.host, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_int_equal(list.count, 1);
		event = &list.events[0];
		assert_string_equal(event->name, rows[i].name);
		assert_string_equal(event->requested, rows[i].text);
		assert_int_equal(event->source, rows[i].source);
		assert_int_equal(event->group, -1);
		assert_int_equal(event->attr->size, sizeof(*event->attr));
		assert_int_equal(event->attr->type, rows[i].type);
		assert_int_equal(event->attr->config, rows[i].config);
		show_attr(attr, event->attr);
		assert_string_equal(attr, rows[i].attr);
		assert_int_equal(event->sampling.mode, rows[i].mode);
		assert_int_equal(event->sampling.period_or_hz, rows[i].period_or_hz);
		assert_int_equal(event->attr->freq, rows[i].mode == F);
		assert_int_equal(event->attr->sample_period, rows[i].period_or_hz);
		assert_int_equal(event->unit,
				 !strncmp(event->name + 3, "-clock", 6) ||
						 !strncmp(event->name + 4, "-clock", 6) ?
					 PMC_UNIT_NS :
					 PMC_UNIT_COUNT);
		assert_null(event->fallback);
		pmc_event_list_fini(&list);
	}
}

static void bad_events(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} rows[] = {
		{ "instuctions", "unknown event instuctions (column 1)", "instructions" },
		{ "cycles,cache-miss", "unknown event cache-miss (column 8)", "cache-misses" },
		{ "sched:sched_swich", "unknown event", "sched:sched_switch" },
		{ "sched:*", "named in full", "pmc list 'sched:*'" },
		{ "mem-load", "unknown event", "mem-loads" },
		{ "cycles:x", "(column 8): \"x\" is no modifier", "u (user)" },
		{ "zzqqxxyy", "unknown event", "pmc list" },
		{ "{cycles,faults/period=5/}:S", "its leader cycles alone samples",
		  "give period= to the first event" },
		{ "cycles/foo=1/", "(column 8): cycles is no PMU", "period=" },
		{ "nopmu/foo=1/", "unknown PMU or event nopmu", "" },
		{ "cycles/period=0/", "period takes a number from 1", "period=100000" },
		{ "cycles/period/", "period takes a number", "" },
		{ "cycles/period=x/", "period takes a number", "" },
		{ "cycles/period=0x8000000000000000/", "period takes a number", "" },
		{ "cycles/precise=4/", "precise takes a number from 0 to 3", "" },
		{ "cycles/period=5,freq=5/", "(column 17): it has a period or frequency already",
		  "" },
		{ "cpu-clock/period=9999/", "too short for a clock", "below 10000" },
		{ "rxyz", "unknown event", "" },
		{ "r10000000000000000", "unknown event", "" },
		{ "untyped/event=1/", "unknown PMU or event untyped", "" },
		{ "../event=1/", "unknown", "" },
		{ "cpu/nosuch=1/", "nosuch of cpu/…/ (column 5): no such term or event",
		  "event, " },
		{ "skl::INST_RETIRED:FOO", "INST_RETIRED has no attribute \"FOO\"", "ANY_P" },
		{ "skl::INST_RETIRED:precise=9", "9 is no value for precise", "" },
		{ "skl::INST_RETIRED:cpu=1", "cannot choose its CPU", "-C" },
		{ "skl::NO_SUCH_EVENT", "this machine has no PMU skl", "pmc list 'skl::*'" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };

		assert_int_equal(
			event_list_parse(&list, rows[i].text, &by_default, &fixture.host, &err),
			-1);
		if (!strstr(err.message, rows[i].message) || !strstr(err.hint, rows[i].hint))
			fail_msg("%s: %s; hint: %s", rows[i].text, err.message, err.hint);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		assert_true(err.hint[0] != '\0');
		pmc_event_list_fini(&list);
	}
}

static void lists_and_groups(void **state)
{
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&list, "{cycles,instructions:k}:u,faults,{cs}",
					  &by_default, &fixture.host, &err),
			 0);
	assert_int_equal(list.count, 4);
	assert_string_equal(list.events[0].name, "cycles:u");
	assert_string_equal(list.events[1].name, "instructions:uk");
	assert_int_equal(list.events[0].group, 0);
	assert_int_equal(list.events[1].group, 0);
	assert_int_equal(list.events[2].group, -1);
	assert_int_equal(list.events[3].group, 1);
	pmc_event_list_fini(&list);
}

/* S: the leader samples, the others are read. D: the leader holds its place, and so all do. */
static void groups_that_are_read_and_pinned(void **state)
{
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&list,
					  "{cycles,faults,cpu-clock}:S,{cycles,instructions:D},"
					  "instructions:SD,{cycles}:S",
					  &by_default, &fixture.host, &err),
			 0);
	assert_int_equal(list.count, 7);
	assert_string_equal(list.events[0].name, "cycles");
	assert_true(list.events[0].sample_read && list.events[2].sample_read);
	assert_int_equal(list.events[0].sampling.mode, F);
	assert_int_equal(list.events[0].attr->freq, 1);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(list.events[i].sampling.mode, PMC_MODE_READ);
		assert_int_equal(list.events[i].attr->sample_period, 0);
		assert_int_equal(list.events[i].attr->freq, 0);
	}
	assert_int_equal(list.events[2].unit, PMC_UNIT_NS);
	assert_int_equal(list.events[3].attr->pinned, 1);
	assert_int_equal(list.events[4].attr->pinned, 0);
	assert_false(list.events[3].sample_read);
	/* There is nobody to be read. */
	assert_int_equal(list.events[5].attr->pinned, 1);
	assert_false(list.events[5].sample_read || list.events[6].sample_read);
	assert_int_equal(list.events[6].sampling.mode, F);
	pmc_event_list_fini(&list);
}

/* To count, no event has a period, whatever it is or says. */
static void counting_needs_no_period(void **state)
{
	const struct pmc_sampling counting = { .mode = PMC_MODE_COUNT };
	struct pmc_event_list list;
	struct pmc_err err = { 0 };
	const char *why;

	(void)state;
	assert_int_equal(event_list_parse(&list, "cycles/period=7/,{faults,cpu-clock}:S,cs",
					  &counting, &fixture.host, &err),
			 0);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.events[i].sampling.mode, PMC_MODE_COUNT);
		assert_int_equal(list.events[i].attr->sample_period, 0);
		assert_int_equal(list.events[i].attr->freq, 0);
	}
	assert_int_equal(list.events[2].unit, PMC_UNIT_NS);
	pmc_event_list_fini(&list);

	assert_int_equal(event_list_default_counts(&list, &fixture.host, &why, &err), 0);
	assert_string_equal(list.events[0].name, "task-clock");
	assert_string_equal(list.events[0].requested, "");
	assert_in_range(list.count, 4, 8);
	pmc_event_list_fini(&list);
}

static void same_names_are_numbered(void **state)
{
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&list, "cycles,cycles/period=5/,cpu-cycles,cycles:u",
					  &by_default, &fixture.host, &err),
			 0);
	assert_string_equal(list.events[0].name, "cycles");
	assert_string_equal(list.events[1].name, "cycles#2");
	assert_string_equal(list.events[2].name, "cycles#3");
	assert_string_equal(list.events[3].name, "cycles:u");
	pmc_event_list_fini(&list);
}

static void explicit_sampling_holds_for_counts_too(void **state)
{
	const struct pmc_sampling period = { .mode = P, .period_or_hz = 20000, .explicit_ = true };
	const struct pmc_sampling hertz = { .mode = F, .period_or_hz = 50, .explicit_ = true };
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&list, "faults,cpu-clock,sched:sched_switch/period=3/",
					  &period, &fixture.host, &err),
			 0);
	assert_int_equal(list.events[0].attr->sample_period, 20000);
	assert_int_equal(list.events[1].attr->sample_period, 20000);
	assert_int_equal(list.events[2].attr->sample_period, 3);
	assert_false(list.events[1].attr->freq);
	pmc_event_list_fini(&list);
	assert_int_equal(event_list_parse(&list, "cs", &hertz, &fixture.host, &err), 0);
	assert_true(list.events[0].attr->freq);
	assert_int_equal(list.events[0].attr->sample_freq, 50);
	pmc_event_list_fini(&list);
}

static void bad_sampling_is_refused(void **state)
{
	static const struct pmc_sampling bad[] = {
		{ .mode = P, .period_or_hz = 0, .explicit_ = true },
		{ .mode = F, .period_or_hz = 0, .explicit_ = true },
		{ .mode = P, .period_or_hz = UINT64_MAX, .explicit_ = true },
		{ .mode = P, .period_or_hz = 1000, .explicit_ = true }, /* ns, for a clock */
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(bad); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };

		assert_int_equal(event_list_parse(&list, "cpu-clock", &bad[i], &fixture.host, &err),
				 -1);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		pmc_event_list_fini(&list);
	}
}

static void without_permission_user_mode_is_left(void **state)
{
	static const struct {
		const char *text, *name, *attr;
		bool fallback;
	} rows[] = {
		{ "cycles", "cycles:u", "khg0", true },
		{ "cycles:pp", "cycles:upp", "khg2", true },
		{ "cpu-clock", "cpu-clock:u", "kh0", true },
		{ "faults", "page-faults:u", "kh0", true },
		{ "r1c0", "r1c0:u", "khg0", true },
		{ "cpu/event=1/", "cpu/event=1/:u", "khg0", true },
		{ "mem:0x1000:w", "mem:0x1000/4:w:u", "kh0", true },
		/* asked for: the kernel refuses, and that is told */
		{ "cycles:k", "cycles:k", "uhg0", false },
		{ "cycles:uk", "cycles:uk", "hg0", false },
		{ "cycles:u", "cycles:u", "khg0", false },
		/* nothing would be left in user mode */
		{ "context-switches", "context-switches", "0", false },
		{ "cpu-migrations", "cpu-migrations", "0", false },
		{ "sched:sched_switch", "sched:sched_switch", "0", false },
		{ "mem:0xffffffff81000000:x", "mem:0xffffffff81000000/8:x", "0", false },
	};
	struct event_host host = fixture.host;

	(void)state;
	host.user_only = true;
	host.paranoid = 2;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };
		char attr[16];

		if (event_list_parse(&list, rows[i].text, &by_default, &host, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_string_equal(list.events[0].name, rows[i].name);
		show_attr(attr, list.events[0].attr);
		assert_string_equal(attr, rows[i].attr);
		if (rows[i].fallback)
			assert_string_equal(list.events[0].fallback,
					    "kernel.perf_event_paranoid is 2: user mode only");
		else
			assert_null(list.events[0].fallback);
		pmc_event_list_fini(&list);
	}
}

static void precision_of_software_is_dropped_and_told(void **state)
{
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(
		event_list_parse(&list, "cpu-clock:upp,faults:P", &by_default, &fixture.host, &err),
		0);
	assert_string_equal(list.events[0].name, "cpu-clock:u");
	assert_int_equal(list.events[0].attr->precise_ip, 0);
	assert_non_null(strstr(list.events[0].fallback, "precise sampling is for hardware"));
	assert_string_equal(list.events[1].name, "page-faults");
	assert_null(list.events[1].fallback); /* "as precise as can be" was kept */
	pmc_event_list_fini(&list);
}

static void closed_tracefs(void **state)
{
	struct event_host host = fixture.host;
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	host.tracefs = NULL;
	assert_int_equal(event_list_parse(&list, "sched:sched_switch:u", &by_default, &host, &err),
			 -1);
	assert_non_null(strstr(err.message, "sched:sched_switch"));
	assert_non_null(strstr(err.message, "tracefs is not mounted"));
	assert_non_null(strstr(err.hint, "mount -t tracefs tracefs /sys/kernel/tracing"));
	pmc_event_list_fini(&list);
	pmc_err_clear(&err);
	host.tracefs_denied = true;
	assert_int_equal(event_list_parse(&list, "sched:sched_switch", &by_default, &host, &err),
			 -1);
	assert_non_null(strstr(err.message, "closed to this user"));
	assert_non_null(strstr(err.hint, "remount"));
	pmc_event_list_fini(&list);
}

static void defaults(void **state)
{
	struct event_host host = fixture.host;
	struct pmc_event_list list;
	struct pmc_err err = { 0 };
	const char *why;

	(void)state;
	host.probe = fixture_probe_all;
	assert_int_equal(event_list_default(&list, &by_default, &host, &why, &err), 0);
	assert_null(why);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.events[0].name, "instructions");
	assert_string_equal(list.events[1].name, "cycles");
	assert_string_equal(list.events[0].requested, "");
	assert_null(list.events[0].fallback);
	pmc_event_list_fini(&list);

	host.probe = fixture_probe_software;
	assert_int_equal(event_list_default(&list, &by_default, &host, &why, &err), 0);
	assert_non_null(why);
	assert_null(strchr(why, '\n'));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.events[0].name, "cpu-clock");
	assert_int_equal(list.events[0].unit, PMC_UNIT_NS);
	assert_non_null(list.events[0].fallback);
	pmc_event_list_fini(&list);

	host.probe = fixture_probe_none;
	assert_int_equal(event_list_default(&list, &by_default, &host, &why, &err), -1);
	assert_int_equal(err.kind, PMC_ERR_SYSTEM);
	assert_true(err.hint[0] != '\0');
	pmc_event_list_fini(&list);
}

/* Whatever somebody calls an event, no two have one name in the end. */
static void names_that_are_numbered_already(void **state)
{
	static const char *const given[] = { "x#2", "x", "x", "x#2", "x", "x#2y" };
	static const char *const wanted[] = { "x#2", "x", "x#3", "x#2#2", "x#4", "x#2y" };
	struct pmc_event events[PMC_COUNT(given)] = { { .name = NULL } };
	struct pmc_event_list list = { events, PMC_COUNT(given) };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(given); i++)
		events[i].name = pmc_strdup(given[i]);
	event_list_part_names(&list);
	for (size_t i = 0; i < PMC_COUNT(given); i++) {
		assert_string_equal(events[i].name, wanted[i]);
		free(events[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event),
		cmocka_unit_test(bad_events),
		cmocka_unit_test(lists_and_groups),
		cmocka_unit_test(groups_that_are_read_and_pinned),
		cmocka_unit_test(counting_needs_no_period),
		cmocka_unit_test(same_names_are_numbered),
		cmocka_unit_test(explicit_sampling_holds_for_counts_too),
		cmocka_unit_test(bad_sampling_is_refused),
		cmocka_unit_test(without_permission_user_mode_is_left),
		cmocka_unit_test(precision_of_software_is_dropped_and_told),
		cmocka_unit_test(closed_tracefs),
		cmocka_unit_test(defaults),
		cmocka_unit_test(names_that_are_numbered_already),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
