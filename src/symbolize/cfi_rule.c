/*
 * cfi_rule.c - keeps each distinct rule once. See cfi_rule.h.
 *
 * Rules are compared by what they say: the head's fields and the places, which come in one order.
 */
#include "symbolize/cfi_rule.h"

#include <string.h>

enum {
	PLAIN_MAX = 1 << 20,	/* farther from the CFA, the sums of a plain rule could overflow */
	EXPRS_BYTES_MAX = 1 << 20,	/* libc's are 500 bytes, a linkage table's 12 */
};

void cfi_rules_init(struct cfi_rules *rules)
{
	*rules = (struct cfi_rules){ 0 };
	pmc_array_add(&rules->rules);	/* CFI_RULE_NONE */
}

void cfi_rules_fini(struct cfi_rules *rules)
{
	pmc_array_free(&rules->rules);
	pmc_array_free(&rules->places);
	pmc_array_free(&rules->exprs);
	pmc_index_fini(&rules->rule_index);
	pmc_index_fini(&rules->expr_index);
}

int32_t cfi_rules_intern_expr(struct cfi_rules *rules, const uint8_t *bytes, unsigned size)
{
	const uint64_t hash = pmc_hash_bytes(bytes, size);
	uint32_t step = 0, row;
	size_t at = rules->exprs.count;

	while ((row = pmc_index_next(&rules->expr_index, hash, &step)) != UINT32_MAX)
		if (rules->exprs.items[row] == size &&
		    !memcmp(&rules->exprs.items[row + 1], bytes, size))
			return (int32_t)row;
	if (at >= EXPRS_BYTES_MAX)
		return -1;
	pmc_grow((void **)&rules->exprs.items, &rules->exprs.cap, at + 1 + size, 1);
	rules->exprs.items[at] = (uint8_t)size;
	memcpy(&rules->exprs.items[at + 1], bytes, size);
	rules->exprs.count = at + 1 + size;
	pmc_index_add(&rules->expr_index, hash, (uint32_t)at);
	return (int32_t)at;
}

static bool is_equal(const struct cfi_rules *rules, const struct cfi_rule *a,
		     const struct cfi_rule *b, const struct cfi_place *places, unsigned count)
{
	return a->cfa_reg == b->cfa_reg && a->cfa_is_expr == b->cfa_is_expr &&
	       a->cfa_value == b->cfa_value && a->is_signal == b->is_signal &&
	       a->is_end == b->is_end && a->places_count == count &&
	       (!count || !memcmp(&rules->places.items[a->places_first], places,
				  count * sizeof(*places)));
}

/* What follows from a rule's places. */
static void derive(struct cfi_rule *rule, enum pmc_arch arch, const struct cfi_place *places,
		   unsigned count)
{
	const uint64_t ip = arch == PMC_ARCH_X86_64 ? 1ULL << PMC_X86_IP : 1ULL << PMC_ARM_LR;
	const uint64_t sp = arch == PMC_ARCH_X86_64 ? 1ULL << PMC_X86_RSP : 1ULL << PMC_ARM_SP;

	rule->is_plain = !rule->cfa_is_expr && !rule->is_signal && !rule->is_end;
	rule->low = PLAIN_MAX;
	rule->high = -PLAIN_MAX;
	for (unsigned i = 0; i < count; i++) {
		rule->mask |= 1ULL << places[i].reg;
		if (places[i].how != CFI_AT_CFA || places[i].value < -PLAIN_MAX ||
		    places[i].value > PLAIN_MAX - 8) {
			rule->is_plain = false;
			continue;
		}
		if (1ULL << places[i].reg == ip)
			rule->ra_value = places[i].value;
		if (places[i].value < rule->low)
			rule->low = places[i].value;
		if (places[i].value + 8 > rule->high)
			rule->high = places[i].value + 8;
	}
	if ((rule->mask & ip) != ip || rule->mask & sp)
		rule->is_plain = false;
}

uint16_t cfi_rules_intern(struct cfi_rules *rules, enum pmc_arch arch, const struct cfi_rule *rule,
			  const struct cfi_place *places, unsigned count)
{
	uint64_t hash = pmc_hash_2((uint64_t)rule->cfa_reg << 8 | rule->cfa_is_expr |
				   rule->is_signal << 1 | rule->is_end << 2,
				   (uint64_t)(int64_t)rule->cfa_value);
	struct cfi_rule *added;
	uint32_t step = 0, row;
	size_t id = rules->rules.count;

	for (unsigned i = 0; i < count; i++)
		hash = pmc_hash_2(hash, (uint64_t)(uint32_t)places[i].value << 16 |
					(uint64_t)places[i].reg << 8 | places[i].how);
	while ((row = pmc_index_next(&rules->rule_index, hash, &step)) != UINT32_MAX)
		if (is_equal(rules, &rules->rules.items[row], rule, places, count))
			return (uint16_t)row;
	if (id > CFI_RULES_MAX)
		return CFI_RULE_NONE;
	added = pmc_array_add(&rules->rules);
	*added = (struct cfi_rule){
		.cfa_reg = rule->cfa_reg, .cfa_is_expr = rule->cfa_is_expr,
		.cfa_value = rule->cfa_value, .is_signal = rule->is_signal,
		.is_end = rule->is_end,
		.places_first = (uint32_t)rules->places.count, .places_count = (uint8_t)count };
	derive(added, arch, places, count);
	for (unsigned i = 0; i < count; i++)
		*pmc_array_add(&rules->places) = places[i];
	pmc_index_add(&rules->rule_index, hash, (uint32_t)id);
	return (uint16_t)id;
}

uint64_t cfi_rules_bytes(const struct cfi_rules *rules)
{
	return rules->rules.cap * sizeof(*rules->rules.items) +
	       rules->places.cap * sizeof(*rules->places.items) + rules->exprs.cap +
	       ((rules->rule_index.slots ? rules->rule_index.mask + 1 : 0) +
		(rules->expr_index.slots ? rules->expr_index.mask + 1 : 0)) *
		       sizeof(struct pmc_index_slot);
}
