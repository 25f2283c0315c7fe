#!/bin/sh
# install-deps.sh - installs what is missing to build, test or measure pmc.
#
#   tools/install-deps.sh SET          install what is missing, or say how and fail
#   tools/install-deps.sh --print SET  print the command that would install it
#
# SET: build, test, vm, browser or bench.
#
# What is missing for vm and browser, or is a peer that tests compare with, is no failure: the tests
# in emulated machines, of pictures and against it are skipped, and say why.
#
# What counts is whether a header compiles or a command is there, not which package brought it.
# Only apt-get is run; for dnf and pacman the command is printed. Root, or sudo without a password.
set -eu

here=$(dirname "$0")
# shellcheck source=tools/probe.sh
. "$here/probe.sh"

print=
if [ "${1-}" = --print ]; then
	print=yes
	shift
fi
case ${1-} in
build) sets="build option" ;;
test) sets="build option test peer" ;;
vm | browser) sets=$1 ;;
bench) sets="build option test peer bench" ;;
*)
	echo "usage: $0 [--print] build|test|vm|browser|bench" >&2
	exit 2
	;;
esac

# Sets $missing_<manager> and $required (what cannot be done without) from the table of needs.
look()
{
	missing_apt='' missing_dnf='' missing_pacman='' required=''
	while read -r set probe apt dnf pacman; do
		case " $sets " in
		*" $set "*) ;;
		*) continue ;;
		esac
		if probe "$probe"; then
			continue
		fi
		missing_apt="$missing_apt $apt"
		missing_dnf="$missing_dnf $dnf"
		missing_pacman="$missing_pacman $pacman"
		case $set in
		option | peer | vm | browser) ;;
		*) required="$required ${probe#*:}" ;;
		esac
	done <<-TABLE
	$(grep -v '^#' "$here/needs.txt")
	TABLE
}

unique()
{
	# shellcheck disable=SC2086 # one word a package
	printf '%s\n' $1 | grep -vx - | sort -u | tr '\n' ' ' | sed 's/ $//'
}

how_to()
{
	if command -v apt-get >/dev/null; then
		echo "apt-get install $(unique "$missing_apt")"
	elif command -v dnf >/dev/null; then
		echo "dnf install $(unique "$missing_dnf")"
	elif command -v pacman >/dev/null; then
		echo "pacman -S --needed $(unique "$missing_pacman")"
	else
		echo "(Debian names) $(unique "$missing_apt")"
	fi
}

install_apt()
{
	as_root=$1
	# shellcheck disable=SC2046 # one word a package
	set -- $(unique "$missing_apt")
	apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0"
	log=$(mktemp)
	# The lists of a fresh machine are empty or old: refresh them when the first try fails.
	{
		$apt install --no-install-recommends "$@" ||
			{ $apt update && $apt install --no-install-recommends "$@"; }
	} </dev/null >"$log" 2>&1 || tail -n 5 "$log" >&2
	rm -f "$log"
}

look
if [ -z "$missing_apt" ]; then
	exit 0
fi
if [ -n "$print" ]; then
	how_to
	exit 0
fi

if command -v apt-get >/dev/null; then
	echo "pmc: installing$missing_apt"
	if [ "$(id -u)" = 0 ]; then
		install_apt ''
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		install_apt 'sudo -n'
	fi
	look
fi
if [ -z "$required" ]; then
	exit 0
fi
{
	echo "pmc: missing:$required"
	if [ "$(id -u)" = 0 ]; then
		echo "  hint: install it with: $(how_to)"
	else
		echo "  hint: install it as root with: $(how_to)"
	fi
} >&2
exit 1
