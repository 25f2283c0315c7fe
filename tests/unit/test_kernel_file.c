/* test_kernel_file.c - the image of a recorded kernel: which file is it, and what it names. */
#include "base/format.h"
#include "kernel_fixture.h"
#include "symbolize/kernel_file.h"

static const char text_name[] = "[kernel.kallsyms]_text";

/* Offset of a symbol of the image from where it begins. */
static uint64_t place(const char *path, const char *name)
{
	const uint64_t address = sym_address(path, name);

	assert_int_not_equal(address, 0);
	return address - sym_address(path, "_text");
}

/* Builds one image and copies of it; skips where that cannot be had. */
static const char *build(const struct sym_dir *dir)
{
	const char *path = kernel_build_image(dir, "vmlinux", KERNEL_CC, "-g");

	if (!path)
		skip();
	return path;
}

/* The name that a recording with such a row gets for a symbol of the image. */
static const char *name_with(const struct pmc_file_search *search, struct pmc_module_row row,
			     const char *path, const char *symbol, uint32_t *line)
{
	static char name[64];
	const struct pmc_frame *frames;
	struct sym_session session;
	uint32_t module;
	size_t count;

	kernel_open(&session, search, NULL);
	module = kernel_module(&session, text_name, row);
	frames = sym_ask(&session, module, place(path, symbol), false, &count);
	snprintf(name, sizeof(name), "%s", sym_text(&session, frames[count - 1].function));
	if (line)
		*line = frames[0].line;
	sym_close(&session);
	return name;
}

/* Functions, inlined ones and lines, wherever the kernel ran. */
static void check_frames(const char *path)
{
	const struct pmc_file_search search = { .kernel = path };
	const struct pmc_frame *frames;
	struct sym_session session;
	bool has_lines = false;
	uint32_t module;
	size_t count;

	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, text_name, kernel_row(PMC_MODULE_KERNEL));
	frames = sym_ask(&session, module, place(path, "mark_inner"), false, &count);
	assert_int_equal(count, 2);
	assert_string_equal(sym_text(&session, frames[0].function), "inner");
	assert_true(frames[0].inlined);
	assert_int_equal(frames[0].line, 5);
	assert_string_equal(sym_text(&session, frames[1].function), "outer");
	assert_int_equal(frames[1].line, 10);
	assert_string_equal(sym_name(&session, module, place(path, "start")), "start");
	assert_string_equal(sym_name(&session, module, place(path, "by_hand") + 7), "by_hand");
	/* Between functions, before all of them, behind them, and where variables are. */
	assert_string_equal(sym_name(&session, module, place(path, "by_hand") + 40), "");
	assert_string_equal(sym_name(&session, module, 0x10), "");
	assert_string_equal(sym_name(&session, module, place(path, "linux_banner")), "");
	assert_string_equal(sym_name(&session, module, 0x100000), "");
	assert_string_equal(sym_name(&session, module, 16 - sym_address(path, "_text")), "");
	assert_int_equal(pmc_symbolizer_module_source(session.symbolizer, module, &has_lines),
			 PMC_NAMES_SYMTAB);
	assert_true(has_lines);
	assert_null(strstr(session.batch.advice[PMC_HEALTH_UNRESOLVED], "kernel"));
	sym_close(&session);
}

static void test_frames(void **state)
{
	const char *path;

	check_frames(build(*state));
	if (!sym_has_tool(KERNEL_CC_ARM64))
		return;
	path = kernel_build_image(*state, "arm64", KERNEL_CC_ARM64, "-g");
	if (path)
		check_frames(path);
}

/* Some distributions keep DWARF and symbols in a file that has nothing else. */
static void test_debug_file(void **state)
{
	const struct sym_dir *dir = *state;
	char path[600];

	build(dir);
	if (!sym_has_tool("objcopy"))
		skip();
	assert_true(sym_shell("cd '%s' && objcopy --only-keep-debug vmlinux debug", dir->path));
	snprintf(path, sizeof(path), "%s/debug", dir->path);
	check_frames(path);
}

