/*
 * space.h - one address space over time: which module was mapped at an address, and when.
 *
 *   live      sorted by start, no two overlap:   [libc r-x)  [prog r-x)  [vdso)
 *   replaced  mappings that a later one covered, with the time they ended; only until the samples
 *             of that round are counted (space_forget())
 *
 * A fork shares its parent's space: spaces are counted, and copied when one of the sharers changes.
 * A look-up for a time before the live mapping's start looks among the replaced ones.
 * The kernel reports no munmap: an unmapped range stays until something is mapped over it.
 */
#ifndef PMC_COLLECTOR_SPACE_H
#define PMC_COLLECTOR_SPACE_H

#include <stdint.h>

#include "base/mem.h"

struct mapping {
	uint64_t start, end;
	uint64_t bias; /* offset in the module = address - bias (modulo 2^64) */
	uint64_t from_ns, to_ns;
	uint32_t module; /* id in the catalog; 0 = a hole (unloaded kernel code) */
};

struct space;

struct space *space_new(void);
struct space *space_share(struct space *space); /* another reference */
void space_release(struct space *space);

/* Maps; cuts or removes what it covers. *space is replaced by a copy if others share it. */
void space_map(struct space **space, const struct mapping *mapping);

/* The mapping that held `address` at `time`, or NULL; valid until the space changes. */
const struct mapping *space_find(const struct space *space, uint64_t address, uint64_t time);

/* Drops replaced mappings that ended before `time`; returns how many are still kept. */
size_t space_forget(struct space *space, uint64_t time);

/* Number of mappings that are live (for tests and copying costs). */
size_t space_count(const struct space *space);

#endif
