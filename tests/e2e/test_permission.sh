#!/bin/sh
# An ordinary user, under each level of kernel.perf_event_paranoid: what works, what falls back, and
# what is refused with the setting, its value and the least change that helps. The machine's
# setting is put back at the end.
. "$E2E/lib.sh"
need_recording
need_command setpriv
[ "$(id -u)" = 0 ] || skip_all "needs root, to become somebody else and to change settings"

level_file=/proc/sys/kernel/perf_event_paranoid
level_before=$(cat $level_file)
# shellcheck disable=SC2320 # of the write
echo "$level_before" 2>/dev/null >$level_file || skip_all "$level_file cannot be written here"
trap 'echo $level_before >$level_file' EXIT
trap 'exit 1' INT TERM HUP

# The test's folder belongs to root alone, and so may the one that pmc was built in.
mkdir shared
chmod 755 .
chmod 777 shared
cp "$PMC" "$PROGRAMS/split" shared
cd shared || exit 1
chmod 755 pmc split
nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
nobody ./pmc --version >/dev/null 2>&1 || skip_all "a user cannot run programs in $PWD"

# allowed NAME EVENT OPTION...: records, and the event is so called
allowed()
{
	allowed_name=$1 allowed_event=$2
	shift 2
	rm -f n.db*
	expect "$level: $allowed_name" 0 nobody ./pmc record -o n.db "$@"
	check "$level: $allowed_name: counts $allowed_event" [ "$(sql n.db \
		"SELECT event FROM event_summary")" = "$allowed_event" ]
}
# refused NAME OPTION...: does not record, and tells the setting
refused()
{
	refused_name=$1
	shift
	rm -f n.db*
	expect "$level: $refused_name" 1 nobody ./pmc record -q -o n.db "$@"
	check "$level: $refused_name: names the setting and its value" \
		grep -q "^pmc: .*kernel.perf_event_paranoid is $level" err
	check "$level: $refused_name: the change that helps" \
		grep -Eq '^  hint: .*(sysctl kernel.perf_event_paranoid=|CAP_PERFMON)' err
	check "$level: $refused_name: and no more" [ "$(wc -l <err)" = 2 ]
	check "$level: $refused_name: nothing on stdout" [ ! -s out ]
}

for level in -1 0; do
	echo $level >$level_file
	allowed "a program" cpu-clock -e cpu-clock ./split 0.2
	allowed "the kernel" cpu-clock:k -e cpu-clock:k ./split 0.2
	allowed "all CPUs" cpu-clock -e cpu-clock -a sleep 0.2
done

level=1
echo $level >$level_file
allowed "a program" cpu-clock -e cpu-clock ./split 0.2
refused "all CPUs" -e cpu-clock -a sleep 0.2
refused "one CPU" -e cpu-clock -C 0 --duration 0.2

level=2
echo $level >$level_file
allowed "a program" cpu-clock:u -e cpu-clock ./split 0.4
check "2: one line tells of the fall-back" [ "$(grep -c \
	'^pmc: cpu-clock: kernel.perf_event_paranoid is 2: user mode only' err)" = 1 ]
near "2: its shares" "$(share n.db function_profile "function = 'five'")" 49.5 8
check "2: nothing of the kernel in it" [ "$(share n.db module_profile "module LIKE '[kernel%'")" = \
	0.0 ]
check "2: the session knows what was asked for" [ "$(sql n.db "SELECT requested
	FROM event_summary")" = cpu-clock ]
expect "2: a report" 0 ./pmc report -i n.db
check "2: it tells of the fall-back" grep -q 'asked for cpu-clock: ' out
expect "2: the default events" 0 nobody ./pmc record -o d.db ./split 0.1
check "2: the default events: user mode only" [ "$(sql d.db "SELECT count(*) FROM event_summary
	WHERE event NOT LIKE '%:u'")" = 0 ]
allowed "user mode, asked for" cpu-clock:u -e cpu-clock:u ./split 0.1
check "2: then there is no talk of it" [ "$(grep -c paranoid err)" = 0 ]
refused "the kernel alone" -e cpu-clock:k ./split 0.2
refused "all CPUs" -e cpu-clock -a sleep 0.2
expect "2: doctor" 0 nobody ./pmc doctor
check "2: doctor tells the value" grep -q 'kernel.perf_event_paranoid is 2' out
check "2: and what would help" grep -q 'sysctl kernel.perf_event_paranoid=' out

# Somebody else's process is no matter of that level.
expect "a process of root" 1 nobody ./pmc record -q -e cpu-clock:u -o n.db -p 1 --duration 0.2
check "a process of root: says whose" grep -q 'hint: it belongs to another user' err

# Debian and others go on to 3, Android to 4: no event at all. Kernels without that patch take the
# number and allow what 2 does.
for level in 3 4; do
	works=0
	if ! echo $level 2>/dev/null >$level_file; then
		skip "$level" "the kernel does not take that level"
	elif nobody ./pmc record -q -e cpu-clock:u -o probe.db true >out 2>err; then
		allowed "as with 2" cpu-clock:u -e cpu-clock ./split 0.2
		refused "all CPUs" -e cpu-clock -a sleep 0.2
		skip "$level: no event at all" "this kernel knows no level above 2"
	else
		refused "a program" -e cpu-clock ./split 0.2
		refused "user mode" -e cpu-clock:u ./split 0.2
		works=1
	fi
	expect "$level: doctor" $works nobody ./pmc doctor
	check "$level: doctor tells the value" grep -q "kernel.perf_event_paranoid is $level" out
done
echo "$level_before" >$level_file

# ---- files ----

mkdir locked
expect "a folder that is not ours" 1 nobody ./pmc record -q -e cpu-clock:u -o locked/a.db true
check "a folder that is not ours: is named" grep -q '^pmc: .*locked/a.db' err
check "a folder that is not ours: with a hint" grep -q '^  hint: ' err
./pmc record -q -e cpu-clock:u -o root.db true
chmod 600 root.db
expect "a database that is not ours" 1 nobody ./pmc report -i root.db
check "a database that is not ours: is named" grep -q '^pmc: .*root.db' err
check "a database that is not ours: with a hint" grep -q '^  hint: ' err
chmod 644 root.db
expect "a database that we may only read" 0 nobody ./pmc report -i root.db
expect "and query" 0 nobody ./pmc sql -i root.db 'SELECT * FROM session_summary'
expect "but not add to" 1 nobody ./pmc record -q -e cpu-clock:u -o root.db true
check "but not add to: is named" grep -q '^pmc: .*root.db' err
expect "nor delete from" 1 nobody ./pmc db delete -i root.db 1

# Read from a folder where nothing can be made, with no file of SQLite's beside it.
cp root.db locked/readable.db
chmod 644 locked/readable.db
expect "a database in a folder that we may only read" 0 nobody ./pmc report -i locked/readable.db
expect "a session of it" 0 nobody ./pmc db sessions -i locked/readable.db
finish
