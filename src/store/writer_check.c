/*
 * writer_check.c - is a batch what model.h promises?
 *
 * Job: find ids that point nowhere and rows out of order before anything is written, so that a
 * faulty producer (a new importer, say) is told what is wrong, and arrays are never read beyond
 * their ends.
 * Not here: whether numbers make sense.
 */
#include "store/writer.h"

/* Rows that follow those of earlier batches without a gap. */
static int check_first(const char *what, size_t known, uint32_t first, size_t count,
		       struct pmc_err *err)
{
	if (!count || first == known + 1)
		return 0;
	return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: its %s begin at id %u, not %zu", what,
			   first, known + 1);
}

static int check_id(const char *what, uint32_t id, uint32_t lowest, size_t highest,
		    struct pmc_err *err)
{
	if (id >= lowest && id <= highest)
		return 0;
	return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: it refers to %s %u of %zu", what, id,
			   highest);
}

static int check_tasks(const struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err)
{
	const size_t texts = writer->texts.count + batch->texts_count;
	const size_t processes = writer->processes.count + batch->processes_count;
	const size_t threads = writer->threads.count + batch->threads_count;

	for (size_t i = 0; i < batch->processes_count; i++) {
		if (check_id("string", batch->processes[i].comm, 0, texts, err))
			return -1;
	}
	for (size_t i = 0; i < batch->threads_count; i++) {
		if (check_id("process", batch->threads[i].process, 1, processes, err) ||
		    check_id("string", batch->threads[i].comm, 0, texts, err))
			return -1;
	}
	for (size_t i = 0; i < batch->thread_ends_count; i++) {
		if (check_id("thread", batch->thread_ends[i].thread, 1, threads, err))
			return -1;
	}
	for (size_t i = 0; i < batch->process_ends_count; i++) {
		if (check_id("process", batch->process_ends[i].process, 1, processes, err))
			return -1;
	}
	return 0;
}

static int check_locations(const struct pmc_writer *writer, const struct pmc_batch *batch,
			   struct pmc_err *err)
{
	const size_t modules = writer->modules.count + batch->modules_count;

	for (size_t i = 0; i < batch->modules_count; i++) {
		if (check_id("string", batch->modules[i].path, 0,
			     writer->texts.count + batch->texts_count, err))
			return -1;
		if (batch->modules[i].build_id_len > PMC_BUILD_ID_MAX)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a build-id of %u "
							      "bytes",
					   batch->modules[i].build_id_len);
	}
	for (size_t i = 0; i < batch->module_ids_count; i++) {
		if (check_id("module", batch->module_ids[i].module, 1, modules, err))
			return -1;
		if (batch->module_ids[i].build_id_len > PMC_BUILD_ID_MAX)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a build-id of %u "
							      "bytes",
					   batch->module_ids[i].build_id_len);
	}
	for (size_t i = 0; i < batch->locations_count; i++) {
		if (check_id("module", batch->locations[i].module, 1, modules, err))
			return -1;
		if (!batch->frame_first)
			continue;
		if (batch->frame_first[i] >= batch->frame_first[i + 1] ||
		    batch->frame_first[i + 1] > batch->frames_count)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: location %zu of it "
							      "has no frames", i);
	}
	for (size_t i = 0; i < batch->stacks_count; i++) {
		/* A parent comes before its children, so that walks end. */
		if (check_id("stack", batch->stacks[i].parent, 0, writer->stacks.count + i, err) ||
		    check_id("location", batch->stacks[i].location, 1,
			     writer->locations.count + batch->locations_count, err))
			return -1;
	}
	return 0;
}

static int check_costs(const struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err)
{
	const size_t threads = writer->threads.count + batch->threads_count;
	const size_t stacks = writer->stacks.count + batch->stacks_count;
	const size_t locations = writer->locations.count + batch->locations_count;

	for (size_t i = 0; i < batch->costs_count; i++) {
		const struct pmc_cost_row *cost = &batch->costs[i];

		if (check_id("event", cost->event, 1, batch->events_count, err) ||
		    check_id("thread", cost->thread, 1, threads, err) ||
		    check_id("stack", cost->stack, 0, stacks, err) ||
		    check_id("location", cost->location, 1, locations, err))
			return -1;
		if (batch->events[cost->event - 1].mode == PMC_MODE_COUNT)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a cost of event %u, "
							      "which is only counted",
					   cost->event);
		if (!cost->samples && cost->value)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a cost without "
							      "samples");
		if (cost->value > INT64_MAX)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a cost of %llu",
					   (unsigned long long)cost->value);
	}
	return 0;
}

