/*
 * store.c - one connection to a session file: opening it, judging it, closing it.
 *
 * Job: open with the right rights, tell what is wrong with a file that is not ours, set the
 * pragmas.
 * Not here: the schema and its migrations (schema*.c), statements (writer*.c, query.c, maintain.c).
 *
 * Readers. A read-only SQLite connection leaves an empty -wal and a -shm behind, and never folds in
 * the -wal of a recorder that was killed. So READ opens the file for writing where that is allowed,
 * and then makes writing impossible: query_only, and an authorizer (query.c). Where the file may
 * only be read, SQLite opens it read-only by itself; where the folder may not be written and there
 * is no -wal, the file cannot change under us either, and is opened as immutable. A file of an
 * older version is read as it is, through temporary views (schema_adapt()).
 *
 * A file that a failed CREATE made is removed again, if it is still empty.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/connection.h"
#include "store/query.h"
#include "store/schema.h"

/* Folder part of a path, in the caller's buffer. */
static const char *folder_of(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	snprintf(buf, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return buf;
}

/*
 * Errors that a look at the path itself explains better than SQLite does. 0: nothing wrong to see.
 */
static int check_path(const char *path, enum pmc_store_mode mode, bool *exists, struct pmc_err *err)
{
	char buf[4096];
	const char *folder = folder_of(path, buf, sizeof(buf));
	struct stat st;

	*exists = false;
	if (!*path) { /* SQLite would take it for a file that vanishes when it is closed */
		pmc_err_set(err, PMC_ERR_USAGE, "the name of the database is empty");
		return pmc_err_hint(err, "name a file, such as pmc.db; is a shell variable unset?");
	}
	*exists = stat(path, &st) == 0;
	if (!*exists && errno != ENOENT) {
		pmc_err_errno(err, errno, "cannot open '%s'", path);
		return pmc_err_hint(err, "check the path and the rights on its folders");
	}
	if (*exists && S_ISDIR(st.st_mode)) {
		pmc_err_set(err, PMC_ERR_SYSTEM, "cannot open '%s': it is a folder", path);
		return pmc_err_hint(err, "name a file in it, e.g. %s/pmc.db", path);
	}
	if (*exists && access(path, mode == PMC_STORE_READ ? R_OK : R_OK | W_OK)) {
		pmc_err_errno(err, errno, "cannot open '%s' for %s", path,
			      mode == PMC_STORE_READ ? "reading" : "writing");
		return pmc_err_hint(err, mode == PMC_STORE_READ ?
				    "its owner can allow it: chmod +r" :
				    "name another file with -o FILE, or ask its owner for the "
				    "right to write");
	}
	if (!*exists && mode != PMC_STORE_CREATE) {
		pmc_err_set(err, PMC_ERR_SYSTEM, "there is no session file '%s'", path);
		return pmc_err_hint(err, "`pmc record COMMAND` makes one; -i FILE or PMC_DB names "
					 "another");
	}
	if (!*exists && access(folder, F_OK)) {
		pmc_err_errno(err, errno, "cannot create '%s'", path);
		return pmc_err_hint(err, "make the folder first: mkdir -p '%s'", folder);
	}
	if (mode != PMC_STORE_READ && access(folder, W_OK | X_OK)) {
		pmc_err_errno(err, errno, "cannot write to the folder of '%s'", path);
		return pmc_err_hint(err, "name a file in a folder you may write to: -o FILE");
	}
	return 0;
}

/*
 * True when a -wal with content lies beside the file: then the file alone is not the whole
 * database.
 */
static bool has_wal(const char *path)
{
	PMC_FREE char *wal = pmc_sprintf("%s-wal", path);
	struct stat st;

	return stat(wal, &st) == 0 && st.st_size > 0;
}

/* A path that means the file alone: to SQLite ":memory:" and "file:" would mean more. */
static char *plain_path(const char *path)
{
	const bool special = *path == ':' || !strncmp(path, "file:", 5);

	return pmc_sprintf("%s%s", special ? "./" : "", path);
}

/* "file:" URI of a path, with everything escaped that means something in one. The caller frees. */
static char *immutable_uri(const char *path)
{
	char *uri = pmc_calloc(strlen(path) * 3 + 32, 1), *at = uri;

	at += sprintf(at, "file:");
	for (; *path; path++) {
		if (strchr("?#%", *path))
			at += sprintf(at, "%%%02X", (unsigned char)*path);
		else
			*at++ = *path;
	}
	strcpy(at, "?immutable=1");
	return uri;
}

static int set_pragmas(struct pmc_store *store, struct pmc_err *err)
{
	static const char common[] =
		"PRAGMA cell_size_check = ON;"
		"PRAGMA temp_store = MEMORY;";

	if (connection_exec(store->db, store->path, common, err))
		return -1;
	if (store->mode == PMC_STORE_READ)
		return 0;	/* query_only follows when the views are there: open_reader() */
	/*
	 * Foreign keys are declared and verified by pmc_store_check(), but not enforced while
	 * writing: the writer's ids are right by construction, and each check would cost a lookup a
	 * row.
	 */
	return connection_exec(store->db, store->path, "PRAGMA synchronous = NORMAL; PRAGMA "
						       "foreign_keys = OFF", err);
}

/*
 * Switches to WAL. Another process that does so at the same moment makes it fail as busy without a
 * call of the busy handler (the lock it needs would dead-lock), so it is tried again here.
 */
static int set_wal(struct pmc_store *store, struct pmc_err *err)
{
	for (int tries = 0;; tries++) {
		const int code =
			sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

		if (code == SQLITE_OK)
			return 0;
		if (code != SQLITE_BUSY || tries == 1000)
			return connection_fail(store->db, store->path, "write to", err);
		sqlite3_sleep(5);
	}
}

static int open_connection(struct pmc_store *store, const char *name, int flags,
			   struct pmc_err *err)
{
	sqlite3_close(store->db);
	store->db = NULL;
	if (sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK)
		return connection_fail(store->db, store->path, "open", err);
	sqlite3_busy_timeout(store->db, CONNECTION_PATIENCE_MS);
	return 0;
}

static int open_reader(struct pmc_store *store, struct pmc_err *err)
{
	struct pmc_err first = { 0 };
	int version, found;

	if (open_connection(store, store->path, SQLITE_OPEN_READWRITE, err) ||
	    set_pragmas(store, err))
		return -1;
	found = schema_identify(store->db, store->path, SCHEMA_VERSION, &version, &first);
	if (found < 0 &&
	    (sqlite3_errcode(store->db) == SQLITE_CANTOPEN ||
	     (sqlite3_errcode(store->db) & 0xff) == SQLITE_READONLY) &&
	    !has_wal(store->path)) {
		PMC_FREE char *uri = immutable_uri(store->path);

		pmc_err_clear(&first);
		if (open_connection(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err) ||
		    set_pragmas(store, err))
			return -1;
		found = schema_identify(store->db, store->path, SCHEMA_VERSION, &version, &first);
	}
	if (found < 0) {
		if (err)
			*err = first;
		return -1;
	}
	if (found == 1) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' is an empty database", store->path);
		return pmc_err_hint(err, "`pmc record -o '%s' COMMAND` records a session into it",
				    store->path);
	}
	if (schema_adapt(store->db, store->path, version, err) ||
	    connection_exec(store->db, store->path, "PRAGMA query_only = ON", err))
		return -1;
	query_guard(store->db);
	return 0;
}

