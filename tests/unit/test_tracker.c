/*
 * test_tracker.c - who ran what when: fork, exec, rename, exit, threads, ids used again, mappings
 * that forks share; what was never announced; and a million records that must leave nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/tracker.h"

static const uint64_t MS = 1000000, SECOND = 1000000000;

static struct catalog catalog;
static struct tracker tracker;

static int begin(void **state)
{
	(void)state;
	catalog_init(&catalog);
	tracker_init(&tracker, &catalog);
	tracker.start_ns = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	tracker_fini(&tracker);
	catalog_fini(&catalog);
	return 0;
}

static const char *text(uint32_t id)
{
	return pmc_strings_get(catalog.strings, id);
}

static const char *comm_at(uint32_t tid, uint64_t time)
{
	const struct task *task = tracker_task(&tracker, tid, time);

	return task ? text(task->comm) : "(none)";
}

static void map(uint32_t pid, uint64_t start, const char *path, uint64_t time)
{
	tracker_map(&tracker, &(struct tracker_map){ .pid = pid, .start = start, .len = 0x1000,
						     .path = path }, time);
}

/* What tracker_location() gives, as a row; NULL where no module owned the address. */
static const struct pmc_location_row *location_at(uint32_t tid, bool kernel, uint64_t address,
						  uint64_t time, bool is_caller)
{
	const struct task *task = tracker_task(&tracker, tid, time);
	uint32_t id;

	assert_non_null(task);
	id = tracker_location(&tracker, task, kernel, address, time, is_caller);
	assert_in_range(id, 0, catalog.locations.count);
	return id ? &catalog.locations.items[id - 1] : NULL;
}

/* Path of the module at an address for a task, or "(none)". */
static const char *module_at(uint32_t tid, uint64_t address, uint64_t time)
{
	const struct pmc_location_row *location = location_at(tid, false, address, time, false);

	return location ? text(catalog.modules.items[location->module - 1].path) : "(none)";
}

static uint32_t row_at(uint32_t tid, uint64_t time)
{
	return tracker_thread_row(&tracker, tracker_task(&tracker, tid, time));
}

static const struct pmc_thread_row *thread_at(uint32_t tid, uint64_t time)
{
	const uint32_t row = row_at(tid, time);	/* may move the table */

	return &catalog.threads.items[row - 1];
}

static const struct pmc_process_row *process_at(uint32_t tid, uint64_t time)
{
	const uint32_t process = thread_at(tid, time)->process;

	return &catalog.processes.items[process - 1];
}

/* End of a thread row, UINT64_MAX while there is none. */
static uint64_t thread_end(uint32_t row)
{
	for (size_t i = 0; i < catalog.thread_ends.count; i++)
		if (catalog.thread_ends.items[i].thread == row)
			return catalog.thread_ends.items[i].end_ns;
	return UINT64_MAX;
}

static uint64_t process_end(uint32_t row)
{
	for (size_t i = 0; i < catalog.process_ends.count; i++)
		if (catalog.process_ends.items[i].process == row)
			return catalog.process_ends.items[i].end_ns;
	return UINT64_MAX;
}

/* ---- one task after the other ---- */

static void the_idle_task_is_known(void **state)
{
	(void)state;
	assert_string_equal(comm_at(0, 5), "swapper");
	assert_string_equal(comm_at(1, 5), "(none)");
	assert_int_equal(tracker.tasks_count, 1);
}

/* shell forks, execs make, which renames itself and ends. */
static void fork_exec_rename_exit(void **state)
{
	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "bash", 0);
	map(10, 0x1000, "/bin/bash", 0);
	tracker_fork(&tracker, 20, 10, 20, 10, 100 * MS);
	tracker_comm(&tracker, 20, 20, "make", true, 200 * MS);
	map(20, 0x1000, "/bin/make", 201 * MS);
	tracker_comm(&tracker, 20, 20, "make:all", false, 300 * MS);
	tracker_exit(&tracker, 20, 400 * MS);

	assert_string_equal(comm_at(20, 150 * MS), "bash");
	assert_string_equal(comm_at(20, 250 * MS), "make");
	assert_string_equal(comm_at(20, 350 * MS), "make:all");
	assert_string_equal(comm_at(20, 410 * MS), "make:all");	/* on its way out */
	assert_string_equal(module_at(20, 0x1800, 150 * MS), "/bin/bash");
	assert_string_equal(module_at(20, 0x1800, 250 * MS), "/bin/make");
	assert_string_equal(module_at(20, 0x1800, 350 * MS), "/bin/make");
	assert_string_equal(module_at(10, 0x1800, 350 * MS), "/bin/bash");
	assert_int_equal(process_at(20, 150 * MS)->ppid, 10);
	assert_int_equal(process_at(20, 250 * MS)->ppid, 10);
	assert_int_equal(process_at(20, 250 * MS)->start_ns, 200 * MS);
	/* Two images, three names. */
	assert_int_equal(thread_at(20, 150 * MS)->process + 1, thread_at(20, 250 * MS)->process);
	assert_int_equal(thread_at(20, 350 * MS)->process, thread_at(20, 250 * MS)->process);
	assert_int_equal(row_at(20, 350 * MS), row_at(20, 250 * MS) + 1);
	assert_int_equal(row_at(20, 350 * MS), row_at(20, 400 * MS));
}

