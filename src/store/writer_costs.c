/*
 * writer_costs.c - what was measured: stacks, costs, totals of functions, time slices, branches.
 *
 * Job: add up the rows of a batch by key; write each key once, in ascending order of ids, so that a
 * flush touches every page once; keep self and total of functions.
 * Not here: names (writer_names.c), the texts of slices (writer_slices.c).
 *
 *   batch.costs ─► key (event, thread, stack, location) ─► sort by key  ─► cost rows: add or update
 *                                                            │           ─► walk the stack: totals
 *                                                            └► sort by event, slice ─► slice rows
 *
 * Self goes to the innermost function of the address. Total goes once to every distinct function on
 * the stack, inlined ones included; a mark per function and walk keeps recursion from counting
 * twice.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "store/writer.h"

int writer_write_stacks(struct pmc_writer *writer, const struct pmc_batch *batch,
			struct pmc_err *err)
{
	for (size_t i = 0; i < batch->stacks_count; i++) {
		const struct pmc_stack_row *row = &batch->stacks[i];
		const struct writer_stack *parent =
			row->parent ? &writer->stacks.items[row->parent - 1] : NULL;
		const struct writer_location *location =
			&writer->locations.items[row->location - 1];
		struct writer_stack stack = {
			.parent = row->parent,
			.location = row->location,
			.depth = (parent ? parent->depth : 0) + location->count,
		};
		sqlite3_stmt *stmt = writer_statement(writer, ADD_STACK);

		if (parent)
			sqlite3_bind_int64(stmt, 1, parent->db_id);
		sqlite3_bind_int64(stmt, 2, location->db_id);
		sqlite3_bind_int64(stmt, 3, stack.depth);
		if (writer_insert(writer, stmt, &stack.db_id, err))
			return -1;
		*pmc_array_add(&writer->stacks) = stack;
	}
	return 0;
}

/* Index of the key; a new one gets its id on disk when it is written. */
static uint32_t find_cost(struct pmc_writer *writer, const struct pmc_cost_row *row)
{
	const uint64_t hash = pmc_hash_2((uint64_t)row->event << 32 | row->thread,
					 (uint64_t)row->stack << 32 | row->location);
	uint32_t step = 0, index;

	while ((index = pmc_index_next(&writer->cost_index, hash, &step)) != UINT32_MAX) {
		const struct writer_cost *cost = &writer->costs.items[index];

		if (cost->event == row->event && cost->thread == row->thread &&
		    cost->stack == row->stack && cost->location == row->location)
			return index;
	}
	index = (uint32_t)writer->costs.count;
	*pmc_array_add(&writer->costs) = (struct writer_cost){ .event = row->event,
							       .thread = row->thread,
							       .stack = row->stack,
							       .location = row->location };
	*pmc_array_add(&writer->cost_ids) = 0;
	pmc_index_add(&writer->cost_index, hash, index);
	return index;
}

static struct writer_total *touch(struct writer_event *event, uint32_t function, size_t functions)
{
	struct writer_total *total;

	if (function >= event->totals_cap) {
		const size_t before = event->totals_cap;

		pmc_grow((void **)&event->totals, &event->totals_cap, functions,
			 sizeof(*event->totals));
		for (size_t i = before; i < event->totals_cap; i++)
			event->totals[i] = (struct writer_total){ 0 };
	}
	total = &event->totals[function];
	if (!total->touched) {
		total->touched = true;
		pmc_grow((void **)&event->touched, &event->touched_cap, event->touched_count + 1,
			 sizeof(*event->touched));
		event->touched[event->touched_count++] = function;
	}
	return total;
}

/* Adds to the total of each function of a location that this walk has not seen yet. */
static void add_location(struct pmc_writer *writer, struct writer_event *event, uint32_t id,
			 uint64_t samples, uint64_t value)
{
	const struct writer_location *location = &writer->locations.items[id - 1];

	for (uint32_t i = location->first; i < location->first + location->count; i++) {
		const uint32_t function = writer->frames.items[i];
		struct writer_total *total;

		if (writer->marks.items[function] == writer->walk)
			continue;
		writer->marks.items[function] = writer->walk;
		total = touch(event, function, writer->functions.count);
		total->total_samples += samples;
		total->total += value;
	}
}