/* Chains lead to where code was interrupted, too: that is no call of what lies before it. */
static void test_first_byte(void **state)
{
	const char *path = build(*state);
	const struct pmc_file_search search = { .kernel = path };
	const struct pmc_frame *frames;
	struct sym_session session;
	uint32_t module;
	size_t count;

	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, text_name, kernel_row(PMC_MODULE_KERNEL));
	frames = sym_ask(&session, module, place(path, "first_byte"), true, &count);
	assert_string_equal(sym_text(&session, frames[count - 1].function), "first_byte");
	frames = sym_ask(&session, module, place(path, "by_hand") + 32, true, &count);
	assert_string_equal(sym_text(&session, frames[count - 1].function), "by_hand");
	sym_close(&session);
}

/* Recordings may tell the address of another symbol, or none that means anything. */
static void test_reference(void **state)
{
	const char *path = build(*state);
	const struct pmc_file_search search = { .kernel = path };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL);
	const uint64_t offset = place(path, "start") - 0x1000;
	struct sym_session session;
	uint32_t module;

	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, "[kernel.kallsyms]_stext", row);
	assert_string_equal(sym_name(&session, module, offset), "start");
	module = kernel_module(&session, "[kernel.kallsyms]no_such_symbol", row);
	assert_string_equal(sym_name(&session, module, offset), "");
	sym_close(&session);
	row.base = 0;
	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, text_name, row);
	assert_string_equal(sym_name(&session, module, offset + 0x1000), "");
	assert_non_null(strstr(session.batch.advice[PMC_HEALTH_UNRESOLVED], "kptr_restrict"));
	sym_close(&session);
}

/* Every place that is looked at, with the right build-id and with another one. */
static void test_places(void **state)
{
	static const char *const places[] = {
		"root/usr/lib/debug/boot/vmlinux-" KERNEL_RELEASE,
		"root/usr/lib/debug/boot/vmlinux-" KERNEL_RELEASE ".debug",
		"root/usr/lib/debug/lib/modules/" KERNEL_RELEASE "/vmlinux",
		"root/usr/lib/debug/usr/lib/modules/" KERNEL_RELEASE "/vmlinux",
		"root/usr/lib/debug/usr/lib/modules/" KERNEL_RELEASE "/vmlinux.debug",
		"root/boot/vmlinux-" KERNEL_RELEASE,
		"root/lib/modules/" KERNEL_RELEASE "/vmlinux",
		"root/usr/lib/modules/" KERNEL_RELEASE "/vmlinux",
		"root/lib/modules/" KERNEL_RELEASE "/build/vmlinux",
		"home/.debug/.build-id/%.2s/%s/vmlinux",
		"home/.debug/.build-id/%.2s/%s/elf",
		"root/usr/lib/debug/.build-id/%.2s/%s.debug",
	};
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL), other;
	char root[600], home[600], name[600], hex[64];
	struct pmc_file_search search = { .symfs = root, .release = KERNEL_RELEASE };

	snprintf(root, sizeof(root), "%s/root", dir->path);
	snprintf(home, sizeof(home), "%s/home", dir->path);
	setenv("HOME", home, 1);
	kernel_set_id(&row, path);
	other = row;
	other.build_id[3] ^= 1;
	pmc_format_hex(hex, row.build_id, row.build_id_len);
	assert_string_equal(name_with(&search, row, path, "start", NULL), "");
	for (size_t i = 0; i < PMC_COUNT(places); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(name, sizeof(name), places[i], hex, hex + 2);
#pragma GCC diagnostic pop
		assert_true(sym_shell("cd '%s' && mkdir -p \"$(dirname '%s')\" && cp vmlinux '%s'",
				      dir->path, name, name));
		assert_string_equal(name_with(&search, row, path, "start", NULL), "start");
		assert_string_equal(name_with(&search, other, path, "start", NULL), "");
		/* A path proves nothing. */
		assert_string_equal(name_with(&search, kernel_row(PMC_MODULE_KERNEL), path,
					      "start", NULL), "");
		assert_true(sym_shell("rm '%s/%s'", dir->path, name));
	}
	unsetenv("HOME");
}

