/*
 * unwind.h - from the registers and the stack of a sample to its callers: what the collector, which
 * has them, and the unwinder, which knows the rules, share. No functions here.
 *
 *   sample: registers, copy of the stack
 *      │  ┌──────────────────────────────────────────────────────────────┐
 *      ▼  ▼                                                              │ registers of the caller
 *   collector: whose code is ip in? ──pmc_unwind_code──► step() ─────────┤
 *      │ location of the frame                                          │ or why it goes no further
 *      ▼                                                                 ▼
 *   stack node                                                     health: cause
 *
 * step() is given to the collector by cli; tests hand it a fake. It is called on the collector's
 * thread, once a frame: nothing is allocated or parsed in it once a module's rules are known.
 */
#ifndef PMC_UNWIND_H
#define PMC_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/model.h"

/*
 * Registers by DWARF number: x86_64 rax=0 rdx rcx rbx rsi rdi rbp=6 rsp=7 r8…r15, ip=16; aarch64
 * x0…x30 (fp=29, lr=30), sp=31, ip=32. A register that is not known has no bit in `known`.
 */
enum { PMC_UNWIND_REGS = 33 };
enum { PMC_X86_RBP = 6, PMC_X86_RSP = 7, PMC_X86_IP = 16 };
enum { PMC_ARM_FP = 29, PMC_ARM_LR = 30, PMC_ARM_SP = 31, PMC_ARM_IP = 32 };

struct pmc_unwind_regs {
	uint64_t reg[PMC_UNWIND_REGS];
	uint64_t known; /* bit n: reg[n] holds something */
};

enum pmc_arch { PMC_ARCH_X86_64, PMC_ARCH_AARCH64 };

/* The copied part of a user stack: bytes[0] is at address `start`. */
struct pmc_unwind_stack {
	uint64_t start, size;
	const uint8_t *bytes;
};

/* The code that a frame's ip lies in. Borrowed for the call. */
struct pmc_unwind_code {
	uint32_t module;		   /* id; 0: no mapping owns ip */
	const struct pmc_module_row *row;  /* of the module; NULL where there is none */
	const char *path;		   /* text of row->path; NULL where there is none */
	uint64_t offset;		   /* of ip, as the module's kind says (file offset …) */
	bool is_caller;			   /* ip is a return address: the rule is that of ip - 1 */
};

enum pmc_unwind_result {
	PMC_UNWIND_OK,	      /* regs are the caller's: known ip, sp */
	PMC_UNWIND_SIGNAL,    /* so they are, and the caller's ip is no return address: the frame
			       * was a signal handler's trampoline */
	PMC_UNWIND_END,	      /* there is no caller: the rules say so (_start, clone), or ip 0 */
	PMC_UNWIND_NO_CFI,    /* no rule for ip, and frame pointers led nowhere */
	PMC_UNWIND_SHORT,     /* what is needed lies behind the copied part of the stack */
	PMC_UNWIND_BAD,	      /* rules or memory contradict themselves: a stack that goes backwards,
			       * an expression that loops, a read that is in no stack */
	PMC_UNWIND_NO_FILE,   /* the module's file cannot be read, and frame pointers led nowhere */
	PMC_UNWIND_RESULTS
};

struct pmc_unwind_ops {
	void *ctx;
	/*
	 * Makes `regs` of a frame those of its caller. On any result but OK and SIGNAL regs are
	 * as they were.
	 */
	enum pmc_unwind_result (*step)(void *ctx, const struct pmc_unwind_code *code,
				       const struct pmc_unwind_stack *stack,
				       struct pmc_unwind_regs *regs);
};

#endif
