/*
 * export_chrome.c - the time slices of a session as Chrome trace events: JSON, as Perfetto and
 * the DevTools of Chromium open it.
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
 * ts and dur are microseconds, in whole eighths, which readers add up exactly: they take a bar that
 * begins before the one beside it ends, though it be by a rounding, for one that it calls. No bar
 * begins at 0, which Chromium takes for no time. A thread that was renamed is one all the same,
 * under all its names: readers tell threads apart by their numbers.
 *
 * Loses: lines, addresses, what was inlined.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/encode.h"
#include "report/export.h"
#include "report/export_tracks.h"

enum { FINEST = 1000 };	/* parts of a slice: what is smaller is left out */
enum { GRAIN_NS = 125 };	/* an eighth of a microsecond */

struct bar {
	uint32_t path, parent;		/* parent: index of bars, or PATH_NONE */
	int64_t samples, self, total;
	double start, width, used;	/* ns from the slice's start; used: by bars below it */
	int64_t begin, end;		/* the same in grains, from the session's start */
};

/* A name that a thread or process had. */
struct name {
	int64_t pid, tid;
	uint32_t text;
	int64_t samples;
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

static void put_us(struct writer *writer, const char *key, int64_t ns)
{
	fprintf(writer->out, ", \"%s\": %" PRId64 ".%03d", key, ns / 1000, (int)(ns % 1000));
}

static int64_t slice_start(const struct writer *writer, int64_t slice)
{
	int64_t ns;

	return __builtin_mul_overflow(slice, writer->data->slice_ns, &ns) ? INT64_MAX : ns;
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

/* Inside of the bar below, or of the slice. */
static void put_on_grain(struct bar *bar, const struct bar *parent, int64_t slice_ns,
			 int64_t slice_end_ns)
{
	const double start = ((double)slice_ns + bar->start) / GRAIN_NS;
	const int64_t first = slice_ns / GRAIN_NS + !!(slice_ns % GRAIN_NS);
	const int64_t least = parent ? parent->begin : first;
	const int64_t most = parent ? parent->end : slice_end_ns / GRAIN_NS;

	bar->begin = llround(start);
	bar->end = llround(start + bar->width / GRAIN_NS);
	bar->begin = bar->begin < least ? least : bar->begin;
	bar->begin = bar->begin ? bar->begin : 1;
	bar->end = bar->end > most ? most : bar->end;
}

/* Widths from values; starts from the bars before. */
static void lay_out(struct writer *writer, bool is_time, uint32_t slice)
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
		put_on_grain(bar, parent, slice_start(writer, slice),
			     slice_start(writer, slice + (int64_t)1));
	}
}

static void write_bar(struct writer *writer, const struct bar *bar,
		      const struct stacks_thread *thread)
{
	const struct export_data *data = writer->data;
	const uint32_t frame = writer->paths->items.items[bar->path].frame;
	const struct stacks_function *function = export_function(data, frame);

	open_event(writer, 'X', thread->pid, thread->tid);
	put_us(writer, "ts", bar->begin * GRAIN_NS);
	put_us(writer, "dur", (bar->end - bar->begin) * GRAIN_NS);
	put_text(writer, "name", export_text(data, function->function));
	put_text(writer, "cat", export_text(data, function->module));
	fprintf(writer->out, ", \"args\": {\"total\": %" PRId64 ", \"self\": %" PRId64
			     ", \"samples\": %" PRId64 "}}", bar->total, bar->self, bar->samples);
}

static void write_slice(struct writer *writer, const struct export_track *track, size_t first,
			size_t end)
{
	const struct stacks_thread thread = export_track_thread(writer->tracks, track);
	const uint32_t slice = writer->steps.items[first].slice;
	const double least = (double)writer->data->slice_ns / FINEST;

	writer->bars.count = 0;
	for (size_t i = first; i < end; i++) {
		struct bar *bar = find_bar(writer, writer->steps.items[i].path);

		bar->self = export_add(bar->self, writer->steps.items[i].value);
		bar->samples = export_add(bar->samples, writer->steps.items[i].samples);
	}
	lay_out(writer, writer->data->head.events[track->event].is_time, slice);
	for (size_t i = 0; i < writer->bars.count; i++) {
		const struct bar *bar = &writer->bars.items[i];

		if (bar->width >= least && bar->end > bar->begin)
			write_bar(writer, bar, &thread);
		writer->bar_of[bar->path] = 0;
	}
}

static int compare_steps(const void *left, const void *right)
{
	const struct export_step *a = left, *b = right;

	if (a->slice != b->slice)
		return a->slice < b->slice ? -1 : 1;
	return (a->path > b->path) - (a->path < b->path);
}

