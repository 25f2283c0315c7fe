/*
 * store_fixture.h - a folder of its own for each test, a small session with known costs, and
 * queries as text, for tests of the store and of what reads it.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch_fixture.h"
#include "store/store.h"

struct store_fixture {
	char folder[256];
	char path[300];
	struct pmc_err err;
};

static inline void store_fixture_init(struct store_fixture *t)
{
	const char *tmp = getenv("TMPDIR");

	memset(t, 0, sizeof(*t));
	snprintf(t->folder, sizeof(t->folder), "%s/pmc-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->folder));
	snprintf(t->path, sizeof(t->path), "%s/pmc.db", t->folder);
}

/* Removes the files a test may have made, then the folder. */
static inline void store_fixture_fini(struct store_fixture *t)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[320];

	for (size_t i = 0; i < PMC_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", t->path, ends[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(t->folder), 0);
}

static inline struct pmc_store *store_fixture_open(struct store_fixture *t,
						   enum pmc_store_mode mode)
{
	struct pmc_store *store = pmc_store_open(t->path, mode, &t->err);

	if (!store)
		fail_msg("%s (%s)", t->err.message, t->err.hint);
	return store;
}

static inline struct pmc_writer *store_fixture_begin(struct store_fixture *t,
						     struct pmc_store *store, const char *label,
						     int64_t *id)
{
	const struct pmc_session_info info = {
		.label = label,
		.command = "./prog 'a b'",
		.hostname = "host",
		.kernel = "6.1",
		.cpu = "Test CPU",
		.arch = "x86_64",
		.cpus = 2,
		.started_at_ns = 1700000000123456789,
		.slice_ns = PMC_SLICE_NS_DEFAULT,
		.recorder_pid = 42,
		.pmc_version = "0.0",
		.callgraph = "fp",
	};
	struct pmc_writer *writer = pmc_writer_begin(store, &info, id, &t->err);

	if (!writer)
		fail_msg("%s", t->err.message);
	return writer;
}

static inline void store_fixture_write(struct store_fixture *t, struct pmc_writer *writer,
				       struct batch_fixture *f)
{
	if (pmc_writer_write(writer, batch_fixture_batch(f), &t->err))
		fail_msg("%s", t->err.message);
	batch_fixture_next(f);
}

/*
 * The small session, in two batches. cpu-clock: 11 samples of 250000 ns; instructions: 2 samples
 * with the sum 2001 of 2100 counted, on a counter for half of the time (so shown as 4002 of 4200).
 *
 *   main ─┬─ work              3     slice 0
 *         ├─ work ─ tiny       2 + 1 slices 0, 1; tiny is inlined into work
 *         └─ rec ─ rec ─ rec   4     slice 1
 *   [prog+0x99]                1     slice 2, thread worker
 */
