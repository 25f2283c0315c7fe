#!/bin/sh
# A program that unwinds its own stacks here: recursion, frames of unknown size, callbacks of libc,
# signals, a thread. What it prints is told in programs/unwind_self.c.
. "$GUEST/lib.sh"

expect "it runs" 0 "$PROGRAMS/unwind_self"
cat out
for name in recurse alloca aligned sort signal thread fault; do
	check "$name: all calls are found, and the end" \
		[ "$(awk -v name=$name '$1 == name { print ($3 == $4) " " $5 }' out)" = "1 2" ]
done
for name in signal fault; do
	check "$name: one signal's frame" \
		[ "$(awk -v name=$name '$1 == name { print $6 }' out)" = 1 ]
done
finish
