/*
 * cfi_expr.c - a small stack machine for untrusted programs.
 *
 *   breg7 8 │ breg16 0 │ lit15 │ and │ lit11 │ ge │ lit3 │ shl │ plus      CFA in a linkage table
 *      │         │                                               ▲
 *      └─────────┴───► registers and stack copy of the frame     └ top: the value
 *
 * Bounded: CFI_EXPR_STEPS operations, CFI_EXPR_DEPTH values. What needs more than registers and
 * the stack (types, thread storage, other functions' frames, calls) is in no unwind table and BAD.
 * An address of the module's own (DW_OP_addr) can be computed with, but not read from.
 */
#include "symbolize/cfi_expr.h"

#include <dwarf.h>

#include "symbolize/cfi_bytes.h"

/* How far behind the copy a stack can reach; an address beyond is in no stack. */
static const uint64_t STACK_BYTES_MAX = 1ULL << 32;

struct machine {
	const struct cfi_frame *frame;
	struct cfi_bytes code;
	const uint8_t *begin;
	uint64_t values[CFI_EXPR_DEPTH];
	unsigned count;
	enum pmc_unwind_result result;
};

enum pmc_unwind_result cfi_frame_read(const struct cfi_frame *frame, uint64_t address,
				      unsigned size, uint64_t *value)
{
	const struct pmc_unwind_stack *stack = frame->stack;
	const uint64_t into = address - stack->start;

	*value = 0;
	if (address >= stack->start && into <= stack->size && stack->size - into >= size) {
		memcpy(value, stack->bytes + into, size);
		return PMC_UNWIND_OK;
	}
	if (address >= stack->start && into < STACK_BYTES_MAX)
		return PMC_UNWIND_SHORT;
	/* Another stack than the one copied: a handler's of its own, a coroutine's. */
	if (frame->sp < stack->start || frame->sp - stack->start > stack->size)
		return PMC_UNWIND_SHORT;
	return PMC_UNWIND_BAD;
}

static uint64_t fail(struct machine *machine, enum pmc_unwind_result result)
{
	if (machine->result == PMC_UNWIND_OK)
		machine->result = result;
	return 0;
}

static void push(struct machine *machine, uint64_t value)
{
	if (machine->count == CFI_EXPR_DEPTH)
		fail(machine, PMC_UNWIND_BAD);
	else
		machine->values[machine->count++] = value;
}

static uint64_t pop(struct machine *machine)
{
	if (!machine->count)
		return fail(machine, PMC_UNWIND_BAD);
	return machine->values[--machine->count];
}

/* The value `depth` below the top. */
static uint64_t pick(struct machine *machine, uint64_t depth)
{
	if (depth >= machine->count)
		return fail(machine, PMC_UNWIND_BAD);
	return machine->values[machine->count - 1 - depth];
}

static uint64_t reg(struct machine *machine, uint64_t number)
{
	const struct pmc_unwind_regs *regs = machine->frame->regs;

	if (number >= PMC_UNWIND_REGS || !(regs->known >> number & 1))
		return fail(machine, PMC_UNWIND_BAD);
	return regs->reg[number];
}

static void deref(struct machine *machine, unsigned size)
{
	const uint64_t address = pop(machine);
	uint64_t value = 0;

	if (machine->result == PMC_UNWIND_OK)
		machine->result = size && size <= 8 ?
			cfi_frame_read(machine->frame, address, size, &value) : PMC_UNWIND_BAD;
	push(machine, value);
}

static void jump(struct machine *machine, int64_t by)
{
	struct cfi_bytes *code = &machine->code;

	if (by < machine->begin - code->at || by > code->end - code->at)
		fail(machine, PMC_UNWIND_BAD);
	else
		code->at += by;
}

static void compute(struct machine *machine, uint8_t op)
{
	const uint64_t b = pop(machine), a = pop(machine);
	const int64_t sb = (int64_t)b, sa = (int64_t)a;

	switch (op) {
	case DW_OP_plus:
		return push(machine, a + b);
	case DW_OP_minus:
		return push(machine, a - b);
	case DW_OP_mul:
		return push(machine, a * b);
	case DW_OP_div:
		if (!b || (sb == -1 && sa == INT64_MIN)) {
			fail(machine, PMC_UNWIND_BAD);
			return;
		}
		return push(machine, (uint64_t)(sa / sb));
	case DW_OP_mod:
		return push(machine, b ? a % b : fail(machine, PMC_UNWIND_BAD));
	case DW_OP_and:
		return push(machine, a & b);
	case DW_OP_or:
		return push(machine, a | b);
	case DW_OP_xor:
		return push(machine, a ^ b);
	case DW_OP_shl:
		return push(machine, b < 64 ? a << b : 0);
	case DW_OP_shr:
		return push(machine, b < 64 ? a >> b : 0);
	case DW_OP_shra:
		return push(machine, b < 63 ? (uint64_t)(sa >> b) : -(uint64_t)(sa < 0));
	case DW_OP_eq:
		return push(machine, a == b);
	case DW_OP_ne:
		return push(machine, a != b);
	case DW_OP_lt:
		return push(machine, sa < sb);
	case DW_OP_le:
		return push(machine, sa <= sb);
	case DW_OP_gt:
		return push(machine, sa > sb);
	case DW_OP_ge:
		return push(machine, sa >= sb);
	default:
		fail(machine, PMC_UNWIND_BAD);
	}
}

