/*
 * perf_input.h - the bytes of a recording, from a file or a pipe, read forward through a buffer.
 *
 *   file   ──────────────[begin ═══ in the buffer ═══ end)──────────────►
 *                         └ offset
 *
 * Never more than the buffer is in memory. What lies elsewhere in a file (features behind the data)
 * is read by offset, where the input can seek; where it cannot and must, it is copied to a file
 * without a name first. Bytes may be changed in place: they are the reader's.
 */
#ifndef PMC_COLLECTOR_PERF_INPUT_H
#define PMC_COLLECTOR_PERF_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Told of an input that has nothing to read now, at once and then every second: 0, to go on
 * waiting; 1, to take what came until now for all there is; -1 with err.
 */
typedef int perf_idle_fn(void *ctx, struct pmc_err *err);

struct perf_input {
	int fd;
	bool is_ours;	   /* to be closed */
	bool can_seek;
	bool at_end;	   /* the file has no more than what is in the buffer */
	uint64_t size;	   /* of the file; 0 where it is not known */
	uint64_t offset;   /* in the file, of the next byte */
	const char *name;  /* for messages; borrowed */
	uint8_t *buffer;
	size_t begin, end, cap;
	size_t room; /* bytes of the buffer at least */
	perf_idle_fn *idle; /* NULL: reads wait, and nobody is told */
	void *idle_ctx;
};

/* path "-": standard input. On error there is nothing to close. A folder is an error. */
int perf_input_open(struct perf_input *input, const char *path, struct pmc_err *err);
/* Bytes in memory, which are borrowed: for tests, and what is compressed in tests. */
void perf_input_memory(struct perf_input *input, const void *bytes, size_t size);
void perf_input_close(struct perf_input *input);

/* From here on idle is told when there is nothing to read; regular files always have something. */
void perf_input_watch(struct perf_input *input, perf_idle_fn *idle, void *ctx);

/*
 * At least `bytes` next bytes, in one piece, and how many there are in *have; fewer at the end.
 * Valid until the next call. -1: reading failed.
 */
int perf_input_peek(struct perf_input *input, size_t bytes, uint8_t **at, size_t *have,
		    struct pmc_err *err);

/* Goes on by so many bytes. *skipped (may be NULL): how many there were. */
int perf_input_skip(struct perf_input *input, uint64_t bytes, uint64_t *skipped,
		    struct pmc_err *err);

/* Makes an input that cannot seek one that can. Nothing may have been skipped yet. */
int perf_input_spool(struct perf_input *input, struct pmc_err *err);

/* Reads from anywhere, without moving. Returns how many bytes there were, or -1. */
int64_t perf_input_read_at(struct perf_input *input, uint64_t offset, void *bytes, size_t size,
			   struct pmc_err *err);

#endif
