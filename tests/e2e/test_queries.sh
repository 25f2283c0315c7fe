#!/bin/sh
# The queries of docs/queries.md: each runs without an error and has rows on the made-up sessions,
# and those that fit any session run on one that was just recorded.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell that is started
. "$E2E/lib.sh"

"$(dirname "$PMC")/golden/sessions" queries.db counts || exit 1

# One file for each block of SQL, numbered as the sections are.
awk '/^```sql$/ { n++; file = sprintf("query%02d.sql", n); next } /^```$/ { file = ""; next }
	file { print > file }' "$ROOT/docs/queries.md"

set -- query*.sql
check "there are seventeen" [ $# = 17 ]
for query in query*.sql; do
	run sh -c '"$PMC" sql -i queries.db --format csv <"$1"' sh "$query"
	check "$query: runs" [ "$status" = 0 ]
	check "$query: has rows" [ "$(wc -l <out)" -gt 1 ]
	check "$query: says nothing on stderr" [ ! -s err ]
done

# What they find in sessions whose shares are known.
has_row()
{
	"$PMC" sql -i queries.db --format csv <"$1" | tr -d '\r' | grep -qxF "$2"
}
check "the hottest line" has_row query01.sql ',,memcpy,94.4 %,17'
check "what changed" has_row query02.sql 'square,solve,44.9,56.6,11.7'
run sh -c '"$PMC" sql -i queries.db --format csv <query03.sql'
check "new functions" grep -q "^new,cpu-clock,cache_lookup" out
check "gone functions" grep -q "^gone,cpu-clock,parse" out
check "a phase" has_row query06.sql '0.2,0.592,#######################'
check "a phase's end" has_row query06.sql '0.3,0.0,'
check "growth" has_row query04.sql 'cache_lookup,0.0,37.5,37.5'
check "instructions per cycle" has_row query07.sql '2,square,solve,2.42,0.526'
check "modules without symbols" has_row query08.sql '2,cycles:u,libc.so.6,200,1,5.26'
check "losses" sh -c '"$PMC" sql -i queries.db <query10.sql | grep -q "lost_records"'
check "repeated runs" has_row query11.sql 'cycles,5/5,153002800.0,122402800.0,-20.0 %,9.8 %'
check "waiting, by interval" has_row query12.sql '8,1,0.5,,,0.25,15.0,##'
check "waiting, by CPU" has_row query12.sql '9,1,0.0,1,,2.0,,####################'
check "scaled counts" has_row query13.sql '6,cache-misses,2500000,0.4,scaled,'
check "no counter" has_row query13.sql '9,cache-misses,5000,0.0,not always counted,'
check "callers" has_row query14.sql 'walk,compute,solve,0,680,21.6,1.0'
check "callers within calls" has_row query14.sql 'walk,walk,solve,0,680,21.6,1.0'
check "inlined callers" has_row query14.sql 'square,compute,solve,1,1410,44.9,1.0'
check "below a function" has_row query15.sql 'walk,solve,680,170000000,0.285'
"$PMC" report -i queries.db -s 1 --root compute --format csv | tr -d '\r' >root.csv
check "as the report has it" grep -q '^1,cpu-clock,solve,walk,[^,]*,90,680,170000000,' root.csv
check "not what is beside it" sh -c '! "$PMC" sql -i queries.db <query15.sql | grep -q parse'
check "hot paths" has_row query16.sql 'cpu-clock,352.5,1410,main > compute > square (inlined)'
check "hot paths with recursion" \
	has_row query16.sql 'cpu-clock,100.0,400,main > compute > walk > walk'
check "branches" has_row query17.sql 'walk:91,walk:95,conditional jump,900,13.0,24.0'
check "a call" has_row query17.sql 'main:15,square:7,call,400,0.5,5.0'

if "$PMC" record -o real.db --label base -- \
	sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done' >/dev/null 2>record.err; then
	for query in query*.sql; do
		run sh -c '"$PMC" sql -i real.db <"$1"' sh "$query"
		check "$query: runs on a recorded session" [ "$status" = 0 ]
	done
	run sh -c '"$PMC" sql -i real.db --format csv <query01.sql'
	check "lines of a recorded session" [ "$(wc -l <out)" -gt 1 ]
else
	skip "recorded session" "recording is not possible here: $(head -n 1 record.err)"
fi
finish
