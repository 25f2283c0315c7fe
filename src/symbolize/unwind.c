/*
 * unwind.c - the unwinder that the collector is given: whose rules, and what where there are none.
 *
 *   module id ─► modules[id] ─┬─ USER, VDSO ─► cfi_table: rule? ─► unwind_rule
 *                             │                    └─ none: a signal's trampoline?
 *                             │                         └─ no: frame pointers
 *                             └─ ANON, others ─► frame pointers
 *
 * A module's file is opened by the first frame in it and stays open until the unwinder is freed;
 * a page's rules are read by the first frame in the page. All later frames only search tables in
 * memory: nothing of a file is touched, so nothing can fault.
 *
 * The first three causes of a rule's failure are its own (END, SHORT, BAD); that there is no rule,
 * or no file to have one, is only told when frame pointers lead nowhere either.
 *
 * One thread at a time. SIGBUS is handled from new to free, not around each reading: another thread
 * may handle it meanwhile, and handlers must be put back in order.
 */
#include <string.h>

#include "symbolize/cfi_table.h"
#include "symbolize/fault_guard.h"
#include "symbolize/foreign_file.h"
#include "symbolize/module_file.h"
#include "symbolize/symbolize.h"
#include "symbolize/unwind_rule.h"
#include "symbolize/vdso.h"

/* _start in assembly, up to behind its first call, is shorter on every architecture. */
enum { ENTRY_BYTES = 64 };

struct module {
	struct cfi_table table;
	char *path;
	uint64_t entry;		/* address of the first instruction that the kernel starts */
	bool has_table;		/* else there is no file that can be read */
	bool is_other;		/* its file is of another machine */
};

struct pmc_unwinder {
	enum pmc_arch arch;
	struct fault_guard guard;
	struct debug_dirs dirs;
	struct cfi_program *program;
	PMC_ARRAY(struct module *) modules;	/* by id - 1; NULL: not met */
	uint32_t modules_met, modules_missing;
	bool is_foreign;
	struct pmc_file_search search;
};

/* What a guarded reading works on. */
struct reading {
	struct pmc_unwinder *unwinder;
	struct module *module;
	const struct pmc_unwind_code *code;
	uint64_t offset;
	bool done;
	uint8_t bytes[UNWIND_TRAMPOLINE_BYTES];
};

struct pmc_unwinder *pmc_unwinder_new(enum pmc_arch arch)
{
	struct pmc_unwinder *unwinder = pmc_calloc(1, sizeof(*unwinder));

	unwinder->arch = arch;
	unwinder->program = cfi_program_new(arch);
	debug_dirs_init(&unwinder->dirs, NULL);
	fault_guard_init(&unwinder->guard);
	return unwinder;
}

void pmc_unwinder_search(struct pmc_unwinder *unwinder, const struct pmc_file_search *foreign)
{
	unwinder->is_foreign = true;
	unwinder->search = *foreign;
}

static void close_table(void *arg)
{
	cfi_table_fini(arg);
}

void pmc_unwinder_free(struct pmc_unwinder *unwinder)
{
	if (!unwinder)
		return;
	for (size_t i = 0; i < unwinder->modules.count; i++) {
		struct module *module = unwinder->modules.items[i];

		if (!module)
			continue;
		if (module->has_table)
			fault_guard_run(close_table, &module->table);
		free(module->path);
		free(module);
	}
	fault_guard_fini(&unwinder->guard);
	pmc_array_free(&unwinder->modules);
	debug_dirs_fini(&unwinder->dirs);
	cfi_program_free(unwinder->program);
	free(unwinder);
}

/* ---- what touches files ---- */

