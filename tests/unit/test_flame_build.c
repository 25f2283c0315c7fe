/*
 * test_flame_build.c - which nodes of a tree become frames, and where they stand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flame_fixture.h"
#include "report/flame.h"

static const struct flame_frame *frame(const struct flame *flame, size_t i)
{
	assert_true(i < flame->frames.count);
	return &flame->frames.items[i];
}

static void without_samples(void **state)
{
	struct flame_fixture t;
	struct flame flame;

	(void)state;
	flame_fixture_init(&t, "cpu-clock", true);
	flame_fixture_finish(&t);
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, 1);
	assert_int_equal(flame.rows, 1);
	assert_int_equal(frame(&flame, 0)->total, 0);
	assert_int_equal(flame.left_out, 0);
	flame_fini(&flame);

	t.tree.head.events_count = 0;
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, 1);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

static void nodes_without_value(void **state)
{
	struct flame_fixture t;
	struct flame flame;
	uint32_t root;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	root = flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 0);
	flame_fixture_add(&t, root, "work", "prog", PMC_MODULE_USER, false, 0);
	flame_fixture_finish(&t);
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, 1);
	assert_int_equal(flame.left_out, 0);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

static void one_frame(void **state)
{
	struct flame_fixture t;
	struct flame flame;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 1);
	flame_fixture_finish(&t);
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, 2);
	assert_int_equal(flame.rows, 2);
	assert_int_equal(frame(&flame, 1)->parent, 0);
	assert_int_equal(frame(&flame, 1)->self, 1);
	assert_int_equal(frame(&flame, 1)->samples, 1);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

/* main { work 30 { tiny 20 } rec 15 { rec 10 } } self 5, other 40 */
static void places(void **state)
{
	static const struct {
		uint32_t parent, depth;
		int64_t self, total;
		double start;
	} want[] = {
		{ FLAME_NONE, 0, 0, 100, 0 }, { 0, 1, 5, 60, 0 }, { 1, 2, 20, 40, 0 },
		{ 2, 3, 20, 20, 0 }, { 1, 2, 5, 15, 40 }, { 4, 3, 10, 10, 40 },
		{ 0, 1, 40, 40, 60 },
	};
	struct flame_fixture t;
	struct flame flame;
	uint32_t root, node;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	root = flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 5);
	node = flame_fixture_add(&t, root, "work", "prog", PMC_MODULE_USER, false, 20);
	flame_fixture_add(&t, node, "tiny", "prog", PMC_MODULE_USER, true, 20);
	node = flame_fixture_add(&t, root, "rec", "prog", PMC_MODULE_USER, false, 5);
	flame_fixture_add(&t, node, "rec", "prog", PMC_MODULE_USER, false, 10);
	flame_fixture_add(&t, TREE_NONE, "other", "prog", PMC_MODULE_USER, false, 40);
	flame_fixture_finish(&t);
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, PMC_COUNT(want));
	assert_int_equal(flame.rows, 4);
	for (size_t i = 0; i < PMC_COUNT(want); i++) {
		assert_int_equal(frame(&flame, i)->parent, want[i].parent);
		assert_int_equal(frame(&flame, i)->depth, want[i].depth);
		assert_int_equal(frame(&flame, i)->self, want[i].self);
		assert_int_equal(frame(&flame, i)->total, want[i].total);
		assert_true(frame(&flame, i)->start == want[i].start);
	}
	assert_true(frame(&flame, 3)->inlined);
	assert_false(frame(&flame, 2)->inlined);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

/* 1 of 2 of 4 … of 2^62: every size of value, and sums that fill an int64_t. */
static void huge_values(void **state)
{
	struct flame_fixture t;
	struct flame flame;
	uint32_t node = TREE_NONE;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	for (int bit = 61; bit >= 0; bit--)
		node = flame_fixture_add(&t, node, "f", "prog", PMC_MODULE_USER, false,
					 INT64_C(1) << bit);
	flame_fixture_add(&t, TREE_NONE, "g", "prog", PMC_MODULE_USER, false, INT64_C(1) << 62);
	flame_fixture_finish(&t);
	assert_true(t.tree.sums[0].total == INT64_MAX);
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.frames.count, 64);
	assert_int_equal(flame.left_out, 0);
	assert_true(frame(&flame, 0)->total == INT64_MAX);
	flame_fini(&flame);

	/* The limit is for what is too small to be seen. */
	flame_build(&flame, &t.tree, 0, 1);
	assert_true(flame.frames.count > 10 && flame.frames.count < 20);
	assert_int_equal(flame.frames.count + flame.left_out, 64);
	for (size_t i = 0; i < flame.frames.count; i++)
		assert_true(frame(&flame, i)->total >= flame.least);
	assert_true(flame.least <= INT64_MAX / FLAME_ALWAYS);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

