/*
 * kernel.h - what the running kernel's perf can do, found out by trying it with an event that
 * counts nothing. Not here: permissions and PMUs (event_host.c, machine.h).
 */
#ifndef PMC_COLLECTOR_KERNEL_H
#define PMC_COLLECTOR_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* Does it know this way of sampling and reading? */
bool kernel_takes(uint64_t sample_type, uint64_t read_format, bool inherit);

/*
 * Does a READ record tell what a thread had counted when it ended (inherit_stat)? From 5.13 on
 * sync_child_event() took the thread for gone and told nothing, until that was mended. Starts a
 * child that ends at once.
 */
bool kernel_tells_threads(void);

#endif
