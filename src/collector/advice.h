/*
 * advice.h - what to do about a figure of health, in the words of this session: with its events,
 * its values and a setting that would have fitted.
 *
 * Not here: the words that hold for every session (base/health.h). Texts are the caller's to free;
 * NULL: nothing more is to be said than those.
 */
#ifndef PMC_COLLECTOR_ADVICE_H
#define PMC_COLLECTOR_ADVICE_H

#include "collector/round.h"

/*
 * Events that the kernel held back, with a period (or a frequency) that this machine can keep up
 * with: at the rate the event had while it was counted, a quarter of max_rate_hz samples a second.
 */
char *advice_throttled(const struct pmc_event_list *events, const struct event_sums *sums,
		       const struct counter_total *totals, long long max_rate_hz);

/* The period that fits: events a second / (max_rate_hz / 4), rounded up to two digits; 0: unknown.
 */
uint64_t advice_period(const struct counter_total *total, uint64_t throttled_ns,
		       long long max_rate_hz);

/*
 * Of the sampled events the one whose sum of periods differs most from what was counted: by how
 * many millionths, and in *text what they were. 0 where nothing can be compared.
 */
uint64_t advice_estimate_error(const struct pmc_event_list *events, const struct event_sums *sums,
			       const struct counter_total *totals, char **text);

/*
 * Events that were switched on and never got a counter: how many, and in *text which.
 */
uint64_t advice_not_counted(const struct pmc_event_list *events,
			    const struct counter_total *totals, char **text);

#endif
