/*
 * test_counts_figures.c - which figures events give, their values, and where there are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "report/counts_figures.h"

enum { EVENTS_MAX = 6 };

static const char *const kind_names[FIGURE_KINDS] = {
	"ipc", "ghz", "cpus", "share", "mpki", "rate-cpu", "rate",
};

/* "ipc 0/1; ghz 1": the figures that a list of events gives. */
static void describe(const char *const *names, bool system_wide, char *text, size_t size)
{
	struct figure_event events[EVENTS_MAX] = { 0 };
	struct figure figures[EVENTS_MAX * FIGURES_PER_EVENT];
	size_t count = 0, found;

	for (; count < EVENTS_MAX && names[count]; count++)
		events[count] = (struct figure_event){ names[count],
						       strstr(names[count], "clock") != NULL };
	found = figures_plan(events, count, system_wide, figures);
	assert_true(found <= count * FIGURES_PER_EVENT);
	*text = '\0';
	for (size_t i = 0; i < found; i++) {
		const size_t used = strlen(text);
		char of[16] = "";

		if (figures[i].of >= 0)
			snprintf(of, sizeof(of), "/%d", figures[i].of);
		snprintf(text + used, size - used, "%s%s %d%s", i ? "; " : "",
			 kind_names[figures[i].kind], figures[i].event, of);
	}
}

