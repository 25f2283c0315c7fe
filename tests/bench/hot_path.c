/*
 * hot_path.c - what a sample costs the reader: rounds over a ring in plain memory, and each part of
 * a round by itself, on samples that a busy machine could have.
 *
 *   pool of records ──a ring full──► ring ──► round_run()             whole
 *                         │
 *                         ├─► record_decode()                         decode
 *                         ├─► tracker_task(), tracker_location()      look-up
 *                         ├─► catalog_stack_of()                      stacks
 *                         ├─► costs_add()                             cost
 *                         └─► words added up (pass); memcpy (copy)    peers, to compare with
 *
 * A part does what round.c does there, with its inputs made ready before, on the same records and
 * tables, so that it is as warm as in a round. What the parts do not have of the whole is moving
 * records out of the ring and walking them, and the glue between.
 *
 * Counted are instructions of this thread (self_counter); without a PMU nanoseconds of its CPU
 * time. Of each thing the median over the rings full, less what counting itself costs.
 *
 * Prints "unit instructions|ns", "samples N", "keys N", "bytes N" of a sample, "system_calls N" of
 * the counter, and "part NAME VALUE" by the sample.
 *
 * usage: hot_path [SAMPLES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record_fixture.h"
#include "collector/collector.h"
#include "collector/round.h"

enum {
	SAMPLES = 200000,
	FRAMES = 10,
	PATHS = 300,		/* different call chains of a process */
	PROCESSES = 4,
	MODULES = 24,		/* mapped by each: a program and its libraries */
	RUN = 8,		/* samples of one process before another has the CPU */
	GAP_NS = 50000,		/* 20 kHz: 2000 samples a slice */
	SLICE_NS = 100000000,
	FLUSH_SAMPLES = 20000,	/* a second */
	RING_BYTES = PMC_RING_PAGES * 4096,
	ID_TRACKING = 100,
	ID_EVENT = 101,
	PID_FIRST = 0x7fffff00,	/* above any pid_max: never in /proc */
};
static const uint64_t PERIOD = 50000;
static const uint64_t MODULE_BYTES = 0x100000, MODULES_AT = 0x7f0000000000;

enum part { WHOLE, DECODE, LOOKUP, STACKS, COST, PASS, COPY, PARTS };
static const char *const part_names[PARTS] = { "whole", "decode", "look-up", "stacks", "cost",
					       "pass", "copy" };

struct bench {
	struct pmc_event event;
	struct pmc_event_list list;
	struct layout layouts[2];
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct round round;
	struct records pool;
	size_t samples;
	uint8_t *copy;			/* a ring full */
	struct record *decoded;		/* the same, decoded */
	struct pmc_cost_row *rows;	/* and what was counted of it */
	uint32_t *frames;		/* FRAMES + 1 locations of each: leaf and callers */
	struct pmc_self_counter counter;
	double overhead;		/* of one measurement */
	PMC_ARRAY(double) seen[PARTS];	/* a sample's cost in each ring full */
};

static struct bench bench;
static volatile uint64_t sink;

/* ---- counting ---- */

static uint64_t now(void)
{
	struct timespec ts;

	if (bench.counter.fd >= 0)
		return pmc_self_counter_read(&bench.counter);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void measure_overhead(void)
{
	double costs[101];

	for (size_t i = 0; i < PMC_COUNT(costs); i++) {
		const uint64_t before = now();

		costs[i] = (double)(now() - before);
	}
	bench.overhead = median(costs, PMC_COUNT(costs));
}

static void note(enum part part, uint64_t before, size_t samples)
{
	const double cost = (double)(now() - before) - bench.overhead;

	*pmc_array_add(&bench.seen[part]) = (cost > 0 ? cost : 0) / (double)samples;
}

/* ---- samples ---- */

static uint32_t draw(uint32_t below)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((seed >> 33) % below);
}

/* Address of one of the program's functions: those that are called from each other may lie in any
 * of its modules. */
static uint64_t function_at(uint64_t number)
{
	const uint64_t hash = pmc_hash_u64(number);

	return MODULES_AT + hash % MODULES * MODULE_BYTES + (hash >> 32) % (MODULE_BYTES / 16) * 16;
}

/*
 * One of PATHS ways through a program, some far more often than others. Ways share their outer
 * callers: frame k from outside is the same for all whose numbers agree but for their last bits.
 */
static void add_sample(uint32_t process, uint64_t time)
{
	const uint32_t path = draw(PATHS) * draw(PATHS) / PATHS;
	struct records *pool = &bench.pool;

	record_begin(pool, ABI_RECORD_SAMPLE, ABI_MISC_USER);
	record_u64(pool, ID_EVENT);
	record_u64(pool, function_at((uint64_t)path << 8));
	record_pair(pool, PID_FIRST + process, PID_FIRST + process);
	record_u64(pool, time);
	record_u64(pool, PERIOD);
	record_u64(pool, 1 + FRAMES + 1);
	record_u64(pool, ABI_CONTEXT_USER);
	for (uint32_t frame = 0; frame <= FRAMES; frame++)
		record_u64(pool, function_at((uint64_t)(path >> frame) << 8 | frame) +
					 (frame ? 5 : 0));
	record_end(pool);
}

