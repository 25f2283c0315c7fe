/*
 * stacks_calls.c - ways of calling that know their own chains; built without frame pointers.
 *
 *   main ─► repeat ─► in_NAME ─► … ─► spin        for so many seconds of CPU time, NAME by NAME
 *
 * Prints a line for each NAME: its chain, from the function that is to be found up, a word a frame:
 *
 *   f         a function               ?      one frame, whatever its name
 *   ~f        one that was inlined     ...    any number of frames
 *   f|g       one of them              /      or this chain
 *   =f        one whose name has f in it: a library's, which calls it what it likes
 *
 * A sample between two calls has a chain that stops before its end.
 *
 * usage: stacks_calls SECONDS [-d] [-l LIBRARY] [NAME...]
 *   -d  deletes its own file first      -l  also calls a library that it opens only then
 *   NAME...  these ways (all whose chain is whole); see the table at the end
 *
 * build-flags: -O2 -fomit-frame-pointer -foptimize-sibling-calls -falign-functions=1
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_attribute) && __has_attribute(noipa)
#define CALLED __attribute__((noipa))
#else
#define CALLED __attribute__((noinline))
#endif
/* Behind a call: it is not the last thing that its function does. */
#define AND_ON() __asm__ volatile("" ::: "memory")

enum {
	SPIN_STEPS = 5000,	/* some twenty microseconds */
	DEPTH = 40,		/* of recursion; a frame has 64 bytes or so */
	ABYSS = 100000,
	HANDLER_SPINS = 80,
};

static volatile uint64_t sum;
static const char *library;

/* Called by assembly, too, so not static. */
CALLED void spin(void);
void asm_cfi(void);
void asm_pointer(void);
void asm_bare(void);
void asm_fault(void);

CALLED void spin(void)
{
	uint64_t value = sum;

	for (int i = 0; i < SPIN_STEPS; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	sum = value;
}

/* ---- recursion, with registers to be saved ---- */

static CALLED void descend(int depth, uint64_t a, uint64_t b, uint64_t c)
{
	if (depth > 1)
		descend(depth - 1, a ^ c, b + a, c * 3);
	else
		spin();
	AND_ON();
	sum += a + b * 3 + c * 5;
}

static CALLED void in_recursion(void)
{
	descend(DEPTH, sum, 1, 2);
	AND_ON();
}

/* The same without work at its end: many samples lie in the ways in and out of functions. */
static CALLED uint64_t climb(int depth, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t below = depth > 1 ? climb(depth - 1, b, c, d, a + 1) : a;

	AND_ON();
	return below + (a ^ b ^ c ^ d);
}

static CALLED void in_climbing(void)
{
	for (int i = 0; i < 500; i++)
		sum += climb(DEPTH, sum, 1, 2, 3);
}

/* Far deeper than anybody wants to see. Works at the bottom, for all of the time. */
static double deadline;
static int is_over(void);

static CALLED void fall(int depth)
{
	if (depth > 1)
		fall(depth - 1);
	else
		while (!is_over())
			spin();
	AND_ON();
}

static CALLED void in_abyss(void)
{
	fall(ABYSS);
	AND_ON();
}

/* ---- inlined functions ---- */

static inline __attribute__((always_inline)) void inner(void)
{
	spin();
	AND_ON();
	sum++;
}

static inline __attribute__((always_inline)) void outer(void)
{
	sum--;
	inner();
	AND_ON();
	sum ^= 1;
}

static CALLED void host(void)
{
	sum += 2;
	outer();
	AND_ON();
}

static CALLED void in_inlined(void)
{
	host();
	AND_ON();
}

/* ---- ways to leave ---- */

static CALLED void tail_last(void)
{
	spin();
	AND_ON();
}

static CALLED void tail_first(void)
{
	sum++;
	tail_last();
}

static CALLED void in_tail(void)
{
	tail_first();
	AND_ON();
}

static jmp_buf back;

static CALLED __attribute__((noreturn)) void never_returns(void)
{
	spin();
	longjmp(back, 1);
}

/* Its last instruction is a call: the return address belongs to what comes behind. */
static CALLED __attribute__((noreturn)) void ends_in_call(void)
{
	sum++;
	never_returns();
}

static CALLED void in_noreturn(void)
{
	if (!setjmp(back))
		ends_in_call();
	AND_ON();
}

/* ---- frames of unusual shapes ---- */

static CALLED void with_alloca(int size)
{
	volatile char *room = alloca((size_t)size);

	room[size - 1] = 1;
	spin();
	AND_ON();
	sum += (uint64_t)room[size - 1];
}

static CALLED void in_alloca(void)
{
	with_alloca(16 + (int)(sum % 7) * 64);
	AND_ON();
}

static CALLED void realigned(int size)
{
	volatile int room[32] __attribute__((aligned(64)));
	volatile char *more = alloca((size_t)size);

	room[size % 32] = size;
	more[size - 1] = 1;
	spin();
	AND_ON();
	sum += (uint64_t)room[size % 32] + (uint64_t)more[size - 1];
}

static CALLED void in_realigned(void)
{
	realigned(16 + (int)(sum % 5) * 24);
	AND_ON();
}

/* ---- signals ---- */

static volatile sig_atomic_t is_inside, is_handled;

static CALLED void on_signal(int number)
{
	(void)number;
	if (!is_inside || is_handled)
		return;
	for (int i = 0; i < HANDLER_SPINS; i++)
		spin();
	is_handled = 1;
}

/* Anywhere in here the signal comes. */
static CALLED void interrupted(void)
{
	uint64_t value = sum;

	is_inside = 1;
	while (!is_handled)
		value = (value ^ value >> 29) * 6364136223846793005ULL;
	is_inside = 0;
	sum = value;
}

static CALLED void be_interrupted(void)
{
	struct itimerval every = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };

	is_handled = 0;
	setitimer(ITIMER_REAL, &every, NULL);
	interrupted();
	setitimer(ITIMER_REAL, &never, NULL);
}

