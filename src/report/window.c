/*
 * window.c - a profile of a part of a session: some time slices, or what runs under a function.
 *
 * Job: rows of a profile from the costs themselves: self for the leaf; total for every function on
 * its stack, once however often it recurs.
 * Not here: whole sessions, whose sums the store keeps ready (profile.c); reading (stacks.c).
 *
 *   costs ──┬─► inside the root? ─► leaf's line or module, thread, process: self
 *           └─► forest: a node a path of functions ─► self and total by function
 *
 * Raw values are added first and scaled last, as in the views.
 */
#include <math.h>
#include <string.h>

#include "report/forest.h"

struct window {
	struct profile *profile;
	const struct stacks *stacks;
	const bool *is_root;		/* by function; NULL: all is inside */
	unsigned char *inside;		/* by stack: UNKNOWN, OUTSIDE, INSIDE */
	struct pmc_index *rows;
};

enum { UNKNOWN, OUTSIDE, INSIDE };

/* ---- what runs under the root ---- */

static bool has_root(const struct window *window, uint32_t location)
{
	const struct stacks_location *row;

	if (location == STACKS_NONE)
		return false;
	row = &window->stacks->locations.items[location];
	for (uint32_t i = row->first; i < row->first + row->count; i++) {
		if (window->is_root[window->stacks->frames.items[i]])
			return true;
	}
	return false;
}

/* Up to a stack that is known or has the root, and down again to note what was found. */
static bool is_inside(struct window *window, const struct stacks_cost *cost)
{
	const struct stacks_row *rows = window->stacks->rows.items;
	unsigned char found = OUTSIDE;

	if (!window->is_root || has_root(window, cost->location))
		return true;
	for (uint32_t at = cost->stack; at; at = rows[at - 1].parent) {
		if (window->inside[at - 1] == UNKNOWN && has_root(window, rows[at - 1].location))
			window->inside[at - 1] = INSIDE;
		if (window->inside[at - 1] != UNKNOWN) {
			found = window->inside[at - 1];
			break;
		}
	}
	for (uint32_t at = cost->stack; at && window->inside[at - 1] == UNKNOWN;
	     at = rows[at - 1].parent)
		window->inside[at - 1] = found;
	return found == INSIDE;
}

/* ---- rows ---- */

static struct profile_row function_row(const struct stacks_function *function)
{
	return (struct profile_row){ .module = function->module, .function = function->function,
				     .file = function->file, .line = function->line };
}

static struct profile_row task_row(const struct window *window, uint32_t thread)
{
	const struct stacks_thread *row;

	if (thread == STACKS_NONE)
		return (struct profile_row){ 0 };
	row = &window->stacks->threads.items[thread];
	if (window->profile->by == PMC_BY_THREAD)
		return (struct profile_row){ .pid = row->pid, .tid = row->tid, .comm = row->comm };
	return (struct profile_row){ .pid = row->pid, .comm = row->process_comm };
}

/* The row of lines or modules that an address belongs to. */
static struct profile_row leaf_row(const struct window *window, uint32_t location)
{
	const struct stacks_location *leaf;
	struct profile_row row;

	if (location == STACKS_NONE || !window->stacks->locations.items[location].count)
		return (struct profile_row){ 0 };
	leaf = &window->stacks->locations.items[location];
	row = function_row(&window->stacks->functions.items
		[window->stacks->frames.items[leaf->first + leaf->count - 1]]);
	if (window->profile->by == PMC_BY_MODULE)
		return (struct profile_row){ .module = row.module };
	row.file = leaf->file;
	row.line = leaf->line;
	return row;
}

static void add_costs(struct window *window)
{
	const enum pmc_report_by by = window->profile->by;

	for (size_t i = 0; i < window->stacks->costs.count; i++) {
		const struct stacks_cost *cost = &window->stacks->costs.items[i];
		const struct profile_row row = by == PMC_BY_THREAD || by == PMC_BY_PROCESS ?
			task_row(window, cost->thread) : leaf_row(window, cost->location);
		struct profile_cell *cell;

		if (!is_inside(window, cost))
			continue;
		cell = &profile_cells(window->profile, window->rows, &row)[cost->event];
		cell->samples += cost->samples;
		cell->self += cost->value;
	}
}

