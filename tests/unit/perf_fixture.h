/*
 * perf_fixture.h - recordings made by hand, in either byte order and form.
 *
 *   perf_u64, perf_pair … append numbers in the writer's order; perf_begin … perf_end make a record
 *   perf_file(), perf_pipe() put attributes and records together
 */
#ifndef PERF_FIXTURE_H
#define PERF_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "collector/abi.h"
#include "collector/perf_abi.h"

struct perf_writer {
	PMC_ARRAY(uint8_t) bytes;
	bool swap; /* the order that this machine has not */
	size_t at; /* where the last record begins */
};

static inline void put_bytes(struct perf_writer *w, const void *bytes, size_t size)
{
	pmc_grow((void **)&w->bytes.items, &w->bytes.cap, w->bytes.count + size + 1, 1);
	if (size)
		memcpy(w->bytes.items + w->bytes.count, bytes, size);
	w->bytes.count += size;
}

/* The low `size` bytes of a number. */
static inline void put_number(struct perf_writer *w, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const size_t shift = 8 * (w->swap ? size - 1 - i : i);
		const uint8_t byte = (uint8_t)(value >> shift);

		put_bytes(w, &byte, 1);
	}
}

static inline void put_u64(struct perf_writer *w, uint64_t value)
{
	put_number(w, value, 8);
}

static inline void put_pair(struct perf_writer *w, uint32_t first, uint32_t second)
{
	put_number(w, first, 4);
	put_number(w, second, 4);
}

static inline void put_text(struct perf_writer *w, const char *text)
{
	put_bytes(w, text, strlen(text) + 1);
	while (w->bytes.count % 8)
		put_bytes(w, "", 1);
}

static inline void put_begin(struct perf_writer *w, uint32_t type, uint16_t misc)
{
	w->at = w->bytes.count;
	put_number(w, type, 4);
	put_number(w, misc, 2);
	put_number(w, 0, 2);
}

static inline void put_end(struct perf_writer *w)
{
	struct perf_writer size = { .swap = w->swap };

	put_number(&size, w->bytes.count - w->at, 2);
	memcpy(w->bytes.items + w->at + 6, size.bytes.items, 2);
	pmc_array_free(&size.bytes);
}

static inline void writer_fini(struct perf_writer *w)
{
	pmc_array_free(&w->bytes);
}

/* ---- attributes ---- */

struct made_attr {
	uint32_t type;
	uint64_t config, period, sample_type, read_format;
	bool freq, sample_id_all, inherit;
	unsigned precise;
	uint64_t branch_type, regs_user, regs_intr;
	uint32_t stack_user;
	uint16_t max_stack;
};

/* Bit fields begin with the lowest bit here, with the highest one there. */
static inline void put_field(uint64_t *flags, unsigned at, unsigned bits, uint64_t value, bool swap)
{
	*flags |= swap ? value << (64 - at - bits) : value << at;
}

/* `size` bytes of it, from 64 on. */
static inline void put_attr(struct perf_writer *w, const struct made_attr *attr, uint32_t size)
{
	const size_t begin = w->bytes.count;
	uint64_t flags = 0;

	put_field(&flags, 1, 1, attr->inherit, w->swap);
	put_field(&flags, 10, 1, attr->freq, w->swap);
	put_field(&flags, 15, 2, attr->precise, w->swap);
	put_field(&flags, 18, 1, attr->sample_id_all, w->swap);
	put_pair(w, attr->type, size);
	put_u64(w, attr->config);
	put_u64(w, attr->period);
	put_u64(w, attr->sample_type);
	put_u64(w, attr->read_format);
	put_u64(w, flags);
	put_pair(w, 0, 0);
	put_u64(w, 0);
	put_u64(w, 0);
	put_u64(w, attr->branch_type);
	put_u64(w, attr->regs_user);
	put_pair(w, attr->stack_user, 0);
	put_u64(w, attr->regs_intr);
	put_number(w, 0, 4);
	put_number(w, attr->max_stack, 2);
	put_number(w, 0, 2);
	while (w->bytes.count < begin + size)
		put_bytes(w, "", 1);
	w->bytes.count = begin + size;
}

/* ---- whole recordings ---- */

enum { MADE_ATTR_BYTES = 112 };

/* Header, one id for each attribute (its index + 1), attributes, then the records of `data`. */
static inline void put_file(struct perf_writer *w, const struct made_attr *attrs, size_t count,
			    const struct perf_writer *data)
{
	const uint64_t ids = PERF_HEADER_BYTES, attr_size = MADE_ATTR_BYTES + 16,
		       at = ids + 8 * count, records = at + attr_size * count;

	put_u64(w, PERF_MAGIC);
	put_u64(w, PERF_HEADER_BYTES);
	put_u64(w, attr_size);
	put_u64(w, at);
	put_u64(w, attr_size * count);
	put_u64(w, records);
	put_u64(w, data->bytes.count);
	while (w->bytes.count < PERF_HEADER_BYTES)
		put_bytes(w, "", 1);
	for (size_t i = 0; i < count; i++)
		put_u64(w, i + 1);
	for (size_t i = 0; i < count; i++) {
		put_attr(w, &attrs[i], MADE_ATTR_BYTES);
		put_u64(w, ids + 8 * i);
		put_u64(w, 8);
	}
	put_bytes(w, data->bytes.items, data->bytes.count);
}

static inline void put_pipe(struct perf_writer *w, const struct made_attr *attrs, size_t count,
			    const struct perf_writer *data)
{
	put_u64(w, PERF_MAGIC);
	put_u64(w, PERF_PIPE_HEADER_BYTES);
	for (size_t i = 0; i < count; i++) {
		put_begin(w, PERF_REC_HEADER_ATTR, 0);
		put_attr(w, &attrs[i], MADE_ATTR_BYTES);
		put_u64(w, i + 1);
		put_end(w);
	}
	put_bytes(w, data->bytes.items, data->bytes.count);
}

/* A file without a name that holds these bytes; its path goes to `path`. Close the result. */
static inline int file_of(const void *bytes, size_t size, char path[64])
{
	const int fd = memfd_create("recording", 0);
	size_t done = 0;

	while (done < size) {
		const ssize_t wrote = write(fd, (const char *)bytes + done, size - done);

		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
