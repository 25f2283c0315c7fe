/* test_kmod_file.c - files of kernel modules: where their code is in the kernel, and its names. */
#include "kernel_fixture.h"
#include "symbolize/foreign_file.h"
#include "symbolize/kmod_file.h"

static const char *build(const struct sym_dir *dir)
{
	const char *path = kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g");

	if (!path)
		skip();
	return path;
}

/* Address of a section as it was laid out. */
static uint64_t section_at(const struct elf_file *file, const char *name, GElf_Shdr *header)
{
	assert_non_null(elf_file_section(file, name, header));
	return header->sh_addr;
}

static void check_layout(const struct elf_file *file)
{
	static const char *const order[] = { ".text", ".exit.text", ".text.unlikely" };
	GElf_Shdr header;
	uint64_t end = 0;

	for (size_t i = 0; i < PMC_COUNT(order); i++) {
		const uint64_t at = section_at(file, order[i], &header);

		assert_int_equal(at % header.sh_addralign, 0);
		assert_in_range(at, end, end + header.sh_addralign - 1);
		assert_true(elf_file_is_code(file, at));
		end = at + header.sh_size;
	}
	assert_false(elf_file_is_code(file, end));
	/* Neither code that goes nor variables are among it, and no two are at one address. */
	assert_true(section_at(file, ".init.text", &header) > end);
	assert_true(section_at(file, ".data", &header) >
		    section_at(file, ".init.text", &header));
}

/* Code in the order of the file, but what is only there while it starts. */
static void test_layout(void **state)
{
	const char *path = build(*state);
	struct elf_file *file = kmod_file_open(path);

	assert_non_null(file);
	check_layout(file);
	elf_file_free(file);
	/* Programs are none. */
	assert_null(kmod_file_open("/proc/self/exe"));
	assert_null(kmod_file_open("/nonexistent"));
}

/* As distributions install them. */
static void test_compressed(void **state)
{
	static const char *const ways[][2] = { { "xz -k", ".xz" }, { "gzip -k", ".gz" } };
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct elf_file *file;
	char name[700];
	unsigned tried = 0;

	for (size_t i = 0; i < PMC_COUNT(ways); i++) {
		if (!sym_shell("%s -f '%s' 2>/dev/null", ways[i][0], path))
			continue;
		snprintf(name, sizeof(name), "%s%s", path, ways[i][1]);
		assert_null(kmod_file_open(name));
		file = kmod_file_unpack(name);
		assert_non_null(file);
		assert_int_equal(file->fd, -1);
		check_layout(file);
		elf_file_free(file);
		/* Nor are others unpacked: too large ones, and those of other names. */
		assert_true(sym_shell("cd '%s' && cp '%s' other && cp '%s' big.ko.xz && "
				      "truncate -s 65M big.ko.xz", dir->path, name, name));
		snprintf(name, sizeof(name), "%s/other", dir->path);
		assert_null(kmod_file_unpack(name));
		snprintf(name, sizeof(name), "%s/big.ko.xz", dir->path);
		assert_null(kmod_file_unpack(name));
		tried++;
	}
	assert_null(kmod_file_unpack(path));
	if (!tried)
		skip();
}

/* Recordings choose paths: only where modules are installed is something unpacked. */
static void test_where_unpacked(void **state)
{
	static const struct {
		const char *path;
		bool is_unpacked;
	} cases[] = {
		{ "/lib/modules/6.1/mod.ko.xz", true },
		{ "/usr/lib/modules/6.1/mod.ko.xz", true },
		{ "/lib/modules/6.1/.hidden/..also/.../mod.ko.xz", true },
		{ "/lib/modules/6.1/../6.1/mod.ko.xz", false },
		{ "/lib/modules/6.1/../../../home/mod.ko.xz", false },
		{ "/lib/modules/./6.1/mod.ko.xz", false },
		{ "/home/mod.ko.xz", false },
		{ "/home/lib/modules/6.1/mod.ko.xz", false },
	};
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	char root[600];
	struct pmc_file_search search = { .symfs = root };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KMOD);

	snprintf(root, sizeof(root), "%s/where", dir->path);
	kernel_set_id(&row, path);
	if (!sym_has_tool("xz"))
		skip();
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct elf_file *file;

		assert_true(sym_shell("cd '%s' && mkdir -p where/lib/modules/6.1 && "
				      "mkdir -p \"$(dirname 'where%s')\" && "
				      "xz -c mod.ko >'where%s'", dir->path, cases[i].path,
				      cases[i].path));
		file = foreign_kmod_open(&search, cases[i].path, &row, false);
		assert_int_equal(file != NULL, cases[i].is_unpacked);
		elf_file_free(file);
		assert_true(sym_shell("rm -r '%s'", root));
	}
}

/* The loader of arm64 makes .plt longer: what lies behind is nowhere. */
static void test_arm64(void **state)
{
	static const char asm_source[] = ".section .plt, \"ax\"\n.byte 0\n"
					 ".section .text.behind, \"ax\"\n.globl behind\n"
					 ".type behind, %function\nbehind: nop\n.size behind, 4\n";
	static const char script[] = "SECTIONS { .text 0 : { *(.text) } .plt 0 : { *(.plt) } "
				     ".text.behind 0 : { *(.text.behind) } }\n";
	const struct sym_dir *dir = *state;
	struct elf_file *file;
	char name[600];
	GElf_Shdr header;

	if (!sym_has_tool("aarch64-linux-gnu-gcc"))
		skip();
	kernel_write(dir, "arm.s", asm_source);
	kernel_write(dir, "long.lds", script);
	if (!kernel_build_module(dir, "arm.ko", KERNEL_CC_ARM64, "-g") ||
	    !sym_shell("cd '%s' && aarch64-linux-gnu-gcc -c -o arm.o arm.s && "
		       "aarch64-linux-gnu-gcc -nostdlib -r -Wl,-T,long.lds -o long.ko mod.o arm.o "
		       ">>log 2>&1",
		       dir->path))
		skip();
	snprintf(name, sizeof(name), "%s/arm.ko", dir->path);
	file = kmod_file_open(name);
	assert_non_null(file);
	check_layout(file);
	elf_file_free(file);
	snprintf(name, sizeof(name), "%s/long.ko", dir->path);
	file = kmod_file_open(name);
	assert_non_null(file);
	assert_int_equal(section_at(file, ".text", &header), 0);
	assert_false(elf_file_is_code(file, section_at(file, ".plt", &header)));
	assert_false(elf_file_is_code(file, section_at(file, ".text.behind", &header)));
	elf_file_free(file);
}

