#!/bin/sh
# What goes wrong is told in one line with a hint, with the right exit status, and leaves no mess.
. "$E2E/lib.sh"
need_command sqlite3
need_recording

# fails NAME STATUS PATTERN COMMAND...: fails so, and says so on stderr in a line of pmc and a hint.
fails()
{
	fails_name=$1 fails_status=$2 fails_pattern=$3
	shift 3
	expect "$fails_name" "$fails_status" "$@"
	check "$fails_name: says what" grep -Eqi -e "$fails_pattern" err
	check "$fails_name: with a hint" grep -q '^  hint: ' err
	check "$fails_name: nothing on stdout" [ ! -s out ]
}

# usage NAME PATTERN OPTION...: an error of usage of pmc record
usage()
{
	usage_name=$1 usage_pattern=$2
	shift 2
	fails "$usage_name" 2 "$usage_pattern" "$PMC" record -q -o u.db "$@"
}

# ---- recording ----

"$PMC" record -q -e cpu-clock -o a.db -- true
fails "no such process" 1 '999999' "$PMC" record -q -p 999999999 -o b.db --duration 1
fails "no such thread" 1 '999999' "$PMC" record -q -t 999999999 -o b.db --duration 1
# One that has just ended.
sh -c 'exit 0' &
ended=$!
wait $ended
fails "a process that has ended" 1 "$ended" "$PMC" record -q -p $ended -o b.db --duration 1
fails "one of two processes is not there" 1 "$ended" \
	"$PMC" record -q -p "$$,$ended" -o b.db --duration 1
fails "no such CPU" 1 'no CPU 65000' "$PMC" record -q -C 65000 -o b.db --duration 1
check "what could not begin leaves no session" [ ! -s b.db ]
fails "no such folder" 1 'no-such-folder' "$PMC" record -q -o no-such-folder/a.db -- true
fails "a folder as database" 1 "'\.'" "$PMC" record -q -o . -- true
fails "no place to write to" 1 '/proc' "$PMC" record -q -o /proc/pmc.db -- true
fails "a device as database" 1 '/dev/null' "$PMC" record -q -o /dev/null -- true
usage "a database without a name" 'empty' -o '' -- true

# ---- events ----

usage "no such event" 'unknown event cycels' -e cycels -- true
check "no such event: the nearest" grep -q 'did you mean .*cycles' err
usage "the second of a list" 'cpu-clok \(column 13\)' -e page-faults,cpu-clok -- true
check "the second of a list: the nearest" grep -q 'did you mean cpu-clock' err
usage "no events" 'empty' -e '' -- true
usage "nothing between commas" 'column 11' -e cpu-clock,,page-faults -- true
usage "a group that is not closed" "'}'" -e '{cpu-clock' -- true
usage "no such modifier" '"x"' -e cpu-clock:x -- true
usage "no such PMU" 'no-pmu' -e no-pmu/event=1/ -- true
usage "no such tracepoint" 'sched:no_such' -e sched:no_such -- true
usage "an address that is none" 'mem:here:w' -e mem:here:w -- true
fails "an event that is known, but not of this machine" 2 'skl::INST_RETIRED' \
	"$PMC" record -q -e skl::INST_RETIRED:ANY -o u.db -- true
run "$PMC" list --usable instructions
if grep -q instructions out; then
	skip "hardware events without counters" "this machine has them"
else
	fails "hardware events without counters" 1 'no hardware counters' \
		"$PMC" record -q -e instructions -o u.db -- true
	check "hardware events without counters: what to do" grep -q 'cpu-clock' err
fi

# ---- numbers ----

usage "frequency 0" 'frequency of 0' -F 0 -- true
usage "period 0" 'period of 0' -c 0 -- true
usage "a frequency that is no number" "'fast'" -F fast -- true
usage "a negative frequency" "'-5'" -F -5 -- true
usage "a frequency with something behind it" "'10Hz'" -F 10Hz -- true
usage "a frequency that is too long" "'99999999999999999999'" -F 99999999999999999999 -- true
usage "a period that no timer can have" 'period of 7 ns' -e cpu-clock -c 7 -- true
usage "both" 'exclude each other' -F 99 -c 1000000 -- true
rate=$(cat /proc/sys/kernel/perf_event_max_sample_rate)
fails "a frequency above the kernel's limit" 1 "at $((rate + 1)) Hz.*is $rate" \
	"$PMC" record -q -e cpu-clock -F $((rate + 1)) -o u.db -- true
