/*
 * test_flame_svg.c - the file of a flame graph: what is in it, and what can never get into it.
 *
 * That it is XML, and what it does in a browser, is looked at by tests/e2e/test_flame.py.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "flame_fixture.h"
#include "report/flame.h"
#include "report/flame_assets.h"

static const struct flame_look plain = {
	.title = "./prog", .subtitle = "cycles", .event = "cycles",
};

static char *write_file(const struct flame_fixture *t, const struct flame_look *look)
{
	struct flame flame;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	flame_build(&flame, &t->tree, 0, FLAME_LIMIT);
	flame_svg(&flame, look, out);
	fclose(out);
	flame_fini(&flame);
	assert_int_equal(strlen(text), size);
	return text;
}

static uint32_t own(struct flame_fixture *t, uint32_t parent, const char *name, int64_t self)
{
	return flame_fixture_add(t, parent, name, "prog", PMC_MODULE_USER, false, self);
}

static size_t count(const char *text, const char *what)
{
	size_t found = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		found++;
	return found;
}

static void check_has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("not in the file: %s", what);
}

static void small(struct flame_fixture *t)
{
	uint32_t root, node;

	flame_fixture_init(t, "cycles", false);
	root = own(t, TREE_NONE, "main", 0);
	node = own(t, root, "work", 50);
	flame_fixture_add(t, node, "tiny", "libm.so.6", PMC_MODULE_USER, true, 25);
	own(t, root, "rest", 25);
	flame_fixture_finish(t);
}

static void frames(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL, *again = NULL;

	(void)state;
	small(&t);
	text = write_file(&t, &plain);
	again = write_file(&t, &plain);
	assert_string_equal(text, again);
	/* Four rows of 17 below 108: everything is in the lowest. */
	check_has(text, "<title>all\n100.00 %, 100 in 3 samples</title><rect class=\"a0\" "
			"x=\"10.00\" y=\"159\" width=\"1179.00\" height=\"16\"/>");
	check_has(text, "<title>work (prog)\n75.00 %, 75 in 2 samples</title>");
	check_has(text, "x=\"10.00\" y=\"125\" width=\"884.00\"");
	check_has(text, "<title>tiny (libm.so.6, inlined)\n25.00 %, 25 in 1 samples</title>");
	check_has(text, "<title>rest (prog)\n25.00 %, 25 in 1 samples</title>");
	check_has(text, "x=\"895.00\" y=\"125\" width=\"294.00\"");
	check_has(text, "\"depth\": [0,1,2,3,2]");
	check_has(text, "\"inlined\": [0,0,0,1,0]");
	check_has(text, "\"total\": [100,100,75,25,25]");
	check_has(text, "\"self\": [0,0,50,25,25]");
	check_has(text, "\"samples\": [3,3,2,1,1]");
	check_has(text, ">library</text>");
	check_has(text, ">inlined: lighter</text>");
	assert_null(strstr(text, ">kernel</text>"));
	flame_fixture_fini(&t);
}

static void icicle(void **state)
{
	struct flame_look look = plain;
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	small(&t);
	look.icicle = true;
	look.note = "what runs under <main>";
	text = write_file(&t, &look);
	/* A note moves all down by a line. */
	check_has(text, "class=\"a0\" x=\"10.00\" y=\"124\" width=\"1179.00\"");
	check_has(text, ">what runs under &lt;main&gt;</text>");
	check_has(text, "\"icicle\": true");
	flame_fixture_fini(&t);
}

static void page(void **state)
{
	struct flame_look look = plain;
	struct flame_fixture t;
	PMC_FREE char *text = NULL, *policy = NULL;

	(void)state;
	small(&t);
	look.html = true;
	text = write_file(&t, &look);
	policy = pmc_sprintf("default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'",
			     flame_script_sha256, flame_style_sha256);
	assert_int_equal(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
	check_has(text, policy);
	assert_int_equal(strlen(flame_script_sha256), 44);
	flame_fixture_fini(&t);
}

static void without_samples(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	flame_fixture_finish(&t);
	text = write_file(&t, &plain);
	check_has(text, "<title>all\n0.00 %, 0 in 0 samples</title>");
	check_has(text, "\"depth\": [0]");
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf\""));
	flame_fixture_fini(&t);
}

