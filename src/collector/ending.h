/*
 * ending.h - when a recording or a counting is over: its target has ended, its time is up, or it
 * was asked to stop.
 *
 * A command is given the signal that asked pmc to stop (unless the terminal has done so), and is
 * watched until it ends; being asked twice stops at once. One thread.
 */
#ifndef PMC_COLLECTOR_ENDING_H
#define PMC_COLLECTOR_ENDING_H

#include "collector/command.h"
#include "collector/target.h"

struct ending {
	struct command *command;       /* borrowed; its pid is 0 where there is none */
	const struct watch_list *watch; /* borrowed; empty for commands and CPUs */
	const struct pmc_stop *stop;   /* NULL: nobody asks */
	uint64_t at_ns;		       /* CLOCK_MONOTONIC; UINT64_MAX: no end is set */
	int passed; /* last signal that the command was given because we got it */
};

/* CLOCK_MONOTONIC */
uint64_t ending_now_ns(void);

/* Sets the time when `duration_ns` (0: never) from now will be over. */
void ending_begin(struct ending *ending, uint64_t duration_ns);

/* Is it over? Never waits. */
bool ending_reached(struct ending *ending, uint64_t now_ns);

/*
 * Waits for a command that still runs: asks it to end with SIGTERM once the time is up, and passes
 * on signals. Returns its exit status as a shell would say; 0 where we ended it, or there is none.
 * A second request to stop ends the waiting: *still_runs is then its pid, else 0.
 */
int ending_wait_command(struct ending *ending, pid_t *still_runs);

#endif
