/*
 * test_import_text.c - stacks as text: which form it is, what lines give, lines that are neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/import_text.h"

static struct catalog catalog;
static struct costs costs;
static struct import_text text;
static struct script_fields fields;

static void begin(enum import_text_form form)
{
	memset(&costs, 0, sizeof(costs));
	catalog_init(&catalog);
	import_text_init(&text, form, &fields, &catalog, &costs, 100000000);
}

static void end(void)
{
	import_text_fini(&text);
	costs_fini(&costs);
	catalog_fini(&catalog);
}

static void lines(const char *const *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[256];

		snprintf(line, sizeof(line), "%s", from[i]);
		import_text_line(&text, line);
	}
	import_text_end(&text);
}

/* "module:name" of a location, by what was announced for it. */
static const char *name_of(uint32_t location)
{
	static char name[128];
	const struct pmc_location_row *row = &catalog.locations.items[location - 1];
	const char *module = pmc_strings_get(
		catalog.strings, catalog.modules.items[row->module - 1].path);

	for (size_t i = 0; i < catalog.ksyms.count; i++)
		if (catalog.ksyms.items[i].module == row->module &&
		    catalog.ksyms.items[i].offset == row->offset) {
			snprintf(name, sizeof(name), "%s:%s", module,
				 pmc_strings_get(catalog.strings, catalog.ksyms.items[i].name));
			return name;
		}
	snprintf(name, sizeof(name), "%s+0x%llx", module, (unsigned long long)row->offset);
	return name;
}

/* The callers of a cost, innermost first, by name. */
static void expect_stack(const struct pmc_cost_row *cost, size_t count, const char *const *names)
{
	uint32_t stack = cost->stack;

	assert_string_equal(name_of(cost->location), names[0]);
	for (size_t i = 1; i < count; i++) {
		assert_true(stack);
		assert_string_equal(name_of(catalog.stacks.items[stack - 1].location), names[i]);
		stack = catalog.stacks.items[stack - 1].parent;
	}
	assert_int_equal(stack, 0);
}

