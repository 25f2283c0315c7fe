/*
 * build_ids.c - see build_ids.h.
 */
#include "collector/build_ids.h"

#include <string.h>

void build_ids_add(struct build_ids *ids, const char *path, const uint8_t *bytes, size_t len)
{
	struct build_id *row;

	if (!len || len > PMC_BUILD_ID_MAX || build_ids_find(ids, path))
		return;
	row = pmc_array_add(&ids->items);
	row->path = pmc_strdup(path);
	row->len = (uint8_t)len;
	memcpy(row->bytes, bytes, len);
	pmc_index_add(&ids->index, pmc_hash_bytes(path, strlen(path)),
		      (uint32_t)ids->items.count - 1);
}

const struct build_id *build_ids_find(const struct build_ids *ids, const char *path)
{
	const uint64_t hash = pmc_hash_bytes(path, strlen(path));
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&ids->index, hash, &step)) != UINT32_MAX)
		if (!strcmp(ids->items.items[found].path, path))
			return &ids->items.items[found];
	return NULL;
}

void build_ids_fini(struct build_ids *ids)
{
	for (size_t i = 0; i < ids->items.count; i++)
		free(ids->items.items[i].path);
	pmc_array_free(&ids->items);
	pmc_index_fini(&ids->index);
}
