/*
 * kmod_file.c - see kmod_file.h.
 *
 * A .ko is a relocatable object: nothing in it has an address yet. The kernel's loader
 * (layout_sections() in kernel/module/main.c, the same since 2.6) puts the sections that are code
 * one behind the other, in the order of the file, each at a multiple of its alignment. Those whose
 * name begins with .init lie elsewhere, and go once they have run:
 *
 *      file      .text   .text.unlikely   .init.text   .rodata   .exit.text   .data   …
 *      memory    | .text | .text.unlikely | .exit.text |
 *                0: the module's address, which recordings tell
 *
 * On arm64 the loader makes some sections longer than the file has them, so what lies behind one of
 * those is nowhere. All that is nowhere gets an address far from the code: with none, or with 0,
 * DWARF would tell of two functions at one address.
 */
#include "symbolize/kmod_file.h"

#include <string.h>

static const uint64_t ELSEWHERE = 1ULL << 40;

static bool has_code(const GElf_Shdr *header)
{
	const uint64_t both = SHF_ALLOC | SHF_EXECINSTR;

	return (header->sh_flags & both) == both;
}

/* Does the loader make it longer? (module_frob_arch_sections() of arm64) */
static bool is_lengthened(const struct elf_file *file, const char *name)
{
	return file->machine == EM_AARCH64 &&
	       (!strcmp(name, ".plt") || !strcmp(name, ".text.ftrace_trampoline"));
}

static void place(Elf_Scn *scn, GElf_Shdr *header, uint64_t *at)
{
	const uint64_t align = header->sh_addralign ? header->sh_addralign : 1;

	*at = (*at + align - 1) / align * align;
	header->sh_addr = *at;
	*at += header->sh_size;
	gelf_update_shdr(scn, header);
}

static bool lay_out(struct elf_file *file)
{
	uint64_t code = 0, elsewhere = ELSEWHERE;
	bool is_known = true;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return false;
	while ((scn = elf_nextscn(file->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &header) || !(header.sh_flags & SHF_ALLOC))
			continue;
		name = elf_strptr(file->elf, names, header.sh_name);
		if (name && is_lengthened(file, name))
			is_known = false;
		if (name && is_known && has_code(&header) && strncmp(name, ".init", 5) != 0)
			place(scn, &header, &code);
		else
			place(scn, &header, &elsewhere);
	}
	*pmc_array_add(&file->segments) = (struct elf_segment){ .filesz = code, .memsz = code,
								.exec = true };
	return code && code < ELSEWHERE;
}

/* Takes the file. */
static struct elf_file *finish_open(struct elf_file *file)
{
	if (!file || lay_out(file))
		return file;
	elf_file_free(file);
	return NULL;
}

struct elf_file *kmod_file_open(const char *path)
{
	return finish_open(elf_file_open_object(path));
}

struct elf_file *kmod_file_unpack(const char *path)
{
	return finish_open(elf_file_unpack_object(path));
}
