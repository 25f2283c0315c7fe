/*
 * symbolizer.c - takes batches, gives every new location its frames.
 *
 *   batch.modules ──► modules[id]: row, path, image (opened by its first location)
 *   batch.ksyms ────► kernel names
 *   batch.locations ─► by the module's kind ─┬─ USER, VDSO ────────► image.c
 *                                            ├─ KERNEL, KMOD ──────► image.c and kernel_names.c
 *                                            ├─ KSYM ──────────────► kernel_names.c
 *                                            └─ ANON, UNKNOWN ─────► no name
 *   raw names ──► demangled once each ──► names pool ──► batch.frames
 *
 * What stays from batch to batch grows with distinct modules and names only. A module whose file
 * faults (fault_guard.c) is given up: its later locations have no names.
 * One thread at a time.
 */
#include "symbolize/symbolize.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>

#include "symbolize/elf_symbols.h"
#include "symbolize/fault_guard.h"
#include "symbolize/foreign_file.h"
#include "symbolize/image.h"
#include "symbolize/kernel_file.h"
#include "symbolize/kernel_names.h"
#include "symbolize/module_file.h"
#include "symbolize/name_advice.h"
#include "symbolize/vdso.h"

struct module {
	struct pmc_module_row row;
	char *path, *file;
	struct image *image;
	bool is_opened, is_broken;
	bool is_replaced;		/* below the folder that was named is another build */
	bool has_announced;		/* names came with the recording */
	bool has_kernel_names;		/* at least one location got a name */
};

/* Of a recording: what is missing where code has no name. */
enum {
	UNNAMED_REPLACED, UNNAMED_MISSING, UNNAMED_STRIPPED, UNNAMED_TOLD, UNNAMED_IMAGE,
	UNNAMED_KMOD, UNNAMED_KINDS,
};

struct pmc_symbolizer {
	struct debug_dirs dirs;
	bool lines, is_foreign, kallsyms_first;
	struct pmc_file_search search;
	struct kernel_names *kernel;
	uint32_t unnamed[UNNAMED_KINDS];	/* modules with code that has no name, one of each
						 * kind; 0: none yet */
	char *advice;			/* what would name it; NULL until it is composed */
	PMC_ARRAY(const char *) texts;		/* the collector's strings, by id - 1 */
	PMC_ARRAY(struct module) modules;	/* by id - 1 */
	struct pmc_strings *names;		/* what batches refer to */
	struct pmc_strings *mangled;		/* names met before; plain[id - 1]: as written */
	PMC_ARRAY(uint32_t) plain;
	PMC_ARRAY(struct pmc_frame) frames;
	PMC_ARRAY(uint32_t) frame_first;
	PMC_ARRAY(char) path;			/* room for a file name */
};

/* One location on its way; what a guarded call gets. */
struct lookup {
	struct pmc_symbolizer *symbolizer;
	uint32_t module_id;
	struct module *module;
	uint64_t offset;		/* of the byte to look up */
	uint64_t named_offset;		/* of the one that its file has a name for */
	bool is_caller;
};

struct pmc_symbolizer *pmc_symbolizer_new(const struct pmc_symbolizer_opts *opts)
{
	struct pmc_symbolizer *symbolizer = pmc_calloc(1, sizeof(*symbolizer));

	debug_dirs_init(&symbolizer->dirs, opts->debug_dirs);
	symbolizer->lines = opts->lines;
	symbolizer->is_foreign = opts->foreign != NULL;
	if (opts->foreign)
		symbolizer->search = *opts->foreign;
	symbolizer->kernel = kernel_names_new(opts->kallsyms);
	symbolizer->kallsyms_first = opts->kallsyms_first;
	symbolizer->names = pmc_strings_new();
	symbolizer->mangled = pmc_strings_new();
	return symbolizer;
}

static void free_image(void *arg)
{
	image_free(arg);
}

void pmc_symbolizer_free(struct pmc_symbolizer *symbolizer)
{
	struct fault_guard guard;

	if (!symbolizer)
		return;
	fault_guard_init(&guard);
	for (size_t i = 0; i < symbolizer->modules.count; i++) {
		fault_guard_run(free_image, symbolizer->modules.items[i].image);
		free(symbolizer->modules.items[i].path);
		free(symbolizer->modules.items[i].file);
	}
	fault_guard_fini(&guard);
	pmc_array_free(&symbolizer->modules);
	debug_dirs_fini(&symbolizer->dirs);
	kernel_names_free(symbolizer->kernel);
	free(symbolizer->advice);
	pmc_array_free(&symbolizer->texts);
	pmc_strings_free(symbolizer->names);
	pmc_strings_free(symbolizer->mangled);
	pmc_array_free(&symbolizer->plain);
	pmc_array_free(&symbolizer->frames);
	pmc_array_free(&symbolizer->frame_first);
	pmc_array_free(&symbolizer->path);
	free(symbolizer);
}

