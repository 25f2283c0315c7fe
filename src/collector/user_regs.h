/*
 * user_regs.h - the registers of a sample: which to ask the kernel for, and what they are in DWARF
 * numbers.
 *
 * The kernel numbers registers by enum perf_event_<arch>_regs and writes those of the mask in
 * ascending order; unwinding rules have DWARF's numbers (base/unwind.h).
 */
#ifndef PMC_COLLECTOR_USER_REGS_H
#define PMC_COLLECTOR_USER_REGS_H

#include "base/unwind.h"

/* Mask of the registers that unwinding needs, for perf_event_attr.sample_regs_user. */
uint64_t user_regs_mask(enum pmc_arch arch);

/* `words`: values of the registers in `mask`, as in a sample of 64-bit code. */
void user_regs_read(struct pmc_unwind_regs *regs, enum pmc_arch arch, uint64_t mask,
		    const uint64_t *words);

/* DWARF numbers of the instruction and the stack pointer. */
unsigned user_regs_ip(enum pmc_arch arch);
unsigned user_regs_sp(enum pmc_arch arch);

#endif
