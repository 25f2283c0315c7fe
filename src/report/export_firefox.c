/*
 * export_firefox.c - a session as a profile of the Firefox Profiler: JSON in its processed profile
 * format, version 48.
 *
 * Job: a thread of the file for each event and thread, with tables of its own.
 *
 *   samples.stack ──► stackTable ──► frameTable ──► funcTable ──► resourceTable ──► libs
 *                      prefix ◄┘      line           name ──► stringArray
 *
 * Tables are written column by column, so what a thread refers to is numbered first: numbers of the
 * session become numbers of the thread.
 *
 * Time is known to the slice: steps of a slice follow one another, each as long as its part of the
 * sum, and behind the last comes a sample without a stack, unless the thread goes on. Values of
 * clocks are weights in milliseconds, and the CPU time between two samples; those of counts are
 * told as if they were numbers of samples, which the format has for numbers without a unit.
 *
 * A process has one main thread, as the Profiler shows no more; a profile has a thread at least, as
 * it shows none without.
 *
 * Loses: numbers of samples. Addresses are offsets in files, as in the session.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "report/encode.h"
#include "report/export.h"
#include "report/export_tracks.h"

enum { FORMAT_VERSION = 48, GECKO_VERSION = 27 };
enum { CATEGORY_OTHER, CATEGORY_USER, CATEGORY_KERNEL, CATEGORY_JIT };

/* Numbers in the thread at hand of things that the session numbers. */
struct numbering {
	uint32_t *local;		/* by global number; valid where … */
	uint32_t *round;		/* … this is the thread's */
	PMC_ARRAY(uint32_t) globals;	/* by local number */
};

struct writer {
	const struct export_data *data;
	const struct export_paths *paths;
	const struct export_tracks *tracks;
	FILE *out;
	uint32_t round;
	struct numbering stacks, frames, functions, modules, strings;
	PMC_ARRAY(struct export_step) steps;
};

static void numbering_init(struct numbering *numbering, size_t count)
{
	numbering->local = pmc_calloc(count + 1, sizeof(*numbering->local));
	numbering->round = pmc_calloc(count + 1, sizeof(*numbering->round));
}

static void numbering_fini(struct numbering *numbering)
{
	free(numbering->local);
	free(numbering->round);
	pmc_array_free(&numbering->globals);
}

static bool is_numbered(const struct writer *writer, const struct numbering *numbering,
			uint32_t global)
{
	return numbering->round[global] == writer->round;
}

static uint32_t number(struct writer *writer, struct numbering *numbering, uint32_t global)
{
	if (!is_numbered(writer, numbering, global)) {
		numbering->round[global] = writer->round;
		numbering->local[global] = (uint32_t)numbering->globals.count;
		*pmc_array_add(&numbering->globals) = global;
	}
	return numbering->local[global];
}

/* ---- what a thread refers to ---- */

