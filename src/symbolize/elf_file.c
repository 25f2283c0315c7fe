/*
 * elf_file.c - opens ELF files that anybody may have written, and translates file offsets.
 *
 * Job: open regular files only and without waiting (a FIFO or a device in place of a library must
 * not stall the caller), map them, keep the PT_LOAD segments and the build-id.
 * Not here: which file to open (module_file.c, debug_file.c); symbols (elf_symbols.c).
 *
 * The kernel maps whole pages of a segment, so an offset may lie in the padding before or behind
 * it, and one page of the file may be mapped by two segments; code is what is looked for:
 *
 *      file     |  R  |   R X   |  RW |
 *      offset          ^ in RX: vaddr = offset - p_offset + p_vaddr
 *                    ^   page of RX, end of R: taken for R, unless nothing else fits
 *
 * Files are mapped, not read: only the pages looked at are ever loaded. A file that shrinks while
 * it is mapped raises SIGBUS; fault_guard.c is there for that.
 */
#include "symbolize/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAGE_MAX_BYTES = 64 * 1024,	/* the largest page size of the machines supported */
	SEGMENTS_MAX = 256,		/* real files have 2 to 10 */
	PACKED_MAX_BYTES = 64 << 20,	/* real ones have a few MB */
};

static bool read_headers(struct elf_file *file)
{
	GElf_Ehdr ehdr;
	GElf_Phdr phdr;
	size_t count;
	const void *id;
	ssize_t len;

	if (elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &ehdr))
		return false;
	if (file->is_object ? ehdr.e_type != ET_REL :
			      ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN)
		return false;
	file->machine = ehdr.e_machine;
	if (elf_getphdrnum(file->elf, &count))
		return false;
	for (size_t i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || file->segments.count == SEGMENTS_MAX)
			continue;
		*pmc_array_add(&file->segments) = (struct elf_segment){
			.offset = phdr.p_offset, .vaddr = phdr.p_vaddr, .filesz = phdr.p_filesz,
			.memsz = phdr.p_memsz, .exec = phdr.p_flags & PF_X };
	}
	len = dwelf_elf_gnu_build_id(file->elf, &id);
	if (len > 0 && len <= ELF_BUILD_ID_MAX) {
		memcpy(file->build_id, id, (size_t)len);
		file->build_id_len = (uint8_t)len;
	}
	return true;
}

/*
 * Whoever is recorded chooses the path, and may have put a link to a device there: that is not
 * opened, not even to be turned away. -1: it is no file.
 */
static int open_regular(const char *path, struct stat *st)
{
	char link[32];
	const int place = open(path, O_PATH | O_CLOEXEC);
	int fd = -1;

	if (place < 0)
		return -1;
	if (!fstat(place, st) && S_ISREG(st->st_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
		fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	}
	close(place);
	return fd;
}

static struct elf_file *open_file(const char *path)
{
	struct elf_file *file;
	struct stat st;
	const int fd = open_regular(path, &st);

	if (fd < 0)
		return NULL;
	if (st.st_size < (off_t)sizeof(Elf32_Ehdr)) {
		close(fd);
		return NULL;
	}
	elf_version(EV_CURRENT);
	file = pmc_calloc(1, sizeof(*file));
	file->fd = fd;
	file->path = pmc_strdup(path);
	file->size = (uint64_t)st.st_size;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	return file;
}

static struct elf_file *finish_open(struct elf_file *file)
{
	if (file->elf && read_headers(file))
		return file;
	elf_file_free(file);
	return NULL;
}

struct elf_file *elf_file_open(const char *path)
{
	struct elf_file *file = open_file(path);

	if (!file)
		return NULL;
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	return finish_open(file);
}

/* As kernel modules are called that are compressed. */
static bool is_compressed(const char *path)
{
	static const char *const endings[] = { ".ko.xz", ".ko.zst", ".ko.gz", ".ko.bz2" };
	const size_t len = strlen(path);

	for (size_t i = 0; i < PMC_COUNT(endings); i++)
		if (len > strlen(endings[i]) &&
		    !strcmp(path + len - strlen(endings[i]), endings[i]))
			return true;
	return false;
}

struct elf_file *elf_file_open_object(const char *path)
{
	struct elf_file *file = open_file(path);

	if (!file)
		return NULL;
	file->is_object = true;
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	return finish_open(file);
}

struct elf_file *elf_file_unpack_object(const char *path)
{
	struct elf_file *file = is_compressed(path) ? open_file(path) : NULL;

	if (!file)
		return NULL;
	file->is_object = true;
	if (file->size <= PACKED_MAX_BYTES)
		file->elf = dwelf_elf_begin(file->fd);
	close(file->fd);	/* all of it is in memory */
	file->fd = -1;
	return finish_open(file);
}

struct elf_file *elf_file_copy(const void *image, size_t size)
{
	struct elf_file *file;

	if (size < sizeof(Elf32_Ehdr))
		return NULL;
	elf_version(EV_CURRENT);
	file = pmc_calloc(1, sizeof(*file));
	file->fd = -1;
	file->size = size;
	file->memory = pmc_calloc(1, size);
	memcpy(file->memory, image, size);
	file->elf = elf_memory(file->memory, size);
	return finish_open(file);
}

void elf_file_free(struct elf_file *file)
{
	if (!file)
		return;
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->memory);
	pmc_array_free(&file->segments);
	free(file);
}

