/*
 * option.h - one table of options a command: it feeds the parser, --help, man pages and completion.
 *
 * A command is a row in commands.c; its options are rows of struct pmc_option. Nothing about an
 * option is written anywhere else.
 */
#ifndef PMC_OPTION_H
#define PMC_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum pmc_option_kind {
	PMC_OPT_FLAG,		/* bool */
	PMC_OPT_TEXT,		/* const char *: the last one given */
	PMC_OPT_LIST,		/* char *, owned: all given, joined with commas */
	PMC_OPT_UINT,		/* uint64_t; suffixes k, M, G */
	PMC_OPT_SECONDS,	/* double; "1.5", "200ms" */
	PMC_OPT_PERCENT,	/* double, 0..1; "0.5", "0.5%" are half a hundredth */
	PMC_OPT_CHOICE,		/* int: index into choices */
	PMC_OPT_MAYBE_CHOICE,	/* the same; without a value it is the first choice */
};

struct pmc_option {
	char short_name;		/* 0: none */
	const char *long_name;		/* NULL: none */
	enum pmc_option_kind kind;
	const char *arg;		/* word for its value in help: "EVENTS" */
	const char *help;		/* one sentence or more; first letter small, no stop */
	const char *const *choices;	/* of both CHOICEs: NULL-terminated */
	const char *completer;		/* shell completion of its value: "file", "event", "pid",
					 * "session"; NULL none */
	size_t offset;			/* of the field in the command's option struct */
	size_t given_offset;		/* of a bool set when the option was given; 0 = none */
};

struct pmc_command {
	const char *name;		/* "record" */
	const char *summary;		/* "sample a program's …" for the list of commands */
	const char *usage;		/* operands: "[--] COMMAND [ARG...]" */
	const char *description;	/* paragraphs for the man page, in plain text */
	const char *examples;		/* lines: command, tab, what it does */
	const char *files_env;		/* text for ENVIRONMENT/FILES; NULL */
	const struct pmc_option *options;	/* ends with a row that has neither name */
	bool operands_stop;		/* the first operand ends the options (record, stat) */
	int (*run)(int argc, char **argv);	/* exit status */
};

extern const struct pmc_command *const pmc_commands[];	/* NULL-terminated, in the order of help */

/*
 * Parses argv[1…] into the struct at `values`. Afterwards argv holds operands only: returns their
 * number and moves them to argv[0…]. -1: usage error in err. --help prints and exits 0.
 * Values not given stay as they are.
 */
int pmc_options_parse(const struct pmc_command *command, int argc, char **argv, void *values,
		      struct pmc_err *err);

#endif
