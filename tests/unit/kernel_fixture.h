/*
 * kernel_fixture.h - a small kernel: its image (vmlinux), a module (mod.ko), recordings of them.
 *
 * The image is linked to where kernels are, with an area of variables at address 0 as x86 has; the
 * module is an object whose sections are in no order that would be right by chance.
 */
#ifndef KERNEL_FIXTURE_H
#define KERNEL_FIXTURE_H

#include "sym_fixture.h"
#include "symbolize/elf_file.h"

#define KERNEL_RELEASE "6.1.0-test"

/* Where a recording has them: not where the image was linked to. */
static SYM_UNUSED const uint64_t kernel_base = 0xffffffffa5600000, kernel_mod_base =
	0xffffffffc0120000;

static const char kernel_image_source[] =
	"const char linux_banner[] = \"Linux version " KERNEL_RELEASE " (x@y) #1\";\n"
	"long percpu_area[512] __attribute__((section(\".data..percpu\"), used)) = { 1 };\n"
	"static inline __attribute__((always_inline)) int inner(int x)\n"
	"{\n"
	"	__asm__ volatile(\".globl mark_inner\\nmark_inner: nop\");	/* line 5 */\n"
	"	return x + 1;\n"
	"}\n"
	"__attribute__((noinline)) int outer(int x)\n"
	"{\n"
	"	return inner(x) * 3;	/* line 10 */\n"
	"}\n"
	"int start(int x) { return outer(x) + outer(x + 1); }\n"
	"__asm__(\".pushsection .text\\n.balign 64\\n.globl by_hand\\n\"\n"
	"	\".type by_hand, %function\\nby_hand: .fill 32, 1, 0\\n.size by_hand, 32\\n\"\n"
	"	\".fill 32, 1, 0\\n.globl first_byte\\n.type first_byte, %function\\n\"\n"
	"	\"first_byte: .fill 16, 1, 0\\n.size first_byte, 16\\n.popsection\");\n";

/* Addresses of variables begin at 0, behind a text that was told to begin a page behind _text. */
static const char kernel_image_script[] =
	"PHDRS { text PT_LOAD FLAGS(5); percpu PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); }\n"
	"SECTIONS {\n"
	"	. = 0xffffffff81000000; _text = .;\n"
	"	.head : { QUAD(0) } :text\n"
	"	. = _text + 0x1000; _stext = .;\n"
	"	.text : { *(.text .text.*) } :text\n"
	"	.rodata : { *(.rodata .rodata.*) } :text\n"
	"	.notes : { *(.note.gnu.build-id) } :text :note\n"
	"	.data..percpu 0 : { *(.data..percpu) } :percpu\n"
	"	/DISCARD/ : { *(.eh_frame .note.GNU-stack .note.gnu.property .comment) }\n"
	"}\n";

static const char kernel_module_source[] =
	"#define IN(name) __attribute__((section(name), noinline))\n"
	"static inline __attribute__((always_inline)) int helper(int x)\n"
	"{\n"
	"	__asm__ volatile(\".globl mark_helper\\nmark_helper: nop\");	/* line 4 */\n"
	"	return x + 1;\n"
	"}\n"
	"int work(int x) { return helper(x) * 3; }	/* line 7 */\n"
	"IN(\".init.text\") int set_up(int x) { return x * 5; }\n"
	"IN(\".text.unlikely\") int rare(int x) { return x * 7; }\n"
	"IN(\".exit.text\") int clean_up(int x) { return x * 9; }\n"
	"__asm__(\".pushsection .text\\n.fill 3, 1, 0\\n.popsection\");\n"
	"int variable = 1;\n";

/* An object's sections, in the order that they are to have. */
static const char kernel_module_script[] =
	"SECTIONS {\n"
	"	.note.gnu.build-id 0 : { *(.note.gnu.build-id) }\n"
	"	.rodata 0 : { *(.rodata) }\n"
	"	.init.text 0 : { *(.init.text) }\n"
	"	.text 0 : { *(.text) }\n"
	"	.exit.text 0 : { *(.exit.text) }\n"
	"	.data 0 : { *(.data) }\n"
	"	.text.unlikely 0 : { *(.text.unlikely) }\n"
	"	/DISCARD/ : { *(.eh_frame .note.GNU-stack .note.gnu.property) }\n"
	"}\n";

