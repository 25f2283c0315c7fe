/*
 * export_paths.c - the tree of paths of a session; see export_paths.h.
 *
 * Job: place each stack once, from its nearest placed caller down, then put paths in preorder.
 *
 * `outside`: above the first frame of the root asked for. A root that recurs is below itself then.
 */
#include "report/export_paths.h"

#include <string.h>

static const uint32_t outside = PATH_NONE;

struct builder {
	const struct export_data *data;
	const uint32_t *keys;
	struct export_paths *paths;
	struct pmc_index index;		/* by parent and key */
	uint32_t *place;		/* by stack row: path or outside, … */
	bool *placed;			/* … valid where this is set */
	PMC_ARRAY(uint32_t) callers;
};

static uint32_t find_or_add(struct builder *builder, uint32_t parent, uint32_t frame)
{
	const uint32_t key = builder->keys[frame];
	const uint64_t hash = pmc_hash_2(parent, key);
	uint32_t step = 0, path;

	while ((path = pmc_index_next(&builder->index, hash, &step)) != UINT32_MAX) {
		if (builder->paths->items.items[path].parent == parent &&
		    builder->paths->items.items[path].key == key)
			return path;
	}
	path = (uint32_t)builder->paths->items.count;
	*pmc_array_add(&builder->paths->items) = (struct export_path){
		.parent = parent, .key = key, .last = path, .frame = frame,
	};
	pmc_index_add(&builder->index, hash, path);
	return path;
}

static uint32_t enter_location(struct builder *builder, uint32_t at, uint32_t location)
{
	const struct export_data *data = builder->data;
	const struct stacks_location *row;

	if (location == STACKS_NONE)
		return at;
	row = &data->stacks.locations.items[location];
	for (uint32_t frame = row->first; frame < row->first + row->count; frame++) {
		if (at == outside && data->is_root &&
		    !data->is_root[data->stacks.frames.items[frame]])
			continue;
		at = find_or_add(builder, at, frame);
	}
	return at;
}

static uint32_t place_stack(struct builder *builder, uint32_t stack)
{
	const struct stacks_row *rows = builder->data->stacks.rows.items;
	uint32_t at = outside;

	builder->callers.count = 0;
	for (; stack; stack = rows[stack - 1].parent) {
		if (builder->placed[stack - 1]) {
			at = builder->place[stack - 1];
			break;
		}
		*pmc_array_add(&builder->callers) = stack - 1;
	}
	while (builder->callers.count) {
		stack = builder->callers.items[--builder->callers.count];
		at = enter_location(builder, at, rows[stack].location);
		builder->place[stack] = at;
		builder->placed[stack] = true;
	}
	return at;
}

/*
 * Children are found after their parents, so a pass from the last to the first knows how many paths
 * lie below each, and one from the first to the last where each begins.
 */
static void put_in_order(struct export_paths *paths, size_t costs)
{
	const size_t count = paths->items.count;
	struct export_path *old = paths->items.items, *items;
	PMC_FREE uint32_t *sizes = pmc_calloc(count + 1, sizeof(*sizes));
	PMC_FREE uint32_t *starts = pmc_calloc(count + 1, sizeof(*starts));
	PMC_FREE uint32_t *next = pmc_calloc(count + 1, sizeof(*next));
	uint32_t root = 0;

	for (size_t i = count; i-- > 0;) {
		sizes[i]++;
		if (old[i].parent != PATH_NONE)
			sizes[old[i].parent] += sizes[i];
	}
	items = pmc_calloc(count + 1, sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		const uint32_t parent = old[i].parent;
		uint32_t *place = parent == PATH_NONE ? &root : &next[parent];

		starts[i] = *place;
		*place += sizes[i];
		next[i] = starts[i] + 1;
		items[starts[i]] = old[i];
		items[starts[i]].parent = parent == PATH_NONE ? PATH_NONE : starts[parent];
		items[starts[i]].last = starts[i] + sizes[i] - 1;
	}
	free(old);
	paths->items.items = items;
	paths->items.cap = count + 1;
	for (size_t i = 0; i < costs; i++) {
		if (paths->of_cost[i] != PATH_NONE)
			paths->of_cost[i] = starts[paths->of_cost[i]];
	}
}

void export_paths_build(struct export_paths *paths, const struct export_data *data,
			const uint32_t *keys)
{
	const struct stacks *stacks = &data->stacks;
	struct builder builder = { .data = data, .keys = keys, .paths = paths };

	memset(paths, 0, sizeof(*paths));
	paths->of_cost = pmc_calloc(stacks->costs.count + 1, sizeof(*paths->of_cost));
	builder.place = pmc_calloc(stacks->rows.count + 1, sizeof(*builder.place));
	builder.placed = pmc_calloc(stacks->rows.count + 1, sizeof(*builder.placed));
	for (size_t i = 0; i < stacks->costs.count; i++) {
		const struct stacks_cost *cost = &stacks->costs.items[i];

		paths->of_cost[i] = enter_location(&builder, place_stack(&builder, cost->stack),
						   cost->location);
	}
	pmc_index_fini(&builder.index);
	free(builder.place);
	free(builder.placed);
	pmc_array_free(&builder.callers);
	put_in_order(paths, stacks->costs.count);
}

void export_paths_fini(struct export_paths *paths)
{
	pmc_array_free(&paths->items);
	free(paths->of_cost);
	paths->of_cost = NULL;
}

uint32_t *export_keys_by_function(const struct export_data *data)
{
	const size_t count = data->stacks.frames.count;
	uint32_t *keys = pmc_calloc(count + 1, sizeof(*keys));

	if (count)
		memcpy(keys, data->stacks.frames.items, count * sizeof(*keys));
	return keys;
}

uint32_t *export_keys_by_frame(const struct export_data *data)
{
	const size_t count = data->stacks.frames.count;
	uint32_t *keys = pmc_calloc(count + 1, sizeof(*keys));

	for (uint32_t i = 0; i < count; i++)
		keys[i] = i;
	return keys;
}
