/*
 * cfi_source.h - where a file's unwind tables are, and which entries are of some addresses.
 */
#ifndef PMC_CFI_SOURCE_H
#define PMC_CFI_SOURCE_H

#include "symbolize/address_sort.h"
#include "symbolize/cfi_section.h"
#include "symbolize/elf_file.h"

struct cfi_source {
	struct cfi_section section;
	uint64_t shift;		/* section's addresses = the module's + shift (prelinking) */
	const uint8_t *table;	/* of .eh_frame_hdr: pairs of int32, from data_base on */
	size_t count;
	struct address_row *own;	/* made here, where the file has no table */
};

/* The file's .eh_frame, with or without section headers. False: it has none, or only in the program
 * that it was split from. Borrows from it. */
bool cfi_source_open_eh(struct cfi_source *source, const struct elf_file *file);
/* The file's .debug_frame, which is decompressed if need be. */
bool cfi_source_open_debug(struct cfi_source *source, const struct elf_file *file);
void cfi_source_fini(struct cfi_source *source);

/* Number of the first entry that may concern addresses from `from` on: the last that begins at or
 * before it, else the first. */
size_t cfi_source_seek(const struct cfi_source *source, uint64_t from);

/* Reads entry `i`: false where it is damaged. *start is where its index says that it begins. */
bool cfi_source_read(const struct cfi_source *source, size_t i, uint64_t *start,
		     struct cfi_fde *fde);

uint64_t cfi_source_bytes(const struct cfi_source *source);

#endif
