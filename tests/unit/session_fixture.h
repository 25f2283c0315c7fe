/*
 * session_fixture.h - a database of made-up sessions, the same one each time, for tests of readers.
 *
 *   1  base      cpu-clock at 4000 Hz; inlined, recursive, unnamed and oddly named functions; two
 *                processes, three threads; 1 s in slices of 100 ms
 *   2  counters  instructions and cycles; branches; multiplexed; samples lost, cut, unresolved;
 *                interrupted
 *   3  base      the program of 1 after a change: other shares, one function gone, one new
 *   4  short     no samples at all
 *   5  killed    its recorder ended without a word
 *
 * Dates, pids and machine are made up; nothing of the machine it runs on gets in. Failures end the
 * process: there is nothing to test then.
 */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "store/store.h"

#include "batch_fixture.h"

#define SECOND 1000000000ULL
#define SAMPLE_NS 250000ULL

/* What the sessions' programs have: ids of their own fixture. */
struct program {
	struct batch_fixture f;
	uint32_t main_thread, worker, child;
	uint32_t in_main, in_compute, in_walk, in_parse, in_copy;
	uint32_t in_kernel, in_unnamed, in_odd, in_long, in_new;
	uint32_t call_main, call_compute, call_walk, call_parse;
};

static inline void session_fixture_add_program(struct program *p)
{
	struct batch_fixture *f = &p->f;
	uint32_t binary, libc, kernel, process, child;

	batch_fixture_init(f);
	binary = batch_fixture_module(f, "/home/me/solve/build/solve", PMC_MODULE_USER);
	libc = batch_fixture_module(f, "/usr/lib/x86_64-linux-gnu/libc.so.6", PMC_MODULE_USER);
	kernel = batch_fixture_module(f, "[kernel]", PMC_MODULE_KERNEL);
	process = batch_fixture_process(f, 4100, "solve");
	child = batch_fixture_process(f, 4107, "gzip");
	p->main_thread = batch_fixture_thread(f, process, 4100, "solve");
	p->worker = batch_fixture_thread(f, process, 4103, "worker");
	p->child = batch_fixture_thread(f, child, 4107, "gzip");
	p->in_main = batch_fixture_location(f, binary, 0x1100, "main", "/home/me/solve/main.c", 12);
	p->in_compute =
		batch_fixture_location(f, binary, 0x1240, "square", "/home/me/solve/math.h", 7);
	batch_fixture_frame(f, "compute", "/home/me/solve/solve.c", 44);
	p->in_walk = batch_fixture_location(f, binary, 0x1300, "walk", "/home/me/solve/tree.c", 91);
	p->in_parse =
		batch_fixture_location(f, binary, 0x1400, "parse", "/home/me/solve/parse.c", 25);
	p->in_copy = batch_fixture_location(f, libc, 0x9a000, "memcpy", NULL, 0);
	p->in_kernel = batch_fixture_location(f, kernel, 0x2200, "do_syscall_64", NULL, 0);
	p->in_unnamed = batch_fixture_location(f, libc, 0x9bcd0, NULL, NULL, 0);
	p->in_odd = batch_fixture_location(f, binary, 0x1500, "größe\x1b[31m,\"\xff",
					   "/home/me/solve/odd.c", 3);
	p->in_long = batch_fixture_location(f, binary, 0x1600,
		"std::_Rb_tree<std::string, std::pair<std::string const, int>, "
		"std::less<std::string> >::_M_insert_unique(std::string const&)",
		"/usr/include/c++/12/bits/stl_tree.h", 2100);
	p->in_new = batch_fixture_location(f, binary, 0x1700, "cache_lookup",
					   "/home/me/solve/cache.c", 58);
	p->call_main =
		batch_fixture_location(f, binary, 0x1120, "main", "/home/me/solve/main.c", 15);
	p->call_compute =
		batch_fixture_location(f, binary, 0x1260, "compute", "/home/me/solve/solve.c", 49);
	p->call_walk =
		batch_fixture_location(f, binary, 0x1310, "walk", "/home/me/solve/tree.c", 95);
	p->call_parse =
		batch_fixture_location(f, binary, 0x1410, "parse", "/home/me/solve/parse.c", 29);
}

static inline void session_fixture_stop(const struct pmc_err *err)
{
	fprintf(stderr, "session_fixture: %s (%s)\n", err->message, err->hint);
	exit(1);
}

static inline struct pmc_writer *session_fixture_begin(struct pmc_store *store, const char *label,
						       const char *command, int day)
{
	struct pmc_session_info info = {
		.label = label, .command = command, .hostname = "box", .kernel = "6.18.0",
		.cpu = "Example CPU @ 3.00GHz", .arch = "x86_64", .cpus = 8,
		.started_at_ns = (int64_t)(1790000000 + day * 86400) * (int64_t)SECOND,
		.slice_ns = PMC_SLICE_NS_DEFAULT, .recorder_pid = 4099, .pmc_version = "test",
		.callgraph = "fp",
	};
	struct pmc_err err = { 0 };
	int64_t id;
	struct pmc_writer *writer = pmc_writer_begin(store, &info, &id, &err);

	if (!writer)
		session_fixture_stop(&err);
	return writer;
}

