/*
 * forest.c - from stacks to a tree: costs with the same path of functions meet in one node.
 *
 * Job: map each stack to its node once, add up costs there, then totals from the leaves upwards.
 * Not here: order and limits (forest_finish.c), the other direction (forest_callers.c).
 *
 *   stack rows    main+12 ◄─ work+7 ◄─ leaf        main+12 ◄─ work+9 ◄─ leaf
 *   nodes         main ───── work ──── tiny   =    main ───── work ──── tiny
 *
 * A stack is mapped when the first cost needs it, from its nearest mapped caller down; after that
 * it is one load. With roots by thread the mapping starts over for each thread.
 *
 * Children of a node are found in a list of the first few, else by hash: most nodes have one or
 * two, which lie near each other, while a look into a table of a million nodes misses the cache.
 *
 * `outside`: above the first frame of the root asked for. A root that recurs is below itself then,
 * and so counts once.
 */
#include "report/forest.h"

#include <string.h>

uint32_t forest_add(struct forest *forest, uint32_t parent, uint32_t key)
{
	const uint32_t node = (uint32_t)forest->nodes.count;

	*pmc_array_add(&forest->nodes) = (struct forest_node){ .parent = parent, .key = key };
	pmc_grow((void **)&forest->cells, &forest->cells_cap, (node + (size_t)1) * forest->events,
		 sizeof(*forest->cells));
	memset(forest_cells(forest, node), 0, forest->events * sizeof(*forest->cells));
	return node;
}

void forest_fini(struct forest *forest)
{
	pmc_array_free(&forest->nodes);
	free(forest->cells);
	free(forest->hidden);
	*forest = (struct forest){ 0 };
}

static const uint32_t outside = TREE_NONE;

enum { LISTED = 4 };

/* Of a node: its children in the list, the latest first, and its sibling in its parent's. */
struct links {
	uint32_t child, next;
};

struct grower {
	struct forest *forest;
	PMC_ARRAY(struct links) links;	/* by node */
	struct pmc_index index;		/* by parent and key: roots, and what no list holds */
	const struct stacks *stacks;
	const bool *is_root;
	uint32_t task;			/* key of the root that all has now, or TREE_NONE */
	uint32_t round;			/* of tasks, from 1 */
	uint32_t *place;		/* by stack: node or outside, … */
	uint32_t *placed;		/* … valid where this is the round */
	PMC_ARRAY(uint32_t) path;
};

static uint32_t add(struct grower *grower, uint32_t parent, uint32_t key)
{
	*pmc_array_add(&grower->links) = (struct links){ TREE_NONE, TREE_NONE };
	return forest_add(grower->forest, parent, key);
}

static uint32_t find_or_add_hashed(struct grower *grower, uint32_t parent, uint32_t key)
{
	const struct forest_node *nodes = grower->forest->nodes.items;
	const uint64_t hash = pmc_hash_2(parent, key);
	uint32_t step = 0, node;

	while ((node = pmc_index_next(&grower->index, hash, &step)) != UINT32_MAX) {
		if (nodes[node].parent == parent && nodes[node].key == key)
			return node;
	}
	node = add(grower, parent, key);
	pmc_index_add(&grower->index, hash, node);
	return node;
}

static uint32_t find_or_add(struct grower *grower, uint32_t parent, uint32_t key)
{
	uint32_t node, listed = 0;

	if (parent == TREE_NONE)
		return find_or_add_hashed(grower, parent, key);
	for (node = grower->links.items[parent].child; node != TREE_NONE;
	     node = grower->links.items[node].next, listed++) {
		if (grower->forest->nodes.items[node].key == key)
			return node;
	}
	if (listed == LISTED)
		return find_or_add_hashed(grower, parent, key);
	node = add(grower, parent, key);
	grower->links.items[node].next = grower->links.items[parent].child;
	grower->links.items[parent].child = node;
	return node;
}

