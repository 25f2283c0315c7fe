/*
 * test_import.c - recordings read to their end: both forms and byte orders alike, order across
 * passes, what is left out, what is cut short, and the files of the corpus against what perf reads
 * in them (PMC_CORPUS, or ../shared/corpus beside the project; skipped where it is not).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

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
};

static struct taken taken;

static void taken_fini(void)
{
	for (size_t i = 0; i < taken.texts_count; i++)
		free(taken.texts[i]);
	memset(&taken, 0, sizeof(taken));
}

static int take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err)
{
	(void)ctx;
	(void)err;
	taken.batches++;
	taken.last = last;
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
static uint64_t samples_of(const char *comm)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < taken.threads; i++)
		if (!strcmp(taken.texts[taken.thread_comms[i] - 1], comm))
			sum += taken.thread_samples[i];
	return sum;
}

static uint64_t samples_in(const char *module)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < taken.modules; i++)
		if (!strcmp(taken.texts[taken.module_paths[i] - 1], module))
			sum += taken.module_samples[i];
	return sum;
}

/* Imports a path into `taken`. 0, or -1 with err. */
static int import_path(const char *path, struct pmc_import_result *result, struct pmc_err *err)
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

static int import_bytes(const void *bytes, size_t size, struct pmc_import_result *result,
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

static void put_trailer(struct perf_writer *w, uint32_t tid, uint64_t time)
{
	put_pair(w, PID, tid);
	put_u64(w, time);
	put_u64(w, ID_CYCLES);
	put_pair(w, 1, 0);
	put_end(w);
}

static void put_comm(struct perf_writer *w, uint64_t time, uint32_t tid, const char *comm)
{
	put_begin(w, ABI_RECORD_COMM, 0);
	put_pair(w, PID, tid);
	put_text(w, comm);
	put_trailer(w, tid, time);
}

static void put_mmap(struct perf_writer *w, uint64_t time, uint32_t pid, uint64_t start,
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

static void put_sample(struct perf_writer *w, uint64_t time, uint32_t tid, uint64_t id, uint64_t ip,
		       uint64_t period)
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

static void put_round(struct perf_writer *w)
{
	put_begin(w, PERF_REC_FINISHED_ROUND, 0);
	put_end(w);
}

/* A program of two samples of each event, of which a name changes in between. */
static void put_program(struct perf_writer *data)
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

static void check_program(const struct pmc_import_result *result)
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

static void forms_and_byte_orders_are_alike(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct perf_writer data = { .swap = i & 1 }, w = { .swap = i & 1 };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_program(&data);
		if (i & 2)
			put_pipe(&w, ATTRS, 2, &data);
		else
			put_file(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		check_program(&result);
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* perf record --buildid-mmap tells where and which the kernel is in one record. */
static void kernel_is_known(void **state)
{
	const uint64_t base = 0xffffffff81000000;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct perf_writer data = { .swap = i }, w = { .swap = i };
		char path[64], hex[2 * PMC_BUILD_ID_MAX + 1];
		static const uint8_t id[24] = { 20, 0, 0, 0, 0xab, 0xcd };
		struct pmc_import_opts opts = { .path = path };
		struct pmc_import *import;
		struct pmc_err err = { 0 };
		int fd;

		put_begin(&data, ABI_RECORD_MMAP2, ABI_MISC_MMAP_BUILD_ID | ABI_MISC_KERNEL);
		put_pair(&data, UINT32_MAX, 0);
		put_u64(&data, base);
		put_u64(&data, 0x1000000);
		put_u64(&data, base);
		put_bytes(&data, id, sizeof(id));
		put_pair(&data, 0, 0);
		put_text(&data, "[kernel.kallsyms]_text");
		put_trailer(&data, 0, 0);
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 300);
		put_file(&w, ATTRS, 2, &data);
		fd = file_of(w.bytes.items, w.bytes.count, path);
		import = pmc_import_open(&opts, &err);
		assert_non_null(import);
		assert_int_equal(pmc_import_kernel_base(import), base);
		pmc_import_kernel_id(import, hex);
		assert_string_equal(hex, "abcd000000000000000000000000000000000000");
		pmc_import_free(import);
		close(fd);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void every_prefix_is_an_error_or_says_so(void **state)
{
	(void)state;
	for (int form = 0; form < 2; form++) {
		struct perf_writer data = { .swap = false }, w = { .swap = false };

		put_program(&data);
		if (form)
			put_pipe(&w, ATTRS, 2, &data);
		else
			put_file(&w, ATTRS, 2, &data);
		for (size_t size = 0; size < w.bytes.count; size++) {
			struct pmc_import_result result = { 0 };
			struct pmc_err err = { 0 };

			if (import_bytes(w.bytes.items, size, &result, &err)) {
				assert_int_equal(err.kind, PMC_ERR_DATA);
				assert_true(err.message[0]);
			} else if (!form) {
				assert_non_null(result.cut);
				assert_int_equal(result.health[PMC_HEALTH_FILE_CUT], 1);
			}
		}
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* Two rings: what the second has is older than what the first had in the pass before. */
static void passes_are_put_in_order(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_comm(&data, 0, PID, "first");
	put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
	put_sample(&data, 3000, PID, ID_CYCLES, 0x401000, 1); /* under its second name */
	put_round(&data);
	put_comm(&data, 2000, PID, "second");
	put_sample(&data, 5000, PID, ID_CYCLES, 0x401000, 1); /* under its third */
	put_round(&data);
	put_comm(&data, 4000, PID, "third");
	put_round(&data);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_of("first"), 1);
	assert_int_equal(samples_of("second"), 1);
	assert_int_equal(samples_of("third"), 1);
	assert_int_equal(result.health[PMC_HEALTH_LATE_SIDEBAND], 0);
	writer_fini(&data);
	writer_fini(&w);
}

static void what_has_no_times_has_the_order_of_the_file(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct made_attr attr = ATTRS[0];
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID;
	attr.sample_id_all = false;
	attr.freq = false;
	for (int i = 0; i < 3; i++) {
		put_begin(&data, ABI_RECORD_COMM, 0);
		put_pair(&data, PID, PID);
		put_text(&data, i ? "later" : "early");
		put_end(&data);
		put_begin(&data, ABI_RECORD_SAMPLE, ABI_MISC_USER);
		put_u64(&data, 0x401000);
		put_pair(&data, PID, PID);
		put_end(&data);
	}
	put_file(&w, &attr, 1, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_of("early"), 1);
	assert_int_equal(samples_of("later"), 2);
	assert_int_equal(taken.sums[0], 3 * 4000);
	writer_fini(&data);
	writer_fini(&w);
}

static void put_word(struct perf_writer *w, const char *text)
{
	put_number(w, strlen(text) + 1, 4);
	put_bytes(w, text, strlen(text) + 1);
}

static void put_feature(struct perf_writer *w, unsigned feature)
{
	put_begin(w, PERF_REC_FEATURE, 0);
	put_u64(w, feature);
}

/* A group of two, whose leader's samples read the other one; beside it its namesake. */
static void groups_have_leaders(void **state)
{
	struct made_attr attrs[] = { ATTRS[0], ATTRS[1], ATTRS[1] };
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_session_info info = { 0 };
	const struct pmc_fact *last;
	struct pmc_import *import;
	struct pmc_err err = { 0 };
	char path[64];
	int fd;

	(void)state;
	attrs[0].sample_type |= PERF_SAMPLE_READ;
	attrs[0].read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
	attrs[1].period = 0;
	put_feature(&data, PERF_FEAT_GROUP_DESC);
	put_number(&data, 1, 4);
	put_word(&data, "mine");
	put_pair(&data, 0, 2);
	put_end(&data);
	put_feature(&data, PERF_FEAT_CPUID);
	put_word(&data, "Some,1");
	put_end(&data);
	put_comm(&data, 0, PID, "some");
	put_sample(&data, 1000, PID, 3, 0x401000, 0);
	put_pipe(&w, attrs, 3, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_string_equal(taken.names[1], "cpu-clock");
	assert_string_equal(taken.names[2], "cpu-clock#2");
	assert_int_equal(taken.samples[2], 1);
	assert_int_equal(taken.leaders[0], 1);
	assert_int_equal(taken.leaders[1], 1);
	assert_int_equal(taken.leaders[2], 0);
	assert_int_equal(taken.modes[0], PMC_MODE_FREQUENCY);
	assert_int_equal(taken.modes[1], PMC_MODE_READ);
	assert_int_equal(taken.modes[2], PMC_MODE_PERIOD);
	fd = file_of(w.bytes.items, w.bytes.count, path);
	import = pmc_import_open(&(struct pmc_import_opts){ .path = path }, &err);
	assert_non_null(import);
	pmc_import_info(import, &info);
	assert_int_equal(info.facts_count, 2);
	assert_string_equal(info.facts[0].name, "cpuid");
	last = &info.facts[1];
	assert_string_equal(last->name, "group_name");
	assert_string_equal(last->item, "cycles:pp");
	assert_string_equal(last->value, "mine");
	pmc_import_free(import);
	close(fd);
	writer_fini(&data);
	writer_fini(&w);
}

/* As perf record -s has them: a record a thread and counter. The counters of two CPUs add up. */
static void threads_that_ended_tell_their_counts(void **state)
{
	struct made_attr attrs[] = { ATTRS[0], ATTRS[1] };

	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer data = { .swap = swap }, w = { .swap = swap };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		for (int i = 0; i < 2; i++) {
			attrs[i].inherit = true;
			attrs[i].read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
					       PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_ID;
		}
		put_comm(&data, 0, PID, "some");
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
		for (uint64_t i = 0; i < 3; i++) {
			put_begin(&data, ABI_RECORD_READ, 0);
			put_pair(&data, PID, PID);
			put_u64(&data, 100 + i);
			put_u64(&data, 80);
			put_u64(&data, 40);
			put_u64(&data, i < 2 ? ID_CYCLES : ID_CLOCK);
			put_trailer(&data, PID, 2000);
		}
		put_file(&w, attrs, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(taken.counts_count, 2);
		assert_int_equal(taken.counts[0].event, 1);
		assert_int_equal(taken.counts[0].thread, 1);
		assert_int_equal(taken.counts[0].counted, 201);
		assert_int_equal(taken.counts[0].value, 402);
		assert_int_equal(taken.counts[0].enabled_ns, 160);
		assert_int_equal(taken.counts[0].running_ns, 80);
		assert_int_equal(taken.counts[1].event, 2);
		assert_int_equal(taken.counts[1].counted, 102);
		assert_int_equal(taken.counts[1].value, 102); /* what the kernel counts, runs */
		assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 0);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void put_count(struct perf_writer *w, uint64_t id, uint32_t cpu, uint32_t thread,
		      uint64_t value, uint64_t enabled, uint64_t running)
{
	put_begin(w, PERF_REC_STAT, 0);
	put_u64(w, id);
	put_pair(w, cpu, thread);
	put_u64(w, value);
	put_u64(w, enabled);
	put_u64(w, running);
	put_end(w);
}

static void put_stat_round(struct perf_writer *w, uint64_t time)
{
	put_begin(w, PERF_REC_STAT_ROUND, 0);
	put_u64(w, 0);
	put_u64(w, time);
	put_end(w);
}

/* by_cpu: perf was asked for them. Two threads are always told apart. */
static void put_counts(struct perf_writer *w, bool by_cpu, unsigned threads)
{
	put_begin(w, PERF_REC_THREAD_MAP, 0);
	put_u64(w, threads);
	for (unsigned i = 0; i < threads; i++) {
		put_u64(w, 70 + i);
		put_bytes(w, i ? "second\0\0\0\0\0\0\0\0\0\0" : "first thread of\0", 16);
	}
	put_end(w);
	put_begin(w, PERF_REC_STAT_CONFIG, 0);
	put_u64(w, 1);
	put_u64(w, 0);
	put_u64(w, by_cpu ? 0 : 1);
	put_end(w);
	put_count(w, ID_CYCLES, 0, 0, 1000, 400, 200);
	put_count(w, ID_CLOCK, 1, threads - 1, 50, 50, 50);
	put_stat_round(w, 1000000);
	put_count(w, ID_CYCLES, 0, 0, 1600, 800, 600);
	put_count(w, ID_CLOCK, 1, threads - 1, 50, 60, 60);
	put_count(w, 99, 1, 0, 1, 1, 1);
	put_count(w, ID_CLOCK, 1, 0, 1ULL << 60, 1, 1);
	put_stat_round(w, 3000000);
	put_count(w, ID_CYCLES, 0, 0, 1601, 801, 601);
}

static void check_count(size_t row, uint32_t event, uint64_t start, uint64_t end, uint64_t counted,
			uint64_t value)
{
	const struct pmc_count_row *count = &taken.counts[row];

	assert_true(row < taken.counts_count);
	assert_int_equal(count->event, event);
	assert_int_equal(count->run, 1);
	assert_int_equal(count->start_ns, start);
	assert_int_equal(count->end_ns, end);
	assert_int_equal(count->counted, counted);
	assert_int_equal(count->value, value);
}

/* Sums so far become gains, of all, of CPUs or of threads. */
static void counts_of_perf_stat(void **state)
{
	static const struct made_attr attrs[] = {
		{ .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES },
		{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK },
	};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct perf_writer data = { .swap = i & 1 }, w = { .swap = i & 1 };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_counts(&data, i / 2 == 1, i / 2 == 2 ? 2 : 1);
		put_pipe(&w, attrs, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(taken.modes[0], PMC_MODE_COUNT);
		assert_int_equal(result.samples, 0);
		assert_true(result.counts_alone);
		assert_int_equal(taken.counts_count, 4);
		assert_int_equal(result.duration_ns, 3000000);
		check_count(0, 1, 0, 1000000, 1000, 2000);
		check_count(1, 2, 0, 1000000, 50, 50);
		/* The last reading, without an end, is the last interval's. */
		check_count(2, 1, 1000000, 3000000, 601, 601);
		check_count(3, 2, 1000000, 3000000, 0, 0);
		assert_int_equal(taken.counts[0].cpu, i / 2 == 1 ? 0 : -1);
		assert_int_equal(taken.counts[1].cpu, i / 2 == 1 ? 1 : -1);
		assert_int_equal(taken.counts[0].thread != 0, i / 2 == 2);
		if (i / 2 == 2) {
			assert_int_equal(taken.thread_tids[taken.counts[0].thread - 1], 70);
			assert_int_equal(taken.thread_tids[taken.counts[1].thread - 1], 71);
		}
		assert_int_equal(result.health[PMC_HEALTH_UNOWNED], 1);
		assert_int_equal(result.health[PMC_HEALTH_BAD_RECORDS], 1);
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* A count in a recording of samples is left out; so is a sample in one of counts. */
static void counts_and_samples_do_not_mix(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct perf_writer data = { .swap = false }, w = { .swap = false };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_comm(&data, 0, PID, "some");
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
		if (late) {
			put_begin(&data, PERF_REC_STAT_CONFIG, 0);
			put_u64(&data, 0);
			put_end(&data);
		}
		put_count(&data, ID_CYCLES, 0, 0, 1000, 400, 200);
		put_stat_round(&data, 1000000);
		put_pipe(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(result.samples, 1);
		assert_int_equal(taken.counts_count, 0);
		assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 2);
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* As perf inject writes them: behind the mapping, before the first sample in it. */
static void build_ids_may_come_late(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_comm(&data, 0, PID, "some");
	put_mmap(&data, 0, PID, 0x400000, 0x10000, 0x1000, "/opt/program");
	put_round(&data);
	put_sample(&data, 900, PID, ID_CYCLES, 0x501000, 1);
	put_begin(&data, PERF_REC_BUILD_ID, 0);
	put_number(&data, UINT32_MAX, 4);
	put_bytes(&data, "abcdefghijklmnopqrst\024\0\0", 24);
	put_text(&data, "/opt/program");
	put_end(&data);
	put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
	put_pipe(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_in("/opt/program"), 1);
	for (size_t i = 0; i < taken.modules; i++)
		assert_int_equal(taken.build_id_lens[i],
				 strcmp(taken.texts[taken.module_paths[i] - 1], "/opt/program") ?
					 0 : 20);
	assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 0);
	writer_fini(&data);
	writer_fini(&w);
}

static void samples_that_no_event_owns_are_counted(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_program(&data);
	put_sample(&data, 1500, PID, 99, 0x401000, 0);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.samples, 4);
	assert_int_equal(result.health[PMC_HEALTH_UNOWNED], 1);
	writer_fini(&data);
	writer_fini(&w);
}

/* s390's kernel has addresses of its own, from 0 up; perf need not tell which (kptr_restrict). */
static void a_kernel_may_lie_low(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer data = { .swap = swap }, w = { .swap = swap };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_begin(&data, PERF_REC_FEATURE, 0);
		put_u64(&data, PERF_FEAT_ARCH);
		put_number(&data, 8, 4);
		put_bytes(&data, "s390x\0\0", 8);
		put_number(&data, 0, 4);
		put_end(&data);
		put_begin(&data, ABI_RECORD_SAMPLE, ABI_MISC_KERNEL);
		put_u64(&data, 0x40ee52);
		put_pair(&data, PID, PID);
		put_u64(&data, 1000);
		put_u64(&data, ID_CLOCK);
		put_pair(&data, 1, 0);
		put_u64(&data, 4);
		put_u64(&data, ABI_CONTEXT_KERNEL);
		put_u64(&data, 0x40ee52);
		put_u64(&data, 0x411c0c);
		put_u64(&data, 0xa2252c);
		put_end(&data);
		put_pipe(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(samples_in("[kernel]"), 1);
		assert_int_equal(taken.stacks, 2);
		assert_int_equal(result.health[PMC_HEALTH_UNMAPPED], 0);
		assert_int_equal(result.health[PMC_HEALTH_STACK_CUT], 0);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void trace_data_is_passed_over_and_counted(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_begin(&data, PERF_REC_AUXTRACE, 0);
	put_u64(&data, 24);
	for (int i = 0; i < 4; i++)
		put_u64(&data, 0);
	put_end(&data);
	put_bytes(&data, "no records, but 24 bytes", 24);
	put_program(&data);
	put_begin(&data, ABI_RECORD_NAMESPACES, 0);
	put_trailer(&data, PID, 1500);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.samples, 4);
	assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 2);
	writer_fini(&data);
	writer_fini(&w);
}

static void bad_input_is_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *message;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "PERFFILE........", 16, "version 1" },
		{ "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16, "an ELF header" },
		{ "just some text, no recording", 28, "begins with 6a 75 73 74" },
		{ "PERFILE2\0\0\0\0\0\0\0\20", 16, "contradict" },
		{ "PERFILE2\0\0\0\0\0\0\0\0", 16, "offset 8" },
		{ "PERFILE2\20\0\0\0\0\0\0\0", 16, "no events" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_bytes(cases[i].bytes, cases[i].size, &result, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_DATA);
		if (!strstr(err.message, cases[i].message))
			assert_non_null(strstr(err.hint, cases[i].message));
	}
	{
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_path("/nonexistent/perf.data", &result, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_SYSTEM);
		pmc_err_clear(&err);
		assert_int_equal(import_path("/", &result, &err), -1);
	}
}

/* ---- the corpus ---- */

static const char *corpus(void)
{
	const char *path = getenv("PMC_CORPUS");

	if (!path)
		path = "../shared/corpus";
	if (access(path, R_OK)) {
		print_message("%s is not here: set PMC_CORPUS\n", path);
		skip();
	}
	return path;
}

/*
 * "cpu_core/cycles:ppp/" and "branch-instructions:pp": what the names of both have in common.
 * What follows the ':' of tracepoints is no modifiers, but a name.
 */
static void plain_name(const char *name, char text[128])
{
	static const char PMU[] = "cpu_core/";
	size_t len;

	if (!strncmp(name, PMU, strlen(PMU)))
		name += strlen(PMU);
	if (!strncmp(name, "branch-instructions", 19))
		name = "branches";
	len = strcspn(name, ":");
	if (strchr(name + len, '_'))
		len = strlen(name);
	snprintf(text, 128, "%.*s", (int)len, name);
}

/* Each row of expected.tsv in the folder: file, event, samples, sum of periods. How many rows. */
static size_t check_folder(const char *folder)
{
	PMC_FREE char *list = pmc_sprintf("%s/expected.tsv", folder);
	char line[512], file[256], event[128], before[256] = "", wanted[128], name[128];
	unsigned long long samples, sum;
	struct pmc_import_result result = { 0 };
	size_t rows = 0;
	FILE *in = fopen(list, "re");

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in)); /* headings */
	while (fgets(line, sizeof(line), in)) {
		bool found = false;

		assert_int_equal(sscanf(line, "%255[^\t]\t%127[^\t]\t%llu\t%llu", file, event,
					&samples, &sum),
				 4);
		if (strcmp(file, before)) {
			PMC_FREE char *path = pmc_sprintf("%s/%s", folder, file);
			struct pmc_err err = { 0 };

			if (import_path(path, &result, &err))
				fail_msg("%s: %s", file, err.message);
			assert_null(result.cut);
			snprintf(before, sizeof(before), "%s", file);
		}
		plain_name(event, wanted);
		for (size_t i = 0; i < taken.events && i < EVENTS_MAX; i++) {
			plain_name(taken.names[i], name);
			if (strcmp(name, wanted) || !taken.samples[i])
				continue;
			found = true;
			if (taken.samples[i] != samples || taken.sums[i] != sum)
				fail_msg("%s, %s: %llu samples, %llu; perf has %llu, %llu", file,
					 event, (unsigned long long)taken.samples[i],
					 (unsigned long long)taken.sums[i], samples, sum);
		}
		if (!found)
			fail_msg("%s has no %s", file, event);
		rows++;
	}
	fclose(in);
	return rows;
}

static void the_corpus_gives_what_perf_reads(void **state)
{
	(void)state;
	assert_true(check_folder(corpus()) > 40);
}

static void our_own_recordings_too(void **state)
{
	const char *version;

	(void)state;
	/* Two of them are compressed. */
	if (!pmc_import_inflates(&version))
		skip();
	assert_int_equal(check_folder("tests/fixtures"), 23);
}

/* Without rules of unwinding for that machine. */
static void copied_stacks_that_nobody_unwinds_are_counted(void **state)
{
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(import_path("tests/fixtures/s390x-dwarf.data", &result, &err), 0);
	assert_int_equal(result.samples, 10);
	assert_int_equal(result.health[PMC_HEALTH_UNWIND_NO_CFI], 10);
}

/* Type 83, which no perf up to 6.12 reads: what follows are counts of this importer. */
static void the_corpus_has_newer_records(void **state)
{
	static const struct {
		const char *file;
		uint64_t samples;
		bool cut; /* text behind the last record */
	} cases[] = {
		{ "linux-perf-data/fibo.compressed2.pipe.data", 547, false },
		{ "linux-perf-data/sleep.compressed2.data", 7, false },
		{ "linux-perf-data/sleep.compressed2.pipe.data", 7, true },
	};
	const char *version;

	(void)state;
	corpus();
	if (!pmc_import_inflates(&version))
		skip();
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *path = pmc_sprintf("%s/%s", corpus(), cases[i].file);
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_path(path, &result, &err), 0);
		assert_int_equal(result.samples, cases[i].samples);
		assert_int_equal(result.cut != NULL, cases[i].cut);
	}
}

static int end(void **state)
{
	(void)state;
	taken_fini();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(forms_and_byte_orders_are_alike, end),
		cmocka_unit_test_teardown(kernel_is_known, end),
		cmocka_unit_test_teardown(every_prefix_is_an_error_or_says_so, end),
		cmocka_unit_test_teardown(passes_are_put_in_order, end),
		cmocka_unit_test_teardown(what_has_no_times_has_the_order_of_the_file, end),
		cmocka_unit_test_teardown(groups_have_leaders, end),
		cmocka_unit_test_teardown(threads_that_ended_tell_their_counts, end),
		cmocka_unit_test_teardown(counts_of_perf_stat, end),
		cmocka_unit_test_teardown(counts_and_samples_do_not_mix, end),
		cmocka_unit_test_teardown(build_ids_may_come_late, end),
		cmocka_unit_test_teardown(samples_that_no_event_owns_are_counted, end),
		cmocka_unit_test_teardown(a_kernel_may_lie_low, end),
		cmocka_unit_test_teardown(trace_data_is_passed_over_and_counted, end),
		cmocka_unit_test_teardown(bad_input_is_told, end),
		cmocka_unit_test_teardown(our_own_recordings_too, end),
		cmocka_unit_test_teardown(copied_stacks_that_nobody_unwinds_are_counted, end),
		cmocka_unit_test_teardown(the_corpus_gives_what_perf_reads, end),
		cmocka_unit_test_teardown(the_corpus_has_newer_records, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
