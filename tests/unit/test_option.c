/*
 * test_option.c - words to values, and for every wrong word an error that says what would do.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/option.h"
#include "cli/option_docs.h"

struct values {
	bool all, verbose, rate_given;
	const char *label;
	char *events;
	uint64_t rate;
	double duration, least;
	int graph, tree;
	bool tree_given;
};

static const char *const trees[] = { "callees", "callers", NULL };
static const char *const graphs[] = { "fp", "dwarf", "none", NULL };

static const struct pmc_option options[] = {
	{ .short_name = 'a', .long_name = "all", .kind = PMC_OPT_FLAG, .help = "everything",
	  .offset = offsetof(struct values, all) },
	{ .short_name = 'v', .kind = PMC_OPT_FLAG, .help = "say more",
	  .offset = offsetof(struct values, verbose) },
	{ .long_name = "label", .kind = PMC_OPT_TEXT, .arg = "TEXT", .help = "a name",
	  .offset = offsetof(struct values, label) },
	{ .short_name = 'e', .long_name = "event", .kind = PMC_OPT_LIST, .arg = "EVENTS",
	  .help = "what to count", .offset = offsetof(struct values, events) },
	{ .short_name = 'F', .long_name = "freq", .kind = PMC_OPT_UINT, .arg = "HZ",
	  .help = "samples a second", .offset = offsetof(struct values, rate),
	  .given_offset = offsetof(struct values, rate_given) },
	{ .long_name = "duration", .kind = PMC_OPT_SECONDS, .arg = "SECONDS", .help = "how long",
	  .offset = offsetof(struct values, duration) },
	{ .long_name = "call-graph", .kind = PMC_OPT_CHOICE, .arg = "HOW", .help = "stacks by",
	  .choices = graphs, .offset = offsetof(struct values, graph) },
	{ .long_name = "tree", .kind = PMC_OPT_MAYBE_CHOICE, .arg = "[callers]", .help = "a tree",
	  .choices = trees, .offset = offsetof(struct values, tree),
	  .given_offset = offsetof(struct values, tree_given) },
	{ .long_name = "least", .kind = PMC_OPT_PERCENT, .arg = "PERCENT", .help = "a share",
	  .offset = offsetof(struct values, least) },
	{ 0 },
};

static const struct pmc_command plain = { .name = "plain", .summary = "s", .options = options };
static const struct pmc_command runner = {
	.name = "runner", .summary = "s", .options = options, .operands_stop = true,
};

enum { WORDS = 12 };

/* Parses words (NULL-terminated); argv is the caller's, to look at operands. */
static int parse(const struct pmc_command *command, const char *const *words, char *argv[WORDS],
		 struct values *values, struct pmc_err *err)
{
	int argc = 0;

	argv[argc++] = (char *)command->name;
	for (; *words; words++) {
		assert_true(argc + 1 < WORDS);
		argv[argc++] = (char *)*words;
	}
	argv[argc] = NULL;
	memset(values, 0, sizeof(*values));
	memset(err, 0, sizeof(*err));
	return pmc_options_parse(command, argc, argv, values, err);
}

static void values_in_every_spelling(void **state)
{
	static const struct { const char *words[5]; uint64_t rate; } rows[] = {
		{ { "-F99" }, 99 }, { { "-F", "99" }, 99 }, { { "--freq=99" }, 99 },
		{ { "--freq", "99" }, 99 }, { { "-aF99" }, 99 }, { { "-avF", "99" }, 99 },
		{ { "-F", "1", "-F", "2" }, 2 },	/* the last one counts */
		{ { "-F0" }, 0 }, { { "-F4k" }, 4000 }, { { "-F4K" }, 4000 },
		{ { "-F2M" }, 2000000 }, { { "-F3G" }, 3000000000 },
		{ { "-F18446744073709551615" }, UINT64_MAX },
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		assert_int_equal(parse(&plain, rows[i].words, argv, &values, &err), 0);
		assert_int_equal(values.rate, rows[i].rate);
		assert_true(values.rate_given);
		assert_false(pmc_err_is_set(&err));
	}
}

static void what_is_not_given_stays(void **state)
{
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	assert_int_equal(parse(&plain, (const char *[]){ "-a", NULL }, argv, &values, &err), 0);
	assert_true(values.all);
	assert_false(values.verbose);
	assert_false(values.rate_given);
	assert_null(values.label);
	assert_null(values.events);
}

static void texts_lists_and_choices(void **state)
{
	static const char *const words[] = {
		"-ea,b", "--event", "c", "--label=x=y", "--call-graph", "none",
		"--label", "--", NULL,
	};
	static const char *const empty[] = { "--label=", NULL };
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	assert_int_equal(parse(&plain, words, argv, &values, &err), 0);
	assert_string_equal(values.events, "a,b,c");
	assert_string_equal(values.label, "--");	/* a value may look like anything */
	assert_int_equal(values.graph, 2);
	free(values.events);
	assert_int_equal(parse(&plain, empty, argv, &values, &err), 0);
	assert_string_equal(values.label, "");
}

