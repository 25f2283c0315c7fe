/*
 * event_parse.c - the syntax of event lists: text to rows. No I/O, no knowledge of any event's
 * name.
 *
 *   list   = item { "," item }
 *   item   = event | "{" event { "," event } "}" [ [":"] modifiers ]
 *   event  = name [ "/" [ term { "," term } ] "/" [ [":"] modifiers ] ]
 *   name   = "mem:" ADDR [ "/" LENGTH ] [ ":" letters ] | bytes other than , { } / and blanks
 *   term   = word [ "=" value ]
 *
 * Blanks may stand around every part. A name without terms keeps its colons: whether ":u" is a
 * modifier, a tracepoint's name or an attribute of libpfm4 is for the sources to say.
 *
 * Every error names the column, counted in bytes from 1, and what was expected there. Bytes that
 * are not printable ASCII are refused first, so that no error text carries them to a terminal.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/event.h"

#define NAME_ENDS ",{}/ \t\n"

struct parser {
	const char *text;
	size_t at;
	struct event_specs *specs;
	int groups; /* number seen so far */
	struct pmc_err *err;
};

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->text + p->at, " \t\n");
}

static char peek(const struct parser *p)
{
	return p->text[p->at];
}

/* "column 4: expected …, found 'x'" */
static int fail(struct parser *p, const char *expected)
{
	if (peek(p))
		pmc_err_set(p->err, PMC_ERR_USAGE,
			    "event list, column %zu: expected %s, found '%c'", p->at + 1, expected,
			    peek(p));
	else
		pmc_err_set(p->err, PMC_ERR_USAGE,
			    "event list, column %zu: expected %s, but it ends", p->at + 1,
			    expected);
	return pmc_err_hint(p->err,
			    "it reads like cycles:u,{instructions,branches}:u,cpu-clock/freq=99/,"
			    "cpu/event=0x3c/,sched:sched_switch");
}

bool event_parse_modifiers(struct event_modifiers *mods, const char *text, size_t len)
{
	struct event_modifiers seen = { 0 };

	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case 'u':
			seen.set |= EVENT_MOD_USER;
			break;
		case 'k':
			seen.set |= EVENT_MOD_KERNEL;
			break;
		case 'h':
			seen.set |= EVENT_MOD_HV;
			break;
		case 'P':
			seen.set |= EVENT_MOD_MAX_PRECISE;
			break;
		case 'S':
			seen.set |= EVENT_MOD_SAMPLE_READ;
			break;
		case 'D':
			seen.set |= EVENT_MOD_PINNED;
			break;
		case 'p':
			if (++seen.precise <= 3)
				break;
			return false;
		default:
			return false;
		}
	}
	mods->set |= seen.set;
	if (seen.precise > mods->precise)
		mods->precise = seen.precise;
	return true;
}

void event_format_modifiers(char text[16], const struct event_modifiers *mods)
{
	size_t n = 0;

	text[n++] = ':';
	if (mods->set & EVENT_MOD_USER)
		text[n++] = 'u';
	if (mods->set & EVENT_MOD_KERNEL)
		text[n++] = 'k';
	if (mods->set & EVENT_MOD_HV)
		text[n++] = 'h';
	if (mods->set & EVENT_MOD_MAX_PRECISE)
		text[n++] = 'P';
	for (unsigned i = 0; i < mods->precise && !(mods->set & EVENT_MOD_MAX_PRECISE); i++)
		text[n++] = 'p';
	text[n > 1 ? n : 0] = '\0';
}

bool event_parse_number(const char *text, uint64_t *value)
{
	uint64_t factor = 1, seen;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	seen = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
	if (errno)
		return false;
	switch (*end) {
	case 'k':
		factor = 1000;
		break;
	case 'M':
		factor = 1000000;
		break;
	case 'G':
		factor = 1000000000;
		break;
	}
	if (factor > 1)
		end++;
	if (*end || __builtin_mul_overflow(seen, factor, value))
		return false;
	return true;
}

/* Modifiers up to the next end of an event, with or without their colon. */
static int read_modifiers(struct parser *p, struct event_modifiers *mods, bool *given)
{
	size_t len;

	skip_blanks(p);
	if (peek(p) == ':') {
		p->at++;
		skip_blanks(p);
	}
	len = strcspn(p->text + p->at, NAME_ENDS);
	if (given)
		*given = len > 0;
	if (!event_parse_modifiers(mods, p->text + p->at, len)) {
		struct event_modifiers one;

		for (size_t i = 1; i < len; i++, p->at++) /* stop at the first that is wrong */
			if (one = (struct event_modifiers){ 0 },
			    !event_parse_modifiers(&one, p->text + p->at, 1))
				break;
		fail(p, "a modifier (u, k, h, p up to three times, P)");
		return -1;
	}
	p->at += len;
	return 0;
}

