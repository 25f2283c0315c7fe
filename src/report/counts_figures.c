/*
 * counts_figures.c - see counts_figures.h.
 *
 * Job: which event is which under its many names, which figures two of them give, and the formulas.
 * Not here: reading counts (counts.c), spreads over runs (counts_mean.c), output.
 *
 *   figure                         formula                                    for
 *   instructions per cycle         instructions / cycles                      both there
 *   GHz                            cycles counted / ns their counters ran     tasks, all modes
 *   CPUs used                      task-clock ns / elapsed ns                 tasks
 *   share                          misses / accesses                          both there
 *                                  cycles stalled / cycles
 *   per thousand instructions      1000 * misses / instructions               *-misses
 *   per second of CPU time         value / task-clock s                       tasks; other counts
 *   per second                     value / elapsed s                          other counts
 *
 * Two events make a figure where they count in the same modes (user, kernel, hypervisor) and on the
 * same PMU: instructions:u over cycles would mix two things. Ratios take the estimates, each
 * scaled by its own time on a counter; where both are in a group those times are the same and
 * cancel out.
 *
 * A counter of a task runs while the task is on a CPU, so the sum of its running times is CPU time,
 * and cycles over it are the clock rate. A counter of a whole CPU runs while the CPU is idle too:
 * there the ratio says nothing of the clock and is left out. So it is with cycles:u, which stand
 * still in the kernel while the time goes on.
 *
 * Sources: cycles and instructions per cycle, misses per kilo-instruction: Hennessy and Patterson,
 * Computer Architecture, A Quantitative Approach, chapters 1 and 2. Names of common events: Arm
 * Architecture Reference Manual for A-profile, "Common event numbers" (INST_RETIRED 0x0008,
 * CPU_CYCLES 0x0011, BR_MIS_PRED_RETIRED 0x0022…); Intel SDM volume 3, "Pre-defined architectural
 * performance events"; the generic names are those of linux/perf_event.h.
 */
#include "report/counts_figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/mem.h"

/* ---- names ---- */

enum { MODE_USER = 1, MODE_KERNEL = 2, MODE_HYPERVISOR = 4, MODE_ALL = 7, NAME_MAX_LEN = 64 };

/* "arm_ac57::INST_RETIRED:u" → pmu "arm_ac57", base "instructions", modes MODE_USER. */
struct event_name {
	char pmu[NAME_MAX_LEN];		/* "" for generic names */
	char base[NAME_MAX_LEN];	/* lower case, the generic name where it is known */
	unsigned modes;
};

static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "cpu-cycles", "cycles" },
	{ "cpu_cycles", "cycles" },
	{ "cpu_clk_unhalted", "cycles" },
	{ "cpu_clk_unhalted:thread", "cycles" },
	{ "cpu_clk_unhalted:thread_p", "cycles" },
	{ "cpu_clk_unhalted:core", "cycles" },
	{ "unhalted_core_cycles", "cycles" },
	{ "cycles_not_in_halt", "cycles" },
	{ "inst_retired", "instructions" },
	{ "inst_retired:any", "instructions" },
	{ "inst_retired:any_p", "instructions" },
	{ "instruction_retired", "instructions" },
	{ "instructions_retired", "instructions" },
	{ "retired_instructions", "instructions" },
	{ "branch-instructions", "branches" },
	{ "br_retired", "branches" },
	{ "br_inst_retired:all_branches", "branches" },
	{ "branch_instructions_retired", "branches" },
	{ "retired_branch_instructions", "branches" },
	{ "br_mis_pred_retired", "branch-misses" },
	{ "br_misp_retired:all_branches", "branch-misses" },
	{ "mispredicted_branch_retired", "branch-misses" },
	{ "retired_branch_instructions_mispredicted", "branch-misses" },
	{ "l1d_cache", "l1-dcache-loads" },
	{ "l1d_cache_refill", "l1-dcache-load-misses" },
	{ "idle-cycles-frontend", "stalled-cycles-frontend" },
	{ "idle-cycles-backend", "stalled-cycles-backend" },
};

