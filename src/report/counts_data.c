/*
 * counts_data.c - counts for programs: CSV and JSON.
 *
 * Rows have the columns of the view `counts`. What is computed from them comes apart: in CSV as
 * rows of another `kind`, in JSON as lists of their own.
 *
 *   kind      one for each                          value
 *   count     row of the view                       as in the view
 *   derived   figure and scope of rows              the figure; and the time a run took
 *   mean      event, over all runs (-r only)        its mean, with low and high
 *   derived   figure, over all runs (run is empty)  its mean, with low and high
 */
#include "report/counts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/encode.h"
#include "report/report_print.h"

/* ---- one row, whatever its kind ---- */

enum field {
	FIELD_KIND, FIELD_SESSION, FIELD_EVENT_NAME, FIELD_UNIT, FIELD_RUN, FIELD_START, FIELD_END,
	FIELD_PROCESS, FIELD_THREAD, FIELD_THREAD_NAME, FIELD_CPU, FIELD_VALUE, FIELD_COUNTED,
	FIELD_ENABLED, FIELD_RUNNING, FIELD_SHARE, FIELD_FIGURE, FIELD_OF, FIELD_RUNS, FIELD_LOW,
	FIELD_HIGH, FIELDS,
};

static const char *const field_names[FIELDS] = {
	"kind", "session_id", "event", "unit", "run", "start_ns", "end_ns",
	"pid", "tid", "comm", "cpu", "value", "counted",
	"enabled_ns", "running_ns", "running_share", "name", "of", "runs", "low",
	"high",
};

struct row {
	struct pmc_cell cells[FIELDS];	/* NULL where it has nothing to say */
};

static struct pmc_cell int_cell(int64_t value)
{
	return (struct pmc_cell){ .type = PMC_CELL_INT, .integer = value };
}

static struct pmc_cell real_cell(double value)
{
	return (struct pmc_cell){ .type = isnan(value) ? PMC_CELL_NULL : PMC_CELL_REAL,
				  .real = value };
}

static struct pmc_cell text_cell(const char *text)
{
	return (struct pmc_cell){ .type = PMC_CELL_TEXT, .text = text, .len = strlen(text) };
}

static struct pmc_cell id_cell(int64_t value)
{
	return value < 0 ? (struct pmc_cell){ 0 } : int_cell(value);
}

static struct row begin_row(const struct counts *counts, const char *kind)
{
	struct row row = { 0 };

	row.cells[FIELD_KIND] = text_cell(kind);
	row.cells[FIELD_SESSION] = int_cell(counts->head.session.id);
	return row;
}

static void set_scope(struct row *row, const struct counts *counts,
		      const struct counts_scope *scope)
{
	row->cells[FIELD_RUN] = int_cell(scope->run);
	row->cells[FIELD_START] = int_cell(scope->start_ns);
	row->cells[FIELD_END] = int_cell(scope->end_ns);
	row->cells[FIELD_PROCESS] = id_cell(scope->pid);
	row->cells[FIELD_THREAD] = id_cell(scope->tid);
	if (scope->comm)
		row->cells[FIELD_THREAD_NAME] =
			text_cell(profile_text(&counts->head, scope->comm));
	row->cells[FIELD_CPU] = id_cell(scope->cpu);
}

static void set_event(struct row *row, const struct counts *counts, int event)
{
	if (event < 0)
		return;
	row->cells[FIELD_EVENT_NAME] =
		text_cell(profile_text(&counts->head, counts->head.events[event].name));
	row->cells[FIELD_UNIT] =
		text_cell(profile_text(&counts->head, counts->head.events[event].unit));
}

static void set_mean(struct row *row, struct mean mean)
{
	row->cells[FIELD_VALUE] = real_cell(mean.value);
	row->cells[FIELD_RUNS] = int_cell((int64_t)mean.runs);
	row->cells[FIELD_LOW] = real_cell(mean.value - mean.half);
	row->cells[FIELD_HIGH] = real_cell(mean.value + mean.half);
}

