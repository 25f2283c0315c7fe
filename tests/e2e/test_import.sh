#!/bin/sh
# test_import.sh - recordings of perf to sessions: from files and pipes, several at once, damaged
# ones, of this machine and of others.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

fixtures=$ROOT/tests/fixtures

# Recordings can only be unpacked where libzstd was built in.
zstd=no
"$PMC" doctor | grep -q 'compressed recordings.*zstd' && zstd=yes

expect 'a file is imported' 0 "$PMC" import -o one.db --label first "$fixtures/fp.data"
check 'and said' grep -q '24 samples of cpu-clock:u' err
check 'and nothing is printed' [ ! -s out ]
check 'its command, host and events are the recorded ones' \
	[ "$(sql one.db "SELECT label, hostname, cpus, callgraph, state FROM session
		WHERE command LIKE '%perf record%spin'")" = first,vm,2,fp,finished ]
check 'its event' \
	[ "$(sql one.db 'SELECT event, unit, mode, period, samples, value FROM event_summary')" = \
	'cpu-clock:u,ns,period,4000000,24,96000000' ]
check 'its module' \
	[ "$(sql one.db "SELECT count(*) > 0 FROM module_profile WHERE module LIKE '%spin'")" = 1 ]
check 'its thread' [ "$(sql one.db "SELECT samples FROM thread_profile WHERE comm = 'spin'")" = 24 ]
expect 'the report shows it' 0 "$PMC" report -i one.db
check 'and where it comes from' grep -q '^Source  *perf 6.1.*fp.data' out
expect 'so does a flame graph' 0 "$PMC" flame -i one.db -o flame.svg
expect 'and the file is sound' 0 "$PMC" db check -i one.db

# shellcheck disable=SC2317 # called by expect
redirected()
{
	"$PMC" import -o in.db - <"$1"
}
# shellcheck disable=SC2317,SC2002 # a pipe is what is asked for
piped()
{
	cat "$1" | "$PMC" import -o in.db -
}
expect 'a redirected file is read' 0 redirected "$fixtures/fp.data"
expect 'a file through a pipe is read' 0 piped "$fixtures/fp.data"
expect 'a stream through a pipe is read' 0 piped "$fixtures/pipe.data"
check 'all of them' \
	[ "$(sql in.db 'SELECT group_concat(samples) FROM session_summary')" = '"24,24,27"' ]

expect 'several files are several sessions' 0 "$PMC" import -q -o many.db --label all \
	"$fixtures/fp.data" "$fixtures/dwarf.data" "$fixtures/group.data"
check 'quietly' [ ! -s err ]
check 'three' [ "$(sql many.db "SELECT count(*) FROM session_summary WHERE label = 'all'")" = 3 ]
check 'groups are read with each sample' \
	[ "$(sql many.db "SELECT value FROM event_summary
		WHERE event = 'task-clock:u'")" = 100017723 ]

if [ $zstd = yes ]; then
	expect 'compressed recordings are read' 0 "$PMC" import -q -o zstd.db \
		"$fixtures/zstd.data" "$fixtures/zstd-pipe.data"
	check 'whole' [ "$(sql zstd.db 'SELECT sum(samples) FROM session_summary')" = 48 ]
else
	expect 'compressed recordings name what is missing' 1 "$PMC" import -q -o zstd.db \
		"$fixtures/zstd.data"
	check 'the library' grep -q libzstd err
fi

# ---- a machine of the other byte order: s390x, whose kernel has all addresses for itself ----

mkdir -p symfs/t
cp "$fixtures/s390x-spin" symfs/t/spin
expect 'a recording that begins with the high byte is imported' 0 "$PMC" import -q -o big.db \
	"$fixtures/s390x-kernel.data"
check 'with its command, host and processor' \
	[ "$(sql big.db "SELECT arch, hostname, cpus, cpu, kernel, callgraph FROM session
		WHERE command LIKE '/bin/perf record%dd if=%'")" = \
	's390x,vm,2,IBM/S390,6.1.0-50-s390x,fp' ]
check 'with its thread' \
	[ "$(sql big.db 'SELECT comm, tid, samples FROM thread_profile')" = dd,120,21 ]
