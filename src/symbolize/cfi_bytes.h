/*
 * cfi_bytes.h - reads the numbers of unwind tables, never past their end.
 *
 * A read that does not fit gives 0, moves to the end and leaves the mark is_bad, so that a reader
 * checks once behind a row of reads, not after each. A number longer than any that is written does
 * not fit either: entries may share what they read, which must not cost more each time.
 */
#ifndef PMC_CFI_BYTES_H
#define PMC_CFI_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* 64 bits take 10; linkers that shorten code leave more behind, as padding. */
enum { CFI_LEB128_BYTES = 32 };

struct cfi_bytes {
	const uint8_t *at, *end;
	bool is_bad;
};

static inline uint64_t cfi_bytes_uint(struct cfi_bytes *bytes, unsigned size)
{
	uint64_t value = 0;

	if ((uint64_t)(bytes->end - bytes->at) < size) {
		bytes->at = bytes->end;
		bytes->is_bad = true;
		return 0;
	}
	memcpy(&value, bytes->at, size);	/* both machines are little-endian */
	bytes->at += size;
	return value;
}

static inline uint8_t cfi_bytes_u8(struct cfi_bytes *bytes)
{
	return (uint8_t)cfi_bytes_uint(bytes, 1);
}

static inline uint16_t cfi_bytes_u16(struct cfi_bytes *bytes)
{
	return (uint16_t)cfi_bytes_uint(bytes, 2);
}

static inline uint32_t cfi_bytes_u32(struct cfi_bytes *bytes)
{
	return (uint32_t)cfi_bytes_uint(bytes, 4);
}

static inline uint64_t cfi_bytes_u64(struct cfi_bytes *bytes)
{
	return cfi_bytes_uint(bytes, 8);
}

static inline int64_t cfi_bytes_sint(struct cfi_bytes *bytes, unsigned size)
{
	const unsigned unused = 64 - 8 * size;

	return (int64_t)(cfi_bytes_uint(bytes, size) << unused) >> unused;
}

static inline void cfi_bytes_fail(struct cfi_bytes *bytes)
{
	bytes->at = bytes->end;
	bytes->is_bad = true;
}

/* LEB128; bits above 64 are dropped. */
static inline uint64_t cfi_bytes_uleb(struct cfi_bytes *bytes)
{
	uint64_t value = 0;
	unsigned shift = 0, left = CFI_LEB128_BYTES;
	uint8_t byte;

	do {
		byte = cfi_bytes_u8(bytes);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += shift < 64 ? 7 : 0;
	} while (byte & 0x80 && --left);
	if (byte & 0x80) {
		cfi_bytes_fail(bytes);
		return 0;
	}
	return value;
}

static inline int64_t cfi_bytes_sleb(struct cfi_bytes *bytes)
{
	uint64_t value = 0;
	unsigned shift = 0, left = CFI_LEB128_BYTES;
	uint8_t byte;

	do {
		byte = cfi_bytes_u8(bytes);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += shift < 64 ? 7 : 0;
	} while (byte & 0x80 && --left);
	if (byte & 0x80) {
		cfi_bytes_fail(bytes);
		return 0;
	}
	if (byte & 0x40 && shift < 64)
		value |= ~0ULL << shift;
	return (int64_t)value;
}

/* The next `size` bytes as a range of their own. */
static inline struct cfi_bytes cfi_bytes_take(struct cfi_bytes *bytes, uint64_t size)
{
	struct cfi_bytes part = { bytes->at, bytes->end, bytes->is_bad };

	if ((uint64_t)(bytes->end - bytes->at) < size) {
		part.is_bad = bytes->is_bad = true;
		size = (uint64_t)(bytes->end - bytes->at);
	}
	part.end = bytes->at += size;
	return part;
}

#endif
