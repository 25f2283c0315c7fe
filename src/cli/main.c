/*
 * main.c - the program's door: finds the command and runs it.
 *
 *   pmc COMMAND …         its row's run()
 *   pmc help [COMMAND]    pmc [COMMAND] --help         pmc --version
 *   pmc --dump-commands, --dump-man [COMMAND], --dump-completion bash      for the build
 *
 * A closed pipe is an ordinary end of output, so SIGPIPE is ignored from here on; whoever starts
 * another program sets it back to its default first.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/option_docs.h"
#include "collector/collector.h"
#include "store/store.h"
#include "symbolize/symbolize.h"

static int unknown_command(const char *name)
{
	struct pmc_err err = { 0 };
	struct pmc_nearest nearest;
	char near[320];

	pmc_err_set(&err, PMC_ERR_USAGE, "no %s '%s'", name[0] == '-' ? "option" : "command", name);
	pmc_nearest_init(&nearest, name);
	for (size_t i = 0; name[0] != '-' && pmc_commands[i]; i++)
		pmc_nearest_offer(&nearest, pmc_commands[i]->name);
	if (nearest.count)
		pmc_err_hint(&err, "did you mean %s?",
			     pmc_nearest_text(&nearest, near, sizeof(near)));
	else
		pmc_err_hint(&err, "`pmc --help` lists the commands");
	return pmc_cli_fail(&err);
}

static int print_help(const char *name)
{
	const struct pmc_command *command = name ? pmc_commands_find(name) : NULL;

	if (name && !command)
		return unknown_command(name);
	if (command)
		pmc_docs_help(command, pmc_cli_style(stdout).width, stdout);
	else
		pmc_docs_overview(stdout);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

static int print_man(const char *name)
{
	const struct pmc_command *command = name ? pmc_commands_find(name) : NULL;

	if (name && !command)
		return unknown_command(name);
	pmc_docs_man(command, stdout);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

static int print_version(void)
{
	char pfm[128], symbolize[128];

	pmc_machine_pfm_name(pfm, sizeof(pfm));
	pmc_symbolize_versions(symbolize, sizeof(symbolize));
	printf("pmc %s\n%s\n%s\nSQLite %s, schema version %d\n", PMC_VERSION, pfm, symbolize,
	       pmc_store_sqlite_version(), pmc_store_schema_version());
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

static int print_commands(void)
{
	for (size_t i = 0; pmc_commands[i]; i++)
		printf("%s\n", pmc_commands[i]->name);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

static int print_completion(const char *shell)
{
	struct pmc_err err = { 0 };

	if (!shell || strcmp(shell, "bash")) {
		pmc_err_set(&err, PMC_ERR_USAGE, "no completion for the shell '%s'",
			    shell ? shell : "");
		pmc_err_hint(&err, "there is one for bash");
		return pmc_cli_fail(&err);
	}
	pmc_docs_completion(stdout);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

/*
 * Where the caller closed a standard file, the next file that is opened would have its number, and
 * what is printed would go into a counter, or into the pipe that holds a command back. In its
 * place comes one that can no more be read or written, and that started programs do not see.
 */
static void fill_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null",
			     O_CLOEXEC | (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct pmc_command *command;

	fill_standard_files();
	signal(SIGPIPE, SIG_IGN);
	if (!word) {
		pmc_docs_overview(stderr);
		return PMC_EXIT_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help"))
		return print_help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return print_version();
	if (!strcmp(word, "--dump-man"))
		return print_man(argc > 2 ? argv[2] : NULL);
	if (!strcmp(word, "--dump-commands"))
		return print_commands();
	if (!strcmp(word, "--dump-completion"))
		return print_completion(argc > 2 ? argv[2] : NULL);
	command = pmc_commands_find(word);
	return command ? command->run(argc - 1, argv + 1) : unknown_command(word);
}
