/*
 * export_chrome.c - the time slices of a session as Chrome trace events: JSON, as Perfetto and
 * chrome://tracing open it.
 *
 * Job: in each slice, what each thread did as nested bars; for each process and event, a counter.
 *
 *   ts        slice 3                          slice 4
 *   solve     ├ main ─────────────────────┤    ├ main …
 *             ├ work ────────┤├ read ─┤
 *             ├ tiny ─┤
 *
 * Within a slice the order is not known: bars stand side by side, each as wide as its value. Those
 * of a clock are as long as the time they took; those of other events fill the slice. Bars of less
 * than a thousandth of a slice are left out. Bars are of the first event; counters are of all.
 *
 * ts and dur are microseconds. Loses: lines, addresses, what was inlined.
 */
#include <inttypes.h>
#include <string.h>

#include "report/encode.h"
#include "report/export.h"
#include "report/export_tracks.h"

enum { FINEST = 1000 };	/* parts of a slice: what is smaller is left out */

struct bar {
	uint32_t path, parent;		/* parent: index of bars, or PATH_NONE */
	int64_t samples, self, total;
	double start, width, used;	/* ns from the slice's start; used: by bars below it */
};

struct writer {
	const struct export_data *data;
	const struct export_paths *paths;
	const struct export_tracks *tracks;
	FILE *out;
	bool first;
	uint32_t *bar_of;		/* by path: bar + 1 of the slice at hand, 0: none */
	PMC_ARRAY(struct bar) bars;	/* parents first */
	PMC_ARRAY(uint32_t) callers;
	PMC_ARRAY(struct export_step) steps;
};

static void open_event(struct writer *writer, char phase, int64_t pid, int64_t tid)
{
	fprintf(writer->out, "%s{\"ph\": \"%c\", \"pid\": %" PRId64 ", \"tid\": %" PRId64,
		writer->first ? "\n" : ",\n", phase, pid, tid);
	writer->first = false;
}

static void put_text(struct writer *writer, const char *key, const char *text)
{
	fprintf(writer->out, ", \"%s\": ", key);
	encode_json(writer->out, text);
}

static void put_us(struct writer *writer, const char *key, double ns)
{
	fprintf(writer->out, ", \"%s\": %.3f", key, ns / 1e3);
}

static double slice_start(const struct writer *writer, uint32_t slice)
{
	return (double)slice * (double)writer->data->slice_ns;
}

/* ---- bars ---- */

/* The bar of a path in this slice, with those that it stands on. */
static struct bar *find_bar(struct writer *writer, uint32_t path)
{
	uint32_t below = PATH_NONE;

	writer->callers.count = 0;
	for (; path != PATH_NONE; path = writer->paths->items.items[path].parent) {
		if (writer->bar_of[path]) {
			below = writer->bar_of[path] - 1;
			break;
		}
		*pmc_array_add(&writer->callers) = path;
	}
	while (writer->callers.count) {
		path = writer->callers.items[--writer->callers.count];
		*pmc_array_add(&writer->bars) = (struct bar){ .path = path, .parent = below };
		below = (uint32_t)writer->bars.count - 1;
		writer->bar_of[path] = below + 1;
	}
	return &writer->bars.items[below];
}

/* Widths from values; starts from the bars before. */
static void lay_out(struct writer *writer, bool is_time)
{
	const double room = (double)writer->data->slice_ns;
	double sum = 0, scale, used = 0;

	for (size_t i = writer->bars.count; i-- > 0;) {
		struct bar *bar = &writer->bars.items[i];

		bar->total = export_add(bar->total, bar->self);
		if (bar->parent == PATH_NONE)
			sum += (double)bar->total;
		else
			writer->bars.items[bar->parent].total =
				export_add(writer->bars.items[bar->parent].total, bar->total);
	}
	scale = sum > 0 && (!is_time || sum > room) ? room / sum : 1;
	for (size_t i = 0; i < writer->bars.count; i++) {
		struct bar *bar = &writer->bars.items[i];
		struct bar *parent = bar->parent == PATH_NONE ? NULL :
						&writer->bars.items[bar->parent];

		bar->width = (double)bar->total * scale;
		bar->start = parent ? parent->start + parent->used : used;
		*(parent ? &parent->used : &used) += bar->width;
	}
}