static inline void session_fixture_flush(struct pmc_writer *writer, struct program *p,
					 uint64_t end_ns)
{
	struct pmc_batch *batch = batch_fixture_batch(&p->f);
	struct pmc_err err = { 0 };

	batch->end_ns = end_ns;
	for (size_t i = 0; i < p->f.event_rows.count; i++) {
		struct pmc_event_row *event = &p->f.event_rows.items[i];

		if (!event->enabled_ns)
			event->enabled_ns = event->running_ns = end_ns;
	}
	if (pmc_writer_write(writer, batch, &err))
		session_fixture_stop(&err);
	batch_fixture_next(&p->f);
}

static inline void session_fixture_finish(struct pmc_writer *writer, struct program *p,
					  uint64_t duration_ns, bool interrupted)
{
	struct pmc_err err = { 0 };

	if (pmc_writer_finish(writer, duration_ns, interrupted, &err))
		session_fixture_stop(&err);
	pmc_writer_free(writer);
	batch_fixture_fini(&p->f);
}

/* Samples of the only event, a clock. */
static inline void session_fixture_ticks(struct program *p, uint32_t thread, uint32_t stack,
					 uint32_t location, uint32_t slice, uint32_t samples)
{
	if (samples)
		batch_fixture_cost(&p->f, 1, thread, stack, location, slice, samples,
				   samples * SAMPLE_NS);
}

