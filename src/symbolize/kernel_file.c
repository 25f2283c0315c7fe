/*
 * kernel_file.c - see kernel_file.h.
 *
 * The kernel runs at another address at each start. A recording has addresses of one run, and where
 * a symbol of the image was then (mostly _text, rarely _stext); all of the image moves together:
 *
 *      sample's address - recorded address of the symbol = offset
 *                         offset + value of the symbol in the file = address for symbols and DWARF
 *
 * Not here: where such files are (foreign_file.c); whether the one that was named is it
 * (kernel_check.c).
 */
#include "symbolize/kernel_file.h"

#include <string.h>

#include "symbolize/elf_symbols.h"
#include "symbolize/foreign_file.h"

/* The file that the user named, unless it is provably another kernel's. */
static struct elf_file *open_named(const struct pmc_file_search *search,
				   const struct pmc_module_row *row)
{
	if (!search->kernel)
		return NULL;
	return elf_file_keep_if(elf_file_open(search->kernel), row->build_id, row->build_id_len);
}

/* Takes the file; NULL where offsets cannot be counted in it. */
static struct elf_file *keep_if_placed(struct elf_file *file, const char *symbol, uint64_t *base)
{
	if (!file || elf_symbols_address(file, symbol, base))
		return file;
	elf_file_free(file);
	return NULL;
}

struct elf_file *kernel_file_open(const struct pmc_file_search *search,
				  const struct pmc_module_row *row, const char *recorded,
				  bool lines, uint64_t *base)
{
	const char *bracket = strchr(recorded, ']');
	const char *symbol = bracket && bracket[1] ? bracket + 1 : KERNEL_TEXT_SYMBOL;
	struct elf_file *named, *found;
	uint64_t found_base;

	if (!row->base)		/* it was hidden from who recorded */
		return NULL;
	named = keep_if_placed(open_named(search, row), symbol, base);
	if (named && (!lines || elf_file_has_dwarf(named)))
		return named;
	found = keep_if_placed(foreign_kernel_open(search, row, lines), symbol, &found_base);
	if (found && (!named || elf_file_has_dwarf(found))) {
		elf_file_free(named);
		*base = found_base;
		return found;
	}
	elf_file_free(found);
	return named;
}
