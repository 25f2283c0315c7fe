/*
 * foreign_file.h - opens the file of a module of a recording that was made elsewhere, or long ago.
 */
#ifndef PMC_FOREIGN_FILE_H
#define PMC_FOREIGN_FILE_H

#include "base/model.h"
#include "symbolize/elf_file.h"
#include "symbolize/symbolize.h"

/*
 * Opens the file of a PMC_MODULE_USER row; `path` is the text of row->path. NULL where there is
 * none, or none that can be believed. Caller frees.
 */
struct elf_file *foreign_file_open(const struct pmc_file_search *search, const char *path,
				   const struct pmc_module_row *row);

/* True where the folder that was named has something of that path. */
bool foreign_file_is_below(const struct pmc_file_search *search, const char *path);

/*
 * The image (vmlinux) of a PMC_MODULE_KERNEL row, with lines if they are wanted and there are some.
 * NULL where none has the recorded build-id, or none was recorded. Caller frees.
 */
struct elf_file *foreign_kernel_open(const struct pmc_file_search *search,
				     const struct pmc_module_row *row, bool lines);

/* The same for a PMC_MODULE_KMOD row, as kmod_file_open() does; `path` is the text of row->file. */
struct elf_file *foreign_kmod_open(const struct pmc_file_search *search, const char *path,
				   const struct pmc_module_row *row, bool lines);

/* The vdso of the running kernel, if it is the recorded one. NULL if not. Caller frees. */
struct elf_file *foreign_vdso_open(const struct pmc_module_row *row);

#endif
