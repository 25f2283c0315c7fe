/*
 * perf_stream.c - see perf_stream.h.
 */
#include "collector/perf_stream.h"

#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>

#include "collector/perf_abi.h"
#include "collector/perf_swap.h"

enum { HEADER_BYTES = sizeof(struct perf_event_header), AUXTRACE_BYTES = 16 };

void perf_stream_init(struct perf_stream *stream, struct perf_input *input, bool swap,
		      uint64_t end)
{
	*stream = (struct perf_stream){ .input = input, .swap = swap, .end = end };
}

void perf_stream_fini(struct perf_stream *stream)
{
	perf_inflate_fini(&stream->inflate);
	memset(stream, 0, sizeof(*stream));
}

static void read_header(struct perf_record *record, uint8_t *bytes, bool swap)
{
	record->bytes = bytes;
	record->type = perf_u32(bytes + offsetof(struct perf_event_header, type), swap);
	record->misc = perf_u16(bytes + offsetof(struct perf_event_header, misc), swap);
	record->size = perf_u16(bytes + offsetof(struct perf_event_header, size), swap);
}

/* ---- out of compressed records ---- */

static enum perf_next cut_packed(const struct perf_stream *stream, const char *what,
				 struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA, "%s, in the compressed record at offset %llu", what,
		    (unsigned long long)stream->packed_offset);
	return PERF_NEXT_CUT;
}

/* END: there is no whole record in what was unpacked so far. */
static enum perf_next next_packed(struct perf_stream *stream, struct perf_record *record,
				  struct pmc_err *err)
{
	struct perf_inflate *inflate = &stream->inflate;

	for (;;) {
		const size_t have = inflate->end - inflate->begin;
		struct pmc_err why = { 0 };
		int more;

		if (have >= HEADER_BYTES) {
			read_header(record, inflate->plain + inflate->begin, stream->swap);
			if (record->size < HEADER_BYTES)
				return cut_packed(stream, "a record has an impossible size", err);
			if (have >= record->size)
				break;
		}
		more = perf_inflate_step(inflate, &why);
		if (more < 0)
			return cut_packed(stream, why.message, err);
		if (!more)
			return PERF_NEXT_END;
	}
	record->offset = stream->packed_offset;
	if (stream->swap)
		perf_swap_header(record->bytes);
	return PERF_NEXT_RECORD;
}

/* ---- from the file ---- */

static enum perf_next cut(uint64_t offset, const char *why, unsigned long long seen,
			  struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA, "the record at offset %llu %s %llu",
		    (unsigned long long)offset, why, seen);
	return PERF_NEXT_CUT;
}

/* The next record in the file, whatever it is; it is not passed over yet. */
static enum perf_next next_in_file(struct perf_stream *stream, struct perf_record *record,
				   struct pmc_err *err)
{
	struct perf_input *input = stream->input;
	const uint64_t left = stream->end - input->offset;
	uint8_t *bytes;
	size_t have;

	if (input->offset >= stream->end)
		return PERF_NEXT_END;
	if (perf_input_peek(input, HEADER_BYTES, &bytes, &have, err))
		return PERF_NEXT_ERROR;
	if (!have && stream->end == UINT64_MAX)
		return PERF_NEXT_END;
	if (have < HEADER_BYTES || left < HEADER_BYTES)
		return cut(input->offset, "is cut short: bytes left:", have < left ? have : left,
			   err);
	read_header(record, bytes, stream->swap);
	record->offset = input->offset;
	if (!memcmp(bytes, "PERFILE2", 8) || !memcmp(bytes, "2ELIFREP", 8)) {
		pmc_err_set(err, PMC_ERR_DATA, "another recording begins at offset %llu",
			    (unsigned long long)input->offset);
		return PERF_NEXT_CUT;
	}
	if (record->size < HEADER_BYTES)
		return cut(input->offset, "has an impossible size:", record->size, err);
	if (perf_input_peek(input, record->size, &bytes, &have, err))
		return PERF_NEXT_ERROR;
	record->bytes = bytes;
	if (have < record->size || left < record->size)
		return cut(input->offset, "is cut short: bytes left:", have < left ? have : left,
			   err);
	if (stream->swap)
		perf_swap_header(bytes);
	return PERF_NEXT_RECORD;
}

/* Data that follows a record and does not count for its size. */
static bool read_tail(const struct perf_stream *stream, const struct perf_record *record,
		      uint64_t *bytes)
{
	*bytes = 0;
	if (record->type == PERF_REC_AUXTRACE && record->size >= AUXTRACE_BYTES)
		*bytes = perf_u64(record->bytes + HEADER_BYTES, stream->swap);
	else if (record->type == PERF_REC_TRACING_DATA && record->size >= HEADER_BYTES + 4)
		*bytes = perf_u32(record->bytes + HEADER_BYTES, stream->swap);
	else
		return false;
	return true;
}