static void seconds(void **state)
{
	static const struct { const char *text; double seconds; } rows[] = {
		{ "10", 10 }, { "1.5", 1.5 }, { ".5", 0.5 }, { "2s", 2 }, { "200ms", 0.2 },
		{ "0", 0 }, { "1500us", 0.0015 }, { "5ns", 5e-9 }, { "2m", 120 },
		{ "1h", 3600 }, { "1.s", 1 },
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		const char *const words[] = { "--duration", rows[i].text, NULL };

		assert_int_equal(parse(&plain, words, argv, &values, &err), 0);
		assert_true(fabs(values.duration - rows[i].seconds) < 1e-12);
	}
}

static void operands(void **state)
{
	static const struct {
		const struct pmc_command *command;
		const char *words[8];
		const char *operands[8];
		bool all;
	} rows[] = {
		{ &plain, { NULL }, { NULL }, false },
		{ &plain, { "x", "-a", "y" }, { "x", "y" }, true },
		{ &plain, { "x", "--", "-a" }, { "x", "-a" }, false },
		{ &plain, { "-", "-a" }, { "-" }, true },
		{ &plain, { "--", "--" }, { "--" }, false },
		{ &plain, { "" }, { "" }, false },
		{ &runner, { "-a", "./prog", "-v", "--all" }, { "./prog", "-v", "--all" }, true },
		{ &runner, { "./prog", "-a", "--", "-x" }, { "./prog", "-a", "--", "-x" }, false },
		{ &runner, { "--", "-a", "x" }, { "-a", "x" }, false },
		{ &runner, { "-F", "9", "--", "--", "x" }, { "--", "x" }, false },
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		const int count = parse(rows[i].command, rows[i].words, argv, &values, &err);

		assert_true(count >= 0);
		for (int j = 0; j < count; j++)
			assert_string_equal(argv[j], rows[i].operands[j]);
		assert_null(rows[i].operands[count]);
		assert_null(argv[count]);
		assert_int_equal(values.all, rows[i].all);
	}
}

