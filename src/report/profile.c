/*
 * profile.c - loads what a report shows; see profile.h.
 *
 * Job: four queries over the views (session, events, health, rows), and the turning of rows that
 * come one an event into rows that hold all events side by side.
 * Not here: windows of time (window.c); how it looks (report_*.c).
 *
 * A session may be written while it is read: all queries run in one read transaction, so header and
 * rows agree.
 */
#include "report/profile.h"

#include <string.h>


const char *profile_text(const struct profile *profile, uint32_t id)
{
	return pmc_strings_get(profile->pool, id);
}

bool profile_event_is_counted(const struct profile *profile, const struct profile_event *event)
{
	return !strcmp(profile_text(profile, event->mode), "count");
}

void profile_fini(struct profile *profile)
{
	pmc_strings_free(profile->pool);
	pmc_array_free(&profile->health);
	pmc_array_free(&profile->rows);
	pmc_array_free(&profile->cells);
	memset(profile, 0, sizeof(*profile));
}

int profile_find_event(const struct profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->events_count; i++) {
		if (!strcmp(profile_text(profile, profile->events[i].name), name))
			return (int)i;
	}
	return -1;
}

static uint32_t cell_text(const struct profile *profile, const struct pmc_query *query, int column)
{
	struct pmc_cell cell = pmc_query_cell(query, column);

	return cell.type == PMC_CELL_TEXT ?
		pmc_strings_intern_len(profile->pool, cell.text, cell.len) : 0;
}

static int64_t cell_int(const struct pmc_query *query, int column)
{
	struct pmc_cell cell = pmc_query_cell(query, column);

	return cell.type == PMC_CELL_INT ? cell.integer :
	       cell.type == PMC_CELL_REAL ? (int64_t)cell.real : 0;
}

static double cell_real(const struct pmc_query *query, int column)
{
	struct pmc_cell cell = pmc_query_cell(query, column);

	return cell.type == PMC_CELL_REAL ? cell.real :
	       cell.type == PMC_CELL_INT ? (double)cell.integer : 0;
}

/* ---- header ---- */

static int load_session(struct profile *profile, struct pmc_store *store, int64_t id,
			struct pmc_err *err)
{
	static const char sql[] =
		"SELECT session_id, label, command, hostname, kernel, cpu, state, started_at, cpus,"
		" duration_ns, samples, lost, source FROM session_summary WHERE session_id = ?";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	struct profile_session *session = &profile->session;
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, id);
	status = pmc_query_step(query, err);
	if (status == 1) {
		session->id = cell_int(query, 0);
		session->label = cell_text(profile, query, 1);
		session->command = cell_text(profile, query, 2);
		session->hostname = cell_text(profile, query, 3);
		session->kernel = cell_text(profile, query, 4);
		session->cpu = cell_text(profile, query, 5);
		session->state = cell_text(profile, query, 6);
		session->started_at = cell_text(profile, query, 7);
		session->cpus = cell_int(query, 8);
		session->duration_ns = cell_int(query, 9);
		session->samples = cell_int(query, 10);
		session->lost = cell_int(query, 11);
		session->source = cell_text(profile, query, 12);
	} else if (status == 0) {
		pmc_err_set(err, PMC_ERR_DATA, "no session %lld in this file", (long long)id);
	}
	pmc_query_free(query);
	return status == 1 ? 0 : -1;
}

static int load_events(struct profile *profile, struct pmc_store *store, struct pmc_err *err)
{
	static const char sql[] =
		"SELECT v.event, v.requested, v.mode, v.unit, v.period, v.samples, v.value,"
		" v.enabled_ns, v.running_ns, e.fallback, e.id FROM event_summary v"
		" JOIN event e ON e.session_id = v.session_id AND e.name = v.event"
		" WHERE v.session_id = ? ORDER BY e.id";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, profile->session.id);
	while ((status = pmc_query_step(query, err)) == 1) {
		struct profile_event *event = &profile->events[profile->events_count];

		if (profile->events_count == PROFILE_EVENTS_MAX)
			continue;
		event->name = cell_text(profile, query, 0);
		event->requested = cell_text(profile, query, 1);
		event->mode = cell_text(profile, query, 2);
		event->unit = cell_text(profile, query, 3);
		event->is_time = !strcmp(profile_text(profile, event->unit), "ns");
		event->period = cell_int(query, 4);
		event->samples = cell_int(query, 5);
		event->value = cell_int(query, 6);
		event->enabled_ns = cell_int(query, 7);
		event->running_ns = cell_int(query, 8);
		event->fallback = cell_text(profile, query, 9);
		event->id = cell_int(query, 10);
		profile->events_count++;
	}
	pmc_query_free(query);
	return status;
}

