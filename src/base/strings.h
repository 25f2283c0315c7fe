/*
 * strings.h - a pool that interns strings: each distinct text once, as a dense id from 1; 0 = none.
 *
 * The pool owns the bytes; a text stays valid until the pool is freed. Texts may hold any byte but
 * NUL. Not for concurrent use: the collector and the symbolizer own a pool each.
 */
#ifndef PMC_STRINGS_H
#define PMC_STRINGS_H

#include <stddef.h>
#include <stdint.h>

struct pmc_strings;

struct pmc_strings *pmc_strings_new(void);
void pmc_strings_free(struct pmc_strings *pool);

/* Id of the text (interned now if it is new). NULL gives 0; "" is a string like any other. */
uint32_t pmc_strings_intern(struct pmc_strings *pool, const char *text);
uint32_t pmc_strings_intern_len(struct pmc_strings *pool, const char *text, size_t len);

/* Text of an id, or "" for 0 and for ids that were never given. Valid as long as the pool. */
const char *pmc_strings_get(const struct pmc_strings *pool, uint32_t id);

/* Number of distinct strings: the highest id given. */
uint32_t pmc_strings_count(const struct pmc_strings *pool);

#endif
