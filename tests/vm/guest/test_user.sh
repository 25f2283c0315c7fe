#!/bin/sh
# An ordinary user with a PMU, under each level of kernel.perf_event_paranoid: user-mode counts of
# his own processes at 2, nothing at 3 and 4, which Debian's kernel knows.
. "$GUEST/lib.sh"

level_file=/proc/sys/kernel/perf_event_paranoid
level_before=$(cat $level_file)
trap 'echo $level_before >$level_file' EXIT
user_room

# refused NAME PATTERN COMMAND...
refused()
{
	refused_name=$1 refused_pattern=$2
	shift 2
	expect "$level: $refused_name" 1 as_user "$@"
	check "$level: $refused_name: says why" grep -Eq "^pmc: .*$refused_pattern" err
	check "$level: $refused_name: in a line and a hint" [ "$(wc -l <err)" = 2 ]
	check "$level: $refused_name: nothing was run" [ ! -s out ]
}

level=2
echo $level >$level_file
expect "2: default events" 0 as_user "$PMC" record -o default.db -- "$PROGRAMS/shares"
check "2: default events: of user mode" [ "$(sql default.db \
	'SELECT events FROM session_summary')" = '"instructions:u,cycles:u"' ]
near "2: default events: shares" "$(sql default.db "SELECT self_share FROM function_profile
	WHERE event = 'instructions:u' AND function = 'three'")" 0.75 0.03
check "2: default events: nothing of the kernel" [ "$(sql default.db "SELECT count(*)
	FROM module_profile WHERE module LIKE '[kernel%' AND self > 0")" = 0 ]

expect "2: a sampled event" 0 as_user "$PMC" record -e instructions -c 50021 -o sampled.db -- \
	"$PROGRAMS/mixes"
check "2: a sampled event: says what it became" [ "$(sql sampled.db "SELECT event, requested
	FROM event_summary")" = instructions:u,instructions ]
check "2: a sampled event: in one line, with the value" [ "$(grep -c \
	'^pmc: instructions: kernel.perf_event_paranoid is 2: user mode only' err)" = 1 ]
while read -r function known; do
	near "2: a sampled event: $function" "$(sql sampled.db "SELECT self FROM function_profile
		WHERE function = '$function'")" "$known" 50021
done <out
expect "2: the leader reads" 0 as_user "$PMC" record -e '{instructions,cycles}:S' -c 50021 \
	-o read.db -- "$PROGRAMS/shares"
near "2: the leader reads: shares" "$(sql read.db "SELECT self_share FROM function_profile
	WHERE event = 'cycles:u' AND function = 'three'")" 0.75 0.005

expect "2: counted" 0 as_user "$PMC" stat -e instructions -o counted.db -- \
	"$PROGRAMS/loop" 01000000
check "2: counted: says what it became" [ "$(sql counted.db "SELECT c.event, e.requested
	FROM counts c, event_summary e")" = instructions:u,instructions ]
check "2: counted: exact" between "$(sql counted.db 'SELECT value FROM counts')" 2000001 2000300
expect "2: the defaults of stat" 0 as_user "$PMC" stat -o defaults.db -- "$PROGRAMS/loop" 01000000
check "2: the defaults of stat: instructions" between "$(sql defaults.db "SELECT value FROM counts
	WHERE event = 'instructions:u'")" 2000001 2000300

refused "the kernel" 'kernel.perf_event_paranoid is 2' "$PMC" record -e instructions:k \
	-o refused.db -- "$PROGRAMS/shares"
check "2: the kernel: the least change" grep -q 'sysctl kernel.perf_event_paranoid=1' err
refused "all processes" 'kernel.perf_event_paranoid is 2' "$PMC" record -e instructions:u -a \
	-o refused.db -- "$PROGRAMS/shares"
check "2: all processes: the least change" grep -q 'sysctl kernel.perf_event_paranoid=0' err
refused "all processes, stat" 'kernel.perf_event_paranoid is 2' "$PMC" stat -e instructions:u -a \
	-o refused.db -- "$PROGRAMS/shares"
refused "somebody else's process" 'process 1' "$PMC" record -e instructions:u -p 1 --duration 1 \
	-o refused.db
check "2: somebody else's process: whose" grep -q 'another user' err

level=1
echo $level >$level_file
expect "1: kernel and user mode" 0 as_user "$PMC" stat -e instructions:k,instructions:u \
	-o one.db -- "$PROGRAMS/loop" 01000000 00000004
check "1: kernel and user mode: both" [ "$(sql one.db "SELECT count(*) FROM counts
	WHERE value > 30000")" = 2 ]

for level in 3 4; do
	echo $level >$level_file
	for command in record stat; do
		refused "$command" "kernel.perf_event_paranoid is $level" \
			"$PMC" $command -o refused.db -- "$PROGRAMS/shares"
		check "$level: $command: the least change" grep -q \
			'sysctl kernel.perf_event_paranoid=2' err
		refused "$command of user mode" "kernel.perf_event_paranoid is $level" \
			"$PMC" $command -e instructions:u -o refused.db -- "$PROGRAMS/shares"
	done
	expect "$level: root may all the same" 0 "$PMC" stat -q -e instructions -o root.db -- \
		"$PROGRAMS/loop" 01000000
	expect "$level: doctor, as something is missing" 1 as_user "$PMC" doctor
	check "$level: doctor tells the value" grep -q "kernel.perf_event_paranoid is $level" out
done
finish
