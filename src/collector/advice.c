/*
 * advice.c - see advice.h.
 */
#include "collector/advice.h"

#include <linux/perf_event.h>
#include <math.h>
#include <stdlib.h>

/*
 * The rate seen is lower than the true one, as sampling takes time, too: with so short a period up
 * to three quarters of it.
 */
enum { RATE_MARGIN = 4 };

uint64_t advice_period(const struct counter_total *total, uint64_t throttled_ns,
		       long long max_rate_hz)
{
	double period, step = 1;

	if (max_rate_hz < RATE_MARGIN || !total->value || total->running_ns <= throttled_ns)
		return 0;
	/* events/s while it really counted, over the samples/s that are wanted */
	period = (double)total->value * 1e9 / (double)(total->running_ns - throttled_ns) /
		 ((double)max_rate_hz / RATE_MARGIN);
	while (period / step >= 100)
		step *= 10;
	return (uint64_t)(ceil(period / step) * step);
}

char *advice_throttled(const struct pmc_event_list *events, const struct event_sums *sums,
		       const struct counter_total *totals, long long max_rate_hz)
{
	char *text = NULL, *longer;

	for (size_t i = 0; i < events->count; i++) {
		const struct pmc_event *event = &events->events[i];
		const bool period = event->sampling.mode == PMC_MODE_PERIOD;
		const uint64_t fits =
			period ? advice_period(&totals[i], sums[i].throttled_ns, max_rate_hz)
			       : (uint64_t)(max_rate_hz / RATE_MARGIN);
		const uint64_t asked = event->sampling.period_or_hz;
		PMC_FREE char *more = NULL;

		if (!sums[i].throttles)
			continue;
		if (fits && (period ? fits > asked : fits < asked))
			more = pmc_sprintf("%s with -%c %llu is more than this machine samples, "
					   "-%c %llu fits",
					   event->name, period ? 'c' : 'F',
					   (unsigned long long)asked, period ? 'c' : 'F',
					   (unsigned long long)fits);
		else
			more = pmc_sprintf("%s was held back %llu times", event->name,
					   (unsigned long long)sums[i].throttles);
		text = pmc_join(text, "; ", more);
	}
	if (!text)
		return NULL;
	longer = pmc_sprintf("The kernel paused sampling because it took too much time, and what "
			     "ran meanwhile is missing: %s. kernel.perf_event_max_sample_rate is "
			     "%lld.",
			     text, max_rate_hz);
	free(text);
	return longer;
}

/* Is the counter's total the sum that the samples estimate? */
static bool is_comparable(const struct pmc_event *event, const struct counter_total *total)
{
	/* An idle CPU's clock goes on counting, and is not sampled. */
	return event->sampling.mode != PMC_MODE_COUNT && total->value &&
	       !event->attr->exclude_idle;
}

uint64_t advice_estimate_error(const struct pmc_event_list *events, const struct event_sums *sums,
			       const struct counter_total *totals, char **text)
{
	const struct pmc_event *worst = NULL;
	double largest = 0;
	size_t at = 0;

	*text = NULL;
	for (size_t i = 0; i < events->count; i++) {
		const double error = (double)sums[i].value / (double)totals[i].value - 1;

		if (!is_comparable(&events->events[i], &totals[i]))
			continue;
		if (!worst || fabs(error) > fabs(largest)) {
			worst = &events->events[i];
			largest = error;
			at = i;
		}
	}
	if (!worst)
		return 0;
	*text = pmc_sprintf("The samples of %s stand for %llu of it, its counters counted %llu: "
			    "%+.2f %%. Up to one period a thread and CPU is always "
			    "missing at the end; more means that samples were lost or came late.",
			    worst->name, (unsigned long long)sums[at].value,
			    (unsigned long long)totals[at].value, 100 * largest);
	return (uint64_t)llround(fabs(largest) * 1e6);
}

uint64_t advice_not_counted(const struct pmc_event_list *events,
			    const struct counter_total *totals, char **text)
{
	char *names = NULL;
	uint64_t count = 0;

	*text = NULL;
	for (size_t i = 0; i < events->count; i++) {
		if (totals[i].running_ns || !totals[i].enabled_ns)
			continue;
		names = pmc_join(names, "; ", events->events[i].name);
		count++;
	}
	if (count)
		*text = pmc_sprintf("Events that never got a counter, so nothing is known of them: "
				    "%s. The processor may not have them, or other programs hold "
				    "the counters.",
				    names);
	free(names);
	return count;
}