/* A rename to the same name, and an exec of the same program. */
static void equal_names(void **state)
{
	struct task *task;

	(void)state;
	task = tracker_add_task(&tracker, 10, 10, 1, "a", 0);
	tracker_comm(&tracker, 10, 10, "a", false, 100 * MS);
	assert_ptr_equal(tracker_task(&tracker, 10, 200 * MS), task);
	tracker_comm(&tracker, 10, 10, "a", true, 300 * MS);
	assert_ptr_not_equal(tracker_task(&tracker, 10, 400 * MS), task);
	assert_ptr_equal(tracker_task(&tracker, 10, 200 * MS), task);
}

/* Rows are made by the first sample; ends are told in order, whichever came first. */
static void ends_of_rows(void **state)
{
	uint32_t row, late;

	(void)state;
	tracker_fork(&tracker, 20, 10, 20, 10, 100 * MS);
	tracker_fork(&tracker, 30, 10, 30, 10, 100 * MS);
	row = row_at(20, 150 * MS);
	assert_int_equal(thread_end(row), UINT64_MAX);
	assert_int_equal(process_end(catalog.threads.items[row - 1].process), UINT64_MAX);
	tracker_exit(&tracker, 20, 200 * MS);
	tracker_exit(&tracker, 30, 300 * MS);
	assert_int_equal(thread_end(row), 200 * MS);
	assert_int_equal(process_end(catalog.threads.items[row - 1].process), 200 * MS);
	/* A process that began and ended within one round: its samples are looked at afterwards. */
	late = row_at(30, 250 * MS);
	assert_int_equal(thread_end(late), 300 * MS);
	assert_int_equal(process_end(catalog.threads.items[late - 1].process), 300 * MS);
	assert_int_equal(catalog.thread_ends.count, 2);
	assert_int_equal(catalog.process_ends.count, 2);
	row_at(30, 250 * MS);
	assert_int_equal(catalog.thread_ends.count, 2);
}

/* A rename ends the thread's row, not its process; the exec ends both. */
static void renames_do_not_end_processes(void **state)
{
	uint32_t process;

	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "a", 0);
	row_at(10, 1 * MS);
	process = thread_at(10, 1 * MS)->process;
	tracker_comm(&tracker, 10, 10, "b", false, 100 * MS);
	assert_int_equal(thread_end(1), 100 * MS);
	assert_int_equal(process_end(process), UINT64_MAX);
	tracker_comm(&tracker, 10, 10, "c", true, 200 * MS);
	assert_int_equal(process_end(process), 200 * MS);
}

/* Session times count from its start; what was before is 0. */
static void session_times(void **state)
{
	(void)state;
	tracker.start_ns = 50 * MS;
	tracker_add_task(&tracker, 10, 10, 1, "early", 10 * MS);
	tracker_fork(&tracker, 20, 10, 20, 10, 80 * MS);
	tracker_exit(&tracker, 20, 90 * MS);
	assert_int_equal(thread_at(10, 60 * MS)->start_ns, 0);
	assert_int_equal(thread_at(20, 85 * MS)->start_ns, 30 * MS);
	assert_int_equal(thread_end(row_at(20, 85 * MS)), 40 * MS);
}

/* ---- threads ---- */

static void threads_share_their_process(void **state)
{
	uint32_t process;

	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "server", 0);
	tracker_fork(&tracker, 10, 10, 11, 10, 100 * MS);
	tracker_comm(&tracker, 10, 11, "worker", false, 110 * MS);
	map(10, 0x1000, "/lib/plugin.so", 200 * MS);	/* the pid is what a mapping is told by */
	assert_string_equal(module_at(11, 0x1800, 250 * MS), "/lib/plugin.so");
	assert_string_equal(comm_at(11, 250 * MS), "worker");
	assert_string_equal(comm_at(10, 250 * MS), "server");
	process = thread_at(11, 250 * MS)->process;
	assert_int_equal(thread_at(10, 250 * MS)->process, process);
	assert_string_equal(text(process_at(11, 250 * MS)->comm), "server");
	tracker_exit(&tracker, 11, 300 * MS);
	assert_int_equal(process_end(process), UINT64_MAX);
	tracker_exit(&tracker, 10, 400 * MS);
	assert_int_equal(process_end(process), 400 * MS);
}

