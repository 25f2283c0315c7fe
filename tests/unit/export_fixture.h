/*
 * export_fixture.h - the small session of store_fixture.h, loaded or written by an exporter.
 */
#ifndef EXPORT_FIXTURE_H
#define EXPORT_FIXTURE_H

#include <sqlite3.h>

#include "report/export.h"
#include "report/export_data.h"

#include "store_fixture.h"

struct export_fixture {
	struct store_fixture files;
	struct pmc_store *store;
	struct pmc_export_opts opts;	/* all of the session */
	struct pmc_err err;
	struct export_data data;	/* after export_fixture_load() */
};

static inline void export_fixture_init(struct export_fixture *t)
{
	memset(t, 0, sizeof(*t));
	store_fixture_init(&t->files);
	t->store = store_fixture_open(&t->files, PMC_STORE_CREATE);
	t->opts = (struct pmc_export_opts){ .to_s = -1 };
	t->opts.session_id = store_fixture_session(&t->files, t->store, "small");
}

static inline void export_fixture_fini(struct export_fixture *t)
{
	if (t->data.head.pool)
		export_data_fini(&t->data);
	pmc_store_close(t->store);
	store_fixture_fini(&t->files);
}

/* Changes the file behind the store's back. */
static inline void export_fixture_sql(struct export_fixture *t, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(t->files.path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static inline void export_fixture_load(struct export_fixture *t, bool moments)
{
	if (export_data_load(&t->data, t->store, &t->opts, moments, "it", &t->err))
		fail_msg("%s", t->err.message);
}

/* What an exporter writes, and its size; the caller frees. */
static inline char *export_fixture_bytes(struct export_fixture *t, const char *format, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	t->opts.format = format;
	if (pmc_export_write(t->store, &t->opts, out, &t->err))
		fail_msg("%s (%s)", t->err.message, t->err.hint);
	fclose(out);
	return text;
}

static inline char *export_fixture_text(struct export_fixture *t, const char *format)
{
	size_t size;

	return export_fixture_bytes(t, format, &size);
}

/* The writer fails with this message. */
static inline void export_fixture_fails(struct export_fixture *t, const char *format,
					const char *message)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	t->opts.format = format;
	assert_int_equal(pmc_export_write(t->store, &t->opts, out, &t->err), -1);
	fclose(out);
	assert_int_equal(size, 0);
	free(text);
	assert_string_equal(t->err.message, message);
	assert_true(*t->err.hint);
	pmc_err_clear(&t->err);
}

#endif
