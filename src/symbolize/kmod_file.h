/*
 * kmod_file.h - the file of a kernel module, with the addresses that its code has in the kernel.
 */
#ifndef PMC_KMOD_FILE_H
#define PMC_KMOD_FILE_H

#include "symbolize/elf_file.h"

/*
 * Opens NAME.ko and lays its sections out: addresses count from where the kernel put the module.
 * NULL where it is none. Caller frees.
 */
struct elf_file *kmod_file_open(const char *path);
/* The same for NAME.ko.xz and the like, with the dangers of elf_file_unpack_object(). */
struct elf_file *kmod_file_unpack(const char *path);

#endif
