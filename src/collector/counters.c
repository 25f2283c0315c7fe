/*
 * counters.c - see counters.h.
 */
#include "collector/counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "collector/abi.h"
#include "collector/event.h"
#include "collector/kernel.h"
#include "collector/proc.h"
#include "collector/user_regs.h"

enum {
	READ_RING_PAGES = 16, /* 800 ends of threads */
	CHAIN_MAX_DEFAULT = 127, /* PERF_MAX_STACK_DEPTH, where the sysctl cannot be read */
};

static int open_raw(struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags);
}

/* ---- attributes ---- */

/* What all events of a session have in common: clock, inheritance, what a reading holds. */
static void fill_common(struct perf_event_attr *attr, const struct counters *counters, bool inherit)
{
	attr->size = sizeof(*attr);
	attr->sample_type = counters->layouts[0].sample_type;
	attr->read_format = counters->layouts[0].read_format;
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->inherit = inherit;
}

/*
 * The tracking event counts nothing: it owns the ring and brings the records about tasks and
 * mappings, so that these do not depend on any counting event being scheduled.
 */
static void fill_tracking(struct perf_event_attr *attr, const struct counters *counters,
			  bool inherit, bool system_wide)
{
	memset(attr, 0, sizeof(*attr));
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_DUMMY;
	fill_common(attr, counters, inherit);
	/* It takes no samples; of theirs it needs what other records end with. */
	attr->sample_type &= PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
	attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task = 1;
	attr->build_id = 1;
	attr->ksymbol = system_wide || geteuid() == 0;
	attr->exclude_kernel = attr->exclude_hv = 1;
	/* 0: half of the ring, whatever size it gets (ring_buffer_init() in Linux). */
	attr->watermark = 1;
	attr->wakeup_watermark = 0;
}

/* Older kernels refuse what they do not know: build-ids (5.12), ksymbols (5.0). */
static int open_tracking(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = open_raw(attr, pid, cpu, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0 && errno == EINVAL && attr->build_id) {
		attr->build_id = 0;
		fd = open_raw(attr, pid, cpu, PERF_FLAG_FD_CLOEXEC);
	}
	if (fd < 0 && (errno == EINVAL || errno == EACCES || errno == EPERM) && attr->ksymbol) {
		attr->ksymbol = 0;
		fd = open_raw(attr, pid, cpu, PERF_FLAG_FD_CLOEXEC);
	}
	return fd;
}

/* The fixed period that samples of this event must not be asked to carry; 0: let them. */
static uint64_t silent_period(const struct pmc_event *event)
{
	const struct perf_event_attr *attr = event->attr;
	const bool software = attr->type == PERF_TYPE_SOFTWARE ||
			      attr->type == PERF_TYPE_TRACEPOINT ||
			      attr->type == PERF_TYPE_BREAKPOINT;

	return software && event->unit != PMC_UNIT_NS && !attr->freq && attr->sample_period > 1
		       ? attr->sample_period
		       : 0;
}

/*
 * Counts of each thread need counters that stay with their threads. Where one thread follows
 * another with the same counters, the kernel exchanges the values instead, in the order of two
 * lists that need not be the same since Linux 6.2, where counters are sorted by PMU
 * (perf_event_sync_stat()); values then end up in another event. Counters that are to be read in
 * samples are left alone (6.12), so that is asked for, though nothing is sampled.
 */
static int keep_with_threads(struct counters *counters, struct pmc_err *err)
{
	struct utsname uts;
	int major = 0, minor = 0;

	uname(&uts);
	if (!kernel_tells_threads()) {
		pmc_err_set(err, PMC_ERR_SYSTEM, "this kernel (%s) does not tell what a thread had "
						 "counted when it ended", uts.release);
		return pmc_err_hint(err, "Linux before 5.13 does, and recent ones again; here, "
					 "leave out --per thread, name running threads with -t, or "
					 "sample: pmc record, then pmc report --by thread");
	}
	if (kernel_takes(PERF_SAMPLE_READ | PERF_SAMPLE_TID, 0, true)) {
		for (size_t i = 1; i <= counters->events->count; i++)
			counters->layouts[i].sample_type |= PERF_SAMPLE_READ;
		return 0;
	}
	sscanf(uts.release, "%d.%d", &major, &minor);
	if (major < 6 || (major == 6 && minor < 2))
		return 0;
	pmc_err_set(err, PMC_ERR_SYSTEM, "this kernel (%s) mixes up the counts of threads that "
					 "follow each other on a CPU", uts.release);
	return pmc_err_hint(err, "Linux before 6.2 and from 6.12 on counts each thread; here, "
				 "leave out --per thread, or sample: pmc record, then pmc report "
				 "--by thread");
}

