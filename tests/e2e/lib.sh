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

# sql DB QUERY: rows as CSV, without their heading and without the CRs of that format. The heading
# holds the query where a column has no name, so that has to be one line.
sql()
{
	"$PMC" sql -i "$1" --format csv "$(printf '%s' "$2" | tr '\n' ' ')" |
		tail -n +2 | tr -d '\r'
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

# record_as NAME [OPTION...] COMMAND...: records its CPU time into NAME.db; whether that worked is a
# case of its own. The program's output is in out, what pmc said in err.
record_as()
{
	record_name=$1
	shift
	expect "$record_name: is recorded" 0 "$PMC" record -e cpu-clock -o "$record_name.db" "$@"
}

# share DB VIEW CONDITION: percents of the session's sum that those rows have for themselves.
share()
{
	sql "$1" "SELECT round(100.0 * coalesce(sum(self_share), 0), 2) FROM $2 WHERE $3"
}

# total DB FUNCTION: percents of it and all it called.
total()
{
	sql "$1" "SELECT round(100.0 * coalesce(sum(total_share), 0), 2) FROM function_profile
		WHERE function = '$2'"
}

# near NAME VALUE WANTED DISTANCE: a case that passes when the value is so near.
near()
{
	check "$1" between "$2" "$(awk "BEGIN { print $3 - $4 }")" \
		"$(awk "BEGIN { print $3 + $4 }")"
}

# compile OUTPUT SOURCE FLAG...: another build of a test program, by the compiler that built pmc.
compile()
{
	compile_cc=$(cut -d' ' -f1 "$(dirname "$PMC")/compiler")
	compile_out=$1 compile_source=$ROOT/tests/programs/$2
	shift 2
	"$compile_cc" -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$compile_out" \
		"$compile_source" "$@" -ldl -lpthread
}

# background COMMAND...: starts it; its id goes to $background, its output to the files out and err.
# A shell lets what it starts in the background ignore SIGINT; not so this.
# shellcheck disable=SC2034 # used by tests
background()
{
	env --default-signal=INT,QUIT "$@" >out 2>err </dev/null &
	background=$!
}

# await SECONDS COMMAND...: until the command succeeds, tried again every tenth of a second.
await()
{
	await_tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		await_tries=$((await_tries - 1))
		[ $await_tries -gt 0 ] || return 1
		sleep 0.1
	done
}