static void add_totals(struct pmc_writer *writer, const struct writer_cost *cost, uint64_t samples,
		       uint64_t value)
{
	const struct writer_location *leaf = &writer->locations.items[cost->location - 1];
	struct writer_event *event = &writer->events.items[cost->event - 1];
	struct writer_total *self =
		touch(event, writer->frames.items[leaf->first], writer->functions.count);

	event->samples += samples;
	event->value += value;
	writer->unresolved += leaf->unresolved ? samples : 0;
	self->samples += samples;
	self->self += value;
	while (writer->marks.count < writer->functions.count)
		*pmc_array_add(&writer->marks) = 0;
	if (!++writer->walk) {
		for (size_t i = 0; i < writer->marks.count; i++)
			writer->marks.items[i] = 0;
		writer->walk = 1;
	}
	add_location(writer, event, cost->location, samples, value);
	for (uint32_t id = cost->stack; id; id = writer->stacks.items[id - 1].parent)
		add_location(writer, event, writer->stacks.items[id - 1].location, samples, value);
}

static int write_cost(struct pmc_writer *writer, uint32_t index, uint64_t samples, uint64_t value,
		      struct pmc_err *err)
{
	struct writer_cost *cost = &writer->costs.items[index];
	struct writer_event *event = &writer->events.items[cost->event - 1];
	int64_t *id = &writer->cost_ids.items[index];
	const bool is_new = !*id;
	sqlite3_stmt *stmt = writer_statement(writer, is_new ? ADD_COST : SET_COST);

	cost->samples += samples;
	cost->value += value;
	if (is_new)
		*id = ++event->costs;
	sqlite3_bind_int64(stmt, 1, event->db_id);
	sqlite3_bind_int64(stmt, 2, *id);
	sqlite3_bind_int64(stmt, 3, (int64_t)samples);
	sqlite3_bind_int64(stmt, 4, (int64_t)value);
	if (is_new) {
		sqlite3_bind_int64(stmt, 5, writer->threads.items[cost->thread - 1]);
		if (cost->stack)
			sqlite3_bind_int64(stmt, 6, writer->stacks.items[cost->stack - 1].db_id);
		sqlite3_bind_int64(stmt, 7, writer->locations.items[cost->location - 1].db_id);
	}
	return writer_run(writer, stmt, err);
}