/* Is event i the leader of a {…}:S group that samples? */
static bool samples_read(const struct counters *counters, size_t i)
{
	return counters->layouts[i + 1].sample_type & PERF_SAMPLE_READ;
}

/*
 * Before Linux 6.12 counters whose samples read a group cannot be inherited by threads and
 * children. There the group watches the threads it was opened for alone, and says so.
 */
static void check_reads(struct counters *counters)
{
	for (size_t i = 0; i < counters->events->count; i++) {
		struct pmc_event *event = &counters->events->events[i];
		char *before = event->fallback;

		if (!samples_read(counters, i))
			continue;
		if (!counters->reads_alone &&
		    kernel_takes(PERF_SAMPLE_READ | PERF_SAMPLE_TID, PERF_FORMAT_GROUP, true))
			return;
		counters->reads_alone = true;
		event->fallback = pmc_sprintf(
			"%s%sthis kernel cannot read groups (:S) in threads and children that are "
			"made later (Linux 6.12 can): they are not sampled",
			before ? before : "", before ? "; " : "");
		free(before);
	}
}

/* ---- opening ---- */

static int add_counter(struct counters *counters, const struct counter *opened, struct pmc_err *err)
{
	struct counter *counter = pmc_array_add(&counters->open);
	const int fd = opened->fd;

	*counter = *opened;
	if (ioctl(fd, PERF_EVENT_IOC_ID, &counter->id))
		return pmc_err_errno(err, errno, "cannot read the id of a counter");
	pmc_index_add(&counters->ids, pmc_hash_u64(counter->id),
		      (uint32_t)counters->open.count - 1);
	return 0;
}

static int map_error(int errnum, uint32_t pages, int cpu, struct pmc_err *err)
{
	const long long limit = proc_read_number("/proc/sys/kernel/perf_event_mlock_kb", -1);

	pmc_err_errno(err, errnum, "cannot map a ring of %u pages for CPU %d", pages, cpu);
	if (errnum == EPERM || errnum == ENOMEM)
		pmc_err_hint(err,
			     "kernel.perf_event_mlock_kb is %lld; raise it, or the limit of locked "
			     "memory (ulimit -l), or take fewer events, CPUs or threads",
			     limit);
	return -1;
}

static int redirect(int fd, const struct ring *ring, struct pmc_err *err)
{
	if (ring && ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd))
		return pmc_err_errno(err, errno,
				     "cannot send a counter's samples to the ring of CPU %u",
				     ring->cpu);
	return 0;
}

static int tracking_error(const struct counters *counters, struct perf_event_attr *attr, pid_t tid,
			  int cpu, struct pmc_err *err)
{
	/* By the name of what was asked for: nobody knows of this one. */
	const struct pmc_event tracking = { .name = counters->events->events[0].name,
					    .requested = (char *)"",
					    .group = -1,
					    .attr = attr };

	return errno == ENODEV ? 1 : event_explain_open_error(&tracking, errno, tid, cpu, err);
}

/*
 * Maps a ring of *pages, and has it in *ring if that is wanted. Fewer pages where the limit on
 * locked memory demands it.
 */
static int open_ring(struct counters *counters, int fd, int cpu, uint32_t *pages,
		     struct ring **ring, struct pmc_err *err)
{
	struct ring *opened = &counters->rings[counters->rings_count];

	while (ring_open(opened, fd, (uint32_t)cpu, *pages)) {
		if ((errno != EPERM && errno != ENOMEM) || *pages <= 4)
			return map_error(errno, *pages, cpu, err);
		*pages /= 2;
	}
	counters->rings_count++;
	if (ring)
		*ring = opened;
	return 0;
}

/* One thread on one CPU, as the loops of counters_open() go through them. */
struct place {
	pid_t tid;
	uint32_t task; /* its index */
	int cpu;
	struct ring *ring; /* of the CPU; NULL: none yet, or none at all */
};

/*
 * Opens the tracking event of one thread on one CPU. The first of a CPU maps its ring. 1: there is
 * no such CPU.
 */
static int open_tracking_at(struct counters *counters, const struct counters_opts *opts,
			    struct place *place, struct pmc_err *err)
{
	struct perf_event_attr attr;
	int fd;

