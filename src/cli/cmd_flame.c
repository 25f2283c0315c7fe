/*
 * cmd_flame.c - `pmc flame`: options to pmc_flame_write().
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/session_open.h"
#include "cli/output_file.h"

#define DEFAULT_FILE "pmc-flame.svg"

struct flame_values {
	const char *db, *session, *event, *root, *output;
	bool reverse, icicle;
	int by;
	double from_s, to_s;
	bool to_given;
};

enum { BY_FUNCTION, BY_THREAD };
static const char *const by_choices[] = { "function", "thread", NULL };

#define FIELD(name) .offset = offsetof(struct flame_values, name)

static const struct pmc_option options[] = {
	{ .short_name = 'i', .long_name = "input", .kind = PMC_OPT_TEXT, .arg = "DB",
	  .help = "database to read; without it that of PMC_DB, else pmc.db",
	  .completer = "file", FIELD(db) },
	{ .short_name = 's', .long_name = "session", .kind = PMC_OPT_TEXT, .arg = "SESSION",
	  .help = "session to show: its number, its label (the newest that has it), or last",
	  .completer = "session", FIELD(session) },
	{ .short_name = 'o', .long_name = "output", .kind = PMC_OPT_TEXT, .arg = "FILE",
	  .help = "file to write: a page where its name ends in .html, else a picture (SVG); - for "
		  "a picture on the standard output; without it " DEFAULT_FILE,
	  .completer = "file", FIELD(output) },
	{ .short_name = 'e', .long_name = "event", .kind = PMC_OPT_TEXT, .arg = "EVENT",
	  .help = "the event that widths are of; without it the first that was sampled",
	  .completer = "event", FIELD(event) },
	{ .long_name = "root", .kind = PMC_OPT_TEXT, .arg = "FUNCTION",
	  .help = "only what runs under this function", FIELD(root) },
	{ .long_name = "reverse", .kind = PMC_OPT_FLAG,
	  .help = "what the samples hit at the root, and whoever called it on top of that",
	  FIELD(reverse) },
	{ .long_name = "icicle", .kind = PMC_OPT_FLAG, .help = "the root at the top, growing down",
	  FIELD(icicle) },
	{ .long_name = "by", .kind = PMC_OPT_CHOICE, .arg = "WHAT",
	  .help = "what stands at the root: the outermost functions, or threads",
	  .choices = by_choices, FIELD(by) },
	{ .long_name = "from", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was before this time of the session; in whole time slices",
	  FIELD(from_s) },
	{ .long_name = "to", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was from this time on", FIELD(to_s),
	  .given_offset = offsetof(struct flame_values, to_given) },
	{ 0 },
};

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcasecmp(text + len - end_len, end);
}

static int write_file(struct pmc_store *store, const struct pmc_flame_opts *opts, const char *path,
		      struct pmc_err *err)
{
	struct output_file file;
	int status = output_file_open(&file, path, err);

	if (!status)
		status = pmc_flame_write(store, opts, file.out, err);
	if (!status)
		status = output_file_commit(&file, err);
	if (!status && file.path)
		pmc_cli_say("wrote %s; open it in a browser to zoom and search", path);
	output_file_close(&file);
	return status;
}

static int flame(const struct flame_values *values, struct pmc_err *err)
{
	const char *path = values->output ? values->output : DEFAULT_FILE;
	struct pmc_flame_opts opts = {
		.event = values->event, .root = values->root, .reverse = values->reverse,
		.icicle = values->icicle, .by_thread = values->by == BY_THREAD,
		.html = ends_with(path, ".html") || ends_with(path, ".htm"),
		.from_s = values->from_s, .to_s = values->to_given ? values->to_s : -1,
	};
	struct pmc_store *store = NULL;
	int status = -1;

	if (session_check_window(values->from_s, values->to_s, values->to_given, err))
		return -1;
	if (!session_open(values->db, values->session, &store, &opts.session_id, err))
		status = write_file(store, &opts, path, err);
	pmc_store_close(store);
	return status;
}

static int run(int argc, char **argv)
{
	struct flame_values values = { 0 };
	struct pmc_err err = { 0 };
	int operands = pmc_options_parse(&pmc_command_flame, argc, argv, &values, &err);

	if (operands > 0) {
		pmc_err_set(&err, PMC_ERR_USAGE, "flame takes no operand, but was given '%s'",
			    argv[0]);
		pmc_err_hint(&err, "-o names the file to write, -i another database to read");
	}
	if (operands || flame(&values, &err))
		return pmc_cli_fail(&err);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

const struct pmc_command pmc_command_flame = {
	.name = "flame",
	.summary = "draw who called whom, as a picture to zoom and search in",
	.description =
		"Draws a recorded session as a flame graph, in one file that needs no network and "
		"no other file: open it in a browser. Each box is a function in the calls that led "
		"to it: it stands on its caller, and is as wide as its share of all. The widest of "
		"the boxes beside each other comes first, so what matters is at the left; what is "
		"left free above a box was spent in the function itself.\n\n"
		"Point at a box for its name, its value, its share and its samples. Click it to "
		"see only what it called; click below it, or reset, to come back. Search marks "
		"what has the text in the name of its function or module, and says which share "
		"that has, counting what lies inside of a match once. With keys: arrows move, "
		"Enter zooms, Escape resets, / searches, n and N go to the next match and back.\n\n"
		"Colours tell the kernel, the program's own file, libraries, and code made at run "
		"time apart; functions that were inlined are lighter. Light and dark follow the "
		"reader's preference. Where scripts do not run the whole graph is to be seen all "
		"the same.\n\n"
		"Of very large sessions the boxes that are too narrow to be seen, even zoomed to, "
		"are left out; the head of the picture says how small they are.\n\n"
		"The callers of a function are those that recording found: `pmc record "
		"--call-graph` says how.",
	.examples =
		"pmc flame\tdraw the newest session of pmc.db into " DEFAULT_FILE "\n"
		"pmc flame -o run.html -s nightly\ta page of the newest session labelled nightly\n"
		"pmc flame --root handle_request\tonly what requests cost\n"
		"pmc flame --reverse -e cache-misses\twhere misses happen, and who led there\n"
		"pmc flame --by thread --from 2 --to 2.5\tthreads, in half a second\n"
		"pmc flame -o - | gzip > flame.svgz\tthe picture to another program",
	.files_env =
		"PMC_DB names the database that is read without -i; pmc.db in the current "
		"folder otherwise.",
	.options = options,
	.run = run,
};
