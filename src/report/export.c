/*
 * export.c - the list of formats that sessions can be exported to.
 *
 * A format is a function in export_<name>.c, and a row here.
 */
#include "report/export.h"

#include <string.h>

#define FORMATS(ROW) \
	ROW("folded", export_folded)

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

int pmc_export_write(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err)
{
	for (size_t i = 0; i < PMC_COUNT(formats); i++) {
		if (!strcmp(formats[i].name, opts->format))
			return formats[i].write(store, opts, out, err);
	}
	return pmc_err_set(err, PMC_ERR_USAGE, "no format '%s' to export to", opts->format);
}
