/*
 * import_text.c - see import_text.h.
 */
#include "collector/import_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lines that must be of one kind; events that are kept apart. */
enum { GUESS_LINES = 20, EVENTS_MAX = 10000 };

/* ---- which form ---- */

/* Value behind the last blank of "a;b;c 42". */
static bool read_folded(const char *line, size_t *stack_len, uint64_t *count)
{
	const char *blank = strrchr(line, ' ');
	char *end;

	if (!blank || blank == line || !isdigit((unsigned char)blank[1]))
		return false;
	errno = 0;
	*count = strtoull(blank + 1, &end, 10);
	if (errno || *end)
		return false;
	*stack_len = (size_t)(blank - line);
	return true;
}

static bool has_callers(const char *line)
{
	uint64_t count;
	size_t len;

	return read_folded(line, &len, &count) && memchr(line, ';', len);
}

/* All lines of a beginning are of the form; the last one may be cut. */
enum import_text_form import_text_guess(const char *text, size_t size, struct script_fields *fields)
{
	PMC_FREE char *copy = pmc_strndup(text, size);
	size_t callers = 0, heads = 0, frames = 0, others = 0, lines = 0;
	char *rest = copy, *line, *next;

	memset(fields, 0, sizeof(*fields));
	if (strlen(copy) < size)
		return IMPORT_TEXT_NONE; /* a byte of 0 is in no text */
	while ((line = rest) && *line) {
		struct script_head head;
		struct script_frame frame;
		uint64_t count;
		size_t len;

		next = strchr(line, '\n');
		if (!next && lines)
			break;
		rest = next ? next + 1 : NULL;
		if (next)
			*next = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		script_fields_learn(fields, line);
		if (lines++ >= GUESS_LINES) {
			callers += has_callers(line);
			continue;
		}
		switch (script_line_read(line, fields, &head, &frame)) {
		case SCRIPT_HEAD:
		case SCRIPT_RECORD:
			heads++;
			break;
		case SCRIPT_FRAME:
			frames++;
			break;
		case SCRIPT_FIELD:
			break;
		case SCRIPT_OTHER:
			callers += has_callers(line);
			others += !read_folded(line, &len, &count);
		}
	}
	if (heads && heads + frames > others)
		return IMPORT_TEXT_SCRIPT;
	/* Any prose may end in a number. */
	return callers && !others && !frames ? IMPORT_TEXT_FOLDED : IMPORT_TEXT_NONE;
}

/* ---- rows ---- */

void import_text_init(struct import_text *text, enum import_text_form form,
		      const struct script_fields *fields, struct catalog *catalog,
		      struct costs *costs, uint64_t slice_ns)
{
	memset(text, 0, sizeof(*text));
	text->form = form;
	text->fields = *fields;
	text->catalog = catalog;
	text->costs = costs;
	text->slice_ns = slice_ns;
}

void import_text_fini(struct import_text *text)
{
	for (size_t i = 0; i < text->events.count; i++)
		free(text->events.items[i].name);
	pmc_array_free(&text->events);
	pmc_array_free(&text->threads);
	pmc_index_fini(&text->thread_index);
	pmc_index_fini(&text->event_index);
	pmc_array_free(&text->frames);
}

static bool is_text(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(text, word, len);
}

/* Of a clock without periods only samples can be counted. 0: there are too many events. */
static uint32_t event_of(struct import_text *text, const char *name, size_t len, uint64_t period,
			 bool has_period)
{
	const uint64_t hash = pmc_hash_bytes(name, len);
	uint32_t found, step = 0;
	struct text_event *event;

	while ((found = pmc_index_next(&text->event_index, hash, &step)) != UINT32_MAX)
		if (is_text(name, len, text->events.items[found].name))
			return found + 1;
	if (text->events.count >= EVENTS_MAX)
		return 0;
	pmc_index_add(&text->event_index, hash, (uint32_t)text->events.count);
	event = pmc_array_add(&text->events);
	event->name = pmc_strndup(name, len);
	event->period = period;
	event->is_clock = has_period && (!strncmp(event->name, "cpu-clock", 9) ||
					 !strncmp(event->name, "task-clock", 10));
	return (uint32_t)text->events.count;
}