static int compare_numbers(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* A path and all above it; in preorder in the end, so that prefixes come first. */
static void number_stacks(struct writer *writer)
{
	struct numbering *stacks = &writer->stacks;

	for (size_t i = 0; i < writer->steps.count; i++) {
		uint32_t path = writer->steps.items[i].path;

		for (; path != PATH_NONE && !is_numbered(writer, stacks, path);
		     path = writer->paths->items.items[path].parent)
			number(writer, stacks, path);
	}
	if (stacks->globals.count)
		qsort(stacks->globals.items, stacks->globals.count,
		      sizeof(*stacks->globals.items), compare_numbers);
	for (uint32_t i = 0; i < stacks->globals.count; i++)
		stacks->local[stacks->globals.items[i]] = i;
}

static uint32_t module_of(const struct writer *writer, uint32_t function)
{
	return writer->data->function_modules[function];
}

/* The thread did nothing after the slice of its newest step. */
static void add_rest(struct writer *writer)
{
	const uint32_t slice = writer->steps.items[writer->steps.count - 1].slice;

	*pmc_array_add(&writer->steps) = (struct export_step){ .slice = slice + 1,
							       .path = PATH_NONE };
}

static void add_step(struct writer *writer, const struct export_step *step)
{
	const size_t count = writer->steps.count;

	if (count && step->slice > writer->steps.items[count - 1].slice + 1)
		add_rest(writer);
	*pmc_array_add(&writer->steps) = *step;
}

static void number_all(struct writer *writer, const struct export_track *track)
{
	struct export_step step = { 0 };

	writer->round++;
	writer->steps.count = 0;
	writer->stacks.globals.count = writer->frames.globals.count = 0;
	writer->functions.globals.count = writer->modules.globals.count = 0;
	writer->strings.globals.count = 0;
	for (size_t at = track->first; export_tracks_next(writer->tracks, track, &at, &step);)
		add_step(writer, &step);
	if (writer->steps.count)
		add_rest(writer);
	number_stacks(writer);
	for (size_t i = 0; i < writer->stacks.globals.count; i++) {
		const uint32_t path = writer->stacks.globals.items[i];
		const uint32_t frame = writer->paths->items.items[path].frame;

		number(writer, &writer->frames, frame);
		number(writer, &writer->functions, writer->data->stacks.frames.items[frame]);
	}
	for (size_t i = 0; i < writer->functions.globals.count; i++) {
		const uint32_t function = writer->functions.globals.items[i];
		const struct stacks_function *row = &writer->data->stacks.functions.items[function];
		const uint32_t module = module_of(writer, function);

		number(writer, &writer->strings, row->function);
		number(writer, &writer->strings, row->file);
		if (module == STACKS_NONE)
			continue;
		number(writer, &writer->modules, module);
		number(writer, &writer->strings, writer->data->modules.items[module].name);
	}
}

/* ---- columns ---- */

static void open_column(const struct writer *writer, const char *name)
{
	fprintf(writer->out, ", \"%s\": [", name);
}

static void put_number(const struct writer *writer, size_t i, int64_t value)
{
	fprintf(writer->out, i ? ",%" PRId64 : "%" PRId64, value);
}

static void put_text(const struct writer *writer, size_t i, const char *text)
{
	fprintf(writer->out, i ? ",%s" : "%s", text);
}

/* One text for all rows. */
static void put_column(const struct writer *writer, const char *name, size_t rows,
		       const char *text)
{
	open_column(writer, name);
	for (size_t i = 0; i < rows; i++)
		put_text(writer, i, text);
	fputc(']', writer->out);
}

static int category_of(const struct stacks_function *function)
{
	switch (function->kind) {
	case PMC_MODULE_USER:
	case PMC_MODULE_VDSO:
		return CATEGORY_USER;
	case PMC_MODULE_KERNEL:
	case PMC_MODULE_KMOD:
	case PMC_MODULE_KSYM:
		return CATEGORY_KERNEL;
	case PMC_MODULE_ANON:
		return CATEGORY_JIT;
	default:
		return CATEGORY_OTHER;
	}
}

static uint32_t path_frame(const struct writer *writer, size_t stack)
{
	return writer->paths->items.items[writer->stacks.globals.items[stack]].frame;
}

static void write_stacks(const struct writer *writer)
{
	const size_t rows = writer->stacks.globals.count;

	fprintf(writer->out, "\"stackTable\": {\"length\": %zu", rows);
	open_column(writer, "prefix");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t path = writer->stacks.globals.items[i];
		const uint32_t parent = writer->paths->items.items[path].parent;

		if (parent == PATH_NONE)
			put_text(writer, i, "null");
		else
			put_number(writer, i, writer->stacks.local[parent]);
	}
	fputs("]", writer->out);
	open_column(writer, "frame");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i, writer->frames.local[path_frame(writer, i)]);
	fputs("]", writer->out);
	open_column(writer, "category");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i,
			   category_of(export_function(writer->data, path_frame(writer, i))));
	fputs("]", writer->out);
	put_column(writer, "subcategory", rows, "0");
	fputs("},\n", writer->out);
}

/* An address that a reader's numbers can hold. */
static void put_address(const struct writer *writer, size_t i, uint32_t location)
{
	const struct export_place *place = &writer->data->places[location];

	put_number(writer, i, place->module == STACKS_NONE || place->offset >> 53 ?
				      -1 : (int64_t)place->offset);
}

static void put_line(const struct writer *writer, size_t i, int64_t line)
{
	if (line > 0)
		put_number(writer, i, line);
	else
		put_text(writer, i, "null");
}

