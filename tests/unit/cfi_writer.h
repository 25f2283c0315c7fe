/*
 * cfi_writer.h - writes sections of unwind tables, good ones and others, for tests.
 */
#ifndef CFI_WRITER_H
#define CFI_WRITER_H

#include <stdint.h>
#include <string.h>

#include "symbolize/cfi_section.h"

enum { WRITER_ADDR = 0x10000, WRITER_BYTES = 65536 };

struct writer {
	uint8_t bytes[WRITER_BYTES];
	uint64_t size, entry;	/* entry: where the one being written begins */
};

static inline void put(struct writer *writer, uint64_t value, unsigned size)
{
	memcpy(writer->bytes + writer->size, &value, size);
	writer->size += size;
}

static inline void put_bytes(struct writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

static inline void entry_begin(struct writer *writer)
{
	writer->entry = writer->size;
	put(writer, 0, 4);
}

/* Sets the length, padded to 4 bytes with DW_CFA_nop. */
static inline void entry_end(struct writer *writer)
{
	uint32_t length;

	while (writer->size % 4)
		put(writer, 0, 1);
	length = (uint32_t)(writer->size - writer->entry - 4);
	memcpy(writer->bytes + writer->entry, &length, 4);
}

/* A CIE as gcc writes it for x86-64: CFA = rsp + 8, return address at CFA - 8. Result: where. */
static inline uint64_t put_cie(struct writer *writer, const char *augmentation)
{
	entry_begin(writer);
	put(writer, 0, 4);
	put(writer, 1, 1);
	put_bytes(writer, augmentation, strlen(augmentation) + 1);
	put_bytes(writer, "\x01\x78\x10", 3);
	if (augmentation[0] == 'z')
		put_bytes(writer, "\x01\x1b", 2);
	put_bytes(writer, "\x0c\x07\x08\x90\x01", 5);
	entry_end(writer);
	return writer->entry;
}

static inline void put_fde(struct writer *writer, uint64_t cie, uint64_t start, uint32_t size,
			   const void *program, size_t program_size)
{
	entry_begin(writer);
	put(writer, writer->size - cie, 4);
	put(writer, start - (WRITER_ADDR + writer->size), 4);
	put(writer, size, 4);
	put(writer, 0, 1);
	put_bytes(writer, program, program_size);
	entry_end(writer);
}

static inline struct cfi_section writer_section(const struct writer *writer)
{
	return (struct cfi_section){ .bytes = writer->bytes, .size = writer->size,
				     .addr = WRITER_ADDR, .is_eh = true };
}

#endif
