/*
 * cfi_program.c - the machine that DWARF 5, 6.4.2 describes, with what GNU and ARM added to it.
 *
 *   CIE's program ──► initial state ──► FDE's program:  state   advance   state   advance …
 *                         │   ▲                           └── row ──┘       └── row ──┘
 *                         └───┘ DW_CFA_restore
 *
 * A state is a place for each register that unwinding needs, and the CFA. Other registers (vectors,
 * flags) are read over. Expressions are kept as they stand; cfi_expr.c evaluates them.
 *
 * Damage: an unknown instruction, one that reaches behind the end, too many remembered states or
 * numbers no stack could have end the program.
 */
#include "symbolize/cfi_program.h"

#include <dwarf.h>

enum {
	REGS = PMC_UNWIND_REGS,
	STATES_MAX = 64,	/* DW_CFA_remember_state; compilers go 2 deep */
	/* elfutils 0.188 has no name for these. */
	MIPS_ADVANCE_LOC8 = 0x1d,
	AARCH64_NEGATE_RA_STATE_WITH_PC = 0x2c,
	AARCH64_NEGATE_RA_STATE = 0x2d,	/* GNU_window_save on others */
};

struct state {
	int64_t value[REGS];	/* of a register; for expressions: where they stand in the section,
				 * with their length before them */
	uint8_t how[REGS];
	bool has_cfa, cfa_is_expr;
	uint8_t cfa_reg;
	int64_t cfa_value;
};

struct cfi_program {
	enum pmc_arch arch;
	uint16_t ra_reg;
	struct state now, initial, remembered[STATES_MAX];
	unsigned remembered_count;
	/* of one run */
	const struct cfi_section *section;
	const struct cfi_fde *fde;
	struct cfi_rules *rules;
	uint64_t from, to, loc;
	cfi_program_row *row;
	void *ctx;
};

struct cfi_program *cfi_program_new(enum pmc_arch arch)
{
	struct cfi_program *program = pmc_calloc(1, sizeof(*program));

	program->arch = arch;
	program->ra_reg = arch == PMC_ARCH_X86_64 ? PMC_X86_IP : PMC_ARM_LR;
	return program;
}

void cfi_program_free(struct cfi_program *program)
{
	free(program);
}

/* ---- states to rules ---- */

static bool fits(int64_t value)
{
	return value >= INT32_MIN && value <= INT32_MAX;
}

/* Id of the expression whose length stands at the offset; -1: it cannot be kept. */
static int32_t intern_expr(struct cfi_program *program, int64_t offset)
{
	const struct cfi_section *section = program->section;
	struct cfi_bytes bytes = { section->bytes + offset, section->bytes + section->size, false };
	const uint64_t size = cfi_bytes_uleb(&bytes);
	uint8_t copy[CFI_EXPR_BYTES];

	/* Copied first: a read that faults must not meet a pool that is half written. */
	if (size > sizeof(copy))
		return -1;
	memcpy(copy, bytes.at, size);
	return cfi_rules_intern_expr(program->rules, copy, (unsigned)size);
}

/* False where the rule would be one that cannot be used. */
static bool fill_place(struct cfi_program *program, unsigned reg, struct cfi_place *place)
{
	const struct state *state = &program->now;
	int64_t value = state->value[reg];

	if (state->how[reg] == CFI_AT_EXPR || state->how[reg] == CFI_IS_EXPR)
		value = intern_expr(program, value);
	else if (!fits(value))
		return false;
	*place = (struct cfi_place){ .value = (int32_t)value, .reg = (uint8_t)reg,
				     .how = state->how[reg] };
	return value >= 0 || state->how[reg] == CFI_AT_CFA || state->how[reg] == CFI_IS_CFA;
}

static uint16_t intern_rule(struct cfi_program *program)
{
	const struct state *state = &program->now;
	struct cfi_place places[REGS];
	struct cfi_rule rule = {
		.cfa_reg = state->cfa_reg, .cfa_is_expr = state->cfa_is_expr,
		.is_signal = program->fde->cie.is_signal,
		.is_end = state->how[program->ra_reg] == CFI_UNDEFINED };
	int64_t value = state->cfa_value;
	unsigned count = 0;

	if (!state->has_cfa || program->fde->cie.ra_reg != program->ra_reg)
		return CFI_RULE_NONE;
	if (rule.cfa_is_expr)
		value = intern_expr(program, value);
	if (!fits(value) || (rule.cfa_is_expr && value < 0))
		return CFI_RULE_NONE;
	rule.cfa_value = (int32_t)value;
	for (unsigned reg = 0; reg < REGS; reg++)
		if (state->how[reg] != CFI_SAME && !fill_place(program, reg, &places[count++]))
			return CFI_RULE_NONE;
	return cfi_rules_intern(program->rules, program->arch, &rule, places, count);
}

