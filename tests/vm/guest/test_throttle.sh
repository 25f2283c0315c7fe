#!/bin/sh
# A period that is too short for the machine: the kernel stops the event until its next tick. pmc
# tells how often, for how long, and a period that fits; with that one nothing is stopped.
. "$GUEST/lib.sh"

# recorded NAME OPTION...: user-mode instructions of shares, and keeps figures of it
recorded()
{
	recorded_name=$1
	shift
	expect "$recorded_name: is recorded" 0 "$PMC" record -e instructions:u "$@" \
		-o "$recorded_name.db" -- "$PROGRAMS/shares"
	keep "$recorded_name" "SELECT name, value, severity, advice FROM health UNION ALL
		SELECT 'sum', value, counted, estimate_error FROM event_summary"
	grep -E '^(throttled|sum)' "$recorded_name.rows"
}

recorded short -c 1000
check "short: how often it was stopped" between "$(kept short throttled)" 1 100
check "short: for how long" between "$(kept short throttled_ns)" 1000000 60000000
check "short: both are warnings" [ "$(kept short throttled 3)$(kept short throttled_ns 3)" = \
	warningwarning ]
check "short: what ran meanwhile is missing" between "$(kept short sum)" 1000000 15000000
fits=$(sed -n 's/^throttled,.*-c 1000 .*-c \([0-9][0-9]*\) .*/\1/p' short.rows)
check "short: the advice names a period" between "$fits" 5000 200000
expect "short: report" 0 "$PMC" report -i short.db
check "short: the report warns" grep -q '^warning  *throttled' out
check "short: the report has the advice" grep -q -- "-c $fits" out

# The kernel allows 100000 samples a second, in 250 ticks.
recorded fitting -c "${fits:-1000}"
check "fitting: is not stopped" [ -z "$(kept fitting throttled)" ]
check "fitting: the sum is right within a period" between \
	$(($(kept fitting sum 3) - $(kept fitting sum))) 0 "$fits"

recorded often -F 20000
check "often: the sum is right" between "$(kept often sum 4)" -0.02 0.001
finish
