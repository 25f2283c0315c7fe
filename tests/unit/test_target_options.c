/*
 * test_target_options.c - what to watch: lists of numbers, and options that do not go together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/target_options.h"

static const struct target_verb verb = { "stat", "count" };

static char *words[] = { "true", NULL };

static char *dup_or_null(const char *text)
{
	return text ? pmc_strdup(text) : NULL;
}

static int fill(struct target_options *options, int operands, struct pmc_target *target,
		struct pmc_err *err)
{
	memset(target, 0, sizeof(*target));
	return target_options_fill(options, &verb, operands, words, target, err);
}

static void targets(void **state)
{
	static const struct {
		const char *pids, *tids, *cpus;
		bool all;
		int operands;
		enum pmc_target_kind kind;
		bool system_wide;
		size_t ids, cpus_count;
		int last_id, last_cpu;
	} cases[] = {
		{ .operands = 1, .kind = PMC_TARGET_COMMAND },
		{ .operands = 1, .all = true, .kind = PMC_TARGET_COMMAND, .system_wide = true },
		{ .operands = 1, .cpus = "1", .kind = PMC_TARGET_COMMAND, .cpus_count = 1,
		  .last_cpu = 1 },
		{ .all = true, .kind = PMC_TARGET_CPUS, .system_wide = true },
		{ .cpus = "0,2-4,3", .kind = PMC_TARGET_CPUS, .system_wide = true, .cpus_count = 4,
		  .last_cpu = 4 },
		{ .pids = "12", .kind = PMC_TARGET_PIDS, .ids = 1, .last_id = 12 },
		{ .pids = "12,7,12", .kind = PMC_TARGET_PIDS, .ids = 2, .last_id = 12 },
		{ .tids = "2147483647", .kind = PMC_TARGET_TIDS, .ids = 1, .last_id = 2147483647 },
		{ .tids = "5", .cpus = "0-1", .kind = PMC_TARGET_TIDS, .ids = 1, .last_id = 5,
		  .cpus_count = 2, .last_cpu = 1 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct target_options options = {
			.pids = dup_or_null(cases[i].pids), .tids = dup_or_null(cases[i].tids),
			.cpus = dup_or_null(cases[i].cpus), .all = cases[i].all };
		struct pmc_err err = { 0 };
		struct pmc_target target;

		assert_int_equal(fill(&options, cases[i].operands, &target, &err), 0);
		assert_int_equal(target.kind, cases[i].kind);
		assert_int_equal(target.system_wide, cases[i].system_wide);
		assert_int_equal(target.ids_count, cases[i].ids);
		assert_int_equal(target.cpus_count, cases[i].cpus_count);
		if (cases[i].ids)
			assert_int_equal(target.ids[target.ids_count - 1], cases[i].last_id);
		if (cases[i].cpus_count)
			assert_int_equal(target.cpus[target.cpus_count - 1], cases[i].last_cpu);
		target_options_fini(&options);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *pids, *tids, *cpus;
		bool all;
		int operands;
		const char *message, *hint;
	} cases[] = {
		{ .message = "nothing to count", .hint = "pmc stat ./prog" },
		{ .pids = "1", .tids = "2", .message = "exclude each other", .hint = "-p 1" },
		{ .pids = "1", .operands = 1, .message = "-p cannot be combined with a command",
		  .hint = "to count a running process" },
		{ .tids = "1", .all = true, .message = "-t cannot be combined with -a",
		  .hint = "--duration" },
		{ .pids = "", .message = "a list of process ids is empty", .hint = "variable" },
		{ .pids = "x", .message = "x: not a list of process ids", .hint = "812,813" },
		{ .pids = "1-3", .message = "1-3: not a list", .hint = "812,813" },
		{ .pids = "-1", .message = "-1: not a list", .hint = "812,813" },
		{ .pids = "2147483648", .message = "not a list", .hint = "812,813" },
		{ .pids = "99999999999999999999", .message = "not a list", .hint = "812,813" },
		{ .cpus = "3-1", .message = "3-1: not a list of CPUs", .hint = "0,2-3" },
		{ .cpus = "0-65536", .message = "not a list of CPUs", .hint = "0,2-3" },
		{ .cpus = "0,,1", .message = "not a list of CPUs", .hint = "0,2-3" },
		{ .cpus = "1-", .message = "not a list of CPUs", .hint = "0,2-3" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct target_options options = {
			.pids = dup_or_null(cases[i].pids), .tids = dup_or_null(cases[i].tids),
			.cpus = dup_or_null(cases[i].cpus), .all = cases[i].all };
		struct pmc_err err = { 0 };
		struct pmc_target target;

		assert_int_equal(fill(&options, cases[i].operands, &target, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		if (!strstr(err.message, cases[i].message) || !strstr(err.hint, cases[i].hint))
			fail_msg("case %zu: %s (%s)", i, err.message, err.hint);
		target_options_fini(&options);
	}
}

static void durations(void **state)
{
	static const struct {
		double seconds;
		bool given, is_good;
		uint64_t ns;
	} cases[] = {
		{ 0, false, true, 0 },	     { 0.5, true, true, 500000000 },
		{ 1e9, true, true, 1000000000000000000 }, { 0, true, false, 0 },
		{ 1e-10, true, false, 0 },   { 1.1e9, true, false, 0 },
		{ 1e300, true, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct target_options options = { .duration = cases[i].seconds,
							.duration_given = cases[i].given };
		struct pmc_err err = { 0 };
		uint64_t ns = 1;
		const int status = target_options_duration(&options, &verb, &ns, &err);

		assert_int_equal(status, cases[i].is_good ? 0 : -1);
		if (cases[i].is_good)
			assert_int_equal(ns, cases[i].ns);
		else
			assert_true(err.kind == PMC_ERR_USAGE && *err.message && *err.hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(refused),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
