/*
 * test_export_tree.c - which event of a session is taken, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/export.h"

#include "store_fixture.h"

static struct store_fixture t;
static struct pmc_store *store;
static int64_t session;

static int set_up(void **state)
{
	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	session = store_fixture_session(&t, store, "small");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pmc_store_close(store);
	store_fixture_fini(&t);
	return 0;
}

static void takes_one_event(void **state)
{
	static const struct { const char *event, *want; int64_t total; } cases[] = {
		{ NULL, "cpu-clock", 2750000 },
		{ "cpu-clock", "cpu-clock", 2750000 },
		{ "instructions", "instructions", 4002 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct tree_opts opts = { .session_id = session, .event = cases[i].event,
						.by = PMC_BY_FUNCTION, .to_s = -1 };
		struct pmc_err err = { 0 };
		struct tree tree;

		assert_int_equal(export_load_tree(&tree, store, &opts, "it", &err), 0);
		assert_int_equal(tree.head.events_count, 1);
		assert_string_equal(tree_text(&tree, tree.head.events[0].name), cases[i].want);
		assert_int_equal(tree.sums[0].total, cases[i].total);
		tree_fini(&tree);
	}
}

static void check_refused(int64_t id, const char *event, const char *message)
{
	const struct tree_opts opts = { .session_id = id, .event = event, .to_s = -1 };
	struct pmc_err err = { 0 };
	struct tree tree;

	assert_int_equal(export_load_tree(&tree, store, &opts, "a list", &err), -1);
	tree_fini(&tree);
	if (!strstr(err.message, message))
		fail_msg("'%s' is not in: %s", message, err.message);
}

static void refuses(void **state)
{
	(void)state;
	check_refused(session, "cycles", "no event 'cycles'");
	check_refused(session, "cpu-clock,instructions", "a list holds one event, but --event");
	check_refused(99, NULL, "99");
}

/* A session in which nothing was sampled yet, and its folded stacks: no line, no error. */
static void empty_session(void **state)
{
	int64_t id;
	struct pmc_writer *writer = store_fixture_begin(&t, store, "empty", &id);
	struct pmc_export_opts opts = { .session_id = id, .format = "folded", .to_s = -1 };
	struct pmc_err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(pmc_writer_finish(writer, 1, false, &err), 0);
	pmc_writer_free(writer);
	assert_int_equal(pmc_export_write(store, &opts, out, &err), 0);
	fclose(out);
	assert_int_equal(size, 0);
	free(text);
}

static void formats(void **state)
{
	struct pmc_export_opts opts = { .session_id = session, .format = "folded", .to_s = -1 };
	struct pmc_err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_string_equal(pmc_export_formats[0], "folded");
	assert_int_equal(pmc_export_write(store, &opts, out, &err), 0);
	fclose(out);
	assert_string_equal(text, "[prog+0x99] 250000\n"
				  "main;rec;rec;rec 1000000\n"
				  "main;work 750000\n"
				  "main;work;tiny_[i] 750000\n");
	free(text);
	opts.format = "origami";
	assert_int_equal(pmc_export_write(store, &opts, stdout, &err), -1);
	assert_string_equal(err.message, "no format 'origami' to export to");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_one_event), cmocka_unit_test(refuses),
		cmocka_unit_test(empty_session), cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
