/*
 * round.c - see round.h for the four steps.
 */
#include "collector/round.h"

#include <string.h>

#include "collector/abi.h"
#include "collector/proc.h"

/* Events of one CPU that are held back at once: more than any machine has counters. */
enum { THROTTLES_MAX = 64 };

void round_init(struct round *round, struct counters *counters, struct tracker *tracker,
		uint64_t start_ns, uint64_t slice_ns)
{
	memset(round, 0, sizeof(*round));
	round->counters = counters;
	round->catalog = tracker->catalog;
	round->tracker = tracker;
	round->start_ns = start_ns;
	round->slice_ns = slice_ns;
	round->rings = pmc_calloc(counters->rings_count, sizeof(*round->rings));
	round->sums = pmc_calloc(counters->events->count, sizeof(*round->sums));
	chain_init(&round->chain, counters->callgraph, counters->chain_max, counters->unwind,
		   tracker, round->health);
}

void round_fini(struct round *round)
{
	for (size_t i = 0; round->rings && i < round->counters->rings_count; i++) {
		costs_fini(&round->rings[i].costs);
		pmc_array_free(&round->rings[i].throttles);
	}
	free(round->rings);
	free(round->sums);
	readings_fini(&round->readings);
	branches_fini(&round->branches);
	thread_counts_fini(&round->thread_counts);
	chain_fini(&round->chain);
	deferred_fini(&round->deferred);
	pmc_array_free(&round->losses);
	pmc_index_fini(&round->loss_index);
	pmc_array_free(&round->sideband);
	memset(round, 0, sizeof(*round));
}

static uint32_t slice_of(const struct round *round, uint64_t time)
{
	return time > round->start_ns ? (uint32_t)((time - round->start_ns) / round->slice_ns) : 0;
}

/* ---- 1: drain ---- */

static void drain(struct round *round, uint32_t index, uint64_t limit_ns)
{
	struct ring *ring = &round->counters->rings[index];
	const struct counters *counters = round->counters;
	const uint8_t *record;
	size_t at, size;
	int bad = 0;

	ring_drain(ring);
	for (at = ring->begin; (record = ring_peek(ring, at, &size, &bad)); at += size) {
		const bool is_sample = record_type(record) == ABI_RECORD_SAMPLE;
		uint64_t time;

		/* What a file's ring holds is all of this round. */
		if (is_sample && !ring->page)
			continue;
		time = record_time(record, is_sample ? counters_layout(counters, 0) :
						       counters_record_layout(counters, record));
		if (time > limit_ns && ring->page)
			break;
		if (!is_sample)
			*pmc_array_add(&round->sideband) =
				(struct sideband){ .time = time, .record = record, .ring = index };
	}
	round->health[PMC_HEALTH_BAD_RECORDS] += (uint64_t)bad;
	round->rings[index].stop = at;
}

/* ---- 2: side-band ---- */

static int compare_sideband(const void *a, const void *b)
{
	const struct sideband *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	/* Records of one ring lie in one backlog, in the order they were written. */
	return (x->record > y->record) - (x->record < y->record);
}

/* Losses of one cause, CPU and slice are one row: a ring that stays full tells many. */
static void add_loss(struct round *round, enum pmc_health cause, uint32_t cpu, uint64_t time,
		     uint64_t count)
{
	const uint32_t slice = slice_of(round, time);
	const uint64_t hash = pmc_hash_2((uint64_t)cause << 32 | cpu, slice);
	uint32_t found, step = 0;

	bounds_add(&round->health[cause], count);
	while ((found = pmc_index_next(&round->loss_index, hash, &step)) != UINT32_MAX) {
		struct pmc_loss_row *row = &round->losses.items[found];

		if (row->slice == slice && row->cause == cause && row->cpu == cpu) {
			bounds_add(&row->count, count);
			return;
		}
	}
	*pmc_array_add(&round->losses) = (struct pmc_loss_row){ cause, cpu, slice, count };
	pmc_index_add(&round->loss_index, hash, (uint32_t)round->losses.count - 1);
}

static void apply_lost(struct round *round, const struct record *record, uint32_t cpu,
		       uint64_t time)
{
	if (record->lost.lost > PERIOD_MAX)
		round->health[PMC_HEALTH_BAD_RECORDS]++;
	else
		add_loss(round,
			 record->type == ABI_RECORD_LOST ? PMC_HEALTH_LOST_RECORDS :
							   PMC_HEALTH_LOST_SAMPLES,
			 cpu, time, record->lost.lost);
}

