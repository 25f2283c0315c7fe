/*
 * export_pprof.c - a session as a profile of pprof: protocol buffers, compressed with gzip.
 *
 * Job: events as sample types, costs as samples, locations with their inlined functions.
 * Not here: the encoding (protobuf-c, from pprof.proto), compression (export_gzip.c).
 *
 * A Profile is never in memory: two encoded messages one after the other are the same as one that
 * has the contents of both, so each part is encoded alone and written.
 *
 *   head │ mapping … │ function … │ location … │ sample … │ string_table …
 *
 * Addresses are offsets in modules, as if each module's file was mapped at address 0: so readers
 * find the code of what is position-independent. With a root, the location in which it was inlined
 * is there a second time, without the functions outside.
 *
 * Functions have no system names: pprof demangles a name that is its system name as well, and one
 * that is demangled already loses its parameters so, those of templates, too.
 *
 * Two values for each event: its estimate, and the number of samples. Loses: time slices.
 */
#include "report/export.h"

#ifdef HAVE_PPROF

#include <inttypes.h>
#include <string.h>

#include <pprof.pb-c.h>

#include "report/export_data.h"
#include "report/export_gzip.h"
#include "report/text.h"

struct writer {
	const struct export_data *data;
	struct gzip *gzip;
	struct pmc_strings *texts;	/* id - 1 is the number in string_table */
	uint32_t *text_of;		/* by string of data's pool: its text, 0: not needed yet */
	PMC_ARRAY(uint8_t) packed;
	PMC_ARRAY(uint64_t) stack;	/* location ids of the sample at hand, leaf first */
	int64_t key_thread, key_process, key_pid, key_tid;
};

/* Encodes what the profile at hand has, behind what is written. */
static void put(struct writer *writer, const Perftools__Profiles__Profile *profile)
{
	const size_t size = perftools__profiles__profile__get_packed_size(profile);

	pmc_grow((void **)&writer->packed.items, &writer->packed.cap, size + 1, 1);
	perftools__profiles__profile__pack(profile, writer->packed.items);
	gzip_write(writer->gzip, writer->packed.items, size);
}

/* The number of a text, made harmless: protocol buffers want UTF-8, terminals no escapes. */
static int64_t add_text(struct writer *writer, const char *text)
{
	PMC_FREE char *clean = text_clean(text, 0);

	return (int64_t)pmc_strings_intern(writer->texts, clean) - 1;
}

static int64_t text(struct writer *writer, uint32_t string)
{
	uint32_t *known = &writer->text_of[string];

	if (!*known)
		*known = (uint32_t)add_text(writer, export_text(writer->data, string)) + 1;
	return *known - 1;
}

/* ---- head ---- */

static Perftools__Profiles__ValueType value_type(struct writer *writer, const char *type,
						 const char *unit)
{
	Perftools__Profiles__ValueType value = PERFTOOLS__PROFILES__VALUE_TYPE__INIT;

	value.type = add_text(writer, type);
	value.unit = add_text(writer, unit);
	return value;
}

static const char *unit_of(const struct profile_event *event)
{
	return event->is_time ? "nanoseconds" : "count";
}

static void put_type(struct writer *writer, const char *type, const char *unit)
{
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__ValueType value = value_type(writer, type, unit), *values = &value;

	profile.n_sample_type = 1;
	profile.sample_type = &values;
	put(writer, &profile);
}

/* Pyroscope joins names and units of types with colons, and takes the result apart again. */
static char *type_name(const struct profile *head, size_t event)
{
	char *name = pmc_strdup(profile_text(head, head->events[event].name));

	for (char *c = name; *c; c++)
		*c = *c == ':' ? '_' : *c;
	return name;
}

static void put_types(struct writer *writer)
{
	const struct profile *head = &writer->data->head;

	for (size_t e = 0; e < head->events_count; e++) {
		PMC_FREE char *name = type_name(head, e);
		PMC_FREE char *samples = head->events_count == 1 ?
			pmc_strdup("samples") : pmc_sprintf("samples of %s", name);

		put_type(writer, samples, "count");
		put_type(writer, name, unit_of(&head->events[e]));
	}
}

static void put_comment(struct writer *writer, const char *label, const char *value)
{
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	PMC_FREE char *line = pmc_sprintf("%s: %s", label, value);
	int64_t comment;

	if (!*value)
		return;
	comment = add_text(writer, line);
	profile.n_comment = 1;
	profile.comment = &comment;
	put(writer, &profile);
}

/* What was seen, not what to do about it: pprof prints all comments above each of its reports. */
static char *first_sentence(const char *text)
{
	char *sentence = pmc_strdup(text);
	char *end = strstr(sentence, ". ");

	if (!end && *sentence && sentence[strlen(sentence) - 1] == '.')
		end = &sentence[strlen(sentence) - 1];
	if (end)
		*end = '\0';
	return sentence;
}