static int read_term(struct parser *p, struct event_spec *spec)
{
	struct event_term *term;
	size_t len, column;

	skip_blanks(p);
	column = p->at + 1;
	len = strcspn(p->text + p->at, "=,/ \t\n{}");
	if (!len)
		return fail(p, "a term such as event=0x3c or period=100000");
	term = pmc_array_add(&spec->terms);
	term->column = column;
	term->name = pmc_strndup(p->text + p->at, len);
	p->at += len;
	skip_blanks(p);
	if (peek(p) != '=')
		return 0;
	p->at++;
	skip_blanks(p);
	len = strcspn(p->text + p->at, "=,/ \t\n{}");
	if (!len)
		return fail(p, "a value behind '='");
	term->value = pmc_strndup(p->text + p->at, len);
	p->at += len;
	return 0;
}

/* From behind the opening slash to behind the closing one. */
static int read_terms(struct parser *p, struct event_spec *spec)
{
	spec->has_terms = true;
	skip_blanks(p);
	while (peek(p) != '/') {
		if (read_term(p, spec))
			return -1;
		skip_blanks(p);
		if (peek(p) != ',' && peek(p) != '/')
			return fail(p, "',' or '/' behind a term");
		if (peek(p) == ',') {
			p->at++;
			skip_blanks(p);
			if (peek(p) == '/')
				return fail(p, "a term behind ','");
		}
	}
	p->at++;
	return 0;
}

/* Length of a name; that of a breakpoint may hold the slash of its length. */
static size_t measure_name(const char *text)
{
	size_t len = strcspn(text, NAME_ENDS);

	if (!strncasecmp(text, "mem:", 4) && text[len] == '/' &&
	    isdigit((unsigned char)text[len + 1]))
		len += 1 + strcspn(text + len + 1, NAME_ENDS);
	return len;
}

static int read_event(struct parser *p, int group)
{
	struct event_spec *spec;
	size_t len, start;

	skip_blanks(p);
	start = p->at;
	if (peek(p) == '{')
		return fail(p, "an event (groups do not nest)");
	len = measure_name(p->text + p->at);
	if (!len)
		return fail(p, "an event");
	spec = pmc_array_add(p->specs);
	spec->group = group;
	spec->column = start + 1;
	spec->name = pmc_strndup(p->text + start, len);
	p->at += len;
	len = p->at;
	skip_blanks(p);
	if (peek(p) == '/') {
		p->at++;
		if (read_terms(p, spec) || read_modifiers(p, &spec->mods, &spec->mods_given))
			return -1;
		len = p->at;
	}
	spec->text = pmc_strndup(p->text + start, len - start);
	return 0;
}

static int read_group(struct parser *p)
{
	size_t first = p->specs->count;
	struct event_modifiers mods = { 0 };
	int group = p->groups++;

	for (;;) {
		p->at++; /* '{' or ',' */
		if (read_event(p, group))
			return -1;
		skip_blanks(p);
		if (peek(p) == '}')
			break;
		if (peek(p) != ',')
			return fail(p, "',' or '}'");
	}
	p->at++;
	if (read_modifiers(p, &mods, NULL))
		return -1;
	for (size_t i = first; i < p->specs->count; i++)
		p->specs->items[i].group_mods = mods;
	return 0;
}

int event_parse(struct event_specs *specs, const char *text, struct pmc_err *err)
{
	struct parser parser = { .text = text, .specs = specs, .err = err }, *p = &parser;

	memset(specs, 0, sizeof(*specs));
	for (size_t i = 0; text[i]; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (isprint(byte) || byte == '\t' || byte == '\n')
			continue;
		pmc_err_set(err, PMC_ERR_USAGE,
			    "event list, column %zu: byte 0x%02x stands in no event's name", i + 1,
			    byte);
		return pmc_err_hint(err, "events are written in plain ASCII");
	}
	skip_blanks(p);
	if (!peek(p)) {
		pmc_err_set(err, PMC_ERR_USAGE, "the event list is empty");
		return pmc_err_hint(
			err,
			"-e cpu-clock works everywhere; `pmc list` shows what this machine has");
	}
	for (;;) {
		skip_blanks(p);
		if (peek(p) == '{' ? read_group(p) : read_event(p, -1))
			return -1;
		skip_blanks(p);
		if (!peek(p))
			return 0;
		if (peek(p) != ',')
			return fail(p, "',' before the next event");
		p->at++;
	}
}

void event_specs_fini(struct event_specs *specs)
{
	for (size_t i = 0; i < specs->count; i++) {
		struct event_spec *spec = &specs->items[i];

		for (size_t k = 0; k < spec->terms.count; k++) {
			free(spec->terms.items[k].name);
			free(spec->terms.items[k].value);
		}
		pmc_array_free(&spec->terms);
		free(spec->text);
		free(spec->name);
	}
	pmc_array_free(specs);
}