static struct throttle *find_throttle(struct ring_state *state, uint64_t stream_id)
{
	for (size_t i = 0; i < state->throttles.count; i++)
		if (state->throttles.items[i].stream_id == stream_id)
			return &state->throttles.items[i];
	return NULL;
}

/* The end of a throttle may never come: its task ends, or the record is lost. */
static void begin_throttle(struct round *round, uint32_t ring, const struct record *record)
{
	struct ring_state *state = &round->rings[ring];
	const uint32_t event = counters_event(round->counters, record->throttle.id);
	struct throttle *throttle = find_throttle(state, record->throttle.stream_id);

	round->health[PMC_HEALTH_THROTTLED]++;
	if (event)
		round->sums[event - 1].throttles++;
	if (!throttle)
		throttle =
			state->throttles.count < THROTTLES_MAX
				? pmc_array_add(&state->throttles)
				: &state->throttles.items[state->next_throttle++ % THROTTLES_MAX];
	*throttle = (struct throttle){ .stream_id = record->throttle.stream_id,
				       .since_ns = record->throttle.time,
				       .event = event,
				       .tid = record->ident.tid };
}

/* Takes it out of the list: the last one has its place afterwards. */
static void end_throttle(struct round *round, struct ring_state *state, struct throttle *throttle,
			 uint64_t time)
{
	const uint64_t held_ns = time > throttle->since_ns ? time - throttle->since_ns : 0;

	bounds_add(&round->health[PMC_HEALTH_THROTTLED_NS], held_ns);
	if (throttle->event)
		bounds_add(&round->sums[throttle->event - 1].throttled_ns, held_ns);
	*throttle = state->throttles.items[--state->throttles.count];
}

static void apply_unthrottle(struct round *round, uint32_t ring,
			     const struct record_throttle *record)
{
	struct ring_state *state = &round->rings[ring];
	struct throttle *throttle = find_throttle(state, record->stream_id);

	if (throttle)
		end_throttle(round, state, throttle, record->time);
}

/* Nobody tells the end of what was held back in a thread that is gone. */
static void end_throttles_of(struct round *round, uint32_t tid, uint64_t time)
{
	if (!round->counters->per_task)
		return;
	for (size_t i = 0; i < round->counters->rings_count; i++) {
		struct ring_state *state = &round->rings[i];

		for (size_t k = state->throttles.count; k-- > 0;)
			if (state->throttles.items[k].tid == tid)
				end_throttle(round, state, &state->throttles.items[k], time);
	}
}

void round_end_throttles(struct round *round, uint64_t now_ns)
{
	for (size_t i = 0; i < round->counters->rings_count; i++)
		while (round->rings[i].throttles.count)
			end_throttle(round, &round->rings[i], &round->rings[i].throttles.items[0],
				     now_ns);
}

/* Whether or not it tells what it counted: it may hold what is left. */
static void end_counted_thread(struct round *round, uint32_t tid, uint64_t time)
{
	struct task *task = tracker_task(round->tracker, tid, time);

	if (task)
		thread_counts_exit(&round->thread_counts, tid,
				   tracker_thread_row(round->tracker, task));
}

/*
 * The counter of a READ record: that of the event which the record belongs to. A group tells all of
 * its counters with each of its events. False: none of ours, or no number that can be.
 */
static bool find_reading(const struct round *round, const struct layout *layout,
			 const struct record *record, uint32_t *counter, struct read_value *read)
{
	const uint64_t id = record->ident.id;

	for (uint64_t i = 0; i < record->read.read_nr; i++) {
		*read = record_read_value(layout, record->read.read, i);
		if (!(layout->read_format & PERF_FORMAT_ID))
			read->id = id;
		if (record->read.read_nr > 1 && read->id != id)
			continue;
		*counter = counters_find(round->counters, read->id);
		return *counter != UINT32_MAX && round->counters->open.items[*counter].event;
	}
	return false;
}