	fill_tracking(&attr, counters, place->tid >= 0, opts->target->system_wide);
	fd = open_tracking(&attr, place->tid, place->cpu);
	if (fd < 0)
		return tracking_error(counters, &attr, place->tid, place->cpu, err);
	if (add_counter(counters,
			&(struct counter){ .fd = fd, .task = place->task, .cpu = place->cpu }, err))
		return -1;
	return place->ring ? redirect(fd, place->ring, err)
			   : open_ring(counters, fd, place->cpu, &counters->ring_pages,
				       &place->ring, err);
}

/* Events [first, end) are one group, or one event. */
static size_t group_end(const struct pmc_event_list *events, size_t first)
{
	size_t end = first + 1;

	while (events->events[first].group >= 0 && end < events->count &&
	       events->events[end].group == events->events[first].group)
		end++;
	return end;
}

/*
 * Fills in what depends on where and how an event is opened. A group is read through its leader,
 * but where each thread's counts are wanted: those come event by event.
 */
static void fill_event(const struct counters *counters, const struct counters_opts *opts,
		       size_t index, bool leads, bool follows, bool inherit)
{
	struct pmc_event *event = &counters->events->events[index];
	struct perf_event_attr *attr = event->attr;

	fill_common(attr, counters, inherit);
	attr->inherit_stat = inherit && counters->per_thread;
	attr->watermark = counters->per_thread; /* of its ring: half */
	attr->sample_type = counters->layouts[index + 1].sample_type;
	if (leads && !counters->per_thread)
		attr->read_format |= PERF_FORMAT_GROUP;
	attr->disabled = !follows;
	attr->enable_on_exec = opts->enable_on_exec && !follows;
	attr->exclude_callchain_kernel = attr->exclude_kernel;
	attr->exclude_callchain_user = counters->callgraph == PMC_CALLGRAPH_DWARF ||
				       counters->callgraph == PMC_CALLGRAPH_LBR;
	attr->sample_regs_user = counters->layouts[index + 1].sample_regs_user;
	attr->sample_stack_user = counters->stack_bytes;
	attr->branch_sample_type = counters->layouts[index + 1].branch_sample_type;
	/* Waiting is no work: an idle CPU's clock would show as time spent in the idle task. */
	attr->exclude_idle = event->unit == PMC_UNIT_NS && !counters->per_task &&
			     event->sampling.mode != PMC_MODE_COUNT;
}

/*
 * A counter's samples go to the ring of its CPU, whose only writer is that CPU. What a thread had
 * counted is told where the thread ends, on any CPU, and rings are not made for two writers at
 * once: those records get a ring for each counter, to which ends write one by one, under a lock of
 * the counter (perf_event_exit_event() in Linux).
 */
static int send_records(struct counters *counters, const struct counter *counter,
			const struct place *place, struct pmc_err *err)
{
	uint32_t pages = READ_RING_PAGES;

	return counters->per_thread ?
		       open_ring(counters, counter->fd, counter->cpu, &pages, NULL, err) :
		       redirect(counter->fd, place->ring, err);
}

static int open_group(struct counters *counters, const struct counters_opts *opts, size_t first,
		      size_t end, const struct place *place, bool inherit, struct pmc_err *err)
{
	const bool by_leader = end - first > 1 && !counters->per_thread;
	int leader = -1;

	for (size_t i = first; i < end; i++) {
		struct counter counter = { .event = (uint32_t)i + 1,
					   .task = place->task,
					   .cpu = place->cpu,
					   .read_by_leader = i > first && by_leader };

		fill_event(counters, opts, i, by_leader && i == first, i > first, inherit);
		counter.fd = event_open(&counters->events->events[i], place->tid, place->cpu,
					leader, PERF_FLAG_FD_CLOEXEC, err);
		if (counter.fd < 0)
			return -1;
		if (add_counter(counters, &counter, err) ||
		    send_records(counters, &counter, place, err))
			return -1;
		if (i == first)
			leader = counter.fd;
	}
	return 0;
}

static int open_events_at(struct counters *counters, const struct counters_opts *opts,
			  const struct place *place, struct pmc_err *err)
{
	/* A thread that was named is meant alone, not with those that it makes. */
	const bool inherit = place->tid >= 0 && opts->target->kind != PMC_TARGET_TIDS;

	for (size_t i = 0, end; i < counters->events->count; i = end) {
		const bool alone = counters->reads_alone && samples_read(counters, i);

		end = group_end(counters->events, i);
		if (open_group(counters, opts, i, end, place, inherit && !alone, err))
			return -1;
	}
	return 0;
}

