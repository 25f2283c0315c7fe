/*
 * counting.c - counts without samples: the public half of what `pmc stat` does.
 *
 * Job: open counters for each run, wait for intervals and for the end, and make rows of what was
 * gained in between. Not here: opening and reading (counters.h), printing (report/).
 *
 *   run       open ─► release ─► wait ──interval──► rows ─► sink
 *              ▲                  │ over: stop the counters
 *              └── next run ◄──── rows ─► sink
 *
 * How counts add up: a `unit` is what has one clock, a watched thread over its CPUs, or a CPU. Each
 * unit's gain is scaled by its own enabled / running time, then units are summed.
 *
 *              CPU 0   CPU 1
 *   thread 7    fd      fd    ─► unit: enabled = sum / CPUs (counters.h tells why)
 *   thread 8    fd      fd    ─► unit
 *
 * Counts of each thread of a command come as records when threads end (thread_counts.h); that alone
 * needs rings. Elsewhere one fd counts a thread, and those it makes, on all CPUs.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/counters.h"
#include "collector/ending.h"
#include "collector/event.h"
#include "collector/proc.h"
#include "collector/round.h"
#include "collector/waiting.h"

/* A batch at least so often, if without counts: the session's sign of life. */
static const uint64_t ALIVE_NS = 1000000000;

/* What one unit gained of one event since the last rows. */
struct gain {
	uint64_t counted, enabled_ns, running_ns;
};

struct pmc_counting {
	struct pmc_counting_opts opts;
	struct counters counters;
	struct command command;
	struct watch_list watch;
	struct ending ending;
	struct catalog catalog;
	struct tracker tracker;
	struct round round; /* of rings, where there are any */
	bool has_round;
	pid_array tids; /* watched threads; -1: all */
	PMC_ARRAY(int) cpus; /* of the open counters, in their order */
	struct waiting waiting;
	struct counter_reading *now, *last; /* by row of counters.open */
	struct gain *gains;		    /* units x events */
	size_t units;
	struct pmc_event_row *event_rows;
	PMC_ARRAY(struct pmc_count_row) rows;
	uint64_t health[PMC_HEALTH_COUNT]; /* of the rings of runs that are over */
	char *label;
	uint64_t start_ns, rows_from_ns; /* CLOCK_MONOTONIC */
	int64_t started_at_ns;
	uint32_t run; /* from 1 */
};

/* ---- what is asked for ---- */

static bool by_records(const struct pmc_counting_opts *opts)
{
	return opts->part == PMC_COUNT_PER_THREAD && opts->target.kind != PMC_TARGET_TIDS;
}

static int check_opts(const struct pmc_counting_opts *opts, struct pmc_err *err)
{
	if (opts->part == PMC_COUNT_PER_THREAD && opts->target.system_wide) {
		pmc_err_set(err, PMC_ERR_USAGE, "the counts of each thread cannot be had for "
						"everything that runs");
		return pmc_err_hint(err, "name the processes with -p, or sample: pmc record -a, "
					 "then pmc report --by thread");
	}
	if (by_records(opts) && opts->interval_ns) {
		pmc_err_set(err, PMC_ERR_USAGE,
			    "each thread's counts are known when it ends: not per interval");
		return pmc_err_hint(err, "-t TIDS can be counted per thread and interval; or leave "
					 "out --per thread, or -I");
	}
	if (opts->runs > 1 && opts->target.kind != PMC_TARGET_COMMAND) {
		pmc_err_set(err, PMC_ERR_USAGE, "only a command can be run %u times", opts->runs);
		return pmc_err_hint(err, "leave out -r, or name a command");
	}
	return 0;
}

/* ---- opening a run ---- */

static void note_cpus(struct pmc_counting *counting)
{
	counting->cpus.count = 0;
	for (size_t i = 0; i < counting->counters.open.count; i++) {
		const int cpu = counting->counters.open.items[i].cpu;
		size_t at = 0;

		while (at < counting->cpus.count && counting->cpus.items[at] != cpu)
			at++;
		if (at == counting->cpus.count)
			*pmc_array_add(&counting->cpus) = cpu;
	}
}

static size_t cpu_index(const struct pmc_counting *counting, int cpu)
{
	size_t at = 0;

	while (counting->cpus.items[at] != cpu)
		at++;
	return at;
}

