/* test_elf_symbols.c - which name an address has by the symbol tables alone. */
#include "sym_fixture.h"

/* Offsets from a symbol of sym_table.c and the name that the byte there has; "" = nobody's. */
static const struct {
	const char *from;
	int add;
	const char *name;
} places[] = {
	{ "table_outer", 0, "table_outer" },
	{ "table_outer", 7, "table_outer" },
	{ "table_inner", 0, "table_inner" },
	{ "table_inner", 4, "table_inner" },		/* table_label is inside */
	{ "table_label", 3, "table_inner" },
	{ "table_inner", 8, "table_outer" },		/* behind the inner one */
	{ "table_after_inner", 7, "table_outer" },
	{ "table_after_inner", 8, "" },			/* behind both */
	{ "table_after_inner", 11, "" },
	{ "alias_global", 0, "alias_global" },
	{ "alias_global", 7, "alias_global" },
	{ "alias_global", -1, "" },
	{ "bare_first", 0, "bare_first" },
	{ "bare_first", 7, "bare_first" },
	{ "bare_second", 0, "bare_second" },
	{ "bare_last", 0, "bare_last" },
	{ "bare_last", 7, "bare_last" },
	{ "bare_last", 8, "" },				/* the end of its section */
	{ "table_data", 0, "" },
};

/* Linker scripts merge .text.last into .text; a section of its own name stays one. */
static const char *build_table(const struct sym_dir *dir, const char *name, const char *flags)
{
	return sym_build(dir, name, SYM_CC, flags, "sym_table.c");
}

static void check_table(const char *symbols, const char *path)
{
	struct sym_session session;
	uint32_t module;

	sym_open(&session, NULL, false);
	module = sym_module(&session, path, sym_user);
	for (size_t i = 0; i < PMC_COUNT(places); i++) {
		const uint64_t offset =
			sym_place(symbols, places[i].from) + (uint64_t)places[i].add;

		assert_string_equal(sym_name(&session, module, offset), places[i].name);
	}
	sym_close(&session);
}

static void test_table(void **state)
{
	const struct sym_dir *dir = *state;
	static const char *const flags[] = {
		"-O1 -nostartfiles -Wl,-e,main", "-O1 -nostartfiles -no-pie -Wl,-e,main",
		"-O1 -nostartfiles -static -Wl,-e,main",
		"-O1 -nostartfiles -Wl,-e,main -Wl,--image-base=0x400000 -fuse-ld=lld",
	};
	unsigned built = 0;
	char name[32];

	for (size_t i = 0; i < PMC_COUNT(flags); i++) {
		const char *path;

		snprintf(name, sizeof(name), "table%zu", i);
		path = build_table(dir, name, flags[i]);
		if (path) {
			check_table(path, path);
			built++;
		}
	}
	if (!built)
		skip();
}

/* Only what the dynamic linker needs is left of a stripped program. */
static void test_dynamic_only(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "dynamic", SYM_CC, "-O2 -rdynamic", "sym_inline.c");
	struct sym_session session;
	uint64_t outer, hidden;
	uint32_t module;
	bool has_lines;

	if (!path)
		skip();
	outer = sym_place(path, "outer");
	hidden = sym_place(path, "mark_hidden");
	assert_true(sym_shell("strip '%s'", path));
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	assert_string_equal(sym_name(&session, module, outer), "outer");
	/* A static function is not in .dynsym: its byte is nobody's, not its neighbour's; but the
	 * mark in it is a global label without size, the best that is left. */
	assert_string_equal(sym_name(&session, module, hidden), "mark_hidden");
	assert_string_equal(sym_name(&session, module, hidden - 1), "");
	assert_int_equal(pmc_symbolizer_module_source(session.symbolizer, module, &has_lines),
			 PMC_NAMES_DYNSYM);
	assert_false(has_lines);
	sym_close(&session);
}

static void test_no_symbols(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "nothing", SYM_CC, "-O2 -static -s", "sym_inline.c");
	struct sym_session session;
	uint32_t module;

	if (!path)
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (uint64_t offset = 0; offset < 0x10000; offset += 0x100)
		assert_string_equal(sym_name(&session, module, offset), "");
	assert_int_equal(pmc_symbolizer_module_source(session.symbolizer, module, NULL),
			 PMC_NAMES_NONE);
	sym_close(&session);
}

/* Versions belong to the linker, not to the name. */
static void test_versions(void **state)
{
	const struct sym_dir *dir = *state;
	struct sym_session session;
	char path[600];
	uint32_t module;

	if (!sym_shell(
		    "cd '%s' && { echo 'int one(void) { return 1; } int two(void) { return 2; }';"
		    " echo '__asm__(\".symver one,shown@@V1\"); __asm__(\".symver two,old@V1\");'; "
		    "}"
		    " >versions.c && echo 'V1 { global: shown; old; local: *; };' >versions.map &&"
		    " " SYM_CC " -O1 -shared -fPIC -o versions.so versions.c"
		    " -Wl,--version-script=versions.map >>log 2>&1",
		    dir->path))
		skip();
	snprintf(path, sizeof(path), "%s/versions.so", dir->path);
	sym_open(&session, NULL, false);
	module = sym_module(&session, path, sym_user);
	assert_string_equal(sym_name(&session, module, sym_place(path, "shown@@V1")), "shown");
	assert_string_equal(sym_name(&session, module, sym_place(path, "old@V1")), "old");
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_dynamic_only),
		cmocka_unit_test(test_no_symbols),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
