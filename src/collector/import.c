/*
 * import.c - a recording of perf from open to last batch: what collector.c is for live ones.
 *
 * Job: hand each record to where it belongs, decide when a round and when a batch is due, and tell
 * what was left out and where reading ended.
 *
 *   perf_file ─► record ─┬─ sample, side-band ─► import_order ─► rings ─► round ─► batch
 *                        ├─ end of a pass ─────► a round, if it is worth one
 *                        └─ all others ────────► left out, and counted
 *
 * In memory are a few MB of records, and what distinct keys need; however long the file is.
 * A file that ends early, or makes no sense from some offset on, gives a session of what came until
 * then, which says so. Only where nothing was sampled until then it is an error.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "collector/collector.h"
#include "collector/import_counters.h"
#include "collector/import_order.h"
#include "collector/import_skips.h"
#include "collector/outgoing.h"
#include "collector/perf_abi.h"
#include "collector/perf_swap.h"
#include "collector/proc.h"
#include "collector/round.h"

enum {
	FLUSH_ROWS = 1 << 16,	  /* rows of costs that are worth a batch */
	ROWS_MAX = 1 << 18,	  /* … that are held while the disk is slow */
	LOOK_EVERY = 1 << 14,	  /* records between looks at the clock and at signals */
	TYPE_MAX = 256,		  /* above it bytes are no record, whatever perf may invent */
};
static const uint64_t FLUSH_NS = 1000000000;

struct pmc_import {
	struct pmc_import_opts opts;
	struct perf_file file;
	struct pmc_event_list events;
	struct counters counters;
	struct catalog catalog;
	struct tracker tracker;
	struct import_order order;
	struct import_skips skips;
	struct round round;
	struct outgoing outgoing;
	struct pmc_event_row *event_rows;
	uint64_t health[PMC_HEALTH_COUNT]; /* beside the round's */
	char *advice[PMC_HEALTH_COUNT];
	char *cut;
	uint64_t kernel_base; /* 0: not told */
	char *source;
	int64_t modified_ns;  /* of the file; 0: not known */
	uint64_t start_ns, flush_at_ns, pass_at_ns;
	uint64_t stray_offset, stray_id; /* of the first sample that no event owns */
	uint32_t until_look;
	bool has_times, has_round;
	bool has_sampled; /* a sample was seen */
	bool ended, stopped;
};

static uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- records ---- */

/* The id that a record bears, before its bytes are turned round. */
static uint64_t find_id(const struct pmc_import *import, const struct perf_record *record)
{
	const uint64_t id = record_find_id(record->bytes, &import->counters.layouts[0]);

	return import->file.swap ? __builtin_bswap64(id) : id;
}

static void note_stray(struct pmc_import *import, const struct perf_record *record)
{
	if (import->health[PMC_HEALTH_UNOWNED]++)
		return;
	import->stray_offset = record->offset;
	import->stray_id = find_id(import, record);
}

static void take_sample(struct pmc_import *import, const struct perf_record *record)
{
	const struct counters *counters = &import->counters;
	const struct layout *layout;
	uint32_t event = counters->sole_event;

	import->has_sampled = true;
	if (record->size % 8) {
		import->health[PMC_HEALTH_BAD_RECORDS]++;
		return;
	}
	if (!event)
		event = counters_event(counters, find_id(import, record));
	if (!event) {
		note_stray(import, record);
		return;
	}
	layout = counters_layout(counters, event);
	if (import->file.swap)
		perf_swap_record(record->bytes, layout);
	import_order_sample(&import->order, record->bytes, record->size,
			    record_time(record->bytes, layout));
}

/* perf tells the kernel's image first of all. */
static void note_kernel(struct pmc_import *import, const struct perf_record *record,
			const struct layout *layout)
{
	struct record mapping;

	if (record_decode(record->bytes, layout, &mapping) == DECODE_OK &&
	    mapping.mmap.pid == UINT32_MAX && !strncmp(mapping.mmap.path, "[kernel.", 8))
		import->kernel_base = mapping.mmap.pgoff ? mapping.mmap.pgoff : mapping.mmap.start;
}

