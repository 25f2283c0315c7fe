/*
 * import_order.c - see import_order.h.
 */
#include "collector/import_order.h"

#include <string.h>

#include "collector/decode.h"

void import_order_init(struct import_order *order, struct ring *rings)
{
	memset(order, 0, sizeof(*order));
	order->rings = rings;
	order->oldest_ns = UINT64_MAX;
}

void import_order_fini(struct import_order *order)
{
	pmc_array_free(&order->current);
	pmc_array_free(&order->previous);
	pmc_array_free(&order->current_runs);
	pmc_array_free(&order->previous_runs);
	pmc_array_free(&order->ring_runs);
	pmc_array_free(&order->pending);
	pmc_array_free(&order->pending_bytes);
	memset(order, 0, sizeof(*order));
}

#define APPEND(array, bytes, size)                                                                 \
	do {                                                                                       \
		pmc_grow((void **)&(array)->items, &(array)->cap, (array)->count + (size), 1);     \
		memcpy((array)->items + (array)->count, bytes, size);                              \
		(array)->count += (size);                                                          \
	} while (0)

static void note_time(struct import_order *order, size_t size, uint64_t time_ns)
{
	order->pass_bytes += size;
	if (time_ns > order->youngest_ns)
		order->youngest_ns = time_ns;
	/* What was there before the recording has the time 0. */
	if (time_ns && time_ns < order->oldest_ns)
		order->oldest_ns = time_ns;
}

static uint64_t offset_in(const struct order_run *run, size_t at)
{
	return run->is_packed ? run->offset : run->offset + (at - run->at);
}

/* Begins a run, unless the sample goes on with the last one. */
static void note_offset(struct import_order *order, uint64_t offset)
{
	struct order_runs *runs = &order->current_runs;
	const size_t at = order->current.count;

	if (runs->count) {
		struct order_run *run = &runs->items[runs->count - 1];

		/* Whether it came out of a compressed record, its second sample tells. */
		if (at == run->at + order->last_size && offset == run->offset)
			run->is_packed = true;
		if (offset == offset_in(run, at))
			return;
	}
	*pmc_array_add(runs) = (struct order_run){ at, offset, false };
	order->pass_bytes += sizeof(*runs->items); /* it is held as long */
}

void import_order_sample(struct import_order *order, const uint8_t *record, size_t size,
			 uint64_t time_ns, uint64_t offset)
{
	note_offset(order, offset);
	order->last_size = size;
	APPEND(&order->current, record, size);
	note_time(order, size, time_ns);
}

void import_order_sideband(struct import_order *order, const uint8_t *record, size_t size,
			   uint64_t time_ns)
{
	*pmc_array_add(&order->pending) =
		(struct order_pending){ time_ns, order->pending_bytes.count };
	APPEND(&order->pending_bytes, record, size);
	note_time(order, size, time_ns);
}

bool import_order_is_full(const struct import_order *order)
{
	return order->pass_bytes >= ORDER_PASS_MAX;
}

bool import_order_is_due(const struct import_order *order)
{
	return order->pass_bytes >= ORDER_PASS_MIN;
}

/* Gives a ring these bytes as its backlog. */
static void fill_ring(struct ring *ring, const uint8_t *bytes, size_t size)
{
	pmc_grow((void **)&ring->backlog, &ring->cap, ring->end + size, 1);
	memcpy(ring->backlog + ring->end, bytes, size);
	ring->end += size;
}

/* Side-band up to the limit goes to its ring, in the order of the file; the rest moves up. */
static void release_sideband(struct import_order *order, uint64_t limit_ns)
{
	uint8_t *const bytes = order->pending_bytes.items;
	size_t kept = 0, kept_bytes = 0;

	for (size_t i = 0; i < order->pending.count; i++) {
		struct order_pending item = order->pending.items[i];
		const size_t end = i + 1 < order->pending.count ? order->pending.items[i + 1].at :
								  order->pending_bytes.count;
		const size_t size = end - item.at;

		if (item.time_ns <= limit_ns) {
			fill_ring(&order->rings[ORDER_RING_SIDEBAND], bytes + item.at, size);
			continue;
		}
		memmove(bytes + kept_bytes, bytes + item.at, size);
		item.at = kept_bytes;
		order->pending.items[kept++] = item;
		kept_bytes += size;
	}
	order->pending.count = kept;
	order->pending_bytes.count = kept_bytes;
}

/* The ring gets the bytes without copying them: it and `previous` exchange their memory. */
static void release_samples(struct import_order *order)
{
	struct ring *ring = &order->rings[ORDER_RING_SAMPLES];
	uint8_t *const room = ring->backlog;
	const size_t room_cap = ring->cap;
	struct order_runs runs = order->ring_runs;

	ring->backlog = order->previous.items;
	ring->cap = order->previous.cap;
	ring->begin = 0;
	ring->end = order->previous.count;
	order->previous.items = order->current.items;
	order->previous.cap = order->current.cap;
	order->previous.count = order->current.count;
	order->current.items = room;
	order->current.cap = room_cap;
	order->current.count = 0;
	order->ring_runs = order->previous_runs;
	order->previous_runs = order->current_runs;
	order->current_runs = runs;
	order->current_runs.count = 0;
}

uint64_t import_order_end_pass(struct import_order *order)
{
	const uint64_t limit_ns = order->limit_ns;

	release_sideband(order, limit_ns);
	release_samples(order);
	order->limit_ns = order->youngest_ns;
	order->pass_bytes = 0;
	return limit_ns;
}

void import_order_end(struct import_order *order)
{
	release_sideband(order, UINT64_MAX);
	/* Both passes at once: the older one, and this one behind it. */
	release_samples(order);
	for (size_t i = 0; i < order->previous_runs.count; i++) {
		struct order_run run = order->previous_runs.items[i];

		run.at += order->rings[ORDER_RING_SAMPLES].end;
		*pmc_array_add(&order->ring_runs) = run;
	}
	if (order->previous.count)
		fill_ring(&order->rings[ORDER_RING_SAMPLES], order->previous.items,
			  order->previous.count);
	order->previous.count = 0;
	order->previous_runs.count = 0;
	order->pass_bytes = 0;
}

uint64_t import_order_offset(const struct import_order *order, size_t at)
{
	const struct order_runs *runs = &order->ring_runs;
	const struct order_run *run = NULL;

	for (size_t i = 0; i < runs->count && runs->items[i].at <= at; i++)
		run = &runs->items[i];
	return run ? offset_in(run, at) : 0;
}
