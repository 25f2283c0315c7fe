/*
 * machine_check.c - can this machine sample, and what stands in the way? The rows of `pmc doctor`.
 *
 *   machine ──read──► struct machine_facts ──judge (pure)──► one pmc_check a question, in fixed
 *   order
 *
 * The first row, "sampling", is the one that matters: missing there means that nothing can be
 * recorded at all. Each advice is the least change that helps.
 */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collector/event.h"
#include "collector/machine.h"
#include "collector/user_regs.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* since Linux 5.8 */
#endif

/* One ring: 128 data pages and a control page; one a CPU. As collector.h has it. */
enum { RING_PAGES = 129 };

/* ---- reading ---- */

static bool read_kallsyms(bool *addresses)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address;

	*addresses = false;
	if (!file)
		return false;
	for (int i = 0; i < 16 && !*addresses; i++) /* the first may truly lie at 0 */
		if (fscanf(file, "%llx%*[^\n]", &address) == 1)
			*addresses = address != 0;
	fclose(file);
	return true;
}

/* Sampling with what a way of finding callers needs: 0, or the errno. */
static int probe_callers(struct perf_event_attr attr, uint64_t sample_type)
{
	int fd;

	attr.sample_type = sample_type;
	attr.sample_period = 1000000;
	attr.disabled = 1;
	attr.sample_regs_user = sample_type & PERF_SAMPLE_REGS_USER ?
					user_regs_mask(pmc_arch_here()) : 0;
	attr.sample_stack_user = sample_type & PERF_SAMPLE_STACK_USER ? PMC_STACK_BYTES : 0;
	attr.branch_sample_type = sample_type & PERF_SAMPLE_BRANCH_STACK ?
		PERF_SAMPLE_BRANCH_USER | PERF_SAMPLE_BRANCH_CALL_STACK : 0;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

void machine_facts_read(struct machine_facts *facts)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	struct rlimit limit;
	struct event_host host;
	struct utsname name;

	memset(facts, 0, sizeof(*facts));
	event_host_init(&host);
	facts->paranoid = host.paranoid;
	facts->privileged =
		machine_has_capability(CAP_PERFMON) || machine_has_capability(CAP_SYS_ADMIN);
	facts->user_only = host.user_only;
	facts->clock_errno = event_probe(&attr);
	facts->stack_errno =
		probe_callers(attr, PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER);
	facts->counters = event_host_has_counters(&host);
	attr.type = PERF_TYPE_HARDWARE;
	attr.config = PERF_COUNT_HW_CPU_CYCLES;
	facts->cycles_errno = event_probe(&attr);
	facts->lbr = !probe_callers(attr, PERF_SAMPLE_BRANCH_STACK);
	if (!machine_read_number("/proc/sys/kernel/perf_event_max_sample_rate",
				 &facts->sample_rate))
		facts->sample_rate = -1;
	if (!machine_read_number("/proc/sys/kernel/perf_event_mlock_kb", &facts->mlock_kb))
		facts->mlock_kb = -1;
	if (!machine_read_number("/proc/sys/kernel/kptr_restrict", &facts->kptr_restrict))
		facts->kptr_restrict = -1;
	if (!machine_read_number("/proc/sys/kernel/nmi_watchdog", &facts->nmi_watchdog))
		facts->nmi_watchdog = 0;
	facts->kallsyms = read_kallsyms(&facts->kallsyms_addresses);
	facts->tracefs = host.tracefs != NULL;
	facts->tracefs_denied = host.tracefs_denied;
	facts->lock_exempt = machine_has_capability(CAP_IPC_LOCK);
	facts->page_kb = sysconf(_SC_PAGESIZE) / 1024;
	facts->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	facts->memlock_bytes = getrlimit(RLIMIT_MEMLOCK, &limit) ? 0 : limit.rlim_cur;
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		facts->files = limit.rlim_cur;
		facts->files_max = limit.rlim_max;
	}
	pmc_machine_cpu_name(facts->cpu, sizeof(facts->cpu));
	pmc_machine_pfm_name(facts->pfm, sizeof(facts->pfm));
	if (!uname(&name))
		snprintf(facts->kernel, sizeof(facts->kernel), "%s %s %s", name.sysname,
			 name.release, name.machine);
}

/* ---- judging ---- */

struct judge {
	pmc_check_fn *fn;
	void *ctx;
	char seen[512];
};

#define SEEN(judge, ...) snprintf((judge)->seen, sizeof((judge)->seen), __VA_ARGS__)

static void tell(struct judge *judge, const char *name, enum pmc_check_state state,
		 const char *advice)
{
	const struct pmc_check check = {
		.name = name,
		.state = state,
		.seen = judge->seen,
		.advice = state == PMC_CHECK_OK ? "" : advice,
	};

	judge->fn(judge->ctx, &check);
}

