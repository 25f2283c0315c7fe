/*
 * kernel_names.c - lays what the kernel announced while recording over its list of functions.
 *
 * Announced code (BPF programs, trampolines) may be gone again before anybody reads the list, so
 * its records come first. Rows lie in the order of arrival, found again by their place through an
 * index; a name is looked up in an order by (module, offset), which is made anew when somebody asks
 * after rows have come.
 */
#include "symbolize/kernel_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "symbolize/kallsyms.h"

struct announced {
	uint32_t module;
	uint64_t offset, size;
	char *name;
};

struct kernel_names {
	struct kallsyms *kallsyms;
	PMC_ARRAY(struct announced) announced;	/* each place once */
	struct pmc_index index;
	PMC_ARRAY(const struct announced *) order;	/* of all of them, when it was last made */
};

struct kernel_names *kernel_names_new(const char *kallsyms)
{
	struct kernel_names *names = pmc_calloc(1, sizeof(*names));

	names->kallsyms = kallsyms_new(kallsyms);
	return names;
}

void kernel_names_free(struct kernel_names *names)
{
	if (!names)
		return;
	kallsyms_free(names->kallsyms);
	for (size_t i = 0; i < names->announced.count; i++)
		free(names->announced.items[i].name);
	pmc_array_free(&names->announced);
	pmc_index_fini(&names->index);
	pmc_array_free(&names->order);
	free(names);
}

static int compare_places(const void *a, const void *b)
{
	const struct announced *x = *(const struct announced *const *)a,
			       *y = *(const struct announced *const *)b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static uint64_t hash_place(uint32_t module, uint64_t offset)
{
	return pmc_hash_2(offset, module);
}

static struct announced *find_place(const struct kernel_names *names, uint32_t module,
				    uint64_t offset)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&names->index, hash_place(module, offset), &step)) !=
	       UINT32_MAX) {
		struct announced *row = &names->announced.items[found];

		if (row->module == module && row->offset == offset)
			return row;
	}
	return NULL;
}

/* Rows may have moved since the order was made: any new one makes it anew. */
static void put_in_order(struct kernel_names *names)
{
	if (names->order.count == names->announced.count)
		return;
	names->order.count = 0;
	for (size_t i = 0; i < names->announced.count; i++)
		*pmc_array_add(&names->order) = &names->announced.items[i];
	qsort(names->order.items, names->order.count, sizeof(*names->order.items), compare_places);
}

void kernel_names_add(struct kernel_names *names, uint32_t module, uint64_t offset, uint64_t size,
		      const char *name)
{
	struct announced *row = find_place(names, module, offset);

	if (!row) {
		row = pmc_array_add(&names->announced);
		pmc_index_add(&names->index, hash_place(module, offset),
			      (uint32_t)names->announced.count - 1);
	}
	free(row->name);
	*row = (struct announced){ module, offset, size, pmc_strdup(name) };
}

void kernel_names_expire(struct kernel_names *names)
{
	kallsyms_expire(names->kallsyms);
}

const char *kernel_names_announced(struct kernel_names *names, uint32_t module, uint64_t offset)
{
	const struct announced key = { .module = module, .offset = offset }, *row = &key;
	size_t low = 0, high;

	put_in_order(names);
	high = names->order.count;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (compare_places(&names->order.items[mid], &row) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	row = names->order.items[low - 1];
	return row->module == module && offset - row->offset < row->size ? row->name : NULL;
}

const char *kernel_names_find(struct kernel_names *names, uint32_t module, uint64_t base,
			      uint64_t offset)
{
	const char *name = kernel_names_announced(names, module, offset);

	return name ? name : kallsyms_find(names->kallsyms, base + offset);
}
