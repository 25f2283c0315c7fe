/*
 * cfi_rule.h - how to find a caller's registers from a frame's, and the pool where each distinct
 * rule of a module is kept once.
 *
 *   rule:    CFA = register + offset, or an expression
 *   places:  per register that is not simply the caller's still:  [CFA + n], CFA + n, …
 *
 * A module has thousands of functions and some hundred rules. Of a rule that only says "these
 * registers lie at these distances from the CFA" (is_plain), `low` and `high` bound what is read,
 * so that one check serves for all.
 */
#ifndef PMC_CFI_RULE_H
#define PMC_CFI_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/unwind.h"

enum {
	CFI_RULE_NONE = 0,	   /* id: there is no rule */
	CFI_RULES_MAX = UINT16_MAX, /* per module; what comes behind has no rule */
	CFI_EXPR_BYTES = 255,	   /* longest expression that is kept; real ones have up to 20 */
};

enum cfi_how {
	CFI_SAME,	/* the caller's value is still there */
	CFI_UNDEFINED,	/* it is lost */
	CFI_AT_CFA,	/* it lies at CFA + value */
	CFI_IS_CFA,	/* it is CFA + value */
	CFI_REGISTER,	/* it is in register `value` */
	CFI_AT_EXPR,	/* it lies where expression `value` says */
	CFI_IS_EXPR,	/* it is what expression `value` says */
};

struct cfi_place {
	int32_t value;
	uint8_t reg, how;
	uint16_t unused;
};

struct cfi_rule {
	uint8_t cfa_reg;
	bool cfa_is_expr : 1;
	bool is_plain : 1;	/* all places are CFI_AT_CFA, the caller's ip among them, and it is
				 * no signal frame */
	bool is_signal : 1;
	bool is_end : 1;	/* the return address is undefined: there is no caller */
	uint8_t places_count;
	int32_t cfa_value;	/* offset, or id of an expression */
	uint32_t places_first;
	int32_t low, high;	/* plain: bytes read are [CFA + low, CFA + high) */
	int32_t ra_value;	/* plain: the return address lies at CFA + ra_value */
	uint64_t mask;		/* registers of its places */
};

struct cfi_rules {
	PMC_ARRAY(struct cfi_rule) rules;	/* by id; 0 is none */
	PMC_ARRAY(struct cfi_place) places;
	PMC_ARRAY(uint8_t) exprs;		/* each: length, bytes; ids are offsets */
	struct pmc_index rule_index, expr_index;
};

void cfi_rules_init(struct cfi_rules *rules);
void cfi_rules_fini(struct cfi_rules *rules);

/*
 * Id of the rule; `places` in ascending order of registers, none of them CFI_SAME. Only cfa_reg,
 * cfa_is_expr, cfa_value, is_signal and is_end of `rule` are looked at. CFI_RULE_NONE
 * when there are too many.
 */
uint16_t cfi_rules_intern(struct cfi_rules *rules, enum pmc_arch arch, const struct cfi_rule *rule,
			  const struct cfi_place *places, unsigned count);

/* Id of an expression of at most CFI_EXPR_BYTES. Copies it. -1 when there are too many. */
int32_t cfi_rules_intern_expr(struct cfi_rules *rules, const uint8_t *bytes, unsigned size);

static inline const uint8_t *cfi_rules_expr(const struct cfi_rules *rules, int32_t id,
					    unsigned *size)
{
	*size = rules->exprs.items[id];
	return &rules->exprs.items[id + 1];
}

uint64_t cfi_rules_bytes(const struct cfi_rules *rules);

#endif
