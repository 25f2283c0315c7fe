/*
 * dwarf_lines.h - address to source: the chain of inlined functions, their files and lines.
 */
#ifndef PMC_DWARF_LINES_H
#define PMC_DWARF_LINES_H

#include "symbolize/debug_file.h"

struct dwarf_lines;

/* A source file as the compiler wrote it down: a relative name counts from the folder. */
struct dwarf_source {
	const char *name;		/* NULL: not known */
	const char *folder;		/* NULL: the name is absolute, or no folder is known */
};

/* One frame, innermost first. Texts are those of the file: valid as long as the object. */
struct dwarf_frame {
	const char *function;		/* linkage name, else the name; NULL: not known */
	struct dwarf_source declared;	/* where the function is declared */
	uint32_t declared_line;
	struct dwarf_source source;	/* where the address, or the call of the frame before, is */
	uint32_t line;
	bool inlined;
};

/*
 * Prepares the DWARF of `file`, which must outlive the object; reads next to nothing yet, but
 * compressed sections. NULL where it has none or it is damaged at the root.
 */
struct dwarf_lines *dwarf_lines_open(const struct elf_file *file, const struct debug_dirs *dirs);
void dwarf_lines_free(struct dwarf_lines *lines);

/*
 * Frames of an address (as the file counts them). 0: nothing is known about it. A single frame
 * without function has only file and line. *frames is valid until the next call.
 */
size_t dwarf_lines_find(struct dwarf_lines *lines, uint64_t vaddr,
			const struct dwarf_frame **frames);

#endif