/* main() may end by pthread_exit(): the process goes on, and goes on mapping. */
static void a_leader_may_end_first(void **state)
{
	uint32_t process;

	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "server", 0);
	map(10, 0x1000, "/bin/server", 0);
	tracker_fork(&tracker, 10, 10, 11, 10, 100 * MS);
	process = thread_at(10, 50 * MS)->process;
	tracker_exit(&tracker, 10, 200 * MS);
	for (uint64_t time = 300 * MS; time < 5 * SECOND; time += 100 * MS)
		tracker_forget(&tracker, time);
	map(10, 0x3000, "/lib/late.so", 5 * SECOND);
	assert_string_equal(module_at(11, 0x3800, 6 * SECOND), "/lib/late.so");
	assert_string_equal(module_at(11, 0x1800, 6 * SECOND), "/bin/server");
	assert_int_equal(thread_at(11, 6 * SECOND)->process, process);
	tracker_fork(&tracker, 10, 10, 12, 11, 6 * SECOND);
	assert_int_equal(thread_at(12, 7 * SECOND)->process, process);
	assert_int_equal(process_end(process), UINT64_MAX);
	tracker_exit(&tracker, 11, 8 * SECOND);
	tracker_exit(&tracker, 12, 8 * SECOND);
	assert_int_equal(process_end(process), 8 * SECOND);
	tracker_forget(&tracker, 20 * SECOND);
	assert_null(tracker_task(&tracker, 10, 20 * SECOND));
	assert_int_equal(tracker.tasks_count, 1);
	assert_int_equal(tracker.ended.count, 0);
}

/*
 * exec by another thread than the leader: the kernel ends all others, and the caller goes on under
 * the leader's id; nothing is told of its old one.
 */
static void exec_by_a_thread(void **state)
{
	uint32_t process;

	(void)state;
	tracker_add_task(&tracker, 10, 10, 3, "old", 0);
	tracker_fork(&tracker, 10, 10, 11, 10, 100 * MS);
	tracker_fork(&tracker, 10, 10, 12, 10, 100 * MS);
	row_at(11, 150 * MS);
	process = thread_at(11, 150 * MS)->process;
	tracker_exit(&tracker, 12, 200 * MS);
	tracker_exit(&tracker, 10, 200 * MS);
	tracker_comm(&tracker, 10, 10, "new", true, 201 * MS);
	map(10, 0x1000, "/bin/new", 202 * MS);
	assert_string_equal(comm_at(10, 150 * MS), "old");
	assert_string_equal(comm_at(10, 250 * MS), "new");
	assert_int_equal(process_at(10, 250 * MS)->ppid, 3);
	assert_string_equal(module_at(10, 0x1800, 250 * MS), "/bin/new");
	assert_int_equal(process_end(process), 201 * MS);
	assert_int_equal(thread_end(row_at(11, 150 * MS)), 201 * MS);
	tracker_forget(&tracker, 5 * SECOND);
	assert_null(tracker_task(&tracker, 11, 5 * SECOND));
	assert_int_equal(tracker.tasks_count, 2);	/* swapper and 10 */
}

/* ---- ids that are used again ---- */

static void a_pid_is_used_again(void **state)
{
	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "parent", 0);
	tracker_fork(&tracker, 20, 10, 20, 10, 100 * MS);
	tracker_comm(&tracker, 20, 20, "first", true, 110 * MS);
	map(20, 0x1000, "/bin/first", 110 * MS);
	tracker_exit(&tracker, 20, 200 * MS);
	tracker_fork(&tracker, 20, 10, 20, 10, 300 * MS);
	tracker_comm(&tracker, 20, 20, "second", true, 310 * MS);
	map(20, 0x1000, "/bin/second", 310 * MS);
	assert_string_equal(comm_at(20, 150 * MS), "first");
	assert_string_equal(comm_at(20, 350 * MS), "second");
	assert_string_equal(module_at(20, 0x1800, 150 * MS), "/bin/first");
	assert_string_equal(module_at(20, 0x1800, 350 * MS), "/bin/second");
	assert_int_not_equal(thread_at(20, 150 * MS)->process, thread_at(20, 350 * MS)->process);
	tracker_forget(&tracker, 10 * SECOND); /* the first one's end is no end of the second */
	assert_string_equal(comm_at(20, 10 * SECOND), "second");
	assert_string_equal(module_at(20, 0x1800, 10 * SECOND), "/bin/second");
}

