/*
 * test_cfi_table.c - the tables' rules against libdw's, for every row of real files: both are
 * computed on made-up registers and a made-up stack, and must give the same callers.
 */
#include "sym_fixture.h"

#include <glob.h>

#include "symbolize/cfi_table.h"
#include "symbolize/unwind_rule.h"
#include "unwind_oracle.h"

enum { STACK_BYTES = 4 << 20, STACK_AT = 0x7ffc00000000 };

#ifdef __aarch64__
#define OUR_ARCH PMC_ARCH_AARCH64
#else
#define OUR_ARCH PMC_ARCH_X86_64
#endif

struct comparison {
	struct cfi_table table;
	struct cfi_program *program;
	struct debug_dirs dirs;
	Dwarf_CFI *cfi;
	struct pmc_unwind_stack stack;
	struct pmc_unwind_regs regs;
	enum pmc_arch arch;
	const char *path;
	unsigned rows, none, ends, signals, exprs, outside;
};

static uint64_t draw(void)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 16;
}

/* All registers point into the stack, sp lowest; so do the words that lie there. */
static void make_frame(struct comparison *c)
{
	const unsigned sp = c->arch == PMC_ARCH_X86_64 ? PMC_X86_RSP : PMC_ARM_SP;
	static uint64_t words[STACK_BYTES / 8];

	for (size_t i = 0; i < STACK_BYTES / 8; i++)
		words[i] = STACK_AT + 0x10000 + draw() % (STACK_BYTES / 2);
	c->stack = (struct pmc_unwind_stack){ STACK_AT, STACK_BYTES, (const uint8_t *)words };
	c->regs.known = c->arch == PMC_ARCH_X86_64 ? 0x1ffff : 0x1ffffffff;
	for (unsigned i = 0; i < PMC_UNWIND_REGS; i++)
		c->regs.reg[i] = STACK_AT + 0x8000 + 64 * i;
	c->regs.reg[sp] = STACK_AT;
}

static void report(const struct comparison *c, uint64_t vaddr, const char *what)
{
	print_error("%s: at %#llx: %s\n", c->path, (unsigned long long)vaddr, what);
	fail();
}

static bool is_scratch(enum pmc_arch arch, int reg)
{
	return arch == PMC_ARCH_X86_64 ? reg < 12 && reg != 3 && reg != PMC_X86_RBP : reg < 19;
}

/* The caller that the rule gives against the one of libdw. */
static void compare_caller(struct comparison *c, uint64_t vaddr, struct oracle *oracle,
			   enum pmc_unwind_result result, const struct pmc_unwind_regs *caller,
			   enum oracle_answer cfa_answer, int ra, bool is_signal)
{
	const bool x86 = c->arch == PMC_ARCH_X86_64;
	uint64_t value;
	enum oracle_answer answer = oracle_register(oracle, ra, &value);

