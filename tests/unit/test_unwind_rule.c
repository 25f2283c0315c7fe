/* test_unwind_rule.c - steps by rules made here, without rules, and where they must end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "symbolize/unwind_rule.h"

#define BIT(reg) (1ULL << (reg))

enum { STACK_WORDS = 128 };
static const uint64_t STACK_AT = 0x7fff0000;

static uint64_t words[STACK_WORDS];
static struct pmc_unwind_stack stack = { 0x7fff0000, sizeof(words), (const uint8_t *)words };
static struct cfi_rules rules;
static struct pmc_unwind_regs regs;
static struct unwind_frame frame;

static uint64_t at(unsigned word)
{
	return STACK_AT + 8 * (uint64_t)word;
}

/* Every word of the stack says where it is; sp at word 16, the frame pointer at word 32. */
static void begin(enum pmc_arch arch)
{
	const bool x86 = arch == PMC_ARCH_X86_64;

	cfi_rules_fini(&rules);
	cfi_rules_init(&rules);
	frame = (struct unwind_frame){ .arch = arch, .stack = &stack };
	for (unsigned i = 0; i < STACK_WORDS; i++)
		words[i] = 0x400000 + i;
	memset(&regs, 0, sizeof(regs));
	for (unsigned i = 0; i < PMC_UNWIND_REGS; i++)
		regs.reg[i] = 0x1000 + i;
	regs.known = x86 ? 0x1ffff : 0x1ffffffff;
	regs.reg[x86 ? PMC_X86_RSP : PMC_ARM_SP] = at(16);
	regs.reg[x86 ? PMC_X86_RBP : PMC_ARM_FP] = at(32);
}

static const struct cfi_rule *rule_of(uint8_t cfa_reg, int32_t cfa, const struct cfi_place *places,
				      unsigned count)
{
	const struct cfi_rule rule = { .cfa_reg = cfa_reg, .cfa_value = cfa };

	return &rules.rules.items[cfi_rules_intern(&rules, frame.arch, &rule, places, count)];
}

static enum pmc_unwind_result step(const struct cfi_rule *rule)
{
	const struct pmc_unwind_regs before = regs;
	const enum pmc_unwind_result result = unwind_by_rule(&frame, &rules, rule, &regs);

	if (result != PMC_UNWIND_OK && result != PMC_UNWIND_SIGNAL)
		assert_memory_equal(&before, &regs, sizeof(regs));
	return result;
}

static const struct cfi_place x86_ra = { -8, PMC_X86_IP, CFI_AT_CFA, 0 };

static void test_plain(void **state)
{
	const struct cfi_place places[] = { { -24, 3, CFI_AT_CFA, 0 },
					    { -16, PMC_X86_RBP, CFI_AT_CFA, 0 }, x86_ra };
	const struct cfi_rule *rule;

	(void)state;
	begin(PMC_ARCH_X86_64);
	rule = rule_of(PMC_X86_RSP, 64, places, 3);
	assert_true(rule->is_plain);
	assert_ptr_equal(rule_of(PMC_X86_RSP, 64, places, 3), rule);
	assert_int_equal(step(rule), PMC_UNWIND_OK);
	assert_true(regs.reg[PMC_X86_RSP] == at(24));
	assert_int_equal(regs.reg[PMC_X86_IP], 0x400000 + 23);
	assert_int_equal(regs.reg[PMC_X86_RBP], 0x400000 + 22);
	assert_int_equal(regs.reg[3], 0x400000 + 21);
	assert_int_equal(regs.reg[12], 0x1000 + 12);	/* kept by calls, and not saved */
	assert_true(regs.known == (BIT(3) | BIT(6) | BIT(7) | 0xfULL << 12 | BIT(16)));
}

static void test_ends(void **state)
{
	static const struct {
		const char *name;
		uint8_t cfa_reg;
		int32_t cfa;
		enum pmc_unwind_result result;
	} cases[] = {
		{ "CFA is sp", PMC_X86_RSP, 0, PMC_UNWIND_BAD },	/* of a caller */
		{ "CFA below sp", PMC_X86_RSP, -16, PMC_UNWIND_BAD },
		{ "CFA in no stack", 12, 0, PMC_UNWIND_BAD },
		{ "CFA behind the copy", PMC_X86_RSP, 8 * STACK_WORDS, PMC_UNWIND_SHORT },
		{ "last word", PMC_X86_RSP, 8 * (STACK_WORDS - 16), PMC_UNWIND_OK },
		{ "across the end", PMC_X86_RSP, 8 * (STACK_WORDS - 16) + 4, PMC_UNWIND_SHORT },
		{ "far off", PMC_X86_RSP, INT32_MAX, PMC_UNWIND_SHORT },
		{ "far below", PMC_X86_RSP, INT32_MIN, PMC_UNWIND_BAD },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		begin(PMC_ARCH_X86_64);
		frame.is_caller = true;
		if (step(rule_of(cases[i].cfa_reg, cases[i].cfa, &x86_ra, 1)) != cases[i].result)
			fail_msg("%s", cases[i].name);
	}
	begin(PMC_ARCH_X86_64);
	words[17] = 0;
	assert_int_equal(step(rule_of(PMC_X86_RSP, 16, &x86_ra, 1)), PMC_UNWIND_END);
	begin(PMC_ARCH_X86_64);
	regs.known &= ~BIT(PMC_X86_RBP);
	assert_int_equal(step(rule_of(PMC_X86_RBP, 16, &x86_ra, 1)), PMC_UNWIND_BAD);
}

