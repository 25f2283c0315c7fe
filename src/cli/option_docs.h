/*
 * option_docs.h - everything that is written out from the rows of options and commands.
 *
 * All of these only read the tables and print to `out`; none fails (the caller looks at the stream).
 */
#ifndef PMC_OPTION_DOCS_H
#define PMC_OPTION_DOCS_H

#include <stdio.h>

#include "cli/option.h"

/* `pmc --help`: what pmc is, and its commands. */
void pmc_docs_overview(FILE *out);
/* `pmc COMMAND --help`. `width`: columns to wrap at; 0 = 80. */
void pmc_docs_help(const struct pmc_command *command, unsigned width, FILE *out);
/* pmc-COMMAND(1), or pmc(1) for NULL, as roff for the man macros. */
void pmc_docs_man(const struct pmc_command *command, FILE *out);
/* Completion for bash. */
void pmc_docs_completion(FILE *out);

#endif
