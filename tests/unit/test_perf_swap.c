/*
 * test_perf_swap.c - what was written in the other byte order and turned is what was written in
 * ours: each field of samples alone and all together, each type of record, attributes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_attr.h"
#include "collector/perf_swap.h"

/* 3 registers, of which the second set has 2. */
static const struct layout LAYOUT = { .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID |
						     PERF_FORMAT_TOTAL_TIME_ENABLED |
						     ABI_FORMAT_LOST,
				      .branch_sample_type = PERF_SAMPLE_BRANCH_HW_INDEX | 1 << 19,
				      .sample_regs_user = 0x103,
				      .sample_regs_intr = 0x3,
				      .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
						     PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
						     PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER,
				      .sample_id_all = true };

static const uint64_t WORD = 0x0102030405060708ULL;

static void put_words(struct perf_writer *w, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put_u64(w, WORD + i);
}

static void put_read(struct perf_writer *w)
{
	put_u64(w, 2);
	put_words(w, 1 + 2 * 3);
}

static void put_branch(struct perf_writer *w)
{
	uint64_t flags = 0;

	put_field(&flags, 1, 1, 1, w->swap);	  /* predicted */
	put_field(&flags, 4, 16, 0x1234, w->swap); /* cycles */
	put_field(&flags, 20, 4, 0x5, w->swap);	  /* type */
	put_field(&flags, 24, 2, 0x1, w->swap);	  /* speculation */
	put_field(&flags, 26, 4, 0x3, w->swap);	  /* new type */
	put_field(&flags, 30, 3, 0x6, w->swap);	  /* privilege */
	put_words(w, 2);
	put_u64(w, flags);
}

/* Parts in the order of the kernel. */
static void put_sample(struct perf_writer *w, uint64_t type)
{
	put_begin(w, ABI_RECORD_SAMPLE, 2);
	for (unsigned i = 0; i < 25; i++) {
		/* IDENTIFIER is first, though its bit is not. */
		static const uint8_t ORDER[] = { 16, 0, 1, 2, 3, 6, 9, 7, 8, 4, 5, 10, 11,
						 12, 13, 14, 15, 17, 18, 19, 21, 22, 23, 20, 24 };
		const uint64_t bit = 1ULL << ORDER[i];

		if (!(type & bit))
			continue;
		switch (bit) {
		case PERF_SAMPLE_TID:
		case PERF_SAMPLE_CPU:
			put_pair(w, 0x01020304, 0x05060708);
			break;
		case PERF_SAMPLE_READ:
			put_read(w);
			break;
		case PERF_SAMPLE_CALLCHAIN:
			put_u64(w, 3);
			put_words(w, 3);
			break;
		case PERF_SAMPLE_RAW:
			put_number(w, 12, 4);
			put_bytes(w, "twelve bytes", 12);
			break;
		case PERF_SAMPLE_BRANCH_STACK:
			put_u64(w, 1);
			put_u64(w, 7);
			put_branch(w);
			put_words(w, 1);
			break;
		case PERF_SAMPLE_REGS_USER:
			put_u64(w, PERF_SAMPLE_REGS_ABI_64);
			put_words(w, 3);
			break;
		case PERF_SAMPLE_REGS_INTR:
			put_u64(w, PERF_SAMPLE_REGS_ABI_64);
			put_words(w, 2);
			break;
		case PERF_SAMPLE_STACK_USER:
			put_u64(w, 16);
			put_bytes(w, "sixteen bytes...", 16);
			put_u64(w, 16);
			break;
		case PERF_SAMPLE_AUX:
			put_u64(w, 8);
			put_bytes(w, "8 bytes.", 8);
			break;
		default:
			put_words(w, 1);
		}
	}
	put_end(w);
}

static void put_trailer(struct perf_writer *w, uint64_t type)
{
	static const uint64_t BITS[] = { PERF_SAMPLE_TID,	PERF_SAMPLE_TIME, PERF_SAMPLE_ID,
					 PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,
					 PERF_SAMPLE_IDENTIFIER };

	for (size_t i = 0; i < PMC_COUNT(BITS); i++)
		if (type & BITS[i] & (PERF_SAMPLE_TID | PERF_SAMPLE_CPU))
			put_pair(w, 1, 2);
		else if (type & BITS[i])
			put_words(w, 1);
}