	if (answer == ORACLE_UNKNOWN || cfa_answer == ORACLE_UNKNOWN)
		report(c, vaddr, "the oracle does not know");
	if (answer == ORACLE_UNDEFINED) {
		c->ends++;
		if (result != PMC_UNWIND_END)
			report(c, vaddr, "libdw says that this is the end");
		return;
	}
	if (result == PMC_UNWIND_SHORT || result == PMC_UNWIND_BAD) {
		c->outside++;	/* the made-up stack is not what the rule expects */
		for (int reg = 0; reg < (x86 ? 17 : 32); reg++)
			if (cfa_answer == ORACLE_OUTSIDE || oracle->cfa <= STACK_AT ||
			    oracle_register(oracle, reg, &value) == ORACLE_OUTSIDE)
				return;
		report(c, vaddr, "libdw finds what we do not");
	}
	if (result != (is_signal ? PMC_UNWIND_SIGNAL : PMC_UNWIND_OK))
		report(c, vaddr, "another result");
	for (int reg = 0; reg < (x86 ? 17 : 32); reg++) {
		if (!x86 && reg == PMC_ARM_LR && !is_signal)
			continue;
		answer = oracle_register(oracle, reg, &value);
		/* libdw does not tell what a call leaves alone from what it may overwrite. */
		if (answer == ORACLE_SAME && !(caller->known >> reg & 1) &&
		    is_scratch(c->arch, reg))
			continue;
		/* elfutils 0.188 takes rax for rbx in its list of registers that calls keep. */
		if (answer == ORACLE_UNDEFINED && x86 && reg == 3)
			answer = ORACLE_SAME;
		/* Below sp, where the copy begins: taken off the stack already. */
		if (answer == ORACLE_OUTSIDE)
			answer = ORACLE_SAME;
		if (answer == ORACLE_SAME)
			value = c->regs.reg[reg];
		if (!x86 && reg == PMC_ARM_SP && answer != ORACLE_VALUE)
			value = oracle->cfa, answer = ORACLE_VALUE;
		if (answer == ORACLE_UNDEFINED ? caller->known >> reg & 1 && !is_signal :
						 !(caller->known >> reg & 1)) {
			print_error("register %d, known %llx, answer %d\n", reg,
				    (unsigned long long)caller->known, answer);
			report(c, vaddr, "a register is known or not");
		}
		if (answer != ORACLE_UNDEFINED && caller->reg[reg] != value) {
			print_error("register %d: %llx, not %llx\n", reg,
				    (unsigned long long)caller->reg[reg],
				    (unsigned long long)value);
			report(c, vaddr, "another value");
		}
	}
	if (!x86) {
		answer = oracle_register(oracle, PMC_ARM_LR, &value);
		if (answer == ORACLE_SAME)
			value = c->regs.reg[PMC_ARM_LR];
		if (caller->reg[PMC_ARM_IP] != (value & 0xffffffffffff))
			report(c, vaddr, "another return address");
	}
}

static uint16_t find_rule(struct comparison *c, uint64_t offset)
{
	cfi_table_read(&c->table, c->program, offset);
	assert_true(cfi_table_is_read(&c->table, offset));
	return cfi_table_find(&c->table, offset);
}

/* One address; returns the next one worth a look: where libdw's row ends. */
static uint64_t compare_at(struct comparison *c, uint64_t vaddr, uint64_t offset, bool in_plt)
{
	struct oracle oracle = { .reg = c->regs.reg, .stack = &c->stack };
	struct unwind_frame frame = { .arch = c->arch, .stack = &c->stack };
	struct pmc_unwind_regs caller;
	const struct cfi_rule *rule;
	enum pmc_unwind_result result;
	enum oracle_answer cfa_answer;
	Dwarf_Addr start, end;
	bool is_signal;
	int ra;
	const uint16_t id = find_rule(c, offset);

	if (dwarf_cfi_addrframe(c->cfi, vaddr, &oracle.frame)) {
		c->none++;
		if (id && !in_plt)
			report(c, vaddr, "a rule that libdw does not have");
		return vaddr + 1;
	}
	ra = dwarf_frame_info(oracle.frame, &start, &end, &is_signal);
	assert_true(start <= vaddr && vaddr < end);
	if (!id)
		report(c, vaddr, "no rule");
	rule = &c->table.rules.rules.items[id];
	c->rows++;
	c->signals += is_signal;
	c->exprs += rule->cfa_is_expr;
	if (rule->is_signal != is_signal)
		report(c, vaddr, "signal frame or not");
	c->regs.reg[c->arch == PMC_ARCH_X86_64 ? PMC_X86_IP : PMC_ARM_IP] = vaddr;
	caller = c->regs;
	cfa_answer = oracle_cfa(&oracle);
	result = unwind_by_rule(&frame, &c->table.rules, rule, &caller);
	compare_caller(c, vaddr, &oracle, result, &caller, cfa_answer, ra, is_signal);
	if (end > vaddr + 1 && find_rule(c, offset + (end - vaddr) - 1) != id)
		report(c, vaddr, "another rule at the end of the row");
	free(oracle.frame);
	return end;
}

