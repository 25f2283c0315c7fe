/*
 * writer_tree.c - who called whom, written once: when a session ends.
 *
 * Job: from the costs of a session to its call tree.
 * Not here: sessions without one, that are being recorded or were cut short: views compute it
 * (schema_tree.c).
 *
 *   costs ──► path of functions ──► branch: parent, function, inlined     as found, parents first
 *                                      └──► preorder: id … id + below     as written
 *
 * Ids are the order of a walk from the roots down, so a subtree is a range of ids. Siblings stand
 * in the order in which they were first seen.
 *
 * Recursion is marked, so that sums can count a function, or a function and its caller, once a
 * sample: whether the walk is inside of another call of it, and by the same caller.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "store/writer.h"

static const uint32_t none = UINT32_MAX;

struct branch {
	uint32_t parent;	/* less than its own index, or none */
	uint32_t key;		/* index of the function * 2 + inlined */
};

struct sums {
	uint64_t samples, self, total_samples, total;
};

/* Pairs of functions: who was called by whom. */
struct pairs {
	PMC_ARRAY(uint64_t) keys;
	PMC_ARRAY(uint32_t) open;	/* calls of it that the walk is inside of */
	struct pmc_index index;
};

struct tree {
	struct pmc_writer *writer;
	size_t events;
	PMC_ARRAY(struct branch) branches;
	struct pmc_index index;
	struct sums *sums;		/* by branch, then event */
	uint32_t *places;		/* by stack: branch + 1; 0: not looked up yet */
	PMC_ARRAY(uint32_t) path;

	uint32_t *order;		/* branches in preorder */
	uint32_t *ids;			/* by branch: place in order + 1 */
	uint32_t *lasts, *depths;	/* by branch */
	unsigned char *recursions;
};

/* ---- branches ---- */

static uint32_t enter(struct tree *tree, uint32_t parent, uint32_t key)
{
	const uint64_t hash = pmc_hash_2(parent, key);
	uint32_t step = 0, at;

	while ((at = pmc_index_next(&tree->index, hash, &step)) != UINT32_MAX) {
		if (tree->branches.items[at].parent == parent &&
		    tree->branches.items[at].key == key)
			return at;
	}
	at = (uint32_t)tree->branches.count;
	*pmc_array_add(&tree->branches) = (struct branch){ parent, key };
	pmc_index_add(&tree->index, hash, at);
	return at;
}

/* The frames of a location, from the outermost in. */
static uint32_t enter_location(struct tree *tree, uint32_t at, uint32_t id)
{
	const struct writer_location *location = &tree->writer->locations.items[id - 1];

	for (uint32_t i = location->count; i-- > 0;) {
		const uint32_t function = tree->writer->frames.items[location->first + i];

		at = enter(tree, at, function * 2 + (i + 1 < location->count));
	}
	return at;
}

/* From the nearest caller that has its branch down. */
static uint32_t enter_stack(struct tree *tree, uint32_t stack)
{
	const struct writer_stack *stacks = tree->writer->stacks.items;
	uint32_t at = none;

	tree->path.count = 0;
	for (; stack && !tree->places[stack - 1]; stack = stacks[stack - 1].parent)
		*pmc_array_add(&tree->path) = stack;
	if (stack)
		at = tree->places[stack - 1] - 1;
	while (tree->path.count) {
		stack = tree->path.items[--tree->path.count];
		at = enter_location(tree, at, stacks[stack - 1].location);
		tree->places[stack - 1] = at + 1;
	}
	return at;
}

/* Two passes: the first finds the branches, so that their sums need no growing. */
static void add_costs(struct tree *tree)
{
	const struct pmc_writer *writer = tree->writer;
	PMC_FREE uint32_t *leaves = pmc_calloc(writer->costs.count + 1, sizeof(*leaves));

	tree->places = pmc_calloc(writer->stacks.count + 1, sizeof(*tree->places));
	for (size_t i = 0; i < writer->costs.count; i++)
		leaves[i] = enter_location(tree, enter_stack(tree, writer->costs.items[i].stack),
					   writer->costs.items[i].location);
	tree->sums = pmc_calloc(tree->branches.count * tree->events + 1, sizeof(*tree->sums));
	for (size_t i = 0; i < writer->costs.count; i++) {
		const struct writer_cost *cost = &writer->costs.items[i];
		struct sums *sums = &tree->sums[leaves[i] * tree->events + cost->event - 1];

		sums->samples += cost->samples;
		sums->self += cost->value;
		sums->total_samples += cost->samples;
		sums->total += cost->value;
	}
	for (uint32_t at = (uint32_t)tree->branches.count; at-- > 0;) {
		const uint32_t parent = tree->branches.items[at].parent;

		for (size_t e = 0; parent != none && e < tree->events; e++) {
			tree->sums[parent * tree->events + e].total_samples +=
				tree->sums[at * tree->events + e].total_samples;
			tree->sums[parent * tree->events + e].total +=
				tree->sums[at * tree->events + e].total;
		}
	}
}

/* ---- preorder ---- */

/*
 * Sizes of subtrees from the last branch on give each its place without a walk: the first child
 * follows its parent, each other child what lies below the one before it.
 */
