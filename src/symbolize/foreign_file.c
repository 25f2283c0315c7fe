/*
 * foreign_file.c - see foreign_file.h.
 *
 * The path in a recording is that of another machine, or of another day. Tried in this order:
 *
 *      SYMFS/path ─► path ─► ~/.debug/.build-id/93/ac61…/elf ─► /usr/lib/debug/.build-id/93/ac61…
 *      (if given)    (if not)  what perf keeps of what it recorded
 *
 * Where the recording knows the build-id, only a file that has the same is opened. Where it does
 * not, the folder that the user named is believed, and this machine's path if the recording was
 * made on this machine.
 */
#include "symbolize/foreign_file.h"

#include <stdio.h>
#include <string.h>

#include "symbolize/vdso.h"

/* NULL too where the recorded build-id is another one. */
static struct elf_file *open_checked(const char *path, const struct pmc_module_row *row)
{
	struct elf_file *file = elf_file_open(path);

	if (!file || !row->build_id_len ||
	    elf_file_has_build_id(file, row->build_id, row->build_id_len))
		return file;
	elf_file_free(file);
	return NULL;
}

static struct elf_file *open_below(const char *folder, const char *path,
				   const struct pmc_module_row *row)
{
	PMC_FREE char *name = pmc_sprintf("%s%s", folder, path);

	return open_checked(name, row);
}

/* Folders that hold files by build-id. */
static struct elf_file *open_by_id(const char *folder, const char *inside, const char *last,
				   const struct pmc_module_row *row)
{
	char hex[2 * PMC_BUILD_ID_MAX + 1];
	PMC_FREE char *name = NULL;

	if (!folder || row->build_id_len < 2)
		return NULL;
	for (size_t i = 0; i < row->build_id_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", row->build_id[i]);
	name = pmc_sprintf("%s%s/.build-id/%.2s/%s%s", folder, inside, hex, hex + 2, last);
	return open_checked(name, row);
}

struct elf_file *foreign_file_open(const struct pmc_file_search *search, const char *path,
				   const struct pmc_module_row *row)
{
	struct elf_file *file = NULL;

	if (path[0] != '/')
		return NULL;
	if (search->symfs)
		file = open_below(search->symfs, path, row);
	else if (row->build_id_len || search->is_this_host)
		file = open_checked(path, row);
	if (!file)
		file = open_by_id(getenv("HOME"), "/.debug", "/elf", row);
	if (!file && search->symfs)
		file = open_by_id(search->symfs, "/usr/lib/debug", "", row);
	if (!file)
		file = open_by_id("/usr/lib/debug", "", "", row);
	return file;
}

struct elf_file *foreign_vdso_open(const struct pmc_module_row *row)
{
	struct elf_file *file = row->build_id_len ? vdso_open() : NULL;

	if (!file || elf_file_has_build_id(file, row->build_id, row->build_id_len))
		return file;
	elf_file_free(file);
	return NULL;
}
