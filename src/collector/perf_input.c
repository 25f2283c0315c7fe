/*
 * perf_input.c - see perf_input.h.
 */
#include "collector/perf_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* Large enough that a system call is nothing beside what is done with its bytes. */
enum { BUFFER_BYTES = 1 << 20 };
/* A signal that comes right before a wait is seen after it; who is alive must say so within 5 s. */
enum { IDLE_MS = 1000 };

static int fail(const struct perf_input *input, int errnum, struct pmc_err *err)
{
	return pmc_err_errno(err, errnum, "cannot read '%s' at offset %llu", input->name,
			     (unsigned long long)input->offset);
}

int perf_input_open(struct perf_input *input, const char *path, struct pmc_err *err)
{
	const bool is_stdin = !strcmp(path, "-");
	struct stat st = { 0 };
	off_t at;

	memset(input, 0, sizeof(*input));
	input->room = BUFFER_BYTES;
	input->name = is_stdin ? "standard input" : path;
	input->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (input->fd < 0)
		return pmc_err_errno(err, errno, "cannot open '%s'", path);
	input->is_ours = !is_stdin;
	if (!fstat(input->fd, &st) && S_ISDIR(st.st_mode)) {
		pmc_err_set(err, PMC_ERR_DATA, "'%s' is a folder, not a recording", path);
		pmc_err_hint(err, "folders that perf record --threads or --kcore writes have a "
				  "file 'data' in them; this one has none");
		perf_input_close(input);
		return -1;
	}
	at = lseek(input->fd, 0, SEEK_CUR);
	/* A redirected file may have been read in part; offsets are then those of the rest. */
	if (at == 0 && S_ISREG(st.st_mode)) {
		input->can_seek = true;
		input->size = (uint64_t)st.st_size;
	}
	return 0;
}

void perf_input_memory(struct perf_input *input, const void *bytes, size_t size)
{
	memset(input, 0, sizeof(*input));
	input->fd = -1;
	input->name = "memory";
	input->at_end = true;
	input->can_seek = true;
	input->size = size;
	input->buffer = pmc_calloc(1, size + 1);
	input->cap = size + 1;
	input->end = size;
	if (size)
		memcpy(input->buffer, bytes, size);
}

void perf_input_close(struct perf_input *input)
{
	if (input->is_ours)
		close(input->fd);
	free(input->buffer);
	memset(input, 0, sizeof(*input));
	input->fd = -1;
}

void perf_input_watch(struct perf_input *input, perf_idle_fn *idle, void *ctx)
{
	struct stat st;

	if (!fstat(input->fd, &st) && S_ISREG(st.st_mode))
		return;
	input->idle = idle;
	input->idle_ctx = ctx;
}

/* Room for `bytes` behind `begin`: what was read already makes way first. */
static void make_room(struct perf_input *input, size_t bytes)
{
	const size_t left = input->end - input->begin;

	if (input->begin) {
		memmove(input->buffer, input->buffer + input->begin, left);
		input->begin = 0;
		input->end = left;
	}
	pmc_grow((void **)&input->buffer, &input->cap, bytes < input->room ? input->room : bytes,
		 1);
}

/* Until there is something to read, or the end; at_end is set where no more is wanted. */
static int await_bytes(struct perf_input *input, struct pmc_err *err)
{
	struct pollfd fd = { .fd = input->fd, .events = POLLIN };

	for (int wait_ms = 0;; wait_ms = IDLE_MS) {
		const int ready = poll(&fd, 1, wait_ms);
		int result;

		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return fail(input, errno, err);
		result = input->idle(input->idle_ctx, err);
		if (result < 0)
			return -1;
		if (result) {
			input->at_end = true;
			return 0;
		}
	}
}

