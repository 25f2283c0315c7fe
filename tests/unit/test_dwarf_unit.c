/* test_dwarf_unit.c - functions in pieces, in one another, and in units of many. */
#include "sym_fixture.h"

/* Compiles text as dir/NAME.c; NULL where the compiler does not take it. */
static const char *compile(const struct sym_dir *dir, const char *name, const char *flags,
			   const char *text)
{
	static char path[600];
	char source[640];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	snprintf(source, sizeof(source), "%s.c", path);
	file = fopen(source, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	if (!sym_shell("cd '%s' && " SYM_CC " %s -o '%s' '%s' >>log 2>&1", dir->path, flags, path,
		       source))
		return NULL;
	return path;
}

/* What is unlikely lies elsewhere, under a symbol of its own, but is the same function. */
static void test_cold_part(void **state)
{
	const char *path = compile(
		*state, "cold", "-g -O2",
		"#include <stdlib.h>\n"
		"volatile int sink;\n"
		"__attribute__((cold, noinline)) void rare(void) { sink++; }\n"
		"__attribute__((noinline)) void often(int x)\n"
		"{\n"
		"	if (__builtin_expect(x > 1000, 0)) { rare(); sink = x; abort(); }\n"
		"	sink += x;\n"
		"}\n"
		"int main(int argc, char **argv) { (void)argv; often(argc); return 0; }\n");
	const struct pmc_frame *frames;
	struct sym_session session;
	uint64_t cold = 0;
	uint32_t module;
	size_t count;

	if (!path || !(cold = sym_address(path, "often.cold")))
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	frames = sym_ask(&session, module, sym_file_offset(path, cold), false, &count);
	assert_int_equal(count, 1);
	assert_string_equal(sym_text(&session, frames[0].function), "often");
	assert_int_equal(frames[0].function_line, 4);
	assert_in_range(frames[0].line, 5, 6);
	assert_string_equal(sym_name(&session, module, sym_place(path, "often")), "often");
	sym_close(&session);
	/* Without DWARF the symbol is all there is. */
	sym_open(&session, NULL, false);
	module = sym_module(&session, path, sym_user);
	assert_string_equal(sym_name(&session, module, sym_file_offset(path, cold)), "often.cold");
	sym_close(&session);
}

/* A function of a function has its DIE inside of the outer one's: only the deep walk sees it. */
static void test_nested(void **state)
{
	const char *path = compile(
		*state, "nested", "-g -O0",
		"volatile int sink;\n"
		"static int outer(int x)\n"
		"{\n"
		"	int inner(int y)\n"
		"	{\n"
		"		__asm__ volatile(\".globl mark_inner; mark_inner: nop\");\n"
		"		return x + y;\n"
		"	}\n"
		"	return inner(1) + inner(2);\n"
		"}\n"
		"int main(void) { sink = outer(3); return 0; }\n");
	const struct pmc_frame *frames;
	struct sym_session session;
	uint32_t module;
	size_t count;

	if (!path)
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	frames = sym_ask(&session, module, sym_place(path, "mark_inner"), false, &count);
	assert_int_equal(count, 1);
	assert_string_equal(sym_text(&session, frames[0].function), "inner");
	assert_int_equal(frames[0].line, 6);
	/* Others are found as before. */
	assert_string_equal(sym_name(&session, module, sym_place(path, "outer")), "outer");
	assert_string_equal(sym_name(&session, module, sym_place(path, "main")), "main");
	sym_close(&session);
}

/* A unit with many functions, asked for in an order that is not theirs. */
static void test_many(void **state)
{
	const unsigned functions = 500;
	const char *path;
	struct sym_session session;
	char *text, *at, name[32];
	uint32_t module;

	text = at = malloc(functions * 128 + 256);
	at += sprintf(at, "volatile int sink;\n");
	for (unsigned i = 0; i < functions; i++)
		at += sprintf(at, "__attribute__((noinline)) void f%u(void) { sink += %u; }\n", i,
			      i);
	sprintf(at, "int main(void) { f0(); return 0; }\n");
	path = compile(*state, "many", "-g -O1", text);
	free(text);
	if (!path)
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (unsigned i = 0, f = 0; i < 60; i++, f = (f + 301) % functions) {
		const struct pmc_frame *frames;
		size_t count;

		snprintf(name, sizeof(name), "f%u", f);
		frames = sym_ask(&session, module, sym_place(path, name), false, &count);
		assert_int_equal(count, 1);
		assert_string_equal(sym_text(&session, frames[0].function), name);
		assert_int_equal(frames[0].function_line, f + 2);
	}
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cold_part),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
