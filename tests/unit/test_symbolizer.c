/* test_symbolizer.c - batches in, frames out; damaged files; files that shrink under its hands. */
#include <sanitizer/lsan_interface.h>

#include "base/hash.h"
#include "kernel_fixture.h"

static void add_text(struct pmc_batch *batch, const char **texts, const char *text)
{
	texts[batch->texts_count++] = text;
}

/* Kernel and unnamed modules, strings that came in earlier batches, ids that do not exist. */
static void test_batches(void **state)
{
	const struct sym_dir *dir = *state;
	const uint64_t base = 0xffffffff81000000;
	struct pmc_symbolizer_opts opts = { .lines = true };
	struct pmc_symbolizer *symbolizer;
	const char *texts[8];
	struct pmc_module_row modules[4];
	struct pmc_location_row locations[10] = { 0 };
	struct pmc_ksym_row ksym = { .module = 3, .name = 5, .offset = 0x9000, .size = 0x10 };
	struct pmc_batch batch = { 0 };
	char kallsyms[600];
	uint32_t name;
	FILE *file;

	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", dir->path);
	file = fopen(kallsyms, "w");
	assert_non_null(file);
	fprintf(file,
		"%llx T _text\n%llx t do_work\n%llx T _etext\nffffffffc0001000 t mod_work\t[m]\n",
		(unsigned long long)base, (unsigned long long)base + 0x100,
		(unsigned long long)base + 0x200);
	fclose(file);
	opts.kallsyms = kallsyms;
	symbolizer = pmc_symbolizer_new(&opts);

	/* Texts only, of modules to come. */
	batch.texts = texts;
	batch.strings_first = 1;
	add_text(&batch, texts, "[kernel]");
	add_text(&batch, texts, "[m]");
	add_text(&batch, texts, "[bpf]");
	add_text(&batch, texts, "[anon]");
	pmc_symbolizer_resolve(symbolizer, &batch);
	assert_int_equal(batch.frames_count, 0);
	assert_int_equal(batch.frame_first[0], 0);

	batch = (struct pmc_batch){ .texts = texts, .strings_first = 5, .modules_first = 1 };
	add_text(&batch, texts, "bpf_prog_x");
	modules[0] = (struct pmc_module_row){ .path = 1, .kind = PMC_MODULE_KERNEL, .base = base };
	modules[1] = (struct pmc_module_row){ .path = 2, .kind = PMC_MODULE_KMOD,
					      .base = 0xffffffffc0000000 };
	modules[2] = (struct pmc_module_row){ .path = 3, .kind = PMC_MODULE_KSYM, .base = base };
	modules[3] = (struct pmc_module_row){ .path = 4, .kind = PMC_MODULE_ANON };
	batch.modules = modules;
	batch.modules_count = 4;
	batch.ksyms = &ksym;
	batch.ksyms_count = 1;
	locations[0] = (struct pmc_location_row){ .module = 1, .offset = 0x100 };
	locations[1] = (struct pmc_location_row){ .module = 1, .offset = 0x100, .is_caller = true };
	locations[2] = (struct pmc_location_row){ .module = 1, .offset = 0x200 };
	locations[3] = (struct pmc_location_row){ .module = 2, .offset = 0x1004 };
	locations[4] = (struct pmc_location_row){ .module = 3, .offset = 0x900f };
	locations[5] = (struct pmc_location_row){ .module = 3, .offset = 0x9010 };
	locations[6] = (struct pmc_location_row){ .module = 4, .offset = 0x100 };
	locations[7] = (struct pmc_location_row){ .module = 0, .offset = 0x100 };
	locations[8] = (struct pmc_location_row){ .module = 99, .offset = 0x100 };
	locations[9] = (struct pmc_location_row){ .module = 1, .offset = 0x1ff };
	batch.locations = locations;
	batch.locations_count = 10;
	batch.locations_first = 1;
	pmc_symbolizer_resolve(symbolizer, &batch);

	static const char *const wanted[10] = { "do_work", "_text", "", "mod_work", "bpf_prog_x",
						"", "", "", "", "do_work" };

	assert_int_equal(batch.frames_count, 10);
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(batch.frame_first[i], i);
		assert_string_equal(pmc_strings_get(batch.names, batch.frames[i].function),
				    wanted[i]);
		assert_int_equal(batch.frames[i].function != 0, wanted[i][0] != '\0');
		assert_int_equal(batch.frames[i].line, 0);
		assert_false(batch.frames[i].inlined);
	}
	assert_int_equal(batch.frame_first[10], 10);
	/* One name is one id, in later batches too. */
	name = batch.frames[0].function;
	assert_int_equal(batch.frames[9].function, name);
	assert_int_equal(pmc_symbolizer_module_source(symbolizer, 1, NULL), PMC_NAMES_KALLSYMS);
	assert_int_equal(pmc_symbolizer_module_source(symbolizer, 3, NULL), PMC_NAMES_KSYM);
	assert_int_equal(pmc_symbolizer_module_source(symbolizer, 4, NULL), PMC_NAMES_NONE);
	assert_int_equal(pmc_symbolizer_module_source(symbolizer, 0, NULL), PMC_NAMES_NONE);
	assert_int_equal(pmc_symbolizer_module_source(symbolizer, 77, NULL), PMC_NAMES_NONE);

	batch = (struct pmc_batch){ .locations = locations,
				    .locations_count = 1,
				    .locations_first = 11 };
	pmc_symbolizer_resolve(symbolizer, &batch);
	assert_int_equal(batch.frames[0].function, name);

	/* Rows behind a gap stand at their ids. */
	batch = (struct pmc_batch){ .modules = modules, .modules_count = 1, .modules_first = 9 };
	locations[0].module = 9;
	locations[1].module = 7;
	batch.locations = locations;
	batch.locations_count = 2;
	pmc_symbolizer_resolve(symbolizer, &batch);
	assert_int_equal(batch.frames[0].function, name);
	assert_int_equal(batch.frames[1].function, 0);
	pmc_symbolizer_free(symbolizer);
	pmc_symbolizer_free(NULL);
}

