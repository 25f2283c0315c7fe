/*
 * demangle.c - names as people wrote them, by libiberty where it is there.
 *
 * Job: C++ (Itanium ABI) and Rust names (legacy and v0). Anything else is copied.
 * Not here: caching; a name is demangled once for each distinct one (symbolizer.c).
 *
 * Parameters are shown, return types of templates are not. Rust's legacy names come with a hash
 * ("::h0123456789abcdef"), which libiberty leaves away when it takes the name for Rust's.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "symbolize/symbolize.h"

#ifdef HAVE_LIBIBERTY
#include <libiberty/demangle.h>

enum { NAME_MAX_BYTES = 64 * 1024 };	/* longer names are not worth the demangler's recursion */

static bool looks_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

char *pmc_demangle(const char *name)
{
	char *text;

	if (!looks_mangled(name) || strnlen(name, NAME_MAX_BYTES) == NAME_MAX_BYTES)
		return pmc_strdup(name);
	/* Rust first: its legacy names are valid C++ names too. */
	text = rust_demangle(name, DMGL_RUST);
	if (!text)
		text = cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP);
	return text ? text : pmc_strdup(name);
}

bool pmc_demangle_available(void)
{
	return true;
}
#else
char *pmc_demangle(const char *name)
{
	return pmc_strdup(name);
}

bool pmc_demangle_available(void)
{
	return false;
}
#endif
