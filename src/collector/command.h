/*
 * command.h - a child process that is held before its exec until its counters are on.
 *
 *   parent  fork ──────────► open counters ──► release ──► read the exec's outcome
 *   child        waits on a pipe ····················· execvp ──► program
 *                                                        └ fails: errno through a close-on-exec
 * pipe
 */
#ifndef PMC_COLLECTOR_COMMAND_H
#define PMC_COLLECTOR_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct command {
	pid_t pid;    /* 0: none */
	int go_fd;    /* written to let it run */
	int errno_fd; /* the child's errno, or end of file once it runs */
	int pidfd;    /* readable when it has ended; -1 where the kernel has none (before 5.3) */
	bool reaped;
	int status; /* as waitpid() gives it, once reaped */
};

/* Forks; the child waits. */
int command_prepare(struct command *command, char *const *argv, struct pmc_err *err);

/* Lets it exec. -1: PMC_ERR_NOT_FOUND or PMC_ERR_NOT_EXECUTABLE, and the child is gone. */
int command_release(struct command *command, const char *name, struct pmc_err *err);

/* True once it has ended; never waits. */
bool command_ended(struct command *command);

/* The status a shell would give for it: exit status, or 128 + signal. */
int command_exit_status(const struct command *command);

/* Closes all; a child that was never released leaves and is reaped, a running one is left alone. */
void command_fini(struct command *command);

/* argv as one line that a shell reads back as the same words. The caller frees. */
char *command_quote(char *const *argv);

#endif
