/* test_cfi_expr.c - expressions of unwind tables, those that nobody should write included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "symbolize/cfi_expr.h"

enum { STACK_WORDS = 64 };
static const uint64_t STACK_AT = 0x7000;

static uint64_t words[STACK_WORDS];
static struct pmc_unwind_stack stack = { 0x7000, sizeof(words), (const uint8_t *)words };

static enum pmc_unwind_result eval(const uint8_t *code, unsigned size, const uint64_t *first,
				   uint64_t *value)
{
	struct pmc_unwind_regs regs = { .known = 1 << PMC_X86_RSP | 1 << PMC_X86_IP };
	const struct cfi_frame frame = { &regs, &stack, STACK_AT + 64, 0x550000 };
	/* Of its own size, so that a read behind it is seen. */
	uint8_t *copy = pmc_calloc(1, size ? size : 1);
	enum pmc_unwind_result result;

	for (int i = 0; i < STACK_WORDS; i++)
		words[i] = STACK_AT + 8 * (uint64_t)i + 0x1000;
	regs.reg[PMC_X86_RSP] = STACK_AT + 64;
	regs.reg[PMC_X86_IP] = 0x40100b;
	if (size)
		memcpy(copy, code, size);
	result = cfi_expr_eval(&frame, copy, size, first, value);
	free(copy);
	return result;
}

#define SIZE(...) sizeof((const uint8_t[]){ __VA_ARGS__ })
#define CODE(...) { __VA_ARGS__ }, SIZE(__VA_ARGS__)			/* in a table */
#define CODE_OF(...) (const uint8_t[]){ __VA_ARGS__ }, SIZE(__VA_ARGS__)	/* as arguments */

