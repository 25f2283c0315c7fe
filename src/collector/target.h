/*
 * target.h - what is to be watched: which threads, until when, and what a session calls it.
 *
 * Not here: counters (counters.h), running a command (command.h).
 */
#ifndef PMC_COLLECTOR_TARGET_H
#define PMC_COLLECTOR_TARGET_H

#include "collector/collector.h"

/* A process or thread whose end ends the recording. */
struct watched {
	pid_t id;
	int pidfd; /* readable when it has ended; -1: look at /proc */
};

struct watch_list {
	PMC_ARRAY(struct watched) items;
};

typedef PMC_ARRAY(pid_t) pid_array;

/*
 * Lists the threads of a PIDS or TIDS target, and what to watch for its end. A process or thread
 * that is not there: -1, PMC_ERR_NOT_FOUND. The caller frees both, also after an error.
 */
int target_find(const struct pmc_target *target, pid_array *tids, struct watch_list *list,
		struct pmc_err *err);

/* True when there was something to watch and all of it has ended. */
bool target_ended(const struct watch_list *list);

void target_forget(struct watch_list *list);

/* The target as a session's command: the command line as a shell reads it, or the option given.
 * The caller frees. */
char *target_describe(const struct pmc_target *target);

#endif
