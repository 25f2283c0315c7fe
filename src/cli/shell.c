/*
 * shell.c - the interactive SQL shell of `pmc sql`.
 *
 *            ┌────────── "." command, at the start of a statement ──► done at once
 *   line ────┤
 *            └── SQL: gathered until a ';' ends it ──► sql_run()
 *
 * Job: the loop, the commands, and when a statement is complete.
 * Not here: editing of lines (shell_line.c), running and printing (cmd_sql.c, report/sql_print.c).
 *
 * An error is printed and the shell goes on. Ctrl-C forgets the statement being typed, or ends the
 * one that runs; Ctrl-D or .quit leaves.
 */
#include "cli/shell.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/shell_line.h"

struct shell {
	struct pmc_store *store;
	enum pmc_format format;
	bool quit;
};

struct command {
	const char *name, *args, *help;
	void (*run)(struct shell *shell, const char *arg);
};

/* ---- commands ---- */

static void run_tables(struct shell *shell, const char *arg)
{
	(void)arg;
	sql_run(shell->store,
		"SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')"
		" AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, name",
		PMC_FORMAT_TEXT);
}

static void run_schema(struct shell *shell, const char *arg)
{
	struct pmc_err err = { 0 };
	struct pmc_query *query = pmc_query_prepare(
		shell->store,
		"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
		" AND (?1 = '' OR lower(name) = lower(?1) OR lower(tbl_name) = lower(?1))"
		" ORDER BY type = 'view', rowid",
		NULL, &err);
	bool any = false;
	int status = -1;

	if (query) {
		pmc_query_bind_text(query, 1, arg);
		while ((status = pmc_query_step(query, &err)) == 1) {
			printf("%s;\n", pmc_query_cell(query, 0).text);
			any = true;
		}
	}
	pmc_query_free(query);
	if (status < 0)
		pmc_cli_fail(&err);
	else if (!any)
		pmc_cli_say("no table or view '%s'; .tables lists them", arg);
}

static void run_mode(struct shell *shell, const char *arg)
{
	/* In the order of enum pmc_format. */
	static const char *const modes[] = { "table", "csv", "json" };

	for (size_t i = 0; i < PMC_COUNT(modes); i++) {
		if (!strcmp(arg, modes[i])) {
			shell->format = (enum pmc_format)i;
			return;
		}
	}
	pmc_cli_say("the mode is %s; .mode table, csv or json changes it", modes[shell->format]);
}

static void run_quit(struct shell *shell, const char *arg)
{
	(void)arg;
	shell->quit = true;
}

static void run_help(struct shell *shell, const char *arg);

static const struct command commands[] = {
	{ ".help", "", "this list", run_help },
	{ ".mode", "table|csv|json", "how results are printed", run_mode },
	{ ".quit", "", "leave; so does Ctrl-D", run_quit },
	{ ".schema", "[NAME]", "the statements that made a view or table, or all", run_schema },
	{ ".tables", "", "the views and tables", run_tables },
};

static void run_help(struct shell *shell, const char *arg)
{
	(void)shell;
	(void)arg;
	for (size_t i = 0; i < PMC_COUNT(commands); i++) {
		PMC_FREE char *name = pmc_sprintf("%s %s", commands[i].name, commands[i].args);

		printf("%-22s %s\n", name, commands[i].help);
	}
	printf("\nSQL may span lines and ends with ';'. Tab completes names. For example:\n"
	       "  SELECT function, self FROM function_profile ORDER BY self DESC LIMIT 10;\n");
}

/* Runs ".name arg"; abbreviations that fit one command only will do. */
static void run_command(struct shell *shell, const char *line)
{
	size_t len = strcspn(line, " \t;");
	PMC_FREE char *name = pmc_strndup(line, len);
	PMC_FREE char *arg = pmc_strdup(line + len + strspn(line + len, " \t;"));
	const struct command *found = NULL;
	struct pmc_nearest nearest;
	char near[320];

	arg[strcspn(arg, " \t;")] = '\0';
	pmc_nearest_init(&nearest, name);
	for (size_t i = 0; i < PMC_COUNT(commands); i++) {
		pmc_nearest_offer(&nearest, commands[i].name);
		if (len > 1 && !strncasecmp(commands[i].name, name, len))
			found = &commands[i];
	}
	if (!strcasecmp(name, ".exit"))
		shell->quit = true;
	else if (found)
		found->run(shell, arg);
	else if (nearest.count)
		pmc_cli_say("no command %s; did you mean %s?", name,
			    pmc_nearest_text(&nearest, near, sizeof(near)));
	else
		pmc_cli_say("no command %s; .help lists them", name);
}

