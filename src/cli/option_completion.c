/*
 * option_completion.c - completion for bash, made from the rows of options and commands.
 *
 *   command ──► its options, as one list of words
 *   command + option with a value ──► its choices, or what its completer names
 *
 * The script asks pmc itself for events and sessions when the key is pressed; it needs no library
 * of completion functions, and is quiet where pmc is not.
 */
#include "cli/option_docs.h"

#include <string.h>

static bool is_end(const struct pmc_option *option)
{
	return !option->short_name && !option->long_name;
}

/* Shell text that sets COMPREPLY for the value of an option. */
static const char *words_of(const char *completer)
{
	if (!completer)
		return ":";
	if (!strcmp(completer, "file"))
		return "_pmc_files";
	if (!strcmp(completer, "event"))
		return "_pmc_events";
	if (!strcmp(completer, "session"))
		return "_pmc_sessions";
	if (!strcmp(completer, "pid"))
		return "_pmc_words \"$(cd /proc && echo [0-9]*)\"";
	return ":";
}

static void put_names(const struct pmc_command *command, FILE *out)
{
	fprintf(out, "\t%s) _pmc_words '-h --help", command->name);
	for (const struct pmc_option *option = command->options; !is_end(option); option++) {
		if (option->short_name)
			fprintf(out, " -%c", option->short_name);
		if (option->long_name)
			fprintf(out, " --%s", option->long_name);
	}
	fputs("' ;;\n", out);
}

static void put_values(const struct pmc_command *command, FILE *out)
{
	for (const struct pmc_option *option = command->options; !is_end(option); option++) {
		if (option->kind == PMC_OPT_FLAG)
			continue;
		fputc('\t', out);
		if (option->short_name)
			fprintf(out, "%s:-%c", command->name, option->short_name);
		if (option->short_name && option->long_name)
			fputs(" | ", out);
		if (option->long_name)
			fprintf(out, "%s:--%s", command->name, option->long_name);
		fputs(") ", out);
		if (option->choices) {
			fputs("_pmc_words '", out);
			for (size_t i = 0; option->choices[i]; i++)
				fprintf(out, "%s%s", i ? " " : "", option->choices[i]);
			fputs("'", out);
		} else {
			fputs(words_of(option->completer), out);
		}
		fputs(" ;;\n", out);
	}
}

static const char head[] =
"# bash completion for pmc; generated from its option rows\n"
"# shellcheck shell=bash\n"
"\n"
"_pmc_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
"_pmc_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); }\n"
"_pmc_sessions()\n"
"{\n"
"\t_pmc_words \"last $(pmc sql --format csv 'SELECT session_id FROM session_summary' \\\n"
"\t\t2>/dev/null | tail -n +2 | tr -d '\\r')\"\n"
"}\n"
"\n"
"# The event behind the last comma; bash has cut the word at colons already. Names with commas\n"
"# (quoted in CSV) are left out.\n"
"_pmc_events()\n"
"{\n"
"\tlocal before='' word=$cur\n"
"\tif [[ $cur == *,* ]]; then\n"
"\t\tbefore=${cur%,*},\n"
"\t\tword=${cur##*,}\n"
"\tfi\n"
"\tlocal names\n"
"\tnames=$(pmc list --format csv \"$word*\" 2>/dev/null | sed -n '2,$s/^\\([^\",]*\\),.*/\\1/p')\n"
"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$names\" -- \"$word\")\n"
"}\n"
"\n";

static const char body[] =
"_pmc()\n"
"{\n"
"\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
"\tlocal command=${COMP_WORDS[1]}\n"
"\tCOMPREPLY=()\n"
"\tif (( COMP_CWORD == 1 )); then\n"
"\t\t_pmc_words \"$_pmc_commands help --help --version\"\n"
"\t\treturn\n"
"\tfi\n"
"\tif [[ $command == help ]]; then\n"
"\t\t_pmc_words \"$_pmc_commands\"\n"
"\t\treturn\n"
"\tfi\n"
"\t# --option=value comes as three words\n"
"\tif [[ $cur == '=' ]]; then\n"
"\t\tcur=''\n"
"\telif [[ $option == '=' ]]; then\n"
"\t\toption=${COMP_WORDS[COMP_CWORD-2]}\n"
"\tfi\n"
"\tif _pmc_value \"$command:$option\"; then\n"
"\t\treturn\n"
"\tfi\n"
"\tif [[ $cur == -* ]]; then\n"
"\t\t_pmc_options \"$command\"\n"
"\telif [[ $command == record || $command == stat ]]; then\n"
"\t\tcompopt -o filenames\n"
"\t\tmapfile -t COMPREPLY < <(compgen -c -f -- \"$cur\" | sort -u)\n"
"\telse\n"
"\t\t_pmc_files\n"
"\tfi\n"
"}\n"
"complete -F _pmc pmc\n";

void pmc_docs_completion(FILE *out)
{
	fputs(head, out);
	fputs("_pmc_commands='", out);
	for (size_t i = 0; pmc_commands[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", pmc_commands[i]->name);
	fputs("'\n\n_pmc_options()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; pmc_commands[i]; i++)
		put_names(pmc_commands[i], out);
	fputs("\tesac\n}\n\n# False when the option takes no value.\n"
	      "_pmc_value()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; pmc_commands[i]; i++)
		put_values(pmc_commands[i], out);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n", out);
	fputs(body, out);
}
