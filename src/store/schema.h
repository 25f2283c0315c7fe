/*
 * schema.h - the schema as data, and bringing a file to this version of it.
 *
 *   schema_tables[], schema_views[] ──┬─► CREATE statements ──► a new file (schema_migrate.c)
 *                                     ├─► `pmc db schema`       (schema.c)
 *                                     └─► docs/SCHEMA.md        (schema.c)
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct sqlite3;

/* The version of the tables described here, kept in the file's user_version. */
#define SCHEMA_VERSION 6

/* A doc that is missing or empty does not build. */
#define SCHEMA_DOC(text)                                                                           \
	(&(text)[0 * sizeof(struct {                                                               \
			 _Static_assert(sizeof(text) > 1, "a doc is missing");                     \
			 char c;                                                                   \
		 })])

struct schema_column {
	const char *name;		/* NULL ends a list */
	const char *type;		/* STRICT type and constraints; NULL in views */
	const char *references;		/* table whose id it holds; NULL */
	const char *doc;
};

struct schema_index {
	const char *name;		/* NULL ends a list */
	const char *columns;
	bool unique;
};

struct schema_table {
	const char *name;		/* NULL ends the list */
	const char *doc;
	const struct schema_column *columns;
	const char *primary_key;	/* columns of a WITHOUT ROWID table; NULL: a rowid table */
	const struct schema_index *indices;	/* NULL: none */
};

struct schema_view {
	const char *name;		/* NULL ends the list */
	bool internal;			/* a building block of other views: no promise */
	const char *doc;
	const struct schema_column *columns;
	const char *sql;		/* the SELECT */
};

extern const struct schema_table schema_tables[]; /* referenced tables before those that refer */
extern const struct schema_view schema_views[];		/* used views before those that use them */

/* DDL of one table with its indices, or of one view. `docs`: with the docs as comments. */
void schema_print_table(const struct schema_table *table, bool docs, FILE *out);
void schema_print_view(const struct schema_view *view, bool docs, FILE *out);
/* The same for the connection alone; it hides the view of that name in the file. */
void schema_print_temp_view(const struct schema_view *view, FILE *out);

/* One step from the version before it to `version`. */
struct schema_migration {
	int version;
	int (*apply)(struct sqlite3 *db, struct pmc_err *err);
};

/*
 * Brings the database of `path` (for messages) to the last of `migrations`: an empty one gets the
 * tables as they are now, an older one each step after its version. Each step is one transaction
 * that ends by making all views anew. Refuses files of other applications and of newer versions.
 */
int schema_migrate(struct sqlite3 *db, const char *path, const struct schema_migration *migrations,
		   size_t count, struct pmc_err *err);

/*
 * The migrations of this build: from version 2 on; version 1 is the tables as they were first
 * (schema_steps.c).
 */
extern const struct schema_migration schema_migrations[];
extern const size_t schema_migrations_count;

/*
 * Temporary views that show the tables of a file of an older `version` as this build has them;
 * NULL where none are needed (schema_steps.c).
 */
const char *schema_stand_ins(int version);

/*
 * Makes a file of an older `version` readable as it is: the connection gets stand-ins for tables,
 * and all views of this build as temporary ones, which hide the file's. The file is not changed.
 */
int schema_adapt(struct sqlite3 *db, const char *path, int version, struct pmc_err *err);

/*
 * 0: a pmc database of a version this build reads. 1: an empty one. -1: refused, see
 * schema_migrate().
 */
int schema_identify(struct sqlite3 *db, const char *path, int newest, int *version,
		    struct pmc_err *err);

#endif