/* Threads that are counted are known by name, where each has rows of its own. */
static void meet_threads(struct pmc_counting *counting)
{
	struct tracker *tracker = &counting->tracker;

	if (counting->opts.part != PMC_COUNT_PER_THREAD)
		return;
	if (counting->command.pid)
		tracker_add_task(tracker, (uint32_t)counting->command.pid,
				 (uint32_t)counting->command.pid, (uint32_t)getpid(), "pmc", 0);
	for (size_t i = 0; i < counting->opts.target.ids_count; i++) {
		const pid_t pid = proc_of_thread(counting->opts.target.ids[i]);

		if (pid > 0)
			proc_scan_process(tracker, pid);
	}
}

static int open_run(struct pmc_counting *counting, struct pmc_err *err)
{
	const struct pmc_counting_opts *opts = &counting->opts;
	struct counters_opts how = { .events = opts->events,
				     .target = &opts->target,
				     .rings = by_records(opts),
				     .per_thread = by_records(opts),
				     .any_cpu = opts->part != PMC_COUNT_PER_CPU };
	size_t count;

	how.any_cpu &= !how.rings; /* a ring is a CPU's */
	counting->tids.count = 0;
	if (target_open(&opts->target, &counting->command, &counting->tids, &counting->watch, err))
		return -1;
	how.enable_on_exec = counting->command.pid && !opts->target.system_wide;
	if (counters_open(&counting->counters, &how, counting->tids.items, counting->tids.count,
			  err))
		return -1;
	count = counting->counters.open.count;
	note_cpus(counting);
	counting->units =
		counting->counters.per_task ? counting->tids.count : counting->cpus.count;
	counting->now = pmc_calloc(count, sizeof(*counting->now));
	counting->last = pmc_calloc(count, sizeof(*counting->last));
	counting->gains = pmc_calloc(counting->units * opts->events->count,
				     sizeof(*counting->gains));
	meet_threads(counting);
	waiting_begin(&counting->waiting, &counting->counters, &counting->command,
		      &counting->watch, opts->target.kind);
	if (!how.rings)
		return 0;
	round_init(&counting->round, &counting->counters, &counting->tracker, counting->start_ns,
		   PMC_SLICE_NS_DEFAULT);
	counting->has_round = true;
	counting->waiting.blind = true; /* ends of threads do not fill a ring */
	for (size_t i = 0; i < counting->tids.count; i++)
		thread_counts_watch(&counting->round.thread_counts,
				    (uint32_t)counting->tids.items[i]);
	return 0;
}

/* What went wrong with the records of this run. */
static void add_round_health(const struct pmc_counting *counting, uint64_t *health)
{
	static const enum pmc_health figures[] = { PMC_HEALTH_LOST_RECORDS, PMC_HEALTH_BAD_RECORDS,
						   PMC_HEALTH_LATE_SIDEBAND,
						   PMC_HEALTH_UNKNOWN_RECORDS };

	for (size_t i = 0; counting->has_round && i < PMC_COUNT(figures); i++)
		health[figures[i]] += counting->round.health[figures[i]];
}

static void close_run(struct pmc_counting *counting)
{
	command_fini(&counting->command);
	counting->command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
	if (counting->has_round) {
		add_round_health(counting, counting->health);
		round_fini(&counting->round);
	}
	counting->has_round = false;
	counters_close(&counting->counters);
	target_forget(&counting->watch);
	free(counting->now);
	free(counting->last);
	free(counting->gains);
	counting->now = counting->last = NULL;
	counting->gains = NULL;
}

struct pmc_counting *pmc_counting_open(const struct pmc_counting_opts *opts, struct pmc_err *err)
{
	struct pmc_counting *counting;
	struct timespec wall;

