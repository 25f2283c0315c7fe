#!/bin/sh
# docs/SCHEMA.md is what the schema's table says.
set -eu

if ! "$1/pmc" --dump-commands | grep -qx db; then
	echo "pmc db is not built"
	exit 77
fi
if ! "$1/pmc" db reference | diff -u docs/SCHEMA.md -; then
	echo "docs/SCHEMA.md is not up to date: pmc db reference >docs/SCHEMA.md"
	exit 1
fi
