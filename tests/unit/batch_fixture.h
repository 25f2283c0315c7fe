/*
 * batch_fixture.h - batches by hand, for tests of everything that consumes them.
 *
 *   struct batch_fixture f;
 *   batch_fixture_init(&f);
 *   event = batch_fixture_event(&f, "cpu-clock", PMC_UNIT_NS, PMC_MODE_FREQUENCY, 4000);
 *   module = batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER); …
 *   pmc_writer_write(writer, batch_fixture_batch(&f), &err);
 *   batch_fixture_next(&f);         rows are gone, ids go on
 *   batch_fixture_fini(&f);
 *
 * Texts must outlive the fixture (literals do). Functions return ids as model.h has them.
 */
#ifndef BATCH_FIXTURE_H
#define BATCH_FIXTURE_H

#include <string.h>

#include "base/model.h"

struct batch_fixture {
	struct pmc_batch batch;
	struct pmc_strings *names;
	uint32_t strings, modules, processes, threads, locations, stacks; /* highest ids so far */
	PMC_ARRAY(const char *) text_rows;
	PMC_ARRAY(struct pmc_module_row) module_rows;
	PMC_ARRAY(struct pmc_process_row) process_rows;
	PMC_ARRAY(struct pmc_thread_row) thread_rows;
	PMC_ARRAY(struct pmc_location_row) location_rows;
	PMC_ARRAY(struct pmc_frame) frame_rows;
	PMC_ARRAY(uint32_t) frame_firsts;
	PMC_ARRAY(struct pmc_stack_row) stack_rows;
	PMC_ARRAY(struct pmc_event_row) event_rows;
	PMC_ARRAY(struct pmc_cost_row) cost_rows;
	PMC_ARRAY(struct pmc_loss_row) loss_rows;
	PMC_ARRAY(struct pmc_branch_row) branch_rows;
	PMC_ARRAY(struct pmc_count_row) count_rows;
	PMC_ARRAY(struct pmc_thread_end) thread_end_rows;
	PMC_ARRAY(struct pmc_process_end) process_end_rows;
};

static inline void batch_fixture_init(struct batch_fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->names = pmc_strings_new();
}

static inline void batch_fixture_fini(struct batch_fixture *f)
{
	pmc_strings_free(f->names);
	pmc_array_free(&f->text_rows);
	pmc_array_free(&f->module_rows);
	pmc_array_free(&f->process_rows);
	pmc_array_free(&f->thread_rows);
	pmc_array_free(&f->location_rows);
	pmc_array_free(&f->frame_rows);
	pmc_array_free(&f->frame_firsts);
	pmc_array_free(&f->stack_rows);
	pmc_array_free(&f->event_rows);
	pmc_array_free(&f->cost_rows);
	pmc_array_free(&f->loss_rows);
	pmc_array_free(&f->branch_rows);
	pmc_array_free(&f->count_rows);
	pmc_array_free(&f->thread_end_rows);
	pmc_array_free(&f->process_end_rows);
}

static inline uint32_t batch_fixture_string(struct batch_fixture *f, const char *text)
{
	*pmc_array_add(&f->text_rows) = text;
	return ++f->strings;
}

static inline uint32_t batch_fixture_module(struct batch_fixture *f, const char *path,
					    enum pmc_module_kind kind)
{
	const uint32_t string = batch_fixture_string(f, path);

	*pmc_array_add(&f->module_rows) = (struct pmc_module_row){ .path = string, .kind = kind };
	return ++f->modules;
}

static inline uint32_t batch_fixture_process(struct batch_fixture *f, uint32_t pid,
					     const char *comm)
{
	const uint32_t string = batch_fixture_string(f, comm);

	*pmc_array_add(&f->process_rows) =
		(struct pmc_process_row){ .pid = pid, .ppid = 1, .comm = string };
	return ++f->processes;
}

static inline uint32_t batch_fixture_thread(struct batch_fixture *f, uint32_t process, uint32_t tid,
					    const char *comm)
{
	const uint32_t string = batch_fixture_string(f, comm);

	*pmc_array_add(&f->thread_rows) =
		(struct pmc_thread_row){ .process = process, .tid = tid, .comm = string };
	return ++f->threads;
}

/* Adds the next outer frame of the newest location; the frame before it becomes inlined. */
static inline void batch_fixture_frame(struct batch_fixture *f, const char *function,
				       const char *file, uint32_t line)
{
	if (f->frame_rows.count > f->frame_firsts.items[f->frame_firsts.count - 1])
		f->frame_rows.items[f->frame_rows.count - 1].inlined = true;
	*pmc_array_add(&f->frame_rows) = (struct pmc_frame){
		.function = pmc_strings_intern(f->names, function),
		.function_file = pmc_strings_intern(f->names, function ? file : NULL),
		.function_line = function && file ? line / 10 * 10 : 0,
		.file = pmc_strings_intern(f->names, file), .line = line,
	};
}

/*
 * A location with one frame: function NULL = no name. The function is declared at the line's tens.
 */