/* The node of a function called from `at`. */
static uint32_t enter(struct grower *grower, uint32_t at, uint32_t function, bool inlined)
{
	uint32_t key = function * 2 + inlined;

	if (at != outside)
		return find_or_add(grower, at, key);
	if (grower->is_root) {
		if (!grower->is_root[function])
			return outside;
		/* Whichever of the root's rows it is, and however it was called: one root. */
		for (key = 0; !grower->is_root[key / 2]; key += 2)
			;
	}
	if (grower->task != TREE_NONE)
		at = find_or_add(grower, TREE_NONE, grower->task);
	return find_or_add(grower, at, key);
}

static uint32_t enter_location(struct grower *grower, uint32_t at, uint32_t location)
{
	const struct stacks_location *row;

	if (location == STACKS_NONE)
		return at;
	row = &grower->stacks->locations.items[location];
	for (uint32_t i = 0; i < row->count; i++)
		at = enter(grower, at, grower->stacks->frames.items[row->first + i], i > 0);
	return at;
}

static uint32_t place_stack(struct grower *grower, uint32_t stack)
{
	uint32_t at = outside;

	grower->path.count = 0;
	for (; stack; stack = grower->stacks->rows.items[stack - 1].parent) {
		if (grower->placed[stack - 1] == grower->round) {
			at = grower->place[stack - 1];
			break;
		}
		*pmc_array_add(&grower->path) = stack - 1;
	}
	while (grower->path.count) {
		stack = grower->path.items[--grower->path.count];
		at = enter_location(grower, at, grower->stacks->rows.items[stack].location);
		grower->place[stack] = at;
		grower->placed[stack] = grower->round;
	}
	return at;
}

static void add_cost(struct grower *grower, const struct stacks_cost *cost)
{
	uint32_t at = place_stack(grower, cost->stack);
	struct tree_cell *cell;

	at = enter_location(grower, at, cost->location);
	if (at == outside)
		return;
	cell = &forest_cells(grower->forest, at)[cost->event];
	cell->samples += cost->samples;
	cell->self += cost->value;
}

/* ---- threads and processes as roots ---- */

/* Number of the task of each thread, from 0; *count of them. The tree gets them as functions. */
static uint32_t *name_tasks(struct tree *tree, const struct stacks *stacks, bool processes,
			    uint32_t *count)
{
	uint32_t *tasks = pmc_calloc(stacks->threads.count + 1, sizeof(*tasks));
	struct stacks_slots slots = { 0 };

	*count = 0;
	for (uint32_t i = 0; i < stacks->threads.count; i++) {
		const struct stacks_thread *thread = &stacks->threads.items[i];
		PMC_FREE char *text = NULL;

		tasks[i] = stacks_slot_add(&slots, processes ? thread->process_id : i);
		if (tasks[i] < *count)
			continue;
		*count = tasks[i] + 1;
		text = processes ? pmc_sprintf("%s (pid %lld)",
					       pmc_strings_get(tree->head.pool,
							       thread->process_comm),
					       (long long)thread->pid) :
				   pmc_sprintf("%s (tid %lld)",
					       pmc_strings_get(tree->head.pool, thread->comm),
					       (long long)thread->tid);
		*pmc_array_add(&tree->functions) = (struct tree_function){
			.function = pmc_strings_intern(tree->head.pool, text), .is_task = true,
		};
	}
	stacks_slots_fini(&slots);
	return tasks;
}

