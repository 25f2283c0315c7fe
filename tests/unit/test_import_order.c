/*
 * test_import_order.c - what a pass releases: samples of the pass before, side-band up to its
 * youngest, the rest at the end; nothing twice, nothing lost; where samples were in the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/import_order.h"

static struct ring rings[ORDER_RINGS];
static struct import_order order;

static int begin(void **state)
{
	(void)state;
	memset(rings, 0, sizeof(rings));
	import_order_init(&order, rings);
	return 0;
}

static int end(void **state)
{
	(void)state;
	import_order_fini(&order);
	for (size_t i = 0; i < ORDER_RINGS; i++)
		ring_close(&rings[i]);
	return 0;
}

static void add_sample_at(uint64_t time, uint64_t offset)
{
	import_order_sample(&order, (const uint8_t *)&time, sizeof(time), time, offset);
}

static void add_sample(uint64_t time)
{
	add_sample_at(time, 0);
}

static void add_sideband(uint64_t time)
{
	import_order_sideband(&order, (const uint8_t *)&time, sizeof(time), time);
}

/* The ring holds these times, in this order; it is empty afterwards. */
static void expect(struct ring *ring, size_t count, const uint64_t *times)
{
	assert_int_equal(ring->end - ring->begin, count * sizeof(*times));
	if (count)
		assert_memory_equal(ring->backlog + ring->begin, times, count * sizeof(*times));
	ring_consume(ring, ring->end);
}

static void a_pass_releases_the_one_before(void **state)
{
	(void)state;
	add_sideband(0);
	add_sample(10);
	add_sample(30);
	assert_int_equal(import_order_end_pass(&order), 0);
	expect(&rings[ORDER_RING_SIDEBAND], 1, (const uint64_t[]){ 0 });
	expect(&rings[ORDER_RING_SAMPLES], 0, NULL);

	add_sideband(20);
	add_sideband(40);
	add_sideband(25);
	add_sample(15);
	assert_int_equal(import_order_end_pass(&order), 30);
	expect(&rings[ORDER_RING_SIDEBAND], 2, (const uint64_t[]){ 20, 25 });
	expect(&rings[ORDER_RING_SAMPLES], 2, (const uint64_t[]){ 10, 30 });

	assert_int_equal(import_order_end_pass(&order), 40);
	expect(&rings[ORDER_RING_SIDEBAND], 1, (const uint64_t[]){ 40 });
	expect(&rings[ORDER_RING_SAMPLES], 1, (const uint64_t[]){ 15 });
}

static void the_end_releases_all(void **state)
{
	(void)state;
	add_sample(10);
	import_order_end_pass(&order);
	add_sideband(50);
	add_sample(20);
	import_order_end(&order);
	expect(&rings[ORDER_RING_SIDEBAND], 1, (const uint64_t[]){ 50 });
	expect(&rings[ORDER_RING_SAMPLES], 2, (const uint64_t[]){ 10, 20 });
	import_order_end(&order);
	expect(&rings[ORDER_RING_SAMPLES], 0, NULL);
}

/* Alone, behind each other, or all out of one compressed record. */
static void offsets_are_known(void **state)
{
	static const uint64_t offsets[] = { 100, 300, 308, 316, 500, 500, 500, 508, 516, 516, 90 };
	enum { COUNT = sizeof(offsets) / sizeof(offsets[0]) };

	for (size_t cut = 0; cut <= COUNT; cut++) {
		begin(state);
		for (size_t at = 0; at <= COUNT; at++) {
			if (at == cut)
				import_order_end_pass(&order);
			if (at < COUNT)
				add_sample_at(at, offsets[at]);
		}
		/* Each pass alone, or both as one. */
		if (cut % 2 == 0)
			import_order_end(&order);
		for (size_t at = 0; at < COUNT; at++) {
			const size_t before = cut % 2 && at >= cut ? cut : 0;

			if (cut % 2 && (at == 0 || at == cut))
				import_order_end_pass(&order);
			assert_int_equal(import_order_offset(&order, 8 * (at - before)),
					 offsets[at]);
		}
		end(state);
	}
	begin(state);
}

static void times_are_noted(void **state)
{
	(void)state;
	assert_true(order.oldest_ns == UINT64_MAX);
	add_sideband(0); /* what was there before */
	add_sample(70);
	add_sample(60);
	assert_int_equal(order.oldest_ns, 60);
	assert_int_equal(order.youngest_ns, 70);
}

static void passes_are_bounded(void **state)
{
	static uint8_t record[1 << 15];

	(void)state;
	assert_false(import_order_is_due(&order));
	for (size_t bytes = 0; bytes < ORDER_PASS_MAX; bytes += sizeof(record)) {
		assert_false(import_order_is_full(&order));
		import_order_sample(&order, record, sizeof(record), 1, bytes);
	}
	assert_true(import_order_is_full(&order) && import_order_is_due(&order));
	import_order_end_pass(&order);
	assert_false(import_order_is_full(&order));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pass_releases_the_one_before, begin, end),
		cmocka_unit_test_setup_teardown(the_end_releases_all, begin, end),
		cmocka_unit_test_setup_teardown(offsets_are_known, begin, end),
		cmocka_unit_test_setup_teardown(times_are_noted, begin, end),
		cmocka_unit_test_setup_teardown(passes_are_bounded, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
