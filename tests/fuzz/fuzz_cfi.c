/*
 * fuzz_cfi.c - any bytes as unwind tables: entries read, programs run, tables built, rules applied,
 * expressions evaluated.
 *
 *      ┌───────┬──────────────────────────────────────┐
 *      │ flags │ .eh_frame_hdr, behind it .eh_frame … │   1: aarch64, 2: as .debug_frame,
 *      │ 1     │ (or any expression)                  │   4: without the table of .eh_frame_hdr
 *      └───────┴──────────────────────────────────────┘
 *
 * The bytes stand at AT in a file made here, which has program headers only; its code is all of the
 * file. Whatever the tables say: each page's rows are sorted and begin at 0, rules are those of the
 * pool, a step leaves registers alone or leads up, and all ends after a bounded number of steps.
 */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/cfi_expr.h"
#include "symbolize/cfi_table.h"
#include "symbolize/unwind_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_BYTES = 16384, AT = 256, STACK_BYTES = 4096, STEPS_MAX = 64 };
static const uint64_t STACK_AT = 0x7ffc0000;

static uint64_t words[STACK_BYTES / 8];
static const struct pmc_unwind_stack stack = { 0x7ffc0000, STACK_BYTES, (const uint8_t *)words };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void make_stack(void)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < STACK_BYTES / 8; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		words[i] = seed >> 62 ? STACK_AT + (seed >> 40) % STACK_BYTES : seed >> 40;
	}
}

static struct pmc_unwind_regs make_regs(enum pmc_arch arch)
{
	struct pmc_unwind_regs regs = { .known = arch == PMC_ARCH_X86_64 ? 0x1ffff : 0x1ffffffff };

	for (unsigned i = 0; i < PMC_UNWIND_REGS; i++)
		regs.reg[i] = STACK_AT + 512 + 16 * i;
	regs.reg[arch == PMC_ARCH_X86_64 ? PMC_X86_RSP : PMC_ARM_SP] = STACK_AT + 256;
	return regs;
}

/* ---- expressions ---- */

static void evaluate(const uint8_t *data, size_t size, enum pmc_arch arch)
{
	const struct pmc_unwind_regs regs = make_regs(arch);
	const struct cfi_frame frame = { .regs = &regs, .stack = &stack, .sp = STACK_AT + 256,
					 .bias = 0x5500 };
	const uint64_t first = STACK_AT + 1024;
	enum pmc_unwind_result result;
	uint64_t value;

	result = cfi_expr_eval(&frame, data, (unsigned)size, NULL, &value);
	require(result == PMC_UNWIND_OK || result == PMC_UNWIND_SHORT || result == PMC_UNWIND_BAD);
	cfi_expr_eval(&frame, data, (unsigned)size, &first, &value);
}

/* ---- entries and programs ---- */

struct rows {
	uint64_t last;
	const struct cfi_rules *rules;
};

static void check_row(void *ctx, uint64_t start, uint64_t end, uint16_t rule)
{
	struct rows *rows = ctx;

	require(start < end && start >= rows->last && rule < rows->rules->rules.count);
	rows->last = end;
}

static void run_programs(const uint8_t *data, size_t size, enum pmc_arch arch, bool is_eh)
{
	const struct cfi_section section = { .bytes = data, .size = size, .addr = 0x1000,
					     .data_base = 0x800, .is_eh = is_eh };
	struct cfi_program *program = cfi_program_new(arch);
	struct cfi_rules rules;
	struct cfi_fde fde;
	uint64_t at = 0, next = 0;
	enum cfi_entry entry;

	cfi_rules_init(&rules);
	for (; (entry = cfi_section_read(&section, at, &fde, &next)) != CFI_ENTRY_END; at = next) {
		struct rows rows = { .rules = &rules };
		uint64_t budget = 10000;

		require(next > at && next <= size);
		if (entry == CFI_ENTRY_FDE)
			cfi_program_run(program, &section, &fde, 0, UINT64_MAX, &rules, &budget,
					check_row, &rows);
	}
	cfi_rules_fini(&rules);
	cfi_program_free(program);
}

/* ---- a file ---- */

