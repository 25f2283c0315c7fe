/*
 * health.h - the words for enum pmc_health: name, severity and advice of each figure.
 *
 * One table, used by the store (rows of the `health` view) and so by every report. An advice says
 * what the figure means for the reader and the least change that improves it.
 */
#ifndef PMC_HEALTH_H
#define PMC_HEALTH_H

#include "base/model.h"

struct pmc_health_text {
	const char *name;	/* snake_case, as in the view: "lost_records" */
	const char *severity;	/* "error": results are wrong or incomplete; "warning"; "info" */
	const char *advice;
};

/* Never NULL for figures below PMC_HEALTH_COUNT. */
const struct pmc_health_text *pmc_health_describe(enum pmc_health figure);

#endif
