#!/bin/sh
# The program's door: help, versions, unknown words, closed pipes and full disks.
. "$E2E/lib.sh"

expect "no command is a usage error" 2 "$PMC"
check "no command: the commands on stderr" grep -q '^Commands:' err
check "no command: nothing on stdout" [ ! -s out ]

expect "help" 0 "$PMC" --help
check "help goes to stdout" grep -q '^Commands:' out
expect "version" 0 "$PMC" --version
check "version is a line of its own" grep -qx "pmc $(cat "$ROOT/VERSION")" out

expect "unknown command" 2 "$PMC" recrod
check "unknown command: one line and a hint" [ "$(wc -l <err)" = 2 ]
check "unknown command: the nearest name" grep -q 'hint: did you mean record?' err
expect "unknown option of pmc" 2 "$PMC" --nonsense
expect "help of an unknown command" 2 "$PMC" help nonsense

for command in $("$PMC" --dump-commands); do
	expect "$command --help" 0 "$PMC" "$command" --help
	check "$command: help names its usage" grep -q "^usage: pmc $command" out
	check "$command: help fits 80 columns" [ -z "$(awk 'length > 100' out)" ]
	expect "help $command" 0 "$PMC" help "$command"
	expect "$command: unknown option" 2 "$PMC" "$command" --no-such-option
	check "$command: unknown option: one line and a hint" [ "$(wc -l <err)" = 2 ]
done

# The reader has seen enough: no message, no failure.
status=$({ { sleep 0.2; "$PMC" --help 2>err; echo $? >&3; } | true; } 3>&1)
check "output into a closed pipe ends quietly" [ "$status" = 0 ]
check "a closed pipe: no message" [ ! -s err ]

if [ -w /dev/full ]; then
	"$PMC" --help >/dev/full 2>err
	status=$?
	check "a full disk fails" [ $status = 1 ]
	check "a full disk is named" grep -q 'No space left' err
else
	skip "a full disk fails" "there is no /dev/full"
fi

# Control characters of what was typed do not reach the terminal.
run "$PMC" "$(printf 'x\033[31m')"
check "escapes are not echoed" [ -z "$(tr -d '\012\040-\176' <err)" ]
finish
