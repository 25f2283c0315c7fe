/* test_address_sort.c - order, stability, and the sizes at which passes come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "symbolize/address_sort.h"

static void check_sorted(uint64_t base, uint64_t mask, size_t count)
{
	struct address_row *rows = pmc_calloc(count, sizeof(*rows));
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		rows[i] = (struct address_row){ base + (pmc_hash_u64(i) & mask), (uint32_t)i };
		sum += rows[i].addr ^ i;
	}
	address_sort(rows, count);
	for (size_t i = 0; i < count; i++) {
		sum -= rows[i].addr ^ rows[i].row;
		if (!i)
			continue;
		assert_true(rows[i - 1].addr <= rows[i].addr);
		if (rows[i - 1].addr == rows[i].addr)
			assert_true(rows[i - 1].row < rows[i].row);
	}
	assert_int_equal(sum, 0);
	free(rows);
}

static void test_spans(void **state)
{
	static const uint64_t masks[] = { 0, 1, 0x7ff, 0x800, 0xfff, 0x3fffff, 0x7fffff, UINT32_MAX,
					  UINT64_MAX >> 1, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(masks); i++)
		for (size_t count = 0; count < 3000; count = count * 3 + 1) {
			check_sorted(0, masks[i], count);
			check_sorted(UINT64_MAX - masks[i], masks[i], count);
		}
	check_sorted(0xffffffff81000000, 0x3ffffff, 2000);
}

static void test_sorted_already(void **state)
{
	struct address_row rows[] = { { 1, 9 }, { 2, 8 }, { 2, 7 }, { 3, 6 } };

	(void)state;
	address_sort(rows, PMC_COUNT(rows));
	for (uint32_t i = 0; i < PMC_COUNT(rows); i++)
		assert_int_equal(rows[i].row, 9 - i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_sorted_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
