/*
 * collector.c - a recording from open to last batch: the public half of the collector.
 *
 * Job: find the target, wire counters, tracker and rounds together, decide when to drain, when to
 * hand over a batch, and when it is over.
 *
 *   open      target ─► counters ─► what was there before (/proc)
 *   run       ┌─► wait: a ring half full, a second gone, the target ended, a signal
 *             │   round
 *             └── batch, if a second is gone and the last one came back
 *   end       stop counters, last round, last batch; then wait for a command that still runs
 *
 * Signals: a command is given the signal that asked pmc to stop, and is recorded until it ends;
 * asking twice stops at once.
 */
#include "collector/collector.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/advice.h"
#include "collector/command.h"
#include "collector/counters.h"
#include "collector/ending.h"
#include "collector/event.h"
#include "collector/machine.h"
#include "collector/outgoing.h"
#include "collector/proc.h"
#include "collector/round.h"
#include "collector/target.h"
#include "collector/tracker.h"
#include "collector/waiting.h"

static const uint64_t FLUSH_NS = 1000000000;
/* The first batch is early: files that a program deletes are opened while it runs. */
static const uint64_t FIRST_FLUSH_NS = 100000000;
/* Reading totals is a system call a counter: with very many, only at the end. */
enum { READ_EVERY_FLUSH_MAX = 256 };

struct pmc_collector {
	struct pmc_collector_opts opts;
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct round round;
	struct command command;
	struct watch_list watch; /* -p, -t: whose end ends the recording */
	struct ending ending;
	struct waiting waiting;
	struct counter_total *totals;
	struct pmc_event_row *event_rows;
	struct outgoing outgoing;
	char *label;		      /* what is watched, for the session */
	uint64_t start_ns;
	int64_t started_at_ns;
	char *advice[PMC_HEALTH_COUNT];
	bool has_round;
};

static int64_t wall_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

const char *pmc_callgraph_name(enum pmc_callgraph how)
{
	static const char *const names[] = { [PMC_CALLGRAPH_FP] = "fp",
					     [PMC_CALLGRAPH_DWARF] = "dwarf",
					     [PMC_CALLGRAPH_LBR] = "lbr",
					     [PMC_CALLGRAPH_NONE] = "none" };

	return names[how];
}

/* ---- targets ---- */

static int open_counters(struct pmc_collector *collector, const pid_t *tids, size_t count,
			 bool enable_on_exec, struct pmc_err *err)
{
	const struct pmc_collector_opts *opts = &collector->opts;
	const struct counters_opts how = { .events = opts->events,
					   .target = &opts->target,
					   .rings = true,
					   .callgraph = opts->callgraph,
					   .stack_bytes = opts->stack_bytes,
					   .unwind = opts->unwind,
					   .ring_pages = opts->ring_pages,
					   .enable_on_exec = enable_on_exec };

	return counters_open(&collector->counters, &how, tids, count, err);
}

static int open_target(struct pmc_collector *collector, struct pmc_err *err)
{
	const struct pmc_target *target = &collector->opts.target;
	const struct command *command = &collector->command;
	pid_array tids = { 0 };
	int result = target_open(target, &collector->command, &tids, &collector->watch, err);

	collector->label = target_describe(target);
	if (!result)
		result = open_counters(collector, tids.items, tids.count,
				       command->pid && !target->system_wide, err);
	pmc_array_free(&tids);
	return result;
}

/* What ran before the counters were on, as if records had told it at time 0. */
static void scan_existing(struct pmc_collector *collector)
{
	const struct pmc_target *target = &collector->opts.target;
	struct tracker *tracker = &collector->tracker;

	proc_scan_kernel(tracker);
	if (target->system_wide)
		proc_scan_all(tracker);
	else if (collector->command.pid)
		tracker_add_task(tracker, (uint32_t)collector->command.pid,
				 (uint32_t)collector->command.pid, (uint32_t)getpid(), "pmc", 0);
	for (size_t i = 0; !target->system_wide && i < target->ids_count; i++) {
		const pid_t pid = proc_of_thread(target->ids[i]);

		if (pid > 0)
			proc_scan_process(tracker, pid);
	}
}

/* ---- open, free ---- */

