/*
 * split_file.c - where code was in the file that a debug file was split from; see split_file.h.
 *
 * Samples tell offsets in the program. A debug file (objcopy --only-keep-debug) has the program's
 * addresses, but its segments have lost their contents, and with them where these were:
 *
 *      program        R 0x0000..0x0670       R X 0x1000..0x1439       RW 0x2dd0..
 *      debug file     R 0x0000..0x039c       R X 0x0000..0x0000       RW 0x0dd0..
 *
 * Linkers put segments one behind the other, each at the first offset that is as far into a page as
 * its address, and all of a segment of code is in the file. That is done again here, unless the
 * tool has kept the segments as they were (eu-strip). It is believed if the code's mapping begins
 * in that very page.
 */
#include "symbolize/split_file.h"

enum { PAGE_MIN_BYTES = 4096, PAGE_MAX_BYTES = 64 * 1024 };

static bool has_code(const struct elf_file *file)
{
	bool has_empty = false;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(file->elf, scn))) {
		if (!gelf_getshdr(scn, &header) || !(header.sh_flags & SHF_EXECINSTR) ||
		    !header.sh_size)
			continue;
		if (header.sh_type != SHT_NOBITS)
			return true;
		has_empty = true;
	}
	return !has_empty;	/* without sections it is a program */
}

static bool has_lost_code(const struct elf_file *file)
{
	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (s->exec && s->filesz != s->memsz)
			return true;
	}
	return false;
}

/* Up to the last segment of code; those behind it, whose end is not in the file, stay. */
static void lay_out(struct elf_file *file)
{
	struct elf_segment *s = file->segments.items;
	size_t count, code = file->segments.count;
	uint64_t end = 0;
	GElf_Phdr phdr;

	while (code && !s[code - 1].exec)
		code--;
	if (elf_getphdrnum(file->elf, &count))
		return;
	for (size_t i = 0; i < count && code && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD)
			continue;
		s->offset = end;
		if (phdr.p_align > 1 && !(phdr.p_align & (phdr.p_align - 1)))
			s->offset += (s->vaddr - end) & (phdr.p_align - 1);
		s->filesz = s->memsz;
		end = s->offset + s->filesz;
		s++;
		code--;
	}
}

/* True where the mapping begins in the page in which a segment of code does. */
static bool agrees(const struct elf_file *file, const struct pmc_module_row *row)
{
	if (row->map_start == row->map_end)
		return true;
	for (size_t i = 0; i < file->segments.count; i++)
		for (uint64_t page = PAGE_MIN_BYTES; page <= PAGE_MAX_BYTES; page *= 2)
			if (file->segments.items[i].exec &&
			    (file->segments.items[i].offset & ~(page - 1)) == row->map_pgoff)
				return true;
	return false;
}

bool split_file_restore(struct elf_file *file, const struct pmc_module_row *row)
{
	if (has_code(file))
		return true;
	file->is_split = true;
	if (has_lost_code(file))
		lay_out(file);
	return agrees(file, row);
}
