/*
 * fuzz_decode.c - any bytes as records: decoded under any layout, and counted by rounds.
 *
 *      ┌─────────────┬─────────────┬───────────────┬────────┬────────┬───────────────────
 *      │ sample_type │ read_format │ branch, flags │ limits │ masks  │ records …
 *      │ 4 bytes     │ 1           │ 1             │ 1      │ 1      │
 *      └─────────────┴─────────────┴───────────────┴────────┴────────┴───────────────────
 *
 * Every byte of every view is read. The same bytes then go through rings in memory, under the
 * layout that recordings use, a round after each few records; what was counted must hold together.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/record_fixture.h"
#include "collector/round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 8, RINGS = 2, RING_BYTES = 1 << 17, CHAIN_MAX = 32 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static volatile uint64_t touched;	/* so that no reading is left out */

/* Reads every byte: what lies outside of the record's memory is seen by the sanitizer. */
static void touch(const void *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		touched += ((const uint8_t *)at)[i];
}

static void touch_numbers(const uint64_t *numbers, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		touched += numbers[i];
}

/* ---- decoding ---- */

static void touch_sample(const struct sample *sample, const struct layout *layout)
{
	const uint64_t user = (uint64_t)__builtin_popcountll(layout->sample_regs_user);
	const uint64_t intr = (uint64_t)__builtin_popcountll(layout->sample_regs_intr);

	for (uint64_t i = 0; i < sample->read_nr; i++) {
		const struct read_value read = record_read_value(layout, sample->read, i);

		touch((const uint8_t *)&read, sizeof(read));
	}
	if (sample->chain)
		touch_numbers(sample->chain, sample->chain_nr);
	if (sample->raw)
		touch(sample->raw, sample->raw_size);
	if (sample->branches)
		touch(sample->branches, sample->branch_nr * sizeof(struct perf_branch_entry));
	if (sample->regs_user)
		touch_numbers(sample->regs_user, user);
	if (sample->regs_intr)
		touch_numbers(sample->regs_intr, intr);
	if (sample->stack)
		touch(sample->stack, sample->stack_size);
	if (sample->aux)
		touch(sample->aux, sample->aux_size);
}

static void touch_record(const struct record *record, const struct layout *layout)
{
	switch (record->type) {
	case ABI_RECORD_SAMPLE:
		touch_sample(&record->sample, layout);
		break;
	case ABI_RECORD_READ:
		for (uint64_t i = 0; i < record->read.read_nr; i++)
			record_read_value(layout, record->read.read, i);
		break;
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
		touch(record->mmap.path, strlen(record->mmap.path));
		touch(record->mmap.build_id, record->mmap.build_id_len);
		require(record->mmap.build_id_len <= 20);
		require(record->mmap.start + record->mmap.len >= record->mmap.start);
		break;
	case ABI_RECORD_COMM:
		touch(record->comm.comm, strlen(record->comm.comm));
		break;
	case ABI_RECORD_KSYMBOL:
		touch(record->ksymbol.name, strlen(record->ksymbol.name));
		require(record->ksymbol.addr + record->ksymbol.len >= record->ksymbol.addr);
		break;
	default:
		break;
	}
}

static void decode_all(const uint8_t *bytes, size_t size, const struct layout *layout)
{
	size_t step;

	for (size_t at = 0; (step = record_size(bytes + at, size - at)); at += step) {
		/* A copy of its own size: a read past its end is a read past the memory's. */
		uint8_t *copy = pmc_calloc(1, step);
		struct record record;
		char name[16];

		memcpy(copy, bytes + at, step);
		touch(record_type_name(record_type(copy), name), 1);
		record_id(copy);
		record_time(copy, layout);
		if (record_decode(copy, layout, &record) == DECODE_OK)
			touch_record(&record, layout);
		require(record.type == record_type(copy) && record.size == step);
		free(copy);
	}
}

/* ---- counting ---- */

static const struct layout COUNTING = {
	.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
		       PERF_SAMPLE_TIME | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN,
	.sample_id_all = true,
};

struct world {
	struct pmc_event event;
	struct pmc_event_list list;
	struct layout layouts[2];
	struct counters counters;
	uint64_t period;	/* of all samples; 0: they carry their own */
	struct catalog catalog;
	struct tracker tracker;
	struct round round;
};

