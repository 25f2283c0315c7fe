/* test_dwarf_names.c - names of C++ functions, with and without DWARF and linkage names. */
#include "sym_fixture.h"

static const struct {
	const char *mark, *inner, *outer;
	const char *local;	/* instead, where there is no linkage name */
} cpp_places[] = {
	{ "mark_unnamed", "shop::(anonymous namespace)::unnamed(unsigned int)", NULL,
	  "shop::(anonymous namespace)::unnamed" },
	{ "mark_shelf", "shop::(anonymous namespace)::Shelf::put(unsigned int)",
	  "shop::(anonymous namespace)::unnamed(unsigned int)",
	  "shop::(anonymous namespace)::Shelf::put" },
	{ "mark_template", "shop::twice<unsigned int>(unsigned int)", NULL, NULL },
	{ "mark_method", "shop::Counter::add(int)", NULL, NULL },
	{ "mark_bump", "shop::Counter::bump()", "shop::Counter::add(int)", NULL },
	{ "mark_constructor", "shop::Counter::Counter(unsigned int)", "plain_c", NULL },
	{ "mark_lambda", "plain_c::{lambda(unsigned int)#1}::operator()(unsigned int) const", NULL,
	  "plain_c::{lambda at line 67}::operator()" },
};

static const char clang_lambda[] = "plain_c::$_0::operator()(unsigned int) const";

/*
 * The symbol's name, or by DWARF that of the source: gcc writes no linkage name, and so no
 * parameters, for what is not visible outside. An optimizer's clones only show in symbols.
 */
static void check_cpp_name(const char *name, const char *full, const char *local, bool has_dwarf)
{
	const size_t len = strlen(full);

	if (local && has_dwarf && !strcmp(name, local))
		return;
	if (!has_dwarf && !strncmp(name, full, len) && !strncmp(name + len, " [clone", 7))
		return;
	if (strstr(full, "{lambda") && !strcmp(name, clang_lambda))
		return;
	assert_string_equal(name, full);
}

static void check_cpp(const struct sym_dir *dir, const char *name, const char *compiler,
		      const char *flags, bool has_dwarf)
{
	const char *path = sym_build(dir, name, compiler, flags, "sym_names.cpp");
	struct sym_session session;
	uint32_t module;

	if (!path)
		return;
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (size_t i = 0; i < PMC_COUNT(cpp_places); i++) {
		const char *inner = cpp_places[i].inner, *outer = cpp_places[i].outer;
		const char *local = cpp_places[i].local;
		const struct pmc_frame *frames;
		size_t count;

		frames = sym_ask(&session, module, sym_place(path, cpp_places[i].mark), false,
				 &count);
		assert_int_equal(count, has_dwarf && outer ? 2 : 1);
		if (count == 2)
			check_cpp_name(sym_text(&session, frames[0].function), inner, local, true);
		if (outer && local)	/* the outer one is the first of the table */
			local = cpp_places[0].local;
		check_cpp_name(sym_text(&session, frames[count - 1].function),
			       outer ? outer : inner, local, has_dwarf);
	}
	sym_close(&session);
}

static void test_cpp(void **state)
{
	const struct sym_dir *dir = *state;

	if (!sym_has_tool(SYM_CXX) || !pmc_demangle_available())
		skip();
	check_cpp(dir, "cpp-plain", SYM_CXX, "-O2", false);
	check_cpp(dir, "cpp-dwarf", SYM_CXX, "-O2 -g", true);
	check_cpp(dir, "cpp-dwarf4", SYM_CXX, "-O2 -g -gdwarf-4", true);
	check_cpp(dir, "cpp-O0", SYM_CXX, "-O0 -g", true);
	check_cpp(dir, "cpp-clang", "clang++", "-O2 -g", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpp),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
