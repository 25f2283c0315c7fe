/*
 * foreign_file.c - see foreign_file.h.
 *
 * The path in a recording is that of another machine, or of another day. Where a file may be is a
 * table, a row a place, in the order in which they are tried:
 *
 *      root                    before                 name             after
 *      SYMFS, or /             ""                     path             ""
 *      SYMFS                   /.build-id/            93/ac61…         ""
 *      ~ (perf's copies)       /.debug/.build-id/     93/ac61…         /elf
 *      SYMFS, then /           /usr/lib/debug/…       93/ac61…         "", .debug
 *
 * The last is a program's debug file: names without the code (split_file.c).
 *
 * The kernel's image has no path. It lies where distributions and those who build it put it, by its
 * release. Of its files and those of its modules the first that has DWARF is taken, else the first:
 * what is installed has been stripped, files in other places are whole.
 *
 * Where the recording knows the build-id, only a file that has the same is opened, and so this
 * machine is searched though a folder was named: that may be one of kernel files alone. Where it
 * does not, the folder that the user named is believed, and this machine's path if the recording
 * was made on this machine. Of the kernel's image nothing is believed: its path tells too little.
 */
#include "symbolize/foreign_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "symbolize/kmod_file.h"
#include "symbolize/split_file.h"
#include "symbolize/vdso.h"

enum root {
	FOLDER,	/* SYMFS, if one was given */
	BELOW,	/* SYMFS; / where none was given, or the build-id is known */
	BOTH,	/* SYMFS if one was given, then / */
	HOME,
};

enum name {
	PATH,
	KO_PATH,	/* of a kernel module, as it is called before it is compressed */
	RELEASE,
	ID,
};

struct place {
	enum root root;
	const char *before;
	enum name name;
	const char *after;
};

static const struct place user_places[] = {
	{ BELOW, "", PATH, "" },
	{ FOLDER, "/.build-id/", ID, "" },
	{ FOLDER, "/.build-id/", ID, "/elf" },
	{ HOME, "/.debug/.build-id/", ID, "/elf" },
	{ BOTH, "/usr/lib/debug/.build-id/", ID, "" },
	{ BOTH, "/usr/lib/debug/.build-id/", ID, ".debug" },
};

static const struct place kernel_places[] = {
	{ BELOW, "/usr/lib/debug/boot/vmlinux-", RELEASE, "" },
	{ BELOW, "/usr/lib/debug/boot/vmlinux-", RELEASE, ".debug" },
	{ BELOW, "/usr/lib/debug/lib/modules/", RELEASE, "/vmlinux" },
	{ BELOW, "/usr/lib/debug/usr/lib/modules/", RELEASE, "/vmlinux" },
	{ BELOW, "/usr/lib/debug/usr/lib/modules/", RELEASE, "/vmlinux.debug" },
	{ BELOW, "/boot/vmlinux-", RELEASE, "" },
	{ BELOW, "/lib/modules/", RELEASE, "/vmlinux" },
	{ BELOW, "/usr/lib/modules/", RELEASE, "/vmlinux" },
	{ BELOW, "/lib/modules/", RELEASE, "/build/vmlinux" },
	{ HOME, "/.debug/.build-id/", ID, "/vmlinux" },
	{ HOME, "/.debug/.build-id/", ID, "/elf" },
	{ BOTH, "/usr/lib/debug/.build-id/", ID, ".debug" },
};

static const struct place kmod_places[] = {
	{ BELOW, "/usr/lib/debug", KO_PATH, "" },
	{ BELOW, "/usr/lib/debug", KO_PATH, ".debug" },
	{ BELOW, "/usr/lib/debug/usr", KO_PATH, "" },
	{ BELOW, "/usr/lib/debug/usr", KO_PATH, ".debug" },
	{ BOTH, "/usr/lib/debug/.build-id/", ID, ".debug" },
	{ BELOW, "", PATH, "" },
	{ BELOW, "/usr", PATH, "" },
	{ HOME, "/.debug/.build-id/", ID, "/elf" },
};

/* What is looked for. */
struct request {
	const struct pmc_file_search *search;
	const struct pmc_module_row *row;
	const char *path;
	struct elf_file *(*open)(const char *path);
	bool is_packed;				/* a module that may be unpacked, under its path */
	bool dwarf_wanted;			/* a file that has none is taken if no other fits */
	char ko_path[PATH_MAX];
	char id[2 * PMC_BUILD_ID_MAX + 2];	/* "93/ac61…", as folders of build-ids have it */
};

static bool init_request(struct request *request, const struct pmc_file_search *search,
			 const char *path, const struct pmc_module_row *row)
{
	char hex[2 * PMC_BUILD_ID_MAX + 1];

	*request = (struct request){ .search = search, .row = row, .path = path,
				     .open = elf_file_open };
	pmc_format_hex(hex, row->build_id, row->build_id_len);
	if (row->build_id_len > 1)
		snprintf(request->id, sizeof(request->id), "%.2s/%s", hex, hex + 2);
	return row->build_id_len || search->symfs || search->is_this_host;
}

