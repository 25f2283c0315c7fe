/*
 * image.c - puts one module's sources of names together.
 *
 *      file offset ─► address ─┬─► linkage table? name@plt
 *                              ├─► DWARF: inlined calls, function, lines
 *                              ├─► symbol tables, where DWARF has no function
 *                              └─► unwind tables, where there is no name: where the function begins
 *
 * Each source is opened when the first address needs it: a program with full DWARF never has its
 * symbol tables sorted, one without never pays for libdw. The debug file is only looked for when
 * the module itself lacks something. DWARF's name wins over the symbol's: `work` rather than
 * `work.constprop.0` and `work.cold`, which are one function to whoever wrote it.
 *
 * Offsets in the kernel are no file offsets: they count from an address of its file. It has no
 * linkage tables, and none for unwinding that are as a program's.
 */
#include "symbolize/image.h"

#include <string.h>

#include "symbolize/fde_index.h"
#include "symbolize/plt.h"

struct image {
	struct elf_file *module, *debug;
	const struct debug_dirs *dirs;
	struct elf_symbols *symbols;	/* NULL until needed */
	bool is_kernel;
	uint64_t base;			/* kernel: address of offset 0 */
	struct plt *plt;		/* NULL: kernel */
	struct fde_index fdes;
	struct dwarf_lines *lines;	/* NULL: not opened yet, or there are none */
	bool lines_wanted, lines_tried;
	uint64_t lines_bias;		/* from the module's addresses to the DWARF's */
	struct dwarf_frame frame;
	PMC_ARRAY(char) name;		/* copy of a symbol's name */
};

static struct image *make(struct elf_file *module, const char *path, const struct debug_dirs *dirs,
			  bool lines)
{
	struct image *image = pmc_calloc(1, sizeof(*image));
	GElf_Shdr header;

	image->module = module;
	image->dirs = dirs;
	image->lines_wanted = lines;
	if (!elf_file_section(module, ".symtab", &header) || (lines && !elf_file_has_dwarf(module)))
		image->debug = debug_file_find(dirs, module, path);
	if (image->debug && image->debug->machine != module->machine) {
		elf_file_free(image->debug);
		image->debug = NULL;
	}
	return image;
}

struct image *image_new(struct elf_file *module, const char *path, const struct debug_dirs *dirs,
			bool lines)
{
	struct image *image;

	if (!module)
		return NULL;
	image = make(module, path, dirs, lines);
	image->plt = plt_new(module);
	fde_index_init(&image->fdes, module);
	return image;
}

struct image *image_new_kernel(struct elf_file *module, uint64_t base,
			       const struct debug_dirs *dirs, bool lines)
{
	struct image *image;

	if (!module)
		return NULL;
	image = make(module, module->path, dirs, lines);
	image->is_kernel = true;
	image->base = base;
	return image;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	dwarf_lines_free(image->lines);
	plt_free(image->plt);
	elf_symbols_free(image->symbols);
	elf_file_free(image->debug);
	elf_file_free(image->module);
	pmc_array_free(&image->name);
	free(image);
}

static void open_lines(struct image *image)
{
	const struct elf_file *file = image->module;

	image->lines_tried = true;
	if (image->lines_wanted) {
		if (!elf_file_has_dwarf(file) && image->debug)
			file = image->debug;
		image->lines = dwarf_lines_open(file, image->dirs);
		image->lines_bias = elf_file_base(file) - elf_file_base(image->module);
	}
	/* libdw asks the descriptor for its folder when it begins; nobody needs it from here on. */
	elf_file_detach(image->module);
	if (image->debug)
		elf_file_detach(image->debug);
}

static const struct elf_symbols *need_symbols(struct image *image)
{
	if (!image->symbols)
		image->symbols = elf_symbols_new(image->module, image->debug);
	return image->symbols;
}

static const char *find_symbol(struct image *image, uint64_t vaddr)
{
	struct elf_symbol symbol;

	if (!elf_symbols_find(need_symbols(image), vaddr, &symbol))
		return NULL;
	pmc_grow((void **)&image->name.items, &image->name.cap, symbol.name_len + 1, 1);
	memcpy(image->name.items, symbol.name, symbol.name_len);
	image->name.items[symbol.name_len] = '\0';
	return image->name.items;
}

/* Address of an offset, as symbols and DWARF of the module have it. False: it is no code. */
static bool find_address(const struct image *image, uint64_t offset, uint64_t *vaddr)
{
	if (!image->is_kernel)
		return elf_file_vaddr(image->module, offset, vaddr);
	*vaddr = image->base + offset;
	return elf_file_is_code(image->module, *vaddr);
}

size_t image_find(struct image *image, uint64_t offset, const struct dwarf_frame **frames)
{
	const char *name;
	uint64_t vaddr;
	size_t count = 0;

	image->frame = (struct dwarf_frame){ 0 };
	*frames = &image->frame;
	if (!find_address(image, offset, &vaddr))
		return 0;
	if (!image->lines_tried)
		open_lines(image);
	if (image->plt && plt_contains(image->plt, vaddr)) {
		image->frame.function = plt_find(image->plt, need_symbols(image), vaddr);
		return image->frame.function != NULL;
	}
	if (image->lines)
		count = dwarf_lines_find(image->lines, vaddr + image->lines_bias, frames);
	if (count > 1 || (count && (*frames)[0].function))
		return count;
	name = find_symbol(image, vaddr);
	if (count)		/* only a line, as assembly has it */
		image->frame = **frames;
	image->frame.function = name;
	*frames = &image->frame;
	return count || name;
}

uint32_t image_into_function(struct image *image, uint64_t offset)
{
	uint64_t vaddr, start;

	if (image->is_kernel || !elf_file_vaddr(image->module, offset, &vaddr) ||
	    plt_contains(image->plt, vaddr) || !fde_index_find(&image->fdes, vaddr, &start) ||
	    vaddr - start > offset || vaddr - start > UINT32_MAX)
		return 0;
	return (uint32_t)(vaddr - start);
}

/*
 * A call that does not return may be the last of a function that has no name, and then the next one
 * begins there, too: its code has an entry of its own. That of a trampoline begins a byte early, or
 * there is none. All functions of the kernel have names, so what lies before them is no call; its
 * chains lead to where code was interrupted, too, which may be the first byte of a function.
 */
bool image_is_no_call(struct image *image, uint64_t offset)
{
	uint64_t vaddr, call, next;

	if (image->is_kernel)
		return true;
	if (image->module->is_split || !elf_file_vaddr(image->module, offset, &vaddr) ||
	    plt_contains(image->plt, vaddr))
		return false;
	return !fde_index_find(&image->fdes, vaddr, &call) ||
	       (fde_index_find(&image->fdes, vaddr + 1, &next) && next == call);
}

enum pmc_names_source image_source(const struct image *image, bool *has_lines)
{
	GElf_Shdr header;

	*has_lines = image->lines_tried ? image->lines != NULL :
		     image->lines_wanted && (elf_file_has_dwarf(image->module) ||
					     (image->debug && elf_file_has_dwarf(image->debug)));
	if (image->debug)
		return PMC_NAMES_DEBUG_FILE;
	if (elf_file_section(image->module, ".symtab", &header))
		return PMC_NAMES_SYMTAB;
	if (elf_file_section(image->module, ".dynsym", &header))
		return PMC_NAMES_DYNSYM;
	return PMC_NAMES_NONE;
}
