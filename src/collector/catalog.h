/*
 * catalog.h - the dense ids of one session: strings, modules, processes, threads, locations and
 * stacks.
 *
 * Job: give each distinct thing its id, once, and remember which rows are new since the last flush.
 * Not here: which mapping owns an address (space.h), which task ran (tracker.h), counts (costs.h).
 *
 *   table        key                               found by
 *   strings      text                              pmc_strings
 *   modules      path + build-id (if both know one) index
 *   locations    module, offset, is_caller         index
 *   stacks       parent, location                  index
 *   processes, threads                             not looked up: the tracker keeps their ids
 *
 * Rows are never removed, nor changed but for a build-id that comes late: memory grows with
 * distinct things. One thread.
 */
#ifndef PMC_COLLECTOR_CATALOG_H
#define PMC_COLLECTOR_CATALOG_H

#include "base/hash.h"
#include "base/model.h"

/* A chain of callers that was seen, known by two hashes of 64 bits. */
struct chain_memo {
	uint64_t first, second;
	uint32_t stack;
};

enum { CHAIN_MEMOS = 4096 };	/* a power of two */

struct catalog {
	struct pmc_strings *strings;
	PMC_ARRAY(struct pmc_module_row) modules;
	PMC_ARRAY(struct pmc_process_row) processes;
	PMC_ARRAY(struct pmc_thread_row) threads;
	PMC_ARRAY(struct pmc_location_row) locations;
	PMC_ARRAY(struct pmc_stack_row) stacks;
	/* Cleared by every flush: */
	PMC_ARRAY(struct pmc_ksym_row) ksyms;
	PMC_ARRAY(struct pmc_module_id) module_ids;
	PMC_ARRAY(struct pmc_process_end) process_ends;
	PMC_ARRAY(struct pmc_thread_end) thread_ends;
	struct pmc_index module_index, location_index, stack_index;
	struct chain_memo *memos;	/* by hash: chains repeat */
	struct {
		uint32_t strings, modules, processes, threads, locations, stacks;
	} flushed;	/* how many of each were handed over */
};

void catalog_init(struct catalog *catalog);
void catalog_fini(struct catalog *catalog);

/* Id of the module like `row` (by path and build-id), added if new. */
uint32_t catalog_module(struct catalog *catalog, const struct pmc_module_row *row);
/* Gives modules of this path, which user space maps, their build-id, if they have none. */
void catalog_identify(struct catalog *catalog, const char *path, const uint8_t *build_id,
		      uint8_t build_id_len);
uint32_t catalog_location(struct catalog *catalog, uint32_t module, uint64_t offset,
			  bool is_caller);
uint32_t catalog_stack(struct catalog *catalog, uint32_t parent, uint32_t location);
/* The stack of a whole chain of callers, innermost first; 0 for none. */
uint32_t catalog_stack_of(struct catalog *catalog, const uint32_t *callers, uint32_t count);
uint32_t catalog_process(struct catalog *catalog, const struct pmc_process_row *row);
uint32_t catalog_thread(struct catalog *catalog, const struct pmc_thread_row *row);

/* Copies everything new into the batch's own arrays and marks it as handed over. */
void catalog_flush(struct catalog *catalog, struct pmc_batch *batch);

/* Frees what catalog_flush() put into a batch, once: those rows are empty afterwards. */
void catalog_release(struct pmc_batch *batch);

#endif
