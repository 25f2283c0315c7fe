/*
 * test_unwind.c - whole stacks of real programs, built in many ways, against the calls that they
 * noted themselves; and what an unwinder answers where it cannot go on.
 */
#include "sym_fixture.h"

#include <sys/wait.h>

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

/* ---- what is not an ordinary file ---- */

enum { WORDS = 64 };
static uint64_t words[WORDS];
static const uint64_t WORDS_AT = 0x7fff0000;
static const struct pmc_unwind_stack words_stack = { 0x7fff0000, sizeof(words),
						     (const uint8_t *)words };

/* A frame pointer leads from word 8 to word 16. */
static struct pmc_unwind_regs with_frame_pointer(void)
{
	const bool arm = OUR_ARCH == PMC_ARCH_AARCH64;
	struct pmc_unwind_regs regs = { .known = 1ULL << (arm ? PMC_ARM_FP : PMC_X86_RBP) |
						 1ULL << (arm ? PMC_ARM_SP : PMC_X86_RSP) |
						 1ULL << (arm ? PMC_ARM_IP : PMC_X86_IP) };

	memset(words, 0, sizeof(words));
	words[8] = WORDS_AT + 8 * 16;
	words[9] = 0x401234;
	regs.reg[arm ? PMC_ARM_FP : PMC_X86_RBP] = WORDS_AT + 8 * 8;
	regs.reg[arm ? PMC_ARM_SP : PMC_X86_RSP] = WORDS_AT + 8 * 4;
	regs.reg[arm ? PMC_ARM_IP : PMC_X86_IP] = 0x400100;
	return regs;
}

static void without_frame_pointer(struct pmc_unwind_regs *regs)
{
	regs->known &= ~(1ULL << (OUR_ARCH == PMC_ARCH_AARCH64 ? PMC_ARM_FP : PMC_X86_RBP));
}

/* Code of no file, of one that is gone, and of none at all: frame pointers, and else the cause. */
static void test_no_file(void **state)
{
	static const struct pmc_module_row user = { .kind = PMC_MODULE_USER },
					   anon = { .kind = PMC_MODULE_ANON };
	const struct {
		struct pmc_unwind_code code;
		enum pmc_unwind_result with, without;
	} cases[] = {
		{ { .module = 1, .row = &user, .path = "/nonexistent/lib.so", .offset = 0x1000 },
		  PMC_UNWIND_OK, PMC_UNWIND_NO_FILE },
		{ { .module = 1, .row = &user, .path = "/nonexistent/lib.so", .offset = 0x1000,
		    .is_caller = true }, PMC_UNWIND_OK, PMC_UNWIND_NO_FILE },
		{ { .module = 2, .row = &user, .path = "/dev/null" }, PMC_UNWIND_OK,
		  PMC_UNWIND_NO_FILE },
		{ { .module = 3, .row = &user, .path = NULL }, PMC_UNWIND_OK, PMC_UNWIND_NO_FILE },
		{ { .module = 4, .row = &anon, .path = "[anon]", .offset = 0x7f0000001000 },
		  PMC_UNWIND_OK, PMC_UNWIND_NO_CFI },
		{ { .module = 0 }, PMC_UNWIND_OK, PMC_UNWIND_NO_CFI },
		{ { .module = 0, .is_caller = true }, PMC_UNWIND_NO_CFI, PMC_UNWIND_NO_CFI },
	};
	struct pmc_unwinder *unwinder = pmc_unwinder_new(OUR_ARCH);
	const struct pmc_unwind_ops ops = pmc_unwinder_ops(unwinder);
	struct pmc_unwinder_figures figures;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_unwind_regs regs = with_frame_pointer(), before;

		assert_int_equal(ops.step(ops.ctx, &cases[i].code, &words_stack, &regs),
				 cases[i].with);
		regs = with_frame_pointer();
		without_frame_pointer(&regs);
		before = regs;
		assert_int_equal(ops.step(ops.ctx, &cases[i].code, &words_stack, &regs),
				 cases[i].without);
		assert_memory_equal(&before, &regs, sizeof(regs));
	}
	pmc_unwinder_figures(unwinder, &figures);
	assert_int_equal(figures.modules, 3);
	assert_int_equal(figures.missing, 3);
	pmc_unwinder_free(unwinder);
}