void elf_file_detach(struct elf_file *file)
{
	/* FDREAD reads what is not mapped; on failure the descriptor is still needed. */
	if (file->fd < 0 || elf_cntl(file->elf, ELF_C_FDREAD))
		return;
	close(file->fd);
	file->fd = -1;
}

bool elf_file_vaddr(const struct elf_file *file, uint64_t offset, uint64_t *vaddr)
{
	const struct elf_segment *found = NULL;

	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (offset >= s->offset && offset - s->offset < s->filesz &&
		    (!found || (s->exec && !found->exec)))
			found = s;
	}
	/* Page padding of a code segment. */
	for (size_t i = 0; i < file->segments.count && !found; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (s->exec && (offset < s->offset ?
				s->offset - offset < PAGE_MAX_BYTES :
				offset - s->offset - s->filesz < PAGE_MAX_BYTES))
			found = s;
	}
	if (found)
		*vaddr = offset - found->offset + found->vaddr;
	return found;
}

bool elf_file_is_code(const struct elf_file *file, uint64_t vaddr)
{
	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (s->exec && vaddr >= s->vaddr && vaddr - s->vaddr < s->memsz)
			return true;
	}
	return false;
}

uint64_t elf_file_base(const struct elf_file *file)
{
	return file->segments.count ? file->segments.items[0].vaddr : 0;
}

bool elf_file_has_build_id(const struct elf_file *file, const uint8_t *id, size_t len)
{
	return len && file->build_id_len == len && !memcmp(file->build_id, id, len);
}

struct elf_file *elf_file_keep_if(struct elf_file *file, const uint8_t *id, size_t len)
{
	if (!file || !len || elf_file_has_build_id(file, id, len))
		return file;
	elf_file_free(file);
	return NULL;
}

Elf_Scn *elf_file_section(const struct elf_file *file, const char *name, GElf_Shdr *header)
{
	Elf_Scn *scn = NULL;
	size_t names;
	const char *text;

	if (elf_getshdrstrndx(file->elf, &names))
		return NULL;
	while ((scn = elf_nextscn(file->elf, scn)))
		if (gelf_getshdr(scn, header) &&
		    (text = elf_strptr(file->elf, names, header->sh_name)) && !strcmp(text, name))
			return scn;
	return NULL;
}

bool elf_file_has_dwarf(const struct elf_file *file)
{
	GElf_Shdr header;

	if (elf_file_section(file, ".debug_info", &header))
		return header.sh_type != SHT_NOBITS;
	return elf_file_section(file, ".zdebug_info", &header) != NULL;
}
