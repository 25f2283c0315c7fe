#!/bin/sh
# cppcheck finds nothing; what it is wrong about is listed, with the reason, in cppcheck.txt.
set -eu

if ! command -v cppcheck >/dev/null; then
	echo "cppcheck is not installed"
	exit 77
fi
cppcheck --quiet --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	--suppressions-list=tests/lint/cppcheck.txt --std=c11 --max-configs=4 \
	-D_GNU_SOURCE -DPMC_VERSION='"lint"' -Isrc src
