/*
 * stop_signals.c - see stop_signals.h.
 *
 * Signals that come close together are one request: timeout(1) and shells signal a process and its
 * group. Not here: what a first and a second request mean (collector.h).
 */
#include "cli/stop_signals.h"

#include <signal.h>
#include <time.h>

#include "base/mem.h"

/* Written by the handler, and by stop_signals_ask(). */
static struct pmc_stop stop_request;
static struct timespec stop_time;

/* Within this time it is one request. */
static const long SAME_REQUEST_NS = 300000000;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct timespec now;
	long long since_ns;

	(void)context;
	clock_gettime(CLOCK_MONOTONIC, &now);
	since_ns = (now.tv_sec - stop_time.tv_sec) * 1000000000LL + now.tv_nsec - stop_time.tv_nsec;
	if (!stop_request.times || since_ns > SAME_REQUEST_NS)
		stop_request.times++;
	stop_time = now;
	stop_request.from_terminal = info->si_code > 0; /* SI_KERNEL: Ctrl-C reached the group */
	stop_request.signal = signal;
}

const struct pmc_stop *stop_signals_request(void)
{
	return &stop_request;
}

void stop_signals_ask(int signal)
{
	if (stop_request.signal)
		return;
	stop_request.times = 1;
	stop_request.signal = signal;
}

void stop_signals_catch(void)
{
	static const int SIGNALS[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, before;

	for (size_t i = 0; i < PMC_COUNT(SIGNALS); i++)
		/* What the parent chose to ignore (nohup) stays ignored. */
		if (!sigaction(SIGNALS[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(SIGNALS[i], &action, NULL);
}
