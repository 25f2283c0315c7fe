/*
 * self_counter.h - what the counter of the calling thread is made of, for its tests. Private to
 * src/collector; what others see of it is in collector.h.
 */
#ifndef COLLECTOR_SELF_COUNTER_H
#define COLLECTOR_SELF_COUNTER_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

/* The registers that a page tells how to read: of this processor, or made up in tests. */
struct self_registers {
	/* The register that the page's index less one names. False: not one that is known here. */
	bool (*counter)(void *ctx, uint32_t number, uint64_t *value);
	/* The clock of the page's time_mult, time_shift and time_offset; NULL: there is none. */
	uint64_t (*clock)(void *ctx);
	void *ctx;
};

/*
 * Reads a counter through its page. False where the page does not allow it just now: the counter is
 * on no hardware, the capability is missing, or the kernel kept on writing. *value is then as it
 * was, and the kernel must be asked.
 */
bool self_counter_read_page(const struct perf_event_mmap_page *page,
			    const struct self_registers *registers, uint64_t *value);

/*
 * count × enabled / running, rounded down, without overflow on the way. A counter that never ran
 * (running 0) or always did is left as it is.
 */
uint64_t self_counter_scale(uint64_t count, uint64_t enabled, uint64_t running);

/*
 * Sets the bit in attr that asks for user access where the event's PMU has such a bit: format
 * "rdpmc" below `sysfs`, the folder of PMUs. False, attr untouched: it has none (x86 asks for no
 * bit, and software events have no hardware).
 */
bool self_counter_ask_access(struct perf_event_attr *attr, const char *sysfs);

#endif
