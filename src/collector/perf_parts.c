/*
 * perf_parts.c - see perf_parts.h.
 */
#include "collector/perf_parts.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Parts are as many as CPUs, so their buffers are small; and no machine has so many. */
enum { PART_ROOM = 1 << 17, PARTS_MAX = 8192 };

static void close_part(struct perf_part *part)
{
	perf_stream_fini(&part->stream);
	perf_input_close(&part->input);
	free(part->path);
	free(part);
}

void perf_parts_close(struct perf_parts *parts)
{
	for (size_t i = 0; i < parts->items.count; i++)
		close_part(parts->items.items[i]);
	pmc_array_free(&parts->items);
	free(parts->missing);
	memset(parts, 0, sizeof(*parts));
}

/* "data.17": 17; others: -1. */
static long number_of(const char *name)
{
	static const char mark[] = "data.";
	const size_t len = sizeof(mark) - 1;
	char *end;
	long number;

	if (strncmp(name, mark, len) || name[len] < '0' || name[len] > '9')
		return -1;
	number = strtol(name + len, &end, 10);
	return *end || number >= PARTS_MAX ? -1 : number;
}

/* How many parts there must be: as many as told, or one more than the highest number. */
static long count_parts(const char *folder, uint32_t told)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	long count = told < PARTS_MAX ? told : 0;

	while (dir && (entry = readdir(dir))) {
		const long number = number_of(entry->d_name);

		if (number >= count)
			count = number + 1;
	}
	if (dir)
		closedir(dir);
	return count;
}

static int open_part(struct perf_parts *parts, char *path, bool swap, struct pmc_err *err)
{
	struct perf_part *part = pmc_calloc(1, sizeof(*part));

	part->path = path;
	part->input.fd = -1;
	*pmc_array_add(&parts->items) = part;
	if (perf_input_open(&part->input, path, err))
		return -1;
	part->input.room = PART_ROOM;
	perf_stream_init(&part->stream, &part->input, swap, UINT64_MAX);
	return 0;
}

int perf_parts_open(struct perf_parts *parts, const char *folder, uint32_t told, bool swap,
		    struct pmc_err *err)
{
	const long count = count_parts(folder, told);

	memset(parts, 0, sizeof(*parts));
	for (long i = 0; i < count; i++) {
		char *path = pmc_sprintf("%s/data.%ld", folder, i);
		struct stat st;

		/* One that is no file would be waited for. */
		if (!stat(path, &st) && S_ISREG(st.st_mode)) {
			if (!open_part(parts, path, swap, err))
				continue;
			perf_parts_close(parts);
			return -1;
		}
		if (!parts->missing_all++)
			parts->missing = path;
		else
			free(path);
	}
	return 0;
}

/* Reads a part's next record. END and CUT: it has none any more. */
static enum perf_next advance(struct perf_parts *parts, struct perf_part *part, struct pmc_err *err)
{
	const enum perf_next next = perf_stream_next(&part->stream, &part->record, err);
	struct pmc_err why = *err;
	uint64_t time_ns;

	part->has_record = next == PERF_NEXT_RECORD;
	if (next == PERF_NEXT_CUT) {
		pmc_err_clear(err);
		pmc_err_set(err, PMC_ERR_DATA, "'%s': %s", part->path, why.message);
	}
	if (!part->has_record)
		return next;
	time_ns = parts->time_of(parts->ctx, &part->record);
	if (time_ns)
		part->time_ns = time_ns;
	return next;
}

/* Brings all parts up to their next record: at first all of them, later the one that was used. */
static enum perf_next advance_used(struct perf_parts *parts, struct pmc_err *err)
{
	enum perf_next next;

	if (parts->is_begun) {
		if (!parts->items.count || !parts->items.items[parts->last]->has_record)
			return PERF_NEXT_RECORD;
		next = advance(parts, parts->items.items[parts->last], err);
		return next == PERF_NEXT_END ? PERF_NEXT_RECORD : next;
	}
	for (; parts->last < parts->items.count; parts->last++) {
		next = advance(parts, parts->items.items[parts->last], err);
		if (next == PERF_NEXT_RECORD || next == PERF_NEXT_END)
			continue;
		parts->last++;
		return next;
	}
	parts->is_begun = true;
	parts->last = 0;
	return PERF_NEXT_RECORD;
}

/* The part whose record is the oldest. False: there are no more. */
static bool choose(struct perf_parts *parts)
{
	const struct perf_part *first = NULL;

	parts->until_ns = UINT64_MAX;
	for (size_t i = 0; i < parts->items.count; i++) {
		const struct perf_part *part = parts->items.items[i];

		if (!part->has_record)
			continue;
		if (first && part->time_ns >= first->time_ns) {
			if (part->time_ns < parts->until_ns)
				parts->until_ns = part->time_ns;
			continue;
		}
		if (first)
			parts->until_ns = first->time_ns;
		first = part;
		parts->last = i;
	}
	return first;
}

enum perf_next perf_parts_next(struct perf_parts *parts, struct perf_record *record,
			       struct pmc_err *err)
{
	if (parts->missing) {
		if (parts->missing_all == 1)
			pmc_err_set(err, PMC_ERR_DATA, "'%s' is missing, or no file",
				    parts->missing);
		else
			pmc_err_set(err, PMC_ERR_DATA,
				    "'%s' and %u more like it are missing, or no files",
				    parts->missing, parts->missing_all - 1);
		free(parts->missing);
		parts->missing = NULL;
		return PERF_NEXT_CUT;
	}
	if (!parts->is_held) {
		const enum perf_next next = advance_used(parts, err);
		const struct perf_part *last;

		if (next != PERF_NEXT_RECORD)
			return next;
		last = parts->items.count ? parts->items.items[parts->last] : NULL;
		if ((!last || !last->has_record || last->time_ns > parts->until_ns) &&
		    !choose(parts))
			return PERF_NEXT_END;
	}
	parts->is_held = false;
	*record = parts->items.items[parts->last]->record;
	return PERF_NEXT_RECORD;
}
