/*
 * exact.h - how the programs of the machine with a PMU measure out their work: in instructions,
 * which are known to the last one because the loops are written in assembly.
 *
 * A program prints a line for each part of its work, "NAME INSTRUCTIONS", so that tests compare
 * with what the program says and do not repeat its numbers. What is not in a loop (calls,
 * prologues) is a few instructions, far below one sampling period.
 *
 * Work comes in phases, one function after the other: samples every P instructions then hit a
 * function of N instructions N / P times, rounded up or down.
 */
#ifndef EXACT_H
#define EXACT_H

#include <stdint.h>

#ifdef __clang__ /* makes no clones, and does not know the word */
#define PHASE __attribute__((noinline))
#else
#define PHASE __attribute__((noinline, noclone))
#endif

/*
 * 2 * rounds instructions; how the count came into its register is not in it. A macro, as an
 * inlined function would get its caller's instructions.
 */
#define COUNT_DOWN(rounds)                                       \
	do {                                                     \
		uint64_t left_ = (rounds);                       \
								 \
		__asm__ volatile("1:	subs	%0, %0, #1\n"     \
				 "	b.ne	1b\n"             \
				 : "+r"(left_)                   \
				 :                               \
				 : "cc");                        \
	} while (0)

#endif
