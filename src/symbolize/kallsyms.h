/*
 * kallsyms.h - kernel address to function name, from the kernel's own list.
 */
#ifndef PMC_KALLSYMS_H
#define PMC_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line; name is in it, and not ended by a NUL. */
struct kallsyms_line {
	uint64_t addr;
	char type;
	const char *name;
	size_t name_len;
};

/* Reads a line, which ends before `end`, without its newline. False: it is of another form. */
bool kallsyms_parse(const char *line, const char *end, struct kallsyms_line *parsed);

struct kallsyms;

/* Nothing is read yet. path NULL: /proc/kallsyms. */
struct kallsyms *kallsyms_new(const char *path);
void kallsyms_free(struct kallsyms *kallsyms);

/*
 * Name of the function at a run-time address, or NULL: not known, or the kernel hides addresses.
 * Reads the list at the first call, and again after kallsyms_expire(). Valid until the next call.
 */
const char *kallsyms_find(struct kallsyms *kallsyms, uint64_t addr);

/* New code may have been loaded: the next address that is not found has the list read again. */
void kallsyms_expire(struct kallsyms *kallsyms);

/* Functions known; 0 before the first lookup and where addresses are hidden. */
size_t kallsyms_count(const struct kallsyms *kallsyms);

#endif
