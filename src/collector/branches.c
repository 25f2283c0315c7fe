/*
 * branches.c - see branches.h.
 */
#include "collector/branches.h"

#include <linux/perf_event.h>
#include <string.h>

static struct pmc_branch_row *find_row(struct branches *branches, uint32_t event, uint32_t from,
				       uint32_t to)
{
	const uint64_t hash = pmc_hash_2((uint64_t)from << 32 | to, event);
	struct pmc_branch_row *row;
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&branches->index, hash, &step)) != UINT32_MAX) {
		row = &branches->rows.items[found];
		if (row->from == from && row->to == to && row->event == event)
			return row;
	}
	row = pmc_array_add(&branches->rows);
	*row = (struct pmc_branch_row){ .event = event, .from = from, .to = to };
	pmc_index_add(&branches->index, hash, (uint32_t)branches->rows.count - 1);
	return row;
}

/* A branch may lead into the kernel and out of it: the address tells. */
static uint32_t locate(struct tracker *tracker, const struct task *task, uint64_t address,
		       uint64_t time)
{
	const uint32_t location =
		tracker_location(tracker, task, address >> 63, address, time, false);

	return location ? location : tracker_unknown_location(tracker, address);
}

void branches_add(struct branches *branches, struct tracker *tracker, const struct task *task,
		  uint32_t event, const struct sample *sample)
{
	for (uint64_t i = 0; i < sample->branch_nr; i++) {
		struct perf_branch_entry entry;
		struct pmc_branch_row *row;

		memcpy(&entry, sample->branches + i * sizeof(entry), sizeof(entry));
		if (!entry.from && !entry.to)
			continue; /* the record was not full */
		row = find_row(branches, event, locate(tracker, task, entry.from, sample->time),
			       locate(tracker, task, entry.to, sample->time));
		row->count++;
		row->mispredicted += entry.mispred;
	}
}

size_t branches_flush(struct branches *branches, struct pmc_branch_row **rows)
{
	const size_t count = branches->rows.count;

	*rows = branches->rows.items;
	memset(&branches->rows, 0, sizeof(branches->rows));
	pmc_index_clear(&branches->index);
	return count;
}

void branches_fini(struct branches *branches)
{
	pmc_array_free(&branches->rows);
	pmc_index_fini(&branches->index);
}
