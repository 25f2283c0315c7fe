/*
 * flame_fixture.h - call trees made by hand, for what is drawn or written from them.
 *
 *   flame_fixture_init(&t, "cpu-clock", true);
 *   main = flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 0);
 *   flame_fixture_add(&t, main, "work", "prog", PMC_MODULE_USER, false, 5);
 *   flame_fixture_finish(&t);
 *
 * Nodes are added in preorder. A sample is added for each value that is not 0.
 */
#ifndef FLAME_FIXTURE_H
#define FLAME_FIXTURE_H

#include <string.h>

#include "base/mem.h"
#include "report/tree.h"

struct flame_fixture {
	struct tree tree;
	PMC_ARRAY(struct tree_cell) cells;
};

static inline void flame_fixture_init(struct flame_fixture *t, const char *event, bool is_time)
{
	struct profile *head = &t->tree.head;

	memset(t, 0, sizeof(*t));
	head->pool = pmc_strings_new();
	head->events[0].name = pmc_strings_intern(head->pool, event);
	head->events[0].is_time = is_time;
	head->events_count = 1;
}

static inline uint32_t flame_fixture_function(struct flame_fixture *t, const char *name,
					      const char *module, enum pmc_module_kind kind)
{
	struct pmc_strings *pool = t->tree.head.pool;
	struct tree_function function = { .function = pmc_strings_intern(pool, name),
					  .module = pmc_strings_intern(pool, module),
					  .kind = kind, .is_task = !module };

	/* Backwards: those of deep recursion are found at once. */
	for (size_t i = t->tree.functions.count; i-- > 0;) {
		const struct tree_function *known = &t->tree.functions.items[i];

		if (known->function == function.function && known->module == function.module &&
		    known->kind == kind)
			return (uint32_t)i;
	}
	*pmc_array_add(&t->tree.functions) = function;
	return (uint32_t)t->tree.functions.count - 1;
}

/* Module NULL: the root of a thread. Returns the node. */
static inline uint32_t flame_fixture_add(struct flame_fixture *t, uint32_t parent,
					 const char *name, const char *module,
					 enum pmc_module_kind kind, bool inlined, int64_t self)
{
	struct tree_node *node = pmc_array_add(&t->tree.nodes);
	struct tree_cell *cell = pmc_array_add(&t->cells);
	const uint32_t id = (uint32_t)t->tree.nodes.count - 1;

	node->parent = parent;
	node->last = id;
	node->depth = parent == TREE_NONE ? 0 : t->tree.nodes.items[parent].depth + 1;
	node->function = flame_fixture_function(t, name, module, kind);
	node->inlined = inlined;
	cell->self = cell->total = self;
	cell->samples = cell->total_samples = self != 0;
	return id;
}

/* Sums; the tree can be used. */
static inline void flame_fixture_finish(struct flame_fixture *t)
{
	t->tree.cells = t->cells.items;
	for (size_t i = t->tree.nodes.count; i-- > 0;) {
		const struct tree_node *node = &t->tree.nodes.items[i];
		struct tree_cell *up = node->parent == TREE_NONE ? &t->tree.sums[0] :
								   &t->cells.items[node->parent];

		up->total += t->cells.items[i].total;
		up->total_samples += t->cells.items[i].total_samples;
		if (node->parent != TREE_NONE &&
		    t->tree.nodes.items[node->parent].last < node->last)
			t->tree.nodes.items[node->parent].last = node->last;
	}
}

static inline void flame_fixture_fini(struct flame_fixture *t)
{
	pmc_strings_free(t->tree.head.pool);
	pmc_array_free(&t->tree.functions);
	pmc_array_free(&t->tree.nodes);
	pmc_array_free(&t->cells);
}

#endif