/* Reads what there is room for; at the end at_end is set. */
static int fill(struct perf_input *input, struct pmc_err *err)
{
	ssize_t got;

	if (input->idle && await_bytes(input, err))
		return -1;
	if (input->at_end)
		return 0;
	got = read(input->fd, input->buffer + input->end, input->cap - input->end);
	if (got < 0)
		return errno == EINTR ? 0 : fail(input, errno, err);
	input->end += (size_t)got;
	input->at_end = !got;
	return 0;
}

int perf_input_peek(struct perf_input *input, size_t bytes, uint8_t **at, size_t *have,
		    struct pmc_err *err)
{
	if (input->end - input->begin < bytes && !input->at_end) {
		make_room(input, bytes);
		while (input->end - input->begin < bytes && !input->at_end)
			if (fill(input, err))
				return -1;
	}
	*at = input->buffer + input->begin;
	*have = input->end - input->begin;
	return 0;
}

int perf_input_skip(struct perf_input *input, uint64_t bytes, uint64_t *skipped,
		    struct pmc_err *err)
{
	const uint64_t before = input->offset;

	while (bytes) {
		const size_t have = input->end - input->begin;
		const uint64_t step = bytes < have ? bytes : have;

		input->begin += step;
		input->offset += step;
		bytes -= step;
		if (!bytes || input->at_end)
			break;
		/* Auxiliary data may be gigabytes: jump. */
		if (input->can_seek && bytes > input->cap) {
			const uint64_t left =
				input->size > input->offset ? input->size - input->offset : 0;
			const uint64_t jump = bytes < left ? bytes : left;

			if (lseek(input->fd, (off_t)(input->offset + jump), SEEK_SET) < 0)
				return fail(input, errno, err);
			input->offset += jump;
			bytes -= jump;
			input->begin = input->end = 0;
			if (bytes)
				break;
			continue;
		}
		make_room(input, 1);
		if (fill(input, err))
			return -1;
	}
	if (skipped)
		*skipped = input->offset - before;
	return 0;
}

int perf_input_spool(struct perf_input *input, struct pmc_err *err)
{
	FILE *file;
	uint64_t size;

	if (input->can_seek)
		return 0;
	file = tmpfile();
	if (!file)
		return pmc_err_errno(err, errno, "cannot make a temporary file for '%s'",
				     input->name);
	for (size = 0;;) {
		const size_t have = input->end - input->begin;

		if (have && fwrite(input->buffer + input->begin, 1, have, file) != have)
			break;
		size += have;
		input->begin = input->end = 0;
		if (input->at_end)
			break;
		make_room(input, 1);
		if (fill(input, err)) {
			fclose(file);
			return -1;
		}
	}
	if (fflush(file) || ferror(file)) {
		pmc_err_errno(err, errno, "cannot copy '%s' to a temporary file", input->name);
		pmc_err_hint(err, "a recording that is no stream has to be read twice: write it to "
				  "a file, and import that");
		fclose(file);
		return -1;
	}
	if (input->is_ours)
		close(input->fd);
	input->fd = dup(fileno(file));
	fclose(file);
	if (input->fd < 0 || lseek(input->fd, 0, SEEK_SET))
		return pmc_err_errno(err, errno, "cannot read a temporary file");
	input->is_ours = input->can_seek = true;
	input->at_end = false;
	input->idle = NULL;
	input->size = size;
	return 0;
}

int64_t perf_input_read_at(struct perf_input *input, uint64_t offset, void *bytes, size_t size,
			   struct pmc_err *err)
{
	size_t done = 0;

	if (offset >= input->size)
		return 0;
	if (input->fd < 0) { /* memory */
		const size_t left = (size_t)(input->size - offset);

		done = size < left ? size : left;
		memcpy(bytes, input->buffer + offset, done);
		return (int64_t)done;
	}
	while (done < size) {
		const ssize_t got = pread(input->fd, (char *)bytes + done, size - done,
					  (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pmc_err_errno(err, errno, "cannot read '%s' at offset %llu",
					     input->name, (unsigned long long)(offset + done));
		if (!got)
			break;
		done += (size_t)got;
	}
	return (int64_t)done;
}
