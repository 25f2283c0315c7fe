/*
 * counts.c - loads the counts of a session and adds them up; see counts.h.
 *
 * Not here: formulas (counts_figures.c, counts_mean.c), output (counts_text.c, counts_data.c).
 *
 * A session may be read while it is counted: session, events and rows are read in one transaction.
 * Rows come from the table below the view `counts`, because only there a step that wants the newest
 * finds them without walking over all before: a long watch in short intervals must not become
 * slower and slower. Rows of an event are numbered in order of time.
 */
#include "report/counts.h"

#include <math.h>
#include <string.h>

int counts_has_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err)
{
	static const char sql[] =
		"SELECT count(*) > 0 AND count(*) = total(mode = 'count') FROM event_summary"
		" WHERE session_id = ?";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int found;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, session_id);
	found = pmc_query_step(query, err);
	if (found == 1)
		found = pmc_query_cell(query, 0).integer != 0;
	pmc_query_free(query);
	return found;
}

/* ---- loading ---- */

static bool is_same_part(const struct counts_scope *a, const struct counts_scope *b)
{
	return a->pid == b->pid && a->tid == b->tid && a->comm == b->comm && a->cpu == b->cpu;
}

static bool is_same_scope(const struct counts_scope *a, const struct counts_scope *b)
{
	return a->run == b->run && a->start_ns == b->start_ns && a->end_ns == b->end_ns &&
	       is_same_part(a, b);
}

static int64_t int_or(const struct pmc_query *query, int column, int64_t otherwise)
{
	const struct pmc_cell cell = pmc_query_cell(query, column);

	return cell.type == PMC_CELL_NULL ? otherwise : cell.integer;
}

/* The cells of a scope: rows come sorted, so it is the last one, or new. */
static struct counts_cell *take_cells(struct counts *counts, const struct counts_scope *scope)
{
	const size_t events = counts->head.events_count;

	if (!counts->scopes.count ||
	    !is_same_scope(&counts->scopes.items[counts->scopes.count - 1], scope)) {
		*pmc_array_add(&counts->scopes) = *scope;
		for (size_t i = 0; i < events; i++)
			pmc_array_add(&counts->cells);
	}
	return &counts->cells.items[(counts->scopes.count - 1) * events];
}

static void take_row(struct counts *counts, const struct pmc_query *query)
{
	const struct pmc_cell comm = pmc_query_cell(query, 6);
	const struct counts_scope scope = {
		.run = int_or(query, 1, 1),
		.start_ns = int_or(query, 2, 0),
		.end_ns = int_or(query, 3, 0),
		.pid = int_or(query, 4, -1),
		.tid = int_or(query, 5, -1),
		.comm = comm.type == PMC_CELL_NULL ? 0 :
			pmc_strings_intern_len(counts->head.pool, comm.text, comm.len),
		.cpu = int_or(query, 7, -1),
	};
	const int event = profile_find_event(&counts->head, pmc_query_cell(query, 0).text);
	struct counts_cell *cell;

	if (event < 0)
		return;
	if (pmc_query_cell(query, 12).integer > counts->last_ids[event])
		counts->last_ids[event] = pmc_query_cell(query, 12).integer;
	cell = &take_cells(counts, &scope)[event];
	cell->rows++;
	if (pmc_query_cell(query, 8).type == PMC_CELL_NULL) {
		cell->unknown++;
		cell->unknown_ns += int_or(query, 10, 0);
	}
	cell->value += int_or(query, 8, 0);
	cell->counted += int_or(query, 9, 0);
	cell->enabled_ns += int_or(query, 10, 0);
	cell->running_ns += int_or(query, 11, 0);
}

/* Up to where all events are there. */
static void find_last(struct counts *counts, const struct counts_place *after)
{
	counts->last = *after;
	for (size_t i = 0; i < counts->scopes.count; i++) {
		if (counts->scopes.items[i].end_ns > counts->last.end_ns)
			counts->last.end_ns = counts->scopes.items[i].end_ns;
	}
	for (size_t e = 0; e < counts->head.events_count; e++) {
		const int64_t id = counts->last_ids[e];

		if (!e || id < counts->last.id)
			counts->last.id = id;
	}
	if (counts->last.id < after->id)
		counts->last.id = after->id;
}

