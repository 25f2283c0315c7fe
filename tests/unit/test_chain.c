/*
 * test_chain.c - frames of a sample by each way of finding callers, and why chains end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/abi.h"
#include "collector/chain.h"
#include "collector/user_regs.h"

enum { PROG = 0x1000, LIB = 0x100000, STACK = 0x7000, MAX = 127 };

static const uint64_t KERNEL = 0xffffffff81000000;

/* What the fake unwinder answers, step by step: where the caller is, or why there is none. */
struct answer {
	enum pmc_unwind_result result;
	uint64_t ip;
};

struct world {
	struct catalog catalog;
	struct tracker tracker;
	struct chain chain;
	struct layout layout;
	uint64_t health[PMC_HEALTH_COUNT];
	const struct answer *answers;
	size_t steps;
	struct pmc_unwind_code codes[2100];
	char text[512];
};

static struct world world;

static enum pmc_unwind_result step(void *ctx, const struct pmc_unwind_code *code,
				   const struct pmc_unwind_stack *stack,
				   struct pmc_unwind_regs *regs)
{
	struct world *w = ctx;
	const struct answer *answer = &w->answers[w->steps];

	assert_int_equal(stack->start, STACK);
	assert_int_equal(stack->size, 16);
	w->codes[w->steps++] = *code;
	if (answer->result == PMC_UNWIND_OK || answer->result == PMC_UNWIND_SIGNAL)
		regs->reg[user_regs_ip(pmc_arch_here())] = answer->ip;
	return answer->result;
}

static const struct pmc_unwind_ops OPS = { .ctx = &world, .step = step };

static void begin(enum pmc_callgraph how)
{
	memset(&world, 0, sizeof(world));
	catalog_init(&world.catalog);
	tracker_init(&world.tracker, &world.catalog);
	tracker_kernel(&world.tracker, TRACKER_KERNEL_HALF, KERNEL);
	tracker_add_task(&world.tracker, 10, 10, 1, "prog", 0);
	tracker_map(&world.tracker,
		    &(struct tracker_map){ .pid = 10, .start = PROG, .len = 0x1000,
					   .pgoff = 0x200, .path = "/bin/prog" }, 1);
	tracker_map(&world.tracker,
		    &(struct tracker_map){ .pid = 10, .start = LIB, .len = 0x1000,
					   .path = "/lib/lib.so" }, 1);
	world.layout.sample_regs_user = user_regs_mask(pmc_arch_here());
	chain_init(&world.chain, how, MAX, &OPS, &world.tracker, world.health);
}

static void end(void)
{
	chain_fini(&world.chain);
	tracker_fini(&world.tracker);
	catalog_fini(&world.catalog);
}

/* "prog+210 lib.so+20' [kernel]+5": offsets in hexadecimal, ' for return addresses. */
static const char *resolve(const struct sample *sample, bool kernel)
{
	const struct task *task = tracker_task(&world.tracker, 10, 100);
	const uint32_t count = chain_resolve(&world.chain, &world.layout, task, sample, kernel);
	size_t used = 0;

	world.text[0] = '\0';
	for (uint32_t i = 0; i < count && used < sizeof(world.text) - 64; i++) {
		const struct pmc_location_row *row =
			&world.catalog.locations.items[world.chain.frames[i] - 1];
		const char *path = pmc_strings_get(world.catalog.strings,
			world.catalog.modules.items[row->module - 1].path);
		const char *slash = strrchr(path, '/');

		used += (size_t)snprintf(world.text + used, sizeof(world.text) - used,
					 "%s%s+%llx%s", i ? " " : "", slash ? slash + 1 : path,
					 (unsigned long long)row->offset,
					 row->is_caller ? "'" : "");
	}
	return world.text;
}

/* A sample with registers whose ip is `ip`, and 16 bytes of stack. */
static struct sample unwindable(uint64_t ip)
{
	static uint64_t words[64];
	static const uint64_t stack[2];
	size_t count = 0;

	for (unsigned number = 0; number < 64; number++) {
		struct pmc_unwind_regs one;
		const uint64_t value = 1;

		if (!(world.layout.sample_regs_user >> number & 1))
			continue;
		user_regs_read(&one, pmc_arch_here(), 1ULL << number, &value);
		words[count] = 0;
		if (one.known >> user_regs_ip(pmc_arch_here()) & 1)
			words[count] = ip;
		if (one.known >> user_regs_sp(pmc_arch_here()) & 1)
			words[count] = STACK;
		count++;
	}
	return (struct sample){ .ip = ip, .time = 100, .pid = 10, .tid = 10, .regs_user_abi = 2,
				.regs_user = words, .stack_size = 16,
				.stack = (const uint8_t *)stack };
}

