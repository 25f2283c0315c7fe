/*
 * round_fixture.h - a world for tests of rounds: two events, rings in plain memory, records to put
 * in them, and what was counted in the words of people.
 */
#ifndef ROUND_FIXTURE_H
#define ROUND_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_fixture.h"
#include "collector/round.h"

static const uint64_t MS = 1000000, SLICE = 100000000;

enum { RINGS = 3, RING_BYTES = 1 << 16, CHAIN_MAX = 127 };
enum { ID_TRACKING = 100, ID_FIRST = 101, ID_SECOND = 102, ID_UNKNOWN = 999 };
enum { NOBODY = 0x7fffff00 };		/* above any pid_max: never in /proc */

static const uint64_t KERNEL = 0xffffffff81000000;

struct world {
	struct pmc_event events[2];
	struct pmc_event_list list;
	struct layout layouts[3];
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct round round;
	struct records records;
};

static struct world world;

static inline void add_counter(uint64_t id, uint32_t event)
{
	*pmc_array_add(&world.counters.open) =
		(struct counter){ .fd = -1, .event = event, .id = id };
	pmc_index_add(&world.counters.ids, pmc_hash_u64(id),
		      (uint32_t)world.counters.open.count - 1);
}

static inline void world_init(size_t rings, uint64_t ring_bytes)
{
	memset(&world, 0, sizeof(world));
	world.list = (struct pmc_event_list){ world.events, PMC_COUNT(world.events) };
	world.counters.events = &world.list;
	world.counters.chain_max = CHAIN_MAX;
	world.counters.layouts = world.layouts;
	world.layouts[0] = (struct layout){
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING |
			       PERF_FORMAT_ID,
		.sample_id_all = true };
	world.layouts[1] = world.layouts[2] = world.layouts[0];
	add_counter(ID_TRACKING, 0);
	add_counter(ID_FIRST, 1);
	add_counter(ID_SECOND, 2);
	world.counters.rings = pmc_calloc(rings, sizeof(*world.counters.rings));
	world.counters.rings_count = rings;
	for (size_t i = 0; i < rings; i++)
		ring_fake(&world.counters.rings[i], (uint32_t)i * 2, ring_bytes);
	catalog_init(&world.catalog);
	tracker_init(&world.tracker, &world.catalog);
	tracker_kernel(&world.tracker, TRACKER_KERNEL_HALF, KERNEL);
	round_init(&world.round, &world.counters, &world.tracker, 0, SLICE);
}

static inline void world_fini(void)
{
	round_fini(&world.round);
	tracker_fini(&world.tracker);
	catalog_fini(&world.catalog);
	for (size_t i = 0; i < world.counters.rings_count; i++)
		ring_unfake(&world.counters.rings[i]);
	free(world.counters.rings);
	pmc_array_free(&world.counters.open);
	pmc_index_fini(&world.counters.ids);
	records_fini(&world.records);
}

static inline int begin(void **state)
{
	(void)state;
	world_init(RINGS, RING_BYTES);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	world_fini();
	return 0;
}

/* ---- writing records ---- */

static inline void start(uint32_t type, uint16_t misc)
{
	world.records.bytes.count = 0;
	record_begin(&world.records, type, misc);
}

static inline void put(size_t ring)
{
	const uint8_t *bytes = record_end(&world.records);

	assert_true(ring_write(&world.counters.rings[ring], bytes, world.records.bytes.count));
}

/* A record that is no sample: its trailer, then into the ring. */
static inline void put_sideband_of(size_t ring, uint64_t time, uint64_t id)
{
	record_trailer(&world.records, &world.layouts[0],
		       &(struct ident){ .time = time, .identifier = id });
	put(ring);
}

static inline void put_sideband(size_t ring, uint64_t time)
{
	put_sideband_of(ring, time, ID_TRACKING);
}

static inline void fork_record(size_t ring, uint64_t time, uint32_t ppid, uint32_t pid,
			       uint32_t tid)
{
	start(ABI_RECORD_FORK, 0);
	record_pair(&world.records, pid, ppid);
	record_pair(&world.records, tid, ppid);
	record_u64(&world.records, time);
	put_sideband(ring, time);
}

static inline void exit_record(size_t ring, uint64_t time, uint32_t pid, uint32_t tid)
{
	start(ABI_RECORD_EXIT, 0);
	record_pair(&world.records, pid, 1);
	record_pair(&world.records, tid, 1);
	record_u64(&world.records, time);
	put_sideband(ring, time);
}

