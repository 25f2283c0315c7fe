/*
 * test_event_tracepoint.c - subsys:name to an id, and names that must not lead out of tracefs.
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

static void names(void **state)
{
	static const struct {
		const char *name;
		enum event_found found;
		uint64_t id;
	} rows[] = {
		{ "sched:sched_switch", EVENT_FOUND, 327 },
		{ "odd:u", EVENT_FOUND, 7 },
		{ "odd:broken", EVENT_BAD, 0 },
		{ "sched:nosuch", EVENT_NOT_MINE, 0 },
		{ "nosuch:sched_switch", EVENT_NOT_MINE, 0 },
		{ "sched", EVENT_NOT_MINE, 0 },
		{ "sched:", EVENT_NOT_MINE, 0 },
		{ ":sched_switch", EVENT_NOT_MINE, 0 },
		{ "sched:sched_switch:u", EVENT_NOT_MINE, 0 },
		{ "..:sched", EVENT_NOT_MINE, 0 },
		{ "sched:../sched/sched_switch", EVENT_NOT_MINE, 0 },
		{ "../events/sched:sched_switch", EVENT_NOT_MINE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct perf_event_attr attr = { 0 };
		struct pmc_event event = { .attr = &attr };
		char text[] = "text";
		const struct event_spec spec = { .text = text, .column = 1 };
		struct pmc_err err = { 0 };

		assert_int_equal(event_tracepoint_resolve(&event, &spec, rows[i].name,
							  &fixture.host, &err),
				 rows[i].found);
		assert_int_equal(attr.config, rows[i].id);
		assert_int_equal(pmc_err_is_set(&err), rows[i].found == EVENT_BAD);
		if (rows[i].found == EVENT_FOUND) {
			assert_string_equal(event.name, rows[i].name);
			assert_int_equal(attr.type, PERF_TYPE_TRACEPOINT);
		}
		free(event.name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
