/*
 * window.c - a profile of some time slices only.
 *
 * Job: decode the slices of the window, and add up what their cost rows gained: self for the leaf,
 * total for every function on its stack, once however often it recurs.
 * Not here: whole sessions, whose sums the store keeps ready (profile.c).
 *
 *   slice.entries ──► gain of cost rows ──► cost: thread, stack, location
 *                                                   │       │        └─► its frames: self, total
 *                                                   │       └─► its parents' frames: total
 *                                                   └─► process
 *
 * The tables are read once each, by their ids as stored. The view slice_cost decodes the same, but
 * a window of a long session holds a million entries, which is too much for SQL's JSON functions.
 * Raw values are added first and scaled last, as in the views.
 */
#include "report/profile.h"

#include <math.h>
#include <string.h>

/* Ids of rows as stored → dense slots, in the order in which they were added. */
struct slots {
	PMC_ARRAY(int64_t) ids;
	struct pmc_index index;
};

static const uint32_t no_slot = UINT32_MAX;

static uint32_t slot_find(const struct slots *slots, int64_t id)
{
	uint64_t hash = pmc_hash_u64((uint64_t)id);
	uint32_t step = 0, slot;

	while ((slot = pmc_index_next(&slots->index, hash, &step)) != UINT32_MAX) {
		if (slots->ids.items[slot] == id)
			return slot;
	}
	return no_slot;
}

static uint32_t slot_add(struct slots *slots, int64_t id)
{
	uint32_t slot = slot_find(slots, id);

	if (slot != no_slot)
		return slot;
	slot = (uint32_t)slots->ids.count;
	*pmc_array_add(&slots->ids) = id;
	pmc_index_add(&slots->index, pmc_hash_u64((uint64_t)id), slot);
	return slot;
}

static void slots_fini(struct slots *slots)
{
	pmc_array_free(&slots->ids);
	pmc_index_fini(&slots->index);
}

struct gain {
	int64_t samples, value;
};

struct location {
	int64_t function_id, site_id, line;
	uint32_t file;
};

struct site {
	int64_t function_id, outer_id;
};

struct node {
	int64_t parent_id, location_id;
};

struct thread {
	int64_t pid, tid;
	uint32_t comm, process_comm;
};

struct function {
	struct profile_row row;
	uint64_t seen;		/* number of the cost that counted it last */
};

/* The session's rows by slot: table.items[slot of the id in table_ids]. */
struct window {
	struct profile *profile;
	struct pmc_store *store;
	struct pmc_err *err;
	struct slots cost_ids, location_ids, site_ids, node_ids, thread_ids, function_ids;
	PMC_ARRAY(struct gain) gains;
	PMC_ARRAY(struct location) locations;
	PMC_ARRAY(struct site) sites;
	PMC_ARRAY(struct node) nodes;
	PMC_ARRAY(struct thread) threads;
	PMC_ARRAY(struct function) functions;
	uint64_t costs_seen;
};

static void window_fini(struct window *window)
{
	slots_fini(&window->cost_ids);
	slots_fini(&window->location_ids);
	slots_fini(&window->site_ids);
	slots_fini(&window->node_ids);
	slots_fini(&window->thread_ids);
	slots_fini(&window->function_ids);
	pmc_array_free(&window->gains);
	pmc_array_free(&window->locations);
	pmc_array_free(&window->sites);
	pmc_array_free(&window->nodes);
	pmc_array_free(&window->threads);
	pmc_array_free(&window->functions);
}

static int64_t cell_int(const struct pmc_query *query, int column)
{
	return pmc_query_cell(query, column).integer;	/* 0 for NULL, which is no id */
}

static uint32_t cell_text(const struct window *window, const struct pmc_query *query, int column)
{
	return pmc_strings_intern(window->profile->pool, pmc_query_cell(query, column).text);
}

/* Prepares a statement with up to three numbers bound. */
static struct pmc_query *prepare(const struct window *window, const char *sql, int64_t a, int64_t b,
				 int64_t c)
{
	struct pmc_query *query = pmc_query_prepare(window->store, sql, NULL, window->err);

	if (query) {
		pmc_query_bind_int(query, 1, a);
		pmc_query_bind_int(query, 2, b);
		pmc_query_bind_int(query, 3, c);
	}
	return query;
}

/* ---- slices ---- */

static int bad_slice(struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA, "a time slice of this session cannot be decoded");
	return pmc_err_hint(err, "`pmc db check` tells what is damaged; the report without --from "
				 "and --to needs no slices");
}

