/*
 * cmd_import.c - `pmc import`: recordings of perf to sessions, one a file.
 *
 * Not here: the format (collector/perf_*.h), what is counted (collector/import.c), names
 * (symbolize/), tables (store/).
 * Exit status: 0 also for a recording that ends early, whose session says so; 1 where one could not
 * be read or written, the other files being imported all the same; 2 for a usage error.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/pipeline.h"
#include "cli/stop_signals.h"

struct options {
	const char *output, *label, *symfs, *kernel, *kallsyms;
	double slice;
	bool slice_given, no_lines, quiet;
};

static const struct pmc_option rows[] = {
	{ 'o', "output", PMC_OPT_TEXT, "DB",
	  "database to add the sessions to (default: PMC_DB, or pmc.db)", NULL, "file",
	  offsetof(struct options, output), 0 },
	{ 0, "label", PMC_OPT_TEXT, "TEXT", "a name for the sessions, to find and compare them by",
	  NULL, NULL, offsetof(struct options, label), 0 },
	{ 0, "symfs", PMC_OPT_TEXT, "DIR",
	  "look for the recorded files below this folder first, by path, in .build-id and in "
	  "usr/lib/debug/.build-id: on this machine only for those whose build-id is the recorded "
	  "one",
	  NULL, "file", offsetof(struct options, symfs), 0 },
	{ 0, "kernel", PMC_OPT_TEXT, "FILE",
	  "the recorded kernel's vmlinux, with symbols, if it is not found by its build-id", NULL,
	  "file", offsetof(struct options, kernel), 0 },
	{ 0, "kallsyms", PMC_OPT_TEXT, "FILE",
	  "names of the recorded kernel's functions: a copy of its /proc/kallsyms, as it was then",
	  NULL, "file", offsetof(struct options, kallsyms), 0 },
	{ 0, "slice", PMC_OPT_SECONDS, "SECONDS", "length of a time slice (default: 0.1)", NULL,
	  NULL, offsetof(struct options, slice), offsetof(struct options, slice_given) },
	{ 0, "no-lines", PMC_OPT_FLAG, NULL,
	  "names of functions only: no source lines, no inlined functions", NULL, NULL,
	  offsetof(struct options, no_lines), 0 },
	{ 'q', "quiet", PMC_OPT_FLAG, NULL, "say nothing unless something fails", NULL, NULL,
	  offsetof(struct options, quiet), 0 },
	{ 0, NULL, PMC_OPT_FLAG, NULL, NULL, NULL, NULL, 0, 0 },
};

/* One file on its way. */
struct importing {
	const struct options *options;
	const char *path, *db;
	struct pmc_import *import;
	struct pmc_store *store;
	struct pmc_writer *writer;
	struct pmc_unwinder *unwinder;
	struct pmc_symbolizer *symbolizer;
	struct pipeline *pipeline;
	int64_t session;
	char *kallsyms; /* path of the recorded kernel's names; NULL: none was found */
	char *debug_dirs;
	int percent; /* as last shown; -1: nothing is */
};

/* ---- talk ---- */

static void show_progress(void *ctx, uint64_t done, uint64_t all)
{
	struct importing *importing = ctx;
	const int percent = all ? (int)((double)done / (double)all * 100) : (int)(done >> 20);
	char bytes[PMC_FORMAT_SIZE];

	if (percent == importing->percent)
		return;
	importing->percent = percent;
	pmc_format_bytes(bytes, (double)done);
	if (all)
		fprintf(stderr, "\rpmc: %3d %% read", percent);
	else
		fprintf(stderr, "\rpmc: %s read\033[K", bytes);
	fflush(stderr);
}

static void end_progress(struct importing *importing)
{
	if (importing->percent >= 0)
		fputs("\r\033[K", stderr);
	importing->percent = -1;
}

/* From so many unnamed samples of a hundred on, what would name them is worth a line. */
enum { UNNAMED_PERCENT = 5 };

static void say_unnamed(const struct importing *importing, const struct pmc_import_result *result)
{
	const uint64_t unnamed = pmc_writer_unresolved(importing->writer);
	const char *advice = pmc_symbolizer_advice(importing->symbolizer);

	if (advice && unnamed * 100 > result->samples * UNNAMED_PERCENT)
		pmc_cli_say("%llu of %llu samples have no name: %s", (unsigned long long)unnamed,
			    (unsigned long long)result->samples, advice);
}

