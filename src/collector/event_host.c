/*
 * event_host.c - a look at this machine: where its events are described, and what we may open.
 *
 * May only user mode be watched? The paranoid level and our capabilities say so first; a capability
 * held inside a user namespace only is not worth anything to perf, so a trial opening decides.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/event.h"
#include "collector/machine.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* since Linux 5.8 */
#endif

static bool is_user_only(int paranoid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	int errnum;

	if (paranoid != INT_MIN && paranoid < 2)
		return false;
	if (!machine_has_capability(CAP_PERFMON) && !machine_has_capability(CAP_SYS_ADMIN))
		return true;
	errnum = event_probe(&attr);
	return errnum == EACCES || errnum == EPERM;
}

void event_host_init(struct event_host *host)
{
	static const char *const folders[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	static const char *const events[] = { "/sys/kernel/tracing/events",
					      "/sys/kernel/debug/tracing/events" };

	*host = (struct event_host){
		.sysfs = "/sys/bus/event_source/devices",
		.paranoid = pmc_machine_paranoid(),
		.probe = event_probe,
	};
	for (size_t i = 0; i < PMC_COUNT(folders) && !host->tracefs; i++) {
		if (!access(events[i], R_OK | X_OK))
			host->tracefs = folders[i];
		else if (errno == EACCES)
			host->tracefs_denied = true;
	}
	if (host->tracefs)
		host->tracefs_denied = false;
	host->user_only = is_user_only(host->paranoid);
}

bool event_host_has_counters(const struct event_host *host)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = host->user_only,
		.exclude_hv = 1,
		.exclude_guest = 1,
	};

	if (!host->probe(&attr))
		return true;
	attr.config = PERF_COUNT_HW_INSTRUCTIONS;
	return !host->probe(&attr);
}

bool event_host_is_denied(const struct event_host *host)
{
	const struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	const int errnum = host->probe(&attr);

	return errnum == EACCES || errnum == EPERM;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void event_names_list(struct event_names *names, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	memset(names, 0, sizeof(*names));
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			*pmc_array_add(names) = pmc_strdup(entry->d_name);
	closedir(dir);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
}

void event_names_fini(struct event_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	pmc_array_free(names);
}
