/*
 * test_output_file.c - files that are there whole or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/output_file.h"

static char folder[] = "/tmp/pmc-test-output-XXXXXX";
static char path[64], link_path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/result.svg", folder);
	snprintf(link_path, sizeof(link_path), "%s/link.svg", folder);
	return 0;
}

/* Nothing but what a test names may be left in the folder. */
static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(link_path);
	return rmdir(folder);
}

static void check_content(const char *want)
{
	char text[64] = "";
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	assert_string_equal(text, want);
}

static void write_whole(const char *where, const char *text)
{
	struct output_file file;
	struct pmc_err err = { 0 };

	assert_int_equal(output_file_open(&file, where, &err), 0);
	fputs(text, file.out);
	assert_int_equal(output_file_commit(&file, &err), 0);
	output_file_close(&file);
	assert_string_equal(err.message, "");
}

static void whole(void **state)
{
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	write_whole(path, "one");
	check_content("one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	umask(mask);
	write_whole(path, "two");
	check_content("two");
}

static void not_at_all(void **state)
{
	struct output_file file;
	struct pmc_err err = { 0 };

	(void)state;
	write_whole(path, "before");
	assert_int_equal(output_file_open(&file, path, &err), 0);
	fputs("half of", file.out);
	fflush(file.out);
	check_content("before");
	output_file_close(&file);
	check_content("before");
}

static void links_stay(void **state)
{
	struct stat st;

	(void)state;
	write_whole(path, "before");
	assert_int_equal(symlink(path, link_path), 0);
	write_whole(link_path, "through");
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	check_content("through");
}

static void no_ordinary_file(void **state)
{
	struct output_file file;
	struct pmc_err err = { 0 };

	(void)state;
	write_whole("/dev/null", "away");
	assert_int_equal(output_file_open(&file, "/dev/full", &err), 0);
	fputs("more than there is room for", file.out);
	assert_int_equal(output_file_commit(&file, &err), -1);
	output_file_close(&file);
	assert_non_null(strstr(err.message, "cannot write /dev/full: No space left on device"));
	/* Long before the end. */
	memset(&err, 0, sizeof(err));
	assert_int_equal(output_file_open(&file, "/dev/full", &err), 0);
	fputs("more than there is room for", file.out);
	assert_int_equal(fflush(file.out), EOF);
	assert_int_equal(output_file_commit(&file, &err), -1);
	output_file_close(&file);
	assert_non_null(strstr(err.message, "cannot write /dev/full: No space left on device"));
}

static void refusals(void **state)
{
	static const char *const paths[] = { "/nonexistent/x.svg", "/tmp", "/proc/x.svg", "" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(paths); i++) {
		struct output_file file;
		struct pmc_err err = { 0 };

		assert_int_equal(output_file_open(&file, paths[i], &err), -1);
		output_file_close(&file);
		assert_non_null(strstr(err.message, "cannot write "));
		assert_true(err.hint[0] != '\0');
	}
}

static void standard_output(void **state)
{
	static const char *const paths[] = { NULL, "-" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(paths); i++) {
		struct output_file file;
		struct pmc_err err = { 0 };

		assert_int_equal(output_file_open(&file, paths[i], &err), 0);
		assert_ptr_equal(file.out, stdout);
		assert_int_equal(output_file_commit(&file, &err), 0);
		output_file_close(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),	  cmocka_unit_test(not_at_all),
		cmocka_unit_test(links_stay),	  cmocka_unit_test(no_ordinary_file),
		cmocka_unit_test(refusals),	  cmocka_unit_test(standard_output),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
