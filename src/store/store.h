/*
 * store.h - sessions in one SQLite file: writing them, reading them, looking after them.
 *
 * A `struct pmc_store` is one connection. The file holds any number of sessions; several recorders
 * and readers may use it at once (WAL, a busy timeout, short transactions). Schema: schema.c, from
 * which the DDL, docs/SCHEMA.md and `pmc db schema` are made.
 */
#ifndef PMC_STORE_H
#define PMC_STORE_H

#include <stdio.h>

#include "base/err.h"
#include "base/model.h"

#define PMC_APPLICATION_ID 0x706d6331	/* "pmc1" */

struct pmc_store;

enum pmc_store_mode {
	PMC_STORE_READ,		/* must exist; no statement can change the file (how: store.c); an
				 * older file has this version's views all the same */
	PMC_STORE_WRITE,	/* must exist; migrated to this version's schema if older */
	PMC_STORE_CREATE,	/* made where it does not exist; migrated if older */
};

/*
 * Errors, each with a hint: no such file, no permission, read-only folder, no space, not a
 * database,
 * another application's database (application_id seen), a newer version (versions seen), damaged.
 * A file of a failed CREATE is not left behind.
 */
struct pmc_store *pmc_store_open(const char *path, enum pmc_store_mode mode, struct pmc_err *err);
void pmc_store_close(struct pmc_store *store);

/* Schema version of this build, and the page/statement library's version text. */
int pmc_store_schema_version(void);
const char *pmc_store_sqlite_version(void);

/* ---- writing a session (writer.c) ---- */

struct pmc_writer;

/* Adds a session row in state 'recording'. *session_id is what users pass to --session. */
struct pmc_writer *pmc_writer_begin(struct pmc_store *store, const struct pmc_session_info *info,
				    int64_t *session_id, struct pmc_err *err);

/* Writes a symbolized batch in one transaction (also when it is empty: the session's sign of life).
 * Retries while another writer is busy. On error nothing of the batch is in the file. */
int pmc_writer_write(struct pmc_writer *writer, const struct pmc_batch *batch, struct pmc_err *err);

/*
 * Marks the session 'finished' or 'interrupted' with its duration, and folds the WAL into the file
 * if no one else holds it. The writer stays to be freed.
 */
int pmc_writer_finish(struct pmc_writer *writer, uint64_t duration_ns, bool interrupted,
		      struct pmc_err *err);

/* Frees it. A session that was not finished stays as 'recording' and is seen as cut short. */
void pmc_writer_free(struct pmc_writer *writer);

/* Removes the session again (a command that could not be executed leaves nothing). */
int pmc_writer_discard(struct pmc_writer *writer, struct pmc_err *err);

/* Samples whose leaf had no name so far, for the summary line. */
uint64_t pmc_writer_unresolved(const struct pmc_writer *writer);

/* ---- reading (query.c): typed rows for report/; all borrowed until the next step ---- */

enum pmc_cell_type { PMC_CELL_NULL, PMC_CELL_INT, PMC_CELL_REAL, PMC_CELL_TEXT, PMC_CELL_BLOB };
struct pmc_cell {
	enum pmc_cell_type type;
	int64_t integer;
	double real;
	const char *text;		/* TEXT (NUL-terminated) and BLOB */
	size_t len;
};

struct pmc_query;

/*
 * Prepares one statement of `sql`; *rest is set to what follows it. NULL: it is pmc's own and
 * alone, so that an error in it means a damaged file. A text without a statement (blank, comments)
 * gives NULL without an error. On a READ store statements that would
 * write are refused with a hint. SQL errors name the place: "near …" and the offset.
 */
struct pmc_query *pmc_query_prepare(struct pmc_store *store, const char *sql, const char **rest,
				    struct pmc_err *err);
int pmc_query_bind_int(struct pmc_query *query, int index, int64_t value);
/* The text is copied; NULL binds NULL. */
int pmc_query_bind_text(struct pmc_query *query, int index, const char *text);
int pmc_query_columns(const struct pmc_query *query);
const char *pmc_query_column_name(const struct pmc_query *query, int column);
/* 1: a row is there; 0: done; -1: error. */
int pmc_query_step(struct pmc_query *query, struct pmc_err *err);
struct pmc_cell pmc_query_cell(const struct pmc_query *query, int column);
void pmc_query_free(struct pmc_query *query);

/* Interrupts a running query from a signal handler. */
void pmc_store_interrupt(struct pmc_store *store);

/*
 * Finds a session: NULL or "last" = the newest, a number = that id, else the newest with that
 * label.
 * Not found: an error whose hint lists what is there.
 */
int pmc_store_find_session(struct pmc_store *store, const char *text, int64_t *session_id,
			   struct pmc_err *err);

/* ---- looking after files (maintain.c, schema.c) ---- */

/* Prints the DDL, or the reference in markdown. */
void pmc_store_print_schema(FILE *out);
void pmc_store_print_reference(FILE *out);

/*
 * Integrity, foreign keys, sums that must agree; one line a finding to fn. 0: sound; 1: findings;
 * -1 error.
 */
int pmc_store_check(struct pmc_store *store, void (*fn)(void *ctx, const char *finding), void *ctx,
		    struct pmc_err *err);
int pmc_store_delete_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err);
int pmc_store_label_session(struct pmc_store *store, int64_t session_id, const char *label,
			    struct pmc_err *err);

#endif
