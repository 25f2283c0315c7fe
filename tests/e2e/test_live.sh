#!/bin/sh
# Reading while it is written: a session grows under our eyes, for pmc and for sqlite3; and two
# recorders share a file with readers around them, without a lost sample or a word about locks.
. "$E2E/lib.sh"
need_command sqlite3
need_recording

samples()
{
	sql "$1" "SELECT coalesce(sum(samples), 0) FROM session_summary"
}
has_samples()
{
	[ "$(samples "$1")" -gt 0 ]
}
more_than()
{
	[ "$(samples "$1")" -gt "$2" ]
}

# ---- one that grows ----

background "$PMC" record -e cpu-clock -o grow.db -- "$PROGRAMS/split" 4
check "live: samples are there" await 10 more_than grow.db 2000
first=$(samples grow.db)
check "live: it is being recorded" [ "$(sql grow.db 'SELECT state FROM session_summary')" = \
	recording ]
near "live: shares are right from the start" \
	"$(share grow.db function_profile "function = 'five'")" 48.5 8
expect "live: a report of it" 0 "$PMC" report -i grow.db --limit 3
check "live: it tells that it is not done" grep -q 'still being recorded' out
check "live: more samples" await 10 more_than grow.db "$first"
second=$(sqlite3 grow.db 'SELECT samples FROM session_summary')
check "live: sqlite3 sees them too" [ "$second" -gt "$first" ]
check "live: sums agree in one moment" [ "$(sqlite3 grow.db "SELECT
	(SELECT sum(samples) FROM cost) = (SELECT samples FROM session_summary)
	AND (SELECT sum(samples) FROM cost) = (SELECT sum(samples) FROM function_cost)")" = 1 ]
expect "live: a long reader" 0 sqlite3 grow.db "SELECT count(*) FROM cost a, cost b"
wait "$background"
status=$?
check "live: the recording is not disturbed" [ $status = 0 ]
check "live: nothing is said of locks" [ "$(grep -ci -e locked -e busy err)" = 0 ]
check "live: it ends" [ "$(sql grow.db 'SELECT state FROM session_summary')" = finished ]
check "live: with more than before" more_than grow.db "$second"
near "live: all was counted" "$(sql grow.db "SELECT value / 1e9 FROM event_summary")" 4 0.4

# ---- a reader that holds its transaction for long ----

mkfifo hold
background "$PMC" record -e cpu-clock -o held.db -- "$PROGRAMS/split" 3
check "held: samples are there" await 10 has_samples held.db
sqlite3 held.db <hold >held.out 2>&1 &
reader=$!
exec 3>hold
echo 'BEGIN; SELECT samples FROM session_summary;' >&3
before=$(samples held.db)
check "held: others see it grow" await 10 more_than held.db "$before"
echo 'SELECT samples FROM session_summary; COMMIT; SELECT samples FROM session_summary;' >&3
exec 3>&-
wait $reader
check "held: within a transaction nothing changes" [ "$(sed -n 1p held.out)" = \
	"$(sed -n 2p held.out)" ]
check "held: after it all is there" [ "$(sed -n 3p held.out)" -gt "$(sed -n 2p held.out)" ]
wait "$background"
check "held: recorded" [ $? = 0 ]

# ---- a writer that blocks the file for a while ----

background "$PMC" record -e cpu-clock -o waits.db -- "$PROGRAMS/split" 4
check "busy: samples are there" await 10 has_samples waits.db
mkfifo block
sqlite3 waits.db <block >block.out 2>&1 &
writer=$!
exec 3>block
echo 'PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE; SELECT 1;' >&3
sleep 2.5
echo 'COMMIT;' >&3
exec 3>&-
wait $writer
wait "$background"
status=$?
check "busy: the recorder waits its turn" [ $status = 0 ]
check "busy: and says nothing of it" [ "$(grep -ci -e locked -e busy err)" = 0 ]
near "busy: nothing is lost" "$(sql waits.db "SELECT value / 1e9 FROM event_summary")" 4 0.4
check "busy: nothing is lost, it says" [ "$(sql waits.db 'SELECT lost FROM session_summary')" = 0 ]

# ---- two recorders, two readers ----

# reader COMMAND...: again and again until there is a file named done; what it says goes to its file
reader()
{
	reads=0
	while [ ! -e "done" ]; do
		"$@" >>reader.out 2>>reader.err || echo "exit status $?" >>reader.err
		reads=$((reads + 1))
	done
	echo $reads >>reads
}
: >reader.err
"$PMC" record -e cpu-clock:u -F 1000 -o two.db --label one -- "$PROGRAMS/split" 2 2>one.err &
one=$!
"$PMC" record -e cpu-clock:u -F 1000 -o two.db --label other -- "$PROGRAMS/threads" 7 2>other.err &
other=$!
await 10 has_samples two.db
reader "$PMC" sql -i two.db 'SELECT sum(self) FROM function_profile' &
reader_one=$!
# The last to close the file takes it for itself for a moment: sqlite3 has to be told to wait.
reader sqlite3 -cmd '.timeout 5000' two.db 'SELECT count(*), sum(samples) FROM timeline' &
reader_two=$!
wait $one
one=$?
wait $other
other=$?
: >"done"
wait $reader_one $reader_two
check "two recorders: the first" [ $one = 0 ]
check "two recorders: the second" [ $other = 0 ]
cp one.err err
check "two recorders: the first says nothing of locks" [ "$(grep -c '^pmc: ' one.err)" = 2 ]
cp other.err err
check "two recorders: nor does the second" [ "$(grep -c '^pmc: ' other.err)" = 2 ]
cp reader.err err
check "two recorders: nor do the readers" [ ! -s reader.err ]
check "two recorders: these could read" [ "$(wc -l <reads)" = 2 ]
check "two recorders: two finished sessions" [ "$(sql two.db "SELECT count(*)
	FROM session_summary WHERE state = 'finished' AND lost = 0")" = 2 ]
near "two recorders: all of the first" "$(sql two.db "SELECT value / 1e9 FROM event_summary
	JOIN session_summary USING (session_id) WHERE label = 'one'")" 2 0.2
near "two recorders: all of the second" "$(sql two.db "SELECT value / 1e9 FROM event_summary
	JOIN session_summary USING (session_id) WHERE label = 'other'")" 2.1 0.25
check "two recorders: names are not mixed up" [ "$(sql two.db "SELECT count(*)
	FROM function_profile f JOIN session_summary s USING (session_id)
	WHERE label = 'one' AND function LIKE '%_work'
	OR label = 'other' AND function IN ('five', 'three', 'two')")" = 0 ]
expect "two recorders: pmc db check" 0 "$PMC" db check -i two.db
check "two recorders: the database is sound" [ "$(sqlite3 two.db 'PRAGMA integrity_check;
	PRAGMA foreign_key_check')" = ok ]

# ---- five that begin at once with a file that is not there ----

for number in 1 2 3 4 5; do
	"$PMC" record -q -e cpu-clock -o many.db -- sh -c "exit $number" 2>"many$number.err" &
	eval "many$number=$!"
done
right=0
for number in 1 2 3 4 5; do
	eval "wait \$many$number"
	[ $? = $number ] && right=$((right + 1))
done
cat many?.err >err
check "five at once: each ends as its command" [ $right = 5 ]
check "five at once: nothing is said" [ ! -s err ]
check "five at once: five sessions" [ "$(sql many.db "SELECT count(*) FROM session_summary
	WHERE state = 'finished'")" = 5 ]
expect "five at once: pmc db check" 0 "$PMC" db check -i many.db
finish
