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
 *   end       stop counters, last round, last batch
 *
 * Signals: a command is given the signal that asked pmc to stop, and is recorded until it ends;
 * asking twice stops at once.
 */
#include "collector/collector.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "collector/command.h"
#include "collector/counters.h"
#include "collector/proc.h"
#include "collector/round.h"
#include "collector/tracker.h"

/*
 * A round counts up to this long before now. A record's time is taken a little before it is visible
 * in its ring; the gap is microseconds, unless a virtual CPU is taken away in between.
 */
static const uint64_t LIMIT_LAG_NS = 5000000;

static const uint64_t FLUSH_NS = 1000000000;
/* How often to look where nothing wakes us: the end of a thread, a ring whose first task is gone.
 */
static const int TICK_MS = 50;
/* Reading totals is a system call a counter: with very many, only at the end. */
enum { READ_EVERY_FLUSH_MAX = 256 };

struct outgoing {
	struct pmc_batch batch; /* first: pmc_batch_done() gets its address */
	size_t costs_cap;
	atomic_bool out; /* the sink has it */
};

struct watched {
	pid_t id;
	int pidfd;
};

struct pmc_collector {
	struct pmc_collector_opts opts;
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct round round;
	struct command command;
	PMC_ARRAY(struct watched) watched; /* -p, -t: whose end ends the recording */
	PMC_ARRAY(struct pollfd) polls;
	struct counter_total *totals;
	struct pmc_event_row *event_rows;
	struct outgoing outgoing;
	char *label; /* what is watched, for the session */
	uint64_t start_ns;
	int64_t started_at_ns;
	bool has_round;
	bool blind; /* a ring no longer wakes us: its first task is gone */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* ---- targets ---- */

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

static int no_such(const char *what, pid_t id, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_NOT_FOUND, "there is no %s %d", what, (int)id);
	return pmc_err_hint(err, "it may have ended; `ps -e` lists what runs");
}

typedef PMC_ARRAY(pid_t) pid_array;

/* The threads to open counters for. */
static int find_tids(struct pmc_collector *collector, pid_array *tids, struct pmc_err *err)
{
	const struct pmc_target *target = &collector->opts.target;

	for (size_t i = 0; i < target->ids_count; i++) {
		const pid_t id = target->ids[i];
		PMC_FREE pid_t *threads = NULL;
		size_t count = 1;

		if (target->kind == PMC_TARGET_PIDS) {
			count = proc_threads(id, &threads);
			if (!count || proc_of_thread(id) != id)
				return no_such("process", id, err);
		} else if (proc_of_thread(id) < 0) {
			return no_such("thread", id, err);
		}
		for (size_t t = 0; t < count; t++)
			*pmc_array_add(tids) = threads ? threads[t] : id;
		*pmc_array_add(&collector->watched) = (struct watched){
			.id = id, .pidfd = target->kind == PMC_TARGET_PIDS ? open_pidfd(id) : -1
		};
	}
	return 0;
}

/* Opens the counters of a process; threads that end while this goes on are left out. */
static int open_existing(struct pmc_collector *collector, struct pmc_err *err)
{
	for (int attempt = 0;; attempt++) {
		pid_array tids = { 0 };
		struct pmc_err failed = { 0 };
		int result = find_tids(collector, &tids, err);

		if (!result)
			result = counters_open(&collector->counters, &collector->opts, tids.items,
					       tids.count, false, &failed);
		pmc_array_free(&tids);
		if (!result || pmc_err_is_set(err))
			return result;
		/* A thread may have ended between the list and its counter: list again. */
		if (failed.kind != PMC_ERR_NOT_FOUND || attempt == 9) {
			*err = failed;
			return -1;
		}
		for (size_t i = 0; i < collector->watched.count; i++)
			if (collector->watched.items[i].pidfd >= 0)
				close(collector->watched.items[i].pidfd);
		collector->watched.count = 0;
	}
}

static char *describe_ids(const char *option, const struct pmc_target *target)
{
	char *text = pmc_strdup(option);

	for (size_t i = 0; i < target->ids_count; i++) {
		char *longer = pmc_sprintf("%s%s%d", text, i ? "," : " ", (int)target->ids[i]);

		free(text);
		text = longer;
	}
	return text;
}

