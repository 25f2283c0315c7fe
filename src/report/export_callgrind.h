/*
 * export_callgrind.h - what a callgrind file has: functions, their lines, and calls from lines.
 *
 *   functions ◄── lines ◄── calls ──► functions (callees)
 *                  └ line_costs  └ call_costs        raw; as many a row as there are events
 *
 * Made in export_callgrind.c, written in export_callgrind_text.c.
 */
#ifndef PMC_REPORT_EXPORT_CALLGRIND_H
#define PMC_REPORT_EXPORT_CALLGRIND_H

#include "report/export_paths.h"

struct callgrind_function {
	uint32_t name, module, file;	/* strings */
	int64_t line;
};

struct callgrind_line {
	uint32_t function;
	uint32_t file;			/* string: mostly the function's */
	int64_t line;			/* 0: not known */
	bool has_cost;
};

struct callgrind_call {
	uint32_t line;			/* of lines: from where */
	uint32_t callee;		/* of functions */
	int64_t samples;		/* 0: nothing counts for it, see export_callgrind.c */
};

struct callgrind {
	const struct export_data *data;		/* borrowed */
	struct export_paths paths;
	PMC_ARRAY(struct callgrind_function) functions;
	PMC_ARRAY(struct callgrind_line) lines;
	PMC_ARRAY(struct callgrind_call) calls;
	struct pmc_index function_index, line_index, call_index;
	int64_t *line_costs, *call_costs;
	uint32_t *call_of;			/* by path: the call that led to it */
	uint32_t *seen;				/* by function: the last path that met it, + 1 */
};

void callgrind_build(struct callgrind *callgrind, const struct export_data *data);
void callgrind_write(const struct callgrind *callgrind, FILE *out);
void callgrind_fini(struct callgrind *callgrind);

#endif
