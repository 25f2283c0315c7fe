/*
 * import_order.h - puts the records of a file in the order that rounds need.
 *
 * A file holds what each ring had at a time, ring after ring: in order of time within a ring, and
 * in none across. perf ends each pass over all rings with a FINISHED_ROUND: what a later pass
 * brings is younger than the youngest of the pass before this one.
 *
 *   pass 1      pass 2      pass 3          at the end of pass 3 are counted
 *   S M S S  │  M S S S  │  S S M S  │      - samples of pass 2, as they came
 *              ▲ youngest: the limit        - side-band of all passes that is not younger than the
 *                                             limit; the rest waits
 *
 * So two passes of samples are held, and side-band that is a little ahead. Where passes are very
 * short, several are taken for one. Where they are longer than is held (or files have none), they
 * are cut all the same; side-band that comes late is then counted as such (round.h).
 * Records without times (time_ns 0 for all) have the order of the file: samples are counted before
 * each record of side-band.
 */
#ifndef PMC_COLLECTOR_IMPORT_ORDER_H
#define PMC_COLLECTOR_IMPORT_ORDER_H

#include <stdbool.h>

#include "base/mem.h"
#include "collector/ring.h"

/* Bytes of a pass that are worth a round, and bytes that are held of one at most. */
enum { ORDER_PASS_MIN = 1 << 20, ORDER_PASS_MAX = 16 << 20 };

/* The rings of an import, as counters.rings has them. */
enum { ORDER_RING_SIDEBAND, ORDER_RING_SAMPLES, ORDER_RINGS };

/* Samples that follow each other in the file, or came out of one compressed record. */
struct order_run {
	size_t at; /* of the first, in `current` or `previous` */
	uint64_t offset;
	bool is_packed; /* all have this offset */
};

struct order_runs {
	struct order_run *items; /* an array as PMC_ARRAY makes it */
	size_t count, cap;
};

struct order_pending {
	uint64_t time_ns;
	size_t at; /* in pending_bytes */
};

struct import_order {
	struct ring *rings;		 /* borrowed: ORDER_RINGS of them */
	PMC_ARRAY(uint8_t) current;	 /* samples of this pass */
	PMC_ARRAY(uint8_t) previous;	 /* of the pass before */
	struct order_runs current_runs, previous_runs;
	struct order_runs ring_runs;	 /* of what the ring of samples was given last */
	size_t last_size;		 /* of the last sample */
	PMC_ARRAY(struct order_pending) pending;
	PMC_ARRAY(uint8_t) pending_bytes;
	size_t pass_bytes;		 /* of this pass, side-band too */
	uint64_t youngest_ns, limit_ns;
	uint64_t oldest_ns;		 /* of all; UINT64_MAX: none */
};

void import_order_init(struct import_order *order, struct ring *rings);
void import_order_fini(struct import_order *order);

/* Copies a record of `size` bytes, a multiple of 8. offset: where it is in the file. */
void import_order_sample(struct import_order *order, const uint8_t *record, size_t size,
			 uint64_t time_ns, uint64_t offset);
void import_order_sideband(struct import_order *order, const uint8_t *record, size_t size,
			   uint64_t time_ns);

/* True when the pass is so long that it must be ended, whatever the file says. */
bool import_order_is_full(const struct import_order *order);
/* True when a pass that ends here is worth a round. */
bool import_order_is_due(const struct import_order *order);

/*
 * Ends a pass: fills the rings with what can be counted. Returns the limit for round_run().
 */
uint64_t import_order_end_pass(struct import_order *order);
/* Fills the rings with all that is left. */
void import_order_end(struct import_order *order);

/* Where in the file a sample is that the ring was given last, and has at this place. */
uint64_t import_order_offset(const struct import_order *order, size_t at);

#endif
