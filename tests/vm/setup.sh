#!/bin/sh
# setup.sh - fetches what the emulated machines are made of, and what pmc for arm64 links against.
#
#   tests/vm/setup.sh LAB [arm64|qemu|amd64|s390x]...   default: the first three, into LAB (make
#                                                       uses build/vm)
#
#   arm64   LAB/arm64/         a cloud kernel, busybox, and pmc's libraries: also what the compiler
#                              for arm64 gets as its --sysroot
#   qemu    LAB/qemu/          QEMU for arm64 with its counters mended, see patch_qemu_pmu.py
#   amd64   LAB/amd64/         a full kernel with the modules that reach the files of the machine
#                              it runs on, busybox
#           LAB/amd64/accel    kvm or tcg: what really works here
#   s390x   LAB/s390x/         a kernel, busybox, and perf: makes recordings that begin with the
#                              high byte, see tests/fixtures/make_big_endian.sh
#   LAB/PART.stamp             what the part was made from; while that fits, nothing is done
#
# Packages come through apt from the sources that this machine has, with lists and a cache of their
# own below LAB: no root is needed and nothing is installed. QEMU_ARM64 names a QEMU whose counters
# need no mending.
#
# Exit status 77: this cannot be had here, for the reason in the last line.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: $0 LAB [arm64|qemu|amd64|s390x]..." >&2; exit 2; }
mkdir -p "$1"
lab=$(cd "$1" && pwd)
shift

kernel_arm64=linux-image-cloud-arm64
packages_arm64="busybox-static libc6 libgcc-s1 zlib1g zlib1g-dev liblzma5 libbz2-1.0 libzstd1
	libzstd-dev libelf1 libelf-dev libdw1 libdw-dev libpfm4 libpfm4-dev libsqlite3-0
	libsqlite3-dev libiberty-dev"
modules_arm64=''

# The cloud kernel has no 9p, by which a machine reads the files of this one.
kernel_amd64=linux-image-amd64
packages_amd64=busybox-static
# In the order in which they are loaded; a kernel that has one built in, or none, lacks the file.
modules_amd64="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci
	netfs fscache 9pnet 9pnet_virtio 9p overlay"

kernel_s390x=linux-image-s390x
packages_s390x="busybox-static libc6 libgcc-s1 linux-perf libbabeltrace1 libbz2-1.0 libcap2
	libcrypt1 libdw1 libelf1 libexpat1 libglib2.0-0 liblzma5 libnuma1 libopencsd1
	libpcre2-8-0 libperl5.36 libpython3.11 libslang2 libstdc++6 libuuid1 libzstd1
	zlib1g"

cannot()
{
	echo "$1"
	exit 77
}

need()
{
	for need_command in "$@"; do
		command -v "$need_command" >/dev/null || cannot "$need_command is not installed"
	done
}

# apt_of ARCH COMMAND...: apt for an architecture that need not be this machine's.
apt_of()
{
	apt_dir=$lab/apt-$1 apt_arch=$1 apt_command=$2
	shift 2
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	"$apt_command" -qq -o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" \
		-o Dir::State="$apt_dir" -o Dir::State::Lists="$apt_dir/lists" \
		-o Dir::State::Status=/dev/null -o Dir::Cache="$apt_dir/cache" \
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false "$@"
}

# The package behind a name that always means the newest kernel.
kernel_package()
{
	apt_of "$1" apt-cache depends "$2" | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' |
		head -n 1
}

