/*
 * cmd_record.c - `pmc record`: options to a collector, its batches to a database, two lines at the
 * end.
 *
 * Not here: how anything is recorded (collector/), written (store/) or named (symbolize/).
 * Exit status: the command's own; 127 and 126 where it could not be executed, as a shell says;
 * 1 where recording failed; 2 for a usage error.
 */
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/pipeline.h"

enum { FREQUENCY_DEFAULT = 4000, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* Thirty years: far from what 64 bits of nanoseconds hold. */
static const double SECONDS_MAX = 1e9;

enum callgraph_choice { CALLGRAPH_FP, CALLGRAPH_NONE };

struct options {
	int call_graph;
	char *events;
	uint64_t frequency, period, ring_pages;
	const char *output, *label;
	char *pids, *tids, *cpus;
	bool all, quiet, no_lines;
	double duration, slice;
	bool frequency_given, period_given, ring_pages_given, duration_given, slice_given;
};

static const char *const callgraph_choices[] = { "fp", "none", NULL };

static const struct pmc_option rows[] = {
	{ 'e', "event", PMC_OPT_LIST, "EVENTS",
	  "events to sample: instructions, cycles:u, cpu-clock, skl::INST_RETIRED:ANY:u, r1c2, "
	  "pmu/term=value/, sched:sched_switch, mem:0x1000:w; lists a,b and groups {a,b}; may be "
	  "given "
	  "more than once (default: instructions,cycles; cpu-clock where there are no counters)",
	  NULL, "event", offsetof(struct options, events), 0 },
	{ 'F', "freq", PMC_OPT_UINT, "HZ", "samples a second for each event (default: 4000)", NULL,
	  NULL, offsetof(struct options, frequency), offsetof(struct options, frequency_given) },
	{ 'c', "count", PMC_OPT_UINT, "PERIOD",
	  "one sample for every PERIOD occurrences (ns for clocks)", NULL, NULL,
	  offsetof(struct options, period), offsetof(struct options, period_given) },
	{ 0, "call-graph", PMC_OPT_CHOICE, "HOW",
	  "keep callers: fp by frame pointers (the default), none", callgraph_choices, NULL,
	  offsetof(struct options, call_graph), 0 },
	{ 'o', "output", PMC_OPT_TEXT, "DB",
	  "database to add the session to (default: PMC_DB, or pmc.db)", NULL, "file",
	  offsetof(struct options, output), 0 },
	{ 0, "label", PMC_OPT_TEXT, "TEXT", "a name for the session, to find and compare it by",
	  NULL, NULL, offsetof(struct options, label), 0 },
	{ 'p', "pid", PMC_OPT_LIST, "PIDS",
	  "record running processes with all their threads and children", NULL, "pid",
	  offsetof(struct options, pids), 0 },
	{ 't', "tid", PMC_OPT_LIST, "TIDS", "record running threads, not those that they make",
	  NULL, "pid", offsetof(struct options, tids), 0 },
	{ 'a', "all-cpus", PMC_OPT_FLAG, NULL, "record everything that runs, on all CPUs", NULL,
	  NULL, offsetof(struct options, all), 0 },
	{ 'C', "cpu", PMC_OPT_LIST, "CPUS",
	  "only on these CPUs, such as 0,2-3; alone: everything there", NULL, NULL,
	  offsetof(struct options, cpus), 0 },
	{ 0, "duration", PMC_OPT_SECONDS, "SECONDS",
	  "stop after this time; a command is then ended with SIGTERM", NULL, NULL,
	  offsetof(struct options, duration), offsetof(struct options, duration_given) },
	{ 0, "slice", PMC_OPT_SECONDS, "SECONDS", "length of a time slice (default: 0.1)", NULL,
	  NULL, offsetof(struct options, slice), offsetof(struct options, slice_given) },
	{ 'm', "ring-pages", PMC_OPT_UINT, "PAGES",
	  "data pages of each CPU's ring, a power of two (default: 128)", NULL, NULL,
	  offsetof(struct options, ring_pages), offsetof(struct options, ring_pages_given) },
	{ 0, "no-lines", PMC_OPT_FLAG, NULL,
	  "names of functions only: no source lines, no inlined functions", NULL, NULL,
	  offsetof(struct options, no_lines), 0 },
	{ 'q', "quiet", PMC_OPT_FLAG, NULL, "say nothing unless something fails", NULL, NULL,
	  offsetof(struct options, quiet), 0 },
	{ 0, NULL, PMC_OPT_FLAG, NULL, NULL, NULL, NULL, 0, 0 },
};

/* ---- options to a target ---- */

static int compare_numbers(const void *a, const void *b)
{
	const int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

/* Sorts numbers and keeps each once: what is listed twice would be counted twice. */
static size_t keep_distinct(int *numbers, size_t count)
{
	size_t kept = 0;

	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

/* "3,5-7" to numbers, ascending; each at most `max`. */
static int parse_numbers(const char *text, const char *what, long max, bool ranges, int **numbers,
			 size_t *count, struct pmc_err *err)
{
	PMC_ARRAY(int) list = { 0 };
	const char *at = text;

	while (*at) {
		char *end;
		long from = strtol(at, &end, 10), to = from;

		if (end != at && ranges && *end == '-') {
			at = end + 1;
			to = strtol(at, &end, 10);
		}
		if (end == at || from < 0 || to < from || to > max || (*end && *end != ',')) {
			pmc_array_free(&list);
			pmc_err_set(err, PMC_ERR_USAGE, "%s: not a list of %s", text, what);
			return pmc_err_hint(err,
					    ranges ? "numbers and ranges with commas: 0,2-3"
						   : "numbers with commas between them: 812,813");
		}
		for (long number = from; number <= to; number++)
			*pmc_array_add(&list) = (int)number;
		at = *end ? end + 1 : end;
	}
	*numbers = list.items;
	if (!list.count) {
		pmc_err_set(err, PMC_ERR_USAGE, "a list of %s is empty", what);
		return pmc_err_hint(err, "give at least one; is a shell variable unset?");
	}
	*count = keep_distinct(list.items, list.count);
	return 0;
}

struct target_room {
	int *ids, *cpus;
};

static int fill_target(const struct options *options, int operands, char **argv,
		       struct pmc_target *target, struct target_room *room, struct pmc_err *err)
{
	if (options->pids && options->tids) {
		pmc_err_set(err, PMC_ERR_USAGE, "-p and -t exclude each other");
		return pmc_err_hint(err, "-p %s has all threads of it; -t %s those alone",
				    options->pids, options->tids);
	}
	if ((options->pids || options->tids) && (operands || options->all)) {
		pmc_err_set(err, PMC_ERR_USAGE, "%s cannot be combined with %s",
			    options->pids ? "-p" : "-t", operands ? "a command" : "-a");
		return pmc_err_hint(
			err, "to record a running process for some time: -p PID --duration 10");
	}
	if (options->cpus && parse_numbers(options->cpus, "CPUs", 65535, true, &room->cpus,
					   &target->cpus_count, err))
		return -1;
	target->cpus = room->cpus;
	if (options->pids || options->tids) {
		target->kind = options->pids ? PMC_TARGET_PIDS : PMC_TARGET_TIDS;
		if (parse_numbers(options->pids ? options->pids : options->tids,
				  options->pids ? "process ids" : "thread ids", INT_MAX, false,
				  &room->ids, &target->ids_count, err))
			return -1;
		target->ids = room->ids;
		return 0;
	}
	target->system_wide = options->all || (options->cpus && !operands);
	if (operands) {
		target->kind = PMC_TARGET_COMMAND;
		target->argv = argv;
		return 0;
	}
	target->kind = PMC_TARGET_CPUS;
	if (target->system_wide)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE,
		    "nothing to record: no command, and none of -p, -t, -a, -C");
	return pmc_err_hint(err, "pmc record ./prog   or   pmc record -p PID");
}

static int fill_events(const struct options *options, struct pmc_event_list *events,
		       const char **why, struct pmc_err *err)
{
	const struct pmc_sampling sampling = {
		.mode = options->period_given ? PMC_MODE_PERIOD : PMC_MODE_FREQUENCY,
		.period_or_hz = options->period_given	   ? options->period
				: options->frequency_given ? options->frequency
							   : FREQUENCY_DEFAULT,
		.explicit_ = options->period_given || options->frequency_given,
	};

	if (options->period_given && options->frequency_given) {
		pmc_err_set(err, PMC_ERR_USAGE, "-c and -F exclude each other");
		return pmc_err_hint(err, "for one event only: -e instructions/period=100000/,"
					 "cpu-clock/freq=99/");
	}
	if (!sampling.period_or_hz) {
		pmc_err_set(err, PMC_ERR_USAGE, "a %s of 0 samples nothing",
			    options->period_given ? "period" : "frequency");
		return pmc_err_hint(
			err, "leave the option out for the default of 4000 samples a second");
	}
	return options->events ? pmc_event_list_parse(events, options->events, &sampling, err)
			       : pmc_event_list_default(events, &sampling, why, err);
}

static int fill_opts(const struct options *options, struct pmc_collector_opts *opts,
		     struct pmc_err *err)
{
	opts->callgraph =
		options->call_graph == CALLGRAPH_NONE ? PMC_CALLGRAPH_NONE : PMC_CALLGRAPH_FP;
	if (options->duration > SECONDS_MAX || options->slice > SECONDS_MAX) {
		pmc_err_set(err, PMC_ERR_USAGE, "%g seconds are too many",
			    options->duration > SECONDS_MAX ? options->duration : options->slice);
		return pmc_err_hint(err,
				    "the most is %g; without --duration a recording goes on "
				    "until it is stopped",
				    SECONDS_MAX);
	}
	opts->duration_ns = (uint64_t)(options->duration * 1e9);
	opts->slice_ns = (uint64_t)(options->slice * 1e9);
	opts->ring_pages = (uint32_t)options->ring_pages;
	if (options->duration_given && opts->duration_ns == 0) {
		pmc_err_set(err, PMC_ERR_USAGE, "a duration of 0 records nothing");
		return pmc_err_hint(err, "without --duration it lasts until the target ends or "
					 "Ctrl-C");
	}
	if (options->slice_given && opts->slice_ns < 1000000) {
		pmc_err_set(err, PMC_ERR_USAGE, "a time slice of %g s is too short",
			    options->slice);
		return pmc_err_hint(err, "the shortest is 1ms");
	}
	if (options->ring_pages_given && (!options->ring_pages || options->ring_pages > 1 << 20 ||
					  (options->ring_pages & (options->ring_pages - 1)))) {
		pmc_err_set(err, PMC_ERR_USAGE, "a ring of %llu pages cannot be had",
			    (unsigned long long)options->ring_pages);
		return pmc_err_hint(err, "it takes a power of two: 64, 128, 256");
	}
	return 0;
}

/* ---- signals ---- */

/* Written by the handler alone. */
static struct pmc_stop stop_request;
static struct timespec stop_time;

/* timeout(1) and shells signal a process and its group: within this time it is one request. */
static const long SAME_REQUEST_NS = 300000000;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct timespec now;
	long long since_ns;

	(void)context;
	clock_gettime(CLOCK_MONOTONIC, &now);
	since_ns = (now.tv_sec - stop_time.tv_sec) * 1000000000LL + now.tv_nsec - stop_time.tv_nsec;
	if (!stop_request.times || since_ns > SAME_REQUEST_NS)
		stop_request.times++;
	stop_time = now;
	stop_request.from_terminal = info->si_code > 0; /* SI_KERNEL: Ctrl-C reached the group */
	stop_request.signal = signal;
}

static void catch_signals(void)
{
	static const int SIGNALS[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, before;

	for (size_t i = 0; i < PMC_COUNT(SIGNALS); i++)
		/* What the parent chose to ignore (nohup) stays ignored. */
		if (!sigaction(SIGNALS[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(SIGNALS[i], &action, NULL);
}

/* ---- what is said at the end ---- */

static void say_summary(const struct pmc_collector_result *result,
			const struct pmc_event_list *events, const char *db, int64_t session)
{
	char samples[PMC_FORMAT_SIZE], duration[PMC_FORMAT_SIZE], lost_text[PMC_FORMAT_SIZE + 8];
	const uint64_t lost =
		result->health[PMC_HEALTH_LOST_RECORDS] + result->health[PMC_HEALTH_LOST_SAMPLES];
	PMC_FREE char *names = pmc_strdup(events->events[0].name);
	const char *option = strcmp(db, pmc_cli_db_path(NULL)) ? " -i " : "";

	for (size_t i = 1; i < events->count; i++) {
		char *longer = pmc_sprintf("%s, %s", names, events->events[i].name);

		free(names);
		names = longer;
	}
	pmc_format_count(samples, (double)result->samples);
	pmc_format_ns(duration, (double)result->duration_ns);
	if (lost)
		pmc_format_count(lost_text, (double)lost);
	pmc_cli_say("%s sample%s of %s in %s, %s lost%s; session %lld in %s", samples,
		    result->samples == 1 ? "" : "s", names, duration, lost ? lost_text : "none",
		    result->stopped_by ? " (interrupted)" : "", (long long)session, db);
	pmc_cli_say("next: pmc report%s%s   or ask: pmc sql%s%s 'SELECT * FROM function_profile "
		    "LIMIT 10'",
		    option, *option ? db : "", option, *option ? db : "");
}

/* ---- the recording ---- */

struct recording {
	struct pmc_event_list events;
	struct pmc_collector *collector;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_symbolizer *symbolizer;
	struct pipeline *pipeline;
	int64_t session;
};

static int begin_session(struct recording *recording, const struct options *options, const char *db,
			 struct pmc_err *err)
{
	char cpu[128];
	struct utsname uts;
	struct pmc_session_info info = { .label = options->label,
					 .cpu = cpu,
					 .cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
					 .recorder_pid = (uint32_t)getpid(),
					 .pmc_version = PMC_VERSION };

	recording->store = pmc_store_open(db, PMC_STORE_CREATE, err);
	if (!recording->store)
		return -1;
	uname(&uts);
	pmc_machine_cpu_name(cpu, sizeof(cpu));
	info.hostname = uts.nodename;
	info.kernel = uts.release;
	info.arch = uts.machine;
	pmc_collector_info(recording->collector, &info);
	recording->writer = pmc_writer_begin(recording->store, &info, &recording->session, err);
	return recording->writer ? 0 : -1;
}

static int record(struct recording *recording, const struct options *options,
		  struct pmc_collector_opts *opts, const char *db,
		  struct pmc_collector_result *result, struct pmc_err *err)
{
	const struct pmc_symbolizer_opts symbolizer = { .lines = !options->no_lines };
	struct pmc_sink sink = { .take = pipeline_take };
	int status;

	recording->collector = pmc_collector_open(opts, err);
	if (!recording->collector || begin_session(recording, options, db, err))
		return -1;
	recording->symbolizer = pmc_symbolizer_new(&symbolizer);
	recording->pipeline = pipeline_start(recording->symbolizer, recording->writer, err);
	if (!recording->pipeline)
		return -1;
	sink.ctx = recording->pipeline;
	catch_signals();
	status = pmc_collector_run(recording->collector, &sink, result, err);
	if (pipeline_finish(recording->pipeline, err))
		status = -1;
	if (!status)
		return pmc_writer_finish(recording->writer, result->duration_ns,
					 result->stopped_by != 0, err);
	if (err->kind == PMC_ERR_NOT_FOUND || err->kind == PMC_ERR_NOT_EXECUTABLE)
		pmc_writer_discard(recording->writer, NULL);
	return -1;
}

static void end_recording(struct recording *recording)
{
	pmc_writer_free(recording->writer);
	pmc_store_close(recording->store);
	pmc_symbolizer_free(recording->symbolizer);
	pmc_collector_free(recording->collector);
	pmc_event_list_fini(&recording->events);
}

/* What this machine did not do as asked, and what to change. */
static void say_degrades(const struct recording *recording, const struct pmc_collector_opts *opts,
			 const struct pmc_collector_result *result)
{
	for (size_t i = 0; i < recording->events.count; i++)
		if (recording->events.events[i].fallback)
			pmc_cli_say("%s: %s", recording->events.events[i].requested,
				    recording->events.events[i].fallback);
	if (result->ring_pages < (opts->ring_pages ? opts->ring_pages : PMC_RING_PAGES))
		pmc_cli_say("rings of %u pages instead of %u: memory that may be locked is short; "
			    "raise kernel.perf_event_mlock_kb, or ulimit -l",
			    result->ring_pages,
			    opts->ring_pages ? opts->ring_pages : PMC_RING_PAGES);
}

/* The error is said before a command that still runs is waited for: that may take hours. */
static int fail_recording(struct recording *recording, bool is_command, const struct pmc_err *err)
{
	pid_t still_runs;

	pmc_cli_fail(err);
	if (err->kind == PMC_ERR_NOT_EXECUTABLE)
		return EXIT_NOT_EXECUTABLE;
	if (err->kind == PMC_ERR_NOT_FOUND)
		return is_command ? EXIT_NOT_FOUND : PMC_EXIT_FAILED;
	if (recording->collector)
		pmc_collector_wait(recording->collector, &still_runs);
	return err->kind == PMC_ERR_USAGE ? PMC_EXIT_USAGE : PMC_EXIT_FAILED;
}

static int run_record(struct options *options, int operands, char **argv, struct target_room *room,
		      struct pmc_err *err)
{
	struct recording recording = { .session = 0 };
	struct pmc_collector_opts opts = { .stop = &stop_request, .events = &recording.events };
	struct pmc_collector_result result = { 0 };
	const char *db = pmc_cli_db_path(options->output), *why = NULL;
	pid_t still_runs = 0;
	int status;

	status = fill_target(options, operands, argv, &opts.target, room, err) ||
		 fill_opts(options, &opts, err) ||
		 fill_events(options, &recording.events, &why, err);
	if (!status && why && !options->quiet)
		pmc_cli_say("%s", why);
	if (!status)
		status = record(&recording, options, &opts, db, &result, err);
	if (status) {
		status = fail_recording(&recording, operands > 0, err);
	} else {
		status = pmc_collector_wait(recording.collector, &still_runs);
		if (!why && !options->quiet)
			say_degrades(&recording, &opts, &result);
		if (!options->quiet)
			say_summary(&result, &recording.events, db, recording.session);
		if (still_runs)
			pmc_cli_say("the command still runs, as process %d", (int)still_runs);
	}
	end_recording(&recording);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .call_graph = CALLGRAPH_FP };
	struct target_room room = { 0 };
	struct pmc_err err = { 0 };
	const int operands = pmc_options_parse(&pmc_command_record, argc, argv, &options, &err);
	int status;

	if (operands < 0)
		return pmc_cli_fail(&err);
	argv[operands] = NULL;
	status = run_record(&options, operands, argv, &room, &err);
	free(room.ids);
	free(room.cpus);
	free(options.events);
	free(options.pids);
	free(options.tids);
	free(options.cpus);
	return status;
}

const struct pmc_command pmc_command_record = {
	.name = "record",
	.summary = "sample a program, or what already runs, into a database",
	.usage = "[--] [COMMAND [ARG...]]",
	.description = "Runs COMMAND, or watches what already runs (-p, -t, -a, -C), and samples "
		       "where it spends "
		       "its instructions, cycles or time. Children and threads are followed. What "
		       "is kept are "
		       "counts by function, line, caller, thread and time slice, in an SQLite "
		       "database that can "
		       "hold any number of sessions and can be read while it is written.\n\n"
		       "By default instructions and cycles are sampled 4000 times a second, with "
		       "call chains by "
		       "frame pointers. Where the machine has no hardware counters, cpu-clock "
		       "takes their place, "
		       "and one line says so.\n\n"
		       "Nothing is written to the standard output: it belongs to COMMAND. Two "
		       "lines on standard "
		       "error at the end say what was captured and lost, and what to type next.\n\n"
		       "SIGINT and SIGTERM are passed on to COMMAND, and the session is finished "
		       "when it ends; a "
		       "second one finishes it at once.\n\n"
		       "The exit status is that of COMMAND: 127 where it was not found, 126 where "
		       "it could not be "
		       "executed, 128 + N where signal N ended it. It is 1 where recording failed, "
		       "2 for a usage "
		       "error.",
	.examples =
		"pmc record ./prog arg\tsample a program from its start to its end\n"
		"pmc record -e cycles:u -c 1000003 ./prog\tone sample for so many user-mode "
		"cycles\n"
		"pmc record -p 812 --duration 10\tten seconds of a running process\n"
		"pmc record -a -o all.db sleep 5\teverything that runs while sleep does\n"
		"pmc record --label before ./prog\tname the session, to compare it with another\n",
	.files_env = "PMC_DB\tthe database, where -o is not given\n",
	.options = rows,
	.operands_stop = true,
	.run = run,
};
