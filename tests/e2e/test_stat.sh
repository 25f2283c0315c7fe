#!/bin/sh
# Counting: what software counts is right to the last one, wherever it is shown; runs, intervals,
# threads; statuses, signals, what cannot be combined.
. "$E2E/lib.sh"
need_command python3
if ! "$PMC" stat -q -e task-clock -o probe.db -- true >/dev/null 2>probe.err; then
	skip_all "counting is not possible here: $(head -n 1 probe.err)"
fi

started=''
# shellcheck disable=SC2086 # words
trap 'kill $started 2>/dev/null' EXIT

# stat_as NAME [OPTION...] COMMAND...: counts into NAME.db; that it worked is a case of its own.
stat_as()
{
	stat_name=$1
	shift
	expect "$stat_name: is counted" 0 "$PMC" stat -o "$stat_name.db" "$@"
}
# count DB EVENT: the sum of its counts
count()
{
	sql "$1" "SELECT sum(value) FROM counts WHERE event = '$2'"
}
# python NAME PROGRAM ARGUMENT...: a case that passes when the program does
python()
{
	python_name=$1
	shift
	check "$python_name" python3 -c "$@"
}

# ---- how many ----

stat_as few -e page-faults,task-clock -- "$PROGRAMS/counted" 1000
stat_as many -e page-faults,task-clock -- "$PROGRAMS/counted" 11000
faults=$(($(count many.db page-faults) - $(count few.db page-faults)))
check "page faults: ten thousand pages more, so many faults more" between $faults 9985 10015
check "task-clock: it took time" between "$(count many.db task-clock)" 100000 60000000000
check "the table: goes to stderr, with groups of digits" grep -Eq \
	'^ *11,[0-9]{3} +page-faults +.* per CPU second' err
check "the table: CPUs used" grep -Eq '^ *[0-9,]+\.[0-9]{3}  ms  task-clock +[0-9.]+ CPUs used' err
check "the table: time elapsed" grep -Eq '^[0-9.]+ m?s elapsed' err
check "stdout is the command's" [ "$(wc -l <out)" = 1 ]
check "what to type next" grep -q '^pmc: session 1 in many.db; again: pmc report -i many.db' err
check "the view: one row each, exact" [ "$(sql many.db "SELECT count(*), min(running_share),
	max(run), count(tid), count(cpu) FROM counts")" = 2,1.0,1,0,0 ]
check "the session: its command and state" [ "$(sql many.db "SELECT command LIKE '%counted 11000',
	state, samples FROM session_summary")" = 1,finished,0 ]
run "$PMC" report -i many.db
check "the report shows the same counts" grep -Eq '^ *11,[0-9]{3} +page-faults' out

# Each sleep gives the CPU away once, at least.
stat_as switches -e context-switches -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.01; done'
check "context switches: one a sleep at least" between \
	"$(count switches.db context-switches)" 10 2000

stat_as default -- "$PROGRAMS/counted"
check "default: time, switches, migrations, faults" [ "$(sql default.db "SELECT count(*)
	FROM counts WHERE event IN ('task-clock', 'context-switches', 'cpu-migrations',
	'page-faults')")" = 4 ]
check "default: page faults" between "$(count default.db page-faults)" 10000 10300

# Children are counted, also those that have ended.
# shellcheck disable=SC2016 # for the inner shell
stat_as children -e page-faults -- sh -c '"$0" 3000; "$0" 3000 & wait' "$PROGRAMS/counted"
check "children: their faults are in the sum" between "$(count children.db page-faults)" 6000 8000

# ---- for scripts ----

# shellcheck disable=SC2016 # for the inner shell
expect "csv: is counted" 0 "$PMC" stat -q --format csv -e page-faults,task-clock -o csv.db -- \
	sh -c '"$0" 5000 >/dev/null' "$PROGRAMS/counted"
check "csv: nothing on stderr" [ ! -s err ]
python "csv: a header, counts, and what follows apart" '
import csv
rows = list(csv.DictReader(open("out", newline="")))
kinds = [row["kind"] for row in rows]
assert kinds == ["count"] * 2 + ["derived"] * 3, kinds
faults = [row for row in rows if row["kind"] == "count" and row["event"] == "page-faults"][0]
assert 5000 <= int(faults["value"]) < 7000 and faults["running_share"] == "1.0"
rate = [row for row in rows if row["name"] == "rate in CPU time"][0]
assert rate["of"] == "task-clock" and float(rate["value"]) > 0
assert {row["name"] for row in rows if row["kind"] == "derived"} == {
	"rate in CPU time", "CPUs used", "elapsed"}
'
# shellcheck disable=SC2016 # for the inner shell
expect "json: is counted" 0 "$PMC" stat -q --format json -r 3 -e page-faults,task-clock \
	-o json.db -- sh -c '"$0" 5000 >/dev/null' "$PROGRAMS/counted"
