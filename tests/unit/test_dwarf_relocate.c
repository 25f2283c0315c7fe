/* test_dwarf_relocate.c - what cannot be understood is not half applied. */
#include "kernel_fixture.h"
#include "symbolize/dwarf_relocate.h"
#include "symbolize/kmod_file.h"

/* Writes dir/damaged: the module with one field of each row that relocates .debug_info changed. */
static void change_rows(const struct sym_dir *dir, const char *path,
			void (*change)(Elf64_Rela *row))
{
	char damaged[600];
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	Elf64_Rela row;
	Elf *elf;
	int fd;

	snprintf(damaged, sizeof(damaged), "%s/damaged", dir->path);
	assert_true(sym_shell("cp '%s' '%s'", path, damaged));
	fd = open(damaged, O_RDWR);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	while ((scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &header);
		if (header.sh_type != SHT_RELA)
			continue;
		for (uint64_t at = 0; at < header.sh_size; at += sizeof(row)) {
			const off_t place = (off_t)(header.sh_offset + at);

			assert_int_equal(pread(fd, &row, sizeof(row), place), sizeof(row));
			change(&row);
			assert_int_equal(pwrite(fd, &row, sizeof(row), place), sizeof(row));
		}
	}
	elf_end(elf);
	close(fd);
}

static void keep(Elf64_Rela *row)
{
	(void)row;
}

static void other_type(Elf64_Rela *row)
{
	row->r_info = ELF64_R_INFO(ELF64_R_SYM(row->r_info), 200);
}

static void behind_the_end(Elf64_Rela *row)
{
	row->r_offset |= 1ULL << 40;
}

static void at_the_end(Elf64_Rela *row)
{
	row->r_offset = UINT64_MAX;
}

static void no_such_symbol(Elf64_Rela *row)
{
	row->r_info = ELF64_R_INFO(0xfffffff0, ELF64_R_TYPE(row->r_info));
}

static void test_all_or_nothing(void **state)
{
	static const struct {
		void (*change)(Elf64_Rela *row);
		bool is_good;
	} cases[] = {
		{ keep, true },		{ other_type, false },	   { behind_the_end, false },
		{ at_the_end, false },	{ no_such_symbol, false },
	};
	const struct sym_dir *dir = *state;
	const char *path = kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g");

	if (!path)
		skip();
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_file_search search = { .symfs = dir->path };
		struct sym_session session;
		struct elf_file *file;
		const struct pmc_frame *frames;
		char damaged[600];
		uint32_t module;
		size_t count;

		change_rows(dir, path, cases[i].change);
		snprintf(damaged, sizeof(damaged), "%s/damaged", dir->path);
		file = kmod_file_open(damaged);
		assert_non_null(file);
		assert_int_equal(dwarf_relocate(file), cases[i].is_good);
		elf_file_free(file);
		/* Names are there all the same; lines would be of anything. */
		kernel_open(&session, &search, NULL);
		module = kernel_module(&session, "/damaged", kernel_row(PMC_MODULE_KMOD));
		frames = sym_ask(&session, module, sym_address(path, "mark_helper"), false,
				 &count);
		assert_string_equal(sym_text(&session, frames[count - 1].function), "work");
		assert_int_equal(frames[0].line, cases[i].is_good ? 4 : 0);
		sym_close(&session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
