#!/bin/sh
# demo.sh - what `make demo` shows: a program recorded, its report, and one question answered.
#
#   tools/demo.sh BUILD-FOLDER
set -eu

build=$1
pmc=$build/pmc
db=$build/demo.db
rm -f "$db" "$db-wal" "$db-shm"

# Prints a command as it would be typed, then runs the real one.
show()
{
	printf '\n$ %s\n' "$1"
	shift
	"$@"
}

show "pmc record ./demo" "$pmc" record -o "$db" -- "$build/programs/demo" 4
show "pmc report -n 10" "$pmc" report -i "$db" -n 10

query="SELECT function, line, round(100 * sum(self_share), 1) AS percent
FROM line_profile GROUP BY function, line ORDER BY percent DESC LIMIT 6"
show "pmc sql '$query'" "$pmc" sql -i "$db" "$query"

cat <<END

The session is in $db. Record a program of your own:
  $pmc record ./your-program
  $pmc report
END
