/*
 * dwarf_lines.h - address to source: the chain of inlined functions, their files and lines.
 */
#ifndef PMC_DWARF_LINES_H
#define PMC_DWARF_LINES_H

#include "symbolize/debug_file.h"

struct dwarf_lines;

/* One frame, innermost first. Texts are those of the file: valid as long as the object. */
struct dwarf_frame {
	const char *function;		/* linkage name if there is one, else the name; or NULL */
	const char *function_file;
	uint32_t function_line;
	const char *file;		/* where the address, or the call of the frame before, is */
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
