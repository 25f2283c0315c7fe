/*
 * module_file.h - opens the file that was mapped, not just one of the same name.
 */
#ifndef PMC_MODULE_FILE_H
#define PMC_MODULE_FILE_H

#include "base/model.h"
#include "symbolize/elf_file.h"

/*
 * Opens the file of a PMC_MODULE_USER row; `path` is the text of row->path. NULL where it is gone,
 * is no ELF file, or is provably another one than the kernel mapped. Caller frees.
 */
struct elf_file *module_file_open(const char *path, const struct pmc_module_row *row);

#endif
