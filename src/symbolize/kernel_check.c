/*
 * kernel_check.c - whether the file that a user named is the image of the recorded kernel.
 *
 * Job: say no with the reason, before names would be missing without one.
 * Not here: which file is taken, and what it names (kernel_file.c).
 *
 *      name ─► a regular file that may be read? ─► ELF, whole? ─► symbols? ─► build-id, or release
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "symbolize/elf_symbols.h"
#include "symbolize/fault_guard.h"
#include "symbolize/kernel_file.h"

struct check {
	const char *path, *build_id, *release;
	struct pmc_err *err;
	bool is_good;
};

/* ---- as a file ---- */

/* True where it can be opened as anything at all. */
static bool is_file(const struct check *check)
{
	struct stat st;

	if (!check->path[0]) {
		pmc_err_set(check->err, PMC_ERR_USAGE, "the name of the kernel's image is empty");
		pmc_err_hint(check->err, "it takes an ELF file, vmlinux");
	} else if (stat(check->path, &st) || access(check->path, R_OK)) {
		pmc_err_errno(check->err, errno, "cannot open '%.300s'", check->path);
	} else if (S_ISDIR(st.st_mode)) {
		pmc_err_set(check->err, PMC_ERR_DATA,
			    "%.300s is a folder, not the image of a kernel", check->path);
		pmc_err_hint(check->err, "--symfs takes the folder of a whole system");
	} else if (!S_ISREG(st.st_mode)) {
		pmc_err_set(check->err, PMC_ERR_DATA, "%.300s is no regular file", check->path);
		pmc_err_hint(check->err, "it takes an ELF file, vmlinux");
	} else {
		return true;
	}
	return false;
}

/* Reads the first bytes, as far as there are some, and the size. False: it has gone. */
static bool read_header(const char *path, Elf64_Ehdr *ehdr, uint64_t *size)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	bool is_read;

	*ehdr = (Elf64_Ehdr){ 0 };
	if (fd < 0)
		return false;
	is_read = !fstat(fd, &st) && pread(fd, ehdr, sizeof(*ehdr), 0) >= 0;
	close(fd);
	*size = is_read ? (uint64_t)st.st_size : 0;
	return is_read;
}

static bool is_elf(const char *path)
{
	Elf64_Ehdr ehdr;
	uint64_t size;

	return read_header(path, &ehdr, &size) && !memcmp(ehdr.e_ident, ELFMAG, SELFMAG);
}

/* True where its table of sections, the last of a file, is behind its end. */
static bool is_cut(const char *path)
{
	Elf64_Ehdr ehdr;
	uint64_t size;

	if (!read_header(path, &ehdr, &size) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG))
		return false;
	if (size < sizeof(ehdr))
		return true;
	if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return false;
	return ehdr.e_shoff > size ||
	       (uint64_t)ehdr.e_shnum * ehdr.e_shentsize > size - ehdr.e_shoff;
}

/* ---- as the image of a kernel ---- */

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

static void hint_at_build(const struct check *check)
{
	pmc_err_hint(check->err, "it takes the vmlinux of the very same build%s%s",
		     check->release[0] ? ", of Linux " : "", check->release);
}

static void check_id(struct check *check, const struct elf_file *file)
{
	char hex[2 * ELF_BUILD_ID_MAX + 1];

	pmc_format_hex(hex, file->build_id, file->build_id_len);
	check->is_good = !strcmp(hex, check->build_id);
	if (check->is_good)
		return;
	pmc_err_set(check->err, PMC_ERR_DATA,
		    "%.200s is of another kernel: its build-id is %s, the recorded one is %s",
		    check->path, hex[0] ? hex : "unknown", check->build_id);
	hint_at_build(check);
}

static void check_file(struct check *check, const struct elf_file *file)
{
	uint64_t address;

	if (!elf_symbols_address(file, KERNEL_TEXT_SYMBOL, &address)) {
		pmc_err_set(check->err, PMC_ERR_DATA, "%.300s has no symbols of a kernel",
			    check->path);
		pmc_err_hint(check->err, "distributions have a vmlinux with symbols in a package "
					 "of debug files");
		return;
	}
	if (check->build_id[0]) {
		check_id(check, file);
		return;
	}
	check->is_good = !check->release[0] || !has_other_release(file, check->release);
	if (check->is_good)
		return;
	pmc_err_set(check->err, PMC_ERR_DATA,
		    "%.300s is of another kernel: the recorded one is Linux %s", check->path,
		    check->release);
	hint_at_build(check);
}

static void open_and_check(void *arg)
{
	struct check *check = arg;
	struct elf_file *file;

	if (!is_file(check))
		return;
	if (is_cut(check->path)) {
		pmc_err_set(check->err, PMC_ERR_DATA, "%.300s is cut: its end is missing",
			    check->path);
		pmc_err_hint(check->err, "copy it once more, all of it");
		return;
	}
	file = elf_file_open(check->path);
	if (file) {
		check_file(check, file);
		elf_file_free(file);
		return;
	}
	if (is_elf(check->path))
		pmc_err_set(check->err, PMC_ERR_DATA, "%.300s is no image of a kernel",
			    check->path);
	else
		pmc_err_set(check->err, PMC_ERR_DATA, "%.300s is no ELF file", check->path);
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
	if (!is_whole) {
		pmc_err_set(err, PMC_ERR_DATA, "%.300s was cut while it was read", path);
		pmc_err_hint(err, "wait until it is written, and import again");
	}
	return is_whole && check.is_good ? 0 : -1;
}
