/*
 * import_records.c - each record of a recording of perf to where it belongs, until a pass ends.
 *
 * Not here: where records end (perf_stream.h), their order (import_order.h), what they mean
 * (round.h).
 */
#include <stdio.h>
#include <string.h>

#include "collector/import.h"
#include "collector/perf_abi.h"
#include "collector/perf_swap.h"

/* Above it bytes are no record, whatever perf may invent. */
enum { TYPE_MAX = 256 };

/* The id that a record bears, before its bytes are turned round. */
static uint64_t find_id(const struct pmc_import *import, const struct perf_record *record)
{
	const uint64_t id = record_find_id(record->bytes, &import->counters.layouts[0]);

	return import->file.swap ? __builtin_bswap64(id) : id;
}

uint64_t import_record_time(void *ctx, const struct perf_record *record)
{
	const struct pmc_import *import = ctx;
	const struct counters *counters = &import->counters;
	uint32_t event = counters->sole_event;
	uint64_t time_ns;

	if (record->type >= ABI_RECORD_MAX || record->size % 8)
		return 0;
	if (!event && (record->type == ABI_RECORD_SAMPLE || counters->mixed_trailers))
		event = counters_event(counters, find_id(import, record));
	time_ns = record_time(record->bytes, counters_layout(counters, event));
	return import->file.swap ? __builtin_bswap64(time_ns) : time_ns;
}

void import_note_stray(struct pmc_import *import, const struct perf_record *record, uint64_t id)
{
	if (import->health[PMC_HEALTH_UNOWNED]++)
		return;
	import->stray_offset = record->offset;
	import->stray_id = id;
}

void import_note_bad_at(struct pmc_import *import, bool is_sample, uint64_t offset)
{
	/* Those of a folder's files do not compare. */
	if (import->first_bad.is_known && (import->folder || import->first_bad.offset <= offset))
		return;
	import->first_bad.is_known = true;
	import->first_bad.is_sample = is_sample;
	import->first_bad.offset = offset;
}

void import_note_bad(struct pmc_import *import, const struct perf_record *record)
{
	import->health[PMC_HEALTH_BAD_RECORDS]++;
	import_note_bad_at(import, record->type == ABI_RECORD_SAMPLE, record->offset);
}

static void take_sample(struct pmc_import *import, const struct perf_record *record)
{
	const struct counters *counters = &import->counters;
	const struct layout *layout;
	uint32_t event = counters->sole_event;
	uint64_t time_ns;

	import->has_sampled = true;
	if (record->size % 8) {
		import_note_bad(import, record);
		return;
	}
	if (!event)
		event = counters_event(counters, find_id(import, record));
	if (!event) {
		import_note_stray(import, record, find_id(import, record));
		return;
	}
	layout = counters_layout(counters, event);
	if (import->file.swap)
		perf_swap_record(record->bytes, layout);
	time_ns = record_time(record->bytes, layout);
	if (time_ns > TIME_MAX)
		import_note_bad(import, record);
	else
		import_order_sample(&import->order, record->bytes, record->size, time_ns,
				    record->offset);
}

/* perf tells the kernel's image first of all; its build-id there, or in a list. */
static void note_kernel(struct pmc_import *import, const struct record_mmap *mmap)
{
	if (mmap->pid != UINT32_MAX || strncmp(mmap->path, "[kernel.", 8))
		return;
	import->kernel_base = mmap->pgoff ? mmap->pgoff : mmap->start;
	build_ids_add(&import->file.facts.build_ids, "[kernel.kallsyms]", mmap->build_id,
		      mmap->build_id_len);
}

static void take_sideband(struct pmc_import *import, const struct perf_record *record)
{
	const struct counters *counters = &import->counters;
	const uint32_t event = counters->mixed_trailers ?
				       counters_event(counters, find_id(import, record)) : 0;
	const struct layout *layout = counters_layout(counters, event);
	struct record decoded;

	if (import->file.swap && record->size % 8 == 0)
		perf_swap_record(record->bytes, layout);
	if (record->size % 8 || record_decode(record->bytes, layout, &decoded) == DECODE_BAD ||
	    record_time(record->bytes, layout) > TIME_MAX) {
		import_note_bad(import, record);
		return;
	}
	if (!import->kernel_base &&
	    (record->type == ABI_RECORD_MMAP || record->type == ABI_RECORD_MMAP2))
		note_kernel(import, &decoded.mmap);
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
	       import_clock_ns() - import->pass_at_ns >= (uint64_t)IMPORT_FLUSH_NS;
}

