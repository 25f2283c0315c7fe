/* test_debug_file.c - separate debug files: where they are looked for and which are refused. */
#include "sym_fixture.h"

/* A program with its DWARF in dir/NAME.debug; offset is that of mark_leaf. */
struct split {
	char path[600], debug[640];
	char build_id[48];		/* hexadecimal, "" without one */
	uint64_t offset;
};

static void read_build_id(const char *path, char hex[48])
{
	char command[700], line[256];
	FILE *pipe;

	hex[0] = '\0';
	snprintf(command, sizeof(command), "readelf -n '%s' 2>/dev/null", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe))
		if (sscanf(line, " Build ID: %47s", hex) == 1)
			break;
	pclose(pipe);
}

static bool build_split(const struct sym_dir *dir, struct split *split, const char *name,
			const char *flags, bool link)
{
	const char *path = sym_build(dir, name, SYM_CC, flags, "sym_inline.c");

	if (!path || !sym_has_tool("objcopy"))
		return false;
	snprintf(split->path, sizeof(split->path), "%s", path);
	snprintf(split->debug, sizeof(split->debug), "%s.debug", path);
	split->offset = sym_place(path, "mark_leaf");
	read_build_id(path, split->build_id);
	assert_true(sym_shell("cd '%s' && objcopy --only-keep-debug '%s' '%s' && strip '%s'",
			      dir->path, path, split->debug, path));
	if (link)
		assert_true(sym_shell("cd '%s' && objcopy --add-gnu-debuglink='%s' '%s'",
				      dir->path, split->debug, path));
	return true;
}

/* Opens a fresh session on the program and tells whether inlined frames come out. */
static bool has_debug(const struct split *split, const char *dirs)
{
	struct sym_session session;
	const struct pmc_frame *frames;
	enum pmc_names_source source;
	uint32_t module;
	bool has_lines, found;
	size_t count;

	sym_open(&session, dirs, true);
	module = sym_module(&session, split->path, sym_user);
	frames = sym_ask(&session, module, split->offset, false, &count);
	source = pmc_symbolizer_module_source(session.symbolizer, module, &has_lines);
	found = count == 3;
	if (found) {
		assert_string_equal(sym_text(&session, frames[0].function), "leaf");
		assert_string_equal(sym_text(&session, frames[2].function), "outer");
		assert_int_equal(source, PMC_NAMES_DEBUG_FILE);
	} else {
		assert_int_equal(count, 1);
		assert_int_equal(frames[0].line, 0);
		assert_int_not_equal(source, PMC_NAMES_DEBUG_FILE);
	}
	assert_int_equal(has_lines, found);
	sym_close(&session);
	return found;
}

static void test_build_id(void **state)
{
	const struct sym_dir *dir = *state;
	struct split split;
	char dirs[700];

	if (!build_split(dir, &split, "by-id", "-g -O2 -Wl,--build-id", false) ||
	    !split.build_id[0])
		skip();
	snprintf(dirs, sizeof(dirs), "/nonexistent::%s/debug", dir->path);
	assert_false(has_debug(&split, dirs));
	assert_true(sym_shell("cd '%s' && mkdir -p debug/.build-id/%.2s && mv '%s'"
			      " debug/.build-id/%.2s/%s.debug", dir->path, split.build_id,
			      split.debug, split.build_id, split.build_id + 2));
	assert_true(has_debug(&split, dirs));
	assert_false(has_debug(&split, "/nonexistent"));
}

/* A file of the right name that is of another build. */
static void test_wrong_build_id(void **state)
{
	const struct sym_dir *dir = *state;
	struct split one, other;
	char dirs[700];

	if (!build_split(dir, &one, "id-one", "-g -O2 -Wl,--build-id", true) || !one.build_id[0] ||
	    !build_split(dir, &other, "id-other", "-g -O1 -Wl,--build-id", true))
		skip();
	assert_string_not_equal(one.build_id, other.build_id);
	snprintf(dirs, sizeof(dirs), "%s/wrong", dir->path);
	assert_true(sym_shell("cd '%s' && mkdir -p wrong/.build-id/%.2s && cp '%s'"
			      " wrong/.build-id/%.2s/%s.debug && cp '%s' '%s'",
			      dir->path, one.build_id, other.debug, one.build_id, one.build_id + 2,
			      other.debug, one.debug));
	assert_false(has_debug(&one, dirs));
	assert_true(has_debug(&other, dirs));
}

static void test_debuglink(void **state)
{
	const struct sym_dir *dir = *state;
	struct split split;
	char dirs[700];

	if (!build_split(dir, &split, "linked", "-g -O2 -Wl,--build-id=none", true))
		skip();
	snprintf(dirs, sizeof(dirs), "%s/links", dir->path);
	/* Next to the program, in .debug, and below each debug folder. */
	assert_true(has_debug(&split, dirs));
	assert_true(sym_shell("cd '%s' && mkdir -p .debug && mv linked.debug .debug", dir->path));
	assert_true(has_debug(&split, dirs));
	assert_true(sym_shell("cd '%s' && mkdir -p 'links%s' && mv .debug/linked.debug 'links%s'",
			      dir->path, dir->path, dir->path));
	assert_true(has_debug(&split, dirs));
	assert_false(has_debug(&split, "/nonexistent"));
}

/* Without build-ids the checksum decides. */
static void test_checksum(void **state)
{
	const struct sym_dir *dir = *state;
	struct split split;

	if (!build_split(dir, &split, "summed", "-g -O2 -Wl,--build-id=none", true))
		skip();
	assert_true(has_debug(&split, "/nonexistent"));
	assert_true(sym_shell("printf x >>'%s'", split.debug));
	assert_false(has_debug(&split, "/nonexistent"));
}

/* What is found under the name must be a file, and not the program itself. */
static void test_odd_files(void **state)
{
	const struct sym_dir *dir = *state;
	struct split split;

	if (!build_split(dir, &split, "odd", "-g -O2 -Wl,--build-id=none", true))
		skip();
	assert_true(sym_shell("cd '%s' && rm odd.debug && mkfifo odd.debug", dir->path));
	assert_false(has_debug(&split, "/nonexistent"));
	assert_true(sym_shell("cd '%s' && rm odd.debug && mkdir odd.debug", dir->path));
	assert_false(has_debug(&split, "/nonexistent"));
	assert_true(sym_shell("cd '%s' && rmdir odd.debug && ln -s odd odd.debug", dir->path));
	assert_false(has_debug(&split, "/nonexistent"));
	assert_true(sym_shell("cd '%s' && rm odd.debug && : >odd.debug", dir->path));
	assert_false(has_debug(&split, "/nonexistent"));
}

/* The debug file's symbols name static functions of a program that has only .dynsym left. */
static void test_symbols_of_debug_file(void **state)
{
	const struct sym_dir *dir = *state;
	struct sym_session session;
	struct split split;
	uint64_t hidden;
	uint32_t module;

	if (!build_split(dir, &split, "symbols", "-g -O2 -rdynamic", true))
		skip();
	hidden = sym_file_offset(split.path, sym_address(split.debug, "mark_hidden"));
	sym_open(&session, "/nonexistent", false);
	module = sym_module(&session, split.path, sym_user);
	/* gcc may call it hidden.constprop.0. */
	assert_memory_equal(sym_name(&session, module, hidden), "hidden", 6);
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_id),
		cmocka_unit_test(test_wrong_build_id),
		cmocka_unit_test(test_debuglink),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_odd_files),
		cmocka_unit_test(test_symbols_of_debug_file),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
