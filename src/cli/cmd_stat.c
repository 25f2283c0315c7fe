/*
 * cmd_stat.c - `pmc stat`: options to a counting, its counts to a database, and from there to a
 * table.
 *
 *   pmc_counting ── batch an interval, a run ──► writer ──► database ──► pmc_counts ──► table
 *
 * Not here: how anything is counted (collector/), written (store/), computed or printed (report/).
 * Exit status: the command's own, of the first run that failed; 127 and 126 where it could not be
 * executed, as a shell says; 1 where counting failed; 2 for a usage error.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/session_begin.h"
#include "cli/stop_signals.h"
#include "cli/target_options.h"

enum { INTERVAL_MIN_MS = 10, RUNS_MAX = 1000000 };

static const struct target_verb VERB = { "stat", "count" };

struct options {
	char *events;
	struct target_options target;
	uint64_t runs, interval_ms;
	int per, format;
	const char *output, *label;
	bool quiet;
	bool runs_given, interval_given, per_given;
};

/* In the order of enum pmc_count_part, and of enum pmc_format. */
static const char *const per_choices[] = { "all", "thread", "cpu", NULL };
static const char *const format_choices[] = { "text", "csv", "json", NULL };

static const struct pmc_option rows[] = {
	{ 'e', "event", PMC_OPT_LIST, "EVENTS",
	  "events to count: instructions, cycles:u, page-faults, skl::INST_RETIRED:ANY:u, r1c2, "
	  "pmu/term=value/, sched:sched_switch; lists a,b and groups {a,b}, which are counted at "
	  "the same time or not at all; may be given more than once (default: task-clock, "
	  "context-switches, cpu-migrations, page-faults, and cycles, instructions, branches, "
	  "branch-misses where there are counters)",
	  NULL, "event", offsetof(struct options, events), 0 },
	TARGET_OPTION_ROWS(struct options, target),
	{ 'r', "repeat", PMC_OPT_UINT, "RUNS",
	  "run the command so often, and tell mean and 95 % interval of the mean", NULL, NULL,
	  offsetof(struct options, runs), offsetof(struct options, runs_given) },
	{ 'I', "interval", PMC_OPT_UINT, "MS",
	  "print and keep a row of counts for each so many milliseconds, 10 at least", NULL, NULL,
	  offsetof(struct options, interval_ms), offsetof(struct options, interval_given) },
	{ 0, "per", PMC_OPT_CHOICE, "PART", "count each thread or each CPU by itself", per_choices,
	  NULL, offsetof(struct options, per), offsetof(struct options, per_given) },
	{ 0, "format", PMC_OPT_CHOICE, "FORMAT",
	  "how to print it; csv and json go to the standard output", format_choices, NULL,
	  offsetof(struct options, format), 0 },
	{ 'o', "output", PMC_OPT_TEXT, "DB",
	  "database to add the session to (default: PMC_DB, or pmc.db)", NULL, "file",
	  offsetof(struct options, output), 0 },
	{ 0, "label", PMC_OPT_TEXT, "TEXT", "a name for the session, to find and compare it by",
	  NULL, NULL, offsetof(struct options, label), 0 },
	{ 'q', "quiet", PMC_OPT_FLAG, NULL,
	  "nothing but the counts, unless something fails", NULL, NULL,
	  offsetof(struct options, quiet), 0 },
	{ 0, NULL, PMC_OPT_FLAG, NULL, NULL, NULL, NULL, 0, 0 },
};

/* ---- options to a counting ---- */

static int check_runs(const struct options *options, int operands, struct pmc_err *err)
{
	if (!options->runs_given)
		return 0;
	if (!options->runs || options->runs > RUNS_MAX) {
		pmc_err_set(err, PMC_ERR_USAGE, "-r %llu: %s", (unsigned long long)options->runs,
			    options->runs ? "so many runs cannot be had" : "no run counts nothing");
		return pmc_err_hint(err, "1 to %d; five runs tell how much they differ", RUNS_MAX);
	}
	if (operands)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "-r repeats a command, and there is none");
	return pmc_err_hint(err, "for counts of what runs again and again: -I %d --duration 10",
			    1000);
}