static CALLED void in_signal(void)
{
	be_interrupted();
	AND_ON();
}

/* Stack below this frame and what is called from it, which nobody uses. */
static CALLED char *below(size_t gap, size_t size)
{
	char *room = alloca(gap + size);

	memset(room, 0, gap + size);
	__asm__ volatile("" : "+r"(room) :: "memory");
	return room;
}

static CALLED void on_other_stack(void *memory, size_t size)
{
	stack_t stack = { .ss_sp = memory, .ss_size = size }, none = { .ss_flags = SS_DISABLE };

	sigaltstack(&stack, NULL);
	be_interrupted();
	sigaltstack(&none, NULL);
}

/* An alternate stack so near below that a large copy of it holds the frames above, too. */
static CALLED void in_stack_near(void)
{
	on_other_stack(below(4096, 16384), 16384);
	AND_ON();
}

/* One somewhere else: what was interrupted is known, but not who called it. */
static CALLED void in_stack_far(void)
{
	static char memory[65536];

	on_other_stack(memory, sizeof(memory));
	AND_ON();
}

/* The first instruction of a function is where the signal comes: the one before is another's. */
static CALLED void on_fault(int number, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)number;
	(void)info;
	spin();
#ifdef __x86_64__
	context->uc_mcontext.gregs[REG_RIP] += 2;
#else
	context->uc_mcontext.pc += 4;
#endif
}

static CALLED void in_fault(void)
{
	asm_fault();
	AND_ON();
}

/* ---- libraries ---- */

/* Calls of a function so short that the way to it has a share. */
static CALLED void in_plt(void)
{
	unsigned seed = (unsigned)sum;

	for (int i = 0; i < 2000; i++)
		sum += (uint64_t)rand_r(&seed);
}

static CALLED int compare(const void *key, const void *item)
{
	spin();
	AND_ON();
	return *(const int *)key != *(const int *)item;
}

static CALLED void in_callback(void)
{
	static const int items[] = { 1, 3, 5, 7 };
	const int key = 7;
	size_t count = 4;

	sum += lfind(&key, items, &count, sizeof(items[0]), compare) != NULL;
}

static CALLED void in_library(void)
{
	static void (*late_call)(void (*work)(void));

	if (!late_call) {
		union { void *address; void (*call)(void (*work)(void)); } found;
		void *handle = dlopen(library, RTLD_NOW);

		found.address = handle ? dlsym(handle, "late_call") : NULL;
		if (!found.address) {
			fprintf(stderr, "%s\n", dlerror());
			exit(1);
		}
		late_call = found.call;
	}
	late_call(spin);
	AND_ON();
}

static CALLED void in_vdso(void)
{
	struct timespec ts;

	for (int i = 0; i < 500; i++) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		sum += (uint64_t)ts.tv_nsec;
	}
}

/* ---- assembly: asm_cfi tells where things are, asm_pointer has a frame pointer only, and of
 * asm_bare nothing is known; asm_fault begins with an instruction that there is not ---- */

