/*
 * maintain.h - inside the folder: removing a session inside a transaction of the caller's.
 */
#ifndef STORE_MAINTAIN_H
#define STORE_MAINTAIN_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* Removes all rows of the session, then the shared rows that nobody refers to any more. */
int maintain_remove_session(struct pmc_store *store, int64_t session_id, struct pmc_err *err);

#endif