/* One row a key, in the order of ids: those on disk first, then the new ones. */
static int write_keys(struct pmc_writer *writer, struct pmc_err *err)
{
	const struct slice_item *items = writer->sorter.items;
	const size_t count = writer->sorter.count;

	for (size_t i = 0; i < count;) {
		const uint32_t index = items[i].cost;
		uint64_t samples = 0, value = 0;

		for (; i < count && items[i].cost == index; i++) {
			samples += items[i].samples;
			value += items[i].value;
		}
		if (write_cost(writer, index, samples, value, err))
			return -1;
		add_totals(writer, &writer->costs.items[index], samples, value);
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int write_function_costs(struct pmc_writer *writer, struct writer_event *event,
				struct pmc_err *err)
{
	/* In the order of the table's key, near enough: functions are numbered as they were first
	 * seen. */
	if (event->touched_count)
		qsort(event->touched, event->touched_count, sizeof(*event->touched), by_number);
	for (size_t i = 0; i < event->touched_count; i++) {
		struct writer_total *total = &event->totals[event->touched[i]];
		sqlite3_stmt *stmt = writer_statement(
			writer, total->is_written ? SET_FUNCTION_COST : ADD_FUNCTION_COST);

		sqlite3_bind_int64(stmt, 1, event->db_id);
		sqlite3_bind_int64(stmt, 2, writer->functions.items[event->touched[i]].db_id);
		sqlite3_bind_int64(stmt, 3, (int64_t)total->samples);
		sqlite3_bind_int64(stmt, 4, (int64_t)total->self);
		sqlite3_bind_int64(stmt, 5, (int64_t)total->total_samples);
		sqlite3_bind_int64(stmt, 6, (int64_t)total->total);
		*total = (struct writer_total){ .is_written = true };
		if (writer_run(writer, stmt, err))
			return -1;
	}
	event->touched_count = 0;
	return 0;
}

static int write_slices(struct pmc_writer *writer, struct pmc_err *err)
{
	const struct slice_sorter *sorter = &writer->sorter;
	struct slice_text *text = &writer->text;

	for (size_t i = 0; i < sorter->count;) {
		const struct slice_item *first = &sorter->items[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_SLICE);

		i += slice_encode(text, first, sorter->count - i, writer->cost_ids.items);
		sqlite3_bind_int64(stmt, 1, writer->events.items[first->event - 1].db_id);
		sqlite3_bind_int64(stmt, 2, first->slice);
		if (text->period)
			sqlite3_bind_int64(stmt, 3, (int64_t)text->period);
		sqlite3_bind_text(stmt, 4, text->entries, (int)text->entries_len, SQLITE_STATIC);
		if (!text->period)
			sqlite3_bind_text(stmt, 5, text->vals, (int)text->vals_len, SQLITE_STATIC);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

int writer_write_costs(struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err)
{
	writer->sorter.count = 0;
	for (size_t i = 0; i < batch->costs_count; i++) {
		const struct pmc_cost_row *row = &batch->costs[i];

		if (!row->samples)
			continue;
		*slice_sorter_add(&writer->sorter) = (struct slice_item){
			.cost = find_cost(writer, row),
			.event = row->event,
			.slice = row->slice,
			.samples = row->samples,
			.value = row->value,
		};
	}
	slice_sorter_by_cost(&writer->sorter);
	if (write_keys(writer, err))
		return -1;
	for (size_t i = 0; i < writer->events.count; i++) {
		if (write_function_costs(writer, &writer->events.items[i], err))
			return -1;
	}
	slice_sorter_by_time(&writer->sorter);
	return write_slices(writer, err);
}

int writer_write_branches(struct pmc_writer *writer, const struct pmc_batch *batch,
			  struct pmc_err *err)
{
	for (size_t i = 0; i < batch->branches_count; i++) {
		const struct pmc_branch_row *row = &batch->branches[i];
		sqlite3_stmt *stmt = writer_statement(writer, ADD_BRANCH);

		sqlite3_bind_int64(stmt, 1, writer->events.items[row->event - 1].db_id);
		sqlite3_bind_int64(stmt, 2, writer->locations.items[row->from - 1].db_id);
		sqlite3_bind_int64(stmt, 3, writer->locations.items[row->to - 1].db_id);
		sqlite3_bind_int64(stmt, 4, (int64_t)row->count);
		sqlite3_bind_int64(stmt, 5, (int64_t)row->mispredicted);
		sqlite3_bind_text(stmt, 6, row->type, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 7, (int64_t)row->predicted);
		sqlite3_bind_int64(stmt, 8, (int64_t)row->timed);
		sqlite3_bind_int64(stmt, 9, (int64_t)row->cycles);
		sqlite3_bind_int64(stmt, 10, (int64_t)row->in_transaction);
		sqlite3_bind_int64(stmt, 11, (int64_t)row->aborts);
		sqlite3_bind_int64(stmt, 12, (int64_t)row->wrong_path);
		if (writer_run(writer, stmt, err))
			return -1;
	}
	return 0;
}

void writer_free_costs(struct pmc_writer *writer)
{
	for (size_t i = 0; i < writer->events.count; i++) {
		free(writer->events.items[i].totals);
		free(writer->events.items[i].touched);
	}
	pmc_array_free(&writer->events);
	pmc_array_free(&writer->stacks);
	pmc_array_free(&writer->costs);
	pmc_array_free(&writer->cost_ids);
	pmc_array_free(&writer->marks);
	pmc_index_fini(&writer->cost_index);
	slice_sorter_fini(&writer->sorter);
	slice_text_fini(&writer->text);
}
