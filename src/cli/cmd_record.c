/*
 * cmd_record.c - `pmc record`: options to a collector, its batches to a database, two lines at the
 * end.
 *
 * Not here: how anything is recorded (collector/), written (store/) or named (symbolize/).
 * Exit status: the command's own; 127 and 126 where it could not be executed, as a shell says;
 * 1 where recording failed; 2 for a usage error.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/pipeline.h"
#include "cli/session_begin.h"
#include "cli/stop_signals.h"
#include "cli/target_options.h"

/* Samples with a copy of the stack are fifty times as large as others. */
enum { RING_PAGES_DWARF = 1024 };

enum { FREQUENCY_DEFAULT = 4000 };

static const struct target_verb VERB = { "record", "record" };


struct options {
	const char *call_graph;
	char *events;
	uint64_t frequency, period, ring_pages;
	const char *output, *label;
	struct target_options target;
	bool quiet, no_lines;
	double slice;
	bool frequency_given, period_given, ring_pages_given, slice_given;
};

static const char *const callgraph_words[] = { "fp", "dwarf", "lbr", "none", NULL };

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
	{ 0, "call-graph", PMC_OPT_TEXT, "HOW",
	  "keep callers: fp by frame pointers (the default); dwarf[,BYTES] by unwinding rules, "
	  "from so much of the stack a sample (8192, up to 65528), for programs built without "
	  "frame pointers; lbr by the processor's record of calls; none",
	  callgraph_words, NULL, offsetof(struct options, call_graph), 0 },
	{ 'o', "output", PMC_OPT_TEXT, "DB",
	  "database to add the session to (default: PMC_DB, or pmc.db)", NULL, "file",
	  offsetof(struct options, output), 0 },
	{ 0, "label", PMC_OPT_TEXT, "TEXT", "a name for the session, to find and compare it by",
	  NULL, NULL, offsetof(struct options, label), 0 },
	TARGET_OPTION_ROWS(struct options, target),
	{ 0, "slice", PMC_OPT_SECONDS, "SECONDS", "length of a time slice (default: 0.1)", NULL,
	  NULL, offsetof(struct options, slice), offsetof(struct options, slice_given) },
	{ 'm', "ring-pages", PMC_OPT_UINT, "PAGES",
	  "data pages of each CPU's ring, a power of two (default: 128; 1024 with dwarf)",
	  NULL, NULL,
	  offsetof(struct options, ring_pages), offsetof(struct options, ring_pages_given) },
	{ 0, "no-lines", PMC_OPT_FLAG, NULL,
	  "names of functions only: no source lines, no inlined functions", NULL, NULL,
	  offsetof(struct options, no_lines), 0 },
	{ 'q', "quiet", PMC_OPT_FLAG, NULL, "say nothing unless something fails", NULL, NULL,
	  offsetof(struct options, quiet), 0 },
	{ 0, NULL, PMC_OPT_FLAG, NULL, NULL, NULL, NULL, 0, 0 },
};

/* ---- options to a recording ---- */

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

static int fail_call_graph(const char *text, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_USAGE, "--call-graph %s: no such way to find callers", text);
	return pmc_err_hint(err, "fp, dwarf, dwarf,BYTES (8 to %d, in steps of 8), lbr or none",
			    PMC_STACK_BYTES_MAX);
}

/* "fp", "dwarf", "dwarf,16384", "lbr", "none" */
static int fill_call_graph(const char *text, struct pmc_collector_opts *opts, struct pmc_err *err)
{
	const size_t len = text ? strcspn(text, ",") : 0;
	char *end;

	opts->callgraph = PMC_CALLGRAPH_FP;
	if (!text)
		return 0;
	while (strlen(pmc_callgraph_name(opts->callgraph)) != len ||
	       strncmp(pmc_callgraph_name(opts->callgraph), text, len))
		if (opts->callgraph++ == PMC_CALLGRAPH_NONE)
			return fail_call_graph(text, err);
	if (!text[len])
		return 0;
	opts->stack_bytes = (uint32_t)strtoul(text + len + 1, &end, 10);
	if (opts->callgraph != PMC_CALLGRAPH_DWARF || !isdigit((unsigned char)text[len + 1]) ||
	    *end || end - text > 16 || !opts->stack_bytes ||
	    opts->stack_bytes > PMC_STACK_BYTES_MAX || opts->stack_bytes % 8)
		return fail_call_graph(text, err);
	return 0;
}

static int fill_opts(const struct options *options, struct pmc_collector_opts *opts,
		     struct pmc_err *err)
{
	if (fill_call_graph(options->call_graph, opts, err))
		return -1;
	if (target_options_duration(&options->target, &VERB, &opts->duration_ns, err))
		return -1;
	if (options->slice > TARGET_SECONDS_MAX) {
		pmc_err_set(err, PMC_ERR_USAGE, "%g seconds are too many", options->slice);
		return pmc_err_hint(err, "the most is %g", TARGET_SECONDS_MAX);
	}
	opts->slice_ns = (uint64_t)(options->slice * 1e9);
	opts->ring_pages = (uint32_t)options->ring_pages;
	if (!opts->ring_pages && opts->callgraph == PMC_CALLGRAPH_DWARF)
		opts->ring_pages = RING_PAGES_DWARF;
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
	struct pmc_unwinder *unwinder;
	struct pmc_unwind_ops unwind;
	struct pmc_symbolizer *symbolizer;
	struct pipeline *pipeline;
	int64_t session;
};