	if (check_opts(opts, err))
		return NULL;
	counting = pmc_calloc(1, sizeof(*counting));
	counting->opts = *opts;
	if (!opts->runs)
		counting->opts.runs = 1;
	counting->command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
	counting->ending = (struct ending){ .command = &counting->command,
					    .watch = &counting->watch,
					    .stop = opts->stop };
	counting->label = target_describe(&opts->target);
	catalog_init(&counting->catalog);
	tracker_init(&counting->tracker, &counting->catalog);
	counting->start_ns = ending_now_ns();
	counting->tracker.start_ns = counting->start_ns;
	clock_gettime(CLOCK_REALTIME, &wall);
	counting->started_at_ns = (int64_t)wall.tv_sec * 1000000000LL + wall.tv_nsec;
	if (open_run(counting, err)) {
		pmc_counting_free(counting);
		return NULL;
	}
	counting->event_rows = event_list_rows(opts->events);
	return counting;
}

void pmc_counting_info(const struct pmc_counting *counting, struct pmc_session_info *info)
{
	info->command = counting->label;
	info->started_at_ns = counting->started_at_ns;
	info->slice_ns = PMC_SLICE_NS_DEFAULT;
	info->callgraph = "none";
}

void pmc_counting_free(struct pmc_counting *counting)
{
	if (!counting)
		return;
	close_run(counting);
	tracker_fini(&counting->tracker);
	catalog_fini(&counting->catalog);
	pmc_array_free(&counting->tids);
	pmc_array_free(&counting->cpus);
	waiting_fini(&counting->waiting);
	pmc_array_free(&counting->rows);
	free(counting->event_rows);
	free(counting->label);
	free(counting);
}

/* ---- rows ---- */

static void keep_reading(void *ctx, const struct counter *counter,
			 const struct counter_reading *reading)
{
	struct pmc_counting *counting = ctx;

	counting->now[counter - counting->counters.open.items] = *reading;
}

static struct gain *gain_of(struct pmc_counting *counting, const struct counter *counter)
{
	const size_t unit = counting->counters.per_task ? counter->task :
							  cpu_index(counting, counter->cpu);

	return &counting->gains[unit * counting->opts.events->count + counter->event - 1];
}

static struct gain counter_gain(const struct pmc_counting *counting, size_t index)
{
	const struct counter_reading *now = &counting->now[index], *last = &counting->last[index];

	return (struct gain){ now->value - last->value, now->enabled_ns - last->enabled_ns,
			      now->running_ns - last->running_ns };
}

/*
 * Sums the counters' gains by unit and event. Spread over CPUs, times of one thread are read one
 * after the other: a thousandth of difference is no sharing of counters.
 */
static void sum_gains(struct pmc_counting *counting)
{
	const struct counters *counters = &counting->counters;
	const size_t count = counting->units * counting->opts.events->count;

	memset(counting->gains, 0, count * sizeof(*counting->gains));
	for (size_t i = 0; i < counters->open.count; i++) {
		const struct counter *counter = &counters->open.items[i];
		const struct gain gain = counter_gain(counting, i);
		struct gain *sum;

		if (!counter->event)
			continue;
		sum = gain_of(counting, counter);
		sum->counted += gain.counted;
		sum->enabled_ns += gain.enabled_ns;
		sum->running_ns += gain.running_ns;
	}
	for (size_t i = 0; i < count; i++) {
		struct gain *gain = &counting->gains[i];

		gain->enabled_ns =
			counters_enabled_ns(counters, i % counting->opts.events->count,
					    gain->enabled_ns, gain->running_ns);
		if (counters->cpus > 1 &&
		    gain->running_ns >= gain->enabled_ns - gain->enabled_ns / 1000)
			gain->enabled_ns = gain->running_ns;
	}
}

static struct pmc_count_row *add_row(struct pmc_counting *counting, size_t event, uint64_t end_ns)
{
	struct pmc_count_row *row = pmc_array_add(&counting->rows);

	*row = (struct pmc_count_row){ .event = (uint32_t)event + 1,
				       .run = counting->run,
				       .cpu = -1,
				       .start_ns = counting->rows_from_ns - counting->start_ns,
				       .end_ns = end_ns - counting->start_ns };
	return row;
}

static void add_gain(struct pmc_count_row *row, const struct gain *gain)
{
	row->counted += gain->counted;
	row->value += counters_scale(gain->counted, gain->enabled_ns, gain->running_ns);
	row->enabled_ns += gain->enabled_ns;
	row->running_ns += gain->running_ns;
}

