/*
 * maintain.c - looking after a file: is it sound, remove a session, name a session.
 *
 * Job: pmc_store_check(), pmc_store_delete_session(), pmc_store_label_session().
 * Not here: recovery of damaged files (`sqlite3 FILE .recover` does that).
 *
 * Deletion. Rows of a session are removed from those that refer to those that are referred to, then
 * shared names without a reader. Foreign keys are not enforced meanwhile: most references have no
 * index (it would cost every recording), so each row removed would be searched for in whole tables.
 */
#include "store/maintain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/connection.h"
#include "store/schema.h"

/* ---- deletion ---- */

#define EVENTS "(SELECT id FROM event WHERE session_id = ?1)"
static const char *const removals[] = {
	"DELETE FROM slice WHERE event_id IN " EVENTS,
	"DELETE FROM tree_node WHERE event_id IN " EVENTS,
	"DELETE FROM branch WHERE event_id IN " EVENTS,
	"DELETE FROM function_cost WHERE event_id IN " EVENTS,
	"DELETE FROM cost WHERE event_id IN " EVENTS,
	"DELETE FROM event_count WHERE event_id IN " EVENTS,
	"DELETE FROM stack WHERE location_id IN (SELECT id FROM location WHERE session_id = ?1)",
	"DELETE FROM location WHERE session_id = ?1",
	"DELETE FROM inline_site WHERE session_id = ?1",
	"DELETE FROM thread WHERE process_id IN (SELECT id FROM process WHERE session_id = ?1)",
	"DELETE FROM process WHERE session_id = ?1",
	"DELETE FROM loss WHERE session_id = ?1",
	"DELETE FROM session_health WHERE session_id = ?1",
	"DELETE FROM session_fact WHERE session_id = ?1",
	"DELETE FROM event WHERE session_id = ?1",
	"DELETE FROM session WHERE id = ?1",
	"DELETE FROM function WHERE id NOT IN (SELECT function_id FROM location UNION SELECT "
	"function_id FROM inline_site)",
	"DELETE FROM file WHERE id NOT IN (SELECT file_id FROM location WHERE file_id IS NOT NULL "
		"UNION SELECT file_id FROM inline_site WHERE file_id IS NOT NULL "
		"UNION SELECT file_id FROM function WHERE file_id IS NOT NULL)",
	"DELETE FROM module WHERE id NOT IN (SELECT module_id FROM location UNION SELECT module_id "
	"FROM function)",
};

/* Runs one statement whose ?1 is the session; *changes may be NULL. */
static int run_for_session(struct pmc_store *store, const char *sql, int64_t session_id,
			   const char *label, int *changes, struct pmc_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, session_id);
		if (sqlite3_bind_parameter_count(stmt) > 1)
			sqlite3_bind_text(stmt, 2, label, -1, SQLITE_STATIC);
		code = sqlite3_step(stmt);
	}
	if (changes)
		*changes = sqlite3_changes(store->db);
	if (code != SQLITE_DONE)
		connection_fail(store->db, store->path, "write to", err);
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : -1;
}

int maintain_remove_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err)
{
	for (size_t i = 0; i < PMC_COUNT(removals); i++) {
		if (run_for_session(store, removals[i], session_id, NULL, NULL, err))
			return -1;
	}
	return 0;
}

static int check_writable(const struct pmc_store *store, struct pmc_err *err)
{
	if (store->mode != PMC_STORE_READ)
		return 0;
	return pmc_err_set(err, PMC_ERR_USAGE, "'%s' is open for reading only", store->path);
}

static int fail_no_session(const struct pmc_store *store, int64_t session_id, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA, "'%s' has no session %lld", store->path,
		    (long long)session_id);
	return pmc_err_hint(err, "`pmc db sessions` lists those that are there");
}

/* Inside the transaction: is it there, and not being recorded? */
static int check_deletable(struct pmc_store *store, int64_t session_id, struct pmc_err *err)
{
	char sql[160];
	int64_t state;

	snprintf(sql, sizeof(sql), "SELECT 1 + (state = 'recording') FROM session_summary WHERE "
				   "session_id = %lld",
		 (long long)session_id);
	if (connection_get_int(store->db, store->path, sql, &state, err))
		return -1;
	if (!state)
		return fail_no_session(store, session_id, err);
	if (state == 1)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "session %lld of '%s' is being recorded",
		    (long long)session_id, store->path);
	return pmc_err_hint(err, "end the recording first; if its recorder was killed, wait five "
				 "seconds");
}

