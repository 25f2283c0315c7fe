/*
 * debug_file.c - the search for separate debug files, and the proof that they fit.
 *
 *      by build-id      DIR/.build-id/93/ac61….debug             DIR: each of debug_dirs
 *      by debuglink     FOLDER/NAME, FOLDER/.debug/NAME          FOLDER: of the mapped file
 *                       DIR/FOLDER/NAME
 *      dwz's alt file   as .gnu_debugaltlink says, relative to the debug file, or by build-id
 *
 * Two files that both carry a build-id fit exactly when the ids are the same; only where one lacks
 * it is the debuglink's CRC-32 of the whole file computed, which costs a pass over the file.
 */
#include "symbolize/debug_file.h"

#include <elfutils/libdwelf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"

enum { CRC_CHUNK_BYTES = 256 * 1024 };

void debug_dirs_init(struct debug_dirs *dirs, const char *list)
{
	*dirs = (struct debug_dirs){ 0 };
	if (!list || !list[0])
		list = "/usr/lib/debug";
	while (*list) {
		size_t len = strcspn(list, ":");

		if (len)
			*pmc_array_add(&dirs->items) = pmc_strndup(list, len);
		list += len;
		list += *list == ':';
	}
}

void debug_dirs_fini(struct debug_dirs *dirs)
{
	for (size_t i = 0; i < dirs->items.count; i++)
		free(dirs->items.items[i]);
	pmc_array_free(&dirs->items);
}

/* CRC-32 of IEEE 802.3 (polynomial 0xedb88320, reflected), four bytes a step. */
static void crc_table(uint32_t table[4][256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		table[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int t = 1; t < 4; t++)
			table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 0xff];
}

static uint32_t crc_update(uint32_t table[4][256], uint32_t crc, const uint8_t *data, size_t len)
{
	for (; len >= 4; data += 4, len -= 4) {
		crc ^= data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
		       (uint32_t)data[3] << 24;
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	for (; len; data++, len--)
		crc = crc >> 8 ^ table[0][(crc ^ *data) & 0xff];
	return crc;
}

/* A name is looked for while others wait: a file that takes a second to read is not believed. */
static const off_t CRC_FILE_BYTES = (off_t)1 << 30;

static bool has_crc(const struct elf_file *file, uint32_t wanted)
{
	uint32_t table[4][256], crc = 0xffffffff;
	PMC_FREE uint8_t *chunk = pmc_calloc(1, CRC_CHUNK_BYTES);
	off_t at = 0;
	ssize_t n;

	if (lseek(file->fd, 0, SEEK_END) > CRC_FILE_BYTES)
		return false;
	crc_table(table);
	while ((n = pread(file->fd, chunk, CRC_CHUNK_BYTES, at)) > 0) {
		crc = crc_update(table, crc, chunk, (size_t)n);
		at += n;
	}
	return n == 0 && (crc ^ 0xffffffff) == wanted;
}

static bool is_same_file(const struct elf_file *a, const struct elf_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static struct elf_file *find_by_id(const struct debug_dirs *dirs, const uint8_t *id, size_t len)
{
	char hex[2 * ELF_BUILD_ID_MAX + 1], path[PATH_MAX];
	struct elf_file *file = NULL;

	if (len < 2 || len > ELF_BUILD_ID_MAX)
		return NULL;
	pmc_format_hex(hex, id, len);
	for (size_t i = 0; i < dirs->items.count && !file; i++) {
		snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dirs->items.items[i],
			 hex, hex + 2);
		file = elf_file_keep_if(elf_file_open(path), id, len);
	}
	return file;
}

static struct elf_file *try_link(const char *path, const struct elf_file *module, uint32_t crc)
{
	struct elf_file *file = elf_file_open(path);

	if (!file)
		return NULL;
	if (!is_same_file(file, module)) {
		if (file->build_id_len && module->build_id_len) {
			if (elf_file_has_build_id(file, module->build_id, module->build_id_len))
				return file;
		} else if (has_crc(file, crc)) {
			return file;
		}
	}
	elf_file_free(file);
	return NULL;
}

static struct elf_file *find_by_link(const struct debug_dirs *dirs, const struct elf_file *module,
				     const char *module_path)
{
	GElf_Word crc;
	const char *name = dwelf_elf_gnu_debuglink(module->elf, &crc);
	const char *slash = strrchr(module_path, '/');
	const int folder = slash ? (int)(slash - module_path) : 0;
	struct elf_file *file;
	char path[PATH_MAX];

	if (!name || !name[0] || strchr(name, '/') || !slash)
		return NULL;
	snprintf(path, sizeof(path), "%.*s/%s", folder, module_path, name);
	if ((file = try_link(path, module, crc)))
		return file;
	snprintf(path, sizeof(path), "%.*s/.debug/%s", folder, module_path, name);
	if ((file = try_link(path, module, crc)))
		return file;
	for (size_t i = 0; i < dirs->items.count && !file; i++) {
		snprintf(path, sizeof(path), "%s%.*s/%s", dirs->items.items[i], folder, module_path,
			 name);
		file = try_link(path, module, crc);
	}
	return file;
}

struct elf_file *debug_file_find(const struct debug_dirs *dirs, const struct elf_file *module,
				 const char *path)
{
	struct elf_file *file = find_by_id(dirs, module->build_id, module->build_id_len);

	return file ? file : find_by_link(dirs, module, path);
}

struct elf_file *debug_file_find_alt(const struct debug_dirs *dirs, const struct elf_file *file,
				     Dwarf *dwarf)
{
	const char *name, *slash;
	const void *id;
	ssize_t len = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);
	struct elf_file *alt;
	char path[PATH_MAX], real[PATH_MAX];

	if (len <= 0 || len > ELF_BUILD_ID_MAX)
		return NULL;
	if (name[0] == '/') {
		alt = elf_file_keep_if(elf_file_open(name), id, (size_t)len);
	} else {
		/* Relative to where the debug file really is, behind links of .build-id. */
		if (!file->path || !realpath(file->path, real))
			real[0] = '\0';
		slash = strrchr(real, '/');
		snprintf(path, sizeof(path), "%.*s/%s", slash ? (int)(slash - real) : 0, real,
			 name);
		alt = elf_file_keep_if(elf_file_open(path), id, (size_t)len);
	}
	return alt ? alt : find_by_id(dirs, id, (size_t)len);
}
