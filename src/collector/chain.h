/*
 * chain.h - a sample's frames: the leaf, its callers in the kernel, then those in user mode.
 *
 *   how     kernel's callers     user's callers
 *   fp      by the kernel        by the kernel, along frame pointers
 *   dwarf   by the kernel        here, from registers and a copy of the stack, by unwinding rules
 *   lbr     by the kernel        the processor's record of calls that have not returned
 *   none    -                    -
 *
 * What ends a chain before its outermost frame is counted by cause, once a sample.
 * Not here: the rules (symbolize/unwind), stack nodes (catalog.h).
 */
#ifndef PMC_COLLECTOR_CHAIN_H
#define PMC_COLLECTOR_CHAIN_H

#include "base/unwind.h"
#include "collector/collector.h"
#include "collector/decode.h"
#include "collector/tracker.h"

/* Callers kept of a sample at most; what lies further out is cut, and counted. */
enum { CHAIN_DEPTH_MAX = 1024 };

struct chain {
	enum pmc_callgraph how;
	const struct pmc_unwind_ops *unwind; /* NULL: copied stacks are counted as NO_CFI */
	struct tracker *tracker;
	enum pmc_arch arch;	/* whose registers samples have: at first this machine's */
	uint64_t *health;	/* by enum pmc_health */
	uint32_t kernel_max;	/* frames that the kernel copies at most; 0: none */
	uint32_t max;
	uint32_t *frames;	/* locations, the leaf first */
	bool is_deferred;	/* of the last sample: its user's callers come in a record of their
				 * own, with this cookie */
	uint64_t cookie;
};

void chain_init(struct chain *chain, enum pmc_callgraph how, uint32_t kernel_max,
		const struct pmc_unwind_ops *unwind, struct tracker *tracker, uint64_t *health);
void chain_fini(struct chain *chain);

/*
 * Resolves a sample into chain->frames; returns how many there are, the leaf at least. kernel: the
 * leaf ran in the kernel.
 */
uint32_t chain_resolve(struct chain *chain, const struct layout *layout, const struct task *task,
		       const struct sample *sample, bool kernel);

/*
 * Resolves the callers of such a record, innermost first: the first one is where the thread went on
 * in user space. Writes `max` of them at most; returns how many.
 */
uint32_t chain_resolve_deferred(struct chain *chain, const struct task *task,
				const struct record_deferred *deferred, uint64_t time,
				uint32_t *callers, uint32_t max);

#endif
