/*
 * test_counting.c - rows of counts: runs, intervals, CPUs, threads; on software events, which every
 * machine has.
 */
#include <dirent.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/event.h"

enum { THREADS_MAX = 512 };

struct kept {
	struct pmc_event_list events;
	struct pmc_counting_opts opts;
	struct pmc_counting_result result;
	struct pmc_err err;
	PMC_ARRAY(struct pmc_count_row) rows;
	PMC_ARRAY(struct pmc_event_row) last_events;
	struct { uint32_t tid; char comm[32]; } threads[THREADS_MAX];
	size_t threads_count;
	size_t batches;
	int fail_after; /* the sink fails at this batch; 0: never */
};

static struct kept kept;

static int keep(void *ctx, const struct pmc_batch *batch, struct pmc_err *err)
{
	static char texts[4096][32];

	(void)ctx;
	if (kept.fail_after && (int)kept.batches + 1 == kept.fail_after)
		return pmc_err_set(err, PMC_ERR_SYSTEM, "the disk is full");
	kept.batches++;
	for (size_t i = 0; i < batch->texts_count; i++)
		if (batch->strings_first + i < 4096)
			snprintf(texts[batch->strings_first + i], 32, "%s", batch->texts[i]);
	for (size_t i = 0; i < batch->threads_count; i++) {
		const size_t id = batch->threads_first + i;

		assert_true(id < THREADS_MAX);
		kept.threads[id].tid = batch->threads[i].tid;
		memcpy(kept.threads[id].comm, texts[batch->threads[i].comm], 32);
		kept.threads_count++;
	}
	for (size_t i = 0; i < batch->counts_count; i++)
		*pmc_array_add(&kept.rows) = batch->counts[i];
	kept.last_events.count = 0;
	for (size_t i = 0; i < batch->events_count; i++)
		*pmc_array_add(&kept.last_events) = batch->events[i];
	return 0;
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void prepare(const char *events, char *const *argv)
{
	const struct pmc_sampling counting = { .mode = PMC_MODE_COUNT };
	const struct perf_event_attr probe = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(probe),
					       .config = PERF_COUNT_SW_CPU_CLOCK,
					       .exclude_kernel = 1, .exclude_hv = 1 };

	if (event_probe(&probe)) {
		print_message("perf_event_open() is not permitted here\n");
		skip();
	}
	memset(&kept, 0, sizeof(kept));
	assert_int_equal(pmc_event_list_parse(&kept.events, events, &counting, &kept.err), 0);
	kept.opts = (struct pmc_counting_opts){
		.events = &kept.events,
		.target = { .kind = PMC_TARGET_COMMAND, .argv = argv } };
}

static int count(void)
{
	const struct pmc_count_sink sink = { .take = keep };
	struct pmc_counting *counting = pmc_counting_open(&kept.opts, &kept.err);
	int status = -1;

	if (counting)
		status = pmc_counting_run(counting, &sink, &kept.result, &kept.err);
	pmc_counting_free(counting);
	return status;
}

static void forget(void)
{
	pmc_event_list_fini(&kept.events);
	pmc_array_free(&kept.rows);
	pmc_array_free(&kept.last_events);
}

#define SHELL(script) ((char *[]){ (char *)"/bin/sh", (char *)"-c", (char *)(script), NULL })

static void a_command(void **state)
{
	const size_t files = open_files();
	const struct pmc_count_row *rows;

	(void)state;
	prepare("task-clock:u,page-faults:u", SHELL("exit 3"));
	assert_int_equal(count(), 0);
	rows = kept.rows.items;
	assert_int_equal(kept.rows.count, 2);
	assert_int_equal(kept.batches, 1);
	assert_int_equal(kept.result.exit_status, 3);
	assert_int_equal(kept.result.runs, 1);
	assert_int_equal(rows[0].event, 1);
	assert_int_equal(rows[1].event, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rows[i].run, 1);
		assert_int_equal(rows[i].cpu, -1);
		assert_int_equal(rows[i].thread, 0);
		assert_true(rows[i].counted > 0);
		assert_int_equal(rows[i].value, rows[i].counted);
		assert_int_equal(rows[i].enabled_ns, rows[i].running_ns);
		assert_true(rows[i].end_ns > rows[i].start_ns);
		assert_int_equal(kept.last_events.items[i].counted, rows[i].counted);
		assert_int_equal(kept.last_events.items[i].mode, PMC_MODE_COUNT);
	}
	forget();
	assert_int_equal(open_files(), files);
}

/* Rows of repeated runs stand apart; the events' sums are those of all. */
static void repeated_runs(void **state)
{
	uint64_t sum = 0;

	(void)state;
	prepare("{page-faults:u,minor-faults:u}", SHELL("exit 0"));
	kept.opts.runs = 3;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.result.runs, 3);
	assert_int_equal(kept.rows.count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(kept.rows.items[i].run, i / 2 + 1);
		if (i >= 2)
			assert_true(kept.rows.items[i].start_ns >= kept.rows.items[i - 2].end_ns);
		sum += i % 2 ? 0 : kept.rows.items[i].counted;
	}
	assert_int_equal(kept.last_events.items[0].counted, sum);
	forget();
}