static inline uint32_t batch_fixture_location(struct batch_fixture *f, uint32_t module,
					      uint64_t offset, const char *function,
					      const char *file, uint32_t line)
{
	*pmc_array_add(&f->location_rows) =
		(struct pmc_location_row){ .module = module, .offset = offset };
	*pmc_array_add(&f->frame_firsts) = (uint32_t)f->frame_rows.count;
	batch_fixture_frame(f, function, file, line);
	return ++f->locations;
}

static inline uint32_t batch_fixture_stack(struct batch_fixture *f, uint32_t parent,
					   uint32_t location)
{
	*pmc_array_add(&f->stack_rows) =
		(struct pmc_stack_row){ .parent = parent, .location = location };
	return ++f->stacks;
}

/* Events stay in every batch; their running totals are the caller's to change in event_rows. */
static inline uint32_t batch_fixture_event(struct batch_fixture *f, const char *name,
					   enum pmc_event_unit unit, enum pmc_event_mode mode,
					   uint64_t period_or_hz)
{
	*pmc_array_add(&f->event_rows) = (struct pmc_event_row){ .name = name,
								 .requested = name,
								 .unit = unit,
								 .mode = mode,
								 .period_or_hz = period_or_hz };
	return (uint32_t)f->event_rows.count;
}

static inline void batch_fixture_cost(struct batch_fixture *f, uint32_t event, uint32_t thread,
				      uint32_t stack, uint32_t location, uint32_t slice,
				      uint64_t samples, uint64_t value)
{
	*pmc_array_add(&f->cost_rows) = (struct pmc_cost_row){ .event = event,
							       .thread = thread,
							       .stack = stack,
							       .location = location,
							       .slice = slice,
							       .samples = samples,
							       .value = value };
	f->batch.samples += samples;
}

/*
 * A count of all CPUs, or of one; the event's sums grow by it. The value is scaled from the times.
 */
static inline void batch_fixture_count(struct batch_fixture *f, struct pmc_count_row row)
{
	struct pmc_event_row *event = &f->event_rows.items[row.event - 1];

	if (row.running_ns)
		row.value = row.counted * row.enabled_ns / row.running_ns;
	*pmc_array_add(&f->count_rows) = row;
	event->counted += row.counted;
	event->enabled_ns += row.enabled_ns;
	event->running_ns += row.running_ns;
}

/*
 * The batch of what was added since the last batch_fixture_next(); valid until anything is added.
 */
static inline struct pmc_batch *batch_fixture_batch(struct batch_fixture *f)
{
	struct pmc_batch *batch = &f->batch;

	*pmc_array_add(&f->frame_firsts) = (uint32_t)f->frame_rows.count;
	f->frame_firsts.count--;
	batch->slice_ns = PMC_SLICE_NS_DEFAULT;
	batch->texts = f->text_rows.items;
	batch->texts_count = f->text_rows.count;
	batch->strings_first = f->strings - (uint32_t)f->text_rows.count + 1;
#define BATCH_FIXTURE_ROWS(name, rows, last) \
	do { \
		batch->name = (rows).items; \
		batch->name##_count = (rows).count; \
		batch->name##_first = (uint32_t)((last) - (rows).count + 1); \
	} while (0)
	BATCH_FIXTURE_ROWS(modules, f->module_rows, f->modules);
	BATCH_FIXTURE_ROWS(processes, f->process_rows, f->processes);
	BATCH_FIXTURE_ROWS(threads, f->thread_rows, f->threads);
	BATCH_FIXTURE_ROWS(locations, f->location_rows, f->locations);
	BATCH_FIXTURE_ROWS(stacks, f->stack_rows, f->stacks);
	BATCH_FIXTURE_ROWS(events, f->event_rows, f->event_rows.count);
#undef BATCH_FIXTURE_ROWS
	batch->costs = f->cost_rows.items;
	batch->costs_count = f->cost_rows.count;
	batch->losses = f->loss_rows.items;
	batch->losses_count = f->loss_rows.count;
	batch->branches = f->branch_rows.items;
	batch->branches_count = f->branch_rows.count;
	batch->counts = f->count_rows.items;
	batch->counts_count = f->count_rows.count;
	batch->thread_ends = f->thread_end_rows.items;
	batch->thread_ends_count = f->thread_end_rows.count;
	batch->process_ends = f->process_end_rows.items;
	batch->process_ends_count = f->process_end_rows.count;
	batch->names = f->names;
	batch->frames = f->frame_rows.items;
	batch->frames_count = f->frame_rows.count;
	batch->frame_first = f->frame_firsts.items;
	return batch;
}

static inline void batch_fixture_next(struct batch_fixture *f)
{
	f->text_rows.count = f->module_rows.count = f->process_rows.count = f->thread_rows.count =
		0;
	f->location_rows.count = f->frame_rows.count = f->frame_firsts.count = f->stack_rows.count =
		0;
	f->cost_rows.count = f->loss_rows.count = f->branch_rows.count = f->count_rows.count = 0;
	f->thread_end_rows.count = f->process_end_rows.count = 0;
}

#endif