/* Names, inlined functions and lines of a module, its file found below a folder. */
static void check_names(const struct sym_dir *dir, const char *path, bool lines_wanted)
{
	struct elf_file *file = kmod_file_open(path);
	const uint64_t work = sym_address(path, "mark_helper");
	struct pmc_file_search search = { .symfs = dir->path };
	const struct pmc_frame *frames;
	struct sym_session session;
	GElf_Shdr header;
	uint32_t module;
	size_t count;

	assert_non_null(file);
	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, strrchr(path, '/'), kernel_row(PMC_MODULE_KMOD));
	frames = sym_ask(&session, module, work, false, &count);
	assert_string_equal(sym_text(&session, frames[count - 1].function), "work");
	assert_int_equal(count, lines_wanted ? 2 : 1);
	assert_int_equal(frames[0].line, lines_wanted ? 4 : 0);
	if (lines_wanted) {
		assert_string_equal(sym_text(&session, frames[0].function), "helper");
		assert_int_equal(frames[1].line, 7);
	}
	assert_string_equal(sym_name(&session, module, section_at(file, ".exit.text", &header)),
			    "clean_up");
	assert_string_equal(
		sym_name(&session, module, section_at(file, ".text.unlikely", &header)), "rare");
	assert_string_equal(sym_name(&session, module, 0x100), "");
	sym_close(&session);
	elf_file_free(file);
}

static void test_names(void **state)
{
	const struct sym_dir *dir = *state;

	check_names(dir, build(dir), true);
	check_names(dir, kernel_build_module(dir, "plain.ko", KERNEL_CC, "-g0"), false);
	/* Written to while it is read, the file must not be. */
	assert_true(sym_shell("cd '%s' && cp mod.ko before.ko", dir->path));
	check_names(dir, build(dir), true);
	assert_true(sym_shell("cd '%s' && cmp mod.ko before.ko", dir->path));
}

/* Compilers write DWARF that is compressed, and that of older versions. */
static void test_kinds_of_dwarf(void **state)
{
	static const char *const flags[] = { "-g -gz", "-g -gdwarf-4", "-g -gdwarf-4 -gz",
					     "-g -fdebug-types-section" };
	const struct sym_dir *dir = *state;
	unsigned built = 0;

	for (size_t i = 0; i < PMC_COUNT(flags); i++) {
		const char *path = kernel_build_module(dir, "kind.ko", KERNEL_CC, flags[i]);

		if (!path)
			continue;
		check_names(dir, path, true);
		built++;
	}
	if (sym_has_tool("aarch64-linux-gnu-gcc") &&
	    kernel_build_module(dir, "arm.ko", KERNEL_CC_ARM64, "-g")) {
		char path[600];

		snprintf(path, sizeof(path), "%s/arm.ko", dir->path);
		check_names(dir, path, true);
		built++;
	}
	if (!built)
		skip();
}

/* Found by path, beside it among debug files, and by build-id; never with another one. */
static void test_places(void **state)
{
	static const char *const places[] = {
		"root/usr/lib/debug/lib/modules/6.1/a/mod.ko",
		"root/usr/lib/debug/lib/modules/6.1/a/mod.ko.debug",
		"root/usr/lib/debug/usr/lib/modules/6.1/a/mod.ko",
		"root/lib/modules/6.1/a/mod.ko.xz",
		"root/usr/lib/modules/6.1/a/mod.ko.xz",
	};
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct pmc_module_row row = kernel_row(PMC_MODULE_KMOD);
	struct pmc_file_search search = { 0 };
	char root[600];

	snprintf(root, sizeof(root), "%s/root", dir->path);
	search.symfs = root;
	kernel_set_id(&row, path);
	for (size_t i = 0; i < PMC_COUNT(places); i++) {
		const bool is_packed = strstr(places[i], ".xz") != NULL;

		if (!sym_shell("cd '%s' && mkdir -p \"$(dirname '%s')\" && %s mod.ko >'%s'",
			       dir->path, places[i], is_packed ? "xz -c" : "cat", places[i]))
			continue;
		for (unsigned way = 0; way < 3; way++) {
			struct sym_session session;
			uint32_t module;

			/* The id is not known, is that of the file, is another. */
			kernel_set_id(&row, path);
			row.build_id[1] ^= way == 2;
			row.build_id_len = way ? row.build_id_len : 0;
			kernel_open(&session, &search, NULL);
			module = kernel_module(&session, "/lib/modules/6.1/a/mod.ko.xz", row);
			assert_string_equal(sym_name(&session, module,
						     sym_address(path, "mark_helper")),
					    way == 2 ? "" : "work");
			sym_close(&session);
		}
		assert_true(sym_shell("rm '%s/%s'", dir->path, places[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_where_unpacked),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kinds_of_dwarf),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
