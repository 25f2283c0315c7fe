/*
 * test_script_line.c - lines as perf script prints them: fields that are there or not, names of
 * threads with blanks and numbers, what is no sample.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "collector/script_line.h"

/* A line's parts: "comm|pid/tid|ns|period|event|module:name"; - for a part that is not there. */
static char *read_parts(const char *line, const struct script_fields *fields)
{
	struct script_frame frame;
	struct script_head head;
	char ids[32] = "-", ns[32] = "-", period[32] = "-";
	PMC_FREE char *lone = NULL;

	switch (script_line_read(line, fields, &head, &frame)) {
	case SCRIPT_FRAME:
		return pmc_sprintf("frame %llx %.*s:%.*s", (unsigned long long)frame.address,
				   (int)frame.module_len, frame.module, (int)frame.name_len,
				   frame.name);
	case SCRIPT_RECORD:
		return pmc_strdup("record");
	case SCRIPT_FIELD:
		return pmc_strdup("field");
	case SCRIPT_OTHER:
		return pmc_strdup("other");
	case SCRIPT_HEAD:
		break;
	}
	if (head.has_ids)
		snprintf(ids, sizeof(ids), "%d/%d", (int)head.pid, (int)head.tid);
	if (head.has_time)
		snprintf(ns, sizeof(ns), "%llu", (unsigned long long)head.time_ns);
	if (head.has_period)
		snprintf(period, sizeof(period), "%llu", (unsigned long long)head.period);
	lone = head.has_frame ?
		       pmc_sprintf("%.*s:%.*s", (int)head.frame.module_len, head.frame.module,
				   (int)head.frame.name_len, head.frame.name) :
		       pmc_strdup("-");
	return pmc_sprintf("%.*s|%s|%s|%s|%.*s|%s", (int)head.comm_len, head.comm, ids, ns, period,
			   (int)head.event_len, head.event, lone);
}

static void expect(const char *line, const struct script_fields *fields, const char *parts)
{
	PMC_FREE char *seen = read_parts(line, fields);

	if (strcmp(seen, parts) != 0)
		fail_msg("'%s': %s, not %s", line, seen, parts);
}

