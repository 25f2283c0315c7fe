/*
 * perf_attr.h - a recording's events: their attributes, the ids their records bear, their names.
 *
 * Attributes have the size of the perf that wrote them, from 64 bytes on; fields that it did not
 * know are 0, those that are newer than this build are left out: none of them changes how records
 * are laid out (sample_type bits that do are checked where records are read).
 */
#ifndef PMC_COLLECTOR_PERF_ATTR_H
#define PMC_COLLECTOR_PERF_ATTR_H

#include <linux/perf_event.h>

#include "base/err.h"
#include "base/hash.h"
#include "collector/decode.h"

/* More than anybody records at once; all tracepoints of a kernel are some 2500. */
enum { PERF_EVENTS_MAX = 16384, PERF_IDS_MAX = 1 << 20 };
/* Bytes of an event's name that are kept: metrics may be formulas. */
enum { PERF_NAME_MAX = 255 };

struct perf_event {
	struct perf_event_attr attr;
	char *name; /* as the file has it; NULL: it has none */
	char *unit; /* of counts that are multiplied by scale; NULL: not told */
	double scale; /* 0: not told */
	PMC_ARRAY(uint64_t) ids;
	uint64_t offset; /* in the file, for messages */
};

struct perf_pmu {
	uint32_t type;
	char *name;
};

struct perf_pmus {
	struct perf_pmu *items;
	size_t count, cap;
};

struct perf_id {
	uint64_t id;
	uint32_t event; /* index of items */
};

struct perf_events {
	PMC_ARRAY(struct perf_event) items;
	PMC_ARRAY(struct perf_id) ids; /* of all together */
	struct pmc_index index;	       /* of ids; an id that is there twice is the first's */
};

/*
 * Adds the event whose attribute lies at `bytes`, of which `size` are there. `offset`: where in the
 * file, for messages. NULL: err.
 */
struct perf_event *perf_events_add(struct perf_events *events, const uint8_t *bytes, size_t size,
				   bool swap, uint64_t offset, struct pmc_err *err);

/* Adds ids, eight bytes each. */
int perf_events_add_ids(struct perf_events *events, struct perf_event *event, const uint8_t *bytes,
			size_t count, bool swap, struct pmc_err *err);

/* The event with this id; NULL: none. */
struct perf_event *perf_events_find(const struct perf_events *events, uint64_t id);

/* Takes what an EVENT_UPDATE record tells of an event: the first name, the last unit and scale. */
void perf_events_update(struct perf_events *events, const uint8_t *record, size_t size, bool swap);

void perf_events_fini(struct perf_events *events);

/* How its records look. */
void perf_attr_layout(const struct perf_event_attr *attr, struct layout *layout);

/*
 * Its name as the file has it, or one made of the attribute as pmc writes it. pmus: the names of
 * types that are no fixed ones. Caller frees.
 */
char *perf_event_name(const struct perf_event *event, const struct perf_pmus *pmus);

#endif
