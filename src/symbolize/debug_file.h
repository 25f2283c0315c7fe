/*
 * debug_file.h - finds the separate files in which distributions keep symbols and DWARF.
 */
#ifndef PMC_DEBUG_FILE_H
#define PMC_DEBUG_FILE_H

#include <elfutils/libdw.h>

#include "symbolize/elf_file.h"

/* Folders to search, in order. */
struct debug_dirs {
	PMC_ARRAY(char *) items;
};

/* Colon-separated list; NULL or "" stands for /usr/lib/debug. */
void debug_dirs_init(struct debug_dirs *dirs, const char *list);
void debug_dirs_fini(struct debug_dirs *dirs);

/*
 * The debug file of `module`, which was mapped under `path`: by build-id, then by .gnu_debuglink.
 * NULL if there is none that fits. Caller frees.
 */
struct elf_file *debug_file_find(const struct debug_dirs *dirs, const struct elf_file *module,
				 const char *path);

/* The file that dwz moved the common parts of `dwarf` (read from `file`) into. NULL if none. */
struct elf_file *debug_file_find_alt(const struct debug_dirs *dirs, const struct elf_file *file,
				     Dwarf *dwarf);

#endif
