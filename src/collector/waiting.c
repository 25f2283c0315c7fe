/*
 * waiting.c - see waiting.h.
 */
#include "collector/waiting.h"

#include <errno.h>

#include "collector/ending.h"

static const uint64_t TICK_MS = 50;
static const uint64_t LOOK_MS = 500;

static void add(struct waiting *waiting, int fd)
{
	if (fd >= 0)
		*pmc_array_add(&waiting->polls) = (struct pollfd){ .fd = fd, .events = POLLIN };
}

void waiting_begin(struct waiting *waiting, const struct counters *counters,
		   const struct command *command, const struct watch_list *watch,
		   enum pmc_target_kind kind)
{
	waiting->polls.count = 0;
	for (size_t i = 0; i < counters->rings_count; i++)
		add(waiting, counters->rings[i].fd);
	waiting->rings = waiting->polls.count;
	add(waiting, command->pidfd);
	for (size_t i = 0; i < watch->items.count; i++)
		add(waiting, watch->items.items[i].pidfd);
	waiting->blind = (command->pid && command->pidfd < 0) || kind == PMC_TARGET_TIDS;
}

void waiting_fini(struct waiting *waiting)
{
	pmc_array_free(&waiting->polls);
}

int waiting_until(struct waiting *waiting, uint64_t until_ns)
{
	const uint64_t now = ending_now_ns(), most = waiting->blind ? TICK_MS : LOOK_MS;
	uint64_t wait_ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;

	if (wait_ms > most)
		wait_ms = most;
	if (poll(waiting->polls.items, waiting->polls.count, (int)wait_ms) < 0 && errno != EINTR)
		return -1;
	for (size_t i = 0; i < waiting->polls.count; i++) {
		struct pollfd *polled = &waiting->polls.items[i];

		if (i < waiting->rings) {
			/* A ring whose tasks are all gone hangs up for good: stop asking it. */
			if (!(polled->revents & (POLLHUP | POLLERR)))
				continue;
			waiting->blind = true;
		} else if (!polled->revents) {
			continue;
		}
		/* Likewise a process that has ended, while others are still watched. */
		polled->fd = -1;
	}
	return 0;
}
