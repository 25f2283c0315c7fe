/*
 * fault_guard.c - turns SIGBUS on mapped files into a return value.
 *
 * Files are mapped, and somebody may truncate one while it is read (`strip` and `cp` write in
 * place). The kernel answers a read behind the new end with SIGBUS; a recorder must not die of it.
 *
 *      run ── reads mapped page ── SIGBUS ── handler ── siglongjmp ──► fault_guard_run
 *                                                                        returns false
 *
 * The handler only acts for a thread that is inside fault_guard_run(); every other fault ends the
 * process as it would without a handler. The thread-local pointer is state that
 * a signal handler cannot be given in another way. What `run` had allocated is lost: a fault costs
 * some memory once, and its user gives that file up.
 */
#include "symbolize/fault_guard.h"

#include <stddef.h>

static __thread sigjmp_buf *landing;

static void on_fault(int signal)
{
	if (landing)
		siglongjmp(*landing, 1);
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

void fault_guard_init(struct fault_guard *guard)
{
	/* SA_NODEFER: the jump leaves the handler without a system call to unblock the signal. */
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigemptyset(&action.sa_mask);
	guard->is_set = !sigaction(SIGBUS, &action, &guard->before);
}

void fault_guard_fini(struct fault_guard *guard)
{
	if (guard->is_set)
		sigaction(SIGBUS, &guard->before, NULL);
	guard->is_set = false;
}

bool fault_guard_run(void (*run)(void *arg), void *arg)
{
	sigjmp_buf place;

	if (sigsetjmp(place, 0)) {
		landing = NULL;
		return false;
	}
	landing = &place;
	run(arg);
	landing = NULL;
	return true;
}
