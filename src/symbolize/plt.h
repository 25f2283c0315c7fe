/*
 * plt.h - names for the entries of a procedure linkage table: "strlen@plt".
 */
#ifndef PMC_PLT_H
#define PMC_PLT_H

#include "symbolize/elf_symbols.h"

struct plt;

/* Never NULL; reads section headers only. `module` must outlive it. */
struct plt *plt_new(const struct elf_file *module);
void plt_free(struct plt *plt);

/* True when the address lies in a linkage table. */
bool plt_contains(const struct plt *plt, uint64_t vaddr);

/*
 * Name of the entry that holds the address, or NULL. Valid as long as the table. The first call
 * reads the table; `symbols` (of the same module) names what static programs call through it.
 */
const char *plt_find(struct plt *plt, const struct elf_symbols *symbols, uint64_t vaddr);

#endif
