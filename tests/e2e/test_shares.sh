#!/bin/sh
# Programs with known hot functions: who gets which share, whatever kind of binary it is.
. "$E2E/lib.sh"
need_recording

# ---- 5:3:2, within a point and a half ----

# part FUNCTION [NAME]: its percents of the three functions together
part()
{
	sql "${2:-split}.db" "SELECT
		round(100.0 * sum(iif(function = '$1', self, 0)) / sum(self), 2)
		FROM function_profile WHERE function IN ('five', 'three', 'two')"
}
so_near()
{
	between "$(part five)" 48.5 51.5 && between "$(part three)" 28.5 31.5 &&
		between "$(part two)" 18.5 21.5
}
# Twelve thousand samples tell a half with a standard deviation of half a point. Three of these are
# rare, but not never: then it is measured once more, for longer.
record_as split -F 4000 "$PROGRAMS/split" 3
if ! so_near; then
	rm -f split.db*
	record_as split -F 4000 "$PROGRAMS/split" 5
fi
near "split: five" "$(part five)" 50 1.5
near "split: three" "$(part three)" 30 1.5
near "split: two" "$(part two)" 20 1.5
check "split: they are nearly all of it" between \
	"$(share split.db function_profile "function IN ('five', 'three', 'two')")" 92 100
check "split: in order" [ "$(sql split.db "SELECT group_concat(function) FROM (SELECT function
	FROM function_profile ORDER BY self DESC LIMIT 3)")" = '"five,three,two"' ]
near "split: the sum of all shares" "$(share split.db function_profile 1)" 100 0.1
near "split: main is above all" "$(total split.db main)" 99 2
check "split: a function's file and line" [ "$(sql split.db "SELECT file LIKE '%/split.c' AND
	line > 0 FROM function_profile WHERE function = 'five'")" = 1 ]
check "split: its lines lie in it" [ "$(sql split.db "SELECT count(*) FROM line_profile l
	JOIN function_profile f USING (session_id, event, function) WHERE function = 'five'
	AND l.line NOT BETWEEN f.line AND f.line + 7")" = 0 ]
near "split: lines share what the function has" \
	"$(share split.db line_profile "function = 'five'")" \
	"$(share split.db function_profile "function = 'five'")" 0.1
check "split: nothing was lost" [ "$(sql split.db 'SELECT lost FROM session_summary')" = 0 ]
check "split: values are nanoseconds" [ "$(sql split.db "SELECT unit = 'ns' AND
	value BETWEEN 2900000000 AND 5500000000 FROM event_summary")" = 1 ]

# A period says how much time a sample stands for: a thousand of a millisecond are a second.
record_as period -c 1000000 "$PROGRAMS/split" 1
near "period: samples of a millisecond" \
	"$(sql period.db 'SELECT samples FROM session_summary')" 1000 100
