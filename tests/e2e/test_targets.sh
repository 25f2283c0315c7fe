#!/bin/sh
# What already runs: processes, threads, CPUs, everything; for a time, or until it ends.
. "$E2E/lib.sh"
need_recording

started=''
# start PROGRAM...: runs in the background, and is ended with the test; its id goes to $pid
start()
{
	"$@" >/dev/null 2>&1 &
	pid=$!
	started="$started $pid"
}
# shellcheck disable=SC2086 # words
trap 'kill $started 2>/dev/null' EXIT
thread()
{
	share "$1" thread_profile "comm = '$2'"
}

# ---- -p: all threads of a process, and those it makes ----

cp "$PROGRAMS/split" bystander
start ./bystander 60
bystander=$pid
start "$PROGRAMS/threads" 1000
threads=$pid
sleep 0.2
record_as process -p "$threads" --duration 3
near "process: spinner" "$(thread process.db spinner)" 50 10
near "process: late" "$(thread process.db late)" 25 10
check "process: threads made later are there" [ "$(sql process.db "SELECT count(DISTINCT tid)
	FROM thread_profile WHERE comm = 'spinner'")" -ge 3 ]
check "process: nobody else" [ "$(sql process.db "SELECT group_concat(DISTINCT pid)
	FROM process_profile")" = "$threads" ]
check "process: mapped before, named all the same" between \
	"$(share process.db function_profile "function LIKE '%_work'")" 90 100
check "process: the session knows what it watched" [ "$(sql process.db "SELECT command
	FROM session_summary")" = "-p $threads" ]
check "process: the duration is kept" [ "$(sql process.db "SELECT
	duration_ns >= 3000000000 FROM session_summary")" = 1 ]
check "process: the session is finished" [ "$(sql process.db "SELECT state
	FROM session_summary")" = finished ]
check "process: it runs on" kill -0 "$threads"
record_as twice -p "$threads,$threads" --duration 0.5
check "process: listed twice, counted once" [ "$(sql twice.db "SELECT
	value <= 2.2 * duration_ns FROM event_summary
	JOIN session_summary USING (session_id)")" = 1 ]

# One long round: no thread ends before its first sample.
start "$PROGRAMS/threads" 1 1000
while kill -0 "$pid" && [ "$(cat "/proc/$pid/task/"*/comm 2>/dev/null |
	grep -c 'spinner\|grinder\|early')" -lt 3 ]; do
	sleep 0.05
done
record_as before -p "$pid" --duration 1
check "process: threads of before are there, with their names" [ "$(sql before.db "SELECT
	group_concat(comm, ' ') FROM (SELECT comm FROM thread WHERE start_ns = 0
	AND comm IN ('spinner', 'grinder', 'early') ORDER BY comm)")" = 'early grinder spinner' ]
kill "$pid"

# shellcheck disable=SC2016 # for the inner shell
start sh -c 'while :; do "$0" 0.01; done' ./bystander
record_as children -p "$pid" --duration 4
check "process: its children are followed" [ "$(sql children.db "SELECT count(DISTINCT pid)
	FROM process_profile WHERE comm = 'bystander'")" -ge 2 ]
kill "$pid"

# ---- -t: one thread ----

start "$PROGRAMS/split" 60
record_as thread -t "$pid" --duration 1.5
check "thread: it alone" [ "$(sql thread.db "SELECT group_concat(DISTINCT tid)
	FROM thread_profile")" = "$pid" ]
near "thread: what it did" "$(share thread.db function_profile "function = 'five'")" 48.5 8
# The main thread of threads makes others, and waits for them.
record_as idle -t "$threads" --duration 0.4
check "thread: not the others of its process" between \
	"$(sql idle.db "SELECT samples FROM session_summary")" 0 50
kill "$pid"

# ---- a target that ends ----

start "$PROGRAMS/split" 0.6
record_as ends -p "$pid"
check "a process that ends: the session is finished" [ "$(sql ends.db "SELECT state
	FROM session_summary")" = finished ]
near "a process that ends: its shares" \
	"$(share ends.db function_profile "function = 'five'")" 48.5 8
