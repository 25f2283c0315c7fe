/*
 * machine.h - small readings of this machine, shared by the collector's files. Private to
 * src/collector.
 */
#ifndef COLLECTOR_MACHINE_H
#define COLLECTOR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "collector/collector.h"

/*
 * First line of a small file, without its newline and the blanks at its end. False: cannot be read.
 */
bool machine_read_text(const char *path, char *text, size_t size);

/* The number a file begins with. False: cannot be read, or is none. */
bool machine_read_number(const char *path, long long *value);

/* Does this thread hold the capability (a bit number, CAP_…) in its effective set? */
bool machine_has_capability(unsigned cap);

/*
 * All that `pmc doctor` judges (machine_check.c). Errnos: 0 = it opens. -1: a sysctl cannot be
 * read.
 */
struct machine_facts {
	int paranoid;			/* INT_MIN: cannot be read */
	bool privileged;		/* CAP_PERFMON or CAP_SYS_ADMIN */
	bool user_only;			/* as struct event_host has it */
	int clock_errno, cycles_errno;	/* of cpu-clock and cycles in user mode */
	int stack_errno;		/* of registers and stacks with samples */
	bool lbr;			/* cycles with the processor's record of calls */
	bool counters;
	long long sample_rate, mlock_kb, kptr_restrict, nmi_watchdog;
	bool kallsyms, kallsyms_addresses;
	bool tracefs, tracefs_denied;
	bool lock_exempt;		/* CAP_IPC_LOCK: rings do not count against the limits */
	long page_kb, cpus;
	unsigned long long memlock_bytes, files, files_max;
	char cpu[128], pfm[128], kernel[256];
};
void machine_facts_read(struct machine_facts *facts);

/* pmc_machine_check() on given facts: no I/O. */
void machine_facts_judge(const struct machine_facts *facts, pmc_check_fn *fn, void *ctx);

#endif
