/*
 * schema_migrate.c - whose file it is, which version, and the way to this version.
 *
 * Job: tell pmc files from others, make the tables of a new file, apply numbered migrations, or
 * adapt a connection to an older file that is only read.
 * Not here: what the schema is (schema.c, schema_views.c), what each migration does
 * (schema_steps.c), opening files (store.c).
 *
 *   empty ──────────────► tables as they are now, user_version = newest
 *   version v < newest ─► migration v+1 ─► … ─► migration newest     one transaction each
 *       only read ──────► temporary views, the file stays as it is
 *   version > newest ───► refused
 *
 * Views carry no data, so no migration touches them: they are all dropped before and made anew
 * after each step. A step that fails leaves the file at the version before it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "store/connection.h"
#include "store/schema.h"

/* In one statement, and so of one moment: another process may be making the file. */
static int read_identity(sqlite3 *db, const char *path, int64_t *objects, int64_t *application,
			 int64_t *user_version, struct pmc_err *err)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM sqlite_schema), application_id, "
				  "user_version FROM pragma_application_id, pragma_user_version";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		*objects = sqlite3_column_int64(stmt, 0);
		*application = sqlite3_column_int64(stmt, 1);
		*user_version = sqlite3_column_int64(stmt, 2);
	} else {
		connection_fail(db, path, "read", err);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? 0 : -1;
}

int schema_identify(sqlite3 *db, const char *path, int newest, int *version, struct pmc_err *err)
{
	int64_t application, user_version, objects;

	if (read_identity(db, path, &objects, &application, &user_version, err))
		return -1;
	*version = (int)user_version;
	if (!objects && !application && !user_version)
		return 1;
	if (application != PMC_APPLICATION_ID) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' is the database of another application "
					       "(application_id %lld)",
			    path, (long long)application);
		return pmc_err_hint(err, "name another file with -o or -i, or in PMC_DB");
	}
	if (user_version > newest) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' has schema version %lld; this pmc %s knows "
					       "versions up to %d",
			    path, (long long)user_version, PMC_VERSION, newest);
		return pmc_err_hint(err, "use a newer pmc, one with schema version %lld (`pmc db "
					 "schema` says which it has), or write to another file "
					 "with -o", (long long)user_version);
	}
	if (user_version < 1) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' has schema version %lld, which no pmc ever "
					       "wrote", path,
			    (long long)user_version);
		return pmc_err_hint(err, "the file is damaged or was edited; name another one");
	}
	return 0;
}

/* Runs what `print` puts out for the schema: tables, or views. */
static int run_printed(sqlite3 *db, const char *path, void (*print)(FILE *out), struct pmc_err *err)
{
	char *sql = NULL;
	size_t len;
	FILE *out = open_memstream(&sql, &len);
	int result;

	if (!out)
		return pmc_err_set(err, PMC_ERR_SYSTEM, "cannot make the schema of '%s': out of "
							"memory", path);
	print(out);
	fclose(out);
	result = connection_exec(db, path, sql, err);
	free(sql);
	return result;
}

static void print_tables(FILE *out)
{
	for (const struct schema_table *table = schema_tables; table->name; table++)
		schema_print_table(table, false, out);
}

static void print_views(FILE *out)
{
	for (const struct schema_view *view = schema_views; view->name; view++)
		schema_print_view(view, false, out);
}

static void print_temp_views(FILE *out)
{
	for (const struct schema_view *view = schema_views; view->name; view++)
		schema_print_temp_view(view, out);
}

/* Drops every view there is, also those of older versions that have no name here any more. */
static int drop_views(sqlite3 *db, const char *path, struct pmc_err *err)
{
	static const char sql[] = "SELECT printf('DROP VIEW \"%w\";', name) FROM sqlite_schema "
				  "WHERE type = 'view'";
	sqlite3_stmt *stmt = NULL;
	char *drops = pmc_strdup("");
	int result = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		result = connection_fail(db, path, "read", err);
	while (!result && sqlite3_step(stmt) == SQLITE_ROW) {
		char *more = pmc_sprintf("%s%s", drops, (const char *)sqlite3_column_text(stmt, 0));

		free(drops);
		drops = more;
	}
	sqlite3_finalize(stmt);
	if (!result)
		result = connection_exec(db, path, drops, err);
	free(drops);
	return result;
}

static int set_version(sqlite3 *db, const char *path, int version, struct pmc_err *err)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 PMC_APPLICATION_ID, version);
	return connection_exec(db, path, sql, err);
}

/*
 * Inside the write transaction: version 0 (nothing there) makes the tables, else applies one step.
 */
static int apply_step(sqlite3 *db, const char *path, const struct schema_migration *step,
		      int newest, struct pmc_err *err)
{
	if (step ? drop_views(db, path, err) || step->apply(db, err) :
		   run_printed(db, path, print_tables, err))
		return -1;
	if (run_printed(db, path, print_views, err))
		return -1;
	return set_version(db, path, step ? step->version : newest, err);
}

int schema_migrate(sqlite3 *db, const char *path, const struct schema_migration *migrations,
		   size_t count, struct pmc_err *err)
{
	const int newest = count ? migrations[count - 1].version : SCHEMA_VERSION;

	for (;;) {
		const struct schema_migration *step = NULL;
		int version, empty = schema_identify(db, path, newest, &version, err);

		if (empty < 0)
			return -1;
		if (!empty && version == newest)
			return 0;
		if (connection_begin(db, path, err))
			return -1;
		/* Another process may have done it while we waited for the lock: look again. */
		empty = schema_identify(db, path, newest, &version, err);
		for (size_t i = 0; i < count && !step; i++) {
			if (migrations[i].version == version + 1)
				step = &migrations[i];
		}
		if (empty < 0 || (!empty && !step && version != newest)) {
			if (empty >= 0)
				pmc_err_set(err, PMC_ERR_DATA, "'%s' has schema version %d, which "
							       "this pmc cannot bring to %d",
					    path, version, newest);
			connection_rollback(db);
			return -1;
		}
		if ((empty || version != newest) &&
		    apply_step(db, path, empty ? NULL : step, newest, err)) {
			connection_rollback(db);
			return -1;
		}
		if (connection_commit(db, path, err))
			return -1;
	}
}

int schema_adapt(sqlite3 *db, const char *path, int version, struct pmc_err *err)
{
	const char *stand_ins = schema_stand_ins(version);

	if (version == SCHEMA_VERSION)
		return 0;
	if (stand_ins && connection_exec(db, path, stand_ins, err))
		return -1;
	return run_printed(db, path, print_temp_views, err);
}
