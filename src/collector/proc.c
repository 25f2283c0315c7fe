/*
 * proc.c - see proc.h. Processes come and go while this reads: whatever cannot be read is left out.
 */
#include "collector/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long long proc_read_number(const char *path, long long otherwise)
{
	FILE *file = fopen(path, "re");
	long long value;

	if (!file)
		return otherwise;
	if (fscanf(file, "%lld", &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

size_t proc_online_cpus(int **cpus)
{
	PMC_ARRAY(int) list = { 0 };
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	int from, to;

	while (file && fscanf(file, "%d", &from) == 1) { /* "0-3,8,10-11" */
		to = from;
		if (fscanf(file, "-%d", &to) == EOF && ferror(file))
			break;
		for (int cpu = from; cpu <= to; cpu++)
			*pmc_array_add(&list) = cpu;
		if (fgetc(file) != ',')
			break;
	}
	if (file)
		fclose(file);
	if (!list.count)
		for (int cpu = 0; cpu < (int)sysconf(_SC_NPROCESSORS_ONLN); cpu++)
			*pmc_array_add(&list) = cpu;
	*cpus = list.items;
	return list.count;
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Numeric names in a folder, sorted. */
static size_t list_numbers(const char *folder, pid_t **numbers)
{
	PMC_ARRAY(pid_t) list = { 0 };
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			*pmc_array_add(&list) = (pid_t)atoi(entry->d_name);
	if (dir)
		closedir(dir);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_pids);
	*numbers = list.items;
	return list.count;
}

size_t proc_threads(pid_t pid, pid_t **tids)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return list_numbers(path, tids);
}

/* "Tgid:" and "PPid:" of a status file; false: gone. */
static bool read_status(pid_t tid, pid_t *tgid, pid_t *ppid)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	*tgid = *ppid = -1;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "Tgid: %d", tgid);
		sscanf(line, "PPid: %d", ppid);
	}
	fclose(file);
	return *tgid >= 0;
}

pid_t proc_of_thread(pid_t tid)
{
	pid_t tgid, ppid;

	return read_status(tid, &tgid, &ppid) ? tgid : -1;
}

bool proc_is_running(pid_t tid)
{
	char path[64], line[256], state = 'X';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "State: %c", &state) == 1)
			break;
	if (file)
		fclose(file);
	return state != 'X' && state != 'Z';
}

static bool read_comm(pid_t pid, pid_t tid, char comm[64])
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)pid, (int)tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(comm, 64, file))
		comm[0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
	return true;
}

/* One line of a maps file: "start-end perms pgoff dev inode   path". */
static void tell_mapping(struct tracker *tracker, pid_t pid, char *line)
{
	unsigned long long start, end, pgoff;
	struct tracker_map map = { .pid = (uint32_t)pid };
	char perms[8];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx %7s %llx %*s %*s %n", &start, &end, perms, &pgoff, &at) < 4 ||
	    !at || perms[2] != 'x' || end <= start)
		return;
	map.start = start;
	map.len = end - start;
	map.pgoff = pgoff;
	map.path = line[at] ? line + at : "//anon";
	tracker_map(tracker, &map, 0);
}

static void tell_mappings(struct tracker *tracker, pid_t pid)
{
	char path[64];
	char *line = NULL;
	size_t cap = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	while (file && getline(&line, &cap, file) > 0)
		tell_mapping(tracker, pid, line);
	free(line);
	if (file)
		fclose(file);
}

/*
 * Is it running, for all that the tracker knows? A leader that ended counts while its process runs;
 * any other task that ended is another one, whose id was used again.
 */
static bool is_known(struct tracker *tracker, pid_t tid)
{
	const struct task *task = tracker_task(tracker, (uint32_t)tid, UINT64_MAX);

	return task && (task->end_ns == UINT64_MAX ||
			(task->tid == task->image->pid && task->image->running));
}

bool proc_scan_process(struct tracker *tracker, pid_t pid)
{
	PMC_FREE pid_t *tids = NULL;
	const size_t count = proc_threads(pid, &tids);
	pid_t tgid, ppid;
	char comm[64];

	if (!count || !read_status(pid, &tgid, &ppid) || !read_comm(pid, pid, comm))
		return false;
	if (!is_known(tracker, pid))
		tracker_add_task(tracker, (uint32_t)pid, (uint32_t)pid, (uint32_t)ppid, comm, 0);
	for (size_t i = 0; i < count; i++)
		if (tids[i] != pid && !is_known(tracker, tids[i]) && read_comm(pid, tids[i], comm))
			tracker_add_task(tracker, (uint32_t)pid, (uint32_t)tids[i], (uint32_t)ppid,
					 comm, 0);
	tell_mappings(tracker, pid);
	return true;
}

void proc_scan_all(struct tracker *tracker)
{
	PMC_FREE pid_t *pids = NULL;
	const size_t count = list_numbers("/proc", &pids);

	for (size_t i = 0; i < count; i++)
		proc_scan_process(tracker, pids[i]);
}

/* ---- the kernel ---- */

/* _text (or _stext) stands near the head of kallsyms; 0: hidden (kptr_restrict) or not found. */
uint64_t proc_kernel_base(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address, base = 0;
	char line[512], name[64];

	for (int i = 0; file && i < 20000 && fgets(line, sizeof(line), file); i++) {
		if (sscanf(line, "%llx %*c %63s", &address, name) != 2)
			continue;
		if (!strcmp(name, "_text") || !strcmp(name, "_stext")) {
			base = address;
			break;
		}
	}
	if (file)
		fclose(file);
	return base;
}

void proc_scan_kernel(struct tracker *tracker)
{
	FILE *file = fopen("/proc/modules", "re");
	unsigned long long size, address;
	char line[1024], name[96];

	tracker_kernel(tracker, TRACKER_KERNEL_HALF, proc_kernel_base());
	/* name size users dependants state address */
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%95s %llu %*s %*s %*s %llx", name, &size, &address) == 3 &&
		    address)
			tracker_kernel_module(tracker, name, address, size, 0);
	if (file)
		fclose(file);
}
