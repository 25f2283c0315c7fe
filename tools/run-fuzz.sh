#!/bin/sh
# run-fuzz.sh - runs a fuzz target for a bounded time.
#
#   tools/run-fuzz.sh PROGRAM SEED-FOLDER SECONDS
#
# Seeds are only read. New inputs and what makes it fail are kept beside the program, below build/.
set -eu

program=$1 seeds=$2 seconds=$3
new=$program.new
mkdir -p "$new"
if [ ! -d "$seeds" ]; then
	seeds=
fi
exec "$program" -max_total_time="$seconds" -rss_limit_mb=512 -timeout=10 -print_final_stats=1 \
	-artifact_prefix="$program.found-" "$new" ${seeds:+"$seeds"}
