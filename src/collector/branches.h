/*
 * branches.h - the table of branches that samples' branch stacks hold: key (event, from, to).
 *
 * A branch stack is the processor's record of the last branches it took, some 16 or 32 of them. A
 * branch is there once for each sample that has it in its record: counts are of what was seen, not
 * of all that were taken. Rows are copied out and forgotten at every flush.
 */
#ifndef PMC_COLLECTOR_BRANCHES_H
#define PMC_COLLECTOR_BRANCHES_H

#include "base/hash.h"
#include "base/model.h"
#include "collector/decode.h"
#include "collector/tracker.h"

struct branches {
	PMC_ARRAY(struct pmc_branch_row) rows;
	struct pmc_index index;
};

/* Adds all branches of a sample of the event. */
void branches_add(struct branches *branches, struct tracker *tracker, const struct task *task,
		  uint32_t event, const struct sample *sample);

/* Moves the rows to *rows, which the caller frees, and empties the table. Returns how many. */
size_t branches_flush(struct branches *branches, struct pmc_branch_row **rows);
void branches_fini(struct branches *branches);

#endif
