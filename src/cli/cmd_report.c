/*
 * cmd_report.c - `pmc report`: options to pmc_report_print().
 */
#include <stddef.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/session_open.h"

struct report_values {
	const char *db, *session, *event;
	int by, format, color;
	double from_s, to_s;
	bool from_given, to_given;
	uint64_t limit;
	bool limit_given;
	const char *root;
	int tree;
	bool tree_given;
	double min_share;
	bool min_share_given;
	uint64_t depth;
	bool depth_given;
};

enum { LIMIT_TEXT = 30 };

/* Below this share a tree for people leaves nodes out. */
#define MIN_SHARE_TEXT 0.005

enum { TREE_CALLEES, TREE_CALLERS };

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* In the order of enum pmc_report_by, enum pmc_format, and the colours above. */
static const char *const by_choices[] = { "function", "line", "module", "thread", "process", NULL };
static const char *const tree_choices[] = { "callees", "callers", NULL };
static const char *const format_choices[] = { "text", "csv", "json", NULL };
static const char *const color_choices[] = { "auto", "always", "never", NULL };

#define FIELD(name) .offset = offsetof(struct report_values, name)

static const struct pmc_option options[] = {
	{ .short_name = 'i', .long_name = "input", .kind = PMC_OPT_TEXT, .arg = "DB",
	  .help = "database to read; without it that of PMC_DB, else pmc.db",
	  .completer = "file", FIELD(db) },
	{ .short_name = 's', .long_name = "session", .kind = PMC_OPT_TEXT, .arg = "SESSION",
	  .help = "session to show: its number, its label (the newest that has it), or last",
	  .completer = "session", FIELD(session) },
	{ .short_name = 'e', .long_name = "event", .kind = PMC_OPT_TEXT, .arg = "EVENTS",
	  .help = "show these of the recorded events, in this order; rows are sorted by the first. "
		  "Without it all of them, side by side",
	  .completer = "event", FIELD(event) },
	{ .long_name = "by", .kind = PMC_OPT_CHOICE, .arg = "WHAT", .help = "what a row is",
	  .choices = by_choices, FIELD(by) },
	{ .long_name = "tree", .kind = PMC_OPT_MAYBE_CHOICE, .arg = "[callers]",
	  .help = "show a call tree: callees, what each function called, from the outermost down. "
		  "With callers: who called it, from each function that has time or events of its "
		  "own up",
	  .choices = tree_choices, FIELD(tree),
	  .given_offset = offsetof(struct report_values, tree_given) },
	{ .long_name = "root", .kind = PMC_OPT_TEXT, .arg = "FUNCTION",
	  .help = "only what this function and all it called spent, wherever it was called; shares "
		  "are of that. With or without --tree",
	  FIELD(root) },
	{ .long_name = "min-share", .kind = PMC_OPT_PERCENT, .arg = "PERCENT",
	  .help = "leave out of a tree what has a smaller share of all in every event; without it "
		  "0.5 as text and 0 as csv or json",
	  FIELD(min_share), .given_offset = offsetof(struct report_values, min_share_given) },
	{ .long_name = "depth", .kind = PMC_OPT_UINT, .arg = "LEVELS",
	  .help = "levels of a tree to show; without it, or with 0, all",
	  FIELD(depth), .given_offset = offsetof(struct report_values, depth_given) },
	{ .long_name = "from", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was before this time of the session; in whole time slices",
	  FIELD(from_s), .given_offset = offsetof(struct report_values, from_given) },
	{ .long_name = "to", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was from this time on", FIELD(to_s),
	  .given_offset = offsetof(struct report_values, to_given) },
	{ .short_name = 'n', .long_name = "limit", .kind = PMC_OPT_UINT, .arg = "ROWS",
	  .help = "rows to show, 0 for all; without it 30 as text, and all of a tree and as csv or "
		  "json",
	  FIELD(limit), .given_offset = offsetof(struct report_values, limit_given) },
	{ .long_name = "format", .kind = PMC_OPT_CHOICE, .arg = "FORMAT", .help = "how to print it",
	  .choices = format_choices, FIELD(format) },
	{ .long_name = "color", .kind = PMC_OPT_CHOICE, .arg = "WHEN",
	  .help = "when to use colour (auto: on a terminal, unless NO_COLOR is set)",
	  .choices = color_choices, FIELD(color) },
	{ 0 },
};

/* What a tree cannot show, and what only a tree has. */
static int check_tree(const struct report_values *values, struct pmc_err *err)
{
	if (values->tree_given &&
	    (values->by == PMC_BY_LINE || values->by == PMC_BY_MODULE)) {
		pmc_err_set(err, PMC_ERR_USAGE, "--tree cannot be by %s: its nodes are functions",
			    by_choices[values->by]);
		return pmc_err_hint(err, "--by thread and --by process give a tree each; --root "
					 "FUNCTION --by %s, without --tree, tells of a subtree",
				    by_choices[values->by]);
	}
	if (!values->tree_given && (values->min_share_given || values->depth_given)) {
		pmc_err_set(err, PMC_ERR_USAGE, "%s is for trees",
			    values->depth_given ? "--depth" : "--min-share");
		return pmc_err_hint(err, "add --tree; --limit is for tables");
	}
	if (values->root && !*values->root) {
		pmc_err_set(err, PMC_ERR_USAGE, "the name of the root is empty");
		return pmc_err_hint(err, "--root takes the name of a function, as reports show it");
	}
	return 0;
}