static void lay_out(struct tree *tree)
{
	const size_t count = tree->branches.count;
	PMC_FREE uint32_t *sizes = pmc_calloc(count + 1, sizeof(*sizes));
	PMC_FREE uint32_t *nexts = pmc_calloc(count + 1, sizeof(*nexts));	/* of children */
	uint32_t next_root = 1;

	tree->order = pmc_calloc(count + 1, sizeof(*tree->order));
	tree->ids = pmc_calloc(count + 1, sizeof(*tree->ids));
	tree->lasts = pmc_calloc(count + 1, sizeof(*tree->lasts));
	tree->depths = pmc_calloc(count + 1, sizeof(*tree->depths));
	for (uint32_t at = (uint32_t)count; at-- > 0;) {
		sizes[at]++;
		if (tree->branches.items[at].parent != none)
			sizes[tree->branches.items[at].parent] += sizes[at];
	}
	for (uint32_t at = 0; at < count; at++) {
		const uint32_t parent = tree->branches.items[at].parent;
		uint32_t *next = parent == none ? &next_root : &nexts[parent];

		tree->ids[at] = *next;
		tree->lasts[at] = *next + sizes[at] - 1;
		tree->depths[at] = parent == none ? 0 : tree->depths[parent] + 1;
		nexts[at] = *next + 1;
		*next += sizes[at];
		tree->order[tree->ids[at] - 1] = at;
	}
}

/* ---- recursion ---- */

/* Slot of a pair of functions: one number for each. */
static uint32_t find_pair(struct pairs *pairs, uint32_t function, uint32_t caller)
{
	const uint64_t key = (uint64_t)function << 32 | caller, hash = pmc_hash_u64(key);
	uint32_t step = 0, at;

	while ((at = pmc_index_next(&pairs->index, hash, &step)) != UINT32_MAX) {
		if (pairs->keys.items[at] == key)
			return at;
	}
	at = (uint32_t)pairs->keys.count;
	*pmc_array_add(&pairs->keys) = key;
	*pmc_array_add(&pairs->open) = 0;
	pmc_index_add(&pairs->index, hash, at);
	return at;
}

/* In preorder, calls that the walk is inside of are those whose last node is not behind. */
static void mark_recursion(struct tree *tree)
{
	struct call {
		uint32_t pair, function, last;
	};
	PMC_ARRAY(struct call) calls = { 0 };
	struct pairs pairs = { 0 };
	PMC_FREE uint32_t *open =
		pmc_calloc(tree->writer->functions.count + 1, sizeof(*open));

	tree->recursions = pmc_calloc(tree->branches.count + 1, 1);
	for (uint32_t id = 1; id <= tree->branches.count; id++) {
		const uint32_t at = tree->order[id - 1];
		const struct branch *branch = &tree->branches.items[at];
		const uint32_t function = branch->key / 2;
		const uint32_t caller =
			branch->parent == none ? none :
						 tree->branches.items[branch->parent].key / 2;
		const uint32_t pair = find_pair(&pairs, function, caller);

		while (calls.count && calls.items[calls.count - 1].last < id) {
			const struct call *over = &calls.items[--calls.count];

			pairs.open.items[over->pair]--;
			open[over->function]--;
		}
		tree->recursions[at] = pairs.open.items[pair] ? 2 : open[function] ? 1 : 0;
		pairs.open.items[pair]++;
		open[function]++;
		*pmc_array_add(&calls) = (struct call){ pair, function, tree->lasts[at] };
	}
	pmc_array_free(&calls);
	pmc_array_free(&pairs.keys);
	pmc_array_free(&pairs.open);
	pmc_index_fini(&pairs.index);
}

/* ---- rows ---- */

static int write_node(struct tree *tree, size_t e, uint32_t at, struct pmc_err *err)
{
	const struct branch *branch = &tree->branches.items[at];
	const struct sums *sums = &tree->sums[at * tree->events + e];
	const uint32_t id = tree->ids[at];
	sqlite3_stmt *stmt;

	if (!sums->total_samples)
		return 0;
	stmt = writer_statement(tree->writer, ADD_TREE_NODE);
	sqlite3_bind_int64(stmt, 1, tree->writer->events.items[e].db_id);
	sqlite3_bind_int64(stmt, 2, id);
	if (branch->parent != none)
		sqlite3_bind_int64(stmt, 3, id - tree->ids[branch->parent]);
	sqlite3_bind_int64(stmt, 4, tree->lasts[at] - id);
	sqlite3_bind_int64(stmt, 5, tree->depths[at]);
	sqlite3_bind_int64(stmt, 6, tree->writer->functions.items[branch->key / 2].db_id);
	sqlite3_bind_int64(stmt, 7, branch->key & 1);
	sqlite3_bind_int64(stmt, 8, tree->recursions[at]);
	sqlite3_bind_int64(stmt, 9, (int64_t)sums->samples);
	sqlite3_bind_int64(stmt, 10, (int64_t)sums->self);
	if (sums->total_samples != sums->samples) {
		sqlite3_bind_int64(stmt, 11, (int64_t)sums->total_samples);
		sqlite3_bind_int64(stmt, 12, (int64_t)sums->total);
	}
	return writer_run(tree->writer, stmt, err);
}

/* In the order of the table's key. */
static int write_nodes(struct tree *tree, struct pmc_err *err)
{
	for (size_t e = 0; e < tree->events; e++) {
		for (size_t i = 0; i < tree->branches.count; i++) {
			if (write_node(tree, e, tree->order[i], err))
				return -1;
		}
	}
	return 0;
}

int writer_write_tree(struct pmc_writer *writer, struct pmc_err *err)
{
	struct tree tree = { .writer = writer, .events = writer->events.count };
	int result;

	add_costs(&tree);
	pmc_index_fini(&tree.index);
	lay_out(&tree);
	mark_recursion(&tree);
	result = write_nodes(&tree, err);
	pmc_array_free(&tree.branches);
	pmc_array_free(&tree.path);
	free(tree.sums);
	free(tree.places);
	free(tree.order);
	free(tree.ids);
	free(tree.lasts);
	free(tree.depths);
	free(tree.recursions);
	return result;
}
