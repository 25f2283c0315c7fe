/*
 * image.h - one module of a program or of the kernel: its files and tables, and the frames of an
 * offset in it.
 */
#ifndef PMC_IMAGE_H
#define PMC_IMAGE_H

#include "symbolize/dwarf_lines.h"
#include "symbolize/symbolize.h"

struct image;

/*
 * Takes `module` (NULL gives NULL). `path` is where it was mapped, for the search of debug files;
 * `dirs` must outlive the image. Nothing is read yet.
 */
struct image *image_new(struct elf_file *module, const char *path, const struct debug_dirs *dirs,
			bool lines);
/* The same for code of the kernel, whose offsets count from the address `base` of the file. */
struct image *image_new_kernel(struct elf_file *module, uint64_t base,
			       const struct debug_dirs *dirs, bool lines);
void image_free(struct image *image);

/*
 * Frames of an offset, innermost first; 0 where nothing is known. Function names as the linker
 * has them. *frames is valid until the next call; texts of functions too, those of files as long as
 * the image.
 */
size_t image_find(struct image *image, uint64_t offset, const struct dwarf_frame **frames);

/*
 * For an offset without a function's name: bytes from the first one of its function, as the unwind
 * tables have it; 0 where they do not.
 */
uint32_t image_into_function(struct image *image, uint64_t offset);

/*
 * True where what returns to the byte behind `offset` was not called from there: functions that are
 * only returned to, as the trampoline of signals, begin at that byte.
 */
bool image_is_no_call(struct image *image, uint64_t offset);

enum pmc_names_source image_source(const struct image *image, bool *has_lines);

#endif
