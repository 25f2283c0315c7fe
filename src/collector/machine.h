/*
 * machine.h - small readings of this machine, shared by the collector's files. Private to
 * src/collector.
 */
#ifndef COLLECTOR_MACHINE_H
#define COLLECTOR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * First line of a small file, without its newline and the blanks at its end. False: cannot be read.
 */
bool machine_read_text(const char *path, char *text, size_t size);

/* The number a file begins with. False: cannot be read, or is none. */
bool machine_read_number(const char *path, long long *value);

/* Does this thread hold the capability (a bit number, CAP_…) in its effective set? */
bool machine_has_capability(unsigned cap);

#endif
