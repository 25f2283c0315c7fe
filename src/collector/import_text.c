/*
 * import_text.c - see import_text.h.
 */
#include "collector/import_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a file that are looked at, lines that must be of one kind. */
enum { GUESS_LINES = 20 };

/* ---- numbers ---- */

/* Reads a decimal number that ends at *end. False: there is none, or it is too large. */
static bool read_number(const char *text, uint64_t *value, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	*end = stop;
	return errno == 0;
}

/* "7.123456" to nanoseconds. */
static bool read_time(const char *text, uint64_t *ns, const char **end)
{
	uint64_t seconds, unit = 100000000;

	if (!read_number(text, &seconds, end) || **end != '.' || seconds > UINT32_MAX * 4ULL)
		return false;
	*ns = seconds * 1000000000;
	for (++*end; isdigit((unsigned char)**end); ++*end) {
		*ns += (uint64_t)(**end - '0') * unit;
		unit /= 10;
	}
	return true;
}

/* ---- the head of a sample ---- */

struct head {
	const char *comm;
	size_t comm_len;
	uint64_t pid, tid, time_ns, period;
	bool has_time, has_period;
	const char *event;
	size_t event_len;
	const char *rest; /* behind the event: a frame, or "" */
};

/* "812/813 " or "812 ". False: something else begins with this number, or none is there. */
static bool read_ids(const char *at, struct head *head, const char **end)
{
	uint64_t pid, tid;

	if (!read_number(at, &pid, &at))
		return false;
	tid = pid;
	if ((*at == '/' && !read_number(at + 1, &tid, &at)) || *at != ' ')
		return false;
	head->pid = pid;
	head->tid = tid;
	*end = at + strspn(at, " ");
	return true;
}

/* "7.123456: ". False: there is none. */
static bool read_stamp(const char *at, struct head *head, const char **end)
{
	if (!read_time(at, &head->time_ns, &at) || *at != ':')
		return false;
	*end = at + 1 + strspn(at + 1, " ");
	return true;
}

/* The event's name ends with a colon, and may have some inside. */
static bool read_event(const char *at, struct head *head, const char **end)
{
	const size_t length = strcspn(at, " \t");

	if (length < 2 || at[length - 1] != ':')
		return false;
	head->event = at;
	head->event_len = length - 1;
	*end = at + length + strspn(at + length, " \t");
	return true;
}

/*
 * From "812/813 [001] 7.123456:  1000 cycles:u:" on, of which parts may be missing; false: that is
 * not what it is.
 */
static bool read_numbers(const char *at, struct head *head)
{
	static const char any[] = "samples";
	bool has_ids;
	uint64_t cpu;

	*head = (struct head){ .comm = head->comm, .comm_len = head->comm_len, .period = 1 };
	has_ids = read_ids(at, head, &at);
	if (*at == '[') {
		if (!read_number(at + 1, &cpu, &at) || *at != ']')
			return false;
		at += 1 + strspn(at + 1, " ");
	}
	head->has_time = read_stamp(at, head, &at);
	head->has_period = read_number(at, &head->period, &at);
	if (head->has_period) {
		if (*at && *at != ' ')
			return false;
		at += strspn(at, " ");
	}
	head->rest = at;
	if (read_event(at, head, &head->rest))
		return has_ids || head->has_time;
	head->event = any;
	head->event_len = sizeof(any) - 1;
	return head->has_time && !*at;
}

/* A name may have blanks: it ends before the first number from where all the rest fits. */
static bool read_head(const char *line, struct head *head)
{
	const char *at = line + strspn(line, " ");

	head->comm = at;
	for (at = strchr(at, ' '); at; at = strchr(at, ' ')) {
		head->comm_len = (size_t)(at - head->comm);
		at += strspn(at, " ");
		if (isdigit((unsigned char)*at) && read_numbers(at, head))
			return head->comm_len > 0;
	}
	return false;
}

/* "prog 812 7.5: PERF_RECORD_MMAP2 …": what it tells, frames and heads of samples do, too. */
static bool is_no_sample(const char *line)
{
	return strstr(line, ": PERF_RECORD_");
}

