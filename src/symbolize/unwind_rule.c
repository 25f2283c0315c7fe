/*
 * unwind_rule.c - makes a frame's registers those of its caller.
 *
 *              higher addresses
 *      CFA ──►  ┌────────────────┐ ◄── the caller's sp
 *        - 8    │ return address │ ──► its ip
 *        - 16   │ rbp            │ ──► its rbp, and so on
 *               │ …              │
 *      sp ───►  └────────────────┘
 *
 * Nearly all rules are plain: a register and a number give the CFA, and what was saved lies at
 * fixed distances below it. One check of bounds, then a load for each.
 *
 * It comes to an end: a caller's sp is above the frame's, but for the first frame, which may have
 * nothing on the stack (a leaf of aarch64; on x86_64, code that took its return address off).
 * Only a signal's frame may lead anywhere; the collector bounds depth.
 * What a call may have overwritten is not known in the caller, unless a rule gives it back.
 */
#include "symbolize/unwind_rule.h"

#include <string.h>

#include "symbolize/cfi_expr.h"

#define BIT(reg) (1ULL << (reg))

/* All registers that a function gives back, on either architecture, take less. */
enum { POPPED_BYTES = 256 };

/* User addresses have 48 bits unless a program asks mmap() for more; above are authentication bits,
 * whether or not a table says that they are there. */
static const uint64_t ARM_ADDRESS = (1ULL << 48) - 1;

/* What a called function gives back: System V psABI for x86-64, AAPCS64. */
static const uint64_t kept[] = {
	[PMC_ARCH_X86_64] = BIT(3) | BIT(PMC_X86_RBP) | 0xfULL << 12,
	[PMC_ARCH_AARCH64] = 0x7ffULL << 19,
};
static const uint8_t sp_of[] = { [PMC_ARCH_X86_64] = PMC_X86_RSP, [PMC_ARCH_AARCH64] = PMC_ARM_SP };
static const uint8_t ip_of[] = { [PMC_ARCH_X86_64] = PMC_X86_IP, [PMC_ARCH_AARCH64] = PMC_ARM_IP };
/* Where a rule says what the return address is. */
static const uint8_t ra_of[] = { [PMC_ARCH_X86_64] = PMC_X86_IP, [PMC_ARCH_AARCH64] = PMC_ARM_LR };

static struct cfi_frame cfi_frame_of(const struct unwind_frame *frame,
				     const struct pmc_unwind_regs *regs)
{
	return (struct cfi_frame){ .regs = regs, .stack = frame->stack, .bias = frame->bias,
				   .sp = regs->reg[sp_of[frame->arch]] };
}

static enum pmc_unwind_result eval(const struct cfi_frame *frame, const struct cfi_rules *rules,
				   int32_t id, const uint64_t *first, uint64_t *value)
{
	unsigned size;
	const uint8_t *expr = cfi_rules_expr(rules, id, &size);

	return cfi_expr_eval(frame, expr, size, first, value);
}

static uint64_t strip(const struct unwind_frame *frame, uint64_t address)
{
	return frame->arch == PMC_ARCH_AARCH64 ? address & ARM_ADDRESS : address;
}

/* Does sp go on? Up, or nowhere in a first frame that has nothing on the stack. */
static bool is_above(const struct unwind_frame *frame, uint64_t cfa, uint64_t sp)
{
	return cfa > sp || (cfa == sp && !frame->is_caller);
}

/*
 * A plain rule: no branch but those of bounds. NO_CFI: it is for by_any_rule() to say what is
 * wrong.
 */