struct pmc_collector *pmc_collector_open(const struct pmc_collector_opts *opts, struct pmc_err *err)
{
	struct pmc_collector *collector = pmc_calloc(1, sizeof(*collector));

	collector->opts = *opts;
	if (!opts->slice_ns)
		collector->opts.slice_ns = PMC_SLICE_NS_DEFAULT;
	if (!opts->flush_ns)
		collector->opts.flush_ns = FLUSH_NS;
	if (!opts->stack_bytes)
		collector->opts.stack_bytes = PMC_STACK_BYTES;
	collector->command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
	collector->ending = (struct ending){ .command = &collector->command,
					     .watch = &collector->watch,
					     .stop = opts->stop };
	catalog_init(&collector->catalog);
	tracker_init(&collector->tracker, &collector->catalog);
	if (open_target(collector, err)) {
		pmc_collector_free(collector);
		return NULL;
	}
	scan_existing(collector);
	collector->start_ns = ending_now_ns();
	collector->started_at_ns = wall_clock_ns();
	collector->tracker.start_ns = collector->start_ns;
	round_init(&collector->round, &collector->counters, &collector->tracker,
		   collector->start_ns, collector->opts.slice_ns);
	collector->has_round = true;
	collector->totals = pmc_calloc(opts->events->count, sizeof(*collector->totals));
	collector->event_rows = event_list_rows(opts->events);
	waiting_begin(&collector->waiting, &collector->counters, &collector->command,
		      &collector->watch, opts->target.kind);
	return collector;
}

void pmc_collector_info(const struct pmc_collector *collector, struct pmc_session_info *info)
{
	info->command = collector->label;
	info->started_at_ns = collector->started_at_ns;
	info->slice_ns = collector->opts.slice_ns;
	info->callgraph = pmc_callgraph_name(collector->opts.callgraph);
}

void pmc_collector_free(struct pmc_collector *collector)
{
	if (!collector)
		return;
	command_fini(&collector->command);
	if (collector->has_round)
		round_fini(&collector->round);
	counters_close(&collector->counters);
	tracker_fini(&collector->tracker);
	catalog_fini(&collector->catalog);
	target_forget(&collector->watch);
	waiting_fini(&collector->waiting);
	outgoing_fini(&collector->outgoing);
	free(collector->totals);
	free(collector->event_rows);
	free(collector->label);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		free(collector->advice[i]);
	free(collector);
}

/* ---- batches ---- */

/* What the last totals tell, in the words of this session. */
static void fill_advice(struct pmc_collector *collector, uint64_t end_ns)
{
	const struct pmc_event_list *events = collector->opts.events;
	struct pmc_batch *batch = &collector->outgoing.batch;
	struct round *round = &collector->round;
	char **advice = collector->advice;
	long long max_rate = 0;

	machine_read_number("/proc/sys/kernel/perf_event_max_sample_rate", &max_rate);
	round_end_throttles(round, end_ns);
	batch->health[PMC_HEALTH_THROTTLED_NS] = round->health[PMC_HEALTH_THROTTLED_NS];
	batch->health[PMC_HEALTH_ESTIMATE_ERROR] = advice_estimate_error(
		events, round->sums, collector->totals, &advice[PMC_HEALTH_ESTIMATE_ERROR]);
	batch->health[PMC_HEALTH_NOT_COUNTED] = advice_not_counted(
		events, collector->totals, &advice[PMC_HEALTH_NOT_COUNTED]);
	advice[PMC_HEALTH_THROTTLED] =
		advice_throttled(events, round->sums, collector->totals, max_rate);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->advice[i] = advice[i];
}

