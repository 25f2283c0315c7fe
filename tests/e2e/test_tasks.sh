#!/bin/sh
# Threads, children and programs that follow each other: every sample belongs to the one that ran.
. "$E2E/lib.sh"
need_recording

thread()
{
	share "$1" thread_profile "comm = '$2'"
}
hot()
{
	share "$1" function_profile "function = '$2'"
}

# ---- threads and their names ----

record_as threads "$PROGRAMS/threads"
near "threads: spinner" "$(thread threads.db spinner)" 50 4
near "threads: grinder" "$(thread threads.db grinder)" 16.7 4
near "threads: before its new name" "$(thread threads.db early)" 8.3 3
near "threads: after it" "$(thread threads.db late)" 25 4
near "threads: each works in its own function" "$(hot threads.db spin_work)" 49 5
check "threads: two rounds of three and the main one" [ "$(sql threads.db "SELECT
	count(DISTINCT tid) FROM thread_profile WHERE comm <> 'threads'")" = 6 ]
check "threads: one process" [ "$(sql threads.db 'SELECT count(*) FROM process_profile')" = 1 ]
check "threads: a function stays with its thread" between "$(sql threads.db "SELECT
	100.0 * sum(iif(comm = 'spinner', samples, 0)) / sum(samples) FROM timeline
	WHERE function = 'spin_work'")" 100 100
check "threads: a name ends where the next begins" between "$(sql threads.db "SELECT
	100.0 * sum(iif(comm = 'early', samples, 0)) / sum(samples) FROM timeline
	WHERE function = 'early_work'")" 97 100
expect "threads: reported by thread" 0 "$PMC" report -i threads.db --by thread
check "threads: their names are there" [ "$(grep -cE '(spinner|grinder|early|late)$' out)" = 8 ]

# ---- fork ----

record_as forks "$PROGRAMS/forks"
near "forks: the parent" "$(hot forks.db parent_work)" 48.5 4
near "forks: the child" "$(hot forks.db child_work)" 24.3 4
near "forks: its child" "$(hot forks.db grandchild_work)" 24.3 4
check "forks: three processes" [ "$(sql forks.db "SELECT count(DISTINCT pid) FROM process_profile
	WHERE comm = 'forks'")" = 3 ]
near "forks: the busiest of them" "$(sql forks.db "SELECT max(100.0 * self_share)
	FROM process_profile")" 50 4
check "forks: parents are known" [ "$(sql forks.db "SELECT count(*) FROM process c JOIN process p
	ON p.pid = c.ppid AND p.session_id = c.session_id WHERE c.comm = 'forks'
	AND p.comm = 'forks'")" -ge 2 ]

# ---- fork and exec ----

cp "$PROGRAMS/split" worker
cp "$PROGRAMS/split" helper
# shellcheck disable=SC2016 # for the inner shell
record_as family sh -c './worker 0.4 & ./helper 0.2; wait'
near "fork and exec: one child" "$(thread family.db worker)" 66 6
near "fork and exec: the other" "$(thread family.db helper)" 33 6
near "fork and exec: each in its own file" \
	"$(share family.db module_profile "module = 'worker'")" 64 6
check "fork and exec: a function is told by its module" [ "$(sql family.db "SELECT
	count(DISTINCT module) FROM function_profile WHERE function = 'five'")" = 2 ]

# The recorded process itself becomes other programs.
cp "$PROGRAMS/execs" next
record_as exec sh -c "exec '$PROGRAMS/execs' ./next"
near "exec: before" "$(thread exec.db execs)" 33.3 5
near "exec: after" "$(thread exec.db next)" 66.7 5
near "exec: what it did before" "$(hot exec.db before_work)" 32.4 5
near "exec: what it did after" "$(hot exec.db after_work)" 64.5 5
check "exec: one process id" [ "$(sql exec.db "SELECT count(DISTINCT pid)
	FROM process_profile")" = 1 ]
check "exec: an image has its own module" [ "$(sql exec.db "SELECT group_concat(module)
	FROM (SELECT module FROM function_profile WHERE function IN ('before_work', 'after_work')
	ORDER BY function)")" = '"next,execs"' ]
record_as thread_exec "$PROGRAMS/execs" -t ./next
near "exec by a second thread: before" "$(hot thread_exec.db before_work)" 32.4 5
near "exec by a second thread: after" "$(hot thread_exec.db after_work)" 64.5 5
near "exec by a second thread: its name" "$(thread thread_exec.db next)" 66.7 5

# ---- processes that live for a millisecond ----

compile brief brief.c -static 2>/dev/null || compile brief brief.c
for number in 0 1 2 3 4 5 6 7 8 9; do
	cp brief "brief$number"
done
# shellcheck disable=SC2016 # for the inner shell
record_as brief -F 8000 sh -c 'i=0; while [ $i -lt 200 ]; do ./brief$((i % 10)); i=$((i + 1)); done'
check "brief: all two hundred are there" [ "$(sql brief.db "SELECT count(DISTINCT pid)
	FROM process WHERE comm LIKE 'brief_'")" = 200 ]
check "brief: nearly all with samples" [ "$(sql brief.db "SELECT count(DISTINCT pid)
	FROM process_profile WHERE comm LIKE 'brief_'")" -ge 195 ]
check "brief: ten names of twenty each" [ "$(sql brief.db "SELECT count(*) FROM (SELECT comm
	FROM process WHERE comm LIKE 'brief_' GROUP BY comm
	HAVING count(DISTINCT pid) = 20)")" = 10 ]
check "brief: no process without a name" [ "$(sql brief.db "SELECT count(*)
	FROM process_profile WHERE comm NOT LIKE 'brief_' AND comm <> 'sh'")" = 0 ]
check "brief: their function is named" between "$(share brief.db function_profile \
	"function = 'brief_work'")" 15 100
check "brief: in the file that ran" [ "$(sql brief.db "SELECT count(DISTINCT module)
	FROM function_profile WHERE function = 'brief_work'")" = 10 ]
check "brief: none is unknown" [ "$(sql brief.db "SELECT count(*) FROM health
	WHERE name IN ('unknown_task', 'unmapped') AND value > 5")" = 0 ]
finish