static void lines_are_read(void **state)
{
	static const struct {
		const char *line, *parts;
	} cases[] = {
		{ "prog 812/813 [001] 7.500000:       1000 cycles:u: ",
		  "prog|812/813|7500000000|1000|cycles:u|-" },
		{ "prog   813 7.500000001: 1000 cycles:", "prog|813/813|7500000001|1000|cycles|-" },
		{ "            dd 812 7.500000: 1000 cpu-clock:      401136 leaf+0x6 (/bin/prog)",
		  "dd|812/812|7500000000|1000|cpu-clock|/bin/prog:leaf" },
		/* Names of threads. */
		{ "Worker 3 27617 7.500000: 20 cpu-clock: 401136 leaf (/x)",
		  "Worker 3|27617/27617|7500000000|20|cpu-clock|/x:leaf" },
		{ "pool 1 thread 2 15 7.500000: cpu-clock:",
		  "pool 1 thread 2|15/15|7500000000|-|cpu-clock|-" },
		{ "kworker/0:1-ev 12 [000] 7.500000: cycles:",
		  "kworker/0:1-ev|12/12|7500000000|-|cycles|-" },
		{ "a: 5 b: 812 7.500000: c:", "a: 5 b:|812/812|7500000000|-|c|-" },
		{ ":-1    -1 [001] 7.500000: c:", ":-1|-1/-1|7500000000|-|c|-" },
		{ "swapper     0 [000] 7.500000: c:", "swapper|0/0|7500000000|-|c|-" },
		/* Fields that are there or not. */
		{ "prog 813 [001] U 7.500000: c:", "prog|813/813|7500000000|-|c|-" },
		{ "prog 813 U 7.500000: c:", "prog|813/813|7500000000|-|c|-" },
		{ "prog [001] 7.500000: c:", "prog|-|7500000000|-|c|-" },
		{ "prog 7.500000: c:", "prog|-|7500000000|-|c|-" },
		{ "prog 7.500000: ", "prog|-|7500000000|-|samples|-" },
		{ "prog 812 7.500000:     1000 ", "prog|812/812|7500000000|1000|samples|-" },
		{ "prog 812 7.500000: 401136 leaf (/x)",
		  "prog|812/812|7500000000|-|samples|/x:leaf" },
		{ "prog 812 7.500000: 10 401136 leaf (/x)",
		  "prog|812/812|7500000000|10|samples|/x:leaf" },
		{ "prog 812 cpu-clock:", "prog|812/812|-|-|cpu-clock|-" },
		{ "prog 812/813 [001] 10 cpu-clock:u:", "prog|812/813|-|10|cpu-clock:u|-" },
		{ "prog [001] 1001001 cpu-clock:", "prog|-|-|1001001|cpu-clock|-" },
		{ "Worker 3   812       1000 c:", "Worker 3|812/812|-|1000|c|-" },
		{ "Worker 3   812 12345678901 c:", "Worker 3|812/812|-|12345678901|c|-" },
		{ "Worker 3    1001001 c:", "Worker|3/3|-|1001001|c|-" },
		{ "main    1001001 c:", "main|-|-|1001001|c|-" },
		{ "Worker 3   812 c:", "Worker 3|812/812|-|-|c|-" },
		{ "Worker 3 27617 cpu-clock: 401136 leaf",
		  "Worker 3|27617/27617|-|-|cpu-clock|[text]:leaf" },
		/* Behind the event. */
		{ "p 1 7.500000: c: ffffffff81000010 do_syscall_64+0x10",
		  "p|1/1|7500000000|-|c|[kernel]:do_syscall_64" },
		{ "p 1 7.500000: c: 401136 leaf+0x11 (/w) insn: 48 89 c2",
		  "p|1/1|7500000000|-|c|/w:leaf" },
		{ "p 1 7.500000: c:   0 563a55f8116a leaf (/w)", "p|1/1|7500000000|-|c|/w:leaf" },
		{ "p 1 7.500000: raw_syscalls:sys_enter: NR 1 (1, 7f, 1)",
		  "p|1/1|7500000000|-|raw_syscalls:sys_enter|-" },
		{ "p 1 7.500000: sched:x: 12 other", "p|1/1|7500000000|-|sched:x|-" },
		{ "p 1 7.500000: probe:x: saw: PERF_RECORD_LOST",
		  "p|1/1|7500000000|-|probe:x|-" },
		/* Frames. */
		{ "\t          401136 ns::leaf(int, char)+0x6 (/bin/my prog)",
		  "frame 401136 /bin/my prog:ns::leaf(int, char)" },
		{ "\t401136 operator() (int) (/x)", "frame 401136 /x:operator() (int)" },
		{ "\t401136 f(void (*)(int))", "frame 401136 [text]:f(void (*)(int))" },
		{ "\t401136 leaf (inlined)", "frame 401136 inlined:leaf" },
		{ "\t401136 [unknown] ([unknown])", "frame 401136 [unknown]:[unknown]" },
		{ "\t116a [unknown] (/tmp/gone (deleted))", "frame 116a /tmp/gone:[unknown]" },
		{ "\t116a leaf (/tmp/gone (deleted)) insn: 48", "frame 116a /tmp/gone:leaf" },
		{ "\tffffffff81000010 x ([kernel.kallsyms])",
		  "frame ffffffff81000010 [kernel.kallsyms]:x" },
		{ "   401136 leaf (/x)", "frame 401136 /x:leaf" },
		/* What is no sample. */
		{ "p 0 7.500000: PERF_RECORD_COMM: perf-exec:1/1", "record" },
		{ "p 0 PERF_RECORD_FORK(1:2):(1:1)", "record" },
		{ "  threads.c:30", "field" },
		{ " insn: 48 8d 0c 38", "field" },
		{ "what is this", "other" },
		{ "Copyright (c) 2026", "other" },
		{ "  bash-123     [001] .....  7.500000: sched_switch: x", "other" },
		{ "<idle>-0 [001] d..2. 7.500000: sched_switch: x", "other" },
		{ "  p 812 7.500000: my event: 401136 leaf (/x)", "other" },
		{ "p 1 7.500000: 99999999999999999999 c:", "other" },
		{ "7.500000: c:", "other" },
		{ "", "other" },
	};
	const struct script_fields fields = { .lacks_ids = false };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].line, &fields, cases[i].parts);
}

/* Whether a number is a part of a name, other lines tell. */
static void fields_are_learned(void **state)
{
	struct script_fields fields = { .lacks_ids = false };

	(void)state;
	script_fields_learn(&fields, "Worker 3 7.500000: c:");
	expect("Worker 3 7.500000: c:", &fields, "Worker|3/3|7500000000|-|c|-");
	script_fields_learn(&fields, "main 7.500000: c:");
	script_fields_learn(&fields, "Worker 3 7.500000: c:");
	expect("Worker 3 7.500000: c:", &fields, "Worker 3|-|7500000000|-|c|-");
}

/* Time grows with the length of a line, not with its square. */
static void long_lines(void **state)
{
	enum { SIZE = 1 << 20 };
	static const char *const parts[] = { " (/", "+0x", " (",  "a ",
					     ") ",  "1 ",  ": ", "(deleted" };
	const struct script_fields fields = { .lacks_ids = false };
	char *line = pmc_calloc(SIZE + 1, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const size_t len = strlen(parts[i]);
		struct script_frame frame;
		struct script_head head;

		memcpy(line, "\t401136 x", 9);
		for (size_t at = 9; at + len <= SIZE; at += len)
			memcpy(line + at, parts[i], len);
		script_line_read(line, &fields, &head, &frame);
		memcpy(line, "p 1 7.500000: c: ", 17);
		script_line_read(line, &fields, &head, &frame);
	}
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(fields_are_learned),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
