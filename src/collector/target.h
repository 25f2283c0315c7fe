/*
 * target.h - what is to be watched: which threads, until when, and what a session calls it.
 *
 * Not here: counters (counters.h), how a command is held and run (command.h).
 */
#ifndef PMC_COLLECTOR_TARGET_H
#define PMC_COLLECTOR_TARGET_H

#include "collector/collector.h"
#include "collector/command.h"

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
 * What counters are to be opened for: the threads of a PIDS or TIDS target, with what to watch for
 * its end; a command, which is forked and held before its exec; -1 for all that runs. A process or
 * thread that is not there: -1, PMC_ERR_NOT_FOUND. The caller frees all, also after an error.
 */
int target_open(const struct pmc_target *target, struct command *command, pid_array *tids,
		struct watch_list *list, struct pmc_err *err);

/* True when there was something to watch and all of it has ended. */
bool target_ended(const struct watch_list *list);

void target_forget(struct watch_list *list);

/* The target as a session's command: the command line as a shell reads it, or the option given.
 * The caller frees. */
char *target_describe(const struct pmc_target *target);

#endif
