/*
 * err.h - the error that a fallible function hands to its caller.
 *
 * A function that can fail returns 0 or -1 and takes a `struct pmc_err *` last. `message` says what
 * failed and why, with the value seen now; `hint` names the least change that mends it, or is
 * empty. The first cause is kept: pmc_err_set() on an error that is already set changes nothing,
 * so cleanup code may report too. NULL is accepted everywhere. Only cli/ prints errors and picks
 * exit statuses.
 */
#ifndef PMC_ERR_H
#define PMC_ERR_H

#include <stdbool.h>

/* What kind of failure it is, for callers that act on it and for exit statuses. */
enum pmc_err_kind {
	PMC_ERR_NONE,
	PMC_ERR_USAGE,		/* the request itself is wrong: exit status 2 */
	PMC_ERR_SYSTEM,		/* the machine or kernel refused: exit status 1 */
	PMC_ERR_DATA,		/* input (file, database, record) is not what it should be */
	PMC_ERR_NOT_FOUND,	/* the command or process does not exist: record exits 127 for a
				 * command */
	PMC_ERR_NOT_EXECUTABLE,	/* the command cannot be executed: record exits 126 */
};

struct pmc_err {
	enum pmc_err_kind kind;
	char message[512];
	char hint[512];
};

#define PMC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * Sets kind and message, unless an earlier cause stands. Always returns -1: `return
 * pmc_err_set(…)`.
 */
int pmc_err_set(struct pmc_err *err, enum pmc_err_kind kind, const char *fmt, ...) PMC_PRINTF(3, 4);

/* As pmc_err_set(), with ": strerror(errnum)" behind the message. */
int pmc_err_errno(struct pmc_err *err, int errnum, const char *fmt, ...) PMC_PRINTF(3, 4);

/* Adds the hint to an error that has none yet. Always returns -1. */
int pmc_err_hint(struct pmc_err *err, const char *fmt, ...) PMC_PRINTF(2, 3);

/* True when an error was set. */
bool pmc_err_is_set(const struct pmc_err *err);

/* Forgets the error, so that the struct can be used again. */
void pmc_err_clear(struct pmc_err *err);

#endif