static void put_sideband(struct perf_writer *w, uint32_t type, uint16_t misc)
{
	put_begin(w, type, misc);
	switch (type) {
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
		put_pair(w, 3, 4);
		put_words(w, 3);
		if (type == ABI_RECORD_MMAP2 && misc) {
			put_bytes(w, "\024\0\0\0abcdefghijklmnopqrst", 24);
		} else if (type == ABI_RECORD_MMAP2) {
			put_pair(w, 5, 6);
			put_words(w, 2);
		}
		if (type == ABI_RECORD_MMAP2)
			put_pair(w, 7, 8);
		put_text(w, "/a/path");
		break;
	case ABI_RECORD_COMM:
		put_pair(w, 3, 4);
		put_text(w, "name");
		break;
	case ABI_RECORD_FORK:
	case ABI_RECORD_EXIT:
		put_pair(w, 3, 4);
		put_pair(w, 5, 6);
		put_words(w, 1);
		break;
	case ABI_RECORD_LOST:
		put_words(w, 2);
		break;
	case ABI_RECORD_THROTTLE:
	case ABI_RECORD_UNTHROTTLE:
		put_words(w, 3);
		break;
	case ABI_RECORD_READ:
		put_pair(w, 3, 4);
		put_read(w);
		break;
	case ABI_RECORD_LOST_SAMPLES:
		put_words(w, 1);
		break;
	case ABI_RECORD_CALLCHAIN_DEFERRED:
		put_words(w, 1);
		put_u64(w, 3);
		put_words(w, 3);
		break;
	default: /* KSYMBOL */
		put_words(w, 1);
		put_number(w, 0x01020304, 4);
		put_number(w, 1, 2);
		put_number(w, 0x0203, 2);
		put_text(w, "bpf_prog_1");
	}
	put_trailer(w, LAYOUT.sample_type);
	put_end(w);
}

/* The record at the beginning of `other`, turned, is that of `ours`. */
static void check_turned(struct perf_writer *ours, struct perf_writer *other,
			 const struct layout *layout)
{
	perf_swap_header(other->bytes.items);
	perf_swap_record(other->bytes.items, layout);
	assert_int_equal(other->bytes.count, ours->bytes.count);
	assert_memory_equal(other->bytes.items, ours->bytes.items, ours->bytes.count);
	writer_fini(ours);
	writer_fini(other);
}

static void check_sample(uint64_t type)
{
	struct perf_writer ours = { .swap = false }, other = { .swap = true };
	struct layout layout = LAYOUT;

	layout.sample_type = type;
	put_sample(&ours, type);
	put_sample(&other, type);
	check_turned(&ours, &other, &layout);
}

static void each_part_of_samples(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 25; bit++)
		check_sample(1ULL << bit);
	/* One weight or the other. */
	check_sample(((1ULL << 25) - 1) & ~(uint64_t)ABI_SAMPLE_WEIGHT_STRUCT);
}

static void each_type_of_record(void **state)
{
	static const uint32_t TYPES[] = {
		ABI_RECORD_MMAP,	 ABI_RECORD_MMAP2,    ABI_RECORD_COMM,
		ABI_RECORD_FORK,	 ABI_RECORD_EXIT,     ABI_RECORD_LOST,
		ABI_RECORD_LOST_SAMPLES, ABI_RECORD_THROTTLE, ABI_RECORD_UNTHROTTLE,
		ABI_RECORD_READ,	 ABI_RECORD_KSYMBOL,  ABI_RECORD_CALLCHAIN_DEFERRED,
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(TYPES); i++)
		for (unsigned misc = 0; misc < 2; misc++) {
			struct perf_writer ours = { .swap = false }, other = { .swap = true };
			const uint16_t bits = misc ? ABI_MISC_MMAP_BUILD_ID : 0;
			struct layout layout = LAYOUT;

			put_sideband(&ours, TYPES[i], bits);
			put_sideband(&other, TYPES[i], bits);
			check_turned(&ours, &other, &layout);
		}
}

static void lies_are_left_to_the_decoder(void **state)
{
	struct perf_writer w = { .swap = true };
	struct layout layout = LAYOUT;
	struct record record;

	(void)state;
	layout.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_STACK_USER;
	put_begin(&w, ABI_RECORD_SAMPLE, 0);
	put_u64(&w, UINT64_MAX / 8); /* callers that no record has room for */
	put_words(&w, 4);
	put_end(&w);
	perf_swap_header(w.bytes.items);
	perf_swap_record(w.bytes.items, &layout);
	assert_int_equal(record_decode(w.bytes.items, &layout, &record), DECODE_BAD);
	writer_fini(&w);
}

static void attributes(void **state)
{
	const struct made_attr made = { .type = 4,	    .config = WORD,
					.period = WORD + 1, .sample_type = 0x1ff,
					.read_format = 0xf, .freq = true,
					.sample_id_all = true, .precise = 2,
					.branch_type = WORD + 2, .regs_user = WORD + 3,
					.regs_intr = WORD + 4, .stack_user = 8192,
					.max_stack = 127 };

	(void)state;
	for (unsigned precise = 0; precise < 4; precise++) {
		struct perf_writer ours = { .swap = false }, other = { .swap = true };
		struct perf_event_attr a = { 0 }, b = { 0 };
		struct made_attr one = made;

		one.precise = precise;
		put_attr(&ours, &one, 112);
		put_attr(&other, &one, 112);
		memcpy(&a, ours.bytes.items, 112);
		memcpy(&b, other.bytes.items, 112);
		perf_swap_attr(&b);
		assert_memory_equal(&a, &b, 112);
		assert_int_equal(b.precise_ip, precise);
		assert_true(b.freq && b.sample_id_all);
		writer_fini(&ours);
		writer_fini(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_of_samples),
		cmocka_unit_test(each_type_of_record),
		cmocka_unit_test(lies_are_left_to_the_decoder),
		cmocka_unit_test(attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