/* Costs in the order of their tasks: those of one are added in one round. */
static void add_by_task(struct grower *grower, struct tree *tree, bool processes)
{
	const struct stacks *stacks = grower->stacks;
	const uint32_t first = (uint32_t)tree->functions.count;
	uint32_t count;
	PMC_FREE uint32_t *tasks = name_tasks(tree, stacks, processes, &count);
	PMC_FREE uint32_t *order = pmc_calloc(stacks->costs.count + 1, sizeof(*order));
	PMC_FREE size_t *starts = pmc_calloc(count + (size_t)2, sizeof(*starts));

	for (size_t i = 0; i < stacks->costs.count; i++) {
		if (stacks->costs.items[i].thread != STACKS_NONE)
			starts[tasks[stacks->costs.items[i].thread] + 2]++;
	}
	for (uint32_t task = 1; task < count; task++)
		starts[task + 1] += starts[task];
	for (size_t i = 0; i < stacks->costs.count; i++) {
		if (stacks->costs.items[i].thread != STACKS_NONE)
			order[starts[tasks[stacks->costs.items[i].thread] + 1]++] = (uint32_t)i;
	}
	/* starts[task + 1] has moved on to where the next one's begins. */
	for (uint32_t task = 0; task < count; task++) {
		grower->task = (first + task) * 2;
		grower->round++;
		for (size_t i = starts[task]; i < starts[task + 1]; i++)
			add_cost(grower, &stacks->costs.items[order[i]]);
	}
}

/* ---- all of it ---- */

static void copy_functions(struct tree *tree, const struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->functions.count; i++) {
		const struct stacks_function *row = &stacks->functions.items[i];

		*pmc_array_add(&tree->functions) = (struct tree_function){
			.function = row->function, .module = row->module, .file = row->file,
			.line = row->line, .kind = row->kind,
		};
	}
}

/* Children come after their parents, so one pass from the last node on adds up whole subtrees. */
static void add_totals(struct forest *forest)
{
	for (size_t i = 0; i < forest->nodes.count * forest->events; i++) {
		forest->cells[i].total_samples = forest->cells[i].samples;
		forest->cells[i].total = forest->cells[i].self;
	}
	for (uint32_t node = (uint32_t)forest->nodes.count; node-- > 0;) {
		const uint32_t parent = forest->nodes.items[node].parent;

		for (size_t e = 0; parent != TREE_NONE && e < forest->events; e++) {
			struct tree_cell *up = &forest_cells(forest, parent)[e];

			up->total_samples += forest_cells(forest, node)[e].total_samples;
			up->total += forest_cells(forest, node)[e].total;
		}
	}
}

void forest_grow(struct forest *forest, struct tree *tree, const struct stacks *stacks,
		 const bool *is_root, enum pmc_report_by by)
{
	struct grower grower = { .forest = forest, .stacks = stacks, .is_root = is_root,
				 .task = TREE_NONE, .round = 1 };

	forest->events = tree->head.events_count;
	copy_functions(tree, stacks);
	grower.place = pmc_calloc(stacks->rows.count + 1, sizeof(*grower.place));
	grower.placed = pmc_calloc(stacks->rows.count + 1, sizeof(*grower.placed));
	if (by == PMC_BY_THREAD || by == PMC_BY_PROCESS) {
		add_by_task(&grower, tree, by == PMC_BY_PROCESS);
	} else {
		for (size_t i = 0; i < stacks->costs.count; i++)
			add_cost(&grower, &stacks->costs.items[i]);
	}
	free(grower.place);
	free(grower.placed);
	pmc_array_free(&grower.path);
	pmc_array_free(&grower.links);
	pmc_index_fini(&grower.index);
	add_totals(forest);
}

void forest_sum(const struct forest *forest, struct tree_cell *sums)
{
	memset(sums, 0, forest->events * sizeof(*sums));
	for (uint32_t node = 0; node < forest->nodes.count; node++) {
		if (forest->nodes.items[node].parent != TREE_NONE)
			continue;
		for (size_t e = 0; e < forest->events; e++) {
			sums[e].total_samples += forest_cells(forest, node)[e].total_samples;
			sums[e].total += forest_cells(forest, node)[e].total;
		}
	}
}

bool forest_reaches(const struct tree_cell *cells, const struct tree_cell *sums, size_t events,
		    double min_share)
{
	for (size_t e = 0; e < events; e++) {
		if (cells[e].total_samples > 0 &&
		    (double)cells[e].total >= min_share * (double)sums[e].total)
			return true;
	}
	return false;
}