static void unwound(void **state)
{
	static const struct answer answers[] = {
		{ PMC_UNWIND_OK, PROG + 0x20 },
		{ PMC_UNWIND_OK, LIB + 0x30 },
		{ PMC_UNWIND_END, 0 },
	};
	struct sample sample;

	(void)state;
	begin(PMC_CALLGRAPH_DWARF);
	world.answers = answers;
	sample = unwindable(PROG + 0x10);
	assert_string_equal(resolve(&sample, false), "prog+210 prog+220' lib.so+30'");
	assert_int_equal(world.steps, 3);
	assert_string_equal(world.codes[0].path, "/bin/prog");
	assert_int_equal(world.codes[0].offset, 0x210);
	assert_false(world.codes[0].is_caller);
	assert_true(world.codes[1].is_caller);
	assert_string_equal(world.codes[2].path, "/lib/lib.so");
	for (int i = 0; i < PMC_HEALTH_COUNT; i++)
		assert_int_equal(world.health[i], 0);
	end();
}

/* Kernel frames first, the user frame where the kernel was entered, then its callers. */
static void from_the_kernel(void **state)
{
	static const struct answer answers[] = { { PMC_UNWIND_OK, LIB + 0x30 },
						 { PMC_UNWIND_END, 0 } };
	const uint64_t chain[] = { ABI_CONTEXT_KERNEL, KERNEL + 1, KERNEL + 9 };
	struct sample sample;

	(void)state;
	begin(PMC_CALLGRAPH_DWARF);
	world.answers = answers;
	sample = unwindable(PROG + 0x10);
	sample.ip = KERNEL + 1;
	sample.chain = chain;
	sample.chain_nr = 3;
	assert_string_equal(resolve(&sample, true), "[kernel]+1 [kernel]+9' prog+210 lib.so+30'");
	/* A thread of the kernel has no registers of a user. */
	sample.regs_user_abi = 0;
	world.steps = 0;
	assert_string_equal(resolve(&sample, true), "[kernel]+1 [kernel]+9'");
	assert_int_equal(world.steps, 0);
	end();
}

/* The frame that a signal interrupted is at its ip, not behind a call. */
static void signals(void **state)
{
	static const struct answer answers[] = { { PMC_UNWIND_OK, LIB + 0x30 },
						 { PMC_UNWIND_SIGNAL, PROG + 0x40 },
						 { PMC_UNWIND_OK, PROG + 0x50 },
						 { PMC_UNWIND_END, 0 } };
	struct sample sample;

	(void)state;
	begin(PMC_CALLGRAPH_DWARF);
	world.answers = answers;
	sample = unwindable(PROG + 0x10);
	assert_string_equal(resolve(&sample, false), "prog+210 lib.so+30' prog+240 prog+250'");
	assert_false(world.codes[2].is_caller);
	end();
}