/* What a thread had counted when it ended. */
static void apply_read(struct round *round, const struct layout *layout,
		       const struct record *record)
{
	struct task *task = tracker_task(round->tracker, record->read.tid, UINT64_MAX);
	struct read_value read;
	uint32_t counter;

	if (!find_reading(round, layout, record, &counter, &read))
		return;
	if (read.value > COUNTER_MAX || read.enabled_ns > COUNTER_MAX ||
	    read.running_ns > COUNTER_MAX) {
		round->health[PMC_HEALTH_BAD_RECORDS]++;
		return;
	}
	if (!task)
		task = tracker_add_task(round->tracker, record->read.pid, record->read.tid, 0, NULL,
					0);
	thread_counts_add(&round->thread_counts, round->counters, counter, record->read.tid,
			  tracker_thread_row(round->tracker, task),
			  &(struct counter_reading){ .value = read.value,
						     .enabled_ns = read.enabled_ns,
						     .running_ns = read.running_ns,
						     .lost = read.lost });
}

static void apply_map(struct tracker *tracker, const struct record_mmap *mmap, uint64_t time)
{
	const struct tracker_map map = { .pid = mmap->pid,
					 .start = mmap->start,
					 .len = mmap->len,
					 .pgoff = mmap->pgoff,
					 .path = mmap->path,
					 .build_id = mmap->build_id,
					 .build_id_len = mmap->build_id_len };

	/* Files tell the kernel's own code like that; live it is read from /proc. */
	if (mmap->pid != UINT32_MAX)
		tracker_map(tracker, &map, time);
	else if (tracker->is_foreign)
		tracker_kernel_map(tracker, &map, time);
}

/* The user's callers of samples that were taken before. */
static void apply_deferred(struct round *round, const struct record *record, uint64_t time)
{
	const struct deferred_key key = { record->deferred.cookie, record->ident.tid };
	const struct task *task = tracker_task(round->tracker, key.tid, time);
	const uint32_t most = round->chain.max;

	if (!task)
		task = tracker_add_task(round->tracker, record->ident.pid, key.tid, 0, NULL, 0);
	deferred_add_chain(&round->deferred, &key,
			   chain_resolve_deferred(&round->chain, task, &record->deferred, time,
						  deferred_callers(&round->deferred, most), most));
}

static void apply_sideband(struct round *round, const struct sideband *item)
{
	struct tracker *tracker = round->tracker;
	const struct layout *layout = counters_record_layout(round->counters, item->record);
	struct record record;
	const enum decode_result result = record_decode(item->record, layout, &record);
	uint32_t cpu;

	if (result == DECODE_BAD) {
		round->health[PMC_HEALTH_BAD_RECORDS]++;
		return;
	}
	cpu = layout->sample_type & PERF_SAMPLE_CPU ? record.ident.cpu :
						      round->counters->rings[item->ring].cpu;
	switch (record.type) {
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
		apply_map(tracker, &record.mmap, item->time);
		break;
	case ABI_RECORD_COMM:
		tracker_comm(tracker, record.comm.pid, record.comm.tid, record.comm.comm,
			     record.comm.exec, item->time);
		break;
	case ABI_RECORD_FORK:
		tracker_fork(tracker, record.task.pid, record.task.ppid, record.task.tid,
			     record.task.ptid, item->time);
		if (round->counters->per_thread)
			thread_counts_fork(&round->thread_counts, record.task.tid,
					   record.task.ptid);
		break;
	case ABI_RECORD_EXIT:
		if (round->counters->per_thread)
			end_counted_thread(round, record.task.tid, item->time);
		tracker_exit(tracker, record.task.tid, item->time);
		end_throttles_of(round, record.task.tid, item->time);
		readings_end(&round->readings, record.task.tid);
		deferred_end(&round->deferred, record.task.tid);
		break;
	case ABI_RECORD_KSYMBOL:
		tracker_ksymbol(tracker, record.ksymbol.name, record.ksymbol.addr,
				record.ksymbol.len, record.ksymbol.unregister, item->time);
		break;
	case ABI_RECORD_LOST:
	case ABI_RECORD_LOST_SAMPLES:
		apply_lost(round, &record, cpu, item->time);
		return;
	case ABI_RECORD_THROTTLE:
		begin_throttle(round, item->ring, &record);
		return;
	case ABI_RECORD_UNTHROTTLE:
		apply_unthrottle(round, item->ring, &record.throttle);
		return;
	case ABI_RECORD_READ:
		apply_read(round, layout, &record);
		return;
	case ABI_RECORD_CALLCHAIN_DEFERRED:
		apply_deferred(round, &record, item->time);
		return;
	default:
		round->health[PMC_HEALTH_UNKNOWN_RECORDS] +=
			!record.type || record.type >= ABI_RECORD_MAX;
		return;
	}
	/* In files what was there before has the time 0. */
	round->health[PMC_HEALTH_LATE_SIDEBAND] += item->time && item->time < round->limit_ns;
}

