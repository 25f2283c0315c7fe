/*
 * flame_build.c - from a call tree to the frames that are drawn; see flame.h.
 *
 * A session may have millions of nodes, and no eye tells frames of a thousandth of a pixel apart.
 * Totals are counted by size (16 sizes for each power of two), and the sizes are taken from the
 * largest down, as long as the limit allows. A node has at least the total of each of its children,
 * so what is kept is a tree.
 */
#include "report/flame.h"

#include <string.h>

enum { SUBSIZES = 16, SIZES = 64 * SUBSIZES };

/* 1 … 15 as they are, then the highest bit and the four bits behind it; growing with the value. */
static unsigned size_of(int64_t value)
{
	const unsigned top = 63 - (unsigned)__builtin_clzll((unsigned long long)value);

	if (top < 4)
		return (unsigned)value;
	return (top - 3) * SUBSIZES + (unsigned)(value >> (top - 4) & (SUBSIZES - 1));
}

/* The least value of that size. */
static int64_t size_start(unsigned size)
{
	if (size < SUBSIZES)
		return size;
	return (int64_t)(SUBSIZES + size % SUBSIZES) << (size / SUBSIZES - 1);
}

/* The least total that is kept. */
static int64_t find_least(const struct tree *tree, size_t event, size_t limit)
{
	const int64_t always = tree->sums[event].total / FLAME_ALWAYS;
	size_t counts[SIZES] = { 0 }, kept = 0;
	unsigned size = SIZES;
	int64_t least;

	for (size_t i = 0; i < tree->nodes.count; i++) {
		const int64_t total = tree_cell(tree, (uint32_t)i, event)->total;

		if (total > 0)
			counts[size_of(total)]++;
	}
	while (size > 0 && kept + counts[size - 1] <= limit)
		kept += counts[--size];
	least = size_start(size);
	least = least > always ? always : least;
	return least > 1 ? least : 1;
}

static void add_frames(struct flame *flame)
{
	const struct tree *tree = flame->tree;
	/* By depth in the tree: the last frame there, and how much of it is taken. */
	PMC_ARRAY(struct { uint32_t frame; double used; }) open = { 0 };

	for (size_t i = 0; i < tree->nodes.count; i++) {
		const struct tree_node *node = &tree->nodes.items[i];
		const struct tree_cell *cell = tree_cell(tree, (uint32_t)i, flame->event);
		struct flame_frame *frame;

		if (cell->total < flame->least) {
			/* Those below have no more; what has nothing is nothing left out. */
			for (uint32_t k = (uint32_t)i; k <= node->last; k++)
				flame->left_out += tree_cell(tree, k, flame->event)->total > 0;
			i = node->last;
			continue;
		}
		flame->left_out += node->hidden;
		while (open.count < node->depth + 2)
			pmc_array_add(&open);
		frame = pmc_array_add(&flame->frames);
		frame->parent = open.items[node->depth].frame;
		frame->depth = node->depth + 1;
		frame->function = node->function;
		frame->inlined = node->inlined;
		frame->self = cell->self;
		frame->total = cell->total;
		frame->samples = cell->total_samples;
		frame->start = flame->frames.items[frame->parent].start +
			       open.items[node->depth].used;
		open.items[node->depth].used += (double)cell->total;
		open.items[node->depth + 1].frame = (uint32_t)flame->frames.count - 1;
		open.items[node->depth + 1].used = 0;
		if (frame->depth + 1 > flame->rows)
			flame->rows = frame->depth + 1;
	}
	pmc_array_free(&open);
}

void flame_build(struct flame *flame, const struct tree *tree, size_t event, size_t limit)
{
	struct flame_frame *all;

	memset(flame, 0, sizeof(*flame));
	flame->tree = tree;
	flame->event = event;
	flame->rows = 1;
	all = pmc_array_add(&flame->frames);
	all->parent = FLAME_NONE;
	all->function = FLAME_NONE;
	if (event >= tree->head.events_count)
		return;	/* a session without an event */
	all->total = tree->sums[event].total;
	all->samples = tree->sums[event].total_samples;
	flame->left_out = tree->hidden;
	if (all->total <= 0)
		return;
	flame->least = find_least(tree, event, limit);
	add_frames(flame);
}

void flame_fini(struct flame *flame)
{
	pmc_array_free(&flame->frames);
}

/* "libc.so.6" and "plugin.so" are, "sort" and "my.solver" are not. */
static bool is_shared_object(const char *name)
{
	const char *at = name;

	while ((at = strstr(at, ".so"))) {
		at += 3;
		if (!*at || *at == '.')
			return true;
	}
	return false;
}

enum flame_kind flame_kind_of(const struct tree *tree, const struct tree_function *function)
{
	if (function->is_task)
		return FLAME_TASK;
	switch (function->kind) {
	case PMC_MODULE_USER:
		return is_shared_object(tree_text(tree, function->module)) ? FLAME_LIBRARY :
									     FLAME_OWN;
	case PMC_MODULE_VDSO:
		return FLAME_LIBRARY;
	case PMC_MODULE_ANON:
		return FLAME_JIT;
	case PMC_MODULE_KERNEL:
	case PMC_MODULE_KMOD:
	case PMC_MODULE_KSYM:
		return FLAME_KERNEL;
	case PMC_MODULE_UNKNOWN:
		break;
	}
	return FLAME_UNKNOWN;
}
