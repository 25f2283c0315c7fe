/*
 * unwind.c - frames a second of the unwinder, once the rules of the code are known, and of libdw.
 *
 *   files ──► addresses, drawn from all code that has rules ─┬─► step()                      spread
 *                 │                                          └─► libdw: rule of the address,
 *                 └─► made-up registers and stack                its CFA and registers       libdw
 *   this program's own stack, 300 calls deep ──► step() from frame to frame                  chain
 *   the same files, nothing known ──► step() of each address once                            first
 *
 * "spread" has every frame in another function, as no program has; "chain" is one loop of hot code.
 * What a real recording costs lies between. libdw keeps the entries that it has read, and finds the
 * row of the address by running its instructions each time.
 *
 * Prints "frames N" and "part NAME NS-A-FRAME"; CPU time of this thread, medians.
 *
 * usage: unwind [FRAMES [FILE...]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../programs/unwound.h"
#include "symbolize/elf_file.h"
#include "unwind_oracle.h"
#include "unwind_walk.h"

#ifdef __aarch64__
enum { IS_ARM = 1, REG_SP = PMC_ARM_SP, REG_IP = PMC_ARM_IP };
#define ARCH PMC_ARCH_AARCH64
#else
enum { IS_ARM = 0, REG_SP = PMC_X86_RSP, REG_IP = PMC_X86_IP };
#define ARCH PMC_ARCH_X86_64
#endif

enum { FRAMES = 20000, ROUNDS = 21, STACK_BYTES = 1 << 20 };
static const uint64_t STACK_AT = 0x7ffc00000000;

struct file {
	struct elf_file *elf;
	struct pmc_module_row row;
	const char *path;
	Dwarf_CFI *cfi;
};

struct place {
	uint32_t file;
	uint64_t offset, vaddr;
};

static PMC_ARRAY(struct file) files;
static PMC_ARRAY(struct place) places;
static uint64_t words[STACK_BYTES / 8];
static struct pmc_unwind_stack stack = { .size = STACK_BYTES, .bytes = (const uint8_t *)words };
static struct pmc_unwind_regs regs;
static struct walk walk;
static volatile uint64_t sink;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static uint64_t draw(uint64_t below)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 16) % below;
}

static void make_frame(void)
{
	stack.start = STACK_AT;
	for (size_t i = 0; i < STACK_BYTES / 8; i++)
		words[i] = STACK_AT + draw(STACK_BYTES);
	regs.known = IS_ARM ? 0x1ffffffff : 0x1ffff;
	for (unsigned i = 0; i < PMC_UNWIND_REGS; i++)
		regs.reg[i] = STACK_AT + 0x20000 + 64 * i;
	regs.reg[REG_SP] = STACK_AT + 0x10000;
}

static enum pmc_unwind_result step(const struct pmc_unwind_ops *ops, const struct place *place,
				   struct pmc_unwind_regs *frame)
{
	const struct pmc_unwind_code code = {
		.module = place->file + 1, .row = &files.items[place->file].row,
		.path = files.items[place->file].path, .offset = place->offset };

	memcpy(frame, &regs, sizeof(*frame));
	frame->reg[REG_IP] = place->vaddr;
	return ops->step(ops->ctx, &code, &stack, frame);
}

static void add_file(const char *path)
{
	struct file *file = pmc_array_add(&files);

	file->path = path;
	file->row.kind = PMC_MODULE_USER;
	file->elf = elf_file_open(path);
	if (file->elf)
		file->cfi = dwarf_getcfi_elf(file->elf->elf);
	if (!file->cfi)
		files.count--;
}

/* Addresses that both have a rule for. */
static void draw_places(const struct pmc_unwind_ops *ops, size_t count)
{
	for (size_t tries = 0; places.count < count && tries < 100 * count; tries++) {
		const uint32_t number = (uint32_t)draw(files.count);
		const struct elf_file *elf = files.items[number].elf;
		const struct elf_segment *s =
			&elf->segments.items[draw(elf->segments.count)];
		struct place place = { .file = number };
		struct pmc_unwind_regs frame;
		Dwarf_Frame *rule;

		if (!s->exec || !s->filesz)
			continue;
		place.vaddr = s->vaddr + draw(s->filesz) / 4 * 4;
		place.offset = place.vaddr - s->vaddr + s->offset;
		if (dwarf_cfi_addrframe(files.items[number].cfi, place.vaddr, &rule))
			continue;
		free(rule);
		if (step(ops, &place, &frame) == PMC_UNWIND_OK)
			*pmc_array_add(&places) = place;
	}
}

