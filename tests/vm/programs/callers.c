/*
 * callers.c - two functions of equal instructions, each called by two others nine times to once.
 *
 *   main ─┬─► nine ─┬─► left      nine has 0.9 of the instructions, and left 0.5
 *         └─► one ──┴─► right
 *
 * A function that calls nothing would make no frame record, and hide its caller.
 * build-flags: -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer */
#include <stdio.h>

#include "exact.h"

enum { ROUNDS = 1000000 }; /* a call is 2 million instructions: all are 40 million */

static PHASE void left(void)
{
	COUNT_DOWN(ROUNDS);
}

static PHASE void right(void)
{
	COUNT_DOWN(ROUNDS);
}

static PHASE void nine(void)
{
	for (int i = 0; i < 9; i++) {
		left();
		right();
	}
}

static PHASE void one(void)
{
	left();
	right();
}

int main(void)
{
	printf("left %d\nright %d\n", 20 * ROUNDS, 20 * ROUNDS);
	nine();
	one();
	return 0;
}