static void open_module(void *arg)
{
	struct reading *reading = arg;
	struct pmc_unwinder *unwinder = reading->unwinder;
	struct module *module = reading->module;
	const struct pmc_module_row *row = reading->code->row;
	struct elf_file *file;
	GElf_Ehdr ehdr;

	if (unwinder->is_foreign)
		file = row->kind == PMC_MODULE_VDSO ?
			       foreign_vdso_open(row) :
			       foreign_file_open(&unwinder->search, module->path, row);
	else if (row->kind == PMC_MODULE_VDSO)
		file = vdso_open();
	else
		file = module_file_open(module->path, row);
	if (!file)
		return;
	if (file->machine != (unwinder->arch == PMC_ARCH_X86_64 ? EM_X86_64 : EM_AARCH64) ||
	    gelf_getclass(file->elf) != ELFCLASS64) {
		module->is_other = true;
		elf_file_free(file);
		return;
	}
	/* It stays mapped; thousands of modules would take all descriptors. */
	elf_file_detach(file);
	if (gelf_getehdr(file->elf, &ehdr))
		module->entry = ehdr.e_entry;
	cfi_table_init(&module->table, unwinder->arch, file, module->path, &unwinder->dirs);
	module->has_table = true;
}

static void read_page(void *arg)
{
	struct reading *reading = arg;

	cfi_table_read(&reading->module->table, reading->unwinder->program, reading->offset);
}

static void complete(void *arg)
{
	struct reading *reading = arg;

	reading->done = cfi_table_complete(&reading->module->table);
}

static void read_code(void *arg)
{
	struct reading *reading = arg;
	const uint8_t *code = cfi_table_code(&reading->module->table, reading->offset,
					     sizeof(reading->bytes));

	reading->done = code != NULL;
	if (code)
		memcpy(reading->bytes, code, sizeof(reading->bytes));
}

/* Runs what reads the module's file. A fault marks the table: from then on it reads no file. */
static void run_guarded(void (*run)(void *arg), struct reading *reading)
{
	if (fault_guard_run(run, reading) || !reading->module->has_table)
		return;
	reading->module->table.is_broken = true;
	reading->done = false;
}

static struct module *new_module(struct pmc_unwinder *unwinder, const struct pmc_unwind_code *code)
{
	struct module *module = pmc_calloc(1, sizeof(*module));
	struct reading reading = { .unwinder = unwinder, .module = module, .code = code };

	while (unwinder->modules.count < code->module)
		*pmc_array_add(&unwinder->modules) = NULL;
	unwinder->modules.items[code->module - 1] = module;
	module->path = pmc_strdup(code->path ? code->path : "");
	run_guarded(open_module, &reading);
	unwinder->modules_met++;
	unwinder->modules_missing += !module->has_table && !module->is_other;
	return module;
}

/* ---- a step ---- */

static uint16_t find_rule(struct pmc_unwinder *unwinder, struct module *module,
			  const struct pmc_unwind_code *code, uint64_t offset)
{
	struct cfi_table *table = &module->table;
	struct reading reading = { .unwinder = unwinder, .module = module, .code = code,
				   .offset = offset };
	uint16_t id;

	/* Again where the first reading came to a fault: the page then has no rules. */
	for (int i = 0; i < 2 && !cfi_table_is_read(table, offset); i++)
		run_guarded(read_page, &reading);
	id = cfi_table_find(table, offset);
	if (id != CFI_RULE_NONE || table->is_complete)
		return id;
	run_guarded(complete, &reading);
	table->is_complete = true;
	for (int i = 0; i < 2 && !cfi_table_is_read(table, offset); i++)
		run_guarded(read_page, &reading);
	return cfi_table_find(table, offset);
}

static bool is_trampoline(struct pmc_unwinder *unwinder, struct module *module,
			  const struct pmc_unwind_code *code)
{
	struct reading reading = { .unwinder = unwinder, .module = module, .code = code,
				   .offset = code->offset };

	run_guarded(read_code, &reading);
	return reading.done && unwind_is_trampoline(unwinder->arch, reading.bytes);
}

/* From the module's addresses to those of the process: what DW_OP_addr needs. */
static uint64_t bias_of(const struct module *module, const struct pmc_unwind_code *code,
			uint64_t ip)
{
	uint64_t vaddr;

	return elf_file_vaddr(module->table.file, code->offset, &vaddr) ? ip - vaddr : 0;
}

static bool has_file(const struct pmc_unwind_code *code)
{
	return code->module && code->row &&
	       (code->row->kind == PMC_MODULE_USER || code->row->kind == PMC_MODULE_VDSO);
}

/*
 * Nobody called the code that the kernel starts. The loader's, in assembly, has no rules that say
 * so; it calls the rest of it within its first instructions.
 */
