/*
 * libstacks_late.c - a library that stacks_calls opens when it is on its way: calls back.
 *
 *   late_call ─► late_inner ─► work
 *
 * build-flags: -O2 -fomit-frame-pointer
 */
#define CALLED __attribute__((noinline))

void late_call(void (*work)(void));

static volatile unsigned calls;

static CALLED void late_inner(void (*work)(void), unsigned number)
{
	work();
	calls += number;
}

void late_call(void (*work)(void))
{
	late_inner(work, calls ^ 1);
	calls++;
}
