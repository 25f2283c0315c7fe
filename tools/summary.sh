#!/bin/sh
# summary.sh - the end of `make check`: what was skipped and why, what failed, and the sums.
#
#   tools/summary.sh RESULT-FILE...
#
# Each file holds lines "ok NAME", "skip NAME: reason", "fail NAME: why".
set -u

awk '
	/^ok / { passed++ }
	/^skip / { skipped++; skips = skips "  " substr($0, 6) "\n" }
	/^fail / { failed++; fails = fails "  " substr($0, 6) "\n" }
	END {
		if (skips)
			printf "\nSkipped:\n%s", skips
		if (fails)
			printf "\nFailed:\n%s", fails
		printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed || !passed
	}' "$@"
