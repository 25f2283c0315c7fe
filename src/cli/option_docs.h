/*
 * option_docs.h - everything that is written out from the rows of options and commands.
 *
 * All of these only read the tables and print to `out`; none fails: the caller looks at the stream.
 */
#ifndef PMC_OPTION_DOCS_H
#define PMC_OPTION_DOCS_H

#include <stdio.h>

#include "cli/option.h"

#define PMC_DOCS_ABOUT \
	"record what a program's cycles and instructions are spent on, and ask with SQL"

/* `pmc --help`: what pmc is, and its commands. */
void pmc_docs_overview(FILE *out);
/* `pmc COMMAND --help`. `width`: columns to wrap at; 0 = 80. */
void pmc_docs_help(const struct pmc_command *command, unsigned width, FILE *out);
/* pmc-COMMAND(1), or pmc(1) for NULL, as roff for the man macros (option_man.c). */
void pmc_docs_man(const struct pmc_command *command, FILE *out);
/* Completion for bash (option_completion.c). */
void pmc_docs_completion(FILE *out);

/* ---- shared by the files that write them ---- */

/* Its help, with the choices behind it unless it names them itself. The caller frees. */
char *pmc_docs_option_text(const struct pmc_option *option);

/* One line of a command's examples; pointers into its text. */
struct pmc_docs_example {
	const char *command, *text;
	size_t command_len, text_len;
};

/* Takes the next line off *examples; false at the end. */
bool pmc_docs_next_example(const char **examples, struct pmc_docs_example *example);

#endif
