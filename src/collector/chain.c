/*
 * chain.c - see chain.h.
 *
 *      leaf = sample->ip    chain: [KERNEL] ip, caller, caller, [USER] ip, caller, …
 *                                           └ the leaf again, unless its mode was left out
 */
#include "collector/chain.h"

#include <stdlib.h>
#include <string.h>

#include "collector/abi.h"
#include "collector/user_regs.h"

void chain_init(struct chain *chain, enum pmc_callgraph how, uint32_t kernel_max,
		const struct pmc_unwind_ops *unwind, struct tracker *tracker, uint64_t *health)
{
	*chain = (struct chain){ .how = how,
				 .unwind = unwind,
				 .arch = pmc_arch_here(),
				 .tracker = tracker,
				 .health = health,
				 .kernel_max = kernel_max,
				 /* The kernel adds up to 8 context markers to the frames, and the
				  * leaf may stand alone. */
				 .max = kernel_max + 16 };
	if (how == PMC_CALLGRAPH_DWARF || how == PMC_CALLGRAPH_LBR)
		chain->max += CHAIN_DEPTH_MAX;
	chain->frames = pmc_calloc(chain->max, sizeof(*chain->frames));
}

void chain_fini(struct chain *chain)
{
	free(chain->frames);
	memset(chain, 0, sizeof(*chain));
}

/* ---- the leaf, and what the kernel found ---- */

/* Location of the sampled address itself; one that no module owned is kept as it is. */
static uint32_t resolve_leaf(struct chain *chain, const struct task *task,
			     const struct sample *sample, bool kernel)
{
	const uint32_t location =
		tracker_location(chain->tracker, task, kernel, sample->ip, sample->time, false);

	if (location)
		return location;
	chain->health[PMC_HEALTH_UNMAPPED]++;
	return tracker_unknown_location(chain->tracker, sample->ip);
}

/* Did the kernel copy as many frames as it would? Its markers do not count as frames. */
static bool is_deep(const struct chain *chain, const struct sample *sample)
{
	uint64_t frames = 0;

	if (!chain->kernel_max || sample->chain_nr < chain->kernel_max)
		return false;
	for (uint64_t i = 0; i < sample->chain_nr; i++)
		frames += sample->chain[i] < ABI_CONTEXT_MAX;
	return frames >= chain->kernel_max;
}

/*
 * Adds the kernel's chain from the leaf outwards. A caller that no module owns ends it, and is not
 * kept: programs without frame pointers leave any number in that register.
 */
static uint32_t add_kernel_chain(struct chain *chain, const struct task *task,
				 const struct sample *sample, bool kernel, uint32_t count)
{
	const bool leaf_kernel = kernel;
	bool first = true, first_in_mode = true;

	chain->health[PMC_HEALTH_STACK_DEPTH] += is_deep(chain, sample);
	for (uint64_t i = 0; i < sample->chain_nr && count < chain->max; i++) {
		const uint64_t ip = sample->chain[i];
		uint32_t location;

		if (ip == ABI_CONTEXT_USER_DEFERRED && i + 1 < sample->chain_nr) {
			chain->is_deferred = true;
			chain->cookie = sample->chain[i + 1];
			break;
		}
		if (ip >= ABI_CONTEXT_MAX) {
			kernel = ip == ABI_CONTEXT_KERNEL;
			first_in_mode = true;
			continue;
		}
		if (first && kernel == leaf_kernel) {
			first = first_in_mode = false;
			continue;
		}
		location = tracker_location(chain->tracker, task, kernel, ip, sample->time,
					    !first_in_mode);
		if (!location) {
			chain->health[PMC_HEALTH_STACK_CUT]++;
			break;
		}
		chain->frames[count++] = location;
		first = first_in_mode = false;
	}
	return count;
}

/* ---- unwinding ---- */

/* The code at ip; its location too, or 0. */
static uint32_t find_code(struct chain *chain, const struct task *task, uint64_t ip, uint64_t time,
			  bool is_caller, struct pmc_unwind_code *code)
{
	const struct spot *spot =
		tracker_spot(chain->tracker, task, false, ip, time, is_caller);
	const struct catalog *catalog = chain->tracker->catalog;

	*code = (struct pmc_unwind_code){ .is_caller = is_caller };
	if (!spot)
		return 0;
	code->module = spot->module;
	code->row = &catalog->modules.items[spot->module - 1];
	code->path = pmc_strings_get(catalog->strings, code->row->path);
	code->offset = spot->offset;
	return spot->location;
}

static void count_cut(struct chain *chain, enum pmc_unwind_result why)
{
	static const enum pmc_health causes[PMC_UNWIND_RESULTS] = {
		[PMC_UNWIND_NO_CFI] = PMC_HEALTH_UNWIND_NO_CFI,
		[PMC_UNWIND_SHORT] = PMC_HEALTH_UNWIND_SHORT,
		[PMC_UNWIND_BAD] = PMC_HEALTH_UNWIND_BAD,
		[PMC_UNWIND_NO_FILE] = PMC_HEALTH_UNWIND_NO_FILE,
	};

	if (why > PMC_UNWIND_END && why < PMC_UNWIND_RESULTS)
		chain->health[causes[why]]++;
}