static enum pmc_unwind_result by_plain_rule(const struct unwind_frame *frame,
					    const struct cfi_rules *rules,
					    const struct cfi_rule *rule,
					    struct pmc_unwind_regs *regs)
{
	const struct pmc_unwind_stack *stack = frame->stack;
	const struct cfi_place *place = &rules->places.items[rule->places_first];
	const struct cfi_place *end = place + rule->places_count;
	const uint64_t cfa = regs->reg[rule->cfa_reg] + (uint64_t)(int64_t)rule->cfa_value;
	const uint64_t sp = regs->reg[sp_of[frame->arch]];
	const uint64_t low = cfa + (uint64_t)(int64_t)rule->low - stack->start;
	const uint64_t high = cfa + (uint64_t)(int64_t)rule->high - stack->start;
	const uint8_t *bytes;
	uint64_t ip;

	if (!(regs->known >> rule->cfa_reg & 1) || high > stack->size || low >= high || cfa <= sp)
		return PMC_UNWIND_NO_CFI;
	bytes = stack->bytes + (cfa - stack->start);
	memcpy(&ip, bytes + rule->ra_value, sizeof(ip));
	ip = strip(frame, ip);
	if (!ip)
		return PMC_UNWIND_NO_CFI;
	for (; place < end; place++)
		memcpy(&regs->reg[place->reg], bytes + place->value, sizeof(uint64_t));
	regs->known = (regs->known & kept[frame->arch]) | rule->mask |
		      BIT(sp_of[frame->arch]) | BIT(ip_of[frame->arch]);
	/* The call overwrote the caller's lr with what now is its ip. */
	if (frame->arch == PMC_ARCH_AARCH64)
		regs->known &= ~BIT(PMC_ARM_LR);
	regs->reg[sp_of[frame->arch]] = cfa;
	regs->reg[ip_of[frame->arch]] = ip;
	return PMC_UNWIND_OK;
}

/*
 * Compilers do not say of a function's end what its pops have given back already: a register whose
 * place is below sp has its caller's value again.
 */
static bool is_popped(const struct cfi_frame *frame, uint64_t address)
{
	return address < frame->sp && frame->sp - address <= POPPED_BYTES;
}

/* One register of the caller; *known says whether it is, which UNDEFINED is not. */
static enum pmc_unwind_result find_place(const struct cfi_frame *frame,
					 const struct cfi_rules *rules,
					 const struct cfi_place *place, uint64_t cfa,
					 uint64_t *value, bool *known)
{
	const struct pmc_unwind_regs *regs = frame->regs;
	enum pmc_unwind_result result;
	uint64_t address;

	*known = true;
	switch ((enum cfi_how)place->how) {
	case CFI_AT_CFA:
		if (is_popped(frame, cfa + (uint64_t)(int64_t)place->value))
			break;
		return cfi_frame_read(frame, cfa + (uint64_t)(int64_t)place->value, 8, value);
	case CFI_IS_CFA:
		*value = cfa + (uint64_t)(int64_t)place->value;
		return PMC_UNWIND_OK;
	case CFI_REGISTER:
		*known = regs->known >> place->value & 1;
		*value = regs->reg[place->value];
		return PMC_UNWIND_OK;
	case CFI_AT_EXPR:
		result = eval(frame, rules, place->value, &cfa, &address);
		return result == PMC_UNWIND_OK ? cfi_frame_read(frame, address, 8, value) : result;
	case CFI_IS_EXPR:
		return eval(frame, rules, place->value, &cfa, value);
	case CFI_SAME:
	case CFI_UNDEFINED:
		*known = false;
		return PMC_UNWIND_OK;
	}
	*known = regs->known >> place->reg & 1;
	*value = regs->reg[place->reg];
	return PMC_UNWIND_OK;
}

/*
 * What is the caller's unless the rule says otherwise: for a call, the registers that are kept; for
 * a signal, all of them. sp is the CFA.
 */
static void begin_caller(const struct unwind_frame *frame, const struct cfi_rule *rule,
			 const struct pmc_unwind_regs *regs, uint64_t cfa,
			 struct pmc_unwind_regs *caller)
{
	const uint64_t lr = frame->arch == PMC_ARCH_AARCH64 && !frame->is_caller ?
		BIT(PMC_ARM_LR) : 0;

