# init_common.sh - what both emulated machines do to get from a kernel to a command. Sourced by
# their init, which is busybox's shell as process 1.
# shellcheck shell=sh

# What a program expects, in the root that is named.
mount_usual()
{
	mount -t proc proc "$1/proc"
	mount -t sysfs sys "$1/sys"
	mount -t devtmpfs dev "$1/dev"
	mkdir -p "$1/dev/pts" "$1/dev/shm"
	ln -s /proc/self/fd "$1/dev/fd"
	for stream in 0:stdin 1:stdout 2:stderr; do
		ln -s "/proc/self/fd/${stream%:*}" "$1/dev/${stream#*:}"
	done
	mount -t devpts devpts "$1/dev/pts"
	mount -t tmpfs tmp "$1/dev/shm"
	mount -t debugfs debug "$1/sys/kernel/debug"
	mount -t tracefs trace "$1/sys/kernel/tracing"
}

# All that may be measured may be measured; what a test forbids it forbids itself.
allow_all()
{
	echo -1 >/proc/sys/kernel/perf_event_paranoid
	echo 0 >/proc/sys/kernel/kptr_restrict
	if [ -e /proc/sys/kernel/perf_user_access ]; then
		echo 1 >/proc/sys/kernel/perf_user_access
	fi
}

# run_command BUSYBOX COMMAND-FILE: in /t, printing between the marks that boot.sh looks for.
run_command()
{
	"$1" stty -onlcr </dev/console
	cd /t || "$1" poweroff -f
	printf '\n@@vm-start\n'
	/bin/sh "$2" </dev/null
	printf '\n@@vm-end %d\n' $?
	"$1" poweroff -f
}
