/*
 * forest_callers.c - a tree turned around: from what is hot up to who called it.
 *
 * Job: for each function with self, how that self divides among callers, their callers, and so on.
 *
 *   every node with self is a climber      origin ──► cursor: where it has climbed to
 *   climbers by the cursor's function      a group each: a node of the tree of callers
 *   those that can, climb to the parent    and divide into groups again
 *
 * A whole reversed tree has a node for each pair of a node and one above it, too many for a large
 * session. Groups below the limits are therefore dropped before they climb on.
 */
#include "report/forest.h"

/* Bounds memory where there is no limit: nodes beyond it count as hidden, the deepest first. */
enum { NODES_MAX = 2000000 };

struct climber {
	uint32_t origin, cursor;
};

/* Climbers [begin, end) are those of `node`, not yet climbed to who called it. */
struct group {
	uint32_t node, depth;
	size_t begin, end;
};

struct turner {
	struct forest *callers;
	const struct forest *forest;
	const struct tree_cell *sums;
	double min_share;
	unsigned depth;
	struct climber *climbers, *spare;
	size_t *starts;
	uint32_t keys;			/* all keys are below */
	PMC_ARRAY(struct group) groups;
	PMC_ARRAY(uint32_t) hidden;	/* by node of callers */
};

static int by_key(const void *left, const void *right, void *arg)
{
	const struct forest *forest = arg;
	const struct climber *a = left, *b = right;
	const uint32_t ka = forest->nodes.items[a->cursor].key;
	const uint32_t kb = forest->nodes.items[b->cursor].key;

	if (ka != kb)
		return ka < kb ? -1 : 1;
	return (a->origin > b->origin) - (a->origin < b->origin);
}

static uint32_t key_at(const struct turner *turner, size_t i)
{
	return turner->forest->nodes.items[turner->climbers[i].cursor].key;
}

/* Many climbers are counted into place, few compared. */
static void sort_by_key(struct turner *turner, size_t begin, size_t end)
{
	size_t *starts = turner->starts, sum = begin;

	if (end - begin < turner->keys / 8 + 2) {
		qsort_r(turner->climbers + begin, end - begin, sizeof(*turner->climbers), by_key,
			(void *)turner->forest);
		return;
	}
	for (uint32_t key = 0; key < turner->keys; key++)
		starts[key] = 0;
	for (size_t i = begin; i < end; i++)
		starts[key_at(turner, i)]++;
	for (uint32_t key = 0; key < turner->keys; key++) {
		const size_t count = starts[key];

		starts[key] = sum;
		sum += count;
	}
	for (size_t i = begin; i < end; i++)
		turner->spare[starts[key_at(turner, i)]++] = turner->climbers[i];
	for (size_t i = begin; i < end; i++)
		turner->climbers[i] = turner->spare[i];
}

/* One group: a node of the tree of callers, or hidden. */
static void add_group(struct turner *turner, uint32_t parent, uint32_t depth, size_t begin,
		      size_t end)
{
	const struct forest *forest = turner->forest;
	const uint32_t node = forest_add(turner->callers, parent, key_at(turner, begin));
	struct tree_cell *cells = forest_cells(turner->callers, node);

	for (size_t i = begin; i < end; i++) {
		const struct tree_cell *own = forest_cells(forest, turner->climbers[i].origin);

		for (size_t e = 0; e < forest->events; e++) {
			cells[e].total_samples += own[e].samples;
			cells[e].total += own[e].self;
		}
	}
	if (node < NODES_MAX && (!turner->depth || depth < turner->depth) &&
	    forest_reaches(cells, turner->sums, forest->events, turner->min_share)) {
		*pmc_array_add(&turner->hidden) = 0;
		*pmc_array_add(&turner->groups) = (struct group){ node, depth, begin, end };
		return;
	}
	turner->callers->nodes.count--;
	if (parent == TREE_NONE)
		turner->callers->hidden_roots++;
	else
		turner->hidden.items[parent]++;
}

static void add_groups(struct turner *turner, uint32_t parent, uint32_t depth, size_t begin,
		       size_t end)
{
	sort_by_key(turner, begin, end);
	while (begin < end) {
		const uint32_t key = key_at(turner, begin);
		size_t next = begin + 1;

		while (next < end && key_at(turner, next) == key)
			next++;
		add_group(turner, parent, depth, begin, next);
		begin = next;
	}
}

/* Who has nobody above is the node's own; the others climb. */
static void climb(struct turner *turner, const struct group *group)
{
	const struct forest *forest = turner->forest;
	struct tree_cell *cells = forest_cells(turner->callers, group->node);
	size_t kept = group->begin;

	for (size_t i = group->begin; i < group->end; i++) {
		struct climber climber = turner->climbers[i];
		const struct tree_cell *own = forest_cells(forest, climber.origin);
		const uint32_t parent = forest->nodes.items[climber.cursor].parent;

		if (parent != TREE_NONE) {
			climber.cursor = parent;
			turner->climbers[kept++] = climber;
			continue;
		}
		for (size_t e = 0; e < forest->events; e++) {
			cells[e].samples += own[e].samples;
			cells[e].self += own[e].self;
		}
	}
	add_groups(turner, group->node, group->depth + 1, group->begin, kept);
}

static size_t find_climbers(struct turner *turner)
{
	const struct forest *forest = turner->forest;
	size_t count = 0;

	for (uint32_t node = 0; node < forest->nodes.count; node++) {
		const struct tree_cell *cells = forest_cells(forest, node);
		bool has_self = false;

		if (forest->nodes.items[node].key >= turner->keys)
			turner->keys = forest->nodes.items[node].key + 1;
		for (size_t e = 0; e < forest->events; e++)
			has_self |= cells[e].samples > 0;
		if (has_self)
			turner->climbers[count++] = (struct climber){ node, node };
	}
	return count;
}

void forest_callers(struct forest *callers, const struct forest *forest,
		    const struct tree_cell *sums, double min_share, unsigned depth)
{
	struct turner turner = {
		.callers = callers, .forest = forest, .sums = sums, .min_share = min_share,
		.depth = depth,
		.climbers = pmc_calloc(forest->nodes.count + 1, sizeof(*turner.climbers)),
		.spare = pmc_calloc(forest->nodes.count + 1, sizeof(*turner.spare)),
	};
	const size_t count = find_climbers(&turner);

	callers->events = forest->events;
	turner.starts = pmc_calloc(turner.keys + (size_t)1, sizeof(*turner.starts));
	add_groups(&turner, TREE_NONE, 0, 0, count);
	for (size_t i = 0; i < turner.groups.count; i++) {
		const struct group group = turner.groups.items[i];	/* the array grows */

		climb(&turner, &group);
	}
	callers->hidden = turner.hidden.items;
	free(turner.climbers);
	free(turner.spare);
	free(turner.starts);
	pmc_array_free(&turner.groups);
}