/* All the ways in which one file can be spelled are one file. */
static void test_file_names(void **state)
{
	const struct sym_dir *dir = *state;
	const struct pmc_frame *frames;
	struct sym_session session;
	char path[600], wanted[600];
	uint32_t module, file;
	size_t count;

	if (!sym_shell("cd '%s' && mkdir -p a/b include && cat >include/x.h <<'END'\n"
		       "__attribute__((noinline)) void in_header(void)\n"
		       "{ __asm__ volatile(\".globl here; here: nop\"); }\n"
		       "END\n"
		       "cd '%s/a/b' && cat >x.c <<'END'\n"
		       "#include \"../.././a//b/../../include/x.h\"\n"
		       "int main(void) { in_header(); return 0; }\n"
		       "END\n" SYM_CC " -g -O1 -o ../../spelled x.c >>../../log 2>&1",
		       dir->path, dir->path))
		skip();
	snprintf(path, sizeof(path), "%s/spelled", dir->path);
	snprintf(wanted, sizeof(wanted), "%s/include/x.h", dir->path);
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	frames = sym_ask(&session, module, sym_place(path, "here"), false, &count);
	assert_int_equal(count, 1);
	assert_string_equal(sym_text(&session, frames[0].file), wanted);
	file = frames[0].file;
	assert_int_equal(frames[0].function_file, file);
	frames = sym_ask(&session, module, sym_place(path, "main"), false, &count);
	snprintf(wanted, sizeof(wanted), "%s/a/b/x.c", dir->path);
	assert_string_equal(sym_text(&session, frames[0].file), wanted);
	assert_int_not_equal(frames[0].file, file);
	sym_close(&session);
}

/* Writes `len` times `part`, between two other texts. */
static void write_long(FILE *file, const char *before, const char *part, size_t len,
		       const char *behind)
{
	fputs(before, file);
	for (size_t i = 0; i < len; i++)
		fputs(part, file);
	fputs(behind, file);
}

/* `before`, `len` times `part`; cut between characters where that is too long. */
static void check_long(const char *text, const char *before, const char *part, size_t len)
{
	const size_t longest = 32 * 1024;
	size_t used = strlen(before);

	assert_memory_equal(text, before, used);
	for (size_t i = 0; i < len && used + strlen(part) <= longest; i++) {
		assert_memory_equal(text + used, part, strlen(part));
		used += strlen(part);
	}
	assert_string_equal(text + used,
			    strlen(before) + len * strlen(part) > longest ? "…" : "");
}

