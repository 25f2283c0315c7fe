/*
 * hash.h - hash functions and one open-addressing index from hash to dense row number.
 *
 * An index does not own keys: it maps a 64-bit hash to candidate row numbers of a table that its
 * user keeps, and the user compares keys. That keeps it one type for every table of the program.
 *
 *      hash ──► slot ──► row ──► user's table[row].key == key ?  yes: found   no: next slot
 *
 * Linear probing, a power of two of slots, at most 3/4 full. Rows cannot be removed one by one;
 * pmc_index_clear() forgets all and keeps the room.
 */
#ifndef PMC_HASH_H
#define PMC_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct pmc_index_slot {
	uint32_t row;	/* row + 1; 0 = free */
	uint32_t tag;	/* upper half of the hash: gives the place, and tells most mismatches
			 * apart */
};

struct pmc_index {
	struct pmc_index_slot *slots;
	size_t count, mask;	/* mask + 1 slots, or none when slots is NULL */
};

/*
 * One round of mixing; good enough for tables, not for adversaries. Formula: splitmix64's
 * finaliser.
 */
static inline uint64_t pmc_hash_u64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline uint64_t pmc_hash_2(uint64_t a, uint64_t b)
{
	return pmc_hash_u64(a * 0x9e3779b97f4a7c15ULL + b);
}

/* FNV-1a folded through pmc_hash_u64(): for strings, which are hashed once each. */
uint64_t pmc_hash_bytes(const void *data, size_t len);

void pmc_index_fini(struct pmc_index *index);
void pmc_index_clear(struct pmc_index *index);
void pmc_index_grow(struct pmc_index *index);

/*
 * Walks the candidates for `hash`: start with *step = 0, call until it returns UINT32_MAX (absent)
 * or a row whose key the caller finds equal.
 */
static inline uint32_t pmc_index_next(const struct pmc_index *index, uint64_t hash, uint32_t *step)
{
	const uint32_t tag = (uint32_t)(hash >> 32);

	if (!index->slots)
		return UINT32_MAX;
	for (;;) {
		const struct pmc_index_slot *slot = &index->slots[(tag + (*step)++) & index->mask];

		if (!slot->row)
			return UINT32_MAX;
		if (slot->tag == tag)
			return slot->row - 1;
	}
}

/* Adds a row under `hash`; the caller knows that its key is absent. */
static inline void pmc_index_add(struct pmc_index *index, uint64_t hash, uint32_t row)
{
	const uint32_t tag = (uint32_t)(hash >> 32);
	size_t at = tag;

	if (!index->slots || index->count >= (index->mask + 1) / 4 * 3)
		pmc_index_grow(index);
	while (index->slots[at & index->mask].row)
		at++;
	index->slots[at & index->mask] = (struct pmc_index_slot){ .row = row + 1, .tag = tag };
	index->count++;
}

#endif