/* ---- what batches bring ---- */

static const char *text_of(const struct pmc_symbolizer *symbolizer, uint32_t id)
{
	if (!id || id > symbolizer->texts.count || !symbolizer->texts.items[id - 1])
		return "";
	return symbolizer->texts.items[id - 1];
}

static void note_module(struct pmc_symbolizer *symbolizer, const struct pmc_module_row *row)
{
	struct module *module = pmc_array_add(&symbolizer->modules);

	module->row = *row;
	if (module->row.build_id_len > PMC_BUILD_ID_MAX)
		module->row.build_id_len = PMC_BUILD_ID_MAX;
	module->path = pmc_strdup(text_of(symbolizer, row->path));
	module->file = pmc_strdup(text_of(symbolizer, row->file));
	if (row->kind == PMC_MODULE_KMOD)
		kernel_names_expire(symbolizer->kernel);
}

/* A file that is open already was the one to be had. */
static void note_build_id(struct pmc_symbolizer *symbolizer, const struct pmc_module_id *id)
{
	struct module *module;

	if (!id->module || id->module > symbolizer->modules.count ||
	    id->build_id_len > PMC_BUILD_ID_MAX)
		return;
	module = &symbolizer->modules.items[id->module - 1];
	if (module->is_opened || module->row.build_id_len)
		return;
	module->row.build_id_len = id->build_id_len;
	memcpy(module->row.build_id, id->build_id, id->build_id_len);
}

/* Rows stand at their ids, so a gap (a row of an earlier batch that never came) stays empty. */
static void note_batch(struct pmc_symbolizer *symbolizer, const struct pmc_batch *batch)
{
	for (size_t i = 0; i < batch->texts_count; i++) {
		while (symbolizer->texts.count + 1 < batch->strings_first)
			*pmc_array_add(&symbolizer->texts) = NULL;
		*pmc_array_add(&symbolizer->texts) = batch->texts[i];
	}
	for (size_t i = 0; i < batch->modules_count; i++) {
		while (symbolizer->modules.count + 1 < batch->modules_first)
			pmc_array_add(&symbolizer->modules)->row.kind = PMC_MODULE_UNKNOWN;
		note_module(symbolizer, &batch->modules[i]);
	}
	for (size_t i = 0; i < batch->module_ids_count; i++)
		note_build_id(symbolizer, &batch->module_ids[i]);
	for (size_t i = 0; i < batch->ksyms_count; i++) {
		const struct pmc_ksym_row *row = &batch->ksyms[i];

		kernel_names_add(symbolizer->kernel, row->module, row->offset, row->size,
				 text_of(symbolizer, row->name));
		if (row->module && row->module <= symbolizer->modules.count)
			symbolizer->modules.items[row->module - 1].has_announced = true;
	}
}

/* ---- names ---- */

/* Id of a name of `len` bytes, cut between two characters where that is too long. */
static uint32_t intern_name(struct pmc_symbolizer *symbolizer, const char *name, size_t len)
{
	PMC_FREE char *cut = NULL;

	if (len <= ELF_NAME_MAX_BYTES)
		return pmc_strings_intern_len(symbolizer->names, name, len);
	len = ELF_NAME_MAX_BYTES;
	for (unsigned i = 0; i < 3 && ((uint8_t)name[len] & 0xc0) == 0x80; i++)
		len--;
	cut = pmc_sprintf("%.*s…", (int)len, name);
	return pmc_strings_intern(symbolizer->names, cut);
}

/* Id of a function's name as people write it. */
static uint32_t name_function(struct pmc_symbolizer *symbolizer, const char *name)
{
	const size_t len = name ? strnlen(name, ELF_NAME_MAX_BYTES + 1) : 0;
	uint32_t id;

	if (!len)
		return 0;
	if (name[0] != '_' || len > ELF_NAME_MAX_BYTES)
		return intern_name(symbolizer, name, len);
	id = pmc_strings_intern_len(symbolizer->mangled, name, len);
	if (id > symbolizer->plain.count) {
		PMC_FREE char *plain = pmc_demangle(name);

		*pmc_array_add(&symbolizer->plain) = intern_name(symbolizer, plain, strlen(plain));
	}
	return symbolizer->plain.items[id - 1];
}

