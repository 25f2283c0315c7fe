/*
 * dwarf_lines.c - from an address to the frames of its source, through libdw.
 *
 * Job: find the compilation unit of an address, its line, its function and inlined calls, and where
 * these are declared.
 * Not here: the walk of a unit's tree (dwarf_unit.c); names (dwarf_names.c, demangle.c).
 *
 *   address ─► unit      .debug_aranges; where that has a gap (clang writes none), the ranges
 *                        of all units, read once
 *           ─► function  dwarf_unit.c      ─► line   the unit's line table, decoded once
 *
 * The frames of an address inside inner(), inlined into outer(), inlined into main():
 *
 *      function   inner                    outer                   main
 *      line       of the address           where inner is called   where outer is called
 *
 * Everything is done when first asked for; an untouched unit costs nothing.
 */
#include "symbolize/dwarf_lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "symbolize/dwarf_names.h"
#include "symbolize/dwarf_relocate.h"
#include "symbolize/dwarf_unit.h"

enum {
	CHAIN_MAX = 64,			/* inlined calls in one another */
	UNIT_SPANS_MAX = 1 << 22,	/* ranges of all units; large programs have a million */
};

struct dwarf_lines {
	Dwarf *dwarf, *alt_dwarf;
	struct elf_file *alt;
	Dwarf_Aranges *aranges;
	struct dwarf_spans unit_spans;		/* of all units, sorted; owner: in unit_dies */
	PMC_ARRAY(Dwarf_Die) unit_dies;
	bool has_unit_spans;
	PMC_ARRAY(struct dwarf_unit *) units;	/* those that were asked for */
	struct pmc_index by_offset;
	struct dwarf_names *names;
	struct dwarf_frame frames[CHAIN_MAX + 1];
};

struct dwarf_lines *dwarf_lines_open(const struct elf_file *file, const struct debug_dirs *dirs)
{
	struct dwarf_lines *lines;
	Dwarf *dwarf;

	if (!elf_file_has_dwarf(file) || (file->is_object && !dwarf_relocate(file)))
		return NULL;
	dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (!dwarf)
		return NULL;
	lines = pmc_calloc(1, sizeof(*lines));
	lines->dwarf = dwarf;
	lines->names = dwarf_names_new();
	lines->alt = debug_file_find_alt(dirs, file, dwarf);
	if (lines->alt) {
		lines->alt_dwarf = dwarf_begin_elf(lines->alt->elf, DWARF_C_READ, NULL);
		elf_file_detach(lines->alt);
		if (lines->alt_dwarf)
			dwarf_setalt(dwarf, lines->alt_dwarf);
	}
	dwarf_getaranges(dwarf, &lines->aranges, NULL);
	return lines;
}

void dwarf_lines_free(struct dwarf_lines *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < lines->units.count; i++) {
		dwarf_unit_fini(lines->units.items[i]);
		free(lines->units.items[i]);
	}
	pmc_array_free(&lines->units);
	pmc_index_fini(&lines->by_offset);
	dwarf_names_free(lines->names);
	pmc_array_free(&lines->unit_spans);
	pmc_array_free(&lines->unit_dies);
	dwarf_end(lines->dwarf);
	dwarf_end(lines->alt_dwarf);
	elf_file_free(lines->alt);
	free(lines);
}

/* ---- address to unit ---- */

