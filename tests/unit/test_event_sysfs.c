/*
 * test_event_sysfs.c - terms to config bits as format files say, aliases, and what is refused.
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
	fixture_init(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_fini(&fixture);
	return 0;
}

static void terms(void **state)
{
	static const struct {
		const char *text;
		uint64_t config, config1, config2;
	} rows[] = {
		{ "cpu//", 0, 0, 0 },
		{ "cpu/event=0x3c/", 0x3c, 0, 0 },
		{ "cpu/event=0x1a3/", 0x1000000a3, 0, 0 }, /* the upper half of a split field */
		{ "cpu/event=0xfff,umask=0xff/", 0xf0000ffff, 0, 0 },
		{ "cpu/edge/", 1 << 18, 0, 0 }, /* a bare name is 1 */
		{ "cpu/edge=0/", 0, 0, 0 },
		{ "cpu/edge,edge=0/", 0, 0, 0 }, /* the later one wins */
		{ "cpu/offcore_rsp=0xffffffffffffffff/", 0, UINT64_MAX, 0 },
		{ "cpu/ldlat=30,event=2/", 2, 0, 30 },
		{ "cpu/mem-loads/", 0x1cd, 0, 3 },
		{ "cpu/mem-loads,ldlat=9/", 0x1cd, 0, 9 }, /* changes the alias */
		{ "cpu/umask=9,mem-loads/", 0x1cd, 0, 3 },
		{ "cpu/open-one,umask=5/", 0x510, 0, 0 },
		{ "cpu/config=0x77,config1=8,config2=9/", 0x77, 8, 9 },
		{ "cpu/event=1,period=9,precise=1/", 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };

		if (event_list_parse(&list, rows[i].text, &by_default, &fixture.host, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_int_equal(list.events[0].attr->type, 4);
		assert_int_equal(list.events[0].attr->config, rows[i].config);
		assert_int_equal(list.events[0].attr->config1, rows[i].config1);
		assert_int_equal(list.events[0].attr->config2, rows[i].config2);
		pmc_event_list_fini(&list);
	}
}

static void bad_terms(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} rows[] = {
		{ "cpu/event=0x1000/", "does not fit", "12 bits" },
		{ "cpu/edge=2/", "does not fit", "at most 0x1" },
		{ "cpu/event=abc/", "not a number", "found abc" },
		{ "cpu/event=1,bogus=2/", "bogus of cpu/…/ (column 13)", "umask" },
		{ "cpu/bogus/", "no such term or event", "mem-loads" },
		{ "cpu/future=1/", "does not know where its bits go", "config9:0-7" },
		{ "cpu/broken=1/", "format file is not understood", "config:7-0" },
		{ "cpu/open-one/", "leaves a term open", "cpu/open-one,umask=" },
		{ "cpu/loop/", "lead to each other", "" },
		{ "cpu/mem-loads=3/", "no such term or event", "" },
		{ "cpu/config=x/", "not a number", "" },
		{ "uncore_imc/cycles/", "no such term or event",
		  "" }, /* no core: no generic names */
		{ "cpu/cpu-clock/", "no such term or event", "" },
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
		pmc_event_list_fini(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms),
		cmocka_unit_test(bad_terms),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