static void test_undefined(void **state)
{
	const struct cfi_place lost = { 0, PMC_X86_IP, CFI_UNDEFINED, 0 };
	const struct cfi_rule rule = { .cfa_reg = PMC_X86_RSP, .cfa_value = 8, .is_end = true };

	(void)state;
	begin(PMC_ARCH_X86_64);
	assert_int_equal(step(&rules.rules.items[cfi_rules_intern(&rules, frame.arch, &rule, &lost,
								   1)]), PMC_UNWIND_END);
}

static void test_places(void **state)
{
	static const uint8_t deref[] = { 0x23, 16 };	/* CFA + 16 */
	const int32_t expr = (begin(PMC_ARCH_X86_64), cfi_rules_intern_expr(&rules, deref, 2));
	const struct cfi_place places[] = {
		{ 0, 0, CFI_UNDEFINED, 0 }, { 12, 3, CFI_REGISTER, 0 }, { -40, 6, CFI_IS_CFA, 0 },
		{ expr, 12, CFI_AT_EXPR, 0 }, { expr, 13, CFI_IS_EXPR, 0 }, x86_ra };

	(void)state;
	assert_int_equal(cfi_rules_intern_expr(&rules, deref, 2), expr);
	assert_int_equal(step(rule_of(PMC_X86_RSP, 32, places, 6)), PMC_UNWIND_OK);
	assert_false(regs.known & BIT(0));
	assert_int_equal(regs.reg[3], 0x1000 + 12);
	assert_true(regs.reg[6] == at(20) - 40);
	assert_int_equal(regs.reg[12], 0x400000 + 22);
	assert_true(regs.reg[13] == at(22));
}

/* The last jump of code that unwinds: the return address is off the stack already. */
static void test_taken_off(void **state)
{
	const struct cfi_place places[] = { { 2, PMC_X86_IP, CFI_REGISTER, 0 } };

	(void)state;
	begin(PMC_ARCH_X86_64);
	assert_int_equal(step(rule_of(PMC_X86_RSP, 0, places, 1)), PMC_UNWIND_OK);
	assert_int_equal(regs.reg[PMC_X86_IP], 0x1002);
	assert_true(regs.reg[PMC_X86_RSP] == at(16));
}

/* A signal's frame gives back all registers, and may lead to another stack. */
static void test_signal_rule(void **state)
{
	const struct cfi_place places[] = { { 8, PMC_X86_RSP, CFI_AT_CFA, 0 }, x86_ra };
	const struct cfi_rule rule = { .cfa_reg = PMC_X86_RSP, .cfa_value = 8, .is_signal = true };

	(void)state;
	begin(PMC_ARCH_X86_64);
	words[18] = STACK_AT - 0x100000;
	assert_int_equal(step(&rules.rules.items[cfi_rules_intern(&rules, frame.arch, &rule, places,
								   2)]), PMC_UNWIND_SIGNAL);
	assert_true(regs.reg[PMC_X86_RSP] == STACK_AT - 0x100000);
	assert_true(regs.known & BIT(0));
}

static void test_arm(void **state)
{
	const struct cfi_place places[] = { { -16, PMC_ARM_FP, CFI_AT_CFA, 0 },
					    { -8, PMC_ARM_LR, CFI_AT_CFA, 0 } };

	(void)state;
	begin(PMC_ARCH_AARCH64);
	words[19] |= 0x00fa000000000000;	/* signed */
	assert_int_equal(step(rule_of(PMC_ARM_SP, 32, places, 2)), PMC_UNWIND_OK);
	assert_true(regs.reg[PMC_ARM_IP] == 0x400000 + 19);
	assert_false(regs.known & BIT(PMC_ARM_LR));
	assert_true(regs.known & BIT(19) && !(regs.known & BIT(18)));
	/* A caller that says its return address still is in lr: the call has overwritten it. */
	frame.is_caller = true;
	assert_int_equal(step(rule_of(PMC_ARM_SP, 32, NULL, 0)), PMC_UNWIND_BAD);

	/* A leaf: nothing on the stack. */
	begin(PMC_ARCH_AARCH64);
	regs.reg[PMC_ARM_LR] = 0x00550000004567f0;
	assert_int_equal(step(rule_of(PMC_ARM_SP, 0, NULL, 0)), PMC_UNWIND_OK);
	assert_true(regs.reg[PMC_ARM_IP] == 0x4567f0);
	assert_true(regs.reg[PMC_ARM_SP] == at(16));
	frame.is_caller = true;
	regs.known |= BIT(PMC_ARM_LR);
	assert_int_equal(step(rule_of(PMC_ARM_SP, 0, NULL, 0)), PMC_UNWIND_BAD);
}

