/*
 * import_skips.h - which records of a file were left out, by kind: a few rows, and words for them.
 */
#ifndef PMC_COLLECTOR_IMPORT_SKIPS_H
#define PMC_COLLECTOR_IMPORT_SKIPS_H

#include <stdint.h>

#include "base/mem.h"

struct import_skip {
	uint32_t type;
	uint64_t count, bytes; /* bytes: of data that follows records */
};

struct import_skips {
	PMC_ARRAY(struct import_skip) items; /* in order of first appearance */
	uint64_t count;
};

void import_skips_add(struct import_skips *skips, uint32_t type, uint64_t count, uint64_t bytes);

/* "Left out …: 12 NAMESPACES, 3 AUXTRACE with 12.0 MiB". Caller frees; NULL for none. */
char *import_skips_describe(const struct import_skips *skips);
void import_skips_fini(struct import_skips *skips);

#endif
