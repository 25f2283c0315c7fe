/*
 * kernel_names.c - lays what the kernel announced while recording over its list of functions.
 *
 * Announced code (BPF programs, trampolines) may be gone again before anybody reads the list, so
 * its records come first: an array sorted by (module, offset), small, sorted again when it has
 * grown.
 */
#include "symbolize/kernel_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "symbolize/kallsyms.h"

struct announced {
	uint32_t module;
	uint64_t offset, size;
	char *name;
};

struct kernel_names {
	struct kallsyms *kallsyms;
	PMC_ARRAY(struct announced) announced;
	size_t sorted;		/* the first so many are in order, each place once */
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
	free(names);
}

static int compare_places(const void *a, const void *b)
{
	const struct announced *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Index of the last of the sorted rows that does not begin behind the place, or -1. */
static ptrdiff_t find_place(const struct kernel_names *names, uint32_t module, uint64_t offset)
{
	const struct announced key = { .module = module, .offset = offset };
	size_t low = 0, high = names->sorted;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (compare_places(&names->announced.items[mid], &key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return (ptrdiff_t)low - 1;
}

static void sort_announced(struct kernel_names *names)
{
	if (names->sorted == names->announced.count)
		return;
	qsort(names->announced.items, names->announced.count, sizeof(struct announced),
	      compare_places);
	names->sorted = names->announced.count;
}

void kernel_names_add(struct kernel_names *names, uint32_t module, uint64_t offset, uint64_t size,
		      const char *name)
{
	struct announced *row = NULL;
	ptrdiff_t at = find_place(names, module, offset);

	if (at >= 0 && names->announced.items[at].module == module &&
	    names->announced.items[at].offset == offset)
		row = &names->announced.items[at];
	for (size_t i = names->sorted; !row && i < names->announced.count; i++)
		if (names->announced.items[i].module == module &&
		    names->announced.items[i].offset == offset)
			row = &names->announced.items[i];
	if (!row)
		row = pmc_array_add(&names->announced);
	free(row->name);
	*row = (struct announced){ module, offset, size, pmc_strdup(name) };
	/* The unsorted tail is searched row by row above: keep it short. */
	if (names->announced.count - names->sorted > 64)
		sort_announced(names);
}

void kernel_names_expire(struct kernel_names *names)
{
	kallsyms_expire(names->kallsyms);
}

const char *kernel_names_announced(struct kernel_names *names, uint32_t module, uint64_t offset)
{
	const struct announced *row;
	ptrdiff_t at;

	sort_announced(names);
	at = find_place(names, module, offset);
	row = at >= 0 ? &names->announced.items[at] : NULL;
	return row && row->module == module && offset - row->offset < row->size ? row->name : NULL;
}

const char *kernel_names_find(struct kernel_names *names, uint32_t module, uint64_t base,
			      uint64_t offset)
{
	const char *name = kernel_names_announced(names, module, offset);

	return name ? name : kallsyms_find(names->kallsyms, base + offset);
}