start "$PROGRAMS/split" 0.4
record_as threadends -t "$pid"
start "$PROGRAMS/split" 1
first=$pid
start "$PROGRAMS/split" 1.5
record_as bothend -p "$first,$pid"
check "two processes: until the last has ended" [ "$(sql bothend.db "SELECT count(*)
	FROM process_profile")" = 2 ]

# ---- -a and -C ----

# How much of the machine the bystander gets depends on who else is there; the kernel knows it.
# clocks: milliseconds of its CPU time, and of the day
clocks()
{
	echo "$(awk '{ print ($14 + $15) * 10 }' "/proc/$bystander/stat") $(date +%s%3N)"
}

# record_beside NAME OPTION...: what record_as does; $clocks has the clocks before and after
record_beside()
{
	clocks=$(clocks)
	record_as "$@"
	clocks="$clocks $(clocks)"
}

# beside NAME: the part of a CPU that the bystander has in the session, over what it had meanwhile
beside()
{
	echo "$clocks $(sql "$1.db" "SELECT (SELECT sum(self) FROM process_profile
		WHERE comm = 'bystander') || ' ' || duration_ns FROM session_summary" |
		tr -d '"')" | awk '{ print $5 / $6 / (($3 - $1) / ($4 - $2)) }'
}

if record_all=$("$PMC" record -q -a -o probe.db --duration 0.1 2>&1); then
	kill "$threads"
	record_beside all -a --duration 2
	check "all CPUs: what ran before is there, by name, as much as it ran" \
		between "$(beside all)" 0.7 1.3
	near "all CPUs: its functions too" "$(sql all.db "SELECT
		round(100.0 * sum(iif(function = 'five', self, 0)) / sum(self), 2)
		FROM function_profile WHERE module = 'bystander'")" 48.5 8
	check "all CPUs: waiting is no work" [ "$(sql all.db "SELECT count(*) FROM thread_profile
		WHERE pid = 0 AND self_share > 0.05")" = 0 ]
	record_beside while -a -- sleep 2
	check "all CPUs while a command runs: others are there, as much as they ran" \
		between "$(beside while)" 0.7 1.3
	check "all CPUs while a command runs: as long as it does" [ "$(sql while.db "SELECT
		duration_ns >= 2000000000 FROM session_summary")" = 1 ]

	if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
		start taskset -c 0 "$PROGRAMS/chains"
		start taskset -c 1 "$PROGRAMS/inlines"
		record_as one -C 0 --duration 0.4
		check "one CPU: who was pinned there" between \
			"$(share one.db process_profile "comm = 'chains'")" 5 100
		check "one CPU: not who was on another" [ "$(sql one.db "SELECT count(*)
			FROM process_profile WHERE comm = 'inlines'")" = 0 ]
		check "one CPU: no more than it has" [ "$(sql one.db "SELECT
			value <= 1.1 * duration_ns FROM event_summary
			JOIN session_summary USING (session_id)")" = 1 ]
		record_as both -C 0-1,0 --duration 0.4
		check "a CPU listed twice is counted once" [ "$(sql both.db "SELECT
			value <= 2.2 * duration_ns FROM event_summary
			JOIN session_summary USING (session_id)")" = 1 ]
		record_as pinned -C 0 -- taskset -c 0 "$PROGRAMS/split" 0.3
		near "a command on one CPU" \
			"$(share pinned.db function_profile "function = 'five'")" 48 8
	else
		skip "one CPU" "needs taskset and two CPUs"
	fi
else
	skip "all CPUs" "$(echo "$record_all" | head -n 1)"
fi

# ---- for a time ----

expect "duration: a command is ended" 0 "$PMC" record -o duration.db --duration 0.5 -- \
	"$PROGRAMS/split" 60
check "duration: the session is finished" [ "$(sql duration.db "SELECT state
	FROM session_summary")" = finished ]
check "duration: it was so long" [ "$(sql duration.db "SELECT
	duration_ns BETWEEN 500000000 AND 30000000000 FROM session_summary")" = 1 ]
expect "duration: a command that ends before has its status" 3 \
	"$PMC" record -q -o duration.db --duration 60 -- sh -c 'exit 3'
finish
