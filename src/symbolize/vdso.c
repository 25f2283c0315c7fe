/*
 * vdso.c - reads the vdso from this process's own memory.
 *
 * It is in no file. Every process of the same word size has the same image, so ours serves for all;
 * 32-bit processes on a 64-bit kernel have another one, whose addresses stay without names or,
 * where the build-id is known, are told apart by it (symbolizer.c).
 */
#include "symbolize/vdso.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

/* The section headers end the image; it is the kernel's, so its header is believed. */
static size_t image_size(const ElfW(Ehdr) *ehdr)
{
	const ElfW(Phdr) *phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
	size_t size = ehdr->e_shoff + (size_t)ehdr->e_shnum * ehdr->e_shentsize;

	for (unsigned i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset + phdr[i].p_filesz > size)
			size = phdr[i].p_offset + phdr[i].p_filesz;
	return size;
}

struct elf_file *vdso_open(void)
{
	const ElfW(Ehdr) *ehdr = (const void *)getauxval(AT_SYSINFO_EHDR);

	if (!ehdr || memcmp(ehdr->e_ident, ELFMAG, SELFMAG))
		return NULL;
	return elf_file_copy(ehdr, image_size(ehdr));
}
