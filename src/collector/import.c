/*
 * import.c - a recording of perf from open to last batch: what collector.c is for live ones.
 *
 * Job: decide when a round and when a batch is due, and tell what it was, what was left out and
 * where reading ended. Text that holds stacks comes in by a second door.
 *
 *   perf_file ─► record ─┬─ sample, side-band ─► import_order ─► rings ─► round ─► batch
 *                        ├─ end of a pass ─────► a round, if it is worth one
 *                        └─ all others ────────► left out, and counted
 *
 * In memory are a few MB of records, and what distinct keys need; however long the file is.
 * A file that ends early, or makes no sense from some offset on, gives a session of what came until
 * then, which says so. Only where nothing was sampled until then it is an error.
 */
#include "collector/import.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/format.h"
#include "collector/event.h"
#include "collector/perf_abi.h"
#include "collector/proc.h"

enum {
	ROWS_MAX = 1 << 18, /* rows that are held while the disk is slow */
	MAGIC_BYTES = 8,
	GUESS_BYTES = 1 << 12, /* of a text, to tell what it is */
	GUESS_BYTES_MAX = 1 << 16, /* where comments are before it, or stacks without callers */
};

uint64_t import_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void import_note_cut(struct pmc_import *import, const char *why)
{
	if (import->cut)
		return;
	import->cut = pmc_strdup(why);
	import->health[PMC_HEALTH_FILE_CUT] = 1;
}

void import_look_around(struct pmc_import *import)
{
	const struct pmc_import_opts *opts = &import->opts;

	import->until_look = IMPORT_LOOK_EVERY;
	if (opts->progress) {
		uint64_t all, done = perf_file_done(&import->file, &all);

		opts->progress(opts->progress_ctx, done, all);
	}
	/* The first request may have ended the waiting for more: what came until then is read. */
	if (opts->stop && opts->stop->times > import->stopped)
		import->stopped = import->ended = true;
}

static int flush(struct pmc_import *import, struct pmc_err *err);

/* A pipe or terminal has nothing to read: perf_idle_fn. */
static int look_while_idle(void *ctx, struct pmc_err *err)
{
	struct pmc_import *import = ctx;

	if (import->opts.stop && import->opts.stop->signal) {
		import->stopped = true;
		return 1;
	}
	return import->sink ? flush(import, err) : 0;
}

static int fail_stopped(const struct pmc_import *import, struct pmc_err *err)
{
	return pmc_err_set(err, PMC_ERR_SYSTEM,
			   "interrupted before there was anything to import from '%s'",
			   import->file.input.name);
}

/* ---- open, free ---- */

static bool has_times(const struct counters *counters)
{
	for (size_t i = 0; i <= counters->events->count; i++)
		if (counters->layouts[i].sample_type & PERF_SAMPLE_TIME)
			return true;
	return false;
}

/* A folder of perf has a file `data`. */
static void find_folder(struct pmc_import *import)
{
	const char *path = import->opts.path;
	char *data = pmc_sprintf("%s/data", path);
	struct stat st;

	if (!strcmp(path, "-") || stat(path, &st) || !S_ISDIR(st.st_mode) || stat(data, &st) ||
	    !S_ISREG(st.st_mode)) {
		free(data);
		return;
	}
	import->folder = path;
	import->data_path = data;
}

/* No more is waited for than it takes: who writes may be slow. */
static enum import_text_form guess_form(struct pmc_import *import, struct perf_input *input,
					struct pmc_err *err)
{
	enum import_text_form form = IMPORT_TEXT_NONE;
	uint8_t *bytes;
	size_t have;

	for (size_t size = GUESS_BYTES; !form && size <= GUESS_BYTES_MAX; size *= 4) {
		if (perf_input_peek(input, size, &bytes, &have, err))
			return IMPORT_TEXT_NONE;
		form = import_text_guess((const char *)bytes, have < size ? have : size,
					 &import->text.fields);
		if (have < size)
			break;
	}
	return form;
}

