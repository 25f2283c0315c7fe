/*
 * cfi_program.h - runs the instructions of an unwind table's entry: which rule holds where in a
 * function.
 */
#ifndef PMC_CFI_PROGRAM_H
#define PMC_CFI_PROGRAM_H

#include "symbolize/cfi_rule.h"
#include "symbolize/cfi_section.h"

/* Room for running programs; big, so it is made once for many of them. */
struct cfi_program;

struct cfi_program *cfi_program_new(enum pmc_arch arch);
void cfi_program_free(struct cfi_program *program);

/* Addresses [start, end) have the rule; CFI_RULE_NONE where what stands there means nothing. */
typedef void cfi_program_row(void *ctx, uint64_t start, uint64_t end, uint16_t rule);

/*
 * Runs the entry and calls `row` for each of its ranges that touches [from, to), in ascending
 * order. Rules go to the pool. *budget is lowered by the number of instructions run; at 0 it stops,
 * as it does at the first instruction that is not understood: addresses from there on have no row.
 */
void cfi_program_run(struct cfi_program *program, const struct cfi_section *section,
		     const struct cfi_fde *fde, uint64_t from, uint64_t to,
		     struct cfi_rules *rules, uint64_t *budget, cfi_program_row *row, void *ctx);

#endif
