/*
 * catalog.c - see catalog.h.
 */
#include "collector/catalog.h"

#include <string.h>

void catalog_init(struct catalog *catalog)
{
	memset(catalog, 0, sizeof(*catalog));
	catalog->strings = pmc_strings_new();
	catalog->memos = pmc_calloc(CHAIN_MEMOS, sizeof(*catalog->memos));
}

void catalog_fini(struct catalog *catalog)
{
	pmc_strings_free(catalog->strings);
	pmc_array_free(&catalog->modules);
	pmc_array_free(&catalog->processes);
	pmc_array_free(&catalog->threads);
	pmc_array_free(&catalog->locations);
	pmc_array_free(&catalog->stacks);
	pmc_array_free(&catalog->ksyms);
	pmc_array_free(&catalog->module_ids);
	pmc_array_free(&catalog->process_ends);
	pmc_array_free(&catalog->thread_ends);
	pmc_index_fini(&catalog->module_index);
	pmc_index_fini(&catalog->location_index);
	pmc_index_fini(&catalog->stack_index);
	free(catalog->memos);
	memset(catalog, 0, sizeof(*catalog));
}

/*
 * The same path is the same module unless both build-ids are known and differ: mappings read from
 * /proc carry none, those of MMAP2 records may.
 */
static bool same_module(const struct pmc_module_row *a, const struct pmc_module_row *b)
{
	if (a->path != b->path || a->kind != b->kind || a->base != b->base)
		return false;
	return !a->build_id_len || !b->build_id_len ||
	       (a->build_id_len == b->build_id_len &&
		!memcmp(a->build_id, b->build_id, a->build_id_len));
}

uint32_t catalog_module(struct catalog *catalog, const struct pmc_module_row *row)
{
	const uint64_t hash = pmc_hash_2(row->path, row->base);
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&catalog->module_index, hash, &step)) != UINT32_MAX)
		if (same_module(&catalog->modules.items[found], row))
			return found + 1;
	*pmc_array_add(&catalog->modules) = *row;
	pmc_index_add(&catalog->module_index, hash, (uint32_t)catalog->modules.count - 1);
	return (uint32_t)catalog->modules.count;
}

void catalog_identify(struct catalog *catalog, const char *path, const uint8_t *build_id,
		      uint8_t build_id_len)
{
	const uint32_t text = pmc_strings_intern(catalog->strings, path);
	const uint64_t hash = pmc_hash_2(text, 0);
	struct pmc_module_id late = { .build_id_len = build_id_len };
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&catalog->module_index, hash, &step)) != UINT32_MAX) {
		struct pmc_module_row *row = &catalog->modules.items[found];

		if (row->path != text || row->build_id_len ||
		    (row->kind != PMC_MODULE_USER && row->kind != PMC_MODULE_VDSO))
			continue;
		row->build_id_len = build_id_len;
		memcpy(row->build_id, build_id, build_id_len);
		if (found >= catalog->flushed.modules)
			continue;
		late.module = found + 1;
		memcpy(late.build_id, build_id, build_id_len);
		*pmc_array_add(&catalog->module_ids) = late;
	}
}

uint32_t catalog_location(struct catalog *catalog, uint32_t module, uint64_t offset, bool is_caller)
{
	const uint64_t hash = pmc_hash_2(offset, (uint64_t)module << 1 | is_caller);
	uint32_t found, step = 0;
	struct pmc_location_row *row;

	while ((found = pmc_index_next(&catalog->location_index, hash, &step)) != UINT32_MAX) {
		row = &catalog->locations.items[found];
		if (row->offset == offset && row->module == module && row->is_caller == is_caller)
			return found + 1;
	}
	row = pmc_array_add(&catalog->locations);
	*row = (struct pmc_location_row){ module, is_caller, offset };
	pmc_index_add(&catalog->location_index, hash, (uint32_t)catalog->locations.count - 1);
	return (uint32_t)catalog->locations.count;
}

uint32_t catalog_stack(struct catalog *catalog, uint32_t parent, uint32_t location)
{
	const uint64_t hash = pmc_hash_2(parent, location);
	uint32_t found, step = 0;
	struct pmc_stack_row *row;

	while ((found = pmc_index_next(&catalog->stack_index, hash, &step)) != UINT32_MAX) {
		row = &catalog->stacks.items[found];
		if (row->parent == parent && row->location == location)
			return found + 1;
	}
	row = pmc_array_add(&catalog->stacks);
	*row = (struct pmc_stack_row){ parent, location };
	pmc_index_add(&catalog->stack_index, hash, (uint32_t)catalog->stacks.count - 1);
	return (uint32_t)catalog->stacks.count;
}

