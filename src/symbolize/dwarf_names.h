/*
 * dwarf_names.h - the name of a function from its DIE.
 */
#ifndef PMC_DWARF_NAMES_H
#define PMC_DWARF_NAMES_H

#include <elfutils/libdw.h>

struct dwarf_names;

struct dwarf_names *dwarf_names_new(void);
void dwarf_names_free(struct dwarf_names *names);

/*
 * Linkage name of the function that the DIE is, is an instance of, or defines; where it has none,
 * its name, qualified by namespaces and types in C++. NULL without a name. Valid as long as the
 * object and the DWARF.
 */
const char *dwarf_names_function(struct dwarf_names *names, const Dwarf_Die *die);

#endif