static void set_figure(struct row *row, const struct counts *counts, const struct figure *figure)
{
	set_event(row, counts, figure->event);
	row->cells[FIELD_FIGURE] = text_cell(figure_name(figure->kind));
	row->cells[FIELD_UNIT] = text_cell(figure_unit(figure->kind));
	if (figure->of >= 0)
		row->cells[FIELD_OF] = text_cell(
			profile_text(&counts->head, counts->head.events[figure->of].name));
}

/* ---- the rows there are ---- */

typedef void row_fn(void *ctx, const struct row *row);

static void each_count(const struct counts *counts, size_t scope, row_fn *fn, void *ctx)
{
	const struct counts_cell *cells = counts_cells(counts, scope);

	for (size_t e = 0; e < counts->head.events_count; e++) {
		const struct counts_cell *cell = &cells[e];
		struct row row = begin_row(counts, "count");
		double share = 1;

		if (!cell->rows)
			continue;
		if (cell->enabled_ns > 0)
			share = (double)cell->running_ns / (double)cell->enabled_ns;
		set_event(&row, counts, (int)e);
		set_scope(&row, counts, &counts->scopes.items[scope]);
		if (!counts_cell_is_unknown(cell))
			row.cells[FIELD_VALUE] = int_cell(cell->value);
		row.cells[FIELD_COUNTED] = int_cell(cell->counted);
		row.cells[FIELD_ENABLED] = int_cell(cell->enabled_ns);
		row.cells[FIELD_RUNNING] = int_cell(cell->running_ns);
		row.cells[FIELD_SHARE] = real_cell(share < 1 ? share : 1);
		fn(ctx, &row);
	}
}

static void each_derived(const struct counts *counts, const struct counts_scope *scope,
			 const struct counts_cell *cells, row_fn *fn, void *ctx)
{
	for (size_t f = 0; f < counts->figures_count; f++) {
		const double value = counts_figure(counts, &counts->figures[f], scope, cells);
		struct row row = begin_row(counts, "derived");

		if (isnan(value))
			continue;
		set_figure(&row, counts, &counts->figures[f]);
		set_scope(&row, counts, scope);
		row.cells[FIELD_VALUE] = real_cell(value);
		fn(ctx, &row);
	}
}

static void set_elapsed(struct row *row)
{
	row->cells[FIELD_FIGURE] = text_cell("elapsed");
	row->cells[FIELD_UNIT] = text_cell("ns");
}

/* What is known of whole runs only once all of them are there. */
static void each_total(const struct counts *counts, row_fn *fn, void *ctx)
{
	for (size_t run = 0; run < counts->runs.count; run++) {
		const struct counts_scope *scope = &counts->runs.items[run];
		struct row row = begin_row(counts, "derived");

		if (counts->intervals || counts->by_thread || counts->by_cpu)
			each_derived(counts, scope, counts_run_cells(counts, run), fn, ctx);
		set_elapsed(&row);
		set_scope(&row, counts, scope);
		row.cells[FIELD_VALUE] = int_cell(scope->end_ns - scope->start_ns);
		fn(ctx, &row);
	}
}

static void each_mean(const struct counts *counts, row_fn *fn, void *ctx)
{
	for (size_t e = 0; counts->runs.count > 1 && e < counts->head.events_count; e++) {
		struct row row = begin_row(counts, "mean");

		set_event(&row, counts, (int)e);
		set_mean(&row, counts_mean_event(counts, e));
		fn(ctx, &row);
	}
}

static void each_derived_mean(const struct counts *counts, row_fn *fn, void *ctx)
{
	struct row row = begin_row(counts, "derived");

	if (counts->runs.count < 2)
		return;
	for (size_t f = 0; f < counts->figures_count; f++) {
		const struct mean mean = counts_mean_figure(counts, &counts->figures[f]);
		struct row of_figure = begin_row(counts, "derived");

		if (!mean.runs)
			continue;
		set_figure(&of_figure, counts, &counts->figures[f]);
		set_mean(&of_figure, mean);
		fn(ctx, &of_figure);
	}
	set_elapsed(&row);
	set_mean(&row, counts_mean_elapsed(counts));
	fn(ctx, &row);
}