check "a frequency above the kernel's limit: what it allows" grep -q -- "-F $rate" err
usage "duration 0" 'duration of 0' --duration 0 -- true
usage "a negative duration" "'-1'" --duration -1 -- true
usage "a duration that is none" "'soon'" --duration soon -- true
usage "a slice of nothing" 'slice of 0' --slice 0 -- true
usage "rings of three pages" '3 pages' -m 3 -- true
usage "rings of none" '0 pages' -m 0 -- true
usage "a process that is no number" 'init' -p init --duration 1
usage "a process with a sign" '-1' -p -1 --duration 1
usage "no process" 'empty|process ids' -p '' --duration 1
usage "CPUs backwards" '1-0' -C 1-0 --duration 1

# ---- options ----

usage "nothing to record" 'nothing to record'
usage "an unknown option" "'--evnt'" --evnt cpu-clock -- true
check "an unknown option: the nearest" grep -q 'event\|--help' err
usage "an unknown letter" "'-Z'" -Z -- true
usage "a value that is missing" 'needs a value' -F
for how in frame 'dwarf,' dwarf,0 dwarf,9 dwarf,65536 dwarf,-8 fp,64 ''; do
	usage "no way to find callers: '$how'" "call-graph $how: no such" --call-graph "$how" \
		-- true
done
usage "a process and a command" 'cannot be combined' -p 1 -- true
usage "a process and all CPUs" 'cannot be combined' -p 1 -a
usage "a process and a thread" 'exclude each other' -p 1 -t 1
check "nothing was recorded by any of these" [ ! -s u.db ]

for bad in "--limit few:few" "--from now:now" "--by colour:colour" "--format xml:xml" \
	"--color sometimes:sometimes"; do
	# shellcheck disable=SC2086 # words
	fails "report ${bad%:*}" 2 "'${bad#*:}'" "$PMC" report -i a.db ${bad%:*}
done
fails "list of nothing" 1 'zzzzzz' "$PMC" list zzzzzz
fails "db of nothing" 2 'action' "$PMC" db
fails "db of something else" 2 'destroy' "$PMC" db destroy
fails "delete nothing" 2 'delete' "$PMC" db -i a.db delete
fails "delete what is not there" 1 '77' "$PMC" db -i a.db delete 77
fails "label what is not there" 1 "nightly" "$PMC" db -i a.db label nightly new
fails "check what is not there" 1 'none.db' "$PMC" db -i none.db check
fails "sessions of what is not there" 1 'none.db' "$PMC" db -i none.db sessions

# ---- databases ----

