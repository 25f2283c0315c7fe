#!/bin/sh
# All sources and tests compile without a warning with gcc and with clang. The programs of the
# emulated machine are in the assembly of another: `make arm64` compiles those.
set -u

sources=$(find src tests -path tests/vm/programs -prune -o -name '*.c' -print | sort)
failed=0
for compiler in gcc "${CLANG:-clang}"; do
	if ! command -v "$compiler" >/dev/null; then
		echo "$compiler is not installed"
		exit 77
	fi
	# shellcheck disable=SC2086 # flags and sources are lists of words
	printf '%s\n' $sources | xargs -P 2 -n 8 \
		"$compiler" $FLAGS -DPMC_VERSION='"lint"' -Itests/unit -O1 -fsyntax-only || failed=1
done
exit $failed
