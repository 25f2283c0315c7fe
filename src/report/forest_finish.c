/*
 * forest_finish.c - from a forest as it was found to a tree as it is shown.
 *
 * Job: leave out what the limits say, put siblings in order, lay nodes out in preorder, scale.
 *
 *   forest  ──► kept? ──► children of each parent side by side, in order ──► preorder: nodes, cells
 *
 * Children never have more than their parent, so what is left out is always whole subtrees.
 */
#include "report/forest.h"

#include <string.h>

struct finisher {
	const struct forest *forest;
	struct tree *tree;
	uint32_t *depths;	/* of kept nodes; TREE_NONE: left out */
	uint32_t *hidden;
	size_t *starts;		/* where children of a node begin: node + 1, roots at 0 */
	uint32_t *children;
};

static void choose(struct finisher *finisher, double min_share, unsigned depth)
{
	const struct forest *forest = finisher->forest;

	for (uint32_t node = 0; node < forest->nodes.count; node++) {
		const uint32_t parent = forest->nodes.items[node].parent;
		const uint32_t above = parent == TREE_NONE ? 0 : finisher->depths[parent] + 1;

		finisher->depths[node] = TREE_NONE;
		if (parent != TREE_NONE && finisher->depths[parent] == TREE_NONE)
			continue;
		if ((!depth || above < depth) &&
		    forest_reaches(forest_cells(forest, node), finisher->tree->sums,
				   forest->events, min_share))
			finisher->depths[node] = above;
		else if (parent == TREE_NONE)
			finisher->tree->hidden++;
		else
			finisher->hidden[parent]++;
	}
}

static int compare_texts(const struct tree *tree, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(tree_text(tree, a), tree_text(tree, b));
}

static int compare_siblings(const void *left, const void *right, void *arg)
{
	const struct finisher *finisher = arg;
	const struct forest *forest = finisher->forest;
	const uint32_t ia = *(const uint32_t *)left, ib = *(const uint32_t *)right;
	const struct tree_cell *ca = forest_cells(forest, ia), *cb = forest_cells(forest, ib);
	const uint32_t ka = forest->nodes.items[ia].key, kb = forest->nodes.items[ib].key;
	const struct tree_function *a = &finisher->tree->functions.items[ka / 2];
	const struct tree_function *b = &finisher->tree->functions.items[kb / 2];
	int order = 0;

	for (size_t e = 0; !order && e < forest->events; e++)
		order = (cb[e].total > ca[e].total) - (cb[e].total < ca[e].total);
	if (!order)
		order = compare_texts(finisher->tree, a->function, b->function);
	if (!order)
		order = compare_texts(finisher->tree, a->module, b->module);
	if (!order)
		order = compare_texts(finisher->tree, a->file, b->file);
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	return order ? order : (ka > kb) - (ka < kb);
}

static size_t place_of(uint32_t parent)
{
	return parent == TREE_NONE ? 0 : parent + (size_t)1;
}

/* Counting sort by parent, then each family for itself, which are small. */
static size_t gather_children(struct finisher *finisher)
{
	const struct forest *forest = finisher->forest;
	const size_t count = forest->nodes.count;
	size_t *starts = finisher->starts, kept = 0;

	for (uint32_t node = 0; node < count; node++) {
		if (finisher->depths[node] == TREE_NONE)
			continue;
		starts[place_of(forest->nodes.items[node].parent) + 1]++;
		kept++;
	}
	for (size_t i = 1; i < count + 2; i++)
		starts[i] += starts[i - 1];
	for (uint32_t node = 0; node < count; node++) {
		if (finisher->depths[node] != TREE_NONE)
			finisher->children[starts[place_of(forest->nodes.items[node].parent)]++] =
				node;
	}
	/* Each start has moved to its end, which is the next one's start. */
	for (size_t i = count + 1; i > 0; i--)
		starts[i] = starts[i - 1];
	starts[0] = 0;
	for (size_t i = 0; i <= count; i++) {
		if (starts[i + 1] - starts[i] > 1)
			qsort_r(&finisher->children[starts[i]], starts[i + 1] - starts[i],
				sizeof(*finisher->children), compare_siblings, finisher);
	}
	return kept;
}

