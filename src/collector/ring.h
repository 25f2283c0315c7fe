/*
 * ring.h - the read side of one perf ring buffer.
 *
 * Job: map a ring, copy what the kernel has written into a linear backlog, publish the tail.
 * Not here: what records mean (decode.h), which rings exist (counters.h), their order (round.h).
 *
 *   kernel's ring   ──────────────data_tail═════════data_head─────────────
 *                                     │  ring_drain()  │
 *                                     ▼                ▼
 *   backlog         [cursor ══ left from earlier ══╪══ new ══ end]
 *
 * Draining is one or two memcpys and one store of the tail, so the ring is empty again before
 * anything is decoded: a slow round costs memory, not samples. Records that wrap round the ring's
 * end come out whole, and a record may stay in the backlog for a later round.
 * The barriers pair with the kernel's perf_output_put_handle(): load-acquire of data_head before
 * the data is read, store-release of data_tail after. One thread a ring. No system call but in
 * open.
 *
 * A ring without a page is one of a recording that is read from a file: its backlog is filled by
 * import_order.h, and draining finds nothing more.
 */
#ifndef PMC_COLLECTOR_RING_H
#define PMC_COLLECTOR_RING_H

#include <stddef.h>
#include <stdint.h>

struct perf_event_mmap_page;

struct ring {
	int fd; /* the event whose buffer it is; owned by counters */
	uint32_t cpu;
	struct perf_event_mmap_page *page;
	uint8_t *data;
	uint64_t size; /* bytes of the data area, a power of two */
	uint64_t map_bytes;
	uint8_t *backlog;	/* aligned to 8 */
	size_t begin, end, cap; /* unread bytes are [begin, end) */
};

/* Maps the ring of perf event fd with `pages` (a power of two) data pages. -1 with errno. */
int ring_open(struct ring *ring, int fd, uint32_t cpu, uint32_t pages);
void ring_close(struct ring *ring);

/* Moves everything new into the backlog. Returns the number of bytes moved. */
size_t ring_drain(struct ring *ring);

/* The next record of the backlog at or behind `at` (an offset in [begin, end)), or NULL. Records of
 * impossible size end the backlog: *bad is set, and the rest is dropped. */
const uint8_t *ring_peek(struct ring *ring, size_t at, size_t *size, int *bad);

/* Forgets everything before offset `at`. */
void ring_consume(struct ring *ring, size_t at);

#endif
