#!/bin/sh
# Golden reports: sessions that are always the same, and what must be printed of them.
#
#   tests/e2e/test_golden.sh [--update]     --update (`make golden`) writes the expected texts anew
. "$E2E/lib.sh"

golden=$ROOT/tests/golden
tab=$(printf '\t')
# Trees are drawn with what the locale has.
LC_ALL=C.UTF-8
export LC_ALL

rm -f golden.db
"$(dirname "$PMC")/golden/sessions" golden.db counts || exit 1

# Prints what a case gives. The SQL of a case is one argument, though it has blanks.
show()
{
	case $1 in
	"sql --format "*)
		rest=${1#sql --format }
		"$PMC" sql -i golden.db --format "${rest%% *}" "${rest#* }"
		;;
	"sql "*)
		"$PMC" sql -i golden.db "${1#sql }"
		;;
	*)
		# shellcheck disable=SC2086 # words are arguments
		"$PMC" $1 -i golden.db
		;;
	esac
}

while IFS=$tab read -r name arguments; do
	case $name in '' | '#'*) continue ;; esac
	run show "$arguments"
	if [ "${1-}" = --update ]; then
		cp out "$golden/$name.txt"
		continue
	fi
	check "$name: exit status" [ "$status" = 0 ]
	if diff -u "$golden/$name.txt" out >diff.txt; then
		ok "$name"
	else
		cat diff.txt
		fail "$name" "differs; if that is meant: make golden"
	fi
done <"$golden/cases"

# No file of a case that is gone.
for file in "$golden"/*.txt; do
	name=$(basename "$file" .txt)
	grep -q "^$name$tab" "$golden/cases" || fail "$name.txt" "belongs to no case"
done
finish
