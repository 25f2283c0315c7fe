/*
 * test_export_paths.c - distinct paths in preorder, what they are told apart by, and roots; then
 * tracks of them.
 */
#include "export_fixture.h"
#include "report/export_tracks.h"

static struct export_fixture t;
static struct export_paths paths;
static uint32_t *keys;

static int set_up(void **state)
{
	(void)state;
	export_fixture_init(&t);
	memset(&paths, 0, sizeof(paths));
	keys = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_paths_fini(&paths);
	free(keys);
	export_fixture_fini(&t);
	return 0;
}

static void build(bool by_function)
{
	export_fixture_load(&t, true);
	keys = by_function ? export_keys_by_function(&t.data) : export_keys_by_frame(&t.data);
	export_paths_build(&paths, &t.data, keys);
}

/* "main;work;tiny" */
static char *path_text(uint32_t path)
{
	char *text = pmc_strdup("");

	for (; path != PATH_NONE; path = paths.items.items[path].parent) {
		const uint32_t frame = paths.items.items[path].frame;
		const char *name = export_text(&t.data,
					       export_function(&t.data, frame)->function);
		char *longer = pmc_sprintf("%s%s%s", name, *text ? ";" : "", text);

		free(text);
		text = longer;
	}
	return text;
}

static void check_order(void)
{
	for (uint32_t i = 0; i < paths.items.count; i++) {
		const struct export_path *path = &paths.items.items[i];

		assert_true(path->last >= i && path->last < paths.items.count);
		if (path->parent == PATH_NONE)
			continue;
		assert_true(path->parent < i);
		assert_true(path->last <= paths.items.items[path->parent].last);
	}
}

static bool has_path(const char *text)
{
	for (uint32_t i = 0; i < paths.items.count; i++) {
		PMC_FREE char *mine = path_text(i);

		if (!strcmp(mine, text))
			return true;
	}
	return false;
}

static void by_function(void **state)
{
	static const char *const want[] = { "main", "main;work", "main;work;tiny", "main;rec",
					    "main;rec;rec", "main;rec;rec;rec", "[prog+0x99]" };

	(void)state;
	build(true);
	check_order();
	assert_int_equal(paths.items.count, PMC_COUNT(want));
	for (size_t i = 0; i < PMC_COUNT(want); i++)
		assert_true(has_path(want[i]));
}

/* main's call of work at 0x20 and the work at 0x28 that has tiny in it are two. */
static void by_frame(void **state)
{
	(void)state;
	build(false);
	check_order();
	assert_int_equal(paths.items.count, 8);
}

static void of_costs(void **state)
{
	(void)state;
	build(true);
	for (size_t i = 0; i < t.data.stacks.costs.count; i++) {
		const struct stacks_cost *cost = &t.data.stacks.costs.items[i];
		PMC_FREE char *text = path_text(paths.of_cost[i]);

		if (cost->samples == 4)
			assert_string_equal(text, "main;rec;rec;rec");
		if (cost->event == 1)
			assert_string_equal(text, "main;work");
	}
}

static void below_a_root(void **state)
{
	(void)state;
	t.opts.root = "rec";
	build(true);
	assert_int_equal(paths.items.count, 3);
	assert_true(has_path("rec;rec;rec"));
	for (size_t i = 0; i < t.data.stacks.costs.count; i++)
		assert_int_equal(paths.of_cost[i] == PATH_NONE,
				 t.data.stacks.costs.items[i].samples != 4);
}

static void below_an_inlined_root(void **state)
{
	(void)state;
	t.opts.root = "tiny";
	build(true);
	assert_int_equal(paths.items.count, 1);
	assert_true(has_path("tiny"));
}

static void tracks_of_threads(void **state)
{
	static const struct { const char *name; uint32_t event; size_t steps; } want[] = {
		{ "prog (tid 100)", 0, 4 },
		{ "worker (pid 100, tid 101)", 0, 1 },
		{ "prog (tid 100)", 1, 1 },
	};
	struct export_tracks tracks;

	(void)state;
	build(true);
	export_tracks_build(&tracks, &t.data, &paths);
	assert_int_equal(tracks.items.count, PMC_COUNT(want));
	for (size_t i = 0; i < PMC_COUNT(want); i++) {
		const struct export_track *track = &tracks.items.items[i];
		PMC_FREE char *name = export_track_name(&tracks, track);
		struct export_step step;
		size_t steps = 0, at = track->first;
		uint64_t last = 0;

		assert_string_equal(name, want[i].name);
		assert_int_equal(track->event, want[i].event);
		for (; export_tracks_next(&tracks, track, &at, &step); steps++) {
			const uint64_t place = (uint64_t)step.slice << 32 | step.path;

			assert_true(!steps || place > last);
			last = place;
		}
		assert_int_equal(steps, want[i].steps);
	}
	export_tracks_fini(&tracks);
}

/* Costs of two places that are one path are one step; values are scaled. */
static void steps_are_merged(void **state)
{
	struct export_tracks tracks;
	struct export_step step;
	size_t at;

	(void)state;
	t.opts.root = "main";
	export_fixture_load(&t, true);
	keys = pmc_calloc(t.data.stacks.frames.count + 1, sizeof(*keys));
	export_paths_build(&paths, &t.data, keys);
	export_tracks_build(&tracks, &t.data, &paths);
	assert_int_equal(tracks.items.count, 2);
	at = tracks.items.items[1].first;
	assert_true(export_tracks_next(&tracks, &tracks.items.items[1], &at, &step));
	assert_int_equal(step.value, 4002);
	assert_int_equal(step.samples, 2);
	assert_false(export_tracks_next(&tracks, &tracks.items.items[1], &at, &step));
	export_tracks_fini(&tracks);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(by_function), CASE(by_frame), CASE(of_costs), CASE(below_a_root),
		CASE(below_an_inlined_root), CASE(tracks_of_threads), CASE(steps_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