static void huge_values(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	own(&t, TREE_NONE, "f", INT64_MAX - 1);
	own(&t, TREE_NONE, "g", 1);
	flame_fixture_finish(&t);
	text = write_file(&t, &plain);
	check_has(text, "\"total\": [9223372036854775807,9223372036854775806,1]");
	check_has(text, "100.00 %, 9.22E in 1 samples");
	flame_fixture_fini(&t);
}

/* Whatever functions, modules, events and commands are called. */
static void hostile_names(void **state)
{
	static const char *const names[] = {
		"<script>window.hacked = 1</script>",
		"</script><script>window.hacked = 2</script>",
		"]]></style></metadata><script>window.hacked = 3</script>",
		"\" onload=\"window.hacked = 4\" x='",
		"&lt;img src=x onerror=window.hacked=5&gt;",
		"\\u003cscript\\u003e \\\" \\",
		"\033]0;title\007\033[2J", "\xff\xfe<\x80", "\xef\xbf\xbf\xef\xbf\xbe",
		"a\nb\tc\rd",
		"\xe2\x80\xae<txt.exe", "\xe2\x80\xa8",
	};
	struct flame_fixture t;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		for (int html = 0; html < 2; html++) {
			const struct flame_look look = {
				.title = names[i], .subtitle = names[i], .note = names[i],
				.event = names[i], .html = html,
			};
			PMC_FREE char *text = NULL;

			flame_fixture_init(&t, names[i], false);
			flame_fixture_add(&t, TREE_NONE, names[i], names[i], PMC_MODULE_USER, false,
					  1);
			flame_fixture_finish(&t);
			text = write_file(&t, &look);
			assert_int_equal(count(text, "<script"), 1);
			assert_int_equal(count(text, "</script"), 1);
			assert_int_equal(count(text, "<style"), 1);
			assert_int_equal(count(text, "</style"), 1);
			assert_int_equal(count(text, "]]>"), 2);
			assert_int_equal(count(text, "<metadata"), 1);
			assert_int_equal(count(text, "</metadata"), 1);
			assert_int_equal(count(text, "<img"), 0);
			assert_int_equal(count(text, "onload=\""), 0);
			for (const char *at = text; *at; at++)
				assert_false(iscntrl((unsigned char)*at) && !strchr("\n\t", *at));
			assert_null(strchr(text, 0x7f));
			assert_int_equal(count(text, "\xff"), 0);
			assert_int_equal(count(text, "\xef\xbf\xbf"), 0);
			assert_int_equal(count(text, "\xef\xbf\xbe"), 0);
			assert_int_equal(count(text, "\xe2\x80\xae"), 0);
			flame_fixture_fini(&t);
		}
	}
}

static void names_of_any_length(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL, *name = pmc_calloc(100001, 1);

	(void)state;
	memset(name, 'x', 100000);
	flame_fixture_init(&t, "cycles", false);
	own(&t, TREE_NONE, name, 1);
	own(&t, TREE_NONE, "", 1);
	flame_fixture_finish(&t);
	text = write_file(&t, &plain);
	check_has(text, "xxx…</text>");
	check_has(text, ">[unknown]</text>");
	flame_fixture_fini(&t);
}

/* A frame that no still shows is in the data all the same. */
static void many_frames(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;
	uint32_t root;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	root = own(&t, TREE_NONE, "main", 0);
	for (int i = 0; i < 10000; i++)
		own(&t, root, i % 2 ? "odd" : "even", 1);
	flame_fixture_finish(&t);
	text = write_file(&t, &plain);
	assert_int_equal(count(text, "<title>main (prog)"), 1);
	assert_int_equal(count(text, "<title>odd"), 0);
	/* Total, self and samples of each; total and samples of main. */
	assert_int_equal(count(strstr(text, "\"total\""), ",1"), 10000 * 3 + 2);
	assert_true(strlen(text) < 400000);
	flame_fixture_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),	   cmocka_unit_test(icicle),
		cmocka_unit_test(page),		   cmocka_unit_test(without_samples),
		cmocka_unit_test(huge_values),	   cmocka_unit_test(hostile_names),
		cmocka_unit_test(names_of_any_length), cmocka_unit_test(many_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