static void write_frames(const struct writer *writer)
{
	const struct export_data *data = writer->data;
	const size_t rows = writer->frames.globals.count;
	const uint32_t *frames = writer->frames.globals.items;

	fprintf(writer->out, "\"frameTable\": {\"length\": %zu", rows);
	open_column(writer, "address");
	for (size_t i = 0; i < rows; i++)
		put_address(writer, i, data->frame_locations[frames[i]]);
	fputs("]", writer->out);
	open_column(writer, "inlineDepth");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t location = data->frame_locations[frames[i]];

		put_number(writer, i, frames[i] - data->stacks.locations.items[location].first);
	}
	fputs("]", writer->out);
	open_column(writer, "category");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i, category_of(export_function(data, frames[i])));
	fputs("]", writer->out);
	put_column(writer, "subcategory", rows, "0");
	open_column(writer, "func");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i,
			   writer->functions.local[data->stacks.frames.items[frames[i]]]);
	fputs("]", writer->out);
	put_column(writer, "nativeSymbol", rows, "null");
	put_column(writer, "innerWindowID", rows, "0");
	put_column(writer, "implementation", rows, "null");
	open_column(writer, "line");
	for (size_t i = 0; i < rows; i++)
		put_line(writer, i, data->lines[frames[i]].line);
	fputs("]", writer->out);
	put_column(writer, "column", rows, "null");
	fputs("},\n", writer->out);
}

static const struct stacks_function *function_at(const struct writer *writer, size_t i)
{
	return &writer->data->stacks.functions.items[writer->functions.globals.items[i]];
}

static void write_functions(const struct writer *writer)
{
	const size_t rows = writer->functions.globals.count;

	fprintf(writer->out, "\"funcTable\": {\"length\": %zu", rows);
	open_column(writer, "name");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i, writer->strings.local[function_at(writer, i)->function]);
	fputs("]", writer->out);
	put_column(writer, "isJS", rows, "false");
	put_column(writer, "relevantForJS", rows, "false");
	open_column(writer, "resource");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t module = module_of(writer, writer->functions.globals.items[i]);

		put_number(writer, i,
			   module == STACKS_NONE ? -1 : (int64_t)writer->modules.local[module]);
	}
	fputs("]", writer->out);
	open_column(writer, "fileName");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t file = function_at(writer, i)->file;

		if (*export_text(writer->data, file))
			put_number(writer, i, writer->strings.local[file]);
		else
			put_text(writer, i, "null");
	}
	fputs("]", writer->out);
	open_column(writer, "lineNumber");
	for (size_t i = 0; i < rows; i++)
		put_line(writer, i, function_at(writer, i)->line);
	fputs("]", writer->out);
	put_column(writer, "columnNumber", rows, "null");
	fputs("},\n", writer->out);
}

/* Libraries are the session's, in its order; type 1 says that it is one. */
static void write_resources(const struct writer *writer)
{
	const size_t rows = writer->modules.globals.count;

	fprintf(writer->out, "\"resourceTable\": {\"length\": %zu", rows);
	open_column(writer, "lib");
	for (size_t i = 0; i < rows; i++)
		put_number(writer, i, writer->modules.globals.items[i]);
	fputs("]", writer->out);
	open_column(writer, "name");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t module = writer->modules.globals.items[i];

		put_number(writer, i,
			   writer->strings.local[writer->data->modules.items[module].name]);
	}
	fputs("]", writer->out);
	put_column(writer, "host", rows, "null");
	put_column(writer, "type", rows, "1");
	fputs("},\n", writer->out);
}

static void write_strings(const struct writer *writer)
{
	fputs("\"stringArray\": [", writer->out);
	for (size_t i = 0; i < writer->strings.globals.count; i++) {
		fputs(i ? ", " : "", writer->out);
		encode_json(writer->out,
			    export_text(writer->data, writer->strings.globals.items[i]));
	}
	fputs("],\n", writer->out);
}

/* ---- samples ---- */

static void put_ms(const struct writer *writer, size_t i, double ns)
{
	fprintf(writer->out, i ? ",%.6f" : "%.6f", ns / 1e6);
}

static void write_times(const struct writer *writer)
{
	const struct export_step *steps = writer->steps.items;
	const double slice_ns = (double)writer->data->slice_ns;
	double before = 0, sum = 0;

	open_column(writer, "time");
	for (size_t i = 0, end = 0; i < writer->steps.count; i++) {
		if (i == end) {
			before = sum = 0;
			while (end < writer->steps.count && steps[end].slice == steps[i].slice)
				sum += (double)steps[end++].value;
		}
		put_ms(writer, i, slice_ns * ((double)steps[i].slice +
					      (sum > 0 ? before / sum : 0)));
		before += (double)steps[i].value;
	}
	fputs("]", writer->out);
}

