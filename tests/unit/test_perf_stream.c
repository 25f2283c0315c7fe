/*
 * test_perf_stream.c - records one after the other: sizes that cannot be, data behind records,
 * compressed ones whose content is cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif

#include "perf_fixture.h"
#include "collector/perf_stream.h"

struct reading {
	struct perf_input input;
	struct perf_stream stream;
	struct perf_record record;
	struct pmc_err err;
};

static void open_writer(struct reading *r, const struct perf_writer *w, uint64_t end)
{
	memset(r, 0, sizeof(*r));
	perf_input_memory(&r->input, w->bytes.items, w->bytes.count);
	perf_stream_init(&r->stream, &r->input, w->swap, end);
}

static void close_reading(struct reading *r)
{
	perf_stream_fini(&r->stream);
	perf_input_close(&r->input);
}

static enum perf_next next(struct reading *r)
{
	return perf_stream_next(&r->stream, &r->record, &r->err);
}

static void put_plain(struct perf_writer *w, uint32_t type, unsigned words)
{
	put_begin(w, type, 3);
	for (unsigned i = 0; i < words; i++)
		put_u64(w, type * 100 + i);
	put_end(w);
}

static void records_in_a_row(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer w = { .swap = swap };
		struct reading r;

		for (uint32_t type = 1; type < 10; type++)
			put_plain(&w, type, type);
		open_writer(&r, &w, UINT64_MAX);
		for (uint32_t type = 1; type < 10; type++) {
			/* Given again as often as it is held. */
			for (int i = 0; i < 3; i++) {
				assert_int_equal(next(&r), PERF_NEXT_RECORD);
				assert_int_equal(r.record.type, type);
				assert_int_equal(r.record.misc, 3);
				assert_int_equal(r.record.size, 8 + 8 * type);
				if (i < 2)
					perf_stream_hold(&r.stream);
			}
		}
		assert_int_equal(next(&r), PERF_NEXT_END);
		assert_int_equal(next(&r), PERF_NEXT_END);
		close_reading(&r);
		writer_fini(&w);
	}
}

static void ends_and_cuts(void **state)
{
	struct perf_writer w = { .swap = false };
	struct reading r;

	(void)state;
	put_plain(&w, 9, 3);
	put_plain(&w, 9, 3);
	/* Where the records end is told: what follows is none. */
	open_writer(&r, &w, 32);
	assert_int_equal(next(&r), PERF_NEXT_RECORD);
	assert_int_equal(next(&r), PERF_NEXT_END);
	close_reading(&r);
	for (uint64_t end = 33; end < 64; end++) {
		open_writer(&r, &w, end);
		assert_int_equal(next(&r), PERF_NEXT_RECORD);
		assert_int_equal(next(&r), PERF_NEXT_CUT);
		assert_non_null(strstr(r.err.message, "offset 32"));
		close_reading(&r);
	}
	for (uint16_t size = 0; size < 8; size++) {
		memcpy(w.bytes.items + 32 + 6, &size, 2);
		open_writer(&r, &w, UINT64_MAX);
		assert_int_equal(next(&r), PERF_NEXT_RECORD);
		assert_int_equal(next(&r), PERF_NEXT_CUT);
		assert_non_null(strstr(r.err.message, "impossible size"));
		close_reading(&r);
	}
	writer_fini(&w);
}

static void data_behind_records(void **state)
{
	struct perf_writer w = { .swap = true };
	struct reading r;

	(void)state;
	put_begin(&w, PERF_REC_AUXTRACE, 0);
	put_u64(&w, 100);
	put_u64(&w, 0);
	put_end(&w);
	for (int i = 0; i < 100; i++)
		put_bytes(&w, "x", 1);
	put_begin(&w, PERF_REC_TRACING_DATA, 0);
	put_pair(&w, 16, 0);
	put_end(&w);
	put_bytes(&w, "sixteen bytes...", 16);
	put_plain(&w, 9, 1);
	put_begin(&w, PERF_REC_AUXTRACE, 0);
	put_u64(&w, UINT64_MAX - 3); /* more than there can be */
	put_end(&w);
	open_writer(&r, &w, UINT64_MAX);
	assert_int_equal(next(&r), PERF_NEXT_RECORD);
	assert_int_equal(r.record.type, 9);
	assert_int_equal(r.stream.aux_records, 1);
	assert_int_equal(r.stream.aux_bytes, 100);
	assert_int_equal(next(&r), PERF_NEXT_CUT);
	close_reading(&r);
	writer_fini(&w);
}