/*
 * Counts are of events that have no samples, or of single threads: the whole of what sampled events
 * counted is told by their sums. Whether
 * running times exceed enabled ones is the kernel's affair; views do not mind.
 */
static int check_counts(const struct pmc_writer *writer, const struct pmc_batch *batch,
			struct pmc_err *err)
{
	const size_t threads = writer->threads.count + batch->threads_count;

	for (size_t i = 0; i < batch->counts_count; i++) {
		const struct pmc_count_row *row = &batch->counts[i];

		if (check_id("event", row->event, 1, batch->events_count, err) ||
		    check_id("thread", row->thread, 0, threads, err))
			return -1;
		if (!row->run)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a count of run 0");
		if (batch->events[row->event - 1].mode != PMC_MODE_COUNT && !row->thread)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a count of event %u, "
							      "which is sampled", row->event);
		if (row->cpu < -1)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a count of CPU %d",
					   row->cpu);
		if (row->start_ns > row->end_ns)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a count from %llu to "
							      "%llu",
					   (unsigned long long)row->start_ns,
					   (unsigned long long)row->end_ns);
		if (row->counted > INT64_MAX || row->value > INT64_MAX)
			return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: a count of %llu, "
							      "estimated %llu",
					   (unsigned long long)row->counted,
					   (unsigned long long)row->value);
	}
	return 0;
}

static int check_branches(const struct pmc_writer *writer, const struct pmc_batch *batch,
			  struct pmc_err *err)
{
	const size_t locations = writer->locations.count + batch->locations_count;

	for (size_t i = 0; i < batch->branches_count; i++) {
		const struct pmc_branch_row *row = &batch->branches[i];

		if (check_id("event", row->event, 1, batch->events_count, err) ||
		    check_id("location", row->from, 1, locations, err) ||
		    check_id("location", row->to, 1, locations, err))
			return -1;
	}
	return 0;
}

static int check_losses(const struct pmc_batch *batch, struct pmc_err *err)
{
	for (size_t i = 0; i < batch->losses_count; i++) {
		if (check_id("figure", batch->losses[i].cause, 0, PMC_HEALTH_COUNT - 1, err))
			return -1;
	}
	return 0;
}

int writer_check(const struct pmc_writer *writer, const struct pmc_batch *batch,
		 struct pmc_err *err)
{
	if (check_first("strings", writer->texts.count, batch->strings_first, batch->texts_count,
			err) ||
	    check_first("modules", writer->modules.count, batch->modules_first,
			batch->modules_count, err) ||
	    check_first("processes", writer->processes.count, batch->processes_first,
			batch->processes_count, err) ||
	    check_first("threads", writer->threads.count, batch->threads_first,
			batch->threads_count, err) ||
	    check_first("locations", writer->locations.count, batch->locations_first,
			batch->locations_count, err) ||
	    check_first("stacks", writer->stacks.count, batch->stacks_first, batch->stacks_count,
			err) ||
	    check_first("events", 0, batch->events_first, batch->events_count, err))
		return -1;
	for (size_t i = 0; i < batch->events_count; i++) {
		if (check_id("event", batch->events[i].leader, 0, batch->events_count, err))
			return -1;
	}
	if (batch->events_count < writer->events.count)
		return pmc_err_set(err, PMC_ERR_DATA, "faulty batch: %zu events after %zu",
				   batch->events_count, writer->events.count);
	if (check_tasks(writer, batch, err) || check_locations(writer, batch, err) ||
	    check_costs(writer, batch, err) || check_counts(writer, batch, err) ||
	    check_branches(writer, batch, err))
		return -1;
	return check_losses(batch, err);
}
