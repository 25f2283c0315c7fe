/*
 * test_machine.c - small readings of the machine, and what pmc doctor makes of given facts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/machine.h"
#include "event_fixture.h"

static void small_files(void **state)
{
	static const struct {
		const char *text;
		bool number;
		long long value;
	} rows[] = {
		{ "12", true, 12 }, { "-1", true, -1 },	  { "  7 apples", true, 7 },
		{ "0", true, 0 },   { "none", false, 0 }, { "99999999999999999999999", false, 0 },
	};
	struct fixture fixture;
	PMC_FREE char *path = NULL;
	char text[8];

	(void)state;
	fixture_init(&fixture);
	path = pmc_sprintf("%s/file", fixture.root);
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		long long value = 77;

		fixture_write(&fixture, "file", rows[i].text);
		assert_int_equal(machine_read_number(path, &value), rows[i].number);
		assert_int_equal(value, rows[i].number ? rows[i].value : 77);
	}
	fixture_write(&fixture, "file", "long text \t \nsecond");
	assert_true(machine_read_text(path, text, sizeof(text)));
	assert_string_equal(text, "long te");
	fixture_write(&fixture, "file", "abc \t ");
	assert_true(machine_read_text(path, text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_false(machine_read_text("/nonexistent", text, sizeof(text)));
	assert_string_equal(text, "");
	fixture_fini(&fixture);
}

static void names(void **state)
{
	char text[128], small[4];

	(void)state;
	pmc_machine_cpu_name(text, sizeof(text));
	assert_true(text[0] != '\0');
	pmc_machine_cpu_name(small, sizeof(small));
	assert_true(strlen(small) < sizeof(small));
	pmc_machine_pfm_name(text, sizeof(text));
	assert_ptr_equal(strstr(text, "libpfm4 4."), text);
	assert_false(machine_has_capability(1000));
}

/* A machine on which all is well, for ordinary users too. */
static struct machine_facts good_facts(void)
{
	return (struct machine_facts){
		.paranoid = -1,
		.counters = true,
		.sample_rate = 100000,
		.mlock_kb = 516,
		.kallsyms = true,
		.kallsyms_addresses = true,
		.tracefs = true,
		.page_kb = 4,
		.cpus = 4,
		.memlock_bytes = 8 << 20,
		.files = 1024,
		.files_max = 4096,
		.cpu = "CPU",
		.pfm = "libpfm4 4.13.0, skl",
		.kernel = "Linux",
	};
}

struct wanted {
	const char *name;
	enum pmc_check_state state;
	const char *seen, *advice;
	bool found;
	size_t shortfalls;
};

static void check(void *ctx, const struct pmc_check *row)
{
	struct wanted *wanted = ctx;

	assert_true(row->name[0] && row->seen[0]);
	assert_int_equal(row->advice[0] != '\0', row->state != PMC_CHECK_OK);
	wanted->shortfalls += row->state != PMC_CHECK_OK;
	if (!wanted->name || strcmp(row->name, wanted->name))
		return;
	wanted->found = true;
	if (row->state != wanted->state || !strstr(row->seen, wanted->seen) ||
	    !strstr(row->advice, wanted->advice))
		fail_msg("%s: %d, %s, %s", row->name, (int)row->state, row->seen, row->advice);
}

static void expect(const struct machine_facts *facts, const char *name, enum pmc_check_state state,
		   const char *seen, const char *advice)
{
	struct wanted wanted = { .name = name, .state = state, .seen = seen, .advice = advice };

	machine_facts_judge(facts, check, &wanted);
	assert_true(wanted.found);
}

static void all_is_well(void **state)
{
	struct machine_facts facts = good_facts();
	struct wanted wanted = { 0 };

	(void)state;
	machine_facts_judge(&facts, check, &wanted);
	assert_int_equal(wanted.shortfalls, 0);
}

#define SHORT(field, value, name, state, seen, advice) \
	do { \
		struct machine_facts one_off = good_facts(); \
		one_off.field = value; \
		expect(&one_off, name, state, seen, advice); \
	} while (0)

static void each_shortfall_has_its_advice(void **state)
{
	struct machine_facts facts;

	(void)state;
	SHORT(stack_errno, EINVAL, "call graphs", PMC_CHECK_LIMITED, "fp",
	      "without frame pointers");
	SHORT(clock_errno, ENOSYS, "sampling", PMC_CHECK_MISSING, "not implemented",
	      "CONFIG_PERF_EVENTS");
	SHORT(clock_errno, EPERM, "sampling", PMC_CHECK_MISSING, "not permitted", "seccomp");
	SHORT(kallsyms_addresses, false, "kernel names", PMC_CHECK_LIMITED, "hides",
	      "Run pmc as root");
	SHORT(tracefs, false, "tracepoints", PMC_CHECK_LIMITED, "not mounted", "mount -t tracefs");
	SHORT(files, 64, "open files", PMC_CHECK_LIMITED, "RLIMIT_NOFILE is 64", "ulimit -n 320");
	SHORT(sample_rate, 500, "sample rate", PMC_CHECK_LIMITED, "is 500",
	      "max_sample_rate=100000");
	SHORT(nmi_watchdog, 1, "watchdog", PMC_CHECK_LIMITED, "is 1", "nmi_watchdog=0");
	SHORT(paranoid, 1, "permission", PMC_CHECK_LIMITED, "is 1", "no whole CPUs");

	facts = good_facts();
	facts.paranoid = 2;
	facts.user_only = true;
	expect(&facts, "permission", PMC_CHECK_LIMITED, "is 2", "perf_event_paranoid=1");
	expect(&facts, "tracepoints", PMC_CHECK_LIMITED, "not allowed", "perf_event_paranoid=1");
	facts.paranoid = 4;
	facts.clock_errno = EACCES;
	expect(&facts, "permission", PMC_CHECK_MISSING, "is 4", "perf_event_paranoid=2");
	expect(&facts, "sampling", PMC_CHECK_MISSING, "denied", "perf_event_paranoid=2");

	facts = good_facts();
	facts.counters = false;
	facts.cycles_errno = ENOENT;
	expect(&facts, "hardware counters", PMC_CHECK_MISSING, "No such file", "cpu-clock");

	facts = good_facts();
	facts.mlock_kb = 0;
	facts.memlock_bytes = 64 << 10;
	expect(&facts, "ring memory", PMC_CHECK_LIMITED, "is 64 KiB", "perf_event_mlock_kb=516");
	facts.lock_exempt = true;
	expect(&facts, "ring memory", PMC_CHECK_OK, "", "");
}

static void capability_outweighs_the_level(void **state)
{
	struct machine_facts facts = good_facts();

	(void)state;
	facts.paranoid = 4;
	facts.privileged = true;
	expect(&facts, "permission", PMC_CHECK_OK, "has the capability", "");
}

static void count(void *ctx, const struct pmc_check *row)
{
	assert_true(row->name[0] && row->seen[0]);
	++*(size_t *)ctx;
}

static void this_machine_is_judged(void **state)
{
	size_t rows = 0;

	(void)state;
	pmc_machine_check(count, &rows);
	assert_true(rows >= 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_files),
		cmocka_unit_test(names),
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(each_shortfall_has_its_advice),
		cmocka_unit_test(capability_outweighs_the_level),
		cmocka_unit_test(this_machine_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