/*
 * Next number of a JSON array of integers at *at: 1 and the number; 0 at its end; -1 no such array.
 */
static int next_number(const char **at, int64_t *number)
{
	char *end;

	*at += strspn(*at, "[, \n\t");
	if (**at == ']')
		return 0;
	*number = strtoll(*at, &end, 10);
	if (end == *at)
		return -1;
	*at = end;
	return 1;
}

/* Adds one row of slice: see the column's description in docs/SCHEMA.md for the encoding. */
static int add_slice(struct window *window, const char *entries, const char *values, int64_t period)
{
	int64_t cost_id = 0, entry, value;
	uint32_t slot = no_slot;
	int more;

	while ((more = next_number(&entries, &entry)) == 1) {
		int64_t samples = entry > 0 ? 1 : -entry;

		if (entry > 0) {
			cost_id += entry;
			slot = slot_add(&window->cost_ids, cost_id);
			if (slot == window->gains.count)
				pmc_array_add(&window->gains);
		}
		if (slot == no_slot)
			return bad_slice(window->err);
		if (!values)
			value = period * samples;
		else if (next_number(&values, &value) != 1)
			return bad_slice(window->err);
		window->gains.items[slot].samples += samples;
		window->gains.items[slot].value += value;
	}
	return more < 0 ? bad_slice(window->err) : 0;
}

static int load_slices(struct window *window, const struct profile_event *event)
{
	const struct profile *profile = window->profile;
	int64_t end = profile->end_slice < 0 ? INT64_MAX : profile->end_slice;
	struct pmc_query *query = prepare(window, "SELECT period, entries, vals FROM slice"
					  " WHERE event_id = ? AND slice >= ? AND slice < ?",
					  event->id, profile->first_slice, end);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		struct pmc_cell entries = pmc_query_cell(query, 1),
				values = pmc_query_cell(query, 2);

		status = entries.type != PMC_CELL_TEXT
				 ? bad_slice(window->err)
				 : add_slice(window, entries.text,
					     values.type == PMC_CELL_TEXT ? values.text : NULL,
					     cell_int(query, 0));
		if (status)
			break;
	}
	pmc_query_free(query);
	return status;
}

/* ---- what costs refer to ---- */

static int load_functions(struct window *window)
{
	struct pmc_query *query = prepare(
		window,
		"SELECT function_id, module, function, file, line FROM function_name"
		" WHERE function_id IN (SELECT function_id FROM location WHERE session_id = ?1"
		" UNION SELECT function_id FROM inline_site WHERE session_id = ?1)",
		window->profile->session.id, 0, 0);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		struct function *function;

		slot_add(&window->function_ids, cell_int(query, 0));
		function = pmc_array_add(&window->functions);
		function->row.module = cell_text(window, query, 1);
		function->row.function = cell_text(window, query, 2);
		function->row.file = cell_text(window, query, 3);
		function->row.line = cell_int(query, 4);
	}
	pmc_query_free(query);
	return status;
}

static int load_locations(struct window *window)
{
	struct pmc_query *query =
		prepare(window,
			"SELECT l.id, l.function_id, l.site_id, l.line, f.path FROM location l"
			" LEFT JOIN file f ON f.id = l.file_id WHERE l.session_id = ?",
			window->profile->session.id, 0, 0);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		struct location *location;

		slot_add(&window->location_ids, cell_int(query, 0));
		location = pmc_array_add(&window->locations);
		location->function_id = cell_int(query, 1);
		location->site_id = cell_int(query, 2);
		location->line = cell_int(query, 3);
		location->file = cell_text(window, query, 4);
	}
	pmc_query_free(query);
	return status;
}

static int load_sites(struct window *window)
{
	struct pmc_query *query = prepare(
		window, "SELECT id, function_id, outer_id FROM inline_site WHERE session_id = ?",
		window->profile->session.id, 0, 0);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		struct site *site;

		slot_add(&window->site_ids, cell_int(query, 0));
		site = pmc_array_add(&window->sites);
		site->function_id = cell_int(query, 1);
		site->outer_id = cell_int(query, 2);
	}
	pmc_query_free(query);
	return status;
}

