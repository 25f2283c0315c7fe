#!/bin/sh
# pmc record on a PMU: samples by instructions, whose estimates are exact within one period.
. "$GUEST/lib.sh"

period=50021
health='coalesce(group_concat(name), 0) FROM health WHERE name'

# sampled NAME [OPTION...]: records the user-mode instructions of that program into NAME.db, and
# keeps what each function has: self, self_share, total_share
sampled()
{
	sampled_name=$1
	shift
	expect "$sampled_name: is recorded" 0 "$PMC" record -e instructions:u -c $period \
		-o "$sampled_name.db" "$@" -- "$PROGRAMS/$sampled_name"
	keep "$sampled_name" "SELECT function, self, self_share, total_share
		FROM function_profile UNION ALL SELECT 'lost', lost, 0, 0 FROM session_summary"
	check "$sampled_name: nothing is lost" [ "$(kept "$sampled_name" lost)" = 0 ]
}

# each NAME [PERIODS]: a case for each line of the program's output, which tells what it did; within
# one period, or so many
each()
{
	while read -r each_name each_known; do
		near "$1: $each_name" "$(kept "$1" "$each_name")" "$each_known" \
			$((${2:-1} * period))
	done <out
}

# ---- shares ----

sampled shares
each shares
near "shares: of three" "$(kept shares three 3)" 0.75 0.005
near "shares: of one" "$(kept shares one 3)" 0.25 0.005

# ---- each function, whatever its instructions ----

sampled mixes
each mixes
keep mixes "SELECT 'rest', e.counted - e.value, e.estimate_error,
		(SELECT sum(self) FROM function_profile) - e.value, c.counted - e.counted
	FROM event_summary e, counts c UNION ALL
	SELECT name, value, 0, 0, 0 FROM health"
echo "mixes: $(kept mixes rest) were counted after the last sample"
check "mixes: what was counted, within a period" between "$(kept mixes rest)" 0 $period
check "mixes: all functions together have the sum" [ "$(kept mixes rest 4)" = 0 ]
check "mixes: the counts are those of the event" [ "$(kept mixes rest 5)" = 0 ]
check "mixes: the error is that rest" between "$(kept mixes rest 3)" \
	"$(awk "BEGIN { print -$period / 19800000 }")" 0
near "mixes: the error is a figure of health" "$(kept mixes estimate_error)" \
	"$(awk "BEGIN { print -1000000 * $(kept mixes rest 3) }")" 1

# ---- callers ----

sampled callers
each callers
near "callers: nine" "$(kept callers nine 4)" 0.9 0.01
near "callers: one" "$(kept callers one 4)" 0.1 0.01
near "callers: left has half of nine" "$(sql callers.db "SELECT 1.0 * sum(c.total) /
	(SELECT sum(total) FROM call_tree WHERE function = 'nine')
	FROM call_tree c JOIN call_tree p ON p.id = c.parent_id
	WHERE c.function = 'left' AND p.function = 'nine'")" 0.5 0.01

# ---- threads and children ----

sampled family
keep family "SELECT comm, sum(self) FROM thread_profile GROUP BY comm UNION ALL
	SELECT 'all', value FROM event_summary"
# Threads that follow each other may exchange their counters, and go on in the other's period: in
# one run of ten a thread is off by nearly two of them. What one lacks, another has.
each family 4
sum=$(awk '{ n += $2 } END { print n }' out)
near "family: all" "$(kept family all)" "$sum" $((13 * period))

# ---- what runs already, and all that runs ----

(sleep 0.3; exec "$PROGRAMS/loop" 10000000) &
expect "process: is recorded" 0 "$PMC" record -q -e instructions:u -c $period -o process.db -p $!
keep process "SELECT function, self FROM function_profile"
near "process: the program that it became" "$(kept process spin)" 20000000 $period
expect "all: is recorded" 0 "$PMC" record -q -a -e instructions:u -c $period -o all.db -- \
	"$PROGRAMS/loop" 10000000
