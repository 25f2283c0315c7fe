#!/bin/sh
# Nothing to be found by shellcheck in the scripts and in the generated completion.
set -eu

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is not installed"
	exit 77
fi
# SC1091: files that are sourced by a name known only at run time.
# shellcheck disable=SC2046 # no blanks in our own names
shellcheck -x -e SC1091 .ci/run tests/e2e/run "$1/completion/pmc" \
	$(find tools tests -name '*.sh' | sort)
