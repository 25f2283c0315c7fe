/*
 * cfi_expr.h - evaluates the expressions of unwind tables (DWARF 5, 2.5) on a frame.
 */
#ifndef PMC_CFI_EXPR_H
#define PMC_CFI_EXPR_H

#include "base/unwind.h"

/* What an expression may look at. */
struct cfi_frame {
	const struct pmc_unwind_regs *regs;
	const struct pmc_unwind_stack *stack;
	uint64_t sp;		/* of this frame: tells a stack that was left from one cut short */
	uint64_t bias;		/* from the module's addresses to those of the process */
};

/* Longest run of one expression, in operations; the longest that compilers write has ten. */
enum { CFI_EXPR_STEPS = 1000, CFI_EXPR_DEPTH = 64 };

/*
 * The value that is left on top. `first` is pushed before, where it is not NULL (the CFA, for the
 * place of a register). PMC_UNWIND_OK, or SHORT or BAD for the reason that unwind.h gives.
 */
enum pmc_unwind_result cfi_expr_eval(const struct cfi_frame *frame, const uint8_t *expr,
				     unsigned size, const uint64_t *first, uint64_t *value);

/* Reads `size` bytes (1, 2, 4 or 8) of the stack's copy. Result as above. */
enum pmc_unwind_result cfi_frame_read(const struct cfi_frame *frame, uint64_t address,
				      unsigned size, uint64_t *value);

#endif
