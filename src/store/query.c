/*
 * query.c - statements of readers: prepared one by one, stepped, and kept from writing.
 *
 * Job: typed rows for report/ and the shell; refusal of writing statements on READ stores; errors
 * of SQL with their place; finding a session by what the user typed.
 * Not here: what is asked (report/, cli/).
 *
 * Three guards, as each has holes the others close: an authorizer refuses ATTACH, DETACH and
 * pragmas that set something; sqlite3_stmt_readonly() refuses every other statement that writes
 * (INSERT, VACUUM INTO, BEGIN IMMEDIATE, …); query_only stands behind both.
 */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/connection.h"

struct pmc_query {
	struct pmc_store *store;
	sqlite3_stmt *stmt;
};

/* Pragmas that take an argument and only read. */
static const char *const reading_pragmas[] = {
	"table_info",	    "table_xinfo",	 "table_list",	    "index_list",
	"index_info",	    "index_xinfo",	 "foreign_key_list", "foreign_key_check",
	"integrity_check",  "quick_check",	 "function_list",   "collation_list",
	"compile_options",
};

/* Pragmas that read when they have no argument. */
static const char *const plain_pragmas[] = {
	"application_id", "user_version",  "schema_version", "page_size",    "page_count",
	"freelist_count", "encoding",	   "database_list",  "journal_mode", "cache_size",
	"data_version",	  "module_list",   "pragma_list",    "query_only",   "busy_timeout",
	"synchronous",	  "foreign_keys",  "auto_vacuum",    "mmap_size",    "journal_size_limit",
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!sqlite3_stricmp(name, names[i]))
			return true;
	}
	return false;
}

static int authorize(void *ctx, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	(void)ctx;
	(void)database;
	(void)trigger;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_REINDEX:
	case SQLITE_ANALYZE:
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		if (is_among(first, reading_pragmas, PMC_COUNT(reading_pragmas)))
			return SQLITE_OK;
		if (!second && is_among(first, plain_pragmas, PMC_COUNT(plain_pragmas)))
			return SQLITE_OK;
		return SQLITE_DENY;
	case SQLITE_FUNCTION:
		return !sqlite3_stricmp(second, "load_extension") ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

void query_guard(sqlite3 *db)
{
	sqlite3_set_authorizer(db, authorize, NULL);
}

static int refuse_write(struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_USAGE, "this statement is not a plain query: sessions are opened "
					"for reading only");
	return pmc_err_hint(err, "SELECT, WITH, VALUES, EXPLAIN and reading PRAGMAs work; to "
				 "change the file, use `pmc db label` or `pmc db delete`");
}

/* An SQL error with the text around its place, when SQLite knows it. */
static int fail_sql(sqlite3 *db, const char *sql, struct pmc_err *err)
{
	const int offset = sqlite3_error_offset(db), code = sqlite3_errcode(db) & 0xff;

	if (code == SQLITE_AUTH)
		return refuse_write(err);
	if (code == SQLITE_INTERRUPT)
		return pmc_err_set(err, PMC_ERR_SYSTEM, "the query was interrupted");
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_IOERR ||
	    code == SQLITE_FULL || code == SQLITE_BUSY || code == SQLITE_CANTOPEN)
		return connection_fail(db, sqlite3_db_filename(db, "main"), "read", err);
	if (offset >= 0 && (size_t)offset <= strlen(sql)) {
		int line = 1, column = 1;

		for (int i = 0; i < offset; i++) {
			column = sql[i] == '\n' ? 1 : column + ((sql[i] & 0xc0) != 0x80);
			line += sql[i] == '\n';
		}
		pmc_err_set(err, PMC_ERR_USAGE, "SQL: %s (line %d, column %d: \"%.40s\")",
			    sqlite3_errmsg(db), line, column, sql + offset);
	} else {
		pmc_err_set(err, PMC_ERR_USAGE, "SQL: %s", sqlite3_errmsg(db));
	}
	if (strstr(sqlite3_errmsg(db), "no such table"))
		return pmc_err_hint(err, "`pmc db schema` shows the views, e.g. function_profile, "
					 "and the tables");
	if (strstr(sqlite3_errmsg(db), "no such column"))
		return pmc_err_hint(err, "`pmc db schema` shows the columns; text is quoted 'like "
					 "this'");
	return -1;
}

/* What is wrong with a statement of pmc's own: never the statement. */
static void fail_own(const struct pmc_store *store, struct pmc_err *err)
{
	struct pmc_err first = { 0 };

	if (!err || err->kind != PMC_ERR_USAGE)
		return;
	first = *err;
	pmc_err_clear(err);
	pmc_err_set(err, PMC_ERR_DATA, "'%s' is damaged, or its tables were changed: %s",
		    store->path, first.message);
	pmc_err_hint(err, "`pmc db check` tells more; the sqlite3 command's .recover may save what "
			  "is left");
}

