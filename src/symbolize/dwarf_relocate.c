/*
 * dwarf_relocate.c - see dwarf_relocate.h.
 *
 * In an object even the way from .debug_info to its abbreviations and texts is left to the linker:
 *
 *      .rela.debug_info    offset, type, symbol, addend    a row each, up to millions
 *      .debug_info         at offset: (address of the symbol's section + its value) + addend
 *
 * libdwfl would do this for objects that it has opened and laid out itself, but it lays out all
 * sections, which is not what the kernel does; and it takes each row through a description of the
 * machine, of which only two types of relocations matter here.
 *
 * Sections are private mappings: only the pages that are written to are copied. libelf and libdw
 * have checked the headers around them once, and trust them from then on, so nothing but DWARF is
 * written to, and each section once, however many relocations a file says it has.
 */
#include "symbolize/dwarf_relocate.h"

#include <string.h>

/* As they are used; the others (.debug_loclists, .debug_frame, …) are no smaller. */
static const char *const section_names[] = {
	".debug_info", ".debug_line",	  ".debug_aranges", ".debug_rnglists",
	".debug_addr", ".debug_str_offsets", ".debug_ranges", ".debug_types",
};

struct relocation {
	const struct elf_file *file;
	size_t names;			/* section of section names */
	unsigned done;			/* a bit for each of section_names */
	PMC_ARRAY(uint64_t) addresses;	/* of sections */
};

/* Bytes that a relocation sets to symbol + addend. -1: it does something else. */
static int width_of(unsigned machine, uint64_t type)
{
	if (machine == EM_X86_64)
		return type == R_X86_64_64 ? 8 : type == R_X86_64_32 ? 4 :
		       type == R_X86_64_NONE ? 0 : -1;
	if (machine == EM_AARCH64)
		return type == R_AARCH64_ABS64 ? 8 : type == R_AARCH64_ABS32 ? 4 :
		       type == R_AARCH64_NONE ? 0 : -1;
	return -1;
}

static void read_addresses(struct relocation *relocation)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	*pmc_array_add(&relocation->addresses) = 0;	/* SHN_UNDEF */
	while ((scn = elf_nextscn(relocation->file->elf, scn)))
		*pmc_array_add(&relocation->addresses) =
			gelf_getshdr(scn, &header) ? header.sh_addr : 0;
}

static bool find_value(const struct relocation *relocation, Elf_Data *symbols, uint64_t number,
		       uint64_t *value)
{
	GElf_Sym sym;

	*value = 0;
	if (!number)
		return true;
	if (number > INT32_MAX || !gelf_getsym(symbols, (int)number, &sym) ||
	    sym.st_shndx >= relocation->addresses.count)
		return false;
	*value = sym.st_value + relocation->addresses.items[sym.st_shndx];
	return true;
}

static bool apply_row(const struct relocation *relocation, const GElf_Rela *row, Elf_Data *symbols,
		      Elf_Data *target)
{
	const int width = width_of(relocation->file->machine, GELF_R_TYPE(row->r_info));
	uint64_t value;

	if (width <= 0)
		return !width;
	if (row->r_offset > target->d_size || target->d_size - row->r_offset < (size_t)width ||
	    !find_value(relocation, symbols, GELF_R_SYM(row->r_info), &value))
		return false;
	value += (uint64_t)row->r_addend;
	memcpy((char *)target->d_buf + row->r_offset, &value, (size_t)width);
	return true;
}

/* Index in section_names; -1: it is not read. */
static int find_wanted(const struct relocation *relocation, Elf_Scn *scn, GElf_Shdr *header)
{
	const char *name;

	if (!scn || !gelf_getshdr(scn, header) || header->sh_flags & SHF_ALLOC ||
	    header->sh_type != SHT_PROGBITS)
		return -1;
	name = elf_strptr(relocation->file->elf, relocation->names, header->sh_name);
	for (size_t i = 0; name && i < PMC_COUNT(section_names); i++)
		if (!strcmp(name, section_names[i]))
			return (int)i;
	return -1;
}

/* Does the section share a byte with that range of the file? */
static bool overlaps(const GElf_Shdr *header, uint64_t offset, uint64_t size)
{
	if (offset < header->sh_offset)
		return size > header->sh_offset - offset;
	return size && header->sh_size > offset - header->sh_offset;
}

/* True where no byte of the section is anything else, too. */
static bool is_alone(const struct elf_file *file, Elf_Scn *target, const GElf_Shdr *header)
{
	Elf_Scn *scn = NULL;
	size_t sections, segments;
	GElf_Shdr other;
	GElf_Ehdr ehdr;

	if (!gelf_getehdr(file->elf, &ehdr) || elf_getshdrnum(file->elf, &sections) ||
	    elf_getphdrnum(file->elf, &segments) || overlaps(header, 0, sizeof(Elf64_Ehdr)) ||
	    overlaps(header, ehdr.e_shoff, sections * sizeof(Elf64_Shdr)) ||
	    overlaps(header, ehdr.e_phoff, segments * sizeof(Elf64_Phdr)))
		return false;
	while ((scn = elf_nextscn(file->elf, scn)))
		if (scn != target && gelf_getshdr(scn, &other) && other.sh_type != SHT_NOBITS &&
		    overlaps(header, other.sh_offset, other.sh_size))
			return false;
	return true;
}

/* All rows of one section of relocations, if they are of DWARF that is read. */
static bool apply_section(struct relocation *relocation, Elf_Scn *scn, const GElf_Shdr *header)
{
	Elf *elf = relocation->file->elf;
	Elf_Scn *target_scn = elf_getscn(elf, header->sh_info);
	const size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	Elf_Data *rows, *symbols, *target;
	GElf_Shdr target_header;
	GElf_Rela row;
	const int wanted = find_wanted(relocation, target_scn, &target_header);

	if (wanted < 0)
		return true;
	if (relocation->done & 1u << wanted ||
	    !is_alone(relocation->file, target_scn, &target_header))
		return false;
	relocation->done |= 1u << wanted;
	if (header->sh_type != SHT_RELA || count > INT32_MAX)
		return false;
	if (target_header.sh_flags & SHF_COMPRESSED && elf_compress(target_scn, 0, 0) < 0)
		return false;
	rows = elf_getdata(scn, NULL);
	symbols = elf_getdata(elf_getscn(elf, header->sh_link), NULL);
	target = elf_getdata(target_scn, NULL);
	if (!rows || !symbols || !target || !target->d_buf)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!gelf_getrela(rows, (int)i, &row) ||
		    !apply_row(relocation, &row, symbols, target))
			return false;
	return true;
}

bool dwarf_relocate(const struct elf_file *file)
{
	struct relocation relocation = { .file = file };
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	GElf_Ehdr ehdr;
	bool is_good = true;

	/* Values are written as this machine has them. */
	if (!gelf_getehdr(file->elf, &ehdr) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB || elf_getshdrstrndx(file->elf, &relocation.names))
		return false;
	read_addresses(&relocation);
	while (is_good && (scn = elf_nextscn(file->elf, scn)))
		if (gelf_getshdr(scn, &header) &&
		    (header.sh_type == SHT_RELA || header.sh_type == SHT_REL))
			is_good = apply_section(&relocation, scn, &header);
	pmc_array_free(&relocation.addresses);
	return is_good;
}
