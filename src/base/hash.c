/*
 * hash.c - the parts of hash.h that are not inline: hashing of bytes, growth of an index.
 */
#include "base/hash.h"

#include <string.h>

uint64_t pmc_hash_bytes(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t hash = 0xcbf29ce484222325ULL;	/* FNV-1a offset basis and prime */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return pmc_hash_u64(hash);
}

void pmc_index_fini(struct pmc_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}

void pmc_index_clear(struct pmc_index *index)
{
	if (index->slots)
		memset(index->slots, 0, (index->mask + 1) * sizeof(*index->slots));
	index->count = 0;
}

void pmc_index_grow(struct pmc_index *index)
{
	const size_t slots = index->slots ? (index->mask + 1) * 2 : 64;
	struct pmc_index bigger = {
		.slots = pmc_calloc(slots, sizeof(*bigger.slots)), .mask = slots - 1,
	};

	for (size_t i = 0; index->slots && i <= index->mask; i++) {
		const struct pmc_index_slot slot = index->slots[i];

		if (slot.row)
			pmc_index_add(&bigger, (uint64_t)slot.tag << 32, slot.row - 1);
	}
	free(index->slots);
	*index = bigger;
}