#ifdef HAVE_LIBZSTD
/* One zstd stream over several records, so many bytes of content each. */
static void put_compressed(struct perf_writer *w, const struct perf_writer *plain, size_t step,
			   bool newer)
{
	ZSTD_CStream *stream = ZSTD_createCStream();
	char room[4096];

	ZSTD_initCStream(stream, 1);
	for (size_t at = 0; at < plain->bytes.count; at += step) {
		const size_t left = plain->bytes.count - at;
		ZSTD_inBuffer in = { plain->bytes.items + at, left < step ? left : step, 0 };
		ZSTD_outBuffer out = { room, sizeof(room), 0 };

		ZSTD_compressStream2(stream, &out, &in, ZSTD_e_flush);
		put_begin(w, newer ? PERF_REC_COMPRESSED2 : PERF_REC_COMPRESSED, 0);
		if (newer)
			put_u64(w, out.pos);
		put_bytes(w, room, out.pos);
		while (newer && w->bytes.count % 8)
			put_bytes(w, "", 1);
		put_end(w);
	}
	ZSTD_freeCStream(stream);
}

static void compressed_records(void **state)
{
	struct perf_writer plain = { .swap = false };

	(void)state;
	for (uint32_t i = 1; i <= 20; i++)
		put_plain(&plain, i, i);
	for (size_t step = 1; step < 1500; step += step < 60 ? 1 : 97)
		for (int newer = 0; newer < 2; newer++) {
			struct perf_writer w = { .swap = false };
			struct reading r;

			put_compressed(&w, &plain, step, newer);
			open_writer(&r, &w, UINT64_MAX);
			for (uint32_t i = 1; i <= 20; i++) {
				assert_int_equal(next(&r), PERF_NEXT_RECORD);
				perf_stream_hold(&r.stream);
				assert_int_equal(next(&r), PERF_NEXT_RECORD);
				assert_int_equal(r.record.type, i);
				assert_int_equal(r.record.size, 8 + 8 * i);
			}
			assert_int_equal(next(&r), PERF_NEXT_END);
			close_reading(&r);
			writer_fini(&w);
		}
	writer_fini(&plain);
}

static void damaged_compressed_records(void **state)
{
	struct perf_writer plain = { .swap = false }, w = { .swap = false };
	struct reading r;
	enum perf_next result;

	(void)state;
	for (uint32_t i = 1; i <= 20; i++)
		put_plain(&plain, i, i);
	put_compressed(&w, &plain, 100, true);
	for (size_t at = 16; at < w.bytes.count; at += 7) {
		w.bytes.items[at] ^= 0x55;
		open_writer(&r, &w, UINT64_MAX);
		while ((result = next(&r)) == PERF_NEXT_RECORD)
			;
		assert_true(result == PERF_NEXT_END || result == PERF_NEXT_CUT);
		close_reading(&r);
		w.bytes.items[at] ^= 0x55;
	}
	/* The last one is missing, and with it the end of a record. */
	w.bytes.count = 0;
	plain.bytes.count -= 8;
	put_compressed(&w, &plain, 100, true);
	open_writer(&r, &w, UINT64_MAX);
	while ((result = next(&r)) == PERF_NEXT_RECORD)
		;
	assert_int_equal(result, PERF_NEXT_CUT);
	close_reading(&r);
	writer_fini(&plain);
	writer_fini(&w);
}
#else
static void compressed_records(void **state)
{
	struct perf_writer w = { .swap = false };
	struct reading r;

	(void)state;
	put_plain(&w, PERF_REC_COMPRESSED, 3);
	open_writer(&r, &w, UINT64_MAX);
	assert_int_equal(next(&r), PERF_NEXT_ERROR);
	assert_non_null(strstr(r.err.message, "libzstd"));
	close_reading(&r);
	writer_fini(&w);
}

static void damaged_compressed_records(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_in_a_row),
		cmocka_unit_test(ends_and_cuts),
		cmocka_unit_test(data_behind_records),
		cmocka_unit_test(compressed_records),
		cmocka_unit_test(damaged_compressed_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