static void write_bar(struct writer *writer, const struct bar *bar, double slice_ns,
		      const struct stacks_thread *thread)
{
	const struct export_data *data = writer->data;
	const uint32_t frame = writer->paths->items.items[bar->path].frame;
	const struct stacks_function *function = export_function(data, frame);

	open_event(writer, 'X', thread->pid, thread->tid);
	put_us(writer, "ts", slice_ns + bar->start);
	put_us(writer, "dur", bar->width);
	put_text(writer, "name", export_text(data, function->function));
	put_text(writer, "cat", export_text(data, function->module));
	fprintf(writer->out, ", \"args\": {\"total\": %" PRId64 ", \"self\": %" PRId64
			     ", \"samples\": %" PRId64 "}}", bar->total, bar->self, bar->samples);
}

static void write_slice(struct writer *writer, const struct export_track *track, uint32_t slice)
{
	const struct stacks_thread thread = export_track_thread(writer->tracks, track);
	const double least = (double)writer->data->slice_ns / FINEST;

	writer->bars.count = 0;
	for (size_t i = 0; i < writer->steps.count; i++) {
		struct bar *bar = find_bar(writer, writer->steps.items[i].path);

		bar->self = export_add(bar->self, writer->steps.items[i].value);
		bar->samples = export_add(bar->samples, writer->steps.items[i].samples);
	}
	lay_out(writer, writer->data->head.events[track->event].is_time);
	for (size_t i = 0; i < writer->bars.count; i++) {
		if (writer->bars.items[i].width >= least)
			write_bar(writer, &writer->bars.items[i], slice_start(writer, slice),
				  &thread);
		writer->bar_of[writer->bars.items[i].path] = 0;
	}
}

static void write_track(struct writer *writer, const struct export_track *track)
{
	struct export_step step;

	writer->steps.count = 0;
	for (size_t at = track->first; export_tracks_next(writer->tracks, track, &at, &step);) {
		if (writer->steps.count && writer->steps.items[0].slice != step.slice) {
			write_slice(writer, track, writer->steps.items[0].slice);
			writer->steps.count = 0;
		}
		*pmc_array_add(&writer->steps) = step;
	}
	if (writer->steps.count)
		write_slice(writer, track, writer->steps.items[0].slice);
}

/* ---- counters ---- */

static int compare_slices(const void *left, const void *right)
{
	const struct export_step *a = left, *b = right;

	return (a->slice > b->slice) - (a->slice < b->slice);
}

static void write_counter(struct writer *writer, const struct export_track *track, double ns,
			  int64_t value)
{
	const struct profile_event *event = &writer->data->head.events[track->event];
	const int64_t pid = export_track_thread(writer->tracks, track).pid;

	open_event(writer, 'C', pid, pid);
	put_us(writer, "ts", ns);
	put_text(writer, "name", export_text(writer->data, event->name));
	fprintf(writer->out, ", \"args\": {\"%s\": %" PRId64 "}}",
		event->is_time ? "ns" : "count", value);
}

/* A counter keeps its value until the next one: where nothing follows it is 0. */
static void write_counters(struct writer *writer, const struct export_track *track)
{
	const struct export_step *steps = writer->steps.items;

	if (!writer->steps.count)
		return;
	qsort(writer->steps.items, writer->steps.count, sizeof(*writer->steps.items),
	      compare_slices);
	for (size_t i = 0; i < writer->steps.count;) {
		const uint32_t slice = steps[i].slice;
		int64_t sum = 0;

		for (; i < writer->steps.count && steps[i].slice == slice; i++)
			sum = export_add(sum, steps[i].value);
		write_counter(writer, track, slice_start(writer, slice), sum);
		if (i == writer->steps.count || steps[i].slice > slice + 1)
			write_counter(writer, track, slice_start(writer, slice + 1), 0);
	}
}