static int load_health(struct profile *profile, struct pmc_store *store, struct pmc_err *err)
{
	static const char sql[] = "SELECT name, severity, value, advice FROM health WHERE "
				  "session_id = ? AND value <> 0"
				  " ORDER BY name";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, profile->session.id);
	while ((status = pmc_query_step(query, err)) == 1) {
		struct profile_health *health = pmc_array_add(&profile->health);

		health->name = cell_text(profile, query, 0);
		health->severity = cell_text(profile, query, 1);
		health->value = cell_int(query, 2);
		health->advice = cell_text(profile, query, 3);
	}
	pmc_query_free(query);
	return status;
}

/* ---- which events ---- */

static int unknown_event(const struct profile *profile, const char *name, struct pmc_err *err)
{
	char list[400] = "";

	for (size_t i = 0; i < profile->events_count; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			 profile_text(profile, profile->events[i].name));
	}
	pmc_err_set(err, PMC_ERR_USAGE, "no event '%s' in session %lld", name,
		    (long long)profile->session.id);
	return pmc_err_hint(err, "it has: %s", list[0] ? list : "none");
}

/*
 * The event meant by a name: itself, or the only one that is it but for modifiers ("cycles":
 * cycles:u).
 */
static int find_meant(const struct profile *profile, const char *name)
{
	int found = profile_find_event(profile, name);

	if (found >= 0)
		return found;
	for (size_t i = 0; i < profile->events_count; i++) {
		const char *text = profile_text(profile, profile->events[i].name);

		if (strncmp(text, name, strlen(name)) || text[strlen(name)] != ':')
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

/* Keeps the events named in a list, in its order. Commas between slashes belong to a name. */
static int choose_events(struct profile *profile, const char *list, struct pmc_err *err)
{
	struct profile_event chosen[PROFILE_EVENTS_MAX];
	bool taken[PROFILE_EVENTS_MAX] = { false };
	size_t count = 0;

	while (*list) {
		PMC_FREE char *name = NULL;
		bool in_slashes = false;
		size_t len = 0;
		int index;

		for (; list[len] && (in_slashes || list[len] != ','); len++)
			in_slashes ^= list[len] == '/';
		name = pmc_strndup(list, len);
		index = find_meant(profile, name);
		if (index < 0)
			return unknown_event(profile, name, err);
		if (!taken[index])
			chosen[count++] = profile->events[index];
		taken[index] = true;
		list += len + (list[len] == ',');
	}
	if (!count)
		return unknown_event(profile, "", err);
	memcpy(profile->events, chosen, count * sizeof(*chosen));
	profile->events_count = count;
	return 0;
}

/* ---- rows ---- */

static bool same_row(const struct profile_row *a, const struct profile_row *b)
{
	return a->function == b->function && a->module == b->module && a->file == b->file &&
	       a->line == b->line && a->comm == b->comm && a->pid == b->pid && a->tid == b->tid;
}

static uint64_t hash_row(const struct profile_row *row)
{
	uint64_t hash = pmc_hash_2(row->function, row->module);

	hash = pmc_hash_2(hash, (uint64_t)row->line << 32 | row->file);
	hash = pmc_hash_2(hash, row->comm);
	return pmc_hash_2(hash, (uint64_t)row->pid << 32 | (uint64_t)row->tid);
}

struct profile_cell *profile_cells(struct profile *profile, struct pmc_index *index,
				   const struct profile_row *key)
{
	uint64_t hash = hash_row(key);
	uint32_t step = 0, row;

	while ((row = pmc_index_next(index, hash, &step)) != UINT32_MAX) {
		if (same_row(&profile->rows.items[row], key))
			return &profile->cells.items[row * profile->events_count];
	}
	row = (uint32_t)profile->rows.count;
	*pmc_array_add(&profile->rows) = *key;
	for (size_t i = 0; i < profile->events_count; i++)
		pmc_array_add(&profile->cells);
	pmc_index_add(index, hash, row);
	return &profile->cells.items[row * profile->events_count];
}

/* One view each: the same ten columns, NULL where the view has none. */
static const char *const row_queries[] = {
	[PMC_BY_FUNCTION] = "SELECT event, samples, self, total, self_share, total_share,"
			    " module, function, file, line, NULL, NULL, NULL FROM function_profile",
	[PMC_BY_LINE] = "SELECT event, samples, self, NULL, self_share, NULL,"
			" module, function, file, line, NULL, NULL, NULL FROM line_profile",
	[PMC_BY_MODULE] = "SELECT event, samples, self, NULL, self_share, NULL,"
			  " module, NULL, NULL, NULL, NULL, NULL, NULL FROM module_profile",
	[PMC_BY_THREAD] = "SELECT event, samples, self, NULL, self_share, NULL,"
			  " NULL, NULL, NULL, NULL, comm, pid, tid FROM thread_profile",
	[PMC_BY_PROCESS] = "SELECT event, samples, self, NULL, self_share, NULL,"
			   " NULL, NULL, NULL, NULL, comm, pid, NULL FROM process_profile",
};

static int load_rows(struct profile *profile, struct pmc_store *store, struct pmc_index *index,
		     struct pmc_err *err)
{
	PMC_FREE char *sql = pmc_sprintf("%s WHERE session_id = ?%s", row_queries[profile->by],
					 profile->events_count == 1 ? " AND event = ?" : "");
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, profile->session.id);
	if (profile->events_count == 1)
		pmc_query_bind_text(query, 2, profile_text(profile, profile->events[0].name));
	while ((status = pmc_query_step(query, err)) == 1) {
		int event = profile_find_event(profile, pmc_query_cell(query, 0).text);
		struct profile_row key = { 0 };
		struct profile_cell *cell;

		if (event < 0)
			continue;
		key.module = cell_text(profile, query, 6);
		key.function = cell_text(profile, query, 7);
		key.file = cell_text(profile, query, 8);
		key.line = cell_int(query, 9);
		key.comm = cell_text(profile, query, 10);
		key.pid = cell_int(query, 11);
		key.tid = cell_int(query, 12);
		cell = &profile_cells(profile, index, &key)[event];
		cell->samples += cell_int(query, 1);
		cell->self += cell_int(query, 2);
		cell->total += cell_int(query, 3);
		cell->self_share += cell_real(query, 4);
		cell->total_share += cell_real(query, 5);
	}
	pmc_query_free(query);
	return status;
}

/* ---- order ---- */

struct sort_context {
	const struct profile *profile;
};

static int compare_texts(const struct profile *profile, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(profile_text(profile, a), profile_text(profile, b));
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_rows(const void *left, const void *right, void *arg)
{
	const struct profile *profile = ((const struct sort_context *)arg)->profile;
	uint32_t ia = *(const uint32_t *)left, ib = *(const uint32_t *)right;
	const struct profile_row *a = &profile->rows.items[ia], *b = &profile->rows.items[ib];
	const struct profile_cell *ca = &profile->cells.items[ia * profile->events_count];
	const struct profile_cell *cb = &profile->cells.items[ib * profile->events_count];
	int order = 0;

	for (size_t i = 0; !order && i < profile->events_count; i++) {
		order = compare_numbers(cb[i].self, ca[i].self);
		if (!order)
			order = compare_numbers(cb[i].total, ca[i].total);
	}
	if (!order)
		order = compare_texts(profile, a->function, b->function);
	if (!order)
		order = compare_texts(profile, a->module, b->module);
	if (!order)
		order = compare_texts(profile, a->file, b->file);
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	if (!order)
		order = compare_texts(profile, a->comm, b->comm);
	if (!order)
		order = (a->pid > b->pid) - (a->pid < b->pid);
	return order ? order : (a->tid > b->tid) - (a->tid < b->tid);
}

static void sort_rows(struct profile *profile)
{
	size_t count = profile->rows.count, events = profile->events_count;
	PMC_FREE uint32_t *order = pmc_calloc(count + 1, sizeof(*order));
	struct profile_row *rows = pmc_calloc(count + 1, sizeof(*rows));
	struct profile_cell *cells = pmc_calloc(count * events + 1, sizeof(*cells));
	struct sort_context context = { profile };

	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, count, sizeof(*order), compare_rows, &context);
	for (size_t i = 0; i < count; i++) {
		rows[i] = profile->rows.items[order[i]];
		memcpy(&cells[i * events], &profile->cells.items[order[i] * events],
		       events * sizeof(*cells));
	}
	free(profile->rows.items);
	free(profile->cells.items);
	profile->rows.items = rows;
	profile->cells.items = cells;
	profile->rows.cap = count + 1;
	profile->cells.cap = count * events + 1;
}

int profile_run(struct pmc_store *store, const char *sql, struct pmc_err *err)
{
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	status = pmc_query_step(query, err);
	pmc_query_free(query);
	return status < 0 ? -1 : 0;
}

int profile_load_head(struct profile *profile, struct pmc_store *store, int64_t session_id,
		      const char *events, struct pmc_err *err)
{
	if (load_session(profile, store, session_id, err) || load_events(profile, store, err) ||
	    load_health(profile, store, err))
		return -1;
	return events ? choose_events(profile, events, err) : 0;
}

static int load(struct profile *profile, struct pmc_store *store,
		const struct pmc_report_opts *opts, struct pmc_err *err)
{
	struct pmc_index index = { 0 };
	int status = -1;

	if (profile_load_head(profile, store, opts->session_id, opts->event, err))
		return -1;
	if (!profile->events_count)
		return 0;
	if (opts->root || opts->from_s > 0 || opts->to_s >= 0)
		status = window_load(profile, store, opts, &index, err);
	else
		status = load_rows(profile, store, &index, err);
	pmc_index_fini(&index);
	if (!status)
		sort_rows(profile);
	return status;
}

int profile_load(struct profile *profile, struct pmc_store *store,
		 const struct pmc_report_opts *opts, struct pmc_err *err)
{
	int status;

	memset(profile, 0, sizeof(*profile));
	profile->pool = pmc_strings_new();
	profile->by = opts->by;
	if (profile_run(store, "BEGIN", err))
		return -1;
	status = load(profile, store, opts, err);
	if (profile_run(store, "COMMIT", status ? NULL : err))
		status = -1;
	return status;
}
