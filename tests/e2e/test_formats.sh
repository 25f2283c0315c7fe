#!/bin/sh
# What other programs read: CSV and JSON of real sessions, choices of sessions, events, rows and
# times; pmc list, doctor and db; pages and completion.
. "$E2E/lib.sh"
need_command python3
need_recording

# The session is half a second of nothing, then half a second of work.
# shellcheck disable=SC2016 # for the inner shell
expect "several events" 0 "$PMC" record -e cpu-clock:u,page-faults:u -e task-clock:u -o a.db \
	--label first -- sh -c 'sleep 0.6; exec "$0"' "$PROGRAMS/threads"
expect "another session" 0 "$PMC" record -e task-clock:u -o a.db --label second -- \
	"$PROGRAMS/split" 0.3
expect "a session with a label that is there" 0 "$PMC" record -e cpu-clock -o a.db --label first \
	-- "$PROGRAMS/inlines"

# parses FILE EXPRESSION: the file is sound JSON or CSV, and the expression of it (j, rows) is true
cat >parses.py <<'END'
import csv
import json
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    if sys.argv[1].endswith(".json"):
        seen = j = json.load(file)
    else:
        seen = rows = list(csv.reader(file, strict=True))
        if len(rows) < 2 or len({len(row) for row in rows}) != 1:
            sys.exit("no rows, or not all of the same length")
if not eval(sys.argv[2]):
    sys.exit(str(seen)[:2000])
END
parses()
{
	python3 parses.py "$1" "$2" >out 2>err
}

# ---- every kind of row, in every format ----

for by in function line module thread process; do
	"$PMC" report -i a.db -s 1 --by $by --format json >$by.json 2>err
	check "by $by: JSON" parses $by.json 'len(j["rows"]) > 0'
	"$PMC" report -i a.db -s 1 --by $by --format csv >$by.csv 2>err
	check "by $by: CSV" parses $by.csv True
	run python3 -c 'import csv, json, sys; rows = list(csv.DictReader(open(sys.argv[1])))
sys.exit(len(rows) != len(json.load(open(sys.argv[2]))["rows"]))' $by.csv $by.json
	check "by $by: CSV and JSON have as many rows" [ "$status" = 0 ]
	expect "by $by: text" 0 "$PMC" report -i a.db -s 1 --by $by
	check "by $by: three events side by side" \
		grep -q -- '- cpu-clock:u .*- page-faults:u .*- task-clock:u ' out
done
for command in "sql" "db sessions"; do
	for format in table csv json; do
		case $command in
		sql) set -- sql -i a.db --format $format 'SELECT * FROM session_summary' ;;
		*) set -- db -i a.db --format $format sessions ;;
		esac
		expect "$command as $format" 0 "$PMC" "$@"
		cp out "sessions.$format"
	done
	check "$command as JSON: three sessions" parses sessions.json 'len(j) == 3'
	check "$command as CSV: three sessions" parses sessions.csv 'len(rows) == 4'
done
for view in session_summary event_summary function_profile line_profile module_profile \
	thread_profile process_profile call_tree timeline health; do
	"$PMC" sql -i a.db --format json "SELECT * FROM $view" >view.json 2>err
	check "the view $view as JSON" parses view.json 'isinstance(j, list)'
done

# ---- sessions ----

# session NAME CHOICE COMMAND: the report is of that one
session()
{
	expect "$1" 0 "$PMC" report -i a.db --session "$2" --limit 1
	check "$1: it is" grep -q "^Command .*$3" out
}
session "session by number" 1 threads
session "session by label" second split
session "of two with a label the newest" first inlines
session "the last session" last inlines
expect "no choice is the last" 0 "$PMC" report -i a.db --limit 1
check "no choice is the last: it is" grep -q '^Command .*inlines' out
expect "the database from the environment" 0 env PMC_DB=a.db "$PMC" report --limit 1

# ---- events ----

expect "one event" 0 "$PMC" report -i a.db -s 1 --event page-faults:u
check "one event: the others are left out" [ "$(grep -c 'cpu-clock' out)" = 0 ]
"$PMC" report -i a.db -s 1 --event page-faults:u,cpu-clock:u --format json >events.json
check "events in the order asked for" parses events.json \
	'[e["event"] for e in j["events"]] == ["page-faults:u", "cpu-clock:u"]'
check "page faults are counted" between "$(sql a.db "SELECT value FROM event_summary
	WHERE session_id = 1 AND event = 'page-faults:u'")" 20 100000
near "task-clock has the same shares" "$(sql a.db "SELECT 100 * self_share FROM function_profile
	WHERE session_id = 2 AND function = 'five'")" 48.5 8

# ---- times ----

"$PMC" report -i a.db -s 1 --event cpu-clock:u --to 0.4 --by thread --format csv >early.csv 2>err
check "the first of it: nothing of the threads" [ "$(grep -c spinner early.csv)" = 0 ]
"$PMC" report -i a.db -s 1 --event cpu-clock:u --from 0.5 --by thread --format csv >late.csv 2>err
check "the rest of it: the threads" grep -q spinner late.csv
expect "a window in text" 0 "$PMC" report -i a.db -s 1 --from 0.5 --to 100
check "parts add up to the whole" [ "$(sql a.db "SELECT (SELECT total(samples) FROM timeline
	WHERE session_id = 1 AND event = 'cpu-clock:u' AND slice_ns < 500000000)
	+ (SELECT total(samples) FROM timeline
	WHERE session_id = 1 AND event = 'cpu-clock:u' AND slice_ns >= 500000000)
	= (SELECT samples FROM event_summary WHERE session_id = 1
	AND event = 'cpu-clock:u')")" = 1 ]
