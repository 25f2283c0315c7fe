/*
 * import_fixture.h - recordings made by hand or on disk, imported, and what was handed over.
 */
#ifndef IMPORT_FIXTURE_H
#define IMPORT_FIXTURE_H

#include <stdlib.h>

#include "perf_fixture.h"
#include "collector/collector.h"

enum { EVENTS_MAX = 8, STRINGS_MAX = 4096 };

/* What an import handed over. */
struct taken {
	size_t batches, events;
	bool last;
	char names[EVENTS_MAX][128];
	uint64_t samples[EVENTS_MAX], sums[EVENTS_MAX];
	char *texts[STRINGS_MAX];
	size_t texts_count;
	uint32_t thread_comms[64], thread_tids[64];
	size_t threads;
	uint64_t thread_samples[64];
	uint64_t module_samples[64];
	uint32_t module_paths[64];
	uint32_t location_modules[256];
	size_t modules, locations, stacks;
	uint32_t leaders[EVENTS_MAX];
	enum pmc_event_mode modes[EVENTS_MAX];
	uint8_t build_id_lens[64];
	struct pmc_count_row counts[8];
	size_t counts_count;
	char *bad_advice; /* of bad records */
};

static struct taken taken;

static inline void taken_fini(void)
{
	for (size_t i = 0; i < taken.texts_count; i++)
		free(taken.texts[i]);
	free(taken.bad_advice);
	memset(&taken, 0, sizeof(taken));
}

static inline int take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err)
{
	(void)ctx;
	(void)err;
	taken.batches++;
	taken.last = last;
	if (last && batch->advice[PMC_HEALTH_BAD_RECORDS])
		taken.bad_advice = pmc_strdup(batch->advice[PMC_HEALTH_BAD_RECORDS]);
	taken.events = batch->events_count;
	for (size_t i = 0; i < batch->events_count && i < EVENTS_MAX; i++) {
		snprintf(taken.names[i], sizeof(taken.names[i]), "%s", batch->events[i].name);
		taken.leaders[i] = batch->events[i].leader;
		taken.modes[i] = batch->events[i].mode;
	}
	for (size_t i = 0; i < batch->counts_count && taken.counts_count < 8; i++)
		taken.counts[taken.counts_count++] = batch->counts[i];
	for (size_t i = 0; i < batch->texts_count && taken.texts_count < STRINGS_MAX; i++)
		taken.texts[taken.texts_count++] = pmc_strdup(batch->texts[i]);
	for (size_t i = 0; i < batch->threads_count && taken.threads < 64; i++) {
		taken.thread_comms[taken.threads] = batch->threads[i].comm;
		taken.thread_tids[taken.threads++] = batch->threads[i].tid;
	}
	for (size_t i = 0; i < batch->modules_count && taken.modules < 64; i++) {
		taken.build_id_lens[taken.modules] = batch->modules[i].build_id_len;
		taken.module_paths[taken.modules++] = batch->modules[i].path;
	}
	for (size_t i = 0; i < batch->locations_count && taken.locations < 256; i++)
		taken.location_modules[taken.locations++] = batch->locations[i].module;
	taken.stacks += batch->stacks_count;
	for (size_t i = 0; i < batch->costs_count; i++) {
		const struct pmc_cost_row *cost = &batch->costs[i];

		if (cost->event <= EVENTS_MAX) {
			taken.samples[cost->event - 1] += cost->samples;
			taken.sums[cost->event - 1] += cost->value;
		}
		if (cost->thread <= 64)
			taken.thread_samples[cost->thread - 1] += cost->samples;
		if (cost->location <= 256 && taken.location_modules[cost->location - 1] <= 64)
			taken.module_samples[taken.location_modules[cost->location - 1] - 1] +=
				cost->samples;
	}
	pmc_batch_done(batch);
	return 0;
}

/* Samples of all threads of that name. */
static inline uint64_t samples_of(const char *comm)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < taken.threads; i++)
		if (!strcmp(taken.texts[taken.thread_comms[i] - 1], comm))
			sum += taken.thread_samples[i];
	return sum;
}

static inline uint64_t samples_in(const char *module)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < taken.modules; i++)
		if (!strcmp(taken.texts[taken.module_paths[i] - 1], module))
			sum += taken.module_samples[i];
	return sum;
}

/* Imports a path into `taken`. 0, or -1 with err. */
static inline int import_path(const char *path, struct pmc_import_result *result,
			      struct pmc_err *err)
{
	const struct pmc_sink sink = { .take = take };
	struct pmc_import *import;
	int status;

	taken_fini();
	import = pmc_import_open(&(struct pmc_import_opts){ .path = path }, err);
	if (!import)
		return -1;
	status = pmc_import_run(import, NULL, &sink, result, err);
	if (!status) {
		/* Texts are the import's. */
		result->cut = result->cut ? "cut" : NULL;
		assert_true(taken.last);
	}
	pmc_import_free(import);
	return status;
}

/* What a recording tells of itself; the caller frees the import, whose texts they are. */
static inline struct pmc_import *import_info(const char *path, struct pmc_session_info *info)
{
	struct pmc_err err = { 0 };
	struct pmc_import *import =
		pmc_import_open(&(struct pmc_import_opts){ .path = path }, &err);

	if (!import)
		fail_msg("%s: %s", path, err.message);
	pmc_import_info(import, info);
	return import;
}

