/*
 * test_event_open.c - what each errno of perf_event_open() is told as. Whether events open is not
 * assumed: where cpu-clock does, it is opened for real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_fixture.h"

static const struct pmc_sampling by_default = { .mode = PMC_MODE_FREQUENCY, .period_or_hz = 1000 };

static void every_errno_has_message_and_hint(void **state)
{
	static const int errnums[] = { EACCES, EPERM,  ENOENT, ENODEV, EOPNOTSUPP,
				       EINVAL, EMFILE, ENFILE, ESRCH,  E2BIG,
				       EBUSY,  ENOSPC, ENOSYS, ENOMEM, EINTR };
	static const struct {
		pid_t pid;
		int cpu;
	} targets[] = { { 0, -1 }, { 1, -1 }, { -1, 0 } };
	const char *events = "cycles,cpu-clock:u,r1c0:pp,mem:0x1000:x,mem:0xffffffff81000000:x,cs";
	struct event_host host = { .sysfs = "/nonexistent",
				   .paranoid = 1,
				   .probe = fixture_probe_software };
	struct pmc_event_list list;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&list, events, &by_default, &host, &err), 0);
	for (size_t i = 0; i < list.count; i++)
		for (size_t k = 0; k < PMC_COUNT(errnums); k++)
			for (size_t t = 0; t < PMC_COUNT(targets); t++) {
				pmc_err_clear(&err);
				assert_int_equal(event_explain_open_error(
							 &list.events[i], errnums[k],
							 targets[t].pid, targets[t].cpu, &err),
						 -1);
				assert_int_equal(err.kind, errnums[k] == ESRCH ? PMC_ERR_NOT_FOUND :
										 PMC_ERR_SYSTEM);
				assert_true(err.hint[0] != '\0');
				assert_true(strlen(err.message) + 1 < sizeof(err.message));
				assert_true(strlen(err.hint) + 1 < sizeof(err.hint));
				if (errnums[k] != ESRCH)
					assert_true(strstr(err.message, list.events[i].name) ||
						    strstr(err.message, "perf_event_open"));
			}
	pmc_event_list_fini(&list);
}

static void values_are_those_of_now(void **state)
{
	struct event_host host = { .sysfs = "/nonexistent",
				   .paranoid = 1,
				   .probe = fixture_probe_software };
	const struct pmc_sampling fast = { .mode = PMC_MODE_FREQUENCY,
					   .period_or_hz = 2000000000,
					   .explicit_ = true };
	struct pmc_event_list list;
	struct pmc_err err = { 0 };
	char expected[64];

	(void)state;
	assert_int_equal(event_list_parse(&list, "cpu-clock", &fast, &host, &err), 0);
	if (access("/proc/sys/kernel/perf_event_max_sample_rate", R_OK))
		skip();
	event_explain_open_error(&list.events[0], EINVAL, 0, -1, &err);
	assert_non_null(
		strstr(err.message, "2000000000 Hz: kernel.perf_event_max_sample_rate is "));
	assert_ptr_equal(strstr(err.hint, "-F "), err.hint);

	pmc_err_clear(&err);
	event_explain_open_error(&list.events[0], ESRCH, 4321, -1, &err);
	assert_non_null(strstr(err.message, "process 4321"));

	pmc_err_clear(&err);
	event_explain_open_error(&list.events[0], EACCES, -1, 0, &err);
	snprintf(expected, sizeof(expected), "kernel.perf_event_paranoid is %d",
		 pmc_machine_paranoid());
	assert_non_null(strstr(err.message, expected));
	pmc_event_list_fini(&list);
}

static void cpu_clock_opens_for_real(void **state)
{
	struct pmc_event_list list;
	struct pmc_err err = { 0 };
	int fd;

	(void)state;
	assert_int_equal(pmc_event_list_parse(&list, "cpu-clock:upp", &by_default, &err), 0);
	if (event_probe(list.events[0].attr)) {
		pmc_event_list_fini(&list);
		skip();
	}
	list.events[0].attr->disabled = 1;
	fd = event_open(&list.events[0], 0, -1, -1, PERF_FLAG_FD_CLOEXEC, &err);
	assert_true(fd >= 0);
	close(fd);
	pmc_event_list_fini(&list);
}

/* An event that no machine has: everything is tried, and the event is as it was afterwards. */
static void a_refused_event_stays_as_it_was(void **state)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE,
					.size = sizeof(attr),
					.config = 0xff,
					.precise_ip = 2,
					.exclude_guest = 1,
					.exclude_kernel = 1,
					.exclude_hv = 1,
					.sample_period = 1000 };
	char name[] = "bogus:upp";
	struct pmc_event event = { .name = name, .precise_requested = true, .attr = &attr };
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(event_open(&event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC, &err), -1);
	assert_int_equal(attr.precise_ip, 2);
	assert_true(attr.exclude_guest);
	assert_string_equal(event.name, "bogus:upp");
	assert_null(event.fallback);
	assert_true(pmc_err_is_set(&err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_has_message_and_hint),
		cmocka_unit_test(values_are_those_of_now),
		cmocka_unit_test(cpu_clock_opens_for_real),
		cmocka_unit_test(a_refused_event_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