static uint32_t thread_of(struct import_text *text, const char *comm, size_t len, uint32_t pid,
			  uint32_t tid)
{
	const uint32_t name = pmc_strings_intern_len(text->catalog->strings, comm, len);
	const uint64_t hash = pmc_hash_2((uint64_t)pid << 32 | tid, name);
	uint32_t found, step = 0, process;
	struct text_thread *row;

	while ((found = pmc_index_next(&text->thread_index, hash, &step)) != UINT32_MAX) {
		row = &text->threads.items[found];
		if (row->comm == name && row->pid == pid && row->tid == tid)
			return row->thread;
	}
	process = catalog_process(text->catalog,
				  &(struct pmc_process_row){ .pid = pid, .comm = name });
	row = pmc_array_add(&text->threads);
	*row = (struct text_thread){ .comm = name, .pid = pid, .tid = tid };
	row->thread = catalog_thread(text->catalog, &(struct pmc_thread_row){ .process = process,
									      .tid = tid,
									      .comm = name });
	pmc_index_add(&text->thread_index, hash, (uint32_t)text->threads.count - 1);
	return row->thread;
}

/* The last part of a path: there is no file that names could be looked up in. */
static uint32_t module_of(struct import_text *text, const char *path, size_t len)
{
	struct pmc_module_row row = { .kind = PMC_MODULE_USER };

	for (size_t i = len; i-- > 0;)
		if (path[i] == '/') {
			path += i + 1;
			len -= i + 1;
			break;
		}
	if (len > 7 && !strncmp(path, "[kernel", 7)) {
		row.kind = PMC_MODULE_KERNEL;
		row.path = pmc_strings_intern(text->catalog->strings, "[kernel]");
	} else if (!len || (len == 9 && !strncmp(path, "[unknown]", 9))) {
		row.kind = PMC_MODULE_UNKNOWN;
		row.path = pmc_strings_intern(text->catalog->strings, "[unknown]");
	} else {
		row.path = pmc_strings_intern_len(text->catalog->strings, path, len);
	}
	return catalog_module(text->catalog, &row);
}

/* A function's offset is its name's number, which is announced for it when it is new. */
static uint32_t named_location(struct import_text *text, uint32_t module, const char *name,
			       size_t len)
{
	struct catalog *catalog = text->catalog;
	const uint32_t string = pmc_strings_intern_len(catalog->strings, name, len);
	const size_t before = catalog->locations.count;
	const uint32_t location = catalog_location(catalog, module, string, false);

	if (catalog->locations.count > before)
		*pmc_array_add(&catalog->ksyms) = (struct pmc_ksym_row){
			.module = module, .name = string, .offset = string, .size = 1 };
	return location;
}

static void note_bad(struct import_text *text)
{
	if (!text->bad_lines++)
		text->bad_line = text->lines;
}

/* Adds what was read of a sample, whose frames are innermost first. */
static void add_sample(struct import_text *text)
{
	const size_t count = text->frames.count;
	struct text_event *event;

	if (!text->sample.event)
		return;
	if (!count)
		*pmc_array_add(&text->frames) =
			named_location(text, module_of(text, "", 0), "[unknown]", 9);
	text->sample.location = text->frames.items[0];
	text->sample.stack = count > 1 ? catalog_stack_of(text->catalog, text->frames.items + 1,
							  (uint32_t)count - 1)
				       : 0;
	event = &text->events.items[text->sample.event - 1];
	if (text->sample.value <= INT64_MAX - event->value) {
		costs_add(text->costs, &text->sample);
		text->samples += text->sample.samples;
		event->value += text->sample.value;
	} else {
		note_bad(text);
	}
	text->sample.event = 0;
	text->frames.count = 0;
}

/* ---- lines ---- */