/* ---- statements ---- */

/*
 * Skips a quoted text or a comment that starts at `at`; NULL if it does not end. Plain
 * characters: at + 1.
 */
static const char *skip_token(const char *at)
{
	const char *end;

	if (*at == '\'' || *at == '"' || *at == '`') {
		end = strchr(at + 1, *at);
		return end ? end + 1 : NULL;
	}
	if (*at == '[') {
		end = strchr(at, ']');
		return end ? end + 1 : NULL;
	}
	if (at[0] == '-' && at[1] == '-') {
		end = strchr(at, '\n');
		return end ? end + 1 : at + strlen(at);
	}
	if (at[0] == '/' && at[1] == '*') {
		end = strstr(at + 2, "*/");
		return end ? end + 2 : NULL;
	}
	return at + 1;
}

/* True if the text ends with a ';' that is not part of a quoted text or comment. */
static bool is_complete(const char *sql)
{
	bool complete = false;

	while (sql && *sql) {
		bool comment = (sql[0] == '-' && sql[1] == '-') || (sql[0] == '/' && sql[1] == '*');

		if (*sql == ';')
			complete = true;
		else if (!comment && !strchr(" \t\n", *sql))
			complete = false;
		sql = skip_token(sql);
	}
	return sql && complete;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\n;")] == '\0';
}

/* ---- words for the tab key ---- */

typedef PMC_ARRAY(char *) word_list;

static void add_words(struct pmc_store *store, word_list *words)
{
	static const char *const keywords[] = {
		"SELECT",    "DISTINCT", "FROM",   "WHERE",     "GROUP BY", "ORDER BY",
		"HAVING",    "LIMIT",    "JOIN",   "LEFT JOIN", "USING",    "WITH",
		"RECURSIVE", "UNION",    "VALUES", "BETWEEN",   "DESC",     "NULL",
		"LIKE",      "coalesce", "printf", "round",     "count",    "group_concat",
	};
	struct pmc_query *query = pmc_query_prepare(
		store,
		"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
		" UNION SELECT c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
		" WHERE m.type IN ('table', 'view')",
		NULL, NULL);

	for (size_t i = 0; i < PMC_COUNT(commands); i++)
		*pmc_array_add(words) = pmc_strdup(commands[i].name);
	while (query && pmc_query_step(query, NULL) == 1)
		*pmc_array_add(words) = pmc_strdup(pmc_query_cell(query, 0).text);
	pmc_query_free(query);
	for (size_t i = 0; i < PMC_COUNT(keywords); i++)
		*pmc_array_add(words) = pmc_strdup(keywords[i]);
	pmc_array_add(words);	/* NULL ends the list */
}

/* ---- the loop ---- */

static void take_line(struct shell *shell, struct line_reader *reader, char **statement,
		      const char *line)
{
	char *longer;

	if (!**statement && line[strspn(line, " \t")] == '.') {
		line_remember(reader, line);
		run_command(shell, line + strspn(line, " \t"));
		return;
	}
	longer = **statement ? pmc_sprintf("%s\n%s", *statement, line) :
			       pmc_strdup(is_blank(line) ? "" : line);
	free(*statement);
	*statement = longer;
	if (!is_complete(*statement))
		return;
	/* As one line it would be all comment from a "--" on. */
	line_remember(reader, strstr(*statement, "--") ? line : *statement);
	sql_run(shell->store, *statement, shell->format);
	**statement = '\0';
}

int shell_run(struct pmc_store *store, const char *db_path, enum pmc_format format)
{
	struct shell shell = { .store = store, .format = format };
	PMC_FREE char *history = line_history_path();
	PMC_FREE char *statement = pmc_strdup("");
	struct line_reader *reader;
	word_list words = { 0 };

	add_words(store, &words);
	reader = line_reader_new((const char *const *)words.items, history);
	if (reader)
		printf("pmc %s: %s, read-only. SQL ends with ';', .help lists commands.\n",
		       PMC_VERSION, db_path);
	while (reader && !shell.quit) {
		const char *line;
		enum line_result result = line_read(reader, *statement ? " ...> " : "pmc> ", &line);

		if (result == LINE_END)
			break;
		if (result == LINE_INTERRUPTED)
			*statement = '\0';
		else
			take_line(&shell, reader, &statement, line);
		fflush(stdout);
		if (ferror(stdout))
			break;
	}
	if (reader && !shell.quit)
		putchar('\n');
	line_reader_free(reader);
	for (size_t i = 0; i < words.count; i++)
		free(words.items[i]);
	pmc_array_free(&words);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}
