/* test_elf_file.c - what is opened, and file offsets to addresses. */
#include <sys/inotify.h>

#include "sym_fixture.h"
#include "symbolize/elf_file.h"

/* A file with the given segments and nothing else. */
static struct elf_file *make_file(const struct sym_dir *dir, const Elf64_Phdr *phdrs, size_t count,
				  unsigned type)
{
	Elf64_Ehdr ehdr = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = (uint16_t)type,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = count ? sizeof(ehdr) : 0,
		.e_ehsize = sizeof(ehdr),
		.e_phentsize = sizeof(*phdrs),
		.e_phnum = (uint16_t)count,
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	struct elf_file *file;
	char path[600];
	FILE *out;

	snprintf(path, sizeof(path), "%s/made", dir->path);
	out = fopen(path, "w");
	assert_non_null(out);
	fwrite(&ehdr, sizeof(ehdr), 1, out);
	if (count)
		fwrite(phdrs, sizeof(*phdrs), count, out);
	fclose(out);
	file = elf_file_open(path);
	unlink(path);
	return file;
}

static const Elf64_Phdr segments[] = {
	{ .p_type = PT_LOAD,
	  .p_flags = PF_R,
	  .p_offset = 0,
	  .p_vaddr = 0x400000,
	  .p_filesz = 0x1800,
	  .p_memsz = 0x1800 },
	{ .p_type = PT_NOTE,
	  .p_flags = PF_R,
	  .p_offset = 0x100,
	  .p_vaddr = 0x999000,
	  .p_filesz = 0x10,
	  .p_memsz = 0x10 },
	{ .p_type = PT_LOAD,
	  .p_flags = PF_R | PF_X,
	  .p_offset = 0x1800,
	  .p_vaddr = 0x402800,
	  .p_filesz = 0x3000,
	  .p_memsz = 0x3000 },
	{ .p_type = PT_LOAD,
	  .p_flags = PF_R | PF_W,
	  .p_offset = 0x4700,
	  .p_vaddr = 0x407700,
	  .p_filesz = 0x200,
	  .p_memsz = 0x9000 },
};

static const struct {
	uint64_t offset;
	bool found;
	uint64_t vaddr;
} offsets[] = {
	{ 0, true, 0x400000 },
	{ 0x17ff, true, 0x4017ff },
	{ 0x1800, true, 0x402800 },
	{ 0x47ff, true, 0x4057ff },	/* in two segments: that of code */
	{ 0x4800, true, 0x407800 },	/* behind the code, in the data */
	{ 0x48ff, true, 0x4078ff },
	{ 0x4900, true, 0x405900 },	/* the rest of the code's last page */
	{ 0x100000, false, 0 },
	{ UINT64_MAX, false, 0 },
};

static void test_offsets(void **state)
{
	struct elf_file *file = make_file(*state, segments, PMC_COUNT(segments), ET_EXEC);
	uint64_t vaddr;

	assert_non_null(file);
	assert_int_equal(file->segments.count, 3);
	for (size_t i = 0; i < PMC_COUNT(offsets); i++) {
		assert_int_equal(elf_file_vaddr(file, offsets[i].offset, &vaddr), offsets[i].found);
		if (offsets[i].found)
			assert_int_equal(vaddr, offsets[i].vaddr);
	}
	assert_int_equal(elf_file_base(file), 0x400000);
	assert_true(elf_file_is_code(file, 0x402800));
	assert_false(elf_file_is_code(file, 0x4027ff));
	assert_false(elf_file_is_code(file, 0x405800));
	assert_false(elf_file_is_code(file, UINT64_MAX));
	assert_false(elf_file_has_dwarf(file));
	assert_false(elf_file_has_build_id(file, (const uint8_t *)"", 0));
	elf_file_free(file);
}

