/*
 * ending.c - see ending.h.
 */
#include "collector/ending.h"

#include <signal.h>
#include <time.h>

uint64_t ending_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void ending_begin(struct ending *ending, uint64_t duration_ns)
{
	ending->at_ns = duration_ns ? ending_now_ns() + duration_ns : UINT64_MAX;
}

/* Was it asked to stop, and is there nothing more to wait for? */
static bool asked_to_stop(struct ending *ending)
{
	const int signal = ending->stop ? ending->stop->signal : 0;

	if (!signal)
		return false;
	if (!ending->command->pid)
		return true;
	if (ending->passed != signal && !ending->stop->from_terminal)
		kill(ending->command->pid, signal);
	ending->passed = signal;
	return ending->stop->times > 1;
}

bool ending_reached(struct ending *ending, uint64_t now_ns)
{
	const bool by_itself = ending->command->pid ? command_ended(ending->command)
						    : target_ended(ending->watch);

	return by_itself || asked_to_stop(ending) || now_ns >= ending->at_ns;
}

int ending_wait_command(struct ending *ending, pid_t *still_runs)
{
	struct command *command = ending->command;
	bool ended_by_us = false;

	*still_runs = 0;
	if (!command->pid || command->go_fd >= 0)
		return 0;
	while (!command_ended(command)) {
		if (!ended_by_us && ending_now_ns() >= ending->at_ns) {
			kill(command->pid, SIGTERM);
			ended_by_us = true;
		}
		if (asked_to_stop(ending)) {
			*still_runs = command->pid;
			return 128 + ending->stop->signal;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return ended_by_us ? 0 : command_exit_status(command);
}