/* The end of the first one was lost. */
static void a_pid_is_used_again_without_an_end(void **state)
{
	uint32_t first;

	(void)state;
	tracker_fork(&tracker, 20, 10, 20, 10, 100 * MS);
	first = row_at(20, 150 * MS);
	tracker_fork(&tracker, 20, 30, 20, 30, 300 * MS);
	assert_int_equal(thread_end(first), 300 * MS);
	assert_int_equal(process_at(20, 350 * MS)->ppid, 30);
	/* As a thread of another process. */
	tracker_fork(&tracker, 30, 30, 20, 30, 400 * MS);
	assert_int_equal(process_at(20, 450 * MS)->pid, 30);
	map(20, 0x1000, "/bin/other", 500 * MS);	/* process 20 is another one by now */
	assert_string_equal(module_at(20, 0x1800, 600 * MS), "/bin/other");
}

/* An ended task keeps its name for a while, then goes. */
static void ended_tasks_linger(void **state)
{
	(void)state;
	tracker_fork(&tracker, 20, 10, 20, 10, 100 * MS);
	tracker_comm(&tracker, 20, 20, "brief", true, 110 * MS);
	tracker_exit(&tracker, 20, 200 * MS);
	tracker_exit(&tracker, 20, 201 * MS);		/* told twice: once is enough */
	tracker_forget(&tracker, 1000 * MS);
	assert_string_equal(comm_at(20, 1000 * MS), "brief");
	tracker_forget(&tracker, 1200 * MS);
	assert_string_equal(comm_at(20, 1200 * MS), "(none)");
	assert_int_equal(tracker.ended.count, 0);
	assert_int_equal(tracker.versioned.count, 0);
	tracker_exit(&tracker, 20, 1300 * MS);		/* nobody */
	assert_int_equal(tracker.ended.count, 0);
}

/* ---- what nobody told ---- */

static void a_fork_makes_its_unknown_parent(void **state)
{
	(void)state;
	tracker_fork(&tracker, 20, 10, 20, 12, 100 * MS);
	assert_string_equal(comm_at(12, 100 * MS), "[tid 12]");
	assert_int_equal(process_at(12, 100 * MS)->pid, 10);
	assert_int_equal(process_at(20, 100 * MS)->ppid, 10);
	map(10, 0x1000, "/lib/x", 200 * MS);		/* its leader shares its mappings */
	assert_string_equal(module_at(12, 0x1800, 300 * MS), "/lib/x");
	assert_string_equal(module_at(20, 0x1800, 300 * MS), "(none)");
}

/* A thread of a process that nobody knows: what is mapped in that process is mapped for it. */
static void a_thread_of_an_unknown_process(void **state)
{
	(void)state;
	tracker_add_task(&tracker, 10, 12, 1, "worker", 0);
	map(10, 0x1000, "/lib/x", 100 * MS);
	tracker_add_task(&tracker, 10, 13, 1, NULL, 0);
	assert_string_equal(module_at(12, 0x1800, 300 * MS), "/lib/x");
	assert_string_equal(module_at(13, 0x1800, 300 * MS), "/lib/x");
	assert_string_equal(comm_at(13, 300 * MS), "[tid 13]");
	assert_int_equal(thread_at(12, 0)->process, thread_at(13, 0)->process);
	assert_int_equal(thread_at(12, 0)->process, thread_at(10, 0)->process);
}

static void names_and_mappings_of_unknown_tasks(void **state)
{
	(void)state;
	tracker_comm(&tracker, 30, 30, "hello", false, 100 * MS);
	assert_string_equal(comm_at(30, 200 * MS), "hello");
	tracker_comm(&tracker, 31, 31, "execed", true, 100 * MS);
	assert_string_equal(comm_at(31, 200 * MS), "execed");
	map(40, 0x1000, "/bin/forty", 100 * MS);
	assert_string_equal(module_at(40, 0x1800, 200 * MS), "/bin/forty");
	assert_string_equal(comm_at(40, 200 * MS), "[tid 40]");
	tracker_exit(&tracker, 50, 100 * MS);
	assert_null(tracker_task(&tracker, 50, 200 * MS));
}

/* ---- mappings ---- */

/* One library after the other at the same place, seen by the child of each time. */
static void forks_see_the_mappings_of_their_time(void **state)
{
	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "host", 0);
	map(10, 0x1000, "/lib/a.so", 100 * MS);
	tracker_fork(&tracker, 20, 10, 20, 10, 150 * MS);
	map(10, 0x1000, "/lib/b.so", 200 * MS);
	tracker_fork(&tracker, 30, 10, 30, 10, 250 * MS);
	map(20, 0x1000, "/lib/c.so", 300 * MS);
	assert_string_equal(module_at(10, 0x1800, 120 * MS), "/lib/a.so");
	assert_string_equal(module_at(10, 0x1800, 220 * MS), "/lib/b.so");
	assert_string_equal(module_at(10, 0x1800, 400 * MS), "/lib/b.so");
	assert_string_equal(module_at(20, 0x1800, 220 * MS), "/lib/a.so");
	assert_string_equal(module_at(20, 0x1800, 400 * MS), "/lib/c.so");
	assert_string_equal(module_at(30, 0x1800, 400 * MS), "/lib/b.so");
}