/* What a session's reader should know at once. */
static void say_figures(const struct pmc_import_result *result)
{
	if (result->cut)
		pmc_cli_say("%s: the session has what could be read", result->cut);
	if (result->health[PMC_HEALTH_BAD_RECORDS])
		pmc_cli_say("%llu left out: %s",
			    (unsigned long long)result->health[PMC_HEALTH_BAD_RECORDS],
			    result->advice[PMC_HEALTH_BAD_RECORDS]);
	if (result->health[PMC_HEALTH_UNOWNED])
		pmc_cli_say("%llu left out: %s",
			    (unsigned long long)result->health[PMC_HEALTH_UNOWNED],
			    result->advice[PMC_HEALTH_UNOWNED]);
	if (result->health[PMC_HEALTH_UNWIND_NO_CFI] && result->advice[PMC_HEALTH_UNWIND_NO_CFI])
		pmc_cli_say("%s", result->advice[PMC_HEALTH_UNWIND_NO_CFI]);
	if (result->health[PMC_HEALTH_FILE_SKIPPED])
		pmc_cli_say("%s", result->advice[PMC_HEALTH_FILE_SKIPPED]);
}

static void say_summary(const struct importing *importing, const struct pmc_import_result *result)
{
	const struct pmc_event_list *events = pmc_import_events(importing->import);
	const uint64_t lost =
		result->health[PMC_HEALTH_LOST_RECORDS] + result->health[PMC_HEALTH_LOST_SAMPLES];
	const char *option = strcmp(importing->db, pmc_cli_db_path(NULL)) ? " -i " : "";
	char samples[PMC_FORMAT_SIZE], duration[PMC_FORMAT_SIZE], lost_text[PMC_FORMAT_SIZE];

	pmc_format_count(samples, (double)result->samples);
	pmc_format_ns(duration, (double)result->duration_ns);
	pmc_format_count(lost_text, (double)lost);
	if (result->counts_alone)
		pmc_cli_say("%s: counts of %s%s in %s%s; session %lld in %s", importing->path,
			    events->events[0].name, events->count > 1 ? " and others" : "",
			    duration, result->stopped ? " (interrupted)" : "",
			    (long long)importing->session, importing->db);
	else
		pmc_cli_say("%s: %s sample%s of %s%s in %s, %s lost%s; session %lld in %s",
			    importing->path, samples, result->samples == 1 ? "" : "s",
			    events->events[0].name, events->count > 1 ? " and others" : "",
			    duration, lost ? lost_text : "none",
			    result->stopped ? " (interrupted)" : "",
			    (long long)importing->session, importing->db);
	say_figures(result);
	say_unnamed(importing, result);
	pmc_cli_say("next: pmc report%s%s", option, *option ? importing->db : "");
}

/* ---- one file ---- */

static int begin_session(struct importing *importing, struct pmc_err *err)
{
	struct pmc_session_info info = { .label = importing->options->label,
					 .recorder_pid = (uint32_t)getpid(),
					 .pmc_version = PMC_VERSION };

	pmc_import_info(importing->import, &info);
	importing->store = pmc_store_open(importing->db, PMC_STORE_CREATE, err);
	if (!importing->store)
		return -1;
	importing->writer = pmc_writer_begin(importing->store, &info, &importing->session, err);
	return importing->writer ? 0 : -1;
}

/* Takes the path of a list of names, if there is such a file. */
static bool take_kallsyms(struct importing *importing, char *path)
{
	if (access(path, R_OK)) {
		free(path);
		return false;
	}
	importing->kallsyms = path;
	return true;
}

/*
 * Whose names of kernel functions fit: those that were given or lie in the recording's folder (perf
 * record --kcore), those of the kernel that runs, if it is the recorded one and was not started
 * again since, or those that perf kept of it.
 */
static const char *find_kallsyms(struct importing *importing, bool is_this_host,
				 const char *release)
{
	const uint64_t base = pmc_import_kernel_base(importing->import);
	char hex[2 * PMC_BUILD_ID_MAX + 1];
	const char *home = getenv("HOME");
	struct utsname here;

	if (importing->options->kallsyms)
		return importing->options->kallsyms;
	if (take_kallsyms(importing, pmc_sprintf("%s/kcore_dir/kallsyms", importing->path)))
		return importing->kallsyms;
	uname(&here);
	if (is_this_host && !strcmp(here.release, release) &&
	    (!base || base == pmc_machine_kernel_base()))
		return NULL;
	pmc_import_kernel_id(importing->import, hex);
	if (home && hex[0] &&
	    take_kallsyms(importing, pmc_sprintf("%s/.debug/.build-id/%.2s/%s/kallsyms", home, hex,
						 hex + 2)))
		return importing->kallsyms;
	return "/dev/null";
}

