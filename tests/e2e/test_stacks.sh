#!/bin/sh
# Stacks of programs without frame pointers (--call-graph dwarf), against what the programs know.
. "$E2E/lib.sh"
. "$ROOT/tests/vm/guest/chains.sh"
need_recording

HZ=4000

# figure NAME FIELD [DB-NAME]: what judge said of it: 2 samples, 3 good, 4 whole
figure()
{
	awk -v name="$1" -v field="$2" '$1 == name { print $field }' "$3.judged"
}

# percent NAME FIELD DB-NAME: its share of the samples
percent()
{
	awk -v name="$1" -v field="$2" '$1 == name && $2 {
		printf "%.2f", 100 * $field / $2 }' "$3.judged"
}

# health DB-NAME FIGURE
health()
{
	sql "$1.db" "SELECT coalesce(sum(value), 0) FROM health WHERE name = '$2'"
}

# record_chains NAME BYTES COMMAND...: into NAME.db; NAME.judged has what came of its chains. The
# rings are large: where others want the CPUs, too, whoever reads them waits for its turn.
record_chains()
{
	chains_name=$1 chains_bytes=$2
	shift 2
	record_as "$chains_name" -F $HZ -m 16384 --call-graph "dwarf,$chains_bytes" -- "$@"
	cp out "$chains_name.truth"
	chains "$chains_name.db" >"$chains_name.chains"
	judge "$chains_name.truth" "$chains_name.chains" >"$chains_name.judged"
	cp "$chains_name.judged" out
	check "$chains_name: nothing was lost" [ "$(sql "$chains_name.db" \
		'SELECT lost FROM session_summary')" = 0 ]
}

# nearly_all GOOD ALL
nearly_all()
{
	[ $(($2 - $1)) -le 3 ] || [ $(($1 * 1000)) -ge $(($2 * 995)) ]
}

# true_chains NAME: each of the program's ways has samples, and 99.5 % of them its chain. Of some
# hundreds, three may be of what happens once, as binding a name of a library.
true_chains()
{
	while read -r way _; do
		check "$1: $way: has samples" between "$(figure "$way" 2 "$1")" 100 100000
		check "$1: $way: as the program knows it" nearly_all \
			"$(figure "$way" 3 "$1")" "$(figure "$way" 2 "$1")"
	done <"$1.truth"
	check "$1: reach main or the thread's start" between "$(percent reach 3 "$1")" 99.5 100
}

# ---- all ways of calling ----

record_chains calls 8192 "$PROGRAMS/stacks_calls" 0.12 -l "$PROGRAMS/libstacks_late.so"
true_chains calls
for way in recursion inlined tail noreturn alloca realigned callback vdso asm_cfi asm_pointer \
	library thread; do
	check "calls: $way: to the end of it" between "$(percent $way 4 calls)" 90 100
done
# Handlers run for a part of their time only.
for way in signal fault; do
	check "calls: $way: to the end of it" between "$(percent $way 4 calls)" 15 100
done
check "calls: plt: in the library, or on the way there" between "$(percent plt 4 calls)" 40 100
for place in in_plt rand_r; do
	check "calls: plt: $place" grep -q ";in_plt.*;$place\$\|;$place\$" calls.chains
done
check "calls: inlined frames are marked" grep -q ';host;~outer;~inner;spin$' calls.chains
check "calls: recursion is as deep as it is" [ "$(awk -F '\t' '/main;.*;spin$/ {
	count = gsub(/;descend/, ";descend"); if (count > most) most = count }
	END { print most }' calls.chains)" = 40 ]
check "calls: kernel frames come below those of the user" \
	[ "$(grep -c ';^.*;[^^]' calls.chains)" = 0 ]
near "calls: each has its share" "$(total calls.db in_inlined)" 6.25 2.5

# The frame pointer's way, for comparison: it does not get there.
record_as pointers -F $HZ "$PROGRAMS/stacks_calls" 0.2 recursion
check "pointers: main is not found with fp" between "$(total pointers.db main)" 0 50

# ---- C++ ----

record_chains throw 8192 "$PROGRAMS/stacks_throw" 0.3
true_chains throw
check "throw: thrown from the bottom" grep -q throw.chains \
	-e 'main;repeat;in_throw\(;thrower[^;]*\)\{12\};__cxa_throw;_Unwind_RaiseException'
check "throw: destructors on the way back" [ "$(grep -c \
	'main;repeat;in_throw\(;thrower[^;]*\)*;Guard::~Guard()*;spin' throw.chains)" -ge 12 ]

# ---- stacks of their own, and what cannot be seen ----

record_chains near 32768 "$PROGRAMS/stacks_calls" 0.2 stack_near
true_chains near
check "near: to the end of it" between "$(percent stack_near 4 near)" 15 100

record_chains far 8192 "$PROGRAMS/stacks_calls" 0.2 stack_far
check "far: up to what was interrupted" between "$(percent stack_far 3 far)" 99.5 100
check "far: that is told" between "$(health far unwind_short)" \
	"$(figure stack_far 4 far)" "$(figure stack_far 2 far)"

