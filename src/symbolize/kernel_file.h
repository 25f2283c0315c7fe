/*
 * kernel_file.h - the image of the kernel that was recorded, and where offsets in it count from.
 */
#ifndef PMC_KERNEL_FILE_H
#define PMC_KERNEL_FILE_H

#include "base/model.h"
#include "symbolize/elf_file.h"
#include "symbolize/symbolize.h"

/* Where the image begins, as all of them call it. */
#define KERNEL_TEXT_SYMBOL "_text"

/*
 * Opens the image of a PMC_MODULE_KERNEL row; `recorded` is the text of row->file. *base: address
 * in it of offset 0. NULL where there is none, or none that can be believed. Caller frees.
 */
struct elf_file *kernel_file_open(const struct pmc_file_search *search,
				  const struct pmc_module_row *row, const char *recorded,
				  bool lines, uint64_t *base);

#endif
