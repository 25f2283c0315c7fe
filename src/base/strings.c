/*
 * strings.c - the interning pool of strings.h.
 *
 * Texts lie one behind the other in chunks that never move, so borrowed pointers stay valid:
 *
 *      chunk: "text\0text\0…"     texts[id - 1] ──► into a chunk     index: hash ──► id - 1
 */
#include "base/strings.h"

#include <string.h>

#include "base/hash.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct text {
	const char *ptr;
	size_t len;
	uint64_t hash;
};

struct pmc_strings {
	PMC_ARRAY(struct text) texts;
	PMC_ARRAY(char *) chunks;
	size_t used, room;	/* of the last chunk */
	struct pmc_index index;
};

struct pmc_strings *pmc_strings_new(void)
{
	return pmc_calloc(1, sizeof(struct pmc_strings));
}

void pmc_strings_free(struct pmc_strings *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->chunks.count; i++)
		free(pool->chunks.items[i]);
	pmc_array_free(&pool->chunks);
	pmc_array_free(&pool->texts);
	pmc_index_fini(&pool->index);
	free(pool);
}

static const char *store_text(struct pmc_strings *pool, const char *text, size_t len)
{
	char *place;

	if (pool->room - pool->used < len + 1) {
		pool->room = len + 1 > CHUNK_BYTES ? len + 1 : CHUNK_BYTES;
		pool->used = 0;
		*pmc_array_add(&pool->chunks) = pmc_calloc(1, pool->room);
	}
	place = pool->chunks.items[pool->chunks.count - 1] + pool->used;
	memcpy(place, text, len);
	place[len] = '\0';
	pool->used += len + 1;
	return place;
}

uint32_t pmc_strings_intern_len(struct pmc_strings *pool, const char *text, size_t len)
{
	const uint64_t hash = pmc_hash_bytes(text, len);
	uint32_t row, step = 0;
	struct text *item;

	while ((row = pmc_index_next(&pool->index, hash, &step)) != UINT32_MAX) {
		item = &pool->texts.items[row];
		if (item->hash == hash && item->len == len && !memcmp(item->ptr, text, len))
			return row + 1;
	}
	item = pmc_array_add(&pool->texts);
	*item = (struct text){ store_text(pool, text, len), len, hash };
	pmc_index_add(&pool->index, hash, (uint32_t)(pool->texts.count - 1));
	return (uint32_t)pool->texts.count;
}

uint32_t pmc_strings_intern(struct pmc_strings *pool, const char *text)
{
	return text ? pmc_strings_intern_len(pool, text, strlen(text)) : 0;
}

const char *pmc_strings_get(const struct pmc_strings *pool, uint32_t id)
{
	return id && id <= pool->texts.count ? pool->texts.items[id - 1].ptr : "";
}

uint32_t pmc_strings_count(const struct pmc_strings *pool)
{
	return (uint32_t)pool->texts.count;
}
