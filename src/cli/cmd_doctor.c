/*
 * cmd_doctor.c - pmc doctor: what this machine and this build can and cannot do, and what would
 * help.
 *
 * Not here: the machine's part (collector/machine_check.c). Added here is what other folders know:
 * libraries and debug files.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "collector/collector.h"
#include "store/store.h"
#include "symbolize/symbolize.h"

struct options {
	int format;
};

static const char *const formats[] = { "text", "json", NULL };

static const struct pmc_option rows[] = {
	{ .long_name = "format",
	  .kind = PMC_OPT_CHOICE,
	  .arg = "FORMAT",
	  .choices = formats,
	  .help = "text or json",
	  .offset = offsetof(struct options, format) },
	{ 0 },
};

enum { COLUMNS = 4 };

struct result {
	PMC_ARRAY(char *) cells; /* COLUMNS a row: name, state, seen, advice */
	size_t shortfalls;
	bool impossible; /* nothing can be sampled at all */
};

static const char *const states[] = {
	[PMC_CHECK_OK] = "ok",
	[PMC_CHECK_LIMITED] = "limited",
	[PMC_CHECK_MISSING] = "missing",
};

static void keep(void *ctx, const struct pmc_check *check)
{
	struct result *result = ctx;
	const char *texts[COLUMNS] = { check->name, states[check->state], check->seen,
				       check->advice };

	for (size_t i = 0; i < COLUMNS; i++)
		*pmc_array_add(&result->cells) = pmc_strdup(texts[i]);
	result->shortfalls += check->state != PMC_CHECK_OK;
	result->impossible |= check->state == PMC_CHECK_MISSING && !strcmp(check->name, "sampling");
}

static void check_symbols(struct result *result)
{
	char versions[256];

	pmc_symbolize_versions(versions, sizeof(versions));
	keep(result, &(struct pmc_check){
			     .name = "symbols",
			     .seen = versions,
			     .state = pmc_demangle_available() ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
			     .advice = pmc_demangle_available() ?
					       "" :
					       "C++ and Rust names stay mangled: build pmc with "
					       "libiberty (Debian: libiberty-dev)",
		     });
}

static void check_libraries(struct result *result)
{
	PMC_FREE char *store = pmc_sprintf("SQLite %s", pmc_store_sqlite_version());

	keep(result, &(struct pmc_check){ .name = "store", .seen = store, .advice = "" });
#ifdef HAVE_LIBEDIT
	keep(result,
	     &(struct pmc_check){ .name = "line editing", .seen = "libedit", .advice = "" });
#else
	keep(result, &(struct pmc_check){
			     .name = "line editing",
			     .state = PMC_CHECK_LIMITED,
			     .seen = "not built in",
			     .advice = "`pmc sql` has no history: build pmc with libedit (Debian: "
				       "libedit-dev)",
		     });
#endif
}

static void check_exports(struct result *result)
{
	const bool all = pmc_export_has_pprof();

	keep(result, &(struct pmc_check){
			     .name = "exports",
			     .seen = all ? "all formats" : "all formats but pprof",
			     .state = all ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
			     .advice = all ? "" :
					     "`pmc export --format pprof` needs a pmc that was "
					     "built with protobuf-c and zlib (Debian: "
					     "libprotobuf-c-dev protobuf-c-compiler zlib1g-dev)",
		     });
}

static void check_compressed(struct result *result)
{
	const char *version;
	const bool available = pmc_import_inflates(&version);

	keep(result, &(struct pmc_check){
			     .name = "compressed recordings",
			     .state = available ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
			     .seen = available ? version : "not built in",
			     .advice = available ? "" :
						   "`pmc import` cannot read what perf record -z "
						   "wrote: build pmc with libzstd (Debian: "
						   "libzstd-dev)",
		     });
}

static bool has_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	if (dir)
		closedir(dir);
	return found;
}

/* Without them names come from symbol tables alone: fine, but for lines and inlined functions. */
static void check_debug_files(struct result *result)
{
	bool by_id = has_entries("/usr/lib/debug/.build-id"),
	     any = by_id || has_entries("/usr/lib/debug");

	keep(result, &(struct pmc_check){
			     .name = "debug files",
			     .state = any ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
			     .seen = by_id ? "/usr/lib/debug/.build-id has some" :
				     any   ? "/usr/lib/debug has some" :
					     "/usr/lib/debug has none",
			     .advice = any ? "" :
					     "stripped libraries show no lines and few names; "
					     "where you need them, install "
					     "their -dbgsym (Debian) or -debuginfo (Fedora) "
					     "packages; own programs: cc -g",
		     });
}

