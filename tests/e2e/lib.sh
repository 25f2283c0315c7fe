# lib.sh - what end-to-end tests share; sourced. tests/e2e/run tells what it provides.
# shellcheck shell=sh

ok()
{
	echo "ok $1"
}

skip()
{
	echo "skip $1: $2"
}

failures=0
fail()
{
	echo "fail $1: ${2-}"
	failures=$((failures + 1))
}

# At the end of a test: its exit status.
finish()
{
	exit $((failures > 0))
}

# The whole test cannot run here.
skip_all()
{
	echo "$1"
	exit 77
}

# run COMMAND...: the exit status goes to $status, output to the files out and err.
run()
{
	"$@" >out 2>err </dev/null
	status=$?
}

# check NAME COMMAND...: a case that passes when the command does; otherwise out and err are shown.
check()
{
	check_name=$1
	shift
	if "$@"; then
		ok "$check_name"
	else
		fail "$check_name" "not so: $*"
		for check_file in out err; do
			if [ -s $check_file ]; then
				echo "  $check_file:"
				sed 's/^/    /' $check_file
			fi
		done
	fi
}

# expect NAME STATUS COMMAND...: a case that passes when the command ends with that status.
expect()
{
	expect_name=$1 expect_status=$2
	shift 2
	run "$@"
	check "$expect_name" [ "$status" = "$expect_status" ]
}

# sql DB QUERY: rows as CSV, without their heading and without the CRs of that format.
sql()
{
	"$PMC" sql -i "$1" --format csv "$2" | tail -n +2 | tr -d '\r'
}

# The value lies between two bounds, which may be fractions.
between()
{
	awk -v value="$1" -v low="$2" -v high="$3" \
		'BEGIN { exit !(value != "" && value >= low && value <= high) }'
}

# Ends the test as skipped where this machine does not let us record at all.
need_recording()
{
	if ! "$PMC" record -o probe.db -- true >/dev/null 2>probe.err; then
		skip_all "recording is not possible here: $(head -n 1 probe.err)"
	fi
	rm -f probe.db probe.db-wal probe.db-shm probe.err
}

need_command()
{
	for need_name in "$@"; do
		command -v "$need_name" >/dev/null || skip_all "$need_name is not installed"
	done
}
