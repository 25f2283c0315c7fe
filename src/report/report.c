/*
 * report.c - pmc_report_print(): load a profile or a tree, print it one way; or hand over to the
 * counts.
 *
 * Nothing is printed before everything is loaded, so an error leaves no half report.
 */
#include "report/report.h"

#include "report/counts.h"
#include "report/report_print.h"
#include "report/tree_print.h"

static int print_profile(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
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

static int print_tree(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
		      struct pmc_err *err)
{
	const struct tree_opts tree_opts = {
		.session_id = opts->session_id, .event = opts->event, .root = opts->root,
		.callers = opts->callers, .by = opts->by, .from_s = opts->from_s,
		.to_s = opts->to_s, .min_share = opts->min_share, .depth = opts->depth,
	};
	struct tree tree;
	int status = tree_load(&tree, store, &tree_opts, err);

	if (!status) {
		if (opts->format == PMC_FORMAT_CSV)
			tree_csv_print(&tree, opts, out);
		else if (opts->format == PMC_FORMAT_JSON)
			tree_json_print(&tree, opts, out);
		else
			tree_text_print(&tree, opts, out);
	}
	tree_fini(&tree);
	return status;
}

static int print_counts(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
			struct pmc_err *err)
{
	const struct pmc_counts_opts counts_opts = {
		.session_id = opts->session_id, .event = opts->event, .format = opts->format,
		.style = opts->style, .header = true,
	};
	struct pmc_counts *counts;
	int status;

	if (opts->by != PMC_BY_FUNCTION || opts->from_s > 0 || opts->to_s >= 0 || opts->tree ||
	    opts->root) {
		pmc_err_set(err, PMC_ERR_USAGE,
			    "session %lld holds counts: %s", (long long)opts->session_id,
			    opts->tree || opts->root ? "there are no stacks to make a tree of" :
			    opts->by != PMC_BY_FUNCTION ? "--by has no samples to tell apart" :
			    "--from and --to have no time slices to choose from");
		return pmc_err_hint(err, "`pmc stat --per thread` and `-I` count by thread and by "
					 "interval; pmc sql 'SELECT * FROM counts' has what there "
					 "is");
	}
	counts = pmc_counts_new(store, &counts_opts, out);
	status = pmc_counts_end(counts, err);
	pmc_counts_free(counts);
	return status;
}

int pmc_report_print(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
		     struct pmc_err *err)
{
	const int counted = counts_has_session(store, opts->session_id, err);

	if (counted < 0)
		return -1;
	return counted ? print_counts(store, opts, out, err) :
	       opts->tree ? print_tree(store, opts, out, err) :
			 print_profile(store, opts, out, err);
}
