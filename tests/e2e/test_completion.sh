#!/bin/sh
# The completion script loads in bash and offers commands, options and choices.
. "$E2E/lib.sh"
need_command bash

script=$(dirname "$PMC")/completion/pmc

# offers WORD...: what bash would offer for the last word
offers()
{
	PMC_WORDS=$* bash -c '
		PATH=$(dirname "$PMC"):$PATH
		. "$0"
		read -r -a COMP_WORDS <<<"$PMC_WORDS"
		case $PMC_WORDS in *" ") COMP_WORDS+=("") ;; esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		compopt() { :; }
		_pmc
		printf "%s\n" "${COMPREPLY[@]}"' "$script" >out 2>err
}

expect "the script is sound" 0 bash -n "$script"
offers "pmc hel"
check "commands" grep -qx help out
for command in $("$PMC" --dump-commands); do
	offers "pmc $(echo "$command" | cut -c1-2)"
	check "command $command" grep -qx "$command" out
	offers "pmc $command --hel"
	check "options of $command" grep -qx -- --help out
done
offers "pmc record --call-graph no"
check "choices" grep -qx none out
offers "pmc record --event cpu-clock,task-"
check "events, behind a comma" grep -qx cpu-clock,task-clock out
check "nothing on stderr" [ ! -s err ]
finish
