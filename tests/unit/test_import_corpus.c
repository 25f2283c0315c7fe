/*
 * test_import_corpus.c - recordings of real perfs against what perf reads in them: those of
 * tests/fixtures, and the corpus (PMC_CORPUS, or ../shared/corpus beside the project; skipped where
 * it is not).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "import_fixture.h"

static const char *corpus(void)
{
	const char *path = getenv("PMC_CORPUS");

	if (!path)
		path = "../shared/corpus";
	if (access(path, R_OK)) {
		print_message("%s is not here: set PMC_CORPUS\n", path);
		skip();
	}
	return path;
}

/*
 * "cpu_core/cycles:ppp/" and "branch-instructions:pp": what the names of both have in common.
 * What follows the ':' of tracepoints is no modifiers, but a name.
 */
static void plain_name(const char *name, char text[128])
{
	static const char PMU[] = "cpu_core/";
	size_t len;

	if (!strncmp(name, PMU, strlen(PMU)))
		name += strlen(PMU);
	if (!strncmp(name, "branch-instructions", 19))
		name = "branches";
	len = strcspn(name, ":");
	if (strchr(name + len, '_'))
		len = strlen(name);
	snprintf(text, 128, "%.*s", (int)len, name);
}

/* Each row of expected.tsv in the folder: file, event, samples, sum of periods. How many rows. */
static size_t check_folder(const char *folder)
{
	PMC_FREE char *list = pmc_sprintf("%s/expected.tsv", folder);
	char line[512], file[256], event[128], before[256] = "", wanted[128], name[128];
	unsigned long long samples, sum;
	struct pmc_import_result result = { 0 };
	size_t rows = 0;
	FILE *in = fopen(list, "re");

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in)); /* headings */
	while (fgets(line, sizeof(line), in)) {
		bool found = false;

		assert_int_equal(sscanf(line, "%255[^\t]\t%127[^\t]\t%llu\t%llu", file, event,
					&samples, &sum),
				 4);
		if (strcmp(file, before)) {
			PMC_FREE char *path = pmc_sprintf("%s/%s", folder, file);
			struct pmc_err err = { 0 };

			if (import_path(path, &result, &err))
				fail_msg("%s: %s", file, err.message);
			assert_null(result.cut);
			snprintf(before, sizeof(before), "%s", file);
		}
		plain_name(event, wanted);
		for (size_t i = 0; i < taken.events && i < EVENTS_MAX; i++) {
			plain_name(taken.names[i], name);
			if (strcmp(name, wanted) || !taken.samples[i])
				continue;
			found = true;
			if (taken.samples[i] != samples || taken.sums[i] != sum)
				fail_msg("%s, %s: %llu samples, %llu; perf has %llu, %llu", file,
					 event, (unsigned long long)taken.samples[i],
					 (unsigned long long)taken.sums[i], samples, sum);
		}
		if (!found)
			fail_msg("%s has no %s", file, event);
		rows++;
	}
	fclose(in);
	return rows;
}

static void the_corpus_gives_what_perf_reads(void **state)
{
	(void)state;
	assert_true(check_folder(corpus()) > 40);
}

static void our_own_recordings_too(void **state)
{
	const char *version;

	(void)state;
	/* Two of them are compressed. */
	if (!pmc_import_inflates(&version))
		skip();
	assert_int_equal(check_folder("tests/fixtures"), 23);
}

/* Without rules of unwinding for that machine. */
static void copied_stacks_that_nobody_unwinds_are_counted(void **state)
{
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(import_path("tests/fixtures/s390x-dwarf.data", &result, &err), 0);
	assert_int_equal(result.samples, 10);
	assert_int_equal(result.health[PMC_HEALTH_UNWIND_NO_CFI], 10);
}

/* Type 83, which no perf up to 6.12 reads: what follows are counts of this importer. */
static void the_corpus_has_newer_records(void **state)
{
	static const struct {
		const char *file;
		uint64_t samples;
		bool cut; /* text behind the last record */
	} cases[] = {
		{ "linux-perf-data/fibo.compressed2.pipe.data", 547, false },
		{ "linux-perf-data/sleep.compressed2.data", 7, false },
		{ "linux-perf-data/sleep.compressed2.pipe.data", 7, true },
	};
	const char *version;

	(void)state;
	corpus();
	if (!pmc_import_inflates(&version))
		skip();
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *path = pmc_sprintf("%s/%s", corpus(), cases[i].file);
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_path(path, &result, &err), 0);
		assert_int_equal(result.samples, cases[i].samples);
		assert_int_equal(result.cut != NULL, cases[i].cut);
	}
}

/* Whose recording it was: not only perf writes such files. */
static void sources_are_told(void **state)
{
	static const struct { const char *file, *source; } cases[] = {
		{ "simpleperf/perf_b.data", "simpleperf, " },
		{ "quipper/perf.data.branch-4.14", "perf, " },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *path = pmc_sprintf("%s/%s", corpus(), cases[i].file);
		struct pmc_session_info info = { 0 };
		struct pmc_import *import = import_info(path, &info);

		if (strncmp(info.source, cases[i].source, strlen(cases[i].source)) != 0)
			fail_msg("%s: %s", cases[i].file, info.source);
		pmc_import_free(import);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(our_own_recordings_too),
		IMPORT_TEST(copied_stacks_that_nobody_unwinds_are_counted),
		IMPORT_TEST(the_corpus_gives_what_perf_reads),
		IMPORT_TEST(the_corpus_has_newer_records),
		IMPORT_TEST(sources_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
