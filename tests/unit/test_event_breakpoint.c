/*
 * test_event_breakpoint.c - mem:ADDR/LENGTH:ACCESS:modifiers to bp_addr, bp_len and bp_type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_fixture.h"

static const struct event_host host = { .sysfs = "/nonexistent",
					.paranoid = 1,
					.probe = fixture_probe_software };
static const struct pmc_sampling by_default = { .mode = PMC_MODE_FREQUENCY, .period_or_hz = 1000 };

enum { R = 1, W = 2, X = 4 }; /* linux/hw_breakpoint.h */

static void good(void **state)
{
	static const struct {
		const char *text, *name;
		uint64_t addr, len;
		unsigned type;
	} rows[] = {
		{ "mem:0x1000", "mem:0x1000/4:rw", 0x1000, 4, R | W },
		{ "mem:0x1000:r", "mem:0x1000/4:r", 0x1000, 4, R },
		{ "mem:0x1000/1:w", "mem:0x1000/1:w", 0x1000, 1, W },
		{ "mem:0x1000/8:wr", "mem:0x1000/8:rw", 0x1000, 8, R | W },
		{ "mem:0x40AB:x", "mem:0x40ab/8:x", 0x40ab, sizeof(long), X },
		{ "mem:0x1000:u", "mem:0x1000/4:rw:u", 0x1000, 4, R | W },
		{ "mem:0x1000/2:w:k", "mem:0x1000/2:w:k", 0x1000, 2, W },
		{ "MEM:0x1000", "mem:0x1000/4:rw", 0x1000, 4, R | W },
		{ "mem:0xffffffffffffffff", "mem:0xffffffffffffffff/4:rw", UINT64_MAX, 4, R | W },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };

		if (event_list_parse(&list, rows[i].text, &by_default, &host, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_string_equal(list.events[0].name, rows[i].name);
		assert_int_equal(list.events[0].attr->type, PERF_TYPE_BREAKPOINT);
		assert_int_equal(list.events[0].attr->bp_addr, rows[i].addr);
		assert_int_equal(list.events[0].attr->bp_len, rows[i].len);
		assert_int_equal(list.events[0].attr->bp_type, rows[i].type);
		assert_int_equal(list.events[0].sampling.period_or_hz, 1);
		pmc_event_list_fini(&list);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "mem:main", "does not begin with 0x" },
		{ "mem:1000", "does not begin with 0x" },
		{ "mem:", "does not begin with 0x" },
		{ "mem:0x", "does not begin with 0x" },
		{ "mem:0", "does not begin with 0x" },
		{ "mem:0x10000000000000000", "more than 64 bits" },
		{ "mem:0x1000/9", "not 1 to 8" },
		{ "mem:0x1000/0", "not 1 to 8" },
		{ "mem:0x1000/99999999999999999999", "not 1 to 8" },
		{ "mem:0x1000z", "does not belong" },
		{ "mem:0x1000/4z", "does not belong" },
		{ "mem:0x1000:rx", "x cannot be watched together" },
		{ "mem:0x1000:rr", "r, w, x" },
		{ "mem:0x1000:", "r, w, x" },
		{ "mem:0x1000:r:", "r, w, x" },
		{ "mem:0x1000:q", "r, w, x" },
		{ "mem:0x1000:r:u:k", "r, w, x" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };

		assert_int_equal(event_list_parse(&list, rows[i].text, &by_default, &host, &err),
				 -1);
		if (!strstr(err.message, rows[i].message))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		assert_true(err.hint[0] != '\0');
		pmc_event_list_fini(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
