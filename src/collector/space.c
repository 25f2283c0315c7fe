/*
 * space.c - see space.h.
 *
 * Live mappings lie in chunks, in order: a program that makes code at run time, or a kernel with
 * thousands of programs of BPF, has one put in between at every turn, and a single array would be
 * moved each time.
 */
#include "collector/space.h"

#include <string.h>

/* Mappings of a chunk at most: what is moved when one comes in between. */
enum { CHUNK_MAX = 128 };

struct chunk {
	PMC_ARRAY(struct mapping) items; /* never empty */
};

struct space {
	uint32_t refs;
	PMC_ARRAY(struct chunk) chunks;
	size_t count; /* of live mappings, in all chunks */
	PMC_ARRAY(struct mapping) replaced;
};

/* Of a live mapping. Behind the last one: chunk is how many there are. */
struct place {
	size_t chunk, at;
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
	for (size_t i = 0; i < space->chunks.count; i++)
		pmc_array_free(&space->chunks.items[i].items);
	pmc_array_free(&space->chunks);
	pmc_array_free(&space->replaced);
	free(space);
}

size_t space_count(const struct space *space)
{
	return space->count;
}

/* Place of the first live mapping that ends behind `address`. */
static struct place lower_bound(const struct space *space, uint64_t address)
{
	const struct chunk *chunk;
	struct place place = { 0, 0 };
	size_t high = space->chunks.count;

	while (place.chunk < high) {
		const size_t mid = place.chunk + (high - place.chunk) / 2;

		chunk = &space->chunks.items[mid];
		if (chunk->items.items[chunk->items.count - 1].end <= address)
			place.chunk = mid + 1;
		else
			high = mid;
	}
	if (place.chunk == space->chunks.count)
		return place;
	chunk = &space->chunks.items[place.chunk];
	high = chunk->items.count;
	while (place.at < high) {
		const size_t mid = place.at + (high - place.at) / 2;

		if (chunk->items.items[mid].end <= address)
			place.at = mid + 1;
		else
			high = mid;
	}
	return place;
}

static struct mapping *mapping_at(const struct space *space, struct place place)
{
	return place.chunk < space->chunks.count ?
		       &space->chunks.items[place.chunk].items.items[place.at] : NULL;
}

/* Makes room for mappings that are copied there. */
static void copy_items(struct chunk *to, const struct mapping *from, size_t count)
{
	pmc_grow((void **)&to->items.items, &to->items.cap, count, sizeof(*from));
	memcpy(to->items.items, from, count * sizeof(*from));
	to->items.count = count;
}

static struct space *copy_space(const struct space *space)
{
	struct space *copy = space_new();

	copy->count = space->count;
	for (size_t i = 0; i < space->chunks.count; i++)
		copy_items(pmc_array_add(&copy->chunks), space->chunks.items[i].items.items,
			   space->chunks.items[i].items.count);
	for (size_t i = 0; i < space->replaced.count; i++)
		*pmc_array_add(&copy->replaced) = space->replaced.items[i];
	return copy;
}

/* Takes the mapping out. Returns the place of the one behind it. */
static struct place take_out(struct space *space, struct place place)
{
	struct chunk *chunk = &space->chunks.items[place.chunk];
	const size_t tail = chunk->items.count - place.at - 1;

	memmove(chunk->items.items + place.at, chunk->items.items + place.at + 1,
		tail * sizeof(struct mapping));
	chunk->items.count--;
	space->count--;
	if (!chunk->items.count) {
		pmc_array_free(&chunk->items);
		space->chunks.count--;
		memmove(chunk, chunk + 1,
			(space->chunks.count - place.chunk) * sizeof(*chunk));
	} else if (!tail) {
		place.chunk++;
	} else {
		return place;
	}
	place.at = 0;
	return place;
}

/* Splits a chunk that is full into two. */
static void split(struct space *space, size_t at)
{
	const size_t half = CHUNK_MAX / 2;
	struct chunk upper = { 0 }, *chunk;

	pmc_array_add(&space->chunks);
	chunk = &space->chunks.items[at];
	copy_items(&upper, chunk->items.items + half, CHUNK_MAX - half);
	chunk->items.count = half;
	memmove(chunk + 2, chunk + 1, (space->chunks.count - at - 2) * sizeof(*chunk));
	chunk[1] = upper;
}

/* Puts a mapping before the one at the place. Returns the place behind it. */
static struct place put_in(struct space *space, struct place place, const struct mapping *mapping)
{
	struct chunk *chunk;

	if (!space->chunks.count)
		pmc_array_add(&space->chunks);
	if (place.chunk == space->chunks.count) {
		place.chunk--;
		place.at = space->chunks.items[place.chunk].items.count;
	}
	if (space->chunks.items[place.chunk].items.count == CHUNK_MAX) {
		split(space, place.chunk);
		if (place.at > CHUNK_MAX / 2) {
			place.chunk++;
			place.at -= CHUNK_MAX / 2;
		}
	}
	chunk = &space->chunks.items[place.chunk];
	pmc_array_add(&chunk->items);
	memmove(chunk->items.items + place.at + 1, chunk->items.items + place.at,
		(chunk->items.count - place.at - 1) * sizeof(*mapping));
	chunk->items.items[place.at] = *mapping;
	space->count++;
	place.at++;
	if (place.at == chunk->items.count) {
		place.chunk++;
		place.at = 0;
	}
	return place;
}

void space_map(struct space **space_ptr, const struct mapping *mapping)
{
	struct space *space = *space_ptr;
	struct mapping with[3];
	const struct mapping *covered;
	struct place place;
	size_t fresh = 0;

	if (mapping->start >= mapping->end)
		return;
	if (space->refs > 1) {
		*space_ptr = copy_space(space);
		space_release(space);
		space = *space_ptr;
	}
	place = lower_bound(space, mapping->start);
	covered = mapping_at(space, place);
	if (covered && covered->start < mapping->start) {
		with[fresh] = *covered; /* its part before the new one stays */
		with[fresh++].end = mapping->start;
	}
	with[fresh] = *mapping;
	with[fresh++].to_ns = UINT64_MAX;
	while ((covered = mapping_at(space, place)) && covered->start < mapping->end) {
		struct mapping old = *covered;

		if (old.end > mapping->end) { /* and so does the part behind it */
			with[fresh] = old;
			with[fresh++].start = mapping->end;
		}
		old.to_ns = mapping->from_ns;
		*pmc_array_add(&space->replaced) = old;
		place = take_out(space, place);
	}
	for (size_t i = 0; i < fresh; i++)
		place = put_in(space, place, &with[i]);
}

const struct mapping *space_find(const struct space *space, uint64_t address, uint64_t time)
{
	const struct mapping *found = mapping_at(space, lower_bound(space, address));

	if (found && found->start > address)
		found = NULL;
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
