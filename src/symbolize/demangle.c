/*
 * demangle.c - names as people wrote them, by libiberty where it is there.
 *
 * Job: C++ (Itanium ABI) and Rust names (legacy and v0). Anything else is copied.
 * Not here: caching; a name is demangled once for each distinct one (symbolizer.c).
 *
 * Parameters are shown, return types of templates are not. Rust's legacy names come with a hash
 * ("::h0123456789abcdef"), which libiberty leaves away when it takes the name for Rust's. What is
 * put behind a linker's name (name@plt, name@@GLIBC_2.2.5) stays there: no mangled name has an @.
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

/* NULL: it is not mangled. The caller frees. */
static char *demangle(const char *name)
{
	/* Rust first: its legacy names are valid C++ names too. */
	char *text = rust_demangle(name, DMGL_RUST);

	return text ? text : cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP);
}

char *pmc_demangle(const char *name)
{
	const char *suffix = strchr(name, '@');
	PMC_FREE char *stem = NULL, *plain = NULL;
	char *text;

	if (!looks_mangled(name) || strnlen(name, NAME_MAX_BYTES) == NAME_MAX_BYTES)
		return pmc_strdup(name);
	if (!suffix) {
		text = demangle(name);
		return text ? text : pmc_strdup(name);
	}
	stem = pmc_strndup(name, (size_t)(suffix - name));
	plain = demangle(stem);
	return plain ? pmc_sprintf("%s%s", plain, suffix) : pmc_strdup(name);
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
