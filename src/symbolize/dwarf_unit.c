/*
 * dwarf_unit.c - walks the tree of one compilation unit, as little of it as possible.
 *
 * Two steps, each taken once and only when an address asks for it:
 *
 *      unit ──► list of functions     children of the unit and of its namespaces; DW_AT_sibling
 *                    │                leads past the bodies, types are left out
 *                    └─► inlined calls of one function, in pre-order with the end of each subtree
 *
 * Languages that put code into types (Rust) have those searched too; when the quick list does not
 * know an address of the unit, one deep walk is made (nested functions of C and Ada).
 *
 * The input may be damaged: siblings must move forward, depth is bounded, and a walk ends when it
 * has seen more than the unit's bytes can hold. libdw checks the reads themselves.
 */
#include "symbolize/dwarf_unit.h"

#include <dwarf.h>
#include <stdlib.h>

enum {
	DEPTH_MAX = 100,		/* of the tree */
	ORIGINS_MAX = 16,		/* abstract origins and specifications followed */
	RANGES_BUDGET = 1 << 20,	/* ranges of a unit, which lie in another section */
	OVERLAPS_MAX = 8,		/* functions tried that start before an address */
};

struct walk {
	struct dwarf_unit *unit;
	struct dwarf_function *function;	/* whose calls are collected */
	uint64_t budget;			/* DIEs and ranges that may still be visited */
	bool types, deep;
};

Dwarf_Attribute *dwarf_unit_attr(const Dwarf_Die *die, unsigned name, Dwarf_Attribute *attr,
				 Dwarf_Die *owner)
{
	Dwarf_Die next;

	*owner = *die;
	for (unsigned i = 0; i < ORIGINS_MAX; i++) {
		if (dwarf_attr(owner, name, attr))
			return attr;
		if (!dwarf_attr(owner, DW_AT_abstract_origin, attr) &&
		    !dwarf_attr(owner, DW_AT_specification, attr))
			return NULL;
		if (!dwarf_formref_die(attr, &next))
			return NULL;
		*owner = next;
	}
	return NULL;
}

/* No walk of the unit can meet more: each DIE has at least a byte. */
static uint64_t walk_budget(const Dwarf_Die *die)
{
	Dwarf_Die cu;
	Dwarf_Off next = 0;
	size_t header;
	uint64_t start;

	if (!dwarf_cu_die(die->cu, &cu, NULL, NULL, NULL, NULL, NULL, NULL))
		return 0;
	start = dwarf_dieoffset(&cu) - dwarf_cuoffset(&cu);
	if (dwarf_nextcu(dwarf_cu_getdwarf(die->cu), start, &next, &header, NULL, NULL, NULL) ||
	    next <= start)
		return 0;
	return next - start + RANGES_BUDGET;
}

static void add_spans(struct walk *walk, struct dwarf_spans *spans, Dwarf_Die *die, uint32_t owner)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while (walk->budget && (at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		walk->budget--;
		if (start < end)
			*pmc_array_add(spans) = (struct dwarf_span){ start, end, owner };
	}
}

/* Steps to the next sibling; false at the end, or where damage leads backwards. */
static bool step(struct walk *walk, Dwarf_Die *die)
{
	const Dwarf_Off here = dwarf_dieoffset(die);

	if (!walk->budget)
		return false;
	walk->budget--;
	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > here;
}

/* ---- the functions of a unit ---- */

static void list_functions(struct walk *walk, Dwarf_Die *parent, unsigned depth);

static void list_function(struct walk *walk, Dwarf_Die *die)
{
	struct dwarf_unit *unit = walk->unit;
	const uint32_t owner = (uint32_t)unit->functions.count;
	const size_t before = unit->spans.count;

	if (!dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges))
		return;
	add_spans(walk, &unit->spans, die, owner);
	if (unit->spans.count > before)
		pmc_array_add(&unit->functions)->die = *die;
}

static void list_functions(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			list_function(walk, &die);
			if (walk->deep)
				list_functions(walk, &die, depth + 1);
			break;
		case DW_TAG_namespace:
		case DW_TAG_module:
			list_functions(walk, &die, depth + 1);
			break;
		case DW_TAG_class_type:
		case DW_TAG_structure_type:
		case DW_TAG_union_type:
		case DW_TAG_enumeration_type:
		case DW_TAG_interface_type:
		case DW_TAG_variant_part:
			if (walk->types || walk->deep)
				list_functions(walk, &die, depth + 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_inlined_subroutine:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_with_stmt:
		case DW_TAG_entry_point:
			if (walk->deep)
				list_functions(walk, &die, depth + 1);
			break;
		}
	} while (step(walk, &die));
}