static int begin_session(struct recording *recording, const struct options *options, const char *db,
			 struct pmc_err *err)
{
	struct session_facts facts;

	session_facts_init(&facts, options->label);
	pmc_collector_info(recording->collector, &facts.info);
	return session_begin(&facts, db, &recording->store, &recording->writer,
			     &recording->session, err);
}

static int record(struct recording *recording, const struct options *options,
		  struct pmc_collector_opts *opts, const char *db,
		  struct pmc_collector_result *result, struct pmc_err *err)
{
	const struct pmc_symbolizer_opts symbolizer = { .lines = !options->no_lines };
	struct pmc_sink sink = { .take = pipeline_take };
	int status;

	if (opts->callgraph == PMC_CALLGRAPH_DWARF) {
		recording->unwinder = pmc_unwinder_new(pmc_arch_here());
		recording->unwind = pmc_unwinder_ops(recording->unwinder);
		opts->unwind = &recording->unwind;
	}
	recording->collector = pmc_collector_open(opts, err);
	if (!recording->collector)
		return -1;
	/* A session that has begun is also ended. */
	stop_signals_catch();
	if (begin_session(recording, options, db, err))
		return -1;
	recording->symbolizer = pmc_symbolizer_new(&symbolizer);
	recording->pipeline = pipeline_start(recording->symbolizer, recording->writer, err);
	if (!recording->pipeline)
		return -1;
	sink.ctx = recording->pipeline;
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
	pmc_unwinder_free(recording->unwinder);
	pmc_event_list_fini(&recording->events);
}

/* Figures that make somebody record again with another setting. */
static bool is_said_at_once(enum pmc_health figure)
{
	return figure == PMC_HEALTH_THROTTLED || figure == PMC_HEALTH_NOT_COUNTED;
}

/* What this machine did not do as asked, and what to change. */
static void say_degrades(const struct recording *recording, const struct pmc_collector_opts *opts,
			 const struct pmc_collector_result *result, bool fallbacks_said)
{
	for (size_t i = 0; !fallbacks_said && i < recording->events.count; i++)
		if (recording->events.events[i].fallback)
			pmc_cli_say("%s: %s", recording->events.events[i].requested,
				    recording->events.events[i].fallback);
	if (!result->samples && recording->events.events[0].sample_read &&
	    recording->events.events[0].fallback)
		pmc_cli_say("no sample: the work was done in threads or children; leave the S of "
			    "the group out");
	for (int i = 0; i < PMC_HEALTH_COUNT; i++)
		if (is_said_at_once((enum pmc_health)i) && result->health[i] && result->advice[i])
			pmc_cli_say("%s", result->advice[i]);
	if (result->ring_pages < (opts->ring_pages ? opts->ring_pages : PMC_RING_PAGES))
		pmc_cli_say("rings of %u pages instead of %u: memory that may be locked is short; "
			    "raise kernel.perf_event_mlock_kb, or ulimit -l",
			    result->ring_pages,
			    opts->ring_pages ? opts->ring_pages : PMC_RING_PAGES);
}

/* The error is said before a command that still runs is waited for: that may take hours. */
static int fail_recording(struct recording *recording, bool is_command, const struct pmc_err *err)
{
	const int failed = pmc_cli_fail(err);
	const int status = is_command ? pmc_cli_command_status(err, failed) : failed;
	pid_t still_runs;

	if (recording->collector && status == failed)
		pmc_collector_wait(recording->collector, &still_runs);
	return status;
}

static int run_record(struct options *options, int operands, char **argv, struct pmc_err *err)
{
	struct recording recording = { .session = 0 };
	struct pmc_collector_opts opts = { .stop = stop_signals_request(),
					   .events = &recording.events };
	struct pmc_collector_result result = { 0 };
	const char *db = pmc_cli_db_path(options->output), *why = NULL;
	pid_t still_runs = 0;
	int status;

	status = target_options_fill(&options->target, &VERB, operands, argv, &opts.target, err) ||
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
		if (!options->quiet)
			say_degrades(&recording, &opts, &result, why != NULL);
		if (!options->quiet)
			say_summary(&result, &recording.events, db, recording.session);
		if (still_runs)
			pmc_cli_say("the command still runs, as process %d", (int)still_runs);
		if (pmc_err_is_set(&result.pinned))
			status = pmc_cli_fail(&result.pinned);
	}
	end_recording(&recording);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct pmc_err err = { 0 };
	const int operands = pmc_options_parse(&pmc_command_record, argc, argv, &options, &err);
	int status;

	if (operands < 0)
		return pmc_cli_fail(&err);
	argv[operands] = NULL;
	status = run_record(&options, operands, argv, &err);
	target_options_fini(&options.target);
	free(options.events);
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
