/*
 * stop_signals.h - SIGINT, SIGTERM and SIGHUP as a request to stop: for commands that watch others.
 */
#ifndef PMC_STOP_SIGNALS_H
#define PMC_STOP_SIGNALS_H

#include "collector/collector.h"

/* Filled in by the handlers; what the collector is to be handed. */
const struct pmc_stop *stop_signals_request(void);

/* Asks to stop as if that signal had come, unless one has. */
void stop_signals_ask(int signal);

/* From here on these signals ask to stop, except those that the parent chose to ignore. */
void stop_signals_catch(void);

#endif