/* What a shared space replaced before the fork is forgotten, whoever keeps the space. */
static void replaced_mappings_are_forgotten(void **state)
{
	static const uint32_t pids[] = { 10, 20, 30 };

	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "host", 0);
	map(10, 0x1000, "/lib/a.so", 0);
	map(10, 0x1000, "/lib/b.so", 100 * MS);
	tracker_fork(&tracker, 20, 10, 20, 10, 150 * MS);
	tracker_fork(&tracker, 30, 20, 30, 20, 160 * MS);
	map(10, 0x3000, "/lib/d.so", 170 * MS);		/* takes a copy */
	tracker_forget(&tracker, 90 * MS); /* too early: all stays, and is asked again */
	for (size_t i = 0; i < PMC_COUNT(pids); i++) {
		const struct task *task = tracker_task(&tracker, pids[i], 200 * MS);

		assert_non_null(space_find(task->image->space, 0x1800, 50 * MS));
	}
	tracker_forget(&tracker, 300 * MS);
	for (size_t i = 0; i < PMC_COUNT(pids); i++) {
		const struct task *task = tracker_task(&tracker, pids[i], 400 * MS);

		assert_null(space_find(task->image->space, 0x1800, 50 * MS));
		assert_non_null(space_find(task->image->space, 0x1800, 400 * MS));
	}
	assert_int_equal(tracker.versioned.count, 0);
}

static void versions_stay_while_they_are_needed(void **state)
{
	(void)state;
	tracker_add_task(&tracker, 10, 10, 1, "one", 0);
	for (uint64_t i = 1; i <= 9; i++) {
		char comm[16];

		snprintf(comm, sizeof(comm), "name%d", (int)i);
		tracker_comm(&tracker, 10, 10, comm, i % 2, i * 100 * MS);
	}
	tracker_forget(&tracker, 450 * MS);
	assert_string_equal(comm_at(10, 460 * MS), "name4");
	assert_string_equal(comm_at(10, 550 * MS), "name5");
	assert_string_equal(comm_at(10, 100 * MS), "name4");	/* the oldest that is left */
	tracker_forget(&tracker, 950 * MS);
	assert_string_equal(comm_at(10, 460 * MS), "name9");
	assert_null(tracker_task(&tracker, 10, UINT64_MAX)->older);
	assert_int_equal(tracker.versioned.count, 0);
}

static void kinds_of_modules(void **state)
{
	static const struct {
		const char *path, *shown;
		enum pmc_module_kind kind;
	} cases[] = {
		{ "/usr/bin/x", "/usr/bin/x", PMC_MODULE_USER },
		{ "/memfd:lib (deleted)", "/memfd:lib", PMC_MODULE_USER },
		{ "/tmp/x.so (deleted)", "/tmp/x.so", PMC_MODULE_USER },
		{ "/dev/zero (deleted)", "[anon]", PMC_MODULE_ANON },
		{ " (deleted)", "[anon]", PMC_MODULE_ANON },
		{ "[vdso]", "[vdso]", PMC_MODULE_VDSO },
		{ "//anon", "[anon]", PMC_MODULE_ANON },
		{ "/dev/zero", "[anon]", PMC_MODULE_ANON },
		{ "/anon_hugepage", "[anon]", PMC_MODULE_ANON },
		{ "/SYSV00000000", "[anon]", PMC_MODULE_ANON },
		{ "anon_inode:[perf_event]", "[anon]", PMC_MODULE_ANON },
		{ "", "[anon]", PMC_MODULE_ANON },
		{ "[heap]", "[heap]", PMC_MODULE_ANON },
		{ "[stack]", "[stack]", PMC_MODULE_ANON },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const uint64_t start = 0x100000 * (i + 1);
		const struct pmc_location_row *location;

		tracker_map(&tracker, &(struct tracker_map){ .pid = 10, .start = start,
							     .len = 0x1000, .pgoff = 0x7000,
							     .path = cases[i].path }, 0);
		location = location_at(10, false, start + 0x10, 5, false);
		assert_non_null(location);
		assert_int_equal(location->offset, cases[i].kind == PMC_MODULE_USER ? 0x7010 :
						   cases[i].kind == PMC_MODULE_VDSO ? 0x10 :
								      start + 0x10);
		assert_int_equal(catalog.modules.items[location->module - 1].kind, cases[i].kind);
		assert_string_equal(text(catalog.modules.items[location->module - 1].path),
				    cases[i].shown);
	}
}

