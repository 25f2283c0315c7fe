#!/bin/busybox sh
# init_amd64.sh - process 1 of the amd64 machine.
#
# Its root is that of the machine it runs on, read through 9p; a tmpfs takes what is written:
#
#   /            overlay    of  9p (read only)  and  tmpfs
#   /run         tmpfs
#   /t           the folder that boot.sh copied
# shellcheck shell=sh
if [ -e /modules ]; then
	/bin/busybox --install -s /bin
	export PATH=/bin
	. /bin/init_common.sh
	for module in /modules/*.ko; do
		insmod "$module"
	done
	mkdir -p /host /own /new
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host /host ||
		poweroff -f
	mount -t tmpfs own /own
	mkdir /own/changed /own/work
	mount -t overlay -o lowerdir=/host,upperdir=/own/changed,workdir=/own/work overlay /new
	mount_usual /new
	mount -t tmpfs run /new/run
	ifconfig lo up
	mkdir -p /new/t
	cp -a /t/. /new/t
	mkdir /new/run/vm
	cp /command /init /bin/busybox /bin/init_common.sh /new/run/vm
	exec switch_root /new /run/vm/busybox sh /run/vm/init
fi

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LANG=C.UTF-8
. /run/vm/init_common.sh
chmod 1777 /tmp /dev/shm
allow_all
run_command /run/vm/busybox /run/vm/command