static struct elf_file *make_file(const uint8_t *data, size_t size, enum pmc_arch arch,
				  bool has_header)
{
	static uint8_t image[FILE_BYTES];
	Elf64_Ehdr ehdr = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN, .e_machine = arch == PMC_ARCH_X86_64 ? EM_X86_64 : EM_AARCH64,
		.e_version = EV_CURRENT, .e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
	Elf64_Phdr phdr[2] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = FILE_BYTES,
		  .p_memsz = FILE_BYTES },
		{ .p_type = has_header ? PT_GNU_EH_FRAME : PT_NULL, .p_offset = AT, .p_vaddr = AT,
		  .p_filesz = size },
	};

	memset(image, 0, sizeof(image));
	memcpy(image, &ehdr, sizeof(ehdr));
	memcpy(image + sizeof(ehdr), phdr, sizeof(phdr));
	memcpy(image + AT, data, size < FILE_BYTES - AT ? size : FILE_BYTES - AT);
	return elf_file_copy(image, sizeof(image));
}

static void walk(const struct cfi_table *table, uint16_t id, enum pmc_arch arch)
{
	const unsigned sp = arch == PMC_ARCH_X86_64 ? PMC_X86_RSP : PMC_ARM_SP;
	struct pmc_unwind_regs regs = make_regs(arch);
	struct unwind_frame frame = { .arch = arch, .stack = &stack };

	for (int steps = 0; steps < STEPS_MAX; steps++) {
		const struct pmc_unwind_regs before = regs;
		const enum pmc_unwind_result result =
			unwind_by_rule(&frame, &table->rules, &table->rules.rules.items[id], &regs);

		if (result != PMC_UNWIND_OK && result != PMC_UNWIND_SIGNAL) {
			require(!memcmp(&before, &regs, sizeof(regs)));
			return;
		}
		require(result == PMC_UNWIND_SIGNAL || regs.reg[sp] > before.reg[sp] ||
			(!frame.is_caller && regs.reg[sp] == before.reg[sp]));
		require(regs.known >> sp & 1);
		frame.is_caller = result == PMC_UNWIND_OK;
	}
}

static void build_table(const uint8_t *data, size_t size, enum pmc_arch arch, bool has_header)
{
	struct debug_dirs dirs = { 0 };
	struct cfi_program *program = cfi_program_new(arch);
	struct elf_file *file = make_file(data, size, arch, has_header);
	struct cfi_table table;

	require(file != NULL);
	cfi_table_init(&table, arch, file, "", &dirs);
	for (uint64_t page = 0; page < FILE_BYTES / CFI_PAGE_BYTES; page++) {
		const struct cfi_row *rows;
		uint32_t count;

		cfi_table_read(&table, program, page * CFI_PAGE_BYTES + 5);
		require(cfi_table_is_read(&table, page * CFI_PAGE_BYTES));
		rows = table.rows.items + table.pages[page].first;
		count = table.pages[page].count;
		require(count && rows[0].at == 0);
		for (uint32_t i = 0; i < count; i++) {
			const uint64_t offset = page * CFI_PAGE_BYTES + rows[i].at;

			require(!i || rows[i].at > rows[i - 1].at);
			require(rows[i].rule < table.rules.rules.count);
			require(cfi_table_find(&table, offset) == rows[i].rule);
			if (i < 64 && rows[i].rule)
				walk(&table, rows[i].rule, arch);
		}
	}
	cfi_table_complete(&table);
	cfi_table_fini(&table);
	cfi_program_free(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum pmc_arch arch;
	uint8_t *copy, flags;

	if (!size)
		return 0;
	flags = data[0];
	arch = flags & 1 ? PMC_ARCH_AARCH64 : PMC_ARCH_X86_64;
	/* A copy of its own size: a read past its end is a read past the memory's. */
	copy = pmc_calloc(1, size > 1 ? size - 1 : 1);
	memcpy(copy, data + 1, --size);
	make_stack();
	evaluate(copy, size < CFI_EXPR_BYTES ? size : CFI_EXPR_BYTES, arch);
	run_programs(copy, size, arch, !(flags & 2));
	build_table(copy, size, arch, !(flags & 4));
	free(copy);
	return 0;
}