#ifdef __x86_64__
__asm__(".text\n"
	".globl asm_cfi\n.type asm_cfi, @function\nasm_cfi:\n"
	"	.cfi_startproc\n"
	"	lea -72(%rsp), %rsp\n"
	"	.cfi_adjust_cfa_offset 72\n"
	"	mov %rbx, 24(%rsp)\n"
	"	.cfi_rel_offset %rbx, 24\n"
	"	mov $12345, %ebx\n"
	"	call spin\n"
	"	mov 24(%rsp), %rbx\n"
	"	.cfi_restore %rbx\n"
	"	lea 72(%rsp), %rsp\n"
	"	.cfi_adjust_cfa_offset -72\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size asm_cfi, . - asm_cfi\n"
	".globl asm_pointer\n.type asm_pointer, @function\nasm_pointer:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	sub $48, %rsp\n"
	"	call spin\n"
	"	leave\n"
	"	ret\n"
	".size asm_pointer, . - asm_pointer\n"
	".globl asm_bare\n.type asm_bare, @function\nasm_bare:\n"
	"	push %rbp\n"
	"	sub $48, %rsp\n"
	"	xor %ebp, %ebp\n"
	"	call spin\n"
	"	add $48, %rsp\n"
	"	pop %rbp\n"
	"	ret\n"
	".size asm_bare, . - asm_bare\n"
	".globl asm_fault\n.type asm_fault, @function\nasm_fault:\n"
	"	.cfi_startproc\n"
	"	ud2\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size asm_fault, . - asm_fault\n");
#else
__asm__(".text\n"
	".globl asm_cfi\n.type asm_cfi, %function\nasm_cfi:\n"
	"	.cfi_startproc\n"
	"	sub sp, sp, #80\n"
	"	.cfi_adjust_cfa_offset 80\n"
	"	str x30, [sp, #24]\n"
	"	.cfi_rel_offset x30, 24\n"
	"	str x19, [sp, #40]\n"
	"	.cfi_rel_offset x19, 40\n"
	"	mov x19, #12345\n"
	"	bl spin\n"
	"	ldr x19, [sp, #40]\n"
	"	.cfi_restore x19\n"
	"	ldr x30, [sp, #24]\n"
	"	.cfi_restore x30\n"
	"	add sp, sp, #80\n"
	"	.cfi_adjust_cfa_offset -80\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size asm_cfi, . - asm_cfi\n"
	".globl asm_pointer\n.type asm_pointer, %function\nasm_pointer:\n"
	/* The record at the upper end of the frame, as clang has it: without rules nobody could
	 * tell where a frame ends that has it elsewhere. */
	"	sub sp, sp, #64\n"
	"	stp x29, x30, [sp, #48]\n"
	"	add x29, sp, #48\n"
	"	bl spin\n"
	"	ldp x29, x30, [sp, #48]\n"
	"	add sp, sp, #64\n"
	"	ret\n"
	".size asm_pointer, . - asm_pointer\n"
	".globl asm_bare\n.type asm_bare, %function\nasm_bare:\n"
	"	stp x29, x30, [sp, #-64]!\n"
	"	mov x29, #0\n"
	"	bl spin\n"
	"	ldp x29, x30, [sp], #64\n"
	"	ret\n"
	".size asm_bare, . - asm_bare\n"
	".globl asm_fault\n.type asm_fault, %function\nasm_fault:\n"
	"	.cfi_startproc\n"
	"	.inst 0\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size asm_fault, . - asm_fault\n");
#endif

static CALLED void in_asm_cfi(void)
{
	asm_cfi();
	AND_ON();
}

static CALLED void in_asm_pointer(void)
{
	asm_pointer();
	AND_ON();
}

static CALLED void in_asm_bare(void)
{
	asm_bare();
	AND_ON();
}

/* ---- all ---- */

enum kind {
	WHOLE,		/* runs unless other names are given */
	THREAD,		/* so too, in a thread of its own */
	LIBRARY,	/* so too, with a library */
	ASKED,		/* only by its name: it asks for more stack, or is cut */
};