/* Tables can make any number of names of one long text; each would be kept in full. */
static void test_long_names(void **state)
{
	static const size_t lengths[] = { 20000, 32 * 1024, 32 * 1024 + 1, 100000 };
	static const char *const flags[] = { "-g0", "-g" };
	const struct sym_dir *dir = *state;
	const struct pmc_frame *frames;
	struct sym_session session;
	uint32_t module;
	size_t count;

	for (size_t i = 0; i < PMC_COUNT(lengths) * PMC_COUNT(flags); i++) {
		char path[600];
		FILE *file;

		snprintf(path, sizeof(path), "%s/long.c", dir->path);
		file = fopen(path, "w");
		assert_non_null(file);
		/* A slash before, so that the cut would be in a character. */
		write_long(file, "#line 1 \"/", "\303\251", lengths[i / 2] / 2, "\"\n");
		write_long(file, "int ", "f", lengths[i / 2],
			   "(void)\n{ __asm__(\".globl here\\nhere: nop\"); return 1; }\n"
			   "int main(void) { return 0; }\n");
		fclose(file);
		if (!sym_shell("cd '%s' && " SYM_CC " -w %s -O1 -o long long.c >>log 2>&1",
			       dir->path, flags[i % 2]))
			skip();
		snprintf(path, sizeof(path), "%s/long", dir->path);
		sym_open(&session, NULL, true);
		module = sym_module(&session, path, sym_user);
		frames = sym_ask(&session, module, sym_place(path, "here"), false, &count);
		assert_int_equal(count, 1);
		check_long(sym_text(&session, frames[0].function), "", "f", lengths[i / 2]);
		assert_int_equal(frames[0].file != 0, i % 2);
		if (frames[0].file)
			check_long(sym_text(&session, frames[0].file), "/", "\303\251",
				   lengths[i / 2] / 2);
		sym_close(&session);
	}
}

/* ---- files that are not what they should be ---- */

static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *bytes;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*size);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Asks for everything in the file; only that it ends is wanted. */
static void ask_for_all(const char *path, enum pmc_module_kind kind, size_t size)
{
	/* The module has little code, whose offsets have nothing to do with the file's. */
	const size_t span = kind == PMC_MODULE_KMOD ? 128 : size;
	struct pmc_location_row rows[64];
	struct pmc_module_row module = { .path = 1, .kind = kind, .base = kernel_base, .file = 1 };
	const struct pmc_file_search foreign = { .kernel = path, .symfs = "" };
	struct pmc_symbolizer_opts opts = { .lines = true, .debug_dirs = "/nonexistent",
					    .kallsyms = "/dev/null",
					    .foreign = kind == PMC_MODULE_USER ? NULL : &foreign };
	struct pmc_symbolizer *symbolizer = pmc_symbolizer_new(&opts);
	struct pmc_batch batch = { .texts = &path, .texts_count = 1, .strings_first = 1,
				   .modules = &module, .modules_count = 1, .modules_first = 1,
				   .locations = rows, .locations_count = PMC_COUNT(rows),
				   .locations_first = 1 };

	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		rows[i] = (struct pmc_location_row){ .module = 1, .is_caller = i % 2,
						     .offset = span * i / PMC_COUNT(rows) };
	pmc_symbolizer_resolve(symbolizer, &batch);
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_true(batch.frame_first[i] < batch.frame_first[i + 1]);
	assert_int_equal(batch.frame_first[PMC_COUNT(rows)], batch.frames_count);
	pmc_symbolizer_free(symbolizer);
}

/* Fields of the file that hold sizes, offsets and kinds: more rewarding to damage than the rest. */
static size_t pick_place(uint64_t random, const char *bytes, size_t size)
{
	Elf64_Ehdr ehdr;

	memcpy(&ehdr, bytes, sizeof(ehdr));
	switch (random % (ehdr.e_phnum ? 4 : 3)) {
	case 0:
		return (random >> 8) % sizeof(ehdr);
	case 3:
		return (ehdr.e_phoff + (random >> 8) % (ehdr.e_phnum * sizeof(Elf64_Phdr))) % size;
	case 1:
		return (ehdr.e_shoff + (random >> 8) % (ehdr.e_shnum * sizeof(Elf64_Shdr))) % size;
	}
	return (random >> 8) % size;
}

