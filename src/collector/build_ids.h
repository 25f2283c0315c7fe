/*
 * build_ids.h - build-ids of files by path, as a recording lists them.
 *
 * Mappings of most recordings bear no build-id: perf reads those of all files that samples hit when
 * it ends, and writes them as a list. A path that is there twice keeps its first.
 */
#ifndef PMC_COLLECTOR_BUILD_IDS_H
#define PMC_COLLECTOR_BUILD_IDS_H

#include "base/hash.h"
#include "base/model.h"

struct build_id {
	char *path;
	uint8_t len;
	uint8_t bytes[PMC_BUILD_ID_MAX];
};

struct build_ids {
	PMC_ARRAY(struct build_id) items;
	struct pmc_index index; /* by path */
};

/* Ids that are longer than is kept, or empty, are left out. */
void build_ids_add(struct build_ids *ids, const char *path, const uint8_t *bytes, size_t len);
/* NULL: not known. Valid until the next one is added. */
const struct build_id *build_ids_find(const struct build_ids *ids, const char *path);
void build_ids_fini(struct build_ids *ids);

#endif
