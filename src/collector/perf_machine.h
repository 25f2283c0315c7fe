/*
 * perf_machine.h - what a recording tells of its machine and of itself that nothing here needs, as
 * rows of text: topology, memory, caches, PMUs, clocks, compression. Names: docs/facts.md.
 *
 *   a feature's bytes ──► reader of that feature ──► (name, item, value) ──► table session_fact
 */
#ifndef PMC_COLLECTOR_PERF_MACHINE_H
#define PMC_COLLECTOR_PERF_MACHINE_H

#include "base/model.h"
#include "collector/perf_reader.h"

/* More than a machine of 8192 CPUs tells; what is beyond is damage. */
enum { PERF_MACHINE_ROWS_MAX = 1 << 16 };

struct perf_machine {
	PMC_ARRAY(struct pmc_fact) rows; /* items and values are owned, names are not */
	uint32_t cpus;			 /* that the machine could have; 0: not told */
};

/*
 * Adds a row; takes both texts over, where there are any. name: lives as long as the program.
 * Texts of NULL, and rows beyond the most, are left out.
 */
void perf_machine_add(struct perf_machine *machine, const char *name, char *item, char *value);

/*
 * Reads one feature. False: it is none of these. r->bad tells that its bytes contradict themselves;
 * the rows read until then stay.
 */
bool perf_machine_take(struct perf_machine *machine, unsigned feature, struct perf_reader *r);
void perf_machine_fini(struct perf_machine *machine);

#endif