#ifdef __x86_64__
#define KERNEL_CC SYM_CC " -mcmodel=kernel -fcf-protection=none"
#else
#define KERNEL_CC SYM_CC
#endif
#define KERNEL_CC_ARM64 "aarch64-linux-gnu-gcc"
#define KERNEL_CFLAGS "-O2 -ffreestanding -fno-pie"

static SYM_UNUSED void kernel_write(const struct sym_dir *dir, const char *name, const char *text)
{
	char path[600];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Builds dir/NAME with KERNEL_CC or a compiler for another machine, and more flags ("-g"); NULL: it
 * does not do that here. */
static SYM_UNUSED const char *kernel_build_image(const struct sym_dir *dir, const char *name,
						 const char *compiler, const char *flags)
{
	static char path[600];

	kernel_write(dir, "vmlinux.c", kernel_image_source);
	kernel_write(dir, "vmlinux.lds", kernel_image_script);
	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	if (!sym_shell("cd '%s' && %s " KERNEL_CFLAGS " %s -nostdlib -static -no-pie "
		       "-Wl,-T,vmlinux.lds,--build-id,-z,max-page-size=4096 -o '%s' vmlinux.c "
		       ">>log 2>&1", dir->path, compiler, flags, name)) {
		print_message("skipped: no kernel can be linked here\n");
		return NULL;
	}
	return path;
}

/* The same of a module. */
static SYM_UNUSED const char *kernel_build_module(const struct sym_dir *dir, const char *name,
						  const char *compiler, const char *flags)
{
	static char path[600];

	kernel_write(dir, "mod.c", kernel_module_source);
	kernel_write(dir, "mod.lds", kernel_module_script);
	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	if (!sym_shell("cd '%s' && %s " KERNEL_CFLAGS " %s -c -o mod.o mod.c >>log 2>&1 && "
		       "%s -nostdlib -r -Wl,-T,mod.lds,--build-id -o '%s' mod.o >>log 2>&1",
		       dir->path, compiler, flags, compiler, name)) {
		print_message("skipped: no kernel module can be linked here\n");
		return NULL;
	}
	return path;
}

/* A row as recordings have it; without build-id. */
static SYM_UNUSED struct pmc_module_row kernel_row(enum pmc_module_kind kind)
{
	return (struct pmc_module_row){
		.kind = kind, .base = kind == PMC_MODULE_KERNEL ? kernel_base : kernel_mod_base };
}

static SYM_UNUSED void kernel_set_id(struct pmc_module_row *row, const char *path)
{
	struct elf_file *file = elf_file_open(path);

	if (!file)
		file = elf_file_open_object(path);
	assert_non_null(file);
	assert_in_range(file->build_id_len, 8, PMC_BUILD_ID_MAX);
	memcpy(row->build_id, file->build_id, file->build_id_len);
	row->build_id_len = file->build_id_len;
	elf_file_free(file);
}

/* Begins a session of a recording that was made elsewhere. */
static SYM_UNUSED void kernel_open(struct sym_session *session,
				   const struct pmc_file_search *search, const char *kallsyms)
{
	const struct pmc_symbolizer_opts opts = { .lines = true,
						  .foreign = search,
						  .debug_dirs = "/nonexistent",
						  .kallsyms = kallsyms ? kallsyms : "/dev/null",
						  .kallsyms_first = kallsyms != NULL };

	memset(session, 0, sizeof(*session));
	session->symbolizer = pmc_symbolizer_new(&opts);
}

/* Sends a module; `file` is what the recording calls it. */
static SYM_UNUSED uint32_t kernel_module(struct sym_session *session, const char *file,
					 struct pmc_module_row row)
{
	/* Texts of a session are counted from 1: that of the module's name is one ahead. */
	row.file = session->texts_count + 1;
	return sym_module(session, file, row);
}

#endif
