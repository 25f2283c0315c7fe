/*
 * test_collector.c - whole recordings of small commands with the kernel's clock, into a sink that
 * checks every batch; and recordings that cannot begin, are stopped, or whose sink fails. Skipped
 * where the kernel lets nobody watch even his own processes.
 */
#include <dirent.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/abi.h"
#include "collector/collector.h"
#include "collector/event.h"

static const uint64_t MS = 1000000;
enum { NO_PID = 0x7fffff00 };

/* ---- a sink that believes nothing ---- */

struct sink {
	unsigned batches, lasts;
	unsigned refuse_at;		/* the how manieth batch is refused; 0 none */
	bool slow;			/* gives batches back later, from another thread */
	PMC_ARRAY(const char *) texts;	/* by string id - 1 */
	uint32_t modules, processes, threads, locations, stacks;	/* so far */
	uint64_t samples, value, thread_ends, process_ends, end_ns;
	bool saw[3];			/* which of `names` a thread had */
	const char *names[3];
	pthread_t giver;
	bool has_giver;
};

static void *give_back(void *batch)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	pmc_batch_done(batch);
	return NULL;
}

static void take_rows(struct sink *sink, const struct pmc_batch *batch)
{
	assert_int_equal(batch->strings_first, sink->texts.count + 1);
	assert_int_equal(batch->modules_first, sink->modules + 1);
	assert_int_equal(batch->processes_first, sink->processes + 1);
	assert_int_equal(batch->threads_first, sink->threads + 1);
	assert_int_equal(batch->locations_first, sink->locations + 1);
	assert_int_equal(batch->stacks_first, sink->stacks + 1);
	for (size_t i = 0; i < batch->texts_count; i++)
		*pmc_array_add(&sink->texts) = batch->texts[i];
	sink->modules += (uint32_t)batch->modules_count;
	sink->processes += (uint32_t)batch->processes_count;
	sink->threads += (uint32_t)batch->threads_count;
	sink->locations += (uint32_t)batch->locations_count;
	sink->stacks += (uint32_t)batch->stacks_count;
	for (size_t i = 0; i < batch->modules_count; i++)
		assert_in_range(batch->modules[i].path, 1, sink->texts.count);
	for (size_t i = 0; i < batch->threads_count; i++) {
		const struct pmc_thread_row *row = &batch->threads[i];

		assert_in_range(row->process, 1, sink->processes);
		assert_in_range(row->comm, 1, sink->texts.count);
		for (size_t n = 0; n < PMC_COUNT(sink->names); n++)
			sink->saw[n] |= sink->names[n] && !strcmp(sink->texts.items[row->comm - 1],
								  sink->names[n]);
	}
	for (size_t i = 0; i < batch->locations_count; i++)
		assert_in_range(batch->locations[i].module, 1, sink->modules);
	for (size_t i = 0; i < batch->stacks_count; i++) {
		assert_in_range(batch->stacks[i].location, 1, sink->locations);
		assert_true(batch->stacks[i].parent < batch->stacks_first + i);
	}
}

static void take_costs(struct sink *sink, const struct pmc_batch *batch)
{
	for (size_t i = 0; i < batch->costs_count; i++) {
		const struct pmc_cost_row *row = &batch->costs[i];

		assert_in_range(row->event, 1, batch->events_count);
		assert_in_range(row->thread, 1, sink->threads);
		assert_in_range(row->location, 1, sink->locations);
		assert_in_range(row->stack, 0, sink->stacks);
		assert_true(row->slice * batch->slice_ns <= batch->end_ns);
		sink->samples += row->samples;
		sink->value += row->value;
	}
	for (size_t i = 0; i < batch->thread_ends_count; i++)
		assert_in_range(batch->thread_ends[i].thread, 1, sink->threads);
	for (size_t i = 0; i < batch->process_ends_count; i++)
		assert_in_range(batch->process_ends[i].process, 1, sink->processes);
	sink->thread_ends += batch->thread_ends_count;
	sink->process_ends += batch->process_ends_count;
	assert_int_equal(sink->samples, batch->samples);
}