static int check_interval(const struct options *options, const struct pmc_target *target,
			  struct pmc_err *err)
{
	if (!options->interval_given)
		return 0;
	if (options->interval_ms < INTERVAL_MIN_MS ||
	    options->interval_ms > (uint64_t)(TARGET_SECONDS_MAX * 1e3)) {
		pmc_err_set(err, PMC_ERR_USAGE, "an interval of %llu ms is too %s",
			    (unsigned long long)options->interval_ms,
			    options->interval_ms < INTERVAL_MIN_MS ? "short" : "long");
		return pmc_err_hint(err, "the shortest is %d: reading all counters more often "
				    "would be what is counted; for one row in all leave -I out",
				    INTERVAL_MIN_MS);
	}
	if (options->per == PMC_COUNT_PER_THREAD && target->kind != PMC_TARGET_TIDS) {
		pmc_err_set(err, PMC_ERR_USAGE, "--per thread cannot be combined with -I, but for "
						"threads named with -t");
		return pmc_err_hint(err, "what each of a program's threads counted is known when "
					 "it ends; leave out one of the two");
	}
	return 0;
}

static int check_per(const struct options *options, const struct pmc_target *target,
		     struct pmc_err *err)
{
	if (options->per != PMC_COUNT_PER_THREAD || !target->system_wide)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "--per thread cannot be combined with %s",
		    target->cpus ? "-C" : "-a");
	return pmc_err_hint(err, "whole CPUs are counted --per cpu; `pmc record -a` tells who ran "
				 "on them");
}

static int fill_opts(struct options *options, int operands, char **argv,
		     struct pmc_counting_opts *opts, struct pmc_err *err)
{
	if (target_options_fill(&options->target, &VERB, operands, argv, &opts->target, err) ||
	    target_options_duration(&options->target, &VERB, &opts->duration_ns, err) ||
	    check_runs(options, operands, err) || check_per(options, &opts->target, err) ||
	    check_interval(options, &opts->target, err))
		return -1;
	opts->part = (enum pmc_count_part)options->per;
	opts->runs = (uint32_t)options->runs;
	opts->interval_ns = options->interval_ms * 1000000;
	return 0;
}

static int fill_events(const struct options *options, struct pmc_event_list *events,
		       const char **why, struct pmc_err *err)
{
	const struct pmc_sampling sampling = { .mode = PMC_MODE_COUNT };

	return options->events ? pmc_event_list_parse(events, options->events, &sampling, err) :
				 pmc_event_list_default_counts(events, why, err);
}

/* ---- the counting ---- */

struct stat {
	const struct options *options;
	struct pmc_event_list events;
	struct pmc_counting *counting;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_counts *counts;
	int64_t session;
	FILE *out;
	uint32_t runs, runs_done;
	bool tells_progress, has_command;
};

/*
 * The session's command: a command that is only waited for while whole CPUs are counted has the
 * option in front, so that a reader of the session knows it too. The caller frees.
 */
static char *describe_watched(const struct pmc_target *target, const char *command)
{
	if (target->kind == PMC_TARGET_COMMAND && target->system_wide)
		return pmc_sprintf("%s %s", target->cpus ? "-C" : "-a", command);
	return pmc_strdup(command);
}

static int begin(struct stat *stat, const struct pmc_counting_opts *opts, const char *db,
		 struct pmc_err *err)
{
	PMC_FREE char *watched = NULL;
	struct session_facts facts;

	session_facts_init(&facts, stat->options->label);
	pmc_counting_info(stat->counting, &facts.info);
	watched = describe_watched(&opts->target, facts.info.command);
	facts.info.command = watched;
	return session_begin(&facts, db, &stat->store, &stat->writer, &stat->session, err);
}

static void tell_progress(struct stat *stat, const struct pmc_batch *batch)
{
	char time[PMC_FORMAT_SIZE];

	stat->runs_done++;
	if (stat->tells_progress)
		pmc_cli_say("run %u of %u is done, %s since the first began", stat->runs_done,
			    stat->runs, pmc_format_ns(time, (double)batch->end_ns));
}

/*
 * Prints the rows of an interval. What has no end of its own ends when nobody can read it any more,
 * as in `pmc stat -a -I 1000 | head`; a command's counts are worth keeping all the same.
 */
static int print_interval(struct stat *stat, struct pmc_err *err)
{
	if (pmc_counts_more(stat->counts, err))
		return -1;
	if (ferror(stat->out) && !stat->has_command)
		stop_signals_ask(SIGPIPE);
	return 0;
}