static void forms(void **state)
{
	static const struct {
		const char *text;
		enum import_text_form form;
	} cases[] = {
		{ "main;work;leaf 42\nmain 1\n", IMPORT_TEXT_FOLDED },
		{ "a b;c d 3", IMPORT_TEXT_FOLDED },
		{ "# comment\n\nmain;x 1\n", IMPORT_TEXT_FOLDED },
		{ "prog 812 7.500000: 1000 cycles: \n\t401136 leaf+0x6 (/bin/prog)\n\n",
		  IMPORT_TEXT_SCRIPT },
		{ "two words 8/9 [001] 7.500000: 1 cs:u:\n", IMPORT_TEXT_SCRIPT },
		{ "prog 812 7.500000: cycles: 401136 leaf+0x6 (/bin/prog)\n", IMPORT_TEXT_SCRIPT },
		{ "prog 812 7.500000: cycles:\n\t401136 leaf\n", IMPORT_TEXT_SCRIPT },
		{ "prog 7.500000: cycles:\n\t401136 leaf (/bin/prog)\n", IMPORT_TEXT_SCRIPT },
		{ "prog 7.500000:\n\t401136 leaf (/bin/prog)\n", IMPORT_TEXT_SCRIPT },
		{ "prog 812 7.500000: PERF_RECORD_MMAP2 812/812: [0x5(0x1) @ 0x1 0:0 1]: x /x\n",
		  IMPORT_TEXT_SCRIPT },
		{ "prog\n\t401136 leaf (/bin/prog)\n", IMPORT_TEXT_NONE },
		{ "", IMPORT_TEXT_NONE },
		{ "just some prose\nwithout numbers\n", IMPORT_TEXT_NONE },
		{ "int main(void) { return 0; }\n", IMPORT_TEXT_NONE },
		{ "main;work 1\nno number\n", IMPORT_TEXT_NONE },
		{ "Copyright (c) 2026\n", IMPORT_TEXT_NONE },
		{ "At 12.500000: some more\nof it\n", IMPORT_TEXT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (import_text_guess(cases[i].text, strlen(cases[i].text), &fields) !=
		    cases[i].form)
			fail_msg("case %zu: %s", i, cases[i].text);
	assert_int_equal(import_text_guess("main 1\0\n", 8, &fields), IMPORT_TEXT_NONE);
}

static void folded_stacks(void **state)
{
	(void)state;
	begin(IMPORT_TEXT_FOLDED);
	lines((const char *const[]){ "main;work;leaf 40", "main;work;leaf 2\r", "main;read_[k] 7",
				     "alone 1", "", "# a comment", "none 0", "wrong", " 5" },
	      9);
	assert_int_equal(text.events.count, 1);
	assert_string_equal(text.events.items[0].name, "samples");
	assert_int_equal(text.samples, 50);
	assert_int_equal(costs.rows.count, 3);
	assert_int_equal(costs.rows.items[0].value, 42);
	expect_stack(&costs.rows.items[0], 3,
		     (const char *const[]){ "[text]:leaf", "[text]:work", "[text]:main" });
	expect_stack(&costs.rows.items[1], 2,
		     (const char *const[]){ "[kernel]:read", "[text]:main" });
	expect_stack(&costs.rows.items[2], 1, (const char *const[]){ "[text]:alone" });
	assert_int_equal(text.bad_lines, 2);
	assert_int_equal(text.bad_line, 8);
	end();
}

/* Values may be bytes or nanoseconds; what the sum has no room for is left out. */
static void folded_stacks_of_large_values(void **state)
{
	(void)state;
	begin(IMPORT_TEXT_FOLDED);
	lines((const char *const[]){ "a;b 10000000000", "a;c 1", "a;b 9223372026854775805", "a;c 2",
				     "a;c 1", "a;b 9223372036854775807", "a;c 99999999999999999999",
				     "a;c 0" }, 8);
	assert_int_equal(costs.rows.count, 2);
	assert_true(costs.rows.items[0].samples == INT64_MAX - 2);
	assert_true(costs.rows.items[0].value == INT64_MAX - 2);
	assert_int_equal(costs.rows.items[1].samples, 2);
	assert_int_equal(costs.rows.items[1].value, 2);
	assert_true(text.samples == INT64_MAX);
	assert_int_equal(text.bad_lines, 3);
	assert_int_equal(text.bad_line, 4);
	end();
}

static void samples_of_perf_script(void **state)
{
	(void)state;
	begin(IMPORT_TEXT_SCRIPT);
	lines((const char *const[]){
		      "# captured on: some day",
		      "my prog   812/813  [001]  7.000000:       1000 cycles:u: ",
		      "\t          401136 ns::leaf(int, char)+0x6 (/bin/my prog)",
		      "\t    7f00deadbeef [unknown] (/lib/x.so)",
		      "\tffffffff81000010 do_syscall_64+0x10 ([kernel.kallsyms])",
		      "",
		      "other 900  7.250000:          5 cpu-clock:  401136 leaf+0x6 (/bin/prog)",
		      "other 900  7.260000:          5 cpu-clock: ",
		      "what is this",
	      },
	      9);
	assert_int_equal(text.samples, 3);
	assert_int_equal(text.bad_lines, 1);
	assert_int_equal(text.bad_line, 9);
	assert_int_equal(text.events.count, 2);
	assert_string_equal(text.events.items[0].name, "cycles:u");
	assert_true(text.events.items[1].is_clock);
	assert_int_equal(text.end_ns - text.start_ns, 260000000);
	assert_int_equal(catalog.threads.count, 2);
	assert_int_equal(catalog.threads.items[0].tid, 813);
	assert_string_equal(pmc_strings_get(catalog.strings, catalog.threads.items[0].comm),
			    "my prog");
	assert_int_equal(costs.rows.items[0].value, 1000);
	assert_int_equal(costs.rows.items[0].slice, 0);
	expect_stack(&costs.rows.items[0], 3,
		     (const char *const[]){ "my prog:ns::leaf(int, char)", "x.so+0x7f00deadbeef",
					    "[kernel]:do_syscall_64" });
	assert_int_equal(costs.rows.items[1].slice, 2);
	expect_stack(&costs.rows.items[1], 1, (const char *const[]){ "prog:leaf" });
	expect_stack(&costs.rows.items[2], 1, (const char *const[]){ "[unknown]:[unknown]" });
	end();
}

/* perf script -F: without modules, threads, periods, times, events; with lines of other fields. */
static void fields_may_be_missing_or_more(void **state)
{
	(void)state;
	begin(IMPORT_TEXT_SCRIPT);
	lines((const char *const[]){
		      "prog 812 7.000000: cpu-clock:",
		      "\t  401136 ns::leaf(int, char)",
		      "  prog.c:30",
		      " insn: 48 8d 0c 38",
		      "\tffffffff81000010 do_syscall_64+0x10",
		      "",
		      "prog 7.100000: PERF_RECORD_MMAP2 812/812: [0x5(0x1) @ 0x1 0:0 1]: x /x",
		      "prog 7.100000: cpu-clock:",
		      "\t401136 leaf (/bin/prog)",
		      "prog 7.200000:",
		      "\t401136 leaf (/bin/prog)",
		      "prog 812 7.300000: cpu-clock:  401136 leaf",
		      "prog 812 7.400000: sched:x: 12 other (text)",
		      "prog 812 7.500000: sched:x: 12 other",
		      "prog 812 cycles:",
	      },
	      15);
	assert_int_equal(text.samples, 7);
	assert_int_equal(text.bad_lines, 0);
	assert_int_equal(text.other_lines, 2);
	assert_int_equal(text.end_ns - text.start_ns, 500000000);
	assert_int_equal(text.events.count, 4);
	assert_false(text.events.items[0].is_clock); /* its values are samples */
	assert_string_equal(text.events.items[1].name, "samples");
	expect_stack(&costs.rows.items[0], 2,
		     (const char *const[]){ "[text]:ns::leaf(int, char)",
					    "[kernel]:do_syscall_64" });
	expect_stack(&costs.rows.items[1], 1, (const char *const[]){ "prog:leaf" });
	assert_int_equal(costs.rows.items[1].value, 1);
	expect_stack(&costs.rows.items[3], 1, (const char *const[]){ "[text]:leaf" });
	expect_stack(&costs.rows.items[4], 1, (const char *const[]){ "text:other" });
	expect_stack(&costs.rows.items[5], 1, (const char *const[]){ "[unknown]:[unknown]" });
	end();
}

/* Nothing that a line may hold is trusted. */
static void lies(void **state)
{
	static const char *const odd[] = {
		"prog 99999999999999999999 7.500000: 1 cycles:",
		"prog 1 7.500000: 99999999999999999999 c:",
		"prog 1/ 7.500000: 1 cycles:", "prog 1 [x] 7.500000: 1 cycles:",
		"1", " 1 2 3", "\t", "\t(",
		"\t401136", "\t401136 ()", "\t401136 (", "\t401136  (x)", "\tzz leaf (x)", ";;; 1",
		"prog 1 7.: 1 :", "prog 1 .5: 1 c:", "+0x (", "a +0x1 (b)",
	};

	(void)state;
	for (int form = IMPORT_TEXT_FOLDED; form <= IMPORT_TEXT_SCRIPT; form++) {
		begin((enum import_text_form)form);
		lines(odd, sizeof(odd) / sizeof(odd[0]));
		for (size_t i = 0; i < costs.rows.count; i++)
			assert_true(costs.rows.items[i].location && costs.rows.items[i].event);
		end();
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		import_text_guess(odd[i], strlen(odd[i]), &fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(folded_stacks),
		cmocka_unit_test(folded_stacks_of_large_values),
		cmocka_unit_test(samples_of_perf_script),
		cmocka_unit_test(fields_may_be_missing_or_more),
		cmocka_unit_test(lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