static void take_sideband(struct pmc_import *import, const struct perf_record *record)
{
	const struct counters *counters = &import->counters;
	const uint32_t event = counters->mixed_trailers ?
				       counters_event(counters, find_id(import, record)) : 0;
	const struct layout *layout = counters_layout(counters, event);

	if (record->size % 8) {
		import->health[PMC_HEALTH_BAD_RECORDS]++;
		return;
	}
	if (import->file.swap)
		perf_swap_record(record->bytes, layout);
	if (!import->kernel_base && record->type == ABI_RECORD_MMAP)
		note_kernel(import, record, layout);
	import_order_sideband(&import->order, record->bytes, record->size,
			      record_time(record->bytes, layout));
}

/*
 * The end of a pass over the rings. Very short ones are taken together, but not for so long that
 * who looks at a stream while it is recorded waits for it.
 */
static bool is_pass_end(const struct pmc_import *import)
{
	return import_order_is_due(&import->order) ||
	       clock_now_ns() - import->pass_at_ns >= FLUSH_NS;
}

static void skip(struct pmc_import *import, uint32_t type)
{
	if ((type >= ABI_RECORD_MAX && type < PERF_REC_HEADER_ATTR) || type >= PERF_REC_MAX ||
	    !type)
		import->health[PMC_HEALTH_UNKNOWN_RECORDS]++;
	else
		import_skips_add(&import->skips, type, 1, 0);
}

/* True: a pass ends here. */
static bool take_record(struct pmc_import *import, const struct perf_record *record)
{
	switch (record->type) {
	case ABI_RECORD_SAMPLE:
		take_sample(import, record);
		return import_order_is_full(&import->order);
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
	case ABI_RECORD_COMM:
	case ABI_RECORD_FORK:
	case ABI_RECORD_EXIT:
	case ABI_RECORD_KSYMBOL:
	case ABI_RECORD_LOST:
	case ABI_RECORD_LOST_SAMPLES:
	case ABI_RECORD_THROTTLE:
	case ABI_RECORD_UNTHROTTLE:
		/* Without times order is all that is known. */
		if (!import->has_times && import->order.current.count) {
			perf_stream_hold(&import->file.stream);
			return true;
		}
		take_sideband(import, record);
		return import_order_is_full(&import->order);
	case PERF_REC_FINISHED_ROUND:
		return is_pass_end(import);
	case PERF_REC_FINISHED_INIT:
	case PERF_REC_EVENT_TYPE:
	case PERF_REC_EVENT_UPDATE:
	case PERF_REC_ID_INDEX:
	case PERF_REC_THREAD_MAP:
	case PERF_REC_CPU_MAP:
	case PERF_REC_TIME_CONV:
	case PERF_REC_STAT_CONFIG:
		return false;
	default:
		skip(import, record->type);
		return false;
	}
}

static void end_early(struct pmc_import *import, const char *why)
{
	import->ended = true;
	if (import->cut)
		return;
	import->cut = pmc_strdup(why);
	import->health[PMC_HEALTH_FILE_CUT] = 1;
}

static void look_around(struct pmc_import *import)
{
	const struct pmc_import_opts *opts = &import->opts;

	import->until_look = LOOK_EVERY;
	if (opts->progress)
		opts->progress(opts->progress_ctx, import->file.input.offset,
			       import->file.input.size);
	if (opts->stop && opts->stop->signal)
		import->stopped = import->ended = true;
}

