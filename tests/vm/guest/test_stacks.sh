#!/bin/sh
# Stacks of a program without frame pointers, sampled by the PMU, against what the program knows: as
# in tests/e2e/test_stacks.sh, with this processor's rules, registers and frames of signals.
. "$GUEST/lib.sh"
. "$GUEST/chains.sh"

# record_chains NAME BYTES COMMAND...: NAME.judged has what came of its chains
record_chains()
{
	name=$1 bytes=$2
	shift 2
	expect "$name: is recorded" 0 "$PMC" record -e instructions:u -c 50021 -o "$name.db" \
		--call-graph "dwarf,$bytes" -- "$@"
	cp out "$name.truth"
	chains "$name.db" >"$name.chains"
	judge "$name.truth" "$name.chains" >"$name.judged"
	cp "$name.judged" out
	keep "$name" "SELECT name, value FROM health
		UNION ALL SELECT 'lost', lost FROM session_summary"
	check "$name: nothing was lost" [ "$(kept "$name" lost)" = 0 ]
}

# percent NAME FIELD RECORDING: 3 good, 4 whole, of its samples
percent()
{
	awk -v name="$1" -v field="$2" '$1 == name && $2 {
		printf "%.2f", 100 * $field / $2 }' "$3.judged"
}

record_chains calls 8192 "$PROGRAMS/stacks_calls" 0.01
# Of the instructions of the shortest ways one in a hundred is the library's, as in setjmp.
while read -r way _; do
	check "calls: $way: as the program knows it" between "$(percent "$way" 3 calls)" 98 100
done <calls.truth
for way in recursion inlined tail noreturn alloca realigned callback asm_cfi asm_pointer thread; do
	check "calls: $way: to the end of it" between "$(percent $way 4 calls)" 90 100
done
for way in signal fault; do
	check "calls: $way: to the end of it" between "$(percent $way 4 calls)" 15 100
done
check "calls: reach main or the thread's start" between "$(percent reach 3 calls)" 99.5 100

record_chains far 8192 "$PROGRAMS/stacks_calls" 0.01 stack_far
check "far: up to what was interrupted" between "$(percent stack_far 3 far)" 99 100
check "far: that is told" between "$(kept far unwind_short)" 10 100000

record_chains bare 8192 "$PROGRAMS/stacks_calls" 0.01 asm_bare
check "bare: up to where nothing is known" between "$(percent asm_bare 3 bare)" 99 100
check "bare: that is told" between "$(kept bare unwind_no_cfi)" 10 100000

record_chains abyss 65528 "$PROGRAMS/stacks_calls" 0.01 abyss
check "abyss: that is told" between "$(kept abyss unwind_depth)" 10 100000
finish