/* "main;work;leaf_[k] 42" */
static void take_folded(struct import_text *text, char *line)
{
	uint64_t count;
	size_t len;
	char *at = line;

	if (!*line || *line == '#')
		return;
	if (!read_folded(line, &len, &count)) {
		note_bad(text);
		return;
	}
	line[len] = '\0';
	text->sample = (struct pmc_cost_row){
		.event = event_of(text, "samples", 7, 1, true),
		.thread = thread_of(text, "folded", 6, 0, 0),
		.samples = count,
		.value = count,
	};
	for (char *frame; (frame = strsep(&at, ";"));) {
		size_t frame_len = strlen(frame);
		bool kernel = false;
		uint32_t module;

		/* "_[k]": the kernel's; "_[i]": inlined; "_[j]": made at run time. */
		if (frame_len > 4 && !strncmp(frame + frame_len - 4, "_[", 2) &&
		    frame[frame_len - 1] == ']') {
			kernel = frame[frame_len - 2] == 'k';
			frame_len -= 4;
		}
		if (!frame_len || text->frames.count >= IMPORT_TEXT_FRAMES_MAX)
			continue;
		module = kernel ? module_of(text, "[kernel]", 8) : module_of(text, "[text]", 6);
		*pmc_array_add(&text->frames) = named_location(text, module, frame, frame_len);
	}
	for (size_t i = 0, k = text->frames.count; i + 1 < k; i++) { /* innermost first */
		const uint32_t swap = text->frames.items[i];

		text->frames.items[i] = text->frames.items[--k];
		text->frames.items[k] = swap;
	}
	if (count)
		add_sample(text);
	text->sample.event = 0;
	text->frames.count = 0;
}

static void take_frame(struct import_text *text, const struct script_frame *frame)
{
	uint32_t module;

	if (text->frames.count >= IMPORT_TEXT_FRAMES_MAX)
		return;
	module = module_of(text, frame->module, frame->module_len);
	*pmc_array_add(&text->frames) =
		is_text(frame->name, frame->name_len, "[unknown]") ?
			catalog_location(text->catalog, module, frame->address, false) :
			named_location(text, module, frame->name, frame->name_len);
}

/* False: the line makes no sense. */
static bool begin_sample(struct import_text *text, const struct script_head *head)
{
	const uint32_t event = head->period > INT64_MAX / 2 ?
				       0 :
				       event_of(text, head->event, head->event_len, head->period,
						head->has_period);
	uint64_t slice;

	if (!event)
		return false;
	if (head->has_time && !text->has_time) {
		text->has_time = true;
		text->start_ns = head->time_ns;
	}
	if (head->has_time && head->time_ns > text->end_ns)
		text->end_ns = head->time_ns;
	slice = head->time_ns > text->start_ns ?
			(head->time_ns - text->start_ns) / text->slice_ns :
			0;
	text->sample = (struct pmc_cost_row){
		.event = event,
		.thread = thread_of(text, head->comm, head->comm_len, head->pid, head->tid),
		.slice = (uint32_t)slice,
		.samples = 1,
		.value = head->period,
	};
	text->frames.count = 0;
	if (head->has_frame)
		take_frame(text, &head->frame);
	return true;
}

static void take_script(struct import_text *text, const char *line)
{
	struct script_frame frame;
	struct script_head head;

	if (*line == '#')
		return;
	if (!line[strspn(line, " \t")]) {
		add_sample(text);
		return;
	}
	switch (script_line_read(line, &text->fields, &head, &frame)) {
	case SCRIPT_HEAD:
		add_sample(text);
		if (!begin_sample(text, &head))
			note_bad(text);
		break;
	case SCRIPT_FRAME:
		if (text->sample.event)
			take_frame(text, &frame);
		else
			note_bad(text);
		break;
	case SCRIPT_RECORD:
		add_sample(text);
		break;
	case SCRIPT_FIELD:
		if (text->sample.event)
			text->other_lines++;
		else
			note_bad(text);
		break;
	case SCRIPT_OTHER:
		note_bad(text);
	}
}

void import_text_line(struct import_text *text, char *line)
{
	line[strcspn(line, "\r")] = '\0';
	text->lines++;
	if (text->form == IMPORT_TEXT_FOLDED)
		take_folded(text, line);
	else
		take_script(text, line);
}

void import_text_end(struct import_text *text)
{
	add_sample(text);
}
