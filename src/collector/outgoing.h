/*
 * outgoing.h - a batch on its way: filled from a round's tables, handed to the sink, taken back.
 *
 *   filled ──hand_over──► out (the sink's thread has it) ──pmc_batch_done──► back ──► filled again
 *
 * One batch is out at most; while it is, the round's tables just go on growing. What is in the
 * batch besides (events, figures) is its user's to fill in.
 */
#ifndef PMC_COLLECTOR_OUTGOING_H
#define PMC_COLLECTOR_OUTGOING_H

#include <stdatomic.h>

#include "collector/collector.h"
#include "collector/round.h"

struct outgoing {
	struct pmc_batch batch; /* first: pmc_batch_done() gets its address */
	size_t costs_cap;
	atomic_bool out; /* the sink has it */
};

bool outgoing_is_out(struct outgoing *outgoing);

/* Takes a batch that came back: its rows are freed before the next is filled. */
void outgoing_take_back(struct outgoing *outgoing);
/* Waits for it first: the last batch holds rows that the next one needs. */
void outgoing_wait(struct outgoing *outgoing);

/* Moves all that is new in the round into the batch. end_ns: up to when samples are in. */
void outgoing_fill(struct outgoing *outgoing, struct round *round, uint64_t end_ns);

int outgoing_hand_over(struct outgoing *outgoing, const struct pmc_sink *sink, bool last,
		       struct pmc_err *err);
void outgoing_fini(struct outgoing *outgoing);

#endif