static void make_pool(size_t samples)
{
	uint32_t process = 0;

	for (size_t i = 0; i < samples; i++) {
		if (i % RUN == 0)
			process = draw(PROCESSES);
		add_sample(process, (i + 1) * GAP_NS);
	}
	bench.samples = samples;
}

/* ---- the collector's tables, as they are once a recording is on its way ---- */

static void add_counter(uint64_t id, uint32_t event)
{
	*pmc_array_add(&bench.counters.open) =
		(struct counter){ .fd = -1, .event = event, .id = id };
	pmc_index_add(&bench.counters.ids, pmc_hash_u64(id),
		      (uint32_t)bench.counters.open.count - 1);
}

static void map_modules(uint32_t pid)
{
	char path[32];

	for (unsigned i = 0; i < MODULES; i++) {
		snprintf(path, sizeof(path), "/usr/lib/lib%u.so", i);
		tracker_map(&bench.tracker,
			    &(struct tracker_map){ .pid = pid,
						   .start = MODULES_AT + i * MODULE_BYTES,
						   .len = MODULE_BYTES,
						   .path = path },
			    0);
	}
}

static void make_tables(void)
{
	struct counters *counters = &bench.counters;

	bench.list = (struct pmc_event_list){ &bench.event, 1 };
	counters->events = &bench.list;
	counters->chain_max = 127;
	for (size_t i = 0; i < PMC_COUNT(bench.layouts); i++)
		bench.layouts[i] = (struct layout){
			.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				       PERF_SAMPLE_TIME | PERF_SAMPLE_PERIOD |
				       PERF_SAMPLE_CALLCHAIN,
			.sample_id_all = true };
	counters->layouts = bench.layouts;
	add_counter(ID_TRACKING, 0);
	add_counter(ID_EVENT, 1);
	counters->rings = pmc_calloc(1, sizeof(*counters->rings));
	counters->rings_count = 1;
	ring_fake(&counters->rings[0], 0, RING_BYTES);
	catalog_init(&bench.catalog);
	tracker_init(&bench.tracker, &bench.catalog);
	for (uint32_t i = 0; i < PROCESSES; i++) {
		tracker_add_task(&bench.tracker, PID_FIRST + i, PID_FIRST + i, 1, "bench", 0);
		map_modules(PID_FIRST + i);
	}
	round_init(&bench.round, counters, &bench.tracker, 0, SLICE_NS);
}

static void free_tables(void)
{
	round_fini(&bench.round);
	tracker_fini(&bench.tracker);
	catalog_fini(&bench.catalog);
	ring_unfake(&bench.counters.rings[0]);
	free(bench.counters.rings);
	pmc_array_free(&bench.counters.open);
	pmc_index_fini(&bench.counters.ids);
	records_fini(&bench.pool);
	free(bench.copy);
	free(bench.decoded);
	free(bench.rows);
	free(bench.frames);
	for (size_t i = 0; i < PARTS; i++)
		pmc_array_free(&bench.seen[i]);
}

/* ---- parts ---- */

/* What the kernel does, in two pieces where the ring ends. */
static void fill_ring(const uint8_t *bytes, size_t size)
{
	struct ring *ring = &bench.counters.rings[0];
	const uint64_t at = ring->page->data_head & (ring->size - 1);
	const size_t first = size < ring->size - at ? size : ring->size - at;

	memcpy(ring->data + at, bytes, first);
	memcpy(ring->data, bytes + first, size - first);
	ring->page->data_head += size;
}

static void decode_all(const uint8_t *bytes, size_t size)
{
	struct record record;
	uint64_t sum = 0;

	for (size_t at = 0, one; at < size; at += one) {
		const uint32_t event = counters_event(&bench.counters, record_id(bytes + at));

		one = record_size(bytes + at, size - at);
		if (record_decode(bytes + at, counters_layout(&bench.counters, event), &record))
			abort();
		sum += record.sample.ip;
	}
	sink = sum;
}

static void look_up_all(size_t samples)
{
	uint32_t *frame = bench.frames;
	struct task *task = NULL;

	for (size_t i = 0; i < samples; i++) {
		const struct sample *sample = &bench.decoded[i].sample;

		if (!task || task->tid != sample->tid) {
			task = tracker_task(&bench.tracker, sample->tid, sample->time);
			sink = tracker_thread_row(&bench.tracker, task);
		}
		*frame++ = tracker_location(&bench.tracker, task, false, sample->ip, sample->time,
					    false);
		for (uint64_t k = 2; k < sample->chain_nr; k++)
			*frame++ = tracker_location(&bench.tracker, task, false, sample->chain[k],
						    sample->time, true);
	}
}

static void intern_all(size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		const uint32_t *frames = &bench.frames[i * (FRAMES + 1)];

		bench.rows[i].stack = catalog_stack_of(&bench.catalog, frames + 1, FRAMES);
	}
}

static void add_all(struct costs *costs, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		costs_add(costs, &bench.rows[i]);
}

