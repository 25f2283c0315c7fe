/*
 * import_text.h - stacks that others have written as text: folded, or by perf script.
 *
 *   folded        main;work;leaf 42            outermost first, then how many samples
 *
 *   perf script   prog 812/813 [001] 7.123456:  1000 cycles:u:       (script_line.h)
 *                         401136 leaf+0x6 (/bin/prog)          innermost first
 *                         401180 work+0x20 (/bin/prog)
 *                   (an empty line)
 *
 * Of what perf script can leave out (-F), the time, or the thread and the event must be there; a
 * period makes values, without it samples are all that is known.
 *
 * Job: which of the two it is; a line after the other to rows of the catalog and the cost table.
 * Texts have names and no files: each function of a module is an offset of its own, and its name is
 * announced for it, as that of code made by the kernel is.
 * Lines that are neither are counted: those that belong to a sample (source lines, instructions,
 * registers) apart from those that nothing is known of. So is a sample for whose value the sum of
 * its event has no room. One thread.
 */
#ifndef PMC_COLLECTOR_IMPORT_TEXT_H
#define PMC_COLLECTOR_IMPORT_TEXT_H

#include <stdbool.h>

#include "collector/catalog.h"
#include "collector/costs.h"
#include "collector/script_line.h"

enum import_text_form { IMPORT_TEXT_NONE, IMPORT_TEXT_FOLDED, IMPORT_TEXT_SCRIPT };

enum { IMPORT_TEXT_LINE_MAX = 1 << 20, IMPORT_TEXT_FRAMES_MAX = 4096 };

/* What the first lines are; `size` bytes of them; and what fields those of perf script have. */
enum import_text_form import_text_guess(const char *text, size_t size,
					struct script_fields *fields);

struct text_event {
	char *name;
	uint64_t period; /* of its first sample */
	uint64_t value;	 /* of all its samples */
	bool is_clock;
};

struct text_thread {
	uint32_t comm, pid, tid; /* comm: string */
	uint32_t thread;
};

struct import_text {
	enum import_text_form form;
	struct script_fields fields;
	struct catalog *catalog; /* borrowed */
	struct costs *costs;	 /* borrowed */
	uint64_t slice_ns, start_ns, end_ns;
	uint64_t samples, lines, bad_lines;
	uint64_t other_lines; /* of samples, and nothing that is kept */
	uint64_t bad_line; /* the first of them, counted from 1 */
	PMC_ARRAY(struct text_event) events;
	struct pmc_index event_index; /* of names */
	PMC_ARRAY(struct text_thread) threads;
	struct pmc_index thread_index;
	PMC_ARRAY(uint32_t) frames; /* of the sample that is being read, innermost first */
	struct pmc_cost_row sample; /* that is being read; event 0: none */
	bool has_time;
};

void import_text_init(struct import_text *text, enum import_text_form form,
		      const struct script_fields *fields, struct catalog *catalog,
		      struct costs *costs, uint64_t slice_ns);
void import_text_fini(struct import_text *text);

/* Takes a line without its end. It may be changed. */
void import_text_line(struct import_text *text, char *line);

/* The last line was taken. */
void import_text_end(struct import_text *text);

#endif