/*
 * Appends the parts of a path to symbolizer->path: "." and empty parts say nothing, ".." takes the
 * part before it. Compilers spell one header in as many ways as there are folders that include it
 * ("/src/a/../include/x.h"); it must be one file in a report.
 */
static void append_path(struct pmc_symbolizer *symbolizer, const char *path)
{
	char *text;
	size_t used = symbolizer->path.count;

	/* Room for the text and a slash that joins it. */
	pmc_grow((void **)&symbolizer->path.items, &symbolizer->path.cap, used + strlen(path) + 1,
		 1);
	text = symbolizer->path.items;
	if (!used && path[0] == '/')
		text[used++] = '/';
	while (*path) {
		const size_t len = strcspn(path, "/"), root = used && text[0] == '/';
		size_t last = used;

		while (last > root && text[last - 1] != '/')
			last--;
		if (len == 2 && !memcmp(path, "..", 2) && used > root &&
		    !(used - last == 2 && !memcmp(text + last, "..", 2))) {
			used = last > root ? last - 1 : last;
		} else if (len == 2 && !memcmp(path, "..", 2) && root) {
			/* There is nothing above the root. */
		} else if (len && !(len == 1 && path[0] == '.')) {
			if (used > root)
				text[used++] = '/';
			memcpy(text + used, path, len);
			used += len;
		}
		path += len;
		path += *path == '/';
	}
	symbolizer->path.count = used;
}

/* Id of a source file's name: absolute where the compiler's folder is known. */
static uint32_t name_file(struct pmc_symbolizer *symbolizer, const struct dwarf_source *source)
{
	if (!source->name || !source->name[0])
		return 0;
	symbolizer->path.count = 0;
	if (source->folder && source->name[0] != '/')
		append_path(symbolizer, source->folder);
	append_path(symbolizer, source->name);
	if (!symbolizer->path.count)
		return 0;
	return intern_name(symbolizer, symbolizer->path.items, symbolizer->path.count);
}

/* ---- locations ---- */

static struct elf_file *open_vdso(const struct pmc_symbolizer *symbolizer,
				  const struct module *module)
{
	const struct pmc_module_row *row = &module->row;

	if (symbolizer->is_foreign)
		return foreign_vdso_open(row);
	return elf_file_keep_if(vdso_open(), row->build_id, row->build_id_len);
}

/* Code of the kernel that runs here has names enough in its list, and needs no large files read. */
static struct image *open_kernel(const struct pmc_symbolizer *symbolizer,
				 const struct module *module)
{
	struct elf_file *file;
	uint64_t base = 0;

	if (!symbolizer->is_foreign)
		return NULL;
	if (module->row.kind == PMC_MODULE_KERNEL)
		file = kernel_file_open(&symbolizer->search, &module->row, module->file,
					symbolizer->lines, &base);
	else
		file = foreign_kmod_open(&symbolizer->search, module->file, &module->row,
					 symbolizer->lines);
	return image_new_kernel(file, base, &symbolizer->dirs, symbolizer->lines);
}

static void open_image(struct pmc_symbolizer *symbolizer, struct module *module)
{
	struct elf_file *file = NULL;

	module->is_opened = true;
	switch (module->row.kind) {
	case PMC_MODULE_KERNEL:
	case PMC_MODULE_KMOD:
		module->image = open_kernel(symbolizer, module);
		return;
	case PMC_MODULE_VDSO:
		file = open_vdso(symbolizer, module);
		break;
	case PMC_MODULE_USER:
		file = symbolizer->is_foreign ?
			       foreign_file_open(&symbolizer->search, module->path, &module->row) :
			       module_file_open(module->path, &module->row);
		module->is_replaced = symbolizer->is_foreign && !file &&
				      foreign_file_is_below(&symbolizer->search, module->path);
		break;
	default:
		break;
	}
	module->image = image_new(file, module->path, &symbolizer->dirs, symbolizer->lines);
}

static uint32_t into_function(struct image *image, uint64_t offset, bool is_caller)
{
	const uint32_t into = image_into_function(image, offset);

	return into ? into + is_caller : 0;
}

/* Frames of the location, or of the byte behind it where nothing can have been called from it. */
static size_t find_frames(struct lookup *lookup, const struct dwarf_frame **frames)
{
	struct image *image = lookup->module->image;
	size_t count = image_find(image, lookup->offset, frames);

	if (!lookup->is_caller || (count && (*frames)[count - 1].function) ||
	    !image_is_no_call(image, lookup->offset))
		return count;
	count = image_find(image, lookup->offset + 1, frames);
	if (count && (*frames)[count - 1].function)
		lookup->named_offset = lookup->offset + 1;
	return count;
}