static bool same_process(const struct writer *writer, const struct export_track *a,
			 const struct export_track *b)
{
	return a->event == b->event && export_track_thread(writer->tracks, a).pid ==
					       export_track_thread(writer->tracks, b).pid;
}

/* Tracks of a process and event stand together. */
static void write_all_counters(struct writer *writer)
{
	const struct export_tracks *tracks = writer->tracks;

	for (size_t i = 0; i < tracks->items.count && !ferror(writer->out);) {
		const struct export_track *first = &tracks->items.items[i];
		struct export_step step;

		writer->steps.count = 0;
		for (; i < tracks->items.count &&
		       same_process(writer, first, &tracks->items.items[i]); i++) {
			const struct export_track *track = &tracks->items.items[i];

			for (size_t at = track->first;
			     export_tracks_next(tracks, track, &at, &step);)
				*pmc_array_add(&writer->steps) = step;
		}
		write_counters(writer, first);
	}
}

/* ---- the file ---- */

static void write_name(struct writer *writer, const char *what, int64_t pid, int64_t tid,
		       uint32_t name)
{
	open_event(writer, 'M', pid, tid);
	fprintf(writer->out, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
	encode_json(writer->out, export_text(writer->data, name));
	fputs("}}", writer->out);
}

static void write_names(struct writer *writer)
{
	const struct export_tracks *tracks = writer->tracks;
	int64_t pid = INT64_MIN, tid = INT64_MIN;

	for (size_t i = 0; i < tracks->items.count; i++) {
		const struct stacks_thread thread =
			export_track_thread(tracks, &tracks->items.items[i]);

		if (thread.pid != pid)
			write_name(writer, "process_name", thread.pid, thread.pid,
				   thread.process_comm);
		if (thread.pid != pid || thread.tid != tid)
			write_name(writer, "thread_name", thread.pid, thread.tid, thread.comm);
		pid = thread.pid;
		tid = thread.tid;
	}
}

static void write_head(struct writer *writer)
{
	const struct profile_session *session = &writer->data->head.session;

	fputs("{\"displayTimeUnit\": \"ms\",\n\"otherData\": {\"exporter\": \"pmc " PMC_VERSION
	      "\"", writer->out);
	put_text(writer, "command", export_text(writer->data, session->command));
	put_text(writer, "label", export_text(writer->data, session->label));
	put_text(writer, "hostname", export_text(writer->data, session->hostname));
	put_text(writer, "cpu", export_text(writer->data, session->cpu));
	put_text(writer, "kernel", export_text(writer->data, session->kernel));
	put_text(writer, "started_at", export_text(writer->data, session->started_at));
	if (writer->data->head.events_count)
		put_text(writer, "event",
			 export_text(writer->data, writer->data->head.events[0].name));
	fprintf(writer->out, ", \"slice_ns\": \"%" PRId64 "\"},\n\"traceEvents\": [",
		writer->data->slice_ns);
}

static void write_file(const struct export_data *data, const struct export_tracks *tracks,
		       FILE *out)
{
	struct writer writer = { .data = data, .paths = tracks->paths, .tracks = tracks,
				 .out = out, .first = true };

	writer.bar_of = pmc_calloc(tracks->paths->items.count + 1, sizeof(*writer.bar_of));
	write_head(&writer);
	write_names(&writer);
	for (size_t i = 0; i < tracks->items.count && !ferror(out); i++) {
		if (!tracks->items.items[i].event)
			write_track(&writer, &tracks->items.items[i]);
	}
	write_all_counters(&writer);
	fputs("\n]}\n", out);
	free(writer.bar_of);
	pmc_array_free(&writer.bars);
	pmc_array_free(&writer.callers);
	pmc_array_free(&writer.steps);
}

int export_chrome(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		  struct pmc_err *err)
{
	return export_by_tracks(store, opts, "a trace", export_keys_by_function, write_file, out,
				err);
}
