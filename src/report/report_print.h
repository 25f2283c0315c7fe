/*
 * report_print.h - the three looks of a loaded profile.
 */
#ifndef PMC_REPORT_PRINT_H
#define PMC_REPORT_PRINT_H

#include "report/profile.h"

void report_text(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out);
void report_csv(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out);
void report_json(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out);

/* "session", "events" and "health" of a JSON object: no comma behind the last. */
void report_json_head(const struct profile *profile, FILE *out);

/* The columns that rows have, named as in the views: used by CSV and JSON, so that both agree. */
enum report_field {
	FIELD_MODULE, FIELD_FUNCTION, FIELD_FILE, FIELD_LINE, FIELD_PID, FIELD_TID, FIELD_COMM,
	FIELD_SAMPLES, FIELD_SELF, FIELD_TOTAL, FIELD_SELF_SHARE, FIELD_TOTAL_SHARE,
	FIELD_COUNT,
};

const char *report_field_name(enum report_field field);
bool report_has_field(enum pmc_report_by by, enum report_field field);

/* The value of a field; `cell` is the event's part of the row. Text borrows from the profile. */
struct pmc_cell report_field_cell(const struct profile *profile, const struct profile_row *row,
				  const struct profile_cell *cell, enum report_field field);

/* Rows to print: all, or opts->limit of them. */
size_t report_rows_shown(const struct profile *profile, const struct pmc_report_opts *opts);

#endif
