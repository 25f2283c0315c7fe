/*
 * elf_symbols.h - address to function name, from the symbol tables of a module and its debug file.
 */
#ifndef PMC_ELF_SYMBOLS_H
#define PMC_ELF_SYMBOLS_H

#include "symbolize/elf_file.h"

/*
 * Names are read and shown up to here; symbolizer.c cuts longer ones. Those of templates in C++
 * have some 20 KB, while a text of 1 MB in a file is a name from each of its bytes on.
 */
#define ELF_NAME_MAX_BYTES (32 * 1024)

struct elf_symbols;

/* One function as found: name is the linker's (mangled, without version), owned by the table. */
struct elf_symbol {
	const char *name;
	size_t name_len;	/* without the version that .symtab puts behind it; at most one
				 * byte more than ELF_NAME_MAX_BYTES, however long the name is */
	uint64_t addr, size;
};

/*
 * Builds the table from .symtab and .dynsym of `module` and, if not NULL, .symtab of `debug`. The
 * files must outlive it. Never NULL; without symbols it finds nothing.
 */
struct elf_symbols *elf_symbols_new(const struct elf_file *module, const struct elf_file *debug);
void elf_symbols_free(struct elf_symbols *symbols);

/* The innermost function that contains the address (of the module). False: none does. */
bool elf_symbols_find(const struct elf_symbols *symbols, uint64_t vaddr, struct elf_symbol *found);

size_t elf_symbols_count(const struct elf_symbols *symbols);

/* Value of the first symbol of that name in the file's .symtab. False: it has none. */
bool elf_symbols_address(const struct elf_file *file, const char *name, uint64_t *address);

/* How good a name is among aliases of one address: higher is better. Also used for kallsyms. */
unsigned elf_symbols_name_rank(const char *name, bool global, bool weak);

#endif