/* ---- 3: samples ---- */

/*
 * A task that no record told of: its name may still be in /proc. Once per task. One that has lost
 * its tid on its way out is no trouble where its process is known.
 */
static struct task *meet_task(struct round *round, const struct sample *sample)
{
	struct tracker *tracker = round->tracker;
	const uint32_t tid = tracker_tid(sample->pid, sample->tid);
	struct task *task;

	if (tid == sample->tid || !tracker_task(tracker, sample->pid, sample->time)) {
		round->health[PMC_HEALTH_UNKNOWN_TASK]++;
		if (sample->pid && sample->pid != UINT32_MAX && !tracker->is_foreign &&
		    proc_scan_process(tracker, (pid_t)sample->pid)) {
			task = tracker_task(tracker, tid, sample->time);
			if (task)
				return task;
		}
	}
	return tracker_meet_task(tracker, sample->pid, tid, sample->time);
}

static struct task *task_of(struct round *round, struct ring_state *state,
			    const struct sample *sample)
{
	const uint32_t tid = tracker_tid(sample->pid, sample->tid);
	struct task *task = state->task;

	if (task && task->tid == tid && sample->time >= task->from_ns &&
	    sample->time < task->end_ns)
		return task;
	task = tracker_task(round->tracker, tid, sample->time);
	if (!task)
		task = meet_task(round, sample);
	state->task = task;
	state->task_thread = tracker_thread_row(round->tracker, task);
	return task;
}

/* Values are at most PERIOD_MAX each; so many that their sum has no room are damage, too. */
static void count_cost(struct round *round, struct ring_state *state,
		       const struct pmc_cost_row *cost)
{
	struct event_sums *sums = &round->sums[cost->event - 1];

	if (cost->value > INT64_MAX - sums->value) {
		round->health[PMC_HEALTH_BAD_RECORDS]++;
		return;
	}
	costs_add(&state->costs, cost);
	sums->samples++;
	sums->value += cost->value;
}

/* Adds one event's part of a sample; what it hit is in `cost` already, or still to come. */
static void add_cost(struct round *round, struct ring_state *state, struct pmc_cost_row *cost,
		     uint32_t event, uint64_t value)
{
	cost->event = event;
	cost->value = value;
	if (round->chain.is_deferred)
		deferred_add_cost(&round->deferred, cost);
	else
		count_cost(round, state, cost);
}

/*
 * A sample of a {…}:S group: each counter's gain since the thread's (or the CPU's) last sample. Of
 * the leader too: its gain is exact where its period is what the sample was asked to come after.
 * False: it tells a gain that cannot be, which was left out.
 */
static bool add_gains(struct round *round, struct ring_state *state, struct pmc_cost_row *cost,
		      uint32_t leader, const struct sample *sample)
{
	const struct counters *counters = round->counters;
	const struct layout *layout = counters_layout(counters, leader);
	const uint32_t tid = counters->per_task ? sample->tid : 0;
	bool is_good = true;

	for (uint64_t i = 0; i < sample->read_nr; i++) {
		const struct read_value read = record_read_value(layout, sample->read, i);
		/* A single counter need not tell its id. */
		const bool tells = layout->read_format & PERF_FORMAT_ID;
		const uint32_t event = tells ? counters_event(counters, read.id) : leader;
		const uint64_t gain = readings_gain(&round->readings, tells ? read.id : leader, tid,
						    read.value);

		if (gain > PERIOD_MAX)
			is_good = false;
		else if (event && (gain || event == leader))
			add_cost(round, state, cost, event, gain);
	}
	return is_good;
}

/* Its user's callers are still to come. */
static void hold_sample(struct round *round, const struct ring_state *state,
			const struct sample *sample, uint32_t frames, bool kernel)
{
	deferred_hold(&round->deferred,
		      &(struct deferred_sample){
			      .key = { .cookie = round->chain.cookie, .tid = sample->tid },
			      .frames = frames,
			      .ring = (uint32_t)(state - round->rings),
			      .is_user = !kernel },
		      round->chain.frames);
}

