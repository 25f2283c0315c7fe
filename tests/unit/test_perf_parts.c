/*
 * test_perf_parts.c - recordings that are folders: parts merged by time, one that is cut short, one
 * that is none, some that are missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_parts.h"
#include "collector/perf_swap.h"

enum { FILES_MAX = 4 };

struct folder {
	char path[128];
	size_t count;
};

static void folder_init(struct folder *folder)
{
	const char *tmp = getenv("TMPDIR");

	folder->count = 0;
	snprintf(folder->path, sizeof(folder->path), "%s/pmc-parts-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder->path));
}

static void add_part(struct folder *folder, const struct perf_writer *w, size_t bytes)
{
	char name[192];
	FILE *file;

	snprintf(name, sizeof(name), "%s/data.%zu", folder->path, folder->count++);
	file = fopen(name, "w");
	assert_non_null(file);
	if (bytes)
		assert_int_equal(fwrite(w->bytes.items, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

static void folder_fini(const struct folder *folder)
{
	char name[192];

	for (size_t i = 0; i < folder->count; i++) {
		snprintf(name, sizeof(name), "%s/data.%zu", folder->path, i);
		unlink(name);
	}
	assert_int_equal(rmdir(folder->path), 0);
}

/* A record whose body is its time; 0: it has none. */
static void put_timed(struct perf_writer *w, uint64_t time)
{
	put_begin(w, ABI_RECORD_LOST_SAMPLES, 0);
	put_u64(w, time);
	put_end(w);
}

static uint64_t time_of(void *ctx, const struct perf_record *record)
{
	return perf_u64(record->bytes + 8, *(const bool *)ctx);
}

/* Times of all records, as text; cut: what was said of a part that ends early. */
static char *read_told(const struct folder *folder, uint32_t told, bool swap, struct pmc_err *cut)
{
	struct perf_parts parts;
	struct perf_record record;
	struct pmc_err err = { 0 };
	enum perf_next next;
	char *text = pmc_strdup("");

	assert_int_equal(perf_parts_open(&parts, folder->path, told, swap, &err), 0);
	parts.time_of = time_of;
	parts.ctx = &swap;
	while ((next = perf_parts_next(&parts, &record, &err)) != PERF_NEXT_END) {
		char *before = text;

		if (next == PERF_NEXT_CUT) {
			*cut = err;
			pmc_err_clear(&err);
			continue;
		}
		assert_int_equal(next, PERF_NEXT_RECORD);
		text = pmc_sprintf("%s%llu ", before,
				   (unsigned long long)time_of(&swap, &record));
		free(before);
		if (record.size % 16 || parts.is_held)
			continue;
		/* Once more is the same. */
		parts.is_held = true;
		assert_int_equal(perf_parts_next(&parts, &record, &err), PERF_NEXT_RECORD);
	}
	assert_int_equal(perf_parts_next(&parts, &record, &err), PERF_NEXT_END);
	perf_parts_close(&parts);
	return text;
}

static char *read_all(const struct folder *folder, bool swap, struct pmc_err *cut)
{
	return read_told(folder, 0, swap, cut);
}

static void parts_are_merged_by_time(void **state)
{
	static const uint64_t times[FILES_MAX][6] = { { 10, 11, 12, 50, 51, 90 },
						      { 5, 49, 50, 52 },
						      { 0 },
						      { 60, 1000 } };

	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct folder folder;
		struct pmc_err cut = { 0 };
		char *text;

		folder_init(&folder);
		for (size_t i = 0; i < FILES_MAX; i++) {
			struct perf_writer w = { .swap = swap };

			for (size_t k = 0; k < 6 && times[i][k]; k++)
				put_timed(&w, times[i][k]);
			add_part(&folder, &w, w.bytes.count);
			writer_fini(&w);
		}
		text = read_all(&folder, swap, &cut);
		assert_string_equal(text, "5 10 11 12 49 50 50 51 52 60 90 1000 ");
		assert_false(pmc_err_is_set(&cut));
		free(text);
		folder_fini(&folder);
	}
}

