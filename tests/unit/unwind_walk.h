/*
 * unwind_walk.h - what the collector does with an unwinder, in small: from the registers and stack
 * of a process to the addresses of its frames, with modules from the text of its /proc/PID/maps.
 */
#ifndef UNWIND_WALK_H
#define UNWIND_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/unwind.h"
#include "symbolize/symbolize.h"

enum { WALK_MAPS = 256, WALK_FRAMES = 8192 };

struct walk_map {
	uint64_t start, end, pgoff;
	char path[256];
	uint32_t module;
	struct pmc_module_row row;
};

struct walk {
	struct pmc_unwind_ops ops;
	struct walk_map maps[WALK_MAPS];
	unsigned maps_count;
	uint64_t ips[WALK_FRAMES];
	bool is_signal[WALK_FRAMES];	/* the caller of frame i was interrupted by it */
	unsigned count;
	enum pmc_unwind_result end;
};

/* Executable mappings only; modules are numbered by path. */
static inline void walk_read_maps(struct walk *walk, const char *text, uint32_t pid)
{
	uint32_t modules = 0;

	walk->maps_count = 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		struct walk_map *map = &walk->maps[walk->maps_count];
		unsigned long start, end, pgoff;
		char perms[8] = "";

		line += *line == '\n';
		*map = (struct walk_map){ .module = 0 };
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %255[^\n]", &start, &end, perms, &pgoff,
			   map->path) < 4 || perms[2] != 'x' || walk->maps_count + 1 == WALK_MAPS)
			continue;
		map->start = start;
		map->end = end;
		map->pgoff = pgoff;
		for (unsigned i = 0; i < walk->maps_count && map->path[0]; i++)
			if (!strcmp(walk->maps[i].path, map->path))
				map->module = walk->maps[i].module;
		if (!map->module)
			map->module = ++modules;
		map->row = (struct pmc_module_row){ .kind = PMC_MODULE_ANON, .pid = pid,
						    .map_start = start, .map_end = end,
						    .map_pgoff = pgoff };
		if (map->path[0] == '/')
			map->row.kind = PMC_MODULE_USER;
		else if (!strcmp(map->path, "[vdso]"))
			map->row.kind = PMC_MODULE_VDSO;
		walk->maps_count++;
	}
}

static inline struct pmc_unwind_code walk_code(const struct walk *walk, uint64_t ip, bool is_caller)
{
	struct pmc_unwind_code code = { .is_caller = is_caller, .offset = ip };

	for (unsigned i = 0; i < walk->maps_count; i++) {
		const struct walk_map *map = &walk->maps[i];

		if (ip < map->start || ip >= map->end)
			continue;
		code.module = map->module;
		code.row = &map->row;
		code.path = map->path;
		if (map->row.kind == PMC_MODULE_USER)
			code.offset = ip - map->start + map->pgoff;
		else if (map->row.kind == PMC_MODULE_VDSO)
			code.offset = ip - map->start;
	}
	return code;
}

static inline void walk_frames(struct walk *walk, const struct pmc_unwind_stack *stack,
			       const struct pmc_unwind_regs *start, bool is_arm)
{
	const unsigned ip = is_arm ? PMC_ARM_IP : PMC_X86_IP;
	struct pmc_unwind_regs regs = *start;
	bool is_caller = false;

	walk->count = 0;
	walk->end = PMC_UNWIND_OK;
	while (walk->count < WALK_FRAMES) {
		const struct pmc_unwind_code code = walk_code(walk, regs.reg[ip], is_caller);

		walk->is_signal[walk->count] = false;
		walk->ips[walk->count++] = regs.reg[ip];
		walk->end = walk->ops.step(walk->ops.ctx, &code, stack, &regs);
		if (walk->end != PMC_UNWIND_OK && walk->end != PMC_UNWIND_SIGNAL)
			return;
		is_caller = walk->end == PMC_UNWIND_OK;
		walk->is_signal[walk->count - 1] = !is_caller;
	}
}

/* Number of the first `noted` addresses that are not among the frames, in order; `count` when all
 * are. With is_adjacent, nothing may lie between them. */
static inline unsigned walk_find(const struct walk *walk, const uint64_t *noted, unsigned count,
				 bool is_adjacent)
{
	unsigned found = 0;

	for (unsigned i = 0; i < walk->count && found < count; i++) {
		if (walk->ips[i] == noted[found])
			found++;
		else if (is_adjacent && found)
			return found;
	}
	return found;
}

#endif