static void find_in_image(void *arg)
{
	struct lookup *lookup = arg;
	struct pmc_symbolizer *symbolizer = lookup->symbolizer;
	const struct dwarf_frame *frames;
	size_t count;

	if (!lookup->module->is_opened)
		open_image(symbolizer, lookup->module);
	if (!lookup->module->image)
		return;
	count = find_frames(lookup, &frames);
	for (size_t i = 0; i < count; i++)
		*pmc_array_add(&symbolizer->frames) = (struct pmc_frame){
			.function = name_function(symbolizer, frames[i].function),
			.function_file = name_file(symbolizer, &frames[i].declared),
			.function_line = frames[i].declared_line,
			.file = name_file(symbolizer, &frames[i].source),
			.line = frames[i].line,
			.inlined = frames[i].inlined,
		};
	if (count && symbolizer->frames.items[symbolizer->frames.count - 1].function)
		return;
	if (!count)
		pmc_array_add(&symbolizer->frames);
	/* Counted from the location's own offset: a return address lies behind its call. */
	symbolizer->frames.items[symbolizer->frames.count - 1].into =
		into_function(lookup->module->image, lookup->offset, lookup->is_caller);
}

/* Frames by the module's file; none where it has none, or where that faults. */
static void find_in_file(struct lookup *lookup)
{
	const size_t first = lookup->symbolizer->frames.count;

	if (lookup->module->is_broken || fault_guard_run(find_in_image, lookup))
		return;
	lookup->module->is_broken = true;
	lookup->symbolizer->frames.count = first;
}

/* True: the name came with the recording. */
static bool find_announced(struct lookup *lookup)
{
	struct pmc_symbolizer *symbolizer = lookup->symbolizer;
	const char *name = kernel_names_announced(symbolizer->kernel, lookup->module_id,
						  lookup->offset);

	if (!name)
		return false;
	lookup->module->has_kernel_names = true;
	pmc_array_add(&symbolizer->frames)->function = name_function(symbolizer, name);
	return true;
}

/* The outermost of the location's frames, which begin at `first`, by the kernel's list. */
static void name_by_list(struct lookup *lookup, size_t first)
{
	struct pmc_symbolizer *symbolizer = lookup->symbolizer;
	struct module *module = lookup->module;
	const char *name = kernel_names_find(symbolizer->kernel, lookup->module_id,
					     module->row.base, lookup->named_offset);

	if (!name)
		return;
	module->has_kernel_names = true;
	if (symbolizer->frames.count == first)
		pmc_array_add(&symbolizer->frames);
	symbolizer->frames.items[symbolizer->frames.count - 1].function =
		name_function(symbolizer, name);
}

static unsigned kind_of_unnamed(const struct module *module)
{
	if (module->path[0] != '/')	/* texts tell the last part of a path */
		return UNNAMED_TOLD;
	if (module->image)
		return UNNAMED_STRIPPED;
	return module->is_replaced ? UNNAMED_REPLACED : UNNAMED_MISSING;
}

static void note_unnamed(struct lookup *lookup)
{
	struct pmc_symbolizer *symbolizer = lookup->symbolizer;
	const struct module *module = lookup->module;
	unsigned kind;

	switch (module->row.kind) {
	case PMC_MODULE_USER:
		kind = kind_of_unnamed(module);
		break;
	case PMC_MODULE_KERNEL:
		kind = UNNAMED_IMAGE;
		break;
	case PMC_MODULE_KMOD:
		kind = UNNAMED_KMOD;
		break;
	default:
		return;
	}
	if (symbolizer->unnamed[kind] || !symbolizer->is_foreign ||
	    (kind >= UNNAMED_IMAGE && module->image))
		return;
	symbolizer->unnamed[kind] = lookup->module_id;
	free(symbolizer->advice);
	symbolizer->advice = NULL;
}

static void find_in_kernel(struct lookup *lookup)
{
	struct pmc_symbolizer *symbolizer = lookup->symbolizer;
	const size_t first = symbolizer->frames.count;

	if (lookup->module->row.kind != PMC_MODULE_KSYM)
		find_in_file(lookup);
	if (symbolizer->kallsyms_first || symbolizer->frames.count == first ||
	    !symbolizer->frames.items[symbolizer->frames.count - 1].function)
		name_by_list(lookup, first);
}