/* It counts as being as old as the record before it. */
static void records_without_time_stay_where_they_are(void **state)
{
	struct perf_writer a = { .swap = false }, b = { .swap = false };
	struct pmc_err cut = { 0 };
	struct folder folder;
	char *text;

	(void)state;
	folder_init(&folder);
	put_timed(&a, 10);
	put_timed(&a, 0);
	put_timed(&a, 30);
	put_timed(&b, 20);
	add_part(&folder, &a, a.bytes.count);
	add_part(&folder, &b, b.bytes.count);
	text = read_all(&folder, false, &cut);
	assert_string_equal(text, "10 0 20 30 ");
	free(text);
	writer_fini(&a);
	writer_fini(&b);
	folder_fini(&folder);
}

static void others_go_on_where_one_is_cut(void **state)
{
	(void)state;
	for (size_t lost = 1; lost < 16; lost++) {
		struct perf_writer a = { .swap = false }, b = { .swap = false };
		struct pmc_err cut = { 0 };
		struct folder folder;
		char *text;

		folder_init(&folder);
		put_timed(&a, 10);
		put_timed(&a, 30);
		put_timed(&b, 20);
		put_timed(&b, 40);
		add_part(&folder, &a, a.bytes.count - lost);
		add_part(&folder, &b, b.bytes.count);
		text = read_all(&folder, false, &cut);
		assert_string_equal(text, "10 20 40 ");
		assert_non_null(strstr(cut.message, "data.0': the record at offset 16"));
		free(text);
		writer_fini(&a);
		writer_fini(&b);
		folder_fini(&folder);
	}
}

static void a_missing_part_is_told(void **state)
{
	struct perf_writer w = { .swap = false };
	struct pmc_err cut = { 0 };
	struct folder folder;
	char *text, name[192];

	(void)state;
	folder_init(&folder);
	put_timed(&w, 10);
	for (int i = 0; i < 4; i++)
		add_part(&folder, &w, w.bytes.count);
	snprintf(name, sizeof(name), "%s/data.1", folder.path);
	unlink(name);
	assert_int_equal(mkfifo(name, 0600), 0);
	snprintf(name, sizeof(name), "%s/data.2", folder.path);
	unlink(name);
	text = read_all(&folder, false, &cut);
	assert_string_equal(text, "10 10 ");
	assert_non_null(
		strstr(cut.message, "/data.1' and 1 more like it are missing, or no files"));
	free(text);
	writer_fini(&w);
	folder_fini(&folder);
}

/* Behind the last that is there nothing shows that there were more, but what is told. */
static void the_last_may_be_missing(void **state)
{
	struct perf_writer w = { .swap = false };

	(void)state;
	put_timed(&w, 10);
	for (uint32_t told = 0; told < 5; told++) {
		struct pmc_err cut = { 0 };
		struct folder folder;
		char *text;

		folder_init(&folder);
		add_part(&folder, &w, w.bytes.count);
		add_part(&folder, &w, w.bytes.count);
		text = read_told(&folder, told, false, &cut);
		assert_string_equal(text, "10 10 ");
		assert_int_equal(pmc_err_is_set(&cut), told > 2);
		if (told == 3)
			assert_non_null(strstr(cut.message, "/data.2' is missing, or no file"));
		if (told == 4)
			assert_non_null(strstr(cut.message, "/data.2' and 1 more"));
		free(text);
		folder_fini(&folder);
	}
	writer_fini(&w);
}

static void there_may_be_none(void **state)
{
	struct pmc_err cut = { 0 };
	struct folder folder;
	char *text;

	(void)state;
	folder_init(&folder);
	text = read_all(&folder, false, &cut);
	assert_string_equal(text, "");
	free(text);
	folder_fini(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_merged_by_time),
		cmocka_unit_test(records_without_time_stay_where_they_are),
		cmocka_unit_test(others_go_on_where_one_is_cut),
		cmocka_unit_test(a_missing_part_is_told),
		cmocka_unit_test(the_last_may_be_missing),
		cmocka_unit_test(there_may_be_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
