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

# The kernel takes 100000 samples a second, and leaves it at that. Else it lowers that limit in the
# course of the tests, as interrupts take long here, and then throttles what it did not before.
echo 25 >/proc/sys/kernel/perf_cpu_time_max_percent
echo 100000 >/proc/sys/kernel/perf_event_max_sample_rate
echo 0 >/proc/sys/kernel/perf_cpu_time_max_percent

# Each query takes a tenth of a second in this machine, so tests ask for much at once:
# keep NAME QUERY: keeps the rows that NAME.db answers with.
keep()
{
	sql "$1.db" "$2" >"$1.rows"
}

# kept NAME KEY [N]: of the row whose first field is KEY, the N-th field (2).
kept()
{
	awk -F, -v key="$2" -v field="${3:-2}" '$1 == key { print $field }' "$1.rows"
}
