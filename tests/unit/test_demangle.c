/* test_demangle.c - names as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "symbolize/symbolize.h"

static const struct {
	const char *mangled, *plain;
} names[] = {
	/* Not mangled. */
	{ "main", "main" },
	{ "", "" },
	{ "_", "_" },
	{ "_start", "_start" },
	{ "_Z", "_Z" },
	{ "_R", "_R" },
	{ "_Znot really mangled", "_Znot really mangled" },
	{ "_ZN", "_ZN" },
	{ "_Raven", "_Raven" },
	{ "Z3foov", "Z3foov" },
	/* C++. */
	{ "_Z3foov", "foo()" },
	{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
	  "std::vector<int, std::allocator<int> >::push_back(int const&)" },
	{ "_Z5twiceIjET_S0_", "twice<unsigned int>(unsigned int)" },
	{ "_ZN3FooC4Ev", "Foo::Foo()" },
	{ "_ZN3FooD0Ev", "Foo::~Foo()" },
	{ "_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo()" },
	{ "_ZN3foo3barEv.cold", "foo::bar() [clone .cold]" },
	{ "_ZplRK1AS1_", "operator+(A const&, A const&)" },
	{ "_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()() const" },
	/* With what is put behind a linker's name. */
	{ "_Z3foov@plt", "foo()@plt" },
	{ "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE12_M_constructEmc@plt",
	  "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::"
	  "_M_construct(unsigned long, char)@plt" },
	{ "_ZdlPv@@GLIBCXX_3.4", "operator delete(void*)@@GLIBCXX_3.4" },
	{ "_RNvCskwGfYPst2Cb_3foo16example_function@plt", "foo::example_function@plt" },
	{ "_Z@plt", "_Z@plt" },
	{ "_Raven@plt", "_Raven@plt" },
	{ "strlen@plt", "strlen@plt" },
	{ "@plt", "@plt" },
	/* Rust, both kinds. */
	{ "_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write" },
	{ "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar"
	  "17h930b740aa94f1d3aE",
	  "<Test + 'static as foo::Bar<Test>>::bar" },
	{ "_RNvCskwGfYPst2Cb_3foo16example_function", "foo::example_function" },
	{ "_RNvMsr_NtCs3ssYzQotkvD_3std4pathNtB5_7PathBuf3newCs15kBYyAo9fc_7mycrate",
	  "<std::path::PathBuf>::new" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		char *plain = pmc_demangle(names[i].mangled);

		assert_string_equal(plain,
				    pmc_demangle_available() ? names[i].plain : names[i].mangled);
		free(plain);
	}
}

/* Names come from files that anybody may have written. */
static void test_hostile_names(void **state)
{
	const size_t len = 200 * 1000;
	char *name = malloc(len + 1), *plain;
	static const char *const starts[] = { "_ZP", "_ZN", "_RI", "_ZNK", "_ZSt" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(starts); i++)
		for (size_t n = 1000; n <= len; n *= 10) {
			memset(name, starts[i][2], n);
			memcpy(name, starts[i], strlen(starts[i]));
			name[n] = '\0';
			plain = pmc_demangle(name);
			assert_non_null(plain);
			free(plain);
		}
	free(name);
}

/* Every prefix of a good name is accepted or copied. */
static void test_cut_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < PMC_COUNT(names); i++)
		for (size_t n = 0; n <= strlen(names[i].mangled); n++) {
			char *cut = strndup(names[i].mangled, n), *plain = pmc_demangle(cut);

			assert_non_null(plain);
			free(cut);
			free(plain);
		}
}

static void test_versions(void **state)
{
	char text[128];

	(void)state;
	pmc_symbolize_versions(text, sizeof(text));
	assert_memory_equal(text, "elfutils ", 9);
	assert_non_null(strstr(text, pmc_demangle_available() ? "libiberty" : "none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_cut_names),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
