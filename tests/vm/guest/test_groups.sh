#!/bin/sh
# Groups on a PMU: {…}:S, where the leader's samples read all members, and groups that take turns.
. "$GUEST/lib.sh"

period=50021

# read_groups NAME OPTION...: records groups whose leaders read their members into NAME.db; keeps
# EVENT:FUNCTION and EVENT of each
read_groups()
{
	read_name=$1
	shift
	expect "$read_name: is recorded" 0 "$PMC" record -o "$read_name.db" "$@"
	keep "$read_name" "SELECT event, mode, samples, value, counted - value, period, requested
		FROM event_summary UNION ALL
		SELECT event || ':' || function, self, self_share, 0, 0, 0, 0 FROM function_profile"
}

read_groups read -e '{instructions:u,cycles:u}:S' -c $period -- "$PROGRAMS/shares"
check "read: the leader samples" [ "$(kept read instructions:u 2),$(kept read instructions:u 6)" = \
	period,$period ]
check "read: the member is read" [ "$(kept read cycles:u 2)" = read ]
check "read: with each sample of the leader" [ "$(kept read cycles:u 3)" = \
	"$(kept read instructions:u 3)" ]
for event in instructions:u cycles:u; do
	echo "read: $event: $(kept read $event 5) were counted after the last sample"
	check "read: $event: the sum is what was counted, but for the last period" between \
		"$(kept read $event 5)" 0 $((period + period / 50))
	near "read: $event: share of three" "$(kept read $event:three 3)" 0.75 0.005
	near "read: $event: share of one" "$(kept read $event:one 3)" 0.25 0.005
done
near "read: as many cycles as instructions" "$(kept read cycles:u:three)" \
	"$(kept read instructions:u:three)" 15000
expect "read: report" 0 "$PMC" report -i read.db
check "read: the report has their ratio" grep -Eq ' 1\.00  three ' out

# What is looked at need not be the leader; a member may count something else, the kernel.
read_groups leader -c $period -e '{cycles:u,instructions:u,instructions:k}:S' -- "$PROGRAMS/mixes"
while read -r function known; do
	near "leader: $function" "$(kept leader "instructions:u:$function")" "$known" \
		$((period + period / 50))
done <out
check "leader: the kernel's are read with the same samples" [ "$(kept leader instructions:k 3)" = \
	"$(kept leader cycles:u 3)" ]

read_groups frequency -F 5000 -e '{instructions:u,cycles:u}:S' -- "$PROGRAMS/shares"
near "frequency: share of a member" "$(kept frequency cycles:u:three 3)" 0.75 0.03
check "frequency: the sum is near what was counted" between "$(kept frequency cycles:u 5)" 0 400000

# Threads and children that are made later: counted, each by itself, where the kernel can (6.12).
read_groups threads -c $period -e '{instructions:u,cycles:u}:S' -- "$PROGRAMS/family"
cp err said
keep threads "SELECT comm, sum(iif(event = 'instructions:u', self, 0)),
	sum(iif(event = 'cycles:u', self, 0)) FROM thread_profile GROUP BY comm
	UNION ALL SELECT name, value, 0 FROM health"
if grep -q 'cannot read groups (:S) in threads and children' said; then
	check "threads: that they are not sampled is a figure of health" between \
		"$(kept threads fallback)" 1 2
	skip "threads: each has its own" "this kernel cannot read groups in them"
else
	while read -r name known; do
		near "threads: instructions of $name" "$(kept threads "$name" 2)" "$known" \
			$((2 * period))
		near "threads: cycles of $name" "$(kept threads "$name" 3)" "$known" $((2 * period))
	done <out
fi

# ---- groups take turns on the counters: each is counted as a whole, or not at all ----

group='{instructions:u,cycles:u,instructions:u}'
expect "turns: are counted" 0 "$PMC" stat -q -o turns.db -e "$group,$group,$group" -- \
	"$PROGRAMS/loop" 40000000
keep turns "SELECT 'all', min(running_share), max(running_share),
	max(abs(value / 80000000.0 - 1)), count(value) FROM counts"
cat turns.rows
check "turns: all of them" [ "$(kept turns all 5)" = 9 ]
check "turns: none had its counters all the time" between "$(kept turns all 3)" 0.2 0.9
check "turns: scaled totals" between "$(kept turns all 4)" 0 0.02

expect "samples in turns: is recorded" 0 "$PMC" record -q -c $period -o sampled.db \
	-e "$group,$group,$group" -- "$PROGRAMS/callers"
keep sampled "SELECT name, value, 0 FROM health UNION ALL
	SELECT 'all', max(1.0 * running_ns / enabled_ns), max(abs(value / 40080000.0 - 1))
	FROM event_summary"
cat sampled.rows
check "samples in turns: none had its counters all the time" between "$(kept sampled all)" 0.2 0.9
check "samples in turns: is a figure of health" [ "$(kept sampled multiplexed)" = 9 ]
check "samples in turns: scaled sums" between "$(kept sampled all 3)" 0 0.05
finish
