/*
 * counts_text.c - counts for people: a table, and below it what they took and how sure they are.
 *
 *   [run]  [time]  [cpu | pid tid thread]  count  unit  event  [±]  what follows from it
 *
 *           count      event
 *   1,012.345  ms  task-clock       0.98 CPUs used
 *          12      context-switches 11.9 per CPU second
 *     not counted  cycles           never had a counter
 *
 * Columns in brackets are there where a session was counted so. A session of one run without parts
 * has one row an event; all others have their rows and then those of the total, or of the mean.
 *
 * Rows that come one interval at a time are printed with the widths of the first, so the titles
 * leave room for large counts; and on a terminal titles are repeated about once a screen.
 */
#include "report/counts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/format.h"
#include "report/table.h"

enum { COLUMNS_MAX = 10, ROWS_TO_TITLES = 48, TIME_DIGITS_FROM_S = 10 };

struct counts_text {
	const struct pmc_style *style;
	struct pmc_style own;
	FILE *out;
	bool streamed, repeated;
	struct table *table;	/* NULL: no titles yet */
	bool run, time, cpu, thread, unit, mean;	/* columns it has */
	unsigned rows;		/* since the titles */
	int64_t run_at, run_start_ns;	/* the run whose scopes are at hand */
};

struct counts_text *counts_text_new(const struct pmc_style *style, bool streamed, bool repeated,
				    FILE *out)
{
	struct counts_text *text = pmc_calloc(1, sizeof(*text));

	text->own = *style;
	/* Numbers that turn out wider than the first ones are not to be cut. */
	if (streamed)
		text->own.width = 0;
	text->style = style;
	text->streamed = streamed;
	text->repeated = repeated;
	text->out = out;
	return text;
}

void counts_text_free(struct counts_text *text)
{
	if (!text)
		return;
	table_free(text->table);
	free(text);
}

/* ---- columns ---- */

/* It has rows besides those of the total. */
static bool has_details(const struct counts_text *text, const struct counts *counts)
{
	return text->streamed || counts->intervals || counts->by_cpu || counts->by_thread;
}

static void begin_table(struct counts_text *text, const struct counts *counts)
{
	struct table_column columns[COLUMNS_MAX] = { 0 };
	size_t count = 0;

	text->time = counts->intervals || text->streamed;
	text->cpu = counts->by_cpu;
	text->thread = counts->by_thread;
	text->mean = text->repeated || counts->runs.count > 1;
	text->run = text->mean && has_details(text, counts);
	if (text->run)
		columns[count++] = (struct table_column){ .title = "run", .right = true };
	if (text->time)
		columns[count++] = (struct table_column){
			.title = text->streamed ? "    time" : "time", .right = true };
	if (text->cpu)
		columns[count++] = (struct table_column){ .title = "cpu", .right = true };
	if (text->thread) {
		columns[count++] = (struct table_column){ .title = "pid", .right = true };
		columns[count++] = (struct table_column){ .title = "tid", .right = true };
		columns[count++] = (struct table_column){ .title = "thread", .min = 8 };
	}
	columns[count++] = (struct table_column){
		.title = text->streamed ? "            count" : "count", .right = true };
	for (size_t e = 0; e < counts->head.events_count; e++)
		text->unit |= counts->head.events[e].is_time;
	if (text->unit)
		columns[count++] = (struct table_column){ .title = "" };
	columns[count++] = (struct table_column){ .title = "event", .min = 12 };
	if (text->mean)
		columns[count++] = (struct table_column){ .title = "±", .right = true };
	columns[count++] = (struct table_column){ .title = "", .min = 16 };
	text->table = table_new(columns, count, true);
	text->rows = 0;
}

/* ---- cells ---- */