static void make_whole_rows(struct pmc_counting *counting, uint64_t end_ns)
{
	const size_t events = counting->opts.events->count;

	for (size_t e = 0; e < events; e++) {
		struct pmc_count_row *row = add_row(counting, e, end_ns);

		for (size_t u = 0; u < counting->units; u++)
			add_gain(row, &counting->gains[u * events + e]);
	}
}

/* A thread's CPUs share its clock, so each of them is scaled as all of them together are. */
static void make_cpu_rows(struct pmc_counting *counting, uint64_t end_ns)
{
	const size_t events = counting->opts.events->count, first = counting->rows.count;

	for (size_t c = 0; c < counting->cpus.count; c++)
		for (size_t e = 0; e < events; e++)
			add_row(counting, e, end_ns)->cpu = counting->cpus.items[c];
	for (size_t i = 0; i < counting->counters.open.count; i++) {
		const struct counter *counter = &counting->counters.open.items[i];
		const struct gain gain = counter_gain(counting, i);
		const struct gain *unit;
		struct pmc_count_row *row;

		if (!counter->event)
			continue;
		unit = gain_of(counting, counter);
		row = &counting->rows.items[first + cpu_index(counting, counter->cpu) * events +
					    counter->event - 1];
		row->counted += gain.counted;
		row->value += counters_scale(gain.counted, unit->enabled_ns, unit->running_ns);
		row->running_ns += gain.running_ns;
		row->enabled_ns += counting->counters.per_task ?
					   counters_scale(gain.running_ns, unit->enabled_ns,
						 unit->running_ns) :
					   gain.enabled_ns;
	}
}

static uint32_t thread_row(struct pmc_counting *counting, pid_t tid)
{
	struct task *task = tracker_task(&counting->tracker, (uint32_t)tid, UINT64_MAX);

	if (!task)
		task = tracker_add_task(&counting->tracker, (uint32_t)tid, (uint32_t)tid, 0, NULL,
					0);
	return tracker_thread_row(&counting->tracker, task);
}

/*
 * Row of the thread whose counts are left when those that threads told are taken away. Where
 * several told nothing, as they still run, it is no one's: a row that is called so.
 */
static uint32_t rest_row(struct pmc_counting *counting, size_t unit)
{
	const uint32_t unit_row = thread_row(counting, counting->tids.items[unit]);
	const struct thread_life *rest;
	uint32_t silent;

	if (!counting->has_round)
		return unit_row;
	rest = thread_counts_rest(&counting->round.thread_counts, (uint32_t)unit, &silent);
	if (silent > 1)
		return catalog_thread(
			&counting->catalog,
			&(struct pmc_thread_row){
				.process = counting->catalog.threads.items[unit_row - 1].process,
				.comm = pmc_strings_intern(counting->catalog.strings,
							   "[still running]") });
	if (rest && rest->thread)
		return rest->thread;
	return rest ? thread_row(counting, (pid_t)rest->tid) : unit_row;
}

