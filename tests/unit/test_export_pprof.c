/*
 * test_export_pprof.c - pprof profiles: unpacked again, and what a build without them says.
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

#ifdef HAVE_PPROF

#include <zlib.h>

#include <pprof.pb-c.h>

typedef Perftools__Profiles__Profile profile_t;

/* The caller frees with perftools__profiles__profile__free_unpacked(). */
static profile_t *write_and_unpack(void)
{
	static unsigned char plain[1 << 16];
	size_t size;
	char *bytes = export_fixture_bytes(&t, "pprof", &size);
	z_stream stream = { .next_in = (unsigned char *)bytes, .avail_in = (unsigned)size,
			    .next_out = plain, .avail_out = sizeof(plain) };
	profile_t *profile;

	/* A header of gzip without name and time, so that equal sessions give equal files. */
	assert_memory_equal(bytes, "\x1f\x8b\x08\0\0\0\0\0", 8);
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	inflateEnd(&stream);
	free(bytes);
	profile = perftools__profiles__profile__unpack(NULL, stream.total_out, plain);
	assert_non_null(profile);
	return profile;
}

static const char *text(const profile_t *profile, int64_t index)
{
	assert_true(index >= 0 && (size_t)index < profile->n_string_table);
	return profile->string_table[index];
}

/* "main;work;tiny" of a sample. */
static char *stack_text(const profile_t *profile, const Perftools__Profiles__Sample *sample)
{
	char *stack = pmc_strdup("");

	for (size_t i = 0; i < sample->n_location_id; i++) {
		const Perftools__Profiles__Location *location = NULL;

		for (size_t k = 0; k < profile->n_location; k++) {
			if (profile->location[k]->id == sample->location_id[i])
				location = profile->location[k];
		}
		assert_non_null(location);
		for (size_t k = 0; k < location->n_line; k++) {
			const uint64_t function = location->line[k]->function_id;
			const char *name = text(profile, profile->function[function - 1]->name);
			char *longer = pmc_sprintf("%s%s%s", name, *stack ? ";" : "", stack);

			free(stack);
			stack = longer;
		}
	}
	return stack;
}

/* A sample with this stack, whose values are these. */
static void check_sample(const profile_t *profile, const char *stack, const int64_t values[4])
{
	for (size_t i = 0; i < profile->n_sample; i++) {
		PMC_FREE char *mine = stack_text(profile, profile->sample[i]);

		if (!strcmp(mine, stack) &&
		    !memcmp(profile->sample[i]->value, values, 4 * sizeof(*values)))
			return;
	}
	fail_msg("no such sample: %s", stack);
}

