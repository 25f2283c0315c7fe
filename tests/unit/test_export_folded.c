/*
 * test_export_folded.c - folded stacks: names made harmless, equal lines made one, their order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "flame_fixture.h"
#include "report/export.h"

static char *fold(struct flame_fixture *t)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	flame_fixture_finish(t);
	export_folded_tree(&t->tree, out);
	fclose(out);
	flame_fixture_fini(t);
	return text;
}

static uint32_t own(struct flame_fixture *t, uint32_t parent, const char *name, int64_t self)
{
	return flame_fixture_add(t, parent, name, "prog", PMC_MODULE_USER, false, self);
}

static void nothing(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	text = fold(&t);
	assert_string_equal(text, "");
}

static void lines(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;
	uint32_t main_node, node;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	main_node = own(&t, TREE_NONE, "main", 0);
	node = own(&t, main_node, "work", 5);
	flame_fixture_add(&t, node, "tiny", "prog", PMC_MODULE_USER, true, 3);
	node = own(&t, main_node, "rec", 0);
	own(&t, node, "rec", 2);
	node = own(&t, main_node, "read", 1);
	flame_fixture_add(&t, node, "do_syscall_64", "[kernel]", PMC_MODULE_KERNEL, false, 9);
	flame_fixture_add(&t, node, "fast", "[kernel]", PMC_MODULE_KERNEL, true, 1);
	flame_fixture_add(&t, TREE_NONE, "jitted", "[anon]", PMC_MODULE_ANON, false, 4);
	own(&t, TREE_NONE, "", INT64_MAX / 2);
	text = fold(&t);
	assert_string_equal(text, "[unknown] 4611686018427387903\n"
				  "jitted_[j] 4\n"
				  "main;read 1\n"
				  "main;read;do_syscall_64_[k] 9\n"
				  "main;read;fast_[k] 1\n"
				  "main;rec;rec 2\n"
				  "main;work 5\n"
				  "main;work;tiny_[i] 3\n");
}

static void threads(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	own(&t, flame_fixture_add(&t, TREE_NONE, "a;b (tid 7)", NULL, PMC_MODULE_USER, false, 0),
	    "main", 2);
	text = fold(&t);
	assert_string_equal(text, "a:b (tid 7);main 2\n");
}

static void hostile_names(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;
	uint32_t node;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	node = own(&t, TREE_NONE, "a;b\nc\r\td 9", 0);
	node = own(&t, node, "\033[31mred\xff", 0);
	node = own(&t, node, "operator< <'\"&", 0);
	own(&t, node, "größe", 1);
	text = fold(&t);
	assert_string_equal(text, "a:b?c??d 9;?[31mred?;operator< <'\"&;größe 1\n");
}

/* Two modules with functions of one name; and names that become equal: one line each. */
static void equal_stacks(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;
	uint32_t node;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	node = own(&t, TREE_NONE, "init", 1);
	own(&t, node, "x;y", 10);
	own(&t, node, "b", 3);
	node = own(&t, TREE_NONE, "main", 100);
	node = flame_fixture_add(&t, TREE_NONE, "init", "libm.so", PMC_MODULE_USER, false, 2);
	own(&t, node, "b", 4);
	own(&t, own(&t, node, "x:y", 20), "z", 5);
	text = fold(&t);
	assert_string_equal(text, "init 3\ninit;b 7\ninit;x:y 30\ninit;x:y;z 5\nmain 100\n");
}

/* "a" before "a b" before "ab", as bytes compare, also when siblings come in another order. */
static void order(void **state)
{
	struct flame_fixture t;
	PMC_FREE char *text = NULL;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	own(&t, TREE_NONE, "ab", 9);
	own(&t, TREE_NONE, "é", 8);
	own(&t, TREE_NONE, "a", 7);
	own(&t, TREE_NONE, "a b", 6);
	own(&t, TREE_NONE, "B", 5);
	text = fold(&t);
	assert_string_equal(text, "B 5\na 7\na b 6\nab 9\né 8\n");
}

static void deep_recursion(void **state)
{
	enum { DEPTH = 100000 };
	struct flame_fixture t;
	PMC_FREE char *text = NULL;
	uint32_t node = TREE_NONE;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	for (int i = 0; i < DEPTH; i++)
		node = own(&t, node, "r", i + 1 == DEPTH);
	text = fold(&t);
	assert_int_equal(strlen(text), DEPTH * 2 - 1 + 3);
	assert_string_equal(text + DEPTH * 2 - 4, "r;r 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),	 cmocka_unit_test(lines),
		cmocka_unit_test(threads),	 cmocka_unit_test(hostile_names),
		cmocka_unit_test(equal_stacks),	 cmocka_unit_test(order),
		cmocka_unit_test(deep_recursion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