	*caller = *regs;
	if (!rule->is_signal)
		caller->known &= kept[frame->arch] | lr;
	caller->reg[sp_of[frame->arch]] = cfa;
	caller->known |= BIT(sp_of[frame->arch]);
	if (frame->arch == PMC_ARCH_AARCH64)
		caller->known &= ~BIT(PMC_ARM_IP);
}

static enum pmc_unwind_result find_cfa(const struct cfi_frame *frame, const struct cfi_rules *rules,
				       const struct cfi_rule *rule, uint64_t *cfa)
{
	if (rule->cfa_is_expr)
		return eval(frame, rules, rule->cfa_value, NULL, cfa);
	if (!(frame->regs->known >> rule->cfa_reg & 1))
		return PMC_UNWIND_BAD;
	*cfa = frame->regs->reg[rule->cfa_reg] + (uint64_t)(int64_t)rule->cfa_value;
	return PMC_UNWIND_OK;
}

static enum pmc_unwind_result by_any_rule(const struct unwind_frame *frame,
					  const struct cfi_rules *rules,
					  const struct cfi_rule *rule, struct pmc_unwind_regs *regs)
{
	const struct cfi_frame now = cfi_frame_of(frame, regs);
	const unsigned ra = ra_of[frame->arch], ip = ip_of[frame->arch];
	struct pmc_unwind_regs caller;
	enum pmc_unwind_result result;
	uint64_t cfa;

	if (rule->is_end)
		return PMC_UNWIND_END;
	result = find_cfa(&now, rules, rule, &cfa);
	if (result != PMC_UNWIND_OK)
		return result;
	begin_caller(frame, rule, regs, cfa, &caller);
	for (unsigned i = 0; i < rule->places_count; i++) {
		const struct cfi_place *place = &rules->places.items[rule->places_first + i];
		uint64_t value = 0;
		bool known;

		result = find_place(&now, rules, place, cfa, &value, &known);
		if (result != PMC_UNWIND_OK)
			return result;
		caller.reg[place->reg] = value;
		caller.known &= ~BIT(place->reg);
		caller.known |= known ? BIT(place->reg) : 0;
	}
	if (!(caller.known >> ip & 1)) {
		if (!(caller.known >> ra & 1))
			return PMC_UNWIND_BAD;
		caller.reg[ip] = strip(frame, caller.reg[ra]);
		caller.known |= BIT(ip);
		if (!rule->is_signal)
			caller.known &= ~BIT(ra);
	}
	if (!(caller.known >> sp_of[frame->arch] & 1))
		return PMC_UNWIND_BAD;
	if (!caller.reg[ip])
		return PMC_UNWIND_END;
	if (!rule->is_signal && !is_above(frame, caller.reg[sp_of[frame->arch]], now.sp))
		return PMC_UNWIND_BAD;
	*regs = caller;
	return rule->is_signal ? PMC_UNWIND_SIGNAL : PMC_UNWIND_OK;
}

enum pmc_unwind_result unwind_by_rule(const struct unwind_frame *frame,
				      const struct cfi_rules *rules, const struct cfi_rule *rule,
				      struct pmc_unwind_regs *regs)
{
	if (rule->is_plain) {
		const enum pmc_unwind_result result = by_plain_rule(frame, rules, rule, regs);

		if (result != PMC_UNWIND_NO_CFI)
			return result;
	}
	return by_any_rule(frame, rules, rule, regs);
}

/* ---- without rules ---- */

/*
 *   fp ──►  caller's fp        aarch64: a function that calls none may have no such record, and
 *     + 8   return address     then fp is still its caller's: lr tells, which differs from the
 *                              record's return address until the function has saved it
 */
enum pmc_unwind_result unwind_by_frame_pointer(const struct unwind_frame *frame,
					       struct pmc_unwind_regs *regs)
{
	const bool arm = frame->arch == PMC_ARCH_AARCH64;
	const unsigned fp = arm ? PMC_ARM_FP : PMC_X86_RBP, sp = sp_of[frame->arch];
	const unsigned ip = ip_of[frame->arch];
	const struct cfi_frame now = cfi_frame_of(frame, regs);
	uint64_t next_fp, next_ip;
	bool has_record = false;
	enum pmc_unwind_result result = PMC_UNWIND_NO_CFI;