static void test_frame_pointer(void **state)
{
	(void)state;
	begin(PMC_ARCH_X86_64);
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_OK);
	assert_true(regs.reg[PMC_X86_RSP] == at(34));
	assert_int_equal(regs.reg[PMC_X86_IP], 0x400000 + 33);
	assert_int_equal(regs.reg[PMC_X86_RBP], 0x400000 + 32);
	/* That leads out of the stack. */
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_NO_CFI);

	begin(PMC_ARCH_X86_64);
	regs.reg[PMC_X86_RBP] = at(15);		/* below sp */
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_NO_CFI);
	regs.reg[PMC_X86_RBP] = at(32) + 4;	/* not aligned */
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_NO_CFI);
	regs.reg[PMC_X86_RBP] = at(STACK_WORDS + 4);
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_SHORT);
	regs.reg[PMC_X86_RBP] = at(STACK_WORDS - 1);	/* only half of the record */
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_SHORT);
	regs.reg[PMC_X86_RBP] = at(32);
	words[32] = words[33] = 0;
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_NO_CFI);
	frame.is_caller = true;
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_END);
	regs.known &= ~BIT(PMC_X86_RBP);
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_NO_CFI);
}

/* Whether the first function has made its record yet, lr tells. */
static void test_frame_pointer_arm(void **state)
{
	(void)state;
	begin(PMC_ARCH_AARCH64);
	regs.reg[PMC_ARM_LR] = 0x456780;
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_OK);
	assert_int_equal(regs.reg[PMC_ARM_IP], 0x456780);
	assert_true(regs.reg[PMC_ARM_FP] == at(32) && regs.reg[PMC_ARM_SP] == at(16));
	frame.is_caller = true;
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_OK);
	assert_int_equal(regs.reg[PMC_ARM_IP], 0x400000 + 33);

	begin(PMC_ARCH_AARCH64);
	regs.reg[PMC_ARM_LR] = 0x400000 + 33;	/* what the record has */
	assert_int_equal(unwind_by_frame_pointer(&frame, &regs), PMC_UNWIND_OK);
	assert_int_equal(regs.reg[PMC_ARM_IP], 0x400000 + 33);
	assert_true(regs.reg[PMC_ARM_SP] == at(34));
}

static void test_trampoline(void **state)
{
	static const uint8_t x86[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t arm[] = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4, 0 };

	(void)state;
	assert_true(unwind_is_trampoline(PMC_ARCH_X86_64, x86));
	assert_false(unwind_is_trampoline(PMC_ARCH_X86_64, arm));
	assert_true(unwind_is_trampoline(PMC_ARCH_AARCH64, arm));
	assert_false(unwind_is_trampoline(PMC_ARCH_AARCH64, x86));
	begin(PMC_ARCH_X86_64);
	assert_int_equal(unwind_by_signal(&frame, &regs), PMC_UNWIND_SIGNAL);
	assert_int_equal(regs.reg[8], 0x400000 + 16 + 5);	/* r8 is the first, 40 bytes in */
	assert_int_equal(regs.reg[PMC_X86_IP], 0x400000 + 16 + 21);
	assert_true(regs.known == 0x1ffff);
	begin(PMC_ARCH_AARCH64);
	assert_int_equal(unwind_by_signal(&frame, &regs), PMC_UNWIND_SIGNAL);
	assert_int_equal(regs.reg[0], 0x400000 + 16 + 39);
	assert_int_equal(regs.reg[PMC_ARM_IP], 0x400000 + 16 + 71);
	regs.reg[PMC_ARM_SP] = at(STACK_WORDS - 20);
	assert_int_equal(unwind_by_signal(&frame, &regs), PMC_UNWIND_SHORT);
}

static int finish(void **state)
{
	(void)state;
	cfi_rules_fini(&rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_undefined), cmocka_unit_test(test_places),
		cmocka_unit_test(test_taken_off),
		cmocka_unit_test(test_signal_rule), cmocka_unit_test(test_arm),
		cmocka_unit_test(test_frame_pointer), cmocka_unit_test(test_frame_pointer_arm),
		cmocka_unit_test(test_trampoline),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
