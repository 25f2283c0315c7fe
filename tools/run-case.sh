#!/bin/sh
# run-case.sh - runs one check and writes its outcome as a line that summary.sh reads.
#
#   tools/run-case.sh RESULT-FILE NAME COMMAND [ARG...]
#
# Exit status 0 is "ok NAME", 77 is "skip NAME: last line of output", else "fail NAME"; what a
# failed check printed is shown. The status of this script is always 0, so that all checks are run.
set -u

result=$1 name=$2
shift 2
mkdir -p "$(dirname "$result")"
log=$result.log
"$@" >"$log" 2>&1 </dev/null
status=$?
case $status in
0)
	echo "ok $name" >"$result"
	echo "ok    $name"
	;;
77)
	reason=$(tail -n 1 "$log")
	echo "skip $name: ${reason:-no reason given}" >"$result"
	echo "skip  $name: ${reason:-no reason given}"
	;;
*)
	echo "fail $name: exit status $status" >"$result"
	{
		echo "FAIL  $name (exit status $status)"
		sed 's/^/      /' "$log"
	}
	;;
esac
