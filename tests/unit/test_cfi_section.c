/* test_cfi_section.c - entries of unwind tables, as they should be and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cfi_writer.h"

static struct writer writer;
static struct cfi_fde fde;

/* Reads in a copy of its own size, so that a read behind its end is seen. */
static enum cfi_entry read_at(uint64_t at, uint64_t *next)
{
	struct cfi_section section = writer_section(&writer);
	uint8_t *copy = pmc_calloc(1, section.size ? section.size : 1);
	enum cfi_entry entry;

	memcpy(copy, section.bytes, section.size);
	section.bytes = copy;
	*next = UINT64_MAX;
	entry = cfi_section_read(&section, at, &fde, next);
	free(copy);
	return entry;
}

static uint64_t begin(void)
{
	memset(&writer, 0, sizeof(writer));
	return put_cie(&writer, "zR");
}

static void test_good(void **state)
{
	const uint64_t cie = begin(), first = writer.size;
	uint64_t next;

	(void)state;
	put_fde(&writer, cie, 0x1234, 0x56, "\x41\x0e\x10", 3);
	put(&writer, 0, 4);
	assert_int_equal(read_at(cie, &next), CFI_ENTRY_CIE);
	assert_int_equal(next, first);
	assert_int_equal(read_at(first, &next), CFI_ENTRY_FDE);
	assert_true(fde.start == 0x1234 && fde.size == 0x56);
	assert_true(fde.cie.code_align == 1 && fde.cie.data_align == -8 && fde.cie.ra_reg == 16);
	assert_false(fde.cie.is_signal);
	assert_true(fde.program.end - fde.program.at >= 3);
	assert_int_equal(read_at(next, &next), CFI_ENTRY_END);
	assert_int_equal(read_at(writer.size + 100, &next), CFI_ENTRY_END);
}

static void test_augmentations(void **state)
{
	static const struct {
		const char *text;
		enum cfi_entry entry;
		bool is_signal;
	} cases[] = {
		{ "zR", CFI_ENTRY_FDE, false }, { "zRS", CFI_ENTRY_FDE, true },
		{ "zRB", CFI_ENTRY_FDE, false }, { "zR!", CFI_ENTRY_FDE, false },
		{ "eh", CFI_ENTRY_BAD, false }, { "R", CFI_ENTRY_BAD, false },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		uint64_t cie, first, next;

		memset(&writer, 0, sizeof(writer));
		cie = put_cie(&writer, cases[i].text);
		first = writer.size;
		put_fde(&writer, cie, 0x1000, 16, "", 0);
		assert_int_equal(read_at(first, &next), cases[i].entry);
		assert_true(next == writer.size);
		if (cases[i].entry == CFI_ENTRY_FDE)
			assert_int_equal(fde.cie.is_signal, cases[i].is_signal);
	}
}

/* Whatever is written into an entry's words: an answer, and a next place that is ahead. */
static void test_damaged(void **state)
{
	static const uint64_t values[] = { 0, 1, 4, 8, 0x7fffffff, 0x80000000, 0xfffffff0,
					   0xfffffffe, 0xffffffff };
	const uint64_t cie = begin(), first = writer.size;
	struct writer good;
	uint64_t next;

	(void)state;
	put_fde(&writer, cie, 0x1000, 16, "\x41\x0e\x10", 3);
	good = writer;
	for (uint64_t at = 0; at < good.size; at++) {
		for (size_t i = 0; i < PMC_COUNT(values); i++) {
			writer = good;
			memcpy(writer.bytes + at, &values[i], at + 4 <= good.size ? 4 : 1);
			if (read_at(0, &next) != CFI_ENTRY_END)
				assert_in_range(next, 1, good.size);
			if (read_at(first, &next) != CFI_ENTRY_END)
				assert_in_range(next, first + 1, good.size);
		}
	}
	for (uint64_t size = 0; size < good.size; size++) {
		writer = good;
		writer.size = size;
		read_at(0, &next);
		assert_int_not_equal(read_at(first, &next), CFI_ENTRY_FDE);
	}
}

