/*
 * event_fixture.h - a made-up machine for the tests of events: folders like sysfs and tracefs below
 * a temporary one, and a probe that knows which types "open".
 */
#ifndef EVENT_FIXTURE_H
#define EVENT_FIXTURE_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/event.h"

struct fixture {
	char root[64], sysfs[96], tracefs[96];
	struct event_host host;
};

static inline void fixture_write(const struct fixture *fixture, const char *path, const char *text)
{
	PMC_FREE char *full = pmc_sprintf("%s/%s", fixture->root, path);
	FILE *file;

	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	if (!file)
		abort();
	fprintf(file, "%s\n", text);
	fclose(file);
}

/* Software and breakpoints open; hardware does not. */
static inline int fixture_probe_software(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE || attr->type == PERF_TYPE_BREAKPOINT ? 0 : ENOENT;
}

static inline int fixture_probe_all(const struct perf_event_attr *attr)
{
	(void)attr;
	return 0;
}

static inline int fixture_probe_none(const struct perf_event_attr *attr)
{
	(void)attr;
	return EACCES;
}

static inline void fixture_init(struct fixture *fixture)
{
	static const char *const files[][2] = {
		{ "sysfs/cpu/type", "4" },
		{ "sysfs/cpu/format/event", "config:0-7,32-35" },
		{ "sysfs/cpu/format/umask", "config:8-15" },
		{ "sysfs/cpu/format/edge", "config:18" },
		{ "sysfs/cpu/format/offcore_rsp", "config1:0-63" },
		{ "sysfs/cpu/format/ldlat", "config2:0-15" },
		{ "sysfs/cpu/format/future", "config9:0-7" },
		{ "sysfs/cpu/format/broken", "config:7-0" },
		{ "sysfs/cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3" },
		{ "sysfs/cpu/events/mem-loads.unit", "Loads" },
		{ "sysfs/cpu/events/mem-loads.scale", "2" },
		{ "sysfs/cpu/events/open-one", "event=0x10,umask=?" },
		{ "sysfs/cpu/events/loop", "loop" },
		{ "sysfs/cpu_core/type", "10" },
		{ "sysfs/cpu_core/cpus", "0-3" },
		{ "sysfs/cpu_core/format/event", "config:0-7" },
		{ "sysfs/uncore_imc/type", "14" },
		{ "sysfs/uncore_imc/cpumask", "0" },
		{ "sysfs/uncore_imc/format/event", "config:0-7" },
		{ "sysfs/uncore_imc/events/reads", "event=0x4" },
		{ "sysfs/untyped/format/event", "config:0-7" },
		{ "tracefs/events/sched/sched_switch/id", "327" },
		{ "tracefs/events/sched/sched_switch/format",
		  "name: sched_switch\nformat:\n"
		  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		  "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		  "\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;" },
		{ "tracefs/events/sched/sched_wakeup/id", "325" },
		{ "tracefs/events/odd/u/id", "7" },
		{ "tracefs/events/odd/broken/id", "none" },
		{ "tracefs/events/enable", "0" },
	};
	const char *tmp = getenv("TMPDIR");

	memset(fixture, 0, sizeof(*fixture));
	snprintf(fixture->root, sizeof(fixture->root), "%.40s/pmc-event-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(fixture->root))
		abort();
	for (size_t i = 0; i < PMC_COUNT(files); i++)
		fixture_write(fixture, files[i][0], files[i][1]);
	snprintf(fixture->sysfs, sizeof(fixture->sysfs), "%s/sysfs", fixture->root);
	snprintf(fixture->tracefs, sizeof(fixture->tracefs), "%s/tracefs", fixture->root);
	fixture->host = (struct event_host){
		.sysfs = fixture->sysfs,
		.tracefs = fixture->tracefs,
		.paranoid = 1,
		.probe = fixture_probe_software,
	};
}

static inline int fixture_remove(const char *path, const struct stat *info, int type,
				 struct FTW *ftw)
{
	(void)info;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fixture_fini(struct fixture *fixture)
{
	nftw(fixture->root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
