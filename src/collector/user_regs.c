/*
 * user_regs.c - see user_regs.h. Orders are those of Linux's arch/{x86,arm64}/include/uapi/asm/
 * perf_regs.h and of the architectures' DWARF supplements.
 */
#include "collector/user_regs.h"

#include <string.h>

#include "collector/collector.h"

enum { NONE = 0xff };

/* ax bx cx dx si di bp sp ip flags cs ss ds es fs gs r8 … r15 */
static const uint8_t x86_dwarf[] = { 0,	   3,	 2,    1,    4,	   5,	 PMC_X86_RBP, PMC_X86_RSP,
				     PMC_X86_IP, NONE, NONE, NONE, NONE, NONE, NONE,	  NONE,
				     8,	   9,	 10,   11,   12,   13,	 14,	      15 };

enum pmc_arch pmc_arch_here(void)
{
#if defined(__aarch64__)
	return PMC_ARCH_AARCH64;
#else
	return PMC_ARCH_X86_64;
#endif
}

/* x0 … x29, lr, sp and pc have the same numbers in both. */
static unsigned dwarf_number(enum pmc_arch arch, unsigned number)
{
	if (arch == PMC_ARCH_AARCH64)
		return number < PMC_UNWIND_REGS ? number : NONE;
	return number < sizeof(x86_dwarf) ? x86_dwarf[number] : NONE;
}

uint64_t user_regs_mask(enum pmc_arch arch)
{
	uint64_t mask = 0;

	for (unsigned number = 0; number < 64; number++)
		if (dwarf_number(arch, number) != NONE)
			mask |= 1ULL << number;
	return mask;
}

void user_regs_read(struct pmc_unwind_regs *regs, enum pmc_arch arch, uint64_t mask,
		    const uint64_t *words)
{
	memset(regs, 0, sizeof(*regs));
	for (unsigned number = 0; mask; number++, mask >>= 1) {
		const unsigned reg = dwarf_number(arch, number);

		if (!(mask & 1))
			continue;
		if (reg != NONE) {
			regs->reg[reg] = *words;
			regs->known |= 1ULL << reg;
		}
		words++;
	}
}

unsigned user_regs_ip(enum pmc_arch arch)
{
	return arch == PMC_ARCH_AARCH64 ? (unsigned)PMC_ARM_IP : (unsigned)PMC_X86_IP;
}

unsigned user_regs_sp(enum pmc_arch arch)
{
	return arch == PMC_ARCH_AARCH64 ? (unsigned)PMC_ARM_SP : (unsigned)PMC_X86_RSP;
}
