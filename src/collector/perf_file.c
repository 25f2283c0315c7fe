/*
 * perf_file.c - see perf_file.h.
 *
 *   offset 0    8      16          24        40       56            72
 *   magic    │ size │ attr_size │ attrs    │ data   │ event types │ 256 bits of features
 *                                 sections: where they begin, their bytes
 */
#include "collector/perf_file.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "collector/perf_abi.h"
#include "collector/perf_swap.h"

/* The largest feature or list of ids that is read: build-ids of ten thousand files have 1 MB. */
enum { SECTION_MAX = 32 << 20 };

struct section {
	uint64_t offset, size;
};

static const char NO_RECORDING[] = "'%s' is no recording of perf: it begins with %s";

bool perf_file_is_one(const uint8_t *bytes, size_t size)
{
	const uint64_t magic = size >= 8 ? perf_u64(bytes, false) : 0;

	return magic == PERF_MAGIC || magic == __builtin_bswap64(PERF_MAGIC) ||
	       (size >= 8 && !memcmp(bytes, PERF_MAGIC_1, 8));
}

/* ---- sections of files ---- */

/* Reads a section; what would go beyond the file or is very large is an error. The caller frees. */
static uint8_t *read_section(struct perf_file *file, const char *what,
			     const struct section *section, struct pmc_err *err)
{
	const uint64_t offset = section->offset, size = section->size;
	uint8_t *bytes;
	int64_t got;

	if (offset > file->input.size || size > file->input.size - offset) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "%s: %llu bytes at offset %llu, but '%s' has %llu bytes", what,
			    (unsigned long long)size, (unsigned long long)offset, file->input.name,
			    (unsigned long long)file->input.size);
		pmc_err_hint(err, "the file is cut short or damaged");
		return NULL;
	}
	if (size > SECTION_MAX) {
		pmc_err_set(err, PMC_ERR_DATA, "%s: %llu bytes at offset %llu are too many", what,
			    (unsigned long long)size, (unsigned long long)offset);
		return NULL;
	}
	bytes = pmc_calloc(size + 1, 1);
	got = perf_input_read_at(&file->input, offset, bytes, size, err);
	if (got == (int64_t)size)
		return bytes;
	free(bytes);
	pmc_err_set(err, PMC_ERR_DATA, "%s: '%s' has become shorter while it is read", what,
		    file->input.name);
	return NULL;
}

/* One attribute with the section of its ids behind it. */
static int read_attr(struct perf_file *file, const uint8_t *bytes, size_t size, uint64_t offset,
		     struct pmc_err *err)
{
	const size_t attr_bytes = size - sizeof(struct section);
	const struct section ids = { perf_u64(bytes + attr_bytes, file->swap),
				     perf_u64(bytes + attr_bytes + 8, file->swap) };
	struct perf_event *event =
		perf_events_add(&file->events, bytes, attr_bytes, file->swap, offset, err);
	PMC_FREE uint8_t *list = NULL;

	if (!event)
		return -1;
	if (!ids.size)
		return 0;
	list = read_section(file, "ids of an event", &ids, err);
	return list ? perf_events_add_ids(&file->events, event, list, ids.size / 8, file->swap,
					  err)
		    : -1;
}

static int read_attrs(struct perf_file *file, const struct section *attrs, uint64_t size,
		      struct pmc_err *err)
{
	PMC_FREE uint8_t *bytes = NULL;
	int result = 0;

	if (size < PERF_ATTR_BYTES_MIN + sizeof(struct section) || size > 4096 ||
	    attrs->size < size)
		return pmc_err_set(err, PMC_ERR_DATA,
				   "there are no events: %llu bytes of them at offset %llu, %llu "
				   "each (offsets 16 and 24)",
				   (unsigned long long)attrs->size,
				   (unsigned long long)attrs->offset, (unsigned long long)size);
	bytes = read_section(file, "events", attrs, err);
	if (!bytes)
		return -1;
	for (uint64_t at = 0; at + size <= attrs->size && !result; at += size)
		result = read_attr(file, bytes + at, size, attrs->offset + at, err);
	return result;
}