static int take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err)
{
	struct sink *sink = ctx;

	if (sink->has_giver)
		pthread_join(sink->giver, NULL);
	sink->has_giver = false;
	assert_int_equal(sink->lasts, 0);
	sink->lasts += last;
	if (++sink->batches == sink->refuse_at || (last && sink->refuse_at == UINT32_MAX))
		return pmc_err_set(err, PMC_ERR_SYSTEM, "the sink is full");
	assert_true(batch->end_ns >= sink->end_ns);
	sink->end_ns = batch->end_ns;
	take_rows(sink, batch);
	take_costs(sink, batch);
	if (sink->slow && !last) {
		assert_int_equal(pthread_create(&sink->giver, NULL, give_back, batch), 0);
		sink->has_giver = true;
	} else {
		pmc_batch_done(batch);
	}
	return 0;
}

/* ---- a recording ---- */

struct recording {
	struct pmc_event_list events;
	struct pmc_collector_opts opts;
	struct pmc_collector *collector;
	struct pmc_collector_result result;
	struct pmc_err err;
	struct sink sink;
	int exit_status;		/* once run() has returned, also after an error */
	pid_t still_runs;
};

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void prepare(struct recording *recording)
{
	const struct pmc_sampling sampling = { .mode = PMC_MODE_PERIOD, .period_or_hz = 1000000 };
	const struct perf_event_attr probe = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(probe),
					       .config = PERF_COUNT_SW_CPU_CLOCK,
					       .exclude_kernel = 1, .exclude_hv = 1 };

	if (event_probe(&probe)) {
		print_message("perf_event_open() is not permitted here\n");
		skip();
	}
	memset(recording, 0, sizeof(*recording));
	assert_int_equal(pmc_event_list_parse(&recording->events, "cpu-clock:u", &sampling,
					      &recording->err), 0);
	recording->opts = (struct pmc_collector_opts){ .events = &recording->events,
						       .ring_pages = 16, .flush_ns = 5 * MS };
}

static void open_recording(struct recording *recording)
{
	recording->collector = pmc_collector_open(&recording->opts, &recording->err);
	if (!recording->collector)
		fail_msg("%s (%s)", recording->err.message, recording->err.hint);
}

static int run(struct recording *recording)
{
	const struct pmc_sink sink = { &recording->sink, take };
	const int result = pmc_collector_run(recording->collector, &sink, &recording->result,
					     &recording->err);

	if (recording->sink.has_giver)
		pthread_join(recording->sink.giver, NULL);
	recording->sink.has_giver = false;
	recording->exit_status =
		pmc_collector_wait(recording->collector, &recording->still_runs);
	return result;
}

static void finish(struct recording *recording)
{
	pmc_collector_free(recording->collector);
	pmc_event_list_fini(&recording->events);
	pmc_array_free(&recording->sink.texts);
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

#define LOOP "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; "

static char *const spin[] = { (char *)"sh", (char *)"-c", (char *)(LOOP "exit 3"), NULL };
static char *const forks[] = { (char *)"sh", (char *)"-c",
			       (char *)("(" LOOP ") & (" LOOP ") & wait; " LOOP), NULL };
static char *const rest[] = { (char *)"sleep", (char *)"1000", NULL };

static void a_command(void **state)
{
	const size_t files = open_files();
	struct pmc_session_info info = { 0 };
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = spin };
	recording.sink.names[0] = "sh";
	recording.sink.names[1] = "pmc";
	open_recording(&recording);
	pmc_collector_info(recording.collector, &info);
	assert_non_null(strstr(info.command, "sh -c 'i=0; "));
	assert_string_equal(info.callgraph, "fp");
	assert_int_equal(info.slice_ns, PMC_SLICE_NS_DEFAULT);
	assert_true(info.started_at_ns > 0);
	if (run(&recording))
		fail_msg("%s", recording.err.message);
	assert_int_equal(recording.exit_status, 3);
	assert_int_equal(recording.result.stopped_by, 0);
	assert_int_equal(recording.sink.lasts, 1);
	assert_true(recording.result.samples > 0);
	assert_int_equal(recording.sink.samples, recording.result.samples);
	assert_int_equal(recording.sink.value, recording.result.samples * 1000000);
	assert_true(recording.sink.saw[0]);
	assert_false(recording.sink.saw[1]);		/* counting begins with the exec */
	assert_int_equal(recording.sink.processes, 1);
	assert_int_equal(recording.sink.process_ends, 1);
	assert_int_equal(recording.result.health[PMC_HEALTH_UNKNOWN_TASK], 0);
	assert_int_equal(recording.result.health[PMC_HEALTH_BAD_RECORDS], 0);
	/* One may be late where a virtual CPU is taken away for longer than ROUND_LAG_NS. */
	assert_in_range(recording.result.health[PMC_HEALTH_LATE_SIDEBAND], 0, 1);
	finish(&recording);
	no_child_is_left();
	assert_int_equal(open_files(), files);
}

