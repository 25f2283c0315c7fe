/*
 * fault_guard.h - survives a file that shrinks while it is mapped.
 */
#ifndef PMC_FAULT_GUARD_H
#define PMC_FAULT_GUARD_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>

struct fault_guard {
	struct sigaction before;
	bool is_set;
};

/* Between these two, fault_guard_run() of this thread catches SIGBUS. */
void fault_guard_init(struct fault_guard *guard);
void fault_guard_fini(struct fault_guard *guard);

/* Calls run(arg). False: SIGBUS cut it off; what it was working on must not be used again. */
bool fault_guard_run(void (*run)(void *arg), void *arg);

#endif