static void judge_sampling(struct judge *j, const struct machine_facts *facts)
{
	const char *advice =
		"as root: sysctl kernel.perf_event_paranoid=2; or run pmc with CAP_PERFMON";

	if (!facts->clock_errno) {
		SEEN(j, "cpu-clock opens");
		tell(j, "sampling", PMC_CHECK_OK, "");
		return;
	}
	SEEN(j, "perf_event_open of cpu-clock, user mode: %s", strerror(facts->clock_errno));
	if (facts->clock_errno == ENOSYS)
		advice = "a kernel with CONFIG_PERF_EVENTS, outside of sandboxes that hide "
			 "perf_event_open";
	else if (facts->paranoid <= 2 || facts->privileged)
		advice = "allow perf_event_open in the container or sandbox (docker: "
			 "--cap-add=PERFMON "
			 "--security-opt seccomp=unconfined)";
	tell(j, "sampling", PMC_CHECK_MISSING, advice);
}

static void judge_counters(struct judge *j, const struct machine_facts *facts)
{
	bool denied = facts->cycles_errno == EACCES || facts->cycles_errno == EPERM;

	if (facts->counters) {
		SEEN(j, "%s opens", facts->cycles_errno ? "instructions" : "cycles");
		tell(j, "hardware counters", PMC_CHECK_OK, "");
		return;
	}
	SEEN(j, "perf_event_open of cycles: %s", strerror(facts->cycles_errno));
	tell(j, "hardware counters", PMC_CHECK_MISSING,
	     denied ? "see above: it is not allowed" :
		      "cpu-clock samples by time all the same; in a virtual machine, the host can "
		      "pass counters on "
		      "(a virtual PMU)");
}

static void judge_permission(struct judge *j, const struct machine_facts *facts)
{
	enum pmc_check_state state = PMC_CHECK_OK;
	const char *advice = "";

	if (facts->paranoid == INT_MIN)
		SEEN(j, "kernel.perf_event_paranoid cannot be read%s",
		     facts->user_only ? "; user mode only" : "");
	else
		SEEN(j, "kernel.perf_event_paranoid is %d%s", facts->paranoid,
		     facts->paranoid > 0 && facts->privileged && !facts->user_only ?
			     ", but this process has the capability" :
			     "");
	if (facts->user_only) {
		state = facts->paranoid > 2 ? PMC_CHECK_MISSING : PMC_CHECK_LIMITED;
		advice = facts->paranoid > 2 ?
				 "no event for ordinary users. As root: sysctl "
				 "kernel.perf_event_paranoid=2 (user mode), "
				 "=1 (and the kernel), =0 (and whole CPUs: -a)" :
				 "own programs in user mode only. As root: sysctl "
				 "kernel.perf_event_paranoid=1 (and the "
				 "kernel), =0 (and whole CPUs: -a); or run pmc with CAP_PERFMON";
	} else if (facts->paranoid > 0 && !facts->privileged) {
		state = PMC_CHECK_LIMITED;
		advice = "no whole CPUs (-a, -C). As root: sysctl kernel.perf_event_paranoid=0; or "
			 "run pmc with "
			 "CAP_PERFMON";
	}
	tell(j, "permission", state, advice);
}

static void judge_call_graphs(struct judge *j, const struct machine_facts *facts)
{
	SEEN(j, "fp%s%s", facts->stack_errno ? "" : ", dwarf", facts->lbr ? ", lbr" : "");
	tell(j, "call graphs", facts->stack_errno ? PMC_CHECK_LIMITED : PMC_CHECK_OK,
	     "callers in programs without frame pointers stay unknown: the kernel copies no "
	     "registers and stacks here");
}

static void judge_kernel_names(struct judge *j, const struct machine_facts *facts)
{
	if (!facts->kallsyms)
		SEEN(j, "/proc/kallsyms cannot be read");
	else
		SEEN(j, "/proc/kallsyms %s addresses; kernel.kptr_restrict is %lld",
		     facts->kallsyms_addresses ? "shows" : "hides", facts->kptr_restrict);
	tell(j, "kernel names", facts->kallsyms_addresses ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
	     !facts->kallsyms	      ? "a kernel with CONFIG_KALLSYMS, and /proc mounted" :
	     facts->kptr_restrict > 1 ? "functions of the kernel have no names. As root: sysctl "
					"kernel.kptr_restrict=0" :
					"functions of the kernel have no names. Run pmc as root, "
					"or as root: sysctl kernel.kptr_restrict=0 "
					"kernel.perf_event_paranoid=1");
}

