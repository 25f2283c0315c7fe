/*
 * dwarf_names.c - names of functions that have no linkage name.
 *
 * Functions that others can link to carry their mangled name. gcc leaves it away for those with
 * internal linkage (static, in unnamed namespaces), and their plain name says too little in C++. So
 * the scopes around the declaration are put in front of it:
 *
 *      DW_TAG_namespace "shop" ─► DW_TAG_namespace, unnamed ─► DW_TAG_subprogram "work"
 *                          shop::(anonymous namespace)::work
 *
 * A DIE does not know its parent. But DIEs lie in the file in the order of the tree, so on each
 * level the ancestor is the last sibling that does not begin behind the DIE: only the siblings on
 * the way down are looked at. The result is kept by DIE.
 */
#include "symbolize/dwarf_names.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/strings.h"
#include "symbolize/dwarf_unit.h"

enum {
	SCOPES_MAX = 32,
	SIBLINGS_MAX = 1 << 22,		/* looked at on the way down; damage must not hold us up */
	NAME_MAX_BYTES = 4096,
};

struct known {
	const void *die;	/* its address in the file */
	uint32_t text;
};

struct dwarf_names {
	struct pmc_strings *texts;
	PMC_ARRAY(struct known) known;
	struct pmc_index by_die;
};

struct dwarf_names *dwarf_names_new(void)
{
	struct dwarf_names *names = pmc_calloc(1, sizeof(*names));

	names->texts = pmc_strings_new();
	return names;
}

void dwarf_names_free(struct dwarf_names *names)
{
	if (!names)
		return;
	pmc_strings_free(names->texts);
	pmc_array_free(&names->known);
	pmc_index_fini(&names->by_die);
	free(names);
}

static const char *text_of(const Dwarf_Die *die, unsigned name, Dwarf_Die *owner)
{
	Dwarf_Attribute attr;

	return dwarf_unit_attr(die, name, &attr, owner) ? dwarf_formstring(&attr) : NULL;
}

static bool is_cpp(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case 0x2b:	/* C++17 */
	case 0x2c:	/* C++20 */
		return true;
	}
	return false;
}

/*
 * Appends the name of a scope around the function `inner` and "::"; scopes without meaning for a
 * name add nothing. Lambdas are operators of a type without name, told apart by their line alone.
 */
static size_t append_scope(char *text, size_t used, Dwarf_Die *die, const char *inner)
{
	Dwarf_Die owner;
	const char *name = text_of(die, DW_AT_name, &owner);
	char unnamed[64];
	int n = 0, line;

	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
		name = name ? name : "(anonymous namespace)";
		break;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		if (name || dwarf_decl_line(die, &line))
			break;
		snprintf(unnamed, sizeof(unnamed), "{%s at line %d}",
			 strcmp(inner, "operator()") ? "type" : "lambda", line);
		name = unnamed;
		break;
	case DW_TAG_subprogram:
		break;
	default:
		return used;
	}
	if (name)
		n = snprintf(text + used, NAME_MAX_BYTES - used, "%s::", name);
	return n > 0 && (size_t)n < NAME_MAX_BYTES - used ? used + (size_t)n : used;
}

/* The name with its scopes in front, in `text`. */
static void qualify(Dwarf_Die *unit, Dwarf_Die *die, const char *name, char text[NAME_MAX_BYTES])
{
	const Dwarf_Off target = dwarf_dieoffset(die);
	unsigned siblings = 0;
	size_t used = 0;
	Dwarf_Die parent = *unit;

	for (unsigned depth = 0; depth < SCOPES_MAX; depth++) {
		Dwarf_Die at, next;

		if (dwarf_child(&parent, &at) || dwarf_dieoffset(&at) > target)
			break;
		while (dwarf_dieoffset(&at) < target && siblings++ < SIBLINGS_MAX &&
		       !dwarf_siblingof(&at, &next) && dwarf_dieoffset(&next) <= target &&
		       dwarf_dieoffset(&next) > dwarf_dieoffset(&at))
			at = next;
		if (dwarf_dieoffset(&at) >= target)
			break;
		used = append_scope(text, used, &at, name);
		parent = at;
	}
	snprintf(text + used, NAME_MAX_BYTES - used, "%s", name);
}

const char *dwarf_names_function(struct dwarf_names *names, const Dwarf_Die *die)
{
	const char *name;
	char text[NAME_MAX_BYTES];
	Dwarf_Die owner, unit;
	uint32_t row, step = 0;
	uint64_t hash;

	if ((name = text_of(die, DW_AT_linkage_name, &owner)) ||
	    (name = text_of(die, DW_AT_MIPS_linkage_name, &owner)))
		return name;
	name = text_of(die, DW_AT_name, &owner);
	if (!name || !dwarf_cu_die(owner.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) ||
	    !is_cpp(&unit))
		return name;
	hash = pmc_hash_u64((uintptr_t)owner.addr);
	while ((row = pmc_index_next(&names->by_die, hash, &step)) != UINT32_MAX)
		if (names->known.items[row].die == owner.addr)
			return pmc_strings_get(names->texts, names->known.items[row].text);
	qualify(&unit, &owner, name, text);
	row = pmc_strings_intern(names->texts, text);
	pmc_index_add(&names->by_die, hash, (uint32_t)names->known.count);
	*pmc_array_add(&names->known) = (struct known){ owner.addr, row };
	return pmc_strings_get(names->texts, row);
}
