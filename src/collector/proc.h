/*
 * proc.h - what was there before the counters: read from /proc and /sys once, told to the tracker.
 */
#ifndef PMC_COLLECTOR_PROC_H
#define PMC_COLLECTOR_PROC_H

#include <sys/types.h>

#include "base/err.h"
#include "collector/tracker.h"

/* The number in a small file, or `otherwise`. */
long long proc_read_number(const char *path, long long otherwise);

/* Numbers of the online CPUs; the caller frees *cpus. At least one. */
size_t proc_online_cpus(int **cpus);

/* Threads of a process, sorted; the caller frees *tids. 0: no such process (any more). */
size_t proc_threads(pid_t pid, pid_t **tids);

/* Process that the thread belongs to, or -1. */
pid_t proc_of_thread(pid_t tid);

/* False for a thread that is gone, or has ended and only waits to be reaped. */
bool proc_is_running(pid_t tid);

/* Tells one process: names of its threads, its executable mappings. False: it is gone. */
bool proc_scan_process(struct tracker *tracker, pid_t pid);
/* Tells every process of the system. */
void proc_scan_all(struct tracker *tracker);
/* Address of the kernel's _text, from kallsyms; 0: hidden, or not found. */
uint64_t proc_kernel_base(void);
/* Tells the kernel's own code: its base from kallsyms, and loaded modules. */
void proc_scan_kernel(struct tracker *tracker);

#endif
