/*
 * test_unwind.c - whole stacks of real programs, built in many ways, against the calls that they
 * noted themselves; and what an unwinder answers where it cannot go on.
 */
#include "sym_fixture.h"

#include <sys/mman.h>

#include "../programs/unwound.h"
#include "unwind_walk.h"

#ifdef __aarch64__
#define OUR_ARCH PMC_ARCH_AARCH64
#else
#define OUR_ARCH PMC_ARCH_X86_64
#endif

static struct walk walk;
static struct unwound taken;

/* Runs a program of unwound.c and reads what it tells. */
static bool take(const char *program, const char *scenario)
{
	static char maps[65536];
	char command[1024];
	size_t size;
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' %s", program, scenario);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(&taken, sizeof(taken), 1, pipe);
	if (size == 1)
		size = fread(maps, 1, sizeof(maps) - 1, pipe);
	maps[size] = '\0';
	if (pclose(pipe) || !taken.truth_count)
		return false;
	walk_read_maps(&walk, maps, 0);
	return true;
}

static void walk_taken(void)
{
	const struct pmc_unwind_stack stack = { taken.stack_start, taken.stack_size, taken.stack };
	struct pmc_unwind_regs regs = { .known = taken.known };

	memcpy(regs.reg, taken.regs, sizeof(regs.reg));
	walk_frames(&walk, &stack, &regs, OUR_ARCH == PMC_ARCH_AARCH64);
}

static void print_frames(void)
{
	for (unsigned i = 0; i < walk.count && i < 30; i++) {
		const struct pmc_unwind_code code = walk_code(&walk, walk.ips[i], false);

		print_error("  %2u %#llx %s+%#llx%s\n", i, (unsigned long long)walk.ips[i],
			    code.path ? code.path : "?", (unsigned long long)code.offset,
			    walk.is_signal[i] ? " signal" : "");
	}
}

static void check_scenario(const char *program, const struct unwound_scenario *scenario,
			   const char *flags)
{
	unsigned found, signals = 0;

	if (!take(program, scenario->name)) {
		print_error("%s with %s does not run\n", scenario->name, flags);
		fail();
	}
	walk_taken();
	found = walk_find(&walk, taken.truth, (unsigned)taken.truth_count, taken.is_adjacent);
	for (unsigned i = 0; i < walk.count; i++)
		signals += walk.is_signal[i];
	if (found < taken.truth_count || walk.end != PMC_UNWIND_END ||
	    signals != (!strcmp(scenario->name, "signal") || !strcmp(scenario->name, "fault"))) {
		print_error("%s with %s: %u of %u calls found, %u frames, ends with %d, "
			    "%u signals\n", scenario->name, flags, found,
			    (unsigned)taken.truth_count, walk.count, walk.end, signals);
		print_frames();
		fail();
	}
}

static void check_build(const struct sym_dir *dir, const char *compiler, const char *flags,
			const char *after)
{
	const char *program = sym_build(dir, "unwound", compiler, flags, "unwound.c");
	struct pmc_unwinder *unwinder;

	if (!program)
		return;
	if (after && !sym_shell("cd '%s' && %s >>log 2>&1", dir->path, after)) {
		print_message("skipped: %s does not work here\n", after);
		return;
	}
	unwinder = pmc_unwinder_new(OUR_ARCH);
	walk.ops = pmc_unwinder_ops(unwinder);
	for (int i = 0; i < UNWOUND_SCENARIOS; i++) {
		/* Modules are known by number, and another run may number them otherwise. */
		pmc_unwinder_free(unwinder);
		unwinder = pmc_unwinder_new(OUR_ARCH);
		walk.ops = pmc_unwinder_ops(unwinder);
		check_scenario(program, &unwound_scenarios[i], flags);
	}
	pmc_unwinder_free(unwinder);
}

static void test_builds(void **state)
{
	static const struct {
		const char *compiler, *flags, *after;
	} builds[] = {
		{ SYM_CC, "-O2 -fomit-frame-pointer", NULL },
		{ SYM_CC, "-O0 -fomit-frame-pointer", NULL },
		{ SYM_CC, "-O3 -fno-omit-frame-pointer", NULL },
		{ SYM_CC, "-O2 -no-pie", NULL },
		{ SYM_CC, "-O2 -static", NULL },
		{ SYM_CC, "-O2 -static-pie", NULL },
		{ SYM_CC, "-O2 -Wl,--no-eh-frame-hdr", NULL },
		{ SYM_CC, "-O2 -Wl,-z,noseparate-code", "strip unwound" },
		{ SYM_CC, "-O2 -fno-asynchronous-unwind-tables -g", NULL },
		{ SYM_CC, "-O2 -fno-asynchronous-unwind-tables -g -gz", NULL },
		{ "clang", "-O2 -fomit-frame-pointer", NULL },
		{ "clang", "-O2 -fuse-ld=lld", NULL },
		/* Frame pointers in place of tables. */
		{ SYM_CC, "-O1 -fno-omit-frame-pointer -fno-asynchronous-unwind-tables "
			  "-fno-exceptions -s", NULL },
	};

	for (size_t i = 0; i < PMC_COUNT(builds); i++)
		check_build(*state, builds[i].compiler, builds[i].flags, builds[i].after);
}

/* This very process, instrumented code and all, and once more by the frames' own rules. */
static void test_self(void **state)
{
	static char maps[1 << 20];
	struct pmc_unwinder *unwinder = pmc_unwinder_new(OUR_ARCH);
	struct pmc_unwinder_figures before, after;
	FILE *file;

	(void)state;
	file = fopen("/proc/self/maps", "r");
	assert_non_null(file);
	maps[fread(maps, 1, sizeof(maps) - 1, file)] = '\0';
	fclose(file);
	walk_read_maps(&walk, maps, (uint32_t)getpid());
	walk.ops = pmc_unwinder_ops(unwinder);
	for (int i = 0; i < UNWOUND_SCENARIOS; i++) {
		if (!strcmp(unwound_scenarios[i].name, "thread"))
			continue;	/* its stack is gone from the maps */
		unwound_run(&unwound_scenarios[i]);
		taken = unwound;
		walk_taken();
		if (walk.end != PMC_UNWIND_END)
			print_frames();
		assert_int_equal(walk.end, PMC_UNWIND_END);
		assert_int_equal(walk_find(&walk, taken.truth, (unsigned)taken.truth_count,
					   taken.is_adjacent), taken.truth_count);
	}
	pmc_unwinder_figures(unwinder, &before);
	walk_taken();
	pmc_unwinder_figures(unwinder, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(before.modules >= 2 && before.missing == 0);
	assert_true(before.pages && before.rules && before.rows >= before.pages);
	pmc_unwinder_free(unwinder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builds),
		cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
