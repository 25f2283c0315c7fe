/*
 * cmd_list.c - pmc list: the events of this machine, with their source and what they count.
 *
 * Not here: which events there are (collector/event_list.c), tables (report/).
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "collector/collector.h"

struct options {
	int format;
	bool usable;
};

static const char *const formats[] = { "text", "csv", "json", NULL };

static const struct pmc_option rows[] = {
	{ .long_name = "format",
	  .kind = PMC_OPT_CHOICE,
	  .arg = "FORMAT",
	  .choices = formats,
	  .help = "text, csv or json",
	  .offset = offsetof(struct options, format) },
	{ .short_name = 'u',
	  .long_name = "usable",
	  .kind = PMC_OPT_FLAG,
	  .help = "leave out what cannot be opened here and now",
	  .offset = offsetof(struct options, usable) },
	{ 0 },
};

enum { COLUMNS = 4 };

struct result {
	const struct options *options;
	PMC_ARRAY(char *) cells; /* COLUMNS a row */
	size_t unusable;
};

static int keep(void *ctx, const struct pmc_event_info *info)
{
	struct result *result = ctx;
	const char *texts[COLUMNS] = { info->name, info->source, info->available ? "yes" : "no",
				       info->description };

	if (!info->available && result->options->usable)
		return 0;
	result->unusable += !info->available;
	for (size_t i = 0; i < COLUMNS; i++)
		*pmc_array_add(&result->cells) = pmc_strdup(texts[i]);
	return 0;
}

static int fail_nothing(const char *glob)
{
	struct pmc_err err = { 0 };

	if (!glob) {
		pmc_err_set(&err, PMC_ERR_SYSTEM, "no event can be opened here");
		pmc_err_hint(&err, "`pmc doctor` says why");
		return pmc_cli_fail(&err);
	}
	pmc_err_set(&err, PMC_ERR_SYSTEM, "no event matches '%s'", glob);
	pmc_err_hint(
		&err,
		"a word without * matches anywhere in a name; tracepoints need tracefs (see `pmc "
		"doctor`); 'skl::*' shows the events of a PMU that is not in this machine");
	return pmc_cli_fail(&err);
}

static int run(int argc, char **argv)
{
	static const char *const titles[COLUMNS] = { "name", "source", "usable", "description" };
	struct options options = { 0 };
	struct result result = { .options = &options };
	struct pmc_err err = { 0 };
	struct pmc_style style = pmc_cli_style(stdout);
	int operands = pmc_options_parse(&pmc_command_list, argc, argv, &options, &err), status;

	if (operands > 1) {
		pmc_err_set(&err, PMC_ERR_USAGE, "more than one GLOB: %s", argv[1]);
		pmc_err_hint(&err, "quote it, or the shell puts in the files that match");
	}
	if (operands < 0 || operands > 1)
		return pmc_cli_fail(&err);
	pmc_events_each(operands ? argv[0] : NULL, keep, &result);
	if (!result.cells.count)
		return fail_nothing(operands ? argv[0] : NULL);

	pmc_report_rows(titles, COLUMNS, (const char *const *)result.cells.items,
			result.cells.count / COLUMNS, (enum pmc_format)options.format, &style,
			stdout);
	status = pmc_cli_finish(stdout, PMC_EXIT_OK);
	if (result.unusable && options.format == PMC_FORMAT_TEXT && status == PMC_EXIT_OK)
		pmc_cli_say("%zu of these %zu cannot be opened here; `pmc doctor` says why",
			    result.unusable, result.cells.count / COLUMNS);
	for (size_t i = 0; i < result.cells.count; i++)
		free(result.cells.items[i]);
	pmc_array_free(&result.cells);
	return status;
}

const struct pmc_command pmc_command_list = {
	.name = "list",
	.summary = "show the events of this machine",
	.usage = "[GLOB]",
	.description =
		"Shows the events that this machine knows: the kernel's own (hardware, software, "
		"cache), those of the PMUs in sysfs, those libpfm4 has for this CPU, and "
		"tracepoints where tracefs is mounted. Each row says whether the event can be "
		"opened here and now.\n\n"
		"GLOB is matched against whole names, in any case; without *, ? or [ it matches "
		"anywhere in a name, and the word of a source (hardware, software, cache, sysfs, "
		"libpfm4, tracepoint) gives all its events too. With '::' in it, PMUs that are not "
		"in this machine are searched as well.",
	.examples = "pmc list cache\tcache events, and others with \"cache\" in the name\n"
		    "pmc list 'sched:*'\ttracepoints of the scheduler, with their fields\n"
		    "pmc list 'skl::*TLB*'\tevents of another CPU\n",
	.options = rows,
	.run = run,
};