/* Their names, as they are: "events: cycles:u, page-faults". */
static void put_events(struct writer *writer)
{
	const struct profile *head = &writer->data->head;
	char *names = pmc_strdup("");

	for (size_t e = 0; e < head->events_count; e++)
		names = pmc_join(names, ", ", profile_text(head, head->events[e].name));
	put_comment(writer, "events", names);
	free(names);
}

static void put_comments(struct writer *writer)
{
	const struct profile *head = &writer->data->head;

	put_comment(writer, "label", profile_text(head, head->session.label));
	put_comment(writer, "command", profile_text(head, head->session.command));
	put_comment(writer, "host", profile_text(head, head->session.hostname));
	put_comment(writer, "cpu", profile_text(head, head->session.cpu));
	put_comment(writer, "kernel", profile_text(head, head->session.kernel));
	put_comment(writer, "state", profile_text(head, head->session.state));
	put_events(writer);
	for (size_t i = 0; i < head->health.count; i++) {
		const struct profile_health *row = &head->health.items[i];
		PMC_FREE char *advice = first_sentence(profile_text(head, row->advice));
		PMC_FREE char *value = pmc_sprintf("%" PRId64 "; %s", row->value, advice);

		put_comment(writer, profile_text(head, row->name), value);
	}
}

/* Events from sample to sample, where that was fixed; of a clock it follows from the frequency. */
static int64_t period_of(const struct profile *head, const struct profile_event *event)
{
	const char *mode = profile_text(head, event->mode);

	if (!strcmp(mode, "period"))
		return event->period;
	if (!strcmp(mode, "frequency") && event->is_time && event->period > 0)
		return 1000000000 / event->period;
	return 0;
}

static void put_head(struct writer *writer)
{
	const struct profile *head = &writer->data->head;
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__ValueType period;

	profile.time_nanos = writer->data->started_at_ns;
	profile.duration_nanos = head->session.duration_ns;
	if (head->events_count) {
		const struct profile_event *event = &head->events[0];
		PMC_FREE char *name = type_name(head, 0);

		profile.default_sample_type = add_text(writer, name);
		/* The type is there without a period, too: Pyroscope does not do without it. */
		profile.period = period_of(head, event);
		period = value_type(writer, name, unit_of(event));
		profile.period_type = &period;
	}
	put(writer, &profile);
	put_types(writer);
	put_comments(writer);
}

/* ---- modules, functions, locations ---- */

static void put_mapping(struct writer *writer, size_t index)
{
	static const uint64_t page = 4096;
	const struct export_module *module = &writer->data->modules.items[index];
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Mapping mapping = PERFTOOLS__PROFILES__MAPPING__INIT;
	Perftools__Profiles__Mapping *mappings = &mapping;

	mapping.id = index + 1;
	mapping.memory_limit = module->end > UINT64_MAX - page ? UINT64_MAX :
			       (module->end + page - 1) / page * page;
	mapping.filename = text(writer, module->path);
	mapping.build_id = text(writer, module->build_id);
	mapping.has_functions = mapping.has_filenames = true;
	mapping.has_line_numbers = mapping.has_inline_frames = true;
	profile.n_mapping = 1;
	profile.mapping = &mappings;
	put(writer, &profile);
}

/* The name of the process with most samples; the kernel cuts it to 15 bytes. */
static const char *main_process(const struct export_data *data)
{
	const struct stacks *stacks = &data->stacks;
	PMC_FREE int64_t *samples = pmc_calloc(pmc_strings_count(data->head.pool) + (size_t)1,
					       sizeof(*samples));
	uint32_t most = 0;

	for (size_t i = 0; i < stacks->costs.count; i++) {
		const struct stacks_cost *cost = &stacks->costs.items[i];
		uint32_t comm;

		if (cost->thread == STACKS_NONE)
			continue;
		comm = stacks->threads.items[cost->thread].process_comm;
		samples[comm] = export_add(samples[comm], cost->samples);
		if (samples[comm] > samples[most])
			most = comm;
	}
	return export_text(data, most);
}

/* The first is taken for the program itself. */
static void put_mappings(struct writer *writer)
{
	enum { COMM_LEN = 15 };
	const struct export_data *data = writer->data;
	const char *program = main_process(data);
	size_t first = 0;

	while (first < data->modules.count &&
	       strncmp(export_text(data, data->modules.items[first].name), program, COMM_LEN))
		first++;
	if (first < data->modules.count)
		put_mapping(writer, first);
	for (size_t i = 0; i < data->modules.count; i++) {
		if (i != first)
			put_mapping(writer, i);
	}
}

