/*
 * tree.h - who called whom, in memory: what tree reports, flame graphs and folded stacks draw from.
 *
 *   nodes, in preorder        parent   last                 main
 *   0  main                   NONE     4                   ├─ work
 *   1    work                 0        2                   │  └─ tiny (inlined)
 *   2      tiny (inlined)     1        2                   └─ rec
 *   3    rec                  0        4                      └─ rec
 *   4      rec                3        4
 *
 * A node is a function called by its parent; calls from several places of the parent are one node,
 * and a function that was inlined there is another than the same one called. Nodes i + 1 … last
 * of i lie below it. Siblings: by total of the first event, falling, then by name.
 *
 * Cells are node by event: cells[node * events + e], events as in head.events. Values are estimates
 * (scaled where the event shared its counter). self is 0 where only nodes below have samples.
 *
 * A tree of callers has the hot functions as roots and whoever called them below: `total` of a node
 * is what its root spent in itself when called this way; `self` that of stacks that end there.
 */
#ifndef PMC_REPORT_TREE_H
#define PMC_REPORT_TREE_H

#include "report/profile.h"

#define TREE_NONE UINT32_MAX

/* A function, or with --by thread or process a thread or process as root of its own tree. */
struct tree_function {
	uint32_t function, module, file;	/* strings of head.pool; 0: not known */
	int64_t line;
	enum pmc_module_kind kind;
	bool is_task;				/* function: "comm (tid 12)", module 0 */
};

struct tree_node {
	uint32_t parent;	/* TREE_NONE: a root */
	uint32_t last;		/* last node of its subtree; itself where nothing is below */
	uint32_t depth;		/* 0: a root */
	uint32_t function;	/* index of functions */
	uint32_t hidden;	/* children that the limits left out; what they have is in total */
	bool inlined;		/* into its caller: its parent, in a tree of callers the node
				 * below it */
};

struct tree_cell {
	int64_t samples, self;			/* in the node itself */
	int64_t total_samples, total;		/* and all below it, hidden ones too */
};

struct tree {
	struct profile head;			/* session, events, health, strings; no rows */
	PMC_ARRAY(struct tree_function) functions;
	PMC_ARRAY(struct tree_node) nodes;
	struct tree_cell *cells;		/* nodes.count * head.events_count */
	struct tree_cell sums[PROFILE_EVENTS_MAX];	/* of all roots, hidden ones too: shares
							 * are of their total */
	uint32_t hidden;			/* roots that the limits left out */
};

struct tree_opts {
	int64_t session_id;
	const char *event;		/* NULL: all */
	const char *root;		/* only what runs under this function; NULL: all */
	bool callers;			/* from each function that has self up to who called it */
	enum pmc_report_by by;		/* PMC_BY_THREAD, PMC_BY_PROCESS: roots are those; else
					 * functions */
	double from_s, to_s;		/* as in struct pmc_report_opts */
	double min_share;		/* leaves out nodes with less in every event; 0..1 */
	unsigned depth;			/* levels to keep; 0: all */
};

/*
 * Loads a tree in one read transaction. An unknown or ambiguous root is a usage error that names
 * what was meant. The caller calls tree_fini() in any case.
 */
int tree_load(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts,
	      struct pmc_err *err);
void tree_fini(struct tree *tree);

/* Text of a string id; valid as long as the tree. */
static inline const char *tree_text(const struct tree *tree, uint32_t id)
{
	return pmc_strings_get(tree->head.pool, id);
}

static inline const struct tree_cell *tree_cell(const struct tree *tree, uint32_t node, size_t e)
{
	return &tree->cells[node * tree->head.events_count + e];
}

/* total as a share, 0..1, of the event's sum. */
static inline double tree_share(const struct tree *tree, uint32_t node, size_t e)
{
	const int64_t sum = tree->sums[e].total;

	return sum > 0 ? (double)tree_cell(tree, node, e)->total / (double)sum : 0;
}

#endif