/* The sections of features follow each other behind the data, in the order of their bits. */
static void read_features(struct perf_file *file, const uint8_t *bits, uint64_t at)
{
	for (unsigned feature = 0; feature < PERF_FEAT_BITS; feature++) {
		const uint64_t word = perf_u64(bits + feature / 64 * 8, file->swap);
		PMC_FREE uint8_t *content = NULL;
		struct section section;
		uint8_t row[16];

		if (!(word >> feature % 64 & 1))
			continue;
		file->stat.is_one |= feature == PERF_FEAT_STAT;
		if (perf_input_read_at(&file->input, at, row, sizeof(row), NULL) != sizeof(row)) {
			file->facts.damaged++;
			return;
		}
		at += sizeof(row);
		section = (struct section){ perf_u64(row, file->swap),
					    perf_u64(row + 8, file->swap) };
		if (feature == PERF_FEAT_TRACING_DATA)
			continue; /* formats of tracepoints: large, and not needed */
		content = read_section(file, "a feature", &section, NULL);
		if (content)
			perf_facts_take(&file->facts, feature, content, section.size, file->swap);
		else
			file->facts.damaged++;
	}
}

static int read_file_form(struct perf_file *file, const uint8_t *header, size_t size,
			  struct pmc_err *err)
{
	const uint64_t attr_size = perf_u64(header + 16, file->swap);
	const struct section attrs = { perf_u64(header + 24, file->swap),
				       perf_u64(header + 32, file->swap) };
	const struct section data = { perf_u64(header + 40, file->swap),
				      perf_u64(header + 48, file->swap) };
	uint64_t end = data.offset + data.size;

	if (read_attrs(file, &attrs, attr_size, err))
		return -1;
	if (data.offset > file->input.size || data.size > UINT64_MAX - data.offset) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "the records are said to begin at offset %llu, with %llu bytes, but "
			    "'%s' has %llu bytes",
			    (unsigned long long)data.offset, (unsigned long long)data.size,
			    file->input.name, (unsigned long long)file->input.size);
		return pmc_err_hint(err, "the file is cut short or damaged");
	}
	file->unfinished = !data.size;
	if (file->unfinished)
		end = UINT64_MAX;
	else if (size >= PERF_HEADER_BYTES && end <= file->input.size)
		read_features(file, header + PERF_HEADER_OLD_BYTES, end);
	if (perf_input_skip(&file->input, data.offset, NULL, err))
		return -1;
	perf_stream_init(&file->stream, &file->input, file->swap, end);
	return 0;
}

/* ---- records of pipes ---- */

/* Attribute and ids lie in one record. */
static int take_attr(struct perf_file *file, const struct perf_record *record, struct pmc_err *err)
{
	const uint8_t *bytes = record->bytes + 8;
	const size_t size = record->size - 8;
	struct perf_event *event =
		perf_events_add(&file->events, bytes, size, file->swap, record->offset, err);
	size_t attr_bytes;

	if (!event)
		return -1;
	attr_bytes = event->attr.size;
	return perf_events_add_ids(&file->events, event, bytes + attr_bytes,
				   (size - attr_bytes) / 8, file->swap, err);
}

static void take_feature(struct perf_file *file, const struct perf_record *record)
{
	const uint64_t feature =
		record->size < 16 ? UINT64_MAX : perf_u64(record->bytes + 8, file->swap);

	if (feature < PERF_FEAT_BITS)
		perf_facts_take(&file->facts, (unsigned)feature, record->bytes + 16,
				record->size - 16, file->swap);
}

/* True: it belongs to the head. */
static bool take_head(struct perf_file *file, const struct perf_record *record, int *result,
		      struct pmc_err *err)
{
	*result = 0;
	switch (record->type) {
	case PERF_REC_HEADER_ATTR:
		*result = take_attr(file, record, err);
		return true;
	case PERF_REC_FEATURE:
		take_feature(file, record);
		return true;
	case PERF_REC_BUILD_ID:
		file->facts.damaged += !perf_facts_take_build_id(&file->facts, record->bytes,
								 record->size, false);
		return true;
	case PERF_REC_EVENT_UPDATE:
		perf_events_update(&file->events, record->bytes, record->size, file->swap);
		return true;
	case PERF_REC_THREAD_MAP:
	case PERF_REC_STAT_CONFIG:
		file->facts.damaged += !perf_stat_take(&file->stat, record, file->swap);
		return true;
	case PERF_REC_EVENT_TYPE:
	case PERF_REC_ID_INDEX:
	case PERF_REC_CPU_MAP:
	case PERF_REC_TIME_CONV:
		return true; /* known well enough by other means */
	default:
		return false;
	}
}