/*
 * perf inject tells what it has read of a file right before the first sample in it: maybe long
 * after it was mapped.
 */
static void take_build_id(struct pmc_import *import, const struct perf_record *record)
{
	struct build_ids *ids = &import->file.facts.build_ids;
	const size_t known = ids->items.count;
	const struct build_id *id;

	if (!perf_facts_take_build_id(&import->file.facts, record->bytes, record->size, false)) {
		import_note_bad(import, record);
		return;
	}
	if (ids->items.count == known)
		return;
	id = &ids->items.items[known];
	catalog_identify(&import->catalog, id->path, id->bytes, id->len);
}

static void skip(struct pmc_import *import, uint32_t type)
{
	if ((type >= ABI_RECORD_MAX && type < PERF_REC_HEADER_ATTR) || type >= PERF_REC_MAX ||
	    !type)
		import->health[PMC_HEALTH_UNKNOWN_RECORDS]++;
	else
		import_skips_add(&import->skips, type, 1, 0);
}

/* Counts in a recording of samples would be of events that have sums already. */
static bool take_stat(struct pmc_import *import, const struct perf_record *record)
{
	if (!import->counts_alone) {
		skip(import, record->type);
		return false;
	}
	if (record->type == PERF_REC_STAT) {
		import_stat_count(import, record);
		return false;
	}
	import_stat_round(import, record);
	return is_pass_end(import) || import->stat.rows.count >= IMPORT_FLUSH_ROWS;
}

/* True: a pass ends here. */
static bool take_record(struct pmc_import *import, const struct perf_record *record)
{
	switch (record->type) {
	case ABI_RECORD_SAMPLE:
		if (import->counts_alone)
			import_skips_add(&import->skips, record->type, 1, 0);
		else
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
	case ABI_RECORD_READ:
	case ABI_RECORD_CALLCHAIN_DEFERRED:
		/* Without times order is all that is known. */
		if (!import->has_times && import->order.current.count) {
			perf_file_hold(&import->file);
			return true;
		}
		take_sideband(import, record);
		return import_order_is_full(&import->order);
	case PERF_REC_BUILD_ID:
		take_build_id(import, record);
		return false;
	case PERF_REC_FINISHED_ROUND:
		return is_pass_end(import);
	case PERF_REC_THREAD_MAP:
	case PERF_REC_STAT_CONFIG:
		if (!perf_stat_take(&import->file.stat, record, import->file.swap))
			import_note_bad(import, record);
		return false;
	case PERF_REC_EVENT_UPDATE:
		perf_events_update(&import->file.events, record->bytes, record->size,
				   import->file.swap);
		return false;
	case PERF_REC_STAT:
	case PERF_REC_STAT_ROUND:
		return take_stat(import, record);
	case PERF_REC_FINISHED_INIT:
	case PERF_REC_EVENT_TYPE:
	case PERF_REC_ID_INDEX:
	case PERF_REC_CPU_MAP:
	case PERF_REC_TIME_CONV:
		return false;
	default:
		skip(import, record->type);
		return false;
	}
}

/* Reads until a pass ends, or the file. */
int import_read_pass(struct pmc_import *import, struct pmc_err *err)
{
	struct perf_record record;
	struct pmc_err why = { 0 };
	char text[96];

	import->pass_at_ns = import_clock_ns();
	while (!import->ended) {
		switch (perf_file_next(&import->file, &record, &why)) {
		case PERF_NEXT_RECORD:
			break;
		case PERF_NEXT_END:
			import->ended = true;
			if (import->file.unfinished)
				import_note_cut(import, "perf did not write the end of the "
							"recording: it was killed, or the disk was "
							"full");
			return 0;
		case PERF_NEXT_CUT:
			if (!import->stopped) /* else it is where reading was stopped */
				import_note_cut(import, why.message);
			pmc_err_clear(&why);
			continue; /* with other parts, or to the end */
		case PERF_NEXT_ERROR:
			*err = why;
			return -1;
		}
		if (record.type >= TYPE_MAX) {
			snprintf(text, sizeof(text),
				 "the record at offset %llu has an impossible type: %u",
				 (unsigned long long)record.offset, record.type);
			import_note_cut(import, text);
			import->ended = true;
			return 0;
		}
		if (!import->until_look--)
			import_look_around(import);
		if (take_record(import, &record))
			return 0;
	}
	return 0;
}
