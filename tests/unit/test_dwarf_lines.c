/*
 * test_dwarf_lines.c - functions, inlined frames and lines of real programs, built in every way
 * that changes what the DWARF looks like. What is right is known from marks in their sources.
 */
#include "sym_fixture.h"

/* What one frame must say; texts of `line` and `declared` are comments in the source. */
struct expected {
	const char *function, *declared, *line;
	bool inlined;
};

struct place {
	const char *mark;
	bool is_caller;
	struct expected frames[4];
};

static const struct place c_places[] = {
	{ "mark_leaf", false,
	  { { "leaf", "declared: leaf", "line: mark_leaf", true },
	    { "middle", "declared: middle", "line: call_leaf", true },
	    { "outer", "declared: outer", "line: call_middle", false } } },
	{ "mark_middle", false,
	  { { "middle", "declared: middle", "line: mark_middle", true },
	    { "outer", "declared: outer", "line: call_middle", false } } },
	{ "mark_outer", false, { { "outer", "declared: outer", "line: mark_outer", false } } },
	{ "mark_hidden", false, { { "hidden", "declared: hidden", "line: mark_hidden", false } } },
};

static void check_file(const struct sym_dir *dir, struct sym_session *session, uint32_t file,
		       const char *source)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", dir->sources, source);
	assert_string_equal(sym_text(session, file), path);
}

static void check_place(const struct sym_dir *dir, struct sym_session *session, uint32_t module,
			const char *symbols, const char *source, const struct place *place)
{
	size_t count, wanted = 0;
	const uint64_t offset = sym_place(symbols, place->mark);
	const struct pmc_frame *frames = sym_ask(session, module, offset + place->is_caller,
						 place->is_caller, &count);

	while (wanted < 4 && place->frames[wanted].function)
		wanted++;
	assert_int_equal(count, wanted);
	for (size_t i = 0; i < count; i++) {
		const struct expected *e = &place->frames[i];

		assert_string_equal(sym_text(session, frames[i].function), e->function);
		assert_int_equal(frames[i].inlined, e->inlined);
		check_file(dir, session, frames[i].file, source);
		assert_int_equal(frames[i].line, sym_line(dir, source, e->line));
		check_file(dir, session, frames[i].function_file, source);
		assert_int_equal(frames[i].function_line, sym_line(dir, source, e->declared));
	}
}

static const struct {
	const char *name, *compiler, *flags;
} builds[] = {
	{ "pie", SYM_CC, "-g -O2" },
	{ "fixed", SYM_CC, "-g -O2 -no-pie -fno-pie" },
	{ "static", SYM_CC, "-g -O2 -static" },
	{ "static-pie", SYM_CC, "-g -O2 -static-pie" },
	{ "dwarf3", SYM_CC, "-g -O2 -gdwarf-3 -gstrict-dwarf" },
	{ "dwarf4", SYM_CC, "-g -O2 -gdwarf-4" },
	{ "dwarf5", SYM_CC, "-g -O2 -gdwarf-5" },
	{ "zlib", SYM_CC, "-g -O2 -gz" },
	{ "split", SYM_CC, "-g -O2 -gsplit-dwarf" },
	{ "split4", SYM_CC, "-g -O2 -gsplit-dwarf -gdwarf-4" },
	{ "sections", SYM_CC, "-g -O2 -ffunction-sections -Wl,--gc-sections" },
	{ "lto", SYM_CC, "-g -O2 -flto" },
	{ "O0", SYM_CC, "-g -O0" },
	{ "stripped-symbols", SYM_CC, "-g -O2 -rdynamic" },
	{ "clang", "clang", "-g -O2" },
	{ "clang-dwarf4", "clang", "-g -O2 -gdwarf-4 -no-pie -fno-pie" },
};

