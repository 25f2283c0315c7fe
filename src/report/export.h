/*
 * export.h - sessions in the formats of other programs: a file export_<format>.c each, listed in
 * export.c.
 */
#ifndef PMC_REPORT_EXPORT_H
#define PMC_REPORT_EXPORT_H

#include "report/report.h"
#include "report/tree.h"

/* Folded stacks: a line a distinct stack. */
int export_folded(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		  struct pmc_err *err);
/* The same of a tree at hand; of its first event. */
void export_folded_tree(const struct tree *tree, FILE *out);

/* The formats of other programs; what each keeps and loses: docs/exports.md. */
int export_pprof(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		 struct pmc_err *err);
int export_firefox(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		   struct pmc_err *err);
int export_speedscope(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		      struct pmc_err *err);
int export_callgrind(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err);
int export_chrome(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		  struct pmc_err *err);
/* The rows of a view. */
int export_csv(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
	       struct pmc_err *err);

/*
 * Loads the tree of one event: that of opts, or the first that was sampled where it is NULL (and
 * none at all of a session that has none). A session of counts, and several events, are usage
 * errors: `what` is what cannot be made of them. The caller calls tree_fini() in any case.
 * (export_tree.c)
 */
int export_load_tree(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts,
		     const char *what, struct pmc_err *err);

#endif