/* "1234567" → "1,234,567"; a fraction stays as it is. */
static void group_digits(char *text, size_t size)
{
	const size_t sign = *text == '-', digits = strspn(text + sign, "0123456789");

	for (size_t at = sign + digits; at > sign + 3 && strlen(text) + 1 < size;) {
		at -= 3;
		memmove(text + at + 1, text + at, strlen(text + at) + 1);
		text[at] = ',';
	}
}

/* A value and its unit: nanoseconds as ms, from ten seconds on as s. */
static void format_value(double value, bool is_time, char number[PMC_FORMAT_SIZE * 2],
			 const char **unit)
{
	const size_t size = PMC_FORMAT_SIZE * 2;

	*unit = "";
	if (is_time) {
		const bool seconds = value >= TIME_DIGITS_FROM_S * 1e9;

		*unit = seconds ? "s" : "ms";
		snprintf(number, size, "%.3f", value / (seconds ? 1e9 : 1e6));
	} else {
		/* Means of small counts have fractions that matter. */
		snprintf(number, size, "%.*f", value < 1000 && value != floor(value) ? 1 : 0,
			 value);
	}
	group_digits(number, size);
}

static void add_value(struct counts_text *text, double value, bool is_time)
{
	char number[PMC_FORMAT_SIZE * 2];
	const char *unit;

	if (isnan(value)) {
		table_add(text->table, TEXT_WARNING, "not counted");
		unit = "";
	} else {
		format_value(value, is_time, number, &unit);
		table_add(text->table, TEXT_PLAIN, number);
	}
	if (text->unit)
		table_add(text->table, TEXT_PLAIN, unit);
}

static void add_number(struct counts_text *text, int64_t number, bool there)
{
	char buf[PMC_FORMAT_SIZE] = "";

	if (there)
		snprintf(buf, sizeof(buf), "%" PRId64, number);
	table_add(text->table, TEXT_PLAIN, buf);
}

static void add_scope(struct counts_text *text, const struct counts *counts,
		      const struct counts_scope *scope)
{
	if (text->run)
		add_number(text, scope->run, true);
	if (text->time) {
		char time[PMC_FORMAT_SIZE];

		snprintf(time, sizeof(time), "%.3f",
			 (double)(scope->end_ns - text->run_start_ns) / 1e9);
		table_add(text->table, TEXT_PLAIN, time);
	}
	if (text->cpu)
		add_number(text, scope->cpu, scope->cpu >= 0);
	if (text->thread) {
		add_number(text, scope->pid, scope->pid >= 0);
		add_number(text, scope->tid, scope->tid >= 0);
		table_add(text->table, TEXT_PLAIN, profile_text(&counts->head, scope->comm));
	}
}

/* The cells before the counts of a row that is no scope's: its name in the last but numbers. */
static void add_summary_name(struct counts_text *text, const char *name)
{
	const int columns = text->run + text->time + text->cpu + 3 * text->thread;
	const int at = text->thread ? columns - 1 : text->run;

	for (int i = 0; i < columns; i++)
		table_add(text->table, TEXT_TITLE, i == at ? name : "");
}

static void extend(char **notes, const char *separator, char *more)
{
	char *longer = pmc_sprintf("%s%s%s", *notes, **notes ? separator : "", more);

	free(more);
	free(*notes);
	*notes = longer;
}

/* How well a cell was counted: nothing to say where it was all the time. */
static void add_quality(char **notes, const struct counts_cell *cell)
{
	const int64_t enabled_ns = cell->enabled_ns - cell->unknown_ns;
	const double share =
		enabled_ns > 0 ? 100.0 * (double)cell->running_ns / (double)enabled_ns : 100;

	if (counts_cell_is_unknown(cell)) {
		extend(notes, "; ", pmc_strdup("never had a counter"));
		return;
	}
	if (share < 99.95)
		extend(notes, "; ", pmc_sprintf("scaled from %.1f %%", share));
	if (cell->unknown)
		extend(notes, "; ", pmc_sprintf("not counted in %u of %u", cell->unknown,
						cell->rows));
}

