#!/bin/sh
# clean-root-check.sh - runs the README's two commands as a new user would: in a fresh Debian 12.
#
#   tools/clean-root-check.sh [FOLDER]      as root; default FOLDER: a new one below /var/tmp
#
# Makes a root with debootstrap from the mirror that this machine's apt is set up with, clones the
# committed tree into it, and runs `make demo` and `make check` there by chroot, without a terminal.
# The root is removed at the end. KEEP=1 keeps it, to look at what failed.
set -eu

suite=bookworm
top=$(cd "$(dirname "$0")/.." && pwd)

fail()
{
	echo "clean-root-check: $1" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "must be root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"

# The first mirror of the suite in apt's sources, in the one-line or in the deb822 format.
mirror_of()
{
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$file" ] || continue
		sed -n -E "s/^deb +(\[[^]]*\] +)?([^ ]+) +$suite( .*)?$/\2/p" "$file"
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		awk -v suite="$suite" '
			/^[Uu][Rr][Ii]s:/ { uri = $2 }
			/^[Ss]uites:/ { for (i = 2; i <= NF; i++) if ($i == suite) found = 1 }
			/^$/ { if (found && uri) print uri; uri = ""; found = 0 }
			END { if (found && uri) print uri }' "$file"
	done
}
mirror=$(mirror_of | head -n 1)
[ -n "$mirror" ] || fail "no source of $suite among those of apt"

if [ $# -gt 0 ]; then
	room=$1
	mkdir -p "$room"
else
	room=$(mktemp -d /var/tmp/pmc-root.XXXXXX)
fi
root=$room/root

# shellcheck disable=SC2317 # called by the trap
clean_up()
{
	for mounted in sys dev proc; do
		umount -R -l "$root/$mounted" 2>/dev/null || true
	done
	# Never remove what is still mounted: it would be the machine's own.
	if grep -q " $root/" /proc/mounts; then
		echo "clean-root-check: $root is still in use, left as it is" >&2
	elif [ -z "${KEEP-}" ]; then
		rm -rf "$root"
		rmdir "$room" 2>/dev/null || true
	else
		echo "clean-root-check: kept $root"
	fi
}
trap clean_up EXIT
trap 'exit 1' INT TERM

case $mirror in
https:*) include=ca-certificates ;;
*) include='make' ;;
esac
if ! debootstrap --variant=minbase --include="$include" "$suite" "$root" "$mirror" \
	>"$room/debootstrap.log" 2>&1; then
	tail -n 5 "$room/debootstrap.log"
	fail "debootstrap failed"
fi
rm -f "$room/debootstrap.log"
for file in resolv.conf hosts; do
	cp -L "/etc/$file" "$root/etc/$file" 2>/dev/null || true
done
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --make-rslave "$root/sys"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

git clone -q --no-hardlinks "$top" "$root/root/pmc"

# A new user has make and nothing else; everything beyond comes from the two commands.
inside()
{
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
		sh -c "cd /root/pmc && $1" </dev/null
}
inside "apt-get -q update && apt-get -q -y install --no-install-recommends make" >/dev/null
status=0
for command in "make demo" "make check"; do
	echo "== $command"
	if inside "$command"; then
		echo "== $command: passed"
	else
		echo "== $command: FAILED"
		status=1
	fi
done
exit $status
