/*
 * report.h - a session as text, CSV or JSON; and results of any query as a table.
 *
 * Everything is read through store.h. Output goes to the FILE given; errors to err.
 */
#ifndef PMC_REPORT_H
#define PMC_REPORT_H

#include <stdio.h>

#include "base/err.h"
#include "store/store.h"

enum pmc_format { PMC_FORMAT_TEXT, PMC_FORMAT_CSV, PMC_FORMAT_JSON };
enum pmc_report_by { PMC_BY_FUNCTION, PMC_BY_LINE, PMC_BY_MODULE, PMC_BY_THREAD, PMC_BY_PROCESS };

/* How output may look; decided by cli/ from the terminal and --color. */
struct pmc_style {
	bool color;
	unsigned width; /* columns of the terminal; 0 = not a terminal: no shortening of names */
	bool ascii;	/* trees are drawn without box characters: the locale is not UTF-8 */
};

struct pmc_report_opts {
	int64_t session_id;
	const char *event;		/* NULL: all, side by side */
	enum pmc_report_by by;
	const char *root;		/* only what runs under this function; NULL: all */
	bool tree;			/* as a call tree instead of a table … */
	bool callers;			/* … from what is hot up to who called it */
	double min_share;		/* … without nodes below this share, 0..1, in every event */
	unsigned depth;			/* … of so many levels; 0 = all */
	double from_s, to_s;		/* session seconds; to_s < 0: to the end; whole slices */
	unsigned limit;			/* rows; 0 = all */
	enum pmc_format format;
	struct pmc_style style;
};

/* Prints a session of samples as rows of `by`; one of counts as what was counted. */
int pmc_report_print(struct pmc_store *store, const struct pmc_report_opts *opts, FILE *out,
		     struct pmc_err *err);

/* ---- counts of `pmc stat` (counts_print.c) ---- */

struct pmc_counts_opts {
	int64_t session_id;
	const char *event;		/* events to show; NULL: all */
	enum pmc_format format;
	struct pmc_style style;
	bool header;			/* text begins with what is known of the session */
	bool intervals;			/* printed while they come: pmc_counts_more() is called */
	bool repeated;			/* …of several runs */
};

struct pmc_counts;

/* The store is borrowed; a writer may use it between the calls. The caller frees. */
struct pmc_counts *pmc_counts_new(struct pmc_store *store, const struct pmc_counts_opts *opts,
				  FILE *out);
/* Prints what was counted since the last call. Only with `intervals`. */
int pmc_counts_more(struct pmc_counts *counts, struct pmc_err *err);
/* Prints the rest, and totals, means and figures of all. */
int pmc_counts_end(struct pmc_counts *counts, struct pmc_err *err);
void pmc_counts_free(struct pmc_counts *counts);

/* ---- pictures and other programs' formats (flame.c, export.c) ---- */

struct pmc_flame_opts {
	int64_t session_id;
	const char *event;		/* NULL: the first that was sampled */
	const char *root;		/* only what runs under this function; NULL: all */
	bool reverse;			/* what the samples hit at the root, callers on it */
	bool icicle;			/* the root at the top */
	bool by_thread;			/* a thread as root of its own frames */
	bool html;			/* a page; else a picture (SVG) */
	double from_s, to_s;		/* as in struct pmc_report_opts */
};

/* Writes a flame graph as one file. Nothing is written before everything is loaded. */
int pmc_flame_write(struct pmc_store *store, const struct pmc_flame_opts *opts, FILE *out,
		    struct pmc_err *err);

struct pmc_export_opts {
	int64_t session_id;
	const char *format;		/* one of pmc_export_formats */
	const char *event;		/* NULL: all that were sampled; the first of them for
					 * folded stacks */
	const char *root;		/* only what runs under this function; NULL: all */
	bool by_thread;			/* a thread as first frame; folded stacks only */
	const char *view;		/* csv: of which view; NULL: function_profile */
	double from_s, to_s;		/* as in struct pmc_report_opts */
};

/* Names of the formats, NULL-terminated. */
extern const char *const pmc_export_formats[];

/* True for formats that are no text. */
bool pmc_export_is_binary(const char *format);

/* pprof needs libraries that a build may not have had. */
bool pmc_export_has_pprof(void);

/* Writes a session in the format of other programs. */
int pmc_export_write(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err);

/* Runs every statement of `sql` and prints the rows of each. */
int pmc_report_sql(struct pmc_store *store, const char *sql, enum pmc_format format,
		   const struct pmc_style *style, FILE *out, struct pmc_err *err);

/*
 * Prints rows * columns cells of plain text, row by row: for results that come from no session
 * (pmc list, pmc doctor). At most 16 columns. JSON: one array of objects named by the titles.
 */
void pmc_report_rows(const char *const *titles, size_t columns, const char *const *cells,
		     size_t rows, enum pmc_format format, const struct pmc_style *style, FILE *out);

#endif
