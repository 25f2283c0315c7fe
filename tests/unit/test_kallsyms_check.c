/* test_kallsyms_check.c - whether a file is a kernel's list of names, and what is said if not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "symbolize/symbolize.h"

static char folder[256], path[300];

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/kallsyms-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/list", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

static void write_list(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void expect_error(const char *name, const char *part, const char *hint)
{
	struct pmc_err err = { 0 };

	assert_int_equal(pmc_kallsyms_check(name, &err), -1);
	assert_int_not_equal(err.kind, PMC_ERR_NONE);
	if (!strstr(err.message, part) || !strstr(err.hint, hint))
		print_message("%s\n%s\n", err.message, err.hint);
	assert_non_null(strstr(err.message, part));
	assert_non_null(strstr(err.hint, hint));
	assert_non_null(strstr(err.message, name));
}

static void test_lists(void **state)
{
	static const char *const good[] = {
		"ffffffff81000000 T _stext\n",
		"ffffffff81000000 T _stext",
		"0000000000000000 A fixed_percpu_data\nffffffff81000000 T _stext\n",
		"ffffffff81000000 t ext4_read\t[ext4]\nffffffff81000010 t ext4_wri",
		"ffffffff81000000 t ext4_read [ext4]\nffffffff8100",
		"c0008000 T stext\n",
	};
	struct pmc_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(good); i++) {
		write_list(good[i], strlen(good[i]));
		assert_int_equal(pmc_kallsyms_check(path, &err), 0);
	}
	assert_false(pmc_err_is_set(&err));
}

static void test_others(void **state)
{
	static const struct {
		const char *text, *part, *hint;
	} bad[] = {
		{ "", "is empty", "/proc/kallsyms" },
		{ "\n", "line 1", "/proc/kallsyms" },
		{ "\177ELF\2\1\1", "is an ELF file", "--kernel" },
		{ "int main(void)\n", "line 1", "ffffffff81000000 T name" },
		{ "main;work 12\n", "line 1", "" },
		{ "ffffffff81000000", "line 1", "" },
		{ "ffffffff81000000 T", "line 1", "" },
		{ "add a name\n", "line 1", "" },
		{ "ffffffff81000000 7 name\n", "line 1", "" },
		{ "ffffffff81000000 T na\33me\n", "line 1", "" },
		{ "ffffffff81000000 T name\nffffffff81001000\nffffffff81000010 T x\n", "line 2",
		  "" },
		{ "0000000000000000 T _stext\n0000000000000000 t x\t[m]\n", "all are zero",
		  "kptr_restrict" },
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(bad); i++) {
		write_list(bad[i].text, strlen(bad[i].text));
		expect_error(path, bad[i].part, bad[i].hint);
	}
	write_list("\0\0\0\n\377", 5);
	expect_error(path, "line 1", "");
	/* A line that does not end. */
	text = pmc_calloc(1, 1 << 20);
	memset(text, 'f', 1 << 20);
	write_list(text, 1 << 20);
	free(text);
	expect_error(path, "line 1", "");
	expect_error("/proc/self/exe", "is an ELF file", "--kernel");
}

/* It is not opened, which might wait. */
static void test_no_file(void **state)
{
	(void)state;
	unlink(path);
	expect_error(path, "No such file", "");
	expect_error(folder, "a folder", "/proc/kallsyms");
	expect_error("/dev/null", "no regular file", "/proc/kallsyms");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_error(path, "no regular file", "/proc/kallsyms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
