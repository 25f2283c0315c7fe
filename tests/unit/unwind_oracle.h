/*
 * unwind_oracle.h - what libdw says about a frame: the other opinion, for tests and as the peer of
 * the bench.
 *
 * libdw gives a rule as operations; oracle_eval() computes them on made-up registers and stack. It
 * shares no code with src/symbolize/cfi_expr.c.
 */
#ifndef UNWIND_ORACLE_H
#define UNWIND_ORACLE_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/unwind.h"

enum oracle_answer {
	ORACLE_VALUE, ORACLE_SAME, ORACLE_UNDEFINED,
	ORACLE_OUTSIDE,		/* needs a byte that is not in the stack's copy */
	ORACLE_UNKNOWN,		/* an operation that is not known here */
};

struct oracle {
	Dwarf_Frame *frame;
	const uint64_t *reg;
	const struct pmc_unwind_stack *stack;
	uint64_t cfa;
};

static inline bool oracle_read(const struct oracle *oracle, uint64_t address, uint64_t *value)
{
	const struct pmc_unwind_stack *stack = oracle->stack;

	if (address < stack->start || address > stack->start + stack->size - 8)
		return false;
	memcpy(value, stack->bytes + (address - stack->start), 8);
	return true;
}

/* Operations of a CFA, or of the place of a register. */
static inline enum oracle_answer oracle_eval(const struct oracle *oracle, const Dwarf_Op *ops,
					     size_t count, bool is_cfa, uint64_t *value)
{
	uint64_t stack[32] = { 0 }, *top = stack;	/* stack[0] stays 0 */
	bool is_value = is_cfa;

	for (size_t i = 0; i < count && top < stack + 30; i++) {
		const Dwarf_Op *op = &ops[i];

		if (top < stack + 2 && op->atom >= DW_OP_abs && op->atom <= DW_OP_ne &&
		    op->atom != DW_OP_plus_uconst && op->atom != DW_OP_abs)
			return ORACLE_UNKNOWN;
		if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31) {
			*++top = op->atom - DW_OP_lit0;
		} else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
			*++top = oracle->reg[op->atom - DW_OP_breg0] + op->number;
		} else if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
			*++top = oracle->reg[op->atom - DW_OP_reg0];
			is_value = true;
		} else switch (op->atom) {
		case DW_OP_bregx:
			*++top = oracle->reg[op->number] + op->number2;
			break;
		case DW_OP_regx:
			*++top = oracle->reg[op->number];
			is_value = true;
			break;
		case DW_OP_call_frame_cfa:
			*++top = oracle->cfa;
			break;
		case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u: case DW_OP_const2s:
		case DW_OP_const4u: case DW_OP_const4s: case DW_OP_const8u: case DW_OP_const8s:
		case DW_OP_constu: case DW_OP_consts:
			*++top = op->number;
			break;
		case DW_OP_plus_uconst:
			*top += op->number;
			break;
		case DW_OP_plus:
			top--, *top += top[1];
			break;
		case DW_OP_minus:
			top--, *top -= top[1];
			break;
		case DW_OP_and:
			top--, *top &= top[1];
			break;
		case DW_OP_ge:
			top--, *top = (int64_t)top[0] >= (int64_t)top[1];
			break;
		case DW_OP_shl:
			top--, *top <<= top[1] & 63;
			break;
		case DW_OP_mul:
			top--, *top *= top[1];
			break;
		case DW_OP_deref:
			if (!oracle_read(oracle, *top, top))
				return ORACLE_OUTSIDE;
			break;
		case DW_OP_stack_value:
			is_value = true;
			break;
		default:
			return ORACLE_UNKNOWN;
		}
	}
	*value = *top;
	return is_value || oracle_read(oracle, *top, value) ? ORACLE_VALUE : ORACLE_OUTSIDE;
}

static inline enum oracle_answer oracle_cfa(struct oracle *oracle)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(oracle->frame, &ops, &count) || !count)
		return ORACLE_UNDEFINED;
	return oracle_eval(oracle, ops, count, true, &oracle->cfa);
}

static inline enum oracle_answer oracle_register(const struct oracle *oracle, int number,
						 uint64_t *value)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	if (dwarf_frame_register(oracle->frame, number, memory, &ops, &count))
		return ORACLE_UNKNOWN;
	if (!count)
		return ops == memory ? ORACLE_UNDEFINED : ORACLE_SAME;
	return oracle_eval(oracle, ops, count, false, value);
}

#endif