static void damage(const struct sym_dir *dir, const char *path, enum pmc_module_kind kind,
		   unsigned rounds)
{
	char damaged[600], *bytes, *copy;
	uint64_t random = 1;
	size_t size;

	snprintf(damaged, sizeof(damaged), "%s/damaged", dir->path);
	bytes = read_whole(path, &size);
	copy = malloc(size);
	assert_true(size > sizeof(Elf64_Ehdr) && bytes[EI_CLASS] == ELFCLASS64);
	for (unsigned i = 0; i < rounds; i++) {
		size_t length = size;

		memcpy(copy, bytes, size);
		for (unsigned n = 0; n <= i % 24; n++) {
			random = pmc_hash_u64(random + i);
			copy[pick_place(random, bytes, size)] = (char)(random >> 48);
		}
		if (i % 8 == 7)
			length = random % size;
		write_whole(damaged, copy, length);
		ask_for_all(damaged, kind, size);
	}
	free(bytes);
	free(copy);
}

static void test_damaged(void **state)
{
	const struct sym_dir *dir = *state;
	static const char *const flags[] = { "-g -O2", "-g -O2 -gdwarf-4 -no-pie -fno-pie",
					     "-g -gz" };
	unsigned built = 0;
	const char *path;

	for (size_t i = 0; i < PMC_COUNT(flags); i++) {
		path = sym_build(dir, "whole", SYM_CC, flags[i], "sym_inline.c");
		if (path) {
			damage(dir, path, PMC_MODULE_USER, 400);
			built++;
		}
	}
	path = sym_build(dir, "whole", SYM_CXX, "-g -O2", "sym_names.cpp");
	if (path)
		damage(dir, path, PMC_MODULE_USER, 400);
	if (!built)
		skip();
}

static void test_damaged_kernel(void **state)
{
	const struct sym_dir *dir = *state;
	const char *image = kernel_build_image(dir, "vmlinux", KERNEL_CC, "-g");
	const char *kmod = kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g");
	const char *packed = kernel_build_module(dir, "packed.ko", KERNEL_CC, "-g -gz");

	if (!image || !kmod || !packed)
		skip();
	damage(dir, image, PMC_MODULE_KERNEL, 400);
	damage(dir, packed, PMC_MODULE_KMOD, 400);
	damage(dir, kernel_build_module(dir, "mod.ko", KERNEL_CC, "-g"), PMC_MODULE_KMOD, 400);
}

/* Sections of DWARF filled with noise, one at a time. */
static void test_noise(void **state)
{
	static const char *const sections[] = { ".debug_info",
						".debug_abbrev",
						".debug_line",
						".debug_str",
						".debug_aranges",
						".debug_rnglists",
						".debug_line_str",
						".symtab",
						".strtab",
						".dynsym",
						".rela.plt",
						".rela.dyn",
						".plt",
						".shstrtab",
						".eh_frame",
						".eh_frame_hdr",
						".note.gnu.build-id" };
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "noisy", SYM_CC, "-g -O2", "sym_plt.c");
	char damaged[600], *bytes, *copy;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	size_t size, names;
	Elf *elf;

	if (!path)
		skip();
	snprintf(damaged, sizeof(damaged), "%s/damaged", dir->path);
	bytes = read_whole(path, &size);
	copy = malloc(size);
	elf_version(EV_CURRENT);
	elf = elf_memory(bytes, size);
	assert_non_null(elf);
	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		bool wanted = false;

		gelf_getshdr(scn, &header);
		for (size_t i = 0; i < PMC_COUNT(sections); i++)
			wanted |= !strcmp(sections[i], elf_strptr(elf, names, header.sh_name));
		for (unsigned round = 0; wanted && round < 12; round++) {
			memcpy(copy, bytes, size);
			for (size_t i = 0; i < header.sh_size; i++) {
				const uint64_t noise = pmc_hash_u64(i * 31 + round);

				/* Sparse noise keeps some of the structure around it. */
				if (round < 2 || noise % (4 * round) == 0)
					copy[header.sh_offset + i] = (char)(noise >> 32);
			}
			write_whole(damaged, copy, size);
			ask_for_all(damaged, PMC_MODULE_USER, size);
		}
	}
	elf_end(elf);
	free(bytes);
	free(copy);
}

