/*
 * split_file.h - a debug file in place of the program that it was split from.
 */
#ifndef PMC_SPLIT_FILE_H
#define PMC_SPLIT_FILE_H

#include "base/model.h"
#include "symbolize/elf_file.h"

/*
 * Makes a file without code (is_split from here on) answer for the program's file offsets, as far
 * as the row's mapping agrees. True as well for any other file, which stays as it is. False: where
 * the code was in the program cannot be told.
 */
bool split_file_restore(struct elf_file *file, const struct pmc_module_row *row);

#endif
