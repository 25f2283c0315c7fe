/*
 * test_ring.c - draining a ring that is written to as the kernel does: round the end, until it is
 * full, while some records stay for later; and backlogs whose sizes lie.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "record_fixture.h"

enum { RING_BYTES = 256 };

/* A record of `size` bytes that holds its number. */
static bool write_numbered(struct ring *ring, uint64_t number, uint16_t size)
{
	struct perf_event_header header = { .type = ABI_RECORD_LOST, .size = size };
	uint8_t bytes[RING_BYTES] = { 0 };

	memcpy(bytes, &header, sizeof(header));
	for (size_t at = sizeof(header); at < size; at += 8)
		memcpy(bytes + at, &number, 8);
	return ring_write(ring, bytes, size);
}

/* The record is whole: every word of its body is its number. */
static uint64_t number_of(const uint8_t *record, size_t size)
{
	uint64_t number = 0, word;

	for (size_t at = sizeof(struct perf_event_header); at < size; at += 8) {
		memcpy(&word, record + at, 8);
		if (at == sizeof(struct perf_event_header))
			number = word;
		assert_int_equal(word, number);
	}
	return number;
}

static void an_empty_ring_gives_nothing(void **state)
{
	struct ring ring;
	size_t size;
	int bad = 0;

	(void)state;
	ring_fake(&ring, 0, RING_BYTES);
	assert_int_equal(ring_drain(&ring), 0);
	assert_null(ring_peek(&ring, ring.begin, &size, &bad));
	ring_consume(&ring, ring.begin);
	assert_int_equal(bad, 0);
	ring_unfake(&ring);
}

/* Sizes that do not divide the ring's: every way of lying across its end comes by. */
static void records_wrap_round(void **state)
{
	static const uint16_t sizes[] = { 16, 24, 40, 104, 120, 256 };
	struct ring ring;

	(void)state;
	for (size_t s = 0; s < PMC_COUNT(sizes); s++) {
		uint64_t next = 1;

		ring_fake(&ring, 0, RING_BYTES);
		for (uint64_t number = 1; number < 200; number++) {
			const uint8_t *record;
			size_t size, at;
			int bad = 0;

			assert_true(write_numbered(&ring, number, sizes[s]));
			if (number % 2 && sizes[s] * 2 <= RING_BYTES)
				continue;		/* two at a time where two fit */
			assert_true(ring_drain(&ring) >= sizes[s]);
			assert_int_equal(ring.page->data_tail, ring.page->data_head);
			for (at = ring.begin; (record = ring_peek(&ring, at, &size, &bad));
			     at += size) {
				assert_int_equal(size, sizes[s]);
				assert_int_equal((uintptr_t)record % 8, 0);
				assert_int_equal(number_of(record, size), next++);
			}
			assert_int_equal(bad, 0);
			ring_consume(&ring, at);
			assert_int_equal(ring.begin, 0);
			assert_int_equal(ring.end, 0);
		}
		assert_true(next >= 199);
		ring_unfake(&ring);
	}
}

/* A ring that is exactly full is drained whole, from any position of its tail. */
static void a_full_ring(void **state)
{
	struct ring ring;

	(void)state;
	for (uint64_t shift = 0; shift < RING_BYTES; shift += 8) {
		const uint8_t *record;
		size_t size, at, count = 0;
		int bad = 0;

		ring_fake(&ring, 0, RING_BYTES);
		ring.page->data_head = ring.page->data_tail = shift;
		while (write_numbered(&ring, count + 1, 32))
			count++;
		assert_int_equal(count, RING_BYTES / 32);
		assert_int_equal(ring_drain(&ring), RING_BYTES);
		assert_true(write_numbered(&ring, 9, 256));	/* there is room again */
		count = 0;
		for (at = ring.begin; (record = ring_peek(&ring, at, &size, &bad)); at += size)
			assert_int_equal(number_of(record, size), ++count);
		assert_int_equal(count, RING_BYTES / 32);
		ring_unfake(&ring);
	}
}

