/*
 * export_speedscope.c - a session as a speedscope file: JSON, described by
 * https://www.speedscope.app/file-format-schema.json.
 *
 * Job: a profile for each event and thread, its samples in order of time slices.
 *
 *   shared.frames   a function each: name, file and line of its declaration
 *   profiles[]      type "sampled": samples[i] is a stack, outermost frame first, weights[i] its
 *                   value; within a slice stacks stand side by side, as their order is not known
 *
 * Loses: addresses, modules, lines of instructions, what was inlined, numbers of samples.
 */
#include <inttypes.h>

#include "report/encode.h"
#include "report/export.h"
#include "report/export_tracks.h"

static void write_frames(const struct export_data *data, FILE *out)
{
	fputs("\"shared\": {\"frames\": [", out);
	for (size_t i = 0; i < data->stacks.functions.count; i++) {
		const struct stacks_function *function = &data->stacks.functions.items[i];

		fputs(i ? ",\n  {\"name\": " : "\n  {\"name\": ", out);
		encode_json(out, export_text(data, function->function));
		if (*export_text(data, function->file)) {
			fputs(", \"file\": ", out);
			encode_json(out, export_text(data, function->file));
			if (function->line > 0)
				fprintf(out, ", \"line\": %" PRId64, function->line);
		}
		fputc('}', out);
	}
	fputs("\n]}", out);
}

/* From the outermost in: paths know their callers only, so they are gathered first. */
struct stack {
	PMC_ARRAY(uint32_t) keys;
};

static void write_stack(struct stack *stack, const struct export_paths *paths, uint32_t path,
			FILE *out)
{
	stack->keys.count = 0;
	for (; path != PATH_NONE; path = paths->items.items[path].parent)
		*pmc_array_add(&stack->keys) = paths->items.items[path].key;
	fputc('[', out);
	for (size_t i = stack->keys.count; i-- > 0;)
		fprintf(out, i ? "%" PRIu32 "," : "%" PRIu32, stack->keys.items[i]);
	fputc(']', out);
}

static void open_profile(const struct export_data *data, size_t e, const char *thread, FILE *out)
{
	const struct profile_event *event = &data->head.events[e];
	PMC_FREE char *name = pmc_sprintf("%s%s%s", export_text(data, event->name),
					  *thread ? ", " : "", thread);

	fputs("{\"type\": \"sampled\", \"name\": ", out);
	encode_json(out, name);
	fprintf(out, ", \"unit\": \"%s\", \"startValue\": 0, ",
		event->is_time ? "nanoseconds" : "none");
}

static void write_track(const struct export_tracks *tracks, const struct export_track *track,
			FILE *out)
{
	PMC_FREE char *name = export_track_name(tracks, track);
	struct stack stack = { 0 };
	struct export_step step;
	int64_t sum = 0;
	bool first = true;

	open_profile(tracks->data, track->event, name, out);
	fputs("\"samples\": [", out);
	for (size_t at = track->first; export_tracks_next(tracks, track, &at, &step);) {
		fputs(first ? "\n  " : ",\n  ", out);
		first = false;
		write_stack(&stack, tracks->paths, step.path, out);
		sum = export_add(sum, step.value);
	}
	fputs("\n], \"weights\": [", out);
	for (size_t at = track->first; export_tracks_next(tracks, track, &at, &step);)
		fprintf(out, at == track->end ? "%" PRId64 : "%" PRId64 ",", step.value);
	fprintf(out, "], \"endValue\": %" PRId64 "}", sum);
	pmc_array_free(&stack.keys);
}

static void write_profiles(const struct export_data *data, const struct export_tracks *tracks,
			   FILE *out)
{
	fputs("\"profiles\": [", out);
	for (size_t i = 0; i < tracks->items.count && !ferror(out); i++) {
		fputs(i ? ",\n" : "\n", out);
		write_track(tracks, &tracks->items.items[i], out);
	}
	/* Readers want a profile, though it be empty. */
	if (!tracks->items.count && data->head.events_count) {
		fputc('\n', out);
		open_profile(data, 0, "", out);
		fputs("\"endValue\": 0, \"samples\": [], \"weights\": []}", out);
	}
	fputs("\n]", out);
}

static void write_file(const struct export_data *data, const struct export_tracks *tracks,
		       FILE *out)
{
	fputs("{\"$schema\": \"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\": \"pmc@" PMC_VERSION "\",\n\"name\": ", out);
	encode_json(out, export_text(data, data->head.session.command));
	fputs(",\n\"activeProfileIndex\": 0,\n", out);
	write_frames(data, out);
	fputs(",\n", out);
	write_profiles(data, tracks, out);
	fputs("}\n", out);
}

int export_speedscope(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		      struct pmc_err *err)
{
	return export_by_tracks(store, opts, "speedscope", export_keys_by_function, write_file, out,
				err);
}
