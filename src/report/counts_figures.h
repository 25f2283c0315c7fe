/*
 * counts_figures.h - what follows from counts: instructions per cycle, shares of misses, rates.
 *
 *   names of events ── figures_plan() ──► figures ── figure_value(counts of a run, a thread…) ──►
 *
 * Which figures there are depends on the events alone, so a plan serves every interval, thread and
 * run. The formulas and their sources are in counts_figures.c.
 */
#ifndef PMC_REPORT_COUNTS_FIGURES_H
#define PMC_REPORT_COUNTS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

enum figure_kind {
	FIGURE_IPC,		/* instructions per cycle */
	FIGURE_GHZ,		/* cycles per nanosecond on a CPU */
	FIGURE_CPUS,		/* CPUs kept busy */
	FIGURE_SHARE,		/* misses as a part of accesses, stalls as a part of cycles: 0..1 */
	FIGURE_PER_KILO,	/* misses per thousand instructions */
	FIGURE_RATE_CPU,	/* per second of CPU time */
	FIGURE_RATE,		/* per second */
	FIGURE_KINDS,
};

enum { FIGURE_NO_EVENT = -1, FIGURES_PER_EVENT = 2 };

struct figure {
	enum figure_kind kind;
	int event;		/* index of the event it is told of */
	int of;			/* index of the event it is divided by; FIGURE_NO_EVENT: by time */
};

/* An event's name, and what it counts. */
struct figure_event {
	const char *name;
	bool is_time;		/* its values are ns */
};

/* What an event counted somewhere. */
struct figure_input {
	bool known;		/* it was counted */
	double value;		/* its estimate for the whole time */
	double counted;		/* as the counters had it… */
	double running_ns;	/* …while they ran */
};

/*
 * The figures that `count` events allow, in the order of events; room for FIGURES_PER_EVENT each.
 * `system_wide`: whole CPUs were counted, also while they were idle. Returns their number.
 */
size_t figures_plan(const struct figure_event *events, size_t count, bool system_wide,
		    struct figure *figures);

/*
 * The value of a figure from what its events counted in elapsed_ns of time; NaN where an event was
 * not counted, or where it would divide by 0.
 */
double figure_value(const struct figure *figure, const struct figure_input *inputs,
		    double elapsed_ns);

/* What it is called, and its unit: "instructions per cycle". For programs. */
const char *figure_name(enum figure_kind kind);
const char *figure_unit(enum figure_kind kind);

/*
 * As people read it: "1.53 per cycle", "2.10 % of branches". `half`: half the width of its
 * interval, shown as ±; NaN: none. `of`: name of the event it is divided by. The caller frees.
 */
char *figure_text(enum figure_kind kind, double value, double half, const char *of);

#endif
