# lib.sh - what the tests inside the machine with a PMU share: all of tests/e2e/lib.sh, and this.
# shellcheck shell=sh
. "$E2E/lib.sh"

# as_user COMMAND...: as an ordinary user, id 1000. The test's folder is root's: see user_room.
as_user()
{
	as_user_command=
	for as_user_word; do
		as_user_command="$as_user_command '$(printf '%s' "$as_user_word" |
			sed "s/'/'\\\\''/g")'"
	done
	su -p user -c "cd '$PWD' && exec $as_user_command"
}

# user_room: from here on the test stands in a folder where that user can write, too.
user_room()
{
	chmod 755 .
	mkdir room
	chmod 777 room
	cd room || exit 1
}