static void test_builds(void **state)
{
	const struct sym_dir *dir = *state;
	unsigned built = 0;

	for (size_t b = 0; b < PMC_COUNT(builds); b++) {
		struct sym_session session;
		const char *path;
		uint32_t module;
		bool has_lines;

		path = sym_build(dir, builds[b].name, builds[b].compiler, builds[b].flags,
				 "sym_inline.c");
		if (!path)
			continue;
		built++;
		sym_open(&session, NULL, true);
		module = sym_module(&session, path, sym_user);
		for (size_t i = 0; i < PMC_COUNT(c_places); i++)
			check_place(dir, &session, module, path, "sym_inline.c", &c_places[i]);
		assert_int_equal(PMC_NAMES_SYMTAB, pmc_symbolizer_module_source(
			session.symbolizer, module, &has_lines));
		assert_true(has_lines);
		sym_close(&session);
	}
	if (!built)
		skip();
}

/* The line of a return address is that of the call: the byte before decides. */
static void test_callers(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "callers", SYM_CC, "-g -O2", "sym_inline.c");
	struct sym_session session;
	uint32_t module;

	if (!path)
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (size_t i = 0; i < PMC_COUNT(c_places); i++) {
		struct place place = c_places[i];

		place.is_caller = true;
		check_place(dir, &session, module, path, "sym_inline.c", &place);
	}
	/* Nothing lies before the first byte; it must not wrap around. */
	assert_string_equal(sym_name(&session, module, 0), "");
	sym_close(&session);
}

static void test_without_lines(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "nolines", SYM_CC, "-g -O2", "sym_inline.c");
	const struct pmc_frame *frames;
	struct sym_session session;
	uint32_t module;
	bool has_lines;
	size_t count;

	if (!path)
		skip();
	sym_open(&session, NULL, false);
	module = sym_module(&session, path, sym_user);
	frames = sym_ask(&session, module, sym_place(path, "mark_leaf"), false, &count);
	assert_int_equal(count, 1);
	assert_string_equal(sym_text(&session, frames[0].function), "outer");
	assert_int_equal(frames[0].line, 0);
	assert_int_equal(frames[0].file, 0);
	assert_int_equal(frames[0].function_file, 0);
	pmc_symbolizer_module_source(session.symbolizer, module, &has_lines);
	assert_false(has_lines);
	sym_close(&session);
}

/* Assembly has lines but no DWARF function: the symbol's name, the line table's line. */
static void test_lines_without_functions(void **state)
{
	const struct sym_dir *dir = *state;
	const struct pmc_frame *frames;
	struct sym_session session;
	char path[600], source[600];
	uint32_t module;
	size_t count;

	if (!sym_shell("cd '%s' && { echo .globl asm_entry; echo .text; echo asm_entry:; echo nop;"
		       " echo asm_mark:; echo nop; echo .globl main; echo .type main, %%function;"
		       " echo main:; echo nop; } >plain.s &&"
		       " " SYM_CC " -g -o asm plain.s >>log 2>&1", dir->path))
		skip();
	snprintf(path, sizeof(path), "%s/asm", dir->path);
	snprintf(source, sizeof(source), "%s/plain.s", dir->path);
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	frames = sym_ask(&session, module, sym_place(path, "asm_entry"), false, &count);
	assert_int_equal(count, 1);
	assert_string_equal(sym_text(&session, frames[0].function), "asm_entry");
	assert_string_equal(sym_text(&session, frames[0].file), source);
	assert_int_equal(frames[0].line, 4);
	frames = sym_ask(&session, module, sym_place(path, "main"), false, &count);
	assert_int_equal(frames[0].line, 10);
	sym_close(&session);
}

/* A program whose DWARF dwz moved into a common file, next to it and by build-id. */
static void test_alt_file(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "alt", SYM_CC, "-g -O2 -gdwarf-4", "sym_inline.c");
	struct sym_session session;
	uint32_t module;

	if (!path || !sym_has_tool("dwz"))
		skip();
	if (!sym_shell("cd '%s' && cp alt alt2 && dwz -m alt.common -r alt alt2 >>log 2>&1",
		       dir->path))
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (size_t i = 0; i < PMC_COUNT(c_places); i++)
		check_place(dir, &session, module, path, "sym_inline.c", &c_places[i]);
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builds),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_without_lines),
		cmocka_unit_test(test_lines_without_functions),
		cmocka_unit_test(test_alt_file),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
