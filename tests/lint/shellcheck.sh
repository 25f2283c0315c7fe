#!/bin/sh
# Nothing to be found by shellcheck in the scripts and in the generated completion.
set -eu

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is not installed"
	exit 77
fi
# SC1091, SC2154: files sourced by a name known only at run time, and what they set.
# shellcheck disable=SC2046 # no blanks in our own names
shellcheck -x -e SC1091,SC2154 .ci/run tests/e2e/run tests/vm/run "$1/completion/pmc" \
	$(find tools tests -name '*.sh' | sort)
