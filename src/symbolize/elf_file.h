/*
 * elf_file.h - one ELF file, opened with suspicion, and its map from file offsets to addresses.
 */
#ifndef PMC_ELF_FILE_H
#define PMC_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define ELF_BUILD_ID_MAX 64	/* longest that is kept; longer ones are taken for damage */

struct elf_segment {
	uint64_t offset, vaddr, filesz, memsz;
	bool exec;
};

struct elf_file {
	Elf *elf;
	int fd;				/* -1: all that is needed is in memory */
	char *path;			/* as opened; NULL for a memory image */
	void *memory;			/* copy of a memory image */
	uint64_t size;
	uint64_t dev, ino;
	unsigned machine;		/* EM_… */
	bool is_split;			/* a debug file that stands for its program: contents of
					 * segments are not in it (split_file.h) */
	bool is_object;			/* relocatable: symbols count from their sections */
	uint8_t build_id[ELF_BUILD_ID_MAX];
	uint8_t build_id_len;
	PMC_ARRAY(struct elf_segment) segments;	/* PT_LOAD, in the file's order */
};

/* NULL where the path is not a regular, readable ELF executable or shared object. Caller frees. */
struct elf_file *elf_file_open(const char *path);
/* The same for a relocatable object. Its sections may be written to; the file does not change. */
struct elf_file *elf_file_open_object(const char *path);
/*
 * The same for one that is compressed, and called so (name.ko.xz). libdw unpacks it in memory
 * before anything is known of it, and has no bound: 290 KB of xz can be 2 GB. Only for files of
 * somebody who is trusted.
 */
struct elf_file *elf_file_unpack_object(const char *path);
/* The same for an image in memory, which is copied. */
struct elf_file *elf_file_copy(const void *image, size_t size);
void elf_file_free(struct elf_file *file);

/* Closes the descriptor and goes on with what is mapped. */
void elf_file_detach(struct elf_file *file);

/* Virtual address of a byte of the file, as symbols and DWARF use it. False: it has none. */
bool elf_file_vaddr(const struct elf_file *file, uint64_t offset, uint64_t *vaddr);
/* True when the address lies in a segment that can be executed. */
bool elf_file_is_code(const struct elf_file *file, uint64_t vaddr);
/* Address of the first PT_LOAD: prelinking shifts all addresses by the same amount. */
uint64_t elf_file_base(const struct elf_file *file);

bool elf_file_has_build_id(const struct elf_file *file, const uint8_t *id, size_t len);
/* Takes the file: gives it back if it has the build-id, or none is asked for (len 0), else NULL. */
struct elf_file *elf_file_keep_if(struct elf_file *file, const uint8_t *id, size_t len);

/* Section by name, with its header; NULL if there is none. */
Elf_Scn *elf_file_section(const struct elf_file *file, const char *name, GElf_Shdr *header);
/* True when it carries DWARF (.debug_info, also in its old compressed form). Reads headers only. */
bool elf_file_has_dwarf(const struct elf_file *file);

#endif
