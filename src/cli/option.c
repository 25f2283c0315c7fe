/*
 * option.c - the parser over a command's option rows; see option.h.
 *
 *   argv: record  -F 99  --label=x  ./prog  -v         values ◄── F, label
 *           0     └ options ─────┘  └ operands ─► moved to argv[0…], in their order
 *
 * Job: words to typed values, and an error that says what was given and what would do.
 * Not here: what options mean (cmd_*.c); how they are described (option_docs.c).
 *
 * Nothing is looked up in the environment, and nothing is printed but the help that was asked for.
 */
#include "cli/option.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/option_docs.h"

struct parse {
	const struct pmc_command *command;
	int argc, at;		/* argv[at] is the next word */
	char **argv;
	void *values;
	struct pmc_err *err;
};

static bool is_end(const struct pmc_option *option)
{
	return !option->short_name && !option->long_name;
}

static const struct pmc_option *find_short(const struct pmc_command *command, char name)
{
	for (const struct pmc_option *option = command->options; !is_end(option); option++)
		if (option->short_name == name)
			return option;
	return NULL;
}

static const struct pmc_option *find_long(const struct pmc_command *command, const char *name,
					  size_t len)
{
	for (const struct pmc_option *option = command->options; !is_end(option); option++)
		if (option->long_name && strlen(option->long_name) == len &&
		    !memcmp(option->long_name, name, len))
			return option;
	return NULL;
}

/* The option as the user knows it: "--label", or "-x" where it has no long name. */
static const char *spell(const struct pmc_option *option, char buf[static 64])
{
	if (option->long_name)
		snprintf(buf, 64, "--%s", option->long_name);
	else
		snprintf(buf, 64, "-%c", option->short_name);
	return buf;
}

/* ---- values ---- */

static void *field_of(const struct parse *parse, const struct pmc_option *option)
{
	return (char *)parse->values + option->offset;
}

static int bad_value(const struct parse *parse, const struct pmc_option *option, const char *text,
		     const char *accepted)
{
	char name[64];

	return pmc_err_set(parse->err, PMC_ERR_USAGE, "%s: '%s' is not %s", spell(option, name),
			   text, accepted);
}

static int set_uint(const struct parse *parse, const struct pmc_option *option, const char *text)
{
	static const char accepted[] = "a whole number, such as 99, 4k, 2M or 1G";
	uint64_t *field = field_of(parse, option);
	uint64_t factor = 1, value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return bad_value(parse, option, text, accepted);
	errno = 0;
	value = strtoull(text, &end, 10);
	if (end[0] && !end[1]) {
		factor = end[0] == 'k' || end[0] == 'K' ? 1000 : end[0] == 'M' ? 1000000 :
			 end[0] == 'G' ? 1000000000 : 0;
		end += factor ? 1 : 0;
	}
	if (*end)
		return bad_value(parse, option, text, accepted);
	if (errno == ERANGE || value > UINT64_MAX / factor)
		return bad_value(parse, option, text, "below 2^64");
	*field = value * factor;
	return 0;
}

static int set_seconds(const struct parse *parse, const struct pmc_option *option, const char *text)
{
	static const char accepted[] = "a time such as 10, 1.5, 200ms or 2m";
	static const struct { const char *suffix; double factor; } units[] = {
		{ "", 1 }, { "s", 1 }, { "ms", 1e-3 }, { "us", 1e-6 }, { "ns", 1e-9 },
		{ "m", 60 }, { "h", 3600 },
	};
	double *field = field_of(parse, option);
	const size_t digits = strspn(text, "0123456789.");
	char *end;
	double value;

	if (!digits || !strcmp(text, "."))
		return bad_value(parse, option, text, accepted);
	value = strtod(text, &end);
	/* What strtod takes beyond digits ("inf", "-1", "0x1p3", "1e9") ends at another place. */
	if (end != text + digits || !isfinite(value))
		return bad_value(parse, option, text, accepted);
	for (size_t i = 0; i < PMC_COUNT(units); i++) {
		if (!strcmp(end, units[i].suffix)) {
			*field = value * units[i].factor;
			return 0;
		}
	}
	return bad_value(parse, option, text, accepted);
}

