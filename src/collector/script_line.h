/*
 * script_line.h - a line that perf script has printed.
 *
 *   prog 812/813 [001] U 7.123456:  1000 cycles:u:   401136 leaf+0x6 (/bin/prog)
 *   └comm┘└ids──┘└cpu┘ └──stamp──┘ └period┘└event┘  └ a frame: here, or in lines of its own
 *
 *   TAB         401136 leaf+0x6 (/bin/prog)
 *
 * Of a head's fields many can be left out (perf script -F), and names of threads may have blanks,
 * numbers and colons. A stamp is like nothing else: what is before it is read from right to left.
 * Without one, an event behind a number is looked for, and a number in a column of ten is a period.
 * Whether a number before a stamp belongs to a name, one line cannot tell, but several can: where
 * one has none, no line has a thread.
 *
 * Nothing is copied: texts point into the line.
 */
#ifndef PMC_COLLECTOR_SCRIPT_LINE_H
#define PMC_COLLECTOR_SCRIPT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What some lines together tell of all. */
struct script_fields {
	bool lacks_ids; /* a head with a stamp has no number before it */
};

struct script_frame {
	uint64_t address;
	const char *name, *module; /* without a module told: "[kernel]" or "[text]" */
	size_t name_len, module_len;
};

struct script_head {
	const char *comm, *event; /* "samples" where none is told */
	size_t comm_len, event_len;
	uint64_t time_ns, period; /* 1 where none is told */
	uint32_t pid, tid;	  /* 0 where they are not told */
	bool has_time, has_ids, has_period, has_frame;
	struct script_frame frame;
};

enum script_kind {
	SCRIPT_HEAD,
	SCRIPT_FRAME,
	SCRIPT_RECORD, /* PERF_RECORD_…: what it tells, heads and frames do, too */
	SCRIPT_FIELD,  /* of the sample before, and nothing that is kept: a source line */
	SCRIPT_OTHER,  /* none of these */
};

/* Reads a line. *head or *frame is what its kind says. */
enum script_kind script_line_read(const char *line, const struct script_fields *fields,
				  struct script_head *head, struct script_frame *frame);

/* Learns from one line what fields all have; begins with all zero. */
void script_fields_learn(struct script_fields *fields, const char *line);

#endif
