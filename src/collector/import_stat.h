/*
 * import_stat.h - recordings of perf stat: what counters have gained, as rows of counts.
 *
 *   STAT (counter, sum so far) ─► gain ─► its part: event, and CPU or thread where they are told
 *   STAT_ROUND ─────────────────► a row for each part that was told since the last one
 *
 * A part is a CPU where perf was asked for them, a thread where there are several, else all.
 * perf reads counters once more when it ends, without a STAT_ROUND behind: what they have gained
 * until then is the last interval's, so its rows wait for the next one, or for the end.
 */
#ifndef PMC_COLLECTOR_IMPORT_STAT_H
#define PMC_COLLECTOR_IMPORT_STAT_H

#include "base/hash.h"
#include "base/mem.h"
#include "base/model.h"
#include "collector/perf_stat.h"

struct stat_part {
	struct pmc_count_row now;  /* what it gained in this interval; run 0: it was not told */
	struct pmc_count_row last; /* its last interval, which waits; run 0: there is none */
};

struct import_stat {
	struct perf_stat_count *last; /* by row of counters.open: as it was told last */
	PMC_ARRAY(struct stat_part) parts;
	struct pmc_index index;			/* of parts */
	PMC_ARRAY(uint32_t) told;		/* parts that were told in this interval */
	uint64_t from_ns;			/* where this interval begins */
	PMC_ARRAY(struct pmc_count_row) rows;	/* of intervals that ended, for the next batch */
};

void import_stat_fini(struct import_stat *stat);

#endif
