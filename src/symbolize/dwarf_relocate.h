/*
 * dwarf_relocate.h - puts the addresses into the DWARF of a relocatable object.
 */
#ifndef PMC_DWARF_RELOCATE_H
#define PMC_DWARF_RELOCATE_H

#include "symbolize/elf_file.h"

/*
 * Applies the relocations of the sections that dwarf_lines.c reads, once sections have their
 * addresses. Before anything else reads them. False: not all can be applied; the DWARF means
 * nothing then.
 */
bool dwarf_relocate(const struct elf_file *file);

#endif
