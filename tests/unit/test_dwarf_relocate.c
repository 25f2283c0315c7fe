/* test_dwarf_relocate.c - what cannot be understood is not half applied. */
#include "kernel_fixture.h"
#include "symbolize/dwarf_relocate.h"
#include "symbolize/kmod_file.h"

/* A copy of the module, dir/damaged, to be written to. */
struct copy {
	char path[600];
	int fd;
	Elf *elf;
};

static void copy_open(struct copy *copy, const struct sym_dir *dir, const char *path)
{
	snprintf(copy->path, sizeof(copy->path), "%s/damaged", dir->path);
	assert_true(sym_shell("cp '%s' '%s'", path, copy->path));
	copy->fd = open(copy->path, O_RDWR);
	elf_version(EV_CURRENT);
	copy->elf = elf_begin(copy->fd, ELF_C_READ, NULL);
	assert_non_null(copy->elf);
}

static void copy_close(struct copy *copy)
{
	elf_end(copy->elf);
	close(copy->fd);
}

/* Writes dir/damaged: the module with one field of each row that relocates .debug_info changed. */
static void change_rows(const struct sym_dir *dir, const char *path,
			void (*change)(Elf64_Rela *row))
{
	struct copy copy;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	Elf64_Rela row;

	copy_open(&copy, dir, path);
	while ((scn = elf_nextscn(copy.elf, scn))) {
		gelf_getshdr(scn, &header);
		if (header.sh_type != SHT_RELA)
			continue;
		for (uint64_t at = 0; at < header.sh_size; at += sizeof(row)) {
			const off_t place = (off_t)(header.sh_offset + at);

			assert_int_equal(pread(copy.fd, &row, sizeof(row), place), sizeof(row));
			change(&row);
			assert_int_equal(pwrite(copy.fd, &row, sizeof(row), place),
					 sizeof(row));
		}
	}
	copy_close(&copy);
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

/* ---- headers of sections that no compiler writes ---- */

/* The header of a section, as it is in the file. */
static off_t read_section(const struct copy *copy, const char *name, Elf64_Shdr *section)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	GElf_Ehdr ehdr;
	off_t place;

	assert_non_null(gelf_getehdr(copy->elf, &ehdr));
	while ((scn = elf_nextscn(copy->elf, scn))) {
		gelf_getshdr(scn, &header);
		if (!strcmp(elf_strptr(copy->elf, ehdr.e_shstrndx, header.sh_name), name))
			break;
	}
	assert_non_null(scn);
	place = (off_t)(ehdr.e_shoff + elf_ndxscn(scn) * sizeof(*section));
	assert_int_equal(pread(copy->fd, section, sizeof(*section), place), sizeof(*section));
	return place;
}

/* Lays .debug_info over what is named; NULL: over the table of sections. */
static void lay_over(const struct copy *copy, const char *name)
{
	Elf64_Shdr info, other = { 0 };
	const off_t place = read_section(copy, ".debug_info", &info);
	GElf_Ehdr ehdr;

	assert_non_null(gelf_getehdr(copy->elf, &ehdr));
	if (!name)
		other.sh_offset = ehdr.e_shoff;
	else if (name[0])
		read_section(copy, name, &other);
	info.sh_offset = other.sh_offset;
	assert_int_equal(pwrite(copy->fd, &info, sizeof(info), place), sizeof(info));
}

/* Writes to what libelf has checked, and trusts, would lead it anywhere. */
static void test_nothing_else_is_written(void **state)
{
	static const char *const targets[] = { NULL, "", ".text", ".shstrtab", ".symtab",
					       ".rela.debug_info", ".debug_abbrev" };
	const struct sym_dir *dir = *state;
	const char *path = kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g");

	if (!path)
		skip();
	for (size_t i = 0; i < PMC_COUNT(targets); i++) {
		struct elf_file *file;
		struct copy copy;

		copy_open(&copy, dir, path);
		lay_over(&copy, targets[i]);
		copy_close(&copy);
		file = kmod_file_open(copy.path);
		assert_non_null(file);
		assert_false(dwarf_relocate(file));
		elf_file_free(file);
	}
}

/* Files could have it done as often as they have sections, each time as long as rows can be. */
static void test_once(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g");
	Elf64_Shdr info, other;
	struct elf_file *file;
	struct copy copy;
	off_t place;

	if (!path)
		skip();
	copy_open(&copy, dir, path);
	read_section(&copy, ".rela.debug_info", &info);
	place = read_section(&copy, ".rela.debug_aranges", &other);
	info.sh_name = other.sh_name;
	assert_int_equal(pwrite(copy.fd, &info, sizeof(info), place), sizeof(info));
	copy_close(&copy);
	file = kmod_file_open(copy.path);
	assert_non_null(file);
	assert_false(dwarf_relocate(file));
	elf_file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_nothing_else_is_written),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
