# probe.sh - is a header, a library, a command or a compiler's flag there? Sourced, not run.
#
# Uses CC (default gcc) and SYSROOT; clang is asked for flags that only it has.
# shellcheck shell=sh

probe_cc=${CC:-gcc}
probe_sysroot=${SYSROOT:+--sysroot=$SYSROOT}

# probe command:NAME | header:FILE[,LIBRARY] | flag:FLAG | links:COMPILER
probe()
{
	case $1 in
	command:*)
		command -v "${1#command:}" >/dev/null
		;;
	header:*)
		probe_header=${1#header:}
		probe_library=
		case $probe_header in
		*,*) probe_library=${probe_header#*,} ;;
		esac
		# Some headers take the types of these for granted.
		# shellcheck disable=SC2086 # the compiler may be two words, the rest may be none
		{
			printf '#include <%s.h>\n' stdarg stddef stdint stdio setjmp
			printf '#include <%s>\nint main(void) { return 0; }\n' "${probe_header%%,*}"
		} | $probe_cc $probe_sysroot -x c - -o /dev/null $probe_library 2>/dev/null
		;;
	links:*)
		printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
			"${1#links:}" -x c - -o /dev/null 2>/dev/null
		;;
	flag:-fsanitize=fuzzer)
		echo 'int LLVMFuzzerTestOneInput(char *d, long n) { return d && n > 9 && 0; }' |
			clang -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null
		;;
	*)
		return 1
		;;
	esac
}