static uint64_t take_away(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

/*
 * A thread's part of its unit's gain. Records tell times up to when they were written, which is a
 * little late, so times are trusted only where the unit had to share its counters.
 */
static void add_part(struct pmc_count_row *row, const struct gain *part, const struct gain *unit)
{
	struct gain gain = *part;

	if (unit->running_ns == unit->enabled_ns)
		gain.enabled_ns = gain.running_ns;
	else if (gain.enabled_ns < gain.running_ns || !gain.running_ns)
		gain.enabled_ns = counters_scale(gain.running_ns, unit->enabled_ns,
						 unit->running_ns);
	add_gain(row, &gain);
}

/* What threads have told of is theirs, and not of the one that holds the unit's counters. */
static struct gain rest_of(struct pmc_counting *counting, size_t unit, size_t event)
{
	const struct thread_counts *ended = &counting->round.thread_counts;
	struct gain rest = counting->gains[unit * counting->opts.events->count + event];
	struct gain told = { 0 };

	if (!counting->has_round || !ended->told)
		return rest;
	for (size_t i = 0; i < counting->counters.open.count; i++) {
		const struct counter *counter = &counting->counters.open.items[i];

		if (counter->task != unit || counter->event != event + 1)
			continue;
		told.counted += ended->told[i].value;
		told.enabled_ns += ended->told[i].enabled_ns;
		told.running_ns += ended->told[i].running_ns;
	}
	told.enabled_ns =
		counters_enabled_ns(&counting->counters, event, told.enabled_ns, told.running_ns);
	return (struct gain){ take_away(rest.counted, told.counted),
			      take_away(rest.enabled_ns, told.enabled_ns),
			      take_away(rest.running_ns, told.running_ns) };
}

static void make_thread_rows(struct pmc_counting *counting, uint64_t end_ns)
{
	const size_t events = counting->opts.events->count;
	const struct thread_counts *ended = &counting->round.thread_counts;

	for (size_t u = 0; u < counting->units; u++) {
		const uint32_t thread = rest_row(counting, u);

		for (size_t e = 0; e < events; e++) {
			const struct gain rest = rest_of(counting, u, e);
			struct pmc_count_row *row = add_row(counting, e, end_ns);

			row->thread = thread;
			add_part(row, &rest, &counting->gains[u * events + e]);
		}
	}
	for (size_t i = 0; counting->has_round && i < ended->rows.count; i++) {
		const struct thread_count *count = &ended->rows.items[i];
		const struct counter_total *total = &count->total;
		struct pmc_count_row *row = add_row(counting, count->event - 1, end_ns);
		const struct gain gain = { total->value,
					   counters_enabled_ns(&counting->counters,
							       count->event - 1,
							       total->enabled_ns,
							       total->running_ns),
					   total->running_ns };

		row->thread = count->thread;
		add_part(row, &gain,
			 &counting->gains[count->unit * events + count->event - 1]);
	}
}

static void add_to_events(struct pmc_counting *counting)
{
	for (size_t i = 0; i < counting->rows.count; i++) {
		const struct pmc_count_row *row = &counting->rows.items[i];
		struct pmc_event_row *event = &counting->event_rows[row->event - 1];

		event->counted += row->counted;
		event->enabled_ns += row->enabled_ns;
		event->running_ns += row->running_ns;
	}
}

static void fill_health(const struct pmc_counting *counting, struct pmc_batch *batch)
{
	const struct pmc_stop *stop = counting->opts.stop;

	for (size_t i = 0; i < counting->opts.events->count; i++) {
		const struct pmc_event_row *event = &counting->event_rows[i];

		batch->health[PMC_HEALTH_MULTIPLEXED] += event->running_ns < event->enabled_ns;
		batch->health[PMC_HEALTH_FALLBACK] += event->fallback != NULL;
		batch->health[PMC_HEALTH_NOT_COUNTED] += event->enabled_ns && !event->running_ns;
	}
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->health[i] += counting->health[i];
	add_round_health(counting, batch->health);
	batch->health[PMC_HEALTH_INTERRUPTED] = stop && stop->signal;
}

/* Hands over the rows there are, and what they refer to. */
static int hand_over(struct pmc_counting *counting, const struct pmc_count_sink *sink,
		     uint64_t end_ns, struct pmc_err *err)
{
	struct pmc_batch batch = { .end_ns = end_ns - counting->start_ns,
				   .slice_ns = PMC_SLICE_NS_DEFAULT,
				   .events = counting->event_rows,
				   .events_count = counting->opts.events->count,
				   .events_first = 1 };
	int result;

	catalog_flush(&counting->catalog, &batch);
	batch.counts = counting->rows.items;
	batch.counts_count = counting->rows.count;
	fill_health(counting, &batch);
	result = sink->take(sink->ctx, &batch, err);
	catalog_release(&batch);
	counting->rows.count = 0;
	return result;
}

/*
 * At the end of a run: rows of pinned events that did not count say so by being enabled and never
 * running.
 */
static void mark_pinned(struct pmc_counting *counting, struct pmc_err *err)
{
	const bool ran = counting->command.pid != 0;
	struct counter_total *totals =
		pmc_calloc(counting->opts.events->count, sizeof(*totals));

	counters_read(&counting->counters, totals);
	if (!pmc_err_is_set(err))
		counters_check_pinned(&counting->counters, totals, ran, err);
	for (size_t i = 0; i < counting->rows.count; i++) {
		struct pmc_count_row *row = &counting->rows.items[i];

		if (!counters_lost_pinned(&counting->counters, totals, row->event - 1, ran))
			continue;
		row->counted = row->value = row->running_ns = 0;
		row->enabled_ns = row->end_ns - row->start_ns;
	}
	free(totals);
}

/* Reads the counters and hands over what they gained since the last time; last: of a run. */
static int tell_gains(struct pmc_counting *counting, const struct pmc_count_sink *sink,
		      struct pmc_counting_result *last, struct pmc_err *err)
{
	const uint64_t end_ns = ending_now_ns();

	counters_read_each(&counting->counters, keep_reading, counting);
	sum_gains(counting);
	if (counting->opts.part == PMC_COUNT_PER_THREAD)
		make_thread_rows(counting, end_ns);
	else if (counting->opts.part == PMC_COUNT_PER_CPU)
		make_cpu_rows(counting, end_ns);
	else
		make_whole_rows(counting, end_ns);
	memcpy(counting->last, counting->now,
	       counting->counters.open.count * sizeof(*counting->last));
	counting->rows_from_ns = end_ns;
	if (last)
		mark_pinned(counting, &last->pinned);
	add_to_events(counting);
	return hand_over(counting, sink, end_ns, err);
}

/* ---- running ---- */

static int count_until_over(struct pmc_counting *counting, const struct pmc_count_sink *sink,
			    struct pmc_err *err)
{
	const uint64_t interval = counting->opts.interval_ns;
	uint64_t next = interval ? counting->rows_from_ns + interval : UINT64_MAX;
	uint64_t alive_at = counting->rows_from_ns + ALIVE_NS;

	for (;;) {
		const uint64_t end_at = counting->ending.at_ns;
		uint64_t now;

		if (waiting_until(&counting->waiting, next < end_at ? next : end_at))
			return pmc_err_errno(err, errno, "cannot wait for the counted");
		now = ending_now_ns();
		if (ending_reached(&counting->ending, now))
			return 0;
		if (counting->has_round)
			round_run(&counting->round, now - ROUND_LAG_NS);
		if (now >= alive_at) {
			alive_at = now + ALIVE_NS;
			if (now < next && hand_over(counting, sink, now, err))
				return -1;
		}
		if (now < next)
			continue;
		if (tell_gains(counting, sink, NULL, err))
			return -1;
		/* Intervals keep their beat; those that a busy machine slept through are one. */
		next += (now - next) / interval * interval + interval;
	}
}

static int run_once(struct pmc_counting *counting, const struct pmc_count_sink *sink,
		    struct pmc_counting_result *result, struct pmc_err *err)
{
	const bool on_exec = counting->command.pid && !counting->opts.target.system_wide;
	int status = 0, failed;

	counting->rows_from_ns = ending_now_ns();
	ending_begin(&counting->ending, counting->opts.duration_ns);
	if (!on_exec)
		counters_enable(&counting->counters);
	if (counting->command.pid &&
	    command_release(&counting->command, counting->opts.target.argv[0], err))
		return -1;
	failed = count_until_over(counting, sink, err);
	counters_disable(&counting->counters);
	/* Threads tell what they have counted when they end. */
	if (counting->has_round)
		status = ending_wait_command(&counting->ending, &result->still_runs);
	if (!failed && counting->has_round)
		round_run(&counting->round, UINT64_MAX);
	if (!failed)
		failed = tell_gains(counting, sink, result, err);
	if (!counting->has_round)
		status = ending_wait_command(&counting->ending, &result->still_runs);
	if (!result->exit_status)
		result->exit_status = status;
	return failed;
}

int pmc_counting_run(struct pmc_counting *counting, const struct pmc_count_sink *sink,
		     struct pmc_counting_result *result, struct pmc_err *err)
{
	const struct pmc_stop *stop = counting->opts.stop;
	int failed = 0;

	*result = (struct pmc_counting_result){ 0 };
	for (uint32_t run = 1; run <= counting->opts.runs && !failed; run++) {
		counting->run = run;
		if (run > 1) {
			close_run(counting);
			failed = open_run(counting, err);
		}
		if (!failed)
			failed = run_once(counting, sink, result, err);
		if (failed)
			break;
		if (stop && stop->signal)
			break;
		result->runs++;
	}
	result->stopped_by = stop ? stop->signal : 0;
	result->duration_ns = ending_now_ns() - counting->start_ns;
	return failed;
}
