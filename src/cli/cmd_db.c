/*
 * cmd_db.c - `pmc db`: look after a session file.
 *
 * Job: the actions schema, reference, sessions, check, delete and label, one row each in `actions`.
 * Not here: what they do to the file (store/), how tables are printed (report/).
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"

struct db_values {
	const char *db;
	int format;
};

/* In the order of enum pmc_format. */
static const char *const format_choices[] = { "table", "csv", "json", NULL };

static const struct pmc_option options[] = {
	{ .short_name = 'i', .long_name = "input", .kind = PMC_OPT_TEXT, .arg = "DB",
	  .help = "database to look after; without it that of PMC_DB, else pmc.db",
	  .completer = "file", .offset = offsetof(struct db_values, db) },
	{ .long_name = "format", .kind = PMC_OPT_CHOICE, .arg = "FORMAT",
	  .help = "how sessions prints its rows", .choices = format_choices,
	  .offset = offsetof(struct db_values, format) },
	{ 0 },
};

struct request {
	const struct db_values *values;
	const char *path;
	int count;			/* operands behind the action */
	char **operands;
};

struct action {
	const char *name;
	const char *operands;
	int min, max;			/* number of operands; max -1: any */
	int (*run)(const struct request *request, struct pmc_err *err);
};

static int run_schema(const struct request *request, struct pmc_err *err)
{
	(void)request;
	(void)err;
	pmc_store_print_schema(stdout);
	return PMC_EXIT_OK;
}

static int run_reference(const struct request *request, struct pmc_err *err)
{
	(void)request;
	(void)err;
	pmc_store_print_reference(stdout);
	return PMC_EXIT_OK;
}

static int run_sessions(const struct request *request, struct pmc_err *err)
{
	static const char sql[] =
		"SELECT session_id AS session, label, started_at AS 'started (UTC)', "
		"round(duration_ns / 1e9, 1) AS seconds, state, events, samples, lost, command "
		"FROM session_summary ORDER BY session_id";
	struct pmc_store *store = pmc_store_open(request->path, PMC_STORE_READ, err);
	const struct pmc_style style = pmc_cli_style(stdout);
	int failed;

	if (!store)
		return -1;
	failed = pmc_report_sql(store, sql, (enum pmc_format)request->values->format, &style,
				stdout, err);
	pmc_store_close(store);
	return failed ? -1 : PMC_EXIT_OK;
}

static void print_finding(void *ctx, const char *finding)
{
	(void)ctx;
	printf("%s\n", finding);
}

static int run_check(const struct request *request, struct pmc_err *err)
{
	struct pmc_store *store = pmc_store_open(request->path, PMC_STORE_READ, err);
	int found;

	if (!store)
		return -1;
	found = pmc_store_check(store, print_finding, NULL, err);
	pmc_store_close(store);
	if (found < 0)
		return -1;
	if (!found)
		printf("%s: sound\n", request->path);
	return found ? PMC_EXIT_FAILED : PMC_EXIT_OK;
}

static int delete_one(struct pmc_store *store, const char *text, struct pmc_err *err)
{
	int64_t session;

	if (pmc_store_find_session(store, text, &session, err) ||
	    pmc_store_delete_session(store, session, err))
		return -1;
	pmc_cli_say("session %lld is deleted", (long long)session);
	return 0;
}

static int run_delete(const struct request *request, struct pmc_err *err)
{
	struct pmc_store *store = pmc_store_open(request->path, PMC_STORE_WRITE, err);
	int failed = !store;

	for (int i = 0; i < request->count && !failed; i++)
		failed = delete_one(store, request->operands[i], err);
	pmc_store_close(store);
	return failed ? -1 : PMC_EXIT_OK;
}

static int run_label(const struct request *request, struct pmc_err *err)
{
	const char *label = request->count > 1 ? request->operands[1] : "";
	struct pmc_store *store = pmc_store_open(request->path, PMC_STORE_WRITE, err);
	int64_t session;
	int failed;

	if (!store)
		return -1;
	failed = pmc_store_find_session(store, request->operands[0], &session, err) ||
		 pmc_store_label_session(store, session, label, err);
	pmc_store_close(store);
	if (failed)
		return -1;
	pmc_cli_say(*label ? "session %lld is now '%s'" : "session %lld has no label now",
		    (long long)session, label);
	return PMC_EXIT_OK;
}

static const struct action actions[] = {
	{ "schema", "", 0, 0, run_schema },
	{ "reference", "", 0, 0, run_reference },
	{ "sessions", "", 0, 0, run_sessions },
	{ "check", "", 0, 0, run_check },
	{ "delete", " SESSION...", 1, -1, run_delete },
	{ "label", " SESSION [TEXT]", 1, 2, run_label },
};

static const struct action *find_action(const char *name, struct pmc_err *err)
{
	for (size_t i = 0; name && i < PMC_COUNT(actions); i++) {
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	}
	if (name)
		pmc_err_set(err, PMC_ERR_USAGE, "db has no action '%s'", name);
	else
		pmc_err_set(err, PMC_ERR_USAGE, "db needs an action");
	pmc_err_hint(err, "one of schema, reference, sessions, check, delete, label; "
			  "see pmc db --help");
	return NULL;
}

static int run(int argc, char **argv)
{
	struct db_values values = { 0 };
	struct pmc_err err = { 0 };
	struct request request = { .values = &values };
	const struct action *action;
	int operands = pmc_options_parse(&pmc_command_db, argc, argv, &values, &err), status;

	if (operands < 0)
		return pmc_cli_fail(&err);
	action = find_action(operands ? argv[0] : NULL, &err);
	if (!action)
		return pmc_cli_fail(&err);
	request.path = pmc_cli_db_path(values.db);
	request.count = operands - 1;
	request.operands = argv + 1;
	if (request.count < action->min || (action->max >= 0 && request.count > action->max)) {
		pmc_err_set(&err, PMC_ERR_USAGE, "db %s was given %d operands", action->name,
			    request.count);
		pmc_err_hint(&err, "pmc db %s%s", action->name, action->operands);
		return pmc_cli_fail(&err);
	}
	status = action->run(&request, &err);
	if (status < 0)
		status = pmc_cli_fail(&err);
	return pmc_cli_finish(stdout, status);
}

const struct pmc_command pmc_command_db = {
	.name = "db",
	.summary = "list, name, check and delete sessions; show the schema",
	.usage = "schema | reference | sessions | check | delete SESSION... | label SESSION [TEXT]",
	.description =
		"Looks after a file of sessions. A SESSION is its number, its label, or last.\n\n"
		"schema prints the SQL that makes the tables and views, with what each column "
		"means; reference prints the same as a document in markdown.\n\n"
		"sessions lists the sessions of the file.\n\n"
		"check reads the whole file and verifies its structure, its references, and that "
		"sums which must agree do so. It prints what it finds and exits with 1; a sound "
		"file exits with 0. Sessions that are being recorded may be checked.\n\n"
		"delete removes sessions and the names that no other session uses, and gives the "
		"room back. A session that is being recorded is not deleted.\n\n"
		"label names a session, for --session; without a TEXT it takes the name away.",
	.examples =
		"pmc db sessions\twhat was recorded so far\n"
		"pmc db label last before\tname the newest session\n"
		"pmc db delete 3 4\tremove two sessions\n"
		"pmc db schema\tthe views and tables to query",
	.files_env = "PMC_DB names the file that is used without -i; pmc.db in the current folder "
		     "otherwise.",
	.options = options,
	.run = run,
};