static int compare_spans(const void *a, const void *b)
{
	const struct dwarf_span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* The shorter later: it is found first. */
	return x->end > y->end ? -1 : x->end < y->end;
}

static void drop_functions(struct dwarf_unit *unit)
{
	for (size_t i = 0; i < unit->functions.count; i++) {
		pmc_array_free(&unit->functions.items[i].inlined);
		pmc_array_free(&unit->functions.items[i].spans);
	}
	unit->functions.count = unit->spans.count = 0;
}

static void list_unit(struct dwarf_unit *unit, bool deep)
{
	const int language = dwarf_srclang(&unit->code);
	struct walk walk = { .unit = unit, .budget = walk_budget(&unit->code), .deep = deep };

	walk.types = language == DW_LANG_Rust || language == DW_LANG_D || language == DW_LANG_Swift;
	drop_functions(unit);
	list_functions(&walk, &unit->code, 0);
	if (unit->spans.count)
		qsort(unit->spans.items, unit->spans.count, sizeof(struct dwarf_span),
		      compare_spans);
}

void dwarf_unit_init(struct dwarf_unit *unit, const Dwarf_Die *die)
{
	Dwarf_Die split;
	uint8_t type;

	*unit = (struct dwarf_unit){ .die = *die, .code = *die,
				     .offset = dwarf_dieoffset((Dwarf_Die *)die) };
	if (!dwarf_cu_info(die->cu, NULL, &type, NULL, &split, NULL, NULL, NULL) &&
	    type == DW_UT_skeleton && split.cu)
		unit->code = split;
}

void dwarf_unit_fini(struct dwarf_unit *unit)
{
	drop_functions(unit);
	pmc_array_free(&unit->functions);
	pmc_array_free(&unit->spans);
}

static struct dwarf_function *find_span(struct dwarf_unit *unit, uint64_t vaddr)
{
	size_t low = 0, high = unit->spans.count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (unit->spans.items[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	for (unsigned i = 0; low && i < OVERLAPS_MAX; i++, low--)
		if (vaddr < unit->spans.items[low - 1].end)
			return &unit->functions.items[unit->spans.items[low - 1].owner];
	return NULL;
}

struct dwarf_function *dwarf_unit_function(struct dwarf_unit *unit, uint64_t vaddr)
{
	struct dwarf_function *found;

	if (!unit->listed)
		list_unit(unit, false);
	unit->listed = true;
	found = find_span(unit, vaddr);
	if (!found && !unit->listed_deep) {
		unit->listed_deep = true;
		list_unit(unit, true);
		found = find_span(unit, vaddr);
	}
	return found;
}

/* ---- the inlined calls of a function ---- */

static void list_inlined(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
	struct dwarf_function *function = walk->function;
	struct dwarf_inlined *item;
	size_t at;
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_inlined_subroutine:
			at = function->inlined.count;
			item = pmc_array_add(&function->inlined);
			item->die = die;
			item->first_span = (uint32_t)function->spans.count;
			add_spans(walk, &function->spans, &die, (uint32_t)at);
			item->spans = (uint32_t)function->spans.count - item->first_span;
			list_inlined(walk, &die, depth + 1);
			function->inlined.items[at].subtree = (uint32_t)function->inlined.count;
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_with_stmt:
			list_inlined(walk, &die, depth + 1);
			break;
		}
	} while (step(walk, &die));
}

static bool covers(const struct dwarf_function *function, const struct dwarf_inlined *item,
		   uint64_t vaddr)
{
	for (uint32_t i = 0; i < item->spans; i++) {
		const struct dwarf_span *span = &function->spans.items[item->first_span + i];

		if (vaddr >= span->start && vaddr < span->end)
			return true;
	}
	return false;
}

size_t dwarf_function_chain(struct dwarf_function *function, uint64_t vaddr,
			    struct dwarf_inlined **chain, size_t max)
{
	size_t count = 0, i = 0, end;

	if (!function->scanned) {
		struct walk walk = { .function = function, .budget = walk_budget(&function->die) };

		function->scanned = true;
		list_inlined(&walk, &function->die, 0);
	}
	end = function->inlined.count;
	while (i < end && count < max) {
		struct dwarf_inlined *item = &function->inlined.items[i];

		if (covers(function, item, vaddr)) {
			chain[count++] = item;
			end = item->subtree;
			i++;
		} else {
			i = item->subtree;
		}
	}
	return count;
}
