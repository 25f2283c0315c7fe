/*
 * record_fixture.h - records made by hand, and rings in plain memory to put them in.
 *
 *   record_begin ─► record_u64, record_pair, record_text … ─► record_trailer ─► record_end
 *
 * Records are appended to one buffer; `at` of the last one is where it begins. All records carry
 * the trailer that the layout asks for, as the kernel's do.
 */
#ifndef RECORD_FIXTURE_H
#define RECORD_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collector/abi.h"
#include "collector/decode.h"
#include "collector/ring.h"

struct records {
	PMC_ARRAY(uint8_t) bytes;
	size_t at;			/* where the last record begins */
};

static inline void record_raw(struct records *records, const void *data, size_t size)
{
	pmc_grow((void **)&records->bytes.items, &records->bytes.cap, records->bytes.count + size,
		 1);
	if (size)
		memcpy(records->bytes.items + records->bytes.count, data, size);
	records->bytes.count += size;
}

static inline void record_begin(struct records *records, uint32_t type, uint16_t misc)
{
	const struct perf_event_header header = { .type = type, .misc = misc };

	records->at = records->bytes.count;
	record_raw(records, &header, sizeof(header));
}

static inline void record_u64(struct records *records, uint64_t value)
{
	record_raw(records, &value, sizeof(value));
}

static inline void record_pair(struct records *records, uint32_t first, uint32_t second)
{
	record_raw(records, &first, sizeof(first));
	record_raw(records, &second, sizeof(second));
}

/* NUL-terminated and padded to 8 bytes. */
static inline void record_text(struct records *records, const char *text)
{
	record_raw(records, text, strlen(text) + 1);
	while (records->bytes.count % 8)
		record_raw(records, "", 1);
}

struct ident {
	uint32_t pid, tid, cpu;
	uint64_t time, id, stream_id, identifier;
};

static inline void record_trailer(struct records *records, const struct layout *layout,
				  const struct ident *ident)
{
	if (!layout->sample_id_all)
		return;
	if (layout->sample_type & PERF_SAMPLE_TID)
		record_pair(records, ident->pid, ident->tid);
	if (layout->sample_type & PERF_SAMPLE_TIME)
		record_u64(records, ident->time);
	if (layout->sample_type & PERF_SAMPLE_ID)
		record_u64(records, ident->id);
	if (layout->sample_type & PERF_SAMPLE_STREAM_ID)
		record_u64(records, ident->stream_id);
	if (layout->sample_type & PERF_SAMPLE_CPU)
		record_pair(records, ident->cpu, 0);
	if (layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		record_u64(records, ident->identifier);
}

/* Sets the size; returns the record. */
static inline const uint8_t *record_end(struct records *records)
{
	const uint16_t size = (uint16_t)(records->bytes.count - records->at);

	memcpy(records->bytes.items + records->at + offsetof(struct perf_event_header, size), &size,
	       sizeof(size));
	return records->bytes.items + records->at;
}

static inline void records_fini(struct records *records)
{
	pmc_array_free(&records->bytes);
}

/* ---- a ring in plain memory ---- */

static inline void ring_fake(struct ring *ring, uint32_t cpu, uint64_t size)
{
	*ring = (struct ring){ .fd = -1, .cpu = cpu, .size = size,
			       .page = pmc_calloc(1, sizeof(struct perf_event_mmap_page)),
			       .data = pmc_calloc(1, size) };
}

static inline void ring_unfake(struct ring *ring)
{
	free(ring->page);
	free(ring->data);
	free(ring->backlog);
	memset(ring, 0, sizeof(*ring));
}

/* What the kernel does: writes behind data_head, round the end, and moves it. False: no room. */
static inline bool ring_write(struct ring *ring, const uint8_t *bytes, size_t size)
{
	const uint64_t head = ring->page->data_head;

	if (head - ring->page->data_tail + size > ring->size)
		return false;
	for (size_t i = 0; i < size; i++)
		ring->data[(head + i) & (ring->size - 1)] = bytes[i];
	ring->page->data_head = head + size;
	return true;
}

#endif
