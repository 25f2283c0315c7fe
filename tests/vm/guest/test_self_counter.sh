#!/bin/sh
# A program that measures itself with the collector's counter of the calling thread: exact, without
# system calls where the kernel lets it, with them and as exact where it does not, and scaled where
# counters take turns. What it prints is told in programs/self_counter.c.
. "$GUEST/lib.sh"

access=/proc/sys/kernel/perf_user_access
trap 'echo 1 >$access' EXIT

# measured NAME EVENT: what the program printed is then in the file out
measured()
{
	expect "$1: runs" 0 "$PROGRAMS/self_counter" "$2"
}

# said WORD: its value
said()
{
	awk -v word="$1" '$1 == word { print $2 }' out
}

# above_work: how far each difference is above its 2 * ROUNDS instructions, each distance once
above_work()
{
	awk '$1 == "counted" { print $3 - 2 * $2 }' out | sort -nu | tr '\n' ' '
}

# exact NAME: as far above the work for few rounds as for many, and not far
exact()
{
	check "$1: as far above 2N for every N" [ "$(above_work | wc -w)" = 1 ]
	check "$1: not far" between "$(above_work)" 1 400
}

for event in instructions:u cycles:u; do
	measured "$event" $event
	exact "$event"
	check "$event: read through its page" [ "$(said page)" = yes ]
	check "$event: without a system call" [ "$(said system_calls)" = 0 ]
	check "$event: as the kernel tells it" between \
		"$(awk '$1 == "total" { print $4 - $3 }' out)" 1 1000
done

measured "libpfm4's name" arm_ac57::INST_RETIRED:u
exact "libpfm4's name"
check "libpfm4's name: without a system call" [ "$(said system_calls)" = 0 ]

measured "a software event" task-clock
check "a software event: with system calls" [ "$(said page) $(said system_calls)" = \
	"no $(said readings)" ]
check "a software event: an instruction takes a ns" between \
	"$(awk '$2 == 20000000 { print $3 }' out)" 40000000 41000000

# 12 counters, 6 registers for them: some are on hardware when they are read, others are not.
expect "taking turns: runs" 0 "$PROGRAMS/self_counter" instructions:u 12 50000000
check "taking turns: each scaled to the whole" [ "$(awk '$1 == "total" &&
	$3 > 0.97e8 && $3 < 1.03e8' out | wc -l)" = 12 ]
check "taking turns: some read through their page" [ "$(awk '$1 == "total" && !$5' out |
	wc -l)" -ge 4 ]
check "taking turns: the others asked the kernel" [ "$(awk '$1 == "total" && $5' out |
	wc -l)" -ge 4 ]
check "taking turns: as the kernel tells it" [ "$(awk '$1 == "total" &&
	$4 > 0.9999 * $3 && $4 < 1.0001 * $3' out | wc -l)" = 12 ]

# An ordinary user measures himself at the usual level.
echo 2 >/proc/sys/kernel/perf_event_paranoid
user_room
as_user "$PROGRAMS/self_counter" instructions:u >out 2>err
exact "an ordinary user"
check "an ordinary user: without a system call" [ "$(said system_calls)" = 0 ]
echo -1 >/proc/sys/kernel/perf_event_paranoid

echo 0 >$access
measured "access forbidden" instructions:u
exact "access forbidden"
check "access forbidden: each reading takes a system call" \
	[ "$(said system_calls)" = "$(said readings)" ]

expect "pinned: six have their hardware" 0 "$PROGRAMS/self_counter" instructions:uD 6 1000
expect "pinned: a seventh is refused" 1 "$PROGRAMS/self_counter" instructions:uD 7 1000
check "pinned: it is said why" grep -q "instructions:uD is pinned .* no free counter" err
expect "an unknown event: refused" 1 "$PROGRAMS/self_counter" instructoins:u
check "an unknown event: near names are told" grep -q instructions err
expect "two events: refused" 1 "$PROGRAMS/self_counter" instructions:u,cycles:u
check "two events: it is said that one is counted" grep -q "2 events" err
finish
