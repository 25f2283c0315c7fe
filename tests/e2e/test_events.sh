#!/bin/sh
# Events other than clocks, on a program that does things a known number of times: page faults and
# steps on a breakpoint are counted to the last one; periods, groups, several events at once.
. "$E2E/lib.sh"
need_recording

faults()
{
	sql "$1" "SELECT coalesce(sum(self), 0) FROM function_profile
		WHERE function = 'touch_pages' AND event LIKE 'page-faults%'"
}

# Rings that hold all samples, even if nobody could read them meanwhile: each one is counted.
whole=--ring-pages=1024
expect "page faults" 0 "$PMC" record "$whole" -e page-faults -o faults.db -- "$PROGRAMS/counted"
address=$(cat out)
check "page faults: each page is one" [ "$(faults faults.db)" = 10000 ]
check "page faults: each has a sample" [ "$(sql faults.db "SELECT samples FROM function_profile
	WHERE function = 'touch_pages'")" = 10000 ]
check "page faults: few are elsewhere" between \
	"$(sql faults.db 'SELECT value FROM event_summary')" 10000 10500
check "page faults: counts, not times" [ "$(sql faults.db 'SELECT unit FROM event_summary')" = \
	count ]
check "page faults: nothing is lost" [ "$(sql faults.db 'SELECT lost FROM session_summary')" = 0 ]
check "page faults: callers have them too" [ "$(sql faults.db "SELECT count(*) > 0
	FROM function_profile WHERE self = 0 AND total >= 10000")" = 1 ]

expect "with a period" 0 "$PMC" record -e page-faults -c 100 -o period.db -- "$PROGRAMS/counted"
check "with a period: nearly as many" between "$(faults period.db)" 9900 10000
check "with a period: a hundredth of the samples" between \
	"$(sql period.db 'SELECT samples FROM session_summary')" 99 105
expect "with periods of their own" 0 "$PMC" record -o own.db \
	-e page-faults/period=50/u,cpu-clock/freq=199/u -- "$PROGRAMS/counted"
check "with periods of their own: of the first" [ "$(sql own.db "SELECT mode, period
	FROM event_summary WHERE event = 'page-faults:u'")" = period,50 ]
check "with periods of their own: of the second" [ "$(sql own.db "SELECT mode, period
	FROM event_summary WHERE event = 'cpu-clock:u'")" = frequency,199 ]
check "with periods of their own: nearly as many" between "$(faults own.db)" 9950 10000

expect "user mode alone" 0 "$PMC" record "$whole" -e page-faults:u -o user.db -- "$PROGRAMS/counted"
check "user mode alone: touched from there" [ "$(faults user.db)" = 10000 ]
expect "a group" 0 "$PMC" record "$whole" -e '{cpu-clock,page-faults}' -o group.db -- \
	"$PROGRAMS/counted"
check "a group: all its events" [ "$(faults group.db)" = 10000 ]

# One recorder records another, and both count the same.
expect "two recorders" 0 "$PMC" record "$whole" -q -e page-faults,cpu-clock -o outer.db -- \
	"$PMC" record "$whole" -q -e page-faults,cpu-clock -o inner.db -- "$PROGRAMS/counted"
check "two recorders: the inner one has all" [ "$(faults inner.db)" = 10000 ]
check "two recorders: so has the outer one" [ "$(faults outer.db)" = 10000 ]
check "two recorders: no record is called bad" [ "$(sql outer.db "SELECT count(*) FROM health
	WHERE name = 'bad_records'")" = 0 ]

# A breakpoint on a function counts its calls.
if "$PMC" record -q -e "mem:$address:x" -o probe2.db -- true 2>err; then
	expect "a breakpoint" 0 "$PMC" record -e "mem:$address:x" -o break.db -- \
		"$PROGRAMS/counted"
	if [ "$(sql break.db 'SELECT samples FROM session_summary')" = 0 ]; then
		skip "a breakpoint: each call" "breakpoints do not fire on this machine"
	else
		check "a breakpoint: each call" [ "$(sql break.db "SELECT self
			FROM function_profile WHERE function = 'step_on'")" = 1000 ]
		check "a breakpoint: nothing else" \
			[ "$(sql break.db 'SELECT value FROM event_summary')" = 1000 ]
	fi
else
	skip "a breakpoint" "$(head -n 1 err)"
fi

# Hardware counters, where there are some.
run "$PMC" list --usable instructions
if grep -q instructions out; then
	expect "instructions and cycles" 0 "$PMC" record -o hardware.db -- "$PROGRAMS/split" 1
	near "instructions: of the hottest" "$(sql hardware.db "SELECT 100 * self_share
		FROM function_profile WHERE function = 'five' AND event LIKE 'instructions%'")" 49 4
	expect "instructions: report" 0 "$PMC" report -i hardware.db
	check "instructions: per cycle" grep -qi 'ipc\|per cycle' out
else
	skip "instructions and cycles" "this machine has no hardware counters"
	expect "the default without counters" 0 "$PMC" record -o default.db -- "$PROGRAMS/split" 0.2
	check "the default without counters: one line says so" [ "$(grep -c \
		'^pmc: .*no hardware counters.*cpu-clock' err)" = 1 ]
	check "the default without counters: its values are times" [ "$(sql default.db "SELECT
		count(*) FROM event_summary WHERE event LIKE 'cpu-clock%' AND unit = 'ns'")" = 1 ]
	check "the default without counters: nothing is called instructions" [ "$(sql default.db \
		"SELECT count(*) FROM event_summary WHERE event LIKE 'instr%'")" = 0 ]
	expect "the default without counters: report" 0 "$PMC" report -i default.db
	check "the default without counters: the report says so" grep -q 'no hardware counters' out
fi

# Tracepoints, where tracefs is mounted.
run "$PMC" list --usable 'sched:sched_process_*'
if grep -q 'sched:sched_process_exec' out; then
	# shellcheck disable=SC2016 # for the inner shell
	expect "a tracepoint" 0 "$PMC" record -e sched:sched_process_exec -o trace.db -- \
		sh -c 'i=0; while [ $i -lt 20 ]; do /bin/true; i=$((i + 1)); done'
	check "a tracepoint: each time" between \
		"$(sql trace.db 'SELECT value FROM event_summary')" 20 21
else
	skip "a tracepoint" "tracefs is not mounted, or may not be read"
fi
finish
