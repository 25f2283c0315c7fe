/*
 * script_line.c - see script_line.h.
 */
#include "collector/script_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A name has 15 bytes, so there are few words before a stamp. */
enum { WORDS_MAX = 16 };

struct word {
	const char *at;
	size_t len;
};

struct words {
	struct word items[WORDS_MAX];
	size_t count;
};

static void split(const char *line, struct words *words)
{
	words->count = 0;
	for (line += strspn(line, " \t"); *line && words->count < WORDS_MAX;) {
		const size_t len = strcspn(line, " \t");

		words->items[words->count++] = (struct word){ line, len };
		line += len;
		line += strspn(line, " \t");
	}
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* ---- words of a head ---- */

/* A decimal number, whole. */
static bool read_number(const struct word *word, uint64_t *value)
{
	char *end;

	if (!word->len || digits(word->at) != word->len)
		return false;
	errno = 0;
	*value = strtoull(word->at, &end, 10);
	return errno == 0;
}

/* "813", or -1 of a thread that has ended. */
static bool read_id(const char *at, size_t len, uint32_t *id)
{
	uint64_t value;

	if (len == 2 && !strncmp(at, "-1", 2)) {
		*id = UINT32_MAX;
		return true;
	}
	if (!read_number(&(struct word){ at, len }, &value) || value > UINT32_MAX)
		return false;
	*id = (uint32_t)value;
	return true;
}

/* "812/813", "813" */
static bool read_ids(const struct word *word, struct script_head *head)
{
	const char *slash = memchr(word->at, '/', word->len);
	const size_t len = slash ? (size_t)(slash - word->at) : word->len;

	if (!read_id(word->at, len, &head->pid))
		return false;
	head->tid = head->pid;
	return !slash || read_id(slash + 1, word->len - len - 1, &head->tid);
}

/* "[001]" */
static bool is_cpu(const struct word *word)
{
	return word->len > 2 && word->at[0] == '[' && word->at[word->len - 1] == ']' &&
	       digits(word->at + 1) == word->len - 2;
}

/* -F misc: "U", "K", "Sp" */
static bool is_misc(const struct word *word)
{
	return word->len && word->len <= 2 && strspn(word->at, "KUHGgMESp") >= word->len;
}

/* "7.123456:", with nanoseconds "7.123456789:" */
static bool read_stamp(const struct word *word, uint64_t *ns)
{
	const size_t whole = digits(word->at), part = word->len - whole;
	uint64_t seconds, unit = 100000000;

	if (!whole || (part != 8 && part != 11) || word->at[whole] != '.' ||
	    digits(word->at + whole + 1) != part - 2 || word->at[word->len - 1] != ':' ||
	    !read_number(&(struct word){ word->at, whole }, &seconds) ||
	    seconds > UINT32_MAX * 4ULL)
		return false;
	*ns = seconds * 1000000000;
	for (const char *at = word->at + whole + 1; isdigit((unsigned char)*at); at++, unit /= 10)
		*ns += (uint64_t)(*at - '0') * unit;
	return true;
}

/* An event's name ends with a colon, and may have some inside. */
static bool is_event(const struct word *word)
{
	return word->len >= 2 && word->at[word->len - 1] == ':' && digits(word->at) < word->len - 1;
}

static bool is_record(const struct word *word)
{
	static const char begin[] = "PERF_RECORD_";

	return word->len > sizeof(begin) - 1 && !strncmp(word->at, begin, sizeof(begin) - 1);
}

/* ---- frames ---- */

/* Addresses from here on are the kernel's, on all machines of 64 bits that have halves. */
static const uint64_t KERNEL_HALF = 0xff00000000000000;

/*
 * "leaf+0x6 (/bin/prog)": where the module's bracket opens. The last one that has a file's name or
 * that of a part of memory; behind it there may be other fields. NULL: none is told.
 */
static const char *find_module(const char *begin, struct script_frame *frame)
{
	static const char deleted[] = " (deleted)";
	const size_t mark = sizeof(deleted) - 2; /* without the bracket */
	const char *open = NULL, *close = strrchr(begin, ')'), *last;

	if (!close)
		return NULL;
	for (const char *at = strstr(begin, " ("); at && at < close; at = strstr(at + 2, " ("))
		if (at[2] == '/' || at[2] == '[')
			open = at;
	/* Others, as "(inlined)" and "(bpf_prog_1)", end the line. */
	if (!open && !close[1]) {
		last = strrchr(begin, '(');
		open = last && last > begin && last[-1] == ' ' ? last - 1 : NULL;
	}
	if (!open)
		return NULL;
	frame->module = open + 2;
	/* Names of files may have brackets; where other fields follow, the first one ends it. */
	frame->module_len = close[1] ? strcspn(frame->module, ")") :
				       (size_t)(close - frame->module);
	if (frame->module_len > mark && frame->module[frame->module_len - 1] == ')')
		frame->module_len--;
	if (frame->module_len > mark &&
	    !strncmp(frame->module + frame->module_len - mark, deleted, mark))
		frame->module_len -= mark;
	return open;
}

/* "401136 leaf+0x6 (/bin/prog)"; names may have blanks and brackets. */
static bool read_frame(const char *line, struct script_frame *frame, bool *has_module)
{
	const char *end;
	char *stop;

	line += strspn(line, " \t");
	if (!isxdigit((unsigned char)*line))
		return false;
	frame->address = strtoull(line, &stop, 16);
	if (*stop != ' ')
		return false;
	frame->name = stop + strspn(stop, " ");
	end = find_module(stop, frame);
	*has_module = end;
	if (!end) {
		end = stop + strlen(stop);
		frame->module = frame->address >= KERNEL_HALF ? "[kernel]" : "[text]";
		frame->module_len = strlen(frame->module);
	}
	while (end > frame->name && isspace((unsigned char)end[-1]))
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

static bool is_address(const struct word *word)
{
	enum { DIGITS_MIN = 6 };

	return word->len >= DIGITS_MIN && strspn(word->at, "0123456789abcdef") == word->len;
}

/*
 * Behind the event there is a frame, or what a tracepoint tells, which may begin with a number as
 * well: without a module, the number must be an address. Before it there may be another one, that
 * of the data.
 */
static bool read_lone_frame(const struct words *words, size_t at, struct script_frame *frame)
{
	const struct word *word = &words->items[at];
	bool has_module;

	if (at >= words->count)
		return false;
	if (at + 2 < words->count && is_address(word + 1) && word[2].at[0] != '(')
		word++;
	return read_frame(word->at, frame, &has_module) && (has_module || is_address(word));
}

/* ---- heads ---- */

static const struct script_fields all_fields = { .lacks_ids = false };

/* A thread's name, and what is between it and a stamp or an event: the words before `end`. */
static bool read_who(const struct words *words, size_t end, const struct script_fields *fields,
		     struct script_head *head)
{
	const struct word *items = words->items;

	if (end > 2 && is_misc(&items[end - 1]) &&
	    (is_cpu(&items[end - 2]) || read_ids(&items[end - 2], head)))
		end--;
	if (end > 1 && is_cpu(&items[end - 1]))
		end--;
	head->has_ids = end > 1 && !fields->lacks_ids && read_ids(&items[end - 1], head);
	if (head->has_ids)
		end--;
	else
		head->pid = head->tid = 0;
	/* Lines of ftrace have flags behind the CPU. */
	for (size_t i = 1; i < end; i++)
		if (is_cpu(&items[i]))
			return false;
	head->comm = items[0].at;
	head->comm_len = (size_t)(items[end - 1].at + items[end - 1].len - items[0].at);
	return true;
}

/* "1000 cycles:u: FRAME" behind a stamp: all of it may be missing. */
static enum script_kind read_what(const char *rest, struct script_head *head)
{
	struct words words;
	const struct word *first = words.items;
	bool has_number, has_event;

	split(rest, &words);
	if (!words.count)
		return SCRIPT_HEAD;
	if (is_record(first))
		return SCRIPT_RECORD;
	has_number = read_number(first, &head->period);
	if (!has_number && digits(first->at) == first->len)
		return SCRIPT_OTHER; /* one that is too large */
	has_event = words.count > has_number && is_event(first + has_number);
	if (has_event) {
		head->event = first[has_number].at;
		head->event_len = first[has_number].len - 1;
	}
	head->has_period = has_number && (has_event || words.count == 1 ||
					  (words.count > 2 && is_address(first + 1) &&
					   first[2].at[0] != '('));
	if (!head->has_period)
		head->period = 1;
	head->has_frame = read_lone_frame(&words, (size_t)head->has_period + has_event,
					  &head->frame);
	return has_event || head->has_frame || head->has_period ? SCRIPT_HEAD : SCRIPT_OTHER;
}

/* A period has ten columns and a blank; no thread's id has as many. */
static bool is_period(const struct word *word)
{
	enum { COLUMNS = 11 };
	const struct word *before = word - 1;
	uint64_t value;

	return read_number(word, &value) &&
	       word->at + word->len >= before->at + before->len + COLUMNS;
}

/* Without a stamp: the first word that may be an event, and has a number before it. 0: none. */
static size_t find_event(const struct words *words)
{
	const struct word *items = words->items;
	struct script_head ids;

	for (size_t i = 2; i < words->count; i++)
		if ((is_event(&items[i]) || is_record(&items[i])) &&
		    (read_ids(&items[i - 1], &ids) || is_period(&items[i - 1]) ||
		     (i > 2 && is_cpu(&items[i - 1]) && read_ids(&items[i - 2], &ids))))
			return i;
	return 0;
}

static size_t find_stamp(const struct words *words, uint64_t *ns)
{
	for (size_t i = 1; i < words->count; i++)
		if (read_stamp(&words->items[i], ns))
			return i;
	return 0;
}

static enum script_kind read_head(const char *line, const struct script_fields *fields,
				  struct script_head *head)
{
	static const char any[] = "samples";
	struct words words;
	size_t at, end;
	const char *rest;

	*head = (struct script_head){ .event = any, .event_len = sizeof(any) - 1, .period = 1 };
	split(line, &words);
	at = find_stamp(&words, &head->time_ns);
	if (at) {
		head->has_time = true;
		if (!read_who(&words, at, fields, head))
			return SCRIPT_OTHER;
		rest = words.items[at].at + words.items[at].len;
		return read_what(rest + strspn(rest, " \t"), head);
	}
	at = find_event(&words);
	if (!at)
		return SCRIPT_OTHER;
	end = at;
	if ((at > 2 && is_cpu(&words.items[at - 2])) || is_period(&words.items[at - 1]))
		end--;
	return read_who(&words, end, &all_fields, head) ? read_what(words.items[end].at, head) :
							SCRIPT_OTHER;
}

/* ---- lines ---- */

/* perf script begins frames with a tab, and other lines with blanks, if at all. */
static bool has_tab(const char *line)
{
	return line[strspn(line, " ")] == '\t';
}

enum script_kind script_line_read(const char *line, const struct script_fields *fields,
				  struct script_head *head, struct script_frame *frame)
{
	const bool is_indented = isspace((unsigned char)*line);
	enum script_kind kind;
	bool has_module;

	if (has_tab(line) && read_frame(line, frame, &has_module))
		return SCRIPT_FRAME;
	kind = read_head(line, fields, head);
	if (kind != SCRIPT_OTHER || !is_indented)
		return kind;
	if (read_frame(line, frame, &has_module))
		return SCRIPT_FRAME;
	return head->has_time ? SCRIPT_OTHER : SCRIPT_FIELD;
}

void script_fields_learn(struct script_fields *fields, const char *line)
{
	struct script_frame frame;
	struct script_head head;

	if (script_line_read(line, &all_fields, &head, &frame) == SCRIPT_HEAD && head.has_time)
		fields->lacks_ids |= !head.has_ids;
}
