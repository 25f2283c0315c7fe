/*
 * waiting.h - until there is something to do: a ring half full, the end of what is watched, a
 * moment.
 *
 * Where nothing wakes us (a thread that was named alone, a kernel without pidfds, a ring whose
 * first task is gone) it looks around every 50 ms. A signal that comes between a look at it and
 * poll() wakes nobody: it is seen half a second later.
 */
#ifndef PMC_COLLECTOR_WAITING_H
#define PMC_COLLECTOR_WAITING_H

#include <poll.h>

#include "collector/command.h"
#include "collector/counters.h"
#include "collector/target.h"

struct waiting {
	PMC_ARRAY(struct pollfd) polls; /* of the rings first */
	size_t rings;
	bool blind; /* something may come that does not wake us */
};

/* Begins with the rings of `counters`, the command and what is watched; again for another run. */
void waiting_begin(struct waiting *waiting, const struct counters *counters,
		   const struct command *command, const struct watch_list *watch,
		   enum pmc_target_kind kind);
void waiting_fini(struct waiting *waiting);

/* Waits, at most until then (CLOCK_MONOTONIC). -1 with errno. */
int waiting_until(struct waiting *waiting, uint64_t until_ns);

#endif
