/*
 * option_man.c - manual pages in roff (man macros), made from the rows of options and commands.
 *
 * Texts of rows are plain: a blank line ends a paragraph, lines that begin with a blank stand
 * as they are, `words` in backticks are set bold. The rest is escaped: no letter of a row can
 * be taken for a request, and what is not ASCII is written as \[uXXXX].
 */
#include "cli/option_docs.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static bool is_end(const struct pmc_option *option)
{
	return !option->short_name && !option->long_name;
}

/* Code point of the well-formed UTF-8 at *text, which is moved behind it. */
static uint32_t next_code(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	const unsigned len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 1;
	uint32_t code = len == 1 ? at[0] : at[0] & (0xffu >> (len + 1));

	for (unsigned i = 1; i < len && (at[i] & 0xc0) == 0x80; i++)
		code = code << 6 | (at[i] & 0x3f);
	*text += strnlen(*text, len);
	return code;
}

/* One line of text, without its newline; backticks toggle bold where `marks` is set. */
static void put_text(const char *text, size_t len, bool marks, FILE *out)
{
	const char *end = text + len;
	bool bold = false;

	if (len && (text[0] == '.' || text[0] == '\''))
		fputs("\\&", out);
	while (text < end) {
		const uint32_t code = next_code(&text);

		if (code == '\\') {
			fputs("\\e", out);
		} else if (code == '-') {
			fputs("\\-", out);
		} else if (code == '~') {
			fputs("\\(ti", out);
		} else if (code == '^') {
			fputs("\\(ha", out);
		} else if (code == '\'') {
			fputs("\\(aq", out);
		} else if (code == '`' && marks) {
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", out);
		} else if (code == '`') {
			fputs("\\(ga", out);
		} else if (code >= 0x80) {
			fprintf(out, "\\[u%04X]", code);
		} else {
			fputc((int)code, out);
		}
	}
	if (bold)
		fputs("\\fR", out);
}

/* Paragraphs of plain text. */
static void put_paragraphs(const char *text, FILE *out)
{
	bool verbatim = false, between = false;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const size_t len = strcspn(text, "\n");
		const bool indented = text[0] == ' ' || text[0] == '\t';

		if (!len) {
			between = true;
			continue;
		}
		if (verbatim && !indented) {
			fputs(".fi\n.RE\n", out);
			verbatim = false;
			between = true;
		}
		if (between && !(verbatim && indented))
			fputs(".PP\n", out);
		if (indented && !verbatim) {
			fputs(".RS 4\n.nf\n", out);
			verbatim = true;
		} else if (verbatim && between) {
			fputs(".sp\n", out);
		}
		between = false;
		put_text(text + (indented ? strspn(text, " \t") : 0),
			 len - (indented ? strspn(text, " \t") : 0), true, out);
		fputc('\n', out);
	}
	if (verbatim)
		fputs(".fi\n.RE\n", out);
}

static void put_heading(const char *name, const char *summary, FILE *out)
{
	fputs(".\\\" Generated from the option rows of pmc.\n.TH ", out);
	for (const char *at = name; *at; at++)
		fputs(*at == '-' ? "\\-" : (char[]){ (char)(*at & ~0x20), '\0' }, out);
	fprintf(out, " 1 \"\" \"pmc %s\" \"User Commands\"\n.SH NAME\n", PMC_VERSION);
	put_text(name, strlen(name), false, out);
	fputs(" \\- ", out);
	put_text(summary, strlen(summary), false, out);
	fputs("\n", out);
}

static void put_option(const struct pmc_option *option, FILE *out)
{
	PMC_FREE char *text = pmc_docs_option_text(option);

	fputs(".TP\n", out);
	if (option->short_name)
		fprintf(out, "\\fB\\-%c\\fR", option->short_name);
	if (option->short_name && option->long_name)
		fputs(", ", out);
	if (option->long_name) {
		fputs("\\fB\\-\\-", out);
		put_text(option->long_name, strlen(option->long_name), false, out);
		fputs("\\fR", out);
	}
	if (option->kind != PMC_OPT_FLAG)
		fprintf(out, " \\fI%s\\fR", option->arg ? option->arg : "VALUE");
	fputc('\n', out);
	put_text(text, strlen(text), true, out);
	fputs(".\n", out);
}

