/*
 * unwind_rule.h - from a frame's registers to its caller's, by a rule or without one. Pure: what
 * goes in is registers, a copy of the stack and a rule.
 *
 * All of these leave regs as they were on any result but PMC_UNWIND_OK and SIGNAL.
 */
#ifndef PMC_UNWIND_RULE_H
#define PMC_UNWIND_RULE_H

#include "symbolize/cfi_rule.h"

struct unwind_frame {
	enum pmc_arch arch;
	bool is_caller;		/* ip is a return address */
	uint64_t bias;		/* from the module's addresses to those of the process */
	const struct pmc_unwind_stack *stack;
};

/* By a rule, whatever it says. */
enum pmc_unwind_result unwind_by_rule(const struct unwind_frame *frame,
				      const struct cfi_rules *rules, const struct cfi_rule *rule,
				      struct pmc_unwind_regs *regs);

/*
 * By the frame pointer, or on aarch64 by lr in the first frame. NO_CFI: that leads nowhere;
 * SHORT: it leads behind the copied part.
 */
enum pmc_unwind_result unwind_by_frame_pointer(const struct unwind_frame *frame,
					       struct pmc_unwind_regs *regs);

/* Bytes of code that unwind_is_trampoline() looks at. */
enum { UNWIND_TRAMPOLINE_BYTES = 9 };

/* True when a signal handler returns to this code: what then lies on the stack is a signal's. */
bool unwind_is_trampoline(enum pmc_arch arch, const uint8_t *code);

/* By the registers that the kernel saved for such a trampoline, whose rule need not be known. */
enum pmc_unwind_result unwind_by_signal(const struct unwind_frame *frame,
					struct pmc_unwind_regs *regs);

#endif