static void fill_events(struct pmc_collector *collector, bool last)
{
	const size_t count = collector->opts.events->count;
	struct pmc_batch *batch = &collector->outgoing.batch;
	uint64_t lost = 0;

	if (last || collector->counters.open.count <= READ_EVERY_FLUSH_MAX)
		counters_read(&collector->counters, collector->totals);
	batch->health[PMC_HEALTH_MULTIPLEXED] = batch->health[PMC_HEALTH_FALLBACK] = 0;
	for (size_t i = 0; i < count; i++) {
		struct pmc_event_row *row = &collector->event_rows[i];
		const struct counter_total *total = &collector->totals[i];

		row->counted = total->value;
		row->enabled_ns = total->enabled_ns;
		row->running_ns = total->running_ns;
		row->lost_samples = total->lost;
		lost += total->lost;
		/* A thousandth is what reading counters one after the other may differ by. */
		batch->health[PMC_HEALTH_MULTIPLEXED] +=
			total->running_ns < total->enabled_ns - total->enabled_ns / 1000;
		batch->health[PMC_HEALTH_FALLBACK] += row->fallback != NULL;
	}
	/* A LOST record comes with the next record that fits; where none follows, only the counters
	 * know. */
	if (lost > batch->health[PMC_HEALTH_LOST_RECORDS])
		batch->health[PMC_HEALTH_LOST_RECORDS] = lost;
	batch->events = collector->event_rows;
	batch->events_count = count;
	batch->events_first = 1;
}

static int hand_over(struct pmc_collector *collector, const struct pmc_sink *sink, uint64_t end_ns,
		     bool last, struct pmc_err *err)
{
	outgoing_fill(&collector->outgoing, &collector->round, end_ns);
	fill_events(collector, last);
	if (last)
		fill_advice(collector, end_ns);
	return outgoing_hand_over(&collector->outgoing, sink, last, err);
}

/* ---- running ---- */

static int record_until_over(struct pmc_collector *collector, const struct pmc_sink *sink,
			     struct pmc_err *err)
{
	const uint64_t first = collector->opts.flush_ns < FIRST_FLUSH_NS ?
				       collector->opts.flush_ns : FIRST_FLUSH_NS;
	uint64_t flush_at = ending_now_ns() + first;

	for (bool over = false; !over;) {
		const uint64_t end_at = collector->ending.at_ns;
		uint64_t now;

		if (waiting_until(&collector->waiting, flush_at < end_at ? flush_at : end_at))
			return pmc_err_errno(err, errno, "cannot wait for the counters");
		now = ending_now_ns();
		over = ending_reached(&collector->ending, now);
		round_run(&collector->round, now - ROUND_LAG_NS);
		if (now < flush_at)
			continue;
		flush_at = now + collector->opts.flush_ns;
		if (outgoing_is_out(&collector->outgoing))
			continue; /* the disk is slow: the tables go on growing */
		outgoing_take_back(&collector->outgoing);
		if (hand_over(collector, sink, now, false, err))
			return -1;
	}
	return 0;
}

static int finish(struct pmc_collector *collector, const struct pmc_sink *sink,
		  struct pmc_collector_result *result, struct pmc_err *err)
{
	const struct pmc_stop *stop = collector->opts.stop;
	const uint64_t end = ending_now_ns();

	round_run(&collector->round, UINT64_MAX);
	outgoing_wait(&collector->outgoing);
	*result = (struct pmc_collector_result){
		.duration_ns = end - collector->start_ns,
		.samples = collector->round.samples,
		.stopped_by = stop ? stop->signal : 0,
		.ring_pages = collector->counters.ring_pages,
	};
	collector->round.health[PMC_HEALTH_INTERRUPTED] = result->stopped_by != 0;
	if (hand_over(collector, sink, end, true, err))
		return -1;
	memcpy(result->health, collector->outgoing.batch.health, sizeof(result->health));
	memcpy(result->advice, collector->outgoing.batch.advice, sizeof(result->advice));
	outgoing_wait(&collector->outgoing);
	counters_check_pinned(&collector->counters, collector->totals,
			      collector->command.pid != 0, &result->pinned);
	return 0;
}

int pmc_collector_run(struct pmc_collector *collector, const struct pmc_sink *sink,
		      struct pmc_collector_result *result, struct pmc_err *err)
{
	int failed;

	ending_begin(&collector->ending, collector->opts.duration_ns);
	if (!collector->command.pid || collector->opts.target.system_wide)
		counters_enable(&collector->counters);
	if (collector->command.pid &&
	    command_release(&collector->command, collector->opts.target.argv[0], err))
		return -1;
	failed = record_until_over(collector, sink, err);
	counters_disable(&collector->counters);
	if (!failed)
		return finish(collector, sink, result, err);
	outgoing_wait(&collector->outgoing);
	return -1;
}

int pmc_collector_wait(struct pmc_collector *collector, pid_t *still_runs)
{
	return ending_wait_command(&collector->ending, still_runs);
}
