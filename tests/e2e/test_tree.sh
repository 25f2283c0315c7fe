#!/bin/sh
# Call trees of real programs and of made-up sessions: pmc report --tree, --tree callers, --root.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell that is started
. "$E2E/lib.sh"

LC_ALL=C.UTF-8
export LC_ALL
"$(dirname "$PMC")/golden/sessions" made.db counts || exit 1

# ---- lines, as the locale has them ----

tree()
{
	"$PMC" report -i made.db -s 1 --tree "$@"
}
tree >utf8.txt
check "UTF-8: box lines" grep -q '├─ compute' utf8.txt
LC_ALL='' LC_CTYPE=en_US.utf8 LANG=C tree >ctype.txt
check "LC_CTYPE decides" cmp -s utf8.txt ctype.txt
for locale in C POSIX en_US.ISO-8859-1; do
	LC_ALL=$locale tree >ascii.txt
	check "$locale: ASCII lines" grep -q '|- compute' ascii.txt
	check "$locale: as many lines" [ "$(wc -l <ascii.txt)" = "$(wc -l <utf8.txt)" ]
	check "$locale: no box lines" sh -c '! grep -q "[├└│→]" ascii.txt'
done
env -u LC_ALL -u LC_CTYPE -u LANG "$PMC" report -i made.db -s 1 --tree >ascii.txt
check "no locale: ASCII lines" grep -q '|- compute' ascii.txt
tree --min-share 0 >names.txt
check "names harm no terminal" sh -c '! tr -d "\n\t -~\200-\377" <names.txt | grep -q .'

# ---- options ----

# Status 2, and both texts in what is said.
refused()
{
	name=$1 message=$2 hint=$3
	shift 3
	run "$PMC" report -i made.db "$@"
	check "$name: status" [ "$status" = 2 ]
	check "$name: message" grep -qF -- "$message" err
	check "$name: hint" grep -qF -- "$hint" err
	check "$name: no output" [ ! -s out ]
}
refused "unknown root" "no function 'wlak' in session 1" "did you mean walk?" -s 1 --root wlak
refused "empty root" "root is empty" "--root takes" -s 1 --root ''
refused "lines" "cannot be by line" "--by thread" -s 1 --tree --by line
refused "depth without a tree" "--depth is for trees" "add --tree" -s 1 --depth 3
refused "share without a tree" "--min-share is for trees" "add --tree" -s 1 --min-share 3
refused "share" "not a share from 0 to 100" "--help" -s 1 --tree --min-share 101
refused "what kind of tree" "is not callees or callers" "did you mean callers" -s 1 --tree=callrs
refused "operand behind --tree" "takes no operand" "-i reads" -s 1 --tree calls
refused "counts have no tree" "no stacks" "pmc stat" -s before --tree
refused "counts have no root" "no stacks" "pmc stat" -s before --root main
run "$PMC" report -i made.db -s 1 --root 'gr'"$(printf '\033')"'[31m'
check "an escape in a name is not repeated" sh -c '! grep -q "$(printf "\033")" err'
for format in csv json; do
	run "$PMC" report -i made.db -s 1 --tree callers --format $format
	check "$format" [ "$status" = 0 ]
done
check "JSON is JSON" python3 -c 'import json; json.load(open("out"))'

# ---- real programs ----

if ! "$PMC" record -o chains.db -- "$PROGRAMS/chains" >/dev/null 2>record.err; then
	skip "real programs" "recording is not possible here: $(head -n 1 record.err)"
	finish
fi
# csv PERCENT-COLUMN ROW-PATTERN ARGUMENTS…: a share of the tree, in percent, added up.
shares()
{
	column=$1 pattern=$2
	shift 2
	"$PMC" report -i chains.db --format csv "$@" | tr -d '\r' | awk -F, -v c="$column" \
		-v p="$pattern" '$0 ~ p { sum += $c } END { printf "%.1f", sum * 100 }'
}
near()
{
	check "$1: $2 (wanted $3 +- $4)" awk -v a="$2" -v b="$3" -v d="$4" \
		'BEGIN { exit !(a - b <= d && b - a <= d) }'
}
near "shared_work below often, of both" \
	"$(shares 13 ',shared_work,' --tree --root often)" 100 2
near "often and seldom call shared_work, 9 to 1" "$("$PMC" report -i chains.db --tree callers \
	--root main --format csv | tr -d '\r' | awk -F, '$5 == 0 { here = $7 == "shared_work" }
	here && $5 == 0 { all = $11 } here && $5 == 1 && $7 == "often" { often = $11 }
	END { printf "%.1f", 100 * often / all }')" 90 5
near "a root that recurs counts once" \
	"$(shares 13 ',descend,' --tree --root descend --depth 1)" 100 0.1
near "two that call each other" "$(shares 13 ',ping,' --tree --root ping --depth 1)" 100 0.1
near "functions under a root: all of it" "$(shares 10 ',' --root ping)" 100 0.1
near "threads under a root: all of it" "$(shares 8 ',' --root ping --by thread)" 100 0.1
check "the tree is the view's" [ "$("$PMC" report -i chains.db --tree --format csv | tail -n +2 |
	wc -l)" = "$("$PMC" sql -i chains.db --format csv 'SELECT * FROM call_tree' | tail -n +2 |
	wc -l)" ]
check "sound" "$PMC" db check -i chains.db

# A recorder that was killed left no tree; both find it all the same.
sqlite3 chains.db "DELETE FROM tree_node; UPDATE session SET state = 'recording', heartbeat_ns = 0"
check "without one, views compute it" [ "$("$PMC" report -i chains.db --tree --format csv |
	tail -n +2 | wc -l)" = "$("$PMC" sql -i chains.db --format csv 'SELECT * FROM call_tree' |
	tail -n +2 | wc -l)" ]
finish
