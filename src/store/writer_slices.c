/*
 * writer_slices.c - what happened when, in few bytes.
 *
 * Job: put the items of a flush in order; encode those of one event and slice as the two texts that
 * the table `slice` keeps. Pure: no database here.
 *
 * The encoding (see the docs of slice.entries): ids in ascending order, so each is a small
 * difference to the one before. A sample of a key that was hit once in the slice takes 2 to 4
 * bytes:
 *
 *   cost ids     7, 7, 7, 10, 25
 *   entries      [7,-2,3,15]      7 and 2 more; 3 further on; 15 further on
 *   vals         [10,20,10,11]    only where values are not samples × one period
 */
#include "store/writer_slices.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct slice_item *slice_sorter_add(struct slice_sorter *sorter)
{
	if (sorter->count == sorter->cap) {
		pmc_grow((void **)&sorter->items, &sorter->cap, sorter->count + 1,
			 sizeof(*sorter->items));
		sorter->spare = pmc_realloc(sorter->spare, sorter->cap, sizeof(*sorter->spare));
	}
	return &sorter->items[sorter->count++];
}

void slice_sorter_fini(struct slice_sorter *sorter)
{
	free(sorter->items);
	free(sorter->spare);
	*sorter = (struct slice_sorter){ 0 };
}

/*
 * Stable radix sort by the 32-bit field at `offset` of each item, a byte a pass. Bytes that are the
 * same everywhere need no pass, which are most: ids and slices of one flush are near each other.
 */
static void sort_by_field(struct slice_sorter *sorter, size_t offset)
{
	size_t counts[4][256] = { 0 };

	for (size_t i = 0; i < sorter->count; i++) {
		uint32_t key;

		memcpy(&key, (const char *)&sorter->items[i] + offset, sizeof(key));
		for (int byte = 0; byte < 4; byte++)
			counts[byte][key >> (8 * byte) & 255]++;
	}
	for (int byte = 0; byte < 4; byte++) {
		size_t starts[256], sum = 0;
		bool one = false;

		for (int digit = 0; digit < 256; digit++) {
			one |= counts[byte][digit] == sorter->count;
			starts[digit] = sum;
			sum += counts[byte][digit];
		}
		if (one)
			continue;
		for (size_t i = 0; i < sorter->count; i++) {
			uint32_t key;

			memcpy(&key, (const char *)&sorter->items[i] + offset, sizeof(key));
			sorter->spare[starts[key >> (8 * byte) & 255]++] = sorter->items[i];
		}
		struct slice_item *swap = sorter->items;

		sorter->items = sorter->spare;
		sorter->spare = swap;
	}
}

void slice_sorter_by_cost(struct slice_sorter *sorter)
{
	sort_by_field(sorter, offsetof(struct slice_item, cost));
}

void slice_sorter_by_time(struct slice_sorter *sorter)
{
	sort_by_field(sorter, offsetof(struct slice_item, slice));
	sort_by_field(sorter, offsetof(struct slice_item, event));
}

/* Appends "," and the number to a JSON array that is being written. */
static void add_number(char **buf, size_t *len, size_t *cap, int64_t number)
{
	char digits[24], *at = digits + sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	size_t size;

	do {
		*--at = (char)('0' + rest % 10);
	} while (rest /= 10);
	if (number < 0)
		*--at = '-';
	if (*len > 1)
		*--at = ',';
	size = (size_t)(digits + sizeof(digits) - at);
	pmc_grow((void **)buf, cap, *len + size + 1, 1);
	memcpy(*buf + *len, at, size);
	*len += size;
}

static void begin_array(char **buf, size_t *len, size_t *cap)
{
	pmc_grow((void **)buf, cap, 1, 1);
	(*buf)[0] = '[';
	*len = 1;
}

/* The room was made by add_number() or begin_array(). */
static void end_array(char **buf, size_t *len, size_t *cap)
{
	pmc_grow((void **)buf, cap, *len + 1, 1);
	(*buf)[(*len)++] = ']';
}

/* Sums the items of one cost: returns their number. */
static size_t sum_cost(const struct slice_item *items, size_t count, uint64_t *samples,
		       uint64_t *value)
{
	size_t i;

	*samples = *value = 0;
	for (i = 0; i < count && items[i].cost == items[0].cost; i++) {
		*samples += items[i].samples;
		*value += items[i].value;
	}
	return i;
}

/* Do all samples of the item have this period? */
static bool has_period(const struct slice_item *item, uint64_t period)
{
	uint64_t value;

	return !__builtin_mul_overflow(item->samples, period, &value) && value == item->value;
}

size_t slice_encode(struct slice_text *text, const struct slice_item *items, size_t count,
		    const int64_t *db_ids)
{
	uint64_t samples, value;
	size_t end = 0, costs = 0, at;
	int64_t last = 0;

	/* First pass: where it ends, and whether every sample has the same period. */
	text->period = items[0].samples ? items[0].value / items[0].samples : 0;
	while (end < count && costs < SLICE_ROW_COSTS && items[end].event == items[0].event &&
	       items[end].slice == items[0].slice) {
		size_t left = end;

		while (left < count && items[left].cost == items[end].cost &&
		       items[left].slice == items[0].slice && items[left].event == items[0].event) {
			if (!has_period(&items[left], text->period))
				text->period = 0;
			left++;
		}
		end = left;
		costs++;
	}
	begin_array(&text->entries, &text->entries_len, &text->entries_cap);
	begin_array(&text->vals, &text->vals_len, &text->vals_cap);
	for (at = 0; at < end;) {
		const int64_t id = db_ids[items[at].cost];

		at += sum_cost(&items[at], end - at, &samples, &value);
		if (!samples)
			continue;
		add_number(&text->entries, &text->entries_len, &text->entries_cap, id - last);
		last = id;
		if (samples > 1)
			add_number(&text->entries, &text->entries_len, &text->entries_cap,
				   -(int64_t)(samples - 1));
		if (text->period)
			continue;
		/*
		 * The first number stands for one sample: its share, rounded down; the rest goes to
		 * the others.
		 */
		add_number(&text->vals, &text->vals_len, &text->vals_cap,
			   (int64_t)(value / samples));
		if (samples > 1)
			add_number(&text->vals, &text->vals_len, &text->vals_cap,
				   (int64_t)(value - value / samples));
	}
	end_array(&text->entries, &text->entries_len, &text->entries_cap);
	end_array(&text->vals, &text->vals_len, &text->vals_cap);
	return end;
}

void slice_text_fini(struct slice_text *text)
{
	free(text->entries);
	free(text->vals);
	*text = (struct slice_text){ 0 };
}