check "slices are tenths of a second" [ "$(sql a.db "SELECT count(*) FROM timeline
	WHERE slice_ns % 100000000 <> 0")" = 0 ]
expect "longer slices" 0 "$PMC" record -q -e cpu-clock --slice 0.25 -o b.db -- \
	"$PROGRAMS/split" 0.6
check "longer slices: so they are" [ "$(sql b.db "SELECT count(*) FROM timeline
	WHERE slice_ns % 250000000 <> 0")" = 0 ]

# ---- rows ----

"$PMC" report -i a.db --limit 2 --format csv >rows.csv
check "a limit" [ "$(wc -l <rows.csv)" = 3 ]
"$PMC" report -i a.db --limit 0 --format csv >rows.csv
check "the hottest come first" parses rows.csv "(lambda self: self == sorted(self, reverse=True))(
	[float(row[rows[0].index('self')]) for row in rows[1:]])"
"$PMC" report -i a.db --format csv >again.csv
check "the same again is the same" cmp rows.csv again.csv

# ---- names without lines ----

expect "no lines" 0 "$PMC" record -q -e cpu-clock --no-lines -o c.db -- "$PROGRAMS/inlines"
check "no lines: functions have names" between "$(share c.db function_profile \
	"function LIKE 'noise::Field<int>::%'")" 80 100
check "no lines: there are none" [ "$(sql c.db "SELECT count(*) FROM line_profile
	WHERE line IS NOT NULL AND module = 'inlines'")" = 0 ]

# ---- pmc list ----

expect "list" 0 "$PMC" list
for event in cpu-clock task-clock page-faults context-switches; do
	check "list: $event" grep -qw $event out
done
expect "list of a glob" 0 "$PMC" list 'page-f*'
check "list of a glob: what matches" grep -qw page-faults out
check "list of a glob: nothing else" [ "$(grep -cw cpu-clock out)" = 0 ]
expect "list of what can be opened" 0 "$PMC" list --usable --format csv cpu-clock
expect "list as JSON" 0 "$PMC" list --format json clock
cp out list.json
check "list as JSON: it parses" parses list.json 'any(e["name"] == "cpu-clock" for e in j)'
expect "list as CSV" 0 "$PMC" list --format csv clock
cp out list.csv
check "list as CSV: it parses" parses list.csv 'any("cpu-clock" in row for row in rows)'

# ---- pmc doctor ----

expect "doctor" 0 "$PMC" doctor
for what in sampling permission 'kernel names' 'sample rate' tracepoints 'ring memory' \
	'open files'; do
	check "doctor: $what" grep -q "$what" out
done
check "doctor: what falls short has advice below it" [ -z "$(awk '
	short && !/^ / { print } { short = /^(missing|limited)/ } END { if (short) print }' out)" ]
expect "doctor as JSON" 0 "$PMC" doctor --format json
cp out doctor.json
check "doctor as JSON: it parses" parses doctor.json 'len(j) > 8'

# ---- pmc db ----

expect "db schema" 0 "$PMC" db schema
for view in session_summary function_profile call_tree timeline health; do
	check "db schema: $view" grep -q "CREATE VIEW $view" out
done
expect "db check" 0 "$PMC" db -i a.db check
expect "db label" 0 "$PMC" db -i a.db label 2 renamed
check "db label: it has it" [ "$(sql a.db "SELECT label FROM session_summary
	WHERE session_id = 2")" = renamed ]
expect "db label away" 0 "$PMC" db -i a.db label renamed
check "db label away: it has none" [ "$(sql a.db "SELECT label IS NULL FROM session_summary
	WHERE session_id = 2")" = 1 ]
before=$(sql a.db "SELECT sum(self) FROM function_profile WHERE session_id = 3")
expect "db delete" 0 "$PMC" db -i a.db delete 1 2
check "db delete: one is left" [ "$(sql a.db "SELECT group_concat(session_id)
	FROM session_summary")" = 3 ]
check "db delete: it is as it was" [ "$(sql a.db "SELECT sum(self) FROM function_profile
	WHERE session_id = 3")" = "$before" ]
expect "db delete: nothing is broken" 0 "$PMC" db -i a.db check
expect "db delete the last" 0 "$PMC" db -i a.db delete last
expect "a report of no sessions" 1 "$PMC" report -i a.db
check "a report of no sessions: with a hint" grep -q '^  hint: ' err
expect "recording into it again" 0 "$PMC" record -q -e cpu-clock -o a.db -- true

# ---- pages and completion ----

folder=$(dirname "$PMC")
for command in $("$PMC" --dump-commands); do
	check "page of pmc $command" [ -s "$folder/man/pmc-$command.1" ]
done
check "page of pmc" [ -s "$folder/man/pmc.1" ]
check "completion" [ -s "$folder/completion/pmc" ]
finish