static void the_first_failing_run_is_told(void **state)
{
	char folder[] = "/tmp/pmc-counting.XXXXXX", script[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(script, sizeof(script), "echo >>%s/n; exit $(wc -l <%s/n)", folder, folder);
	prepare("page-faults:u", SHELL(script));
	kept.opts.runs = 3;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.result.runs, 3);
	assert_int_equal(kept.result.exit_status, 1);
	forget();
	snprintf(script, sizeof(script), "rm -r %s", folder);
	assert_int_equal(system(script), 0);
}

static void intervals_follow_each_other(void **state)
{
	(void)state;
	prepare("task-clock:u", SHELL("for i in 1 2 3 4; do sleep 0.1; done"));
	kept.opts.interval_ns = 100000000;
	assert_int_equal(count(), 0);
	assert_in_range(kept.rows.count, 2, 50);
	assert_int_equal(kept.batches, kept.rows.count);
	for (size_t i = 1; i < kept.rows.count; i++)
		assert_int_equal(kept.rows.items[i].start_ns, kept.rows.items[i - 1].end_ns);
	forget();
}

static void each_cpu(void **state)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t sum = 0;

	(void)state;
	prepare("page-faults:u", SHELL("for i in 1 2 3 4; do /bin/true; done"));
	kept.opts.part = PMC_COUNT_PER_CPU;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.rows.count, cpus);
	for (size_t i = 0; i < kept.rows.count; i++) {
		const struct pmc_count_row *row = &kept.rows.items[i];

		assert_in_range(row->cpu, 0, 65535);
		assert_true(!i || row->cpu > row[-1].cpu);
		assert_true(row->running_ns <= row->enabled_ns);
		sum += row->counted;
	}
	assert_true(sum > 0);
	assert_int_equal(kept.last_events.items[0].counted, sum);
	forget();
}

static uint64_t counted_by(const char *comm, size_t *threads)
{
	bool seen[THREADS_MAX] = { false };
	uint64_t counted = 0;

	*threads = 0;
	for (size_t i = 0; i < kept.rows.count; i++) {
		const struct pmc_count_row *row = &kept.rows.items[i];

		assert_true(row->thread > 0 && row->thread <= kept.threads_count);
		if (strcmp(kept.threads[row->thread].comm, comm))
			continue;
		*threads += !seen[row->thread];
		seen[row->thread] = true;
		counted += row->counted;
	}
	return counted;
}

/* Each has a row, those that ended too; together they are what was counted. */
static void each_thread(void **state)
{
	uint64_t own, children, sum = 0;
	size_t threads;

	(void)state;
	prepare("page-faults:u,task-clock:u", SHELL("for i in 1 2 3; do /bin/true; done; exit 0"));
	kept.opts.part = PMC_COUNT_PER_THREAD;
	if (count())
		fail_msg("%s (%s)", kept.err.message, kept.err.hint);
	own = counted_by("sh", &threads);
	assert_int_equal(threads, 1);
	assert_true(own > 0);
	children = counted_by("true", &threads);
	assert_int_equal(threads, 3);
	assert_true(children > 0);
	for (size_t i = 0; i < kept.rows.count; i++) {
		const struct pmc_count_row *row = &kept.rows.items[i];

		assert_true(row->counted < 1ULL << 40);	/* nothing below zero */
		assert_true(row->running_ns <= row->enabled_ns);
		sum += row->event == 1 ? row->counted : 0;
	}
	assert_int_equal(kept.last_events.items[0].counted, sum);
	forget();
}

/* Many that end at once, on every CPU: none is missing. */
static void threads_in_numbers(void **state)
{
	size_t threads;

	(void)state;
	prepare("page-faults:u,task-clock:u",
		SHELL("i=0; while [ $i -lt 100 ]; do : & : & : & : & wait; i=$((i+1)); done"));
	kept.opts.part = PMC_COUNT_PER_THREAD;
	if (count())
		fail_msg("%s (%s)", kept.err.message, kept.err.hint);
	assert_int_equal(kept.threads_count, 401);
	assert_int_equal(kept.rows.count, 2 * 401);
	counted_by("sh", &threads);
	assert_int_equal(threads, 401);
	forget();
}

/* Who runs on when counting ends has told nothing: nobody else is credited with it. */
static void threads_that_run_on(void **state)
{
	size_t threads;

	(void)state;
	prepare("page-faults:u", SHELL("/bin/sleep 1 & /bin/true; exit 0"));
	kept.opts.part = PMC_COUNT_PER_THREAD;
	if (count())
		fail_msg("%s (%s)", kept.err.message, kept.err.hint);
	assert_true(counted_by("[still running]", &threads) > 0);
	assert_int_equal(threads, 1);
	assert_int_equal(counted_by("sh", &threads), 0);
	assert_true(counted_by("true", &threads) > 0);
	forget();
}

