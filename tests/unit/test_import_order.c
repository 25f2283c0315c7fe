/*
 * test_import_order.c - what a pass releases: samples of the pass before, side-band up to its
 * youngest, the rest at the end; nothing twice, nothing lost.
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

static void add_sample(uint64_t time)
{
	import_order_sample(&order, (const uint8_t *)&time, sizeof(time), time);
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
		import_order_sample(&order, record, sizeof(record), 1);
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
		cmocka_unit_test_setup_teardown(times_are_noted, begin, end),
		cmocka_unit_test_setup_teardown(passes_are_bounded, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
