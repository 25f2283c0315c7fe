/*
 * module_file.c - from a row's path to the very file that was mapped.
 *
 * A path alone is weak evidence: the file may have been replaced since, may have been deleted, or
 * may be a path of another mount namespace. Tried in this order, the first that is not refuted
 * wins:
 *
 *      path ──► /proc/PID/root/path ──► /proc/PID/map_files/START-END ──► /proc/PID/exe ──► path
 *                                                                       without " (deleted)"
 *
 * What refutes: a build-id that differs from the one the kernel read when it made the mapping;
 * where the kernel gave none, an inode that differs from the live mapping's. Where neither is known
 * (no build-id, process gone) the path is believed, unless the kernel called it deleted.
 */
#include "symbolize/module_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char deleted[] = " (deleted)";

struct request {
	const struct pmc_module_row *row;
	char path[PATH_MAX];		/* without " (deleted)" */
	bool is_deleted;
	bool has_identity;		/* dev and ino of the live mapping are known */
	uint64_t dev, ino;
};

static void map_files_path(const struct pmc_module_row *row, char *path, size_t size)
{
	snprintf(path, size, "/proc/%u/map_files/%llx-%llx", row->pid,
		 (unsigned long long)row->map_start, (unsigned long long)row->map_end);
}

/* True when /proc/PID/exe is the file of that path, deleted or not. */
static bool exe_has_path(uint32_t pid, const char *path)
{
	char link[64], target[PATH_MAX];
	size_t len = strlen(path);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strncmp(target, path, len) && (!target[len] || !strcmp(target + len, deleted));
}

/* What the mapping's inode is, as far as the process still lives and we may look. */
static void read_identity(struct request *request)
{
	char path[PATH_MAX + 64];
	struct stat st;

	map_files_path(request->row, path, sizeof(path));
	if (stat(path, &st)) {
		if (request->is_deleted)
			return;
		snprintf(path, sizeof(path), "/proc/%u/root%s", request->row->pid, request->path);
		if (stat(path, &st))
			return;
	}
	request->has_identity = true;
	request->dev = st.st_dev;
	request->ino = st.st_ino;
}

/* Opens the candidate and takes it unless something refutes it. */
static struct elf_file *try_path(const struct request *request, const char *path)
{
	const struct pmc_module_row *row = request->row;
	struct elf_file *file =
		elf_file_keep_if(elf_file_open(path), row->build_id, row->build_id_len);

	if (!file || row->build_id_len || !request->has_identity ||
	    (file->dev == request->dev && file->ino == request->ino))
		return file;
	elf_file_free(file);
	return NULL;
}

static bool init_request(struct request *request, const char *path,
			 const struct pmc_module_row *row)
{
	const size_t len = strlen(path), mark = sizeof(deleted) - 1;

	if (path[0] != '/' || len >= sizeof(request->path))
		return false;
	*request = (struct request){ .row = row };
	request->is_deleted = len > mark && !strcmp(path + len - mark, deleted);
	memcpy(request->path, path, len);
	if (request->is_deleted)
		request->path[len - mark] = '\0';
	if (row->pid && !row->build_id_len)
		read_identity(request);
	return true;
}

struct elf_file *module_file_open(const char *path, const struct pmc_module_row *row)
{
	char other[PATH_MAX + 64];
	struct elf_file *file = NULL;
	struct request request;

	if (!init_request(&request, path, row))
		return NULL;
	if (!request.is_deleted && (file = try_path(&request, request.path)))
		return file;
	if (row->pid) {
		if (!request.is_deleted) {
			snprintf(other, sizeof(other), "/proc/%u/root%s", row->pid, request.path);
			if ((file = try_path(&request, other)))
				return file;
		}
		map_files_path(row, other, sizeof(other));
		if ((file = try_path(&request, other)))
			return file;
		if (row->build_id_len || exe_has_path(row->pid, request.path)) {
			snprintf(other, sizeof(other), "/proc/%u/exe", row->pid);
			if ((file = try_path(&request, other)))
				return file;
		}
	}
	/* A file of that path again: the same one, if the build-id proves it. */
	if (request.is_deleted && row->build_id_len)
		file = try_path(&request, request.path);
	return file;
}
