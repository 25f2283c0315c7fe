/*
 * kmod_file.h - the file of a kernel module, with the addresses that its code has in the kernel.
 */
#ifndef PMC_KMOD_FILE_H
#define PMC_KMOD_FILE_H

#include "symbolize/elf_file.h"

/*
 * Opens NAME.ko, which may be compressed, and lays its sections out: addresses count from where the
 * kernel put the module. NULL where it is none. Caller frees.
 */
struct elf_file *kmod_file_open(const char *path);

#endif
