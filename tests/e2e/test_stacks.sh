#!/bin/sh
# Stacks of programs without frame pointers, held against what the programs know: --call-graph dwarf.
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

# record_chains NAME BYTES COMMAND...: into NAME.db; NAME.judged has what came of its chains
record_chains()
{
	chains_name=$1 chains_bytes=$2
	shift 2
	record_as "$chains_name" -F $HZ --call-graph "dwarf,$chains_bytes" -- "$@"
	cp out "$chains_name.truth"
	chains "$chains_name.db" >"$chains_name.chains"
	judge "$chains_name.truth" "$chains_name.chains" >"$chains_name.judged"
	cp "$chains_name.judged" out
	check "$chains_name: nothing was lost" [ "$(sql "$chains_name.db" \
		'SELECT lost FROM session_summary')" = 0 ]
}

# true_chains NAME: each of the program's ways has samples, and 99.5 % of them its chain
true_chains()
{
	while read -r way _; do
		check "$1: $way: has samples" between "$(figure "$way" 2 "$1")" 100 100000
		check "$1: $way: as the program knows it" \
			between "$(percent "$way" 3 "$1")" 99.5 100
	done <"$1.truth"
	check "$1: reach main or the thread's start" between "$(percent reach 3 "$1")" 99.5 100
}

# ---- all ways of calling ----

record_chains calls 8192 "$PROGRAMS/stacks_calls" 0.2 -l "$PROGRAMS/libstacks_late.so"
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
check "calls: the kernel's frames come below the user's" [ "$(grep -c ';^.*;[^^]' calls.chains)" = 0 ]
near "calls: each has its share" "$(total calls.db in_inlined)" 6.25 1.5

# The frame pointer's way, for comparison: it does not get there.
record_as pointers -F $HZ "$PROGRAMS/stacks_calls" 0.2 recursion
check "pointers: main is not found with fp" between "$(total pointers.db main)" 0 50

# ---- C++ ----

record_chains throw 8192 "$PROGRAMS/stacks_throw" 0.3
true_chains throw
check "throw: thrown from the bottom" grep -q \
	'main;repeat;in_throw\(;thrower[^;]*\)\{12\};__cxa_throw;_Unwind_RaiseException' throw.chains
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

compile static stacks_calls.c -g -O2 -fomit-frame-pointer -foptimize-sibling-calls \
	-static-pie 2>cc.err
if [ -x static ]; then
	record_chains static 8192 ./static 0.1
	true_chains static
else
	skip "static: is recorded" "no static libc: $(head -n 1 cc.err)"
fi

cp "$PROGRAMS/stacks_calls" gone
record_chains gone 8192 ./gone 0.1 -d
check "gone: it was deleted" [ ! -e gone ]
true_chains gone

cp "$PROGRAMS/stacks_calls" stripped
strip stripped
record_as stripped -F $HZ --call-graph dwarf ./stripped 0.1
check "stripped: chains have the same depth" [ "$(sql stripped.db "SELECT count(*) > 0 FROM stack s
	JOIN location l ON l.id = s.location_id JOIN module m ON m.id = l.module_id
	WHERE m.name = 'stripped' AND s.depth BETWEEN 44 AND 48")" = 1 ]
check "stripped: they are whole" between "$(sql stripped.db "SELECT 100.0 * (s.samples -
	coalesce((SELECT sum(value) FROM health WHERE name LIKE 'unwind%'), 0)) / s.samples
	FROM session_summary s")" 99.5 100
finish
