/*
 * test_proc.c - what /proc tells of this very process: its threads, names and mappings; of ended
 * ones; and of the system.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/proc.h"

enum { NO_PID = 0x7fffff00 };	/* above any pid_max */

static struct catalog catalog;
static struct tracker tracker;

static int begin(void **state)
{
	(void)state;
	catalog_init(&catalog);
	tracker_init(&tracker, &catalog);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tracker_fini(&tracker);
	catalog_fini(&catalog);
	return 0;
}

/* ---- a thread that sits still while it is looked at ---- */

struct sitter {
	pthread_t thread;
	pthread_barrier_t ready, done;
	pid_t tid;
};

static void *sit(void *arg)
{
	struct sitter *sitter = arg;

	prctl(PR_SET_NAME, "sitter");
	sitter->tid = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&sitter->ready);
	pthread_barrier_wait(&sitter->done);
	return NULL;
}

static void sitter_start(struct sitter *sitter)
{
	assert_int_equal(pthread_barrier_init(&sitter->ready, NULL, 2), 0);
	assert_int_equal(pthread_barrier_init(&sitter->done, NULL, 2), 0);
	assert_int_equal(pthread_create(&sitter->thread, NULL, sit, sitter), 0);
	pthread_barrier_wait(&sitter->ready);
}

static void sitter_stop(struct sitter *sitter)
{
	pthread_barrier_wait(&sitter->done);
	pthread_join(sitter->thread, NULL);
	pthread_barrier_destroy(&sitter->ready);
	pthread_barrier_destroy(&sitter->done);
}

/* ---- reading ---- */

static void numbers_of_files(void **state)
{
	char path[256];
	static const struct {
		const char *text;
		long long expected;
	} cases[] = {
		{ "42\n", 42 }, { "-1\n", -1 }, { "  7 8\n", 7 }, { "", 99 }, { "max\n", 99 },
	};
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%.200s/pmc-proc-XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, cases[i].text, strlen(cases[i].text), 0),
				 strlen(cases[i].text));
		assert_int_equal(proc_read_number(path, 99), cases[i].expected);
	}
	close(fd);
	unlink(path);
	assert_int_equal(proc_read_number(path, 99), 99);
	assert_int_equal(proc_read_number("/", 99), 99);
}

static void online_cpus(void **state)
{
	PMC_FREE int *cpus = NULL;
	const size_t count = proc_online_cpus(&cpus);

	(void)state;
	assert_int_equal(count, sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 1; i < count; i++)
		assert_true(cpus[i] > cpus[i - 1]);
}

static void threads_of_a_process(void **state)
{
	struct sitter sitter;
	PMC_FREE pid_t *tids = NULL, *none = NULL;
	bool self = false, other = false;
	size_t count;

	(void)state;
	sitter_start(&sitter);
	count = proc_threads(getpid(), &tids);
	assert_true(count >= 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(!i || tids[i] > tids[i - 1]);
		self |= tids[i] == getpid();
		other |= tids[i] == sitter.tid;
	}
	assert_true(self && other);
	assert_int_equal(proc_of_thread(sitter.tid), getpid());
	assert_int_equal(proc_of_thread(getpid()), getpid());
	sitter_stop(&sitter);
	assert_int_equal(proc_of_thread(NO_PID), -1);
	assert_int_equal(proc_threads(NO_PID, &none), 0);
	assert_int_equal(proc_threads(-5, &none), 0);
}

/* ---- telling the tracker ---- */

static const char *text(uint32_t id)
{
	return pmc_strings_get(catalog.strings, id);
}

/* Module of an address of this process, or NULL; *offset in it. */
static const struct pmc_module_row *module_at(const void *address, uint64_t *offset)
{
	const uint32_t id = tracker_location(
		&tracker, tracker_task(&tracker, (uint32_t)getpid(), 1), false,
		(uint64_t)(uintptr_t)address, 1, false);

	if (!id)
		return NULL;
	*offset = catalog.locations.items[id - 1].offset;
	return &catalog.modules.items[catalog.locations.items[id - 1].module - 1];
}