static void events_give_figures(void **state)
{
	static const struct {
		const char *names[EVENTS_MAX + 1];
		bool system_wide;
		const char *expected;
	} cases[] = {
		{ { NULL }, false, "" },
		{ { "instructions", "cycles" }, false, "ipc 0/1; ghz 1" },
		{ { "cycles", "instructions" }, false, "ghz 0; ipc 1/0" },
		{ { "instructions:u", "cycles:u" }, false, "ipc 0/1; rate 1" },
		/* Other modes are other things; letters may come in any order. */
		{ { "instructions:u", "cycles" }, false, "rate 0; ghz 1" },
		{ { "instructions:uk", "cycles:ku" }, false, "ipc 0/1; rate 1" },
		{ { "instructions:ukh", "cycles" }, false, "ipc 0/1; ghz 1" },
		{ { "instructions:uP", "cycles:u" }, false, "ipc 0/1; rate 1" },
		{ { "instructions", "cpu-cycles" }, false, "ipc 0/1; ghz 1" },
		{ { "INSTRUCTIONS", "Cycles" }, false, "ipc 0/1; ghz 1" },
		/* The first pair that fits. */
		{ { "cycles:u", "cycles:k", "instructions:k" }, false, "rate 0; rate 1; ipc 2/1" },
		/* Names of the machine's own. */
		{ { "arm_ac57::INST_RETIRED", "arm_ac57::CPU_CYCLES" }, false, "ipc 0/1; ghz 1" },
		{ { "arm_ac57::INST_RETIRED:u", "arm_ac57::CPU_CYCLES:u" }, false,
		  "ipc 0/1; rate 1" },
		{ { "arm_ac57::INST_RETIRED:u=1", "cycles:u" }, false, "ipc 0/1; rate 1" },
		{ { "skl::INST_RETIRED:ANY_P:u", "skl::CPU_CLK_UNHALTED:THREAD_P:u" }, false,
		  "ipc 0/1; rate 1" },
		{ { "skl::INST_RETIRED:ANY_P:c=1", "cycles" }, false, "rate 0; ghz 1" },
		{ { "armv8_pmuv3/inst_retired/", "armv8_pmuv3/cpu_cycles/" }, false,
		  "ipc 0/1; ghz 1" },
		{ { "cpu_core/instructions/u", "cpu_atom/cycles/u" }, false, "rate 0; rate 1" },
		{ { "cpu_atom/instructions/u", "cpu_core/cycles/u", "cpu_atom/cycles/u" }, false,
		  "ipc 0/2; rate 1; rate 2" },
		{ { "instructions#2", "cycles" }, false, "ipc 0/1; ghz 1" },
		/* Misses. */
		{ { "branches", "branch-misses" }, false, "rate 0; share 1/0" },
		{ { "branch-instructions:k", "branch-misses:k" }, false, "rate 0; share 1/0" },
		{ { "branch-misses", "instructions", "branches" }, false,
		  "share 0/2; mpki 0/1; rate 1; rate 2" },
		{ { "cache-misses", "cache-references" }, false, "share 0/1; rate 1" },
		{ { "L1-dcache-loads", "L1-dcache-load-misses" }, false, "rate 0; share 1/0" },
		{ { "LLC-stores", "LLC-store-misses" }, false, "rate 0; share 1/0" },
		{ { "LLC-prefetches", "LLC-prefetch-misses" }, false, "rate 0; share 1/0" },
		{ { "dTLB-load-misses", "instructions" }, false, "mpki 0/1; rate 1" },
		{ { "dTLB-load-misses", "instructions:u" }, false, "rate 0; rate 1" },
		{ { "-misses" }, false, "rate 0" },
		{ { "stalled-cycles-backend", "cycles" }, false, "share 0/1; ghz 1" },
		/* Time. */
		{ { "task-clock" }, false, "cpus 0" },
		{ { "cpu-clock:u" }, false, "cpus 0" },
		{ { "task-clock", "page-faults" }, false, "cpus 0; rate-cpu 1/0" },
		{ { "page-faults", "sched:sched_switch" }, false, "rate 0; rate 1" },
		/* Whole CPUs also count while they are idle. */
		{ { "task-clock", "page-faults", "cycles" }, true, "rate 1; rate 2" },
		{ { "instructions", "cycles" }, true, "ipc 0/1; rate 1" },
		/* Odd names. */
		{ { "", ":", "::", "a::", "/", "x//" }, false,
		  "rate 0; rate 1; rate 2; rate 3; rate 4; rate 5" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		describe(cases[i].names, cases[i].system_wide, text, sizeof(text));
		if (strcmp(text, cases[i].expected))
			fail_msg("case %zu (%s…): '%s', expected '%s'", i, cases[i].names[0], text,
				 cases[i].expected);
	}
}

static void long_names_are_no_figure(void **state)
{
	char name[4096];
	const char *names[EVENTS_MAX + 1] = { name, "instructions" };
	char text[256];

	(void)state;
	memset(name, 'x', sizeof(name));
	strcpy(name + sizeof(name) - 8, "-misses");
	describe(names, false, text, sizeof(text));
	assert_string_equal(text, "rate 0; rate 1");
}

static const struct figure_input NOTHING = { 0 };

static struct figure_input counted(double value)
{
	return (struct figure_input){ true, value, value / 2, value * 4 };
}

static void formulas(void **state)
{
	const struct {
		enum figure_kind kind;
		struct figure_input event, of;
		double elapsed_ns, expected;
	} cases[] = {
		{ FIGURE_IPC, counted(300), counted(200), 1, 1.5 },
		{ FIGURE_IPC, counted(0), counted(200), 1, 0 },
		{ FIGURE_IPC, counted(300), counted(0), 1, NAN },
		{ FIGURE_IPC, NOTHING, counted(200), 1, NAN },
		{ FIGURE_IPC, counted(300), NOTHING, 1, NAN },
		{ FIGURE_IPC, counted(1.8e19), counted(9e18), 1, 2 },
		{ FIGURE_SHARE, counted(5), counted(100), 1, 0.05 },
		{ FIGURE_PER_KILO, counted(5), counted(100), 1, 50 },
		{ FIGURE_PER_KILO, counted(5), counted(0), 1, NAN },
		{ FIGURE_GHZ, counted(3e9), NOTHING, 1, 0.125 },
		{ FIGURE_GHZ, counted(0), NOTHING, 1, NAN },
		{ FIGURE_CPUS, counted(2e9), NOTHING, 1e9, 2 },
		{ FIGURE_CPUS, counted(2e9), NOTHING, 0, NAN },
		{ FIGURE_RATE_CPU, counted(50), counted(5e8), 1, 100 },
		{ FIGURE_RATE_CPU, counted(50), counted(0), 1, NAN },
		{ FIGURE_RATE, counted(50), NOTHING, 2e9, 25 },
		{ FIGURE_RATE, counted(50), NOTHING, 0, NAN },
		{ FIGURE_RATE, NOTHING, NOTHING, 2e9, NAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const bool alone = cases[i].kind == FIGURE_GHZ || cases[i].kind == FIGURE_CPUS ||
				   cases[i].kind == FIGURE_RATE;
		const struct figure figure = { cases[i].kind, 0, alone ? FIGURE_NO_EVENT : 1 };
		const struct figure_input inputs[] = { cases[i].event, cases[i].of };
		const double value = figure_value(&figure, inputs, cases[i].elapsed_ns);

		if (isnan(cases[i].expected) ? !isnan(value) :
		    !(fabs(value - cases[i].expected) <= 1e-9 * fabs(cases[i].expected)))
			fail_msg("case %zu: %g, expected %g", i, value, cases[i].expected);
	}
}

static void texts(void **state)
{
	static const struct {
		enum figure_kind kind;
		double value, half;
		const char *expected;
	} cases[] = {
		{ FIGURE_IPC, 1.526, NAN, "1.53 per cycle" },
		{ FIGURE_IPC, 1.526, 0.0149, "1.53 ±0.01 per cycle" },
		{ FIGURE_GHZ, 2.9, NAN, "2.90 GHz" },
		{ FIGURE_CPUS, 0.976, NAN, "0.98 CPUs used" },
		{ FIGURE_SHARE, 0.0213, NAN, "2.13 % of cycles:u" },
		{ FIGURE_SHARE, 0.0213, 0.001, "2.13 ±0.10 % of cycles:u" },
		{ FIGURE_PER_KILO, 4.5, NAN, "4.50 per 1000 instructions" },
		{ FIGURE_RATE, 12345678, NAN, "12.3M per second" },
		{ FIGURE_RATE_CPU, 12.5, 0.5, "12.5 ±0.5 per CPU second" },
		{ FIGURE_IPC, 1e300, NAN, "1.00e+300 per cycle" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = figure_text(cases[i].kind, cases[i].value, cases[i].half, "cycles:u");

		if (cases[i].value < 1e100)
			assert_string_equal(text, cases[i].expected);
		else
			assert_true(strlen(text) < 64);
		free(text);
		assert_true(*figure_name(cases[i].kind) && *figure_unit(cases[i].kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_give_figures),
		cmocka_unit_test(long_names_are_no_figure),
		cmocka_unit_test(formulas),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
