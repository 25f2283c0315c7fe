/*
 * tree.c - loads a tree: head, stacks, forest, order; see tree.h.
 *
 * Job: the steps in their order, in one read transaction.
 * Not here: each of them (stacks.c, forest*.c, tree_root.c); how a tree looks (tree_text.c).
 */
#include "report/tree.h"

#include <string.h>

#include "report/forest.h"

void tree_fini(struct tree *tree)
{
	profile_fini(&tree->head);
	pmc_array_free(&tree->functions);
	pmc_array_free(&tree->nodes);
	free(tree->cells);
	memset(tree, 0, sizeof(*tree));
}

static void make(struct tree *tree, struct stacks *stacks, const bool *is_root,
		 const struct tree_opts *opts)
{
	struct forest forest = { 0 }, callers = { 0 };

	forest_grow(&forest, tree, stacks, is_root, opts->by);
	stacks_fini(stacks);	/* as large as the forest, and done with */
	forest_sum(&forest, tree->sums);
	if (opts->callers) {
		forest_callers(&callers, &forest, tree->sums, opts->min_share, opts->depth);
		forest_finish(&callers, tree, 0, 0);
	} else {
		forest_finish(&forest, tree, opts->min_share, opts->depth);
	}
	forest_fini(&forest);
	forest_fini(&callers);
}

static int load(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts,
		struct pmc_err *err)
{
	struct stacks stacks = { 0 };
	PMC_FREE bool *is_root = NULL;
	int status;

	if (profile_load_head(&tree->head, store, opts->session_id, opts->event, err) ||
	    stacks_set_window(&tree->head, store, opts->from_s, opts->to_s, err))
		return -1;
	status = stacks_load(&stacks, &tree->head, store, err);
	if (!status && opts->root) {
		is_root = pmc_calloc(stacks.functions.count + 1, sizeof(*is_root));
		status = tree_find_root(&stacks, &tree->head, opts->root, is_root, err);
	}
	if (!status)
		make(tree, &stacks, is_root, opts);
	stacks_fini(&stacks);
	return status;
}

int tree_load(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts,
	      struct pmc_err *err)
{
	int status;

	memset(tree, 0, sizeof(*tree));
	tree->head.pool = pmc_strings_new();
	tree->head.by = opts->by;
	if (profile_run(store, "BEGIN", err))
		return -1;
	status = load(tree, store, opts, err);
	if (profile_run(store, "COMMIT", status ? NULL : err))
		status = -1;
	return status;
}