static int set_percent(const struct parse *parse, const struct pmc_option *option, const char *text)
{
	static const char accepted[] = "a share from 0 to 100 percent, such as 0.5 or 2%";
	const size_t digits = strspn(text, "0123456789.");
	double *field = field_of(parse, option);
	char *end;
	double value;

	if (!digits || !strcmp(text, "."))
		return bad_value(parse, option, text, accepted);
	value = strtod(text, &end);
	if (end != text + digits || (*end && strcmp(end, "%")) || !(value <= 100))
		return bad_value(parse, option, text, accepted);
	*field = value / 100;
	return 0;
}

static bool is_choice(const struct pmc_option *option, const char *text)
{
	for (int i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], text))
			return true;
	}
	return false;
}

static int set_choice(const struct parse *parse, const struct pmc_option *option, const char *text)
{
	int *field = field_of(parse, option);
	struct pmc_nearest nearest;
	char all[256] = "", near[320];

	pmc_nearest_init(&nearest, text);
	for (int i = 0; option->choices[i]; i++) {
		const size_t used = strlen(all);

		if (!strcmp(option->choices[i], text)) {
			*field = i;
			return 0;
		}
		snprintf(all + used, sizeof(all) - used, "%s%s",
			 i == 0 ? "" : option->choices[i + 1] ? ", " : " or ", option->choices[i]);
		pmc_nearest_offer(&nearest, option->choices[i]);
	}
	bad_value(parse, option, text, all);
	if (nearest.count)
		pmc_err_hint(parse->err, "did you mean %s?",
			     pmc_nearest_text(&nearest, near, sizeof(near)));
	return -1;
}

static void add_to_list(const struct parse *parse, const struct pmc_option *option,
			const char *text)
{
	char **field = field_of(parse, option);
	char *longer = *field ? pmc_sprintf("%s,%s", *field, text) : pmc_strdup(text);

	free(*field);
	*field = longer;
}

static int set_value(const struct parse *parse, const struct pmc_option *option, const char *text)
{
	void *field = field_of(parse, option);
	int result = 0;

	switch (option->kind) {
	case PMC_OPT_FLAG:
		*(bool *)field = true;
		break;
	case PMC_OPT_TEXT:
		*(const char **)field = text;
		break;
	case PMC_OPT_LIST:
		add_to_list(parse, option, text);
		break;
	case PMC_OPT_UINT:
		result = set_uint(parse, option, text);
		break;
	case PMC_OPT_SECONDS:
		result = set_seconds(parse, option, text);
		break;
	case PMC_OPT_PERCENT:
		result = set_percent(parse, option, text);
		break;
	case PMC_OPT_CHOICE:
	case PMC_OPT_MAYBE_CHOICE:
		result = set_choice(parse, option, text);
		break;
	}
	if (result == 0 && option->given_offset)
		*((bool *)((char *)parse->values + option->given_offset)) = true;
	if (result < 0)
		pmc_err_hint(parse->err, "`pmc %s --help` describes it", parse->command->name);
	return result;
}

/* ---- words ---- */

static void help_and_exit(const struct pmc_command *command)
{
	pmc_docs_help(command, pmc_cli_style(stdout).width, stdout);
	exit(pmc_cli_finish(stdout, PMC_EXIT_OK));
}

