/*
 * cmd_export.c - `pmc export`: options to pmc_export_write().
 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/session_open.h"
#include "cli/output_file.h"

struct export_values {
	const char *db, *session, *event, *root, *output, *view;
	int format, by;
	bool format_given;
	double from_s, to_s;
	bool to_given;
};

enum { BY_FUNCTION, BY_THREAD };
static const char *const by_choices[] = { "function", "thread", NULL };

#define FIELD(name) .offset = offsetof(struct export_values, name)

static const struct pmc_option options[] = {
	{ .short_name = 'i', .long_name = "input", .kind = PMC_OPT_TEXT, .arg = "DB",
	  .help = "database to read; without it that of PMC_DB, else pmc.db",
	  .completer = "file", FIELD(db) },
	{ .short_name = 's', .long_name = "session", .kind = PMC_OPT_TEXT, .arg = "SESSION",
	  .help = "session to export: its number, its label (the newest that has it), or last",
	  .completer = "session", FIELD(session) },
	{ .long_name = "format", .kind = PMC_OPT_CHOICE, .arg = "FORMAT",
	  .help = "what to write; must be given", .choices = pmc_export_formats, FIELD(format),
	  .given_offset = offsetof(struct export_values, format_given) },
	{ .short_name = 'o', .long_name = "output", .kind = PMC_OPT_TEXT, .arg = "FILE",
	  .help = "file to write; without it, or with -, the standard output",
	  .completer = "file", FIELD(output) },
	{ .short_name = 'e', .long_name = "event", .kind = PMC_OPT_TEXT, .arg = "EVENT",
	  .help = "the events that values are of; without it all that were sampled, but the first "
		  "of them where the format holds one",
	  .completer = "event", FIELD(event) },
	{ .long_name = "view", .kind = PMC_OPT_TEXT, .arg = "VIEW",
	  .help = "for csv: the view whose rows are written; without it function_profile",
	  FIELD(view) },
	{ .long_name = "root", .kind = PMC_OPT_TEXT, .arg = "FUNCTION",
	  .help = "only what runs under this function", FIELD(root) },
	{ .long_name = "by", .kind = PMC_OPT_CHOICE, .arg = "WHAT",
	  .help = "what the first frame is: the outermost function, or the thread",
	  .choices = by_choices, FIELD(by) },
	{ .long_name = "from", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was before this time of the session; in whole time slices",
	  FIELD(from_s) },
	{ .long_name = "to", .kind = PMC_OPT_SECONDS, .arg = "SECONDS",
	  .help = "leave out what was from this time on", FIELD(to_s),
	  .given_offset = offsetof(struct export_values, to_given) },
	{ 0 },
};

static int check(const struct export_values *values, struct pmc_err *err)
{
	if (!values->format_given) {
		pmc_err_set(err, PMC_ERR_USAGE, "export needs --format");
		return pmc_err_hint(err, "--format folded writes a line a distinct stack; "
					 "`pmc export --help` lists the formats");
	}
	if ((!values->output || !strcmp(values->output, "-")) && isatty(STDOUT_FILENO) &&
	    pmc_export_is_binary(pmc_export_formats[values->format])) {
		pmc_err_set(err, PMC_ERR_USAGE, "%s is not for a terminal to show",
			    pmc_export_formats[values->format]);
		return pmc_err_hint(err, "-o names a file to write");
	}
	return session_check_window(values->from_s, values->to_s, values->to_given, err);
}

static int write_file(struct pmc_store *store, const struct pmc_export_opts *opts,
		      const char *path, struct pmc_err *err)
{
	struct output_file file;
	int status = output_file_open(&file, path, err);

	if (!status)
		status = pmc_export_write(store, opts, file.out, err);
	if (!status)
		status = output_file_commit(&file, err);
	output_file_close(&file);
	return status;
}

static int export(const struct export_values *values, struct pmc_err *err)
{
	struct pmc_export_opts opts = {
		.format = pmc_export_formats[values->format], .event = values->event,
		.root = values->root, .view = values->view, .by_thread = values->by == BY_THREAD,
		.from_s = values->from_s, .to_s = values->to_given ? values->to_s : -1,
	};
	struct pmc_store *store = NULL;
	int status = -1;

	if (check(values, err))
		return -1;
	if (!session_open(values->db, values->session, &store, &opts.session_id, err))
		status = write_file(store, &opts, values->output, err);
	pmc_store_close(store);
	return status;
}

static int run(int argc, char **argv)
{
	struct export_values values = { 0 };
	struct pmc_err err = { 0 };
	int operands = pmc_options_parse(&pmc_command_export, argc, argv, &values, &err);

	if (operands > 0) {
		pmc_err_set(&err, PMC_ERR_USAGE, "export takes no operand, but was given '%s'",
			    argv[0]);
		pmc_err_hint(&err, "-o names the file to write, -i another database to read");
	}
	if (operands || export(&values, &err))
		return pmc_cli_fail(&err);
	return pmc_cli_finish(stdout, PMC_EXIT_OK);
}

const struct pmc_command pmc_command_export = {
	.name = "export",
	.summary = "write a session in the format of other programs",
	.description =
		"Writes a recorded session for other programs to read. docs/exports.md tells "
		"what each format keeps and loses.\n\n"
		"pprof: all events, threads as labels, inlined functions, lines and addresses; "
		"compressed. For `go tool pprof`, Pyroscope, speedscope.\n\n"
		"firefox: a thread for each event and thread, over time; for "
		"profiler.firefox.com.\n\n"
		"speedscope: a profile for each event and thread, over time; for "
		"speedscope.app.\n\n"
		"callgrind: all events, lines, calls and what was spent under them; for "
		"KCachegrind and callgrind_annotate.\n\n"
		"chrome: what each thread did in each time slice, for one event; counters of "
		"all. For ui.perfetto.dev and the DevTools of Chromium. The order within a slice "
		"is not known.\n\n"
		"csv: the rows of a view, by default function_profile; `pmc db schema` lists "
		"the views.\n\n"
		"folded: a line for each distinct stack of one event, its functions from the "
		"outermost to the one that was hit, with semicolons between them, then a blank "
		"and the value that was spent just there. Functions of the kernel end in _[k], "
		"those that were inlined in _[i], those of code made at run time in _[j]. A "
		"semicolon in a name becomes a colon; line ends and other control characters, "
		"and bytes that are not UTF-8, become question marks. Stacks that look the same "
		"then are one line. Lines are sorted, so two exports can be compared.",
	.examples =
		"pmc export --format pprof -o run.pb.gz\tall events, for go tool pprof\n"
		"pmc export --format firefox -o run.json\tfor profiler.firefox.com\n"
		"pmc export --format csv --view timeline -e cycles\twhen each function ran\n"
		"pmc export --format folded -o run.folded\tthe newest session, for other flame "
		"graphs\n"
		"pmc export --format folded --by thread\tthe thread as first frame\n"
		"pmc export --format folded --root main | sort -k2 -n\tpart of a session, to a "
		"script",
	.files_env =
		"PMC_DB names the database that is read without -i; pmc.db in the current "
		"folder otherwise.",
	.options = options,
	.run = run,
};
