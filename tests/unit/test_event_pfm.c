/*
 * test_event_pfm.c - libpfm4's words: pieces behind the event one by one, full names from
 * beginnings, periods and privilege taken over. A PMU that libpfm4 knows is encoded, in this
 * machine or not.
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

static int set_up(void **state)
{
	(void)state;
	setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
	return 0;
}

static void good(void **state)
{
	static const struct {
		const char *text, *name;
		uint64_t config;
		unsigned excluded; /* user 1, kernel 2, hypervisor 4 */
		unsigned precise;
		uint64_t period;
	} rows[] = {
		{ "skl::INST_RETIRED", "skl::INST_RETIRED", 0xc0, 0, 0, 1000 },
		{ "SKL::inst_retired:any_p", "skl::INST_RETIRED:ANY_P", 0xc0, 0, 0, 1000 },
		{ "skl::INST_RETIRED:ANY", "skl::INST_RETIRED:ANY_P", 0xc0, 0, 0, 1000 },
		{ "skl::INST_RETIRED:PREC", "skl::INST_RETIRED:PREC_DIST", 0x1c0, 0, 0, 1000 },
		{ "skl::INST_RETIRED:u", "skl::INST_RETIRED:u", 0xc0, 6, 0, 1000 },
		{ "skl::INST_RETIRED:k:u", "skl::INST_RETIRED:uk", 0xc0, 4, 0, 1000 },
		{ "skl::INST_RETIRED:uk", "skl::INST_RETIRED:uk", 0xc0, 4, 0, 1000 },
		{ "skl::INST_RETIRED:u:pp", "skl::INST_RETIRED:upp", 0xc0, 6, 2, 1000 },
		{ "skl::INST_RETIRED:precise=1:u", "skl::INST_RETIRED:up", 0xc0, 6, 1, 1000 },
		{ "skl::INST_RETIRED:precise=0", "skl::INST_RETIRED", 0xc0, 0, 0, 1000 },
		{ "skl::INST_RETIRED:period=2k", "skl::INST_RETIRED", 0xc0, 0, 0, 2000 },
		{ "skl::INST_RETIRED/period=7/k", "skl::INST_RETIRED:k", 0xc0, 5, 0, 7 },
		{ "skl::INST_RETIRED:c=1:i", "skl::INST_RETIRED:c=1:i", 0x18000c0, 0, 0, 1000 },
		{ "amd64_fam17h_zen2::RETIRED_INSTRUCTIONS:u",
		  "amd64_fam17h_zen2::RETIRED_INSTRUCTIONS:u", 0xc0, 6, 0, 1000 },
	};

	(void)state;
#if !defined(__x86_64__)
	skip(); /* a libpfm4 built for another processor has no PMUs of this one */
#endif
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_event_list list;
		struct pmc_err err = { 0 };
		const struct perf_event_attr *attr;

		if (event_list_parse(&list, rows[i].text, &by_default, &host, &err))
			fail_msg("%s: %s", rows[i].text, err.message);
		attr = list.events[0].attr;
		assert_string_equal(list.events[0].name, rows[i].name);
		assert_int_equal(list.events[0].source, PMC_SOURCE_PFM);
		assert_int_equal(attr->type, PERF_TYPE_RAW);
		assert_int_equal(attr->config, rows[i].config);
		assert_int_equal((attr->exclude_user ? 1u : 0) | (attr->exclude_kernel ? 2u : 0) |
					 (attr->exclude_hv ? 4u : 0),
				 rows[i].excluded);
		assert_int_equal(attr->precise_ip, rows[i].precise);
		assert_int_equal(attr->sample_period, rows[i].period);
		assert_null(list.events[0].fallback);
		pmc_event_list_fini(&list);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "skl::", "this machine has no PMU skl" },
		{ "::INST_RETIRED", "unknown event" },
		{ "nosuchpmu::EVENT", "this machine has no PMU nosuchpmu, and this libpfm4 "
		  "knows none" },
		{ "skl::INST_RETIRED:", "has no attribute \"\"" },
		{ "skl::INST_RETIRED:bogus", "has no attribute \"bogus\"" },
		{ "skl::INST_RETIRED:c=x", "libpfm4: " },
		{ "skl::INST_RETIRED:precise=x", "x is no value for precise" },
		{ "skl::INST_RETIRED:period=0", "0 is no value for period" },
		{ "skl::INST_RETIRED:freq=1/period=2/", "period or frequency already" },
		{ "skl::INST_RETIRED/umask=2/", "is no PMU: it takes no term umask" },
	};

	(void)state;
#if !defined(__x86_64__)
	skip();
#endif
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

	return cmocka_run_group_tests(tests, set_up, NULL);
}