/* ---- CSV ---- */

static void csv_row(void *ctx, const struct row *row)
{
	FILE *out = ctx;

	for (int f = 0; f < FIELDS; f++) {
		if (f)
			fputc(',', out);
		encode_cell_csv(out, &row->cells[f]);
	}
	fputs("\r\n", out);
}

void counts_csv_begin(FILE *out)
{
	for (int f = 0; f < FIELDS; f++)
		fprintf(out, "%s%s", f ? "," : "", field_names[f]);
	fputs("\r\n", out);
}

void counts_csv_scopes(const struct counts *counts, int64_t after_ns, FILE *out)
{
	for (size_t i = 0; i < counts->scopes.count && !ferror(out); i++) {
		const struct counts_scope *scope = &counts->scopes.items[i];

		if (scope->end_ns <= after_ns)
			continue;
		each_count(counts, i, csv_row, out);
		each_derived(counts, scope, counts_cells(counts, i), csv_row, out);
	}
}

void counts_csv_end(const struct counts *counts, FILE *out)
{
	each_total(counts, csv_row, out);
	each_mean(counts, csv_row, out);
	each_derived_mean(counts, csv_row, out);
}

/* ---- JSON ---- */

struct json {
	FILE *out;
	enum field first, last;		/* what is told, besides event and unit */
	bool is_figure;
	bool *any;
};

static bool json_has(const struct json *json, enum field field)
{
	switch (field) {
	case FIELD_KIND:
		return false;
	case FIELD_SESSION:
		return json->last == FIELD_SHARE;
	case FIELD_EVENT_NAME:
	case FIELD_UNIT:
	case FIELD_VALUE:
		return true;
	case FIELD_FIGURE:
	case FIELD_OF:
		return json->is_figure;
	default:
		if (json->is_figure && field >= FIELD_COUNTED && field <= FIELD_SHARE)
			return false;
		return field >= json->first && field <= json->last;
	}
}

static void json_row(void *ctx, const struct row *row)
{
	struct json *json = ctx;
	bool first = true;

	fputs(*json->any ? ",\n    {" : "\n    {", json->out);
	*json->any = true;
	for (int f = 0; f < FIELDS; f++) {
		if (!json_has(json, (enum field)f))
			continue;
		fprintf(json->out, "%s\"%s\": ", first ? "" : ", ", field_names[f]);
		encode_cell_json(json->out, &row->cells[f]);
		first = false;
	}
	fputc('}', json->out);
}

void counts_json_begin(FILE *out)
{
	fputs("{\n  \"rows\": [", out);
}

void counts_json_scopes(const struct counts *counts, int64_t after_ns, bool *any, FILE *out)
{
	struct json json = { .out = out, .first = FIELD_RUN, .last = FIELD_SHARE, .any = any };

	for (size_t i = 0; i < counts->scopes.count && !ferror(out); i++) {
		if (counts->scopes.items[i].end_ns > after_ns)
			each_count(counts, i, json_row, &json);
	}
}

void counts_json_end(const struct counts *counts, FILE *out)
{
	bool any_mean = false, any_derived = false;
	struct json means = { .out = out, .first = FIELD_RUNS, .last = FIELD_HIGH,
			      .any = &any_mean };
	struct json derived = { .out = out, .first = FIELD_RUN, .last = FIELD_HIGH,
				.is_figure = true, .any = &any_derived };

	fputs("\n  ],\n  \"means\": [", out);
	each_mean(counts, json_row, &means);
	fputs("\n  ],\n  \"derived\": [", out);
	for (size_t i = 0; i < counts->scopes.count && !ferror(out); i++)
		each_derived(counts, &counts->scopes.items[i], counts_cells(counts, i), json_row,
			     &derived);
	each_total(counts, json_row, &derived);
	each_derived_mean(counts, json_row, &derived);
	fputs("\n  ],\n", out);
	report_json_head(&counts->head, out);
	fputs("\n}\n", out);
}