/* `strip` and `cp` write in place: what was mapped is suddenly not there any more. */
static void test_cut_while_mapped(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "cut", SYM_CC, "-g -O2 -static", "sym_inline.c");
	struct sym_session session;
	uint64_t leaf, outer;
	uint32_t module;

	if (!path)
		skip();
	leaf = sym_place(path, "mark_leaf");
	outer = sym_place(path, "mark_outer");
	sym_open(&session, "/nonexistent", true);
	module = sym_module(&session, path, sym_user);
	assert_string_equal(sym_name(&session, module, leaf), "outer");
	assert_int_equal(truncate(path, 4096), 0);
	/* What the fault cuts off loses its memory, as fault_guard.c says. */
	__lsan_disable();
	/* Whatever still can be read; places that were not looked at before are on lost pages. */
	for (uint64_t offset = leaf & ~0xfffULL; offset < leaf + 0x40000; offset += 0x40)
		sym_name(&session, module, offset);
	sym_name(&session, module, outer);
	__lsan_enable();
	/* Other modules are none the worse. */
	module = sym_module(&session, "/proc/self/exe", sym_user);
	assert_string_not_equal(sym_name(&session, module, sym_place("/proc/self/exe", "main")),
				"");
	sym_close(&session);
}

/* What is only returned to has its name; what follows a call that does not return is not meant. */
static void test_trampolines(void **state)
{
	const struct sym_dir *dir = *state;
	struct sym_session session;
	const struct pmc_frame *frames;
	char path[600];
	uint32_t module;
	size_t count;

	snprintf(path, sizeof(path), "%s/tramp", dir->path);
	if (!sym_shell("cd '%s' && cat >tramp.c <<'END'\n"
		       "__asm__(\".pushsection .text\\n\"\n"
		       "\".type before,%%function\\nbefore: .fill 8,1,0\\n.size before,8\\n\"\n"
		       "\".fill 8,1,0\\n\"\n"
		       "\".type bare,%%function\\nbare: .fill 8,1,0\\n.size bare,8\\n\"\n"
		       "\".fill 8,1,0\\n\"\n"
		       "\".cfi_startproc\\n.fill 4,1,0\\n\"\n"
		       "\".type early,%%function\\nearly: .fill 8,1,0\\n.size early,8\\n\"\n"
		       "\".cfi_endproc\\n.fill 4,1,0\\n\"\n"
		       "\".cfi_startproc\\n.fill 8,1,0\\n.cfi_endproc\\n.cfi_startproc\\n\"\n"
		       "\".type next,%%function\\nnext: .fill 8,1,0\\n.size next,8\\n\"\n"
		       "\".cfi_endproc\\n.popsection\");\n"
		       "int main(void) { return 0; }\nEND\n"
		       SYM_CC " -O1 -o tramp tramp.c >>log 2>&1", dir->path))
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = { "bare", "early", "next" };

		frames = sym_ask(&session, module, sym_place(path, names[i]), true, &count);
		assert_int_equal(count, 1);
		assert_string_equal(sym_text(&session, frames[0].function), i < 2 ? names[i] : "");
	}
	sym_close(&session);
}

/* Descriptors are closed and mappings go with the symbolizer. */
static unsigned count_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_descriptors(void **state)
{
	const struct sym_dir *dir = *state;
	const unsigned before = count_descriptors();
	struct sym_session session;

	sym_open(&session, NULL, true);
	for (unsigned i = 0; i < 4; i++) {
		char name[32];
		const char *path;
		uint32_t module;

		snprintf(name, sizeof(name), "fd%u", i);
		path = sym_build(dir, name, SYM_CC, i % 2 ? "-g -O1" : "-O1", "sym_inline.c");
		if (!path)
			break;
		module = sym_module(&session, path, sym_user);
		assert_string_equal(sym_name(&session, module, sym_place(path, "main")), "main");
		assert_int_equal(count_descriptors(), before);
	}
	sym_close(&session);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_damaged_kernel),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_cut_while_mapped),
		cmocka_unit_test(test_trampolines),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