static void change_top(struct machine *machine, uint8_t op)
{
	const uint64_t a = pop(machine);

	if (op == DW_OP_abs)
		push(machine, (int64_t)a < 0 ? -a : a);
	else if (op == DW_OP_neg)
		push(machine, -a);
	else if (op == DW_OP_not)
		push(machine, ~a);
	else
		push(machine, a + cfi_bytes_uleb(&machine->code));
}

static void rearrange(struct machine *machine, uint8_t op)
{
	uint64_t a, b, c;

	switch (op) {
	case DW_OP_dup:
		return push(machine, pick(machine, 0));
	case DW_OP_over:
		return push(machine, pick(machine, 1));
	case DW_OP_pick:
		return push(machine, pick(machine, cfi_bytes_u8(&machine->code)));
	case DW_OP_drop:
		pop(machine);
		return;
	case DW_OP_swap:
		a = pop(machine);
		b = pop(machine);
		push(machine, a);
		push(machine, b);
		return;
	default:	/* rot: the top becomes the third */
		a = pop(machine);
		b = pop(machine);
		c = pop(machine);
		push(machine, a);
		push(machine, c);
		push(machine, b);
	}
}

static void push_constant(struct machine *machine, uint8_t op)
{
	struct cfi_bytes *code = &machine->code;

	switch (op) {
	case DW_OP_addr:
		return push(machine, cfi_bytes_u64(code) + machine->frame->bias);
	case DW_OP_const1u:
		return push(machine, cfi_bytes_u8(code));
	case DW_OP_const1s:
		return push(machine, (uint64_t)cfi_bytes_sint(code, 1));
	case DW_OP_const2u:
		return push(machine, cfi_bytes_u16(code));
	case DW_OP_const2s:
		return push(machine, (uint64_t)cfi_bytes_sint(code, 2));
	case DW_OP_const4u:
		return push(machine, cfi_bytes_u32(code));
	case DW_OP_const4s:
		return push(machine, (uint64_t)cfi_bytes_sint(code, 4));
	case DW_OP_const8u:
	case DW_OP_const8s:
		return push(machine, cfi_bytes_u64(code));
	case DW_OP_constu:
		return push(machine, cfi_bytes_uleb(code));
	default:
		return push(machine, (uint64_t)cfi_bytes_sleb(code));
	}
}

static void run_one(struct machine *machine)
{
	struct cfi_bytes *code = &machine->code;
	const uint8_t op = cfi_bytes_u8(code);
	int64_t by;
	uint64_t number;

	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		return push(machine, op - DW_OP_lit0);
	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		return push(machine, reg(machine, op - DW_OP_breg0) +
				     (uint64_t)cfi_bytes_sleb(code));
	switch (op) {
	case DW_OP_nop:
		return;
	case DW_OP_bregx:
		number = cfi_bytes_uleb(code);
		return push(machine, reg(machine, number) + (uint64_t)cfi_bytes_sleb(code));
	case DW_OP_deref:
		return deref(machine, 8);
	case DW_OP_deref_size:
		return deref(machine, cfi_bytes_u8(code));
	case DW_OP_skip:
		return jump(machine, cfi_bytes_sint(code, 2));
	case DW_OP_bra:
		by = cfi_bytes_sint(code, 2);
		if (pop(machine))
			jump(machine, by);
		return;
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst:
		return change_top(machine, op);
	case DW_OP_dup:
	case DW_OP_over:
	case DW_OP_pick:
	case DW_OP_drop:
	case DW_OP_swap:
	case DW_OP_rot:
		return rearrange(machine, op);
	case DW_OP_addr:
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push_constant(machine, op);
	default:
		return compute(machine, op);
	}
}

enum pmc_unwind_result cfi_expr_eval(const struct cfi_frame *frame, const uint8_t *expr,
				     unsigned size, const uint64_t *first, uint64_t *value)
{
	struct machine machine;

	machine.frame = frame;
	machine.code = (struct cfi_bytes){ expr, expr + size, false };
	machine.begin = expr;
	machine.count = 0;
	machine.result = PMC_UNWIND_OK;
	if (first)
		push(&machine, *first);
	for (int steps = 0; machine.code.at < machine.code.end; steps++) {
		if (steps == CFI_EXPR_STEPS)
			return PMC_UNWIND_BAD;
		run_one(&machine);
		if (machine.code.is_bad)
			return PMC_UNWIND_BAD;
		if (machine.result != PMC_UNWIND_OK)
			return machine.result;
	}
	*value = pop(&machine);
	return machine.result;
}
