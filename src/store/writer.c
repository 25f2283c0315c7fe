/*
 * writer.c - one session being written: its life, and the transaction of each flush.
 *
 * Job: begin, flush, finish, discard; small rows (events, counts, tasks, losses, health); prepared
 * statements.
 * Not here: names (writer_names.c), costs (writer_costs.c), checking of batches (writer_check.c).
 *
 *   begin ──► write ──► write ──► … ──► finish ──► free       'finished' or 'interrupted'
 *     └─────────┴───────┴─────────────► free                  stays 'recording', seen as cut short
 *     └─► discard ──► free                                    as if it never was
 *
 * Each flush is one transaction that begins by taking the write lock, so ids that SQLite hands out
 * in it are consecutive and other recorders wait for the few milliseconds it takes. A flush that
 * fails is rolled back; as the maps in memory are then ahead of the file, the writer takes no
 * further batch.
 *
 * Threads: one at a time.
 */
#include "store/writer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/health.h"
#include "base/mem.h"
#include "store/maintain.h"

static const char *const statement_sql[STATEMENTS] = {
	[ADD_FACT] = "INSERT INTO session_fact(session_id, name, item, value) VALUES (?, ?, ?, ?) "
		     "ON CONFLICT DO NOTHING",
	[ADD_EVENT] = "INSERT INTO event(session_id, name, requested, unit, mode, period_or_hz, "
		      "fallback, enabled_ns, running_ns, counted, lost_samples, samples, value) "
		      "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0)",
	[SET_LEADER] = "UPDATE event SET leader_id = ?2 WHERE id = ?1",
	[SET_EVENT] = "UPDATE event SET enabled_ns = ?2, running_ns = ?3, counted = ?4, "
		      "lost_samples = ?5, samples = ?6, value = ?7 WHERE id = ?1",
	[ADD_PROCESS] = "INSERT INTO process(session_id, pid, ppid, comm, start_ns) VALUES (?, ?, "
			"?, ?, ?)",
	[END_PROCESS] = "UPDATE process SET end_ns = ?2 WHERE id = ?1",
	[ADD_THREAD] = "INSERT INTO thread(process_id, tid, comm, start_ns) VALUES (?, ?, ?, ?)",
	[END_THREAD] = "UPDATE thread SET end_ns = ?2 WHERE id = ?1",
	[FIND_MODULE] = "SELECT id FROM module WHERE path = ? AND build_id = ? AND kind = ?",
	[ADD_MODULE] = "INSERT INTO module(path, name, build_id, kind) VALUES (?, ?, ?, ?)",
	[FIND_FILE] = "SELECT id FROM file WHERE path = ?",
	[ADD_FILE] = "INSERT INTO file(path) VALUES (?)",
	[FIND_FUNCTION] = "SELECT id FROM function WHERE module_id = ?1 AND name IS ?2 AND offset "
			  "IS ?3 AND file_id IS ?4 AND line IS ?5 AND hash = ?6",
	[ADD_FUNCTION] = "INSERT INTO function(module_id, name, offset, file_id, line, hash) "
			 "VALUES (?, ?, ?, ?, ?, ?)",
	[ADD_SITE] = "INSERT INTO inline_site(session_id, outer_id, function_id, file_id, line) "
		     "VALUES (?, ?, ?, ?, ?)",
	[ADD_LOCATION] = "INSERT INTO location(session_id, module_id, offset, is_caller, "
			 "function_id, file_id, line, site_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[ADD_STACK] = "INSERT INTO stack(parent_id, location_id, depth) VALUES (?, ?, ?)",
	[ADD_COST] = "INSERT INTO cost(event_id, id, samples, value, thread_id, stack_id, "
		     "location_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SET_COST] = "UPDATE cost SET samples = samples + ?3, value = value + ?4 "
		     "WHERE event_id = ?1 AND id = ?2",
	[ADD_FUNCTION_COST] = "INSERT INTO function_cost(event_id, function_id, samples, self, "
			      "total_samples, total) VALUES (?, ?, ?, ?, ?, ?)",
	[SET_FUNCTION_COST] = "UPDATE function_cost SET samples = samples + ?3, self = self + ?4, "
			      "total_samples = total_samples + ?5, total = total + ?6 "
			      "WHERE event_id = ?1 AND function_id = ?2",
	[ADD_TREE_NODE] = "INSERT INTO tree_node(event_id, id, up, below, depth, function_id, "
			  "inlined, recursion, samples, self, total_samples, total) VALUES (?, ?, "
			  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[ADD_SLICE] = "INSERT INTO slice(event_id, slice, period, entries, vals) VALUES (?, ?, ?, "
		      "?, ?)",
	[ADD_COUNT] = "INSERT INTO event_count(event_id, id, run, start_ns, end_ns, thread_id, "
		      "cpu, counted, value, enabled_ns, running_ns) VALUES (?, ?, ?, ?, ?, ?, ?, "
		      "?, ?, ?, ?)",
	[ADD_BRANCH] = "INSERT INTO branch(event_id, from_id, to_id, count, mispredicted, type, "
		       "predicted, timed, cycles, in_transaction, aborts, wrong_path) VALUES "
		       "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
		       "ON CONFLICT DO UPDATE SET count = count + ?4, "
		       "mispredicted = mispredicted + ?5, type = coalesce(type, ?6), "
		       "predicted = predicted + ?7, timed = timed + ?8, cycles = cycles + ?9, "
		       "in_transaction = in_transaction + ?10, aborts = aborts + ?11, "
		       "wrong_path = wrong_path + ?12",
	[SET_HEALTH] = "REPLACE INTO session_health(session_id, figure_id, value, advice) VALUES "
		       "(?, ?, ?, ?)",
	[DROP_HEALTH] = "DELETE FROM session_health WHERE session_id = ? AND figure_id = ?",
	[ADD_LOSS] = "INSERT INTO loss(session_id, figure_id, cpu, slice, count) VALUES (?, ?, ?, "
		     "?, ?)",
	[SET_SESSION] = "UPDATE session SET duration_ns = ?2, heartbeat_ns = ?3, state = ?4 WHERE "
			"id = ?1",
};