python "json: rows as the view, means, derived" '
import json
all = json.load(open("out"))
assert len(all["rows"]) == 6 and {row["run"] for row in all["rows"]} == {1, 2, 3}
assert set(all["rows"][0]) == {"session_id", "event", "unit", "run", "start_ns", "end_ns", "pid",
	"tid", "comm", "cpu", "value", "counted", "enabled_ns", "running_ns", "running_share"}
mean = [row for row in all["means"] if row["event"] == "page-faults"][0]
values = [row["value"] for row in all["rows"] if row["event"] == "page-faults"]
assert abs(mean["value"] - sum(values) / 3) < 1e-6 and mean["runs"] == 3
assert mean["low"] <= mean["value"] <= mean["high"]
elapsed = [row for row in all["derived"] if row["name"] == "elapsed"]
assert [row["run"] for row in elapsed] == [1, 2, 3, None]
assert all["session"]["state"] == "finished" and len(all["events"]) == 2
'

# ---- runs ----

stat_as runs -r 3 -e page-faults,task-clock -- "$PROGRAMS/counted" 2000
check "runs: each is kept" [ "$(sql runs.db "SELECT group_concat(run || ':' || n, ' ') FROM (
	SELECT run, count(*) AS n FROM counts GROUP BY run)")" = '1:2 2:2 3:2' ]
check "runs: the command ran three times" [ "$(wc -l <out)" = 3 ]
check "runs: mean and interval" grep -Eq '^ *2,0[0-9]{2}(\.[0-9])? +page-faults +[0-9.]+ %' err
check "runs: how many" grep -q 'means of 3 runs' err
check "runs: no progress without a terminal" [ "$(grep -c '^pmc: run' err)" = 0 ]
rm -f twice
# shellcheck disable=SC2016 # for the inner shell
expect "runs: the status of the first that fails" 3 "$PMC" stat -r 2 -e task-clock -o fails.db -- \
	sh -c 'if [ -e twice ]; then exit 4; fi; touch twice; exit 3'
check "runs: it says that one failed" grep -q '^pmc: the command failed.* status 3' err

# ---- intervals ----

stat_as intervals -I 100 -e task-clock,page-faults -- sleep 0.55
# On a busy machine an interval may be over before the one before it is read.
check "intervals: a row each, one after the other" [ "$(sql intervals.db "SELECT
	count(*) BETWEEN 2 AND 10 FROM (SELECT start_ns FROM counts GROUP BY start_ns)")" = 1 ]
check "intervals: no gap and no overlap" [ "$(sql intervals.db "SELECT count(*) FROM counts a
	WHERE a.start_ns > (SELECT min(start_ns) FROM counts) AND NOT EXISTS (
		SELECT 1 FROM counts b WHERE b.event = a.event AND b.end_ns = a.start_ns)")" = 0 ]
check "intervals: their time is in the table" grep -Eq '^ *0\.[0-9]{3} .* task-clock' err
check "intervals: with a total" grep -Eq '^ *total .* page-faults' err
run "$PMC" report -i intervals.db
check "intervals: in the report too" grep -Eq '^0\.[0-9]{3} .* task-clock' out
background "$PMC" stat -I 50 --format csv -q -e task-clock -o live.db -- sleep 60
# three rows and their figures, while it still runs
early()
{
	[ "$(grep -c '^count,' out)" -ge 3 ] && kill -0 "$background"
}
check "intervals: rows come while it runs" await 10 early
kill -INT "$background"
wait "$background"
status=$?
check "interrupted: the status is the command's" [ $status = 130 ]
check "interrupted: the session says so" [ "$(sql live.db "SELECT state
	FROM session_summary")" = interrupted ]

# ---- threads, CPUs ----

run "$PMC" stat --per thread -e task-clock -o threads.db -- "$PROGRAMS/threads" 2
if [ "$status" != 0 ] && grep -q '^pmc: this kernel ' err; then
	skip threads "$(head -n 1 err)"
else
	check "threads: are counted" [ "$status" = 0 ]
	check "threads: two rounds of three and the first" [ "$(sql threads.db "SELECT
		count(DISTINCT tid) FROM counts")" = 7 ]
	# The clocks of threads and of counters are not read at the same moments: a thousandth. Time
	# that the machine's host takes is in those of counters alone, and in all threads alike.
	check "threads: each of the two has its time" [ "$(sql threads.db "SELECT
		sum(iif(comm = 'spinner', value, 0)) >= 297000000 AND
		sum(iif(comm = 'spinner', value, 0.0)) / sum(value) BETWEEN 0.4 AND 0.6
		FROM counts")" = 1 ]
	check "threads: rows with names, and a total" sh -c \
		'grep -q " spinner .* task-clock" err && grep -q " total .* task-clock" err'
fi
stat_as cpus --per cpu -e task-clock -- "$PROGRAMS/counted" 1000
check "CPUs: a row each that it could run on" [ "$(sql cpus.db "SELECT count(DISTINCT cpu)
	FROM counts")" = "$(nproc)" ]