static int open_target(struct pmc_collector *collector, struct pmc_err *err)
{
	const struct pmc_target *target = &collector->opts.target;
	const pid_t all = -1;

	switch (target->kind) {
	case PMC_TARGET_COMMAND:
		collector->label = command_quote(target->argv);
		if (command_prepare(&collector->command, target->argv, err))
			return -1;
		if (!target->system_wide)
			return counters_open(&collector->counters, &collector->opts,
					     &collector->command.pid, 1, true, err);
		break;
	case PMC_TARGET_PIDS:
	case PMC_TARGET_TIDS:
		collector->label =
			describe_ids(target->kind == PMC_TARGET_PIDS ? "-p" : "-t", target);
		return open_existing(collector, err);
	case PMC_TARGET_CPUS:
		collector->label = pmc_strdup(target->cpus ? "some CPUs (-C)" : "all CPUs (-a)");
		break;
	}
	return counters_open(&collector->counters, &collector->opts, &all, 1, false, err);
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

static void prepare_event_rows(struct pmc_collector *collector)
{
	const struct pmc_event_list *events = collector->opts.events;

	collector->totals = pmc_calloc(events->count, sizeof(*collector->totals));
	collector->event_rows = pmc_calloc(events->count, sizeof(*collector->event_rows));
	for (size_t i = 0; i < events->count; i++) {
		const struct pmc_event *event = &events->events[i];

		collector->event_rows[i] =
			(struct pmc_event_row){ .name = event->name,
						.requested = event->requested,
						.unit = event->unit,
						.mode = event->sampling.mode,
						.period_or_hz = event->sampling.period_or_hz,
						.fallback = event->fallback };
	}
}

static void prepare_polls(struct pmc_collector *collector)
{
	for (size_t i = 0; i < collector->counters.rings_count; i++)
		*pmc_array_add(&collector->polls) =
			(struct pollfd){ .fd = collector->counters.rings[i].fd, .events = POLLIN };
	if (collector->command.pidfd >= 0)
		*pmc_array_add(&collector->polls) =
			(struct pollfd){ .fd = collector->command.pidfd, .events = POLLIN };
	for (size_t i = 0; i < collector->watched.count; i++)
		if (collector->watched.items[i].pidfd >= 0)
			*pmc_array_add(&collector->polls) =
				(struct pollfd){ .fd = collector->watched.items[i].pidfd,
						 .events = POLLIN };
}

struct pmc_collector *pmc_collector_open(const struct pmc_collector_opts *opts, struct pmc_err *err)
{
	struct pmc_collector *collector = pmc_calloc(1, sizeof(*collector));

	collector->opts = *opts;
	if (!opts->slice_ns)
		collector->opts.slice_ns = PMC_SLICE_NS_DEFAULT;
	if (!opts->flush_ns)
		collector->opts.flush_ns = FLUSH_NS;
	collector->command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
	catalog_init(&collector->catalog);
	tracker_init(&collector->tracker, &collector->catalog);
	if (open_target(collector, err)) {
		pmc_collector_free(collector);
		return NULL;
	}
	scan_existing(collector);
	collector->start_ns = now_ns(CLOCK_MONOTONIC);
	collector->started_at_ns = (int64_t)now_ns(CLOCK_REALTIME);
	collector->tracker.start_ns = collector->start_ns;
	round_init(&collector->round, &collector->counters, &collector->tracker,
		   collector->start_ns, collector->opts.slice_ns);
	collector->has_round = true;
	prepare_event_rows(collector);
	prepare_polls(collector);
	return collector;
}

void pmc_collector_info(const struct pmc_collector *collector, struct pmc_session_info *info)
{
	info->command = collector->label;
	info->started_at_ns = collector->started_at_ns;
	info->slice_ns = collector->opts.slice_ns;
	info->callgraph = collector->opts.callgraph == PMC_CALLGRAPH_FP ? "fp" : "none";
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
	for (size_t i = 0; i < collector->watched.count; i++)
		if (collector->watched.items[i].pidfd >= 0)
			close(collector->watched.items[i].pidfd);
	pmc_array_free(&collector->watched);
	pmc_array_free(&collector->polls);
	catalog_release(&collector->outgoing.batch);
	free(collector->outgoing.batch.costs);
	free(collector->outgoing.batch.losses);
	free(collector->totals);
	free(collector->event_rows);
	free(collector->label);
	free(collector);
}

/* ---- batches ---- */

void pmc_batch_done(struct pmc_batch *batch)
{
	struct outgoing *outgoing = (struct outgoing *)(void *)batch;

	atomic_store_explicit(&outgoing->out, false, memory_order_release);
}

static bool batch_is_out(struct pmc_collector *collector)
{
	return atomic_load_explicit(&collector->outgoing.out, memory_order_acquire);
}

static void fill_events(struct pmc_collector *collector, bool last)
{
	const size_t count = collector->opts.events->count;
	struct pmc_batch *batch = &collector->outgoing.batch;

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
		/* A thousandth is what reading counters one after the other may differ by. */
		batch->health[PMC_HEALTH_MULTIPLEXED] +=
			total->running_ns < total->enabled_ns - total->enabled_ns / 1000;
		batch->health[PMC_HEALTH_FALLBACK] += row->fallback != NULL;
	}
	batch->events = collector->event_rows;
	batch->events_count = count;
	batch->events_first = 1;
}

