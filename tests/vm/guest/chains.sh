# chains.sh - stacks of a session held against what the program says of them; sourced, after lib.sh.
# shellcheck shell=sh
#
#   program ──► NAME WORD WORD … (see tests/programs/stacks_calls.c) ──┐
#   session ──► SAMPLES FRAME;FRAME;… outermost first ──────────┴─► NAME SAMPLES GOOD WHOLE

# chains DB >FILE: a line "SAMPLES<tab>CHAIN" for each chain of the file, the outermost frame first;
# ~ marks frames that were inlined into the one before, ^ those of the kernel.
chains()
{
	"$PMC" sql -i "$1" --format json "WITH RECURSIVE
		named (location_id, text, site_id) AS MATERIALIZED (
			SELECT l.id, iif(m.kind LIKE 'kernel%', '^', '') ||
				iif(l.site_id IS NULL, '', '~') || f.function, l.site_id
			FROM location l JOIN module m ON m.id = l.module_id
			JOIN function_name f USING (function_id)
			UNION ALL
			SELECT n.location_id, iif(i.outer_id IS NULL, '', '~') || f.function ||
				';' || n.text, i.outer_id
			FROM named n JOIN inline_site i ON i.id = n.site_id
			JOIN function_name f USING (function_id)),
		name (location_id, text) AS MATERIALIZED (
			SELECT location_id, text FROM named WHERE site_id IS NULL),
		chain (stack_id, text) AS MATERIALIZED (
			SELECT s.id, n.text FROM stack s JOIN name n USING (location_id)
			WHERE s.parent_id IS NULL
			UNION ALL
			SELECT s.id, c.text || ';' || n.text FROM chain c
			JOIN stack s ON s.parent_id = c.stack_id JOIN name n USING (location_id))
		SELECT sum(k.samples) || char(9) || coalesce(c.text || ';', '') || n.text AS line
		FROM cost k JOIN name n USING (location_id) LEFT JOIN chain c USING (stack_id)
		GROUP BY coalesce(c.text, ''), n.text" |
		sed -n 's/.*"line": *"\([0-9]*\)\\t\(.*\)"}*,*$/\1	\2/p'
}

# judge TRUTH CHAINS >FILE: a line "NAME SAMPLES GOOD WHOLE" for each line of TRUTH: samples that
# run below its in_… (or its first word, where it has none), how many of them have one of its chains
# or the beginning of it, and how many all of it. The wrong chain seen most often is shown:
# "wrong NAME SAMPLES CHAIN".
# Frames of the kernel and the parameters of C++ functions are not looked at.
#
# And a line "reach SAMPLES GOOD": samples with a frame of user code, and how many of them come from
# main, from a thread's start, or from the loader before main.
judge()
{
	awk -F '\t' '
	function fits(word, frame,    i, n, names)
	{
		n = split(word, names, "|")
		for (i = 1; i <= n; i++)
			if (names[i] == "?" || names[i] == frame ||
					(names[i] ~ /^=/ && index(frame, substr(names[i], 2))))
				return 1
		return 0
	}
	# 2: all of it; 1: a beginning; 0: neither; -1: it is not below that place
	function compare(way, place, count, frames,    at, i)
	{
		if (!(word[way, 0] in place) || (way in mark && !(mark[way] in place)))
			return -1
		at = place[word[way, 0]]
		for (i = 0; i < words[way]; i++) {
			if (word[way, i] == "...")
				return 2
			if (at + i > count)
				return 1
			if (!fits(word[way, i], frames[at + i]))
				return 0
		}
		return at + i > count ? 2 : 0
	}
	function wrong(what, count, chain)
	{
		if (count > most[what]) {
			most[what] = count
			seen[what] = chain
		}
	}
	NR == FNR {
		n = split($0, parts, " ")
		name[FNR] = parts[1]
		first[FNR] = ++ways
		for (i = 2; i <= n; i++) {
			if (parts[i] == "/") {
				ways++
				continue
			}
			word[ways, words[ways]++] = parts[i]
			if (parts[i] ~ /^in_/)
				mark[ways] = parts[i]
		}
		first[FNR + 1] = ways + 1
		lines = FNR
		next
	}
	{
		count = split($2, frames, ";")
		while (count && frames[count] ~ /^\^/)
			count--
		if (!count)
			next
		split("", at)
		for (i = count; i > 0; i--) {
			if (frames[i] !~ /^[(]/)
				sub(/[(].*/, "", frames[i])
			at[frames[i]] = i
		}
		reach += $1
		if ("main" in at || "start_thread" in at || "thread_main" in at ||
				frames[1] == "_start")
			reached += $1
		else
			wrong("reach", $1, $2)
		for (line = 1; line <= lines; line++) {
			best = -1
			for (way = first[line]; way < first[line + 1]; way++) {
				result = compare(way, at, count, frames)
				if (result > best)
					best = result
			}
			if (best < 0)
				continue
			samples[line] += $1
			if (best)
				good[line] += $1
			else
				wrong(name[line], $1, $2)
			if (best == 2)
				whole[line] += $1
		}
	}
	END {
		for (line = 1; line <= lines; line++)
			print name[line], samples[line] + 0, good[line] + 0, whole[line] + 0
		print "reach", reach + 0, reached + 0
		for (what in most)
			print "wrong", what, most[what], substr(seen[what], 1, 400)
	}' "$1" "$2"
}
