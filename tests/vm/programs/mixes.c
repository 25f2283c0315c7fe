/*
 * mixes.c - five functions, each with instructions of a kind of their own: arithmetic, long
 * multiplications and divisions, floating point, memory, branches that go both ways.
 */
#include <stdio.h>

#include "exact.h"

enum {
	ADDS = 900000,
	DIVISIONS = 600000,
	FLOATS = 700000,
	STORES = 500000,
	BRANCHES = 1200000, /* even */
};

static PHASE void adds(void)
{
	uint64_t rounds = ADDS, a = 1, b = 2;

	__asm__ volatile("1:	add	%1, %1, %2\n"
			 "	eor	%2, %2, %1, lsl #3\n"
			 "	orr	%1, %1, #1\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(rounds), "+r"(a), "+r"(b)
			 :
			 : "cc");
}

static PHASE void divisions(void)
{
	uint64_t rounds = DIVISIONS, a = 12345, b = 7, high;

	__asm__ volatile("1:	mul	%1, %1, %1\n"
			 "	umulh	%3, %1, %2\n"
			 "	udiv	%1, %1, %2\n"
			 "	orr	%1, %1, #1\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(rounds), "+r"(a), "+r"(b), "=&r"(high)
			 :
			 : "cc");
}

static PHASE void floats(void)
{
	uint64_t rounds = FLOATS;
	double a = 1.5, b = 0.75;

	__asm__ volatile("1:	fmul	%d1, %d1, %d2\n"
			 "	fadd	%d1, %d1, %d2\n"
			 "	fsqrt	%d1, %d1\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(rounds), "+w"(a), "+w"(b)
			 :
			 : "cc");
}

static PHASE void stores(void)
{
	static uint64_t words[4];
	uint64_t rounds = STORES, a, b;

	__asm__ volatile("1:	ldp	%1, %2, [%3]\n"
			 "	add	%1, %1, #1\n"
			 "	stp	%2, %1, [%3]\n"
			 "	ldr	%1, [%3, #16]\n"
			 "	add	%1, %1, %2\n"
			 "	str	%1, [%3, #16]\n"
			 "	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(rounds), "=&r"(a), "=&r"(b)
			 : "r"(words)
			 : "cc", "memory");
}

/* Three instructions a round, and one more in every other. */
static PHASE void branches(void)
{
	uint64_t rounds = BRANCHES;

	__asm__ volatile("1:	tbz	%0, #0, 2f\n"
			 "	nop\n"
			 "2:	subs	%0, %0, #1\n"
			 "	b.ne	1b\n"
			 : "+r"(rounds)
			 :
			 : "cc");
}

int main(void)
{
	printf("adds %d\n", 5 * ADDS);
	printf("divisions %d\n", 6 * DIVISIONS);
	printf("floats %d\n", 5 * FLOATS);
	printf("stores %d\n", 8 * STORES);
	printf("branches %d\n", 3 * BRANCHES + BRANCHES / 2);
	adds();
	divisions();
	floats();
	stores();
	branches();
	return 0;
}
