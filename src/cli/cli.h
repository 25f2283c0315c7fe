/*
 * cli.h - what commands share: printing errors, the database's path, the terminal.
 */
#ifndef PMC_CLI_H
#define PMC_CLI_H

#include <stdio.h>

#include "base/err.h"
#include "cli/option.h"
#include "report/report.h"

enum { PMC_EXIT_OK = 0, PMC_EXIT_FAILED = 1, PMC_EXIT_USAGE = 2 };

/*
 * Prints "pmc: message" and "  hint: …" to stderr, coloured on a terminal; returns the exit status
 * for it.
 */
int pmc_cli_fail(const struct pmc_err *err);

/*
 * Exit status of a command that runs COMMAND, which could not be executed: what a shell says, 127
 * or 126; `otherwise` for any other error.
 */
int pmc_cli_command_status(const struct pmc_err *err, int otherwise);

/* One line of talk to stderr: "pmc: …". */
void pmc_cli_say(const char *fmt, ...) PMC_PRINTF(1, 2);

/* Path of the database: the option if given, else PMC_DB, else "pmc.db". Borrowed. */
const char *pmc_cli_db_path(const char *option);

/* Width and colour for a stream: NO_COLOR, TERM=dumb and not being a terminal switch colour off. */
struct pmc_style pmc_cli_style(FILE *stream);

/*
 * Ends output on a stream: flushes, and reports what went wrong (no space…). A closed pipe is no
 * error: the reader has seen enough.  Returns an exit status.
 */
int pmc_cli_finish(FILE *stream, int status);

#endif
