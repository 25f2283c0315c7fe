/*
 * event_tracepoint.c - tracepoints: subsys:name, their ids and fields from tracefs.
 *
 *   TRACEFS/events/sched/sched_switch/id       "327"  attr.config
 *   TRACEFS/events/sched/sched_switch/format   fields, for `pmc list`
 *
 * tracefs is often not mounted, or closed to ordinary users: then no tracepoint is found here, and
 * event_resolve.c says why. pmc never mounts anything by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/event.h"
#include "collector/machine.h"

static bool is_folder_name(const char *text, size_t len)
{
	return len && text[0] != '.' && !memchr(text, '/', len);
}

enum event_found event_tracepoint_resolve(struct pmc_event *event, const struct event_spec *spec,
					  const char *name, const struct event_host *host,
					  struct pmc_err *err)
{
	const char *colon = strchr(name, ':');
	PMC_FREE char *path = NULL;
	long long id;

	if (!host->tracefs || !colon || strchr(colon + 1, ':') ||
	    !is_folder_name(name, (size_t)(colon - name)) ||
	    !is_folder_name(colon + 1, strlen(colon + 1)))
		return EVENT_NOT_MINE;
	path = pmc_sprintf("%s/events/%.*s/%s/id", host->tracefs, (int)(colon - name), name,
			   colon + 1);
	if (access(path, F_OK))
		return EVENT_NOT_MINE;
	if (!machine_read_number(path, &id) || id < 0) {
		pmc_err_set(err, PMC_ERR_SYSTEM, "%s (column %zu): its id cannot be read from %s",
			    spec->text, spec->column, path);
		pmc_err_hint(err,
			     "tracefs is for root unless it is mounted with other rights: "
			     "mount -o remount,mode=755 %s",
			     host->tracefs);
		return EVENT_BAD;
	}
	event->attr->type = PERF_TYPE_TRACEPOINT;
	event->attr->config = (__u64)id;
	event->source = PMC_SOURCE_TRACEPOINT;
	event->name = pmc_strdup(name);
	return EVENT_FOUND;
}

/* The name in "field:const char * filename; offset:8; …", without its array brackets; NULL: none,
 * or one of the four fields that every tracepoint has. */
static char *read_field(char *line)
{
	char *end, *name;

	if (!(line = strstr(line, "field:")) || !(end = strchr(line, ';')))
		return NULL;
	*end = '\0';
	if ((name = strrchr(line, '[')) && name[-1] != ' ')
		*name = '\0';
	name = strrchr(line, ' ');
	return name && strncmp(name + 1, "common_", 7) ? name + 1 : NULL;
}

static char *describe(const char *folder)
{
	PMC_FREE char *path = pmc_sprintf("%s/format", folder);
	FILE *file = fopen(path, "re");
	char text[400] = "", line[256], *field;
	size_t used = 0;

	while (file && fgets(line, sizeof(line), file))
		if ((field = read_field(line)) && used + strlen(field) + 3 < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? ", " : "", field);
	if (file)
		fclose(file);
	return used ? pmc_sprintf("fields: %s", text) : pmc_strdup("a tracepoint without fields");
}

static int tell(const char *folder, const char *name, const struct event_host *host,
		pmc_event_info_fn *fn, void *ctx)
{
	struct pmc_event_info info = { .name = name, .source = "tracepoint", .description = "" };
	PMC_FREE char *text = NULL;

	if (!host->names_only) {
		info.description = text = describe(folder);
		info.available = !host->user_only; /* they lie in the kernel */
	}
	return fn(ctx, &info);
}

int event_tracepoint_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
			  void *ctx)
{
	PMC_FREE char *events = NULL;
	struct event_names subsystems, names;
	int result = 0;

	if (!host->tracefs)
		return 0;
	events = pmc_sprintf("%s/events", host->tracefs);
	event_names_list(&subsystems, events);
	for (size_t i = 0; i < subsystems.count && !result; i++) {
		PMC_FREE char *subsystem = pmc_sprintf("%s/%s", events, subsystems.items[i]);

		event_names_list(&names, subsystem);
		for (size_t k = 0; k < names.count && !result; k++) {
			PMC_FREE char *name =
				pmc_sprintf("%s:%s", subsystems.items[i], names.items[k]);
			PMC_FREE char *folder = pmc_sprintf("%s/%s", subsystem, names.items[k]);
			PMC_FREE char *id = pmc_sprintf("%s/id", folder);

			if (event_list_matches(glob, name) && !access(id, F_OK))
				result = tell(folder, name, host, fn, ctx);
		}
		event_names_fini(&names);
	}
	event_names_fini(&subsystems);
	return result;
}