/* The state held from the current location up to `end`. */
static void end_row(struct cfi_program *program, uint64_t end)
{
	const uint64_t start = program->loc > program->from ? program->loc : program->from;

	if (end > program->to)
		end = program->to;
	if (start < end)
		program->row(program->ctx, start, end, intern_rule(program));
}

/* ---- instructions ---- */

static void set(struct cfi_program *program, uint64_t reg, enum cfi_how how, int64_t value)
{
	if (reg >= REGS)
		return;
	program->now.how[reg] = (uint8_t)how;
	program->now.value[reg] = value;
}

static int64_t scaled(const struct cfi_program *program, int64_t factor)
{
	int64_t product;

	/* What overflows fits no rule. */
	if (__builtin_mul_overflow(factor, program->fde->cie.data_align, &product))
		return INT64_MAX;
	return product;
}

static void set_scaled(struct cfi_program *program, uint64_t reg, enum cfi_how how, int64_t factor)
{
	set(program, reg, how, scaled(program, factor));
}

static void set_cfa(struct cfi_program *program, uint64_t reg, int64_t value)
{
	struct state *now = &program->now;

	now->has_cfa = reg < REGS;
	now->cfa_is_expr = false;
	now->cfa_reg = (uint8_t)reg;
	now->cfa_value = value;
}

/* Where the expression at bytes->at stands; moves behind it. */
static int64_t skip_expr(const struct cfi_program *program, struct cfi_bytes *bytes)
{
	const int64_t at = bytes->at - program->section->bytes;

	cfi_bytes_take(bytes, cfi_bytes_uleb(bytes));
	return at;
}

static void restore(struct cfi_program *program, uint64_t reg)
{
	if (reg < REGS)
		set(program, reg, program->initial.how[reg], program->initial.value[reg]);
}

/* False: no address may follow. */
static bool advance_to(struct cfi_program *program, uint64_t loc)
{
	if (loc < program->loc || loc > program->fde->start + program->fde->size)
		return false;
	if (loc == program->loc)
		return true;
	end_row(program, loc);
	program->loc = loc;
	return loc < program->to;
}

static bool advance(struct cfi_program *program, uint64_t delta)
{
	uint64_t bytes, loc;

	return !__builtin_mul_overflow(delta, program->fde->cie.code_align, &bytes) &&
	       !__builtin_add_overflow(program->loc, bytes, &loc) && advance_to(program, loc);
}

static bool remember(struct cfi_program *program)
{
	if (program->remembered_count == STATES_MAX)
		return false;
	program->remembered[program->remembered_count++] = program->now;
	return true;
}

static bool recall(struct cfi_program *program)
{
	if (!program->remembered_count)
		return false;
	program->now = program->remembered[--program->remembered_count];
	return true;
}

static bool run_cfa(struct cfi_program *program, uint8_t op, struct cfi_bytes *bytes)
{
	struct state *now = &program->now;
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = cfi_bytes_uleb(bytes);
		set_cfa(program, reg, (int64_t)cfi_bytes_uleb(bytes));
		return true;
	case DW_CFA_def_cfa_sf:
		reg = cfi_bytes_uleb(bytes);
		set_cfa(program, reg, scaled(program, cfi_bytes_sleb(bytes)));
		return true;
	case DW_CFA_def_cfa_register:
		reg = cfi_bytes_uleb(bytes);
		if (now->cfa_is_expr || !now->has_cfa)
			return false;
		set_cfa(program, reg, now->cfa_value);
		return true;
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		if (now->cfa_is_expr || !now->has_cfa)
			return false;
		now->cfa_value = op == DW_CFA_def_cfa_offset ?
			(int64_t)cfi_bytes_uleb(bytes) : scaled(program, cfi_bytes_sleb(bytes));
		return true;
	case DW_CFA_def_cfa_expression:
		now->has_cfa = now->cfa_is_expr = true;
		now->cfa_reg = 0;
		now->cfa_value = skip_expr(program, bytes);
		return true;
	default:
		return false;
	}
}

