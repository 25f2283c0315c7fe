/*
 * export.c - the list of formats that sessions can be exported to.
 *
 * A format is a function in export_<name>.c, and a row here.
 */
#include "report/export.h"

#include <string.h>

#define FORMATS(ROW) \
	ROW("folded", export_folded) \
	ROW("pprof", export_pprof) \
	ROW("firefox", export_firefox) \
	ROW("speedscope", export_speedscope) \
	ROW("callgrind", export_callgrind) \
	ROW("chrome", export_chrome) \
	ROW("csv", export_csv)

static const struct {
	const char *name;
	int (*write)(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err);
} formats[] = {
#define ROW(name, write) { name, write },
	FORMATS(ROW)
#undef ROW
};

const char *const pmc_export_formats[] = {
#define ROW(name, write) name,
	FORMATS(ROW)
#undef ROW
	NULL
};

bool pmc_export_is_binary(const char *format)
{
	return !strcmp(format, "pprof");
}

/* Options that a format would not heed are refused, so that nobody trusts them. */
static int check(const struct pmc_export_opts *opts, struct pmc_err *err)
{
	if (opts->by_thread && strcmp(opts->format, "folded")) {
		pmc_err_set(err, PMC_ERR_USAGE, "--by thread is for folded stacks, not for %s",
			    opts->format);
		return pmc_err_hint(err, "leave it out: pprof, firefox, speedscope and chrome keep "
					 "threads apart, callgrind knows none");
	}
	if (opts->view && strcmp(opts->format, "csv")) {
		pmc_err_set(err, PMC_ERR_USAGE, "--view is for csv, not for %s", opts->format);
		return pmc_err_hint(err, "leave it out, or --format csv");
	}
	return 0;
}

int pmc_export_write(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err)
{
	if (check(opts, err))
		return -1;
	for (size_t i = 0; i < PMC_COUNT(formats); i++) {
		if (!strcmp(formats[i].name, opts->format))
			return formats[i].write(store, opts, out, err);
	}
	return pmc_err_set(err, PMC_ERR_USAGE, "no format '%s' to export to", opts->format);
}
