/*
 * event_open.c - perf_event_open() for one event, its declared degrades, and the words for its
 * errors.
 *
 * Not here: which CPUs and tasks to open on, rings, enabling (session.c).
 *
 *   asked for ──refused──► without exclude_guest ──► precise 3 … 1 ──► plain
 *       └───────────────────────── opened ◄─────────────────────────────┘
 *
 * A step that did not help is taken back, and the error told is that of the first attempt. User
 * mode instead of user and kernel is decided before, while resolving, as it depends on no PMU.
 */
#include "collector/event.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collector/machine.h"

static int open_attr(const struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
		     unsigned long flags)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, group_fd, flags);
}

int event_probe(const struct perf_event_attr *attr)
{
	struct perf_event_attr copy = *attr;
	int fd;

	copy.size = sizeof(copy);
	copy.disabled = 1;
	copy.freq = 0;
	copy.sample_period = 0;
	copy.sample_type = 0;
	fd = open_attr(&copy, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* ---- degrades ---- */

/*
 * Makes the name's modifiers say the precise level in use: "cycles:upp" → "cycles:up" → "cycles:u".
 * "P" promises no level and stays until none is left. What follows ("#2") stays. Never longer.
 */
static void cut_precise(char *name, unsigned precise)
{
	char *colon = strrchr(name, ':'), *end, *first, *keep;

	if (!colon)
		return;
	end = colon + 1 + strspn(colon + 1, "ukhpP");
	if (*end && *end != '#')
		return;
	first = colon + 1 + strcspn(colon + 1, "pP#");
	if (*first == 'P' && precise)
		return;
	keep = first + precise < end ? first + precise : end;
	if (keep == colon + 1)
		keep = colon;
	memmove(keep, end, strlen(end) + 1);
}

static void note_precise(struct pmc_event *event, unsigned asked, const char *why)
{
	unsigned used = event->attr->precise_ip;
	PMC_FREE char *text =
		pmc_sprintf("precise level %u is not to be had here (%s): %s", asked, why,
			    used ? "a lower one is used" : "sampled without");

	cut_precise(event->name, used);
	if (event->precise_requested)
		event_note_fallback(event, text);
}

/*
 * Only drivers of x86 look at precise_ip. Those of other processors open the event and sample as
 * imprecisely as ever, so the request is taken back before it is believed.
 */
static void drop_ignored_precise(struct pmc_event *event)
{
#if !defined(__x86_64__) && !defined(__i386__)
	const unsigned asked = event->attr->precise_ip;

	event->attr->precise_ip = 0;
	if (asked)
		note_precise(event, asked, "the counters of this processor have none");
#else
	(void)event;
#endif
}

/* Would it open if it were in no group? */
static bool opens_alone(const struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
	const int fd = open_attr(attr, pid, cpu, -1, flags);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool opens_without_branches(const struct perf_event_attr *attr, pid_t pid, int cpu,
				   unsigned long flags)
{
	struct perf_event_attr plain = *attr;

	plain.sample_type &= ~(uint64_t)PERF_SAMPLE_BRANCH_STACK;
	plain.branch_sample_type = 0;
	return opens_alone(&plain, pid, cpu, flags);
}

static int explain_no_branches(const struct pmc_event *event, int errnum, struct pmc_err *err)
{
	pmc_err_errno(err, errnum, "cannot record calls by the processor (lbr) with %s",
		      event->name);
	return pmc_err_hint(err, "Intel's processors do, with a hardware event, where no "
				 "hypervisor hides it; --call-graph dwarf works everywhere");
}

/* All of a group count at once, or none: the kernel refuses the member that does not fit. */
static int explain_full_group(const struct pmc_event *event, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_SYSTEM,
		    "the group with %s does not fit on this machine's counters: all of a group "
		    "count at once, and no counter is left for %s",
		    event->name, event->name);
	return pmc_err_hint(err, "make the group smaller; events outside of {} take turns, and "
				 "their counts are scaled");
}

static bool may_be_precision(int errnum)
{
	return errnum == EINVAL || errnum == EOPNOTSUPP || errnum == ENOENT || errnum == ENODEV ||
	       errnum == ENOSYS;
}

int event_open(struct pmc_event *event, pid_t pid, int cpu, int group_fd, unsigned long flags,
	       struct pmc_err *err)
{
	struct perf_event_attr *attr = event->attr;
	const bool no_guest = attr->exclude_guest;
	unsigned asked;
	int errnum, fd;

	drop_ignored_precise(event);
	asked = attr->precise_ip;
	fd = open_attr(attr, pid, cpu, group_fd, flags);
	if (fd >= 0)
		return fd;
	errnum = errno;
	if ((attr->sample_type & PERF_SAMPLE_BRANCH_STACK) &&
	    opens_without_branches(attr, pid, cpu, flags))
		return explain_no_branches(event, errnum, err);
	if (errnum == EINVAL && group_fd >= 0 && opens_alone(attr, pid, cpu, flags))
		return explain_full_group(event, err);
	if (!may_be_precision(errnum))
		return event_explain_open_error(event, errnum, pid, cpu, err);
	for (unsigned level = asked + 1; level-- > 0;) {
		attr->precise_ip = level & 3;
		for (int guest = 0; guest <= (no_guest ? 1 : 0); guest++) {
			attr->exclude_guest = no_guest && !guest;
			fd = open_attr(attr, pid, cpu, group_fd, flags);
			if (fd < 0)
				continue;
			if (level != asked)
				note_precise(event, asked, strerror(errnum));
			return fd;
		}
	}
	attr->precise_ip = asked & 3;
	attr->exclude_guest = no_guest;
	return event_explain_open_error(event, errnum, pid, cpu, err);
}

/* ---- explaining ---- */

static bool is_hardware(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE ||
	       attr->type == PERF_TYPE_RAW;
}

/* An LSM in the way that can be seen from here, or NULL. */
static const char *name_lsm(void)
{
	char text[128];
	long long enforcing;

	if (machine_read_text("/sys/kernel/security/lockdown", text, sizeof(text)) &&
	    strstr(text, "[confidentiality]"))
		return "the kernel is locked down (/sys/kernel/security/lockdown: confidentiality)";
	if (machine_read_number("/sys/fs/selinux/enforce", &enforcing) && enforcing == 1)
		return "SELinux enforces its policy";
	return NULL;
}

/* Kernels without level 3 take it for 2. */
static bool opens_nothing(void)
{
	const struct perf_event_attr clock = { .type = PERF_TYPE_SOFTWARE,
					       .config = PERF_COUNT_SW_TASK_CLOCK,
					       .exclude_kernel = 1,
					       .exclude_hv = 1 };

	return event_probe(&clock) != 0;
}

static int explain_denied(const struct pmc_event *event, int errnum, pid_t pid, struct pmc_err *err)
{
	const struct perf_event_attr *attr = event->attr;
	const char *lsm = name_lsm();
	int paranoid = pmc_machine_paranoid();
	char level[64] = "kernel.perf_event_paranoid cannot be read";

	if (paranoid != INT_MIN)
		snprintf(level, sizeof(level), "kernel.perf_event_paranoid is %d", paranoid);

	if (errnum == EPERM && attr->type == PERF_TYPE_BREAKPOINT && attr->bp_addr >> 63) {
		pmc_err_errno(err, errnum, "cannot watch the kernel address of %s", event->name);
		return pmc_err_hint(err, "a breakpoint in the kernel needs root (CAP_SYS_ADMIN)");
	}
	if (paranoid > 2 && opens_nothing()) {
		pmc_err_errno(err, errnum,
			      "may not open %s: %s, which allows ordinary users no event at all",
			      event->name, level);
		return pmc_err_hint(
			err,
			"as root: sysctl kernel.perf_event_paranoid=2 (user mode), =1 (and the "
			"kernel); or run pmc with CAP_PERFMON");
	}
	if (pid == -1 && paranoid > 0) {
		pmc_err_errno(err, errnum, "may not watch all processes with %s: %s", event->name,
			      level);
		return pmc_err_hint(err,
				    "as root: sysctl kernel.perf_event_paranoid=0; or run pmc with "
				    "CAP_PERFMON; or watch one program: name it instead of -a");
	}
	if (!attr->exclude_kernel && paranoid > 1) {
		struct event_kernel known;
		char buf[EVENT_KERNEL_NAME_SIZE];
		bool kernel_side = attr->type == PERF_TYPE_TRACEPOINT ||
				   (event_kernel_describe(attr->type, attr->config, &known, buf) &&
				    known.kernel_side);

		pmc_err_errno(err, errnum, "may not count %s in the kernel: %s", event->name,
			      level);
		return pmc_err_hint(err,
				    "%sas root: sysctl kernel.perf_event_paranoid=1; or run pmc "
				    "with CAP_PERFMON",
				    kernel_side ? "it only happens there; " :
						  "modifier :u counts user mode only; ");
	}
	if (lsm) {
		pmc_err_errno(err, errnum, "may not open %s: %s", event->name, lsm);
		return pmc_err_hint(err, "ask who set that policy; %s would allow it", level);
	}
	if (pid > 0) {
		pmc_err_errno(err, errnum, "may not watch process %d with %s", (int)pid,
			      event->name);
		return pmc_err_hint(
			err, "it belongs to another user or is protected: run pmc as root or with "
			     "CAP_PERFMON and CAP_SYS_PTRACE");
	}
	pmc_err_errno(err, errnum, "may not open %s although %s", event->name, level);
	return pmc_err_hint(
		err, "a container's seccomp filter often does that: allow perf_event_open and add "
		     "CAP_PERFMON (docker: --cap-add=PERFMON --security-opt seccomp=unconfined)");
}

static int explain_absent(const struct pmc_event *event, int errnum, int cpu, struct pmc_err *err)
{
	const struct perf_event_attr *attr = event->attr;
	struct event_host host;
	char pfm[64];

	event_host_init(&host);
	if (is_hardware(attr) && !event_host_has_counters(&host)) {
		pmc_machine_pfm_name(pfm, sizeof(pfm));
		pmc_err_set(err, PMC_ERR_SYSTEM,
			    "cannot count %s: this machine has no hardware counters (%s; "
			    "perf_event_open of cycles "
			    "fails too)",
			    event->name, strerror(errnum));
		return pmc_err_hint(
			err,
			"-e cpu-clock samples by time; in a virtual machine the host can pass the "
			"counters on (a virtual PMU)");
	}
	if (attr->type == PERF_TYPE_TRACEPOINT) {
		pmc_err_errno(err, errnum, "cannot open tracepoint %s (id %llu)", event->name,
			      (unsigned long long)attr->config);
		return pmc_err_hint(err, "it may have gone with a kernel module: `pmc list '%s'`",
				    event->name);
	}
	if (errnum == ENODEV && cpu >= 0) {
		pmc_err_errno(err, errnum, "cannot open %s on CPU %d", event->name, cpu);
		return pmc_err_hint(
			err,
			"is the CPU online (/sys/devices/system/cpu/online), and does it have this "
			"event (hybrid CPUs: cpu_core/…/, cpu_atom/…/)?");
	}
	pmc_err_errno(err, errnum, "this machine cannot %s %s",
		      attr->sample_period ? "sample" : "count", event->name);
	if (errnum == EOPNOTSUPP)
		return pmc_err_hint(
			err,
			"its PMU (type %u) cannot interrupt, filter by privilege level or be as "
			"precise as asked; `pmc list` marks what opens here",
			attr->type);
	return pmc_err_hint(err,
			    "the CPU or kernel does not have it; `pmc list` marks what opens here");
}

static int explain_invalid(const struct pmc_event *event, pid_t pid, struct pmc_err *err)
{
	const struct perf_event_attr *attr = event->attr;
	long long rate;

	if (attr->freq &&
	    machine_read_number("/proc/sys/kernel/perf_event_max_sample_rate", &rate) &&
	    attr->sample_freq > (unsigned long long)rate) {
		pmc_err_set(err, PMC_ERR_SYSTEM,
			    "cannot sample %s at %llu Hz: kernel.perf_event_max_sample_rate is "
			    "%lld",
			    event->name, (unsigned long long)attr->sample_freq, rate);
		return pmc_err_hint(
			err, "-F %lld, or as root: sysctl kernel.perf_event_max_sample_rate=%llu",
			rate, (unsigned long long)attr->sample_freq);
	}
	if (attr->type == PERF_TYPE_BREAKPOINT) {
		pmc_err_errno(err, EINVAL, "the CPU cannot watch %s", event->name);
		return pmc_err_hint(err,
				    "the length is 1, 2, 4 or 8, the address a multiple of it; x86 "
				    "has no read-only "
				    "watch (use rw) and x takes %zu bytes",
				    sizeof(long));
	}
	if (attr->type > PERF_TYPE_BREAKPOINT || attr->type == PERF_TYPE_HARDWARE ||
	    attr->type == PERF_TYPE_HW_CACHE || attr->type == PERF_TYPE_RAW) {
		pmc_err_errno(err, EINVAL, "the PMU does not take %s", event->name);
		if (pid != -1 && attr->type > PERF_TYPE_BREAKPOINT)
			return pmc_err_hint(
				err, "PMUs outside the cores (uncore, msr, power) cannot sample or "
				     "belong to "
				     "no process; others refuse a term, a modifier or the period");
		return pmc_err_hint(err, "a term, a modifier (u, k, p) or the period may be one "
					 "that it does not have");
	}
	pmc_err_errno(err, EINVAL, "the kernel does not take %s", event->name);
	return pmc_err_hint(err,
			    "its modifiers or period may be ones that this kernel does not have");
}

int event_explain_open_error(const struct pmc_event *event, int errnum, pid_t pid, int cpu,
			     struct pmc_err *err)
{
	struct rlimit files = { 0 };
	struct utsname name;

	switch (errnum) {
	case EACCES:
	case EPERM:
		return explain_denied(event, errnum, pid, err);
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENXIO:
		return explain_absent(event, errnum, cpu, err);
	case EINVAL:
		return explain_invalid(event, pid, err);
	case EMFILE:
		getrlimit(RLIMIT_NOFILE, &files);
		pmc_err_errno(
			err, errnum,
			"cannot open %s once more: the limit of open files is %llu (hard limit "
			"%llu)",
			event->name, (unsigned long long)files.rlim_cur,
			(unsigned long long)files.rlim_max);
		return pmc_err_hint(err,
				    "each event takes a file a CPU (and thread with -p): ulimit -n "
				    "%s, or watch "
				    "fewer CPUs, threads or events",
				    "65536");
	case ENFILE:
		pmc_err_errno(err, errnum, "cannot open %s", event->name);
		return pmc_err_hint(
			err, "the system's limit of open files is reached: see fs.file-max and "
			     "/proc/sys/fs/file-nr");
	case ESRCH:
		pmc_err_set(err, PMC_ERR_NOT_FOUND,
			    "cannot watch process %d: it does not exist (any more)", (int)pid);
		return pmc_err_hint(err, "`ps -e` shows what runs now");
	case E2BIG:
		pmc_err_errno(err, errnum, "this kernel (%s) does not know what pmc asks of %s",
			      uname(&name) ? "?" : name.release, event->name);
		return pmc_err_hint(
			err,
			"it is older than the kernel headers pmc was built with: build pmc on this "
			"machine");
	case EBUSY:
		pmc_err_errno(err, errnum,
			      "cannot open %s: somebody else holds the counters for himself",
			      event->name);
		return pmc_err_hint(err, "end other profilers; kernel.nmi_watchdog takes one "
					 "counter: as root: sysctl "
					 "kernel.nmi_watchdog=0");
	case ENOSPC:
		pmc_err_errno(err, errnum, "cannot open %s: no counter is left that could count it",
			      event->name);
		return pmc_err_hint(err, "%s",
				    event->attr->type == PERF_TYPE_BREAKPOINT ?
					    "the CPU has few breakpoints (x86: four a thread), and "
					    "debuggers use them too" :
					    "fewer events, or smaller groups");
	case ENOSYS:
		pmc_err_errno(err, errnum, "this kernel has no perf_event_open");
		return pmc_err_hint(err, "it was built without CONFIG_PERF_EVENTS, or a sandbox "
					 "(gVisor, seccomp) hides it");
	case ENOMEM:
		pmc_err_errno(err, errnum, "the kernel has no memory for %s", event->name);
		return pmc_err_hint(
			err,
			"fewer events, CPUs or threads; or raise the memory limit of the cgroup");
	case EINTR:
	case EAGAIN:
		pmc_err_errno(err, errnum, "cannot open %s just now", event->name);
		return pmc_err_hint(err, "try again");
	default:
		return pmc_err_errno(err, errnum, "cannot open %s", event->name);
	}
}
