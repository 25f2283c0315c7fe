/*
 * kernel_file.c - see kernel_file.h.
 *
 * The kernel runs at another address at each start. A recording has addresses of one run, and where
 * a symbol of the image was then (mostly _text, rarely _stext); all of the image moves together:
 *
 *      sample's address - recorded address of the symbol = offset
 *                         offset + value of the symbol in the file = address for symbols and DWARF
 *
 * Not here: where such files are (foreign_file.c).
 */
#include "symbolize/kernel_file.h"

#include <stdio.h>
#include <string.h>

#include "symbolize/elf_symbols.h"
#include "symbolize/fault_guard.h"
#include "symbolize/foreign_file.h"

static const char text_symbol[] = "_text";

static void write_hex(char hex[2 * ELF_BUILD_ID_MAX + 1], const uint8_t *id, size_t len)
{
	hex[0] = '\0';
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
}

/* ---- which file ---- */

/* The file that the user named, unless it is provably another kernel's. */
static struct elf_file *open_named(const struct pmc_file_search *search,
				   const struct pmc_module_row *row)
{
	struct elf_file *file = search->kernel ? elf_file_open(search->kernel) : NULL;

	if (!file || !row->build_id_len ||
	    elf_file_has_build_id(file, row->build_id, row->build_id_len))
		return file;
	elf_file_free(file);
	return NULL;
}

/* Takes the file; NULL where offsets cannot be counted in it. */
static struct elf_file *keep_if_placed(struct elf_file *file, const char *symbol, uint64_t *base)
{
	if (!file || elf_symbols_address(file, symbol, base))
		return file;
	elf_file_free(file);
	return NULL;
}

struct elf_file *kernel_file_open(const struct pmc_file_search *search,
				  const struct pmc_module_row *row, const char *recorded,
				  bool lines, uint64_t *base)
{
	const char *bracket = strchr(recorded, ']');
	const char *symbol = bracket && bracket[1] ? bracket + 1 : text_symbol;
	struct elf_file *named, *found;
	uint64_t found_base;

	if (!row->base)		/* it was hidden from who recorded */
		return NULL;
	named = keep_if_placed(open_named(search, row), symbol, base);
	if (named && (!lines || elf_file_has_dwarf(named)))
		return named;
	found = keep_if_placed(foreign_kernel_open(search, row, lines), symbol, &found_base);
	if (found && (!named || elf_file_has_dwarf(found))) {
		elf_file_free(named);
		*base = found_base;
		return found;
	}
	elf_file_free(found);
	return named;
}

/* ---- is it the one? ---- */

struct check {
	const char *path, *build_id, *release;
	struct pmc_err *err;
	bool is_good;
};

/* True where the image says that it is of another release: it begins its log with that. */
static bool has_other_release(const struct elf_file *file, const char *release)
{
	static const char mark[] = "Linux version ";
	size_t size, len = strlen(release), at;
	const char *bytes = elf_rawfile(file->elf, &size);
	uint64_t banner;

	if (!bytes || !elf_symbols_address(file, "linux_banner", &banner))
		return false;
	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (banner < s->vaddr || banner - s->vaddr >= s->filesz ||
		    s->offset > size || banner - s->vaddr >= size - s->offset)
			continue;
		at = s->offset + (banner - s->vaddr);
		if (size - at < sizeof(mark) + len || memcmp(bytes + at, mark, strlen(mark)))
			continue;
		at += strlen(mark);
		return memcmp(bytes + at, release, len) || bytes[at + len] != ' ';
	}
	return false;
}

static void check_id(struct check *check, const struct elf_file *file)
{
	char hex[2 * ELF_BUILD_ID_MAX + 1];

	write_hex(hex, file->build_id, file->build_id_len);
	check->is_good = !strcmp(hex, check->build_id);
	if (check->is_good)
		return;
	pmc_err_set(check->err, PMC_ERR_DATA,
		    "%.200s is of another kernel: its build-id is %s, the recorded one is %s",
		    check->path, hex[0] ? hex : "unknown", check->build_id);
	pmc_err_hint(check->err, "it takes the vmlinux of the very same build%s%s",
		     check->release[0] ? ", of Linux " : "", check->release);
}

static void check_file(struct check *check, const struct elf_file *file)
{
	uint64_t address;

	if (!elf_symbols_address(file, text_symbol, &address)) {
		pmc_err_set(check->err, PMC_ERR_DATA, "%s has no symbols of a kernel", check->path);
		pmc_err_hint(check->err, "distributions have a vmlinux with symbols in a package "
					 "of debug files");
		return;
	}
	if (check->build_id[0]) {
		check_id(check, file);
		return;
	}
	check->is_good = !check->release[0] || !has_other_release(file, check->release);
	if (!check->is_good)
		pmc_err_set(check->err, PMC_ERR_DATA,
			    "%s is of another kernel: the recorded one is Linux %s", check->path,
			    check->release);
}

static void open_and_check(void *arg)
{
	struct check *check = arg;
	struct elf_file *file = elf_file_open(check->path);

	if (file) {
		check_file(check, file);
		elf_file_free(file);
		return;
	}
	pmc_err_set(check->err, PMC_ERR_DATA, "%s cannot be read as the image of a kernel",
		    check->path);
	pmc_err_hint(check->err, "it takes an ELF file, vmlinux, not what is booted (vmlinuz)");
}

int pmc_kernel_file_check(const char *path, const char *build_id, const char *release,
			  struct pmc_err *err)
{
	struct check check = { path, build_id, release, err, false };
	struct fault_guard guard;
	bool is_whole;

	fault_guard_init(&guard);
	is_whole = fault_guard_run(open_and_check, &check);
	fault_guard_fini(&guard);
	if (!is_whole)
		pmc_err_set(err, PMC_ERR_DATA, "%s was cut while it was read", path);
	return is_whole && check.is_good ? 0 : -1;
}