check "period: each is worth its period" [ "$(sql period.db 'SELECT value / samples
	FROM event_summary')" = 1000000 ]

# ---- kinds of binaries ----

# kind NAME FLAG...: the same program, built so, has the same shares
kind()
{
	kind=$1
	shift
	if ! compile "$kind" split.c "$@" 2>compile.err; then
		skip "$kind" "does not link here: $(head -n 1 compile.err)"
		return 1
	fi
	record_as "$kind" "./$kind" 0.4
	"$PMC" report -i "$kind.db" >out # what a failing case shows
}
named()
{
	near "$kind: five" "$(part five "$kind")" 50 8
	near "$kind: three" "$(part three "$kind")" 30 8
	near "$kind: two" "$(part two "$kind")" 20 8
	check "$kind: they are nearly all of it" between "$(share "$kind.db" function_profile \
		"function IN ('five', 'three', 'two')")" 80 100
	check "$kind: in a module of its name" [ "$(sql "$kind.db" "SELECT module
		FROM function_profile WHERE function = 'five'")" = "$kind" ]
}
lines()
{
	sql "$kind.db" "SELECT count(*) > 0 FROM line_profile WHERE file LIKE '%/split.c'"
}

for flags in "pie -g -fPIE -pie" "nopie -g -fno-pie -no-pie" "static -g -static" \
	"staticpie -g -fPIE -static-pie" "dwarf4 -g -gdwarf-4" "dwarf5 -g -gdwarf-5" \
	"lto -g -flto" \
	"compressed -g -gz"; do
	# shellcheck disable=SC2086 # words
	if kind $flags; then
		named
		check "$kind: has lines" [ "$(lines)" = 1 ]
	fi
done

if kind nodebug -g0; then
	named
	check "nodebug: has no lines" [ "$(lines)" = 0 ]
	expect "nodebug: by line all the same" 0 "$PMC" report -i nodebug.db --by line
	check "nodebug: the functions stand there" grep -q five out
fi

if kind stripped -g -s; then
	near "stripped: the time is in the module" \
		"$(share stripped.db module_profile "module = 'stripped'")" 97 5
	check "stripped: addresses stand for names" between "$(share stripped.db \
		function_profile "module = 'stripped' AND function LIKE '[stripped+0x%]'")" 90 100
	check "stripped: no names of others" [ "$(sql stripped.db "SELECT count(*)
		FROM function_profile WHERE module = 'stripped'
		AND function NOT LIKE '[stripped+0x%]'")" -le 2 ]
	check "stripped: that is told as unresolved" between "$(sql stripped.db "SELECT
		100.0 * h.value / s.samples FROM health h JOIN session_summary s USING (session_id)
		WHERE name = 'unresolved'")" 90 100
	expect "stripped: the report" 0 "$PMC" report -i stripped.db
	check "stripped: says so" grep -q 'unresolved: ' out
fi

# The names in a file of their own, found by the link to it.
if command -v objcopy >/dev/null && kind whole -g; then
	cp whole linked
	objcopy --only-keep-debug whole linked.debug
	objcopy --strip-all --add-gnu-debuglink=linked.debug linked
	kind=linked
	record_as linked ./linked 0.4
	named
	check "linked: has lines" [ "$(lines)" = 1 ]
else
	skip "linked" "objcopy is not installed"
fi

# ---- C++ whose work is all in inlined functions ----

record_as inlines "$PROGRAMS/inlines"
check "inlines: the innermost has a row" between \
	"$(share inlines.db function_profile "function LIKE 'noise::fold(%'")" 20 90
check "inlines: names are demangled" [ "$(sql inlines.db "SELECT count(*) FROM function_profile
	WHERE function LIKE '\_Z%' ESCAPE '\'")" = 0 ]
all=$(share inlines.db function_profile "function LIKE 'noise::%'")
near "inlines: nearly all is theirs" "$all" 97 4
stir=$(total inlines.db 'noise::Field<int>::stir(unsigned long, unsigned long)')
pour=$(total inlines.db 'noise::Field<int>::pour(unsigned long, unsigned long)')
near "inlines: what holds them has their time" "$stir" 74.6 4
near "inlines: so has the other" "$pour" 24.8 4
check "inlines: an inlined function is below what it was inlined into" [ "$(sql inlines.db "SELECT
	count(*) > 0 FROM call_tree c JOIN call_tree p ON p.id = c.parent_id
	AND p.session_id = c.session_id AND p.event = c.event
	WHERE c.inlined AND c.function LIKE 'noise::Mixer<int>::mix(%'
	AND p.function LIKE 'noise::Field<int>::stir(%'")" = 1 ]
check "inlines: never below the other" [ "$(sql inlines.db "SELECT
	count(*) FROM call_tree c JOIN call_tree p ON p.id = c.parent_id
	AND p.session_id = c.session_id AND p.event = c.event
	WHERE c.inlined AND c.function LIKE 'noise::Mixer<int>::mix(%'
	AND p.function LIKE 'noise::Field<int>::pour(%'")" = 0 ]
check "inlines: their lines" between "$(share inlines.db line_profile \
	"file LIKE '%/inlines.cpp' AND function LIKE 'noise::fold(%'")" 20 90

# ---- callers ----

record_as chains "$PROGRAMS/chains"
near "chains: shared_work" "$(share chains.db function_profile "function = 'shared_work'")" 48.5 4
near "chains: often has nine tenths of it" "$(total chains.db often)" 45 4
near "chains: seldom one" "$(total chains.db seldom)" 5 3
near "chains: so it is in the tree" "$(sql chains.db "WITH RECURSIVE below (id, top) AS (
	SELECT id, function FROM call_tree WHERE function IN ('often', 'seldom')
	UNION ALL SELECT c.id, b.top FROM call_tree c JOIN below b ON c.parent_id = b.id)
	SELECT 100.0 * sum(iif(top = 'often', self, 0)) / sum(self)
	FROM below JOIN call_tree USING (id) WHERE function = 'shared_work'")" 90 5
near "chains: recursion counts once" "$(total chains.db descend)" 50 3
near "chains: so do two that call each other" "$(total chains.db ping)" 50 3
near "chains: pong" "$(total chains.db pong)" 50 3
check "chains: no total is above the sum" [ "$(sql chains.db "SELECT count(*)
	FROM function_profile WHERE total_share > 1.000001 OR self > total")" = 0 ]
check "chains: each self is in its total" [ "$(sql chains.db "SELECT count(*)
	FROM function_profile WHERE self_share > total_share + 0.000001")" = 0 ]
check "chains: the roots of the tree have the sum" [ "$(sql chains.db "SELECT
	abs(sum(c.total) - (SELECT value FROM event_summary)) <= 1000
	FROM call_tree c WHERE c.parent_id IS NULL")" = 1 ]

# Deeper than the kernel copies: what is missing are the outermost, and that is told.
record_as deep "$PROGRAMS/chains" 1000
near "deep: what is deep below" "$(share deep.db function_profile "function = 'leaf_work'")" 48.5 4
near "deep: its nearer callers" "$(total deep.db ping)" 50 3
near "deep: its outermost caller is not seen" "$(total deep.db descend)" 0 1
near "deep: that is told" "$(sql deep.db "SELECT 100.0 * h.value / s.samples FROM health h
	JOIN session_summary s USING (session_id) WHERE name LIKE 'stack_depth'")" 50 3
check "deep: no total is above the sum" [ "$(sql deep.db "SELECT count(*)
	FROM function_profile WHERE total_share > 1.000001 OR self > total")" = 0 ]

record_as nocallers --call-graph none "$PROGRAMS/chains"
check "no call graph: no stacks" [ "$(sql nocallers.db 'SELECT count(*) FROM stack')" = 0 ]
near "no call graph: callers have no part in it" "$(total nocallers.db main)" 0 1
near "no call graph: the same shares" \
	"$(share nocallers.db function_profile "function = 'leaf_work'")" 48.5 4
finish
