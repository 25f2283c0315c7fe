/*
 * session_begin.h - a new session in a database, with what it says of this machine.
 */
#ifndef PMC_SESSION_BEGIN_H
#define PMC_SESSION_BEGIN_H

#include <sys/utsname.h>

#include "base/model.h"
#include "store/store.h"

/* A session's info and the room of its texts: it may not be moved. */
struct session_facts {
	struct pmc_session_info info;
	struct utsname uts;
	char cpu[128];
};

/* Fills in label, machine and version; what is left is the collector's to say. */
void session_facts_init(struct session_facts *facts, const char *label);

/*
 * Opens or makes the database and begins the session. -1 leaves *store to be closed by the caller.
 */
int session_begin(const struct session_facts *facts, const char *db, struct pmc_store **store,
		  struct pmc_writer **writer, int64_t *session, struct pmc_err *err);

#endif