/* The sink: into the file, and from there to the screen. */
static int take(void *ctx, const struct pmc_batch *batch, struct pmc_err *err)
{
	struct stat *stat = ctx;

	if (pmc_writer_write(stat->writer, batch, err))
		return -1;
	if (!batch->counts_count) /* a sign of life */
		return 0;
	if (stat->options->interval_given)
		return print_interval(stat, err);
	tell_progress(stat, batch);
	return 0;
}

static int count(struct stat *stat, const struct pmc_counting_opts *opts, const char *db,
		 struct pmc_counting_result *result, struct pmc_err *err)
{
	const struct pmc_count_sink sink = { stat, take };
	struct pmc_counts_opts print = {
		.format = (enum pmc_format)stat->options->format,
		.style = pmc_cli_style(stat->out),
		.intervals = stat->options->interval_given,
		.repeated = opts->runs > 1,
	};

	stat->counting = pmc_counting_open(opts, err);
	if (!stat->counting)
		return -1;
	/* A session that has begun is also ended. */
	stop_signals_catch();
	if (begin(stat, opts, db, err))
		return -1;
	print.session_id = stat->session;
	stat->counts = pmc_counts_new(stat->store, &print, stat->out);
	if (pmc_counting_run(stat->counting, &sink, result, err)) {
		if (err->kind == PMC_ERR_NOT_FOUND || err->kind == PMC_ERR_NOT_EXECUTABLE)
			pmc_writer_discard(stat->writer, NULL);
		return -1;
	}
	if (pmc_writer_finish(stat->writer, result->duration_ns, result->stopped_by != 0, err))
		return -1;
	if (print.format == PMC_FORMAT_TEXT && !print.intervals)
		fputc('\n', stat->out);		/* apart from what the command said */
	return pmc_counts_end(stat->counts, err);
}

static void end(struct stat *stat)
{
	pmc_counts_free(stat->counts);
	pmc_writer_free(stat->writer);
	pmc_store_close(stat->store);
	pmc_counting_free(stat->counting);
	pmc_event_list_fini(&stat->events);
}

/* ---- what is said at the end ---- */

static void say_status(const struct pmc_counting_result *result, uint32_t runs)
{
	if (runs > 1 && result->exit_status && !result->stopped_by)
		pmc_cli_say("the command failed: the first run that did ended with status %d",
			    result->exit_status);
	if (result->still_runs)
		pmc_cli_say("the command still runs, as process %d", (int)result->still_runs);
}

static void say_rest(const struct stat *stat, const char *db, bool why)
{
	const char *option = strcmp(db, pmc_cli_db_path(NULL)) ? " -i " : "";

	for (size_t i = 0; !why && i < stat->events.count; i++)
		if (stat->events.events[i].fallback)
			pmc_cli_say("%s: %s", stat->events.events[i].requested,
				    stat->events.events[i].fallback);
	pmc_cli_say("session %lld in %s; again: pmc report%s%s   or ask: pmc sql%s%s 'SELECT * "
		    "FROM counts WHERE session_id = %lld'", (long long)stat->session, db, option,
		    *option ? db : "", option, *option ? db : "", (long long)stat->session);
}

static int run_stat(struct options *options, int operands, char **argv, struct pmc_err *err)
{
	struct stat stat = { .options = options, .has_command = operands > 0 };
	struct pmc_counting_opts opts = { .stop = stop_signals_request(), .events = &stat.events };
	struct pmc_counting_result result = { 0 };
	const char *db = pmc_cli_db_path(options->output), *why = NULL;
	int status;

	/* The standard output is the command's, unless a script asked for something to parse. */
	stat.out = operands && options->format == PMC_FORMAT_TEXT ? stderr : stdout;
	status = fill_opts(options, operands, argv, &opts, err) ||
		 fill_events(options, &stat.events, &why, err);
	if (!status && why && !options->quiet)
		pmc_cli_say("%s", why);
	stat.runs = opts.runs ? opts.runs : 1;
	stat.tells_progress = stat.runs > 1 && !options->quiet && isatty(STDERR_FILENO);
	if (!status)
		status = count(&stat, &opts, db, &result, err);
	if (status) {
		status = pmc_cli_fail(err);
		if (operands)
			status = pmc_cli_command_status(err, status);
	} else {
		status = pmc_cli_finish(stat.out, result.exit_status);
		say_status(&result, stat.runs);
		if (pmc_err_is_set(&result.pinned))
			status = pmc_cli_fail(&result.pinned);
		if (!options->quiet)
			say_rest(&stat, db, why != NULL);
	}
	end(&stat);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .per = PMC_COUNT_WHOLE };
	struct pmc_err err = { 0 };
	const int operands = pmc_options_parse(&pmc_command_stat, argc, argv, &options, &err);
	int status;

	if (operands < 0)
		return pmc_cli_fail(&err);
	status = run_stat(&options, operands, argv, &err);
	target_options_fini(&options.target);
	free(options.events);
	return status;
}

