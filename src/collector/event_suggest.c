/*
 * event_suggest.c - the names nearest to one that is not known, over all sources of the host.
 *
 * What "near" means is base/nearest.c's. Events of libpfm4 are compared without their PMU unless
 * one was typed: they are understood so, too. Then that PMU is searched even if it is not in this
 * machine.
 */
#include <string.h>

#include "base/nearest.h"
#include "collector/event.h"

static int offer(void *ctx, const struct pmc_event_info *info)
{
	struct pmc_nearest *nearest = ctx;
	const char *colons = strstr(info->name, "::");
	bool whole = !colons || strstr(nearest->wanted, "::");

	pmc_nearest_offer(nearest, whole ? info->name : colons + 2);
	return 0;
}

void event_suggest(char *text, size_t size, const char *name, const struct event_host *host)
{
	struct event_host quiet = *host;
	const char *colons = strstr(name, "::");
	struct pmc_nearest nearest;

	pmc_nearest_init(&nearest, name);
	pmc_nearest_text(&nearest, text, size);
	if (host->no_suggestions)
		return;
	quiet.names_only = true;
	event_list_each(NULL, &quiet, offer, &nearest);
	if (colons && strcspn(name, "*?[") > (size_t)(colons - name)) {
		PMC_FREE char *glob = pmc_sprintf("%.*s::*", (int)(colons - name), name);

		event_pfm_each(glob, &quiet, offer, &nearest);
	}
	pmc_nearest_text(&nearest, text, size);
}