static bool run_place(struct cfi_program *program, uint8_t op, struct cfi_bytes *bytes)
{
	const uint64_t reg = cfi_bytes_uleb(bytes);

	switch (op) {
	case DW_CFA_offset_extended:
		set_scaled(program, reg, CFI_AT_CFA, (int64_t)cfi_bytes_uleb(bytes));
		return true;
	case DW_CFA_offset_extended_sf:
		set_scaled(program, reg, CFI_AT_CFA, cfi_bytes_sleb(bytes));
		return true;
	case DW_CFA_GNU_negative_offset_extended:
		set_scaled(program, reg, CFI_AT_CFA, -(int64_t)(cfi_bytes_uleb(bytes) & INT64_MAX));
		return true;
	case DW_CFA_val_offset:
		set_scaled(program, reg, CFI_IS_CFA, (int64_t)cfi_bytes_uleb(bytes));
		return true;
	case DW_CFA_val_offset_sf:
		set_scaled(program, reg, CFI_IS_CFA, cfi_bytes_sleb(bytes));
		return true;
	case DW_CFA_restore_extended:
		restore(program, reg);
		return true;
	case DW_CFA_undefined:
		set(program, reg, CFI_UNDEFINED, 0);
		return true;
	case DW_CFA_same_value:
		set(program, reg, CFI_SAME, 0);
		return true;
	case DW_CFA_register: {
		const uint64_t other = cfi_bytes_uleb(bytes);

		set(program, reg, other < REGS ? CFI_REGISTER : CFI_UNDEFINED,
		    other < REGS ? (int64_t)other : 0);
		return true;
	}
	case DW_CFA_expression:
		set(program, reg, CFI_AT_EXPR, skip_expr(program, bytes));
		return true;
	case DW_CFA_val_expression:
		set(program, reg, CFI_IS_EXPR, skip_expr(program, bytes));
		return true;
	default:
		return false;
	}
}

/* One instruction. False: the program ends here. */
static bool run_one(struct cfi_program *program, struct cfi_bytes *bytes)
{
	const uint8_t op = cfi_bytes_u8(bytes), low = op & 0x3f;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		return advance(program, low);
	case DW_CFA_offset:
		set_scaled(program, low, CFI_AT_CFA, (int64_t)cfi_bytes_uleb(bytes));
		return true;
	case DW_CFA_restore:
		restore(program, low);
		return true;
	}
	switch (op) {
	case DW_CFA_nop:
		return true;
	case DW_CFA_set_loc:
		return advance_to(program, cfi_section_pointer(program->section, bytes,
							       program->fde->cie.encoding));
	case DW_CFA_advance_loc1:
		return advance(program, cfi_bytes_u8(bytes));
	case DW_CFA_advance_loc2:
		return advance(program, cfi_bytes_u16(bytes));
	case DW_CFA_advance_loc4:
		return advance(program, cfi_bytes_u32(bytes));
	case MIPS_ADVANCE_LOC8:
		return advance(program, cfi_bytes_u64(bytes));
	case DW_CFA_remember_state:
		return remember(program);
	case DW_CFA_restore_state:
		return recall(program);
	case DW_CFA_GNU_args_size:
		cfi_bytes_uleb(bytes);
		return true;
	case AARCH64_NEGATE_RA_STATE_WITH_PC:
	case AARCH64_NEGATE_RA_STATE:
		/* The return address is signed from here on, or no more: its signature is always
		 * taken off (unwind_rule.c), so rules need not differ by it. */
		return program->arch == PMC_ARCH_AARCH64;
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
	case DW_CFA_def_cfa_register:
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
	case DW_CFA_def_cfa_expression:
		return run_cfa(program, op, bytes);
	default:
		return run_place(program, op, bytes);
	}
}

/* True: it came to its end. */
static bool run_all(struct cfi_program *program, struct cfi_bytes bytes, uint64_t *budget)
{
	while (bytes.at < bytes.end) {
		if (!*budget)
			return false;
		--*budget;
		if (!run_one(program, &bytes) || bytes.is_bad)
			return false;
	}
	return true;
}

void cfi_program_run(struct cfi_program *program, const struct cfi_section *section,
		     const struct cfi_fde *fde, uint64_t from, uint64_t to,
		     struct cfi_rules *rules, uint64_t *budget, cfi_program_row *row, void *ctx)
{
	uint64_t end;

	if (__builtin_add_overflow(fde->start, fde->size, &end) || end <= from || fde->start >= to)
		return;
	program->section = section;
	program->fde = fde;
	program->rules = rules;
	program->from = from;
	program->to = to;
	program->loc = fde->start;
	program->row = row;
	program->ctx = ctx;
	program->remembered_count = 0;
	memset(&program->now, 0, sizeof(program->now));
	/* What the psABI says where a table does not: the call pushed the return address. */
	if (program->arch == PMC_ARCH_X86_64)
		set(program, PMC_X86_IP, CFI_AT_CFA, -8);
	memset(&program->initial, 0, sizeof(program->initial));
	if (!run_all(program, fde->cie.program, budget) || program->loc != fde->start)
		return;
	program->initial = program->now;
	if (run_all(program, fde->program, budget))
		end_row(program, end);
}