/* ---- statements ---- */

sqlite3_stmt *writer_statement(struct pmc_writer *writer, enum statement which)
{
	/* It was reset when it last ran. */
	sqlite3_clear_bindings(writer->statements[which]);
	return writer->statements[which];
}

static int fail(struct pmc_writer *writer, struct pmc_err *err)
{
	return connection_fail(writer->store->db, writer->store->path, "write to", err);
}

int writer_run(struct pmc_writer *writer, sqlite3_stmt *stmt, struct pmc_err *err)
{
	const int code = sqlite3_step(stmt);

	if (code != SQLITE_DONE)
		fail(writer, err);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE ? 0 : -1;
}

int writer_insert(struct pmc_writer *writer, sqlite3_stmt *stmt, int64_t *id, struct pmc_err *err)
{
	if (writer_run(writer, stmt, err))
		return -1;
	*id = sqlite3_last_insert_rowid(writer->store->db);
	return 0;
}

int writer_lookup(struct pmc_writer *writer, sqlite3_stmt *stmt, int64_t *id, struct pmc_err *err)
{
	const int code = sqlite3_step(stmt);

	*id = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(writer, err);
	sqlite3_reset(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

static int prepare(struct pmc_writer *writer, struct pmc_err *err)
{
	for (int i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(writer->store->db, statement_sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &writer->statements[i],
				       NULL) != SQLITE_OK)
			return fail(writer, err);
	}
	return 0;
}

/* Runs one statement with the binds given: texts are borrowed until it returns. */
static void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *writer_text(const struct pmc_writer *writer, uint32_t string)
{
	return string && string <= writer->texts.count ? writer->texts.items[string - 1] : "";
}

/* ---- begin ---- */

static int add_session(struct pmc_writer *writer, const struct pmc_session_info *info,
		       struct pmc_err *err)
{
	static const char sql[] = "INSERT INTO session(label, command, hostname, kernel, cpu, "
				  "arch, cpus, started_at_ns, slice_ns, duration_ns, heartbeat_ns, "
				  "state, recorder_pid, pmc_version, callgraph, source) VALUES (?, "
				  "?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 'recording', ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int result;

	if (sqlite3_prepare_v2(writer->store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return fail(writer, err);
	bind_text(stmt, 1, info->label);
	bind_text(stmt, 2, info->command ? info->command : "");
	bind_text(stmt, 3, info->hostname ? info->hostname : "");
	bind_text(stmt, 4, info->kernel ? info->kernel : "");
	bind_text(stmt, 5, info->cpu ? info->cpu : "");
	bind_text(stmt, 6, info->arch ? info->arch : "");
	sqlite3_bind_int64(stmt, 7, info->cpus);
	sqlite3_bind_int64(stmt, 8, info->started_at_ns);
	sqlite3_bind_int64(stmt, 9,
			   (int64_t)(info->slice_ns ? info->slice_ns : PMC_SLICE_NS_DEFAULT));
	sqlite3_bind_int64(stmt, 10, now_ns());
	sqlite3_bind_int64(stmt, 11, info->recorder_pid);
	bind_text(stmt, 12, info->pmc_version ? info->pmc_version : PMC_VERSION);
	bind_text(stmt, 13, info->callgraph ? info->callgraph : "none");
	bind_text(stmt, 14, info->source);
	result = writer_insert(writer, stmt, &writer->session_id, err);
	sqlite3_finalize(stmt);
	return result;
}

static int add_facts(struct pmc_writer *writer, const struct pmc_session_info *info,
		     struct pmc_err *err)
{
	for (size_t i = 0; i < info->facts_count; i++) {
		const struct pmc_fact *fact = &info->facts[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_FACT);

		sqlite3_bind_int64(stmt, 1, writer->session_id);
		bind_text(stmt, 2, fact->name);
		bind_text(stmt, 3, fact->item);
		bind_text(stmt, 4, fact->value);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

/*
 * The words of this build for all figures; written only where they differ from those in the file.
 */
static int add_figures(struct pmc_writer *writer, struct pmc_err *err)
{
	static const char sql[] = "INSERT INTO figure(name, severity, advice) VALUES (?1, ?2, ?3) "
				  "ON CONFLICT(name) DO UPDATE SET severity = ?2, advice = ?3 "
				  "WHERE severity <> ?2 OR advice <> ?3";
	sqlite3_stmt *add = NULL, *find = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(writer->store->db, sql, -1, &add, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(writer->store->db, "SELECT id FROM figure WHERE name = ?", -1, &find,
			       NULL) != SQLITE_OK)
		result = fail(writer, err);
	for (int i = 0; i < PMC_HEALTH_COUNT && !result; i++) {
		const struct pmc_health_text *text = pmc_health_describe((enum pmc_health)i);

		bind_text(add, 1, text->name);
		bind_text(add, 2, text->severity);
		bind_text(add, 3, text->advice);
		bind_text(find, 1, text->name);
		result = writer_run(writer, add, err) ||
			 writer_lookup(writer, find, &writer->figures[i].db_id, err);
	}
	sqlite3_finalize(add);
	sqlite3_finalize(find);
	return result ? -1 : 0;
}

struct pmc_writer *pmc_writer_begin(struct pmc_store *store, const struct pmc_session_info *info,
				    int64_t *session_id, struct pmc_err *err)
{
	struct pmc_writer *writer;

	if (store->mode == PMC_STORE_READ) {
		pmc_err_set(err, PMC_ERR_USAGE, "'%s' is open for reading only", store->path);
		return NULL;
	}
	writer = pmc_calloc(1, sizeof(*writer));
	writer->store = store;
	if (prepare(writer, err) || connection_begin(store->db, store->path, err))
		goto failed;
	if (add_session(writer, info, err) || add_facts(writer, info, err) ||
	    add_figures(writer, err)) {
		connection_rollback(store->db);
		goto failed;
	}
	if (connection_commit(store->db, store->path, err))
		goto failed;
	*session_id = writer->session_id;
	return writer;
failed:
	pmc_writer_free(writer);
	return NULL;
}

/* ---- flush ---- */

static void take_texts(struct pmc_writer *writer, const struct pmc_batch *batch)
{
	for (size_t i = 0; i < batch->texts_count; i++)
		*pmc_array_add(&writer->texts) = batch->texts[i];
	for (size_t i = 0; i < batch->modules_count; i++)
		*pmc_array_add(&writer->modules) =
			(struct writer_module){ .row = batch->modules[i] };
	for (size_t i = 0; i < batch->module_ids_count; i++) {
		const struct pmc_module_id *id = &batch->module_ids[i];
		struct writer_module *module = &writer->modules.items[id->module - 1];

		if (module->db_id)
			continue;
		module->row.build_id_len = id->build_id_len;
		memcpy(module->row.build_id, id->build_id, id->build_id_len);
	}
}

static const char *mode_name(enum pmc_event_mode mode)
{
	switch (mode) {
	case PMC_MODE_PERIOD:
		return "period";
	case PMC_MODE_FREQUENCY:
		return "frequency";
	case PMC_MODE_COUNT:
		return "count";
	case PMC_MODE_READ:
		return "read";
	}
	return "";	/* the table takes no such thing */
}

/* Leaders of the events from `first` on. A leader may come behind its members. */
static int write_leaders(struct pmc_writer *writer, const struct pmc_batch *batch, size_t first,
			 struct pmc_err *err)
{
	for (size_t i = first; i < batch->events_count; i++) {
		const uint32_t leader = batch->events[i].leader;
		sqlite3_stmt *stmt;

		if (!leader)
			continue;
		stmt = writer_statement(writer, SET_LEADER);
		sqlite3_bind_int64(stmt, 1, writer->events.items[i].db_id);
		sqlite3_bind_int64(stmt, 2, writer->events.items[leader - 1].db_id);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

static int write_new_events(struct pmc_writer *writer, const struct pmc_batch *batch,
			    struct pmc_err *err)
{
	const size_t first = writer->events.count;

	while (writer->events.count < batch->events_count) {
		const struct pmc_event_row *row = &batch->events[writer->events.count];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_EVENT);
		struct writer_event event = { 0 };

		sqlite3_bind_int64(stmt, 1, writer->session_id);
		bind_text(stmt, 2, row->name);
		bind_text(stmt, 3, row->requested ? row->requested : "");
		bind_text(stmt, 4, row->unit == PMC_UNIT_NS ? "ns" : "count");
		bind_text(stmt, 5, mode_name(row->mode));
		sqlite3_bind_int64(stmt, 6, (int64_t)row->period_or_hz);
		bind_text(stmt, 7, row->fallback);
		if (writer_insert(writer, stmt, &event.db_id, err))
			return -1;
		*pmc_array_add(&writer->events) = event;
	}
	return write_leaders(writer, batch, first, err);
}

static int write_event_sums(struct pmc_writer *writer, const struct pmc_batch *batch,
			    struct pmc_err *err)
{
	for (size_t i = 0; i < batch->events_count; i++) {
		const struct pmc_event_row *row = &batch->events[i];
		const struct writer_event *event = &writer->events.items[i];
		sqlite3_stmt *stmt = writer_statement(writer, SET_EVENT);

		sqlite3_bind_int64(stmt, 1, event->db_id);
		sqlite3_bind_int64(stmt, 2, (int64_t)row->enabled_ns);
		sqlite3_bind_int64(stmt, 3, (int64_t)row->running_ns);
		sqlite3_bind_int64(stmt, 4, (int64_t)row->counted);
		sqlite3_bind_int64(stmt, 5, (int64_t)row->lost_samples);
		sqlite3_bind_int64(stmt, 6, (int64_t)event->samples);
		sqlite3_bind_int64(stmt, 7, (int64_t)event->value);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

static int write_counts(struct pmc_writer *writer, const struct pmc_batch *batch,
			struct pmc_err *err)
{
	for (size_t i = 0; i < batch->counts_count; i++) {
		const struct pmc_count_row *row = &batch->counts[i];
		struct writer_event *event = &writer->events.items[row->event - 1];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_COUNT);

		sqlite3_bind_int64(stmt, 1, event->db_id);
		sqlite3_bind_int64(stmt, 2, ++event->counts);
		sqlite3_bind_int64(stmt, 3, row->run);
		sqlite3_bind_int64(stmt, 4, (int64_t)row->start_ns);
		sqlite3_bind_int64(stmt, 5, (int64_t)row->end_ns);
		if (row->thread)
			sqlite3_bind_int64(stmt, 6, writer->threads.items[row->thread - 1]);
		if (row->cpu >= 0)
			sqlite3_bind_int64(stmt, 7, row->cpu);
		sqlite3_bind_int64(stmt, 8, (int64_t)row->counted);
		sqlite3_bind_int64(stmt, 9, (int64_t)row->value);
		sqlite3_bind_int64(stmt, 10, (int64_t)row->enabled_ns);
		sqlite3_bind_int64(stmt, 11, (int64_t)row->running_ns);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

static int write_tasks(struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err)
{
	for (size_t i = 0; i < batch->processes_count; i++) {
		const struct pmc_process_row *row = &batch->processes[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_PROCESS);

		sqlite3_bind_int64(stmt, 1, writer->session_id);
		/* -1: what had ended when it was sampled. */
		sqlite3_bind_int64(stmt, 2, (int32_t)row->pid);
		sqlite3_bind_int64(stmt, 3, (int32_t)row->ppid);
		bind_text(stmt, 4, writer_text(writer, row->comm));
		sqlite3_bind_int64(stmt, 5, (int64_t)row->start_ns);
		if (writer_insert(writer, stmt, pmc_array_add(&writer->processes), err))
			return -1;
	}
	for (size_t i = 0; i < batch->threads_count; i++) {
		const struct pmc_thread_row *row = &batch->threads[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_THREAD);

		sqlite3_bind_int64(stmt, 1, writer->processes.items[row->process - 1]);
		sqlite3_bind_int64(stmt, 2, (int32_t)row->tid);
		bind_text(stmt, 3, writer_text(writer, row->comm));
		sqlite3_bind_int64(stmt, 4, (int64_t)row->start_ns);
		if (writer_insert(writer, stmt, pmc_array_add(&writer->threads), err))
			return -1;
	}
	return 0;
}

static int write_end(struct pmc_writer *writer, enum statement which, int64_t id, uint64_t end_ns,
		     struct pmc_err *err)
{
	sqlite3_stmt *stmt = writer_statement(writer, which);

	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, (int64_t)end_ns);
	return writer_run(writer, stmt, err);
}

static int write_ends(struct pmc_writer *writer, const struct pmc_batch *batch, struct pmc_err *err)
{
	for (size_t i = 0; i < batch->thread_ends_count; i++) {
		const struct pmc_thread_end *end = &batch->thread_ends[i];

		if (write_end(writer, END_THREAD, writer->threads.items[end->thread - 1],
			      end->end_ns, err))
			return -1;
	}
	for (size_t i = 0; i < batch->process_ends_count; i++) {
		const struct pmc_process_end *end = &batch->process_ends[i];

		if (write_end(writer, END_PROCESS, writer->processes.items[end->process - 1],
			      end->end_ns, err))
			return -1;
	}
	return 0;
}

/*
 * The figures as the file shall have them: the collector's, and those that only the writer knows.
 */
static uint64_t figure_value(const struct pmc_writer *writer, const struct pmc_batch *batch,
			     int which)
{
	uint64_t derived = 0;

	if (which == PMC_HEALTH_UNRESOLVED)
		return writer->unresolved;
	for (size_t i = 0; i < batch->events_count; i++) {
		const struct pmc_event_row *row = &batch->events[i];

		if (which == PMC_HEALTH_MULTIPLEXED)
			derived += row->running_ns < row->enabled_ns;
		if (which == PMC_HEALTH_FALLBACK)
			derived += row->fallback != NULL;
	}
	return derived > batch->health[which] ? derived : batch->health[which];
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Makes the figure's row what it shall be: none where the value is 0. */
static int set_health(struct pmc_writer *writer, int which, uint64_t value, const char *advice,
		      struct pmc_err *err)
{
	struct writer_figure *figure = &writer->figures[which];
	sqlite3_stmt *stmt;

	if (value == figure->value && (!value || is_same_text(advice, figure->advice)))
		return 0;
	stmt = writer_statement(writer, value ? SET_HEALTH : DROP_HEALTH);
	sqlite3_bind_int64(stmt, 1, writer->session_id);
	sqlite3_bind_int64(stmt, 2, figure->db_id);
	if (value) {
		sqlite3_bind_int64(stmt, 3, (int64_t)value);
		bind_text(stmt, 4, advice);
	}
	if (writer_run(writer, stmt, err))
		return -1;
	figure->value = value;
	if (!is_same_text(advice, figure->advice)) {
		free(figure->advice);
		figure->advice = advice ? pmc_strdup(advice) : NULL;
	}
	return 0;
}

static int write_health(struct pmc_writer *writer, const struct pmc_batch *batch,
			struct pmc_err *err)
{
	for (size_t i = 0; i < batch->losses_count; i++) {
		const struct pmc_loss_row *row = &batch->losses[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_LOSS);

		sqlite3_bind_int64(stmt, 1, writer->session_id);
		sqlite3_bind_int64(stmt, 2, writer->figures[row->cause].db_id);
		sqlite3_bind_int64(stmt, 3, row->cpu);
		sqlite3_bind_int64(stmt, 4, row->slice);
		sqlite3_bind_int64(stmt, 5, (int64_t)row->count);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	for (int i = 0; i < PMC_HEALTH_COUNT; i++) {
		if (set_health(writer, i, figure_value(writer, batch, i), batch->advice[i],
			       err))
			return -1;
	}
	return 0;
}

static int set_session(struct pmc_writer *writer, uint64_t duration_ns, const char *state,
		       struct pmc_err *err)
{
	sqlite3_stmt *stmt = writer_statement(writer, SET_SESSION);

	sqlite3_bind_int64(stmt, 1, writer->session_id);
	sqlite3_bind_int64(stmt, 2, (int64_t)duration_ns);
	sqlite3_bind_int64(stmt, 3, now_ns());
	bind_text(stmt, 4, state);
	if (writer_run(writer, stmt, err))
		return -1;
	if (sqlite3_changes(writer->store->db))
		return 0;
	pmc_err_set(err, PMC_ERR_DATA, "session %lld was deleted from '%s' while it was recorded",
		    (long long)writer->session_id, writer->store->path);
	return pmc_err_hint(err, "record it again, and delete sessions only when they have ended");
}

static int write_batch(struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err)
{
	take_texts(writer, batch);
	/* First of all: it finds out whether the session is still there. */
	if (set_session(writer, batch->end_ns, "recording", err) ||
	    write_new_events(writer, batch, err) ||
	    write_tasks(writer, batch, err) ||
	    writer_write_locations(writer, batch, err) ||
	    writer_write_stacks(writer, batch, err) ||
	    writer_write_costs(writer, batch, err) ||
	    writer_write_branches(writer, batch, err) ||
	    write_counts(writer, batch, err) ||
	    write_event_sums(writer, batch, err) ||
	    write_ends(writer, batch, err))
		return -1;
	return write_health(writer, batch, err);
}

int pmc_writer_write(struct pmc_writer *writer, const struct pmc_batch *batch, struct pmc_err *err)
{
	struct pmc_store *store = writer->store;

	if (writer->failed)
		return pmc_err_set(err, PMC_ERR_SYSTEM, "cannot write to '%s': an earlier flush "
							"failed", store->path);
	if (writer_check(writer, batch, err) || connection_begin(store->db, store->path, err))
		return -1;
	if (write_batch(writer, batch, err)) {
		connection_rollback(store->db);
		writer->failed = true;
		return -1;
	}
	if (connection_commit(store->db, store->path, err)) {
		writer->failed = true;
		return -1;
	}
	return 0;
}

/* ---- end ---- */

static int set_end(struct pmc_writer *writer, uint64_t duration_ns, bool interrupted,
		   struct pmc_err *err)
{
	struct pmc_store *store = writer->store;

	if (connection_begin(store->db, store->path, err))
		return -1;
	if (set_session(writer, duration_ns, interrupted ? "interrupted" : "finished", err) ||
	    (interrupted && set_health(writer, PMC_HEALTH_INTERRUPTED, 1,
				       writer->figures[PMC_HEALTH_INTERRUPTED].advice, err))) {
		connection_rollback(store->db);
		return -1;
	}
	return connection_commit(store->db, store->path, err);
}

/*
 * A transaction of its own: a session whose tree has no room on the disk has ended all the same,
 * and views compute the tree. So they do where memory is ahead of the file.
 */
static int write_tree(struct pmc_writer *writer, uint64_t duration_ns, bool interrupted,
		      struct pmc_err *err)
{
	struct pmc_store *store = writer->store;

	if (writer->failed || !writer->costs.count)
		return 0;
	if (connection_begin(store->db, store->path, err))
		return -1;
	/* Once more, as somebody may have deleted it meanwhile. */
	if (set_session(writer, duration_ns, interrupted ? "interrupted" : "finished", err) ||
	    writer_write_tree(writer, err)) {
		connection_rollback(store->db);
		return -1;
	}
	return connection_commit(store->db, store->path, err);
}

int pmc_writer_finish(struct pmc_writer *writer, uint64_t duration_ns, bool interrupted,
		      struct pmc_err *err)
{
	struct pmc_store *store = writer->store;

	if (set_end(writer, duration_ns, interrupted, err) ||
	    write_tree(writer, duration_ns, interrupted, err))
		return -1;
	/*
	 * Others may be reading or recording: then they, or the last one to close, fold the WAL in.
	 */
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(store->db, CONNECTION_PATIENCE_MS);
	return 0;
}

int pmc_writer_discard(struct pmc_writer *writer, struct pmc_err *err)
{
	struct pmc_store *store = writer->store;

	if (connection_begin(store->db, store->path, err))
		return -1;
	if (maintain_remove_session(store, writer->session_id, err)) {
		connection_rollback(store->db);
		return -1;
	}
	writer->failed = true;
	return connection_commit(store->db, store->path, err);
}

void pmc_writer_free(struct pmc_writer *writer)
{
	if (!writer)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(writer->statements[i]);
	for (int i = 0; i < PMC_HEALTH_COUNT; i++)
		free(writer->figures[i].advice);
	writer_free_costs(writer);
	writer_free_names(writer);
	pmc_array_free(&writer->texts);
	pmc_array_free(&writer->processes);
	pmc_array_free(&writer->threads);
	free(writer);
}

uint64_t pmc_writer_unresolved(const struct pmc_writer *writer)
{
	return writer->unresolved;
}
