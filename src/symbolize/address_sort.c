/*
 * address_sort.c - a radix sort for symbol tables.
 *
 * Tables of 100,000 symbols are common and each is sorted once, so this is most of what a module
 * costs. Addresses of one module lie close together: after subtracting the least, 22 to 33 bits are
 * left, two or three passes of 11 bits (2048 counters: 8 KiB, fits the first cache).
 */
#include "symbolize/address_sort.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static bool survey(const struct address_row *rows, size_t count, uint64_t *min, uint64_t *max)
{
	bool sorted = true;

	*min = *max = rows[0].addr;
	for (size_t i = 1; i < count; i++) {
		sorted &= rows[i - 1].addr <= rows[i].addr;
		if (rows[i].addr < *min)
			*min = rows[i].addr;
		if (rows[i].addr > *max)
			*max = rows[i].addr;
	}
	return sorted;
}

static void pass(const struct address_row *from, struct address_row *to, size_t count, uint64_t min,
		 unsigned shift)
{
	size_t start[DIGITS] = { 0 }, sum = 0;

	for (size_t i = 0; i < count; i++)
		start[((from[i].addr - min) >> shift) & (DIGITS - 1)]++;
	for (size_t d = 0; d < DIGITS; d++) {
		const size_t n = start[d];

		start[d] = sum;
		sum += n;
	}
	for (size_t i = 0; i < count; i++)
		to[start[((from[i].addr - min) >> shift) & (DIGITS - 1)]++] = from[i];
}

void address_sort(struct address_row *rows, size_t count)
{
	struct address_row *from = rows, *to;
	PMC_FREE struct address_row *spare = NULL;
	uint64_t min, max;

	if (count < 2 || survey(rows, count, &min, &max))
		return;
	to = spare = pmc_calloc(count, sizeof(*spare));
	for (unsigned shift = 0; shift < 64 && (max - min) >> shift; shift += DIGIT_BITS) {
		struct address_row *swap = from;

		pass(from, to, count, min, shift);
		from = to;
		to = swap;
	}
	if (from != rows)
		memcpy(rows, from, count * sizeof(*rows));
}