static const struct way {
	const char *name;
	void (*call)(void);
	enum kind kind;
	const char *chain;	/* * behind a word: DEPTH times */
} ways[] = {
	{ "recursion", in_recursion, WHOLE, "main repeat in_recursion descend* spin" },
	{ "climbing", in_climbing, WHOLE, "main repeat in_climbing climb*" },
	{ "inlined", in_inlined, WHOLE, "main repeat in_inlined host ~outer ~inner spin" },
	{ "tail", in_tail, WHOLE, "main repeat in_tail tail_last|tail_first spin" },
	{ "noreturn", in_noreturn, WHOLE,
	  "main repeat in_noreturn ends_in_call never_returns spin / "
	  "main repeat in_noreturn =jmp / "
	  "main repeat in_noreturn ends_in_call never_returns =jmp ..." },
	{ "alloca", in_alloca, WHOLE, "main repeat in_alloca with_alloca spin" },
	{ "realigned", in_realigned, WHOLE, "main repeat in_realigned realigned spin" },
	{ "signal", in_signal, WHOLE,
	  "main repeat in_signal be_interrupted interrupted ? on_signal spin / "
	  "main repeat in_signal be_interrupted =itimer" },
	{ "fault", in_fault, WHOLE, "main repeat in_fault asm_fault ? on_fault spin" },
	{ "plt", in_plt, WHOLE, "main repeat in_plt ?" },
	{ "callback", in_callback, WHOLE, "main repeat in_callback lfind|__GI_lfind compare spin" },
	{ "vdso", in_vdso, WHOLE, "main repeat in_vdso ..." },
	{ "asm_cfi", in_asm_cfi, WHOLE, "main repeat in_asm_cfi asm_cfi spin" },
	{ "asm_pointer", in_asm_pointer, WHOLE, "main repeat in_asm_pointer asm_pointer spin" },
	{ "library", in_library, LIBRARY,
	  "main repeat in_library late_call late_inner spin / "
	  "main repeat in_library =dlopen ... / main repeat in_library =dlsym ..." },
	{ "thread", in_recursion, THREAD, "thread_main repeat in_recursion descend* spin" },
	{ "stack_near", in_stack_near, ASKED,
	  "main repeat in_stack_near on_other_stack be_interrupted interrupted ? on_signal spin / "
	  "main repeat in_stack_near on_other_stack be_interrupted =itimer / "
	  "main repeat in_stack_near on_other_stack =sigaltstack / "
	  "main repeat in_stack_near below =memset" },
	{ "stack_far", in_stack_far, ASKED, "interrupted ? on_signal spin" },
	{ "asm_bare", in_asm_bare, ASKED, "asm_bare spin" },
	{ "abyss", in_abyss, ASKED, "fall* spin" },
};

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int is_over(void)
{
	return cpu_seconds() >= deadline;
}

static CALLED void repeat(void (*call)(void), double seconds)
{
	deadline = cpu_seconds() + seconds;
	while (!is_over())
		call();
}

static double seconds;

static void *thread_main(void *arg)
{
	const struct way *way = arg;

	repeat(way->call, seconds);
	AND_ON();
	return NULL;
}

static void tell(const struct way *way)
{
	char words[512], *rest = words;

	snprintf(words, sizeof(words), "%s", way->chain);
	printf("%s", way->name);
	for (char *word; (word = strsep(&rest, " "));) {
		char *star = strchr(word, '*');

		if (star)
			*star = '\0';
		for (int i = 0; i < (star ? DEPTH : 1); i++)
			printf(" %s", word);
	}
	putchar('\n');
}

static int is_wanted(const struct way *way, char **names)
{
	if (!*names)
		return way->kind == WHOLE || way->kind == THREAD ||
		       (way->kind == LIBRARY && library);
	for (; *names; names++)
		if (!strcmp(*names, way->name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	/* On the alternate stack where there is one. */
	const struct sigaction alarms = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	char **names = argv + 2;

	if (argc < 2) {
		fprintf(stderr, "usage: %s SECONDS [-d] [-l LIBRARY] [NAME...]\n", argv[0]);
		return 2;
	}
	seconds = atof(argv[1]);
	sigaction(SIGILL, &fault, NULL);
	sigaction(SIGALRM, &alarms, NULL);
	for (; *names && **names == '-'; names++)
		if (!strcmp(*names, "-d"))
			remove(argv[0]);
		else if (!strcmp(*names, "-l") && names[1])
			library = *++names;
	for (const struct way *way = ways; way < ways + sizeof(ways) / sizeof(ways[0]); way++) {
		pthread_t thread;

		if (!is_wanted(way, names))
			continue;
		tell(way);
		if (way->kind != THREAD)
			repeat(way->call, seconds);
		else if (!pthread_create(&thread, NULL, thread_main, (void *)(uintptr_t)way))
			pthread_join(thread, NULL);
	}
	return 0;
}
