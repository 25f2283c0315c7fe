#!/bin/sh
# boot.sh - boots an emulated machine, runs one command there as root, and ends with its status.
#
#   tests/vm/boot.sh [-a arm64|amd64|s390x] [-t SECONDS] [-v] LAB FOLDER COMMAND [ARG...]
#
#   arm64   a PMU that the kernel's own driver runs: instructions, cycles, overflow interrupts.
#           One CPU, whose time is virtual: an instruction takes 1 ns, so all counts can be
#           repeated exactly. Nothing but busybox, pmc's libraries and FOLDER.
#   amd64   a distribution's kernel, no PMU. With KVM two CPUs; without, one whose time is virtual
#           while it works, an instruction in 2 ns: it seems a machine of usual speed, however
#           slow it is and whatever else runs. Sees the files of the machine that it runs on, but
#           what it writes is lost.
#   s390x   numbers begin with the high byte. Two CPUs in virtual time, as for arm64, but no PMU;
#           nothing but busybox, perf and FOLDER.
#
# FOLDER is copied to /t, where COMMAND starts; what COMMAND prints is printed (stdout and stderr
# together). LAB is made by setup.sh. -v shows the kernel's messages too.
#
#   124  it was not done after SECONDS (120)       125  it ended without a status: see with -v
#
# Environment: SMP MEM CPU ICOUNT (empty: none) ACCEL (tcg, kvm) KERNEL APPEND QEMU_ARGS
set -u

here=$(cd "$(dirname "$0")" && pwd)
arch=arm64 seconds=120 verbose=
while getopts a:t:v option; do
	case $option in
	a) arch=$OPTARG ;;
	t) seconds=$OPTARG ;;
	v) verbose=yes ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 3 ] || {
	sed -n 's/^#   \(tests.*\)/usage: \1/p' "$0" >&2
	exit 2
}
lab=$(cd "$1" && pwd) || exit 2
folder=$2
shift 2

work=$(mktemp -d "${TMPDIR:-/tmp}/pmc-vm.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM HUP
root=$work/root
for place in bin lib etc proc sys dev tmp t; do
	mkdir -p "$root/$place"
done
cp "$lab/$arch/bin/busybox" "$root/bin" || exit 2
case $arch in
s390x) cp "$here/init_arm64.sh" "$root/init" ;;
*) cp "$here/init_$arch.sh" "$root/init" ;;
esac
cp "$here/init_common.sh" "$root/bin"
chmod 755 "$root/init"

# libraries TRIPLET
libraries()
{
	for place in lib usr/lib; do
		find "$lab/$arch/$place/$1" -maxdepth 1 -name '*.so*' -exec cp -a {} "$root/lib" \;
	done
}

case $arch in
arm64)
	options=console=ttyAMA0
	: "${ICOUNT=shift=0,sleep=off}"
	libraries aarch64-linux-gnu
	;;
s390x)
	options=console=ttysclp0
	: "${ICOUNT=shift=0,sleep=off}"
	libraries s390x-linux-gnu
	cp "$lab/s390x/usr/bin/perf" "$root/bin" || exit 2
	;;
amd64)
	# In software every instruction counts: without what only guards a machine from its users.
	# Left alone, the kernel takes a clock that is far slower to read.
	options="console=ttyS0 mitigations=off init_on_alloc=0 lsm=capability nowatchdog"
	options="$options tsc=reliable"
	cp -r "$lab/amd64/modules" "$root/modules"
	accel=${ACCEL:-$(cat "$lab/amd64/accel" 2>/dev/null || echo tcg)}
	if [ "$accel" = tcg ]; then
		# Idle time must be real, as answers to 9p's requests take real time.
		: "${ICOUNT=shift=1,sleep=on}" "${SMP:=1}"
	else
		: "${ICOUNT=}" "${SMP:=2}"
	fi
	;;
*)
	echo "boot.sh: no machine is called $arch" >&2
	exit 2
	;;
esac
cp -a "$folder/." "$root/t" || exit 2
for argument; do
	printf "'%s' " "$(printf '%s' "$argument" | sed "s/'/'\\\\''/g")"
done >"$root/command"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initrd" || exit 2

# The machine, its CPUs and its way to the files of this one.
case $arch in
arm64)
	set -- "$lab/qemu/qemu-system-aarch64" -M virt,gic-version=3 -cpu "${CPU:-cortex-a57}" \
		-smp "${SMP:-1}"
	;;
amd64)
	set -- qemu-system-x86_64 -accel "$accel" -M q35 -cpu "${CPU:-max}" -smp "$SMP" \
		-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=host,mount_tag=host
	;;
s390x)
	set -- qemu-system-s390x -M s390-ccw-virtio -cpu "${CPU:-max}" -smp "${SMP:-2}"
	;;
esac
# shellcheck disable=SC2086 # QEMU_ARGS is a list of words
{
	timeout -k 5 "$seconds" "$@" -m "${MEM:-1G}" ${ICOUNT:+-icount "$ICOUNT"} \
		${QEMU_ARGS-} -nodefaults -no-reboot -display none -serial stdio -monitor none \
		-net none -kernel "${KERNEL:-$lab/$arch/vmlinuz}" -initrd "$work/initrd" \
		-append "$options quiet panic=-1 ${APPEND-}" </dev/null 2>"$work/err"
	echo $? >"$work/ended"
} |
	tee "$work/out" |
	if [ "$verbose" ]; then
		cat
	else
		# The line before the last mark is empty: it is there in case that the command did
		# not end its own.
		sed -u -n '/^@@vm-start/,/^@@vm-end/p' |
			sed -u -e '/^$/ { N; /\n@@vm-end/d; }' -e '/^@@vm-/d'
	fi
cat "$work/err" >&2
status=$(sed -n 's/^@@vm-end \([0-9]*\).*/\1/p' "$work/out" | tail -n 1)
if [ -z "$status" ]; then
	case $(cat "$work/ended") in
	124 | 137) status=124 ;;
	*) status=125 ;;
	esac
	[ "$verbose" ] || tail -n 15 "$work/out" >&2
fi
exit "$status"
