/*
 * fde_index.h - where functions begin, told by the unwind tables of a module without symbols.
 *
 * Stripped code keeps .eh_frame, since exceptions need it: an entry (FDE) for each function, and in
 * .eh_frame_hdr a table of their addresses that is sorted already. So nothing is built or copied; a
 * look-up is a binary search in the mapped file. Nothing in the file is trusted.
 */
#ifndef PMC_FDE_INDEX_H
#define PMC_FDE_INDEX_H

#include "symbolize/elf_file.h"

struct fde_index {
	const uint8_t *table; /* pairs of int32: function, FDE; relative to base */
	uint32_t count;
	uint64_t base;	       /* address of .eh_frame_hdr */
	const uint8_t *frames; /* .eh_frame */
	uint64_t frames_addr, frames_size;
};

/* Borrows from the file. A module without such tables, or with others than compilers write, gives
 * an empty index. */
void fde_index_init(struct fde_index *index, const struct elf_file *file);

/* First address of the function that contains vaddr. False: no entry covers it. */
bool fde_index_find(const struct fde_index *index, uint64_t vaddr, uint64_t *start);

#endif