static void gather_steps(struct writer *writer, size_t first, size_t end)
{
	struct export_step step;

	writer->steps.count = 0;
	for (size_t i = first; i < end; i++) {
		const struct export_track *track = &writer->tracks->items.items[i];

		for (size_t at = track->first;
		     export_tracks_next(writer->tracks, track, &at, &step);)
			*pmc_array_add(&writer->steps) = step;
	}
	if (writer->steps.count)
		qsort(writer->steps.items, writer->steps.count, sizeof(*writer->steps.items),
		      compare_steps);
}

/* The tracks of one thread: those of its names. */
static void write_thread(struct writer *writer, size_t first, size_t end)
{
	const struct export_track *track = &writer->tracks->items.items[first];
	const struct export_step *steps;

	gather_steps(writer, first, end);
	steps = writer->steps.items;
	for (size_t i = 0, next = 0; i < writer->steps.count; i = next) {
		while (next < writer->steps.count && steps[next].slice == steps[i].slice)
			next++;
		write_slice(writer, track, i, next);
	}
}

/* ---- counters ---- */

static void write_counter(struct writer *writer, const struct export_track *track, int64_t ns,
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

	for (size_t i = 0; i < writer->steps.count;) {
		const uint32_t slice = steps[i].slice;
		int64_t sum = 0;

		for (; i < writer->steps.count && steps[i].slice == slice; i++)
			sum = export_add(sum, steps[i].value);
		write_counter(writer, track, slice_start(writer, slice), sum);
		if (i == writer->steps.count || steps[i].slice > slice + 1)
			write_counter(writer, track, slice_start(writer, slice + (int64_t)1), 0);
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

	for (size_t i = 0, next = 0; i < tracks->items.count && !ferror(writer->out); i = next) {
		const struct export_track *first = &tracks->items.items[i];

		while (next < tracks->items.count &&
		       same_process(writer, first, &tracks->items.items[next]))
			next++;
		gather_steps(writer, i, next);
		write_counters(writer, first);
	}
}

/* ---- the file ---- */

static int compare_owners(const struct name *a, const struct name *b)
{
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->tid > b->tid) - (a->tid < b->tid);
}

static int compare_texts(const struct writer *writer, const struct name *a, const struct name *b)
{
	return a->text == b->text ? 0 : strcmp(export_text(writer->data, a->text),
					       export_text(writer->data, b->text));
}

static int by_text(const void *left, const void *right, void *writer)
{
	const int order = compare_owners(left, right);

	return order ? order : compare_texts(writer, left, right);
}

static int by_samples(const void *left, const void *right, void *writer)
{
	const struct name *a = left, *b = right;
	const int order = compare_owners(a, b);

	if (order)
		return order;
	if (a->samples != b->samples)
		return a->samples > b->samples ? -1 : 1;
	return compare_texts(writer, a, b);
}

/* "late / early": those with most samples first. */
static void write_name(struct writer *writer, const char *what, const struct name *names,
		       size_t count)
{
	char *text = pmc_strdup("");

	for (size_t i = 0; i < count; i++)
		text = pmc_join(text, " / ", export_text(writer->data, names[i].text));
	open_event(writer, 'M', names->pid, names->tid);
	fprintf(writer->out, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
	encode_json(writer->out, text);
	fputs("}}", writer->out);
	free(text);
}

/* All names of threads, or of processes: one line for each of them. */
static void write_names(struct writer *writer, bool processes)
{
	const struct export_tracks *tracks = writer->tracks;
	struct name *names = pmc_calloc(tracks->items.count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < tracks->items.count; i++) {
		const struct export_track *track = &tracks->items.items[i];
		const struct stacks_thread thread = export_track_thread(tracks, track);

		names[i] = (struct name){
			.pid = thread.pid, .tid = processes ? thread.pid : thread.tid,
			.text = processes ? thread.process_comm : thread.comm,
			.samples = export_track_samples(tracks, track),
		};
	}
	qsort_r(names, tracks->items.count, sizeof(*names), by_text, writer);
	for (size_t i = 0; i < tracks->items.count; i++) {
		if (count && !by_text(&names[count - 1], &names[i], writer))
			names[count - 1].samples = export_add(names[count - 1].samples,
							      names[i].samples);
		else
			names[count++] = names[i];
	}
	qsort_r(names, count, sizeof(*names), by_samples, writer);
	for (size_t i = 0, next = 0; i < count; i = next) {
		while (next < count && !compare_owners(&names[i], &names[next]))
			next++;
		write_name(writer, processes ? "process_name" : "thread_name", &names[i], next - i);
	}
	free(names);
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
	write_names(&writer, true);
	write_names(&writer, false);
	for (size_t i = 0, next; i < tracks->items.count && !ferror(out); i = next) {
		next = export_tracks_thread_end(tracks, i);
		if (!tracks->items.items[i].event)
			write_thread(&writer, i, next);
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