static int report(const struct report_values *values, struct pmc_err *err)
{
	struct pmc_report_opts opts = {
		.event = values->event, .by = (enum pmc_report_by)values->by,
		.from_s = values->from_s, .to_s = values->to_given ? values->to_s : -1,
		.limit = values->limit > UINT32_MAX ? 0 : (unsigned)values->limit,
		.format = (enum pmc_format)values->format, .style = pmc_cli_style(stdout),
		.root = values->root, .tree = values->tree_given,
		.callers = values->tree == TREE_CALLERS,
		.depth = values->depth > UINT32_MAX ? 0 : (unsigned)values->depth,
		.min_share = values->min_share,
	};
	struct pmc_store *store = NULL;
	int status = -1;

	if (values->color != COLOR_AUTO)
		opts.style.color = values->color == COLOR_ALWAYS;
	if (!values->limit_given && opts.format == PMC_FORMAT_TEXT && !opts.tree)
		opts.limit = LIMIT_TEXT;
	if (!values->min_share_given && opts.format == PMC_FORMAT_TEXT)
		opts.min_share = MIN_SHARE_TEXT;
	if (session_check_window(values->from_s, values->to_s, values->to_given, err) ||
	    check_tree(values, err))
		return -1;
	if (!session_open(values->db, values->session, &store, &opts.session_id, err))
		status = pmc_report_print(store, &opts, stdout, err);
	pmc_store_close(store);
	return status;
}

static int run(int argc, char **argv)
{
	struct report_values values = { 0 };
	struct pmc_err err = { 0 };
	int operands = pmc_options_parse(&pmc_command_report, argc, argv, &values, &err);

	if (operands < 0)
		return pmc_cli_fail(&err);
	if (operands > 0) {
		pmc_err_set(&err, PMC_ERR_USAGE, "report takes no operand, but was given '%s'",
			    argv[0]);
		pmc_err_hint(&err, "-i reads another database, --session picks a session");
		return pmc_cli_fail(&err);
	}
	if (report(&values, &err))
		return pmc_cli_fail(&err);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

const struct pmc_command pmc_command_report = {
	.name = "report",
	.summary = "show what a session's time or events were spent on",
	.description =
		"Prints a recorded session: what was recorded and how well, then one row "
		"for each function (or line, module, thread, process), the costliest first.\n\n"
		"self is what was spent in the function itself, total includes all that it "
		"called. Shares are of the whole session, or of the window given with "
		"--from and --to. Values are estimated from the samples: events such as "
		"instructions, or time for clock events. Where instructions and cycles were "
		"both recorded, IPC is instructions per cycle.\n\n"
		"--tree shows who called whom. A line is a function as called by the one above "
		"it; total is what it and all below it spent. Functions that called only one "
		"other and spent nothing themselves stand on one line with it. Inlined functions "
		"are lines of their own, marked; a module is named where it is another than the "
		"caller's. --tree callers begins with each function that spent something itself, "
		"and shows below it how that divides among those who called it, and those who "
		"called them.\n\n"
		"--root FUNCTION takes only what ran under that function, whoever called it: in a "
		"tree, and with --by the functions, lines, modules, threads or processes of it. A "
		"function that calls itself counts once. The name may be given without "
		"parameters and namespaces where that means only one; MODULE:FUNCTION or "
		"FILE:FUNCTION tells functions of one name apart.\n\n"
		"The lines between the header and the table tell what limits the result: "
		"lost samples, functions without names, counters that were shared. Nothing "
		"there means nothing to tell.\n\n"
		"A session that is still being recorded can be reported; its figures are at "
		"most two seconds old. On a terminal long names are shortened in the middle to "
		"fit the window; csv and json never shorten, and have the columns of the views "
		"that `pmc sql` reads.",
	.examples =
		"pmc report\tthe newest session of pmc.db, by function\n"
		"pmc report --by line -e cycles\tthe hottest source lines, by cycles alone\n"
		"pmc report --session nightly --by module\tthe newest session labelled nightly\n"
		"pmc report --from 2 --to 2.5\thalf a second out of the middle\n"
		"pmc report --tree\twho called whom, as a tree\n"
		"pmc report --tree callers --depth 4\twhich callers the hottest functions have\n"
		"pmc report --root parse\tthe functions that ran on behalf of parse\n"
		"pmc report --format csv > profile.csv\tall rows, for a spreadsheet\n"
		"pmc report --format json | jq '.rows[0]'\tthe hottest function, for a script",
	.files_env =
		"PMC_DB names the database that is read without -i; pmc.db in the current "
		"folder otherwise.\n"
		"NO_COLOR, if set and not empty, switches colour off.\n"
		"LC_ALL, LC_CTYPE or LANG: trees are drawn with lines where the first of them that "
		"is set names UTF-8, and with - | ` elsewhere.",
	.options = options,
	.run = run,
};
