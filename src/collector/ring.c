/*
 * ring.c - see ring.h for the picture and the barriers.
 */
#include "collector/ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "collector/abi.h"
#include "collector/decode.h"

int ring_open(struct ring *ring, int fd, uint32_t cpu, uint32_t pages)
{
	const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	const size_t bytes = ((size_t)pages + 1) * page_bytes;
	void *map;

	memset(ring, 0, sizeof(*ring));
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -1;
	ring->fd = fd;
	ring->cpu = cpu;
	ring->page = map;
	ring->map_bytes = bytes;
	/* data_offset/data_size are Linux 4.1's; the data area has begun at page one ever since. */
	ring->data = (uint8_t *)map + page_bytes;
	ring->size = (uint64_t)pages * page_bytes;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, ring->map_bytes);
	free(ring->backlog);
	memset(ring, 0, sizeof(*ring));
	ring->fd = -1;
}

/* Room for `more` bytes behind `end`: what was read is moved out of the way first. */
static void make_room(struct ring *ring, size_t more)
{
	const size_t left = ring->end - ring->begin;

	if (ring->begin) {
		memmove(ring->backlog, ring->backlog + ring->begin, left);
		ring->begin = 0;
		ring->end = left;
	}
	pmc_grow((void **)&ring->backlog, &ring->cap, left + more, 1);
}

static size_t drain_page(struct ring *ring)
{
	const uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	const uint64_t tail = ring->page->data_tail; /* only we write it */
	const uint64_t fresh = head - tail;
	const uint64_t at = tail & (ring->size - 1);
	const uint64_t first = fresh < ring->size - at ? fresh : ring->size - at;

	if (!fresh)
		return 0;
	make_room(ring, fresh);
	memcpy(ring->backlog + ring->end, ring->data + at, first);
	memcpy(ring->backlog + ring->end + first, ring->data, fresh - first);
	ring->end += fresh;
	__atomic_store_n(&ring->page->data_tail, head, __ATOMIC_RELEASE);
	return fresh;
}

size_t ring_drain(struct ring *ring)
{
	return ring->page ? drain_page(ring) : 0;
}

const uint8_t *ring_peek(struct ring *ring, size_t at, size_t *size, int *bad)
{
	if (at >= ring->end)
		return NULL;
	*size = record_size(ring->backlog + at, ring->end - at);
	if (!*size) {
		*bad = 1;
		ring->end = at;
		return NULL;
	}
	return ring->backlog + at;
}

void ring_consume(struct ring *ring, size_t at)
{
	ring->begin = at;
	if (ring->begin == ring->end)
		ring->begin = ring->end = 0;
}