static int open_file(struct pmc_import *import, struct pmc_err *err)
{
	enum import_text_form form = IMPORT_TEXT_NONE;
	struct perf_input input;
	struct stat st;
	uint8_t *bytes;
	size_t have;

	find_folder(import);
	if (perf_input_open(&input, import->folder ? import->data_path : import->opts.path, err))
		return -1;
	perf_input_watch(&input, look_while_idle, import);
	if (!fstat(input.fd, &st) && S_ISREG(st.st_mode))
		import->modified_ns =
			(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (perf_input_peek(&input, MAGIC_BYTES, &bytes, &have, err))
		form = IMPORT_TEXT_NONE;
	else if (!perf_file_is_one(bytes, have))
		form = guess_form(import, &input, err);
	if (form == IMPORT_TEXT_NONE)
		return perf_file_open(&import->file, &input, err);
	import->file.input = input;
	import->is_text = true;
	import->text.form = form;
	return 0;
}

/* Text has no events before its lines are read, and no records. */
static void open_text(struct pmc_import *import)
{
	struct counters *counters = &import->counters;

	import->tracker.is_foreign = true;
	counters->events = &import->events;
	counters->layouts = pmc_calloc(1, sizeof(*counters->layouts));
	counters->rings = pmc_calloc(ORDER_RINGS, sizeof(*counters->rings));
	counters->rings_count = ORDER_RINGS;
	counters->callgraph = PMC_CALLGRAPH_FP;
	import->source = pmc_sprintf("%s, %s",
				     import->text.form == IMPORT_TEXT_FOLDED ? "folded stacks" :
									       "perf script",
				     import->file.input.name);
}

/* Groups that were given a name, by the name of their first event. */
static void name_groups(struct pmc_import *import)
{
	struct perf_facts *facts = &import->file.facts;
	int last = -1;

	for (size_t i = 0; i < import->events.count; i++) {
		const struct pmc_event *event = &import->events.events[i];
		const char *name;

		if (event->group < 0 || event->group == last)
			continue;
		last = event->group;
		name = facts->groups.items[last].name;
		if (strcmp(name, "{anon_group}"))
			perf_machine_add(&facts->machine, "group_name", pmc_strdup(event->name),
					 pmc_strdup(name));
	}
}

/* Of events that count in a unit of their own, as energy: what makes Joules of counts. */
static void tell_units(struct pmc_import *import)
{
	struct perf_machine *machine = &import->file.facts.machine;
	const struct perf_events *events = &import->file.events;

	for (size_t i = 0; i < events->items.count; i++) {
		const struct perf_event *event = &events->items.items[i];
		uint32_t taken;
		const char *name;

		/* Told by an id, so it has one; but not all events of a file are taken. */
		if (!event->unit && event->scale == 0)
			continue;
		taken = counters_event(&import->counters, event->ids.items[0]);
		if (!taken)
			continue;
		name = import->events.events[taken - 1].name;
		if (event->unit && event->unit[0])
			perf_machine_add(machine, "event_unit", pmc_strdup(name),
					 pmc_strdup(event->unit));
		if (event->scale != 0 && isfinite(event->scale))
			perf_machine_add(machine, "event_scale", pmc_strdup(name),
					 pmc_sprintf("%.15g", event->scale));
	}
}

/* "perf 6.1, perf.data" */
static char *describe_source(const struct pmc_import *import)
{
	const struct perf_facts *facts = &import->file.facts;
	const char *version = facts->version ? facts->version : "";

	return pmc_sprintf("%s%s%s, %s", facts->is_simpleperf ? "simpleperf" : "perf",
			   version[0] ? " " : "", version,
			   import->folder ? import->folder : import->file.input.name);
}

static int open_import(struct pmc_import *import, struct pmc_err *err)
{
	enum pmc_arch arch;

	if (open_file(import, err))
		return -1;
	if (import->is_text) {
		open_text(import);
		return 0;
	}
	if (import_counters_init(&import->counters, &import->events, &import->file, err))
		return -1;
	if (import->folder && perf_file_open_parts(&import->file, import->folder,
						   import_record_time, import, err))
		return -1;
	if (import->file.facts.in_folder && !import->file.parts.items.count)
		import_note_cut(import,
				import->folder ?
					"the files with its records, data.0 …, are missing" :
					"its records are in files beside it, data.0 …: import "
					"their folder");
	import_order_init(&import->order, import->counters.rings);
	import->has_times = has_times(&import->counters);
	import->tracker.tells_before = import->has_times;
	import->counts_alone = import->file.stat.is_one;
	import->tracker.is_foreign = true;
	import->tracker.build_ids = &import->file.facts.build_ids;
	/* Where the file does not say what of the kernel lies where. That of s390 has all addresses
	 * for itself, that of 32 bits begins below 4 GB: what ran in it, records tell, too. */
	tracker_kernel(&import->tracker, pmc_import_arch(import, &arch) ? TRACKER_KERNEL_HALF : 0,
		       0);
	import->event_rows = event_list_rows(&import->events);
	name_groups(import);
	if (import_read_pass(import, err))
		return -1;
	tell_units(import);
	if (import->file.facts.damaged && !import->cut) {
		import->cut = pmc_sprintf("%u of the parts that tell of it (host, names of events, "
					  "build-ids) are missing or damaged",
					  import->file.facts.damaged);
		import->health[PMC_HEALTH_FILE_CUT] = 1;
	}
	if (import->stopped && !import->has_sampled)
		return fail_stopped(import, err);
	if (import->cut && !import->has_sampled) {
		return pmc_err_set(err, PMC_ERR_DATA, "there is nothing to import from '%s': %s",
				   import->file.input.name, import->cut);
	}
	import->start_ns = import->order.oldest_ns == UINT64_MAX ? 0 : import->order.oldest_ns;
	import->tracker.start_ns = import->start_ns;
	import->source = describe_source(import);
	return 0;
}

struct pmc_import *pmc_import_open(const struct pmc_import_opts *opts, struct pmc_err *err)
{
	struct pmc_import *import = pmc_calloc(1, sizeof(*import));
	struct pmc_err why = { 0 };

	import->opts = *opts;
	if (!opts->slice_ns)
		import->opts.slice_ns = PMC_SLICE_NS_DEFAULT;
	catalog_init(&import->catalog);
	tracker_init(&import->tracker, &import->catalog);
	if (!open_import(import, &why))
		return import;
	/* What is missing since reading was stopped is no fault of the recording. */
	if (import->stopped && why.kind == PMC_ERR_DATA)
		fail_stopped(import, err);
	else
		*err = why;
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
	import_text_fini(&import->text);
	outgoing_fini(&import->outgoing);
	free(import->event_rows);
	import_stat_fini(&import->stat);
	pmc_array_free(&import->counts);
	free(import->count_sums);
	free(import->cut);
	free(import->data_path);
	free(import->source);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		free(import->advice[i]);
	free(import);
}

/* ---- what is told of it ---- */

/*
 * When session time 0 was: by the clocks that the file has, else its end is when it was written.
 * Whatever numbers a damaged file has for them: 0 where they make none that can be.
 */
static int64_t started_at_ns(const struct pmc_import *import)
{
	const struct perf_facts *facts = &import->file.facts;
	uint64_t start = (uint64_t)import->modified_ns;
	struct timespec now;

	if (facts->has_clock) {
		start = facts->wall_ns - facts->clock_ns + import->start_ns;
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		if (!start)
			start = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
		if (facts->last_ns > facts->first_ns)
			start -= facts->last_ns - facts->first_ns;
	}
	return start <= INT64_MAX ? (int64_t)start : 0;
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
	info->facts = facts->machine.rows.items;
	info->facts_count = facts->machine.rows.count;
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

	pmc_format_hex(hex, id ? id->bytes : NULL, id ? id->len : 0);
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

/* The kernel makes a stack fit into its record, but counts only what comes before it there. */
enum { STACK_ALMOST_ALL = 60000 };

static bool stacks_fill_records(const struct pmc_import *import)
{
	const struct perf_events *events = &import->file.events;

	for (size_t i = 0; i < events->items.count && import->first_bad.is_sample; i++)
		if (events->items.items[i].attr.sample_stack_user > STACK_ALMOST_ALL)
			return true;
	return false;
}

/* What offsets are in. */
static const char *whole_name(const struct pmc_import *import)
{
	return import->folder ? "one of the recording's files" : "the recording";
}

static char *describe_bad(const struct pmc_import *import)
{
	char first[96];

	if (import->is_text)
		return pmc_sprintf("Lines that are not what the others are; they were left out. "
				   "The first is line %llu.",
				   (unsigned long long)import->text.bad_line);
	snprintf(first, sizeof(first), "the first is at offset %llu of %s",
		 (unsigned long long)import->first_bad.offset,
		 whole_name(import));
	return pmc_sprintf("Records whose bytes contradict themselves, so they were left out%s%s. "
			   "%s",
			   import->first_bad.is_known ? "; " : "",
			   import->first_bad.is_known ? first : "",
			   stacks_fill_records(import) ?
				   "Copied stacks fill records up to 64 KB, and the kernel does "
				   "not see that other fields come behind them: record with "
				   "smaller ones, --call-graph dwarf,32768." :
				   "The file is damaged.");
}

static void fill_advice(struct pmc_import *import)
{
	const struct perf_facts *facts = &import->file.facts;
	struct pmc_batch *batch = &import->outgoing.batch;
	enum pmc_arch arch;

	if (import->cut)
		import->advice[PMC_HEALTH_FILE_CUT] = pmc_sprintf(
			"The recording is cut short or damaged: %s. What could be read is here, "
			"the rest is missing.",
			import->cut);
	if (batch->health[PMC_HEALTH_BAD_RECORDS])
		import->advice[PMC_HEALTH_BAD_RECORDS] = describe_bad(import);
	import->advice[PMC_HEALTH_FILE_SKIPPED] =
		import->is_text ? pmc_sprintf("Lines of samples that tell nothing that is kept, "
					      "as those of source lines and instructions: %llu",
					      (unsigned long long)import->text.other_lines) :
				  import_skips_describe(&import->skips);
	if (import->health[PMC_HEALTH_UNOWNED])
		import->advice[PMC_HEALTH_UNOWNED] = pmc_sprintf(
			"%s whose id none of the events has, so they were left out; the first is "
			"at offset %llu of %s and has the id %llu.",
			import->counts_alone ? "Counts" : "Samples",
			(unsigned long long)import->stray_offset, whole_name(import),
			(unsigned long long)import->stray_id);
	if (pmc_import_has_stacks(import) && !pmc_import_arch(import, &arch))
		import->advice[PMC_HEALTH_UNWIND_NO_CFI] = pmc_sprintf(
			"Samples whose callers in user mode are missing: pmc unwinds copied stacks "
			"of x86_64 and aarch64, and these are of %s%s. Self is right all the same.",
			facts->arch ? facts->arch : "a machine that is not told",
			import->file.swap ? ", in the other byte order" : "");
	if (batch->health[PMC_HEALTH_UNWIND_NO_FILE])
		import->advice[PMC_HEALTH_UNWIND_NO_FILE] = pmc_strdup(
			"Samples whose callers end in a module whose file is not here. Import "
			"again with --symfs DIR, below which the recorded machine's files are, of "
			"the same build.");
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->advice[i] = import->advice[i];
}

/* Events are known as lines are read; those that are new get their rows. */
static void tell_text(struct pmc_import *import)
{
	const struct import_text *text = &import->text;
	struct pmc_event_list *list = &import->events;
	const size_t room = text->events.count + 1;

	import->event_rows = pmc_realloc(import->event_rows, room, sizeof(*import->event_rows));
	list->events = pmc_realloc(list->events, room, sizeof(*list->events));
	for (; list->count < text->events.count; list->count++) {
		const struct text_event *event = &text->events.items[list->count];
		struct pmc_event *added = &list->events[list->count];

		*added = (struct pmc_event){ .name = pmc_strdup(event->name),
					     .requested = pmc_strdup(""),
					     .group = -1,
					     .unit = event->is_clock ? PMC_UNIT_NS :
								       PMC_UNIT_COUNT };
		import->event_rows[list->count] =
			(struct pmc_event_row){ .name = event->name,
						.requested = "",
						.unit = added->unit,
						.mode = PMC_MODE_PERIOD,
						.period_or_hz = event->period };
	}
	import->order.youngest_ns = text->end_ns;
	import->round.start_ns = text->start_ns;
	import->round.samples = text->samples;
	import->health[PMC_HEALTH_BAD_RECORDS] = text->bad_lines;
	import->health[PMC_HEALTH_FILE_SKIPPED] = text->other_lines;
}

static int hand_over(struct pmc_import *import, bool last, struct pmc_err *err)
{
	struct pmc_batch *batch = &import->outgoing.batch;

	if (import->is_text)
		tell_text(import);
	outgoing_fill(&import->outgoing, &import->round, import->order.youngest_ns);
	for (size_t i = 0; i < PMC_HEALTH_COUNT; i++)
		batch->health[i] += import->health[i];
	batch->health[PMC_HEALTH_FILE_SKIPPED] += import->skips.count;
	batch->events = import->event_rows;
	batch->events_count = import->events.count;
	batch->events_first = 1;
	import_fill_counts(import, last);
	if (last)
		fill_advice(import);
	return outgoing_hand_over(&import->outgoing, import->sink, last, err);
}

/* Hands over what is new, if it is worth it and the last batch is back; that is a sign of life. */
static int flush(struct pmc_import *import, struct pmc_err *err)
{
	const size_t rows = import->round.rings[ORDER_RING_SAMPLES].costs.rows.count +
			    import->stat.rows.count;
	const uint64_t now = import_clock_ns();

	if (rows < IMPORT_FLUSH_ROWS && now < import->flush_at_ns)
		return 0;
	if (rows < ROWS_MAX && outgoing_is_out(&import->outgoing))
		return 0;
	import->flush_at_ns = now + IMPORT_FLUSH_NS;
	outgoing_wait(&import->outgoing);
	return hand_over(import, false, err);
}

/* ---- running ---- */

static void begin(struct pmc_import *import, const struct pmc_unwind_ops *unwind,
		  const struct pmc_sink *sink)
{
	struct counters *counters = &import->counters;
	struct chain *chain = &import->round.chain;

	counters->unwind = unwind;
	round_init(&import->round, counters, &import->tracker, import->start_ns,
		   import->opts.slice_ns);
	import->has_round = true;
	import->sink = sink;
	chain->kernel_max = import_chain_max(&import->file.events);
	pmc_import_arch(import, &chain->arch);
	import->flush_at_ns = import_clock_ns() + IMPORT_FLUSH_NS;
}

/* A bad sample is seen when its round counts it, one pass after it was read. */
static void run_round(struct pmc_import *import, uint64_t limit_ns)
{
	struct round *round = &import->round;
	const bool had_one = round->first_bad.is_known;

	round_run(round, limit_ns);
	if (round->first_bad.is_known && !had_one)
		import_note_bad_at(import, true,
				   import_order_offset(&import->order, round->first_bad.at));
}

static int run_rounds(struct pmc_import *import, struct pmc_err *err)
{
	while (!import->ended) {
		if (import->has_times) {
			run_round(import, import_order_end_pass(&import->order));
		} else {
			import_order_end(&import->order);
			run_round(import, 0);
		}
		if (flush(import, err) || import_read_pass(import, err))
			return -1;
	}
	import_order_end(&import->order);
	run_round(import, UINT64_MAX);
	return 0;
}

/*
 * The next line, which is copied; the last one need not have an end, but at the end of what came
 * until a stop it may be half of one. False: there is none.
 */
static bool next_line(struct pmc_import *import, char **line, struct pmc_err *err)
{
	struct perf_input *input = &import->file.input;
	size_t have = 0, seen, len;
	uint8_t *bytes, *end;

	do {
		seen = have;
		if (perf_input_peek(input, seen + 1, &bytes, &have, err))
			return false;
		end = memchr(bytes + seen, '\n', have - seen);
	} while (!end && have > seen && have < IMPORT_TEXT_LINE_MAX);
	if (!have || (!end && import->stopped))
		return false;
	len = end ? (size_t)(end - bytes) : have;
	*line = pmc_strndup((const char *)bytes, len);
	return !perf_input_skip(input, len + (end != NULL), NULL, err);
}

static int run_text(struct pmc_import *import, struct pmc_err *err)
{
	const enum import_text_form form = import->text.form;
	const struct script_fields fields = import->text.fields;
	char *line = NULL;

	import_text_init(&import->text, form, &fields, &import->catalog,
			 &import->round.rings[ORDER_RING_SAMPLES].costs, import->opts.slice_ns);
	while (!import->ended && next_line(import, &line, err)) {
		import_text_line(&import->text, line);
		free(line);
		line = NULL;
		if (import->until_look--)
			continue;
		import_look_around(import);
		if (flush(import, err))
			return -1;
	}
	free(line);
	if (!import->stopped) /* else the last sample may lack lines */
		import_text_end(&import->text);
	if (!pmc_err_is_set(err) && !import->text.samples && import->stopped)
		return fail_stopped(import, err);
	if (!pmc_err_is_set(err) && !import->text.samples)
		pmc_err_set(err, PMC_ERR_DATA, "there are no samples in '%s'",
			    import->file.input.name);
	return pmc_err_is_set(err) ? -1 : 0;
}

int pmc_import_run(struct pmc_import *import, const struct pmc_unwind_ops *unwind,
		   const struct pmc_sink *sink, struct pmc_import_result *result,
		   struct pmc_err *err)
{
	uint64_t aux_records, aux_bytes;
	int failed;

	begin(import, unwind, sink);
	failed = import->is_text ? run_text(import, err) : run_rounds(import, err);
	outgoing_wait(&import->outgoing);
	if (failed)
		return -1;
	round_end_throttles(&import->round, import->order.youngest_ns);
	import_stat_end(import);
	aux_records = perf_file_aux(&import->file, &aux_bytes);
	if (aux_records)
		import_skips_add(&import->skips, PERF_REC_AUXTRACE, aux_records, aux_bytes);
	import->health[PMC_HEALTH_INTERRUPTED] = import->stopped;
	if (hand_over(import, true, err))
		return -1;
	*result = (struct pmc_import_result){ .duration_ns = import->outgoing.batch.end_ns,
					      .samples = import->round.samples,
					      .counts_alone = import->counts_alone,
					      .cut = import->cut,
					      .stopped = import->stopped };
	memcpy(result->health, import->outgoing.batch.health, sizeof(result->health));
	memcpy(result->advice, import->outgoing.batch.advice, sizeof(result->advice));
	outgoing_wait(&import->outgoing);
	return 0;
}