static int hand_over(struct pmc_collector *collector, const struct pmc_sink *sink, uint64_t end_ns,
		     bool last, struct pmc_err *err)
{
	struct outgoing *outgoing = &collector->outgoing;
	struct pmc_batch *batch = &outgoing->batch;
	struct round *round = &collector->round;
	struct pmc_cost_row *const costs = batch->costs;
	int result;

	free(batch->losses);
	memset(batch, 0, sizeof(*batch));
	batch->costs = costs; /* its room is used again */
	catalog_flush(&collector->catalog, batch);
	for (size_t i = 0; i < collector->counters.rings_count; i++)
		costs_flush(&round->rings[i].costs, &batch->costs, &batch->costs_count,
			    &outgoing->costs_cap);
	batch->losses = round->losses.items;
	batch->losses_count = round->losses.count;
	memset(&round->losses, 0, sizeof(round->losses));
	memcpy(batch->health, round->health, sizeof(batch->health));
	batch->end_ns = end_ns - collector->start_ns;
	batch->slice_ns = collector->opts.slice_ns;
	batch->samples = round->samples;
	fill_events(collector, last);
	atomic_store_explicit(&outgoing->out, true, memory_order_release);
	result = sink->take(sink->ctx, batch, last, err);
	if (result)
		atomic_store_explicit(&outgoing->out, false, memory_order_release);
	return result;
}

/* The rows of a batch that came back are freed before the next is filled. */
static void take_back(struct pmc_collector *collector)
{
	catalog_release(&collector->outgoing.batch);
}

/* ---- running ---- */

static bool target_ended(struct pmc_collector *collector)
{
	bool any = false;

	if (collector->command.pid)
		return command_ended(&collector->command);
	for (size_t i = 0; i < collector->watched.count; i++) {
		struct pollfd poll_end = { .fd = collector->watched.items[i].pidfd,
					   .events = POLLIN };
		char path[64];

		if (poll_end.fd >= 0) {
			any |= poll(&poll_end, 1, 0) == 0;
		} else {
			snprintf(path, sizeof(path), "/proc/%d",
				 (int)collector->watched.items[i].id);
			any |= access(path, F_OK) == 0;
		}
	}
	return collector->watched.count && !any;
}

/* Was it asked to stop, and is there nothing more to wait for? Passes a first signal on to a
 * command. */
static bool asked_to_stop(struct pmc_collector *collector, bool *passed)
{
	const struct pmc_stop *stop = collector->opts.stop;

	if (!stop || !stop->signal)
		return false;
	if (!collector->command.pid || stop->times > 1)
		return true;
	if (!*passed && !stop->from_terminal)
		kill(collector->command.pid, stop->signal);
	*passed = true;
	return false;
}

static int wait_for_work(struct pmc_collector *collector, uint64_t until_ns)
{
	const uint64_t now = now_ns(CLOCK_MONOTONIC);
	uint64_t wait_ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;
	const bool unseen = (collector->command.pid && collector->command.pidfd < 0) ||
			    collector->opts.target.kind == PMC_TARGET_TIDS || collector->blind;

	if (unseen && wait_ms > (uint64_t)TICK_MS)
		wait_ms = (uint64_t)TICK_MS;
	if (poll(collector->polls.items, collector->polls.count, (int)wait_ms) < 0 &&
	    errno != EINTR)
		return -1;
	/* A ring whose tasks are all gone hangs up for good: stop asking it. */
	for (size_t i = 0; i < collector->counters.rings_count; i++)
		if (collector->polls.items[i].revents & (POLLHUP | POLLERR)) {
			collector->polls.items[i].fd = -1;
			collector->blind = true;
		}
	return 0;
}

