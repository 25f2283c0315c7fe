/*
 * test_kernel.c - what the running kernel can do, against what its version says.
 */
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "collector/abi.h"
#include "collector/kernel.h"

static int version(void)
{
	struct utsname uts;
	int major = 0, minor = 0;

	uname(&uts);
	sscanf(uts.release, "%d.%d", &major, &minor);
	return major * 1000 + minor;
}

static void ways_of_reading(void **state)
{
	(void)state;
	if (!kernel_takes(0, 0, false)) {
		print_message("perf_event_open() is not permitted here\n");
		skip();
	}
	assert_true(kernel_takes(PERF_SAMPLE_TID, PERF_FORMAT_ID, true));
	assert_int_equal(kernel_takes(0, ABI_FORMAT_LOST, false), version() >= 6000);
	assert_false(kernel_takes(0, 1ULL << 40, false));
	assert_int_equal(kernel_takes(PERF_SAMPLE_READ | PERF_SAMPLE_TID, PERF_FORMAT_GROUP, true),
			 version() >= 6012);
}

static void threads_at_their_end(void **state)
{
	(void)state;
	if (!kernel_takes(0, 0, false)) {
		print_message("perf_event_open() is not permitted here\n");
		skip();
	}
	if (version() < 5013 || version() >= 6018)
		assert_true(kernel_tells_threads());
	else
		kernel_tells_threads(); /* distributions mend it, too */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_of_reading),
		cmocka_unit_test(threads_at_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