/* The advice on unresolved samples, in the words of this recording. */
static void advise(struct pmc_symbolizer *symbolizer, struct pmc_batch *batch)
{
	const struct module *of[UNNAMED_KINDS];

	if (!symbolizer->is_foreign)
		return;
	for (size_t i = 0; i < UNNAMED_KINDS; i++)
		of[i] = symbolizer->unnamed[i] ?
				&symbolizer->modules.items[symbolizer->unnamed[i] - 1] : NULL;
	if (!symbolizer->advice)
		symbolizer->advice = name_advice(
			&symbolizer->search,
			&(struct unnamed){
				.replaced =
					of[UNNAMED_REPLACED] ? of[UNNAMED_REPLACED]->path : NULL,
				.missing = of[UNNAMED_MISSING] ? of[UNNAMED_MISSING]->path : NULL,
				.stripped =
					of[UNNAMED_STRIPPED] ? of[UNNAMED_STRIPPED]->path : NULL,
				.told = of[UNNAMED_TOLD] ? of[UNNAMED_TOLD]->path : NULL,
				.image = of[UNNAMED_IMAGE] ? &of[UNNAMED_IMAGE]->row : NULL,
				.kmod = of[UNNAMED_KMOD] ? of[UNNAMED_KMOD]->file : NULL });
	batch->advice[PMC_HEALTH_UNRESOLVED] = symbolizer->advice;
}

static void resolve_location(struct pmc_symbolizer *symbolizer, const struct pmc_location_row *row)
{
	const size_t first = symbolizer->frames.count;
	struct lookup lookup = { .symbolizer = symbolizer,
				 .module_id = row->module,
				 .offset = row->offset };

	if (row->module && row->module <= symbolizer->modules.count) {
		lookup.module = &symbolizer->modules.items[row->module - 1];
		/* The call, not what it returns to: that may be another line or even function. */
		lookup.is_caller = row->is_caller && row->offset;
		lookup.offset -= lookup.is_caller;
		lookup.named_offset = lookup.offset;
		if (lookup.module->has_announced && find_announced(&lookup))
			return;
		switch (lookup.module->row.kind) {
		case PMC_MODULE_USER:
		case PMC_MODULE_VDSO:
			find_in_file(&lookup);
			break;
		case PMC_MODULE_KERNEL:
		case PMC_MODULE_KMOD:
		case PMC_MODULE_KSYM:
			find_in_kernel(&lookup);
			break;
		case PMC_MODULE_ANON:
		case PMC_MODULE_UNKNOWN:
			break;
		}
	}
	if (symbolizer->frames.count == first)
		pmc_array_add(&symbolizer->frames);
	if (lookup.module && !symbolizer->frames.items[symbolizer->frames.count - 1].function)
		note_unnamed(&lookup);
}

const char *pmc_symbolizer_advice(const struct pmc_symbolizer *symbolizer)
{
	return symbolizer->advice;
}

void pmc_symbolizer_resolve(struct pmc_symbolizer *symbolizer, struct pmc_batch *batch)
{
	struct fault_guard guard;

	note_batch(symbolizer, batch);
	symbolizer->frames.count = symbolizer->frame_first.count = 0;
	fault_guard_init(&guard);
	for (size_t i = 0; i < batch->locations_count; i++) {
		*pmc_array_add(&symbolizer->frame_first) = (uint32_t)symbolizer->frames.count;
		resolve_location(symbolizer, &batch->locations[i]);
	}
	fault_guard_fini(&guard);
	*pmc_array_add(&symbolizer->frame_first) = (uint32_t)symbolizer->frames.count;
	advise(symbolizer, batch);
	batch->names = symbolizer->names;
	batch->frames = symbolizer->frames.items;
	batch->frames_count = symbolizer->frames.count;
	batch->frame_first = symbolizer->frame_first.items;
}

/* ---- what is known about the sources ---- */

enum pmc_names_source pmc_symbolizer_module_source(const struct pmc_symbolizer *symbolizer,
						   uint32_t module, bool *has_lines)
{
	const struct module *m;
	bool ignored;

	has_lines = has_lines ? has_lines : &ignored;
	*has_lines = false;
	if (!module || module > symbolizer->modules.count)
		return PMC_NAMES_NONE;
	m = &symbolizer->modules.items[module - 1];
	if (m->image && !m->is_broken)
		return image_source(m->image, has_lines);
	if (!m->has_kernel_names)
		return PMC_NAMES_NONE;
	return m->row.kind == PMC_MODULE_KSYM ? PMC_NAMES_KSYM : PMC_NAMES_KALLSYMS;
}

void pmc_symbolize_versions(char *text, size_t size)
{
	snprintf(text, size, "elfutils %s, demangler: %s", dwfl_version(NULL),
		 pmc_demangle_available() ? "libiberty" : "none");
}