/* A rate of nothing is no news. */
static bool is_worth_telling(const struct figure *figure, double value)
{
	const bool rate = figure->kind == FIGURE_RATE || figure->kind == FIGURE_RATE_CPU;

	return !isnan(value) && (value > 0 || !rate);
}

static const char *name_of(const struct counts *counts, int event)
{
	return event < 0 ? "" : profile_text(&counts->head, counts->head.events[event].name);
}

/* ---- rows ---- */

static void add_scope_rows(struct counts_text *text, const struct counts *counts,
			   const struct counts_scope *scope, const struct counts_cell *cells,
			   const char *summary)
{
	for (size_t e = 0; e < counts->head.events_count; e++) {
		PMC_FREE char *notes = pmc_strdup("");

		if (!cells[e].rows)
			continue;
		if (summary)
			add_summary_name(text, summary);
		else
			add_scope(text, counts, scope);
		add_value(text, counts_cell_is_unknown(&cells[e]) ? NAN : (double)cells[e].value,
			  counts->head.events[e].is_time);
		table_add(text->table, TEXT_PLAIN, name_of(counts, (int)e));
		if (text->mean)
			table_add(text->table, TEXT_PLAIN, "");
		for (size_t f = 0; f < counts->figures_count; f++) {
			const struct figure *figure = &counts->figures[f];
			const double value = counts_figure(counts, figure, scope, cells);

			if (figure->event == (int)e && is_worth_telling(figure, value))
				extend(&notes, ", ", figure_text(figure->kind, value, NAN,
								 name_of(counts, figure->of)));
		}
		add_quality(&notes, &cells[e]);
		table_add(text->table, TEXT_PLAIN, notes);
		text->rows++;
	}
}

static void add_mean_rows(struct counts_text *text, const struct counts *counts)
{
	for (size_t e = 0; e < counts->head.events_count; e++) {
		const struct mean mean = counts_mean_event(counts, e);
		PMC_FREE char *notes = pmc_strdup("");
		struct counts_cell all = { 0 };
		char spread[PMC_FORMAT_SIZE] = "";

		for (size_t run = 0; run < counts->whole_runs; run++) {
			const struct counts_cell *cell = &counts_run_cells(counts, run)[e];

			all.rows += cell->rows;
			all.unknown += cell->unknown;
			all.unknown_ns += cell->unknown_ns;
			all.enabled_ns += cell->enabled_ns;
			all.running_ns += cell->running_ns;
		}
		if (!all.rows)
			continue;
		add_summary_name(text, "mean");
		add_value(text, mean.value, counts->head.events[e].is_time);
		table_add(text->table, TEXT_PLAIN, name_of(counts, (int)e));
		if (!isnan(mean.half) && mean.value > 0)
			snprintf(spread, sizeof(spread), "%.2f %%", 100 * mean.half / mean.value);
		table_add(text->table, TEXT_PLAIN, spread);
		for (size_t f = 0; f < counts->figures_count; f++) {
			const struct figure *figure = &counts->figures[f];
			struct mean of_figure;

			if (figure->event != (int)e)
				continue;
			of_figure = counts_mean_figure(counts, figure);
			if (is_worth_telling(figure, of_figure.value))
				extend(&notes, ", ",
				       figure_text(figure->kind, of_figure.value, of_figure.half,
						   name_of(counts, figure->of)));
		}
		add_quality(&notes, &all);
		table_add(text->table, TEXT_PLAIN, notes);
	}
}

/* ---- the printing ---- */

/* What is not streamed is printed in one, with the widths of all. */
static void print_rows(struct counts_text *text)
{
	if (text->table)
		table_print(text->table, &text->own, false, text->out);
}

