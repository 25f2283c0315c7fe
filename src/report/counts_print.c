/*
 * counts_print.c - pmc_counts_…: prints a session's counts, all at once or while they come.
 *
 *   new ─► more ─► more ─► … ─► end ─► free        more: intervals that are new in the database
 *
 * Everything printed is read back from the database, so `pmc report` of the session prints the
 * same. Nothing is printed of a step before all of it is loaded.
 */
#include "report/report.h"

#include "base/mem.h"
#include "report/counts.h"
#include "report/report_header.h"

struct pmc_counts {
	struct pmc_store *store;
	struct pmc_counts_opts opts;
	FILE *out;
	struct counts_text *text;	/* NULL but for text */
	struct counts_place printed;	/* scopes up to here are printed */
	bool begun, any_row;
};

struct pmc_counts *pmc_counts_new(struct pmc_store *store, const struct pmc_counts_opts *opts,
				  FILE *out)
{
	struct pmc_counts *printing = pmc_calloc(1, sizeof(*printing));

	printing->store = store;
	printing->opts = *opts;
	printing->out = out;
	printing->printed = (struct counts_place)COUNTS_FROM_START;
	if (opts->format == PMC_FORMAT_TEXT)
		printing->text = counts_text_new(&printing->opts.style, opts->intervals,
						 opts->repeated, out);
	return printing;
}

static void print_scopes(struct pmc_counts *printing, const struct counts *counts)
{
	switch (printing->opts.format) {
	case PMC_FORMAT_TEXT:
		counts_text_scopes(printing->text, counts, printing->printed.end_ns);
		break;
	case PMC_FORMAT_CSV:
		if (!printing->begun)
			counts_csv_begin(printing->out);
		counts_csv_scopes(counts, printing->printed.end_ns, printing->out);
		break;
	case PMC_FORMAT_JSON:
		if (!printing->begun)
			counts_json_begin(printing->out);
		counts_json_scopes(counts, printing->printed.end_ns, &printing->any_row,
				   printing->out);
		break;
	}
	printing->begun = true;
	printing->printed = counts->last;
}

int pmc_counts_more(struct pmc_counts *printing, struct pmc_err *err)
{
	struct counts counts;
	int status = counts_load(&counts, printing->store, printing->opts.session_id,
				 printing->opts.event, &printing->printed, err);

	if (!status) {
		print_scopes(printing, &counts);
		fflush(printing->out);
	}
	counts_fini(&counts);
	return status;
}

int pmc_counts_end(struct pmc_counts *printing, struct pmc_err *err)
{
	const struct counts_place start = COUNTS_FROM_START;
	struct counts counts;
	int status = counts_load(&counts, printing->store, printing->opts.session_id,
				 printing->opts.event, &start, err);

	if (!status) {
		if (printing->text && printing->opts.header)
			report_header(&counts.head, &printing->opts.style, printing->out);
		print_scopes(printing, &counts);
		if (printing->opts.format == PMC_FORMAT_TEXT)
			counts_text_end(printing->text, &counts);
		else if (printing->opts.format == PMC_FORMAT_CSV)
			counts_csv_end(&counts, printing->out);
		else
			counts_json_end(&counts, printing->out);
		if (printing->text && !printing->opts.header)
			counts_text_errors(printing->text, &counts);
	}
	counts_fini(&counts);
	return status;
}

void pmc_counts_free(struct pmc_counts *printing)
{
	if (!printing)
		return;
	counts_text_free(printing->text);
	free(printing);
}