static void test_values(void **state)
{
	static const struct {
		const char *name;
		uint8_t code[16];
		unsigned size;
		uint64_t value;
	} cases[] = {
		{ "linkage table", CODE(0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22),
		  0x7000 + 64 + 8 + 8 },
		{ "deref", CODE(0x77, 0x08, 0x06), 0x8000 + 72 },
		{ "deref_size", CODE(0x77, 0x08, 0x94, 1), 0x48 },
		{ "bregx", CODE(0x92, 7, 0x7f), 0x7000 + 63 },
		{ "addr", CODE(0x03, 0x10, 0, 0, 0, 0, 0, 0, 0), 0x550010 },
		{ "const1s", CODE(0x09, 0xff), UINT64_MAX },
		{ "const2u", CODE(0x0a, 0xff, 0xff), 0xffff },
		{ "const2s", CODE(0x0b, 0xfe, 0xff), (uint64_t)-2 },
		{ "const4u", CODE(0x0c, 0, 0, 0, 0x80), 0x80000000 },
		{ "const4s", CODE(0x0d, 0, 0, 0, 0x80), 0xffffffff80000000 },
		{ "const8u", CODE(0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80), 0x8000000000000001 },
		{ "constu", CODE(0x10, 0x80, 0x01), 128 },
		{ "consts", CODE(0x11, 0x80, 0x7f), (uint64_t)-128 },
		{ "dup mul", CODE(0x37, 0x12, 0x1e), 49 },
		{ "over minus", CODE(0x35, 0x32, 0x14, 0x1c), (uint64_t)(2 - 5) },
		{ "pick", CODE(0x31, 0x32, 0x33, 0x15, 2), 1 },
		{ "drop", CODE(0x31, 0x32, 0x13), 1 },
		{ "swap minus", CODE(0x32, 0x35, 0x16, 0x1c), 3 },
		/* 1 2 3 becomes 3 1 2: 3 - (1 - 2) */
		{ "rot", CODE(0x31, 0x32, 0x33, 0x17, 0x1c, 0x1c), 4 },
		{ "abs neg not", CODE(0x35, 0x1f, 0x19, 0x20), ~5ULL },
		{ "div", CODE(0x09, 0xf8, 0x33, 0x1b), (uint64_t)-2 },
		{ "mod", CODE(0x3b, 0x34, 0x1d), 3 },
		{ "or xor", CODE(0x31, 0x36, 0x21, 0x35, 0x27), 2 },
		{ "shr", CODE(0x09, 0xff, 0x08, 63, 0x25), 1 },
		{ "shra", CODE(0x09, 0xf0, 0x32, 0x26), (uint64_t)-4 },
		{ "shifts too far", CODE(0x31, 0x08, 64, 0x24), 0 },
		{ "plus_uconst", CODE(0x31, 0x23, 0x80, 1), 129 },
		{ "signed comparison", CODE(0x09, 0xff, 0x31, 0x2d), 1 },
		{ "branch taken", CODE(0x31, 0x28, 2, 0, 0x35, 0x13, 0x39), 9 },
		{ "branch not taken", CODE(0x30, 0x28, 1, 0, 0x35), 5 },
		{ "skip", CODE(0x32, 0x2f, 1, 0, 0x13), 2 },
		/* 3, and while it is not 0: less 1 */
		{ "loop", CODE(0x33, 0x31, 0x1c, 0x12, 0x28, 0xfa, 0xff), 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		uint64_t value = 0;
		const enum pmc_unwind_result result =
			eval(cases[i].code, cases[i].size, NULL, &value);

		if (result != PMC_UNWIND_OK || value != cases[i].value)
			print_error("%s: %d, %#llx\n", cases[i].name, result,
				    (unsigned long long)value);
		assert_int_equal(result, PMC_UNWIND_OK);
		assert_true(value == cases[i].value);
	}
}

static void test_first(void **state)
{
	const uint64_t cfa = STACK_AT + 8;
	uint64_t value;

	(void)state;
	assert_int_equal(eval(CODE_OF(0x23, 16), &cfa, &value), PMC_UNWIND_OK);
	assert_true(value == STACK_AT + 24);
	assert_int_equal(eval(NULL, 0, &cfa, &value), PMC_UNWIND_OK);
	assert_true(value == cfa);
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		uint8_t code[16];
		unsigned size;
		enum pmc_unwind_result result;
	} cases[] = {
		{ "nothing", { 0 }, 0, PMC_UNWIND_BAD },
		{ "drop of nothing", CODE(0x13), PMC_UNWIND_BAD },
		{ "plus of one", CODE(0x31, 0x22), PMC_UNWIND_BAD },
		{ "division by 0", CODE(0x31, 0x30, 0x1b), PMC_UNWIND_BAD },
		{ "remainder of 0", CODE(0x31, 0x30, 0x1d), PMC_UNWIND_BAD },
		{ "least number by -1", CODE(0x0e, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09, 0xff, 0x1b),
		  PMC_UNWIND_BAD },
		{ "endless loop", CODE(0x2f, 0xfd, 0xff), PMC_UNWIND_BAD },
		{ "endless pushes", CODE(0x31, 0x2f, 0xfc, 0xff), PMC_UNWIND_BAD },
		{ "jump before the begin", CODE(0x2f, 0xfc, 0xff), PMC_UNWIND_BAD },
		{ "jump behind the end", CODE(0x31, 0x2f, 1, 0), PMC_UNWIND_BAD },
		{ "cut constant", CODE(0x0c, 1, 2), PMC_UNWIND_BAD },
		{ "cut LEB128", CODE(0x10, 0x80), PMC_UNWIND_BAD },
		{ "unknown register", CODE(0x76, 0), PMC_UNWIND_BAD },
		{ "register that is none", CODE(0x92, 0x80, 0x80, 0x7f, 0), PMC_UNWIND_BAD },
		{ "call", CODE(0x31, 0x98, 0, 0), PMC_UNWIND_BAD },
		{ "pick too deep", CODE(0x31, 0x15, 1), PMC_UNWIND_BAD },
		{ "deref of 16 bytes", CODE(0x77, 0, 0x94, 16), PMC_UNWIND_BAD },
		{ "deref of 0", CODE(0x30, 0x06), PMC_UNWIND_BAD },
		{ "deref below the stack", CODE(0x77, 0x80, 0x7f, 0x06), PMC_UNWIND_BAD },
		{ "deref behind the copy", CODE(0x77, 0x80, 0x10, 0x06), PMC_UNWIND_SHORT },
		{ "deref across its end", CODE(0x77, 0xb9, 3, 0x06), PMC_UNWIND_SHORT },
		{ "deref far off", CODE(0x09, 0xf0, 0x06), PMC_UNWIND_BAD },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		uint64_t value = 0;
		const enum pmc_unwind_result result =
			eval(cases[i].code, cases[i].size, NULL, &value);

		if (result != cases[i].result)
			print_error("%s: %d\n", cases[i].name, result);
		assert_int_equal(result, cases[i].result);
	}
}

/* Where sp is on another stack than the copied one, nothing contradicts itself. */
static void test_other_stack(void **state)
{
	struct pmc_unwind_regs regs = { .known = 0 };
	struct cfi_frame frame = { &regs, &stack, STACK_AT - 4096, 0 };
	uint64_t value;

	(void)state;
	assert_int_equal(cfi_frame_read(&frame, STACK_AT - 4096, 8, &value), PMC_UNWIND_SHORT);
	frame.sp = STACK_AT;
	assert_int_equal(cfi_frame_read(&frame, STACK_AT - 4096, 8, &value), PMC_UNWIND_BAD);
	assert_int_equal(cfi_frame_read(&frame, STACK_AT + sizeof(words) - 8, 8, &value),
			 PMC_UNWIND_OK);
	assert_int_equal(cfi_frame_read(&frame, UINT64_MAX - 3, 8, &value), PMC_UNWIND_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_first),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_other_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