# fetch ARCH META-PACKAGE PACKAGES MODULES: unpacks them below LAB/ARCH.new
fetch()
{
	fetch_arch=$1 fetch_root=$lab/$1.new
	rm -rf "$fetch_root" "${lab:?}/$1"
	mkdir -p "$fetch_root/debs"
	log=$fetch_root/log
	# A source that fails is none of our business as long as the packages come from another.
	apt_of "$1" apt-get update >"$log" 2>&1 || true
	kernel=$(kernel_package "$1" "$2" 2>>"$log")
	if [ -z "$kernel" ]; then
		grep '^[EW]:' "$log" || true
		cannot "apt's sources have no $2 for $1 (a Debian with a network is needed)"
	fi
	# shellcheck disable=SC2086 # a word a package
	if ! (cd "$fetch_root/debs" && apt_of "$fetch_arch" apt-get download "$kernel" $3) \
		>"$log" 2>&1; then
		grep '^[EW]:' "$log" || true
		cannot "the packages for $1 cannot be fetched"
	fi
	for deb in "$fetch_root"/debs/*.deb; do
		case $(basename "$deb") in
		linux-image-*) unpack_kernel "$deb" "$4" ;;
		*) dpkg-deb -x "$deb" "$fetch_root" ;;
		esac
	done
	rm -rf "$fetch_root/debs" "$log" "$lab/apt-$1"
	mv "$fetch_root" "$lab/$1"
	echo "pmc: emulated $1 machine: $kernel"
}

# The kernel, as LAB/ARCH/vmlinuz, and those of its hundreds of megabytes of modules that are
# wanted, as LAB/ARCH/modules/NN-NAME.ko in the order of loading.
unpack_kernel()
{
	mkdir -p "$fetch_root/modules" "$fetch_root/kernel"
	wanted=
	for module in $2; do
		wanted="$wanted --wildcards */$module.ko*"
	done
	# tar fails for the modules that are not there, after having unpacked the others.
	# shellcheck disable=SC2086 # a word a pattern
	dpkg-deb --fsys-tarfile "$1" | tar -x -C "$fetch_root/kernel" --wildcards \
		'./boot/vmlinuz-*' $wanted 2>/dev/null || true
	mv "$fetch_root"/kernel/boot/vmlinuz-* "$fetch_root/vmlinuz"
	number=10
	for module in $2; do
		file=$(find "$fetch_root/kernel" -name "$module.ko*" | head -n 1)
		case $file in
		'') continue ;;
		*.xz) xz -d "$file" && file=${file%.xz} ;;
		*.zst) zstd -q -d --rm "$file" && file=${file%.zst} ;;
		esac
		mv "$file" "$fetch_root/modules/$number-$module.ko"
		number=$((number + 1))
	done
	rm -rf "$fetch_root/kernel"
}

# A link to /lib/... means the library of the sysroot, not this machine's.
mend_links()
{
	find "$1" -type l -lname '/*' | while read -r link; do
		ln -sfr "$1$(readlink "$link")" "$link"
	done
}

make_arm64()
{
	fetch arm64 "$kernel_arm64" "$packages_arm64" "$modules_arm64"
	mend_links "$lab/arm64"
}

make_qemu()
{
	need qemu-system-aarch64 python3
	mkdir -p "$lab/qemu"
	if [ -n "${QEMU_ARM64-}" ]; then
		ln -sf "$QEMU_ARM64" "$lab/qemu/qemu-system-aarch64"
	else
		python3 "$here/patch_qemu_pmu.py" "$(command -v qemu-system-aarch64)" \
			"$lab/qemu/qemu-system-aarch64" 2>&1 || exit 77
	fi
}

make_amd64()
{
	need qemu-system-x86_64
	[ "$(uname -m)" = x86_64 ] ||
		cannot "it runs this machine's own programs, which are not amd64's"
	fetch amd64 "$kernel_amd64" "$packages_amd64" "$modules_amd64"
	# That /dev/kvm is there does not say that a machine gets to its first program with it.
	echo tcg >"$lab/amd64/accel"
	if [ -w /dev/kvm ] && ACCEL=kvm "$here/boot.sh" -a amd64 -t 15 "$lab" \
		"$lab/amd64/modules" true >/dev/null 2>&1; then
		echo kvm >"$lab/amd64/accel"
	fi
}

make_s390x()
{
	need qemu-system-s390x
	fetch s390x "$kernel_s390x" "$packages_s390x" ''
}

need apt-get dpkg-deb cpio
[ $# -gt 0 ] || set -- arm64 qemu amd64
for part in "$@"; do
	stamp=$(
		cksum "$here/setup.sh" "$here/patch_qemu_pmu.py"
		echo "${QEMU_ARM64-}"
		case $part in
		qemu) cksum "$(command -v qemu-system-aarch64)" ;;
		amd64) cksum "$(command -v qemu-system-x86_64)" ;;
		esac
	) 2>/dev/null || true
	if [ "$(cat "$lab/$part.stamp" 2>/dev/null)" != "$stamp" ]; then
		rm -f "$lab/$part.stamp"
		"make_$part"
		echo "$stamp" >"$lab/$part.stamp"
	fi
done