/* The head ends with the first record that tells of what ran. */
static int read_head(struct perf_file *file, struct pmc_err *err)
{
	struct perf_record record;
	enum perf_next next;
	int result;

	while ((next = perf_stream_next(&file->stream, &record, err)) == PERF_NEXT_RECORD) {
		if (take_head(file, &record, &result, err)) {
			if (result)
				return -1;
			continue;
		}
		perf_stream_hold(&file->stream);
		break;
	}
	if (next == PERF_NEXT_ERROR || (next == PERF_NEXT_CUT && !file->events.items.count))
		return -1;
	if (!file->events.items.count)
		return pmc_err_set(err, PMC_ERR_DATA,
				   "there are no events before offset %llu of '%s'",
				   (unsigned long long)file->input.offset, file->input.name);
	/* What follows a cut is told again by perf_file_next(). */
	if (next == PERF_NEXT_CUT)
		pmc_err_clear(err);
	return 0;
}

/* ---- both ---- */

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isprint(bytes[i]) && !isspace(bytes[i]))
			return false;
	return true;
}

/* What the first bytes of something else are, for people. */
static int fail_unknown(const struct perf_file *file, const uint8_t *bytes, size_t have,
			struct pmc_err *err)
{
	char text[64];
	size_t used = 0;

	if (!have)
		return pmc_err_set(err, PMC_ERR_DATA, "'%s' is empty", file->input.name);
	if (have >= 4 && !memcmp(bytes, "\177ELF", 4)) {
		pmc_err_set(err, PMC_ERR_DATA, NO_RECORDING, file->input.name, "an ELF header");
		return pmc_err_hint(err, "it is a program: record it with pmc record");
	}
	for (size_t i = 0; i < have && i < 8; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%02x", i ? " " : "",
					 bytes[i]);
	pmc_err_set(err, PMC_ERR_DATA, NO_RECORDING, file->input.name, text);
	if (is_text(bytes, have))
		return pmc_err_hint(err, "recordings begin with PERFILE2 (offset 0); of text, pmc "
					 "reads folded stacks (main;work;leaf 42), and what perf "
					 "script prints, with these of its fields at least: -F "
					 "comm,tid,time,event,ip,sym,dso");
	return pmc_err_hint(err, "recordings begin with PERFILE2 (offset 0): perf record -o FILE, "
				 "or perf record -o - for a pipe");
}

static int check_magic(struct perf_file *file, const uint8_t *bytes, size_t have,
		       struct pmc_err *err)
{
	const uint64_t magic = have >= 8 ? perf_u64(bytes, false) : 0;
	uint64_t size;

	if (have >= 8 && !memcmp(bytes, PERF_MAGIC_1, 8)) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' is a recording of version 1 (PERFFILE)",
			    file->input.name);
		return pmc_err_hint(err, "pmc reads version 2, which perf has written since Linux "
					 "2.6.36 (2010): record it again");
	}
	if (magic != PERF_MAGIC && magic != __builtin_bswap64(PERF_MAGIC))
		return fail_unknown(file, bytes, have, err);
	file->swap = magic != PERF_MAGIC;
	if (have < PERF_PIPE_HEADER_BYTES)
		return pmc_err_set(err, PMC_ERR_DATA, "'%s' ends at offset %zu, in its header",
				   file->input.name, have);
	size = perf_u64(bytes + 8, file->swap);
	if (size == PERF_PIPE_HEADER_BYTES || size == PERF_HEADER_BYTES ||
	    size == PERF_HEADER_OLD_BYTES)
		return 0;
	pmc_err_set(err, PMC_ERR_DATA, "the header of '%s' says at offset 8 that it has %llu bytes",
		    file->input.name, (unsigned long long)size);
	size = __builtin_bswap64(size);
	if (size == PERF_PIPE_HEADER_BYTES || size == PERF_HEADER_BYTES)
		return pmc_err_hint(err, "in the other byte order it would be %llu: the first "
					 "eight bytes and the rest contradict each other",
				    (unsigned long long)size);
	return pmc_err_hint(err, "it is %d, or %d of a stream: the file is damaged",
			    PERF_HEADER_BYTES, PERF_PIPE_HEADER_BYTES);
}