static void errors(void **state)
{
	static const struct { const char *words[4], *message, *hint; } rows[] = {
		{ { "--lable" }, "`pmc plain` has no option '--lable'", "did you mean --label?" },
		{ { "--lable=x" }, "`pmc plain` has no option '--lable'", "did you mean --label?" },
		{ { "--graph" }, "`pmc plain` has no option '--graph'",
		  "did you mean --call-graph?" },
		{ { "-call-graph" }, "`pmc plain` has no option '-call-graph'",
		  "did you mean --call-graph?" },
		{ { "-x" }, "`pmc plain` has no option '-x'",
		  "`pmc plain --help` lists its options" },
		{ { "-axv" }, "`pmc plain` has no option '-x'",
		  "`pmc plain --help` lists its options" },
		{ { "--qqqqqq" }, "`pmc plain` has no option '--qqqqqq'",
		  "`pmc plain --help` lists its options" },
		{ { "--all=1" }, "--all takes no value, '1' was given", "" },
		{ { "--freq" }, "--freq needs a value: HZ", "`pmc plain --help` describes it" },
		{ { "-aF" }, "--freq needs a value: HZ", "`pmc plain --help` describes it" },
		{ { "-F", "-1" }, "--freq: '-1' is not a whole number, such as 99, 4k, 2M or 1G",
		  "`pmc plain --help` describes it" },
		{ { "--call-graph=dwarv" }, "--call-graph: 'dwarv' is not fp, dwarf or none",
		  "did you mean dwarf?" },
		{ { "--call-graph=lbr" }, "--call-graph: 'lbr' is not fp, dwarf or none",
		  "`pmc plain --help` describes it" },
		{ { "--duration=-1" },
		  "--duration: '-1' is not a time such as 10, 1.5, 200ms or 2m",
		  "`pmc plain --help` describes it" },
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		assert_int_equal(parse(&plain, rows[i].words, argv, &values, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		assert_string_equal(err.message, rows[i].message);
		assert_string_equal(err.hint, rows[i].hint);
	}
}

static void bad_numbers(void **state)
{
	static const char *const uints[] = {
		"", " 1", "1 ", "x", "1x", "1kk", "1.5", "+1", "0x10", "18446744073709551616",
		"18446744073709551615k", "99999999999G", "k",
	};
	static const char *const times[] = {
		"", ".", "s", "1e9", "inf", "nan", "0x1p3", "1.2.3", "1 s", "1sec", "+1", "1,5",
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(uints); i++) {
		const char *const words[] = { "-F", uints[i], NULL };

		assert_int_equal(parse(&plain, words, argv, &values, &err), -1);
		assert_int_equal(values.rate, 0);
		assert_false(values.rate_given);
	}
	for (size_t i = 0; i < PMC_COUNT(times); i++) {
		const char *const words[] = { "--duration", times[i], NULL };

		assert_int_equal(parse(&plain, words, argv, &values, &err), -1);
		assert_true(values.duration == 0);
	}
}

static void percents(void **state)
{
	static const struct { const char *word; double value; } good[] = {
		{ "0", 0 }, { "0.5", 0.005 }, { "2%", 0.02 }, { "100", 1 }, { ".25%", 0.0025 },
	};
	static const char *const bad[] = {
		"", ".", "%", "-1", "101", "100.01%", "1e1", "nan", "inf", "5 %", "5%%", "1.2.3",
	};
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(good); i++) {
		const char *const words[] = { "--least", good[i].word, NULL };

		assert_int_equal(parse(&plain, words, argv, &values, &err), 0);
		assert_true(fabs(values.least - good[i].value) < 1e-12);
	}
	for (size_t i = 0; i < PMC_COUNT(bad); i++) {
		const char *const words[] = { "--least", bad[i], NULL };

		assert_int_equal(parse(&plain, words, argv, &values, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
	}
}

/* A value that may be left out: the next word is taken only if it is one. */
static void maybe_choices(void **state)
{
	static const struct { const char *words[4]; int operands, tree; } good[] = {
		{ { "--tree" }, 0, 0 }, { { "--tree", "callers" }, 0, 1 },
		{ { "--tree=callers" }, 0, 1 }, { { "--tree=callees" }, 0, 0 },
		{ { "--tree", "other" }, 1, 0 }, { { "--tree", "-a" }, 0, 0 },
		{ { "--tree", "callers", "callers" }, 1, 1 },
		{ { "--tree", "--", "callers" }, 1, 0 },
	};
	const char *const wrong[] = { "--tree=other", NULL }, *const empty[] = { "--tree=", NULL };
	struct values values;
	struct pmc_err err;
	char *argv[WORDS];

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(good); i++) {
		assert_int_equal(parse(&plain, good[i].words, argv, &values, &err),
				 good[i].operands);
		assert_true(values.tree_given);
		assert_int_equal(values.tree, good[i].tree);
	}
	assert_int_equal(parse(&plain, wrong, argv, &values, &err), -1);
	assert_int_equal(parse(&plain, empty, argv, &values, &err), -1);
}

/* What --help prints, and with which status it ends. */
static int help_of(const struct pmc_command *command, const char *word, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct values values;
		struct pmc_err err;
		char *argv[WORDS];

		dup2(fds[1], STDOUT_FILENO);
		parse(command, (const char *[]){ word, NULL }, argv, &values, &err);
		_exit(99);
	}
	close(fds[1]);
	while (used < size - 1 && (got = read(fds[0], text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void help(void **state)
{
	char text[8192];

	(void)state;
	assert_int_equal(help_of(&plain, "--help", text, sizeof(text)), 0);
	for (const struct pmc_option *option = options; option->help; option++)
		assert_non_null(strstr(text, option->help));
	assert_non_null(strstr(text, "usage: pmc plain [OPTION...]\n"));
	assert_non_null(strstr(text, "  -e, --event EVENTS"));
	assert_non_null(strstr(text, "stacks by: fp, dwarf, none"));
	assert_int_equal(help_of(&runner, "-h", text, sizeof(text)), 0);
	assert_non_null(strstr(text, "usage: pmc runner"));
}

/* Nothing of a row can act as a request of roff, and the page holds every option. */
static void man_pages_are_escaped(void **state)
{
	static const struct pmc_command command = {
		.name = "odd", .summary = "it's a \\fBtest\\fR -- of letters", .usage = "[--] X",
		.description = ".SH not a heading\n'br neither\n\n  a  b\n  c\n\n"
			       "last `bold` – dash",
		.examples = "pmc odd 'a\\b'\tshows it\nplain\n", .options = options,
		.files_env = "PMC_X is read",
	};
	char *page = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	assert_non_null(out);
	pmc_docs_man(&command, out);
	fclose(out);
	assert_non_null(strstr(page, "\n\\&.SH not a heading\n"));
	assert_non_null(strstr(page, "\n\\&\\(aqbr neither\n"));
	assert_non_null(strstr(page, "it\\(aqs a \\efBtest\\efR \\-\\- of letters"));
	assert_non_null(strstr(page, ".RS 4\n.nf\na  b\nc\n.fi\n.RE\n"));
	assert_non_null(strstr(page, "last \\fBbold\\fR \\[u2013] dash"));
	assert_non_null(strstr(page, "\\fB\\-\\-call\\-graph\\fR \\fIHOW\\fR"));
	assert_non_null(strstr(page, "pmc odd \\(aqa\\eb\\(aq"));
	assert_non_null(strstr(page, ".SH FILES AND ENVIRONMENT\nPMC_X is read\n"));
	for (size_t i = 0; i < size; i++)
		assert_true((unsigned char)page[i] < 0x80);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_in_every_spelling),
		cmocka_unit_test(what_is_not_given_stays),
		cmocka_unit_test(texts_lists_and_choices),
		cmocka_unit_test(seconds),
		cmocka_unit_test(operands),
		cmocka_unit_test(errors),
		cmocka_unit_test(bad_numbers),
		cmocka_unit_test(percents),
		cmocka_unit_test(maybe_choices),
		cmocka_unit_test(help),
		cmocka_unit_test(man_pages_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