/* Reads until a pass ends, or the file. */
static int read_pass(struct pmc_import *import, struct pmc_err *err)
{
	struct perf_record record;
	struct pmc_err why = { 0 };
	char text[96];

	import->pass_at_ns = clock_now_ns();
	while (!import->ended) {
		switch (perf_file_next(&import->file, &record, &why)) {
		case PERF_NEXT_RECORD:
			break;
		case PERF_NEXT_END:
			import->ended = true;
			if (import->file.unfinished)
				end_early(import, "perf did not write the end of the recording: "
						  "it was killed, or the disk was full");
			return 0;
		case PERF_NEXT_CUT:
			end_early(import, why.message);
			return 0;
		case PERF_NEXT_ERROR:
			*err = why;
			return -1;
		}
		if (record.type >= TYPE_MAX) {
			snprintf(text, sizeof(text),
				 "the record at offset %llu has an impossible type: %u",
				 (unsigned long long)record.offset, record.type);
			end_early(import, text);
			return 0;
		}
		if (!import->until_look--)
			look_around(import);
		if (take_record(import, &record))
			return 0;
	}
	return 0;
}

/* ---- open, free ---- */

static bool has_times(const struct counters *counters)
{
	for (size_t i = 0; i <= counters->events->count; i++)
		if (counters->layouts[i].sample_type & PERF_SAMPLE_TIME)
			return true;
	return false;
}

static void prepare_event_rows(struct pmc_import *import)
{
	const struct pmc_event_list *events = &import->events;

	import->event_rows = pmc_calloc(events->count, sizeof(*import->event_rows));
	for (size_t i = 0; i < events->count; i++) {
		const struct pmc_event *event = &events->events[i];

		import->event_rows[i] =
			(struct pmc_event_row){ .name = event->name,
						.requested = event->requested,
						.unit = event->unit,
						.mode = event->sampling.mode,
						.period_or_hz = event->sampling.period_or_hz };
	}
}