/* Segments that cannot be: no address may come out of arithmetic that wraps. */
static void test_wild_segments(void **state)
{
	Elf64_Phdr wild[300];
	struct elf_file *file;
	uint64_t vaddr;

	for (size_t i = 0; i < PMC_COUNT(wild); i++)
		wild[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_flags = PF_X,
					.p_offset = UINT64_MAX - i,
					.p_vaddr = UINT64_MAX - i,
					.p_filesz = UINT64_MAX,
					.p_memsz = UINT64_MAX };
	file = make_file(*state, wild, PMC_COUNT(wild), ET_DYN);
	assert_non_null(file);
	assert_true(file->segments.count <= 256);
	for (size_t i = 0; i < PMC_COUNT(offsets); i++)
		elf_file_vaddr(file, offsets[i].offset, &vaddr);
	elf_file_is_code(file, 5);
	elf_file_free(file);
}

static void test_types(void **state)
{
	static const struct {
		unsigned type;
		bool good;
	} types[] = { { ET_EXEC, true }, { ET_DYN, true }, { ET_REL, false }, { ET_CORE, false },
		      { ET_NONE, false }, { 0xffff, false } };

	for (size_t i = 0; i < PMC_COUNT(types); i++) {
		struct elf_file *file =
			make_file(*state, segments, PMC_COUNT(segments), types[i].type);

		assert_int_equal(file != NULL, types[i].good);
		elf_file_free(file);
	}
	/* Without segments nothing has an address. */
	{
		struct elf_file *file = make_file(*state, NULL, 0, ET_DYN);
		uint64_t vaddr;

		assert_non_null(file);
		assert_false(elf_file_vaddr(file, 0, &vaddr));
		assert_int_equal(elf_file_base(file), 0);
		elf_file_free(file);
	}
	elf_file_free(NULL);
}

static void test_build_id(void **state)
{
	static const uint8_t id[] = { 0x12, 0x34, 0x56 }, other[] = { 0x12, 0x34, 0x57 };
	struct elf_file *file = pmc_calloc(1, sizeof(*file));

	(void)state;
	file->fd = -1;
	memcpy(file->build_id, id, sizeof(id));
	file->build_id_len = sizeof(id);
	assert_ptr_equal(elf_file_keep_if(file, id, sizeof(id)), file);
	assert_ptr_equal(elf_file_keep_if(file, other, 0), file);
	assert_false(elf_file_has_build_id(file, id, 2));
	/* What is not kept is freed. */
	assert_null(elf_file_keep_if(file, other, sizeof(other)));
	assert_null(elf_file_keep_if(NULL, id, sizeof(id)));
}

static void test_copy(void **state)
{
	char image[4096] = "";
	struct elf_file *file;

	(void)state;
	assert_null(elf_file_copy(image, sizeof(image)));
	assert_null(elf_file_copy(ELFMAG, 4));
	assert_null(elf_file_copy(image, 0));
	memcpy(image, ELFMAG, 4);
	file = elf_file_copy(image, sizeof(image));
	assert_null(file);
}

/* Detached files go on without a descriptor. */
static void test_detach(void **state)
{
	const char *path = sym_build(*state, "detached", SYM_CC, "-g -O1", "sym_inline.c");
	struct elf_file *file;
	GElf_Shdr header;

	if (!path)
		skip();
	file = elf_file_open(path);
	assert_non_null(file);
	assert_true(file->fd >= 0);
	elf_file_detach(file);
	assert_int_equal(file->fd, -1);
	elf_file_detach(file);
	assert_true(elf_file_has_dwarf(file));
	assert_non_null(elf_file_section(file, ".symtab", &header));
	assert_null(elf_file_section(file, ".nothing", &header));
	elf_file_free(file);
}

/* Opening a device may set something off: what is no file is not opened at all. */
static void test_not_opened(void **state)
{
	const struct sym_dir *dir = *state;
	const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct inotify_event event;
	char path[600], link[600];

	snprintf(path, sizeof(path), "%s/no-file", dir->path);
	snprintf(link, sizeof(link), "%s/library.so", dir->path);
	assert_true(sym_shell("mkfifo '%s' && ln -s no-file '%s'", path, link));
	if (watch < 0 || inotify_add_watch(watch, path, IN_OPEN) < 0)
		skip();
	assert_null(elf_file_open(path));
	assert_null(elf_file_open(link));
	assert_null(elf_file_open(dir->path));
	assert_int_equal(read(watch, &event, sizeof(event)), -1);
	close(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_opened),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_wild_segments),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_build_id),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
