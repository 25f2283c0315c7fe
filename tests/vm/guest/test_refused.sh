#!/bin/sh
# What a PMU cannot count is refused with a message that says why, and with what would do.
. "$GUEST/lib.sh"

for pmu in /sys/bus/event_source/devices/armv8_pmuv3*; do
	pmu=$(basename "$pmu")
done

# refused NAME STATUS PATTERN COMMAND...
refused()
{
	refused_name=$1 refused_status=$2 refused_pattern=$3
	shift 3
	expect "$refused_name" "$refused_status" "$@"
	check "$refused_name: says what" grep -Eqi -e "$refused_pattern" err
	check "$refused_name: with a hint" grep -q '^  hint: ' err
	check "$refused_name: in no more than that" [ "$(wc -l <err)" -le 2 ]
	check "$refused_name: nothing was run" [ ! -s out ]
}

# by NAME STATUS PATTERN OPTION...: by both that count
by()
{
	by_name=$1 by_status=$2 by_pattern=$3
	shift 3
	for by_command in record stat; do
		refused "$by_name, $by_command" "$by_status" "$by_pattern" \
			"$PMC" $by_command -q -o u.db "$@" -- "$PROGRAMS/shares"
	done
}

eight=instructions,instructions,instructions,instructions
eight=$eight,$eight
first='the group with instructions#7 does not fit.*no counter is left for instructions#7'
by "a group of more events than counters" 1 "$first" -e "{$eight}"
check "a group of more events than counters: what would do" grep -Eqi \
	'hint:.*smaller' err
by "a group whose leader samples, of more events than counters" 1 "$first" -e "{$eight}:S"
expect "as many without a group" 0 "$PMC" record -q -e $eight -o eight.db -- "$PROGRAMS/shares"

by "an event of another machine" 2 'skl' -e skl::INST_RETIRED:ANY_P
check "an event of another machine: whose names there are" grep -q 'arm_ac57' err
by "an event that this PMU has not" 1 'branches' -e branches
by "a cache event that this PMU has not" 1 'L1-dcache-load-misses' -e L1-dcache-load-misses
by "an event of libpfm4 that is misspelt" 2 'INST_RETIERD' -e arm_ac57::INST_RETIERD
check "an event of libpfm4 that is misspelt: the nearest" grep -q 'arm_ac57::INST_RETIRED' err
# Codes of this PMU have 16 bits; the kernel would drop the others and count instructions.
by "a raw code that is too long" 2 'r10008.* has no bits 0x10000' -e r10008
check "a raw code that is too long: which would do" grep -q 'rffff' err
by "a term that is too large" 2 'does not fit' -e "$pmu/event=0x10000/"
# Read from user mode, a counter has 32 bits; a long one is two in a chain, which cannot be read so.
by "terms that exclude each other" 1 'long=1,rdpmc=1' -e "$pmu/event=8,long=1,rdpmc=1/"
by "period 0 of an event" 2 'period' -e instructions/period=0/
refused "period 0" 2 'period of 0' "$PMC" record -q -o u.db -c 0 -- "$PROGRAMS/shares"
limit=$(cat /proc/sys/kernel/perf_event_max_sample_rate)
refused "a frequency above the limit" 1 \
	"at $((limit + 1)) Hz.*kernel.perf_event_max_sample_rate is $limit" \
	"$PMC" record -q -o u.db -F $((limit + 1)) -- "$PROGRAMS/shares"
check "a frequency above the limit: what it allows" grep -q -- "-F $limit" err
check "a frequency above the limit: what raises it" grep -q \
	"sysctl kernel.perf_event_max_sample_rate=$((limit + 1))" err
check "nothing was recorded by any of these" [ ! -s u.db ]

# ---- pinned: a counter of its own, or an error; six counters, and one for cycles alone ----

pinned=instructions:D,instructions:D,instructions:D,instructions:D,instructions:D,instructions:D
expect "pinned: as many as there are" 0 "$PMC" stat -q -e $pinned -o six.db -- \
	"$PROGRAMS/loop" 01000000
check "pinned: as many as there are: all the time" [ "$(sql six.db 'SELECT min(running_share)
	FROM counts')" = 1.0 ]
for command in record stat; do
	expect "pinned: one too many, $command" 1 "$PMC" $command -q -e $pinned,instructions:D \
		-o seven.db -- "$PROGRAMS/loop" 01000000
	check "pinned: one too many, $command: says which and why" grep -q \
		'instructions#7 is pinned.* no free counter' err
	check "pinned: one too many, $command: with a hint" grep -q '^  hint: ' err
done

# ---- what opens, but never gets a counter: CHAIN belongs to pairs ----

expect "no counter: stat" 0 "$PMC" stat -e instructions:u,r1e:u -o chain.db -- \
	"$PROGRAMS/loop" 01000000
check "no counter: stat: has no value, rather than 0" [ "$(sql chain.db "SELECT value IS NULL,
	running_ns FROM counts WHERE event = 'r1e:u'")" = 1,0 ]
check "no counter: stat: the table says so" grep -Eq 'not counted.*r1e' err
check "no counter: stat: the other one is right" between "$(sql chain.db "SELECT value
	FROM counts WHERE event = 'instructions:u'")" 2000001 2000300
expect "no counter: record" 0 "$PMC" record -e instructions:u,r1e:u -c 50021 -o chains.db -- \
	"$PROGRAMS/shares"
check "no counter: record: somebody says so" [ "$(sql chains.db "SELECT count(*) FROM health
	WHERE severity != 'info' AND advice LIKE '%r1e:u%'")" = 1 ]
finish