static inline void comm_record(size_t ring, uint64_t time, uint32_t pid, uint32_t tid,
			       const char *comm, bool exec)
{
	start(ABI_RECORD_COMM, exec ? ABI_MISC_COMM_EXEC : 0);
	record_pair(&world.records, pid, tid);
	record_text(&world.records, comm);
	put_sideband(ring, time);
}

static inline void map_record(size_t ring, uint64_t time, uint32_t pid, uint64_t at,
			      const char *path)
{
	start(ABI_RECORD_MMAP2, 0);
	record_pair(&world.records, pid, pid);
	record_u64(&world.records, at);
	record_u64(&world.records, 0x1000);
	record_u64(&world.records, 0);
	for (int i = 0; i < 4; i++)
		record_u64(&world.records, 0);
	record_text(&world.records, path);
	put_sideband(ring, time);
}

static inline void loss_record(size_t ring, uint64_t time, uint64_t lost)
{
	start(ABI_RECORD_LOST, 0);
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, lost);
	put_sideband(ring, time);
}

static inline void throttle_record(size_t ring, uint64_t time, uint64_t stream_id, bool ends)
{
	start(ends ? ABI_RECORD_UNTHROTTLE : ABI_RECORD_THROTTLE, 0);
	record_u64(&world.records, time);
	record_u64(&world.records, ID_FIRST);
	record_u64(&world.records, stream_id);
	put_sideband(ring, time);
}

struct hit {
	uint64_t time, ip;
	uint32_t pid, tid;
	uint64_t id, period;		/* 0: ID_FIRST, 1000 */
	uint16_t misc;			/* 0: user */
	const uint64_t *chain;
	size_t chain_nr;
};

static inline void sample_record(size_t ring, const struct hit *hit)
{
	start(ABI_RECORD_SAMPLE, hit->misc ? hit->misc : ABI_MISC_USER);
	record_u64(&world.records, hit->id ? hit->id : ID_FIRST);
	record_u64(&world.records, hit->ip);
	record_pair(&world.records, hit->pid, hit->tid);
	record_u64(&world.records, hit->time);
	record_u64(&world.records, hit->period ? hit->period : 1000);
	record_u64(&world.records, hit->chain_nr);
	for (size_t i = 0; i < hit->chain_nr; i++)
		record_u64(&world.records, hit->chain[i]);
	put(ring);
}

static inline void sample(size_t ring, uint64_t time, uint32_t pid, uint64_t ip)
{
	sample_record(ring, &(struct hit){ .time = time, .ip = ip, .pid = pid, .tid = pid });
}

/* ---- reading what was counted ---- */

static inline uint64_t health(enum pmc_health figure)
{
	return world.round.health[figure];
}

static inline const struct pmc_cost_row *cost(size_t ring, size_t row)
{
	assert_true(row < world.round.rings[ring].costs.rows.count);
	return &world.round.rings[ring].costs.rows.items[row];
}

static inline const char *text(uint32_t id)
{
	return pmc_strings_get(world.catalog.strings, id);
}

static inline const char *module_of(uint32_t location)
{
	const struct pmc_location_row *row = &world.catalog.locations.items[location - 1];

	return text(world.catalog.modules.items[row->module - 1].path);
}

static inline uint64_t offset_of(uint32_t location)
{
	return world.catalog.locations.items[location - 1].offset;
}

static inline const char *comm_of(const struct pmc_cost_row *row)
{
	return text(world.catalog.threads.items[row->thread - 1].comm);
}

/* "module+offset" of each frame, leaf first; a return address has "'" behind it. */
static inline const char *stack_text(const struct pmc_cost_row *row)
{
	static char buf[1024];
	uint32_t stack = row->stack, location = row->location;
	size_t len = 0;

	for (;;) {
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%s+%llx%s",
					len ? " " : "", module_of(location),
					(unsigned long long)offset_of(location),
					world.catalog.locations.items[location - 1].is_caller ?
						"'" : "");
		if (!stack)
			return buf;
		location = world.catalog.stacks.items[stack - 1].location;
		stack = world.catalog.stacks.items[stack - 1].parent;
	}
}

/* A process 10 "prog" with /bin/prog at 0x1000 and /lib/libc at 0x3000. */
static inline void make_prog(void)
{
	fork_record(0, 1, 1, 10, 10);
	comm_record(0, 2, 10, 10, "prog", true);
	map_record(0, 3, 10, 0x1000, "/bin/prog");
	map_record(0, 4, 10, 0x3000, "/lib/libc");
}

#define ROUND_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