static void the_small_session(void **state)
{
	static const char *const types[] = { "samples of cpu-clock", "cpu-clock",
					     "samples of instructions", "instructions" };
	profile_t *profile;

	(void)state;
	profile = write_and_unpack();
	assert_string_equal(profile->string_table[0], "");
	assert_int_equal(profile->n_sample_type, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(text(profile, profile->sample_type[i]->type), types[i]);
	assert_string_equal(text(profile, profile->sample_type[1]->unit), "nanoseconds");
	assert_string_equal(text(profile, profile->sample_type[3]->unit), "count");
	assert_string_equal(text(profile, profile->default_sample_type), "cpu-clock");
	assert_int_equal(profile->period, 250000);
	assert_true(profile->time_nanos == 1700000000123456789);
	assert_int_equal(profile->n_sample, 4);
	check_sample(profile, "main;work", (int64_t[]){ 3, 750000, 2, 4002 });
	check_sample(profile, "main;work;tiny", (int64_t[]){ 3, 750000, 0, 0 });
	check_sample(profile, "main;rec;rec;rec", (int64_t[]){ 4, 1000000, 0, 0 });
	check_sample(profile, "[prog+0x99]", (int64_t[]){ 1, 250000, 0, 0 });
	assert_int_equal(profile->n_mapping, 1);
	assert_true(profile->mapping[0]->memory_limit == 4096);
	assert_string_equal(text(profile, profile->mapping[0]->filename), "/opt/bin/prog");
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

static void labels(void **state)
{
	profile_t *profile;
	size_t workers = 0;

	(void)state;
	profile = write_and_unpack();
	for (size_t i = 0; i < profile->n_sample; i++) {
		Perftools__Profiles__Label **label = profile->sample[i]->label;

		assert_int_equal(profile->sample[i]->n_label, 4);
		assert_string_equal(text(profile, label[0]->key), "thread");
		assert_string_equal(text(profile, label[1]->key), "tid");
		assert_string_equal(text(profile, label[2]->key), "process");
		assert_string_equal(text(profile, label[3]->key), "pid");
		assert_int_equal(label[3]->num, 100);
		workers += !strcmp(text(profile, label[0]->str), "worker") && label[1]->num == 101;
	}
	assert_int_equal(workers, 1);
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

static void roots(void **state)
{
	static const struct { const char *root, *stack; int64_t values[4]; } cases[] = {
		{ "rec", "rec;rec;rec", { 4, 1000000, 0, 0 } },
		{ "tiny", "tiny", { 3, 750000, 0, 0 } },
		{ "work", "work;tiny", { 3, 750000, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		profile_t *profile;

		t.opts.root = cases[i].root;
		profile = write_and_unpack();
		assert_int_equal(profile->n_sample, i == 2 ? 2 : 1);
		check_sample(profile, cases[i].stack, cases[i].values);
		perftools__profiles__profile__free_unpacked(profile, NULL);
	}
}

/* pprof cuts down names that are system names as well; those of Pyroscope's types have no colon. */
static void names(void **state)
{
	profile_t *profile;
	bool found = false;

	(void)state;
	export_fixture_sql(&t, "UPDATE event SET name = 'cpu-clock:u', mode = 'frequency'"
			       " WHERE name = 'cpu-clock'");
	profile = write_and_unpack();
	for (size_t i = 0; i < profile->n_function; i++)
		assert_string_equal(text(profile, profile->function[i]->system_name), "");
	assert_string_equal(text(profile, profile->sample_type[0]->type), "samples of cpu-clock_u");
	assert_string_equal(text(profile, profile->sample_type[1]->type), "cpu-clock_u");
	assert_string_equal(text(profile, profile->default_sample_type), "cpu-clock_u");
	assert_string_equal(text(profile, profile->period_type->type), "cpu-clock_u");
	for (size_t i = 0; i < profile->n_comment; i++)
		found |= !strcmp(text(profile, profile->comment[i]),
				 "events: cpu-clock:u, instructions");
	assert_true(found);
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

/* Not all readers do without the type of a period that is not known. */
static void unknown_period(void **state)
{
	profile_t *profile;

	(void)state;
	t.opts.event = "instructions";
	export_fixture_sql(&t, "UPDATE event SET mode = 'frequency' ");
	profile = write_and_unpack();
	assert_int_equal(profile->period, 0);
	assert_string_equal(text(profile, profile->period_type->type), "instructions");
	assert_string_equal(text(profile, profile->period_type->unit), "count");
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

/* They are printed above all that pprof prints. */
static void short_comments(void **state)
{
	static const char health[] = "lost_records: 5; ";
	profile_t *profile;
	const char *comment = "";

	(void)state;
	profile = write_and_unpack();
	for (size_t i = 0; i < profile->n_comment; i++) {
		if (!strncmp(text(profile, profile->comment[i]), health, strlen(health)))
			comment = text(profile, profile->comment[i]);
	}
	assert_string_equal(comment, "lost_records: 5; The kernel had no room in a ring buffer and"
				     " dropped records");
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

/* Modules before the program's stay behind it, and keep their ids. */
static void the_program_is_first(void **state)
{
	profile_t *profile;

	(void)state;
	export_fixture_sql(&t, "INSERT INTO module SELECT id + 1, '/opt/bin/prog', 'prog', 'x',"
			       " kind FROM module; UPDATE module SET path = '/lib/libc.so',"
			       " name = 'libc.so' WHERE id = 1;"
			       " UPDATE location SET module_id = 2 WHERE offset = 0x10");
	profile = write_and_unpack();
	assert_int_equal(profile->n_mapping, 2);
	assert_string_equal(text(profile, profile->mapping[0]->filename), "/opt/bin/prog");
	assert_string_equal(text(profile, profile->mapping[1]->filename), "/lib/libc.so");
	assert_int_equal(profile->mapping[0]->id + profile->mapping[1]->id, 3);
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

static void hostile_names(void **state)
{
	profile_t *profile;
	bool found = false;

	(void)state;
	export_fixture_sql(&t, "UPDATE function SET name = CAST(x'ff1b5b324a0a41' AS TEXT)"
			       " WHERE name = 'rec'");
	profile = write_and_unpack();
	for (size_t i = 0; i < profile->n_string_table; i++)
		found |= !strcmp(profile->string_table[i], "??[2J?A");
	assert_true(found);
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

static void no_samples(void **state)
{
	profile_t *profile;

	(void)state;
	export_fixture_sql(&t, "DELETE FROM slice; DELETE FROM cost; DELETE FROM event");
	profile = write_and_unpack();
	assert_int_equal(profile->n_sample, 0);
	assert_int_equal(profile->n_sample_type, 0);
	perftools__profiles__profile__free_unpacked(profile, NULL);
}

#else

static void is_not_built(void **state)
{
	(void)state;
	assert_false(pmc_export_has_pprof());
	export_fixture_fails(&t, "pprof", "this pmc was built without pprof");
}

#endif

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
#ifdef HAVE_PPROF
		CASE(the_small_session), CASE(labels), CASE(roots), CASE(names),
		CASE(unknown_period), CASE(short_comments),
		CASE(the_program_is_first), CASE(hostile_names), CASE(no_samples),
#else
		CASE(is_not_built),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