static int64_t scale(int64_t value, const struct profile_event *event)
{
	if (event->running_ns <= 0 || event->running_ns >= event->enabled_ns)
		return value;
	return (int64_t)((double)value * ((double)event->enabled_ns / (double)event->running_ns) +
			 0.5);
}

static void put_node(struct finisher *finisher, uint32_t node, uint32_t parent)
{
	const struct forest *forest = finisher->forest;
	struct tree *tree = finisher->tree;
	const uint32_t at = (uint32_t)tree->nodes.count, key = forest->nodes.items[node].key;

	tree->nodes.items[tree->nodes.count++] = (struct tree_node){
		.parent = parent, .last = at, .depth = finisher->depths[node],
		.function = key / 2, .inlined = key & 1,
		.hidden = finisher->hidden[node] + (forest->hidden ? forest->hidden[node] : 0),
	};
	memcpy(&tree->cells[at * forest->events], forest_cells(forest, node),
	       forest->events * sizeof(*tree->cells));
	for (size_t e = 0; e < forest->events; e++) {
		struct tree_cell *cell = &tree->cells[at * forest->events + e];

		cell->self = scale(cell->self, &tree->head.events[e]);
		cell->total = scale(cell->total, &tree->head.events[e]);
	}
}

/* Depth first; a stack of its own, as trees are as deep as recursion was. */
static void lay_out(struct finisher *finisher, size_t kept)
{
	struct level {
		size_t next, end;	/* of children */
		uint32_t parent;	/* as laid out */
	};
	PMC_ARRAY(struct level) levels = { 0 };
	struct tree *tree = finisher->tree;

	tree->nodes.items = pmc_calloc(kept + 1, sizeof(*tree->nodes.items));
	tree->nodes.cap = kept + 1;
	tree->cells = pmc_calloc(kept * finisher->forest->events + 1, sizeof(*tree->cells));
	*pmc_array_add(&levels) = (struct level){ 0, finisher->starts[1], TREE_NONE };
	while (levels.count) {
		struct level *level = &levels.items[levels.count - 1];
		uint32_t node, at = (uint32_t)tree->nodes.count;

		if (level->next == level->end) {
			if (level->parent != TREE_NONE)
				tree->nodes.items[level->parent].last = at - 1;
			levels.count--;
			continue;
		}
		node = finisher->children[level->next++];
		put_node(finisher, node, level->parent);
		*pmc_array_add(&levels) = (struct level){
			finisher->starts[node + (size_t)1], finisher->starts[node + (size_t)2], at,
		};
	}
	pmc_array_free(&levels);
}

void forest_finish(const struct forest *forest, struct tree *tree, double min_share,
		   unsigned depth)
{
	const size_t count = forest->nodes.count;
	struct finisher finisher = {
		.forest = forest, .tree = tree,
		.depths = pmc_calloc(count + 1, sizeof(*finisher.depths)),
		.hidden = pmc_calloc(count + 1, sizeof(*finisher.hidden)),
		.starts = pmc_calloc(count + 3, sizeof(*finisher.starts)),
		.children = pmc_calloc(count + 1, sizeof(*finisher.children)),
	};

	tree->hidden = forest->hidden_roots;
	choose(&finisher, min_share, depth);
	lay_out(&finisher, gather_children(&finisher));
	for (size_t e = 0; e < forest->events; e++) {
		tree->sums[e].total = scale(tree->sums[e].total, &tree->head.events[e]);
		tree->head.events[e].root_samples = tree->sums[e].total_samples;
		tree->head.events[e].root_value = tree->sums[e].total;
	}
	free(finisher.depths);
	free(finisher.hidden);
	free(finisher.starts);
	free(finisher.children);
}
