/*
 * hot_path.c - tests/bench/hot_path.c for the machine with a PMU: what a sample costs in
 * instructions, which are the same in every run.
 *
 * Built as pmc is, but for its C files all at once.
 */
/* build-flags: -O2 -fno-omit-frame-pointer -Isrc -Itests/unit -D_GNU_SOURCE */
/* build-flags: src/base/[a-z]*.c src/collector/[a-z]*.c -lpfm -lpthread -lm */
#include "../../bench/hot_path.c"