/* A file that was named is believed where nothing speaks against it. */
static void test_named(void **state)
{
	const char *path = build(*state);
	struct pmc_file_search search = { .kernel = path };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL);

	assert_string_equal(name_with(&search, row, path, "start", NULL), "start");
	kernel_set_id(&row, path);
	assert_string_equal(name_with(&search, row, path, "start", NULL), "start");
	row.build_id[0] ^= 1;
	assert_string_equal(name_with(&search, row, path, "start", NULL), "");
	search.kernel = "/nonexistent";
	assert_string_equal(name_with(&search, row, path, "start", NULL), "");
}

/* What is installed is often stripped; lines are in another file of the same build. */
static void test_whole_file_wins(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	char root[600];
	struct pmc_file_search search = { .symfs = root, .release = KERNEL_RELEASE };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL);
	uint32_t line;

	if (!sym_has_tool("strip"))
		skip();
	kernel_set_id(&row, path);
	snprintf(root, sizeof(root), "%s/two", dir->path);
	assert_true(sym_shell("cd '%s' && mkdir -p two/boot two/lib/modules/%s && "
			      "strip -g -o two/boot/vmlinux-%s vmlinux && "
			      "cp vmlinux two/lib/modules/%s/vmlinux", dir->path, KERNEL_RELEASE,
			      KERNEL_RELEASE, KERNEL_RELEASE));
	assert_string_equal(name_with(&search, row, path, "mark_inner", &line), "outer");
	assert_int_equal(line, 5);
	assert_true(sym_shell("rm '%s'/two/lib/modules/*/vmlinux", dir->path));
	assert_string_equal(name_with(&search, row, path, "mark_inner", &line), "outer");
	assert_int_equal(line, 0);
}

/* One that was named wins, unless lines are wanted that only another file of the same build has. */
static void test_named_without_lines(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	char root[600], named[600];
	struct pmc_file_search search = { .symfs = root, .kernel = named,
					  .release = KERNEL_RELEASE };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL);
	uint32_t line;

	if (!sym_has_tool("strip") || !sym_has_tool("objcopy"))
		skip();
	kernel_set_id(&row, path);
	snprintf(root, sizeof(root), "%s/other", dir->path);
	snprintf(named, sizeof(named), "%s/named", dir->path);
	assert_true(sym_shell("cd '%s' && mkdir -p other/boot && strip -g -o named vmlinux && "
			      "cp vmlinux other/boot/vmlinux-%s", dir->path, KERNEL_RELEASE));
	assert_string_equal(name_with(&search, row, path, "mark_inner", &line), "outer");
	assert_int_equal(line, 5);
	/* Without a build-id nobody knows whether they are of one build. */
	assert_string_equal(name_with(&search, kernel_row(PMC_MODULE_KERNEL), path, "mark_inner",
				      &line), "outer");
	assert_int_equal(line, 0);
	/* Nor is another one better that has none either, or no symbols to count from. */
	assert_true(sym_shell("cd '%s' && objcopy -N _text vmlinux other/boot/vmlinux-%s && "
			      "objcopy --redefine-sym outer=named_outer named", dir->path,
			      KERNEL_RELEASE));
	assert_string_equal(name_with(&search, row, path, "mark_inner", &line), "named_outer");
	assert_int_equal(line, 0);
	assert_true(sym_shell("cd '%s' && strip -g -o other/boot/vmlinux-%s vmlinux", dir->path,
			      KERNEL_RELEASE));
	assert_string_equal(name_with(&search, row, path, "mark_inner", &line), "named_outer");
	assert_int_equal(line, 0);
}