/* ---- functions ---- */

static bool is_recursion(const struct forest *forest, uint32_t node)
{
	const uint32_t function = forest->nodes.items[node].key / 2;

	for (uint32_t up = forest->nodes.items[node].parent; up != TREE_NONE;
	     up = forest->nodes.items[up].parent) {
		if (forest->nodes.items[up].key / 2 == function)
			return true;
	}
	return false;
}

static void add_functions(struct window *window)
{
	struct tree tree = { .head = *window->profile };
	struct forest forest = { 0 };

	forest_grow(&forest, &tree, window->stacks, window->is_root, PMC_BY_FUNCTION);
	for (uint32_t node = 0; node < forest.nodes.count; node++) {
		const struct tree_cell *own = forest_cells(&forest, node);
		const bool recursion = is_recursion(&forest, node);
		const struct profile_row row = function_row(
			&window->stacks->functions.items[forest.nodes.items[node].key / 2]);
		struct profile_cell *cells = profile_cells(window->profile, window->rows, &row);

		for (size_t e = 0; e < forest.events; e++) {
			cells[e].samples += own[e].samples;
			cells[e].self += own[e].self;
			cells[e].total += recursion ? 0 : own[e].total;
		}
	}
	forest_fini(&forest);
	pmc_array_free(&tree.functions);
}

/* ---- shares ---- */

static int64_t scale(const struct profile_event *event, int64_t value)
{
	if (event->running_ns <= 0 || event->running_ns >= event->enabled_ns)
		return value;
	return (int64_t)round((double)value * (double)event->enabled_ns /
			      (double)event->running_ns);
}

/* Shares of the part's sum; then values scaled where the event shared its counter. */
static void finish_event(struct profile *profile, size_t e)
{
	struct profile_event *event = &profile->events[e];
	int64_t sum = 0;

	for (size_t i = 0; i < profile->rows.count; i++) {
		const struct profile_cell *cell =
			&profile->cells.items[i * profile->events_count + e];

		sum += cell->self;
		event->root_samples += cell->samples;
	}
	event->root_value = scale(event, sum);
	for (size_t i = 0; i < profile->rows.count; i++) {
		struct profile_cell *cell = &profile->cells.items[i * profile->events_count + e];

		cell->self_share = sum > 0 ? (double)cell->self / (double)sum : 0;
		cell->total_share = sum > 0 ? (double)cell->total / (double)sum : 0;
		cell->self = scale(event, cell->self);
		cell->total = scale(event, cell->total);
	}
}

int window_load(struct profile *profile, struct pmc_store *store,
		const struct pmc_report_opts *opts, struct pmc_index *index, struct pmc_err *err)
{
	struct stacks stacks = { 0 };
	struct window window = { .profile = profile, .stacks = &stacks, .rows = index };
	PMC_FREE unsigned char *inside = NULL;
	PMC_FREE bool *is_root = NULL;
	int status = stacks_set_window(profile, store, opts->from_s, opts->to_s, err) ||
		     stacks_load(&stacks, profile, store, err) ? -1 : 0;

	if (!status && opts->root) {
		is_root = pmc_calloc(stacks.functions.count + 1, sizeof(*is_root));
		inside = pmc_calloc(stacks.rows.count + 1, sizeof(*inside));
		window.is_root = is_root;
		window.inside = inside;
		status = tree_find_root(&stacks, profile, opts->root, is_root, err);
	}
	if (!status && profile->by == PMC_BY_FUNCTION)
		add_functions(&window);
	else if (!status)
		add_costs(&window);
	for (size_t e = 0; !status && e < profile->events_count; e++)
		finish_event(profile, e);
	stacks_fini(&stacks);
	return status;
}