static void test_contradictions(void **state)
{
	const uint64_t cie = begin();
	uint64_t first = writer.size, next;

	(void)state;
	/* An entry that names itself as its CIE. */
	put_fde(&writer, first, 0x1000, 16, "", 0);
	assert_int_equal(read_at(first, &next), CFI_ENTRY_BAD);
	/* One that names the one before, which is none either. */
	put_fde(&writer, first, 0x1000, 16, "", 0);
	assert_int_equal(read_at(next, &next), CFI_ENTRY_BAD);
	/* One before the section. */
	first = writer.size;
	put_fde(&writer, cie - 1000, 0x1000, 16, "", 0);
	assert_int_equal(read_at(first, &next), CFI_ENTRY_BAD);
	/* A length of 64 bits that is all of the address space. */
	first = writer.size;
	put(&writer, 0xffffffff, 4);
	put(&writer, UINT64_MAX, 8);
	put(&writer, 0, 8);
	assert_int_equal(read_at(first, &next), CFI_ENTRY_BAD);
	assert_true(next == writer.size);
}

static void test_debug_frame(void **state)
{
	struct cfi_section section;
	uint64_t next = 0;

	(void)state;
	memset(&writer, 0, sizeof(writer));
	entry_begin(&writer);
	put(&writer, 0xffffffff, 4);
	put_bytes(&writer, "\x04\0\x08\0\x01\x78\x10\x0c\x07\x08", 10);	/* version 4 */
	entry_end(&writer);
	entry_begin(&writer);
	put(&writer, 0, 4);
	put(&writer, 0x401000, 8);
	put(&writer, 0x80, 8);
	entry_end(&writer);
	section = writer_section(&writer);
	section.is_eh = false;
	section.addr = 0;
	assert_int_equal(cfi_section_read(&section, 0, &fde, &next), CFI_ENTRY_CIE);
	assert_int_equal(cfi_section_read(&section, next, &fde, &next), CFI_ENTRY_FDE);
	assert_true(fde.start == 0x401000 && fde.size == 0x80);
	writer.bytes[8 + 2] = 4;	/* addresses of 4 bytes */
	assert_int_equal(cfi_section_read(&section, 20, &fde, &next), CFI_ENTRY_BAD);
}

static void test_numbers(void **state)
{
	static const uint8_t minus[] = { 0x80, 0x7f }, big[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
								 0xff, 0xff, 0xff, 0x01 };
	static const uint8_t longer[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
					  0x80, 0x80, 0x80, 0x80, 0x80, 0x00 };
	struct cfi_bytes bytes = { minus, minus + 2, false };

	(void)state;
	assert_int_equal(cfi_bytes_sleb(&bytes), -128);
	bytes = (struct cfi_bytes){ big, big + sizeof(big), false };
	assert_true(cfi_bytes_uleb(&bytes) == UINT64_MAX && !bytes.is_bad);
	bytes = (struct cfi_bytes){ longer, longer + sizeof(longer), false };
	assert_true(cfi_bytes_uleb(&bytes) == 0 && !bytes.is_bad && bytes.at == bytes.end);
	assert_true(cfi_bytes_u8(&bytes) == 0 && bytes.is_bad);
	bytes = (struct cfi_bytes){ big, big + 3, false };
	assert_true(cfi_bytes_u32(&bytes) == 0 && bytes.is_bad);
}

/* What entries share is read again for each: it must not be as long as the file likes. */
static void test_endless(void **state)
{
	uint8_t number[1000];
	struct cfi_bytes bytes = { number, number + sizeof(number), false };
	char letters[1000];
	uint64_t cie, first, next;

	(void)state;
	memset(number, 0x80, sizeof(number));
	number[sizeof(number) - 1] = 0;
	assert_true(cfi_bytes_uleb(&bytes) == 0 && bytes.is_bad && bytes.at == bytes.end);
	bytes = (struct cfi_bytes){ number, number + sizeof(number), false };
	assert_true(cfi_bytes_sleb(&bytes) == 0 && bytes.is_bad && bytes.at == bytes.end);
	memset(letters, 'S', sizeof(letters));
	memcpy(letters, "zR", 2);
	letters[sizeof(letters) - 1] = '\0';
	memset(&writer, 0, sizeof(writer));
	cie = put_cie(&writer, letters);
	first = writer.size;
	put_fde(&writer, cie, 0x1000, 16, "", 0);
	assert_int_equal(read_at(first, &next), CFI_ENTRY_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_augmentations),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_debug_frame), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