/* What a thread used since its sample before: what that one stands for. */
static void write_cpu_time(const struct writer *writer)
{
	open_column(writer, "threadCPUDelta");
	for (size_t i = 0; i < writer->steps.count; i++)
		put_number(writer, i, i ? writer->steps.items[i - 1].value : 0);
	fputs("]", writer->out);
}

static void write_samples(const struct writer *writer, bool is_time)
{
	const size_t rows = writer->steps.count;

	fprintf(writer->out, "\"samples\": {\"length\": %zu, \"weightType\": \"%s\"", rows,
		is_time ? "tracing-ms" : "samples");
	open_column(writer, "stack");
	for (size_t i = 0; i < rows; i++) {
		const uint32_t path = writer->steps.items[i].path;

		if (path == PATH_NONE)
			put_text(writer, i, "null");
		else
			put_number(writer, i, writer->stacks.local[path]);
	}
	fputs("]", writer->out);
	write_times(writer);
	if (is_time)
		write_cpu_time(writer);
	open_column(writer, "weight");
	for (size_t i = 0; i < rows; i++) {
		if (is_time)
			put_ms(writer, i, (double)writer->steps.items[i].value);
		else
			put_number(writer, i, writer->steps.items[i].value);
	}
	fputs("]},\n", writer->out);
}

/* The event is named where there are several: they stand side by side as processes. */
static void write_names(const struct writer *writer, const struct export_track *track,
			bool is_main)
{
	const struct export_data *data = writer->data;
	const char *unknown = writer->tracks->items.count ? "unknown thread" : "no samples";
	const struct stacks_thread thread = export_track_thread(writer->tracks, track);
	const char *event = export_text(data, data->head.events[track->event].name);
	const bool several = data->head.events_count > 1;
	PMC_FREE char *suffix = several ? pmc_sprintf(" [%s]", event) : pmc_strdup("");
	const char *comm = thread.comm ? export_text(data, thread.comm) : unknown;
	const char *process_comm =
		thread.comm ? export_text(data, thread.process_comm) : unknown;
	PMC_FREE char *process = pmc_sprintf("%s%s", process_comm, suffix);
	PMC_FREE char *pid = pmc_sprintf("%" PRId64 "%s", thread.pid, suffix);

	fputs("{\"name\": ", writer->out);
	encode_json(writer->out, comm);
	fputs(", \"processName\": ", writer->out);
	encode_json(writer->out, process);
	fputs(", \"pid\": ", writer->out);
	encode_json(writer->out, pid);
	fprintf(writer->out,
		", \"tid\": %" PRId64 ", \"isMainThread\": %s, \"processType\": \"default\",\n"
		"\"processStartupTime\": 0, \"processShutdownTime\": null, \"registerTime\": 0,"
		" \"unregisterTime\": null, \"pausedRanges\": [],\n"
		"\"markers\": {\"length\": 0, \"data\": [], \"name\": [], \"startTime\": [],"
		" \"endTime\": [], \"phase\": [], \"category\": []},\n"
		"\"nativeSymbols\": {\"length\": 0, \"address\": [], \"functionSize\": [],"
		" \"libIndex\": [], \"name\": []},\n",
		thread.tid, is_main ? "true" : "false");
}

static void write_thread(struct writer *writer, const struct export_track *track, bool is_main)
{
	number_all(writer, track);
	write_names(writer, track, is_main);
	write_resources(writer);
	write_functions(writer);
	write_frames(writer);
	write_stacks(writer);
	write_strings(writer);
	write_samples(writer, writer->data->head.events[track->event].is_time);
	fprintf(writer->out, "\"showMarkersInTimeline\": false}");
}

/* Of the tracks of a main thread that had several names, the one with most samples. */
static size_t find_main(const struct export_tracks *tracks, size_t first, size_t end)
{
	const struct export_track *items = tracks->items.items;
	const struct stacks_thread thread = export_track_thread(tracks, &items[first]);
	int64_t most = -1;
	size_t found = end;

	for (size_t i = first; i < end && thread.pid == thread.tid; i++) {
		const int64_t samples = export_track_samples(tracks, &items[i]);

		if (samples > most) {
			most = samples;
			found = i;
		}
	}
	return found;
}

