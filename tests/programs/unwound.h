/*
 * unwound.h - calls whose chain is known: each function notes its return address, and at the end of
 * the calls a trap is taken, whose handler keeps what a sample would have: registers and stack.
 *
 *   truth:  return addresses, innermost first; what lies between them (libc, a signal's frame) is
 *           not noted
 */
#ifndef UNWOUND_H
#define UNWOUND_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* REG_RIP and its like */
#endif

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { UNWOUND_TRUTH = 4096, UNWOUND_REGS = 33, UNWOUND_STACK = 1 << 20 };

struct unwound {
	uint64_t regs[UNWOUND_REGS], known;
	uint64_t stack_start, stack_size;
	uint64_t truth_count, truth[UNWOUND_TRUTH];
	uint64_t is_adjacent;	/* nothing lies between the noted ones */
	uint8_t stack[UNWOUND_STACK] __attribute__((aligned(8)));
};

static struct unwound unwound;
static volatile int unwound_sink;

#ifdef __clang__
#define UNWOUND_CALL __attribute__((noinline))
#else
#ifdef __clang__ /* makes no clones, and does not know the word */
#define UNWOUND_CALL __attribute__((noinline))
#else
#define UNWOUND_CALL __attribute__((noinline, noclone))
#endif
#endif
/* To be had at once, before a frame of its own is gone. */
#define UNWOUND_NOTE() \
	(unwound_noted[unwound_noted_count++] = (uint64_t)__builtin_return_address(0))

static uint64_t unwound_noted[UNWOUND_TRUTH];
static unsigned unwound_noted_count;

/* Up to the end of the mapping that the stack lies in. */
__attribute__((no_sanitize("address"))) static void unwound_copy_stack(uint64_t sp)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];

	unwound.stack_start = sp;
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && sp >= start && sp < end)
			unwound.stack_size = end - sp;
	if (maps)
		fclose(maps);
	if (unwound.stack_size > UNWOUND_STACK)
		unwound.stack_size = UNWOUND_STACK;
	/* Not memcpy(), which a sanitizer would watch. */
	for (uint64_t i = 0; i < unwound.stack_size; i += 8)
		*(volatile uint64_t *)(unwound.stack + i) = *(const uint64_t *)(sp + i);
}

static void unwound_take(int number, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)number;
	(void)info;
#ifdef __x86_64__
	/* By DWARF number. */
	static const int order[] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP,
				     REG_RSP, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
				     REG_R14, REG_R15, REG_RIP };

	for (int i = 0; i < 17; i++)
		unwound.regs[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
	unwound.known = 0x1ffff;
	unwound_copy_stack(unwound.regs[7]);
#else
	for (int i = 0; i < 31; i++)
		unwound.regs[i] = context->uc_mcontext.regs[i];
	unwound.regs[31] = context->uc_mcontext.sp;
	unwound.regs[32] = context->uc_mcontext.pc;
	unwound.known = 0x1ffffffff;
	unwound_copy_stack(unwound.regs[31]);
	context->uc_mcontext.pc += 4;	/* behind the trap */
#endif
	for (unsigned i = 0; i < unwound_noted_count; i++)
		unwound.truth[i] = unwound_noted[unwound_noted_count - 1 - i];
	unwound.truth_count = unwound_noted_count;
}

static UNWOUND_CALL int unwound_trap(int value)
{
	UNWOUND_NOTE();
#ifdef __x86_64__
	__asm__ volatile("int3" ::: "memory");
#else
	__asm__ volatile("brk #0" ::: "memory");
#endif
	return value + unwound_sink;
}

/* ---- ways to get there ---- */

static UNWOUND_CALL int unwound_recurse(int depth)
{
	volatile char room[40];
	int value;

	UNWOUND_NOTE();
	room[depth % 40] = 1;
	value = depth > 1 ? unwound_recurse(depth - 1) : unwound_trap(depth);
	return value + room[depth % 40];
}