keep all "SELECT function, self FROM function_profile UNION ALL
	SELECT 'rest', counted - value FROM event_summary"
# One counter for all that the CPU does: each time that something else runs in between, as pmc does,
# spin goes on somewhere in a period. Of all together nothing is missing but the last one.
near "all: what the command did" "$(kept all spin)" 20000000 $((3 * period))
check "all: what was counted, within a period" between "$(kept all rest)" 0 $period

# ---- the default: instructions and cycles, side by side ----

expect "default: is recorded" 0 "$PMC" record -o default.db -- "$PROGRAMS/shares"
keep default "SELECT 'events', group_concat(event, '+'), (SELECT $health = 'fallback')
	FROM event_summary UNION ALL
	SELECT i.function, 1.0 * i.self / c.self, 0
	FROM function_profile i JOIN function_profile c USING (function)
	WHERE i.event = 'instructions' AND c.event = 'cycles'"
check "default: its events" [ "$(kept default events)" = instructions+cycles ]
check "default: no fall-back" [ "$(kept default events 3)" = 0 ]
near "default: instructions per cycle in SQL" "$(kept default three)" 1 0.15
expect "default: report" 0 "$PMC" report -i default.db
check "default: report: a column of each" grep -q -- '- instructions -.*- cycles -' out
check "default: report: one of their ratio" grep -q ' IPC ' out
check "default: report: which is near 1 here" grep -Eq ' (0\.[89][0-9]|1\.[01][0-9])  three ' out

# ---- frequency: the period adapts, the sum stays right ----

for rate in 1000 10000; do
	name=frequency-$rate
	expect "$name: is recorded" 0 "$PMC" record -F $rate -e instructions:u -o "$name.db" -- \
		"$PROGRAMS/callers"
	keep $name "SELECT mode, period, samples, counted, estimate_error FROM event_summary
		UNION ALL SELECT function, self_share, 0, 0, 0 FROM function_profile"
	cat $name.rows | grep frequency
	check "$name: as asked for" [ "$(kept $name frequency)" = $rate ]
	near "$name: counted" "$(kept $name frequency 4)" 40100000 100000
	check "$name: the estimate is near that" between "$(kept $name frequency 5)" -0.03 0.001
	near "$name: shares" "$(kept $name left)" 0.5 0.05
done
check "frequency: more samples with the higher one" \
	[ "$(kept frequency-1000 frequency 3)" -lt "$(kept frequency-10000 frequency 3)" ]

# ---- the kernel ----

expect "kernel: is recorded" 0 "$PMC" record -e instructions:k,instructions:u -c 20011 \
	-o kernel.db -- "$PROGRAMS/loop" 01000000 00000016
keep kernel "SELECT 'user mode in ' || module, sum(self), 0 FROM module_profile
		WHERE event = 'instructions:u' GROUP BY module UNION ALL
	SELECT 'kernel in ' || module, sum(self_share), sum(iif(function LIKE '[%', 0, self_share))
		FROM function_profile WHERE event = 'instructions:k' GROUP BY module UNION ALL
	SELECT function, self, total_share FROM function_profile WHERE event = 'instructions:k'"
near "kernel: user mode is exact" "$(kept kernel 'user mode in loop')" 2000000 20011
check "kernel: user mode has no function of the kernel" \
	[ "$(grep -c '^user mode in' kernel.rows)" = 1 ]
check "kernel: all else is in the kernel" between "$(kept kernel 'kernel in [kernel]')" 0.95 1
check "kernel: nearly all has names" between "$(kept kernel 'kernel in [kernel]' 3)" 0.95 1
check "kernel: memory is cleared" between "$(kept kernel __arch_clear_user 3)" 0.5 1
check "kernel: for a read" between "$(kept kernel vfs_read 3)" 0.5 1
check "kernel: that fill asked for" between "$(kept kernel fill 3)" 0.5 1
finish
