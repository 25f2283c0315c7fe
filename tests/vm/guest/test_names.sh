#!/bin/sh
# Names of events on a PMU: the kernel's, libpfm4's, sysfs' and raw codes count the same; precise
# ones fall back, and the session says so.
. "$GUEST/lib.sh"

# The device's name differs from kernel to kernel.
for pmu in /sys/bus/event_source/devices/armv8_pmuv3*; do
	pmu=$(basename "$pmu")
done

# ---- one event by many names ----

expect "count: all names" 0 "$PMC" stat -q -o count.db -e instructions:u,r8:u \
	-e arm_ac57::INST_RETIRED:u,INST_RETIRED:u -e "$pmu/inst_retired/u,$pmu/event=0x8/u" -- \
	"$PROGRAMS/loop" 01000000
keep count "SELECT 'all', count(*), max(value) - min(value), min(value) FROM counts"
check "count: each has a row" [ "$(kept count all)" = 6 ]
check "count: and the same value" [ "$(kept count all 3)" = 0 ]
check "count: which is right" between "$(kept count all 4)" 2000001 2000300
expect "count: cycles" 0 "$PMC" stat -q -o cycles.db -e cycles:u,r11:u \
	-e arm_ac57::CPU_CYCLES:u,arm_ac57::INST_RETIRED:u -- "$PROGRAMS/loop" 01000000
check "count: cycles: as many as instructions, here" between "$(sql cycles.db \
	'SELECT max(value) - min(value) FROM counts')" 0 300

expect "record: libpfm4's names" 0 "$PMC" record -c 50021 -o pfm.db \
	-e arm_ac57::INST_RETIRED:u,arm_ac57::CPU_CYCLES -- "$PROGRAMS/shares"
keep pfm "SELECT event, unit, period, (SELECT self FROM function_profile f
	WHERE f.event = e.event AND function = 'three') FROM event_summary e"
check "record: counts of that period" [ "$(grep -c '::.*,count,50021,' pfm.rows)" = 2 ]
near "record: instructions of three" "$(kept pfm arm_ac57::INST_RETIRED:u 4)" 15000000 50021
near "record: cycles of three" "$(kept pfm arm_ac57::CPU_CYCLES 4)" 15000000 500000

for name in INST_RETIRED CPU_CYCLES; do
	expect "list: $name" 0 "$PMC" list --usable "arm_ac57::$name"
	check "list: $name: is there" grep -Eq "^arm_ac57::$name  *libpfm4  *yes" out
done
expect "list: what the PMU names" 0 "$PMC" list --usable "$pmu/*"
check "list: what the PMU names: is there" grep -q "^$pmu/inst_retired/" out
expect "list: kernel's names" 0 "$PMC" list --usable cycles
check "list: kernel's names: is there" grep -Eq '^cycles  *hardware  *yes' out
expect "list: what this PMU has not" 1 "$PMC" list --usable branches
expect "doctor" 0 "$PMC" doctor
check "doctor: there are counters" grep -Eq '^ok  *hardware counters' out
check "doctor: libpfm4 knows the processor" grep -Eq '^ok  *event names .*arm_ac57' out

# ---- precise: this PMU cannot ----

expect "precise: is recorded" 0 "$PMC" record -c 50021 -o precise.db -e cycles:p,instructions:upp \
	-- "$PROGRAMS/shares"
keep precise "SELECT requested, event, (SELECT self_share FROM function_profile f
	WHERE f.event = e.event AND function = 'three') FROM event_summary e
	UNION ALL SELECT name, value, 0 FROM health"
for row in cycles:p,cycles instructions:upp,instructions:u; do
	check "precise: ${row%,*}: sampled without" [ "$(kept precise "${row%,*}")" = "${row#*,}" ]
	check "precise: ${row%,*}: one line says so" [ "$(grep -c \
		"^pmc: ${row%,*}: precise level" err)" = 1 ]
done
check "precise: is a figure of health" [ "$(kept precise fallback)" = 2 ]
near "precise: is right all the same" "$(kept precise instructions:upp 3)" 0.75 0.005
expect "precise: report" 0 "$PMC" report -i precise.db
check "precise: the report says what was asked for" grep -q 'asked for cycles:p' out
finish