void counts_text_scopes(struct counts_text *text, const struct counts *counts, int64_t after_ns)
{
	if (!has_details(text, counts))
		return;
	if (text->table && text->streamed && text->style->width && text->rows >= ROWS_TO_TITLES) {
		table_free(text->table);
		text->table = NULL;
		fputc('\n', text->out);
	}
	for (size_t i = 0; i < counts->scopes.count; i++) {
		const struct counts_scope *scope = &counts->scopes.items[i];

		if (scope->end_ns <= after_ns)
			continue;
		if (!text->table)
			begin_table(text, counts);
		if (scope->run != text->run_at)
			text->run_start_ns = scope->start_ns;
		text->run_at = scope->run;
		add_scope_rows(text, counts, scope, counts_cells(counts, i), NULL);
	}
	if (text->streamed)
		print_rows(text);
}

static char *describe_elapsed(const struct counts *counts)
{
	const struct mean elapsed = counts_mean_elapsed(counts);
	const bool seconds = elapsed.value >= 1e9;
	const double unit = seconds ? 1e9 : 1e6;
	const char *name = seconds ? "s" : "ms";

	if (counts->runs.count == 1)
		return pmc_sprintf("%.3f %s elapsed", elapsed.value / unit, name);
	if (isnan(elapsed.half))
		return pmc_sprintf("%.3f %s elapsed: means of 1 run", elapsed.value / unit, name);
	return pmc_sprintf("%.3f ±%.3f %s elapsed: means of %zu runs, ± half of the 95 %% interval "
			   "of the mean", elapsed.value / unit, elapsed.half / unit, name,
			   counts->whole_runs);
}

static void print_rest(const struct counts_text *text, const struct counts *counts)
{
	const char *state = profile_text(&counts->head, counts->head.session.state);
	PMC_FREE char *elapsed = describe_elapsed(counts);
	bool unknown = false;

	for (size_t i = 0; i < counts->run_cells.count; i++)
		unknown |= counts->run_cells.items[i].unknown > 0;
	fputc('\n', text->out);
	text_paragraph(text->out, text->style, TEXT_PLAIN, "", 0, elapsed);
	if (!strcmp(state, "interrupted"))
		text_paragraph(text->out, text->style, TEXT_WARNING, "", 0,
			       counts->whole_runs < counts->runs.count ?
			       "interrupted by a signal: the run that it cut short has no part in "
			       "the means" :
			       "interrupted by a signal: counted until then");
	if (unknown)
		text_paragraph(text->out, text->style, TEXT_WARNING, "", 0,
			       "not counted: no counter of the processor was free for these "
			       "events. Count fewer at once, make their {groups} smaller, or see "
			       "with `pmc doctor` what else holds counters.");
}

void counts_text_end(struct counts_text *text, const struct counts *counts)
{
	if (!counts->scopes.count) {
		text_paragraph(text->out, text->style, TEXT_PLAIN, "", 0,
			       strcmp(profile_text(&counts->head, counts->head.session.state),
				      "recording") ?
			       "No counts: the session ended before any were taken." :
			       "No counts yet: they come at the end of a run or an interval.");
		return;
	}
	if (!text->table)
		begin_table(text, counts);
	if (counts->runs.count > 1)
		add_mean_rows(text, counts);
	else
		add_scope_rows(text, counts, &counts->runs.items[0], counts_run_cells(counts, 0),
			       has_details(text, counts) ? "total" : NULL);
	print_rows(text);
	print_rest(text, counts);
}

void counts_text_errors(const struct counts_text *text, const struct counts *counts)
{
	for (size_t i = 0; i < counts->head.health.count; i++) {
		const struct profile_health *health = &counts->head.health.items[i];
		PMC_FREE char *name = pmc_strdup(profile_text(&counts->head, health->name));
		PMC_FREE char *line = NULL;

		if (strcmp(profile_text(&counts->head, health->severity), "error"))
			continue;
		for (char *c = name; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		line = pmc_sprintf("%s: %" PRId64 ". %s", name, health->value,
				   profile_text(&counts->head, health->advice));
		text_paragraph(text->out, text->style, TEXT_ERROR, "", 0, line);
	}
}
