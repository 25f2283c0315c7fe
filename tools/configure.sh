#!/bin/sh
# configure.sh - prints the make variables that depend on what this machine has.
#
# Required things that are missing end it with the command that would install them. What is optional
# becomes -DHAVE_<LIBRARY>; `pmc doctor` reports it.
set -eu

here=$(dirname "$0")
# shellcheck source=tools/probe.sh
. "$here/probe.sh"

missing=
flags='' libs=''
while read -r set probe _; do
	case $set in
	build)
		# The compiler itself is named by CC, which need not be gcc.
		if [ "$probe" != command:gcc ] && ! probe "$probe"; then
			missing="$missing ${probe#*:}"
		fi
		;;
	option)
		if probe "$probe"; then
			case $probe in
			command:*) name=${probe#command:} library= ;;
			*) library=${probe#*,-l} name=lib$library ;;
			esac
			flags="$flags -DHAVE_$(echo "$name" | tr '[:lower:]-' '[:upper:]_')"
			libs="$libs${library:+ -l$library}"
		fi
		;;
	esac
done <<TABLE
$(grep -v '^#' "$here/needs.txt")
TABLE

if [ -n "$missing" ]; then
	{
		echo "pmc: cannot build with ${CC:-gcc}${SYSROOT:+ and $SYSROOT}: missing:$missing"
		echo "  hint: install it with: $("$here/install-deps.sh" --print build)"
	} >&2
	exit 1
fi
# What takes more than one of them.
case $flags in
*-DHAVE_LIBPROTOBUF_C*-DHAVE_PROTOC_C*-DHAVE_LIBZ*) flags="$flags -DHAVE_PPROF" ;;
esac
echo "HAVE_CPPFLAGS :=$flags"
echo "HAVE_LDLIBS :=$libs"
