/*
 * sym_fixture.h - builds small programs in a folder of their own, finds places in them without the
 * code under test, and asks a symbolizer for them.
 */
#ifndef SYM_FIXTURE_H
#define SYM_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/model.h"
#include "symbolize/symbolize.h"

#define SYM_UNUSED __attribute__((unused))

/* ---- a folder with programs ---- */

struct sym_dir {
	char path[256];		/* real path of the folder */
	char sources[256];	/* of tests/programs */
};

static SYM_UNUSED bool sym_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool sym_shell(const char *fmt, ...)
{
	char command[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return system(command) == 0;
}

static SYM_UNUSED int sym_setup(void **state)
{
	struct sym_dir *dir = calloc(1, sizeof(*dir));
	const char *tmp = getenv("TMPDIR");
	char path[256], *slash;

	snprintf(path, sizeof(path), "%s/sym-test-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(path) || !realpath(path, dir->path) || !realpath(__FILE__, dir->sources))
		return -1;
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(dir->sources, '/')))
			*slash = '\0';
	strcat(dir->sources, "/programs");
	*state = dir;
	return 0;
}

static SYM_UNUSED int sym_teardown(void **state)
{
	struct sym_dir *dir = *state;

	sym_shell("rm -rf '%s'", dir->path);
	free(dir);
	return 0;
}

/* True when the tool runs; the reason is told otherwise, for the skip that follows. */
static SYM_UNUSED bool sym_has_tool(const char *tool)
{
	if (sym_shell("%s --version >/dev/null 2>&1", tool))
		return true;
	print_message("skipped: no %s here\n", tool);
	return false;
}

#define SYM_CC "${CC:-gcc}"
#define SYM_CXX "${CXX:-g++}"

/*
 * Builds `source` of tests/programs as dir/name and returns the path (one of four buffers). NULL:
 * the compiler does not do that here (no static libc, another compiler); see dir/log.
 */
static SYM_UNUSED const char *sym_build(const struct sym_dir *dir, const char *name,
					const char *compiler, const char *flags, const char *source)
{
	static char paths[4][600];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir->path, name);
	if (!sym_shell("cd '%s' && %s %s -o '%s' '%s/%s' >>log 2>&1", dir->path, compiler, flags,
		       path, dir->sources, source)) {
		print_message("skipped: %s %s does not build %s here\n", compiler, flags, source);
		return NULL;
	}
	return path;
}

/* ---- places in them ---- */

/* Number of the line with the comment "what: name" in a source of tests/programs. */
static SYM_UNUSED uint32_t sym_line(const struct sym_dir *dir, const char *source, const char *what)
{
	char path[600], text[512], comment[64];
	uint32_t line = 0, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir->sources, source);
	snprintf(comment, sizeof(comment), "/* %s */", what);
	file = fopen(path, "r");
	assert_non_null(file);
	while (!found && fgets(text, sizeof(text), file)) {
		line++;
		if (strstr(text, comment))
			found = line;
	}
	fclose(file);
	assert_int_not_equal(found, 0);
	return found;
}

/* Virtual address of a symbol, through .symtab or else .dynsym; 0 if there is none. */
static SYM_UNUSED uint64_t sym_address(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY);
	uint64_t found = 0;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	GElf_Sym sym;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	while (!found && (scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &header);
		if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM)
			continue;
		for (int i = 1; gelf_getsym(elf_getdata(scn, NULL), i, &sym); i++) {
			const char *text = elf_strptr(elf, header.sh_link, sym.st_name);

			if (text && !strcmp(text, name) && sym.st_shndx != SHN_UNDEF)
				found = sym.st_value;
		}
	}
	elf_end(elf);
	close(fd);
	return found;
}