record_chains bare 8192 "$PROGRAMS/stacks_calls" 0.2 asm_bare
check "bare: up to where nothing is known" between "$(percent asm_bare 3 bare)" 99.5 100
check "bare: that is told" between "$(health bare unwind_no_cfi)" \
	"$(figure asm_bare 4 bare)" "$(figure reach 2 bare)"

record_chains abyss 65528 "$PROGRAMS/stacks_calls" 0.2 abyss
check "abyss: a thousand of a hundred thousand" between "$(sql abyss.db \
	'SELECT max(depth) FROM stack')" 1000 1300
check "abyss: that is told" between "$(awk "BEGIN { print ($(health abyss unwind_depth) + \
	$(health abyss unwind_short)) / $(figure reach 2 abyss) * 100 }")" 97 100

# ---- kinds of binaries ----

SOME="recursion climbing inlined noreturn signal callback vdso thread"
compile static stacks_calls.c -g -O2 -fomit-frame-pointer -foptimize-sibling-calls \
	-static-pie 2>cc.err
if [ -x static ]; then
	# shellcheck disable=SC2086 # words
	record_chains static 8192 ./static 0.1 $SOME
	true_chains static
else
	skip "static: is recorded" "no static libc: $(head -n 1 cc.err)"
fi

cp "$PROGRAMS/stacks_calls" gone
# shellcheck disable=SC2086 # words
record_chains gone 8192 ./gone 0.1 -d $SOME
check "gone: it was deleted" [ ! -e gone ]
true_chains gone

cp "$PROGRAMS/stacks_calls" stripped
strip stripped
record_as stripped -F $HZ --call-graph dwarf ./stripped 0.1 recursion climbing callback
check "stripped: chains have the same depth" [ "$(sql stripped.db "SELECT count(*) > 0 FROM stack s
	JOIN location l ON l.id = s.location_id JOIN module m ON m.id = l.module_id
	WHERE m.name = 'stripped' AND s.depth BETWEEN 44 AND 48")" = 1 ]
check "stripped: they are whole" between "$(sql stripped.db "SELECT 100.0 * (s.samples -
	coalesce((SELECT sum(value) FROM health WHERE name LIKE 'unwind%'), 0)) / s.samples
	FROM session_summary s")" 99.5 100

# ---- programs that nobody wrote for this ----

# whole NAME BYTES PROGRAM COMMAND...: 99.5 % of its samples go back to the first function of the
# program, or to that of the loader
whole()
{
	whole_name=$1 whole_bytes=$2 whole_file=$(command -v "$3")
	shift 3
	if [ -z "$whole_file" ]; then
		skip "$whole_name: is recorded" "it is not installed"
		return
	fi
	record_as "$whole_name" -F $HZ --call-graph "dwarf,$whole_bytes" -- "$@"
	whole_file=$(readlink -f "$whole_file")
	whole_entry=$(readelf -h "$whole_file" | sed -n 's/.*Entry point address: *//p')
	# A file's pages are mapped whole, so an address and its place in the file end alike.
	sql "$whole_name.db" "WITH RECURSIVE root (id, first) AS (
			SELECT id, location_id FROM stack WHERE parent_id IS NULL
			UNION ALL SELECT s.id, r.first FROM root r JOIN stack s
			ON s.parent_id = r.id)
		SELECT round(100.0 * sum(iif((l.offset - $whole_entry) & 4095 < 64 OR
			m.name LIKE 'ld-%', k.samples, 0)) / sum(k.samples), 2)
		FROM cost k JOIN thread t ON t.id = k.thread_id
		LEFT JOIN root r ON r.id = k.stack_id LEFT JOIN location l ON l.id = r.first
		LEFT JOIN module m ON m.id = l.module_id
		WHERE t.comm = '$whole_name' AND coalesce(m.kind, '') NOT LIKE 'kernel%'" >out
	check "$whole_name: whole chains ($(cat out) %)" between "$(cat out)" 99.5 100
}

seq -f '%.0f some text that is not all alike' 400000 >text
whole xz 8192 xz xz -T1 -c text
cat >work.sql <<'END'
CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, number INTEGER);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
INSERT INTO t SELECT i, 'word' || (i * 7919 % 10007), i * 104729 % 1000003 FROM n;
CREATE INDEX by_word ON t (word);
SELECT count(DISTINCT a.word), sum(a.number * b.number % 7) FROM t a JOIN t b USING (word);
END
whole sqlite3 32768 sqlite3 sqlite3 :memory: '.read work.sql'
cat >work.py <<'END'
import json
def tree(depth):
    return {"deep": [tree(depth - 1) for _ in range(2)]} if depth else {"leaf": 1.5}
def walk(node):
    for value in node.get("deep", []):
        yield from walk(value)
    yield node
for _ in range(12):
    again = json.loads(json.dumps(tree(12)))
    sorted((len(node), id(node)) for node in walk(again))
END
whole python3 32768 /usr/bin/python3 /usr/bin/python3 work.py
finish
