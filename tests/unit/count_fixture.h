/*
 * count_fixture.h - made-up sessions of counts, the same each time, for tests of readers.
 *
 *   before   5 runs of 100 ms: instructions, cycles, cache-misses on a counter for 2/5 of the time
 *   after    the same program after a change: fewer cycles, more instructions, half the misses
 *   phases   1 run of 1 s in intervals of 100 ms: instructions per cycle fall from the 6th on
 *   cores    2 CPUs counted apart: one does three times the work of the other
 *
 * They are added to the sessions of session_fixture.h or to a file of their own.
 */
#ifndef COUNT_FIXTURE_H
#define COUNT_FIXTURE_H

#include "session_fixture.h"

static inline void count_fixture_add(struct batch_fixture *f, uint32_t event, uint32_t run,
				     int32_t cpu, uint64_t start_ns, uint64_t counted,
				     uint64_t running_ns)
{
	batch_fixture_count(f, (struct pmc_count_row){
		.event = event, .run = run, .cpu = cpu, .start_ns = start_ns,
		.end_ns = start_ns + SECOND / 10, .counted = counted, .enabled_ns = SECOND / 10,
		.running_ns = running_ns });
}

static inline void count_fixture_flush(struct pmc_writer *writer, struct batch_fixture *f,
				       uint64_t end_ns)
{
	struct pmc_err err = { 0 };

	f->batch.end_ns = end_ns;
	if (pmc_writer_write(writer, batch_fixture_batch(f), &err))
		session_fixture_stop(&err);
	batch_fixture_next(f);
}

static inline void count_fixture_finish(struct pmc_writer *writer, struct batch_fixture *f,
					uint64_t duration_ns)
{
	struct pmc_err err = { 0 };

	if (pmc_writer_finish(writer, duration_ns, false, &err))
		session_fixture_stop(&err);
	pmc_writer_free(writer);
	batch_fixture_fini(f);
}

static inline void count_fixture_events(struct batch_fixture *f)
{
	static const char *const names[] = { "instructions", "cycles", "cache-misses" };

	batch_fixture_init(f);
	for (size_t i = 0; i < PMC_COUNT(names); i++)
		batch_fixture_event(f, names[i], PMC_UNIT_COUNT, PMC_MODE_COUNT, 0);
}

static inline void count_fixture_runs(struct pmc_store *store, const char *label, int day,
				      uint64_t instructions, uint64_t cycles, uint64_t misses)
{
	struct pmc_writer *writer = session_fixture_begin(store, label, "./solve --size 100", day);
	struct batch_fixture f;

	count_fixture_events(&f);
	for (uint32_t run = 1; run <= 5; run++) {
		const uint64_t start_ns = (run - 1) * (SECOND / 10);

		count_fixture_add(&f, 1, run, -1, start_ns, instructions, SECOND / 10);
		/* The first run finds the caches cold. */
		count_fixture_add(&f, 2, run, -1, start_ns,
				  cycles + (run == 1 ? cycles / 10 : run * 1000), SECOND / 10);
		count_fixture_add(&f, 3, run, -1, start_ns, misses, SECOND / 25);
		count_fixture_flush(writer, &f, start_ns + SECOND / 10);
	}
	count_fixture_finish(writer, &f, SECOND / 2);
}

static inline void count_fixture_phases(struct pmc_store *store)
{
	struct pmc_writer *writer = session_fixture_begin(store, "phases", "./solve --all", 12);
	struct batch_fixture f;

	count_fixture_events(&f);
	for (uint64_t at = 0; at < SECOND; at += SECOND / 10) {
		const bool waits = at >= SECOND / 2;

		count_fixture_add(&f, 1, 1, -1, at, waits ? 60000000 : 480000000, SECOND / 10);
		count_fixture_add(&f, 2, 1, -1, at, 240000000, SECOND / 10);
		count_fixture_add(&f, 3, 1, -1, at, waits ? 900000 : 12000, SECOND / 10);
		count_fixture_flush(writer, &f, at + SECOND / 10);
	}
	count_fixture_finish(writer, &f, SECOND);
}

static inline void count_fixture_cores(struct pmc_store *store)
{
	struct pmc_writer *writer = session_fixture_begin(store, "cores", "all CPUs (-a)", 13);
	struct batch_fixture f;

	count_fixture_events(&f);
	for (int32_t cpu = 0; cpu < 2; cpu++) {
		const uint64_t times = cpu ? 1 : 3;

		count_fixture_add(&f, 1, 1, cpu, 0, times * 100000000, SECOND / 10);
		count_fixture_add(&f, 2, 1, cpu, 0, times * 50000000, SECOND / 10);
		/* Others held every counter of the second CPU that could count it. */
		count_fixture_add(&f, 3, 1, cpu, 0, cpu ? 0 : 5000, cpu ? 0 : SECOND / 10);
	}
	count_fixture_flush(writer, &f, SECOND / 10);
	count_fixture_finish(writer, &f, SECOND / 10);
}

/* Adds all four to a file, which may be new. */
static inline void count_fixture_write(const char *path)
{
	struct pmc_err err = { 0 };
	struct pmc_store *store = pmc_store_open(path, PMC_STORE_CREATE, &err);

	if (!store)
		session_fixture_stop(&err);
	count_fixture_runs(store, "before", 10, 300000000, 150000000, 200000);
	count_fixture_runs(store, "after", 11, 312000000, 120000000, 100000);
	count_fixture_phases(store);
	count_fixture_cores(store);
	pmc_store_close(store);
}

#endif
