/*
 * vdso.h - the image that the kernel maps into every process.
 */
#ifndef PMC_VDSO_H
#define PMC_VDSO_H

#include "symbolize/elf_file.h"

/* The vdso of this process, copied; NULL where the kernel maps none. Caller frees. */
struct elf_file *vdso_open(void);

#endif