/* Children are followed; every one of them has its end. */
static void children(void **state)
{
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = forks };
	open_recording(&recording);
	assert_int_equal(run(&recording), 0);
	assert_int_equal(recording.exit_status, 0);
	assert_int_equal(recording.sink.processes, 3);
	assert_int_equal(recording.sink.process_ends, 3);
	assert_int_equal(recording.sink.thread_ends, recording.sink.threads);
	assert_int_equal(recording.result.health[PMC_HEALTH_UNKNOWN_TASK], 0);
	finish(&recording);
}

/* A sink that takes its time holds nothing up and loses nothing. */
static void a_slow_sink(void **state)
{
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = forks };
	recording.opts.flush_ns = MS;
	recording.sink.slow = true;
	open_recording(&recording);
	assert_int_equal(run(&recording), 0);
	assert_int_equal(recording.sink.samples, recording.result.samples);
	assert_int_equal(recording.sink.lasts, 1);
	finish(&recording);
}

static void a_sink_that_refuses(void **state)
{
	static const unsigned refuse_at[] = { 1, 2, UINT32_MAX };	/* the last: the last one */

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(refuse_at); i++) {
		struct recording recording;

		prepare(&recording);
		recording.opts.target =
			(struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = spin };
		recording.opts.flush_ns = refuse_at[i] == UINT32_MAX ? 3600000 * MS : MS;
		recording.sink.refuse_at = refuse_at[i];
		open_recording(&recording);
		assert_int_equal(run(&recording), -1);
		assert_string_equal(recording.err.message, "the sink is full");
		finish(&recording);
		no_child_is_left();
	}
}

static void commands_that_cannot_run(void **state)
{
	char path[256];
	const char *tmp = getenv("TMPDIR");
	char *missing[] = { (char *)"no-such-command-here", NULL };
	char *lost[] = { path, NULL };
	const size_t files = open_files();
	struct recording recording;
	int fd;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = missing };
	assert_null(pmc_collector_open(&recording.opts, &recording.err));
	assert_int_equal(recording.err.kind, PMC_ERR_NOT_FOUND);
	pmc_err_clear(&recording.err);

	snprintf(path, sizeof(path), "%.200s/pmc-collector-XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "#!/nowhere\n", 11), 11);
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	recording.opts.target.argv = lost;		/* only the exec itself can tell */
	recording.collector = pmc_collector_open(&recording.opts, &recording.err);
	if (recording.collector)
		assert_int_equal(run(&recording), -1);
	unlink(path);
	assert_true(recording.err.kind == PMC_ERR_NOT_FOUND ||
		    recording.err.kind == PMC_ERR_NOT_EXECUTABLE);
	assert_int_equal(recording.sink.batches, 0);
	finish(&recording);
	no_child_is_left();
	assert_int_equal(open_files(), files);
}

/* Opened, and then something else went wrong: the held child leaves. */
static void a_recording_that_never_runs(void **state)
{
	const size_t files = open_files();
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = rest };
	open_recording(&recording);
	finish(&recording);
	no_child_is_left();
	assert_int_equal(open_files(), files);
	pmc_collector_free(NULL);
}

static void the_duration_ends_it(void **state)
{
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = rest };
	recording.opts.duration_ns = 30 * MS;
	open_recording(&recording);
	assert_int_equal(run(&recording), 0);
	assert_true(recording.result.duration_ns >= 30 * MS);
	assert_int_equal(recording.exit_status, 0);
	assert_int_equal(recording.result.health[PMC_HEALTH_INTERRUPTED], 0);
	assert_int_equal(recording.sink.lasts, 1);
	finish(&recording);
	no_child_is_left();
}

/* A signal that asks us to stop is passed on to the command, whose status it then is. */
static void a_signal_stops_it(void **state)
{
	static const struct pmc_stop stop = { .signal = SIGTERM, .times = 1 };
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = rest };
	recording.opts.stop = &stop;
	open_recording(&recording);
	assert_int_equal(run(&recording), 0);
	assert_int_equal(recording.result.stopped_by, SIGTERM);
	assert_int_equal(recording.exit_status, 128 + SIGTERM);
	assert_int_equal(recording.result.health[PMC_HEALTH_INTERRUPTED], 1);
	finish(&recording);
	no_child_is_left();
}

