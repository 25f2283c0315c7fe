/*
 * address_sort.h - sorts rows by address, keeping the order of equal ones.
 */
#ifndef PMC_ADDRESS_SORT_H
#define PMC_ADDRESS_SORT_H

#include <stddef.h>
#include <stdint.h>

struct address_row {
	uint64_t addr;
	uint32_t row;
};

void address_sort(struct address_row *rows, size_t count);

#endif