/* Sessions 1 and 3: `changed` halves the walk, drops parse and adds a cache. */
static inline void session_fixture_clock(struct pmc_store *store, bool changed)
{
	const char *command = changed ? "./solve --size 100 --cache" : "./solve --size 100";
	struct pmc_writer *writer = session_fixture_begin(store, "base", command, changed ? 2 : 0);
	struct program p;
	uint32_t main_stack, compute_stack, walk_stack, deep_stack, parse_stack;

	session_fixture_add_program(&p);
	batch_fixture_event(&p.f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	p.f.event_rows.items[0].requested = "instructions";
	p.f.event_rows.items[0].fallback = "this machine has no hardware counters";
	p.f.batch.health[PMC_HEALTH_FALLBACK] = 1;
	main_stack = batch_fixture_stack(&p.f, 0, p.call_main);
	compute_stack = batch_fixture_stack(&p.f, main_stack, p.call_compute);
	walk_stack = batch_fixture_stack(&p.f, compute_stack, p.call_walk);
	deep_stack = batch_fixture_stack(&p.f, walk_stack, p.call_walk);
	parse_stack = batch_fixture_stack(&p.f, main_stack, p.call_parse);
	for (uint32_t slice = 0; slice < 10; slice++) {
		session_fixture_ticks(&p, p.main_thread, parse_stack, p.in_parse, slice,
				      slice < 3 && !changed ? 200 : 0);
		session_fixture_ticks(&p, p.main_thread, main_stack, p.in_compute, slice,
				      slice < 3 ? 50 : 180);
		session_fixture_ticks(&p, p.main_thread, walk_stack, p.in_walk, slice,
				      changed ? 20 : 40);
		session_fixture_ticks(&p, p.main_thread, deep_stack, p.in_walk, slice,
				      slice < 3 ? 0 : 40);
		session_fixture_ticks(&p, p.main_thread, deep_stack, p.in_new, slice,
				      changed ? 15 : 0);
		session_fixture_ticks(&p, p.main_thread, compute_stack, p.in_copy, slice, 30);
		session_fixture_ticks(&p, p.worker, 0, p.in_kernel, slice, slice % 3 ? 12 : 4);
		session_fixture_ticks(&p, p.worker, main_stack, p.in_long, slice, 6);
		session_fixture_ticks(&p, p.child, 0, p.in_unnamed, slice, slice == 9 ? 2 : 0);
		session_fixture_ticks(&p, p.child, 0, p.in_odd, slice, slice > 6);
		if (slice == 4)
			session_fixture_flush(writer, &p, SECOND / 2);
	}
	session_fixture_flush(writer, &p, SECOND);
	session_fixture_finish(writer, &p, SECOND + 12345678, false);
}

static inline void session_fixture_counters(struct pmc_store *store)
{
	struct pmc_writer *writer = session_fixture_begin(
		store, "counters", "sh -c 'make -j8 && ./run \"all tests\"'", 1);
	struct program p;
	uint32_t instructions, cycles, stack;

	session_fixture_add_program(&p);
	instructions = batch_fixture_event(&p.f, "instructions:u", PMC_UNIT_COUNT, PMC_MODE_PERIOD,
					   1000000);
	cycles = batch_fixture_event(&p.f, "cycles:u", PMC_UNIT_COUNT, PMC_MODE_FREQUENCY, 1000);
	p.f.event_rows.items[0].enabled_ns = 8 * SECOND;
	p.f.event_rows.items[0].running_ns = 4 * SECOND;
	p.f.event_rows.items[1].requested = "cycles";
	p.f.event_rows.items[1].fallback = "kernel.perf_event_paranoid is 2";
	stack = batch_fixture_stack(&p.f, 0, p.call_main);
	for (uint32_t slice = 0; slice < 40; slice++) {
		batch_fixture_cost(&p.f, instructions, p.main_thread, stack, p.in_compute, slice,
				   80, 80000000);
		batch_fixture_cost(&p.f, cycles, p.main_thread, stack, p.in_compute, slice, 50,
				   66000000);
		batch_fixture_cost(&p.f, instructions, p.main_thread, stack, p.in_walk, slice, 10,
				   10000000);
		batch_fixture_cost(&p.f, cycles, p.main_thread, stack, p.in_walk, slice, 40,
				   52800000);
		batch_fixture_cost(&p.f, cycles, p.worker, 0, p.in_unnamed, slice, 5, 6600000);
		batch_fixture_cost(&p.f, instructions, p.worker, stack, p.in_copy, slice, 1,
				   1000000);
	}
	*pmc_array_add(&p.f.branch_rows) = (struct pmc_branch_row){
		.event = cycles, .from = p.in_walk, .to = p.call_walk, .type = "conditional jump",
		.count = 900, .mispredicted = 117, .predicted = 783, .timed = 900, .cycles = 21600,
	};
	*pmc_array_add(&p.f.branch_rows) = (struct pmc_branch_row){
		.event = cycles, .from = p.call_main, .to = p.in_compute, .type = "call",
		.count = 400, .mispredicted = 2, .predicted = 398, .timed = 300, .cycles = 1500,
	};
	p.f.batch.health[PMC_HEALTH_LOST_RECORDS] = 100;
	p.f.batch.health[PMC_HEALTH_STACK_CUT] = 5;
	p.f.batch.health[PMC_HEALTH_THROTTLED] = 2;
	p.f.batch.health[PMC_HEALTH_THROTTLED_NS] = 1500000;
	p.f.batch.health[PMC_HEALTH_UNRESOLVED] = 200;
	p.f.batch.health[PMC_HEALTH_MULTIPLEXED] = 1;
	p.f.batch.health[PMC_HEALTH_FALLBACK] = 1;
	p.f.batch.health[PMC_HEALTH_INTERRUPTED] = 1;
	*pmc_array_add(&p.f.loss_rows) = (struct pmc_loss_row){
		.cause = PMC_HEALTH_LOST_RECORDS, .cpu = 3, .slice = 17, .count = 100};
	session_fixture_flush(writer, &p, 4 * SECOND);
	session_fixture_finish(writer, &p, 4 * SECOND, true);
}

static inline void session_fixture_short(struct pmc_store *store)
{
	struct pmc_writer *writer = session_fixture_begin(store, "short", "true", 3);
	struct program p;

	session_fixture_add_program(&p);
	batch_fixture_event(&p.f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	session_fixture_flush(writer, &p, SECOND / 1000);
	session_fixture_finish(writer, &p, SECOND / 1000, false);
}

static inline void session_fixture_killed(struct pmc_store *store)
{
	struct pmc_writer *writer = session_fixture_begin(store, "killed", "./solve --size 9", 4);
	struct program p;
	uint32_t event;

	session_fixture_add_program(&p);
	event = batch_fixture_event(&p.f, "page-faults", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_copy, 0, 17, 17);
	batch_fixture_cost(&p.f, event, p.main_thread, 0, p.in_main, 3, 1, 1);
	session_fixture_flush(writer, &p, 2 * SECOND);
	pmc_writer_free(writer);
	batch_fixture_fini(&p.f);
}

/* As if the recorder had given its last sign of life long ago. */
static inline void session_fixture_age(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "UPDATE session SET heartbeat_ns = started_at_ns", NULL, NULL, NULL) !=
		    SQLITE_OK) {
		fprintf(stderr, "session_fixture: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
	sqlite3_close(db);
}

/* Makes the file with all five sessions. */
static inline void session_fixture_write(const char *path)
{
	struct pmc_err err = { 0 };
	struct pmc_store *store = pmc_store_open(path, PMC_STORE_CREATE, &err);

	if (!store)
		session_fixture_stop(&err);
	session_fixture_clock(store, false);
	session_fixture_counters(store);
	session_fixture_clock(store, true);
	session_fixture_short(store);
	session_fixture_killed(store);
	pmc_store_close(store);
	session_fixture_age(path);
}

#endif
