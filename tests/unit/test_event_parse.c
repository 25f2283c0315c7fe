/*
 * test_event_parse.c - event lists to syntax rows, and the column at which bad ones are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/event.h"

/* A row as one line: name | terms | modifiers | group's modifiers | group @ column. */
static char *show(const struct event_spec *spec)
{
	char mods[16], group_mods[16], *text, *longer;

	event_format_modifiers(mods, &spec->mods);
	event_format_modifiers(group_mods, &spec->group_mods);
	text = pmc_sprintf("%s|", spec->name);
	for (size_t i = 0; i < spec->terms.count; i++) {
		const struct event_term *term = &spec->terms.items[i];

		longer = pmc_sprintf("%s%s%s%s%s", text, i ? "," : "", term->name,
				     term->value ? "=" : "", term->value ? term->value : "");
		free(text);
		text = longer;
	}
	longer = pmc_sprintf("%s%s|%s|%s|%d@%zu", text, spec->has_terms ? "/" : "", mods,
			     group_mods, spec->group, spec->column);
	free(text);
	return longer;
}

static void good_lists(void **state)
{
	static const struct {
		const char *text, *rows[4];
	} cases[] = {
		{ "cycles", { "cycles||||-1@1" } },
		{ "cycles:u", { "cycles:u||||-1@1" } },
		{ "  cycles , instructions ", { "cycles||||-1@3", "instructions||||-1@12" } },
		{ "cpu/event=0x3c,umask=1/u", { "cpu|event=0x3c,umask=1/|:u||-1@1" } },
		{ "cpu/event=0x3c/:kpp", { "cpu|event=0x3c/|:kpp||-1@1" } },
		{ "cpu/ event = 0x3c , edge /", { "cpu|event=0x3c,edge/|||-1@1" } },
		{ "cpu//", { "cpu|/|||-1@1" } },
		{ "cycles/period=100000/u,faults",
		  { "cycles|period=100000/|:u||-1@1", "faults||||-1@24" } },
		{ "{a,b}:u,c", { "a|||:u|0@2", "b|||:u|0@4", "c||||-1@9" } },
		{ "{ a , b } : uk , {c}", { "a|||:uk|0@3", "b|||:uk|0@7", "c||||1@19" } },
		{ "{cpu/a=1,b=2/k,d}", { "cpu|a=1,b=2/|:k||0@2", "d||||0@16" } },
		{ "skl::INST_RETIRED:ANY:u:precise=2",
		  { "skl::INST_RETIRED:ANY:u:precise=2||||-1@1" } },
		{ "mem:0x1000/8:rw:u,cs", { "mem:0x1000/8:rw:u||||-1@1", "cs||||-1@19" } },
		{ "mem:0x1000/period=2/", { "mem:0x1000|period=2/|||-1@1" } },
		{ "mem:0x1000/8:x/period=2/", { "mem:0x1000/8:x|period=2/|||-1@1" } },
		{ "sched:sched_switch", { "sched:sched_switch||||-1@1" } },
		{ "cycles:P\n", { "cycles:P||||-1@1" } },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct event_specs specs;
		struct pmc_err err = { 0 };
		size_t count = 0;

		assert_int_equal(event_parse(&specs, cases[i].text, &err), 0);
		while (count < 4 && cases[i].rows[count])
			count++;
		assert_int_equal(specs.count, count);
		for (size_t k = 0; k < count; k++) {
			PMC_FREE char *row = show(&specs.items[k]);

			assert_string_equal(row, cases[i].rows[k]);
		}
		event_specs_fini(&specs);
	}
}

static void bad_lists(void **state)
{
	static const struct {
		const char *text, *column, *expected;
	} cases[] = {
		{ "a,,b", "column 3:", "expected an event, found ','" },
		{ ",a", "column 1:", "expected an event" },
		{ "a,", "column 3:", "expected an event, but it ends" },
		{ "a b", "column 3:", "expected ',' before the next event, found 'b'" },
		{ "{a,b", "column 5:", "expected ',' or '}', but it ends" },
		{ "{a,{b}}", "column 4:", "groups do not nest" },
		{ "{}", "column 2:", "expected an event, found '}'" },
		{ "a}", "column 2:", "expected ','" },
		{ "{a}x", "column 4:", "expected a modifier" },
		{ "{a}:ux", "column 6:", "expected a modifier" },
		{ "{a}:pppp", "column 8:", "expected a modifier" },
		{ "cpu/event=1", "column 12:", "expected ',' or '/' behind a term, but it ends" },
		{ "cpu/event=/", "column 11:", "expected a value behind '='" },
		{ "cpu/=1/", "column 5:", "expected a term" },
		{ "cpu/a=1,/", "column 9:", "expected a term behind ','" },
		{ "cpu/a=1,,b/", "column 9:", "expected a term" },
		{ "cpu/a=1=2/", "column 8:", "expected ',' or '/' behind a term, found '='" },
		{ "cpu/a/z", "column 7:", "expected a modifier" },
		{ "a\033[31m", "column 2:", "byte 0x1b" },
		{ "\303\244", "column 1:", "byte 0xc3" },
		{ "", "", "the event list is empty" },
		{ " \t\n", "", "the event list is empty" },
		{ "/a/", "column 1:", "expected an event, found '/'" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct event_specs specs;
		struct pmc_err err = { 0 };

		assert_int_equal(event_parse(&specs, cases[i].text, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		if (!strstr(err.message, cases[i].column) ||
		    !strstr(err.message, cases[i].expected))
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_true(err.hint[0] != '\0');
		event_specs_fini(&specs);
	}
}

static void modifiers(void **state)
{
	static const struct {
		const char *text, *shown;
		bool ok;
	} cases[] = {
		{ "", "", true },
		{ "u", ":u", true },
		{ "ku", ":uk", true },
		{ "uuu", ":u", true },
		{ "hkuppp", ":ukhppp", true },
		{ "pup", ":upp", true },
		{ "P", ":P", true },
		{ "Pp", ":P", true },
		{ "S", "", true },
		{ "D", "", true },
		{ "x", "", false },
		{ "U", "", false },
		{ "pppp", "", false },
		{ "u:k", "", false },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct event_modifiers mods = { 0 };
		char shown[16];

		assert_int_equal(event_parse_modifiers(&mods, cases[i].text, strlen(cases[i].text)),
				 cases[i].ok);
		event_format_modifiers(shown, &mods);
		assert_string_equal(shown, cases[i].shown);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "123", true, 123 },
		{ "0x7B", true, 123 },
		{ "0123", true, 123 },
		{ "100k", true, 100000 },
		{ "2M", true, 2000000 },
		{ "3G", true, 3000000000 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "0xffffffffffffffff", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "18446744073709551615k", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1x", false, 0 },
		{ "k", false, 0 },
		{ "1kk", false, 0 },
		{ "1.5", false, 0 },
		{ "0x", false, 0 },
		{ "0xg", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(event_parse_number(cases[i].text, &value), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lists),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(modifiers),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
