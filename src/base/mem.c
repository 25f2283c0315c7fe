/*
 * mem.c - allocation that ends the process rather than returning NULL; see mem.h for why.
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void *check(void *ptr, size_t count, size_t size)
{
	if (!ptr) {
		fprintf(stderr, "pmc: out of memory (%zu items of %zu bytes)\n", count, size);
		abort();
	}
	return ptr;
}

void *pmc_calloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1), count, size);
}

void *pmc_realloc(void *ptr, size_t count, size_t size)
{
	return check(reallocarray(ptr, count ? count : 1, size ? size : 1), count, size);
}

char *pmc_strdup(const char *text)
{
	return check(strdup(text), 1, strlen(text));
}

char *pmc_strndup(const char *text, size_t len)
{
	return check(strndup(text, len), 1, len);
}

char *pmc_sprintf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return check(text, 1, 0);
}

char *pmc_join(char *text, const char *separator, const char *more)
{
	const bool both = text && *text && *more;
	char *joined = pmc_sprintf("%s%s%s", text ? text : "", both ? separator : "", more);

	free(text);
	return joined;
}

void pmc_grow(void **ptr, size_t *cap, size_t need, size_t size)
{
	size_t cap_new = *cap ? *cap : 16;

	if (need <= *cap)
		return;
	while (cap_new < need)
		cap_new = cap_new > SIZE_MAX / 2 ? need : cap_new * 2;
	*ptr = pmc_realloc(*ptr, cap_new, size);
	*cap = cap_new;
}

void *pmc_array_add_raw(void **items, size_t *count, size_t *cap, size_t size)
{
	void *item;

	pmc_grow(items, cap, *count + 1, size);
	item = (char *)*items + *count * size;
	memset(item, 0, size);
	(*count)++;
	return item;
}