/* They have come, or never will. */
static void count_held(void *ctx, const struct deferred_whole *whole)
{
	struct round *round = ctx;
	const uint32_t stack =
		catalog_stack_of(round->catalog, whole->frames + 1, whole->count - 1);

	for (size_t i = 0; i < whole->costs_count; i++) {
		whole->costs[i].stack = stack;
		whole->costs[i].location = whole->frames[0];
		count_cost(round, &round->rings[whole->ring], &whole->costs[i]);
	}
	round->health[PMC_HEALTH_STACK_MISSING] += whole->is_missing;
	round->samples++;
}

/* False: its bytes contradict themselves, at least in a part that was left out. */
static bool count_sample(struct round *round, struct ring_state *state, uint32_t event,
			 const struct record *record)
{
	const struct sample *sample = &record->sample;
	const bool kernel = (record->misc & ABI_MISC_CPUMODE_MASK) == ABI_MISC_KERNEL;
	const uint64_t period = counters_period(round->counters, event);
	struct pmc_cost_row cost = { .samples = 1 };
	const struct task *task;
	uint32_t count;

	if (sample->period > PERIOD_MAX || period > PERIOD_MAX)
		return false;
	task = task_of(round, state, sample);
	count = chain_resolve(&round->chain, counters_layout(round->counters, event), task, sample,
			      kernel);
	if (round->chain.is_deferred) {
		hold_sample(round, state, sample, count, kernel);
	} else {
		cost.stack = catalog_stack_of(round->catalog, round->chain.frames + 1, count - 1);
		cost.location = round->chain.frames[0];
		round->samples++;
	}
	cost.thread = state->task_thread;
	cost.slice = slice_of(round, sample->time);
	if (sample->branch_nr && round->counters->branches)
		branches_add(&round->branches, round->tracker, task, event, sample);
	if (sample->read_nr)
		return add_gains(round, state, &cost, event, sample);
	add_cost(round, state, &cost, event, period ? period : sample->period);
	return true;
}

static void note_bad(struct round *round, size_t at)
{
	round->health[PMC_HEALTH_BAD_RECORDS]++;
	if (round->first_bad.is_known)
		return;
	round->first_bad.is_known = true;
	round->first_bad.at = at;
}

static void count_samples(struct round *round, uint32_t index)
{
	struct ring *ring = &round->counters->rings[index];
	struct ring_state *state = &round->rings[index];
	const struct counters *counters = round->counters;
	struct record record;
	size_t size = 0;

	state->task = NULL; /* tasks may have gone since the last round */
	for (size_t at = ring->begin; at < state->stop; at += size) {
		const uint8_t *bytes = ring->backlog + at;
		uint32_t event;

		size = record_size(bytes, ring->end - at);
		if (record_type(bytes) != ABI_RECORD_SAMPLE)
			continue;
		event = counters_sample_event(counters, bytes);
		if (!event ||
		    record_decode(bytes, counters_layout(counters, event), &record) != DECODE_OK ||
		    !count_sample(round, state, event, &record))
			note_bad(round, at);
	}
	ring_consume(ring, state->stop);
}

void round_run(struct round *round, uint64_t limit_ns)
{
	const size_t rings = round->counters->rings_count;
	const uint64_t before_ns = round->limit_ns;

	round->sideband.count = 0;
	for (size_t i = 0; i < rings; i++)
		drain(round, (uint32_t)i, limit_ns);
	if (round->sideband.count > 1)
		qsort(round->sideband.items, round->sideband.count, sizeof(*round->sideband.items),
		      compare_sideband);
	for (size_t i = 0; i < round->sideband.count; i++)
		apply_sideband(round, &round->sideband.items[i]);
	for (size_t i = 0; i < rings; i++)
		count_samples(round, (uint32_t)i);
	deferred_settle(&round->deferred, limit_ns == UINT64_MAX, count_held, round);
	if (limit_ns != UINT64_MAX)
		round->limit_ns = limit_ns;
	readings_forget(&round->readings);
	/* What a file's pass holds may be a little older than the youngest of the pass before. */
	tracker_forget(round->tracker, round->tracker->is_foreign ? before_ns : round->limit_ns);
}