static void put_examples(const char *examples, FILE *out)
{
	struct pmc_docs_example example;

	if (!examples || !examples[0])
		return;
	fputs(".SH EXAMPLES\n", out);
	while (pmc_docs_next_example(&examples, &example)) {
		fputs(".TP\n\\fB", out);
		put_text(example.command, example.command_len, false, out);
		fputs("\\fR\n", out);
		put_text(example.text, example.text_len, true, out);
		fputs("\n", out);
	}
}

static void put_exit_status(bool runs_command, FILE *out)
{
	fputs(".SH EXIT STATUS\n"
	      "0 when it was done, 1 when it failed, 2 when the request itself was wrong.\n", out);
	if (runs_command)
		fputs("The status of the command that was run is passed on: 128 + N when signal N\n"
		      "ended it, 127 when it was not found, 126 when it could not be executed.\n",
		      out);
}

static void put_see_also(const struct pmc_command *page, FILE *out)
{
	fputs(".SH SEE ALSO\n", out);
	if (page)
		fputs(".BR pmc (1)", out);
	for (size_t i = 0; pmc_commands[i]; i++)
		if (pmc_commands[i] != page)
			fprintf(out, "%s.BR pmc\\-%s (1)", page || i ? ",\n" : "",
				pmc_commands[i]->name);
	fputs("\n", out);
}

static void put_command(const struct pmc_command *command, FILE *out)
{
	PMC_FREE char *name = pmc_sprintf("pmc-%s", command->name);

	put_heading(name, command->summary, out);
	fprintf(out, ".SH SYNOPSIS\n.B pmc %s\n[\\fIOPTION\\fR...]\\&\n", command->name);
	if (command->usage) {
		put_text(command->usage, strlen(command->usage), false, out);
		fputc('\n', out);
	}
	fputs(".SH DESCRIPTION\n", out);
	put_paragraphs(command->description ? command->description : command->summary, out);
	fputs(".SH OPTIONS\n", out);
	for (const struct pmc_option *option = command->options; !is_end(option); option++)
		put_option(option, out);
	put_option(&(struct pmc_option){ .short_name = 'h', .long_name = "help",
					 .help = "print the options and examples, and exit" }, out);
	put_examples(command->examples, out);
	if (command->files_env) {
		fputs(".SH FILES AND ENVIRONMENT\n", out);
		put_paragraphs(command->files_env, out);
	}
	put_exit_status(command->operands_stop, out);
	put_see_also(command, out);
}

static void put_overview(FILE *out)
{
	put_heading("pmc", PMC_DOCS_ABOUT, out);
	fputs(".SH SYNOPSIS\n.B pmc\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARG\\fR...]\n"
	      ".SH DESCRIPTION\n", out);
	put_paragraphs(
"pmc samples programs with the performance counters of the CPU and the kernel, by\n"
"perf_event_open(2), and keeps what it learns in an SQLite file: costs by function, line, thread,\n"
"call stack and slice of time. Any number of sessions share a file; a query compares them.\n"
"\n"
"`pmc record` adds a session, `pmc report` shows one, `pmc sql` answers questions about all of\n"
"them, also while they are still being recorded.\n", out);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; pmc_commands[i]; i++) {
		fprintf(out, ".TP\n.BR pmc\\-%s (1)\n", pmc_commands[i]->name);
		put_text(pmc_commands[i]->summary, strlen(pmc_commands[i]->summary), false, out);
		fputs("\n", out);
	}
	fputs(".TP\n\\fBpmc help\\fR [\\fICOMMAND\\fR]\nprint what a command takes\n"
	      ".SH OPTIONS\n"
	      ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nprint the commands and exit\n"
	      ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\n"
	      "print the versions of pmc and its libraries\n"
	      ".SH ENVIRONMENT\n"
	      ".TP\n.B PMC_DB\nthe database where no option names one; without it, \\fIpmc.db\\fR\n"
	      ".TP\n.B NO_COLOR\nwhen set and not empty, nothing is coloured\n"
	      ".SH FILES\n"
	      ".TP\n.I pmc.db\nthe sessions, an SQLite database in the folder pmc was called in\n",
	      out);
	put_examples("pmc record ./prog --its-option\trun a program and record it\n"
		     "pmc report\tshow where its time went\n"
		     "pmc sql 'SELECT * FROM session_summary'\tlist the sessions of the file\n",
		     out);
	put_exit_status(false, out);
	put_see_also(NULL, out);
}

void pmc_docs_man(const struct pmc_command *command, FILE *out)
{
	if (command)
		put_command(command, out);
	else
		put_overview(out);
}
