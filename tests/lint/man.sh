#!/bin/sh
# The manual pages are clean under groff (all warnings) and, where it is there, mandoc.
set -eu

if ! command -v groff >/dev/null; then
	echo "groff is not installed"
	exit 77
fi
for page in "$1"/man/*.1; do
	# Without a .RE or a heading too much, nothing is said.
	if groff -ww -rCHECKSTYLE=3 -man -Tascii "$page" 2>&1 >/dev/null | grep .; then
		echo "$page: not clean"
		exit 1
	fi
	if command -v mandoc >/dev/null && ! mandoc -T lint -W warning "$page"; then
		exit 1
	fi
done
