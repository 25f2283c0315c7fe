/*
 * session_open.c - see session_open.h.
 */
#include "cli/session_open.h"

#include "cli/cli.h"

int session_open(const char *db, const char *session, struct pmc_store **store,
		 int64_t *session_id, struct pmc_err *err)
{
	*store = pmc_store_open(pmc_cli_db_path(db), PMC_STORE_READ, err);
	return *store ? pmc_store_find_session(*store, session, session_id, err) : -1;
}

int session_check_window(double from_s, double to_s, bool to_given, struct pmc_err *err)
{
	if (!to_given || to_s > from_s)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "the window from %g s to %g s holds no time", from_s, to_s);
	return pmc_err_hint(err, "--to must be later than --from; both count from the start");
}