static void start_symbolizer(struct importing *importing, struct pmc_file_search *search)
{
	const struct options *options = importing->options;
	struct pmc_symbolizer_opts opts = { .lines = !options->no_lines, .foreign = search };
	struct pmc_session_info info = { 0 };
	struct utsname here;

	pmc_import_info(importing->import, &info);
	uname(&here);
	*search = (struct pmc_file_search){ .symfs = options->symfs,
					    .is_this_host = !strcmp(info.hostname, here.nodename),
					    .release = info.kernel,
					    .kernel = options->kernel };
	if (options->symfs)
		importing->debug_dirs =
			pmc_sprintf("%s/usr/lib/debug:/usr/lib/debug", options->symfs);
	opts.debug_dirs = importing->debug_dirs;
	opts.kallsyms_first = options->kallsyms != NULL;
	opts.kallsyms = find_kallsyms(importing, search->is_this_host, info.kernel);
	importing->symbolizer = pmc_symbolizer_new(&opts);
}

static int run_import(struct importing *importing, struct pmc_import_result *result,
		      struct pmc_err *err)
{
	struct pmc_file_search search;
	struct pmc_unwind_ops unwind;
	struct pmc_sink sink = { .take = pipeline_take };
	enum pmc_arch arch;
	int status;

	start_symbolizer(importing, &search);
	if (pmc_import_has_stacks(importing->import) &&
	    pmc_import_arch(importing->import, &arch)) {
		importing->unwinder = pmc_unwinder_new(arch);
		pmc_unwinder_search(importing->unwinder, &search);
		unwind = pmc_unwinder_ops(importing->unwinder);
	}
	importing->pipeline = pipeline_start(importing->symbolizer, importing->writer, err);
	if (!importing->pipeline)
		return -1;
	sink.ctx = importing->pipeline;
	status = pmc_import_run(importing->import, importing->unwinder ? &unwind : NULL, &sink,
				result, err);
	if (pipeline_finish(importing->pipeline, err))
		status = -1;
	if (status) /* it could not be read, or not be written: it can be imported again */
		pmc_writer_discard(importing->writer, NULL);
	return status ? -1 :
			pmc_writer_finish(importing->writer, result->duration_ns, result->stopped,
					  err);
}

/* As check_names() below, once it is known which kernel was recorded. */
static int check_kernel(const struct importing *importing, struct pmc_err *err)
{
	struct pmc_session_info info = { 0 };
	char hex[2 * PMC_BUILD_ID_MAX + 1];

	if (!importing->options->kernel)
		return 0;
	pmc_import_info(importing->import, &info);
	pmc_import_kernel_id(importing->import, hex);
	return pmc_kernel_file_check(importing->options->kernel, hex, info.kernel, err);
}

static int import_file(struct importing *importing, struct pmc_err *err)
{
	struct pmc_import_opts opts = {
		.path = importing->path,
		.stop = stop_signals_request(),
		.slice_ns = (uint64_t)(importing->options->slice * 1e9),
	};
	struct pmc_import_result result;
	int status = -1;

	if (!importing->options->quiet && isatty(STDERR_FILENO)) {
		opts.progress = show_progress;
		opts.progress_ctx = importing;
	}
	importing->import = pmc_import_open(&opts, err);
	if (importing->import && !check_kernel(importing, err) && !begin_session(importing, err))
		status = run_import(importing, &result, err);
	end_progress(importing);
	if (!status && !importing->options->quiet)
		say_summary(importing, &result);
	pmc_writer_free(importing->writer);
	pmc_store_close(importing->store);
	pmc_symbolizer_free(importing->symbolizer);
	pmc_import_free(importing->import);
	pmc_unwinder_free(importing->unwinder);
	free(importing->debug_dirs);
	free(importing->kallsyms);
	return status;
}

/* ---- all of them ---- */

/* What is named and cannot be used is an error: else names would be missing, and nobody see why. */
static int check_names(const struct options *options, struct pmc_err *err)
{
	struct stat st;

	if (options->symfs && stat(options->symfs, &st))
		return pmc_err_errno(err, errno, "cannot use --symfs '%s'", options->symfs);
	if (options->symfs && !S_ISDIR(st.st_mode)) {
		pmc_err_set(err, PMC_ERR_USAGE, "--symfs '%s' is no folder", options->symfs);
		return pmc_err_hint(err, "it takes the folder that has the recorded machine's "
					 "usr, lib and bin");
	}
	return options->kallsyms ? pmc_kallsyms_check(options->kallsyms, err) : 0;
}