int pmc_store_delete_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err)
{
	if (check_writable(store, err) || connection_begin(store->db, store->path, err))
		return -1;
	if (check_deletable(store, session_id, err) ||
	    maintain_remove_session(store, session_id, err)) {
		connection_rollback(store->db);
		return -1;
	}
	if (connection_commit(store->db, store->path, err))
		return -1;
	/*
	 * Gives the room back to the file system. Where others use the file they would have to
	 * wait, so then it is left for later sessions to fill.
	 */
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_exec(store->db, "VACUUM", NULL, NULL, NULL);
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(store->db, CONNECTION_PATIENCE_MS);
	return 0;
}

int pmc_store_label_session(struct pmc_store *store, int64_t session_id, const char *label,
			    struct pmc_err *err)
{
	int changes;

	if (check_writable(store, err))
		return -1;
	if (label && !*label)
		label = NULL;
	if (run_for_session(store, "UPDATE session SET label = ?2 WHERE id = ?1", session_id, label,
			    &changes, err))
		return -1;
	return changes ? 0 : fail_no_session(store, session_id, err);
}

/* ---- soundness ---- */

/*
 * Events whose own sums differ from those over `table`, joined as c; `what` names the table's rows.
 */
#define COMPARE_SUMS(table, samples, value, what) \
	"SELECT printf('session %d, %s: %d samples (value %d), but its " what "'\n" \
	"\t|| ' have %d (value %d)',\n" \
	"\te.session_id, e.name, e.samples, e.value, s.samples, s.value)\n" \
	"FROM event e JOIN (\n" \
	"\tSELECT e.id, coalesce(" samples ", 0) AS samples, coalesce(" value ", 0) AS value\n" \
	"\tFROM event e LEFT JOIN " table " c ON c.event_id = e.id GROUP BY e.id) s\n" \
	"\tON s.id = e.id\n" \
	"WHERE s.samples <> e.samples OR s.value <> e.value"

