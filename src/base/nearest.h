/*
 * nearest.h - the names nearest to a mistyped one, for hints: events, options, commands, columns.
 *
 *      init("instrutions") → offer("instructions"), offer("cycles"), … → text: "instructions"
 *
 * The best few are kept, in order; names are copied, so they may be gone afterwards.
 */
#ifndef PMC_NEAREST_H
#define PMC_NEAREST_H

#include <stddef.h>

enum { PMC_NEAREST_MAX = 3, PMC_NEAREST_LEN = 96 };

struct pmc_nearest {
	const char *wanted;	/* borrowed until the last offer */
	unsigned count;
	unsigned distance[PMC_NEAREST_MAX];
	char name[PMC_NEAREST_MAX][PMC_NEAREST_LEN];
};

void pmc_nearest_init(struct pmc_nearest *nearest, const char *wanted);

/* Keeps the name if it is near enough to be meant, and nearer than the worst one kept. */
void pmc_nearest_offer(struct pmc_nearest *nearest, const char *name);

/*
 * Writes "a", "a or b", "a, b or c", or "" when no name was near; returns the buffer. Names that
 * are clearly farther than the best are left out.
 */
char *pmc_nearest_text(const struct pmc_nearest *nearest, char *buf, size_t size);

/*
 * Number of insertions, deletions, replacements and swaps of neighbours that turn a into b, without
 * regard to case (optimal string alignment distance). Only the first 95 bytes are compared.
 */
unsigned pmc_nearest_distance(const char *a, const char *b);

#endif
