/*
 * dwarf_unit.h - the functions of one compilation unit, and what was inlined into each.
 */
#ifndef PMC_DWARF_UNIT_H
#define PMC_DWARF_UNIT_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

struct dwarf_span {
	uint64_t start, end;
	uint32_t owner;		/* function or inlined, as the array says */
};

struct dwarf_spans {
	struct dwarf_span *items;
	size_t count, cap;
};

/* An inlined call, in the order of the tree: those inside it are the next ones, up to `subtree`. */
struct dwarf_inlined {
	Dwarf_Die die;
	uint32_t first_span, spans;
	uint32_t subtree;
};

struct dwarf_function {
	Dwarf_Die die;
	bool scanned;
	PMC_ARRAY(struct dwarf_inlined) inlined;
	struct dwarf_spans spans;	/* of the inlined calls */
};

struct dwarf_unit {
	Dwarf_Off offset;	/* of its DIE: which unit it is */
	Dwarf_Die die;		/* has the line table */
	Dwarf_Die code;		/* has the functions: the same, or that of its split unit */
	bool listed, listed_deep;
	PMC_ARRAY(struct dwarf_function) functions;
	struct dwarf_spans spans;	/* of the functions, sorted */
};

/* Sets up the unit; nothing is read but the split unit's head where there is one. */
void dwarf_unit_init(struct dwarf_unit *unit, const Dwarf_Die *die);
void dwarf_unit_fini(struct dwarf_unit *unit);

/* The function that the address lies in, or NULL. Valid until the next call. */
struct dwarf_function *dwarf_unit_function(struct dwarf_unit *unit, uint64_t vaddr);

/*
 * The inlined calls around an address in `function`, outermost first: fills chain and returns how
 * many there are, at most `max`.
 */
size_t dwarf_function_chain(struct dwarf_function *function, uint64_t vaddr,
			    struct dwarf_inlined **chain, size_t max);

/*
 * The attribute of the DIE or of what it is an instance or definition of; *owner is set to the DIE
 * that has it. NULL if none has.
 */
Dwarf_Attribute *dwarf_unit_attr(const Dwarf_Die *die, unsigned name, Dwarf_Attribute *attr,
				 Dwarf_Die *owner);

#endif