check 'with its modules' [ "$(sql big.db 'SELECT module, samples FROM module_profile
	ORDER BY 2 DESC')" = "$(printf '[kernel],16\nbusybox,5')" ]
check 'with their build-ids' [ "$(sql big.db "SELECT build_id FROM module
	WHERE kind = 'kernel'")" = 64191809e7272da77af306133aa6c566be0be242 ]
check 'with its call chains, as long as perf has them' \
	[ "$(sql big.db 'SELECT coalesce(s.depth, 0) + 1, sum(c.samples) FROM cost c
		LEFT JOIN stack s ON s.id = c.stack_id GROUP BY 1')" = \
	"$(printf '1,7\n2,4\n3,3\n4,4\n5,2\n6,1')" ]
expect 'one that does not tell where the kernel lies, too' 0 "$PMC" import -q -o hidden.db \
	"$fixtures/s390x-hidden.data"
check 'its kernel is the kernel' [ "$(sql hidden.db 'SELECT module, samples FROM module_profile
	ORDER BY 2 DESC')" = "$(printf '[kernel],15\nbusybox,6')" ]
check 'of which nothing is missing' [ "$(sql hidden.db "SELECT count(*) FROM health
	WHERE name IN ('unmapped', 'stack_cut') AND value > 0")" = 0 ]
expect 'its programs have names' 0 "$PMC" import -q -o names.db --symfs symfs \
	"$fixtures/s390x-parts.data"
check 'and lines' [ "$(sql names.db "SELECT DISTINCT function FROM line_profile
	WHERE file LIKE '%spin.c' AND line IN (5, 6) AND module = 'spin'")" = main ]
check 'and times, by the clock that was asked for' \
	[ "$(sql names.db 'SELECT started_at_ns FROM session')" = 1795907474259353413 ]
id=$(sql names.db "SELECT build_id FROM module WHERE path = '/t/spin'")
rest=${id#??}
mkdir -p "by_id/.build-id/${id%"$rest"}"
cp "$fixtures/s390x-spin" "by_id/.build-id/${id%"$rest"}/$rest"
expect 'they are found by build-id, too' 0 "$PMC" import -q -o by_id.db --symfs by_id \
	"$fixtures/s390x-parts.data"
check 'with the same names' [ "$(sql by_id.db 'SELECT * FROM function_profile')" = \
	"$(sql names.db 'SELECT * FROM function_profile')" ]
cp "$PMC" "by_id/.build-id/${id%"$rest"}/$rest"
expect 'but not with another build-id' 0 "$PMC" import -q -o other_id.db --symfs by_id \
	"$fixtures/s390x-parts.data"
check 'no name is made up' [ "$(sql other_id.db "SELECT count(*) FROM function_profile
	WHERE module = 'spin' AND function = 'main'")" = 0 ]
expect 'threads are told apart' 0 "$PMC" import -q -o forks.db "$fixtures/s390x-forks.data"
check 'by their samples' \
	[ "$(sql forks.db 'SELECT tid, samples FROM thread_profile ORDER BY 1')" = \
	"$(printf '131,20\n132,13')" ]
expect 'pauses of sampling are read' 0 "$PMC" import -q -o throttle.db \
	"$fixtures/s390x-throttle.data"
check 'each' [ "$(sql throttle.db "SELECT value FROM health WHERE name = 'throttled'")" = 26 ]
expect 'copied stacks are not unwound' 0 "$PMC" import -o dwarf.db "$fixtures/s390x-dwarf.data"
check 'which is said' grep -q 'callers in user mode are missing.*s390x' err
check 'and kept' [ "$(sql dwarf.db "SELECT value, advice LIKE '%s390x, in the other byte order%'
	FROM health WHERE name = 'unwind_no_cfi'")" = 10,1 ]

# ---- text ----

printf 'main;work;leaf 40\nmain;work 2\nmain;read_[k] 8\n' >stacks.txt
expect 'folded stacks are imported' 0 "$PMC" import -q -o text.db stacks.txt
check 'with their totals' [ "$(sql text.db "SELECT function, self, total FROM function_profile
	WHERE function IN ('work', 'leaf') ORDER BY 1")" = "$(printf 'leaf,40,40\nwork,2,42')" ]
expect 'the report of it' 0 "$PMC" report -i text.db
check 'says what it was' grep -q '^Source  *folded stacks, stacks.txt' out
check 'and nothing of a machine' [ "$(grep -c '^Machine' out)" = 0 ]
expect 'and exported again' 0 "$PMC" export --format folded -i text.db
check 'as they were' [ "$(cat out)" = "$(LC_ALL=C sort stacks.txt)" ]
cat >script.txt <<'TEXT'
# what perf script prints
two words   812/813  [001]  7.000000:       1000 cycles:u:
	          401136 leaf+0x6 (/bin/prog)
	          401180 work+0x20 (/bin/prog)

two words   812/813  [001]  7.500000:       3000 cycles:u:
	          401180 work+0x24 (/bin/prog)

TEXT
expect 'so is what perf script prints' 0 "$PMC" import -q -o text.db script.txt
check 'with its event' [ "$(sql text.db 'SELECT event, samples, value FROM event_summary
	WHERE session_id = 2')" = cycles:u,2,4000 ]
check 'its thread' [ "$(sql text.db 'SELECT pid, tid, comm FROM thread_profile
	WHERE session_id = 2')" = '812,813,two words' ]
check 'its totals' [ "$(sql text.db "SELECT total FROM function_profile
	WHERE session_id = 2 AND function = 'work' AND module = 'prog'")" = 4000 ]
expect 'and the file is sound' 0 "$PMC" db check -i text.db
{
	seq -f 'main;work;leaf %.0f' 200
	printf 'no number\nmain;work 2\nnor here\n'
} >some.txt
expect 'lines that are something else' 0 "$PMC" import -o some_text.db some.txt
check 'are counted, and the first is named' grep -q '2 left out: .* line 201' err

# What perf script prints of names that look like something else, as the recording itself has it.
for name in 'Worker 3' dd 'a: 5'; do
	cp "$PROGRAMS/split" "$name"
done
# by_thread DB: a line a thread; by_function DB: and function
by_thread()
{
	sql "$1" 'SELECT comm, tid, sum(samples) FROM thread_profile GROUP BY 1, 2 ORDER BY 1, 2'
}
by_function()
{
	sql "$1" "SELECT function, sum(samples) FROM function_profile WHERE samples
		AND function IN ('five', 'three', 'two') GROUP BY 1 ORDER BY 1"
}
for options in '-e cpu-clock:u' '-e cpu-clock:u -g' '--sample-cpu -e cpu-clock:u'; do
	# shellcheck disable=SC2086 # options are words
	run perf record -q $options -o names.data sh -c "'./Worker 3' 0.1; ./dd 0.1; './a: 5' 0.1"
	rm -f names.db
	expect "odd names are imported ($options)" 0 "$PMC" import -q -o names.db names.data
	by_thread names.db >threads
	by_function names.db >functions
	for fields in '' --header --ns '-F +srcline' '-F +insn' '-F +misc' --show-task-events \
		'-F comm,tid,time,event,ip,sym' '-F comm,pid,tid,time,period,event,ip,sym,dso' \
		'-F comm,tid,time,ip,sym,dso' '-F comm,tid,event,ip,sym'; do
		# shellcheck disable=SC2086 # options are words
		perf script -i names.data $fields >names.txt 2>/dev/null
		rm -f names.db
		run "$PMC" import -q -o names.db names.txt
		check "perf script $fields: threads ($options)" \
			[ "$(by_thread names.db)" = "$(cat threads)" ]
		check "perf script $fields: functions ($options)" \
			[ "$(by_function names.db)" = "$(cat functions)" ]
	done
done

# ---- what is damaged ----

head -c 2200 "$fixtures/fp.data" >cut.data
expect 'a recording that is cut short is imported' 0 "$PMC" import -o cut.db cut.data
check 'which is said, with the offset' grep -q 'offset .*cut short' err
check 'and kept' [ "$(sql cut.db "SELECT severity FROM health WHERE name = 'file_cut'")" = error ]
expect 'the report tells it' 0 "$PMC" report -i cut.db
check 'in its head' grep -q 'file cut' out

cat "$fixtures/pipe.data" "$fixtures/pipe.data" >twice.data
expect 'of two streams in one file the first is imported' 0 "$PMC" import -o cut.db twice.data
check 'which is said' grep -q \
	"another recording begins at offset $(wc -c <"$fixtures/pipe.data")" err

head -c 600 "$fixtures/fp.data" >short.data
echo 'int main(void) { return 0; }' >text.c
for bad in short.data text.c "$PMC" /dev/null; do
	expect "an error: ${bad##*/}" 1 "$PMC" import -o bad.db "$bad"
	check 'with a reason' grep -q '^pmc: ' err
	check 'and no session' [ ! -e bad.db ]
done
expect 'other files are imported all the same' 1 "$PMC" import -o rest.db nowhere.data text.c \
	"$fixtures/fp.data"
check 'one' [ "$(sql rest.db 'SELECT count(*) FROM session_summary')" = 1 ]
expect 'a file must be named' 2 "$PMC" import -o bad.db
expect 'a folder of files that is not there is refused' 1 "$PMC" import --symfs nowhere -o bad.db \
	"$fixtures/fp.data"
check 'and named' grep -q "'nowhere'" err
expect 'one that is a file is refused' 2 "$PMC" import --symfs text.c -o bad.db "$fixtures/fp.data"
expect 'names that are not there are refused' 1 "$PMC" import --kallsyms nowhere -o bad.db \
	"$fixtures/fp.data"
expect 'names that are a folder are refused' 2 "$PMC" import --kallsyms . -o bad.db \
	"$fixtures/fp.data"
expect 'names that are a program are refused' 1 "$PMC" import --kallsyms "$PMC" -o bad.db \
	"$fixtures/fp.data"
check 'and it is said what they are' grep -q 'pmc is an ELF file, not a list' err
expect 'names that are something else are refused' 1 "$PMC" import --kallsyms text.c -o bad.db \
	"$fixtures/fp.data"
check 'and it is said what they should be' grep -q 'ffffffff81000000 T name' err
echo '0000000000000000 T _text' >zero.txt
expect 'names without addresses are refused' 1 "$PMC" import --kallsyms zero.txt -o bad.db \
	"$fixtures/fp.data"
check 'and the setting is named' grep -q kptr_restrict err
check 'and there is no session of all that' [ ! -e bad.db ]
expect 'a slice of nothing is refused' 2 "$PMC" import --slice 0 "$fixtures/fp.data"

# ---- pipes that stay open, with nothing in them ----

# start NAME: imports from NAME.fifo, to NAME.db; its id goes to $importer.
start()
{
	# shellcheck disable=SC2016
	env --default-signal=INT sh -c 'exec "$0" import -o "$1.db" - <"$1.fifo"' "$PMC" "$1" \
		>"$1.out" 2>&1 3>&- 4>&- &
	importer=$!
	check "$1: an import is begun" await 20 minds_signals "$importer"
}
# shellcheck disable=SC2317 # called by await; what is pmc soon is a shell first, with handlers
minds_signals()
{
	grep -q '^Name:.pmc$' "/proc/$1/status" &&
		grep -q '^SigCgt:.*[2367abef]$' "/proc/$1/status"
}
# stop SIGNAL ID: its exit status goes to $status.
stop()
{
	kill -"$1" "$2"
	status=0
	wait "$2" || status=$?
}
# shellcheck disable=SC2317 # called by check and await
is_state()
{
	[ -e "$1" ] && [ "$(sql "$1" 'SELECT state FROM session_summary')" = "$2" ]
}
# shellcheck disable=SC2317 # called by await; perf ends rounds so, one in a second begins a session
next_round()
{
	tail -c 8 "$fixtures/pipe.data" >&3
	is_state stream.db recording
}

mkfifo stream.fifo lines.fifo
exec 3<>stream.fifo 4<>lines.fifo
start stream
stop INT "$importer"
check 'stream: one that has got nothing is ended by a signal' [ "$status" = 1 ]
check 'stream: which is said' grep -q 'interrupted before .*standard input' stream.out
check 'stream: and makes no session' [ ! -e stream.db ]

start lines
printf 'main;work 3\nmain;wor' >&4
stop TERM "$importer"
check 'lines: one that has got a line and a half is ended' [ "$status" = 0 ]
check 'lines: which is said' grep -q '(interrupted)' lines.out
check 'lines: as it is by the session' is_state lines.db interrupted
check 'lines: it has the line' [ "$(sql lines.db 'SELECT function, self, total FROM function_profile
	ORDER BY 1')" = "$(printf 'main,0,3\nwork,3,3')" ]
rm lines.db

start stream
stream_importer=$importer
head -c 4292 "$fixtures/pipe.data" >&3
check 'stream: a session begins before its end' await 20 next_round
start lines
seq -f 'main;work;leaf %.0f' 1000 >&4
check 'lines: a session begins before its end' await 20 is_state lines.db recording
sleep 7
for name in stream lines; do
	check "$name: its importer is alive" is_state $name.db recording
	run "$PMC" report -i $name.db
	check "$name: which the report says" grep -q 'still being recorded' out
done
check 'lines: what has come is there' \
	[ "$(sql lines.db 'SELECT value FROM event_summary')" = 500500 ]
head -c 4312 "$fixtures/pipe.data" | tail -c 20 >&3 # half of the next sample
stop INT "$importer"
check 'lines: a signal ends it' [ "$status" = 0 ]
check 'lines: which the session says' is_state lines.db interrupted
stop INT "$stream_importer"
check 'stream: a signal ends it' [ "$status" = 0 ]
check 'stream: which the session says' is_state stream.db interrupted
check 'stream: what came is there' [ "$(sql stream.db 'SELECT samples FROM session_summary')" = 13 ]
check 'stream: it is not damaged' [ "$(sql stream.db "SELECT count(*) FROM health
	WHERE name IN ('file_cut', 'bad_records') AND value > 0")" = 0 ]
expect 'stream: the file is sound' 0 "$PMC" db check -i stream.db
exec 3>&- 4>&-

if command -v script >/dev/null; then
	expect 'a terminal is not read' 2 script -qec "'$PMC' import -o terminal.db -" /dev/null
	check 'with what is wanted' grep -q 'perf record -o -' out
else
	skip 'a terminal is not read' 'script is not installed'
fi

# ---- names ----

expect 'what would name samples is said' 0 "$PMC" import -o named.db "$fixtures/fp.data"
check 'with the file that is missing' grep -q '24 of 24 samples have no name: .*--symfs DIR' err
check 'and kept' [ "$(sql named.db "SELECT advice LIKE '%--symfs DIR%' AND advice NOT LIKE
	'%kptr_restrict%' FROM health WHERE name = 'unresolved'")" = 1 ]
mkdir -p wrong/t
cp "$PMC" wrong/t/spin
expect 'a file of another build below the folder is not used' 0 "$PMC" import -o wrong_build.db \
	--symfs wrong "$fixtures/s390x-parts.data"
check 'which is said' grep -q "wrong/t/spin is there, but it is another build" err
cat >unnamed.txt <<'TEXT'
dash   812/813  [001]  7.000000:       1000 cycles:u:
	          401136 [unknown] (/usr/bin/dash)

TEXT
expect 'a text without names' 0 "$PMC" import -o unnamed.db unnamed.txt
check 'is no matter of --symfs' [ "$(grep -c 'symfs' err)" = 0 ]
check 'but of the text' grep -q 'The text has no names for dash' err
check 'a file of this machine with another build-id is not used' \
	[ "$(sql one.db "SELECT count(*) FROM function_profile WHERE module LIKE '%spin'
		AND function = 'main'")" = 0 ]

if ! command -v perf >/dev/null || ! perf record -q -o probe.data -- true >/dev/null 2>&1; then
	skip 'recordings made here' 'perf is not here, or cannot record'
	finish
fi

# perf keeps copies of what it recorded below HOME.
HOME=$(pwd)/home
export HOME
mkdir -p "$HOME" empty
cp "$PROGRAMS/chains" here
run perf record -q -e cpu-clock:u -F 1000 -g -o fp.data ./here
expect 'a recording made here is imported' 0 "$PMC" import -q -o here.db fp.data
near 'with names of this machine' "$(total here.db shared_work)" 50 8

expect 'with a folder of other files' 0 env HOME="$(pwd)/empty" \
	"$PMC" import -q -o elsewhere.db --symfs empty fp.data
near 'names are still those of this machine' "$(total elsewhere.db shared_work)" 50 8

# Away from where it was recorded, and another program in its place.
mkdir -p "root$(pwd)" && mv here "root$(pwd)/here" && cp "$PROGRAMS/threads" here
expect 'with another program in its place' 0 \
	env HOME="$(pwd)/empty" "$PMC" import -q -o gone.db fp.data
check 'no name is made up' \
	[ "$(sql gone.db "SELECT count(*) FROM function_profile WHERE module LIKE '%here'
		AND substr(function, 1, 1) <> '['")" = 0 ]
expect 'with what perf has kept of it' 0 "$PMC" import -q -o kept.db fp.data
near 'names are found by build-id' "$(total kept.db shared_work)" 50 8
expect 'with a folder that has it' 0 \
	env HOME="$(pwd)/empty" "$PMC" import -q -o symfs.db --symfs root fp.data
near 'names are found below it' "$(total symfs.db shared_work)" 50 8

# Of the program only the debug file, where packages of debug symbols have it.
id=$(sql symfs.db "SELECT build_id FROM module WHERE path LIKE '%/here'")
rest=${id#??}
folder=debug_only/usr/lib/debug/.build-id/${id%"$rest"}
mkdir -p "$folder"
if objcopy --only-keep-debug "root$(pwd)/here" "$folder/$rest.debug" 2>/dev/null; then
	expect 'with a folder that has its debug file alone' 0 \
		env HOME="$(pwd)/empty" "$PMC" import -q -o split.db --symfs debug_only fp.data
	check 'names and lines are the same' [ "$(sql split.db "SELECT function, line, samples
		FROM line_profile WHERE module = 'here' ORDER BY 1, 2")" = \
		"$(sql symfs.db "SELECT function, line, samples
		FROM line_profile WHERE module = 'here' ORDER BY 1, 2")" ]

	# Rules for unwinding that are in the debug file, as those of code without .eh_frame.
	compile tables chains.c -g -fomit-frame-pointer -fno-asynchronous-unwind-tables
	run perf record -q -e cpu-clock:u -F 200 --call-graph dwarf -o tables.data ./tables
	run "$PMC" import -q -o tables.db tables.data
	id=$(sql tables.db "SELECT build_id FROM module WHERE path LIKE '%/tables'")
	rest=${id#??}
	folder=debug_only/usr/lib/debug/.build-id/${id%"$rest"}
	mkdir -p "$folder"
	objcopy --only-keep-debug tables "$folder/$rest.debug"
	rm tables
	expect 'or has stacks' 0 env HOME="$(pwd)/empty" "$PMC" import -q -o unwound.db \
		--symfs debug_only tables.data
	near 'they are unwound by it' "$(total unwound.db often)" 45 9
	run env HOME="$(pwd)/empty" "$PMC" import -q -o lost.db tables.data
	check 'without it the option is advised' [ "$(sql lost.db "SELECT
		advice LIKE '%--symfs DIR%' FROM health WHERE name = 'unwind_no_file'")" = 1 ]
else
	skip 'with a folder that has its debug file alone' 'objcopy is not here'
fi

run perf record -q -e cpu-clock:u -F 200 --call-graph dwarf -o dwarf.data "root$(pwd)/here"
expect 'copied stacks are unwound' 0 "$PMC" import -q -o dwarf.db dwarf.data
near 'to their callers' "$(total dwarf.db often)" 45 9

# What each thread had counted when it ended, as perf tells it.
run perf record -q -s -e cpu-clock:u,page-faults:u -o threads.data "$PROGRAMS/threads"
expect 'counts of threads are imported' 0 "$PMC" import -q -o threads.db threads.data
check 'the same as perf reads' [ "$(sql threads.db "SELECT pid, tid,
	sum(iif(event = 'cpu-clock:u', value, 0)), sum(iif(event = 'page-faults:u', value, 0))
	FROM counts GROUP BY pid, tid ORDER BY tid")" = \
	"$(perf report -T -i threads.data --stdio 2>/dev/null |
		awk '/^# *PID +TID/ { told = 1; next } told && NF == 4 {
			print $1 "," $2 "," $3 "," $4 }' | sort -t, -k2n)" ]
check 'of several threads' [ "$(sql threads.db 'SELECT count(DISTINCT tid) > 3 FROM counts')" = 1 ]
expect 'and the file is sound' 0 "$PMC" db check -i threads.db

# The whole machine, with what threads do on their way out: each thread as perf reads it.
(exec "$PROGRAMS/split" 60) >/dev/null &
before=$!
run perf record -q -a -e sched:sched_switch,sched:sched_stat_runtime -e cpu-clock -o all.data \
	"$PROGRAMS/threads"
kill $before
if [ -s all.data ]; then
	expect 'all threads of the machine are imported' 0 "$PMC" import -q -o all.db all.data
	sql all.db "SELECT comm || '/' || tid || ' ' || sum(samples) FROM thread_profile
		WHERE tid >= 0 GROUP BY comm, tid" | tr -d '"' | LC_ALL=C sort >ours
	perf script -i all.data -F comm,tid 2>/dev/null |
		sed -E 's,^ *(.*[^ ]) +(-?[0-9]+) *$,\1/\2,' | LC_ALL=C sort | uniq -c |
		awk '!/\/-1$/ { n = $1; sub(/^ *[0-9]+ /, ""); print $0 " " n }' |
		LC_ALL=C sort >theirs
	diff ours theirs >out
	check 'each with its name and samples' [ ! -s out ]
	check 'what ran before has the name of its program' [ "$(sql all.db "SELECT
		group_concat(DISTINCT comm) FROM process_profile WHERE pid = $before")" = split ]
else
	skip 'all threads of the machine' 'these tracepoints cannot be recorded here'
fi

# What perf stat counted, in intervals: as it reports them, but for rounding to its decimals.
perf stat record -I 50 -o stat.data -e task-clock:u,page-faults:u "$PROGRAMS/threads" \
	>/dev/null 2>&1
perf stat report -i stat.data >told 2>&1
expect 'counts of perf stat are imported' 0 "$PMC" import -q -o stat.db stat.data
sql stat.db "SELECT printf('%.9f %s %.9f', end_ns / 1e9, event,
	value / iif(unit = 'ns', 1e6, 1.0)) FROM counts
	WHERE end_ns > start_ns ORDER BY end_ns, event DESC" | tr -d '"' >counts
awk '$1 ~ /^[0-9]/ { sub(",", "", $2); print $1, $3 == "msec" ? $4 : $3, $2 }' told >reported
paste -d ' ' counts reported >out
# shellcheck disable=SC2016 # fields of awk
check 'as perf reports them' awk '
	$1 != $4 || $2 != $5 || $3 - $6 > 0.006 || $6 - $3 > 0.006 { bad = 1 }
	END { exit bad || NR < 8 }' out
check 'the unit that perf shows is kept' [ "$(sql stat.db "SELECT name, item, value
	FROM session_facts WHERE name LIKE 'event%'" | tr '\n' ' ')" = \
	'event_scale,task-clock:u,1e-06 event_unit,task-clock:u,msec ' ]
check 'in several intervals' \
	[ "$(sql stat.db 'SELECT count(DISTINCT end_ns) > 3 FROM counts')" = 1 ]
expect 'the report of it' 0 "$PMC" report -i stat.db
check 'has the counts' grep -q 'task-clock:u' out
expect 'and the file is sound' 0 "$PMC" db check -i stat.db

# A folder: a file for some CPUs each.
for options in '' -z; do
	rm -rf parts.data
	# shellcheck disable=SC2086 # options are words
	run perf record -q $options --threads -e cpu-clock:u -o parts.data "$PROGRAMS/threads"
	if [ ! -d parts.data ]; then
		skip "folders of perf record --threads $options" 'this perf cannot'
		continue
	fi
	if [ -n "$options" ] && [ $zstd = no ]; then
		continue
	fi
	expect "a folder is imported $options" 0 "$PMC" import -q -o "parts$options.db" parts.data
	check "with each thread's samples as perf reads them $options" \
		[ "$(sql "parts$options.db" 'SELECT tid, comm, samples FROM thread_profile
		ORDER BY 1, 2')" = "$(perf script -i parts.data -F comm,tid 2>/dev/null |
			awk '{ seen[$2 "," $1]++ } END { for (key in seen)
				print key "," seen[key] }' | LC_ALL=C sort -t , -k 1,1n -k 2,2)" ]
done
if [ -d parts.data ]; then
	expect 'the file of a folder alone is refused' 1 "$PMC" import -o alone.db parts.data/data
	check 'with what to import' grep -q 'data.0 …: import their folder' err
	# Any of them; the last is missed because events tell on how many CPUs they were recorded.
	# All samples may be in one: then nothing is left to import, for that reason.
	for part in parts.data/data.*; do
		mv "$part" kept
		"$PMC" import -o "without_${part##*.}.db" parts.data >out 2>err
		check "that a folder is without ${part#*/} is told" grep -q "$part.* missing" err
		mv kept "$part"
	done
	parts_of() {
		rm -rf some.data
		perf record -q "$@" -e cpu-clock:u -o some.data "$PROGRAMS/threads" >/dev/null 2>&1
		"$PMC" import -o some.db some.data >out 2>err || cat err
		grep missing err
	}
	for kind in cpu core package numa; do
		check "nothing is missed of --threads=$kind" [ -z "$(parts_of --threads=$kind)" ]
	done
	check 'nor of one CPU' [ -z "$(parts_of --threads -C 0)" ]
fi
# perf record --kcore puts the kernel's names into the folder.
run perf record -q --threads -e cpu-clock:k -o kcore.data \
	dd if=/dev/zero of=/dev/null bs=1 count=300000
if [ -d kcore.data ] && [ -r /proc/kallsyms ] && grep -q '^[^0]' /proc/kallsyms; then
	mkdir kcore.data/kcore_dir
	sed 's/ \([tTwW]\) \([^ ]*\)$/ \1 told_\2/' /proc/kallsyms >kcore.data/kcore_dir/kallsyms
	expect 'names of the kernel that lie in a folder' 0 "$PMC" import -q -o kcore.db kcore.data
	near 'are taken' "$(share kcore.db function_profile "substr(function, 1, 5) = 'told_'")" \
		99 1
else
	skip 'names of the kernel that lie in a folder' 'it cannot be recorded here'
fi
expect 'a folder without one is told' 1 "$PMC" import -o bad.db empty
check 'with a hint' grep -q 'hint: .*data' err

# perf inject writes build-ids between the records; another program has the name by now.
cp "$PROGRAMS/chains" replaced
# shellcheck disable=SC2317
injected()
{
	perf record -q -e cpu-clock:u -F 500 -o - ./replaced | perf inject -b -i - -o injected.data
	cp "$PROGRAMS/threads" replaced
	"$PMC" import -o injected.db injected.data
}
expect 'build-ids of perf inject are read' 0 injected
check 'and nothing is left out' [ "$(grep -c 'nothing that is kept' err)" = 0 ]
check 'the module has its id' [ "$(sql injected.db "SELECT length(build_id) FROM module
	WHERE name = 'replaced'")" = 40 ]

# The kernel makes copied stacks fit into records, and does not see the registers behind them.
run perf record -q -I --call-graph dwarf,65528 -e cpu-clock -F 200 -o full.data \
	"$PROGRAMS/threads"
if perf script -i full.data 2>&1 >/dev/null | grep -q "Can't parse sample"; then
	expect 'records that are too full' 0 "$PMC" import -o full.db full.data
	check 'are told at once' grep -q '[0-9] left out: .*--call-graph dwarf,32768' err
	check 'and in the session' [ "$(sql full.db "SELECT value > 0
		AND advice LIKE '%dwarf,32768%' FROM health WHERE name = 'bad_records'")" = 1 ]
else
	skip 'records that are too full' 'this kernel makes none'
fi

# shellcheck disable=SC2317
streamed()
{
	perf record -q -e cpu-clock:u -F 500 -g -o - "$1" | "$PMC" import -o live.db -
}
expect 'a stream is read while it is recorded' 0 streamed "root$(pwd)/here"
near 'with its names' "$(total live.db shared_work)" 50 9

# ---- the kernel's own files ----

# make_kernel FILE BUILD-ID: one function, as long as any kernel, that takes no room in the file.
make_kernel()
{
	"${CC:-gcc}" -nostdlib -static -no-pie -Wl,-e,0,--build-id=0x"$2" \
		-Wl,--section-start=.code=0xffffffff81000000 -o "$1" kernel.S 2>>log
}

cat >kernel.S <<'ASM'
	.section .code, "ax", %nobits
	.globl _text
_text:
	.globl all_of_it
	.type all_of_it, %function
all_of_it:
	.skip 0x10000000
	.size all_of_it, . - all_of_it
ASM
run perf record -q -e cpu-clock:k -g -o kernel.data \
	dd if=/dev/zero of=/dev/null bs=1 count=300000
id=$(perf buildid-list -i kernel.data 2>>log | sed -n 's/ .*kernel.kallsyms.*//p')
if [ -z "$id" ]; then
	skip 'files of the kernel' 'perf sees nothing of the kernel here'
elif ! make_kernel vmlinux "$id" || ! make_kernel another 0123456789abcdef; then
	skip 'files of the kernel' 'no such file can be linked here'
else
	# share DB: of the kernel's samples, how many are in that function.
	share()
	{
		sql "$1" "SELECT 100.0 * sum(CASE WHEN function = 'all_of_it' THEN samples END)
			/ sum(samples) FROM function_profile WHERE module = '[kernel]'"
	}
	expect 'the image of the kernel can be named' 0 "$PMC" import -q -o image.db \
		--kernel vmlinux kernel.data
	check 'and names its code' between "$(share image.db)" 99 100
	expect 'one of another build is refused' 1 "$PMC" import -q -o other.db --kernel another \
		kernel.data
	check 'with its build-id' grep -q 0123456789abcdef err
	check 'and the one that is wanted' grep -q "$id" err
	check 'and no session' [ ! -e other.db ]
	mkdir -p "debug/usr/lib/debug/boot"
	mv vmlinux "debug/usr/lib/debug/boot/vmlinux-$(uname -r)"
	expect 'it is found below a folder' 0 "$PMC" import -q -o below.db --symfs debug kernel.data
	check 'and names its code' between "$(share below.db)" 99 100
	mv another "debug/usr/lib/debug/boot/vmlinux-$(uname -r)"
	expect 'where another is in its place' 0 "$PMC" import -q -o wrong.db --symfs debug \
		kernel.data
	check 'no name is made up' [ "$(sql wrong.db "SELECT count(*) FROM function_profile
		WHERE function = 'all_of_it'")" = 0 ]
fi
expect 'what is no kernel is refused' 1 "$PMC" import -q -o none.db --kernel kernel.S fp.data
check 'with what is wanted' grep -q vmlinux err

finish