static bool is_entry(const struct module *module, const struct pmc_unwind_code *code)
{
	uint64_t vaddr;

	return module->has_table && module->entry &&
	       elf_file_vaddr(module->table.file, code->offset, &vaddr) &&
	       vaddr - module->entry < ENTRY_BYTES;
}

/* Code of a file that has no rule for it. */
static enum pmc_unwind_result by_other_means(struct pmc_unwinder *unwinder, struct module *module,
					     const struct pmc_unwind_code *code,
					     const struct unwind_frame *frame,
					     struct pmc_unwind_regs *regs)
{
	enum pmc_unwind_result result;

	if (is_entry(module, code))
		return PMC_UNWIND_END;
	if (module->has_table && is_trampoline(unwinder, module, code))
		return unwind_by_signal(frame, regs);
	result = unwind_by_frame_pointer(frame, regs);
	if (result == PMC_UNWIND_NO_CFI && !module->is_other &&
	    (!module->has_table || module->table.file->is_split))
		return PMC_UNWIND_NO_FILE;
	return result;
}

static enum pmc_unwind_result step(void *ctx, const struct pmc_unwind_code *code,
				   const struct pmc_unwind_stack *stack,
				   struct pmc_unwind_regs *regs)
{
	struct pmc_unwinder *unwinder = ctx;
	struct unwind_frame frame = { .arch = unwinder->arch, .is_caller = code->is_caller,
				      .stack = stack };
	struct module *module = NULL;
	const unsigned ip = unwinder->arch == PMC_ARCH_X86_64 ? PMC_X86_IP : PMC_ARM_IP;
	uint64_t offset;
	uint16_t id;

	if (code->is_caller && !regs->reg[ip])
		return PMC_UNWIND_END;
	if (!has_file(code)) {
		/* An address that is in no mapping came from where no return address was. */
		if (code->is_caller && (!code->module || !code->row))
			return PMC_UNWIND_NO_CFI;
		return unwind_by_frame_pointer(&frame, regs);
	}
	if (code->module <= unwinder->modules.count)
		module = unwinder->modules.items[code->module - 1];
	if (!module)
		module = new_module(unwinder, code);
	if (!module->has_table)
		return by_other_means(unwinder, module, code, &frame, regs);
	offset = code->offset - (code->is_caller && code->offset);
	if (__builtin_expect(!cfi_table_is_read(&module->table, offset), false))
		id = find_rule(unwinder, module, code, offset);
	else
		id = cfi_table_find(&module->table, offset);
	if (__builtin_expect(id == CFI_RULE_NONE, false)) {
		id = find_rule(unwinder, module, code, offset);
		/* In a system call that does not return ip is behind its function: rt_sigreturn. */
		if (id == CFI_RULE_NONE && !code->is_caller && offset)
			id = find_rule(unwinder, module, code, offset - 1);
		if (id == CFI_RULE_NONE)
			return by_other_means(unwinder, module, code, &frame, regs);
	}
	if (!module->table.rules.rules.items[id].is_plain)
		frame.bias = bias_of(module, code, regs->reg[ip]);
	return unwind_by_rule(&frame, &module->table.rules, &module->table.rules.rules.items[id],
			      regs);
}

struct pmc_unwind_ops pmc_unwinder_ops(struct pmc_unwinder *unwinder)
{
	return (struct pmc_unwind_ops){ .ctx = unwinder, .step = step };
}

void pmc_unwinder_figures(const struct pmc_unwinder *unwinder,
			  struct pmc_unwinder_figures *figures)
{
	*figures = (struct pmc_unwinder_figures){ .modules = unwinder->modules_met,
						  .missing = unwinder->modules_missing };
	for (size_t i = 0; i < unwinder->modules.count; i++) {
		const struct module *module = unwinder->modules.items[i];

		if (!module || !module->has_table)
			continue;
		figures->pages += (uint32_t)module->table.pages_read;
		figures->rules += (uint32_t)module->table.rules.rules.count - 1;
		figures->rows += module->table.rows.count;
		figures->table_bytes += cfi_table_bytes(&module->table);
	}
}