static int check(const struct options *options, int operands, char **paths, struct pmc_err *err)
{
	static const char FORMS[] = "pmc import perf.data, or perf record -o - … | pmc import -";

	if (!operands) {
		pmc_err_set(err, PMC_ERR_USAGE, "import needs a file");
		return pmc_err_hint(err, FORMS);
	}
	for (int i = 0; i < operands; i++) {
		if (strcmp(paths[i], "-") || !isatty(STDIN_FILENO))
			continue;
		pmc_err_set(err, PMC_ERR_USAGE, "- is the standard input, which is a terminal "
						"here: no recording comes from it");
		return pmc_err_hint(err, FORMS);
	}
	if (options->slice_given && (options->slice < 0.001 || options->slice > 1e6)) {
		pmc_err_set(err, PMC_ERR_USAGE, "a time slice of %g s cannot be had",
			    options->slice);
		return pmc_err_hint(err, "the shortest is 1ms");
	}
	return check_names(options, err);
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct pmc_err err = { 0 };
	const int operands = pmc_options_parse(&pmc_command_import, argc, argv, &options, &err);
	int status = PMC_EXIT_OK;

	if (operands < 0 || check(&options, operands, argv, &err))
		return pmc_cli_fail(&err);
	stop_signals_catch();
	for (int i = 0; i < operands && !stop_signals_request()->signal; i++) {
		struct importing importing = { .options = &options,
					       .path = argv[i],
					       .db = pmc_cli_db_path(options.output),
					       .percent = -1 };

		pmc_err_clear(&err);
		if (import_file(&importing, &err))
			status = pmc_cli_fail(&err);
	}
	return status;
}

const struct pmc_command pmc_command_import = {
	.name = "import",
	.summary = "read recordings of perf, and stacks as text, into a database",
	.usage = "FILE...",
	.description =
		"Reads each FILE, a perf.data file, a folder of perf record --threads, or a stream "
		"of perf record -o - (- is the standard input), as if pmc record had recorded it: "
		"a session a file, with the same views, reports and flame graphs.\n\n"
		"Both forms of version 2 and both byte orders are read, compressed records too, "
		"where pmc was built with libzstd. The session tells the host, the processor and "
		"the command that perf noted; the view session_facts has topology, caches, memory "
		"and PMUs, the view counts what threads had counted (perf record -s). Trace data "
		"of processors (AUXTRACE) and records that tell nothing that is kept are left out, "
		"and counted by kind in the session's health.\n\n"
		"A recording that ends early, or makes no sense from some offset on, gives a "
		"session of what came before, which says so; one that is damaged before its first "
		"sample gives an error. Ctrl-C ends the reading, also of a pipe that nothing comes "
		"from: the session has what came until then, and is marked as interrupted.\n\n"
		"Text is read as well: what perf script prints, and folded stacks (main;work;leaf "
		"42). Which it is, the file's content tells, not its name. Of perf script's fields "
		"comm, ip and sym are needed, and tid and event or time; without period, values "
		"are numbers of samples.\n\n"
		"Names come from the files that were recorded: a file with another build-id than "
		"the recording has is never used. --symfs names a folder that holds them where "
		"they are not those of this machine. Copied stacks (perf record --call-graph "
		"dwarf) are unwound with the same files, where they are of x86_64 or aarch64; of "
		"other machines the callers in user mode are missing, which the session tells.\n\n"
		"Code of the kernel and its modules has names, lines and inlined functions from "
		"the vmlinux and the modules' files. The vmlinux is looked for by build-id, where "
		"distributions put the files of their debug packages and below lib/modules, in "
		"that folder or on this machine; --kernel names it, and one that has another "
		"build-id is an error. Names without lines come from --kallsyms, from the folder "
		"that perf record --kcore writes, from this kernel's own list if it is the "
		"recorded one and runs still, or from what perf has kept of it (~/.debug).",
	.examples = "pmc import perf.data\tmake a session of it\n"
		    "pmc import --label before -o runs.db old/perf.data\tname it, in another file\n"
		    "perf record -o - ./prog | pmc import -\tread while perf records\n"
		    "pmc import stacks.folded\tfolded stacks of any program\n"
		    "pmc import --symfs /mnt/target perf.data\tof another machine, whose files are "
		    "there\n"
		    "pmc import --kernel vmlinux perf.data\twith lines of its kernel\n",
	.files_env = "PMC_DB\tthe database, where -o is not given\n",
	.options = rows,
	.run = run,
};
