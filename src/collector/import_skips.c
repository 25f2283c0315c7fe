/*
 * import_skips.c - see import_skips.h.
 */
#include "collector/import_skips.h"

#include "base/format.h"
#include "collector/decode.h"
#include "collector/perf_abi.h"

void import_skips_add(struct import_skips *skips, uint32_t type, uint64_t count, uint64_t bytes)
{
	struct import_skip *row = NULL;

	for (size_t i = 0; i < skips->items.count && !row; i++)
		if (skips->items.items[i].type == type)
			row = &skips->items.items[i];
	if (!row) {
		row = pmc_array_add(&skips->items);
		row->type = type;
	}
	row->count += count;
	row->bytes += bytes;
	skips->count += count;
}

static const char *name_of(uint32_t type, char buf[16])
{
	switch (type) {
	case PERF_REC_AUXTRACE:
		return "AUXTRACE";
	case PERF_REC_AUXTRACE_INFO:
		return "AUXTRACE_INFO";
	case PERF_REC_AUXTRACE_ERROR:
		return "AUXTRACE_ERROR";
	case PERF_REC_STAT:
		return "STAT";
	case PERF_REC_STAT_ROUND:
		return "STAT_ROUND";
	case PERF_REC_HEADER_ATTR:
		return "late HEADER_ATTR";
	case PERF_REC_FEATURE:
		return "late FEATURE";
	case PERF_REC_COMPRESSED:
	case PERF_REC_COMPRESSED2:
		return "COMPRESSED in another one";
	default:
		return record_type_name(type, buf);
	}
}

char *import_skips_describe(const struct import_skips *skips)
{
	char *text = NULL;

	for (size_t i = 0; i < skips->items.count; i++) {
		const struct import_skip *row = &skips->items.items[i];
		char buf[16], bytes[PMC_FORMAT_SIZE];
		char *before = text;

		pmc_format_bytes(bytes, (double)row->bytes);
		text = pmc_sprintf("%s%s%llu %s%s%s",
				   before ? before : "Records that tell nothing that is kept: ",
				   before ? ", " : "", (unsigned long long)row->count,
				   name_of(row->type, buf), row->bytes ? " with " : "",
				   row->bytes ? bytes : "");
		free(before);
	}
	return text;
}

void import_skips_fini(struct import_skips *skips)
{
	pmc_array_free(&skips->items);
	skips->count = 0;
}