const struct pmc_command pmc_command_stat = {
	.name = "stat",
	.summary = "count events of a program, or of what already runs",
	.usage = "[--] [COMMAND [ARG...]]",
	.description =
		"Runs COMMAND, or watches what already runs (-p, -t, -a, -C), and counts how "
		"often events happen: exactly, without samples. Threads and children are "
		"counted too, also those that have ended. The counts are kept as a session in "
		"the database, where the view counts has them; `pmc report` prints them "
		"again.\n\n"
		"Where there are more events than counters the kernel lets them take turns. A "
		"count is then an estimate, scaled by the time its event was on a counter, "
		"and its row says so: scaled from 48.3 %. What never got a counter is not "
		"counted, and says that; it is never shown as 0. Events in a group {a,b} are "
		"counted at the same time, so that their ratio is exact.\n\n"
		"Beside the counts stands what follows from them, where its events were "
		"counted in the same modes: instructions per cycle; the clock rate (cycles "
		"while on a CPU); CPUs used (task-clock by the time elapsed); misses as a "
		"share of accesses and per thousand instructions; other events per second of "
		"CPU time, or of elapsed time where task-clock was not counted.\n\n"
		"With -r the command runs several times. Shown are the means, and as ± half "
		"the width of the 95 % interval of the mean by Student's t: were all of it "
		"repeated many times, about 95 of 100 such intervals would hold the true "
		"mean. With --per thread or cpu each part has its rows, and the total "
		"follows. What each thread counted is told when it ends; those that still run "
		"at the end of the counting share the row [still running].\n\n"
		"Counting ends with COMMAND. Children that it leaves running were counted "
		"until then.\n\n"
		"The standard output belongs to COMMAND: the table goes to the standard "
		"error. For -p, -t, -a and -C without a command it goes to the standard "
		"output. --format csv and json always go to the standard output, as a script "
		"asked for them; what COMMAND writes is best sent elsewhere then.\n\n"
		"CSV has the columns of the view counts behind a column kind: count for its "
		"rows; derived for what follows (name tells what it is, of what it was "
		"divided by); mean for means over runs. Means, also those of derived ones, "
		"have no run; they have runs, low and high. JSON is one object with the lists "
		"rows (as the view), means, derived, events and health, and the object "
		"session. With -I the rows of CSV and JSON, too, come as they are counted.\n\n"
		"SIGINT, SIGTERM and SIGHUP are passed on to COMMAND, and what was counted "
		"until then is printed and kept; a second one does not wait for COMMAND to "
		"end. Without a COMMAND, rows by interval also end when nobody reads them any "
		"more.\n\n"
		"The exit status is that of COMMAND (with -r of the first run that failed): "
		"127 where it was not found, 126 where it could not be executed, 128 + N "
		"where signal N ended it. It is 1 where counting failed, 2 for a usage error.",
	.examples =
		"pmc stat ./prog arg\tcount the usual events of a program\n"
		"pmc stat -e '{instructions,cycles}:u' ./prog\tits own instructions per cycle, "
		"both counted at the same time\n"
		"pmc stat -r 10 -q ./prog\tmeans of ten runs, and how much they differ\n"
		"pmc stat -I 1000 -p 812\ta row of counts each second, until Ctrl-C\n"
		"pmc stat --per thread ./prog\twhich thread did it\n"
		"pmc stat -a --per cpu --duration 5\tfive seconds of all CPUs, one by one\n"
		"pmc stat --format json ./prog | jq '.derived'\tfigures for a script\n",
	.files_env = "PMC_DB\tthe database, where -o is not given\n",
	.options = rows,
	.operands_stop = true,
	.run = run,
};
