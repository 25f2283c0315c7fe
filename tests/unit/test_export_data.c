/*
 * test_export_data.c - what formats keep besides stacks: places, lines, time, scale; and damage.
 */
#include "export_fixture.h"

static struct export_fixture t;

static int set_up(void **state)
{
	(void)state;
	export_fixture_init(&t);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_fixture_fini(&t);
	return 0;
}

/* Index of the location with this offset. */
static uint32_t location_at(uint64_t offset)
{
	for (uint32_t i = 0; i < t.data.stacks.locations.count; i++) {
		if (t.data.places[i].offset == offset)
			return i;
	}
	fail_msg("no location at %#lx", (unsigned long)offset);
	return 0;
}

static void check_frame(uint64_t offset, uint32_t k, const char *function, const char *file,
			int64_t line)
{
	const uint32_t location = location_at(offset);
	const uint32_t frame = t.data.stacks.locations.items[location].first + k;

	assert_string_equal(export_text(&t.data, export_function(&t.data, frame)->function),
			    function);
	assert_string_equal(export_text(&t.data, t.data.lines[frame].file), file);
	assert_int_equal(t.data.lines[frame].line, line);
	assert_int_equal(t.data.frame_locations[frame], location);
}

static void session(void **state)
{
	(void)state;
	export_fixture_load(&t, false);
	assert_int_equal(t.data.head.events_count, 2);
	assert_true(t.data.started_at_ns == 1700000000123456789);
	assert_int_equal(t.data.slice_ns, PMC_SLICE_NS_DEFAULT);
	assert_string_equal(export_text(&t.data, t.data.arch), "x86_64");
	assert_int_equal(t.data.moments.count, 0);
}

static void places_and_lines(void **state)
{
	(void)state;
	export_fixture_load(&t, false);
	assert_int_equal(t.data.modules.count, 1);
	assert_string_equal(export_text(&t.data, t.data.modules.items[0].path), "/opt/bin/prog");
	assert_true(t.data.modules.items[0].end == 0x9a);
	check_frame(0x10, 0, "main", "main.c", 12);
	check_frame(0x20, 0, "work", "main.c", 25);
	check_frame(0x28, 0, "work", "main.c", 27);
	check_frame(0x28, 1, "tiny", "tiny.h", 5);
	check_frame(0x99, 0, "[prog+0x99]", "", 0);
	for (size_t i = 0; i < t.data.stacks.functions.count; i++)
		assert_int_equal(t.data.function_modules[i], 0);
}

/* Where a caller is, is its call: the byte before what it returns to, if there is one. */
static void callers(void **state)
{
	(void)state;
	export_fixture_sql(&t, "UPDATE location SET is_caller = 1 WHERE offset = 0x10;"
			       " UPDATE location SET is_caller = 1, offset = 0"
			       " WHERE offset = 0x20");
	export_fixture_load(&t, false);
	check_frame(0xf, 0, "main", "main.c", 12);
	check_frame(0, 0, "work", "main.c", 25);
	check_frame(0x28, 0, "work", "main.c", 27);
}

static void scale(void **state)
{
	(void)state;
	export_fixture_load(&t, false);
	assert_int_equal(export_value(&t.data, 0, 750000), 750000);
	assert_int_equal(export_value(&t.data, 1, 2001), 4002);
	assert_true(export_value(&t.data, 1, INT64_MAX) == INT64_MAX);
	assert_true(export_add(INT64_MAX, 1) == INT64_MAX);
	assert_int_equal(export_add(2, 3), 5);
}

/* By event, slice, cost: what was written, summed where a slice had a cost twice. */
static void moments(void **state)
{
	static const struct { uint32_t event, slice; int64_t samples, value; } want[] = {
		{ 0, 0, 3, 750000 }, { 0, 0, 2, 500000 }, { 0, 1, 1, 250000 }, { 0, 1, 4, 1000000 },
		{ 0, 2, 1, 250000 }, { 1, 0, 2, 2001 },
	};

	(void)state;
	export_fixture_load(&t, true);
	assert_int_equal(t.data.moments.count, PMC_COUNT(want));
	for (size_t i = 0; i < PMC_COUNT(want); i++) {
		const struct export_moment *moment = &t.data.moments.items[i];

		assert_int_equal(t.data.stacks.costs.items[moment->cost].event, want[i].event);
		assert_int_equal(moment->slice, want[i].slice);
		assert_int_equal(moment->samples, want[i].samples);
		assert_int_equal(moment->value, want[i].value);
	}
}

