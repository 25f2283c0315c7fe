#!/bin/sh
# make install puts everything where DESTDIR and PREFIX say, and uninstall takes all of it away.
. "$E2E/lib.sh"
need_command make

build=$(dirname "$PMC")
make_here()
{
	# Not part of the make that may have started us.
	env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -C "$ROOT" BUILD="$build" \
		CC="$(cut -d' ' -f1 "$build/compiler")" DESTDIR="$PWD/dest" PREFIX=/opt/pmc "$@"
}

expect "install" 0 make_here install
# With names that the tests' own make does not use, it would not see that a header changed.
check "what was built still knows its headers by their names" \
	[ -z "$(find "$build/obj" -name '*.d' -exec grep -l "^$ROOT" {} +)" ]
for file in bin/pmc share/man/man1/pmc.1 share/man/man1/pmc-record.1 \
	share/bash-completion/completions/pmc share/doc/pmc/LICENSE share/doc/pmc/README.md; do
	check "installed $file" [ -s "dest/opt/pmc/$file" ]
done
expect "the installed program runs" 0 dest/opt/pmc/bin/pmc --version
for command in $("$PMC" --dump-commands); do
	check "page of $command" [ -s "dest/opt/pmc/share/man/man1/pmc-$command.1" ]
done
expect "uninstall" 0 make_here uninstall
check "nothing is left" [ -z "$(find dest -type f)" ]
finish