static int compare_spans(const void *a, const void *b)
{
	const struct dwarf_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void read_unit_spans(struct dwarf_lines *lines)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	lines->has_unit_spans = true;
	while (dwarf_get_units(lines->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		const uint32_t owner = (uint32_t)lines->unit_dies.count;
		Dwarf_Addr base, start, end;
		ptrdiff_t at = 0;

		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		*pmc_array_add(&lines->unit_dies) = die;
		while (lines->unit_spans.count < UNIT_SPANS_MAX &&
		       (at = dwarf_ranges(&die, at, &base, &start, &end)) > 0)
			if (start < end)
				*pmc_array_add(&lines->unit_spans) =
					(struct dwarf_span){ start, end, owner };
	}
	if (lines->unit_spans.count)
		qsort(lines->unit_spans.items, lines->unit_spans.count, sizeof(struct dwarf_span),
		      compare_spans);
}

static bool find_unit_die(struct dwarf_lines *lines, uint64_t vaddr, Dwarf_Die *die)
{
	Dwarf_Arange *arange = NULL;
	size_t low = 0, high;
	Dwarf_Off offset;

	if (lines->aranges)
		arange = dwarf_getarange_addr(lines->aranges, vaddr);
	if (arange && !dwarf_getarangeinfo(arange, NULL, NULL, &offset) &&
	    dwarf_offdie(lines->dwarf, offset, die))
		return true;
	if (!lines->has_unit_spans)
		read_unit_spans(lines);
	high = lines->unit_spans.count;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (lines->unit_spans.items[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || vaddr >= lines->unit_spans.items[low - 1].end)
		return false;
	*die = lines->unit_dies.items[lines->unit_spans.items[low - 1].owner];
	return true;
}

static struct dwarf_unit *find_unit(struct dwarf_lines *lines, uint64_t vaddr)
{
	struct dwarf_unit *unit;
	uint32_t row, step = 0;
	uint64_t hash;
	Dwarf_Die die;

	if (!find_unit_die(lines, vaddr, &die))
		return NULL;
	hash = pmc_hash_u64(dwarf_dieoffset(&die));
	while ((row = pmc_index_next(&lines->by_offset, hash, &step)) != UINT32_MAX)
		if (lines->units.items[row]->offset == dwarf_dieoffset(&die))
			return lines->units.items[row];
	unit = pmc_calloc(1, sizeof(*unit));
	dwarf_unit_init(unit, &die);
	pmc_index_add(&lines->by_offset, hash, (uint32_t)lines->units.count);
	*pmc_array_add(&lines->units) = unit;
	return unit;
}

/* ---- DIE to frame ---- */

static uint32_t number_of(const Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr((Dwarf_Die *)die, name, &attr) || dwarf_formudata(&attr, &value) ||
	    value > UINT32_MAX)
		return 0;
	return (uint32_t)value;
}

/*
 * Relative names count from the unit's folder; one that is relative itself (reproducible builds map
 * it to ".", with names that already begin there) leads nowhere.
 */
static struct dwarf_source source_of(const char *name, Dwarf_Die *cu)
{
	struct dwarf_source source = { .name = name };
	Dwarf_Attribute attr;

	if (name && name[0] != '/' && dwarf_attr(cu, DW_AT_comp_dir, &attr))
		source.folder = dwarf_formstring(&attr);
	if (source.folder && source.folder[0] != '/')
		source.folder = NULL;
	return source;
}

/*
 * The file whose number an attribute of the DIE tells, in the DIE's own unit. dwarf_decl_file()
 * would do this, but aborts on a unit without a usable line table.
 */
static struct dwarf_source file_of(const Dwarf_Die *die, unsigned name)
{
	const uint32_t index = number_of(die, name);
	Dwarf_Files *files;
	Dwarf_Die cu;
	size_t count;

	if (!dwarf_hasattr((Dwarf_Die *)die, name) ||
	    !dwarf_cu_die(die->cu, &cu, NULL, NULL, NULL, NULL, NULL, NULL) ||
	    dwarf_getsrcfiles(&cu, &files, &count) || index >= count)
		return (struct dwarf_source){ 0 };
	return source_of(dwarf_filesrc(files, index, NULL, NULL), &cu);
}

static void name_frame(struct dwarf_lines *lines, struct dwarf_frame *frame, const Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die owner;

	frame->function = dwarf_names_function(lines->names, die);
	if (dwarf_unit_attr(die, DW_AT_decl_line, &attr, &owner))
		frame->declared_line = number_of(&owner, DW_AT_decl_line);
	if (dwarf_unit_attr(die, DW_AT_decl_file, &attr, &owner))
		frame->declared = file_of(&owner, DW_AT_decl_file);
}

static bool read_line(const struct dwarf_unit *unit, uint64_t vaddr, struct dwarf_frame *frame)
{
	Dwarf_Die die = unit->die;
	Dwarf_Line *line = dwarf_getsrc_die(&die, vaddr);
	int number;

	if (!line)
		return false;
	frame->source = source_of(dwarf_linesrc(line, NULL, NULL), &die);
	if (!dwarf_lineno(line, &number) && number > 0)
		frame->line = (uint32_t)number;
	return frame->source.name;
}

size_t dwarf_lines_find(struct dwarf_lines *lines, uint64_t vaddr,
			const struct dwarf_frame **frames)
{
	struct dwarf_inlined *chain[CHAIN_MAX];
	struct dwarf_function *function;
	struct dwarf_unit *unit = find_unit(lines, vaddr);
	struct dwarf_frame *frame = lines->frames;
	size_t depth;
	bool has_line;

	*frames = lines->frames;
	if (!unit)
		return 0;
	*frame = (struct dwarf_frame){ 0 };
	has_line = read_line(unit, vaddr, frame);
	function = dwarf_unit_function(unit, vaddr);
	if (!function)
		return has_line;
	depth = dwarf_function_chain(function, vaddr, chain, CHAIN_MAX);
	while (depth--) {
		name_frame(lines, frame, &chain[depth]->die);
		frame->inlined = true;
		*++frame = (struct dwarf_frame){ 0 };
		frame->source = file_of(&chain[depth]->die, DW_AT_call_file);
		frame->line = number_of(&chain[depth]->die, DW_AT_call_line);
	}
	name_frame(lines, frame, &function->die);
	return (size_t)(frame - lines->frames) + 1;
}