static int load_rows(struct counts *counts, struct pmc_store *store,
		     const struct counts_place *after, struct pmc_err *err)
{
	static const char sql[] =
		"SELECT v.name, c.run, c.start_ns, c.end_ns, p.pid, t.tid, t.comm, c.cpu,"
		" iif(c.running_ns > 0 OR c.enabled_ns = 0, c.value, NULL), c.counted,"
		" c.enabled_ns, c.running_ns, c.id"
		" FROM event v CROSS JOIN event_count c ON c.event_id = v.id AND c.id > ?2"
		" LEFT JOIN thread t ON t.id = c.thread_id"
		" LEFT JOIN process p ON p.id = t.process_id"
		" WHERE v.session_id = ?1 AND c.end_ns > ?3"
		" ORDER BY c.run, c.start_ns, c.end_ns, p.pid, t.tid, t.comm, c.cpu";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, counts->head.session.id);
	pmc_query_bind_int(query, 2, after->id);
	pmc_query_bind_int(query, 3, after->end_ns);
	while ((status = pmc_query_step(query, err)) == 1)
		take_row(counts, query);
	pmc_query_free(query);
	find_last(counts, after);
	return status;
}

/* ---- what kind of session it is ---- */

const struct counts_cell *counts_cells(const struct counts *counts, size_t scope)
{
	return &counts->cells.items[scope * counts->head.events_count];
}

/* A part that is there twice in a run was counted by intervals. */
static bool has_intervals(const struct counts *counts)
{
	struct pmc_index index = { 0 };
	bool found = false;

	for (uint32_t i = 0; i < counts->scopes.count && !found; i++) {
		const struct counts_scope *scope = &counts->scopes.items[i];
		uint64_t hash = pmc_hash_2((uint64_t)scope->run, (uint64_t)scope->cpu);
		uint32_t step = 0, other;

		hash = pmc_hash_2(hash, (uint64_t)scope->tid << 32 | scope->comm);
		while ((other = pmc_index_next(&index, hash, &step)) != UINT32_MAX && !found)
			found = counts->scopes.items[other].run == scope->run &&
				is_same_part(&counts->scopes.items[other], scope);
		pmc_index_add(&index, hash, i);
	}
	pmc_index_fini(&index);
	return found;
}

/*
 * Whole CPUs were counted, not tasks: what was watched says so. A command that was only waited for
 * has its option in front (pmc stat -a sleep 1).
 */
static bool is_system_wide(const char *watched)
{
	static const char *const beginnings[] = { "all CPUs (-a)", "some CPUs (-C)", "-a ", "-C " };

	for (size_t i = 0; i < PMC_COUNT(beginnings); i++) {
		if (!strncmp(watched, beginnings[i], strlen(beginnings[i])))
			return true;
	}
	return false;
}

static void add_cells(struct counts_cell *sums, const struct counts_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sums[i].rows += cells[i].rows;
		sums[i].unknown += cells[i].unknown;
		sums[i].unknown_ns += cells[i].unknown_ns;
		sums[i].value += cells[i].value;
		sums[i].counted += cells[i].counted;
		sums[i].enabled_ns += cells[i].enabled_ns;
		sums[i].running_ns += cells[i].running_ns;
	}
}

/* Adds up the scopes of each run; they are sorted by run. */
static void sum_runs(struct counts *counts)
{
	const size_t events = counts->head.events_count;

	for (size_t i = 0; i < counts->scopes.count; i++) {
		const struct counts_scope *scope = &counts->scopes.items[i];
		struct counts_scope *run = counts->runs.count ?
			&counts->runs.items[counts->runs.count - 1] : NULL;

		if (!run || run->run != scope->run) {
			run = pmc_array_add(&counts->runs);
			*run = *scope;
			run->pid = run->tid = run->cpu = -1;
			run->comm = 0;
			for (size_t e = 0; e < events; e++)
				pmc_array_add(&counts->run_cells);
		}
		if (scope->end_ns > run->end_ns)
			run->end_ns = scope->end_ns;
		add_cells(&counts->run_cells.items[(counts->runs.count - 1) * events],
			  counts_cells(counts, i), events);
	}
}