static void window(void **state)
{
	int64_t sum = 0;

	(void)state;
	t.opts.from_s = 0.1;
	t.opts.to_s = 0.2;
	export_fixture_load(&t, true);
	assert_int_equal(t.data.moments.count, 2);
	for (size_t i = 0; i < t.data.stacks.costs.count; i++)
		sum += t.data.stacks.costs.items[i].samples;
	assert_int_equal(sum, 5);
}

static void one_event(void **state)
{
	(void)state;
	t.opts.event = "instructions";
	export_fixture_load(&t, true);
	assert_int_equal(t.data.head.events_count, 1);
	assert_int_equal(t.data.moments.count, 1);
}

static void root(void **state)
{
	size_t roots = 0;

	(void)state;
	t.opts.root = "rec";
	export_fixture_load(&t, false);
	for (size_t i = 0; i < t.data.stacks.functions.count; i++)
		roots += t.data.is_root[i];
	assert_int_equal(roots, 1);
}

static void counted_events(void **state)
{
	(void)state;
	export_fixture_sql(&t, "UPDATE event SET mode = 'count' WHERE name = 'instructions'");
	export_fixture_load(&t, false);
	assert_int_equal(t.data.head.events_count, 1);
	export_data_fini(&t.data);
	t.opts.event = "instructions";
	export_fixture_fails(&t, "speedscope",
			     "event instructions was counted, and has no samples for speedscope");
	export_fixture_sql(&t, "UPDATE event SET mode = 'count'");
	t.opts.event = NULL;
	export_fixture_fails(&t, "chrome", "session 1 holds counts, and no samples for a trace");
}

static void errors(void **state)
{
	(void)state;
	t.opts.event = "bogus";
	export_fixture_fails(&t, "firefox", "no event 'bogus' in session 1");
	t.opts.event = NULL;
	t.opts.by_thread = true;
	export_fixture_fails(&t, "firefox", "--by thread is for folded stacks, not for firefox");
	t.opts.by_thread = false;
	t.opts.view = "health";
	export_fixture_fails(&t, "callgrind", "--view is for csv, not for callgrind");
}

/* Rows that are gone, sites that lie in themselves: formats are written all the same. */
static void damage(void **state)
{
	static const char *const damages[] = {
		"UPDATE inline_site SET outer_id = id",
		"UPDATE inline_site SET function_id = 999",
		"UPDATE location SET function_id = 999",
		"UPDATE location SET offset = -1",
		"UPDATE session SET slice_ns = 0",
		"UPDATE session SET slice_ns = 9223372036854775807",
		"UPDATE session SET slice_ns = 1, duration_ns = 9223372036854775807",
		"UPDATE session SET duration_ns = -9223372036854775807 - 1",
		"UPDATE slice SET slice = 4294967294",
		"UPDATE cost SET thread_id = 999",
		"DELETE FROM module",
		"DELETE FROM inline_site",
		"DELETE FROM function",
		"DELETE FROM thread",
		"DELETE FROM slice",
		"DELETE FROM location",
	};
	static const char *const formats[] = { "firefox", "speedscope", "callgrind", "chrome" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(damages); i++) {
		export_fixture_sql(&t, damages[i]);
		for (size_t f = 0; f < PMC_COUNT(formats); f++)
			free(export_fixture_text(&t, formats[f]));
		if (pmc_export_has_pprof())
			free(export_fixture_text(&t, "pprof"));
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(session), CASE(places_and_lines), CASE(callers), CASE(scale), CASE(moments),
		CASE(window), CASE(one_event), CASE(root), CASE(counted_events), CASE(errors),
		CASE(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
