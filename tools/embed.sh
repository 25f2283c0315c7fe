#!/bin/sh
# embed.sh - text files as C strings, each with the hash by which a page's policy lets it in.
#
#   tools/embed.sh NAME=FILE... >assets.c
#
# gives `const char NAME[]` and `const char NAME_sha256[]` (base64, as in Content-Security-Policy).
# Only POSIX tools and sha256sum, base64.
set -eu

# The bytes of a hash in hexadecimal, as base64.
base64_of_hex()
{
	# shellcheck disable=SC2059 # the format is the data: octal escapes
	printf "$(printf '%s' "$1" | awk '{
		digits = "0123456789abcdef"
		for (i = 1; i < length($0); i += 2)
			printf "\\%03o", (index(digits, substr($0, i, 1)) - 1) * 16 + \
				index(digits, substr($0, i + 1, 1)) - 1
	}')" | base64
}

echo "/* Made by tools/embed.sh; do not edit. */"
echo '#include "report/flame_assets.h"'
for pair in "$@"; do
	name=${pair%%=*} file=${pair#*=}
	hash=$(sha256sum <"$file")
	echo
	echo "const char ${name}[] ="
	sed -e 's/[\\"]/\\&/g' -e 's/	/\\t/g' -e 's/^/	"/' -e 's/$/\\n"/' "$file"
	echo "	;"
	echo "const char ${name}_sha256[] = \"$(base64_of_hex "${hash%% *}")\";"
done