static void build_ids_make_modules(void **state)
{
	const uint8_t first[20] = { 1 }, second[20] = { 2 };
	struct tracker_map mapping = { .pid = 10, .start = 0x1000, .len = 0x1000, .path = "/bin/x",
				       .build_id = first, .build_id_len = sizeof(first) };

	(void)state;
	tracker_map(&tracker, &mapping, 0);
	mapping.build_id = second;
	mapping.pid = 20;
	tracker_map(&tracker, &mapping, 0);
	assert_int_equal(catalog.modules.count, 3);
	assert_int_equal(catalog.modules.items[1].build_id[0], 1);
	assert_int_equal(catalog.modules.items[2].build_id[0], 2);
	assert_int_equal(catalog.modules.items[2].pid, 20);
	assert_int_equal(catalog.modules.items[2].map_end, 0x2000);
}

/* A return address is looked up by its call, but keeps its own offset. */
static void return_addresses(void **state)
{
	const struct pmc_location_row *location;

	(void)state;
	map(10, 0x1000, "/bin/x", 0);
	location = location_at(10, false, 0x2000, 5, true);
	assert_non_null(location);
	assert_int_equal(location->offset, 0x1000);
	assert_true(location->is_caller);
	assert_null(location_at(10, false, 0x2000, 5, false));
	assert_null(location_at(10, false, 0x1000, 5, true));
	assert_null(location_at(10, false, 0, 5, true));
	assert_null(location_at(10, true, 0x1800, 5, false));
	assert_int_equal(catalog.locations.count, 1);	/* what nobody owns leaves no row */
}

static void addresses_that_nobody_owns(void **state)
{
	const uint32_t id = tracker_unknown_location(&tracker, 0x1234);

	(void)state;
	assert_int_equal(catalog.locations.items[id - 1].module, tracker.unknown_module);
	assert_int_equal(catalog.locations.items[id - 1].offset, 0x1234);
	assert_int_equal(tracker_unknown_location(&tracker, 0x1234), id);
}

/* ---- the kernel ---- */

static const char *kernel_at(uint64_t address, uint64_t time, uint64_t *offset)
{
	const struct pmc_location_row *location = location_at(0, true, address, time, false);

	*offset = location ? location->offset : 0;
	return location ? text(catalog.modules.items[location->module - 1].path) : "(none)";
}

static void kernel_code(void **state)
{
	const uint64_t base = 0xffffffff81000000, module = 0xffffffffc0000000;
	uint64_t offset;

	(void)state;
	tracker_kernel(&tracker, TRACKER_KERNEL_HALF, base);
	tracker_kernel_module(&tracker, "ext4", module, 0x1000, 0);
	tracker_ksymbol(&tracker, "bpf_prog_1", module + 0x8000, 0x40, false, 100 * MS);
	tracker_ksymbol(&tracker, "bpf_prog_1", module + 0x8000, 0x40, true, 200 * MS);
	assert_string_equal(kernel_at(base + 0x123, 50 * MS, &offset), "[kernel]");
	assert_int_equal(offset, 0x123);
	assert_string_equal(kernel_at(module + 0x10, 50 * MS, &offset), "[ext4]");
	assert_int_equal(offset, 0x10);
	assert_string_equal(kernel_at(module + 0x1000, 50 * MS, &offset), "[kernel]");
	assert_string_equal(kernel_at(module + 0x8010, 150 * MS, &offset), "[bpf]");
	assert_int_equal(offset, module + 0x8010 - base);
	assert_string_equal(kernel_at(module + 0x8010, 250 * MS, &offset), "(none)");
	assert_string_equal(kernel_at(0x400000, 50 * MS, &offset), "(none)");
	assert_int_equal(catalog.ksyms.count, 1);
	assert_string_equal(text(catalog.ksyms.items[0].name), "bpf_prog_1");
	assert_int_equal(catalog.ksyms.items[0].offset, module + 0x8000 - base);
	assert_int_equal(catalog.ksyms.items[0].size, 0x40);
}