/* As wide as everything: none may be left out, whatever the limit. */
static void deep_recursion(void **state)
{
	enum { DEPTH = 100000 };
	struct flame_fixture t;
	struct flame flame;
	uint32_t node = TREE_NONE;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	for (int i = 0; i < DEPTH; i++)
		node = flame_fixture_add(&t, node, "rec", "prog", PMC_MODULE_USER, false,
					 i + 1 == DEPTH);
	flame_fixture_finish(&t);
	flame_build(&flame, &t.tree, 0, 100);
	assert_int_equal(flame.frames.count, DEPTH + 1);
	assert_int_equal(flame.rows, DEPTH + 1);
	assert_int_equal(flame.left_out, 0);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

/* A few wide ones, thousands of narrow ones with one below each: the narrow ones go, in pairs. */
static void limit(void **state)
{
	static const size_t limits[] = { 100000, 10000, 1000, 10, 0 };
	struct flame_fixture t;
	struct flame flame;
	uint32_t root;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	root = flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 1 << 30);
	for (int i = 0; i < 5000; i++) {
		uint32_t node = flame_fixture_add(&t, root, "f", "prog", PMC_MODULE_USER, false,
						  10000 - i);

		flame_fixture_add(&t, node, "g", "prog", PMC_MODULE_USER, false, 100);
	}
	flame_fixture_finish(&t);
	for (size_t k = 0; k < PMC_COUNT(limits); k++) {
		flame_build(&flame, &t.tree, 0, limits[k]);
		assert_true(flame.frames.count <= limits[k] + 2);
		assert_int_equal(flame.frames.count + flame.left_out, 10002);
		for (size_t i = 1; i < flame.frames.count; i++) {
			assert_true(frame(&flame, i)->parent < i);
			assert_true(frame(&flame, i)->total >= flame.least);
		}
		/* Main is kept in any case, and nothing but it is 10,000th of all. */
		if (!limits[k])
			assert_int_equal(flame.frames.count, 2);
		flame_fini(&flame);
	}
	flame_fixture_fini(&t);
}

/* What the tree itself has left out is told, too. */
static void hidden(void **state)
{
	struct flame_fixture t;
	struct flame flame;

	(void)state;
	flame_fixture_init(&t, "cycles", false);
	flame_fixture_add(&t, TREE_NONE, "main", "prog", PMC_MODULE_USER, false, 7);
	flame_fixture_finish(&t);
	t.tree.nodes.items[0].hidden = 3;
	t.tree.hidden = 2;
	flame_build(&flame, &t.tree, 0, FLAME_LIMIT);
	assert_int_equal(flame.left_out, 5);
	flame_fini(&flame);
	flame_fixture_fini(&t);
}

static void kinds(void **state)
{
	static const struct { const char *module; enum pmc_module_kind kind; enum flame_kind want; }
	cases[] = {
		{ "solve", PMC_MODULE_USER, FLAME_OWN },
		{ "my.solver", PMC_MODULE_USER, FLAME_OWN },
		{ "a.sort", PMC_MODULE_USER, FLAME_OWN },
		{ "libc.so.6", PMC_MODULE_USER, FLAME_LIBRARY },
		{ "plugin.so", PMC_MODULE_USER, FLAME_LIBRARY },
		{ "a.sort.so", PMC_MODULE_USER, FLAME_LIBRARY },
		{ "[vdso]", PMC_MODULE_VDSO, FLAME_LIBRARY },
		{ "[anon]", PMC_MODULE_ANON, FLAME_JIT },
		{ "[kernel]", PMC_MODULE_KERNEL, FLAME_KERNEL },
		{ "ext4", PMC_MODULE_KMOD, FLAME_KERNEL },
		{ "bpf_prog", PMC_MODULE_KSYM, FLAME_KERNEL },
		{ "[unknown]", PMC_MODULE_UNKNOWN, FLAME_UNKNOWN },
		{ NULL, PMC_MODULE_USER, FLAME_TASK },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct flame_fixture t;

		flame_fixture_init(&t, "cycles", false);
		flame_fixture_add(&t, TREE_NONE, "f", cases[i].module, cases[i].kind, false, 1);
		assert_int_equal(flame_kind_of(&t.tree, &t.tree.functions.items[0]),
				 cases[i].want);
		flame_fixture_fini(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_samples), cmocka_unit_test(nodes_without_value),
		cmocka_unit_test(one_frame),	   cmocka_unit_test(places),
		cmocka_unit_test(huge_values),	   cmocka_unit_test(deep_recursion),
		cmocka_unit_test(limit),	   cmocka_unit_test(hidden),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
