/* test_vdso.c - the vdso of this process, through a symbolizer. */
#include <link.h>
#include <sys/auxv.h>

#include "sym_fixture.h"

static void test_names(void **state)
{
	static const char *const names[] = { "__vdso_clock_gettime", "__kernel_clock_gettime",
					     "__vdso_gettimeofday", "__kernel_gettimeofday" };
	const struct sym_dir *dir = *state;
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *ehdr;
	struct sym_session session;
	unsigned found = 0;
	uint32_t module;
	char path[600];
	FILE *file;

	if (!image)
		skip();
	/* A copy in a file, to be read without the code under test. */
	snprintf(path, sizeof(path), "%s/vdso.so", dir->path);
	file = fopen(path, "w");
	assert_non_null(file);
	ehdr = (const void *)image;
	fwrite(image, 1, ehdr->e_shoff + (size_t)ehdr->e_shnum * ehdr->e_shentsize, file);
	fclose(file);
	sym_open(&session, NULL, true);
	module = sym_module(&session, "[vdso]", (struct pmc_module_row){ .kind = PMC_MODULE_VDSO });
	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		const uint64_t address = sym_address(path, names[i]);
		const char *name, *plain = strstr(names[i], "c");

		if (!address)
			continue;
		found++;
		name = sym_name(&session, module, address);
		/* x86 has clock_gettime() as an alias. */
		assert_true(!strcmp(name, names[i]) || strstr(names[i], name) ||
			    !strcmp(name, plain));
	}
	if (found)
		assert_string_equal(sym_name(&session, module, 0), "");
	assert_string_equal(sym_name(&session, module, UINT64_MAX), "");
	/* That of another machine or word size. */
	module = sym_module(&session, "[vdso]",
			    (struct pmc_module_row){ .kind = PMC_MODULE_VDSO, .build_id_len = 20 });
	assert_string_equal(sym_name(&session, module, sym_address(path, names[0])), "");
	sym_close(&session);
	if (!found)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