static void world_init(struct world *world, uint64_t period)
{
	memset(world, 0, sizeof(*world));
	world->list = (struct pmc_event_list){ &world->event, 1 };
	world->counters.events = &world->list;
	world->counters.chain_max = CHAIN_MAX;
	world->counters.layouts = world->layouts;
	world->layouts[0] = world->layouts[1] = COUNTING;
	if (period)
		world->layouts[1].sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	world->period = period;
	world->counters.periods = &world->period;
	world->counters.rings = pmc_calloc(RINGS, sizeof(*world->counters.rings));
	world->counters.rings_count = RINGS;
	for (uint32_t i = 0; i < RINGS; i++)
		ring_fake(&world->counters.rings[i], i, RING_BYTES);
	for (uint64_t id = 0; id < 16; id++) {	/* half of the small ids are the event's */
		*pmc_array_add(&world->counters.open) =
			(struct counter){ .fd = -1, .event = id % 2, .id = id };
		pmc_index_add(&world->counters.ids, pmc_hash_u64(id), (uint32_t)id);
	}
	catalog_init(&world->catalog);
	tracker_init(&world->tracker, &world->catalog);
	tracker_kernel(&world->tracker, TRACKER_KERNEL_HALF, 0xffffffff81000000);
	round_init(&world->round, &world->counters, &world->tracker, 1000, 1000000);
}

static void world_fini(struct world *world)
{
	round_fini(&world->round);
	tracker_fini(&world->tracker);
	catalog_fini(&world->catalog);
	for (size_t i = 0; i < RINGS; i++)
		ring_unfake(&world->counters.rings[i]);
	free(world->counters.rings);
	pmc_array_free(&world->counters.open);
	pmc_index_fini(&world->counters.ids);
}

/* Rows only refer to rows that are there, and every sample is in one. */
static void check_rows(const struct world *world)
{
	const struct catalog *catalog = &world->catalog;
	uint64_t samples = 0;

	for (size_t ring = 0; ring < RINGS; ring++) {
		const struct costs *costs = &world->round.rings[ring].costs;

		for (size_t i = 0; i < costs->rows.count; i++) {
			const struct pmc_cost_row *row = &costs->rows.items[i];

			require(row->event == 1 && row->samples);
			require(row->thread && row->thread <= catalog->threads.count);
			require(row->location && row->location <= catalog->locations.count);
			require(row->stack <= catalog->stacks.count);
			samples += row->samples;
		}
		require(world->round.rings[ring].throttles.count <= 64);
		require(world->counters.rings[ring].begin == world->counters.rings[ring].end);
	}
	require(samples == world->round.samples);
	for (size_t i = 0; i < catalog->stacks.count; i++)
		require(catalog->stacks.items[i].parent <= i && catalog->stacks.items[i].location &&
			catalog->stacks.items[i].location <= catalog->locations.count);
	for (size_t i = 0; i < catalog->locations.count; i++)
		require(catalog->locations.items[i].module &&
			catalog->locations.items[i].module <= catalog->modules.count);
	for (size_t i = 0; i < catalog->threads.count; i++)
		require(catalog->threads.items[i].process &&
			catalog->threads.items[i].process <= catalog->processes.count);
	require(catalog->thread_ends.count <= catalog->threads.count);
	require(catalog->process_ends.count <= catalog->processes.count);
}

/* No process of this machine has such a pid: what is in /proc must not matter. */
static void hide_pid(uint8_t *record, size_t size)
{
	const size_t at = sizeof(struct perf_event_header) + 16;
	uint32_t pid;

	if (record_type(record) != ABI_RECORD_SAMPLE || size < at + 4)
		return;
	memcpy(&pid, record + at, 4);
	pid = pid && pid != UINT32_MAX ? pid | 0x40000000 : pid;
	memcpy(record + at, &pid, 4);
}

static void count_all(uint8_t *bytes, size_t size, uint8_t limits, uint64_t period)
{
	struct world world;
	size_t step, number = 0;

	world_init(&world, period);
	for (size_t at = 0; (step = record_size(bytes + at, size - at)); at += step, number++) {
		struct ring *ring = &world.counters.rings[number % RINGS];

		hide_pid(bytes + at, step);
		if (!ring_write(ring, bytes + at, step)) {
			round_run(&world.round, UINT64_MAX);
			require(ring_write(ring, bytes + at, step));
		}
		if (limits && number % (limits & 7u) == 0)
			round_run(&world.round, (uint64_t)(limits >> 3) << number % 64);
	}
	round_run(&world.round, UINT64_MAX);
	check_rows(&world);
	world_fini(&world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct layout layout = { 0 };
	uint32_t sample_type;
	uint8_t *bytes;

	if (size <= HEAD_BYTES)
		return 0;
	memcpy(&sample_type, data, sizeof(sample_type));
	layout.sample_type = sample_type;
	layout.read_format = data[4];
	layout.branch_sample_type = (data[5] & 1 ? PERF_SAMPLE_BRANCH_HW_INDEX : 0) |
				    (data[5] & 2 ? 1ULL << 19 : 0);
	layout.sample_id_all = data[5] & 4;
	layout.sample_regs_user = data[7] & 0xf;
	layout.sample_regs_intr = data[7] >> 4;
	size -= HEAD_BYTES;
	bytes = pmc_calloc(1, size);
	memcpy(bytes, data + HEAD_BYTES, size);
	decode_all(bytes, size, &layout);
	count_all(bytes, size, data[6] & 7 ? data[6] : 0, data[5] & 8 ? 100 : 0);
	free(bytes);
	return 0;
}