/* The counters of a ring are free-running: they may pass 2^64. */
static void head_overflows(void **state)
{
	struct ring ring;
	const uint8_t *record;
	size_t size;
	int bad = 0;

	(void)state;
	ring_fake(&ring, 0, RING_BYTES);
	ring.page->data_head = ring.page->data_tail = UINT64_MAX - 15;
	assert_true(write_numbered(&ring, 5, 64));
	assert_int_equal(ring.page->data_head, 48);
	assert_int_equal(ring_drain(&ring), 64);
	record = ring_peek(&ring, ring.begin, &size, &bad);
	assert_non_null(record);
	assert_int_equal(number_of(record, size), 5);
	ring_unfake(&ring);
}

/* Half of what is there is read each time: the rest stays whole and in order. */
static void records_stay_for_later(void **state)
{
	struct ring ring;
	uint64_t written = 0, read = 0;

	(void)state;
	ring_fake(&ring, 0, RING_BYTES);
	for (int round = 0; round < 300; round++) {
		const uint8_t *record;
		size_t size, at, count = 0;
		int bad = 0;

		for (int i = 0; i < 3; i++)
			assert_true(write_numbered(&ring, ++written, (uint16_t)(16 + 8 * i)));
		ring_drain(&ring);
		for (at = ring.begin; count < 3 && written - read > 10 &&
		     (record = ring_peek(&ring, at, &size, &bad)); at += size, count++)
			assert_int_equal(number_of(record, size), ++read);
		ring_consume(&ring, at);
		assert_int_equal(bad, 0);
		assert_true(ring.cap <= 4096);		/* room is used again, not only added */
	}
	assert_true(read > 800);
	ring_unfake(&ring);
}

static void impossible_sizes_end_the_backlog(void **state)
{
	static const uint16_t sizes[] = { 0, 4, 7, 12, 33, 4096 };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(sizes); i++) {
		struct perf_event_header damaged = { .type = 3, .size = sizes[i] };
		const uint8_t *record;
		struct ring ring;
		size_t size, at;
		int bad = 0;

		ring_fake(&ring, 0, RING_BYTES);
		write_numbered(&ring, 1, 24);
		ring_write(&ring, (const uint8_t *)&damaged, sizeof(damaged));
		write_numbered(&ring, 2, 24);
		ring_drain(&ring);
		record = ring_peek(&ring, ring.begin, &size, &bad);
		assert_non_null(record);
		at = ring.begin + size;
		assert_null(ring_peek(&ring, at, &size, &bad));
		assert_int_equal(bad, 1);
		ring_consume(&ring, at);
		assert_int_equal(ring.end, 0);
		bad = 0;				/* what is written later is read again */
		write_numbered(&ring, 3, 24);
		ring_drain(&ring);
		record = ring_peek(&ring, ring.begin, &size, &bad);
		assert_non_null(record);
		assert_int_equal(number_of(record, size), 3);
		assert_int_equal(bad, 0);
		ring_unfake(&ring);
	}
}

static void what_is_no_ring_cannot_be_opened(void **state)
{
	struct ring ring;

	(void)state;
	errno = 0;
	assert_int_equal(ring_open(&ring, -1, 0, 1), -1);
	assert_int_equal(errno, EBADF);
	ring_close(&ring);
	ring_close(&ring);
}

/* Any file that can be mapped does for the layout: a page of its own, then the data. */
static void layout_of_an_open_ring(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int fd = memfd_create("ring", MFD_CLOEXEC);
	struct ring ring;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(5 * page)), 0);
	assert_int_equal(ring_open(&ring, fd, 7, 4), 0);
	assert_int_equal(ring.fd, fd);
	assert_int_equal(ring.cpu, 7);
	assert_int_equal(ring.size, 4 * page);
	assert_ptr_equal(ring.data, (uint8_t *)ring.page + page);
	assert_true(write_numbered(&ring, 1, 64));
	assert_int_equal(ring_drain(&ring), 64);
	ring_close(&ring);
	assert_int_equal(ring.fd, -1);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_ring_gives_nothing),
		cmocka_unit_test(records_wrap_round),
		cmocka_unit_test(a_full_ring),
		cmocka_unit_test(head_overflows),
		cmocka_unit_test(records_stay_for_later),
		cmocka_unit_test(impossible_sizes_end_the_backlog),
		cmocka_unit_test(what_is_no_ring_cannot_be_opened),
		cmocka_unit_test(layout_of_an_open_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