/* Stacks carry no session: those that the event's costs stand on, and all their callers. */
static int load_nodes(struct window *window, const struct profile_event *event)
{
	struct pmc_query *query = prepare(
		window,
		"WITH RECURSIVE up(id) AS ("
		"SELECT stack_id FROM cost WHERE event_id = ? AND stack_id IS NOT NULL"
		" UNION SELECT s.parent_id FROM up JOIN stack s ON s.id = up.id"
		" WHERE s.parent_id IS NOT NULL)"
		" SELECT s.id, s.parent_id, s.location_id FROM up JOIN stack s ON s.id = up.id",
		event->id, 0, 0);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		uint32_t slot = slot_add(&window->node_ids, cell_int(query, 0));
		struct node *node;

		if (slot < window->nodes.count)
			continue;	/* another event stands on it too */
		node = pmc_array_add(&window->nodes);
		node->parent_id = cell_int(query, 1);
		node->location_id = cell_int(query, 2);
	}
	pmc_query_free(query);
	return status;
}

static int load_threads(struct window *window)
{
	struct pmc_query *query =
		prepare(window,
			"SELECT t.id, t.tid, t.comm, p.pid, p.comm FROM process p"
			" JOIN thread t ON t.process_id = p.id WHERE p.session_id = ?",
			window->profile->session.id, 0, 0);
	int status;

	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		struct thread *thread;

		slot_add(&window->thread_ids, cell_int(query, 0));
		thread = pmc_array_add(&window->threads);
		thread->tid = cell_int(query, 1);
		thread->comm = cell_text(window, query, 2);
		thread->pid = cell_int(query, 3);
		thread->process_comm = cell_text(window, query, 4);
	}
	pmc_query_free(query);
	return status;
}

static int load_tables(struct window *window)
{
	enum pmc_report_by by = window->profile->by;

	if (by == PMC_BY_THREAD || by == PMC_BY_PROCESS)
		return load_threads(window);
	if (load_functions(window) || load_locations(window))
		return -1;
	return by == PMC_BY_FUNCTION ? load_sites(window) : 0;
}

/* ---- adding up ---- */

/* Adds to a function's total, unless this cost has done so already. */
static void add_total(struct window *window, struct pmc_index *index, int event,
		      int64_t function_id, int64_t value)
{
	uint32_t slot = slot_find(&window->function_ids, function_id);
	struct function *function;

	if (slot == no_slot)
		return;
	function = &window->functions.items[slot];
	if (function->seen == window->costs_seen)
		return;
	function->seen = window->costs_seen;
	profile_cells(window->profile, index, &function->row)[event].total += (double)value;
}

/* All frames of a location: the innermost function and those it was inlined into. */
static void add_location_totals(struct window *window, struct pmc_index *index, int event,
				int64_t location_id, int64_t value)
{
	uint32_t slot = slot_find(&window->location_ids, location_id), hops = 0;
	int64_t site_id;

	if (slot == no_slot)
		return;
	add_total(window, index, event, window->locations.items[slot].function_id, value);
	site_id = window->locations.items[slot].site_id;
	/* The bound only matters for a damaged file, where a site may be its own outer one. */
	while (site_id && (slot = slot_find(&window->site_ids, site_id)) != no_slot &&
	       hops++ < window->sites.count) {
		add_total(window, index, event, window->sites.items[slot].function_id, value);
		site_id = window->sites.items[slot].outer_id;
	}
}

static void add_stack_totals(struct window *window, struct pmc_index *index, int event,
			     int64_t stack_id, int64_t value)
{
	uint32_t slot, hops = 0;

	while (stack_id && (slot = slot_find(&window->node_ids, stack_id)) != no_slot &&
	       hops++ < window->nodes.count) {
		add_location_totals(window, index, event, window->nodes.items[slot].location_id,
				    value);
		stack_id = window->nodes.items[slot].parent_id;
	}
}

/* The row that a cost's own samples belong to. */
static struct profile_row leaf_row(const struct window *window, int64_t thread_id,
				   int64_t location_id)
{
	enum pmc_report_by by = window->profile->by;
	struct profile_row row = { 0 };
	uint32_t slot, function;

	if (by == PMC_BY_THREAD || by == PMC_BY_PROCESS) {
		slot = slot_find(&window->thread_ids, thread_id);
		if (slot == no_slot)
			return row;
		row.pid = window->threads.items[slot].pid;
		row.tid = by == PMC_BY_THREAD ? window->threads.items[slot].tid : 0;
		row.comm = by == PMC_BY_THREAD ? window->threads.items[slot].comm :
						 window->threads.items[slot].process_comm;
		return row;
	}
	slot = slot_find(&window->location_ids, location_id);
	if (slot == no_slot)
		return row;
	function = slot_find(&window->function_ids, window->locations.items[slot].function_id);
	if (function == no_slot)
		return row;
	if (by == PMC_BY_MODULE) {
		row.module = window->functions.items[function].row.module;
		return row;
	}
	row = window->functions.items[function].row;
	if (by == PMC_BY_LINE) {
		row.file = window->locations.items[slot].file;
		row.line = window->locations.items[slot].line;
	}
	return row;
}