static int unknown_option(const struct parse *parse, const char *word, size_t len)
{
	const struct pmc_option *option = parse->command->options;
	PMC_FREE char *typed = pmc_strndup(word, len);
	struct pmc_nearest nearest;
	char near[320];

	pmc_err_set(parse->err, PMC_ERR_USAGE, "`pmc %s` has no option '%s'", parse->command->name,
		    typed);
	/* Compared without their dashes, which would make all of them look alike. */
	pmc_nearest_init(&nearest, typed + strspn(typed, "-"));
	for (; len > 2 && !is_end(option); option++)
		if (option->long_name)
			pmc_nearest_offer(&nearest, option->long_name);
	for (unsigned i = 0; i < nearest.count; i++) {
		PMC_FREE char *dashed = pmc_sprintf("--%s", nearest.name[i]);

		snprintf(nearest.name[i], sizeof(nearest.name[i]), "%s", dashed);
	}
	if (nearest.count)
		pmc_err_hint(parse->err, "did you mean %s?",
			     pmc_nearest_text(&nearest, near, sizeof(near)));
	else
		pmc_err_hint(parse->err, "`pmc %s --help` lists its options", parse->command->name);
	return -1;
}

/*
 * The word behind the option in hand, or an error that names what is missing. A value that may be
 * left out is only taken for one if it is a choice.
 */
static const char *take_value(struct parse *parse, const struct pmc_option *option)
{
	char name[64];

	if (option->kind == PMC_OPT_MAYBE_CHOICE &&
	    (parse->at == parse->argc || !is_choice(option, parse->argv[parse->at])))
		return option->choices[0];
	if (parse->at < parse->argc)
		return parse->argv[parse->at++];
	pmc_err_set(parse->err, PMC_ERR_USAGE, "%s needs a value: %s", spell(option, name),
		    option->arg ? option->arg : "VALUE");
	pmc_err_hint(parse->err, "`pmc %s --help` describes it", parse->command->name);
	return NULL;
}

/* --name, --name=value, --name value */
static int parse_long(struct parse *parse, const char *word)
{
	const char *equals = strchr(word, '=');
	const size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct pmc_option *option = find_long(parse->command, word + 2, len - 2);
	const char *value = equals ? equals + 1 : NULL;

	if (!option) {
		if (!strcmp(word, "--help"))
			help_and_exit(parse->command);
		return unknown_option(parse, word, len);
	}
	if (option->kind == PMC_OPT_FLAG && value)
		return pmc_err_set(parse->err, PMC_ERR_USAGE, "--%s takes no value, '%s' was given",
				   option->long_name, value);
	if (option->kind != PMC_OPT_FLAG && !value) {
		value = take_value(parse, option);
		if (!value)
			return -1;
	}
	return set_value(parse, option, value);
}

/* -a, -abc (flags), -F99, -F 99, -aF99 */
static int parse_cluster(struct parse *parse, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct pmc_option *option = find_short(parse->command, *letter);

		if (!option && *letter == 'h')
			help_and_exit(parse->command);
		if (!option) {
			const char typed[] = { '-', *letter, '\0' };

			/* "-label": the whole word says better what was meant than its letter. */
			if (letter == word + 1 && strlen(word) > 3)
				return unknown_option(parse, word, strlen(word));
			return unknown_option(parse, typed, 2);
		}
		if (option->kind != PMC_OPT_FLAG) {
			const char *value = letter[1] ? letter + 1 : take_value(parse, option);

			return value ? set_value(parse, option, value) : -1;
		}
		if (set_value(parse, option, NULL) < 0)
			return -1;
	}
	return 0;
}

int pmc_options_parse(const struct pmc_command *command, int argc, char **argv, void *values,
		      struct pmc_err *err)
{
	struct parse parse = {
		.command = command, .argc = argc, .at = 1, .argv = argv, .values = values,
		.err = err,
	};
	bool operands_only = false;
	int operands = 0;

	while (parse.at < argc) {
		char *word = argv[parse.at++];
		int result = 0;

		if (operands_only || word[0] != '-' || !word[1]) {
			argv[operands++] = word;
			operands_only = operands_only || command->operands_stop;
		} else if (!strcmp(word, "--")) {
			operands_only = true;
		} else if (word[1] == '-') {
			result = parse_long(&parse, word);
		} else {
			result = parse_cluster(&parse, word);
		}
		if (result < 0)
			return -1;
	}
	if (argc > 0)
		argv[operands] = NULL;
	return operands;
}
