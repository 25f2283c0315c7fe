/*
 * report_data.c - a profile for programs: CSV and JSON.
 *
 * Job: rows in the long form of the views, one an event and row, in the order of the text report.
 * An event that has nothing to say of a row gives none.
 */
#include "report/report_print.h"

#include <inttypes.h>
#include <string.h>

#include "report/encode.h"

size_t report_rows_shown(const struct profile *profile, const struct pmc_report_opts *opts)
{
	return opts->limit && opts->limit < profile->rows.count ? opts->limit : profile->rows.count;
}

const char *report_field_name(enum report_field field)
{
	static const char *const names[] = {
		[FIELD_MODULE] = "module",
		[FIELD_FUNCTION] = "function",
		[FIELD_FILE] = "file",
		[FIELD_LINE] = "line",
		[FIELD_PID] = "pid",
		[FIELD_TID] = "tid",
		[FIELD_COMM] = "comm",
		[FIELD_SAMPLES] = "samples",
		[FIELD_SELF] = "self",
		[FIELD_TOTAL] = "total",
		[FIELD_SELF_SHARE] = "self_share",
		[FIELD_TOTAL_SHARE] = "total_share",
	};

	return names[field];
}

bool report_has_field(enum pmc_report_by by, enum report_field field)
{
	switch (field) {
	case FIELD_MODULE:
		return by == PMC_BY_FUNCTION || by == PMC_BY_LINE || by == PMC_BY_MODULE;
	case FIELD_FUNCTION:
	case FIELD_FILE:
	case FIELD_LINE:
		return by == PMC_BY_FUNCTION || by == PMC_BY_LINE;
	case FIELD_PID:
	case FIELD_COMM:
		return by == PMC_BY_THREAD || by == PMC_BY_PROCESS;
	case FIELD_TID:
		return by == PMC_BY_THREAD;
	case FIELD_TOTAL:
	case FIELD_TOTAL_SHARE:
		return by == PMC_BY_FUNCTION;
	default:
		return true;
	}
}

static struct pmc_cell text_cell(const struct profile *profile, uint32_t id)
{
	const char *text = profile_text(profile, id);

	return (struct pmc_cell){ .type = id ? PMC_CELL_TEXT : PMC_CELL_NULL, .text = text,
				  .len = strlen(text) };
}

static struct pmc_cell int_cell(int64_t value)
{
	return (struct pmc_cell){ .type = PMC_CELL_INT, .integer = value };
}

static struct pmc_cell real_cell(double value)
{
	return (struct pmc_cell){ .type = PMC_CELL_REAL, .real = value };
}

struct pmc_cell report_field_cell(const struct profile *profile, const struct profile_row *row,
				  const struct profile_cell *cell, enum report_field field)
{
	switch (field) {
	case FIELD_MODULE:
		return text_cell(profile, row->module);
	case FIELD_FUNCTION:
		return text_cell(profile, row->function);
	case FIELD_FILE:
		return text_cell(profile, row->file);
	case FIELD_LINE:
		return row->line ? int_cell(row->line) : (struct pmc_cell){ 0 };
	case FIELD_PID:
		return int_cell(row->pid);
	case FIELD_TID:
		return int_cell(row->tid);
	case FIELD_COMM:
		return text_cell(profile, row->comm);
	case FIELD_SAMPLES:
		return int_cell(cell->samples);
	case FIELD_SELF:
		return int_cell(cell->self);
	case FIELD_TOTAL:
		return int_cell(cell->total);
	case FIELD_SELF_SHARE:
		return real_cell(cell->self_share);
	case FIELD_TOTAL_SHARE:
		return real_cell(cell->total_share);
	case FIELD_COUNT:
		break;
	}
	return (struct pmc_cell){ 0 };
}

/* ---- CSV ---- */

static void csv_row(const struct profile *profile, enum pmc_report_by by, size_t index,
		    size_t event, FILE *out)
{
	const struct profile_row *row = &profile->rows.items[index];
	const struct profile_cell *cell =
		&profile->cells.items[index * profile->events_count + event];
	struct pmc_cell name = text_cell(profile, profile->events[event].name);

	if (!cell->samples && cell->total <= 0)
		return;
	fprintf(out, "%" PRId64 ",", profile->session.id);
	encode_cell_csv(out, &name);
	for (int f = 0; f < FIELD_COUNT; f++) {
		struct pmc_cell value;

		if (!report_has_field(by, f))
			continue;
		value = report_field_cell(profile, row, cell, f);
		fputc(',', out);
		encode_cell_csv(out, &value);
	}
	fputs("\r\n", out);
}

void report_csv(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out)
{
	size_t shown = report_rows_shown(profile, opts);

	fputs("session_id,event", out);
	for (int f = 0; f < FIELD_COUNT; f++) {
		if (report_has_field(opts->by, f))
			fprintf(out, ",%s", report_field_name(f));
	}
	fputs("\r\n", out);
	for (size_t i = 0; i < shown && !ferror(out); i++) {
		for (size_t e = 0; e < profile->events_count; e++)
			csv_row(profile, opts->by, i, e, out);
	}
}