static inline void store_fixture_fill(struct store_fixture *t, struct pmc_writer *writer)
{
	struct batch_fixture f;
	uint32_t clock, instructions, prog, process, main_thread, worker;
	uint32_t l_main, l_work, l_tiny, l_rec, l_none, s_main, s_rec;

	batch_fixture_init(&f);
	clock = batch_fixture_event(&f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	instructions =
		batch_fixture_event(&f, "instructions", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1000);
	prog = batch_fixture_module(&f, "/opt/bin/prog", PMC_MODULE_USER);
	process = batch_fixture_process(&f, 100, "prog");
	main_thread = batch_fixture_thread(&f, process, 100, "prog");
	l_main = batch_fixture_location(&f, prog, 0x10, "main", "main.c", 12);
	l_work = batch_fixture_location(&f, prog, 0x20, "work", "main.c", 25);
	l_tiny = batch_fixture_location(&f, prog, 0x28, "tiny", "tiny.h", 5);
	batch_fixture_frame(&f, "work", "main.c", 27);
	s_main = batch_fixture_stack(&f, 0, l_main);
	batch_fixture_cost(&f, clock, main_thread, s_main, l_work, 0, 3, 750000);
	batch_fixture_cost(&f, clock, main_thread, s_main, l_tiny, 0, 2, 500000);
	batch_fixture_cost(&f, instructions, main_thread, s_main, l_work, 0, 1, 1000);
	batch_fixture_cost(&f, instructions, main_thread, s_main, l_work, 0, 1, 1001);
	f.batch.end_ns = 100000000;
	f.event_rows.items[clock - 1].enabled_ns = f.event_rows.items[clock - 1].running_ns =
		100000000;
	f.event_rows.items[instructions - 1].enabled_ns = 100000000;
	f.event_rows.items[instructions - 1].running_ns = 50000000;
	f.event_rows.items[clock - 1].counted = 2760000;
	f.event_rows.items[instructions - 1].counted = 2100;
	store_fixture_write(t, writer, &f);

	worker = batch_fixture_thread(&f, process, 101, "worker");
	l_rec = batch_fixture_location(&f, prog, 0x30, "rec", "main.c", 38);
	l_none = batch_fixture_location(&f, prog, 0x99, NULL, NULL, 0);
	s_rec = batch_fixture_stack(&f, s_main, l_rec);
	s_rec = batch_fixture_stack(&f, s_rec, l_rec);
	batch_fixture_cost(&f, clock, main_thread, s_main, l_tiny, 1, 1, 250000);
	batch_fixture_cost(&f, clock, main_thread, s_rec, l_rec, 1, 4, 1000000);
	batch_fixture_cost(&f, clock, worker, 0, l_none, 2, 1, 250000);
	*pmc_array_add(&f.thread_end_rows) =
		(struct pmc_thread_end){ .thread = worker, .end_ns = 250000000 };
	*pmc_array_add(&f.process_end_rows) =
		(struct pmc_process_end){ .process = process, .end_ns = 260000000 };
	*pmc_array_add(&f.loss_rows) = (struct pmc_loss_row){ PMC_HEALTH_LOST_RECORDS, 1, 2, 5 };
	f.batch.health[PMC_HEALTH_LOST_RECORDS] = 5;
	f.batch.end_ns = 300000000;
	store_fixture_write(t, writer, &f);
	batch_fixture_fini(&f);
}

/* A finished small session. */
static inline int64_t store_fixture_session(struct store_fixture *t, struct pmc_store *store,
					    const char *label)
{
	int64_t id;
	struct pmc_writer *writer = store_fixture_begin(t, store, label, &id);

	store_fixture_fill(t, writer);
	assert_int_equal(pmc_writer_finish(writer, 300000000, false, &t->err), 0);
	pmc_writer_free(writer);
	return id;
}

/* Rows of a query as "a|b|c\n" a row; NULL is empty, reals have three places. The caller frees. */
static inline char *store_fixture_rows(struct store_fixture *t, struct pmc_store *store,
				       const char *sql)
{
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, &t->err);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int found;

	if (!query)
		fail_msg("%s: %s", sql, t->err.message);
	while ((found = pmc_query_step(query, &t->err)) == 1) {
		for (int i = 0; i < pmc_query_columns(query); i++) {
			const struct pmc_cell cell = pmc_query_cell(query, i);

			fprintf(out, "%s", i ? "|" : "");
			if (cell.type == PMC_CELL_INT)
				fprintf(out, "%lld", (long long)cell.integer);
			else if (cell.type == PMC_CELL_REAL)
				fprintf(out, "%.3f", cell.real);
			else if (cell.text)
				fprintf(out, "%s", cell.text);
		}
		fputc('\n', out);
	}
	fclose(out);
	if (found)
		fail_msg("%s: %s", sql, t->err.message);
	pmc_query_free(query);
	return text;
}

static inline void store_fixture_expect(struct store_fixture *t, struct pmc_store *store,
					const char *sql, const char *expected)
{
	char *rows = store_fixture_rows(t, store, sql);

	if (strcmp(rows, expected))
		fail_msg("%s\ngave\n%sexpected\n%s", sql, rows, expected);
	free(rows);
}

#endif
