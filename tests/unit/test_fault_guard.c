/* test_fault_guard.c - reading behind the end of a mapped file that was cut. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbolize/fault_guard.h"

struct job {
	volatile char *bytes;
	int value;
};

static void read_byte(void *arg)
{
	struct job *job = arg;

	job->value = *job->bytes;
}

static void test_cut_file(void **state)
{
	char path[] = "/tmp/fault-guard-XXXXXX";
	const long page = sysconf(_SC_PAGESIZE);
	const int fd = mkstemp(path);
	struct sigaction before, after;
	struct fault_guard guard;
	struct job job;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 2 * page), 0);
	job.bytes = mmap(NULL, 2 * (size_t)page, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(job.bytes != MAP_FAILED);
	sigaction(SIGBUS, NULL, &before);
	fault_guard_init(&guard);
	assert_true(fault_guard_run(read_byte, &job));
	assert_int_equal(ftruncate(fd, 0), 0);
	/* Again and again: the signal does not stay blocked. */
	for (int i = 0; i < 3; i++) {
		assert_false(fault_guard_run(read_byte, &job));
		job.value = 7;
	}
	assert_int_equal(ftruncate(fd, page), 0);
	assert_true(fault_guard_run(read_byte, &job));
	assert_int_equal(job.value, 0);
	fault_guard_fini(&guard);
	sigaction(SIGBUS, NULL, &after);
	assert_ptr_equal(before.sa_sigaction, after.sa_sigaction);
	munmap((void *)job.bytes, 2 * (size_t)page);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