/* Each word once, in an order that no compiler changes: the least that reading a record takes. */
static void pass_over(const uint8_t *bytes, size_t size)
{
	const uint64_t *words = (const uint64_t *)(const void *)bytes;
	uint64_t sum = 0;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		sum = (sum << 1 | sum >> 63) ^ words[i];
	sink = sum;
}

/* ---- all of it ---- */

/* Inputs of the parts, from records whose costs are in the tables already. */
static void prepare(const uint8_t *bytes, size_t size, size_t samples)
{
	size_t at = 0;

	for (size_t i = 0; i < samples; i++) {
		struct record *record = &bench.decoded[i];

		if (record_decode(bytes + at, &bench.layouts[1], record))
			abort();
		at += record_size(bytes + at, size - at);
		bench.rows[i] = (struct pmc_cost_row){
			.event = 1, .samples = 1, .value = PERIOD,
			.slice = (uint32_t)(record->sample.time / SLICE_NS) };
		bench.rows[i].thread = tracker_thread_row(
			&bench.tracker,
			tracker_task(&bench.tracker, record->sample.tid, record->sample.time));
	}
	look_up_all(samples);
	for (size_t i = 0; i < samples; i++)
		bench.rows[i].location = bench.frames[i * (FRAMES + 1)];
}

/* Measures a piece of code as one part. */
#define MEASURE(part, samples, code)                   \
	do {                                           \
		const uint64_t before_ = now();        \
						       \
		code;                                  \
		note(part, before_, samples);          \
	} while (0)

static void run_ring_full(const uint8_t *bytes, size_t size, size_t samples, struct costs *costs)
{
	fill_ring(bytes, size);
	MEASURE(WHOLE, samples, round_run(&bench.round, UINT64_MAX));
	prepare(bytes, size, samples);
	MEASURE(DECODE, samples, decode_all(bytes, size));
	MEASURE(LOOKUP, samples, look_up_all(samples));
	MEASURE(STACKS, samples, intern_all(samples));
	MEASURE(COST, samples, add_all(costs, samples));
	MEASURE(PASS, samples, pass_over(bytes, size));
	MEASURE(COPY, samples, memcpy(bench.copy, bytes, size));
	sink = bench.copy[size - 1];
}

static void flush(struct costs *costs)
{
	struct pmc_cost_row *rows = NULL;
	size_t count = 0, cap = 0;

	costs_flush(costs, &rows, &count, &cap);
	free(rows);
}

static void run_all(void)
{
	const size_t size = bench.pool.bytes.count / bench.samples;
	const size_t most = RING_BYTES / size;
	struct costs costs = { 0 };
	size_t since_flush = 0;

	bench.copy = pmc_calloc(most, size);
	bench.decoded = pmc_calloc(most, sizeof(*bench.decoded));
	bench.rows = pmc_calloc(most, sizeof(*bench.rows));
	bench.frames = pmc_calloc(most * (FRAMES + 1), sizeof(*bench.frames));
	for (size_t done = 0; done < bench.samples;) {
		const size_t left = bench.samples - done;
		const size_t samples = left < most ? left : most;

		run_ring_full(bench.pool.bytes.items + done * size, samples * size, samples,
			      &costs);
		done += samples;
		since_flush += samples;
		if (since_flush >= FLUSH_SAMPLES) {
			flush(&costs);
			flush(&bench.round.rings[0].costs);
			since_flush = 0;
		}
	}
	costs_fini(&costs);
}

static void print_all(void)
{
	const char *unit = bench.counter.fd >= 0 ? "instructions" : "ns";

	printf("unit %s\nsamples %zu\nkeys %zu\nbytes %zu\nsystem_calls %llu\n", unit,
	       bench.samples, bench.catalog.stacks.count, bench.pool.bytes.count / bench.samples,
	       (unsigned long long)bench.counter.system_calls);
	for (size_t i = 0; i < PARTS; i++)
		printf("part %s %.1f\n", part_names[i],
		       median(bench.seen[i].items, bench.seen[i].count));
}

int main(int argc, char **argv)
{
	const size_t samples = argc > 1 ? strtoul(argv[1], NULL, 10) : SAMPLES;
	struct pmc_err err = { 0 };

	if (samples < 1 || samples > 100 * SAMPLES) {
		fprintf(stderr, "usage: hot_path [SAMPLES]\n");
		return 2;
	}
	pmc_self_counter_open(&bench.counter, "instructions:u", &err);
	measure_overhead();
	make_tables();
	make_pool(samples);
	run_all();
	if (bench.round.samples != samples || bench.round.health[PMC_HEALTH_BAD_RECORDS] ||
	    bench.round.health[PMC_HEALTH_STACK_CUT] || bench.round.health[PMC_HEALTH_UNMAPPED]) {
		fprintf(stderr, "hot_path: %llu of %zu samples were counted as they should be\n",
			(unsigned long long)bench.round.samples, samples);
		return 1;
	}
	print_all();
	pmc_self_counter_close(&bench.counter);
	free_tables();
	return 0;
}
