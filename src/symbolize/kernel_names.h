/*
 * kernel_names.h - names of kernel code: what the kernel announced, then its list.
 */
#ifndef PMC_KERNEL_NAMES_H
#define PMC_KERNEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_names;

/* kallsyms: path of the list, NULL for the running kernel's. */
struct kernel_names *kernel_names_new(const char *kallsyms);
void kernel_names_free(struct kernel_names *names);

/* Notes code made at run time; a later name for the same place replaces the earlier one. Copies. */
void kernel_names_add(struct kernel_names *names, uint32_t module, uint64_t offset, uint64_t size,
		      const char *name);
/* As kernel_names_find(), of what was announced alone. */
const char *kernel_names_announced(struct kernel_names *names, uint32_t module, uint64_t offset);
/* A kernel module was announced: the list may have grown. */
void kernel_names_expire(struct kernel_names *names);

/* Name at `offset` of `module`, which begins at `base`; NULL unknown. Valid until the next call. */
const char *kernel_names_find(struct kernel_names *names, uint32_t module, uint64_t base,
			      uint64_t offset);

#endif