/* "u", "ukP", "k=1": sets modes and returns true; other words belong to the event itself. */
static bool take_modifier(const char *word, size_t len, unsigned *modes)
{
	static const struct {
		const char *word;
		unsigned mode;
	} terms[] = { { "u=1", MODE_USER }, { "k=1", MODE_KERNEL }, { "h=1", MODE_HYPERVISOR },
		      { "u=0", 0 }, { "k=0", 0 }, { "h=0", 0 } };
	unsigned found = 0;

	for (size_t i = 0; i < PMC_COUNT(terms); i++) {
		if (len == 3 && !strncmp(word, terms[i].word, len)) {
			*modes |= terms[i].mode;
			return true;
		}
	}
	for (size_t i = 0; i < len; i++) {
		found |= word[i] == 'u' ? MODE_USER : word[i] == 'k' ? MODE_KERNEL :
			 word[i] == 'h' ? MODE_HYPERVISOR : 0;
		if (!strchr("ukhpPSD", word[i]))
			return false;
	}
	*modes |= found;
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Appends in lower case, as far as there is room. */
static void append(char *text, const char *part, size_t len)
{
	size_t at = strlen(text);

	for (size_t i = 0; i < len && at + 1 < NAME_MAX_LEN; i++)
		text[at++] = lower(part[i]);
	text[at] = '\0';
}

/* What is behind the PMU: words with colons between them. */
static void take_words(struct event_name *name, const char *text, size_t len)
{
	for (const char *end = text + len; text < end;) {
		size_t word = strcspn(text, ":");

		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		if (!*name->base || !take_modifier(text, word, &name->modes)) {
			append(name->base, ":", *name->base ? 1 : 0);
			append(name->base, text, word);
		}
		text += word + 1;
	}
}

static struct event_name parse_name(const char *text)
{
	struct event_name name = { 0 };
	const char *pmu = strstr(text, "::"), *slash = strchr(text, '/');
	const char *number = strrchr(text, '#');	/* of an event that is there twice */
	size_t len = number ? (size_t)(number - text) : strlen(text);

	if (pmu) {
		append(name.pmu, text, (size_t)(pmu - text));
		len -= (size_t)(pmu + 2 - text);
		take_words(&name, pmu + 2, len);
	} else if (slash && strchr(slash + 1, '/')) {	/* cpu_core/cycles/u */
		const char *end = strchr(slash + 1, '/');

		append(name.pmu, text, (size_t)(slash - text));
		append(name.base, slash + 1, (size_t)(end - slash - 1));
		take_modifier(end + 1, len - (size_t)(end + 1 - text), &name.modes);
	} else {
		take_words(&name, text, len);
	}
	for (size_t i = 0; i < PMC_COUNT(aliases); i++) {
		if (!strcmp(name.base, aliases[i].alias))
			strcpy(name.base, aliases[i].name);
	}
	if (!name.modes)
		name.modes = MODE_ALL;
	return name;
}

/* The event of that name that may stand beside `beside`; -1: there is none. */
static int find_partner(const struct event_name *names, size_t count,
			const struct event_name *beside, const char *base)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i].base, base) && names[i].modes == beside->modes &&
		    (!strcmp(names[i].pmu, beside->pmu) || !*names[i].pmu || !*beside->pmu))
			return (int)i;
	}
	return FIGURE_NO_EVENT;
}

static int find_clock(const struct event_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i].base, "task-clock") || !strcmp(names[i].base, "cpu-clock"))
			return (int)i;
	}
	return FIGURE_NO_EVENT;
}

static bool has_ending(const char *text, const char *ending)
{
	size_t len = strlen(text), end = strlen(ending);

	return len > end && !strcmp(text + len - end, ending);
}

/* What a miss is a share of: "l1-dcache-load-misses" → "l1-dcache-loads". False: not a miss. */
static bool name_accesses(const char *misses, char accesses[NAME_MAX_LEN + 8])
{
	static const struct {
		const char *misses, *accesses;
	} rules[] = {
		{ "branch-misses", "branches" },
		{ "cache-misses", "cache-references" },
	};
	const size_t stem = strlen(misses) - (has_ending(misses, "-misses") ? 7 : 0);

	*accesses = '\0';
	if (!has_ending(misses, "-misses"))
		return false;
	for (size_t i = 0; i < PMC_COUNT(rules); i++) {
		if (!strcmp(misses, rules[i].misses)) {
			strcpy(accesses, rules[i].accesses);
			return true;
		}
	}
	/* -load-misses of -loads, -store-misses of -stores, -prefetch-misses of -prefetches */
	snprintf(accesses, NAME_MAX_LEN + 8, "%.*s%s", (int)stem, misses,
		 stem > 8 && !strncmp(misses + stem - 8, "prefetch", 8) ? "es" : "s");
	return true;
}

/* ---- which figures ---- */

struct plan {
	const struct event_name *names;
	size_t events;
	bool system_wide;
	int clock;		/* index of a clock of tasks; -1 */
	struct figure *figures;
	size_t count;
};

static bool add(struct plan *plan, enum figure_kind kind, size_t event, int of)
{
	if (of == FIGURE_NO_EVENT && kind != FIGURE_GHZ && kind != FIGURE_CPUS &&
	    kind != FIGURE_RATE)
		return false;
	plan->figures[plan->count++] = (struct figure){ kind, (int)event, of };
	return true;
}

/* The figures of an event that is no clock; false: there was none. */
static bool plan_event(struct plan *plan, size_t event)
{
	const struct event_name *name = &plan->names[event];
	char accesses[NAME_MAX_LEN + 8];
	bool found = false;

	if (!strcmp(name->base, "instructions"))
		return add(plan, FIGURE_IPC, event,
			   find_partner(plan->names, plan->events, name, "cycles"));
	if (!strcmp(name->base, "cycles"))
		return !plan->system_wide && name->modes == MODE_ALL &&
		       add(plan, FIGURE_GHZ, event, FIGURE_NO_EVENT);
	if (!strncmp(name->base, "stalled-cycles-", 15))
		return add(plan, FIGURE_SHARE, event,
			   find_partner(plan->names, plan->events, name, "cycles"));
	if (!name_accesses(name->base, accesses))
		return false;
	found = add(plan, FIGURE_SHARE, event,
		    find_partner(plan->names, plan->events, name, accesses));
	return add(plan, FIGURE_PER_KILO, event,
		   find_partner(plan->names, plan->events, name, "instructions")) || found;
}

