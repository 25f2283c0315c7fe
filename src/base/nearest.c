/*
 * nearest.c - edit distance and a short list of the best; see nearest.h.
 *
 * Near enough means: at most a third of the typed letters differ, or what was typed is a part of
 * the name ("graph" of "call-graph"). Parts rank behind slips of one letter and before all else.
 */
#include "base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

unsigned pmc_nearest_distance(const char *a, const char *b)
{
	const size_t alen = strnlen(a, PMC_NEAREST_LEN - 1), blen = strnlen(b, PMC_NEAREST_LEN - 1);
	unsigned rows[3][PMC_NEAREST_LEN];	/* the row before last, the last, this one */
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= blen; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned *const free_row = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= blen; j++) {
			const int x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least(last[j - 1] + (x != y), least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[blen];
}

void pmc_nearest_init(struct pmc_nearest *nearest, const char *wanted)
{
	memset(nearest, 0, sizeof(*nearest));
	nearest->wanted = wanted;
}

void pmc_nearest_offer(struct pmc_nearest *nearest, const char *name)
{
	const size_t len = strlen(nearest->wanted);
	unsigned distance = pmc_nearest_distance(nearest->wanted, name);
	unsigned place;

	if (distance > 1 && len >= 3 && strcasestr(name, nearest->wanted))
		distance = 1;
	else if (distance > (len + 2) / 3)
		return;
	for (place = nearest->count; place > 0 && distance < nearest->distance[place - 1]; place--)
		;
	for (unsigned i = 0; i < nearest->count; i++)
		if (!strncmp(nearest->name[i], name, PMC_NEAREST_LEN - 1))
			return;
	if (place == PMC_NEAREST_MAX)
		return;
	if (nearest->count < PMC_NEAREST_MAX)
		nearest->count++;
	for (unsigned i = nearest->count - 1; i > place; i--) {
		nearest->distance[i] = nearest->distance[i - 1];
		memcpy(nearest->name[i], nearest->name[i - 1], PMC_NEAREST_LEN);
	}
	nearest->distance[place] = distance;
	snprintf(nearest->name[place], PMC_NEAREST_LEN, "%s", name);
}

char *pmc_nearest_text(const struct pmc_nearest *nearest, char *buf, size_t size)
{
	unsigned count = nearest->count;
	size_t used = 0;

	buf[0] = '\0';
	while (count > 1 && nearest->distance[count - 1] > nearest->distance[0] + 1)
		count--;
	for (unsigned i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i == 0 ? "" : i + 1 < count ? ", " : " or ",
					 nearest->name[i]);
	return buf;
}
