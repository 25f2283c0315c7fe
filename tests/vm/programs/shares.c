/*
 * shares.c - two functions whose instructions are 3:1.
 */
#include <stdio.h>

#include "exact.h"

enum { PART = 2500000 }; /* 2 * PART instructions are a quarter: 20 million in all */

static PHASE void three(void)
{
	COUNT_DOWN(3 * PART);
}

static PHASE void one(void)
{
	COUNT_DOWN(PART);
}

int main(void)
{
	printf("three %d\none %d\n", 6 * PART, 2 * PART);
	three();
	one();
	return 0;
}