static void put_functions(struct writer *writer)
{
	for (size_t i = 0; i < writer->data->stacks.functions.count; i++) {
		const struct stacks_function *row = &writer->data->stacks.functions.items[i];
		Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
		Perftools__Profiles__Function function = PERFTOOLS__PROFILES__FUNCTION__INIT;
		Perftools__Profiles__Function *functions = &function;

		function.id = i + 1;
		function.name = text(writer, row->function);
		function.filename = text(writer, row->file);
		function.start_line = row->line;
		profile.n_function = 1;
		profile.function = &functions;
		put(writer, &profile);
	}
}

/* The outermost frame of a location that is the root asked for; its frames, where none is. */
static uint32_t root_frame(const struct export_data *data, uint32_t location)
{
	const struct stacks_location *row = &data->stacks.locations.items[location];
	uint32_t k = 0;

	while (k < row->count && !data->is_root[data->stacks.frames.items[row->first + k]])
		k++;
	return k;
}

/* Without the `outside` outermost of its functions. */
static void put_location(struct writer *writer, uint32_t location, uint64_t id, uint32_t outside)
{
	const struct export_data *data = writer->data;
	const struct stacks_location *row = &data->stacks.locations.items[location];
	const uint32_t count = row->count - outside;
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Location message = PERFTOOLS__PROFILES__LOCATION__INIT;
	Perftools__Profiles__Location *messages = &message;
	PMC_FREE Perftools__Profiles__Line *lines = pmc_calloc(count + (size_t)1, sizeof(*lines));
	PMC_FREE Perftools__Profiles__Line **pointers =
		pmc_calloc(count + (size_t)1, sizeof(Perftools__Profiles__Line *));

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t frame = row->first + row->count - 1 - i;

		perftools__profiles__line__init(&lines[i]);
		lines[i].function_id = data->stacks.frames.items[frame] + (uint64_t)1;
		lines[i].line = data->lines[frame].line;
		pointers[i] = &lines[i];
	}
	message.id = id;
	if (data->places[location].module != STACKS_NONE)
		message.mapping_id = data->places[location].module + (uint64_t)1;
	message.address = data->places[location].offset;
	message.n_line = count;
	message.line = pointers;
	profile.n_location = 1;
	profile.location = &messages;
	put(writer, &profile);
}

static uint64_t whole_id(uint32_t location)
{
	return location + (uint64_t)1;
}

static uint64_t cut_id(const struct export_data *data, uint32_t location)
{
	return data->stacks.locations.count + location + (uint64_t)1;
}

static void put_locations(struct writer *writer)
{
	const struct export_data *data = writer->data;

	for (uint32_t i = 0; i < data->stacks.locations.count; i++)
		put_location(writer, i, whole_id(i), 0);
	for (uint32_t i = 0; data->is_root && i < data->stacks.locations.count; i++) {
		const uint32_t outside = root_frame(data, i);

		if (outside && outside < data->stacks.locations.items[i].count)
			put_location(writer, i, cut_id(data, i), outside);
	}
}

/* ---- samples ---- */

static void add_location(struct writer *writer, uint32_t location)
{
	if (location != STACKS_NONE)
		*pmc_array_add(&writer->stack) = whole_id(location);
}

/* Cuts off what is outside of the root; false: it is not there. */
static bool cut_stack(struct writer *writer)
{
	const struct export_data *data = writer->data;

	for (size_t i = writer->stack.count; i-- > 0;) {
		const uint32_t location = (uint32_t)(writer->stack.items[i] - 1);
		const uint32_t outside = root_frame(data, location);

		if (outside == data->stacks.locations.items[location].count)
			continue;
		if (outside)
			writer->stack.items[i] = cut_id(data, location);
		writer->stack.count = i + 1;
		return true;
	}
	return false;
}

static bool find_stack(struct writer *writer, const struct stacks_cost *cost)
{
	const struct stacks_row *rows = writer->data->stacks.rows.items;

	writer->stack.count = 0;
	add_location(writer, cost->location);
	for (uint32_t stack = cost->stack; stack; stack = rows[stack - 1].parent)
		add_location(writer, rows[stack - 1].location);
	return writer->stack.count && (!writer->data->is_root || cut_stack(writer));
}

enum { LABELS = 4 };

static size_t make_labels(struct writer *writer, uint32_t index,
			  Perftools__Profiles__Label labels[LABELS])
{
	const struct stacks_thread *thread;

	if (index == STACKS_NONE)
		return 0;
	thread = &writer->data->stacks.threads.items[index];
	for (size_t i = 0; i < LABELS; i++)
		perftools__profiles__label__init(&labels[i]);
	labels[0].key = writer->key_thread;
	labels[0].str = text(writer, thread->comm);
	labels[1].key = writer->key_tid;
	labels[1].num = thread->tid;
	labels[2].key = writer->key_process;
	labels[2].str = text(writer, thread->process_comm);
	labels[3].key = writer->key_pid;
	labels[3].num = thread->pid;
	return LABELS;
}