/* NULL: the name is not known. */
static const char *name_of(const struct request *request, enum name name)
{
	switch (name) {
	case PATH:
		return request->path[0] == '/' ? request->path : NULL;
	case KO_PATH:
		return request->ko_path[0] ? request->ko_path : NULL;
	case RELEASE:
		return request->search->release && request->search->release[0] ?
			       request->search->release : NULL;
	case ID:
		return request->id[0] ? request->id : NULL;
	}
	return NULL;
}

/* NULL too where the recorded build-id is another one. */
static struct elf_file *open_below(const struct request *request, const struct place *place,
				   const char *root)
{
	const struct pmc_module_row *row = request->row;
	const char *name = name_of(request, place->name);
	PMC_FREE char *path = NULL;
	struct elf_file *file;

	if (!name || !root)
		return NULL;
	path = pmc_sprintf("%s%s%s%s", root, place->before, name, place->after);
	file = request->is_packed && place->name == PATH ? kmod_file_unpack(path) : NULL;
	if (!file)
		file = request->open(path);
	return elf_file_keep_if(file, row->build_id, row->build_id_len);
}

static struct elf_file *open_place(const struct request *request, const struct place *place)
{
	const char *symfs = request->search->symfs;
	struct elf_file *file;

	switch (place->root) {
	case FOLDER:
		return open_below(request, place, symfs);
	case BELOW:
		file = open_below(request, place, symfs ? symfs : "");
		return file || !symfs || !request->row->build_id_len ?
			       file : open_below(request, place, "");
	case BOTH:
		file = open_below(request, place, symfs);
		return file ? file : open_below(request, place, "");
	case HOME:
		return open_below(request, place, getenv("HOME"));
	}
	return NULL;
}

static struct elf_file *open_first(const struct request *request, const struct place *places,
				   size_t count)
{
	struct elf_file *plain = NULL, *file;

	for (size_t i = 0; i < count; i++) {
		file = open_place(request, &places[i]);
		if (file && (!request->dwarf_wanted || elf_file_has_dwarf(file))) {
			elf_file_free(plain);
			return file;
		}
		if (plain)
			elf_file_free(file);
		else
			plain = file;
	}
	return plain;
}

struct elf_file *foreign_file_open(const struct pmc_file_search *search, const char *path,
				   const struct pmc_module_row *row)
{
	struct elf_file *file;
	struct request request;

	if (path[0] != '/' || !init_request(&request, search, path, row))
		return NULL;
	file = open_first(&request, user_places, PMC_COUNT(user_places));
	if (!file || split_file_restore(file, row))
		return file;
	elf_file_free(file);
	return NULL;
}

bool foreign_file_is_below(const struct pmc_file_search *search, const char *path)
{
	PMC_FREE char *whole = search->symfs ? pmc_sprintf("%s%s", search->symfs, path) : NULL;

	return whole && !access(whole, F_OK);
}

struct elf_file *foreign_kernel_open(const struct pmc_file_search *search,
				     const struct pmc_module_row *row, bool lines)
{
	struct request request;

	if (!row->build_id_len || !init_request(&request, search, "", row))
		return NULL;
	request.dwarf_wanted = lines;
	return open_first(&request, kernel_places, PMC_COUNT(kernel_places));
}

/*
 * A recording may name any file, and what is unpacked may be of any size. Below the folder of
 * modules nobody but root puts files; with --symfs it is the one of a system that the user chose.
 */
static bool is_installed(const char *path)
{
	static const char *const folders[] = { "/lib/modules/", "/usr/lib/modules/" };
	bool is_below = false;

	for (size_t i = 0; i < PMC_COUNT(folders); i++)
		is_below |= !strncmp(path, folders[i], strlen(folders[i]));
	/* Nowhere from there: no part is "." or "..". */
	for (const char *part = path; is_below && (part = strstr(part, "/.")); part++) {
		const size_t dots = strspn(part + 1, ".");

		is_below = dots > 2 || (part[1 + dots] != '/' && part[1 + dots]);
	}
	return is_below;
}

struct elf_file *foreign_kmod_open(const struct pmc_file_search *search, const char *path,
				   const struct pmc_module_row *row, bool lines)
{
	const char *slash = strrchr(path, '/');
	const char *end = slash ? strstr(slash, ".ko") : NULL;
	struct request request;

	if (!init_request(&request, search, path, row))
		return NULL;
	request.open = kmod_file_open;
	request.is_packed = is_installed(path);
	request.dwarf_wanted = lines;
	if (path[0] == '/' && end)
		snprintf(request.ko_path, sizeof(request.ko_path), "%.*s.ko", (int)(end - path),
			 path);
	return open_first(&request, kmod_places, PMC_COUNT(kmod_places));
}

struct elf_file *foreign_vdso_open(const struct pmc_module_row *row)
{
	if (!row->build_id_len)
		return NULL;
	return elf_file_keep_if(vdso_open(), row->build_id, row->build_id_len);
}
