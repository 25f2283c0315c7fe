/*
 * branches.c - see branches.h.
 */
#include "collector/branches.h"

#include <string.h>

#include "collector/abi.h"

/* One field of an entry's flags, `next` being the one behind it. */
#define FIELD(flags, field, next) ((flags) >> (field) & ((1ULL << ((next) - (field))) - 1))

/* PERF_BR_UNKNOWN to PERF_BR_NO_TX. */
static const char *const types[ABI_BRANCH_TYPE_EXTENDED] = {
	NULL, "conditional jump", "jump", "indirect jump", "call", "indirect call", "return",
	"system call", "system return", "conditional call", "conditional return",
	"exception return", "interrupt", "system error", "not in transaction",
};

/* PERF_BR_NEW_FAULT_ALGN on; from 3 on each architecture has its own. */
static const char *const new_types[16] = {
	"alignment fault", "data fault", "instruction fault", "special 1", "special 2", "special 3",
	"special 4", "special 5",
};

static const char *type_of(uint64_t flags)
{
	const uint64_t type = FIELD(flags, ABI_BRANCH_TYPE, ABI_BRANCH_SPECULATION);

	return type == ABI_BRANCH_TYPE_EXTENDED
		       ? new_types[FIELD(flags, ABI_BRANCH_NEW_TYPE, ABI_BRANCH_PRIVILEGE)]
		       : types[type];
}

static void add_flags(struct pmc_branch_row *row, uint64_t flags)
{
	const uint64_t cycles = FIELD(flags, ABI_BRANCH_CYCLES, ABI_BRANCH_TYPE);

	row->mispredicted += flags >> ABI_BRANCH_MISPREDICTED & 1;
	row->predicted += flags >> ABI_BRANCH_PREDICTED & 1;
	row->timed += cycles != 0;
	row->cycles += cycles;
	row->in_transaction += flags >> ABI_BRANCH_IN_TRANSACTION & 1;
	row->aborts += flags >> ABI_BRANCH_ABORT & 1;
	row->wrong_path += FIELD(flags, ABI_BRANCH_SPECULATION, ABI_BRANCH_NEW_TYPE) ==
			   ABI_BRANCH_SPECULATION_WRONG;
	if (!row->type)
		row->type = type_of(flags);
}

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
		uint64_t entry[3]; /* from, to, flags */
		struct pmc_branch_row *row;

		memcpy(entry, sample->branches + i * sizeof(entry), sizeof(entry));
		if (!entry[0] && !entry[1])
			continue; /* the record was not full */
		row = find_row(branches, event, locate(tracker, task, entry[0], sample->time),
			       locate(tracker, task, entry[1], sample->time));
		row->count++;
		add_flags(row, entry[2]);
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
