#!/bin/busybox sh
# init_arm64.sh - process 1 of the arm64 machine: busybox, libraries in /lib, a user with id 1000.
# shellcheck shell=sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=dumb LD_LIBRARY_PATH=/lib
. /bin/init_common.sh
mount_usual ''
mount -t tmpfs tmp /tmp
chmod 1777 /tmp
echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd
echo 'user:x:1000:1000:user:/tmp:/bin/sh' >>/etc/passwd
printf 'root:x:0:\nuser:x:1000:\n' >/etc/group
ifconfig lo up
allow_all
run_command /bin/busybox /command
