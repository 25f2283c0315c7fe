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

# ---- recording ----

fails "no such command" 127 'no-such-program' "$PMC" record -o a.db -- ./no-such-program
check "no such command: leaves no session" [ ! -s a.db ]
echo text >text
fails "not executable" 126 'text' "$PMC" record -o a.db -- ./text
fails "no such event" 2 'cycels' "$PMC" record -e cycels -o a.db -- true
check "no such event: the nearest" grep -q 'cycles' err
fails "no such process" 1 '999999' "$PMC" record -p 999999999 -o a.db --duration 1
fails "nothing to record" 2 'nothing to record' "$PMC" record -o a.db
fails "frequency of nothing" 2 'frequency of 0' "$PMC" record -F 0 -o a.db -- true
fails "no such folder" 1 'no-such-folder' "$PMC" record -o no-such-folder/a.db -- true
fails "a folder as database" 1 '.' "$PMC" record -o . -- true
fails "no place to write to" 1 '/proc' "$PMC" record -o /proc/pmc.db -- true

expect "the status of the command is passed on" 7 "$PMC" record -q -o a.db -- sh -c 'exit 7'
# shellcheck disable=SC2016 # for the inner shell
expect "so is the signal that ended it" 143 "$PMC" record -q -o a.db -- sh -c 'kill -TERM $$'
expect "its output is its own" 0 "$PMC" record -q -o a.db -- echo hello
check "nothing is mixed into it" [ "$(cat out)" = hello ]
check "quiet says nothing" [ ! -s err ]

# ---- signals ----

# stop SIGNAL: records a program for long, and sends the signal to the recorder after a second
stop()
{
	rm -f s.db*
	# In the background a shell ignores SIGINT, and so would all that it starts.
	# shellcheck disable=SC2016 # for the inner shell
	env --default-signal=INT "$PMC" record -o s.db -- \
		sh -c 'echo $$ >pid; exec sleep 60' >out 2>err &
	recorder=$!
	sleep 1.2
	kill "-$1" $recorder
	wait $recorder
	status=$?
}
for signal in INT TERM; do
	stop $signal
	check "SIG$signal ends a recording" grep -q 'session 1' err
	check "SIG$signal: the session says so" \
		[ "$(sql s.db 'SELECT state FROM session_summary')" = interrupted ]
done
stop KILL
sleep 6
check "SIGKILL: the session opens and was cut short" \
	[ "$(sql s.db 'SELECT state FROM session_summary')" = "cut short" ]
expect "SIGKILL: it can be reported" 0 "$PMC" report -i s.db
check "SIGKILL: the report says so" grep -q 'cut short' out
kill "$(cat pid)" 2>/dev/null

# ---- databases ----

fails "no such database" 1 'none.db' "$PMC" report -i none.db
check "no such database: none is made" [ ! -e none.db ]
sqlite3 other.db 'CREATE TABLE t (a); PRAGMA application_id = 5'
fails "database of another application" 1 'other.db' "$PMC" report -i other.db
fails "recording into it" 1 'other.db' "$PMC" record -o other.db -- true
cp a.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 999'
fails "database of a newer version" 1 '999' "$PMC" report -i newer.db
fails "not a database" 1 'text' "$PMC" report -i text
# The middle of the file is overwritten.
cp a.db damaged.db
head -c 8192 /dev/urandom | dd of=damaged.db bs=1 seek=4096 conv=notrunc 2>/dev/null
run "$PMC" report -i damaged.db
check "a damaged database fails" [ "$status" = 1 ]
fails "no such session" 1 '77' "$PMC" report -i a.db --session 77
fails "no such event in it" 2 'cycels' "$PMC" report -i a.db --event cycels

# ---- SQL ----

expect "SQL with an error" 1 "$PMC" sql -i a.db 'SELECT FROM'
check "SQL with an error: says where" grep -q 'syntax error.*column 8' err
expect "no such column" 1 "$PMC" sql -i a.db 'SELECT colour FROM function_profile'
check "no such column: says which" grep -q 'no such column: colour' err
before=$(cksum <a.db)
for statement in 'DELETE FROM session' 'CREATE TABLE x (a)' 'PRAGMA user_version = 1'; do
	run "$PMC" sql -i a.db "$statement"
	check "refused: $statement" [ "$status" = 1 ]
done
check "the file is as it was" [ "$before" = "$(cksum <a.db)" ]

# ---- places to print to ----

status=$({ { sleep 0.2; "$PMC" report -i a.db 2>err; echo $? >&3; } | true; } 3>&1)
check "a report into a closed pipe" [ "$status" = 0 ]
check "a report into a closed pipe says nothing" [ ! -s err ]
if command -v script >/dev/null; then
	for columns in 1 5 20; do
		run script -qec "stty cols $columns; '$PMC' report -i a.db" /dev/null
		check "a window of $columns columns" [ -s out ]
	done
else
	skip "narrow windows" "script is not installed"
fi

# ---- permissions ----

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 777 .
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 0 ]; then
		# shellcheck disable=SC2086 # words
		fails "all CPUs without the right to" 1 'permi' \
			$nobody "$PMC" record -a -o n.db -- true
		check "the hint names the setting and its value" grep -q perf_event_paranoid err
	else
		skip "all CPUs without the right to" "kernel.perf_event_paranoid allows it"
	fi
	mkdir locked
	# shellcheck disable=SC2086
	fails "a folder that is not ours" 1 'locked' \
		$nobody "$PMC" record -o locked/a.db -- true
	chmod 600 a.db
	# shellcheck disable=SC2086
	fails "a database that is not ours" 1 'a.db' $nobody "$PMC" report -i a.db
else
	skip "no permission" "needs root and setpriv, to become somebody else"
fi

# ---- no space ----

mkdir small
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	unshare -m sh -c 'mount -t tmpfs -o size=64k none small && exec "$@"' - \
		"$PMC" record -o small/a.db -- true >out 2>err
	status=$?
	check "no space" [ "$status" = 1 ]
	check "no space: says so" grep -Eqi 'full|space' err
else
	skip "no space" "needs root and mount namespaces"
fi
finish
