/*
 * forest.h - a tree while it is made: nodes in the order they were found, parents first.
 *
 *   stacks ──► forest_grow() ──┬───────────────────────► forest_finish() ──► struct tree
 *                              └──► forest_callers() ──►
 *
 * Private to tree*.c and forest*.c. Raw values, no limits yet, no order among siblings.
 */
#ifndef PMC_REPORT_FOREST_H
#define PMC_REPORT_FOREST_H

#include "report/stacks.h"
#include "report/tree.h"

struct forest_node {
	uint32_t parent;	/* less than its own index, or TREE_NONE */
	uint32_t key;		/* function * 2 + inlined */
};

struct forest {
	size_t events;
	PMC_ARRAY(struct forest_node) nodes;
	struct tree_cell *cells;	/* nodes.count * events */
	size_t cells_cap;
	uint32_t *hidden;		/* by node: children left out; NULL: none were */
	uint32_t hidden_roots;
};

static inline struct tree_cell *forest_cells(const struct forest *forest, uint32_t node)
{
	return &forest->cells[node * forest->events];
}

/* A new node below `parent`; its cells are 0. */
uint32_t forest_add(struct forest *forest, uint32_t parent, uint32_t key);
void forest_fini(struct forest *forest);

/*
 * Who called whom in all costs of `stacks`. is_root, by function: only what runs under these, which
 * become one root; NULL: all. With by threads or processes, those are roots; as functions they are
 * added to the tree's. Totals are in the cells.
 */
void forest_grow(struct forest *forest, struct tree *tree, const struct stacks *stacks,
		 const bool *is_root, enum pmc_report_by by);

/* The sum of all roots. */
void forest_sum(const struct forest *forest, struct tree_cell *sums);

/*
 * A tree of callers from a tree of calls: a root for each function with self, below it who called
 * it. What is below min_share of `sums` in each event, or deeper than `depth` levels, is left out
 * and counted as hidden.
 */
void forest_callers(struct forest *callers, const struct forest *forest,
		    const struct tree_cell *sums, double min_share, unsigned depth);

/* True where the cells reach the share in one event. */
bool forest_reaches(const struct tree_cell *cells, const struct tree_cell *sums, size_t events,
		    double min_share);

/* Leaves out what the limits say, puts siblings in order and nodes in preorder: tree->nodes. */
void forest_finish(const struct forest *forest, struct tree *tree, double min_share,
		   unsigned depth);

/*
 * Finds the function meant by `text` among those of the session: marks[function] = true, for all
 * that cannot be told apart, and its name as the profile's root. marks has room for all functions.
 * Usage errors: unknown, ambiguous (tree_root.c).
 */
int tree_find_root(const struct stacks *stacks, struct profile *profile, const char *text,
		   bool *marks, struct pmc_err *err);

#endif
