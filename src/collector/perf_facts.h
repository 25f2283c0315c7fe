/*
 * perf_facts.h - what a recording tells of itself beside its records: "features".
 *
 *   file form   a section each, behind the data        ─┐
 *   pipe form   a FEATURE record each, before the data ─┴─► perf_facts_take() ─► struct perf_facts
 *
 * All of it may be missing. A feature whose bytes contradict themselves is left out, and counted:
 * the records are worth reading all the same.
 */
#ifndef PMC_COLLECTOR_PERF_FACTS_H
#define PMC_COLLECTOR_PERF_FACTS_H

#include "collector/build_ids.h"
#include "collector/perf_attr.h"
#include "collector/perf_machine.h"

/* EVENT_DESC of one event. */
struct perf_desc {
	uint32_t type;
	uint64_t config;
	char *name;
	PMC_ARRAY(uint64_t) ids;
};

/* GROUP_DESC: events that were counted together. */
struct perf_group {
	char *name;		 /* "{anon_group}" unless the user named it */
	uint32_t leader, count;	 /* index of its first event; its events follow each other */
};

struct perf_facts {
	char *hostname, *release, *version, *arch, *cpu, *command; /* NULL: not told */
	bool is_simpleperf;	    /* the command's program is Android's recorder */
	uint32_t cpus;		    /* online; 0: not told */
	uint64_t first_ns, last_ns; /* times of the first and the last sample; 0: not told */
	bool has_clock;		    /* clock_ns of the records' clock was wall_ns */
	uint64_t wall_ns, clock_ns;
	PMC_ARRAY(struct perf_desc) descs;
	PMC_ARRAY(struct perf_group) groups;
	struct perf_pmus pmus;
	struct build_ids build_ids;
	struct perf_machine machine;
	size_t ids;	  /* in all descs */
	uint32_t damaged; /* features that were left out */
	bool in_folder;	  /* records are in other files, beside this one */
};

/* Takes one feature's content. */
void perf_facts_take(struct perf_facts *facts, unsigned feature, const uint8_t *bytes, size_t size,
		     bool swap);

/* Takes the content of a BUILD_ID record, or of one row of that feature: both have a header. */
bool perf_facts_take_build_id(struct perf_facts *facts, const uint8_t *record, size_t size,
			      bool swap);

/* Gives the events the names and ids that descriptions have for them. */
int perf_facts_describe(const struct perf_facts *facts, struct perf_events *events,
			struct pmc_err *err);

void perf_facts_fini(struct perf_facts *facts);

#endif