/*
 * The last session of the default database: what this machine can is not what was made of it. One
 * line, where most of its callers are cut although rules would lead further.
 */
static void check_last_session(struct result *result)
{
	static const char sql[] =
		"SELECT s.session_id, s.samples, sum(h.value) FROM session_summary s "
		"JOIN health h USING (session_id) WHERE h.name = 'stack_cut' AND s.session_id = "
		"(SELECT max(session_id) FROM session_summary) GROUP BY 1, 2";
	const char *path = pmc_cli_db_path(NULL);
	struct pmc_err ignored = { 0 };
	struct pmc_store *store =
		access(path, R_OK) ? NULL : pmc_store_open(path, PMC_STORE_READ, &ignored);
	struct pmc_query *query =
		store ? pmc_query_prepare(store, sql, NULL, &ignored) : NULL;

	if (query && pmc_query_step(query, &ignored) > 0) {
		const int64_t samples = pmc_query_cell(query, 1).integer;
		const int64_t cut = pmc_query_cell(query, 2).integer;
		PMC_FREE char *seen = pmc_sprintf(
			"session %lld of %s: callers of %lld of %lld samples are cut",
			(long long)pmc_query_cell(query, 0).integer, path, (long long)cut,
			(long long)samples);

		if (cut > samples / 2)
			keep(result, &(struct pmc_check){
					     .name = "last session",
					     .state = PMC_CHECK_LIMITED,
					     .seen = seen,
					     .advice = "it was built without frame pointers: pmc "
						       "record --call-graph dwarf",
				     });
	}
	pmc_query_free(query);
	pmc_store_close(store);
}

static void print_text(const struct result *result, FILE *out)
{
	struct pmc_style style = pmc_cli_style(out);
	static const char *const tints[] = { "\033[32m", "\033[33m", "\033[31m" };

	for (size_t i = 0; i < result->cells.count; i += COLUMNS) {
		char *const *cell = result->cells.items + i;
		size_t state = 0;

		while (state + 1 < PMC_COUNT(states) && strcmp(states[state], cell[1]))
			state++;
		fprintf(out, "%s%-8s%s %-18s %s\n", style.color ? tints[state] : "", cell[1],
			style.color ? "\033[0m" : "", cell[0], cell[2]);
		if (cell[3][0])
			fprintf(out, "%-8s %-18s   %s\n", "", "", cell[3]);
	}
}

static int run(int argc, char **argv)
{
	static const char *const titles[COLUMNS] = { "name", "state", "seen", "advice" };
	struct options options = { 0 };
	struct result result = { 0 };
	struct pmc_err err = { 0 };
	int status, operands = pmc_options_parse(&pmc_command_doctor, argc, argv, &options, &err);

	if (operands > 0) {
		pmc_err_set(&err, PMC_ERR_USAGE, "doctor takes no operand: %s", argv[0]);
		pmc_err_hint(&err, "pmc doctor --help");
	}
	if (operands)
		return pmc_cli_fail(&err);
	pmc_machine_check(keep, &result);
	check_symbols(&result);
	check_debug_files(&result);
	check_libraries(&result);
	check_compressed(&result);
	check_exports(&result);
	check_last_session(&result);
	if (options.format)
		pmc_report_rows(titles, COLUMNS, (const char *const *)result.cells.items,
				result.cells.count / COLUMNS, PMC_FORMAT_JSON, NULL, stdout);
	else
		print_text(&result, stdout);
	status = pmc_cli_finish(stdout, result.impossible ? PMC_EXIT_FAILED : PMC_EXIT_OK);
	for (size_t i = 0; i < result.cells.count; i++)
		free(result.cells.items[i]);
	pmc_array_free(&result.cells);
	return status;
}

const struct pmc_command pmc_command_doctor = {
	.name = "doctor",
	.summary = "say what this machine can and cannot do, and what would help",
	.usage = "",
	.description = "Looks at what recording needs: perf_event_open, counters, permissions, "
		       "kernel names, tracefs, "
		       "memory for rings, limits, libraries, debug files. Each line says what was "
		       "seen now; where "
		       "something falls short, the line below names the least change that mends "
		       "it. Nothing is "
		       "changed.\n\n"
		       "The exit status is 1 where nothing can be sampled at all, else 0.",
	.examples = "pmc doctor\twhat works here, what does not\n"
		    "pmc doctor --format json\tthe same for a script\n",
	.options = rows,
	.run = run,
};
