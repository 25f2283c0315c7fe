#!/bin/sh
# run.sh - runs tests inside a machine, and tells each outcome as soon as it is known.
#
#   guest/run.sh BUILD-FOLDER TEST...        tests by their path from the top of the source tree
#
#   @@test NAME       this one begins          @@case ok|skip|fail NAME/CASE[: WHY]
#   @@done            all have ended
set -u

GUEST=$(cd "$(dirname "$0")" && pwd)
export GUEST
top=$(cd "$GUEST/../../.." && pwd)
build=$1
shift
for test in "$@"; do
	name=$(basename "$test")
	echo "@@test ${name%.*}"
	"$top/tests/e2e/run" "$build" /tmp/results/outcome "$test"
	sed 's/^/@@case /' /tmp/results/outcome
	rm -rf /tmp/results
done
echo "@@done"
