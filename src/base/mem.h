/*
 * mem.h - allocation that does not fail, growing arrays, and scope cleanup.
 *
 * pmc treats running out of memory as the end of the process: every allocator here either succeeds
 * or prints one line and aborts, so that no caller carries a branch that no test can reach. Sizes
 * that come from input must be checked before they get here.
 */
#ifndef PMC_MEM_H
#define PMC_MEM_H

#include <stddef.h>
#include <stdlib.h>

/* As calloc/realloc/strdup/strndup/asprintf, but never NULL. The caller frees. */
void *pmc_calloc(size_t count, size_t size) __attribute__((malloc));
void *pmc_realloc(void *ptr, size_t count, size_t size);
char *pmc_strdup(const char *text) __attribute__((malloc));
char *pmc_strndup(const char *text, size_t len) __attribute__((malloc));
char *pmc_sprintf(const char *fmt, ...) __attribute__((malloc, format(printf, 1, 2)));
/*
 * "a, b" of "a" and "b"; where one is empty, or `text` is NULL, the other alone. Takes `text`. The
 * caller frees.
 */
char *pmc_join(char *text, const char *separator, const char *more);

/*
 * Makes room for `need` items of `size` bytes in *ptr, whose capacity in items is *cap: doubles it
 * until it fits. New room is not cleared.
 */
void pmc_grow(void **ptr, size_t *cap, size_t need, size_t size);

/* Declares a growing array: `PMC_ARRAY(struct row) rows;` has .items, .count and .cap. */
#define PMC_ARRAY(type) struct { type *items; size_t count, cap; }

/* Pointer to one new, zeroed item at the end of the array. */
#define pmc_array_add(array) \
	((__typeof__((array)->items))pmc_array_add_raw((void **)&(array)->items, &(array)->count, \
						       &(array)->cap, sizeof(*(array)->items)))
#define pmc_array_free(array) \
	do { \
		free((array)->items); \
		(array)->items = NULL; \
		(array)->count = (array)->cap = 0; \
	} while (0)
void *pmc_array_add_raw(void **items, size_t *count, size_t *cap, size_t size);

/* Scope cleanup for plain malloc'ed pointers: `PMC_FREE char *text = …;` */
#define PMC_FREE __attribute__((cleanup(pmc_free_cleanup)))
static inline void pmc_free_cleanup(void *ptr)
{
	free(*(void **)ptr);
}

#define PMC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