/* Each gives a text a row for what is wrong, and no row where all is well. */
static const char *const checks[] = {
	"SELECT 'damaged: ' || integrity_check FROM pragma_integrity_check\n"
	"WHERE integrity_check <> 'ok'",

	"SELECT printf('row %d of %s refers to a row of %s that is not there',\n"
	"\trowid, \"table\", parent) FROM pragma_foreign_key_check",

	COMPARE_SUMS("cost", "sum(c.samples)", "sum(c.value)", "costs"),
	COMPARE_SUMS("function_cost", "sum(c.samples)", "sum(c.self)", "functions"),
	COMPARE_SUMS("slice_cost", "sum(c.samples)", "sum(c.value)", "time slices"),

	"SELECT printf('session %d, %s: %d samples (value %d), but its call tree'\n"
	"\t|| ' has %d (value %d)',\n"
	"\te.session_id, e.name, e.samples, e.value, s.samples, s.value)\n"
	"FROM event e JOIN (\n"
	"\tSELECT event_id, sum(samples) AS samples, sum(self) AS value\n"
	"\tFROM tree_node GROUP BY event_id) s ON s.event_id = e.id\n"
	"WHERE s.samples <> e.samples OR s.value <> e.value",

	"SELECT printf('session %d, %s: node %d of the call tree (%d below, %d up, depth %d) '\n"
	"\t|| 'cannot be there', e.session_id, e.name, n.id, n.below, n.up, n.depth)\n"
	"FROM event e CROSS JOIN tree_node n ON n.event_id = e.id\n"
	"LEFT JOIN tree_node p ON p.event_id = n.event_id AND p.id = n.id - n.up\n"
	"WHERE n.below < 0 OR (n.up IS NULL AND n.depth <> 0)\n"
	"\tOR (n.up IS NOT NULL AND (p.id IS NULL OR n.up < 1\n"
	"\t\tOR p.id + p.below < n.id + n.below OR p.depth + 1 <> n.depth)) LIMIT 20",

	"SELECT printf('session %d, %s: node %d of the call tree has a total of %d, but its '\n"
	"\t|| 'parts have %d', e.session_id, e.name, t.id, t.total, t.self + t.parts)\n"
	"FROM event e CROSS JOIN (\n"
	"\tSELECT n.event_id, n.id, coalesce(n.total, n.self) AS total, n.self,\n"
	"\t\tcoalesce(b.parts, 0) AS parts\n"
	"\tFROM tree_node n LEFT JOIN (\n"
	"\t\tSELECT event_id, id - up AS parent_id, sum(coalesce(total, self)) AS parts\n"
	"\t\tFROM tree_node WHERE up IS NOT NULL GROUP BY event_id, id - up) b\n"
	"\t\tON b.event_id = n.event_id AND b.parent_id = n.id) t ON t.event_id = e.id\n"
	"WHERE t.total <> t.self + t.parts LIMIT 20",

	"SELECT printf('session %d, %s: function %d has a total of %d, but %d in the call tree',\n"
	"\te.session_id, e.name, c.function_id, c.total, t.total)\n"
	"FROM (SELECT event_id, function_id,\n"
	"\t\tsum(iif(recursion, 0, coalesce(total, self))) AS total\n"
	"\tFROM tree_node GROUP BY event_id, function_id) t\n"
	"JOIN event e ON e.id = t.event_id JOIN function_cost c\n"
	"\tON c.event_id = t.event_id AND c.function_id = t.function_id\n"
	"WHERE c.total <> t.total LIMIT 20",

	"SELECT printf('session %d, %s: counted %d (enabled %d ns, running %d ns), but its '\n"
	"\t|| 'counts have %d (%d ns, %d ns)', e.session_id, e.name,\n"
	"\te.counted, e.enabled_ns, e.running_ns, s.counted, s.enabled_ns, s.running_ns)\n"
	"FROM event e JOIN (\n"
	"\tSELECT e.id, coalesce(sum(c.counted), 0) AS counted,\n"
	"\t\tcoalesce(sum(c.enabled_ns), 0) AS enabled_ns,\n"
	"\t\tcoalesce(sum(c.running_ns), 0) AS running_ns\n"
	"\tFROM event e LEFT JOIN event_count c ON c.event_id = e.id\n"
	"\tWHERE e.mode = 'count' GROUP BY e.id) s ON s.id = e.id\n"
	"WHERE s.counted <> e.counted OR s.enabled_ns <> e.enabled_ns\n"
	"\tOR s.running_ns <> e.running_ns",

	"SELECT printf('session %d, %s: has counts of its own, though it was sampled',\n"
	"\te.session_id, e.name)\n"
	"FROM event e WHERE e.mode <> 'count' AND EXISTS (\n"
	"\tSELECT 1 FROM event_count c WHERE c.event_id = e.id AND c.thread_id IS NULL)",

	"SELECT printf('session %d, %s: function %d has a total of %d, which is not between '\n"
	"\t|| 'its self %d and the sum %d',\n"
	"\te.session_id, e.name, c.function_id, c.total, c.self, e.value)\n"
	"FROM function_cost c JOIN event e ON e.id = c.event_id\n"
	"WHERE c.total > e.value OR c.self > c.total",

	"SELECT printf('session %d, %s: a time slice names cost %d, which is not there',\n"
	"\tc.session_id, c.event, c.cost_id)\n"
	"FROM slice_cost c LEFT JOIN cost k ON k.id = c.cost_id AND k.event_id = c.event_id\n"
	"WHERE k.id IS NULL LIMIT 20",
};

static int run_check(struct pmc_store *store, const char *sql,
		     void (*fn)(void *ctx, const char *finding), void *ctx, struct pmc_err *err)
{
	static const char unreadable[] = "damaged: the file cannot be read to its end; `sqlite3 "
					 "FILE .recover` saves what can be read";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL), found = 0;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			continue;
		if (fn)
			fn(ctx, (const char *)sqlite3_column_text(stmt, 0));
		found = 1;
	}
	sqlite3_finalize(stmt);
	if (code == SQLITE_DONE)
		return found;
	if ((code & 0xff) != SQLITE_CORRUPT && (code & 0xff) != SQLITE_NOTADB)
		return connection_fail(store->db, store->path, "check", err);
	if (fn)
		fn(ctx, unreadable);
	return 1;
}

int pmc_store_check(struct pmc_store *store, void (*fn)(void *ctx, const char *finding), void *ctx,
		    struct pmc_err *err)
{
	int found = 0;

	/* One transaction: a recorder that writes meanwhile must not make the sums differ. */
	if (connection_exec(store->db, store->path, "BEGIN", err))
		return -1;
	for (size_t i = 0; i < PMC_COUNT(checks); i++) {
		const int result = run_check(store, checks[i], fn, ctx, err);

		if (result < 0) {
			connection_rollback(store->db);
			return -1;
		}
		found |= result;
		/* What cannot be read cannot be added up. */
		if (i == 0 && found)
			break;
	}
	connection_rollback(store->db);
	return found;
}