static bool is_in_plt(const struct cfi_table *table, uint64_t vaddr)
{
	for (unsigned i = 0; i < table->plts_count; i++)
		if (vaddr >= table->plts[i].start && vaddr < table->plts[i].end)
			return true;
	return false;
}

static void compare_file(const char *path, enum pmc_arch arch, struct comparison *c)
{
	struct elf_file *file = elf_file_open(path);

	*c = (struct comparison){ .arch = arch, .path = path };
	if (!file)
		return;
	make_frame(c);
	debug_dirs_init(&c->dirs, "/nonexistent");
	cfi_table_init(&c->table, arch, file, path, &c->dirs);
	c->program = cfi_program_new(arch);
	c->cfi = dwarf_getcfi_elf(file->elf);
	assert_non_null(c->cfi);
	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		for (uint64_t at = s->vaddr; s->exec && at < s->vaddr + s->filesz;)
			at = compare_at(c, at, at - s->vaddr + s->offset,
					is_in_plt(&c->table, at));
	}
	print_message("%s: %u rows as libdw has them, %zu of ours, %zu rules; %u ends, %u of "
		      "signals, %u by expression, %u outside, %u addresses without\n",
		      path, c->rows, c->table.rows.count, c->table.rules.rules.count - 1, c->ends,
		      c->signals, c->exprs, c->outside, c->none);
	assert_true(c->rows > 0);
	assert_true(c->outside <= c->rows / 20);
	dwarf_cfi_end(c->cfi);
	cfi_program_free(c->program);
	cfi_table_fini(&c->table);
	debug_dirs_fini(&c->dirs);
}

static void add_up(struct comparison *all, const struct comparison *one)
{
	all->rows += one->rows;
	all->ends += one->ends;
	all->signals += one->signals;
	all->exprs += one->exprs;
}

/* Compares the first file of each pattern; a pattern that fits none is passed over. */
static unsigned compare_files(const char *root, const char *const *patterns, size_t count,
			      enum pmc_arch arch, struct comparison *all)
{
	struct comparison one;
	unsigned files = 0;
	char pattern[600];

	for (size_t i = 0; i < count; i++) {
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s%s", root, patterns[i]);
		if (!glob(pattern, 0, NULL, &found)) {
			compare_file(found.gl_pathv[0], arch, &one);
			add_up(all, &one);
			files++;
		}
		globfree(&found);
	}
	return files;
}

static const char *const files[] = {
	"/lib/*-linux-gnu/libc.so.6", "/lib/ld-linux-[ax]*.so.*",
	"/lib/*-linux-gnu/ld-linux-*.so.*",
	"/lib/*-linux-gnu/libm.so.6", "/lib/*-linux-gnu/libgcc_s.so.1", "/bin/bash",
	"/usr/bin/python3", "/usr/lib/*-linux-gnu/libstdc++.so.6",
	"/usr/lib/*-linux-gnu/libcrypto.so.3", "/usr/lib/*-linux-gnu/libsqlite3.so.0",
	"/usr/lib/*-linux-gnu/libdw.so.1", "/lib/*-linux-gnu/libz.so.1",
};

static void test_files(void **state)
{
	struct comparison all = { 0 };

	(void)state;
	if (!compare_files("", files, PMC_COUNT(files), OUR_ARCH, &all))
		skip();
}

/* A table is data: those of the other machine are read here as well, where its files are. */
static void test_other_machine(void **state)
{
	const char *root = getenv("PMC_ARM64_ROOT");
	struct comparison all = { 0 };

	(void)state;
	if (!root || !compare_files(root, files, PMC_COUNT(files), PMC_ARCH_AARCH64, &all)) {
		print_message("skipped: PMC_ARM64_ROOT names no folder with arm64's libraries\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_other_machine),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