/* ---- JSON ---- */

/* "name":"text", with null for a text that is not known. */
static void json_text(const struct profile *profile, const char *name, uint32_t id, FILE *out)
{
	fprintf(out, "\"%s\": ", name);
	encode_json(out, id ? profile_text(profile, id) : NULL);
}

static void json_session(const struct profile *profile, FILE *out)
{
	const struct profile_session *session = &profile->session;

	fprintf(out, "  \"session\": {\"session_id\": %" PRId64 ", ", session->id);
	json_text(profile, "label", session->label, out);
	fputs(", ", out);
	json_text(profile, "command", session->command, out);
	fputs(", ", out);
	json_text(profile, "hostname", session->hostname, out);
	fputs(", ", out);
	json_text(profile, "kernel", session->kernel, out);
	fputs(", ", out);
	json_text(profile, "cpu", session->cpu, out);
	fprintf(out, ", \"cpus\": %" PRId64 ", ", session->cpus);
	json_text(profile, "started_at", session->started_at, out);
	fprintf(out, ", \"duration_ns\": %" PRId64 ", ", session->duration_ns);
	json_text(profile, "state", session->state, out);
	fprintf(out, ", \"samples\": %" PRId64 ", \"lost\": %" PRId64 ", ", session->samples,
		session->lost);
	json_text(profile, "source", session->source, out);
	if (profile->windowed) {
		fprintf(out, ", \"from_ns\": %" PRId64, profile->first_slice * profile->slice_ns);
		fprintf(out, ", \"to_ns\": %" PRId64,
			profile->end_slice < 0 ? session->duration_ns :
						 profile->end_slice * profile->slice_ns);
	}
	if (profile->root) {
		fputs(", ", out);
		json_text(profile, "root", profile->root, out);
	}
	fputs("},\n", out);
}

static void json_event(const struct profile *profile, const struct profile_event *event, FILE *out)
{
	fputs("\n    {", out);
	json_text(profile, "event", event->name, out);
	fputs(", ", out);
	json_text(profile, "unit", event->unit, out);
	fputs(", ", out);
	json_text(profile, "mode", event->mode, out);
	fprintf(out, ", \"period\": %" PRId64 ", \"samples\": %" PRId64 ", \"value\": %" PRId64,
		event->period, event->samples, event->value);
	fprintf(out, ", \"enabled_ns\": %" PRId64 ", \"running_ns\": %" PRId64 ", ",
		event->enabled_ns, event->running_ns);
	json_text(profile, "requested", event->requested, out);
	fputs(", ", out);
	json_text(profile, "fallback", event->fallback, out);
	if (profile->windowed)
		fprintf(out, ", \"window_samples\": %" PRId64, event->window_samples);
	if (profile->root)
		fprintf(out, ", \"root_samples\": %" PRId64 ", \"root_value\": %" PRId64,
			event->root_samples, event->root_value);
	fputc('}', out);
}

static bool json_row(const struct profile *profile, enum pmc_report_by by, size_t index,
		     size_t event, bool first, FILE *out)
{
	const struct profile_row *row = &profile->rows.items[index];
	const struct profile_cell *cell =
		&profile->cells.items[index * profile->events_count + event];

	if (!cell->samples && cell->total <= 0)
		return false;
	fputs(first ? "\n    {" : ",\n    {", out);
	json_text(profile, "event", profile->events[event].name, out);
	for (int f = 0; f < FIELD_COUNT; f++) {
		struct pmc_cell value;

		if (!report_has_field(by, f))
			continue;
		value = report_field_cell(profile, row, cell, f);
		fprintf(out, ", \"%s\": ", report_field_name(f));
		encode_cell_json(out, &value);
	}
	fputc('}', out);
	return true;
}

void report_json_head(const struct profile *profile, FILE *out)
{
	json_session(profile, out);
	fputs("  \"events\": [", out);
	for (size_t e = 0; e < profile->events_count; e++) {
		fputs(e ? "," : "", out);
		json_event(profile, &profile->events[e], out);
	}
	fputs("\n  ],\n  \"health\": [", out);
	for (size_t i = 0; i < profile->health.count; i++) {
		const struct profile_health *health = &profile->health.items[i];

		fputs(i ? ",\n    {" : "\n    {", out);
		json_text(profile, "name", health->name, out);
		fputs(", ", out);
		json_text(profile, "severity", health->severity, out);
		fprintf(out, ", \"value\": %" PRId64 ", ", health->value);
		json_text(profile, "advice", health->advice, out);
		fputc('}', out);
	}
	fputs("\n  ]", out);
}

void report_json(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out)
{
	size_t shown = report_rows_shown(profile, opts);
	bool first = true;

	fputs("{\n", out);
	report_json_head(profile, out);
	fputs(",\n  \"rows\": [", out);
	for (size_t i = 0; i < shown && !ferror(out); i++) {
		for (size_t e = 0; e < profile->events_count; e++)
			first &= !json_row(profile, opts->by, i, e, first, out);
	}
	fputs("\n  ]\n}\n", out);
}
