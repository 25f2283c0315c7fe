/*
 * many_stacks.c - makes a session with as many distinct stacks as it is told, for figures about
 * large trees.
 *
 *   many_stacks FILE STACKS [EVENTS]
 *
 * Every stack row has one of the rows before it as its caller, from a window that makes stacks some
 * thirty deep, and every row has samples of its own: as many distinct stacks as rows, and twice as
 * many nodes in the tree. The same on every machine.
 */
#include <stdio.h>

#include "batch_fixture.h"
#include "store/store.h"

enum { FUNCTIONS = 2000, LOCATIONS = 6000, ROWS_A_BATCH = 50000 };

static uint64_t state = 42;

/* xorshift64: the figures must not depend on the C library. */
static uint32_t next_random(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 20) % below);
}

static int fail(const struct pmc_err *err)
{
	fprintf(stderr, "many_stacks: %s (%s)\n", err->message, err->hint);
	return 1;
}

static void add_code(struct batch_fixture *f, char (*names)[32])
{
	uint32_t module = batch_fixture_module(f, "/opt/bin/large", PMC_MODULE_USER);

	for (uint32_t i = 0; i < FUNCTIONS; i++)
		snprintf(names[i], sizeof(names[i]), "function_%04u", i);
	for (uint32_t i = 0; i < LOCATIONS; i++) {
		batch_fixture_location(f, module, 0x1000 + 16 * (uint64_t)i, names[i % FUNCTIONS],
				       "large.c", 10 * (i % FUNCTIONS) + 1);
		if (i % 10 == 9)
			batch_fixture_frame(f, names[(i + 7) % FUNCTIONS], "large.c", i);
	}
}

static void add_stacks(struct batch_fixture *f, uint32_t count, uint32_t window, uint32_t thread,
		       unsigned events)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t below = f->stacks < window ? f->stacks : window;
		uint32_t parent = below ? f->stacks - next_random(below) : 0;
		uint32_t stack = batch_fixture_stack(f, parent, 1 + next_random(LOCATIONS));
		uint32_t samples = 1 + next_random(4), leaf = 1 + next_random(LOCATIONS);

		for (unsigned e = 1; e <= events; e++)
			batch_fixture_cost(f, e, thread, stack, leaf, stack / 20000, samples,
					   samples * 250000ULL * e);
	}
}

int main(int argc, char **argv)
{
	static char names[FUNCTIONS][32];
	const struct pmc_session_info info = { .command = "./large", .cpus = 2,
					       .slice_ns = PMC_SLICE_NS_DEFAULT };
	const uint32_t total = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	const unsigned events = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	struct pmc_err err = { 0 };
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct batch_fixture f;
	uint32_t thread;
	int64_t id;

	if (!total || !events || events > 4) {
		fprintf(stderr, "usage: many_stacks FILE STACKS [EVENTS]\n");
		return 2;
	}
	store = pmc_store_open(argv[1], PMC_STORE_CREATE, &err);
	writer = store ? pmc_writer_begin(store, &info, &id, &err) : NULL;
	if (!writer)
		return fail(&err);
	batch_fixture_init(&f);
	for (unsigned e = 0; e < events; e++)
		batch_fixture_event(&f, (const char *[]){ "cpu-clock", "cycles", "instructions",
							  "cache-misses" }[e],
				    e ? PMC_UNIT_COUNT : PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
	thread = batch_fixture_thread(&f, batch_fixture_process(&f, 100, "large"), 100, "large");
	add_code(&f, names);
	while (f.stacks < total) {
		uint32_t left = total - f.stacks;

		add_stacks(&f, left < ROWS_A_BATCH ? left : ROWS_A_BATCH, total / 16 + 1, thread,
			   events);
		f.batch.end_ns = (f.stacks / 20000 + 1) * (uint64_t)PMC_SLICE_NS_DEFAULT;
		if (pmc_writer_write(writer, batch_fixture_batch(&f), &err))
			return fail(&err);
		batch_fixture_next(&f);
	}
	if (pmc_writer_finish(writer, f.batch.end_ns, false, &err))
		return fail(&err);
	pmc_writer_free(writer);
	pmc_store_close(store);
	batch_fixture_fini(&f);
	return 0;
}
