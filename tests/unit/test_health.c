/* test_health.c - every figure has words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/health.h"

static void test_all_described(void **state)
{
	(void)state;
	for (int i = 0; i < PMC_HEALTH_COUNT; i++) {
		const struct pmc_health_text *text = pmc_health_describe((enum pmc_health)i);

		assert_non_null(text);
		assert_string_not_equal(text->name, "unknown");
		for (const char *at = text->name; *at; at++)
			assert_true(islower((unsigned char)*at) || *at == '_');
		assert_true(!strcmp(text->severity, "error") ||
			    !strcmp(text->severity, "warning") || !strcmp(text->severity, "info"));
		assert_true(strlen(text->advice) > 40);
		assert_int_equal(text->advice[strlen(text->advice) - 1], '.');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(text->name,
						pmc_health_describe((enum pmc_health)j)->name);
	}
}

static void test_out_of_range(void **state)
{
	(void)state;
	assert_string_equal(pmc_health_describe(PMC_HEALTH_COUNT)->name, "unknown");
	assert_string_equal(pmc_health_describe((enum pmc_health)-1)->name, "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_described),
		cmocka_unit_test(test_out_of_range),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
