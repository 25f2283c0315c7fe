#!/bin/sh
# pmc sql and pmc report as commands: where queries come from, exit statuses, closed pipes, Ctrl-C.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell that is started
. "$E2E/lib.sh"

"$(dirname "$PMC")/golden/sessions" pmc.db || exit 1

forever='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT'

# ---- where the query and the database come from ----

expect "query as operand, pmc.db" 0 "$PMC" sql 'SELECT 40 + 2 AS answer'
check "its rows" [ "$(tail -n 1 out)" = "    42" ]
echo 'SELECT 1 AS a; SELECT 2 AS b;' >queries.sql
run sh -c '"$PMC" sql --format csv <queries.sql'
check "queries from standard input" [ "$(tr -d '\r\n' <out)" = a1b2 ]
expect "PMC_DB" 0 env PMC_DB=pmc.db "$PMC" sql 'SELECT 1'
expect "-i goes before PMC_DB" 0 env PMC_DB=none.db "$PMC" sql -i pmc.db 'SELECT 1'
run sh -c 'printf "SELECT 1;\000SELECT 2" | "$PMC" sql'
check "input that is not text" [ "$status" = 1 ]

# ---- errors ----

expect "no such file" 1 "$PMC" sql -i none.db 'SELECT 1'
check "no such file: a hint" grep -q 'hint:' err
expect "two operands" 2 "$PMC" sql SELECT 1
expect "unknown format" 2 "$PMC" sql --format xml 'SELECT 1'
expect "an error of SQL" 1 "$PMC" sql 'SELECT fuction FROM function_profile'
check "an error of SQL: its place" grep -q 'line 1, column 8' err
check "an error of SQL: the nearest name" grep -q 'hint: did you mean function' err
check "an error of SQL: nothing on stdout" [ ! -s out ]
expect "no such table" 1 "$PMC" sql 'SELECT * FROM function_profiles'
check "no such table: the nearest name" grep -q 'hint: did you mean function_profile' err
for statement in 'DELETE FROM session' 'CREATE TABLE t(x)' "ATTACH 'x.db' AS x" \
	"VACUUM INTO 'x.db'" 'PRAGMA user_version = 3'; do
	expect "refused: $statement" 1 "$PMC" sql "$statement"
	check "refused with a hint: $statement" grep -q 'hint:' err
done
check "nothing was written" [ ! -e x.db ]
expect "the file is as it was" 0 "$PMC" sql 'SELECT count(*) FROM session'
check "the file has its sessions" [ "$(tail -n 1 out | tr -d ' ')" = 5 ]

expect "report: no such session" 1 "$PMC" report --session nightly
check "report: the sessions there are" grep -q 'hint: .*killed' err
expect "report: no such event" 2 "$PMC" report --event cache-misses
check "report: the events there are" grep -q 'hint: it has: page-faults' err
expect "report: no such file" 1 "$PMC" report -i none.db
expect "report: an operand" 2 "$PMC" report pmc.db
expect "report: a window without time" 2 "$PMC" report --from 2 --to 1
expect "report: the default is the newest session" 0 "$PMC" report
check "report: the newest" grep -q '^Session *5' out
expect "report: limit 0" 0 "$PMC" report --session 1 --limit 0
expect "report: colour where wanted" 0 "$PMC" report --color always
check "report: coloured" grep -q "$(printf '\033')" out
expect "report: none into a file" 0 "$PMC" report
check "report: not coloured" sh -c '! grep -q "$(printf "\033")" out'

# ---- output that ends early ----

for format in table csv json; do
	status=$({ {
		"$PMC" sql --format $format "$forever i FROM n" 2>err
		echo $? >&3
	} | head -n 3 >out; } 3>&1)
	check "$format into a closed pipe: ends" [ "$status" = 0 ]
	check "$format into a closed pipe: quietly" [ ! -s err ]
	check "$format into a closed pipe: what was read" [ "$(wc -l <out)" = 3 ]
done
run sh -c '"$PMC" sql "SELECT 1" >/dev/full'
check "no space for the output" [ "$status" = 1 ]
run sh -c '"$PMC" report >/dev/full'
check "no space for the report" [ "$status" = 1 ]

# ---- a million rows take no memory ----

rows="$forever printf('%0200d', i) AS t FROM n LIMIT 1000000"
run sh -c 'ulimit -v 400000; "$PMC" sql --format csv "$1" >/dev/null' sh "$rows"
check "a million rows" [ "$status" = 0 ]

# ---- Ctrl-C ----

"$PMC" sql "$forever count(*) FROM n" >out 2>err &
pid=$!
check "a query that never ends is begun" await 20 \
	grep -q '^SigCgt:.*[2367abef]$' "/proc/$pid/status" # it minds SIGINT
kill -INT $pid
wait $pid
status=$?
# A shell without job control starts background commands with SIGINT ignored: pmc sets its own.
check "Ctrl-C ends a query" [ "$status" = 1 ]
check "Ctrl-C says so" grep -q 'interrupted' err
finish