/* ---- frames of perf script ---- */

struct frame {
	uint64_t address;
	const char *name, *module;
	size_t name_len, module_len;
	bool has_module; /* it was told */
};

/* Addresses from here on are the kernel's, on all machines of 64 bits that have halves. */
static const uint64_t KERNEL_HALF = 0xff00000000000000;

/* "(/bin/prog)" at the end: where it begins. Without it, the address tells the kernel's. */
static const char *take_module(const char *begin, const char *end, struct frame *frame)
{
	const char *open = end - 1;

	while (open > begin && *open != '(')
		open--;
	frame->has_module = end[-1] == ')' && open > begin && open[-1] == ' ';
	if (frame->has_module) {
		frame->module = open + 1;
		frame->module_len = (size_t)(end - 1 - frame->module);
		return open;
	}
	frame->module = frame->address >= KERNEL_HALF ? "[kernel]" : "[text]";
	frame->module_len = strlen(frame->module);
	return end;
}

/* "401136 leaf+0x6 (/bin/prog)"; names may have blanks and brackets. */
static bool read_frame(const char *line, struct frame *frame)
{
	const char *end = line + strlen(line);
	char *stop;

	line += strspn(line, " \t");
	if (!isxdigit((unsigned char)*line))
		return false;
	frame->address = strtoull(line, &stop, 16);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (*stop != ' ' || end <= stop)
		return false;
	end = take_module(stop, end, frame);
	frame->name = stop + strspn(stop, " ");
	while (end > frame->name && end[-1] == ' ')
		end--;
	frame->name_len = end > frame->name ? (size_t)(end - frame->name) : 0;
	/* "+0x6": where in the function. */
	for (size_t i = frame->name_len; i-- > 3;)
		if (!strncmp(frame->name + i - 2, "+0x", 3)) {
			if (strspn(frame->name + i + 1, "0123456789abcdef") ==
			    frame->name_len - i - 1)
				frame->name_len = i - 2;
			break;
		}
	return frame->name_len > 0;
}

/* ---- which form ---- */

/* Value behind the last blank of "a;b;c 42". */
static bool read_folded(const char *line, size_t *stack_len, uint64_t *count)
{
	const char *blank = strrchr(line, ' '), *end;

	if (!blank || blank == line || !read_number(blank + 1, count, &end) || *end)
		return false;
	*stack_len = (size_t)(blank - line);
	return true;
}

/* All lines of a beginning are of the form; the last one may be cut. */
enum import_text_form import_text_guess(const char *text, size_t size)
{
	PMC_FREE char *copy = pmc_strndup(text, size);
	size_t callers = 0, heads = 0, frames = 0, others = 0, lines = 0;
	char *rest = copy, *line, *next;

	if (strlen(copy) < size)
		return IMPORT_TEXT_NONE; /* a byte of 0 is in no text */
	while ((line = rest) && *line && lines < GUESS_LINES) {
		struct head head;
		struct frame frame;
		uint64_t count;
		size_t len;

		next = strchr(line, '\n');
		if (!next && lines)
			break;
		rest = next ? next + 1 : NULL;
		if (next)
			*next = '\0';
		line[strcspn(line, "\r")] = '\0';
		lines++;
		if (!*line || *line == '#')
			continue;
		if (isspace((unsigned char)*line) && read_frame(line, &frame))
			frames++;
		else if (is_no_sample(line) || read_head(line, &head))
			heads++;
		else if (read_folded(line, &len, &count))
			callers += memchr(line, ';', len) != NULL;
		else
			others++;
	}
	if (heads && heads + frames > others)
		return IMPORT_TEXT_SCRIPT;
	/* Any prose may end in a number. */
	return callers && !others && !frames ? IMPORT_TEXT_FOLDED : IMPORT_TEXT_NONE;
}

/* ---- rows ---- */

void import_text_init(struct import_text *text, enum import_text_form form,
		      struct catalog *catalog, struct costs *costs, uint64_t slice_ns)
{
	memset(text, 0, sizeof(*text));
	text->form = form;
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
	pmc_array_free(&text->frames);
}

