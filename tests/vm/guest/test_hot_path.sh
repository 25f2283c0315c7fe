#!/bin/sh
# What a sample costs the reader in instructions: the same in every run, and not many more than when
# these bounds were set. What the program prints is told in tests/bench/hot_path.c.
. "$GUEST/lib.sh"

# part NAME: its instructions a sample
part()
{
	awk -v name="$1" '$1 == "part" && $2 == name { print $3 }' out
}

expect "it runs" 0 "$PROGRAMS/hot_path" 10000
cat out
cp out first
expect "it runs again" 0 "$PROGRAMS/hot_path" 10000
check "instructions are counted" grep -qx "unit instructions" out
check "without a system call" grep -qx "system_calls 0" out

# Only where a table lies in memory differs: a copy of it is some instructions more or less.
for name in whole decode look-up stacks cost pass; do
	before=$(awk -v name=$name '$1 == "part" && $2 == name { print $3 }' first)
	check "$name: the same again" between "$(part $name)" \
		"$(awk "BEGIN { print 0.97 * $before }")" "$(awk "BEGIN { print 1.03 * $before }")"
done

# Bounds are a third above what was seen, so that another compiler may differ. The peer is a pass
# over the words of the record: 19 of them, some 4 instructions each.
pass=$(part pass)
check "pass: some instructions a word" between "$pass" 38 120
while read -r name most; do
	check "$name: at most $most passes" between "$(part "$name")" "$pass" \
		"$(awk "BEGIN { print $most * $pass }")"
done <<-END
	whole 32
	decode 4.6
	look-up 16
	stacks 2.6
	cost 2.7
END
finish