static void add_cost(struct window *window, struct pmc_index *index, int event,
		     const struct pmc_query *query, const struct gain *gain)
{
	int64_t location_id = cell_int(query, 3);
	struct profile_row row = leaf_row(window, cell_int(query, 1), location_id);
	struct profile_cell *cell = &profile_cells(window->profile, index, &row)[event];

	cell->samples += gain->samples;
	cell->self += (double)gain->value;
	if (window->profile->by != PMC_BY_FUNCTION)
		return;
	window->costs_seen++;
	add_location_totals(window, index, event, location_id, gain->value);
	add_stack_totals(window, index, event, cell_int(query, 2), gain->value);
}

static int add_event(struct window *window, struct pmc_index *index, int e)
{
	struct profile_event *event = &window->profile->events[e];
	struct pmc_query *query;
	int status;

	slots_fini(&window->cost_ids);
	memset(&window->cost_ids, 0, sizeof(window->cost_ids));
	window->gains.count = 0;
	if (load_slices(window, event))
		return -1;
	if (window->profile->by == PMC_BY_FUNCTION && load_nodes(window, event))
		return -1;
	query = prepare(window,
			"SELECT id, thread_id, stack_id, location_id FROM cost WHERE event_id = ?",
			event->id, 0, 0);
	if (!query)
		return -1;
	while ((status = pmc_query_step(query, window->err)) == 1) {
		uint32_t slot = slot_find(&window->cost_ids, cell_int(query, 0));

		if (slot == no_slot)
			continue;
		event->window_samples += window->gains.items[slot].samples;
		add_cost(window, index, e, query, &window->gains.items[slot]);
	}
	pmc_query_free(query);
	return status;
}

/* Shares of the window's sum; then values scaled where the event shared its counter. */
static void finish_event(struct profile *profile, size_t e)
{
	const struct profile_event *event = &profile->events[e];
	bool shared = event->running_ns > 0 && event->running_ns < event->enabled_ns;
	double sum = 0;

	for (size_t i = 0; i < profile->rows.count; i++)
		sum += profile->cells.items[i * profile->events_count + e].self;
	for (size_t i = 0; i < profile->rows.count; i++) {
		struct profile_cell *cell = &profile->cells.items[i * profile->events_count + e];

		cell->self_share = sum > 0 ? cell->self / sum : 0;
		cell->total_share = sum > 0 ? cell->total / sum : 0;
		if (!shared)
			continue;
		cell->self =
			round(cell->self * (double)event->enabled_ns / (double)event->running_ns);
		cell->total =
			round(cell->total * (double)event->enabled_ns / (double)event->running_ns);
	}
}

/* Whole slices: those that [from, to) touches. */
static int set_bounds(struct window *window, const struct pmc_report_opts *opts)
{
	struct profile *profile = window->profile;
	struct pmc_query *query = prepare(window, "SELECT slice_ns FROM session WHERE id = ?",
					  profile->session.id, 0, 0);
	double slice_s;

	if (!query)
		return -1;
	if (pmc_query_step(query, window->err) == 1)
		profile->slice_ns = cell_int(query, 0);
	pmc_query_free(query);
	if (profile->slice_ns <= 0)
		return bad_slice(window->err);
	slice_s = (double)profile->slice_ns / 1e9;
	/* 0.3 s / 0.1 s is a hair less than 3: a millionth of a slice is no slice. */
	profile->first_slice =
		opts->from_s > 0 ? (int64_t)fmin(floor(opts->from_s / slice_s + 1e-6), 1e15) : 0;
	profile->end_slice =
		opts->to_s < 0 ? -1 : (int64_t)fmin(ceil(opts->to_s / slice_s - 1e-6), 1e15);
	return 0;
}

int window_load(struct profile *profile, struct pmc_store *store,
		const struct pmc_report_opts *opts, struct pmc_index *index, struct pmc_err *err)
{
	struct window window = { .profile = profile, .store = store, .err = err };
	int status = set_bounds(&window, opts);

	if (!status)
		status = load_tables(&window);
	for (size_t e = 0; !status && e < profile->events_count; e++)
		status = add_event(&window, index, (int)e);
	for (size_t e = 0; !status && e < profile->events_count; e++)
		finish_event(profile, e);
	window_fini(&window);
	return status;
}