# ---- what already runs ----

"$PROGRAMS/split" 60 >/dev/null 2>&1 &
split=$!
started="$started $split"
stat_as process -e task-clock -p $split --duration 0.4
check "process: the table goes to stdout" grep -q 'task-clock' out
check "process: its time, while it was watched" between "$(count process.db task-clock)" \
	1000000 60000000000
check "process: it runs on" kill -0 $split
background "$PMC" stat -e task-clock -o stopped.db -p $split
begun()
{
	[ "$(sql stopped.db 'SELECT count(*) FROM session_summary')" = 1 ]
}
await 30 begun
sleep 0.3
kill -INT "$background"
wait "$background"
status=$?
check "process: SIGINT ends it, and that is no failure" [ $status = 0 ]
check "process: what was counted is printed" grep -q 'task-clock' out
check "process: the table says that it was interrupted" grep -q 'interrupted by a signal' out
kill $split
if "$PMC" stat -q -a -e task-clock -o probe.db --duration 0.1 >/dev/null 2>&1; then
	stat_as machine -a -e task-clock,context-switches --duration 0.3
	check "machine: no CPUs used, where idle ones count too" sh -c \
		'! grep -q "CPUs used" out'
	stat_as while -a -e context-switches -- sleep 0.1
	check "machine: while a command runs" [ "$(sql while.db "SELECT command
		FROM session_summary")" = "-a sleep 0.1" ]
else
	skip machine "whole CPUs may not be counted here"
fi

# What has no end of its own does not go on when nobody reads it any more.
"$PROGRAMS/split" 60 >/dev/null 2>&1 &
split=$!
started="$started $split"
timeout 30 "$PMC" stat -q -I 20 -e task-clock -o unread.db -p $split | head -n 1 >/dev/null
check "unread: it ends by itself" [ "$(sql unread.db "SELECT state, duration_ns < 25e9
	FROM session_summary")" = interrupted,1 ]
kill $split

# A counter or a pipe must not take the place of a standard file that is closed.
# shellcheck disable=SC2016 # for the inner shell
expect "closed: stdout" 1 sh -c '"$0" stat -q --format csv -e task-clock -o closed.db -- true >&-' \
	"$PMC"
check "closed: stdout cannot be written" grep -q 'cannot write the output: Bad file' err
# shellcheck disable=SC2016 # for the inner shell
expect "closed: stderr is closed for the command" 3 sh -c \
	'"$0" stat --format csv -e task-clock -o closed.db -- sh -c "echo x >&2 || exit 3" 2>&-' \
	"$PMC"

# ---- exit status ----

for number in 0 1 77 255; do
	expect "exit status $number" $number "$PMC" stat -q -e task-clock -o a.db -- \
		sh -c "exit $number"
done
# shellcheck disable=SC2016 # for the inner shell
expect "ended by a signal" 143 "$PMC" stat -q -e task-clock -o a.db -- sh -c 'kill -TERM $$'
expect "not found" 127 "$PMC" stat -q -o none.db -- ./no-such-command
check "not found: says so" grep -q '^pmc: ./no-such-command: command not found' err
echo 'exit 0' >plain
expect "not executable" 126 "$PMC" stat -q -o none.db -- ./plain
check "what could not be started leaves no session" [ ! -e none.db ]
expect "no such process" 1 "$PMC" stat -o none.db -p 2147483646
expect "a database that cannot be" 1 "$PMC" stat -o /no/such/folder/x.db -- true

# ---- usage ----

# usage NAME PATTERN ARGUMENT...: refused, for a reason and with a hint
usage()
{
	usage_name=$1 usage_pattern=$2
	shift 2
	expect "$usage_name" 2 "$PMC" stat -o usage.db "$@"
	check "$usage_name: says why" grep -q "^pmc: .*$usage_pattern" err
	check "$usage_name: with a hint" grep -q '^  hint: ' err
}
usage "nothing to count" 'nothing to count'
usage "runs of a process" '-r repeats a command' -r 3 -p $$
usage "no runs" '-r 0' -r 0 -- true
usage "too many runs" '-r 5000000' -r 5000000 -- true
usage "an interval of 0" 'too short' -I 0 -- true
usage "an interval too short" 'an interval of 9 ms' -I 9 -- true
usage "threads by interval" 'cannot be combined' --per thread -I 100 -- true
usage "threads of everything" 'cannot be combined' --per thread -a
usage "no duration" 'a duration of 0' --duration 0 -- true
usage "an unknown event" 'page-fault' -e page-fault -- true
usage "an unknown part" 'node' --per node -- true
usage "two targets" 'exclude each other' -p 1 -t 1
check "none of these left a file" [ ! -e usage.db ]
run "$PMC" report -i many.db --by line
check "a report of counts has no lines" [ "$status" = 2 ]
check "and says why" grep -q 'holds counts' err
finish
