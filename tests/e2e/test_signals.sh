#!/bin/sh
# Recordings that are ended from outside: they are finished, readable, and say what happened.
. "$E2E/lib.sh"
need_command sqlite3
need_recording

others=''
# shellcheck disable=SC2086 # words
trap 'kill $others 2>/dev/null' EXIT
state()
{
	sql "$1" 'SELECT state FROM session_summary ORDER BY session_id DESC LIMIT 1'
}
# A session is in the file as soon as it begins.
begun()
{
	[ "$(state "$1")" = recording ]
}
# flushed DB: samples are there
flushed()
{
	[ "$(sql "$1" 'SELECT samples FROM session_summary')" -gt 0 ]
}
# enough DB: so many that shares are not left to chance
enough()
{
	[ "$(sql "$1" 'SELECT samples FROM session_summary')" -gt 2000 ]
}
sound()
{
	check "$1: the database is sound" [ "$(sqlite3 "$2" 'PRAGMA integrity_check')" = ok ]
	expect "$1: pmc db check" 0 "$PMC" db check -i "$2"
}

for signal in HUP:1 INT:2 TERM:15; do
	number=${signal#*:} signal=${signal%:*}
	name="SIG$signal"

	# The command gets the signal too, and dies of it.
	background "$PMC" record -e cpu-clock -o command.db -- "$PROGRAMS/split" 60
	check "$name: begins" await 10 flushed command.db
	kill "-$signal" "$background"
	wait "$background"
	status=$?
	check "$name: the status is that of the command" \
		[ $status = $((128 + number)) ]
	check "$name: the session was interrupted" [ "$(state command.db)" = interrupted ]
	check "$name: pmc says so" grep -q '(interrupted); session 1 in command.db' err
	near "$name: what was recorded is right" "$(share command.db function_profile \
		"function = 'five'")" 48.5 8
	expect "$name: it can be reported" 0 "$PMC" report -i command.db
	check "$name: the report says so" grep -q interrupted out
	sound "$name" command.db
	rm -f command.db*

	"$PROGRAMS/split" 60 &
	split=$!
	others="$others $split"
	background "$PMC" record -e cpu-clock -o process.db -p $split
	check "$name, a process: begins" await 10 flushed process.db
	kill "-$signal" "$background"
	wait "$background"
	status=$?
	check "$name, a process: all is done" [ $status = 0 ]
	check "$name, a process: the session was interrupted" \
		[ "$(state process.db)" = interrupted ]
	check "$name, a process: it runs on" kill -0 $split
	kill $split
	rm -f process.db*
done

# A command that does not care ends the recording in its own time, or at the second signal.
# shellcheck disable=SC2016 # for the inner shell
background "$PMC" record -e cpu-clock -o deaf.db -- \
	sh -c 'trap "" INT; echo $$ >pid; while :; do :; done'
check "deaf: begins" await 10 flushed deaf.db
kill -INT "$background"
sleep 2 # signals that come close together are one
check "deaf: one signal does not end it" kill -0 "$background"
check "deaf: it is still being recorded" [ "$(state deaf.db)" = recording ]
kill -INT "$background"
wait "$background"
check "deaf: the second does" [ "$(state deaf.db)" = interrupted ]
kill -KILL "$(cat pid)" 2>/dev/null
# shellcheck disable=SC2016 # for the inner shell
background "$PMC" record -e cpu-clock -o graceful.db -- \
	sh -c 'trap "end=1" INT; while [ -z "$end" ]; do :; done; exit 9'
check "graceful: begins" await 10 flushed graceful.db
kill -INT "$background"
wait "$background"
status=$?
check "graceful: a command that ends of itself has its status" [ $status = 9 ]
check "graceful: the session was interrupted" [ "$(state graceful.db)" = interrupted ]

# Ctrl-C goes to all of the terminal's foreground: the command must not get it twice.
if command -v python3 >/dev/null; then
	cat >terminal.py <<-'END'
		import os, pty, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], sys.argv[1:])
		seen = b""
		while b"ready" not in seen:
		    seen += os.read(fd, 1000)
		time.sleep(1.5)
		os.write(fd, b"\x03")
		try:
		    while data := os.read(fd, 1000):
		        seen += data
		except OSError:
		    pass
		print(seen.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	# shellcheck disable=SC2016 # for the inner shell
	run python3 terminal.py "$PMC" record -e cpu-clock -o terminal.db -- sh -c \
		'trap "n=\$((n+1))" INT; echo ready; while [ -z "$n" ]; do :; done
		i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo "got $n"; exit 9'
	check "Ctrl-C: reaches the command once" grep -q 'got 1' out
	check "Ctrl-C: its status" [ "$(tail -n 1 out | tr -d ' ')" = 9 ]
	check "Ctrl-C: the session was interrupted" [ "$(state terminal.db)" = interrupted ]
else
	skip "Ctrl-C" "python3 is not installed"
fi

# What the parent ignores stays ignored, as nohup wants it.
env --ignore-signal=HUP "$PMC" record -e cpu-clock -o nohup.db -- "$PROGRAMS/split" 2 2>err &
recorder=$!
check "nohup: begins" await 10 begun nohup.db
kill -HUP $recorder
wait $recorder
check "nohup: goes on to the end" [ "$(state nohup.db)" = finished ]

# ---- killed ----

# shellcheck disable=SC2016 # for the inner shell
background "$PMC" record -e cpu-clock -o killed.db -- sh -c 'echo $$ >pid; exec "$0" 60' \
	"$PROGRAMS/split"
check "SIGKILL: begins" await 10 enough killed.db
kill -KILL "$background"
wait "$background" 2>/dev/null
kill "$(cat pid)" 2>/dev/null
check "SIGKILL: the session opens at once" [ "$(sql killed.db "SELECT samples > 0
	FROM session_summary")" = 1 ]
near "SIGKILL: its shares are right" \
	"$(share killed.db function_profile "function = 'five'")" 48.5 8
cut_short()
{
	[ "$(state killed.db)" = "cut short" ]
}
check "SIGKILL: after some seconds it is said to be cut short" await 15 cut_short
expect "SIGKILL: it can be reported" 0 "$PMC" report -i killed.db
check "SIGKILL: the report says so" grep -q 'cut short' out
expect "SIGKILL: it is listed" 0 "$PMC" db sessions -i killed.db
check "SIGKILL: the list says so" grep -q 'cut short' out
sound SIGKILL killed.db
expect "SIGKILL: the next session goes into the same file" 0 \
	"$PMC" record -q -o killed.db -- true
check "SIGKILL: both are there" [ "$(sql killed.db "SELECT group_concat(state)
	FROM session_summary")" = '"cut short,finished"' ]
sound "after SIGKILL" killed.db
finish
