/* test_kernel_check.c - whether a file is the recorded kernel's image, and what is said if not. */
#include "base/format.h"
#include "kernel_fixture.h"

/* Builds the image; skips where that cannot be had. */
static const char *build(const struct sym_dir *dir)
{
	const char *path = kernel_build_image(dir, "vmlinux", KERNEL_CC, "-g");

	if (!path)
		skip();
	return path;
}

/* `part` is in the message, `hint` in the hint. */
static void expect_error(const char *path, const char *id, const char *release,
			 const char *part, const char *hint)
{
	struct pmc_err err = { 0 };

	assert_int_equal(pmc_kernel_file_check(path, id, release, &err), -1);
	assert_int_not_equal(err.kind, PMC_ERR_NONE);
	if (!strstr(err.message, part) || !strstr(err.hint, hint))
		print_message("%s\n%s\n", err.message, err.hint);
	assert_non_null(strstr(err.message, part));
	assert_non_null(strstr(err.hint, hint));
}

static void test_check(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct pmc_module_row row = { 0 };
	struct pmc_err err = { 0 };
	char hex[64], name[600];

	kernel_set_id(&row, path);
	pmc_format_hex(hex, row.build_id, row.build_id_len);
	assert_int_equal(pmc_kernel_file_check(path, hex, "", &err), 0);
	assert_int_equal(pmc_kernel_file_check(path, "", "", &err), 0);
	assert_int_equal(pmc_kernel_file_check(path, "", KERNEL_RELEASE, &err), 0);
	/* Builds may call themselves anything: the id says more. */
	assert_int_equal(pmc_kernel_file_check(path, hex, "5.10", &err), 0);
	assert_false(pmc_err_is_set(&err));
	expect_error(path, "0123456789", KERNEL_RELEASE, hex, KERNEL_RELEASE);
	expect_error(path, "0123456789", KERNEL_RELEASE, "0123456789", "the very same build");
	expect_error(path, "", "6.1.0-tes", "6.1.0-tes", "the very same build");
	expect_error(path, "", "6.1.0-test2", "6.1.0-test2", "Linux 6.1.0-test2");
	expect_error("/proc/self/exe", hex, "", "no symbols", "debug files");
	snprintf(name, sizeof(name), "%s/vmlinux.c", dir->path);
	expect_error(name, hex, "", "is no ELF file", "vmlinuz");
}

/* What was named may be anything; it is said what. */
static void test_check_unreadable(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = build(dir);
	struct stat st;
	char name[600];

	expect_error("", "", "", "name of the kernel's image is empty", "vmlinux");
	expect_error("/nonexistent", "", "", "cannot open '/nonexistent': No such file", "");
	expect_error(dir->path, "", "", "is a folder", "--symfs");
	expect_error("/dev/null", "", "", "/dev/null is no regular file", "vmlinux");
	snprintf(name, sizeof(name), "%s/closed", dir->path);
	assert_true(sym_shell("cp '%s' '%s' && chmod 0 '%s'", path, name, name));
	if (access(name, R_OK))		/* root may read all */
		expect_error(name, "", "", "closed': Permission denied", "");
	assert_int_equal(stat(path, &st), 0);
	for (unsigned i = 0; i < 3; i++) {
		const off_t sizes[] = { 70, st.st_size / 2, st.st_size - 10 };

		snprintf(name, sizeof(name), "%s/short", dir->path);
		assert_true(sym_shell("cp '%s' '%s'", path, name));
		assert_int_equal(truncate(name, sizes[i]), 0);
		expect_error(name, "", "", "short is cut", "copy");
	}
	snprintf(name, sizeof(name), "%s/object", dir->path);
	assert_true(sym_shell("cd '%s' && " SYM_CC " -c -o object vmlinux.c >>log 2>&1",
			      dir->path));
	expect_error(name, "", "", "object is no image of a kernel", "vmlinux");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_unreadable),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
