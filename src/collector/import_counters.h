/*
 * import_counters.h - the events of a recording as rounds know events: names, layouts, ids, rings.
 *
 *   perf_events ──┬─► pmc_event_list   names, units, how they were sampled
 *                 └─► counters         layouts by event, kernel ids, two rings without a kernel
 *
 * Nothing is opened. An event that counts nothing (dummy) is for side-band, as live: it is no event
 * of the session where there are others.
 */
#ifndef PMC_COLLECTOR_IMPORT_COUNTERS_H
#define PMC_COLLECTOR_IMPORT_COUNTERS_H

#include "collector/counters.h"
#include "collector/perf_file.h"

/* Frames that a record has room for: it has 64 KB. */
enum { IMPORT_CHAIN_MAX = 8192 };

/*
 * Fills both in. Events whose records cannot be told apart: -1. The caller frees with
 * pmc_event_list_fini() and counters_close(), also after an error.
 */
int import_counters_init(struct counters *counters, struct pmc_event_list *list,
			 const struct perf_file *file, struct pmc_err *err);

/* Frames that the kernel copied at most; 0: not told. */
uint32_t import_chain_max(const struct perf_events *events);

#endif