static void write_threads(struct writer *writer)
{
	const struct export_tracks *tracks = writer->tracks;
	const struct export_track none = { .thread = STACKS_NONE };
	size_t end = 0, main_track = 0;

	fputs("\"threads\": [\n", writer->out);
	for (size_t i = 0; i < tracks->items.count && !ferror(writer->out); i++) {
		if (i == end) {
			end = export_tracks_thread_end(tracks, i);
			main_track = find_main(tracks, i, end);
		}
		fputs(i ? ",\n" : "", writer->out);
		write_thread(writer, &tracks->items.items[i], i == main_track);
	}
	if (!tracks->items.count)
		write_thread(writer, &none, true);
	fputs("\n]", writer->out);
}

/* ---- the file's head ---- */

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/*
 * A build-id as symbol servers name it: its first 16 bytes as a GUID, whose first three fields have
 * the other byte order, then an age of 0.
 */
static void put_breakpad_id(FILE *out, const char *build_id)
{
	static const unsigned order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	unsigned bytes[16] = { 0 };

	for (size_t i = 0; i < 16 && isxdigit((unsigned char)build_id[i * 2]) &&
			   isxdigit((unsigned char)build_id[i * 2 + 1]); i++)
		bytes[i] = (unsigned)(hex_digit(build_id[i * 2]) * 16 +
				      hex_digit(build_id[i * 2 + 1]));
	fputc('"', out);
	for (size_t i = 0; i < 16; i++)
		fprintf(out, "%02X", bytes[order[i]]);
	fputs("0\"", out);
}

static void write_libs(const struct export_data *data, FILE *out)
{
	fputs("\"libs\": [", out);
	for (size_t i = 0; i < data->modules.count; i++) {
		const struct export_module *module = &data->modules.items[i];
		const char *name = export_text(data, module->name);
		const char *path = export_text(data, module->path);
		const char *build_id = export_text(data, module->build_id);

		fputs(i ? ",\n  {\"name\": " : "\n  {\"name\": ", out);
		encode_json(out, name);
		fputs(", \"debugName\": ", out);
		encode_json(out, name);
		fputs(", \"path\": ", out);
		encode_json(out, path);
		fputs(", \"debugPath\": ", out);
		encode_json(out, path);
		fputs(", \"arch\": ", out);
		encode_json(out, export_text(data, data->arch));
		fputs(", \"breakpadId\": ", out);
		put_breakpad_id(out, build_id);
		fputs(", \"codeId\": ", out);
		encode_json(out, *build_id ? build_id : NULL);
		fputc('}', out);
	}
	fputs("\n],\n", out);
}

static void put_entry(FILE *out, const char *key, const char *text)
{
	fprintf(out, ", \"%s\": ", key);
	encode_json(out, text);
}

static void put_info(FILE *out, bool *first, const char *label, const char *text)
{
	if (!*text)
		return;
	fputs(*first ? "\n  {\"format\": \"string\"" : ",\n  {\"format\": \"string\"", out);
	*first = false;
	put_entry(out, "label", label);
	put_entry(out, "value", text);
	fputc('}', out);
}

/* What is known of the session besides: the Profiler shows it as it is. */
static void write_extra(const struct export_data *data, FILE *out)
{
	const struct profile *head = &data->head;
	bool first = true;

	fputs("\"extra\": [{\"label\": \"Session\", \"entries\": [", out);
	put_info(out, &first, "Label", export_text(data, head->session.label));
	put_info(out, &first, "Command", export_text(data, head->session.command));
	put_info(out, &first, "Host", export_text(data, head->session.hostname));
	put_info(out, &first, "State", export_text(data, head->session.state));
	for (size_t e = 0; e < head->events_count; e++)
		put_info(out, &first, "Event", export_text(data, head->events[e].name));
	for (size_t i = 0; i < head->health.count; i++) {
		const struct profile_health *row = &head->health.items[i];
		PMC_FREE char *text = pmc_sprintf("%" PRId64 ": %s", row->value,
						  export_text(data, row->advice));

		put_info(out, &first, export_text(data, row->name), text);
	}
	fputs("\n]}],\n", out);
}

/* Milliseconds between samples, where the first event tells them. */
static double interval_ms(const struct export_data *data)
{
	const struct profile_event *event = &data->head.events[0];
	const char *mode = data->head.events_count ? export_text(data, event->mode) : "";

	if (!strcmp(mode, "frequency") && event->period > 0)
		return 1000.0 / (double)event->period;
	if (!strcmp(mode, "period") && event->is_time && event->period > 0)
		return (double)event->period / 1e6;
	return (double)data->slice_ns / 1e6;
}