static enum perf_next pass_over(struct perf_stream *stream, const struct perf_record *record,
				uint64_t bytes, struct pmc_err *err)
{
	const uint64_t all = record->size + bytes;
	uint64_t skipped;

	stream->last_bytes = 0;
	if (perf_input_skip(stream->input, bytes > UINT64_MAX - record->size ? bytes : all,
			    &skipped, err))
		return PERF_NEXT_ERROR;
	if (record->type == PERF_REC_AUXTRACE) {
		stream->aux_records++;
		stream->aux_bytes += skipped > record->size ? skipped - record->size : 0;
	}
	if (skipped < bytes || stream->input->offset > stream->end)
		return cut(record->offset, "is followed by less data than it says:", bytes, err);
	return PERF_NEXT_RECORD;
}

static int put_packed(struct perf_stream *stream, const struct perf_record *record,
		      struct pmc_err *err)
{
	const uint8_t *packed = record->bytes + HEADER_BYTES;
	uint64_t size = record->size - HEADER_BYTES;

	if (record->type == PERF_REC_COMPRESSED2) { /* it is padded, and tells its size */
		const uint64_t told = size >= 8 ? perf_u64(packed, stream->swap) : UINT64_MAX;

		if (size < 8 || told > size - 8)
			return pmc_err_set(err, PMC_ERR_DATA,
					   "the compressed record at offset %llu says that it "
					   "holds %llu bytes, of %llu",
					   (unsigned long long)record->offset,
					   (unsigned long long)told, (unsigned long long)size);
		packed += 8;
		size = told;
	}
	stream->packed_offset = record->offset;
	return perf_inflate_put(&stream->inflate, packed, size, err);
}

static int end_last(struct perf_stream *stream, struct pmc_err *err)
{
	const uint64_t bytes = stream->last_bytes;

	stream->last_bytes = 0;
	if (!stream->in_packed)
		return perf_input_skip(stream->input, bytes, NULL, err);
	stream->inflate.begin += bytes;
	return 0;
}

void perf_stream_hold(struct perf_stream *stream)
{
	stream->is_held = true;
}

/* The last record again; it was turned into our byte order already. */
static enum perf_next again(struct perf_stream *stream, struct perf_record *record,
			    struct pmc_err *err)
{
	size_t have;

	stream->is_held = false;
	record->offset = stream->in_packed ? stream->packed_offset : stream->input->offset;
	if (stream->in_packed) {
		read_header(record, stream->inflate.plain + stream->inflate.begin, false);
		return PERF_NEXT_RECORD;
	}
	if (perf_input_peek(stream->input, stream->last_bytes, &record->bytes, &have, err))
		return PERF_NEXT_ERROR;
	read_header(record, record->bytes, false);
	return PERF_NEXT_RECORD;
}

enum perf_next perf_stream_next(struct perf_stream *stream, struct perf_record *record,
				struct pmc_err *err)
{
	if (stream->is_held)
		return again(stream, record, err);
	if (end_last(stream, err))
		return PERF_NEXT_ERROR;
	for (;;) {
		enum perf_next next = next_packed(stream, record, err);
		uint64_t tail;

		stream->in_packed = next == PERF_NEXT_RECORD;
		if (stream->in_packed)
			stream->last_bytes = record->size;
		if (next != PERF_NEXT_END)
			return next;
		next = next_in_file(stream, record, err);
		if (next == PERF_NEXT_END && stream->inflate.end > stream->inflate.begin)
			return cut(stream->input->offset,
				   "is missing, which the last compressed one goes on in: bytes "
				   "left:",
				   stream->inflate.end - stream->inflate.begin, err);
		if (next != PERF_NEXT_RECORD)
			return next;
		if (record->type == PERF_REC_COMPRESSED || record->type == PERF_REC_COMPRESSED2) {
			if (put_packed(stream, record, err))
				return err->kind == PMC_ERR_DATA ? PERF_NEXT_CUT : PERF_NEXT_ERROR;
			if (perf_input_skip(stream->input, record->size, NULL, err))
				return PERF_NEXT_ERROR;
			continue;
		}
		if (read_tail(stream, record, &tail)) {
			next = pass_over(stream, record, tail, err);
			if (next != PERF_NEXT_RECORD)
				return next;
			continue;
		}
		stream->last_bytes = record->size;
		return next;
	}
}