/*
 * Two hashes by multiplication with unrelated odd numbers: chance makes two chains alike about once
 * in 2^128.
 */
uint32_t catalog_stack_of(struct catalog *catalog, const uint32_t *callers, uint32_t count)
{
	uint64_t first = count, second = ~(uint64_t)count;
	struct chain_memo *memo;
	uint32_t stack = 0;

	for (uint32_t i = 0; i < count; i++) {
		first = (first ^ callers[i]) * 0xbf58476d1ce4e5b9ULL;
		first ^= first >> 32;
		second = (second + callers[i]) * 0x94d049bb133111ebULL;
		second ^= second >> 29;
	}
	memo = &catalog->memos[first & (CHAIN_MEMOS - 1)];
	if (memo->first == first && memo->second == second && memo->stack)
		return memo->stack;
	for (uint32_t i = count; i-- > 0;)
		stack = catalog_stack(catalog, stack, callers[i]);
	*memo = (struct chain_memo){ first, second, stack };
	return stack;
}

uint32_t catalog_process(struct catalog *catalog, const struct pmc_process_row *row)
{
	*pmc_array_add(&catalog->processes) = *row;
	return (uint32_t)catalog->processes.count;
}

uint32_t catalog_thread(struct catalog *catalog, const struct pmc_thread_row *row)
{
	*pmc_array_add(&catalog->threads) = *row;
	return (uint32_t)catalog->threads.count;
}

/* ---- handing over ---- */

/* Copies rows [first, first + count); NULL for none. */
static void *copy_rows(const void *items, size_t first, size_t count, size_t size)
{
	void *copy;

	if (!count)
		return NULL;
	copy = pmc_calloc(count, size);
	memcpy(copy, (const char *)items + first * size, count * size);
	return copy;
}

/* New rows of one growing table: [flushed, count). */
#define FLUSH_ROWS(table)									\
	do {											\
		batch->table##_count = catalog->table.count - catalog->flushed.table;		\
		batch->table##_first = catalog->flushed.table + 1;				\
		batch->table = copy_rows(catalog->table.items, catalog->flushed.table,		\
					 batch->table##_count, sizeof(*batch->table));		\
		catalog->flushed.table = (uint32_t)catalog->table.count;			\
	} while (0)

/* Rows that are only there until they are handed over. */
#define FLUSH_NEWS(table)									\
	do {											\
		batch->table##_count = catalog->table.count;					\
		batch->table = copy_rows(catalog->table.items, 0, catalog->table.count,		\
					 sizeof(*batch->table));				\
		catalog->table.count = 0;							\
	} while (0)

void catalog_flush(struct catalog *catalog, struct pmc_batch *batch)
{
	const uint32_t from = catalog->flushed.strings, to = pmc_strings_count(catalog->strings);

	batch->strings_first = from + 1;
	batch->texts_count = to - from;
	batch->texts = to > from ? pmc_calloc(to - from, sizeof(*batch->texts)) : NULL;
	for (uint32_t id = from + 1; id <= to; id++)
		batch->texts[id - from - 1] = pmc_strings_get(catalog->strings, id);
	catalog->flushed.strings = to;
	FLUSH_ROWS(modules);
	FLUSH_ROWS(processes);
	FLUSH_ROWS(threads);
	FLUSH_ROWS(locations);
	FLUSH_ROWS(stacks);
	FLUSH_NEWS(ksyms);
	FLUSH_NEWS(module_ids);
	FLUSH_NEWS(process_ends);
	FLUSH_NEWS(thread_ends);
}

/* Frees one table of a batch and leaves it empty. */
#define RELEASE_ROWS(table)									\
	do {											\
		free(batch->table);								\
		batch->table = NULL;								\
		batch->table##_count = 0;							\
	} while (0)

void catalog_release(struct pmc_batch *batch)
{
	RELEASE_ROWS(texts);
	RELEASE_ROWS(modules);
	RELEASE_ROWS(processes);
	RELEASE_ROWS(threads);
	RELEASE_ROWS(locations);
	RELEASE_ROWS(stacks);
	RELEASE_ROWS(ksyms);
	RELEASE_ROWS(module_ids);
	RELEASE_ROWS(process_ends);
	RELEASE_ROWS(thread_ends);
}
