/*
 * event_suggest.c - the names nearest to one that is not known.
 *
 * Nearest means: few edits (insert, delete, replace, swap two neighbours), whatever the case. A name
 * of which the text is a part counts as one edit away, plus a little for each byte that is missing, so
 * that "cache-miss" leads to cache-misses before L1-dcache-load-misses. Ties are told by the alphabet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/event.h"

enum { SHOWN = 5, LENGTH_MAX = 63 };

static unsigned lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: rows of the usual table, the last three kept.
 * Longer names than LENGTH_MAX are no typing mistakes of each other: limit + 1.
 */
unsigned event_distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][LENGTH_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t alen = strlen(a), blen = strlen(b);

	if (alen > LENGTH_MAX || blen > LENGTH_MAX ||
	    (alen > blen ? alen - blen : blen - alen) > limit)
		return limit + 1;
	for (size_t k = 0; k <= blen; k++)
		above[k] = (unsigned)k;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= alen; i++) {
		unsigned *spare = before, best;

		row[0] = best = (unsigned)i;
		for (size_t k = 1; k <= blen; k++) {
			bool same = lower(a[i - 1]) == lower(b[k - 1]);

			row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + !same);
			if (i > 1 && k > 1 && lower(a[i - 1]) == lower(b[k - 2]) &&
			    lower(a[i - 2]) == lower(b[k - 1]))
				row[k] = least(row[k], before[k - 2] + 1);
			best = least(best, row[k]);
		}
		if (best > limit)
			return limit + 1;
		before = above;
		above = row;
		row = spare;
	}
	return above[blen] <= limit ? above[blen] : limit + 1;
}

struct candidate {
	char *name;
	unsigned score;
};

struct search {
	const char *name;
	unsigned limit;
	struct candidate best[SHOWN];
	size_t count;
};

/* Sixteenths of an edit, so that a part of a long name ranks below a part of a short one. */
static unsigned score(const struct search *search, const char *name)
{
	size_t len = strlen(search->name), have = strlen(name);
	unsigned edits = event_distance(search->name, name, search->limit);
	const char *colons = strstr(name, "::");
	unsigned scored = edits > search->limit ? UINT32_MAX : edits * 16;

	if (colons) { /* the name in its PMU may be what was meant */
		edits = event_distance(search->name, colons + 2, search->limit);
		if (edits <= search->limit)
			scored = least(scored, edits * 16 + 8);
	}
	if (len >= 3 && strcasestr(name, search->name))
		scored = least(scored, 16 + (unsigned)(have - len));
	return scored;
}

static int consider(void *ctx, const struct pmc_event_info *info)
{
	struct search *search = ctx;
	unsigned points = score(search, info->name);
	size_t at = search->count;

	if (points == UINT32_MAX)
		return 0;
	for (size_t i = 0; i < search->count; i++)
		if (!strcmp(search->best[i].name, info->name))
			return 0;
	while (at && (search->best[at - 1].score > points ||
		      (search->best[at - 1].score == points &&
		       strcmp(search->best[at - 1].name, info->name) > 0)))
		at--;
	if (at == SHOWN)
		return 0;
	if (search->count == SHOWN)
		free(search->best[--search->count].name);
	memmove(&search->best[at + 1], &search->best[at],
		(search->count - at) * sizeof(search->best[0]));
	search->best[at] = (struct candidate){ .name = pmc_strdup(info->name), .score = points };
	search->count++;
	return 0;
}

void event_suggest(char *text, size_t size, const char *name, const struct event_host *host)
{
	struct event_host quiet = *host;
	struct search search = { .name = name, .limit = (unsigned)(strlen(name) / 4 + 1) };
	const char *colons = strstr(name, "::");
	size_t used = 0;

	if (search.limit > 6)
		search.limit = 6;
	quiet.names_only = true;
	event_list_each(NULL, &quiet, consider, &search);
	if (colons) {
		PMC_FREE char *glob = pmc_sprintf("%.*s::*", (int)(colons - name), name);

		if (strcspn(name, "*?[") > (size_t)(colons - name))
			event_pfm_each(glob, &quiet, consider, &search);
	}
	if (size)
		text[0] = '\0';
	for (size_t i = 0; i < search.count; i++) {
		if (used + strlen(search.best[i].name) + 3 < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 search.best[i].name);
		free(search.best[i].name);
	}
}