static void describe(struct counts *counts)
{
	const size_t events = counts->head.events_count;
	const char *watched = profile_text(&counts->head, counts->head.session.command);
	const char *state = profile_text(&counts->head, counts->head.session.state);
	PMC_FREE struct figure_event *named = pmc_calloc(events + 1, sizeof(*named));

	for (size_t i = 0; i < counts->scopes.count; i++) {
		const struct counts_scope *scope = &counts->scopes.items[i];

		counts->by_thread |= scope->tid >= 0;
		counts->by_cpu |= scope->cpu >= 0;
	}
	sum_runs(counts);
	counts->whole_runs = counts->runs.count;
	/* A signal ends the run at hand, and there are none behind it. */
	if (counts->whole_runs > 1 && !strcmp(state, "interrupted"))
		counts->whole_runs--;
	counts->intervals = has_intervals(counts);
	for (size_t i = 0; i < events; i++) {
		const struct profile_event *event = &counts->head.events[i];

		named[i].name = profile_text(&counts->head, event->name);
		named[i].is_time = event->is_time;
	}
	counts->figures = pmc_calloc(events * FIGURES_PER_EVENT + 1, sizeof(*counts->figures));
	counts->figures_count =
		figures_plan(named, events, is_system_wide(watched), counts->figures);
}

int counts_load(struct counts *counts, struct pmc_store *store, int64_t session_id,
		const char *events, const struct counts_place *after, struct pmc_err *err)
{
	int status;

	memset(counts, 0, sizeof(*counts));
	counts->head.pool = pmc_strings_new();
	if (profile_run(store, "BEGIN", err))
		return -1;
	status = profile_load_head(&counts->head, store, session_id, events, err);
	if (!status)
		status = load_rows(counts, store, after, err);
	if (profile_run(store, "COMMIT", status ? NULL : err))
		status = -1;
	if (!status)
		describe(counts);
	return status;
}

void counts_fini(struct counts *counts)
{
	profile_fini(&counts->head);
	pmc_array_free(&counts->scopes);
	pmc_array_free(&counts->cells);
	pmc_array_free(&counts->runs);
	pmc_array_free(&counts->run_cells);
	free(counts->figures);
	memset(counts, 0, sizeof(*counts));
}

/* ---- sums ---- */

const struct counts_cell *counts_run_cells(const struct counts *counts, size_t run)
{
	return &counts->run_cells.items[run * counts->head.events_count];
}

bool counts_cell_is_unknown(const struct counts_cell *cell)
{
	return cell->unknown && cell->unknown == cell->rows;
}

double counts_figure(const struct counts *counts, const struct figure *figure,
		     const struct counts_scope *scope, const struct counts_cell *cells)
{
	struct figure_input inputs[PROFILE_EVENTS_MAX] = { 0 };

	for (size_t e = 0; e < counts->head.events_count; e++)
		inputs[e] = (struct figure_input){
			.known = cells[e].rows && !counts_cell_is_unknown(&cells[e]),
			.value = (double)cells[e].value,
			.counted = (double)cells[e].counted,
			.running_ns = (double)cells[e].running_ns,
		};
	return figure_value(figure, inputs, (double)(scope->end_ns - scope->start_ns));
}

/* ---- means over runs ---- */

typedef double run_value_fn(const struct counts *counts, size_t run, const void *of);

/* The mean of what `value` makes of each run. */
static struct mean mean_over_runs(const struct counts *counts, run_value_fn *value, const void *of)
{
	PMC_FREE double *values = pmc_calloc(counts->whole_runs + 1, sizeof(*values));

	for (size_t run = 0; run < counts->whole_runs; run++)
		values[run] = value(counts, run, of);
	return mean_of(values, counts->whole_runs);
}

static double value_of_event(const struct counts *counts, size_t run, const void *of)
{
	const struct counts_cell *cell = &counts_run_cells(counts, run)[*(const size_t *)of];

	return !cell->rows || counts_cell_is_unknown(cell) ? NAN : (double)cell->value;
}

static double value_of_figure(const struct counts *counts, size_t run, const void *of)
{
	return counts_figure(counts, of, &counts->runs.items[run], counts_run_cells(counts, run));
}

static double value_of_time(const struct counts *counts, size_t run, const void *of)
{
	(void)of;
	return (double)(counts->runs.items[run].end_ns - counts->runs.items[run].start_ns);
}

struct mean counts_mean_event(const struct counts *counts, size_t event)
{
	return mean_over_runs(counts, value_of_event, &event);
}

struct mean counts_mean_figure(const struct counts *counts, const struct figure *figure)
{
	return mean_over_runs(counts, value_of_figure, figure);
}

struct mean counts_mean_elapsed(const struct counts *counts)
{
	return mean_over_runs(counts, value_of_time, NULL);
}