static int read_header(struct perf_file *file, struct pmc_err *err)
{
	uint8_t *bytes, header[PERF_HEADER_BYTES] = { 0 };
	size_t have, size;

	if (perf_input_peek(&file->input, PERF_HEADER_BYTES, &bytes, &have, err) ||
	    check_magic(file, bytes, have, err))
		return -1;
	size = (size_t)perf_u64(bytes + 8, file->swap);
	file->is_pipe = size == PERF_PIPE_HEADER_BYTES;
	if (have < size)
		return pmc_err_set(err, PMC_ERR_DATA, "'%s' ends at offset %zu, in its header",
				   file->input.name, have);
	memcpy(header, bytes, size);
	if (!file->is_pipe)
		return perf_input_spool(&file->input, err) ?
			       -1 : read_file_form(file, header, size, err);
	if (perf_input_skip(&file->input, size, NULL, err))
		return -1;
	perf_stream_init(&file->stream, &file->input, file->swap, UINT64_MAX);
	return read_head(file, err);
}

int perf_file_open(struct perf_file *file, const struct perf_input *input, struct pmc_err *err)
{
	memset(file, 0, sizeof(*file));
	file->input = *input;
	if (read_header(file, err))
		return -1;
	return perf_facts_describe(&file->facts, &file->events, err);
}

/*
 * How many parts perf wrote: one for each ring, so for each CPU that it recorded, whatever threads
 * share the work. An event has an id on each CPU; of a process, one for each of its threads there.
 * 0: not known.
 */
static uint32_t count_rings(const struct perf_file *file)
{
	size_t cpus = 0;

	if (!file->facts.in_folder)
		return 0;
	for (size_t i = 0; i < file->events.items.count; i++)
		if (cpus < file->events.items.items[i].ids.count)
			cpus = file->events.items.items[i].ids.count;
	return cpus < file->facts.cpus ? (uint32_t)cpus : file->facts.cpus;
}

int perf_file_open_parts(struct perf_file *file, const char *folder, perf_time_fn *time_of,
			 void *ctx, struct pmc_err *err)
{
	if (perf_parts_open(&file->parts, folder, count_rings(file), file->swap, err))
		return -1;
	file->parts.time_of = time_of;
	file->parts.ctx = ctx;
	return 0;
}

void perf_file_close(struct perf_file *file)
{
	perf_parts_close(&file->parts);
	perf_stream_fini(&file->stream);
	perf_events_fini(&file->events);
	perf_facts_fini(&file->facts);
	perf_stat_fini(&file->stat);
	perf_input_close(&file->input);
}

enum perf_next perf_file_next(struct perf_file *file, struct perf_record *record,
			      struct pmc_err *err)
{
	enum perf_next next = PERF_NEXT_END;

	if (!file->in_parts)
		next = perf_stream_next(&file->stream, record, err);
	if (next == PERF_NEXT_RECORD || next == PERF_NEXT_ERROR)
		return next;
	file->in_parts = true;
	return next == PERF_NEXT_CUT ? next : perf_parts_next(&file->parts, record, err);
}

void perf_file_hold(struct perf_file *file)
{
	if (file->in_parts)
		file->parts.is_held = true;
	else
		perf_stream_hold(&file->stream);
}

uint64_t perf_file_done(const struct perf_file *file, uint64_t *all)
{
	uint64_t done = file->input.offset;

	*all = file->input.size;
	for (size_t i = 0; i < file->parts.items.count; i++) {
		done += file->parts.items.items[i]->input.offset;
		*all += file->parts.items.items[i]->input.size;
	}
	return done;
}

uint64_t perf_file_aux(const struct perf_file *file, uint64_t *bytes)
{
	uint64_t records = file->stream.aux_records;

	*bytes = file->stream.aux_bytes;
	for (size_t i = 0; i < file->parts.items.count; i++) {
		records += file->parts.items.items[i]->stream.aux_records;
		*bytes += file->parts.items.items[i]->stream.aux_bytes;
	}
	return records;
}
