/*
 * shell.h - the interactive SQL shell of `pmc sql`.
 */
#ifndef PMC_CLI_SHELL_H
#define PMC_CLI_SHELL_H

#include "report/report.h"

/* Reads statements from the terminal until .quit or the end of input. Returns an exit status. */
int shell_run(struct pmc_store *store, const char *db_path, enum pmc_format format);

/*
 * Runs statements so that Ctrl-C ends them and not the process. Errors are printed.
 * Returns an exit status. (cmd_sql.c)
 */
int sql_run(struct pmc_store *store, const char *sql, enum pmc_format format);

#endif
