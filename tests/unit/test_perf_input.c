/*
 * test_perf_input.c - bytes from files, pipes and memory: peeked, passed over, read by offset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_input.h"

enum { SIZE = 3 << 20 };

static uint8_t *make_bytes(void)
{
	uint8_t *bytes = pmc_calloc(SIZE, 1);

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 31 + (i >> 8));
	return bytes;
}

/* Reads it in odd steps, peeking more than it takes. */
static void check_forward(struct perf_input *input, const uint8_t *bytes)
{
	struct pmc_err err = { 0 };
	uint8_t *at;
	size_t have;

	for (size_t offset = 0, step = 1; offset < SIZE; offset += step) {
		step = step * 7 % 100003 + 1;
		assert_int_equal(perf_input_peek(input, step, &at, &have, &err), 0);
		assert_int_equal(input->offset, offset);
		if (step > SIZE - offset)
			step = SIZE - offset;
		assert_true(have >= step);
		assert_memory_equal(at, bytes + offset, step);
		assert_int_equal(perf_input_skip(input, step, NULL, &err), 0);
	}
	assert_int_equal(perf_input_peek(input, 1, &at, &have, &err), 0);
	assert_int_equal(have, 0);
}

static void files_and_memory(void **state)
{
	uint8_t *bytes = make_bytes(), part[100], *at;
	struct perf_input input;
	struct pmc_err err = { 0 };
	uint64_t skipped;
	size_t have;
	char path[64];
	int fd;

	(void)state;
	fd = file_of(bytes, SIZE, path);
	for (int memory = 0; memory < 2; memory++) {
		if (memory)
			perf_input_memory(&input, bytes, SIZE);
		else
			assert_int_equal(perf_input_open(&input, path, &err), 0);
		assert_true(input.can_seek);
		assert_int_equal(input.size, SIZE);
		assert_int_equal(perf_input_read_at(&input, 5000, part, 100, &err), 100);
		assert_memory_equal(part, bytes + 5000, 100);
		assert_int_equal(perf_input_read_at(&input, SIZE - 10, part, 100, &err), 10);
		assert_int_equal(perf_input_read_at(&input, SIZE + 10, part, 100, &err), 0);
		check_forward(&input, bytes);
		perf_input_close(&input);
	}
	/* Far on, and beyond the end. */
	assert_int_equal(perf_input_open(&input, path, &err), 0);
	assert_int_equal(perf_input_peek(&input, 8, &at, &have, &err), 0);
	assert_int_equal(perf_input_skip(&input, (2 << 20) + 3, &skipped, &err), 0);
	assert_int_equal(skipped, (2 << 20) + 3);
	assert_int_equal(perf_input_peek(&input, 50, &at, &have, &err), 0);
	assert_memory_equal(at, bytes + (2 << 20) + 3, 50);
	assert_int_equal(perf_input_skip(&input, UINT64_MAX / 2, &skipped, &err), 0);
	assert_int_equal(skipped, SIZE - (2 << 20) - 3);
	perf_input_close(&input);
	close(fd);
	free(bytes);
}

struct pouring {
	const uint8_t *bytes;
	int fd;
};

static void *pour(void *arg)
{
	const struct pouring *pouring = arg;
	size_t done = 0;

	while (done < SIZE) {
		const ssize_t wrote = write(pouring->fd, pouring->bytes + done, SIZE - done);

		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	close(pouring->fd);
	return NULL;
}

static void pipes(void **state)
{
	uint8_t *bytes = make_bytes(), *at;

	(void)state;
	for (int spool = 0; spool < 2; spool++) {
		struct pouring pouring = { .bytes = bytes };
		struct perf_input input;
		struct pmc_err err = { 0 };
		pthread_t thread;
		char path[64];
		size_t have;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		pouring.fd = ends[1];
		assert_int_equal(pthread_create(&thread, NULL, pour, &pouring), 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
		assert_int_equal(perf_input_open(&input, path, &err), 0);
		close(ends[0]);
		assert_false(input.can_seek);
		assert_int_equal(perf_input_peek(&input, 16, &at, &have, &err), 0);
		if (spool) {
			uint8_t part[100];

			assert_int_equal(perf_input_spool(&input, &err), 0);
			assert_true(input.can_seek);
			assert_int_equal(input.size, SIZE);
			assert_int_equal(perf_input_read_at(&input, SIZE - 100, part, 100, &err),
					 100);
			assert_memory_equal(part, bytes + SIZE - 100, 100);
		}
		check_forward(&input, bytes);
		perf_input_close(&input);
		pthread_join(thread, NULL);
	}
	free(bytes);
}

/* Told so often that there is nothing to read; then it wants no more. */
static int lose_patience(void *ctx, struct pmc_err *err)
{
	int *patience = ctx;

	(void)err;
	return !(*patience)--;
}

static int fail_idle(void *ctx, struct pmc_err *err)
{
	(void)ctx;
	return pmc_err_set(err, PMC_ERR_SYSTEM, "no");
}

static void pipes_that_stay_open(void **state)
{
	struct perf_input input;
	struct pmc_err err = { 0 };
	int patience = 1, ends[2];
	uint8_t *at;
	uint64_t skipped;
	size_t have;
	char path[64];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(perf_input_open(&input, path, &err), 0);
	assert_int_equal(write(ends[1], "0123456789", 10), 10);
	perf_input_watch(&input, fail_idle, NULL);
	assert_int_equal(perf_input_peek(&input, 10, &at, &have, &err), 0); /* it need not wait */
	assert_int_equal(perf_input_peek(&input, 11, &at, &have, &err), -1);
	assert_string_equal(err.message, "no");
	pmc_err_clear(&err);
	perf_input_watch(&input, lose_patience, &patience);
	assert_int_equal(perf_input_peek(&input, 11, &at, &have, &err), 0);
	assert_int_equal(patience, -1);
	assert_int_equal(have, 10);
	assert_memory_equal(at, "0123456789", 10);
	assert_int_equal(perf_input_skip(&input, 11, &skipped, &err), 0);
	assert_int_equal(skipped, 10);
	perf_input_close(&input);
	close(ends[0]);
	close(ends[1]);
}

static void what_cannot_be_opened(void **state)
{
	struct perf_input input;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(perf_input_open(&input, "/nonexistent", &err), -1);
	pmc_err_clear(&err);
	assert_int_equal(perf_input_open(&input, "/", &err), -1);
	assert_non_null(strstr(err.message, "folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_memory),
		cmocka_unit_test(pipes),
		cmocka_unit_test(pipes_that_stay_open),
		cmocka_unit_test(what_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