static int open_writer(struct pmc_store *store, bool exists, struct pmc_err *err)
{
	const int flags =
		SQLITE_OPEN_READWRITE | (store->mode == PMC_STORE_CREATE ? SQLITE_OPEN_CREATE : 0);
	int version;

	if (open_connection(store, store->path, flags, err) || set_pragmas(store, err))
		return -1;
	/* Judged before anything is changed: another application's file stays as it is. */
	if (exists && schema_identify(store->db, store->path, SCHEMA_VERSION, &version, err) < 0)
		return -1;
	if (set_wal(store, err))
		return -1;
	return schema_migrate(store->db, store->path, schema_migrations, schema_migrations_count,
			      err);
}

struct pmc_store *pmc_store_open(const char *path, enum pmc_store_mode mode, struct pmc_err *err)
{
	struct pmc_store *store;
	struct stat st;
	bool exists;
	int failed;

	if (check_path(path, mode, &exists, err))
		return NULL;
	store = pmc_calloc(1, sizeof(*store));
	store->path = plain_path(path);
	store->mode = mode;
	failed = mode == PMC_STORE_READ ? open_reader(store, err) : open_writer(store, exists, err);
	if (!failed)
		return store;
	pmc_store_close(store);
	if (!exists && stat(path, &st) == 0 && st.st_size == 0)
		unlink(path);
	return NULL;
}

void pmc_store_close(struct pmc_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

void pmc_store_interrupt(struct pmc_store *store)
{
	sqlite3_interrupt(store->db);
}

const char *pmc_store_sqlite_version(void)
{
	return sqlite3_libversion();
}