struct pmc_query *pmc_query_prepare(struct pmc_store *store, const char *sql, const char **rest,
				    struct pmc_err *err)
{
	struct pmc_query *query;
	sqlite3_stmt *stmt = NULL;
	const char *tail = sql;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, &tail) != SQLITE_OK) {
		fail_sql(store->db, sql, err);
		if (rest)
			*rest = sql;
		else
			fail_own(store, err);
		return NULL;
	}
	if (rest)
		*rest = tail;
	if (!stmt) {
		/* A comment or a lone ';' is followed by what may be a statement. */
		return *tail && tail != sql ? pmc_query_prepare(store, tail, rest, err) : NULL;
	}
	if (store->mode == PMC_STORE_READ && !sqlite3_stmt_readonly(stmt) &&
	    !sqlite3_stmt_isexplain(stmt)) {
		const char *text = sqlite3_sql(stmt);

		/*
		 * "PRAGMA journal_mode" reads, though SQLite calls it a writer: ask the authorizer
		 * only.
		 */
		while (*text == ' ' || *text == '\t' || *text == '\n')
			text++;
		if (sqlite3_strnicmp(text, "pragma", 6)) {
			sqlite3_finalize(stmt);
			refuse_write(err);
			return NULL;
		}
	}
	query = pmc_calloc(1, sizeof(*query));
	query->store = store;
	query->stmt = stmt;
	return query;
}

int pmc_query_bind_int(struct pmc_query *query, int index, int64_t value)
{
	return sqlite3_bind_int64(query->stmt, index, value) == SQLITE_OK ? 0 : -1;
}

int pmc_query_bind_text(struct pmc_query *query, int index, const char *text)
{
	const int code = sqlite3_bind_text(query->stmt, index, text, -1, SQLITE_TRANSIENT);

	return code == SQLITE_OK ? 0 : -1;
}

int pmc_query_columns(const struct pmc_query *query)
{
	return sqlite3_column_count(query->stmt);
}

const char *pmc_query_column_name(const struct pmc_query *query, int column)
{
	return sqlite3_column_name(query->stmt, column);
}

int pmc_query_step(struct pmc_query *query, struct pmc_err *err)
{
	switch (sqlite3_step(query->stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fail_sql(query->store->db, sqlite3_sql(query->stmt), err);
	}
}

struct pmc_cell pmc_query_cell(const struct pmc_query *query, int column)
{
	sqlite3_stmt *stmt = query->stmt;
	struct pmc_cell cell = { .type = PMC_CELL_NULL };

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		cell.type = PMC_CELL_INT;
		cell.integer = sqlite3_column_int64(stmt, column);
		cell.real = (double)cell.integer;
		break;
	case SQLITE_FLOAT:
		cell.type = PMC_CELL_REAL;
		cell.real = sqlite3_column_double(stmt, column);
		cell.integer = sqlite3_column_int64(stmt, column);
		break;
	case SQLITE_TEXT:
		cell.type = PMC_CELL_TEXT;
		cell.text = (const char *)sqlite3_column_text(stmt, column);
		cell.len = (size_t)sqlite3_column_bytes(stmt, column);
		break;
	case SQLITE_BLOB:
		cell.type = PMC_CELL_BLOB;
		cell.text = sqlite3_column_blob(stmt, column);
		cell.len = (size_t)sqlite3_column_bytes(stmt, column);
		break;
	default:
		break;
	}
	return cell;
}

void pmc_query_free(struct pmc_query *query)
{
	if (!query)
		return;
	sqlite3_finalize(query->stmt);
	free(query);
}

/* Hint with the sessions there are, newest first. */
static int list_sessions(struct pmc_store *store, struct pmc_err *err)
{
	static const char sql[] =
		"SELECT group_concat(name, ', ') FROM (\n"
		"\tSELECT id || coalesce(' (' || label || ')', '') AS name FROM session\n"
		"\tORDER BY id DESC LIMIT 20)";
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);

	if (query && pmc_query_step(query, err) == 1 && pmc_query_cell(query, 0).text)
		pmc_err_hint(err, "sessions in '%s': %s", store->path,
			     pmc_query_cell(query, 0).text);
	else
		pmc_err_hint(err, "'%s' has no sessions yet; `pmc record COMMAND` records one",
			     store->path);
	pmc_query_free(query);
	return -1;
}

int pmc_store_find_session(struct pmc_store *store, const char *text, int64_t *session_id,
			   struct pmc_err *err)
{
	static const char by_label[] = "SELECT max(id) FROM session WHERE label = ?1";
	static const char by_number[] =
		"SELECT coalesce((SELECT id FROM session WHERE id = CAST(?1 AS INTEGER)),\n"
		"\t(SELECT max(id) FROM session WHERE label = ?1))";
	const bool last = !text || !strcmp(text, "last");
	const bool number = text && *text && strspn(text, "0123456789") == strlen(text);
	const char *sql = last ? "SELECT max(id) FROM session" : number ? by_number : by_label;
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int found;

	if (!query)
		return -1;
	if (!last)
		pmc_query_bind_text(query, 1, text);
	found = pmc_query_step(query, err);
	if (found == 1 && pmc_query_cell(query, 0).type == PMC_CELL_INT) {
		*session_id = pmc_query_cell(query, 0).integer;
		pmc_query_free(query);
		return 0;
	}
	pmc_query_free(query);
	if (found < 0)
		return -1;
	pmc_err_set(err, PMC_ERR_DATA, last ? "'%s' has no sessions" : "'%s' has no session '%s'",
		    store->path, text);
	return list_sessions(store, err);
}
