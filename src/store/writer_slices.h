/*
 * writer_slices.h - inside the folder: order of a flush's items, and the text of a time slice.
 */
#ifndef STORE_WRITER_SLICES_H
#define STORE_WRITER_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One cost row of a batch: what key `cost` (an index of the writer) gained in a slice. */
struct slice_item {
	uint32_t cost;
	uint32_t event;
	uint32_t slice;
	uint64_t samples, value;
};

/* Room for sorting, kept from flush to flush. */
struct slice_sorter {
	struct slice_item *items, *spare;
	size_t count, cap;
};

/* Room for one more item; the caller fills it. */
struct slice_item *slice_sorter_add(struct slice_sorter *sorter);
void slice_sorter_fini(struct slice_sorter *sorter);

/* Sorts by cost; afterwards slice_sorter_by_time() sorts by event, slice, cost, as it is stable. */
void slice_sorter_by_cost(struct slice_sorter *sorter);
void slice_sorter_by_time(struct slice_sorter *sorter);

/*
 * Texts are cut after this many costs. Decoding `vals` takes time quadratic in a row's length, and
 * rows of some 600 bytes fill pages best: 96 to 256 measured within 1 % of each other, 512 took 25
 * % more.
 */
#define SLICE_ROW_COSTS 192

/* One row of the table slice. Buffers grow and are kept; free them with slice_text_fini(). */
struct slice_text {
	char *entries, *vals;
	size_t entries_len, vals_len;
	size_t entries_cap, vals_cap;
	uint64_t period;	/* of every sample; 0: they differ, see vals */
};

/*
 * Encodes the items from `items` on that have the event and slice of the first, at most `count`
 * items and SLICE_ROW_COSTS costs. db_ids[cost] are the ids on disk, ascending with cost. Returns
 * the number of items that are in it.
 */
size_t slice_encode(struct slice_text *text, const struct slice_item *items, size_t count,
		    const int64_t *db_ids);
void slice_text_fini(struct slice_text *text);

#endif
