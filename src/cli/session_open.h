/*
 * session_open.h - what commands that show a recorded session begin with: the database, the session
 * that was asked for, the window of time.
 */
#ifndef PMC_SESSION_OPEN_H
#define PMC_SESSION_OPEN_H

#include <stdbool.h>

#include "store/store.h"

/*
 * Opens the database of option -i (NULL: the default one) to be read, and finds the session of
 * option --session in it. The caller closes *store, which is NULL or open also after an error.
 */
int session_open(const char *db, const char *session, struct pmc_store **store,
		 int64_t *session_id, struct pmc_err *err);

/* --from and --to, in seconds: -1 where they hold no time. */
int session_check_window(double from_s, double to_s, bool to_given, struct pmc_err *err);

#endif