fails "no such database" 1 'none.db' "$PMC" report -i none.db
check "no such database: none is made" [ ! -e none.db ]
sqlite3 other.db 'CREATE TABLE t (a); PRAGMA application_id = 5'
fails "database of another application" 1 'other.db' "$PMC" report -i other.db
fails "recording into it" 1 'other.db' "$PMC" record -o other.db -- true
cp a.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 999'
fails "database of a newer version" 1 '999' "$PMC" report -i newer.db
fails "recording into a newer one" 1 '999' "$PMC" record -q -o newer.db -- true
fails "SQL on a newer one" 1 '999' "$PMC" sql -i newer.db 'SELECT 1'
echo 'a text, and no database' >text
fails "not a database" 1 'text' "$PMC" report -i text
fails "recording into what is none" 1 'text' "$PMC" record -q -o text -- true
check "what is none stays as it is" [ "$(cat text)" = 'a text, and no database' ]
check "a foreign database stays as it is" [ "$(sqlite3 other.db 'SELECT count(*)
	FROM sqlite_schema')" = 1 ]
: >empty.db
fails "an empty file" 1 'empty.db' "$PMC" report -i empty.db
expect "recording into an empty file" 0 "$PMC" record -q -o empty.db -- true
mkfifo pipe.db
expect "a pipe as database" 1 timeout 10 "$PMC" report -i pipe.db

# Damage: the middle of the file is overwritten, its end is missing, its head is.
"$PMC" record -q -e cpu-clock -o whole.db -- "$PROGRAMS/split" 0.2
size=$(wc -c <whole.db)
cp whole.db damaged.db
head -c $((size - 4096)) /dev/urandom | dd of=damaged.db bs=4096 seek=1 conv=notrunc 2>/dev/null
fails "a damaged database" 1 'damaged.db' "$PMC" report -i damaged.db
fails "SQL on a damaged database" 1 'damaged.db' "$PMC" sql -i damaged.db \
	'SELECT * FROM function_profile'
expect "a damaged database is found out" 1 "$PMC" db -i damaged.db check
head -c $((size / 2)) whole.db >half.db
fails "half a database" 1 'half.db' "$PMC" report -i half.db
expect "half a database is found out" 1 "$PMC" db -i half.db check
head -c 100 whole.db >head.db
fails "the head of a database" 1 'head.db' "$PMC" report -i head.db

# Sixteen bytes here and there: perhaps nothing is seen of it, but nothing worse than an error.
worst=0
silent=0
for part in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	cp whole.db hurt.db
	printf '\377\000\125\252\001\200\377\377\000\000\020\003\177\376\001\377' |
		dd of=hurt.db bs=1 seek=$((size * part / 21)) conv=notrunc 2>/dev/null
	for command in "report" "report --by line" "report --by thread --from 0.1" "db check"; do
		# shellcheck disable=SC2086 # words
		run timeout 20 "$PMC" $command -i hurt.db
		[ "$status" -le "$worst" ] || worst=$status
		[ "$status" = 0 ] || [ -s err ] || [ -s out ] || silent=$((silent + 1))
	done
done
check "sixteen bytes of nonsense: an error at worst" [ "$worst" -le 1 ]
check "sixteen bytes of nonsense: no failure is silent" [ $silent = 0 ]
fails "no such session" 1 '77' "$PMC" report -i a.db --session 77
fails "no such event in it" 2 'cycels' "$PMC" report -i a.db --event cycels

# ---- SQL ----

expect "SQL with an error" 1 "$PMC" sql -i a.db 'SELECT FROM'
check "SQL with an error: says where" grep -q 'syntax error.*column 8' err
fails "no such column" 1 'no such column: fuction' \
	"$PMC" sql -i a.db 'SELECT fuction FROM function_profile'
fails "no such table" 1 'no such table: functions' "$PMC" sql -i a.db 'SELECT * FROM functions'
expect "a statement that does not end" 1 "$PMC" sql -i a.db "SELECT 'open"
check "a statement that does not end: says where" grep -q 'line 1, column 8' err
before=$(cksum <a.db)
for statement in 'DELETE FROM session' 'CREATE TABLE x (a)' 'PRAGMA user_version = 1' \
	'DROP VIEW health' 'UPDATE session SET label = 1' 'INSERT INTO figure DEFAULT VALUES' \
	'VACUUM' 'REINDEX' "ATTACH 'new.db' AS new" 'PRAGMA journal_mode = DELETE' \
	"SELECT 1; DELETE FROM session" "WITH x AS (SELECT 1) DELETE FROM session" \
	"SELECT load_extension('x')" "SELECT writefile('new.db', 'x')"; do
	run "$PMC" sql -i a.db "$statement"
	check "refused: $statement" [ "$status" = 1 ]
	check "refused, and said why: $statement" grep -q '^pmc: ' err
done
check "the file is as it was" [ "$before" = "$(cksum <a.db)" ]
check "no other was made" [ ! -e new.db ]

# ---- places to print to ----

# closed_pipe NAME COMMAND...: into a reader that reads nothing; status 0, and no word about it
closed_pipe()
{
	closed_name=$1
	shift
	status=$({ { sleep 0.2; "$@" 2>err; echo $? >&3; } | true; } 3>&1)
	: >out
	check "$closed_name into a closed pipe" [ "$status" = 0 ]
	check "$closed_name into a closed pipe says nothing" [ ! -s err ]
}
closed_pipe "a report" "$PMC" report -i a.db
closed_pipe "a report as CSV" "$PMC" report -i a.db --format csv
closed_pipe "a report as JSON" "$PMC" report -i a.db --format json
closed_pipe "SQL" "$PMC" sql -i a.db 'SELECT * FROM function_profile'
closed_pipe "the list of events" "$PMC" list --usable
closed_pipe "doctor" "$PMC" doctor
closed_pipe "sessions" "$PMC" db -i a.db sessions
closed_pipe "the schema" "$PMC" db schema
check "the first line of a report" [ "$("$PMC" report -i a.db 2>err | head -n 1 | cut -c1-7)" = \
	Session ]
check "the first line of a report: no complaint" [ ! -s err ]

# The program that is recorded has SIGPIPE as ever, though pmc has not.
# shellcheck disable=SC2016 # for the inner shell
status=$({ { "$PMC" record -q -e cpu-clock -o a.db -- sh -c 'sleep 0.3; yes; exit 3'
	echo $? >&3; } | true; } 3>&1)
check "a recorded program into a closed pipe" [ "$status" = 3 ]

if [ -w /dev/full ]; then
	for command in "report -i a.db" "report -i a.db --format json" "list" "doctor" \
		"db -i a.db sessions" "db schema" "db reference"; do
		# shellcheck disable=SC2086 # words
		"$PMC" $command >/dev/full 2>err
		status=$?
		check "$command: no space for its output" [ $status = 1 ]
		check "$command: says so" grep -q 'No space left' err
	done
fi
# shellcheck disable=SC2016 # for the inner shell
run sh -c '"$PMC" report -i a.db >&-'
check "no standard output at all" [ "$status" = 1 ]

if command -v script >/dev/null; then
	for columns in 1 5 20 40 79; do
		for command in "report" "report --by line" "db sessions"; do
			run script -qec "stty cols $columns; '$PMC' $command -i a.db" /dev/null
			check "$command in a window of $columns columns" [ "$status" = 0 ]
		done
	done
	run script -qec "stty cols 60; '$PMC' report -i a.db --limit 5" /dev/null
	check "a window of 60 columns: rows fit into it" [ -z "$(tr -d '\r' <out |
		sed 's/\x1b\[[0-9;]*m//g; s/…/./g' | awk '/%/ && length > 60')" ]
else
	skip "narrow windows" "script is not installed"
fi

# ---- no space ----

# on_small SIZE COMMAND...: with a file system of that size in the folder small
on_small()
{
	small_size=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount -t tmpfs -o "size=$0" none small && "$@"; status=$?
		cp small/*.db . 2>/dev/null; exit $status' "$small_size" "$@"
}
mkdir small
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs none small 2>/dev/null; then
	on_small 64k "$PMC" record -q -e cpu-clock -o small/none.db -- "$PROGRAMS/split" 0.2
	check "no space to begin with" [ "$status" = 1 ]
	check "no space to begin with: says so" grep -Eqi '^pmc: .*none.db.*(full|space)' err
	check "no space to begin with: with a hint" grep -q '^  hint: ' err

	# Begins, and has no space for what it finds: the program runs on to its end.
	# shellcheck disable=SC2016 # for the inner shell
	on_small 250k "$PMC" record -q -e cpu-clock -F 8000 -o small/later.db -- \
		sh -c '"$0" 2; echo done' "$PROGRAMS/inlines"
	check "no space later" [ "$status" = 1 ]
	check "no space later: says so" grep -Eqi '^pmc: .*later.db.*(full|space)' err
	check "no space later: with a hint" grep -q '^  hint: ' err
	check "no space later: the program ran to its end" grep -q "done" out
else
	skip "no space" "needs root and mount namespaces"
fi
finish