/*
 * Where several counters count one software event of one task, as two recorders that watch the same
 * program do, the samples of all carry the id of the first: the kernel fills in once what it takes
 * to be the same for all (do_perf_sw_event(), seen in Linux 6.18). So an id that is not ours is
 * that of somebody else's counter, and the sample belongs to our event of this kind, if there is
 * but one; 0 if not.
 */
static uint32_t find_stray_event(const struct pmc_event_list *events)
{
	uint32_t found = 0;

	for (size_t i = 0; i < events->count; i++) {
		if (events->events[i].attr->type != PERF_TYPE_SOFTWARE ||
		    events->events[i].unit == PMC_UNIT_NS)
			continue;
		if (found)
			return 0;
		found = (uint32_t)i + 1;
	}
	return found;
}

/* Watching many threads takes many files: use what the hard limit allows. */
static void raise_file_limit(struct counters *counters)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		counters->files_before = limit.rlim_cur;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Commands that are started later inherit the limit that pmc was started with. */
static void restore_file_limit(const struct counters *counters)
{
	struct rlimit limit;

	if (!counters->files_before || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = counters->files_before;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Looked up before the kernel is asked, which calls the number of a CPU that never was invalid. */
static int check_cpus(const int *cpus, size_t count, struct pmc_err *err)
{
	PMC_FREE int *online = NULL;
	const size_t online_count = proc_online_cpus(&online);

	for (size_t i = 0; i < count; i++) {
		size_t at = 0;

		while (at < online_count && online[at] != cpus[i])
			at++;
		if (at < online_count)
			continue;
		pmc_err_set(err, PMC_ERR_SYSTEM, "there is no CPU %d, or it is offline", cpus[i]);
		return pmc_err_hint(err, "/sys/devices/system/cpu/online lists those that are");
	}
	return 0;
}

/* How each event's samples look; what is no sample has the trailer that all share. */
static void choose_layouts(struct counters *counters, const struct counters_opts *opts)
{
	const size_t count = counters->events->count;
	const uint64_t lost = counters->lost_known ? ABI_FORMAT_LOST : 0;
	const uint64_t reading = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING |
				 PERF_FORMAT_ID | lost;
	struct layout base = { .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
					      PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
					      PERF_SAMPLE_PERIOD,
			       .read_format = reading, /* of READ records */
			       .sample_id_all = true };

	counters->callgraph = opts->callgraph;
	counters->unwind = opts->unwind;
	if (opts->callgraph == PMC_CALLGRAPH_DWARF) {
		base.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		base.sample_regs_user = user_regs_mask(pmc_arch_here());
		counters->stack_bytes = opts->stack_bytes;
	} else if (opts->callgraph == PMC_CALLGRAPH_LBR) {
		base.sample_type |= PERF_SAMPLE_BRANCH_STACK;
		base.branch_sample_type = PERF_SAMPLE_BRANCH_USER | PERF_SAMPLE_BRANCH_CALL_STACK;
	}
	if (opts->callgraph != PMC_CALLGRAPH_NONE) {
		base.sample_type |= PERF_SAMPLE_CALLCHAIN;
		counters->chain_max = (uint32_t)proc_read_number(
			"/proc/sys/kernel/perf_event_max_stack", CHAIN_MAX_DEFAULT);
	}
	counters->layouts = pmc_calloc(count + 1, sizeof(*counters->layouts));
	counters->periods = pmc_calloc(count, sizeof(*counters->periods));
	counters->evicted = pmc_calloc(count, sizeof(*counters->evicted));
	/* { nr, enabled, running, { value, id, lost } … } */
	counters->words = pmc_calloc(3 + 3 * count, sizeof(*counters->words));
	counters->layouts[0] = base;
	for (size_t i = 0; i < count; i++) {
		const struct pmc_event *event = &counters->events->events[i];
		struct layout *layout = &counters->layouts[i + 1];

		*layout = base;
		counters->periods[i] = silent_period(event);
		if (counters->periods[i])
			layout->sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
		if (!event->sample_read || event->sampling.mode == PMC_MODE_READ ||
		    event->sampling.mode == PMC_MODE_COUNT)
			continue;
		layout->sample_type |= PERF_SAMPLE_READ;
		layout->read_format |= PERF_FORMAT_GROUP;
	}
}

/* Everything of one CPU (-1: any). 1: there is no such CPU. */
static int open_cpu(struct counters *counters, const struct counters_opts *opts, int cpu,
		    const pid_t *tids, size_t tids_count, struct pmc_err *gone, struct pmc_err *err)
{
	struct place place = { .cpu = cpu };

	for (size_t t = 0; t < tids_count; t++) {
		struct pmc_err failed = { 0 };
		int opened;

		place.tid = tids[t];
		place.task = (uint32_t)t;
		opened = opts->rings ? open_tracking_at(counters, opts, &place, &failed) : 0;
		if (opened > 0 && !opts->target->cpus) {
			counters->cpus--; /* it went offline meanwhile */
			return 0;
		}
		if (opened > 0)
			pmc_err_set(&failed, PMC_ERR_SYSTEM,
				    "there is no CPU %d, or it is offline", cpu);
		if (!opened)
			opened = open_events_at(counters, opts, &place, &failed);
		if (!opened)
			continue;
		/* Threads end at any time; the others are worth recording. */
		if (failed.kind == PMC_ERR_NOT_FOUND && opts->target->ids_count) {
			*gone = failed;
			continue;
		}
		*err = failed;
		return -1;
	}
	return 0;
}

int counters_open(struct counters *counters, const struct counters_opts *opts, const pid_t *tids,
		  size_t tids_count, struct pmc_err *err)
{
	PMC_FREE int *online = NULL;
	const int *cpus = opts->target->cpus;
	size_t cpus_count = opts->target->cpus_count;
	struct pmc_err gone = { 0 };

	memset(counters, 0, sizeof(*counters));
	counters->events = opts->events;
	counters->ring_pages = opts->ring_pages ? opts->ring_pages : PMC_RING_PAGES;
	counters->per_task = tids[0] >= 0;
	counters->per_thread = opts->per_thread;
	counters->some_cpus = opts->target->cpus != NULL;
	counters->lost_known = kernel_takes(0, ABI_FORMAT_LOST, false);
	counters->stray_event = find_stray_event(opts->events);
	choose_layouts(counters, opts);
	if (counters->per_task && opts->target->kind != PMC_TARGET_TIDS)
		check_reads(counters);
	raise_file_limit(counters);
	if (opts->per_thread && keep_with_threads(counters, err)) {
		counters_close(counters);
		return -1;
	}
	if (cpus && check_cpus(cpus, cpus_count, err)) {
		counters_close(counters);
		return -1;
	}
	if (!cpus && opts->any_cpu && counters->per_task) {
		cpus_count = 1;
		online = pmc_calloc(1, sizeof(*online));
		*online = -1; /* whichever the thread runs on */
		cpus = online;
	} else if (!cpus) {
		cpus_count = proc_online_cpus(&online);
		cpus = online;
	}
	counters->cpus = (uint32_t)cpus_count;
	counters->rings = pmc_calloc(
		cpus_count * (opts->per_thread ? 1 + tids_count * opts->events->count : 1),
		sizeof(*counters->rings));
	for (size_t c = 0; c < cpus_count; c++)
		if (open_cpu(counters, opts, cpus[c], tids, tids_count, &gone, err)) {
			counters_close(counters);
			return -1;
		}
	if (counters->open.count && counters->cpus)
		return 0;
	*err = gone;
	pmc_err_set(err, PMC_ERR_SYSTEM, "no CPU could be watched");
	counters_close(counters);
	return -1;
}

void counters_close(struct counters *counters)
{
	for (size_t i = 0; i < counters->rings_count; i++)
		ring_close(&counters->rings[i]);
	free(counters->rings);
	free(counters->layouts);
	free(counters->periods);
	free(counters->words);
	free(counters->evicted);
	restore_file_limit(counters);
	for (size_t i = 0; i < counters->open.count; i++)
		close(counters->open.items[i].fd);
	pmc_array_free(&counters->open);
	pmc_index_fini(&counters->ids);
	memset(counters, 0, sizeof(*counters));
}

/* ---- running ---- */

static void control(const struct counters *counters, unsigned long request)
{
	for (size_t i = 0; i < counters->open.count; i++)
		if (counters->open.items[i].event)
			ioctl(counters->open.items[i].fd, request, PERF_IOC_FLAG_GROUP);
}

void counters_enable(struct counters *counters)
{
	control(counters, PERF_EVENT_IOC_ENABLE);
}

void counters_disable(struct counters *counters)
{
	control(counters, PERF_EVENT_IOC_DISABLE);
}