/* The list that was named says how functions are called; lines come from the image all the same. */
static void test_list(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct pmc_file_search search = { .kernel = path };
	const struct pmc_frame *frames;
	struct sym_session session;
	char list[600], text[512];
	uint32_t module;
	size_t count;

	snprintf(text, sizeof(text),
		 "%llx t listed_outer\n%llx t listed_gap\n%llx t listed_first\n"
		 "%llx T listed_start\n",
		 (unsigned long long)(kernel_base + place(path, "outer")),
		 (unsigned long long)(kernel_base + place(path, "by_hand") + 32),
		 (unsigned long long)(kernel_base + place(path, "first_byte")),
		 (unsigned long long)(kernel_base + place(path, "start")));
	kernel_write(dir, "list", text);
	snprintf(list, sizeof(list), "%s/list", dir->path);
	kernel_open(&session, &search, list);
	module = kernel_module(&session, text_name, kernel_row(PMC_MODULE_KERNEL));
	frames = sym_ask(&session, module, place(path, "mark_inner"), false, &count);
	assert_int_equal(count, 2);
	assert_string_equal(sym_text(&session, frames[0].function), "inner");
	assert_string_equal(sym_text(&session, frames[1].function), "listed_outer");
	assert_int_equal(frames[1].line, 10);
	/* What the one does not know the other may. */
	assert_string_equal(sym_name(&session, module, place(path, "by_hand") + 7), "by_hand");
	assert_string_equal(sym_name(&session, module, place(path, "by_hand") + 40), "listed_gap");
	/* Both name the same place where it is no call that a chain leads to. */
	frames = sym_ask(&session, module, place(path, "first_byte"), true, &count);
	assert_string_equal(sym_text(&session, frames[count - 1].function), "listed_first");
	frames = sym_ask(&session, module, place(path, "by_hand") + 48, true, &count);
	assert_string_equal(sym_text(&session, frames[count - 1].function), "listed_gap");
	sym_close(&session);
	search.kernel = NULL;
	kernel_open(&session, &search, list);
	module = kernel_module(&session, text_name, kernel_row(PMC_MODULE_KERNEL));
	assert_string_equal(sym_name(&session, module, place(path, "start")), "listed_start");
	sym_close(&session);
}

static void test_advice(void **state)
{
	struct pmc_file_search search = { .release = KERNEL_RELEASE };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KERNEL);
	struct sym_session session;
	const char *advice;
	uint32_t module;

	(void)state;
	row.build_id_len = 4;
	memcpy(row.build_id, "\xab\xcd\xef\x01", 4);
	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, text_name, row);
	sym_name(&session, module, 0x1000);
	advice = session.batch.advice[PMC_HEALTH_UNRESOLVED];
	assert_non_null(strstr(advice, "--kernel"));
	assert_non_null(strstr(advice, "abcdef01"));
	assert_non_null(strstr(advice, "/usr/lib/debug/boot/vmlinux-" KERNEL_RELEASE));
	assert_null(strstr(advice, "modules of the kernel"));
	module = kernel_module(&session, "/lib/modules/x/mod.ko.xz",
			       kernel_row(PMC_MODULE_KMOD));
	sym_name(&session, module, 0);
	advice = session.batch.advice[PMC_HEALTH_UNRESOLVED];
	assert_non_null(strstr(advice, "abcdef01"));
	assert_non_null(strstr(advice, "DIR/lib/modules/x/mod.ko.xz"));
	assert_null(strstr(advice, "Programs"));
	/* It is said with every batch from then on. */
	module = kernel_module(&session, "/nowhere/prog", sym_user);
	sym_name(&session, module, 0);
	advice = session.batch.advice[PMC_HEALTH_UNRESOLVED];
	assert_non_null(strstr(advice, "abcdef01"));
	assert_non_null(strstr(advice, "DIR/nowhere/prog is"));
	sym_name(&session, module, 1);
	assert_ptr_equal(session.batch.advice[PMC_HEALTH_UNRESOLVED], advice);
	assert_ptr_equal(pmc_symbolizer_advice(session.symbolizer), advice);
	sym_close(&session);
	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, "[mod]", kernel_row(PMC_MODULE_KMOD));
	sym_name(&session, module, 0);
	assert_non_null(strstr(session.batch.advice[PMC_HEALTH_UNRESOLVED], "--kallsyms"));
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_debug_file),
		cmocka_unit_test(test_first_byte),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_whole_file_wins),
		cmocka_unit_test(test_named_without_lines),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
