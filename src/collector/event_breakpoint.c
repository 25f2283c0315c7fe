/*
 * event_breakpoint.c - hardware breakpoints: mem:ADDR[/LENGTH][:ACCESS][:modifiers]
 *
 *   mem:0x7f001000/8:rw:u     writes and reads of 8 bytes, user mode
 *   mem:0x401136:x            execution of that instruction
 *
 * The address is hexadecimal with 0x. Names of variables and functions are not understood: which
 * process would they belong to? ACCESS is some of r, w and x; rw if it is left out. The length is 1
 * to 8 bytes; 4 by default, and for x the size of a pointer, as the kernel wants it.
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/event.h"

static enum event_found fail(const struct event_spec *spec, struct pmc_err *err, const char *why)
{
	pmc_err_set(err, PMC_ERR_USAGE, "%s (column %zu): %s", spec->text, spec->column, why);
	pmc_err_hint(err,
		     "a breakpoint is written mem:0xADDRESS/LENGTH:rw, its length 1, 2, 4 or 8");
	return EVENT_BAD;
}

/* Letters r, w, x, each at most once. 0: it is not that. */
static unsigned read_access(const char *text, size_t len)
{
	unsigned access = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned one = text[i] == 'r' ? HW_BREAKPOINT_R :
			       text[i] == 'w' ? HW_BREAKPOINT_W :
			       text[i] == 'x' ? HW_BREAKPOINT_X :
						0;

		if (!one || access & one)
			return 0;
		access |= one;
	}
	return access;
}

enum event_found event_breakpoint_resolve(struct pmc_event *event, const struct event_spec *spec,
					  struct event_modifiers *mods, struct pmc_err *err)
{
	struct perf_event_attr *attr = event->attr;
	const char *at = spec->name + 4;
	unsigned long long address, length = 0;
	unsigned access = 0;
	char *end;

	if (strncasecmp(spec->name, "mem:", 4))
		return EVENT_NOT_MINE;
	if (at[0] != '0' || (at[1] | 0x20) != 'x' || !strchr("0123456789abcdefABCDEF", at[2]) ||
	    !at[2]) {
		pmc_err_set(err, PMC_ERR_USAGE,
			    "%s (column %zu): its address does not begin with 0x", spec->text,
			    spec->column);
		pmc_err_hint(err, "names of variables and functions are not supported yet; `nm "
				  "PROGRAM` tells the "
				  "address in a program that is not position-independent");
		return EVENT_BAD;
	}
	errno = 0;
	address = strtoull(at, &end, 16);
	if (errno)
		return fail(spec, err, "its address has more than 64 bits");
	if (*end == '/') {
		length = strtoull(end + 1, &end, 10);
		if (length < 1 || length > 8)
			return fail(spec, err, "its length is not 1 to 8");
	}
	if (*end == ':') {
		size_t len = strcspn(end + 1, ":");

		access = read_access(end + 1, len);
		if (access)
			end += 1 + len;
	}
	if (*end == ':') {
		if (!end[1] || !event_parse_modifiers(mods, end + 1, strlen(end + 1)))
			return fail(spec, err,
				    "behind the address come letters r, w, x, then modifiers");
		end += strlen(end);
	}
	if (*end)
		return fail(spec, err,
			    "there is something behind its address that does not belong there");
	if (!access)
		access = HW_BREAKPOINT_R | HW_BREAKPOINT_W;
	if (access & HW_BREAKPOINT_X && access != HW_BREAKPOINT_X)
		return fail(spec, err, "x cannot be watched together with r or w");
	if (!length)
		length = access == HW_BREAKPOINT_X ? sizeof(long) : HW_BREAKPOINT_LEN_4;

	attr->type = PERF_TYPE_BREAKPOINT;
	attr->bp_type = access;
	attr->bp_addr = address;
	attr->bp_len = length;
	event->source = PMC_SOURCE_BREAKPOINT;
	event->name = pmc_sprintf(
		"mem:0x%llx/%llu:%s%s%s", address, length, access & HW_BREAKPOINT_R ? "r" : "",
		access & HW_BREAKPOINT_W ? "w" : "", access & HW_BREAKPOINT_X ? "x" : "");
	return EVENT_FOUND;
}