/* As perf tells of it: names are those of code recorded live; what files are called is kept. */
static void kernel_of_a_recording(void **state)
{
	const uint64_t base = 0xffffffff81000000, module = 0xffffffffc0000000;
	static const uint8_t id[20] = { 1, 2, 3 };
	const struct tracker_map maps[] = {
		{ UINT32_MAX, base, 0x100000, base, "[kernel.kallsyms]_text", id, sizeof(id) },
		{ UINT32_MAX, module, 0x1000, 0, "/lib/modules/6.1.0/kernel/a/snd-pcm.ko.xz", NULL,
		  0 },
	};
	const struct pmc_module_row *rows;
	uint64_t offset;

	(void)state;
	tracker_kernel(&tracker, TRACKER_KERNEL_HALF, 0);
	for (size_t i = 0; i < PMC_COUNT(maps); i++)
		tracker_kernel_map(&tracker, &maps[i], 0);
	/* perf tells of its text alone; there is more code behind, which runs while it starts. */
	assert_string_equal(kernel_at(base + 0x200123, 50 * MS, &offset), "[kernel]");
	assert_int_equal(offset, 0x200123);
	assert_string_equal(kernel_at(base + 0x123, 50 * MS, &offset), "[kernel]");
	assert_int_equal(offset, 0x123);
	assert_string_equal(kernel_at(module + 0x10, 50 * MS, &offset), "[snd_pcm]");
	assert_int_equal(offset, 0x10);
	rows = &catalog.modules.items[catalog.modules.count - 2];
	assert_int_equal(rows[0].kind, PMC_MODULE_KERNEL);
	assert_int_equal(rows[0].build_id_len, sizeof(id));
	assert_string_equal(text(rows[0].file), maps[0].path);
	assert_int_equal(rows[1].kind, PMC_MODULE_KMOD);
	assert_string_equal(text(rows[1].file), maps[1].path);
}

/* ---- memory ---- */

static size_t live_versions(void)
{
	size_t count = 0;

	for (size_t i = 0; i < tracker.buckets_count; i++)
		for (const struct task *task = tracker.buckets[i]; task; task = task->chain)
			for (const struct task *at = task; at; at = at->older)
				count++;
	return count;
}

/*
 * A build machine in small: a server whose threads come, rename themselves and go, and which loads
 * and unloads plugins; children that fork, exec, map and end, some by exec from a thread, ids used
 * again at once. A million records, a round every hundred of them; as many at the end as near the
 * beginning.
 */
static void memory_does_not_grow_with_time(void **state)
{
	enum { STEPS = 110000, RECORDS_A_STEP = 9, PIDS = 3000 };
	size_t versions = 0, strings = 0, buckets = 0, modules = 0, ended = 0, versioned = 0,
	       live = 0;

	(void)state;
	tracker_kernel(&tracker, TRACKER_KERNEL_HALF, 0xffffffff81000000);
	tracker_add_task(&tracker, 10, 10, 1, "server", 0);
	map(10, 0x400000, "/bin/server", 0);
	for (uint32_t step = 0; step < STEPS; step++) {
		const uint64_t now = (uint64_t)step * MS;
		const uint32_t pid = 100 + step * 2 % PIDS, tid = pid + 1;
		char path[32];

		snprintf(path, sizeof(path), "/lib/plugin%u.so", step % 5);
		map(10, 0x700000 + step % 7 * 0x800, path, now);
		tracker_fork(&tracker, 10, 10, tid, 10, now + 100);
		tracker_comm(&tracker, 10, tid, "worker", false, now + 200);
		tracker_fork(&tracker, pid, 10, pid, tid, now + 300);
		tracker_exit(&tracker, tid, now + 350);
		if (step % 10 == 0) {
			tracker_fork(&tracker, pid, pid, tid, pid, now + 360);
			tracker_exit(&tracker, pid, now + 370);	/* then tid calls exec */
		}
		tracker_comm(&tracker, pid, pid, step % 2 ? "cc1" : "as", true, now + 400);
		map(pid, 0x400000, step % 2 ? "/bin/cc1" : "/bin/as", now + 500);
		if (step % 3)
			row_at(pid, now + 550);
		if (step % 50) /* some ends are lost: the id comes again all the same */
			tracker_exit(&tracker, pid, now + 600);
		tracker_ksymbol(&tracker, "bpf_prog", 0xffffffffc0000000 + step % 11 * 0x100, 0x100,
				step & 1, now + 700);
		if (step % 100 == 99) {
			struct pmc_batch batch = { 0 };

			tracker_forget(&tracker, now);
			catalog_flush(&catalog, &batch);
			catalog_release(&batch);
		}
		if (step == 20000) {
			versions = live_versions();
			strings = pmc_strings_count(catalog.strings);
			buckets = tracker.buckets_count;
			modules = catalog.modules.count;
			ended = tracker.ended.cap;
			versioned = tracker.versioned.cap;
			live = space_count(tracker.kernel);
		}
	}
	tracker_forget(&tracker, (uint64_t)(STEPS - 1) * MS + 800);
	assert_true(STEPS * RECORDS_A_STEP > 900000);
	assert_true(live_versions() <= versions + versions / 10);
	assert_int_equal(pmc_strings_count(catalog.strings), strings);
	assert_int_equal(tracker.buckets_count, buckets);
	assert_int_equal(catalog.modules.count, modules);
	assert_int_equal(tracker.ended.cap, ended);
	assert_int_equal(tracker.versioned.cap, versioned);
	assert_int_equal(space_count(tracker.kernel), live);
	assert_true(space_count(tracker_task(&tracker, 10, UINT64_MAX)->image->space) < 20);
	/* Once all is over, only those are left whose end nobody told. */
	tracker_forget(&tracker, (uint64_t)(STEPS + 2000) * MS);
	assert_int_equal(tracker.ended.count, 0);
	assert_int_equal(tracker.versioned.count, 0);
	assert_int_equal(tracker.tasks_count, live_versions());
	assert_true(tracker.tasks_count <= 2 + PIDS / 50 * 2);
}

