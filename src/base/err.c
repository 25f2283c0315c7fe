/*
 * err.c - filling struct pmc_err; see err.h for the rules (first cause wins, NULL accepted).
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pmc_err_set(struct pmc_err *err, enum pmc_err_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!err || err->kind != PMC_ERR_NONE)
		return -1;
	err->kind = kind;
	err->hint[0] = '\0';
	va_start(args, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return -1;
}

int pmc_err_errno(struct pmc_err *err, int errnum, const char *fmt, ...)
{
	va_list args;
	size_t used;

	if (!err || err->kind != PMC_ERR_NONE)
		return -1;
	err->kind = PMC_ERR_SYSTEM;
	err->hint[0] = '\0';
	va_start(args, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(errnum));
	return -1;
}

int pmc_err_hint(struct pmc_err *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->kind == PMC_ERR_NONE || err->hint[0])
		return -1;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -1;
}

bool pmc_err_is_set(const struct pmc_err *err)
{
	return err && err->kind != PMC_ERR_NONE;
}

void pmc_err_clear(struct pmc_err *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}