/* Frames of a size that only they know: found by a frame pointer, or by what was saved. */
static UNWOUND_CALL int unwound_alloca(int depth)
{
	char *room = alloca((size_t)(16 + depth % 7 * 64));
	int value;

	UNWOUND_NOTE();
	memset(room, depth, 16);
	value = depth > 1 ? unwound_alloca(depth - 1) : unwound_trap(depth);
	return value + room[depth % 16];
}

/* A frame that is aligned anew. */
static UNWOUND_CALL int unwound_aligned(int depth)
{
	volatile int room[16] __attribute__((aligned(64)));
	char *more = alloca((size_t)(32 + depth % 5 * 16));
	int value;

	UNWOUND_NOTE();
	room[depth % 16] = depth;
	memset(more, depth, 32);
	value = depth > 1 ? unwound_aligned(depth - 1) : unwound_trap(depth);
	return value + room[depth % 16] + more[depth % 32];
}

static int unwound_compare(const void *a, const void *b)
{
	static int calls;
	const int x = *(const int *)a, y = *(const int *)b;

	if (++calls == 5) {
		UNWOUND_NOTE();
		unwound_sink += unwound_recurse(3);
	}
	return (x > y) - (x < y);
}

/* Called by libc. */
static UNWOUND_CALL int unwound_sort(int depth)
{
	int values[64];

	UNWOUND_NOTE();
	for (int i = 0; i < 64; i++)
		values[i] = i * 37 % 64;
	qsort(values, 64, sizeof(values[0]), unwound_compare);
	return values[depth % 64];
}

static void unwound_handler(int number)
{
	unwound_sink += unwound_recurse(number);
}

/* In a signal's handler. */
static UNWOUND_CALL int unwound_signal(int depth)
{
	struct sigaction action = { .sa_handler = unwound_handler };

	UNWOUND_NOTE();
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	return depth + unwound_sink;
}

static void unwound_fault_handler(int number, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)info;
	unwound_sink += unwound_recurse(number);
#ifdef __x86_64__
	context->uc_mcontext.gregs[REG_RIP] += 2;	/* behind ud2 */
#else
	context->uc_mcontext.pc += 4;
#endif
}

/* A signal in the middle of a function, not in a system call of libc's. */
static UNWOUND_CALL int unwound_fault(int depth)
{
	struct sigaction action = { .sa_sigaction = unwound_fault_handler, .sa_flags = SA_SIGINFO };

	UNWOUND_NOTE();
	sigaction(SIGILL, &action, NULL);
#ifdef __x86_64__
	__asm__ volatile("ud2" ::: "memory");
#else
	__asm__ volatile(".inst 0" ::: "memory");
#endif
	return depth + unwound_sink;
}

static void *unwound_routine(void *arg)
{
	UNWOUND_NOTE();
	unwound_sink += unwound_recurse(*(int *)arg);
	return NULL;
}

static UNWOUND_CALL int unwound_thread(int depth)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, unwound_routine, &depth))
		pthread_join(thread, NULL);
	return unwound_sink;
}

static const struct unwound_scenario {
	const char *name;
	int (*run)(int depth);
	int depth, is_adjacent;
} unwound_scenarios[] = {
	{ "recurse", unwound_recurse, 300, 1 },
	{ "alloca", unwound_alloca, 200, 1 },
	{ "aligned", unwound_aligned, 100, 1 },
	{ "sort", unwound_sort, 1, 0 },
	{ "signal", unwound_signal, 1, 0 },
	{ "thread", unwound_thread, 20, 1 },
	{ "fault", unwound_fault, 1, 0 },
};
enum { UNWOUND_SCENARIOS = sizeof(unwound_scenarios) / sizeof(unwound_scenarios[0]) };

/* After this, `unwound` is filled. */
static int unwound_run(const struct unwound_scenario *scenario)
{
	struct sigaction action = { .sa_sigaction = unwound_take,
				    .sa_flags = SA_SIGINFO };

	unwound_noted_count = 0;
	unwound.is_adjacent = (uint64_t)scenario->is_adjacent;
	sigaction(SIGTRAP, &action, NULL);
	return scenario->run(scenario->depth);
}

#endif
