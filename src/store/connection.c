/*
 * connection.c - transactions on one SQLite connection, and errors in words.
 *
 * Job: run statements, take the write lock patiently, say what a result code means for the user.
 * Not here: opening and judging files (store.c), prepared statements of writers and readers.
 *
 * A transaction that writes begins with BEGIN IMMEDIATE: from then on no other writer can come
 * between, so nothing later in it can fail for a lock, and ids read in it stay the highest.
 */
#include "store/connection.h"

int connection_fail(sqlite3 *db, const char *path, const char *what, struct pmc_err *err)
{
	const int code = sqlite3_extended_errcode(db);

	if ((code & 0xff) == SQLITE_NOTADB) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' is not a session file: it is no SQLite "
					       "database", path);
		return pmc_err_hint(err, "name another file with -i or -o, or in PMC_DB");
	}
	pmc_err_set(err, PMC_ERR_SYSTEM, "cannot %s '%s': %s", what, path, sqlite3_errmsg(db));
	switch (code & 0xff) {
	case SQLITE_FULL:
		return pmc_err_hint(err, "the disk is full: make room, or write elsewhere with -o "
					 "FILE");
	case SQLITE_IOERR:
		return pmc_err_hint(err, "the disk refused (extended code %d): is it full, gone or "
					 "over quota? -o FILE writes elsewhere", code);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return pmc_err_hint(err, "another process has been writing to it for a minute; see "
					 "`fuser %s`", path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return pmc_err_hint(err, "you may not write this file or its folder; -o FILE "
					 "writes elsewhere");
	case SQLITE_CANTOPEN:
		return pmc_err_hint(err, "the file and its -wal and -shm must be readable, and "
					 "their folder writable");
	case SQLITE_CORRUPT:
		return pmc_err_hint(err, "the file is damaged; `sqlite3 %s .recover` saves what "
					 "can be read", path);
	case SQLITE_CONSTRAINT:
		return pmc_err_hint(err, "this is a fault in pmc; please report it with the "
					 "command used");
	default:
		return -1;
	}
}

int connection_exec(sqlite3 *db, const char *path, const char *sql, struct pmc_err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return connection_fail(db, path, "use", err);
	return 0;
}

int connection_get_int(sqlite3 *db, const char *path, const char *sql, int64_t *value,
		       struct pmc_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	*value = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	else if (code != SQLITE_DONE)
		connection_fail(db, path, "read", err);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

int connection_begin(sqlite3 *db, const char *path, struct pmc_err *err)
{
	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return connection_fail(db, path, "write to", err);
}

int connection_commit(sqlite3 *db, const char *path, struct pmc_err *err)
{
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	connection_fail(db, path, "write to", err);
	connection_rollback(db);
	return -1;
}

void connection_rollback(sqlite3 *db)
{
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}
