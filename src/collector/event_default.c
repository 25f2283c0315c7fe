/*
 * event_default.c - which events are taken where none were asked for.
 *
 *   record   instructions and cycles; without counters cpu-clock, which is told
 *   stat     software counts that every machine has, and of cycles, instructions, branches and
 *            branch-misses those that open here
 *
 * Not here: resolving names (event_resolve.c).
 */
#include <string.h>

#include "collector/event.h"

int event_list_default(struct pmc_event_list *list, const struct pmc_sampling *sampling,
		       const struct event_host *host, const char **why, struct pmc_err *err)
{
	static const char *const none =
		"this machine has no hardware counters to be had: cpu-clock "
		"samples by time instead of instructions and cycles";
	bool counters = event_host_has_counters(host);
	int errnum;

	*why = NULL;
	if (event_list_parse(list, counters ? "instructions,cycles" : "cpu-clock", sampling, host,
			     err))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		list->events[i].requested[0] = '\0';
	if (counters)
		return 0;
	event_note_fallback(&list->events[0],
		      "no hardware counters: instructions and cycles cannot be counted");
	errnum = host->probe(list->events[0].attr);
	if (errnum)
		return event_explain_open_error(&list->events[0], errnum, 0, -1, err);
	*why = none;
	return 0;
}

int event_list_default_counts(struct pmc_event_list *list, const struct event_host *host,
			      const char **why, struct pmc_err *err)
{
	static const char *const none =
		"this machine has no hardware counters to be had: software events alone are "
		"counted; `pmc doctor` says why";
	static const char *const names[] = { "task-clock", "context-switches", "cpu-migrations",
					     "page-faults", "cycles", "instructions", "branches",
					     "branch-misses" };
	const struct pmc_sampling counting = { .mode = PMC_MODE_COUNT };
	const bool counters = event_host_has_counters(host);
	PMC_FREE char *text = pmc_strdup(names[0]);

	*why = counters || event_host_is_denied(host) ? NULL : none;
	for (size_t i = 1; i < PMC_COUNT(names); i++) {
		struct pmc_event_list one = { 0 };
		struct pmc_err ignored = { 0 };
		char *longer;

		if (!event_list_parse(&one, names[i], &counting, host, &ignored) &&
		    !host->probe(one.events[0].attr)) {
			longer = pmc_sprintf("%s,%s", text, names[i]);
			free(text);
			text = longer;
		}
		pmc_event_list_fini(&one);
	}
	if (event_list_parse(list, text, &counting, host, err))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		list->events[i].requested[0] = '\0';
	return 0;
}

int pmc_event_list_default(struct pmc_event_list *list, const struct pmc_sampling *sampling,
			   const char **why, struct pmc_err *err)
{
	struct event_host host;

	event_host_init(&host);
	return event_list_default(list, sampling, &host, why, err);
}

int pmc_event_list_default_counts(struct pmc_event_list *list, const char **why,
				  struct pmc_err *err)
{
	struct event_host host;

	event_host_init(&host);
	return event_list_default_counts(list, &host, why, err);
}