/* Asked twice, it stops at once and says which command it leaves behind. */
static void two_signals_stop_it_at_once(void **state)
{
	static const struct pmc_stop stop = { .signal = SIGINT, .times = 2, .from_terminal = 1 };
	struct recording recording;

	(void)state;
	prepare(&recording);
	recording.opts.target = (struct pmc_target){ .kind = PMC_TARGET_COMMAND, .argv = rest };
	recording.opts.stop = &stop;
	open_recording(&recording);
	assert_int_equal(run(&recording), 0);
	assert_int_equal(recording.result.stopped_by, SIGINT);
	assert_int_equal(recording.exit_status, 128 + SIGINT);
	assert_true(recording.still_runs > 0);
	finish(&recording);
	assert_int_equal(waitpid(recording.still_runs, NULL, WNOHANG), 0);
	kill(recording.still_runs, SIGKILL);
	assert_int_equal(waitpid(recording.still_runs, NULL, 0), recording.still_runs);
}

/* ---- what runs already ---- */

static pid_t start_spinner(void)
{
	const pid_t pid = fork();

	if (!pid) {
		for (volatile uint64_t i = 0;; i++)
			;
	}
	return pid;
}

static void a_process(void **state)
{
	struct recording recording;
	struct pmc_session_info info = { 0 };
	pid_t pid;
	char expected[32];

	(void)state;
	prepare(&recording);
	pid = start_spinner();
	snprintf(expected, sizeof(expected), "-p %d", (int)pid);
	recording.opts.target =
		(struct pmc_target){ .kind = PMC_TARGET_PIDS, .ids = &pid, .ids_count = 1 };
	recording.opts.duration_ns = 200 * MS;
	open_recording(&recording);
	pmc_collector_info(recording.collector, &info);
	assert_string_equal(info.command, expected);
	assert_int_equal(run(&recording), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(recording.result.samples > 0);
	assert_int_equal(recording.result.health[PMC_HEALTH_UNKNOWN_TASK], 0);
	assert_int_equal(recording.result.health[PMC_HEALTH_UNMAPPED], 0);
	assert_int_equal(recording.sink.processes, 1);
	finish(&recording);
}

/* Its end ends the recording. */
static void a_process_that_ends(void **state)
{
	struct recording recording;
	pid_t pid;

	(void)state;
	prepare(&recording);
	pid = start_spinner();
	recording.opts.target =
		(struct pmc_target){ .kind = PMC_TARGET_PIDS, .ids = &pid, .ids_count = 1 };
	open_recording(&recording);
	kill(pid, SIGKILL);
	assert_int_equal(run(&recording), 0);
	assert_int_equal(recording.sink.lasts, 1);
	assert_int_equal(recording.exit_status, 0);
	waitpid(pid, NULL, 0);
	finish(&recording);
}

static void nobody_to_watch(void **state)
{
	static const enum pmc_target_kind kinds[] = { PMC_TARGET_PIDS, PMC_TARGET_TIDS };
	const pid_t nobody = NO_PID;
	const size_t files = open_files();

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(kinds); i++) {
		struct recording recording;

		prepare(&recording);
		recording.opts.target = (struct pmc_target){ .kind = kinds[i], .ids = &nobody,
							     .ids_count = 1 };
		assert_null(pmc_collector_open(&recording.opts, &recording.err));
		assert_int_equal(recording.err.kind, PMC_ERR_NOT_FOUND);
		assert_non_null(strstr(recording.err.message, "2147483392"));
		assert_true(recording.err.hint[0] != '\0');
		pmc_event_list_fini(&recording.events);
	}
	assert_int_equal(open_files(), files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command),
		cmocka_unit_test(children),
		cmocka_unit_test(a_slow_sink),
		cmocka_unit_test(a_sink_that_refuses),
		cmocka_unit_test(commands_that_cannot_run),
		cmocka_unit_test(a_recording_that_never_runs),
		cmocka_unit_test(the_duration_ends_it),
		cmocka_unit_test(a_signal_stops_it),
		cmocka_unit_test(two_signals_stop_it_at_once),
		cmocka_unit_test(a_process),
		cmocka_unit_test(a_process_that_ends),
		cmocka_unit_test(nobody_to_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
