#!/bin/sh
# The machine is what the other tests take for granted: a PMU that its kernel drives, counters that
# programs may read, one CPU, pmc and its libraries, an ordinary user.
. "$GUEST/lib.sh"

# The name depends on how the kernel learns of it: armv8_cortex_a57, armv8_pmuv3_0, ...
pmu=$(echo /sys/bus/event_source/devices/armv8_*)
check "the PMU is there: $(basename "$pmu")" [ -d "$pmu" ]
check "it counts instructions" [ -e "$pmu/events/inst_retired" ]
check "and cycles" [ -e "$pmu/events/cpu_cycles" ]
check "counters may be read without a system call" \
	[ "$(cat /proc/sys/kernel/perf_user_access)" = 1 ]
check "everything may be measured" [ "$(cat /proc/sys/kernel/perf_event_paranoid)" = -1 ]
check "one CPU, so that counts are exact" [ "$(nproc)" = 1 ]
expect "pmc runs" 0 "$PMC" --version
expect "doctor" 0 "$PMC" doctor

user_room
check "an ordinary user" [ "$(as_user id -u)" = 1000 ]
check "he gets his words as they are" [ "$(as_user echo "it's" 'a  b')" = "it's a  b" ]

# shellcheck disable=SC2016 # for the inner shell
expect "instructions are recorded" 0 "$PMC" record -e instructions:u -c 100000 -o b.db \
	sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done'
check "by the event that was asked for" [ "$(sql b.db "SELECT event FROM event_summary")" = \
	instructions:u ]
check "some samples" [ "$(sql b.db "SELECT samples > 10 FROM event_summary")" = 1 ]
check "each stands for its period" [ "$(sql b.db "SELECT value = 100000 * samples
	FROM event_summary")" = 1 ]
finish
