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
 * On most machines, not on x86, the loader makes some sections longer than the file has them, so
 * what lies behind one of those is nowhere. All that is nowhere gets an address far from the code:
 * with none, or with 0, DWARF would tell of two functions at one address.
 */
#include "symbolize/kmod_file.h"

#include <string.h>

/* Far from the code, and an address of the file's class. */
static uint64_t elsewhere_of(const struct elf_file *file)
{
	return gelf_getclass(file->elf) == ELFCLASS32 ? 1ULL << 31 : 1ULL << 40;
}

static bool has_code(const GElf_Shdr *header)
{
	const uint64_t both = SHF_ALLOC | SHF_EXECINSTR;

	return (header->sh_flags & both) == both;
}

/*
 * Does the loader make it longer? (module_frob_arch_sections() of arm, arm64, riscv, powerpc and
 * others; s390 appends what it needs behind all others)
 */
static bool is_lengthened(const struct elf_file *file, const char *name)
{
	static const char *const names[] = { ".plt", ".text.ftrace_trampoline", ".stubs" };

	for (size_t i = 0; i < PMC_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return file->machine != EM_X86_64 && file->machine != EM_386;
	return false;
}

/* False: there is no such address. */
static bool place(Elf_Scn *scn, GElf_Shdr *header, uint64_t *at)
{
	const uint64_t align = header->sh_addralign ? header->sh_addralign : 1;
	const uint64_t rest = *at % align;

	if (rest && align - rest > UINT64_MAX - *at)
		return false;
	header->sh_addr = *at + (rest ? align - rest : 0);
	if (header->sh_size > UINT64_MAX - header->sh_addr)
		return false;
	*at = header->sh_addr + header->sh_size;
	return gelf_update_shdr(scn, header);
}

static bool lay_out(struct elf_file *file)
{
	const uint64_t code_end = elsewhere_of(file);
	uint64_t code = 0, elsewhere = code_end;
	bool is_known = true;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return false;
	while ((scn = elf_nextscn(file->elf, scn))) {
		const char *name;
		bool is_code;

		if (!gelf_getshdr(scn, &header) || !(header.sh_flags & SHF_ALLOC))
			continue;
		name = elf_strptr(file->elf, names, header.sh_name);
		if (name && is_lengthened(file, name))
			is_known = false;
		is_code = name && is_known && has_code(&header) && strncmp(name, ".init", 5) != 0;
		if (!place(scn, &header, is_code ? &code : &elsewhere))
			return false;
	}
	*pmc_array_add(&file->segments) = (struct elf_segment){ .filesz = code, .memsz = code,
								.exec = true };
	return code && code < code_end;
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
