/*
 * stacks_calls.c - ways of calling that know their own chains, on this processor: that of
 * tests/programs/.
 *
 * build-flags: -O2 -fomit-frame-pointer -foptimize-sibling-calls -falign-functions=1
 */
#include "../../programs/stacks_calls.c"