/* Of a clock without periods only samples can be counted. */
static uint32_t event_of(struct import_text *text, const char *name, size_t len, uint64_t period,
			 bool has_period)
{
	struct text_event *event;

	for (size_t i = 0; i < text->events.count; i++)
		if (!strncmp(text->events.items[i].name, name, len) &&
		    !text->events.items[i].name[len])
			return (uint32_t)i + 1;
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

static bool is_text(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(text, word, len);
}

/* Adds what was read of a sample, whose frames are innermost first. */
static void add_sample(struct import_text *text)
{
	const size_t count = text->frames.count;

	if (!text->sample.event)
		return;
	if (!count)
		*pmc_array_add(&text->frames) =
			named_location(text, module_of(text, "", 0), "[unknown]", 9);
	text->sample.location = text->frames.items[0];
	text->sample.stack = count > 1 ? catalog_stack_of(text->catalog, text->frames.items + 1,
							  (uint32_t)count - 1)
				       : 0;
	costs_add(text->costs, &text->sample);
	text->samples += text->sample.samples;
	text->sample.event = 0;
	text->frames.count = 0;
}

/* ---- lines ---- */

static void note_bad(struct import_text *text)
{
	if (!text->bad_lines++)
		text->bad_line = text->lines;
}

/* "main;work;leaf_[k] 42" */
static void take_folded(struct import_text *text, char *line)
{
	uint64_t count;
	size_t len;
	char *at = line;

	if (!*line || *line == '#')
		return;
	if (!read_folded(line, &len, &count) || count > INT64_MAX) {
		note_bad(text);
		return;
	}
	line[len] = '\0';
	text->sample = (struct pmc_cost_row){
		.event = event_of(text, "samples", 7, 1, true),
		.thread = thread_of(text, "folded", 6, 0, 0),
		.samples = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
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

static bool take_frame(struct import_text *text, const char *line)
{
	struct frame frame;
	uint32_t module;

	if (!text->sample.event || !read_frame(line, &frame))
		return false;
	if (text->frames.count >= IMPORT_TEXT_FRAMES_MAX)
		return true;
	module = module_of(text, frame.module, frame.module_len);
	*pmc_array_add(&text->frames) =
		is_text(frame.name, frame.name_len, "[unknown]") ?
			catalog_location(text->catalog, module, frame.address, false) :
			named_location(text, module, frame.name, frame.name_len);
	return true;
}

static void begin_sample(struct import_text *text, const struct head *head)
{
	uint64_t slice;

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
		.event = event_of(text, head->event, head->event_len, head->period,
				  head->has_period),
		.thread = thread_of(text, head->comm, head->comm_len, (uint32_t)head->pid,
				    (uint32_t)head->tid),
		.slice = (uint32_t)slice,
		.samples = 1,
		.value = head->period,
	};
	text->frames.count = 0;
}

/*
 * Behind the event there is a frame, or what a tracepoint tells, which may begin with a number as
 * well: without a module, the number must be an address.
 */
static bool is_lone_frame(const char *rest)
{
	enum { DIGITS_MIN = 6 };
	struct frame frame;

	return read_frame(rest, &frame) &&
	       (frame.has_module || strspn(rest, "0123456789abcdef") >= DIGITS_MIN);
}

static void take_script(struct import_text *text, const char *line)
{
	struct head head = { 0 };

	if (*line == '#' || is_no_sample(line))
		return;
	if (!line[strspn(line, " \t")]) {
		add_sample(text);
		return;
	}
	if (isspace((unsigned char)*line) && take_frame(text, line))
		return;
	if (!read_head(line, &head) || head.period > INT64_MAX / 2) {
		if (text->sample.event && isspace((unsigned char)*line))
			text->other_lines++;
		else
			note_bad(text);
		return;
	}
	add_sample(text);
	begin_sample(text, &head);
	if (is_lone_frame(head.rest))
		take_frame(text, head.rest);
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
