/*
 * test_hash.c - the index finds every row it was given, and no other, through growth and clearing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

enum { ROWS = 5000 };

static uint64_t keys[ROWS];

static uint32_t find(const struct pmc_index *index, uint64_t key, uint64_t hash)
{
	uint32_t row, step = 0;

	while ((row = pmc_index_next(index, hash, &step)) != UINT32_MAX)
		if (keys[row] == key)
			break;
	return row;
}

static void an_empty_index_has_nothing(void **state)
{
	struct pmc_index index = { 0 };

	(void)state;
	assert_int_equal(find(&index, 1, pmc_hash_u64(1)), UINT32_MAX);
	pmc_index_clear(&index);
	pmc_index_fini(&index);
}

static void rows_are_found(void **state)
{
	struct pmc_index index = { 0 };

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		keys[i] = (uint64_t)i * 4096;	/* page-aligned: poor low bits */
		pmc_index_add(&index, pmc_hash_u64(keys[i]), i);
	}
	assert_int_equal(index.count, ROWS);
	assert_true(index.count <= (index.mask + 1) / 4 * 3);
	for (uint32_t i = 0; i < ROWS; i++) {
		assert_int_equal(find(&index, keys[i], pmc_hash_u64(keys[i])), i);
		assert_int_equal(find(&index, keys[i] + 1, pmc_hash_u64(keys[i] + 1)), UINT32_MAX);
	}
	pmc_index_clear(&index);
	assert_int_equal(index.count, 0);
	assert_int_equal(find(&index, keys[3], pmc_hash_u64(keys[3])), UINT32_MAX);
	pmc_index_add(&index, pmc_hash_u64(keys[3]), 3);
	assert_int_equal(find(&index, keys[3], pmc_hash_u64(keys[3])), 3);
	pmc_index_fini(&index);
	assert_null(index.slots);
}

/* Equal hashes: every row is a candidate once, also after growth; their order is free. */
static void equal_hashes_are_walked(void **state)
{
	struct pmc_index index = { 0 };
	uint32_t step = 0;
	bool seen[100] = { false };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		pmc_index_add(&index, 42ULL << 32, i);
	for (uint32_t i = 0; i < 100; i++) {
		const uint32_t row = pmc_index_next(&index, 42ULL << 32, &step);

		assert_in_range(row, 0, 99);
		assert_false(seen[row]);
		seen[row] = true;
	}
	assert_int_equal(pmc_index_next(&index, 42ULL << 32, &step), UINT32_MAX);
	pmc_index_fini(&index);
}

static void bytes(void **state)
{
	(void)state;
	assert_int_equal(pmc_hash_bytes("abc", 3), pmc_hash_bytes("abcd", 3));
	assert_int_not_equal(pmc_hash_bytes("abc", 3), pmc_hash_bytes("abd", 3));
	assert_int_not_equal(pmc_hash_bytes("", 0), pmc_hash_bytes("\0", 1));
	assert_int_not_equal(pmc_hash_2(1, 2), pmc_hash_2(2, 1));
	/* FNV-1a's published test vector for "a", folded as the header says. */
	assert_int_equal(pmc_hash_bytes("a", 1), pmc_hash_u64(0xaf63dc4c8601ec8cULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_index_has_nothing),
		cmocka_unit_test(rows_are_found),
		cmocka_unit_test(equal_hashes_are_walked),
		cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
