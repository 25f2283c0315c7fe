/*
 * writer_tree.c - who called whom, written once: when a session ends.
 *
 * Job: from the costs of a session to its call tree (tree_node, tree_cost) and to what each
 * function spent for each caller (call_cost).
 * Not here: sessions without one, that are being recorded or were cut short: views compute it
 * (schema_tree.c).
 *
 *   costs ──► path of functions ──► branch: parent, function, inlined     as found, parents first
 *                                      └──► preorder: id … id + below     as written
 *                                              └──► pairs: function, caller
 *
 * Ids are the order of a walk from the roots down, so a subtree is a range of ids. Siblings stand
 * in the order in which they were first seen.
 *
 * A pair counts once a stack: while the walk is inside of a call by the same caller, further ones
 * add nothing.
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

struct pair {
	uint32_t function, caller;	/* indices; caller none: outermost */
	uint32_t open;			/* calls of it that the walk is inside of */
};

struct pair_sums {
	uint64_t samples, total;
	bool real;			/* at least one call that was not inlined */
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

	PMC_ARRAY(struct pair) pairs;
	struct pmc_index pair_index;
	struct pair_sums *pair_sums;	/* by pair, then event */
	size_t pair_sums_cap;
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

/* ---- pairs ---- */

static uint32_t find_pair(struct tree *tree, uint32_t function, uint32_t caller)
{
	const uint64_t hash = pmc_hash_2(function, caller);
	const size_t events = tree->events;
	uint32_t step = 0, at;

	while ((at = pmc_index_next(&tree->pair_index, hash, &step)) != UINT32_MAX) {
		if (tree->pairs.items[at].function == function &&
		    tree->pairs.items[at].caller == caller)
			return at;
	}
	at = (uint32_t)tree->pairs.count;
	*pmc_array_add(&tree->pairs) = (struct pair){ .function = function, .caller = caller };
	pmc_grow((void **)&tree->pair_sums, &tree->pair_sums_cap, (at + (size_t)1) * events,
		 sizeof(*tree->pair_sums));
	for (size_t e = 0; e < events; e++)
		tree->pair_sums[at * events + e] = (struct pair_sums){ 0 };
	pmc_index_add(&tree->pair_index, hash, at);
	return at;
}

static void add_pairs(struct tree *tree)
{
	struct inside {
		uint32_t pair, last;
	};
	PMC_ARRAY(struct inside) calls = { 0 };

	for (uint32_t id = 1; id <= tree->branches.count; id++) {
		const uint32_t at = tree->order[id - 1];
		const struct branch *branch = &tree->branches.items[at];
		const uint32_t caller =
			branch->parent == none ? none :
						 tree->branches.items[branch->parent].key / 2;
		const uint32_t pair = find_pair(tree, branch->key / 2, caller);

		while (calls.count && calls.items[calls.count - 1].last < id)
			tree->pairs.items[calls.items[--calls.count].pair].open--;
		for (size_t e = 0; e < tree->events; e++) {
			const struct sums *sums = &tree->sums[at * tree->events + e];
			struct pair_sums *gain = &tree->pair_sums[pair * tree->events + e];

			gain->real |= sums->total_samples && !(branch->key & 1);
			if (tree->pairs.items[pair].open)
				continue;
			gain->samples += sums->total_samples;
			gain->total += sums->total;
		}
		tree->pairs.items[pair].open++;
		*pmc_array_add(&calls) = (struct inside){ pair, tree->lasts[at] };
	}
	pmc_array_free(&calls);
}

/* ---- rows ---- */

static int64_t function_id(const struct tree *tree, uint32_t function)
{
	return function == none ? 0 : tree->writer->functions.items[function].db_id;
}

static int write_nodes(struct tree *tree, struct pmc_err *err)
{
	for (uint32_t id = 1; id <= tree->branches.count; id++) {
		const uint32_t at = tree->order[id - 1];
		const struct branch *branch = &tree->branches.items[at];
		sqlite3_stmt *stmt = writer_statement(tree->writer, ADD_TREE_NODE);

		sqlite3_bind_int64(stmt, 1, tree->writer->session_id);
		sqlite3_bind_int64(stmt, 2, id);
		if (branch->parent != none)
			sqlite3_bind_int64(stmt, 3, id - tree->ids[branch->parent]);
		sqlite3_bind_int64(stmt, 4, tree->lasts[at] - id);
		sqlite3_bind_int64(stmt, 5, tree->depths[at]);
		sqlite3_bind_int64(stmt, 6, function_id(tree, branch->key / 2));
		sqlite3_bind_int64(stmt, 7, branch->key & 1);
		if (writer_run(tree->writer, stmt, err))
			return -1;
	}
	return 0;
}

static int write_tree_costs(struct tree *tree, size_t e, struct pmc_err *err)
{
	for (uint32_t id = 1; id <= tree->branches.count; id++) {
		const struct sums *sums =
			&tree->sums[tree->order[id - 1] * tree->events + e];
		sqlite3_stmt *stmt;

		if (!sums->total_samples)
			continue;
		stmt = writer_statement(tree->writer, ADD_TREE_COST);
		sqlite3_bind_int64(stmt, 1, tree->writer->events.items[e].db_id);
		sqlite3_bind_int64(stmt, 2, id);
		sqlite3_bind_int64(stmt, 3, (int64_t)sums->samples);
		sqlite3_bind_int64(stmt, 4, (int64_t)sums->self);
		if (sums->total_samples != sums->samples) {
			sqlite3_bind_int64(stmt, 5, (int64_t)sums->total_samples);
			sqlite3_bind_int64(stmt, 6, (int64_t)sums->total);
		}
		if (writer_run(tree->writer, stmt, err))
			return -1;
	}
	return 0;
}

static int by_function_ids(const void *left, const void *right, void *arg)
{
	const struct tree *tree = arg;
	const struct pair *a = &tree->pairs.items[*(const uint32_t *)left];
	const struct pair *b = &tree->pairs.items[*(const uint32_t *)right];
	const int64_t fa = function_id(tree, a->function), fb = function_id(tree, b->function);
	const int64_t ca = function_id(tree, a->caller), cb = function_id(tree, b->caller);

	return fa != fb ? (fa > fb) - (fa < fb) : (ca > cb) - (ca < cb);
}

/* In the order of the table's key. */
static int write_pairs(struct tree *tree, size_t e, const uint32_t *order, struct pmc_err *err)
{
	for (size_t i = 0; i < tree->pairs.count; i++) {
		const struct pair *pair = &tree->pairs.items[order[i]];
		const struct pair_sums *sums = &tree->pair_sums[order[i] * tree->events + e];
		sqlite3_stmt *stmt;

		if (!sums->samples)
			continue;
		stmt = writer_statement(tree->writer, ADD_CALL_COST);
		sqlite3_bind_int64(stmt, 1, tree->writer->events.items[e].db_id);
		sqlite3_bind_int64(stmt, 2, function_id(tree, pair->function));
		sqlite3_bind_int64(stmt, 3, function_id(tree, pair->caller));
		sqlite3_bind_int64(stmt, 4, !sums->real);
		sqlite3_bind_int64(stmt, 5, (int64_t)sums->samples);
		sqlite3_bind_int64(stmt, 6, (int64_t)sums->total);
		if (writer_run(tree->writer, stmt, err))
			return -1;
	}
	return 0;
}

static int write_all(struct tree *tree, struct pmc_err *err)
{
	PMC_FREE uint32_t *order = pmc_calloc(tree->pairs.count + 1, sizeof(*order));

	for (uint32_t i = 0; i < tree->pairs.count; i++)
		order[i] = i;
	qsort_r(order, tree->pairs.count, sizeof(*order), by_function_ids, tree);
	if (write_nodes(tree, err))
		return -1;
	for (size_t e = 0; e < tree->events; e++) {
		if (write_tree_costs(tree, e, err) || write_pairs(tree, e, order, err))
			return -1;
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
	add_pairs(&tree);
	result = write_all(&tree, err);
	pmc_array_free(&tree.branches);
	pmc_array_free(&tree.path);
	pmc_array_free(&tree.pairs);
	pmc_index_fini(&tree.pair_index);
	free(tree.sums);
	free(tree.places);
	free(tree.order);
	free(tree.ids);
	free(tree.lasts);
	free(tree.depths);
	free(tree.pair_sums);
	return result;
}