static void this_process(void **state)
{
	struct sitter sitter;
	char self[4096] = { 0 };
	const struct pmc_module_row *module;
	const struct task *task, *other;
	uint64_t offset;
	size_t tasks;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	sitter_start(&sitter);
	assert_true(proc_scan_process(&tracker, getpid()));
	task = tracker_task(&tracker, (uint32_t)getpid(), 1);
	other = tracker_task(&tracker, (uint32_t)sitter.tid, 1);
	sitter_stop(&sitter);
	assert_non_null(task);
	assert_non_null(other);
	assert_ptr_equal(task->image, other->image);
	assert_int_equal(task->image->pid, getpid());
	assert_int_equal(task->image->ppid, getppid());
	assert_string_equal(text(other->comm), "sitter");
	assert_true(!strncmp(text(task->comm), "test_proc", 9));

	module = module_at((const void *)(uintptr_t)this_process, &offset);
	assert_non_null(module);
	assert_string_equal(text(module->path), self);
	assert_int_equal(module->kind, PMC_MODULE_USER);
	assert_int_equal(module->pid, getpid());
	assert_int_equal(offset, (uint64_t)(uintptr_t)this_process - module->map_start +
					 module->map_pgoff);
	module = module_at((const void *)(uintptr_t)getpagesize, &offset);
	assert_non_null(module);
	assert_non_null(strstr(text(module->path), "lib"));
	assert_null(module_at(self, &offset));		/* the stack does not run */

	tasks = tracker.tasks_count;			/* a second time adds nothing */
	assert_true(proc_scan_process(&tracker, getpid()));
	assert_int_equal(tracker.tasks_count, tasks);
	assert_ptr_equal(tracker_task(&tracker, (uint32_t)getpid(), 1), task);
}

/* Code without a file, and of a file that is no longer there. */
static void mappings_without_a_path(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int fd = memfd_create("a b", MFD_CLOEXEC);
	const struct pmc_module_row *module;
	uint64_t offset;
	uint8_t *anon, *gone, *data;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(4 * page)), 0);
	anon = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	gone = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_SHARED, fd, (off_t)(2 * page));
	data = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(anon != MAP_FAILED && gone != MAP_FAILED && data != MAP_FAILED);
	assert_true(proc_scan_process(&tracker, getpid()));
	module = module_at(anon + 16, &offset);
	assert_non_null(module);
	assert_string_equal(text(module->path), "[anon]");
	assert_int_equal(module->kind, PMC_MODULE_ANON);
	module = module_at(gone + 16, &offset);
	assert_non_null(module);
	assert_string_equal(text(module->path), "/memfd:a b");
	assert_int_equal(offset, 2 * page + 16);
	assert_null(module_at(data, &offset));
	munmap(anon, page);
	munmap(gone, page);
	munmap(data, page);
	close(fd);
}

static void processes_that_are_not_there(void **state)
{
	(void)state;
	assert_false(proc_scan_process(&tracker, NO_PID));
	assert_false(proc_scan_process(&tracker, -1));
	assert_int_equal(tracker.tasks_count, 1);
}

/* Another process had this pid, and its end is still remembered. */
static void a_pid_that_was_used_before(void **state)
{
	const uint32_t pid = (uint32_t)getpid();

	(void)state;
	tracker_add_task(&tracker, pid, pid, 1, "before", 0);
	tracker_exit(&tracker, pid, 1000);
	assert_true(proc_scan_process(&tracker, getpid()));
	assert_true(!strncmp(text(tracker_task(&tracker, pid, UINT64_MAX)->comm), "test_proc", 9));
	assert_int_equal(tracker_task(&tracker, pid, UINT64_MAX)->end_ns, UINT64_MAX);
}

/* main() may be over while other threads run on: it is not another process then. */
static void a_leader_that_ended(void **state)
{
	const uint32_t pid = (uint32_t)getpid();
	struct sitter sitter;
	struct image *image;

	(void)state;
	sitter_start(&sitter);
	image = tracker_add_task(&tracker, pid, pid, 1, "leader", 0)->image;
	tracker_add_task(&tracker, pid, (uint32_t)sitter.tid, 1, "sitter", 0);
	tracker_exit(&tracker, pid, 1000);
	assert_true(proc_scan_process(&tracker, getpid()));
	sitter_stop(&sitter);
	assert_ptr_equal(tracker_task(&tracker, (uint32_t)sitter.tid, UINT64_MAX)->image, image);
	assert_true(space_count(image->space) > 2);
}

/* A zombie has a name and no mappings. */
static void a_zombie(void **state)
{
	const pid_t pid = fork();
	siginfo_t info;

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(proc_scan_process(&tracker, pid));
	assert_int_equal(space_count(tracker_task(&tracker, (uint32_t)pid, 1)->image->space), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(proc_scan_process(&tracker, pid));
}

static void the_system(void **state)
{
	struct task *task;
	bool kernel;

	(void)state;
	proc_scan_all(&tracker);
	task = tracker_task(&tracker, (uint32_t)getpid(), 1);
	assert_non_null(task);
	assert_true(tracker.tasks_count > 2);
	proc_scan_kernel(&tracker);
	kernel = tracker_location(&tracker, task, true, 0xffffffff81000000, 1, false) != 0;
	assert_true(kernel);
	assert_string_equal(text(catalog.modules.items[catalog.locations.items[0].module - 1].path),
			    "[kernel]");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(numbers_of_files),
		TEST(online_cpus),
		TEST(threads_of_a_process),
		TEST(this_process),
		TEST(mappings_without_a_path),
		TEST(processes_that_are_not_there),
		TEST(a_pid_that_was_used_before),
		TEST(a_leader_that_ended),
		TEST(a_zombie),
		TEST(the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