static double all_steps(const struct pmc_unwind_ops *ops)
{
	const double before = now();
	struct pmc_unwind_regs frame;

	for (size_t i = 0; i < places.count; i++) {
		step(ops, &places.items[i], &frame);
		sink += frame.reg[REG_IP];
	}
	return (now() - before) / (double)places.count;
}

/* What a frame needs of libdw: CFA, return address, and the registers that calls keep. */
static double all_libdw(void)
{
	static const int x86[] = { 16, 3, 6, 12, 13, 14, 15 };
	static const int arm[] = { 30, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29 };
	const int *kept = IS_ARM ? arm : x86;
	const size_t count = IS_ARM ? PMC_COUNT(arm) : PMC_COUNT(x86);
	const double before = now();
	uint64_t value;

	for (size_t i = 0; i < places.count; i++) {
		struct oracle oracle = { .reg = regs.reg, .stack = &stack };

		if (dwarf_cfi_addrframe(files.items[places.items[i].file].cfi,
					places.items[i].vaddr, &oracle.frame))
			continue;
		oracle_cfa(&oracle);
		for (size_t k = 0; k < count; k++)
			if (oracle_register(&oracle, kept[k], &value) == ORACLE_VALUE)
				sink += value;
		free(oracle.frame);
	}
	return (now() - before) / (double)places.count;
}

static char maps[1 << 20];

static void read_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");

	maps[file ? fread(maps, 1, sizeof(maps) - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	walk_read_maps(&walk, maps, (uint32_t)getpid());
}

/* Modules are looked for by the walk, in a list: only the steps are timed. */
static double chain(void)
{
	static struct pmc_unwind_code codes[WALK_FRAMES];
	const struct pmc_unwind_stack taken = { unwound.stack_start, unwound.stack_size,
						unwound.stack };
	struct pmc_unwind_regs start = { .known = unwound.known }, frame;
	double before;
	unsigned frames = 0;

	memcpy(start.reg, unwound.regs, sizeof(start.reg));
	walk_frames(&walk, &taken, &start, IS_ARM);
	for (unsigned i = 0; i < walk.count; i++)
		codes[i] = walk_code(&walk, walk.ips[i], i > 0);
	before = now();
	for (int round = 0; round < 100; round++) {
		frame = start;
		for (unsigned i = 0; i + 1 < walk.count; i++, frames++)
			walk.ops.step(walk.ops.ctx, &codes[i], &taken, &frame);
		sink += frame.reg[REG_IP];
	}
	return (now() - before) / frames;
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(const char *name, double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	printf("part %s %.2f\n", name, values[count / 2]);
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {
		"/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6",
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/bin/python3", "/bin/bash",
		"/usr/lib/x86_64-linux-gnu/libsqlite3.so.0",
	};
	struct pmc_unwinder *unwinder = pmc_unwinder_new(ARCH), *fresh;
	struct pmc_unwind_ops ops = pmc_unwinder_ops(unwinder);
	double spread[ROUNDS], libdw[ROUNDS], chains[ROUNDS], first[ROUNDS];
	size_t frames = argc > 1 ? strtoul(argv[1], NULL, 10) : FRAMES;

	make_frame();
	for (int i = 2; i < argc; i++)
		add_file(argv[i]);
	for (size_t i = 0; argc <= 2 && i < PMC_COUNT(usual); i++)
		add_file(usual[i]);
	if (!files.count) {
		fprintf(stderr, "unwind: no file with unwind tables\n");
		return 1;
	}
	draw_places(&ops, frames);
	for (int i = 0; i < ROUNDS; i++) {
		spread[i] = all_steps(&ops);
		libdw[i] = all_libdw();
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct pmc_unwind_ops fresh_ops;

		fresh = pmc_unwinder_new(ARCH);
		fresh_ops = pmc_unwinder_ops(fresh);
		first[i] = all_steps(&fresh_ops);
		pmc_unwinder_free(fresh);
	}
	sink += (uint64_t)unwound_run(&unwound_scenarios[0]);
	fresh = pmc_unwinder_new(ARCH);	/* modules of this process have other numbers */
	walk.ops = pmc_unwinder_ops(fresh);
	read_maps();
	for (int i = 0; i < ROUNDS; i++)
		chains[i] = chain();
	printf("frames %zu\n", places.count);
	tell("spread", spread, ROUNDS);
	tell("chain", chains, ROUNDS);
	tell("libdw", libdw, ROUNDS);
	tell("first", first, ROUNDS);
	pmc_unwinder_free(fresh);
	pmc_unwinder_free(unwinder);
	return 0;
}