struct run_state {
	uint64_t flush_at, end_at;
	bool passed; /* the command was given the signal that we got */
};

/* Is it over? Decided once a wake-up, after the clock was read. */
static bool is_over(struct pmc_collector *collector, struct run_state *state, uint64_t now)
{
	return target_ended(collector) || asked_to_stop(collector, &state->passed) ||
	       now >= state->end_at;
}

static int record_until_over(struct pmc_collector *collector, const struct pmc_sink *sink,
			     struct run_state *state, struct pmc_err *err)
{
	for (bool over = false; !over;) {
		uint64_t now,
			until = state->flush_at < state->end_at ? state->flush_at : state->end_at;

		if (wait_for_work(collector, until))
			return pmc_err_errno(err, errno, "cannot wait for the counters");
		now = now_ns(CLOCK_MONOTONIC);
		over = is_over(collector, state, now);
		round_run(&collector->round, now - LIMIT_LAG_NS);
		if (now < state->flush_at)
			continue;
		state->flush_at = now + collector->opts.flush_ns;
		if (batch_is_out(collector))
			continue; /* the disk is slow: the tables go on growing */
		take_back(collector);
		if (hand_over(collector, sink, now, false, err))
			return -1;
	}
	return 0;
}

/* Waits for the sink to give the last batch back: it holds rows that the next one needs. */
static void wait_for_batch(struct pmc_collector *collector)
{
	while (batch_is_out(collector))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	take_back(collector);
}

/* Waits for the command, unless one more signal comes. */
static void wait_for_command(struct pmc_collector *collector)
{
	const struct pmc_stop *stop = collector->opts.stop;
	const int times = stop ? stop->times : 0;

	while (collector->command.pid && !command_ended(&collector->command) &&
	       (!stop || stop->times == times))
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

static int finish(struct pmc_collector *collector, const struct pmc_sink *sink,
		  struct pmc_collector_result *result, struct pmc_err *err)
{
	const struct pmc_stop *stop = collector->opts.stop;
	struct command *command = &collector->command;
	bool still_runs;
	uint64_t end;

	counters_disable(&collector->counters);
	end = now_ns(CLOCK_MONOTONIC);
	still_runs = command->pid && !command_ended(command);
	round_run(&collector->round, UINT64_MAX);
	wait_for_batch(collector);
	*result = (struct pmc_collector_result){
		.duration_ns = end - collector->start_ns,
		.samples = collector->round.samples,
		.stopped_by = stop ? stop->signal : 0,
	};
	collector->round.health[PMC_HEALTH_INTERRUPTED] = result->stopped_by != 0;
	if (hand_over(collector, sink, end, true, err))
		return -1;
	memcpy(result->health, collector->outgoing.batch.health, sizeof(result->health));
	wait_for_batch(collector);
	if (!still_runs) {
		result->exit_status = command_exit_status(command);
	} else if (!result->stopped_by) { /* the duration is over: the command's time is too */
		kill(command->pid, SIGTERM);
		wait_for_command(collector);
	}
	return 0;
}

int pmc_collector_run(struct pmc_collector *collector, const struct pmc_sink *sink,
		      struct pmc_collector_result *result, struct pmc_err *err)
{
	struct run_state state = { .flush_at = collector->start_ns + collector->opts.flush_ns,
				   .end_at = UINT64_MAX };

	if (collector->opts.duration_ns)
		state.end_at = collector->start_ns + collector->opts.duration_ns;
	if (!collector->command.pid || collector->opts.target.system_wide)
		counters_enable(&collector->counters);
	if (collector->command.pid &&
	    command_release(&collector->command, collector->opts.target.argv[0], err))
		return -1;
	if (record_until_over(collector, sink, &state, err)) {
		counters_disable(&collector->counters);
		wait_for_batch(collector);
		wait_for_command(collector);
		return -1;
	}
	return finish(collector, sink, result, err);
}
