/*
 * output_file.c - results that go to a file: written beside it, then renamed; see output_file.h.
 *
 *   open ──► .NAME.XXXXXX ──commit──► NAME          an error or a signal leaves what NAME was
 *                 └──────── close ──► removed
 *
 * A path that is no ordinary file (a pipe, /dev/null) is written to as it is. A link is followed,
 * so that it stays one. A database is never taken for a result to replace, whatever it is called:
 * its first bytes tell.
 */
#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* The draft's path: in the same folder, so that it can be renamed. The caller frees. */
static char *draft_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	const int folder = slash ? (int)(slash + 1 - path) : 0;

	return pmc_sprintf("%.*s.%s.XXXXXX", folder, path, path + folder);
}

static int open_draft(struct output_file *file, struct pmc_err *err)
{
	const mode_t mask = umask(0);
	int fd;

	umask(mask);
	file->draft = draft_path(file->path);
	fd = mkstemp(file->draft);
	if (fd < 0) {
		pmc_err_errno(err, errno, "cannot write %s", file->path);
		free(file->draft);
		file->draft = NULL;
		return pmc_err_hint(err, "-o writes elsewhere; - is the standard output");
	}
	fchmod(fd, 0666 & ~mask);
	file->out = fdopen(fd, "w");
	return 0;
}

/* The database file format of SQLite, 1.3.1: the header string, with its NUL. */
static const char database_magic[16] = "SQLite format 3";

static bool is_database(const char *path)
{
	char head[sizeof(database_magic)];
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, head, sizeof(head), 0);
	close(fd);
	return n == sizeof(head) && !memcmp(head, database_magic, sizeof(head));
}

static int open_regular(struct output_file *file, struct pmc_err *err)
{
	if (!is_database(file->path))
		return open_draft(file, err);
	pmc_err_set(err, PMC_ERR_USAGE, "%.400s is a database, and would be overwritten",
		    file->path);
	return pmc_err_hint(err, "name another file with -o: this one has sessions");
}

int output_file_open(struct output_file *file, const char *path, struct pmc_err *err)
{
	struct stat stat_buf;
	char *target;

	memset(file, 0, sizeof(*file));
	if (!path || !strcmp(path, "-")) {
		file->out = stdout;
		return 0;
	}
	target = realpath(path, NULL);
	file->path = pmc_strdup(target ? target : path);
	if (!*path) {
		pmc_err_set(err, PMC_ERR_USAGE, "cannot write a file without a name");
		return pmc_err_hint(err, "-o names the file; - is the standard output");
	}
	free(target);
	if (stat(file->path, &stat_buf) || S_ISREG(stat_buf.st_mode))
		return open_regular(file, err);
	file->out = fopen(file->path, "w");
	if (file->out)
		return 0;
	pmc_err_errno(err, errno, "cannot write %s", file->path);
	return pmc_err_hint(err, "-o writes elsewhere; - is the standard output");
}

/* The reason of a write that failed earlier is gone; one more tells the same. */
static int ask_again(FILE *out)
{
	clearerr(out);
	errno = 0;
	if (fputc('\n', out) != EOF)
		fflush(out);
	return errno ? errno : EIO;
}

int output_file_commit(struct output_file *file, struct pmc_err *err)
{
	int failed, reason = 0;

	if (!file->path)
		return 0;
	failed = ferror(file->out);
	if (failed)
		reason = ask_again(file->out);
	errno = 0;
	failed |= fclose(file->out);
	file->out = NULL;
	if (!failed && file->draft)
		failed = rename(file->draft, file->path);
	if (failed) {
		if (!reason)
			reason = errno ? errno : EIO;
		pmc_err_errno(err, reason, "cannot write %s", file->path);
		return pmc_err_hint(err, "-o writes elsewhere; - is the standard output");
	}
	free(file->draft);
	file->draft = NULL;
	return 0;
}

void output_file_close(struct output_file *file)
{
	if (file->path && file->out)
		fclose(file->out);
	if (file->draft)
		unlink(file->draft);
	free(file->draft);
	free(file->path);
	memset(file, 0, sizeof(*file));
}
