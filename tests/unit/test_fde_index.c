/* test_fde_index.c - where functions begin in code without symbols. */
#include "sym_fixture.h"

#include "symbolize/fde_index.h"

/* gcc and clang write .eh_frame for these without being asked; names from the unstripped twin. */
static const char *build_pair(const struct sym_dir *dir, const char *flags, char stripped[600])
{
	const char *path = sym_build(dir, "fde", SYM_CC, flags, "sym_inline.c");

	if (!path || !sym_has_tool("strip"))
		return NULL;
	snprintf(stripped, 600, "%s.stripped", path);
	return sym_shell("strip -o '%s' '%s'", stripped, path) ? path : NULL;
}

static void check_functions(const char *path, const char *stripped, bool has_table)
{
	struct elf_file *file = elf_file_open(stripped);
	const uint64_t main_addr = sym_address(path, "main");
	struct fde_index index;
	uint64_t start = 0;

	assert_non_null(file);
	fde_index_init(&index, file);
	assert_int_equal(index.count > 0, has_table);
	if (!has_table) {	/* every answer is no */
		assert_false(fde_index_find(&index, main_addr, &start));
		elf_file_free(file);
		return;
	}
	for (uint64_t into = 0; into < 4; into++) {
		assert_true(fde_index_find(&index, main_addr + into, &start));
		assert_int_equal(start, main_addr);
	}
	/* What lies before it is another function, or padding that is nobody's. */
	if (fde_index_find(&index, main_addr - 1, &start))
		assert_true(start < main_addr);
	assert_false(fde_index_find(&index, 0, &start));
	assert_false(fde_index_find(&index, UINT64_MAX, &start));
	elf_file_free(file);
}

static void test_functions(void **state)
{
	/* Linkers make no table for static programs without -static-pie. */
	static const struct {
		const char *flags;
		bool has_table;
	} kinds[] = {
		{ "-O2", true }, { "-O1 -no-pie", true }, { "-O2 -static", false },
		{ "-O0 -static-pie", true },
	};
	unsigned built = 0;

	for (size_t i = 0; i < PMC_COUNT(kinds); i++) {
		char stripped[600];
		const char *path = build_pair(*state, kinds[i].flags, stripped);

		if (!path)
			continue;
		check_functions(path, stripped, kinds[i].has_table);
		built++;
	}
	if (!built)
		skip();
}

/* The symbolizer's side: all addresses of one nameless function tell the same first byte. */
static void test_into(void **state)
{
	struct sym_session session;
	char stripped[600];
	const char *path = build_pair(*state, "-O2", stripped);
	uint64_t offset;
	uint32_t module;

	if (!path)
		skip();
	offset = sym_place(path, "main");
	sym_open(&session, NULL, true);
	module = sym_module(&session, stripped, sym_user);
	for (uint32_t into = 0; into < 4; into++) {
		assert_string_equal(sym_name(&session, module, offset + into), "");
		assert_int_equal(session.batch.frames[0].into, into);
	}
	sym_close(&session);
}

/* Bytes that lie: every answer must stay inside the sections. */
static void test_damaged(void **state)
{
	char stripped[600], damaged[700];
	const char *path = build_pair(*state, "-O2", stripped);
	unsigned seed = 7;

	if (!path || !sym_has_tool("objcopy"))
		skip();
	snprintf(damaged, sizeof(damaged), "%s.damaged", stripped);
	for (int round = 0; round < 200; round++) {
		struct elf_file *file;
		struct fde_index index;
		uint64_t start, at, size;
		GElf_Shdr header;
		int fd;

		assert_true(sym_shell("cp '%s' '%s'", stripped, damaged));
		file = elf_file_open(damaged);
		assert_non_null(file);
		assert_non_null(elf_file_section(file, round % 2 ? ".eh_frame" : ".eh_frame_hdr",
						 &header));
		at = header.sh_offset;
		size = header.sh_size;
		elf_file_free(file);
		fd = open(damaged, O_WRONLY);
		for (int i = 0; i < 8; i++) {
			const unsigned char byte = (unsigned char)(seed >> 16);

			seed = seed * 1103515245 + 12345;
			assert_int_equal(pwrite(fd, &byte, 1, (off_t)(at + seed / 7 % size)), 1);
		}
		close(fd);
		file = elf_file_open(damaged);
		if (!file)
			continue;
		fde_index_init(&index, file);
		for (uint64_t vaddr = 0; vaddr < 0x5000; vaddr += 3)
			if (fde_index_find(&index, vaddr, &start))
				assert_true(start <= vaddr);
		elf_file_free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_into),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