static void judge_tracepoints(struct judge *j, const struct machine_facts *facts)
{
	bool usable = facts->tracefs && !facts->user_only;

	SEEN(j, "tracefs is %s%s",
	     facts->tracefs	   ? "mounted" :
	     facts->tracefs_denied ? "closed to this user" :
				     "not mounted",
	     facts->tracefs && !usable ? ", but events in the kernel are not allowed" : "");
	tell(j, "tracepoints", usable ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
	     facts->tracefs ?
		     "as root: sysctl kernel.perf_event_paranoid=1; or run pmc with CAP_PERFMON" :
	     facts->tracefs_denied ? "as root: mount -o remount,mode=755 /sys/kernel/tracing" :
				     "only if you need them; as root: mount -t tracefs tracefs "
				     "/sys/kernel/tracing");
}

static void judge_ring_memory(struct judge *j, const struct machine_facts *facts)
{
	long long need_kb = (long long)RING_PAGES * facts->page_kb;
	char limit[32] = "unlimited", advice[160];

	if (facts->memlock_bytes != RLIM_INFINITY)
		snprintf(limit, sizeof(limit), "%llu KiB", facts->memlock_bytes / 1024);
	SEEN(j,
	     "kernel.perf_event_mlock_kb is %lld (a CPU), RLIMIT_MEMLOCK is %s, a ring takes %lld "
	     "KiB",
	     facts->mlock_kb, limit, need_kb);
	snprintf(advice, sizeof(advice),
		 "rings become smaller, samples are lost more easily. As root: sysctl "
		 "kernel.perf_event_mlock_kb=%lld",
		 need_kb);
	tell(j, "ring memory",
	     facts->lock_exempt || facts->memlock_bytes == RLIM_INFINITY ||
			     facts->mlock_kb >= need_kb ||
			     facts->mlock_kb * facts->cpus +
					     (long long)(facts->memlock_bytes / 1024) >=
				     need_kb * facts->cpus ?
		     PMC_CHECK_OK :
		     PMC_CHECK_LIMITED,
	     advice);
}

static void judge_open_files(struct judge *j, const struct machine_facts *facts)
{
	unsigned long long need = (unsigned long long)facts->cpus * 16 + 256;
	char advice[160];

	SEEN(j,
	     "RLIMIT_NOFILE is %llu (hard limit %llu); an event takes one a CPU, and with -p a "
	     "thread",
	     facts->files, facts->files_max);
	snprintf(advice, sizeof(advice), "%sulimit -n %llu",
		 facts->files_max < need ? "as root: " : "", need);
	tell(j, "open files", facts->files >= need ? PMC_CHECK_OK : PMC_CHECK_LIMITED, advice);
}

static void judge_sample_rate(struct judge *j, const struct machine_facts *facts)
{
	SEEN(j, "kernel.perf_event_max_sample_rate is %lld", facts->sample_rate);
	tell(j, "sample rate", facts->sample_rate >= 10000 ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
	     "the kernel lowers it when interrupts take long. As root: sysctl "
	     "kernel.perf_event_max_sample_rate=100000");
}

static void judge_event_names(struct judge *j, const struct machine_facts *facts)
{
	bool known = !strstr(facts->pfm, "knows no PMU");

	SEEN(j, "%s", facts->pfm);
	tell(j, "event names", known || !facts->counters ? PMC_CHECK_OK : PMC_CHECK_LIMITED,
	     "a newer libpfm4 may know this CPU; until then rNNNN and cpu/event=…,umask=…/ do");
}

static void judge_watchdog(struct judge *j, const struct machine_facts *facts)
{
	if (!facts->counters)
		return;
	SEEN(j, "kernel.nmi_watchdog is %lld", facts->nmi_watchdog);
	tell(j, "watchdog", facts->nmi_watchdog ? PMC_CHECK_LIMITED : PMC_CHECK_OK,
	     "it takes one counter a CPU. As root, while you need all: sysctl "
	     "kernel.nmi_watchdog=0");
}

void machine_facts_judge(const struct machine_facts *facts, pmc_check_fn *fn, void *ctx)
{
	struct judge judge = { .fn = fn, .ctx = ctx }, *j = &judge;

	judge_sampling(j, facts);
	judge_counters(j, facts);
	judge_permission(j, facts);
	judge_call_graphs(j, facts);
	judge_kernel_names(j, facts);
	judge_tracepoints(j, facts);
	judge_ring_memory(j, facts);
	judge_open_files(j, facts);
	judge_sample_rate(j, facts);
	judge_watchdog(j, facts);
	judge_event_names(j, facts);
	SEEN(j, "%s, %ld online", facts->cpu, facts->cpus);
	tell(j, "processor", PMC_CHECK_OK, "");
	SEEN(j, "%s", facts->kernel);
	tell(j, "kernel", PMC_CHECK_OK, "");
}

void pmc_machine_check(pmc_check_fn *fn, void *ctx)
{
	struct machine_facts facts;

	machine_facts_read(&facts);
	machine_facts_judge(&facts, fn, ctx);
}