/* File offset of a virtual address. */
static SYM_UNUSED uint64_t sym_file_offset(const char *path, uint64_t vaddr)
{
	int fd = open(path, O_RDONLY);
	uint64_t offset = 0;
	GElf_Phdr phdr;
	size_t count;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	assert_int_equal(elf_getphdrnum(elf, &count), 0);
	for (size_t i = 0; i < count; i++) {
		gelf_getphdr(elf, (int)i, &phdr);
		if (phdr.p_type == PT_LOAD && vaddr >= phdr.p_vaddr &&
		    vaddr < phdr.p_vaddr + phdr.p_filesz)
			offset = vaddr - phdr.p_vaddr + phdr.p_offset;
	}
	elf_end(elf);
	close(fd);
	return offset;
}

/* File offset of a symbol of `path`, which must be there. */
static SYM_UNUSED uint64_t sym_place(const char *path, const char *name)
{
	const uint64_t address = sym_address(path, name);

	assert_int_not_equal(address, 0);
	return sym_file_offset(path, address);
}

/* ---- a session of batches ---- */

struct sym_session {
	struct pmc_symbolizer *symbolizer;
	struct pmc_batch batch;		/* the last one */
	char *texts[256];
	uint32_t texts_count, modules_count, locations_count;
};

static SYM_UNUSED void sym_open(struct sym_session *session, const char *debug_dirs, bool lines)
{
	const struct pmc_symbolizer_opts opts = { .debug_dirs = debug_dirs, .lines = lines };

	memset(session, 0, sizeof(*session));
	session->symbolizer = pmc_symbolizer_new(&opts);
	assert_non_null(session->symbolizer);
}

static SYM_UNUSED void sym_close(struct sym_session *session)
{
	pmc_symbolizer_free(session->symbolizer);
	for (uint32_t i = 0; i < session->texts_count; i++)
		free(session->texts[i]);
}

static SYM_UNUSED const struct pmc_module_row sym_user = { .kind = PMC_MODULE_USER };

/* Sends a batch with one module; returns its id. */
static SYM_UNUSED uint32_t sym_module(struct sym_session *session, const char *path,
				      struct pmc_module_row row)
{
	const char *text;

	assert_in_range(session->texts_count, 0, 255);
	text = session->texts[session->texts_count] = strdup(path);
	row.path = ++session->texts_count;
	memset(&session->batch, 0, sizeof(session->batch));
	session->batch.texts = &text;
	session->batch.texts_count = 1;
	session->batch.strings_first = session->texts_count;
	session->batch.modules = &row;
	session->batch.modules_count = 1;
	session->batch.modules_first = ++session->modules_count;
	pmc_symbolizer_resolve(session->symbolizer, &session->batch);
	return session->modules_count;
}

/* Sends a batch with one location; returns its frames, *count of them. */
static SYM_UNUSED const struct pmc_frame *sym_ask(struct sym_session *session, uint32_t module,
						  uint64_t offset, bool is_caller, size_t *count)
{
	struct pmc_location_row row = { .module = module, .offset = offset,
					.is_caller = is_caller };
	struct pmc_batch *batch = &session->batch;

	memset(batch, 0, sizeof(*batch));
	batch->locations = &row;
	batch->locations_count = 1;
	batch->locations_first = ++session->locations_count;
	pmc_symbolizer_resolve(session->symbolizer, batch);
	assert_int_equal(batch->frame_first[0], 0);
	assert_int_equal(batch->frame_first[1], batch->frames_count);
	assert_true(batch->frames_count >= 1);
	assert_false(batch->frames[batch->frames_count - 1].inlined);
	*count = batch->frames_count;
	return batch->frames;
}

static SYM_UNUSED const char *sym_text(const struct sym_session *session, uint32_t id)
{
	return pmc_strings_get(session->batch.names, id);
}

/* Name of the outermost function at an offset, "" where it has none. */
static SYM_UNUSED const char *sym_name(struct sym_session *session, uint32_t module,
				       uint64_t offset)
{
	size_t count;
	const struct pmc_frame *frames = sym_ask(session, module, offset, false, &count);

	return sym_text(session, frames[count - 1].function);
}

#endif
