/*
 * option_docs.c - help on a terminal, made from the rows of options and commands.
 *
 *   pmc_commands[] ──► rows ──┬─► --help             here
 *                             ├─► pmc-NAME(1)        option_man.c
 *                             └─► bash completion    option_completion.c
 *
 * Not here: a word about any one option.
 */
#include "cli/option_docs.h"

#include <string.h>

#include "base/mem.h"

enum { INDENT = 27 };	/* column of the explanations */

static bool is_end(const struct pmc_option *option)
{
	return !option->short_name && !option->long_name;
}

/* Columns of `len` bytes of UTF-8, for text of our own: one a code point. */
static unsigned columns_of(const char *text, size_t len)
{
	unsigned columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

/* Prints text from column `at`, broken at spaces before `width`; later lines begin at `indent`. */
static void wrap(FILE *out, const char *text, unsigned at, unsigned indent, unsigned width)
{
	unsigned column = at;

	while (*text) {
		const size_t word = strcspn(text, " \n");
		const unsigned columns = columns_of(text, word);

		if (column > indent && column + 1 + columns > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, word, out);
		column += columns;
		text += word;
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

/* "-e, --event EVENTS" */
static char *spell(const struct pmc_option *option)
{
	const char *arg = option->arg ? option->arg : "VALUE";
	const bool both = option->short_name && option->long_name;
	const char letter[] = { '-', option->short_name, '\0' };

	return pmc_sprintf("%s%s%s%s%s%s", option->short_name ? letter : "    ", both ? ", " : "",
			   option->long_name ? "--" : "",
			   option->long_name ? option->long_name : "",
			   option->kind == PMC_OPT_FLAG ? "" : " ",
			   option->kind == PMC_OPT_FLAG ? "" : arg);
}

static bool names_all_choices(const struct pmc_option *option)
{
	for (size_t i = 0; option->choices && option->choices[i]; i++)
		if (!strstr(option->help, option->choices[i]))
			return false;
	return true;
}

char *pmc_docs_option_text(const struct pmc_option *option)
{
	char *text = pmc_strdup(option->help);

	if (names_all_choices(option))
		return text;
	for (size_t i = 0; option->choices[i]; i++) {
		char *longer = pmc_sprintf("%s%s%s", text, i ? ", " : ": ", option->choices[i]);

		free(text);
		text = longer;
	}
	return text;
}

static void print_option(const struct pmc_option *option, unsigned width, FILE *out)
{
	PMC_FREE char *text = pmc_docs_option_text(option);
	PMC_FREE char *name = spell(option);

	fprintf(out, "  %s", name);
	if (strlen(name) + 4 > INDENT)
		fprintf(out, "\n%*s", INDENT, "");
	else
		fprintf(out, "%*s", (int)(INDENT - 2 - strlen(name)), "");
	wrap(out, text, INDENT, INDENT, width);
}

bool pmc_docs_next_example(const char **examples, struct pmc_docs_example *example)
{
	const char *line = *examples;
	size_t len;

	if (!line || !*line)
		return false;
	len = strcspn(line, "\n");
	*examples = line + len + (line[len] == '\n');
	example->command = line;
	example->command_len = strcspn(line, "\t\n");
	example->text = line + example->command_len;
	example->text += strspn(example->text, "\t");
	example->text_len = (size_t)(line + len - example->text);
	return true;
}

static void print_examples(const char *examples, FILE *out)
{
	struct pmc_docs_example example;

	while (pmc_docs_next_example(&examples, &example)) {
		fprintf(out, "  %.*s\n", (int)example.command_len, example.command);
		if (example.text_len)
			fprintf(out, "      %.*s\n", (int)example.text_len, example.text);
	}
}

void pmc_docs_help(const struct pmc_command *command, unsigned width, FILE *out)
{
	static const struct pmc_option help = {
		.short_name = 'h', .long_name = "help", .help = "print this and exit",
	};
	PMC_FREE char *usage = pmc_sprintf("usage: pmc %s [OPTION...]%s%s", command->name,
					   command->usage ? " " : "",
					   command->usage ? command->usage : "");

	width = width == 0 || width > 100 ? 80 : width < 48 ? 48 : width;
	wrap(out, usage, 0, 0, width);
	fputc('\n', out);
	wrap(out, command->summary, 0, 0, width);
	fputs("\nOptions:\n", out);
	for (const struct pmc_option *option = command->options; !is_end(option); option++)
		print_option(option, width, out);
	print_option(&help, width, out);
	if (command->examples && command->examples[0]) {
		fputs("\nExamples:\n", out);
		print_examples(command->examples, out);
	}
	fprintf(out, "\nMore: man pmc-%s\n", command->name);
}

void pmc_docs_overview(FILE *out)
{
	fputs("usage: pmc COMMAND [OPTION...] [ARG...]\n\n" PMC_DOCS_ABOUT "\n\nCommands:\n", out);
	for (size_t i = 0; pmc_commands[i]; i++)
		fprintf(out, "  %-9s %s\n", pmc_commands[i]->name, pmc_commands[i]->summary);
	fputs("\nStart with:\n"
	      "  pmc record ./prog     run a program and record it into pmc.db\n"
	      "  pmc report            show where its time went\n"
	      "  pmc stat ./prog       count what it does, exactly\n"
	      "\n`pmc COMMAND --help` describes a command, `pmc --version` names this build.\n",
	      out);
}
