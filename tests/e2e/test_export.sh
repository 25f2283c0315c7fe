#!/bin/sh
# pmc export: folded stacks of made-up and of recorded sessions, against what reports say of them.
set -u
. "$E2E/lib.sh"

"$(dirname "$PMC")/golden/sessions" made.db

folded()
{
	"$PMC" export --format folded "$@"
}

# Sum of the values of the lines that match.
sum_of()
{
	grep -E "$1" "$2" | awk '{ sum += $NF } END { printf "%.0f\n", sum }'
}

folded -i made.db -s 1 >base
check "the sum is the session's" [ "$(sum_of . base)" = \
	"$(sql made.db 'SELECT value FROM event_summary WHERE session_id = 1')" ]
for function in main compute walk parse; do
	check "total of $function" [ "$(sum_of "(^|;)$function(_\\[i\\])?[; ]" base)" = \
		"$(sql made.db "SELECT total FROM function_profile
			WHERE session_id = 1 AND function = '$function'")" ]
done
check "recursion and inlined frames are told" grep -qx 'main;compute;square_\[i\] 352500000' base
check "each call of a recursion is a frame" grep -q '^main;compute;walk;walk;walk ' base
check "the kernel's functions are marked" grep -q '^do_syscall_64_\[k\] ' base
LC_ALL=C sort base >sorted
check "lines are sorted" cmp -s base sorted
check "no stack comes twice" [ "$(sed 's/ [0-9]*$//' base | sort | uniq -d | wc -l)" = 0 ]

folded -i made.db -s 1 -o file
check "-o writes the same" cmp -s file base
folded -i made.db -s 1 -o - >dash
check "- is standard output" cmp -s dash base

folded -i made.db -s 1 --by thread >threads
check "threads come first" [ "$(sum_of '^solve \(tid 4100\);main;' threads)" = \
	"$(sum_of '^main;compute|^main;parse' base)" ]
folded -i made.db -s 1 --root compute >root
check "--root: all begins there" [ "$(grep -cv '^compute[; ]' root)" = 0 ]
check "--root: its total" [ "$(sum_of . root)" = "$(sum_of ';compute[; ]' base)" ]
folded -i made.db -s 1 --from 0 --to 0.3 >before
folded -i made.db -s 1 --from 0.3 >after
check "windows of time add up" [ $(($(sum_of . before) + $(sum_of . after))) = "$(sum_of . base)" ]
folded -i made.db -s 2 -e cycles >per_cycle
check "an event" [ "$(sum_of . per_cycle)" = \
	"$(sql made.db "SELECT value FROM event_summary WHERE event = 'cycles:u'")" ]

run folded -i made.db -s short
check "a session without samples gives no line" [ "$status" = 0 ] && [ ! -s out ]

# Names that would end a line, a frame or a terminal's patience.
cp made.db bad.db
sqlite3 bad.db "UPDATE function SET name = 'a;b' || char(10) || char(27) || '[2J' || 'c 7'
	WHERE name = 'compute';
	UPDATE function SET name = CAST(x'ff3cfe' AS TEXT) WHERE name = 'parse'"
folded -i bad.db -s 1 >bad
check "names break no line" [ "$(wc -l <bad)" = "$(wc -l <base)" ]
check "nor a frame" grep -q '^main;a:b??\[2Jc 7;memcpy 75000000$' bad
check "nor the encoding" iconv -f UTF-8 -t UTF-8 -o /dev/null bad
check "nor a terminal" [ "$(tr -d '\n' <bad | tr -cd '\000-\037\177' | wc -c)" = 0 ]

expect "no format" 2 "$PMC" export -i made.db
expect "an unknown format" 2 "$PMC" export -i made.db --format flamegraph
expect "an unknown event" 2 "$PMC" export -i made.db --format folded -e bogus
expect "an unknown function" 2 "$PMC" export -i made.db --format folded --root nosuch -o never
expect "no session" 1 "$PMC" export -i made.db --format folded -s nosuch -o never
check "an error leaves no file" [ ! -e never ]
expect "a full disk" 1 "$PMC" export -i made.db --format folded -o /dev/full

# A database is no file to overwrite, whatever it is called, and whichever way leads to it.
cp made.db keep
ln -s keep link
ln keep other.csv
mkdir room
for way in "keep -i keep" "room/../link -i keep" "other.csv -i keep" "keep -i made.db"; do
	# shellcheck disable=SC2086 # the words of a command
	expect "a database stays: -o $way" 2 "$PMC" export --format csv -s 1 -o $way
	check "and it is said so: -o $way" grep -q "keep is a database\|other.csv is a database" err
	# shellcheck disable=SC2086
	expect "no picture takes its place: -o $way" 2 "$PMC" flame -s 1 -o $way
	check "nor touches it: -o $way" cmp -s keep made.db
done
expect "that of PMC_DB stays" 2 env PMC_DB=keep "$PMC" export --format csv -s 1 -o keep
check "another file is advised" grep -q "another file" err
check "nothing is left beside it" [ "$(find . -name '.*.??????' | wc -l)" = 0 ]
printf 'SQLite format' >begun.db
expect "a file of another kind is replaced" 0 "$PMC" export -i keep --format csv -s 1 -o begun.db

"$PMC" stat -q -o stat.db -- true 2>/dev/null >&2
if [ -e stat.db ]; then
	expect "counts have no stacks" 2 "$PMC" export -i stat.db --format folded
	check "and it is said so" grep -q "holds counts" err
fi

if "$PMC" record -q -e cpu-clock -o demo.db -- "$PROGRAMS/demo" >/dev/null 2>err; then
	folded -i demo.db >demo
	check "a recorded session: its sum" [ "$(sum_of . demo)" = \
		"$(sql demo.db 'SELECT value FROM event_summary')" ]
	check "a recorded session: callers" grep -q 'main;render_frame;blur_frame ' demo
	check "a recorded session: inlined" \
		grep -q 'main;render_frame;checksum_frame;mix_pixel_\[i\] ' demo
else
	skip "a recorded session" "recording is not possible here: $(head -n 1 err)"
fi
finish
