/*
 * space.c - see space.h.
 */
#include "collector/space.h"

#include <string.h>

struct space {
	uint32_t refs;
	PMC_ARRAY(struct mapping) live;
	PMC_ARRAY(struct mapping) replaced;
};

struct space *space_new(void)
{
	struct space *space = pmc_calloc(1, sizeof(*space));

	space->refs = 1;
	return space;
}

struct space *space_share(struct space *space)
{
	space->refs++;
	return space;
}

void space_release(struct space *space)
{
	if (!space || --space->refs)
		return;
	pmc_array_free(&space->live);
	pmc_array_free(&space->replaced);
	free(space);
}

size_t space_count(const struct space *space)
{
	return space->live.count;
}

/* Index of the first live mapping that ends behind `address`. */
static size_t lower_bound(const struct space *space, uint64_t address)
{
	size_t low = 0, high = space->live.count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (space->live.items[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct space *copy_space(const struct space *space)
{
	struct space *copy = space_new();

	pmc_grow((void **)&copy->live.items, &copy->live.cap, space->live.count + 1,
		 sizeof(struct mapping));
	if (space->live.count)
		memcpy(copy->live.items, space->live.items,
		       space->live.count * sizeof(struct mapping));
	copy->live.count = space->live.count;
	for (size_t i = 0; i < space->replaced.count; i++)
		*pmc_array_add(&copy->replaced) = space->replaced.items[i];
	return copy;
}

/* Replaces live[at, at + gone) by `fresh` mappings. */
static void splice(struct space *space, size_t at, size_t gone, const struct mapping *with,
		   size_t fresh)
{
	const size_t tail = space->live.count - at - gone;

	pmc_grow((void **)&space->live.items, &space->live.cap, space->live.count - gone + fresh,
		 sizeof(struct mapping));
	memmove(space->live.items + at + fresh, space->live.items + at + gone,
		tail * sizeof(struct mapping));
	memcpy(space->live.items + at, with, fresh * sizeof(struct mapping));
	space->live.count += fresh - gone;
}

void space_map(struct space **space_ptr, const struct mapping *mapping)
{
	struct space *space = *space_ptr;
	struct mapping with[3];
	size_t fresh = 0, first, last;

	if (mapping->start >= mapping->end)
		return;
	if (space->refs > 1) {
		*space_ptr = copy_space(space);
		space_release(space);
		space = *space_ptr;
	}
	first = last = lower_bound(space, mapping->start);
	if (first < space->live.count && space->live.items[first].start < mapping->start) {
		with[fresh] = space->live.items[first]; /* its part before the new one stays */
		with[fresh++].end = mapping->start;
	}
	with[fresh] = *mapping;
	with[fresh++].to_ns = UINT64_MAX;
	for (; last < space->live.count && space->live.items[last].start < mapping->end; last++) {
		struct mapping old = space->live.items[last];

		if (old.end > mapping->end) { /* and so does the part behind it */
			with[fresh] = old;
			with[fresh++].start = mapping->end;
		}
		old.to_ns = mapping->from_ns;
		*pmc_array_add(&space->replaced) = old;
	}
	splice(space, first, last - first, with, fresh);
}

const struct mapping *space_find(const struct space *space, uint64_t address, uint64_t time)
{
	const size_t at = lower_bound(space, address);
	const struct mapping *found = NULL;

	if (at < space->live.count && space->live.items[at].start <= address)
		found = &space->live.items[at];
	if (found && time >= found->from_ns)
		return found->module ? found : NULL;
	for (size_t i = space->replaced.count; i-- > 0;) {
		const struct mapping *old = &space->replaced.items[i];

		if (address >= old->start && address < old->end && time >= old->from_ns &&
		    time < old->to_ns)
			return old->module ? old : NULL;
	}
	/* Mapped a moment after the sample's time stamp: clocks of two CPUs may differ by that. */
	return found && found->module && time + 1000000 >= found->from_ns ? found : NULL;
}

size_t space_forget(struct space *space, uint64_t time)
{
	size_t kept = 0;

	for (size_t i = 0; i < space->replaced.count; i++)
		if (space->replaced.items[i].to_ns >= time)
			space->replaced.items[kept++] = space->replaced.items[i];
	space->replaced.count = kept;
	return kept;
}
