/*
 * report.c - pmc_report_print(): load a profile, print it one way.
 *
 * Nothing is printed before everything is loaded, so an error leaves no half report.
 */
#include "report/report.h"

#include "report/report_print.h"

int pmc_report_print(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
		     struct pmc_err *err)
{
	struct profile profile;
	int status = profile_load(&profile, store, opts, err);

	if (!status) {
		if (opts->format == PMC_FORMAT_CSV)
			report_csv(&profile, opts, out);
		else if (opts->format == PMC_FORMAT_JSON)
			report_json(&profile, opts, out);
		else
			report_text(&profile, opts, out);
	}
	profile_fini(&profile);
	return status;
}
