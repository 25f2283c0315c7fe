/*
 * event_list.c - every event of this machine, source by source: what `pmc list` shows.
 *
 *   hardware, software, cache → sysfs → libpfm4 → tracepoints → rNNNN and mem:…
 *
 * Each source is sorted by name. A glob that is the word of a source gives all its events, too.
 */
#include <fnmatch.h>
#include <string.h>

#include "collector/event.h"

bool event_list_matches(const char *glob, const char *name)
{
	PMC_FREE char *anywhere = NULL;

	if (!glob || !*glob)
		return true;
	if (strpbrk(glob, "*?["))
		return !fnmatch(glob, name, FNM_CASEFOLD);
	anywhere = pmc_sprintf("*%s*", glob);
	return !fnmatch(anywhere, name, FNM_CASEFOLD);
}

/*
 * Patterns rather than events: told when their text matches, as a reminder of how they are written.
 */
static int each_pattern(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
			void *ctx)
{
	const struct pmc_event_info patterns[] = {
		{
			.name = "rNNNN",
			.source = "raw",
			.description =
				"a raw event code in hexadecimal, as the CPU's manual has it",
			.available = event_host_has_counters(host),
		},
		{
			.name = "mem:0xADDRESS/LENGTH:rwx",
			.source = "breakpoint",
			.description = "reads, writes or execution of an address",
			.available = true,
		},
	};
	int result = 0;

	for (size_t i = 0; i < PMC_COUNT(patterns) && !result; i++)
		if (event_list_matches(glob, patterns[i].name))
			result = fn(ctx, &patterns[i]);
	return result;
}

/* Hands on the rows whose source or name matches. */
struct filter {
	const char *glob;
	pmc_event_info_fn *fn;
	void *ctx;
};

static int pass_match(void *ctx, const struct pmc_event_info *info)
{
	const struct filter *filter = ctx;

	if (strcmp(info->source, filter->glob) && !event_list_matches(filter->glob, info->name))
		return 0;
	return filter->fn(filter->ctx, info);
}

static bool is_source(const char *glob)
{
	static const char *const sources[] = { "hardware", "software", "cache",	     "sysfs",
					       "libpfm4",  "raw",      "tracepoint", "breakpoint" };

	for (size_t i = 0; glob && i < PMC_COUNT(sources); i++)
		if (!strcmp(glob, sources[i]))
			return true;
	return false;
}

int event_list_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		    void *ctx)
{
	struct filter filter = { .glob = glob, .fn = fn, .ctx = ctx };
	int result;

	if (is_source(glob))
		return event_list_each(NULL, host, pass_match, &filter);
	result = event_kernel_each(glob, host, fn, ctx);
	if (!result)
		result = event_sysfs_each(glob, host, fn, ctx);
	if (!result)
		result = event_pfm_each(glob, host, fn, ctx);
	if (!result)
		result = event_tracepoint_each(glob, host, fn, ctx);
	if (!result && !host->names_only)
		result = each_pattern(glob, host, fn, ctx);
	return result;
}

int pmc_events_each(const char *glob, pmc_event_info_fn *fn, void *ctx)
{
	struct event_host host;

	event_host_init(&host);
	return event_list_each(glob, &host, fn, ctx);
}