/* Any offsets of any module: an answer each, also far outside of the file. */
static void test_any_offset(void **state)
{
	static const struct pmc_module_row user = { .kind = PMC_MODULE_USER },
					   vdso = { .kind = PMC_MODULE_VDSO };
	struct pmc_unwinder *unwinder = pmc_unwinder_new(OUR_ARCH);
	const struct pmc_unwind_ops ops = pmc_unwinder_ops(unwinder);
	struct pmc_unwind_code code = { .module = 7, .row = &vdso, .path = "[vdso]" };
	unsigned known = 0;

	(void)state;
	for (code.offset = 0; code.offset < 8192; code.offset++) {
		struct pmc_unwind_regs regs = with_frame_pointer();

		without_frame_pointer(&regs);
		for (unsigned i = 0; i < WORDS; i++)
			words[i] = 0x400000;
		known += ops.step(ops.ctx, &code, &words_stack, &regs) == PMC_UNWIND_OK;
	}
	if (OUR_ARCH == PMC_ARCH_X86_64)
		assert_true(known > 100);	/* it has rules for its functions */
	code = (struct pmc_unwind_code){ .module = 2, .row = &user, .path = "/proc/self/exe" };
	for (int bit = 0; bit < 64; bit++) {
		for (int is_caller = 0; is_caller < 2; is_caller++) {
			struct pmc_unwind_regs regs = with_frame_pointer();

			code.offset = (1ULL << bit) - 1;
			code.is_caller = is_caller;
			ops.step(ops.ctx, &code, &words_stack, &regs);
		}
	}
	pmc_unwinder_free(unwinder);
}

/* Modules stay mapped, and that is all that is kept of them. */
static void test_descriptors(void **state)
{
	static const struct pmc_module_row row = { .kind = PMC_MODULE_USER };
	struct pmc_unwinder *unwinder = pmc_unwinder_new(OUR_ARCH);
	const struct pmc_unwind_ops ops = pmc_unwinder_ops(unwinder);
	struct pmc_unwind_code code = { .row = &row, .path = "/proc/self/exe" };
	struct pmc_unwinder_figures figures;
	const int before = dup(0);

	(void)state;
	assert_true(before >= 0 && !close(before));
	for (code.module = 1; code.module < 10; code.module++) {
		struct pmc_unwind_regs regs = with_frame_pointer();

		ops.step(ops.ctx, &code, &words_stack, &regs);
	}
	pmc_unwinder_figures(unwinder, &figures);
	assert_int_equal(figures.modules - figures.missing, 9);
	assert_int_equal(dup(0), before);
	close(before);
	pmc_unwinder_free(unwinder);
}

/* A program that is deleted while it runs is found through the process, as long as that lives. */
static void test_deleted(void **state)
{
	const struct sym_dir *dir = *state;
	char path[600];
	struct pmc_unwinder *unwinder;
	struct pmc_unwind_ops ops;
	struct pmc_unwinder_figures figures;
	struct pmc_unwind_regs regs = with_frame_pointer();
	struct pmc_module_row row = { .kind = PMC_MODULE_USER };
	struct pmc_unwind_code code = { .module = 1, .row = &row, .offset = 0x1000 };
	pid_t child;

	snprintf(path, sizeof(path), "%s/sleeper", dir->path);
	if (!sym_shell("cp \"$(command -v sleep)\" '%s'", path))
		skip();
	child = fork();
	if (!child) {
		execl(path, path, "60", (char *)NULL);
		_exit(1);
	}
	assert_true(child > 0);
	for (int i = 0; i < 2000; i++) {	/* until it has become the program */
		char link[64], target[600] = "";

		snprintf(link, sizeof(link), "/proc/%d/exe", (int)child);
		if (readlink(link, target, sizeof(target) - 1) > 0 && !strcmp(target, path))
			break;
		usleep(1000);
	}
	unlink(path);
	strcat(path, " (deleted)");
	code.path = path;
	row.pid = (uint32_t)child;
	unwinder = pmc_unwinder_new(OUR_ARCH);
	ops = pmc_unwinder_ops(unwinder);
	ops.step(ops.ctx, &code, &words_stack, &regs);
	pmc_unwinder_figures(unwinder, &figures);
	pmc_unwinder_free(unwinder);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(figures.modules, 1);
	assert_int_equal(figures.missing, 0);
}

/* A file cut while it is mapped: the rest of its code has no rules, and that is all. */
static void test_cut_file(void **state)
{
	static const struct pmc_module_row user = { .kind = PMC_MODULE_USER };
	const struct sym_dir *dir = *state;
	char path[600];
	struct pmc_unwinder *unwinder = pmc_unwinder_new(OUR_ARCH);
	const struct pmc_unwind_ops ops = pmc_unwinder_ops(unwinder);
	struct pmc_unwind_code code = { .module = 1, .row = &user, .path = path };
	struct pmc_unwinder_figures figures;
	const char *source;

	source = sym_build(dir, "cut", SYM_CC, "-O2 -static", "unwound.c");
	if (!source)
		skip();
	snprintf(path, sizeof(path), "%s", source);
	for (code.offset = 0x1000; code.offset < 0x60000; code.offset += 0x1000) {
		struct pmc_unwind_regs regs = with_frame_pointer();

		without_frame_pointer(&regs);
		ops.step(ops.ctx, &code, &words_stack, &regs);
		if (code.offset == 0x10000)
			assert_int_equal(truncate(path, 0x1000), 0);
	}
	pmc_unwinder_figures(unwinder, &figures);
	assert_int_equal(figures.modules, 1);
	assert_int_equal(figures.missing, 0);
	assert_true(figures.pages >= 0x40);
	pmc_unwinder_free(unwinder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builds),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_no_file), cmocka_unit_test(test_any_offset),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_deleted), cmocka_unit_test(test_cut_file),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