/* More files than the limit are opened, but commands have the limit they would have without pmc. */
static void the_limit_of_files(void **state)
{
	struct rlimit before, after, low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = (struct rlimit){ .rlim_cur = 200, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	prepare("page-faults:u", SHELL("test $(ulimit -Sn) = 200"));
	kept.opts.runs = 3;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.result.exit_status, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_int_equal(after.rlim_cur, 200);
	setrlimit(RLIMIT_NOFILE, &before);
	forget();
}

static void running_threads(void **state)
{
	const pid_t self = getpid();
	volatile uint64_t spent = 0;

	(void)state;
	prepare("task-clock:u", NULL);
	kept.opts.target =
		(struct pmc_target){ .kind = PMC_TARGET_TIDS, .ids = &self, .ids_count = 1 };
	kept.opts.part = PMC_COUNT_PER_THREAD;
	kept.opts.duration_ns = 200000000;
	kept.opts.interval_ns = 50000000;
	for (int i = 0; i < 1000; i++)
		spent++;
	assert_int_equal(count(), 0);
	assert_in_range(kept.rows.count, 2, 5);
	assert_int_equal(kept.threads_count, 1);
	assert_int_equal(kept.threads[1].tid, (uint32_t)self);
	forget();
}

static void what_cannot_be_had(void **state)
{
	static const pid_t nobody = 0x7fffff00;
	const struct pmc_target command = { .kind = PMC_TARGET_COMMAND,
					    .argv = (char *[]){ (char *)"true", NULL } };
	const struct {
		struct pmc_counting_opts opts;
		enum pmc_err_kind kind;
		const char *message;
	} cases[] = {
		{ { .target = { .kind = PMC_TARGET_CPUS, .system_wide = true },
		    .part = PMC_COUNT_PER_THREAD }, PMC_ERR_USAGE, "each thread" },
		{ { .target = command, .part = PMC_COUNT_PER_THREAD, .interval_ns = 1 },
		  PMC_ERR_USAGE, "not per interval" },
		{ { .target = { .kind = PMC_TARGET_PIDS, .ids = &nobody, .ids_count = 1 },
		    .runs = 2 }, PMC_ERR_USAGE, "only a command" },
		{ { .target = { .kind = PMC_TARGET_PIDS, .ids = &nobody, .ids_count = 1 } },
		  PMC_ERR_NOT_FOUND, "no process" },
		{ { .target = { .kind = PMC_TARGET_COMMAND,
				.argv = (char *[]){ (char *)"/nowhere/x", NULL } } },
		  PMC_ERR_NOT_FOUND, "/nowhere/x" },
	};
	const size_t files = open_files();

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		prepare("page-faults:u", NULL);
		kept.opts = cases[i].opts;
		kept.opts.events = &kept.events;
		assert_int_equal(count(), -1);
		assert_int_equal(kept.err.kind, cases[i].kind);
		assert_non_null(strstr(kept.err.message, cases[i].message));
		assert_int_equal(kept.batches, 0);
		forget();
	}
	assert_int_equal(open_files(), files);
}

static void a_sink_that_fails(void **state)
{
	(void)state;
	prepare("page-faults:u", SHELL("exit 0"));
	kept.opts.runs = 3;
	kept.fail_after = 2;
	assert_int_equal(count(), -1);
	assert_string_equal(kept.err.message, "the disk is full");
	assert_int_equal(kept.batches, 1);
	forget();
}

/* A duration that is over ends the command. */
static void duration(void **state)
{
	(void)state;
	prepare("page-faults:u", SHELL("exec sleep 60"));
	kept.opts.duration_ns = 100000000;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.result.exit_status, 0);
	assert_int_equal(kept.rows.count, 1);
	assert_true(kept.rows.items[0].counted > 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	forget();
}

static void stopped_before_the_next_run(void **state)
{
	struct pmc_stop stop = { .signal = SIGTERM, .times = 1 };

	(void)state;
	prepare("page-faults:u", SHELL("exec sleep 60"));
	kept.opts.runs = 5; /* the signal is there before the first begins */
	kept.opts.stop = &stop;
	assert_int_equal(count(), 0);
	assert_int_equal(kept.result.runs, 0);
	assert_int_equal(kept.result.stopped_by, SIGTERM);
	assert_int_equal(kept.result.exit_status, 128 + SIGTERM);
	assert_int_equal(kept.batches, 1);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command),
		cmocka_unit_test(repeated_runs),
		cmocka_unit_test(the_first_failing_run_is_told),
		cmocka_unit_test(intervals_follow_each_other),
		cmocka_unit_test(each_cpu),
		cmocka_unit_test(each_thread),
		cmocka_unit_test(threads_in_numbers),
		cmocka_unit_test(threads_that_run_on),
		cmocka_unit_test(the_limit_of_files),
		cmocka_unit_test(running_threads),
		cmocka_unit_test(what_cannot_be_had),
		cmocka_unit_test(a_sink_that_fails),
		cmocka_unit_test(duration),
		cmocka_unit_test(stopped_before_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
