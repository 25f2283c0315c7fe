/*
 * unwind_self.c - a program that unwinds its own stacks, taken in traps of unwound.h, and compares
 * them with the calls that noted themselves.
 *
 * Prints "SCENARIO FRAMES CALLS FOUND END SIGNALS" for each; END as enum pmc_unwind_result.
 */
/* build-flags: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -Isrc -D_GNU_SOURCE */
/* build-flags: src/symbolize/[a-z]*.c src/base/[a-z]*.c -ldw -lelf -lpthread -lm */
#include "../../programs/unwound.h"
#include "../../unit/unwind_walk.h"

#ifdef __aarch64__
enum { IS_ARM = 1 };
#else
enum { IS_ARM = 0 };
#endif

static struct walk walk;
static char maps[1 << 20];

static void read_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");

	maps[file ? fread(maps, 1, sizeof(maps) - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	walk_read_maps(&walk, maps, (uint32_t)getpid());
}

int main(void)
{
	struct pmc_unwinder *unwinder =
		pmc_unwinder_new(IS_ARM ? PMC_ARCH_AARCH64 : PMC_ARCH_X86_64);
	int failed = 0;

	walk.ops = pmc_unwinder_ops(unwinder);
	read_maps();
	for (int i = 0; i < UNWOUND_SCENARIOS; i++) {
		struct pmc_unwind_stack stack;
		struct pmc_unwind_regs regs;
		unsigned found, signals = 0;

		unwound_sink += unwound_run(&unwound_scenarios[i]);
		regs.known = unwound.known;
		memcpy(regs.reg, unwound.regs, sizeof(regs.reg));
		stack = (struct pmc_unwind_stack){ unwound.stack_start, unwound.stack_size,
						   unwound.stack };
		walk_frames(&walk, &stack, &regs, IS_ARM);
		found = walk_find(&walk, unwound.truth, (unsigned)unwound.truth_count,
				  unwound.is_adjacent);
		for (unsigned f = 0; f < walk.count; f++)
			signals += walk.is_signal[f];
		printf("%s %u %u %u %d %u\n", unwound_scenarios[i].name, walk.count,
		       (unsigned)unwound.truth_count, found, walk.end, signals);
		failed |= found < unwound.truth_count || walk.end != PMC_UNWIND_END;
		for (unsigned f = 0; failed && f < walk.count && f < 40; f++) {
			const struct pmc_unwind_code code = walk_code(&walk, walk.ips[f], false);

			printf("  %s+%#llx\n", code.path ? code.path : "?",
			       (unsigned long long)code.offset);
		}
	}
	pmc_unwinder_free(unwinder);
	return failed;
}