size_t figures_plan(const struct figure_event *events, size_t count, bool system_wide,
		    struct figure *figures)
{
	struct event_name *names = pmc_calloc(count + 1, sizeof(*names));
	struct plan plan = { names, count, system_wide, FIGURE_NO_EVENT, figures, 0 };

	for (size_t i = 0; i < count; i++)
		names[i] = parse_name(events[i].name);
	if (!system_wide)
		plan.clock = find_clock(names, count);
	for (size_t i = 0; i < count; i++) {
		if (events[i].is_time) {
			if (!system_wide && (!strcmp(names[i].base, "task-clock") ||
					     !strcmp(names[i].base, "cpu-clock")))
				add(&plan, FIGURE_CPUS, i, FIGURE_NO_EVENT);
			continue;
		}
		if (!plan_event(&plan, i))
			add(&plan, plan.clock >= 0 ? FIGURE_RATE_CPU : FIGURE_RATE, i, plan.clock);
	}
	free(names);
	return plan.count;
}

/* ---- formulas ---- */

static double ratio(double above, double below)
{
	return below > 0 ? above / below : NAN;
}

double figure_value(const struct figure *figure, const struct figure_input *inputs,
		    double elapsed_ns)
{
	const struct figure_input *event = &inputs[figure->event];
	const struct figure_input *of = figure->of >= 0 ? &inputs[figure->of] : NULL;

	if (!event->known || (of && !of->known))
		return NAN;
	switch (figure->kind) {
	case FIGURE_IPC:
	case FIGURE_SHARE:
		return of ? ratio(event->value, of->value) : NAN;
	case FIGURE_PER_KILO:
		return of ? ratio(1000 * event->value, of->value) : NAN;
	case FIGURE_GHZ:
		return ratio(event->counted, event->running_ns);
	case FIGURE_CPUS:
		return ratio(event->value, elapsed_ns);
	case FIGURE_RATE_CPU:
		return of ? ratio(1e9 * event->value, of->value) : NAN;
	case FIGURE_RATE:
		return ratio(1e9 * event->value, elapsed_ns);
	case FIGURE_KINDS:
		break;
	}
	return NAN;
}

/* ---- words ---- */

static const struct {
	const char *name, *unit;
} words[FIGURE_KINDS] = {
	[FIGURE_IPC] = { "instructions per cycle", "instructions/cycle" },
	[FIGURE_GHZ] = { "clock rate", "GHz" },
	[FIGURE_CPUS] = { "CPUs used", "CPUs" },
	[FIGURE_SHARE] = { "share", "1" },
	[FIGURE_PER_KILO] = { "misses per thousand instructions", "1/1000 instructions" },
	[FIGURE_RATE_CPU] = { "rate in CPU time", "1/s" },
	[FIGURE_RATE] = { "rate", "1/s" },
};

const char *figure_name(enum figure_kind kind)
{
	return words[kind].name;
}

const char *figure_unit(enum figure_kind kind)
{
	return words[kind].unit;
}

/* "1.53", "1.53 ±0.02"; large ones as counts are written. */
static char *number_text(double value, double half, bool large)
{
	char number[PMC_FORMAT_SIZE], width[PMC_FORMAT_SIZE];

	if (large) {
		pmc_format_count(number, value);
		pmc_format_count(width, half);
	} else {
		snprintf(number, sizeof(number), "%.2f", value);
		snprintf(width, sizeof(width), "%.2f", half);
	}
	return isnan(half) ? pmc_strdup(number) : pmc_sprintf("%s ±%s", number, width);
}

char *figure_text(enum figure_kind kind, double value, double half, const char *of)
{
	const double factor = kind == FIGURE_SHARE ? 100 : 1;
	PMC_FREE char *number = number_text(value * factor, half * factor,
					    kind == FIGURE_RATE || kind == FIGURE_RATE_CPU ||
						    value * factor >= 1e6);

	switch (kind) {
	case FIGURE_IPC:
		return pmc_sprintf("%s per cycle", number);
	case FIGURE_GHZ:
		return pmc_sprintf("%s GHz", number);
	case FIGURE_CPUS:
		return pmc_sprintf("%s CPUs used", number);
	case FIGURE_SHARE:
		return pmc_sprintf("%s %% of %s", number, of);
	case FIGURE_PER_KILO:
		return pmc_sprintf("%s per 1000 instructions", number);
	case FIGURE_RATE_CPU:
		return pmc_sprintf("%s per CPU second", number);
	case FIGURE_RATE:
		return pmc_sprintf("%s per second", number);
	case FIGURE_KINDS:
		break;
	}
	return pmc_strdup("");
}
