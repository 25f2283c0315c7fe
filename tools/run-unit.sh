#!/bin/sh
# run-unit.sh - runs a cmocka program and writes the outcome of each of its cases.
#
#   tools/run-unit.sh RESULT-FILE PROGRAM
#
# A program that ends before all planned cases were told (a crash, a sanitizer's finding) is one
# failure more. The status of this script is always 0, so that all programs are run.
set -u

result=$1 program=$2
name=$(basename "$program")
mkdir -p "$(dirname "$result")"
log=$result.log
CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$log" 2>&1 </dev/null
status=$?

awk -v name="$name" -v status="$status" '
	/^1\.\.[0-9]+/ { planned += substr($1, 4) }
	function tell(outcome) {
		sub(/^(not )?ok [0-9]+ (# SKIP|-)? */, "")
		print outcome " " name "/" $0 (outcome == "skip" ? ": skipped by the test" : "")
		told++
	}
	# cmocka says "ok" or "not ok" of a skipped case, by its version.
	/^(not )?ok [0-9]+ # SKIP/ { tell("skip"); next }
	/^ok [0-9]+/ { tell("ok") }
	/^not ok [0-9]+/ { tell("fail"); failed++ }
	END {
		if (told < planned || !planned)
			printf "fail %s: ended after %d of %d cases, status %d\n",
				name, told, planned, status
		else if (status != 0 && !failed)
			print "fail " name ": exit status " status
	}' "$log" >"$result"

if grep -q '^fail' "$result"; then
	echo "FAIL  $name"
	sed 's/^/      /' "$log"
else
	echo "ok    $name ($(grep -c '^ok' "$result") cases)"
fi
