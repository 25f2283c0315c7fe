/*
 * target.c - see target.h.
 */
#include "collector/target.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collector/command.h"
#include "collector/proc.h"

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

static int no_such(const char *what, pid_t id, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_NOT_FOUND, "there is no %s %d", what, (int)id);
	return pmc_err_hint(err, "it may have ended; `ps -e` lists what runs");
}

static int find_running(const struct pmc_target *target, pid_array *tids, struct watch_list *list,
			struct pmc_err *err)
{
	for (size_t i = 0; i < target->ids_count; i++) {
		const pid_t id = target->ids[i];
		PMC_FREE pid_t *threads = NULL;
		size_t count = 1;

		if (target->kind == PMC_TARGET_PIDS) {
			count = proc_threads(id, &threads);
			if (!count || proc_of_thread(id) != id)
				return no_such("process", id, err);
		} else if (!proc_is_running(id)) {
			return no_such("thread", id, err);
		}
		for (size_t t = 0; t < count; t++)
			*pmc_array_add(tids) = threads ? threads[t] : id;
		*pmc_array_add(&list->items) = (struct watched){
			.id = id, .pidfd = target->kind == PMC_TARGET_PIDS ? open_pidfd(id) : -1
		};
	}
	return 0;
}

int target_open(const struct pmc_target *target, struct command *command, pid_array *tids,
		struct watch_list *list, struct pmc_err *err)
{
	if (target->ids_count)
		return find_running(target, tids, list, err);
	if (target->kind == PMC_TARGET_COMMAND && command_prepare(command, target->argv, err))
		return -1;
	*pmc_array_add(tids) = target->system_wide || !command->pid ? -1 : command->pid;
	return 0;
}

bool target_ended(const struct watch_list *list)
{
	for (size_t i = 0; i < list->items.count; i++) {
		const struct watched *watched = &list->items.items[i];
		struct pollfd poll_end = { .fd = watched->pidfd, .events = POLLIN };

		if (watched->pidfd >= 0 ? poll(&poll_end, 1, 0) == 0 : proc_is_running(watched->id))
			return false;
	}
	return list->items.count > 0;
}

void target_forget(struct watch_list *list)
{
	for (size_t i = 0; i < list->items.count; i++)
		if (list->items.items[i].pidfd >= 0)
			close(list->items.items[i].pidfd);
	pmc_array_free(&list->items);
}

static char *describe_ids(const char *option, const struct pmc_target *target)
{
	char *text = pmc_strdup(option);

	for (size_t i = 0; i < target->ids_count; i++) {
		char *longer = pmc_sprintf("%s%s%d", text, i ? "," : " ", (int)target->ids[i]);

		free(text);
		text = longer;
	}
	return text;
}

char *target_describe(const struct pmc_target *target)
{
	switch (target->kind) {
	case PMC_TARGET_COMMAND:
		return command_quote(target->argv);
	case PMC_TARGET_PIDS:
		return describe_ids("-p", target);
	case PMC_TARGET_TIDS:
		return describe_ids("-t", target);
	case PMC_TARGET_CPUS:
		break;
	}
	return pmc_strdup(target->cpus ? "some CPUs (-C)" : "all CPUs (-a)");
}