static void why_chains_end(void **state)
{
	static const struct {
		struct answer answers[2];
		enum pmc_health cause;
		const char *text;
	} cases[] = {
		{ { { PMC_UNWIND_NO_CFI, 0 } }, PMC_HEALTH_UNWIND_NO_CFI, "prog+210" },
		{ { { PMC_UNWIND_SHORT, 0 } }, PMC_HEALTH_UNWIND_SHORT, "prog+210" },
		{ { { PMC_UNWIND_BAD, 0 } }, PMC_HEALTH_UNWIND_BAD, "prog+210" },
		{ { { PMC_UNWIND_NO_FILE, 0 } }, PMC_HEALTH_UNWIND_NO_FILE, "prog+210" },
		/* a caller where nothing is mapped */
		{ { { PMC_UNWIND_OK, 5 } }, PMC_HEALTH_UNWIND_BAD, "prog+210" },
		{ { { PMC_UNWIND_OK, LIB + 1 }, { PMC_UNWIND_SHORT, 0 } },
		  PMC_HEALTH_UNWIND_SHORT, "prog+210 lib.so+1'" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct sample sample;

		begin(PMC_CALLGRAPH_DWARF);
		world.answers = cases[i].answers;
		sample = unwindable(PROG + 0x10);
		assert_string_equal(resolve(&sample, false), cases[i].text);
		for (int h = 0; h < PMC_HEALTH_COUNT; h++)
			assert_int_equal(world.health[h], h == (int)cases[i].cause);
		end();
	}
}

/* A leaf that nothing owns is kept, and may have callers; so is code of 32 bits, without. */
static void odd_leaves(void **state)
{
	static const struct answer answers[] = { { PMC_UNWIND_OK, LIB + 0x30 },
						 { PMC_UNWIND_END, 0 } };
	struct sample sample;

	(void)state;
	begin(PMC_CALLGRAPH_DWARF);
	world.answers = answers;
	sample = unwindable(0x99);
	assert_string_equal(resolve(&sample, false), "[unknown]+99 lib.so+30'");
	assert_int_equal(world.codes[0].module, 0);
	assert_null(world.codes[0].row);
	assert_int_equal(world.health[PMC_HEALTH_UNMAPPED], 1);
	sample.regs_user_abi = 1;
	assert_string_equal(resolve(&sample, false), "[unknown]+99");
	assert_int_equal(world.health[PMC_HEALTH_UNWIND_NO_CFI], 1);
	end();
}

static void endless(void **state)
{
	static struct answer answers[2100];
	struct sample sample;

	(void)state;
	begin(PMC_CALLGRAPH_DWARF);
	for (size_t i = 0; i < PMC_COUNT(answers); i++)
		answers[i] = (struct answer){ PMC_UNWIND_OK, PROG + 0x10 };
	world.answers = answers;
	sample = unwindable(PROG + 0x10);
	resolve(&sample, false);
	assert_in_range(world.steps, CHAIN_DEPTH_MAX, CHAIN_DEPTH_MAX + 200);
	assert_int_equal(world.health[PMC_HEALTH_UNWIND_DEPTH], 1);
	end();
}

/* Branches as the processor has them: newest first, from a call to a function's entry. */
static void remembered_calls(void **state)
{
	struct perf_branch_entry branches[] = {
		{ .from = PROG + 0x100, .to = PROG + 0x10 },
		{ .from = LIB + 0x200, .to = PROG + 0xf0 },
	};
	const uint64_t chain[] = { ABI_CONTEXT_KERNEL, KERNEL + 1 };
	struct sample sample = { .ip = PROG + 0x14, .time = 100, .pid = 10, .tid = 10,
				 .branch_nr = 2, .branches = (const uint8_t *)branches };

	(void)state;
	begin(PMC_CALLGRAPH_LBR);
	assert_string_equal(resolve(&sample, false), "prog+214 prog+300 lib.so+200");
	sample.ip = KERNEL + 1;
	sample.chain = chain;
	sample.chain_nr = 2;
	assert_string_equal(resolve(&sample, true), "[kernel]+1 prog+210 prog+300 lib.so+200");
	branches[1].from = 3;
	assert_string_equal(resolve(&sample, true), "[kernel]+1 prog+210 prog+300");
	assert_int_equal(world.health[PMC_HEALTH_STACK_CUT], 1);
	end();
}

static void registers(void **state)
{
	static const uint64_t words[] = { 100, 101, 102, 103, 104, 105, 106, 107, 108, 110, 111 };
	struct pmc_unwind_regs regs;

	(void)state;
	/* ax bx cx dx si di bp sp ip │ r8 r9 */
	user_regs_read(&regs, PMC_ARCH_X86_64, 0x301ff, words);
	assert_int_equal(regs.reg[0], 100);
	assert_int_equal(regs.reg[3], 101);	/* rbx */
	assert_int_equal(regs.reg[PMC_X86_RBP], 106);
	assert_int_equal(regs.reg[PMC_X86_RSP], 107);
	assert_int_equal(regs.reg[PMC_X86_IP], 108);
	assert_int_equal(regs.reg[8], 110);
	assert_int_equal(regs.reg[9], 111);
	assert_int_equal(regs.known, 0x103ff);
	assert_int_equal(user_regs_mask(PMC_ARCH_X86_64), 0xff01ff);
	assert_int_equal(user_regs_mask(PMC_ARCH_AARCH64), 0x1ffffffff);
	user_regs_read(&regs, PMC_ARCH_AARCH64, 7ULL << 30, words);
	assert_int_equal(regs.reg[PMC_ARM_LR], 100);
	assert_int_equal(regs.reg[PMC_ARM_SP], 101);
	assert_int_equal(regs.reg[PMC_ARM_IP], 102);
	/* What is asked for beyond what is known here is passed over. */
	user_regs_read(&regs, PMC_ARCH_X86_64, 1ULL << 8 | 1ULL << 9 | 1ULL << 40 | 1ULL << 63,
		       words);
	assert_int_equal(regs.known, 1ULL << PMC_X86_IP);
	assert_int_equal(regs.reg[PMC_X86_IP], 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unwound),
		cmocka_unit_test(from_the_kernel),
		cmocka_unit_test(signals),
		cmocka_unit_test(why_chains_end),
		cmocka_unit_test(odd_leaves),
		cmocka_unit_test(endless),
		cmocka_unit_test(remembered_calls),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
