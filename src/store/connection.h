/*
 * connection.h - inside the folder: the connection, transactions, and what result codes mean.
 */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct pmc_store {
	sqlite3 *db;
	char *path;
	enum pmc_store_mode mode;
};

/*
 * Sets err from the last failure of the connection: "cannot <what> <path>: <why>", with a hint for
 * the causes that users can mend (no space, no permission, damaged, busy). Returns -1.
 */
int connection_fail(sqlite3 *db, const char *path, const char *what, struct pmc_err *err);

/* Runs statements without results. -1: err is set. */
int connection_exec(sqlite3 *db, const char *path, const char *sql, struct pmc_err *err);

/* Value of a one-row, one-column query; NULL is 0. */
int connection_get_int(sqlite3 *db, const char *path, const char *sql, int64_t *value,
		       struct pmc_err *err);

/* BEGIN IMMEDIATE, waiting for other writers as long as CONNECTION_PATIENCE_MS. */
int connection_begin(sqlite3 *db, const char *path, struct pmc_err *err);

/* COMMIT; where that fails, everything is rolled back. */
int connection_commit(sqlite3 *db, const char *path, struct pmc_err *err);

void connection_rollback(sqlite3 *db);

/* Longest wait for a lock. Flushes of others take milliseconds; a deletion may take seconds. */
#define CONNECTION_PATIENCE_MS 60000

#endif
