/* test_split_file.c - debug files in place of their programs: the same address for each offset. */
#include "base/mem.h"
#include "sym_fixture.h"
#include "symbolize/cfi_source.h"
#include "symbolize/split_file.h"

/* A mapping of the program's code, as the kernel makes it. */
static struct pmc_module_row mapping_of(const struct elf_file *file)
{
	struct pmc_module_row row = { .kind = PMC_MODULE_USER, .map_start = 0x555555554000 };

	for (size_t i = 0; i < file->segments.count; i++)
		if (file->segments.items[i].exec)
			row.map_pgoff = file->segments.items[i].offset & ~(uint64_t)0xfff;
	row.map_end = row.map_start + 0x1000;
	return row;
}

static void check_offsets(const struct elf_file *whole, const struct elf_file *split)
{
	uint64_t expected, got;
	size_t seen = 0;

	for (size_t i = 0; i < whole->segments.count; i++) {
		const struct elf_segment *s = &whole->segments.items[i];

		for (uint64_t at = s->offset; s->exec && at < s->offset + s->filesz; at++) {
			assert_true(elf_file_vaddr(whole, at, &expected));
			assert_true(elf_file_vaddr(split, at, &got));
			assert_int_equal(got, expected);
			seen++;
		}
	}
	assert_true(seen > 100);
}

static void check_file(const char *path, const char *debug)
{
	struct elf_file *whole = elf_file_open(path), *split = elf_file_open(debug);
	struct cfi_source source;
	struct pmc_module_row row;

	assert_non_null(whole);
	assert_non_null(split);
	row = mapping_of(whole);
	assert_true(split_file_restore(whole, &row));
	assert_false(whole->is_split);
	assert_true(split_file_restore(split, &row));
	assert_true(split->is_split);
	check_offsets(whole, split);
	/* Where its segments were is other bytes now. */
	assert_false(cfi_source_open_eh(&source, split));
	elf_file_free(split);
	/* A mapping of elsewhere: it was laid out in another way. */
	split = elf_file_open(debug);
	row.map_pgoff += 1 << 20;
	assert_false(split_file_restore(split, &row));
	elf_file_free(split);
	elf_file_free(whole);
}

static void test_layouts(void **state)
{
	static const struct {
		const char *compiler, *flags;
	} builds[] = {
		{ SYM_CC, "-g" },
		{ SYM_CC, "-g -no-pie" },
		{ SYM_CC, "-g -static" },
		{ SYM_CC, "-g -Wl,-z,noseparate-code" },
		{ SYM_CC, "-g -Wl,-z,max-page-size=0x10000" },
		{ SYM_CC, "-g -fuse-ld=gold" },
		{ "clang", "-g -fuse-ld=lld" },
		{ "clang", "-g -fuse-ld=lld -Wl,-z,separate-code" },
	};
	static const char *const tools[] = { "objcopy", "llvm-objcopy" };
	const struct sym_dir *dir = *state;
	char debug[600];
	unsigned tried = 0;

	for (size_t i = 0; i < 2 * PMC_COUNT(builds); i++) {
		const char *path = sym_build(dir, "prog", builds[i / 2].compiler,
					     builds[i / 2].flags, "sym_table.c");

		snprintf(debug, sizeof(debug), "%s/prog.debug", dir->path);
		if (!path || !sym_shell("%s --only-keep-debug '%s' '%s' 2>/dev/null",
					tools[i % 2], path, debug))
			continue;
		check_file(path, debug);
		tried++;
	}
	if (!tried)
		skip();
}

/* Functions and lines by the debug file alone, which has the recorded build-id. */
static void test_names(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "gone", SYM_CC, "-g -Wl,--build-id=0x0123456789abcdef",
				     "sym_table.c");
	struct pmc_module_row row = { .kind = PMC_MODULE_USER, .path = 1, .build_id_len = 8,
				      .build_id = { 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef } };
	const struct pmc_file_search search = { .symfs = dir->path };
	const struct pmc_symbolizer_opts opts = { .lines = true, .debug_dirs = "/nonexistent",
						  .kallsyms = "/dev/null", .foreign = &search };
	struct pmc_location_row at = { .module = 1 };
	struct pmc_batch batch = { .texts = &path, .texts_count = 1, .strings_first = 1,
				   .modules = &row, .modules_count = 1, .modules_first = 1,
				   .locations = &at, .locations_count = 1, .locations_first = 1 };

	if (!path || !sym_has_tool("objcopy"))
		skip();
	at.offset = sym_place(path, "main");
	assert_true(sym_shell("cd '%s' && mkdir -p usr/lib/debug/.build-id/01 && "
			      "objcopy --only-keep-debug gone "
			      "usr/lib/debug/.build-id/01/23456789abcdef.debug && rm gone",
			      dir->path));
	for (unsigned i = 0; i < 2; i++) {
		struct pmc_symbolizer *symbolizer = pmc_symbolizer_new(&opts);
		const struct pmc_frame *frame;

		pmc_symbolizer_resolve(symbolizer, &batch);
		frame = &batch.frames[batch.frames_count - 1];
		if (i) {
			assert_int_equal(frame->function, 0);
		} else {
			assert_string_equal(pmc_strings_get(batch.names, frame->function), "main");
			assert_int_not_equal(frame->line, 0);
		}
		pmc_symbolizer_free(symbolizer);
		row.build_id[7]++;
		assert_true(sym_shell("cd '%s/usr/lib/debug/.build-id/01' && "
				      "cp 23456789abcdef.debug 23456789abcdf0.debug", dir->path));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