/* What time there is: the session's, or that asked for; whole slices. It is never none. */
static void write_range(const struct export_data *data, FILE *out)
{
	const struct profile *head = &data->head;
	const int64_t first = head->windowed ? head->first_slice : 0;
	int64_t end = 0;

	if (data->slice_ns > 1)
		end = head->session.duration_ns / data->slice_ns + 1;
	for (size_t i = 0; i < data->moments.count; i++) {
		const int64_t slice = data->moments.items[i].slice;

		end = end > slice ? end : slice + 1;
	}
	if (head->windowed && head->end_slice >= 0 && head->end_slice < end)
		end = head->end_slice;
	end = end > first ? end : first + 1;
	fprintf(out, ", \"profilingStartTime\": %.6f, \"profilingEndTime\": %.6f",
		(double)first * (double)data->slice_ns / 1e6,
		(double)end * (double)data->slice_ns / 1e6);
}

static void write_meta(const struct export_data *data, FILE *out)
{
	const struct profile_session *session = &data->head.session;
	PMC_FREE char *system = pmc_sprintf("Linux %s", export_text(data, session->kernel));

	fprintf(out, "{\"meta\": {\"preprocessedProfileVersion\": %d, \"version\": %d,\n"
		     "\"interval\": %.6f, \"startTime\": %.6f", FORMAT_VERSION, GECKO_VERSION,
		interval_ms(data), (double)data->started_at_ns / 1e6);
	write_range(data, out);
	put_entry(out, "product", export_text(data, session->command));
	put_entry(out, "importedFrom", "pmc " PMC_VERSION);
	put_entry(out, "arguments", export_text(data, session->command));
	put_entry(out, "oscpu", system);
	put_entry(out, "abi", export_text(data, data->arch));
	put_entry(out, "CPUName", export_text(data, session->cpu));
	fprintf(out, ", \"logicalCPUs\": %" PRId64, session->cpus);
	fputs(", \"platform\": \"Linux\", \"misc\": \"\", \"toolkit\": \"\",\n"
	      "\"processType\": 0, \"stackwalk\": 1, \"debug\": false, \"symbolicated\": true,\n"
	      "\"usesOnlyOneStackType\": true, \"doesNotUseFrameImplementation\": true,"
	      " \"sourceCodeIsNotOnSearchfox\": true,\n"
	      "\"extensions\": {\"length\": 0, \"baseURL\": [], \"id\": [], \"name\": []},\n"
	      "\"sampleUnits\": {\"time\": \"ms\", \"eventDelay\": \"ms\","
	      " \"threadCPUDelta\": \"ns\"},\n"
	      "\"categories\": [\n"
	      "  {\"name\": \"Other\", \"color\": \"grey\", \"subcategories\": [\"Other\"]},\n"
	      "  {\"name\": \"User\", \"color\": \"yellow\", \"subcategories\": [\"Other\"]},\n"
	      "  {\"name\": \"Kernel\", \"color\": \"orange\", \"subcategories\": [\"Other\"]},\n"
	      "  {\"name\": \"JIT\", \"color\": \"blue\", \"subcategories\": [\"Other\"]}],\n",
	      out);
	write_extra(data, out);
	fputs("\"markerSchema\": []},\n", out);
}

static void write_file(const struct export_data *data, const struct export_tracks *tracks,
		       FILE *out)
{
	struct writer writer = { .data = data, .paths = tracks->paths, .tracks = tracks,
				 .out = out };

	numbering_init(&writer.stacks, tracks->paths->items.count);
	numbering_init(&writer.frames, data->stacks.frames.count);
	numbering_init(&writer.functions, data->stacks.functions.count);
	numbering_init(&writer.modules, data->modules.count);
	numbering_init(&writer.strings, pmc_strings_count(data->head.pool) + (size_t)1);
	write_meta(data, out);
	write_libs(data, out);
	fputs("\"pages\": [], \"counters\": [], \"profilerOverhead\": [],\n", out);
	write_threads(&writer);
	fputs("}\n", out);
	numbering_fini(&writer.stacks);
	numbering_fini(&writer.frames);
	numbering_fini(&writer.functions);
	numbering_fini(&writer.modules);
	numbering_fini(&writer.strings);
	pmc_array_free(&writer.steps);
}

int export_firefox(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		   struct pmc_err *err)
{
	return export_by_tracks(store, opts, "the Firefox Profiler", export_keys_by_frame,
				write_file, out, err);
}