static int open_file(struct pmc_import *import, struct pmc_err *err)
{
	struct perf_input input;
	struct stat st;

	if (perf_input_open(&input, import->opts.path, err))
		return -1;
	if (!fstat(input.fd, &st) && S_ISREG(st.st_mode))
		import->modified_ns =
			(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return perf_file_open(&import->file, &input, err);
}

static int open_import(struct pmc_import *import, struct pmc_err *err)
{
	const char *version;

	if (open_file(import, err) ||
	    import_counters_init(&import->counters, &import->events, &import->file, err))
		return -1;
	import_order_init(&import->order, import->counters.rings);
	import->has_times = has_times(&import->counters);
	import->tracker.is_foreign = true;
	import->tracker.build_ids = &import->file.facts.build_ids;
	/* Where the file does not say what of the kernel lies where. */
	tracker_kernel(&import->tracker, 0);
	prepare_event_rows(import);
	if (read_pass(import, err))
		return -1;
	if (import->file.facts.damaged && !import->cut) {
		import->cut = pmc_sprintf("%u of the parts that tell of it (host, names of events, "
					  "build-ids) are missing or damaged",
					  import->file.facts.damaged);
		import->health[PMC_HEALTH_FILE_CUT] = 1;
	}
	if (import->cut && !import->has_sampled) {
		return pmc_err_set(err, PMC_ERR_DATA, "there is nothing to import from '%s': %s",
				   import->file.input.name, import->cut);
	}
	import->start_ns = import->order.oldest_ns == UINT64_MAX ? 0 : import->order.oldest_ns;
	import->tracker.start_ns = import->start_ns;
	version = import->file.facts.version ? import->file.facts.version : "";
	import->source = pmc_sprintf("perf%s%s, %s", version[0] ? " " : "", version,
				     import->file.input.name);
	return 0;
}

struct pmc_import *pmc_import_open(const struct pmc_import_opts *opts, struct pmc_err *err)
{
	struct pmc_import *import = pmc_calloc(1, sizeof(*import));

	import->opts = *opts;
	if (!opts->slice_ns)
		import->opts.slice_ns = PMC_SLICE_NS_DEFAULT;
	catalog_init(&import->catalog);
	tracker_init(&import->tracker, &import->catalog);
	if (!open_import(import, err))
		return import;
	pmc_import_free(import);
	return NULL;
}

void pmc_import_free(struct pmc_import *import)
{
	if (!import)
		return;
	if (import->has_round)
		round_fini(&import->round);
	import_order_fini(&import->order);
	counters_close(&import->counters);
	pmc_event_list_fini(&import->events);
	tracker_fini(&import->tracker);
	catalog_fini(&import->catalog);
	perf_file_close(&import->file);
	import_skips_fini(&import->skips);
	outgoing_fini(&import->outgoing);
	free(import->event_rows);
	free(import->cut);
	free(import->source);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		free(import->advice[i]);
	free(import);
}

/* ---- what is told of it ---- */

/*
 * When session time 0 was: by the clocks that the file has, else its end is when it was written.
 * Whatever numbers a damaged file has for them.
 */
static int64_t started_at_ns(const struct pmc_import *import)
{
	const struct perf_facts *facts = &import->file.facts;
	uint64_t end = (uint64_t)import->modified_ns;
	struct timespec now;

	if (facts->has_clock)
		return (int64_t)(facts->wall_ns - facts->clock_ns + import->start_ns);
	clock_gettime(CLOCK_REALTIME, &now);
	if (!end)
		end = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return (int64_t)(end - (facts->last_ns > facts->first_ns ?
					facts->last_ns - facts->first_ns :
					0));
}

void pmc_import_info(const struct pmc_import *import, struct pmc_session_info *info)
{
	const struct perf_facts *facts = &import->file.facts;

	info->command = facts->command ? facts->command : import->file.input.name;
	info->hostname = facts->hostname ? facts->hostname : "";
	info->kernel = facts->release ? facts->release : "";
	info->cpu = facts->cpu ? facts->cpu : "";
	info->arch = facts->arch ? facts->arch : "";
	info->cpus = facts->cpus;
	info->started_at_ns = started_at_ns(import);
	info->slice_ns = import->opts.slice_ns;
	info->callgraph = pmc_callgraph_name(import->counters.callgraph);
	info->source = import->source;
}

const struct pmc_event_list *pmc_import_events(const struct pmc_import *import)
{
	return &import->events;
}

bool pmc_import_arch(const struct pmc_import *import, enum pmc_arch *arch)
{
	const char *name = import->file.facts.arch;

	*arch = pmc_arch_here();
	if (import->file.swap)
		return false;
	if (!name)
		return true;
	if (!strcmp(name, "x86_64") || !strcmp(name, "aarch64")) {
		*arch = name[0] == 'x' ? PMC_ARCH_X86_64 : PMC_ARCH_AARCH64;
		return true;
	}
	return false;
}

uint64_t pmc_import_kernel_base(const struct pmc_import *import)
{
	return import->kernel_base;
}

uint64_t pmc_machine_kernel_base(void)
{
	return proc_kernel_base();
}

void pmc_import_kernel_id(const struct pmc_import *import, char hex[2 * PMC_BUILD_ID_MAX + 1])
{
	const struct build_id *id =
		build_ids_find(&import->file.facts.build_ids, "[kernel.kallsyms]");

	hex[0] = '\0';
	for (size_t i = 0; id && i < id->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", id->bytes[i]);
}

bool pmc_import_has_stacks(const struct pmc_import *import)
{
	return import->counters.callgraph == PMC_CALLGRAPH_DWARF;
}

bool pmc_import_inflates(const char **version)
{
	*version = perf_inflate_version();
	return perf_inflate_available();
}

/* ---- batches ---- */

static void fill_advice(struct pmc_import *import)
{
	struct pmc_batch *batch = &import->outgoing.batch;

	if (import->cut)
		import->advice[PMC_HEALTH_FILE_CUT] = pmc_sprintf(
			"The recording is cut short or damaged: %s. What could be read is here, "
			"the rest is missing.",
			import->cut);
	import->advice[PMC_HEALTH_FILE_SKIPPED] = import_skips_describe(&import->skips);
	if (import->health[PMC_HEALTH_UNOWNED])
		import->advice[PMC_HEALTH_UNOWNED] = pmc_sprintf(
			"Samples whose id none of the events has, so they were left out; the first "
			"is at offset %llu of the recording and has the id %llu.",
			(unsigned long long)import->stray_offset,
			(unsigned long long)import->stray_id);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->advice[i] = import->advice[i];
}

static int hand_over(struct pmc_import *import, const struct pmc_sink *sink, bool last,
		     struct pmc_err *err)
{
	struct pmc_batch *batch = &import->outgoing.batch;

	outgoing_fill(&import->outgoing, &import->round, import->order.youngest_ns);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->health[i] += import->health[i];
	batch->health[PMC_HEALTH_FILE_SKIPPED] += import->skips.count;
	batch->events = import->event_rows;
	batch->events_count = import->events.count;
	batch->events_first = 1;
	if (last)
		fill_advice(import);
	return outgoing_hand_over(&import->outgoing, sink, last, err);
}

/* Hands over what is new, if it is worth it and the last batch is back. */
static int flush(struct pmc_import *import, const struct pmc_sink *sink, struct pmc_err *err)
{
	const size_t rows = import->round.rings[ORDER_RING_SAMPLES].costs.rows.count;
	const uint64_t now = clock_now_ns();

	if (rows < FLUSH_ROWS && now < import->flush_at_ns)
		return 0;
	if (rows < ROWS_MAX && outgoing_is_out(&import->outgoing))
		return 0;
	import->flush_at_ns = now + FLUSH_NS;
	outgoing_wait(&import->outgoing);
	return hand_over(import, sink, false, err);
}

/* ---- running ---- */

static void begin(struct pmc_import *import, const struct pmc_unwind_ops *unwind)
{
	struct counters *counters = &import->counters;
	struct chain *chain = &import->round.chain;

	if (counters->callgraph == PMC_CALLGRAPH_DWARF && !unwind)
		counters->callgraph = PMC_CALLGRAPH_FP;
	counters->unwind = unwind;
	round_init(&import->round, counters, &import->tracker, import->start_ns,
		   import->opts.slice_ns);
	import->has_round = true;
	chain->kernel_max = import_chain_max(&import->file.events);
	pmc_import_arch(import, &chain->arch);
	import->flush_at_ns = clock_now_ns() + FLUSH_NS;
}

static int run_rounds(struct pmc_import *import, const struct pmc_sink *sink, struct pmc_err *err)
{
	while (!import->ended) {
		if (import->has_times) {
			round_run(&import->round, import_order_end_pass(&import->order));
		} else {
			import_order_end(&import->order);
			round_run(&import->round, 0);
		}
		if (flush(import, sink, err) || read_pass(import, err))
			return -1;
	}
	import_order_end(&import->order);
	round_run(&import->round, UINT64_MAX);
	return 0;
}

int pmc_import_run(struct pmc_import *import, const struct pmc_unwind_ops *unwind,
		   const struct pmc_sink *sink, struct pmc_import_result *result,
		   struct pmc_err *err)
{
	const struct perf_stream *stream = &import->file.stream;
	int failed;

	begin(import, unwind);
	failed = run_rounds(import, sink, err);
	outgoing_wait(&import->outgoing);
	if (failed)
		return -1;
	round_end_throttles(&import->round, import->order.youngest_ns);
	if (stream->aux_records)
		import_skips_add(&import->skips, PERF_REC_AUXTRACE, stream->aux_records,
				 stream->aux_bytes);
	import->health[PMC_HEALTH_INTERRUPTED] = import->stopped;
	if (hand_over(import, sink, true, err))
		return -1;
	*result = (struct pmc_import_result){ .duration_ns = import->outgoing.batch.end_ns,
					      .samples = import->round.samples,
					      .cut = import->cut,
					      .stopped = import->stopped };
	memcpy(result->health, import->outgoing.batch.health, sizeof(result->health));
	memcpy(result->advice, import->outgoing.batch.advice, sizeof(result->advice));
	outgoing_wait(&import->outgoing);
	return 0;
}