/*
 * Adds the user's frames: that of the registers' ip unless it is the leaf, then its callers. Each
 * step goes up the stack; the number of frames bounds it all the same.
 */
static uint32_t add_unwound(struct chain *chain, const struct layout *layout,
			    const struct task *task, const struct sample *sample, bool is_leaf,
			    uint32_t count)
{
	const enum pmc_arch arch = chain->arch;
	const unsigned ip_reg = user_regs_ip(arch);
	struct pmc_unwind_stack stack = { .size = sample->stack_size, .bytes = sample->stack };
	enum pmc_unwind_result result = PMC_UNWIND_OK;
	struct pmc_unwind_regs regs;
	struct pmc_unwind_code code;
	bool is_caller = false;

	if (sample->regs_user_abi == PERF_SAMPLE_REGS_ABI_NONE)
		return count; /* a thread of the kernel */
	if (!chain->unwind || sample->regs_user_abi != PERF_SAMPLE_REGS_ABI_64) {
		count_cut(chain, PMC_UNWIND_NO_CFI);
		return count;
	}
	user_regs_read(&regs, arch, layout->sample_regs_user, sample->regs_user);
	stack.start = regs.reg[user_regs_sp(arch)];
	for (;; is_leaf = false) {
		const uint32_t location = find_code(chain, task, regs.reg[ip_reg], sample->time,
						    is_caller, &code);

		/* In execve() the registers are those of the program that is being replaced, whose
		 * mappings and stack are gone: there is nobody to name. */
		if (!location && !is_caller && !is_leaf)
			return count;
		if (!location && is_caller) {
			/* Where a rule leads to no code, it was none, or the stack was
			 * overwritten. */
			count_cut(chain, PMC_UNWIND_BAD);
			return count;
		}
		if (count >= chain->max) {
			chain->health[PMC_HEALTH_UNWIND_DEPTH]++;
			return count;
		}
		if (!is_leaf)
			chain->frames[count++] =
				location ? location
					 : tracker_unknown_location(chain->tracker,
								    regs.reg[ip_reg]);
		result = chain->unwind->step(chain->unwind->ctx, &code, &stack, &regs);
		if (result != PMC_UNWIND_OK && result != PMC_UNWIND_SIGNAL)
			break;
		is_caller = result == PMC_UNWIND_OK;
	}
	count_cut(chain, result);
	return count;
}

/* ---- calls that the processor remembers ---- */

/*
 * The newest call first: from its call instruction to the callee's entry. In the kernel the leaf's
 * user function is where the newest call went to.
 */
static uint32_t add_branches(struct chain *chain, const struct task *task,
			     const struct sample *sample, bool kernel, uint32_t count)
{
	for (uint64_t i = 0; i < sample->branch_nr && count < chain->max; i++) {
		struct perf_branch_entry entry;
		uint32_t location;

		memcpy(&entry, sample->branches + i * sizeof(entry), sizeof(entry));
		if (!i && kernel) {
			location = tracker_location(chain->tracker, task, false, entry.to,
						    sample->time, false);
			if (location && count < chain->max)
				chain->frames[count++] = location;
		}
		location = tracker_location(chain->tracker, task, false, entry.from, sample->time,
					    false);
		if (!location) {
			chain->health[PMC_HEALTH_STACK_CUT]++;
			break;
		}
		if (count < chain->max)
			chain->frames[count++] = location;
	}
	return count;
}

uint32_t chain_resolve(struct chain *chain, const struct layout *layout, const struct task *task,
		       const struct sample *sample, bool kernel)
{
	uint32_t count = 0;

	chain->is_deferred = false;
	chain->frames[count++] = resolve_leaf(chain, task, sample, kernel);
	count = add_kernel_chain(chain, task, sample, kernel, count);
	if (chain->how == PMC_CALLGRAPH_DWARF)
		return add_unwound(chain, layout, task, sample, !kernel, count);
	if (chain->how == PMC_CALLGRAPH_LBR)
		return add_branches(chain, task, sample, kernel, count);
	return count;
}

uint32_t chain_resolve_deferred(struct chain *chain, const struct task *task,
				const struct record_deferred *deferred, uint64_t time,
				uint32_t *callers, uint32_t max)
{
	uint32_t count = 0;

	for (uint64_t i = 0; i < deferred->chain_nr && count < max; i++) {
		uint32_t location;

		if (deferred->chain[i] >= ABI_CONTEXT_MAX)
			continue;
		location = tracker_location(chain->tracker, task, false, deferred->chain[i], time,
					    count > 0);
		if (!location) {
			chain->health[PMC_HEALTH_STACK_CUT]++;
			break;
		}
		callers[count++] = location;
	}
	return count;
}
