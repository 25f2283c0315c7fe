/*
 * output_file.h - a file that is there whole or not at all.
 */
#ifndef PMC_CLI_OUTPUT_FILE_H
#define PMC_CLI_OUTPUT_FILE_H

#include <stdio.h>

#include "base/err.h"

struct output_file {
	FILE *out;		/* to write to */
	char *path;		/* NULL: stdout */
	char *draft;		/* written first, then renamed to path; NULL: path itself */
};

/* path "-" or NULL: stdout. A database that is there already is a usage error. */
int output_file_open(struct output_file *file, const char *path, struct pmc_err *err);

/* Puts the file into its place. Not for stdout: pmc_cli_finish() ends that. */
int output_file_commit(struct output_file *file, struct pmc_err *err);

/* Frees it; what was not committed is as if nothing had been written. */
void output_file_close(struct output_file *file);

#endif
