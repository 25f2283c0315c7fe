#!/bin/sh
# What a recorded program does stays as it is: its exit status, its output, its input, its folder.
. "$E2E/lib.sh"
need_recording

# ---- exit status ----

for status in 0 1 2 77 126 127 128 255; do
	expect "exit status $status" $status "$PMC" record -q -o a.db -- sh -c "exit $status"
done
for signal in HUP:1 QUIT:3 ABRT:6 KILL:9 USR1:10 SEGV:11 PIPE:13 TERM:15; do
	number=${signal#*:} signal=${signal%:*}
	# shellcheck disable=SC2016 # for the inner shell
	expect "ended by SIG$signal" $((128 + number)) \
		"$PMC" record -q -o a.db -- sh -c 'ulimit -c 0; kill -$0 $$' "$signal"
done
check "each left a finished session" [ "$(sql a.db "SELECT count(*) FROM session_summary
	WHERE state = 'finished'")" = 16 ]

# unstarted NAME STATUS PATTERN COMMAND...: cannot be started, and that is said in a line and a hint
unstarted()
{
	unstarted_name=$1 unstarted_status=$2 unstarted_pattern=$3
	shift 3
	expect "$unstarted_name" "$unstarted_status" "$PMC" record -q -o b.db -- "$@"
	check "$unstarted_name: says what" grep -q "^pmc: $unstarted_pattern" err
	check "$unstarted_name: with a hint" grep -q '^  hint: ' err
	check "$unstarted_name: and no more" [ "$(wc -l <err)" = 2 ]
	check "$unstarted_name: nothing on stdout" [ ! -s out ]
}
unstarted "not in PATH" 127 'no-such-command: command not found' no-such-command
unstarted "no such file" 127 './no-such-file: command not found' ./no-such-file
unstarted "an empty name" 127 '.*command not found' ''
mkdir folder
unstarted "a folder" 126 './folder: cannot be executed' ./folder
echo 'exit 0' >plain
unstarted "not executable" 126 './plain: cannot be executed: Permission denied' ./plain
printf '#!/no/such/interpreter\n' >script
chmod +x script
unstarted "an interpreter that is missing" 127 './script: command not found' ./script
printf '\177ELF nonsense' >binary
chmod +x binary
# What is no binary that the kernel knows is taken for a shell script, as shells do.
run "$PMC" record -q -o b.db -- ./binary
check "a binary that is none fails" [ "$status" != 0 ]
PATH_BEFORE=$PATH
mkdir bin
echo 'echo found' >bin/in-path
chmod +x bin/in-path
PATH=$PWD/bin:$PATH
expect "a script without a first line is a shell's" 0 "$PMC" record -q -o c.db -- in-path
check "it ran" [ "$(cat out)" = found ]
PATH=$PATH_BEFORE
check "what could not be started leaves no session" [ "$("$PMC" sql -i b.db --format csv \
	"SELECT command FROM session_summary WHERE command NOT LIKE '%binary%'" 2>/dev/null |
	tail -n +2 | wc -l)" = 0 ]

# ---- output and input ----

head -c 300000 /dev/urandom >random
"$PMC" record -o a.db -- cat random >out 2>err
check "its output is the same, byte for byte" cmp random out
check "two lines of pmc on stderr, and what it fell back to" [ "$(grep -c '^pmc: ' err)" -le 3 ]
check "the last but one tells what was captured" grep -Eq \
	'^pmc: [0-9.]+k? samples? of .* in .*, none lost; session [0-9]+ in a.db$' err
check "the last tells what to type next" [ "$(tail -n 1 err | cut -c1-26)" = \
	"pmc: next: pmc report -i a" ]
"$PMC" record -q -o a.db -- cat <random >out 2>err
check "it reads our input" cmp random out
check "quiet says nothing" [ ! -s err ]
# shellcheck disable=SC2016 # for the inner shell
run "$PMC" record -q -o a.db -- sh -c 'echo to stdout; echo to stderr >&2'
check "stdout is its own" [ "$(cat out)" = "to stdout" ]
check "stderr is its own" [ "$(cat err)" = "to stderr" ]
"$PMC" record -o a.db -- sh -c 'echo gone >&2' 2>/dev/null >out
check "nothing on stdout in its stead" [ ! -s out ]

# ---- surroundings ----

mkdir elsewhere
# shellcheck disable=SC2016 # for the inner shell
(cd elsewhere && TOKEN="a b" "$PMC" record -q -o ../a.db -- sh -c 'pwd; echo "$TOKEN"') >out 2>err
check "its folder and environment" [ "$(cat out)" = "$PWD/elsewhere
a b" ]
run "$PMC" record -q -o a.db -- printf '<%s>' 'a b' '' '*' "it's" -o --quiet
check "its arguments" [ "$(cat out)" = "<a b><><*><it's><-o><--quiet>" ]
check "they are kept as a shell would take them" [ "$(sql a.db "SELECT command
	FROM session_summary ORDER BY session_id DESC LIMIT 1")" = \
	"printf '<%s>' 'a b' '' '*' 'it'\\''s' -o --quiet" ]
run "$PMC" record -q -o a.db true
check "options end with the command" [ "$status" = 0 ]
# shellcheck disable=SC2016
files='for file in /proc/self/fd/*; do readlink "$file"; done | grep -c -e perf_event -e a.db'
run "$PMC" record -q -o a.db sh -c "$files"
check "no files of ours are open in it" [ "$(cat out)" = 0 ]
run "$PMC" record -q -o a.db -- sh -c 'trap "" HUP; ulimit -n; grep SigIgn /proc/self/status'
cp out inside
run sh -c 'trap "" HUP; ulimit -n; grep SigIgn /proc/self/status'
check "its limits and signals are ours" cmp -s inside out
finish