static inline int import_bytes(const void *bytes, size_t size, struct pmc_import_result *result,
			       struct pmc_err *err)
{
	char path[64];
	const int fd = file_of(bytes, size, path);
	const int status = import_path(path, result, err);

	close(fd);
	return status;
}

/* ---- recordings made by hand ---- */

enum { ID_CYCLES = 1, ID_CLOCK = 2, PID = 700 };
static const uint64_t TYPE = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
			     PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;

/* cycles with a period in each sample, cpu-clock with a fixed one */
static const struct made_attr ATTRS[] = {
	{ .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES, .freq = true,
	  .period = 4000, .sample_type = TYPE, .sample_id_all = true, .precise = 2 },
	{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .period = 1000000,
	  .sample_type = TYPE & ~(uint64_t)PERF_SAMPLE_PERIOD, .sample_id_all = true },
};

static inline void put_trailer(struct perf_writer *w, uint32_t tid, uint64_t time)
{
	put_pair(w, PID, tid);
	put_u64(w, time);
	put_u64(w, ID_CYCLES);
	put_pair(w, 1, 0);
	put_end(w);
}

static inline void put_comm(struct perf_writer *w, uint64_t time, uint32_t tid, const char *comm)
{
	put_begin(w, ABI_RECORD_COMM, 0);
	put_pair(w, PID, tid);
	put_text(w, comm);
	put_trailer(w, tid, time);
}

static inline void put_mmap(struct perf_writer *w, uint64_t time, uint32_t pid, uint64_t start,
			    uint64_t len, uint64_t pgoff, const char *path)
{
	put_begin(w, ABI_RECORD_MMAP, 0);
	put_pair(w, pid, pid);
	put_u64(w, start);
	put_u64(w, len);
	put_u64(w, pgoff);
	put_text(w, path);
	put_trailer(w, pid, time);
}

static inline void put_sample(struct perf_writer *w, uint64_t time, uint32_t tid, uint64_t id,
			      uint64_t ip, uint64_t period)
{
	put_begin(w, ABI_RECORD_SAMPLE, ABI_MISC_USER);
	put_u64(w, ip);
	put_pair(w, PID, tid);
	put_u64(w, time);
	put_u64(w, id);
	put_pair(w, 1, 0);
	if (id == ID_CYCLES)
		put_u64(w, period);
	put_u64(w, 3);
	put_u64(w, ABI_CONTEXT_USER);
	put_u64(w, ip);
	put_u64(w, ip + 0x100);
	put_end(w);
}

static inline void put_round(struct perf_writer *w)
{
	put_begin(w, PERF_REC_FINISHED_ROUND, 0);
	put_end(w);
}

/* A program of two samples of each event, of which a name changes in between. */
static inline void put_program(struct perf_writer *data)
{
	put_mmap(data, 0, UINT32_MAX, 0xffffffff81000000, 0x1000000, 0xffffffff81000000,
		 "[kernel.kallsyms]_text");
	put_comm(data, 0, PID, "before");
	put_mmap(data, 0, PID, 0x400000, 0x10000, 0x1000, "/opt/program");
	put_sample(data, 1000, PID, ID_CYCLES, 0x401000, 300);
	put_sample(data, 1100, PID, ID_CLOCK, 0x401000, 0);
	put_comm(data, 1200, PID, "after");
	put_sample(data, 1300, PID, ID_CYCLES, 0x402000, 500);
	put_sample(data, 1400, PID, ID_CLOCK, 0x402000, 0);
	put_round(data);
}

static inline void check_program(const struct pmc_import_result *result)
{
	assert_int_equal(result->samples, 4);
	assert_null(result->cut);
	assert_int_equal(result->duration_ns, 400);
	assert_int_equal(taken.events, 2);
	assert_string_equal(taken.names[0], "cycles:pp");
	assert_string_equal(taken.names[1], "cpu-clock");
	assert_int_equal(taken.samples[0], 2);
	assert_int_equal(taken.sums[0], 800);
	assert_int_equal(taken.samples[1], 2);
	assert_int_equal(taken.sums[1], 2000000);
	assert_int_equal(samples_of("before"), 2);
	assert_int_equal(samples_of("after"), 2);
	assert_int_equal(samples_in("/opt/program"), 4);
	assert_int_equal(taken.stacks, 2);
	for (int i = 0; i < PMC_HEALTH_COUNT; i++)
		assert_int_equal(result->health[i], 0);
}

static inline void put_word(struct perf_writer *w, const char *text)
{
	put_number(w, strlen(text) + 1, 4);
	put_bytes(w, text, strlen(text) + 1);
}

static inline void put_feature(struct perf_writer *w, unsigned feature)
{
	put_begin(w, PERF_REC_FEATURE, 0);
	put_u64(w, feature);
}

static inline int end(void **state)
{
	(void)state;
	taken_fini();
	return 0;
}

#define IMPORT_TEST(name) cmocka_unit_test_teardown(name, end)

#endif