static void put_sample(struct writer *writer, const struct stacks_cost *cost, int64_t *values)
{
	Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Sample sample = PERFTOOLS__PROFILES__SAMPLE__INIT;
	Perftools__Profiles__Sample *samples = &sample;
	Perftools__Profiles__Label labels[LABELS], *pointers[LABELS];

	if (!find_stack(writer, cost))
		return;
	sample.n_location_id = writer->stack.count;
	sample.location_id = writer->stack.items;
	sample.n_value = writer->data->head.events_count * 2;
	sample.value = values;
	sample.n_label = make_labels(writer, cost->thread, labels);
	for (size_t i = 0; i < sample.n_label; i++)
		pointers[i] = &labels[i];
	sample.label = pointers;
	profile.n_sample = 1;
	profile.sample = &samples;
	put(writer, &profile);
}

/* By all but the event, so that the events of one place are one sample. */
static int compare_costs(const void *left, const void *right, void *arg)
{
	const struct stacks *stacks = arg;
	const uint32_t ia = *(const uint32_t *)left, ib = *(const uint32_t *)right;
	const struct stacks_cost *a = &stacks->costs.items[ia], *b = &stacks->costs.items[ib];

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->stack != b->stack)	/* rows: children before parents, so from the last on */
		return a->stack > b->stack ? -1 : 1;
	if (a->location != b->location)
		return a->location < b->location ? -1 : 1;
	return (ia > ib) - (ia < ib);
}

static bool same_place(const struct stacks_cost *a, const struct stacks_cost *b)
{
	return a->thread == b->thread && a->stack == b->stack && a->location == b->location;
}

static void put_samples(struct writer *writer)
{
	const struct export_data *data = writer->data;
	const struct stacks_cost *costs = data->stacks.costs.items;
	const size_t count = data->stacks.costs.count;
	PMC_FREE uint32_t *order = pmc_calloc(count + 1, sizeof(*order));
	int64_t values[PROFILE_EVENTS_MAX * 2];

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	if (count)
		qsort_r(order, count, sizeof(*order), compare_costs,
			(void *)(uintptr_t)&data->stacks);
	for (size_t i = 0; i < count;) {
		const struct stacks_cost *first = &costs[order[i]];

		memset(values, 0, sizeof(values));
		for (; i < count && same_place(first, &costs[order[i]]); i++) {
			const struct stacks_cost *cost = &costs[order[i]];
			int64_t *value = &values[cost->event * 2];

			value[0] = export_add(value[0], cost->samples);
			value[1] = export_add(value[1],
					      export_value(data, cost->event, cost->value));
		}
		put_sample(writer, first, values);
	}
}

static void put_texts(struct writer *writer)
{
	for (uint32_t i = 1; i <= pmc_strings_count(writer->texts); i++) {
		Perftools__Profiles__Profile profile = PERFTOOLS__PROFILES__PROFILE__INIT;
		PMC_FREE char *string = pmc_strdup(pmc_strings_get(writer->texts, i));

		profile.n_string_table = 1;
		profile.string_table = &string;
		put(writer, &profile);
	}
}

static void write_file(const struct export_data *data, FILE *out)
{
	struct writer writer = { .data = data, .texts = pmc_strings_new() };

	writer.text_of = pmc_calloc(pmc_strings_count(data->head.pool) + (size_t)1,
				    sizeof(*writer.text_of));
	writer.gzip = gzip_new(out);
	add_text(&writer, "");
	writer.key_thread = add_text(&writer, "thread");
	writer.key_tid = add_text(&writer, "tid");
	writer.key_process = add_text(&writer, "process");
	writer.key_pid = add_text(&writer, "pid");
	put_head(&writer);
	put_mappings(&writer);
	put_functions(&writer);
	put_locations(&writer);
	put_samples(&writer);
	put_texts(&writer);
	gzip_end(writer.gzip);
	free(writer.text_of);
	pmc_array_free(&writer.packed);
	pmc_array_free(&writer.stack);
	pmc_strings_free(writer.texts);
}

int export_pprof(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		 struct pmc_err *err)
{
	struct export_data data;
	int status = export_data_load(&data, store, opts, false, "pprof", err);

	if (!status)
		write_file(&data, out);
	export_data_fini(&data);
	return status;
}

bool pmc_export_has_pprof(void)
{
	return true;
}

#else

int export_pprof(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		 struct pmc_err *err)
{
	(void)store;
	(void)opts;
	(void)out;
	pmc_err_set(err, PMC_ERR_SYSTEM, "this pmc was built without pprof");
	return pmc_err_hint(err, "build it where protobuf-c, protoc-c and zlib are (Debian: "
				 "libprotobuf-c-dev protobuf-c-compiler zlib1g-dev)");
}

bool pmc_export_has_pprof(void)
{
	return false;
}

#endif