	if (regs->known >> fp & 1 && regs->reg[fp] >= regs->reg[sp] && !(regs->reg[fp] & 7)) {
		result = cfi_frame_read(&now, regs->reg[fp] + 8, 8, &next_ip);
		has_record = result == PMC_UNWIND_OK &&
			     cfi_frame_read(&now, regs->reg[fp], 8, &next_fp) == PMC_UNWIND_OK;
	}
	if (arm && !frame->is_caller && regs->known >> PMC_ARM_LR & 1 && regs->reg[PMC_ARM_LR] &&
	    !(has_record && strip(frame, next_ip) == strip(frame, regs->reg[PMC_ARM_LR]))) {
		regs->reg[ip] = strip(frame, regs->reg[PMC_ARM_LR]);
		regs->known = (regs->known & kept[frame->arch]) | BIT(sp) | BIT(ip);
		return PMC_UNWIND_OK;
	}
	if (!has_record)
		return result == PMC_UNWIND_SHORT ? result : PMC_UNWIND_NO_CFI;
	/* Two zeros end a chain, if the pointer to them came from one. */
	if (!strip(frame, next_ip))
		return next_fp || !frame->is_caller ? PMC_UNWIND_NO_CFI : PMC_UNWIND_END;
	regs->reg[sp] = regs->reg[fp] + 16;
	regs->reg[fp] = next_fp;
	regs->reg[ip] = strip(frame, next_ip);
	/* Where the function put what it saved is not known. */
	regs->known = BIT(fp) | BIT(sp) | BIT(ip);
	return PMC_UNWIND_OK;
}

/* ---- signals ---- */

bool unwind_is_trampoline(enum pmc_arch arch, const uint8_t *code)
{
	/* mov $15, %rax; syscall          mov x8, #139; svc #0 */
	static const uint8_t x86[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t arm[] = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4 };

	if (arch == PMC_ARCH_X86_64)
		return !memcmp(code, x86, sizeof(x86));
	return !memcmp(code, arm, sizeof(arm));
}

/*
 * What the kernel's `struct rt_sigframe` has from sp on:
 *
 *   x86_64 (the first word, the return address, is popped)   aarch64
 *     0  ucontext: flags, link, stack     40 bytes             0  siginfo              128 bytes
 *    40  r8 … r15, rdi, rsi, rbp, rbx,                       128  ucontext up to the
 *        rdx, rax, rcx, rsp, rip           8 each                 registers, aligned    176
 *                                                            304  fault address           8
 *                                                            312  x0 … x30, sp, pc        8 each
 */
enum pmc_unwind_result unwind_by_signal(const struct unwind_frame *frame,
					struct pmc_unwind_regs *regs)
{
	static const uint8_t x86_order[] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7,
					     16 };
	const bool arm = frame->arch == PMC_ARCH_AARCH64;
	const struct cfi_frame now = cfi_frame_of(frame, regs);
	const uint64_t first = now.sp + (arm ? 312 : 40);
	const unsigned count = arm ? PMC_UNWIND_REGS : sizeof(x86_order);
	struct pmc_unwind_regs caller = { .known = 0 };

	for (unsigned i = 0; i < count; i++) {
		const unsigned reg = arm ? i : x86_order[i];
		const enum pmc_unwind_result result =
			cfi_frame_read(&now, first + 8 * (uint64_t)i, 8, &caller.reg[reg]);

		if (result != PMC_UNWIND_OK)
			return result;
		caller.known |= BIT(reg);
	}
	if (!caller.reg[ip_of[frame->arch]])
		return PMC_UNWIND_END;
	*regs = caller;
	return PMC_UNWIND_SIGNAL;
}
