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

/* Loaders but that of x86 make .plt and the like longer: what lies behind is nowhere. */
static void test_lengthened(void **state)
{
	static const char *const names[] = { ".plt", ".text.ftrace_trampoline", ".stubs" };
	static const struct {
		unsigned machine;
		bool is_known;
	} machines[] = {
		{ EM_X86_64, true },	{ EM_386, true },   { EM_AARCH64, false },
		{ EM_ARM, false },	{ EM_PPC64, false }, { EM_RISCV, false },
	};
	const struct sym_dir *dir = *state;
	char name[600], text[600];
	GElf_Shdr header;

	build(dir);
	snprintf(name, sizeof(name), "%s/long.ko", dir->path);
	for (size_t i = 0; i < PMC_COUNT(names) * PMC_COUNT(machines); i++) {
		const unsigned machine = machines[i / PMC_COUNT(names)].machine;
		const bool is_known = machines[i / PMC_COUNT(names)].is_known;
		const char *section = names[i % PMC_COUNT(names)];
		const uint8_t bytes[] = { (uint8_t)machine, (uint8_t)(machine >> 8) };
		struct elf_file *file;
		int fd;

		snprintf(text, sizeof(text),
			 ".section %s, \"ax\"\n.byte 0\n"
			 ".section .text.behind, \"ax\"\n.byte 0\n", section);
		kernel_write(dir, "long.s", text);
		snprintf(text, sizeof(text), "SECTIONS { .text 0 : { *(.text) } %s 0 : { *(%s) } "
			 ".text.behind 0 : { *(.text.behind) } }\n", section, section);
		kernel_write(dir, "long.lds", text);
		if (!sym_shell("cd '%s' && " SYM_CC " -c -o long.o long.s && " SYM_CC
			       " -nostdlib -r -Wl,-T,long.lds -o long.ko mod.o long.o >>log 2>&1",
			       dir->path))
			skip();
		/* Only the layout is looked at, which knows machines by their number. */
		fd = open(name, O_WRONLY);
		assert_int_equal(pwrite(fd, bytes, 2, offsetof(Elf64_Ehdr, e_machine)), 2);
		close(fd);
		file = kmod_file_open(name);
		assert_non_null(file);
		assert_int_equal(section_at(file, ".text", &header), 0);
		assert_int_equal(elf_file_is_code(file, section_at(file, section, &header)),
				 is_known);
		assert_int_equal(elf_file_is_code(file, section_at(file, ".text.behind", &header)),
				 is_known);
		elf_file_free(file);
	}
}

static void test_arm64(void **state)
{
	const struct sym_dir *dir = *state;
	struct elf_file *file;
	char name[600];

	if (!sym_has_tool("aarch64-linux-gnu-gcc"))
		skip();
	if (!kernel_build_module(dir, "arm.ko", KERNEL_CC_ARM64, "-g"))
		skip();
	snprintf(name, sizeof(name), "%s/arm.ko", dir->path);
	file = kmod_file_open(name);
	assert_non_null(file);
	check_layout(file);
	elf_file_free(file);
}

/* Its addresses have 32 bits: elsewhere, too, is one of them. */
static void test_32_bit(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = kernel_build_module(dir, "mod32.ko", SYM_CC " -m32", "-g0");
	struct pmc_file_search search = { .symfs = dir->path };
	struct sym_session session;
	struct elf_file *file;
	GElf_Shdr header;
	uint32_t module;

	if (!path)
		skip();
	file = kmod_file_open(path);
	assert_non_null(file);
	check_layout(file);
	kernel_open(&session, &search, NULL);
	module = kernel_module(&session, "/mod32.ko", kernel_row(PMC_MODULE_KMOD));
	assert_string_equal(sym_name(&session, module, sym_address(path, "mark_helper")), "work");
	assert_string_equal(sym_name(&session, module, section_at(file, ".exit.text", &header)),
			    "clean_up");
	sym_close(&session);
	elf_file_free(file);
}

/* Sizes and alignments that no address has room for. */
static void test_too_large(void **state)
{
	static const struct {
		const char *section;
		uint64_t size, align;
		bool is_good;
	} cases[] = {
		{ ".data", 64, 8, true },
		{ ".data", 1ULL << 63, 8, true },
		{ ".data", UINT64_MAX, 8, false },
		{ ".data", 64, UINT64_MAX, false },
		{ ".text", UINT64_MAX, 1, false },
		{ ".text", 1ULL << 41, 1, false },
		{ ".exit.text", 64, 1ULL << 63, false },
	};
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	char name[600];

	snprintf(name, sizeof(name), "%s/large.ko", dir->path);
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct elf_file *file = elf_file_open_object(path);
		Elf_Scn *scn;
		GElf_Shdr header;
		GElf_Ehdr ehdr;
		int fd;

		assert_non_null(file);
		scn = elf_file_section(file, cases[i].section, &header);
		assert_non_null(scn);
		assert_non_null(gelf_getehdr(file->elf, &ehdr));
		assert_true(sym_shell("cp '%s' '%s'", path, name));
		header.sh_size = cases[i].size;
		header.sh_addralign = cases[i].align;
		fd = open(name, O_WRONLY);
		assert_int_equal(pwrite(fd, &header, sizeof(header),
					(off_t)(ehdr.e_shoff + elf_ndxscn(scn) * sizeof(header))),
				 sizeof(header));
		close(fd);
		elf_file_free(file);
		file = kmod_file_open(name);
		assert_int_equal(file != NULL, cases[i].is_good);
		elf_file_free(file);
	}
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

/* A folder may be called as a module is. */
static void test_folder_of_release(void **state)
{
	static const char recorded[] = "/lib/modules/6.1.korg/kernel/mod.ko.xz";
	const struct sym_dir *dir = *state;
	char root[600];
	struct pmc_file_search search = { .symfs = root };
	struct pmc_module_row row = kernel_row(PMC_MODULE_KMOD);
	struct elf_file *file;

	snprintf(root, sizeof(root), "%s/korg", dir->path);
	kernel_set_id(&row, build(dir));
	assert_true(sym_shell("cd '%s' && F=korg/usr/lib/debug/lib/modules/6.1.korg/kernel && "
			      "mkdir -p $F && cp mod.ko $F", dir->path));
	file = foreign_kmod_open(&search, recorded, &row, false);
	assert_non_null(file);
	elf_file_free(file);
	assert_null(foreign_kmod_open(&search, "/lib/modules/6.1.korg/kernel/mod", &row, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_where_unpacked),
		cmocka_unit_test(test_lengthened),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kinds_of_dwarf),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_folder_of_release),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
