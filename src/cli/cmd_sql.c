/*
 * cmd_sql.c - `pmc sql`: a query from an argument, from standard input, or from a shell.
 *
 * Ctrl-C while a query runs interrupts the query: an error and exit status 1, or the next prompt.
 * At any other time it ends the process as usual.
 */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/shell.h"

struct sql_values {
	const char *db;
	int format;
};

/* In the order of enum pmc_format. */
static const char *const format_choices[] = { "table", "csv", "json", NULL };

static const struct pmc_option options[] = {
	{ .short_name = 'i', .long_name = "input", .kind = PMC_OPT_TEXT, .arg = "DB",
	  .help = "database to read; without it that of PMC_DB, else pmc.db",
	  .completer = "file", .offset = offsetof(struct sql_values, db) },
	{ .long_name = "format", .kind = PMC_OPT_CHOICE, .arg = "FORMAT",
	  .help = "how to print rows", .choices = format_choices,
	  .offset = offsetof(struct sql_values, format) },
	{ 0 },
};

/* What the signal handler interrupts; NULL while nothing runs. */
static struct pmc_store *volatile running;

static void on_interrupt(int signal_number)
{
	struct pmc_store *store = running;

	(void)signal_number;
	if (store)
		pmc_store_interrupt(store);
}

int sql_run(struct pmc_store *store, const char *sql, enum pmc_format format)
{
	struct sigaction action = { .sa_handler = on_interrupt }, before;
	struct pmc_style style = pmc_cli_style(stdout);
	struct pmc_err err = { 0 };
	int status;

	running = store;
	sigaction(SIGINT, &action, &before);
	status = pmc_report_sql(store, sql, format, &style, stdout, &err);
	sigaction(SIGINT, &before, NULL);
	running = NULL;
	if (!status)
		return PMC_EXIT_OK;
	/* A wrong query is a failure of its own; the usage of pmc was right. */
	if (err.kind == PMC_ERR_USAGE)
		err.kind = PMC_ERR_DATA;
	return pmc_cli_fail(&err);
}

/* All of standard input; the caller frees. */
static char *read_input(struct pmc_err *err)
{
	char *text = NULL;
	size_t used = 0, cap = 0, got;

	do {
		pmc_grow((void **)&text, &cap, used + 4096, 1);
		got = fread(text + used, 1, cap - used - 1, stdin);
		used += got;
	} while (got);
	text[used] = '\0';
	if (!ferror(stdin) && strlen(text) == used)
		return text;
	if (ferror(stdin))
		pmc_err_set(err, PMC_ERR_SYSTEM, "cannot read the query from standard input");
	else
		pmc_err_set(err, PMC_ERR_DATA,
			    "standard input is not SQL: it has a NUL byte after %zu bytes",
			    strlen(text));
	free(text);
	return NULL;
}

static int run_input(struct pmc_store *store, enum pmc_format format)
{
	struct pmc_err err = { 0 };
	PMC_FREE char *sql = read_input(&err);

	return sql ? sql_run(store, sql, format) : pmc_cli_fail(&err);
}

static int run(int argc, char **argv)
{
	struct sql_values values = { 0 };
	struct pmc_err err = { 0 };
	int operands = pmc_options_parse(&pmc_command_sql, argc, argv, &values, &err), status;
	enum pmc_format format = (enum pmc_format)values.format;
	struct pmc_store *store;

	if (operands < 0)
		return pmc_cli_fail(&err);
	if (operands > 1) {
		pmc_err_set(&err, PMC_ERR_USAGE, "sql takes one query, but was given %d operands",
			    operands);
		pmc_err_hint(&err, "quote it for the shell: pmc sql 'SELECT … FROM health'");
		return pmc_cli_fail(&err);
	}
	store = pmc_store_open(pmc_cli_db_path(values.db), PMC_STORE_READ, &err);
	if (!store)
		return pmc_cli_fail(&err);
	if (operands == 1)
		status = sql_run(store, argv[0], format);
	else if (isatty(STDIN_FILENO))
		status = shell_run(store, pmc_cli_db_path(values.db), format);
	else
		status = run_input(store, format);
	pmc_store_close(store);
	return pmc_cli_finish(stdout, status);
}

const struct pmc_command pmc_command_sql = {
	.name = "sql",
	.summary = "query recorded sessions with SQL",
	.usage = "['QUERY']",
	.description =
		"Runs SQL over the sessions of a database and prints the rows. The file is "
		"opened read-only: no statement can change it. A session that is being "
		"recorded can be queried; what it has is at most two seconds old.\n\n"
		"The query is the operand or, without one, standard input; several "
		"statements are separated by semicolons. On a terminal without a query, sql "
		"is a shell with history and completion by the tab key; .help lists its "
		"commands. Ctrl-C interrupts a query.\n\n"
		"The views are made for queries, and their columns keep their names: "
		"session_summary, session_facts, event_summary, counts, function_profile, "
		"line_profile, module_profile, thread_profile, process_profile, call_tree, "
		"callers, callees, timeline, branches and health. `pmc db schema` describes "
		"them.\n\n"
		"As a table, numbers stand right, NULL is empty, and cells are shortened on a "
		"terminal only. csv is that of RFC 4180. json is an array of objects; several "
		"statements give several arrays.",
	.examples =
		"pmc sql 'SELECT function, self FROM function_profile ORDER BY self DESC LIMIT 5'"
		"\tthe five hottest functions of all sessions\n"
		"pmc sql --format csv 'SELECT * FROM timeline' > timeline.csv"
		"\tall of a view, for another program\n"
		"pmc sql -i nightly.db < query.sql\tstatements from a file\n"
		"pmc sql\ta shell, if this is typed on a terminal",
	.files_env =
		"PMC_DB names the database that is read without -i; pmc.db in the current "
		"folder otherwise.\n"
		"The shell keeps its history in $XDG_STATE_HOME/pmc/sql_history, "
		"~/.local/state/pmc/sql_history where that is not set.",
	.options = options,
	.run = run,
};