/* A thread that has lost its tid, met when all of its process was told to be over. */
static void threads_on_their_way_out(void **state)
{
	struct task *one, *other, *late;

	(void)state;
	tracker_comm(&tracker, 10, 10, "first", true, 1 * MS);
	tracker_comm(&tracker, 20, 20, "second", true, 1 * MS);
	map(10, 0x1000, "/bin/first", 2 * MS);
	map(20, 0x1000, "/bin/second", 2 * MS);
	tracker_exit(&tracker, 10, 50 * MS);
	one = tracker_meet_task(&tracker, 10, tracker_tid(10, UINT32_MAX), 49 * MS);
	other = tracker_meet_task(&tracker, 20, tracker_tid(20, UINT32_MAX), 49 * MS);
	late = tracker_meet_task(&tracker, 10, 11, 49 * MS);
	assert_ptr_equal(tracker_task(&tracker, tracker_tid(10, UINT32_MAX), 49 * MS), one);
	assert_ptr_not_equal(one, other);
	assert_string_equal(text(one->comm), "first");
	assert_string_equal(text(other->comm), "second");
	assert_string_equal(module_at(tracker_tid(10, UINT32_MAX), 0x1000, 49 * MS), "/bin/first");
	assert_string_equal(module_at(11, 0x1000, 49 * MS), "/bin/first");
	assert_int_equal(thread_at(tracker_tid(20, UINT32_MAX), 49 * MS)->tid, UINT32_MAX);
	assert_int_equal(process_at(tracker_tid(10, UINT32_MAX), 49 * MS)->pid, 10);
	/* Their processes are as they were. */
	assert_string_equal(comm_at(10, 40 * MS), "first");
	assert_string_equal(module_at(10, 0x1000, 40 * MS), "/bin/first");
	assert_int_equal(one->image->end_ns, 50 * MS);
	assert_int_equal(late->end_ns, 50 * MS);
	assert_true(other->image->end_ns == UINT64_MAX);
	tracker_exit(&tracker, 20, 60 * MS);
	assert_int_equal(other->image->end_ns, 60 * MS);
	tracker_forget(&tracker, 3 * SECOND);
	assert_int_equal(tracker.tasks_count, 1); /* the idle one */
}

/* A recording tells of what was there before with forks and names of time 0. */
static void processes_of_before(void **state)
{
	for (int tells = 0; tells < 2; tells++) {
		tracker.tells_before = tells;
		tracker_fork(&tracker, 10, 1, 10, 1, 0);
		tracker_comm(&tracker, 10, 10, "server", false, 0);
		map(10, 0x1000, "/bin/server", 0);
		tracker_fork(&tracker, 20, 10, 20, 10, 0);
		tracker_comm(&tracker, 20, 20, "child", false, 0);
		tracker_comm(&tracker, 20, 20, "renamed", false, 5 * MS);
		assert_string_equal(comm_at(20, 6 * MS), "renamed");
		assert_string_equal(text(process_at(20, 6 * MS)->comm),
				    tells ? "child" : "server");
		assert_string_equal(module_at(20, 0x1000, 6 * MS),
				    tells ? "(none)" : "/bin/server");
		end(state);
		begin(state);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_idle_task_is_known),
		TEST(fork_exec_rename_exit),
		TEST(equal_names),
		TEST(ends_of_rows),
		TEST(renames_do_not_end_processes),
		TEST(session_times),
		TEST(threads_share_their_process),
		TEST(a_leader_may_end_first),
		TEST(exec_by_a_thread),
		TEST(a_pid_is_used_again),
		TEST(a_pid_is_used_again_without_an_end),
		TEST(ended_tasks_linger),
		TEST(a_fork_makes_its_unknown_parent),
		TEST(a_thread_of_an_unknown_process),
		TEST(names_and_mappings_of_unknown_tasks),
		TEST(forks_see_the_mappings_of_their_time),
		TEST(replaced_mappings_are_forgotten),
		TEST(versions_stay_while_they_are_needed),
		TEST(kinds_of_modules),
		TEST(build_ids_make_modules),
		TEST(return_addresses),
		TEST(addresses_that_nobody_owns),
		TEST(kernel_code),
		TEST(kernel_of_a_recording),
		TEST(threads_on_their_way_out),
		TEST(processes_of_before),
		TEST(memory_does_not_grow_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
