/*
 * test_decode.c - every field of a sample alone, with each other one and cut at every length; every
 * record type with every trailer; sizes and counts that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record_fixture.h"

static const struct layout PLAIN = {
	.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
	.sample_id_all = true,
};
static const struct ident IDENT = { .pid = 11, .tid = 12, .cpu = 3, .time = 1000, .id = 77,
				    .stream_id = 78, .identifier = 99 };

/* Decodes a copy that ends where its memory ends, so that a step too far is seen. */
static enum decode_result decode_copy(const uint8_t *bytes, uint16_t size,
				      const struct layout *layout, struct record *out,
				      uint8_t **copy)
{
	*copy = pmc_calloc(1, size);
	memcpy(*copy, bytes, size);
	memcpy(*copy + offsetof(struct perf_event_header, size), &size, sizeof(size));
	return record_decode(*copy, layout, out);
}

/* ---- samples ---- */

struct field {
	uint64_t bit;
	void (*write)(struct records *records);
	bool (*holds)(const struct sample *sample);
};

#define NUMBER_FIELD(name, member, number)							\
	static void write_##name(struct records *records)					\
	{											\
		record_u64(records, number);							\
	}											\
	static bool holds_##name(const struct sample *sample)					\
	{											\
		return sample->member == (number);						\
	}

NUMBER_FIELD(identifier, id, 0x1d)
NUMBER_FIELD(ip, ip, 0x400100)
NUMBER_FIELD(time, time, 123456789)
NUMBER_FIELD(addr, addr, 0xadd2)
NUMBER_FIELD(stream_id, stream_id, 0x57)
NUMBER_FIELD(period, period, 250000)
NUMBER_FIELD(weight, weight, 17)
NUMBER_FIELD(data_src, data_src, 0x5068100142)
NUMBER_FIELD(transaction, transaction, 3)
NUMBER_FIELD(phys_addr, phys_addr, 0x1234000)
NUMBER_FIELD(cgroup, cgroup, 4242)
NUMBER_FIELD(data_page_size, data_page_size, 4096)
NUMBER_FIELD(code_page_size, code_page_size, 2097152)

static void write_tid(struct records *records)
{
	record_pair(records, 500, 501);
}

static bool holds_tid(const struct sample *sample)
{
	return sample->pid == 500 && sample->tid == 501;
}

static void write_cpu(struct records *records)
{
	record_pair(records, 7, 0xffffffff);
}

static bool holds_cpu(const struct sample *sample)
{
	return sample->cpu == 7;
}

static void write_read(struct records *records)
{
	record_u64(records, 1001);
}

static bool holds_read(const struct sample *sample)
{
	uint64_t value;

	memcpy(&value, sample->read, 8);
	return sample->read_nr == 1 && value == 1001;
}

static void write_chain(struct records *records)
{
	record_u64(records, 3);
	record_u64(records, ABI_CONTEXT_USER);
	record_u64(records, 0x400100);
	record_u64(records, 0x400200);
}

static bool holds_chain(const struct sample *sample)
{
	return sample->chain_nr == 3 && sample->chain[0] == ABI_CONTEXT_USER &&
	       sample->chain[2] == 0x400200;
}

static void write_raw(struct records *records)
{
	const uint32_t size = 12;

	record_raw(records, &size, 4);
	record_raw(records, "abcdefghijkl", 12);
}

static bool holds_raw(const struct sample *sample)
{
	return sample->raw_size == 12 && !memcmp(sample->raw, "abcdefghijkl", 12);
}

static void write_branches(struct records *records)
{
	record_u64(records, 2);
	for (uint64_t i = 0; i < 6; i++)
		record_u64(records, 0xb0 + i);
}

static bool holds_branches(const struct sample *sample)
{
	return sample->branch_nr == 2 && sample->branches[0] == 0xb0 &&
	       sample->branches[40] == 0xb5;
}

static void write_regs_user(struct records *records)
{
	record_u64(records, PERF_SAMPLE_REGS_ABI_64);
	record_u64(records, 0xa1);
	record_u64(records, 0xa2);
	record_u64(records, 0xa3);
}

static bool holds_regs_user(const struct sample *sample)
{
	return sample->regs_user_abi == PERF_SAMPLE_REGS_ABI_64 && sample->regs_user[2] == 0xa3;
}

static void write_stack(struct records *records)
{
	record_u64(records, 16);
	record_raw(records, "0123456789abcdef", 16);
	record_u64(records, 8);
}

static bool holds_stack(const struct sample *sample)
{
	return sample->stack_size == 8 && !memcmp(sample->stack, "01234567", 8);
}

static void write_regs_intr(struct records *records)
{
	record_u64(records, PERF_SAMPLE_REGS_ABI_32);
	record_u64(records, 0xc1);
}

static bool holds_regs_intr(const struct sample *sample)
{
	return sample->regs_intr_abi == PERF_SAMPLE_REGS_ABI_32 && sample->regs_intr[0] == 0xc1;
}

static void write_aux(struct records *records)
{
	record_u64(records, 8);
	record_raw(records, "auxiliar", 8);
}

static bool holds_aux(const struct sample *sample)
{
	return sample->aux_size == 8 && !memcmp(sample->aux, "auxiliar", 8);
}

/* In the order of the record. */
static const struct field fields[] = {
	{ PERF_SAMPLE_IDENTIFIER, write_identifier, holds_identifier },
	{ PERF_SAMPLE_IP, write_ip, holds_ip },
	{ PERF_SAMPLE_TID, write_tid, holds_tid },
	{ PERF_SAMPLE_TIME, write_time, holds_time },
	{ PERF_SAMPLE_ADDR, write_addr, holds_addr },
	{ PERF_SAMPLE_ID, write_identifier, holds_identifier },
	{ PERF_SAMPLE_STREAM_ID, write_stream_id, holds_stream_id },
	{ PERF_SAMPLE_CPU, write_cpu, holds_cpu },
	{ PERF_SAMPLE_PERIOD, write_period, holds_period },
	{ PERF_SAMPLE_READ, write_read, holds_read },
	{ PERF_SAMPLE_CALLCHAIN, write_chain, holds_chain },
	{ PERF_SAMPLE_RAW, write_raw, holds_raw },
	{ PERF_SAMPLE_BRANCH_STACK, write_branches, holds_branches },
	{ PERF_SAMPLE_REGS_USER, write_regs_user, holds_regs_user },
	{ PERF_SAMPLE_STACK_USER, write_stack, holds_stack },
	{ PERF_SAMPLE_WEIGHT | ABI_SAMPLE_WEIGHT_STRUCT, write_weight, holds_weight },
	{ PERF_SAMPLE_DATA_SRC, write_data_src, holds_data_src },
	{ PERF_SAMPLE_TRANSACTION, write_transaction, holds_transaction },
	{ PERF_SAMPLE_REGS_INTR, write_regs_intr, holds_regs_intr },
	{ PERF_SAMPLE_PHYS_ADDR, write_phys_addr, holds_phys_addr },
	{ PERF_SAMPLE_CGROUP, write_cgroup, holds_cgroup },
	{ PERF_SAMPLE_DATA_PAGE_SIZE, write_data_page_size, holds_data_page_size },
	{ PERF_SAMPLE_CODE_PAGE_SIZE, write_code_page_size, holds_code_page_size },
	{ PERF_SAMPLE_AUX, write_aux, holds_aux },
};

/* A sample with these bits decodes whole, and every shorter one is told to be damaged. */
static void check_sample(uint64_t bits)
{
	const struct layout layout = { .sample_type = bits, .sample_regs_user = 0x10101,
				       .sample_regs_intr = 0x8, .sample_id_all = true };
	struct records records = { 0 };
	struct record record;
	uint8_t *copy;
	const uint8_t *bytes;
	uint16_t size;

	record_begin(&records, ABI_RECORD_SAMPLE, ABI_MISC_USER);
	for (size_t i = 0; i < PMC_COUNT(fields); i++)
		if (bits & fields[i].bit)
			fields[i].write(&records);
	bytes = record_end(&records);
	size = (uint16_t)record_size(bytes, records.bytes.count);
	assert_int_equal(size, records.bytes.count);
	assert_int_equal(decode_copy(bytes, size, &layout, &record, &copy), DECODE_OK);
	assert_int_equal(record.type, ABI_RECORD_SAMPLE);
	assert_int_equal(record.misc, ABI_MISC_USER);
	assert_int_equal(record.size, size);
	for (size_t i = 0; i < PMC_COUNT(fields); i++)
		if (bits & fields[i].bit)
			assert_true(fields[i].holds(&record.sample));
	assert_int_equal(record_time(copy, &layout), bits & PERF_SAMPLE_TIME ? 123456789 : 0);
	free(copy);
	for (uint16_t cut = sizeof(struct perf_event_header); cut < size; cut++) {
		assert_int_equal(decode_copy(bytes, cut, &layout, &record, &copy), DECODE_BAD);
		record_time(copy, &layout);
		record_id(copy);
		free(copy);
	}
	records_fini(&records);
}

static void each_field_alone_and_in_pairs(void **state)
{
	(void)state;
	check_sample(0);
	for (size_t i = 0; i < PMC_COUNT(fields); i++) {
		check_sample(fields[i].bit);
		for (size_t j = i + 1; j < PMC_COUNT(fields); j++)
			check_sample(fields[i].bit | fields[j].bit);
	}
}

static void all_fields_at_once(void **state)
{
	uint64_t all = 0;

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(fields); i++)
		all |= fields[i].bit;
	check_sample(all);
	check_sample(all & ~(uint64_t)PERF_SAMPLE_WEIGHT);
	check_sample(all & ~(uint64_t)ABI_SAMPLE_WEIGHT_STRUCT);
	for (size_t i = 0; i < PMC_COUNT(fields); i++)
		check_sample(all & ~fields[i].bit);
}

/* Decodes a sample that holds just `words`; its view is valid until the next one. */
static enum decode_result decode_words(const struct layout *layout, const uint64_t *words,
				       size_t count, struct record *record)
{
	static uint64_t kept[128];
	struct perf_event_header header = { .type = ABI_RECORD_SAMPLE,
					    .size = (uint16_t)(sizeof(header) + count * 8) };

	assert_true(count < PMC_COUNT(kept));
	memcpy(kept, &header, sizeof(header));
	memcpy(kept + 1, words, count * 8);
	return record_decode((const uint8_t *)kept, layout, record);
}

/* Where in a READ part each of its values lies. */
static void read_values(void **state)
{
	enum { TIMES = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING };
	static const struct {
		uint64_t format;
		uint64_t words[12];
		uint64_t index;
		struct read_value expected;
	} cases[] = {
		{ 0, { 5 }, 0, { .value = 5 } },
		{ PERF_FORMAT_ID, { 5, 9 }, 0, { .value = 5, .id = 9 } },
		{ TIMES | PERF_FORMAT_ID | ABI_FORMAT_LOST, { 5, 30, 20, 9, 2 }, 0,
		  { 30, 20, 5, 9, 2 } },
		{ PERF_FORMAT_TOTAL_TIME_RUNNING, { 5, 20 }, 0, { 0, 20, 5, 0, 0 } },
		{ PERF_FORMAT_GROUP, { 2, 5, 6 }, 1, { .value = 6 } },
		{ PERF_FORMAT_GROUP | TIMES | PERF_FORMAT_ID, { 2, 30, 20, 5, 9, 6, 8 }, 0,
		  { 30, 20, 5, 9, 0 } },
		{ PERF_FORMAT_GROUP | TIMES | PERF_FORMAT_ID, { 2, 30, 20, 5, 9, 6, 8 }, 1,
		  { 30, 20, 6, 8, 0 } },
		{ PERF_FORMAT_GROUP | TIMES | PERF_FORMAT_ID | ABI_FORMAT_LOST,
		  { 3, 30, 20, 5, 9, 0, 6, 8, 1, 7, 4, 3 }, 2, { 30, 20, 7, 4, 3 } },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct layout layout = { .read_format = cases[i].format };
		const struct read_value seen = record_read_value(
			&layout, (const uint8_t *)cases[i].words, cases[i].index);

		assert_memory_equal(&seen, &cases[i].expected, sizeof(seen));
	}
}

/* Layouts of READ: words it takes, and how many values it says there are. */
static void read_formats(void **state)
{
	enum { TIMES = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING };
	static const struct {
		uint64_t format;
		uint64_t first;		/* the value, or the number of values of a group */
		size_t words;
	} cases[] = {
		{ 0, 5, 1 },
		{ PERF_FORMAT_TOTAL_TIME_ENABLED, 5, 2 },
		{ PERF_FORMAT_TOTAL_TIME_RUNNING, 5, 2 },
		{ TIMES, 5, 3 },
		{ TIMES | PERF_FORMAT_ID, 5, 4 },
		{ TIMES | PERF_FORMAT_ID | ABI_FORMAT_LOST, 5, 5 },
		{ ABI_FORMAT_LOST, 5, 2 },
		{ PERF_FORMAT_GROUP, 0, 1 },
		{ PERF_FORMAT_GROUP, 3, 4 },
		{ PERF_FORMAT_GROUP | TIMES, 2, 5 },
		{ PERF_FORMAT_GROUP | TIMES | PERF_FORMAT_ID, 2, 7 },
		{ PERF_FORMAT_GROUP | TIMES | PERF_FORMAT_ID | ABI_FORMAT_LOST, 4, 15 },
		{ PERF_FORMAT_GROUP | ABI_FORMAT_LOST, 3, 7 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct layout layout = { .sample_type = PERF_SAMPLE_READ | PERF_SAMPLE_WEIGHT,
					       .read_format = cases[i].format };
		uint64_t words[32] = { cases[i].first };
		struct record record;
		uint64_t first;

		words[cases[i].words] = 0x77;		/* the field behind it */
		assert_int_equal(decode_words(&layout, words, cases[i].words + 1, &record),
				 DECODE_OK);
		assert_int_equal(record.sample.weight, 0x77);
		assert_int_equal(record.sample.read_nr,
				 cases[i].format & PERF_FORMAT_GROUP ? cases[i].first : 1);
		memcpy(&first, record.sample.read, 8);
		assert_int_equal(first, cases[i].first);
		assert_int_equal(decode_words(&layout, words, cases[i].words, &record), DECODE_BAD);
	}
}

static void branch_stack_layouts(void **state)
{
	enum { COUNTERS = 1 << 19 };
	static const struct {
		uint64_t branch_type;
		size_t before, after;		/* words around the entries */
	} cases[] = {
		{ 0, 1, 0 },
		{ PERF_SAMPLE_BRANCH_HW_INDEX, 2, 0 },
		{ COUNTERS, 1, 2 },
		{ PERF_SAMPLE_BRANCH_HW_INDEX | COUNTERS, 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct layout layout = {
			.sample_type = PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_WEIGHT,
			.branch_sample_type = cases[i].branch_type };
		const size_t end = cases[i].before + 2 * 3 + cases[i].after;
		uint64_t words[32] = { 2 };
		struct record record;

		words[cases[i].before] = 0xbe;
		words[end] = 0x77;
		assert_int_equal(decode_words(&layout, words, end + 1, &record), DECODE_OK);
		assert_int_equal(record.sample.branch_nr, 2);
		assert_int_equal(record.sample.branches[0], 0xbe);
		assert_int_equal(record.sample.weight, 0x77);
		assert_int_equal(decode_words(&layout, words, end, &record), DECODE_BAD);
	}
}

/* Raw data of any size is followed by its padding. */
static void raw_padding(void **state)
{
	const struct layout layout = { .sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_WEIGHT };

	(void)state;
	for (uint32_t size = 0; size < 24; size++) {
		const size_t words = (size + 4 + 7) / 8;
		uint64_t bytes[8] = { 0 };
		struct record record;

		memcpy(bytes, &size, 4);
		bytes[words] = 0x77;
		assert_int_equal(decode_words(&layout, bytes, words + 1, &record), DECODE_OK);
		assert_int_equal(record.sample.raw_size, size);
		assert_int_equal(record.sample.weight, 0x77);
	}
}

/* Where nothing could be copied, less is there than the attributes ask for. */
static void absent_parts(void **state)
{
	struct layout layout = { .sample_type = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER |
						PERF_SAMPLE_WEIGHT,
				 .sample_regs_user = UINT64_MAX };
	const uint64_t kernel_thread[] = { PERF_SAMPLE_REGS_ABI_NONE, 0, 0x77 };
	const uint64_t empty_chain[] = { 0 };
	struct record record;

	(void)state;
	assert_int_equal(decode_words(&layout, kernel_thread, 3, &record), DECODE_OK);
	assert_null(record.sample.regs_user);
	assert_int_equal(record.sample.stack_size, 0);
	assert_int_equal(record.sample.weight, 0x77);
	layout.sample_type = PERF_SAMPLE_CALLCHAIN;
	assert_int_equal(decode_words(&layout, empty_chain, 1, &record), DECODE_OK);
	assert_int_equal(record.sample.chain_nr, 0);
}

/* Counts and sizes that cannot be true, also where multiplying them overflows. */
static void lies_in_samples(void **state)
{
	static const struct {
		uint64_t bit, read_format;
		uint64_t words[6];
		size_t count;
	} cases[] = {
		{ PERF_SAMPLE_CALLCHAIN, 0, { 2, 1 }, 2 },
		{ PERF_SAMPLE_CALLCHAIN, 0, { UINT64_MAX, 1 }, 2 },
		{ PERF_SAMPLE_CALLCHAIN, 0, { 1ULL << 61, 1 }, 2 },
		{ PERF_SAMPLE_CALLCHAIN, 0, { (1ULL << 61) + 1, 1 }, 2 },
		{ PERF_SAMPLE_BRANCH_STACK, 0, { UINT64_MAX / 24 + 2, 1, 2, 3 }, 4 },
		{ PERF_SAMPLE_BRANCH_STACK, 0, { 2, 1, 2, 3 }, 4 },
		{ PERF_SAMPLE_READ, PERF_FORMAT_GROUP, { 3, 1, 2 }, 3 },
		{ PERF_SAMPLE_READ, PERF_FORMAT_GROUP, { UINT64_MAX, 1, 2 }, 3 },
		{ PERF_SAMPLE_READ, PERF_FORMAT_GROUP | PERF_FORMAT_ID, { 1ULL << 60, 1 }, 2 },
		{ PERF_SAMPLE_RAW, 0, { 5 }, 1 },
		{ PERF_SAMPLE_RAW, 0, { UINT32_MAX, 0 }, 2 },
		{ PERF_SAMPLE_RAW, 0, { UINT32_MAX - 3, 0 }, 2 },
		{ PERF_SAMPLE_STACK_USER, 0, { 16, 0, 0 }, 3 },
		{ PERF_SAMPLE_STACK_USER, 0, { UINT64_MAX, 0, 0 }, 3 },
		{ PERF_SAMPLE_STACK_USER, 0, { 8, 0, 9 }, 3 },
		{ PERF_SAMPLE_STACK_USER, 0, { 4, 0, 0 }, 3 },
		{ PERF_SAMPLE_AUX, 0, { 16, 0 }, 2 },
		{ PERF_SAMPLE_AUX, 0, { UINT64_MAX, 0 }, 2 },
		{ PERF_SAMPLE_REGS_USER, 0, { PERF_SAMPLE_REGS_ABI_64, 1 }, 2 },
		{ PERF_SAMPLE_REGS_INTR, 0, { 99, 1, 2 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct layout layout = { .sample_type = cases[i].bit,
					       .read_format = cases[i].read_format,
					       .sample_regs_user = 3, .sample_regs_intr = 7 };
		struct record record;

		if (decode_words(&layout, cases[i].words, cases[i].count, &record) != DECODE_BAD)
			fail_msg("case %zu was not seen to be damaged", i);
	}
}

/* A stack of odd size may not leave what lies behind it where numbers cannot be read. */
static void numbers_stay_aligned(void **state)
{
	const struct layout layout = { .sample_type = PERF_SAMPLE_STACK_USER |
						      PERF_SAMPLE_REGS_INTR,
				       .sample_regs_intr = 1 };

	(void)state;
	for (uint64_t room = 0; room < 24; room++) {
		uint8_t bytes[64] = { 0 };
		const uint64_t abi = PERF_SAMPLE_REGS_ABI_64;
		uint64_t words[8];
		struct record record;

		memcpy(bytes, &room, 8);
		memcpy(bytes + 8 + room + (room ? 8 : 0), &abi, 8);
		memcpy(words, bytes, sizeof(words));
		if (decode_words(&layout, words, PMC_COUNT(words), &record) == DECODE_OK &&
		    record.sample.regs_intr)
			assert_int_equal((uintptr_t)record.sample.regs_intr % 8, 0);
	}
}

/* ---- the others ---- */

struct body {
	uint32_t type;
	uint16_t misc;
	void (*write)(struct records *records);
	bool (*holds)(const struct record *record);
	enum decode_result expected;
};

static void write_mmap(struct records *records)
{
	record_pair(records, 20, 21);
	record_u64(records, 0x7f0000001000);
	record_u64(records, 0x2000);
	record_u64(records, 0x3000);
	record_text(records, "/lib/libc.so.6");
}

static bool holds_mmap(const struct record *record)
{
	const struct record_mmap *m = &record->mmap;

	return m->pid == 20 && m->tid == 21 && m->start == 0x7f0000001000 && m->len == 0x2000 &&
	       m->pgoff == 0x3000 && !strcmp(m->path, "/lib/libc.so.6") && !m->build_id_len;
}

static void write_mmap2(struct records *records)
{
	record_pair(records, 20, 21);
	record_u64(records, 0x7f0000001000);
	record_u64(records, 0x2000);
	record_u64(records, 0x3000);
	record_pair(records, 8, 1);
	record_u64(records, 999);
	record_u64(records, 5);
	record_pair(records, 5, 2);
	record_text(records, "");
}

static bool holds_mmap2(const struct record *record)
{
	const struct record_mmap *m = &record->mmap;

	return m->pid == 20 && m->len == 0x2000 && m->maj == 8 && m->min == 1 && m->ino == 999 &&
	       m->ino_generation == 5 && m->prot == 5 && m->flags == 2 && !m->path[0] &&
	       !m->build_id_len;
}

static void write_mmap2_build_id(struct records *records)
{
	static const uint8_t id[24] = { 20, 0, 0, 0, 0xaa, 0xbb, [23] = 0xcc };

	record_pair(records, 20, 21);
	record_u64(records, 0x7f0000001000);
	record_u64(records, 0x2000);
	record_u64(records, 0x3000);
	record_raw(records, id, sizeof(id));
	record_pair(records, 5, 2);
	record_text(records, "//anon");
}

static bool holds_mmap2_build_id(const struct record *record)
{
	const struct record_mmap *m = &record->mmap;

	return m->build_id_len == 20 && m->build_id[0] == 0xaa && m->build_id[19] == 0xcc &&
	       m->prot == 5 && !strcmp(m->path, "//anon");
}

static void write_comm(struct records *records)
{
	record_pair(records, 20, 21);
	record_text(records, "python3");
}

static bool holds_comm(const struct record *record)
{
	return record->comm.pid == 20 && record->comm.tid == 21 &&
	       !strcmp(record->comm.comm, "python3") &&
	       record->comm.exec == ((record->misc & ABI_MISC_COMM_EXEC) != 0);
}

static void write_task(struct records *records)
{
	record_pair(records, 30, 29);
	record_pair(records, 32, 31);
	record_u64(records, 555);
}

static bool holds_task(const struct record *record)
{
	return record->task.pid == 30 && record->task.ppid == 29 && record->task.tid == 32 &&
	       record->task.ptid == 31 && record->task.time == 555;
}

static void write_lost(struct records *records)
{
	record_u64(records, 6);
	record_u64(records, 1000);
}

static bool holds_lost(const struct record *record)
{
	return record->lost.id == 6 && record->lost.lost == 1000;
}

static void write_lost_samples(struct records *records)
{
	record_u64(records, 44);
}

static bool holds_lost_samples(const struct record *record)
{
	return record->lost.lost == 44;
}

static void write_throttle(struct records *records)
{
	record_u64(records, 900);
	record_u64(records, 6);
	record_u64(records, 8);
}

static bool holds_throttle(const struct record *record)
{
	return record->throttle.time == 900 && record->throttle.id == 6 &&
	       record->throttle.stream_id == 8;
}

static void write_ksymbol(struct records *records)
{
	const uint32_t len = 64;
	const uint16_t type_flags[2] = { 1, ABI_KSYMBOL_UNREGISTER };

	record_u64(records, 0xffffffffc0001000);
	record_raw(records, &len, 4);
	record_raw(records, type_flags, 4);
	record_text(records, "bpf_prog_1234");
}

static bool holds_ksymbol(const struct record *record)
{
	return record->ksymbol.addr == 0xffffffffc0001000 && record->ksymbol.len == 64 &&
	       record->ksymbol.bpf && record->ksymbol.unregister &&
	       !strcmp(record->ksymbol.name, "bpf_prog_1234");
}

/* The layouts of these tests have no read_format: a value stands alone. */
static void write_read_record(struct records *records)
{
	record_pair(records, 10, 11);
	record_u64(records, 77);
}

static bool holds_read_record(const struct record *record)
{
	static const struct layout plain;

	return record->read.pid == 10 && record->read.tid == 11 && record->read.read_nr == 1 &&
	       record_read_value(&plain, record->read.read, 0).value == 77;
}

static void write_deferred(struct records *records)
{
	record_u64(records, 0xc00c1e);
	record_u64(records, 2);
	record_u64(records, ABI_CONTEXT_USER);
	record_u64(records, 0x401000);
}

static bool holds_deferred(const struct record *record)
{
	return record->deferred.cookie == 0xc00c1e && record->deferred.chain_nr == 2 &&
	       record->deferred.chain[1] == 0x401000;
}

static void write_three(struct records *records)
{
	for (int i = 0; i < 3; i++)
		record_u64(records, 1);
}

static bool holds_nothing(const struct record *record)
{
	return record->size > 0;
}

static const struct body bodies[] = {
	{ ABI_RECORD_MMAP, 0, write_mmap, holds_mmap, DECODE_OK },
	{ ABI_RECORD_MMAP, ABI_MISC_MMAP_BUILD_ID, write_mmap, holds_mmap, DECODE_OK },
	{ ABI_RECORD_MMAP2, 0, write_mmap2, holds_mmap2, DECODE_OK },
	{ ABI_RECORD_MMAP2, ABI_MISC_MMAP_BUILD_ID, write_mmap2_build_id, holds_mmap2_build_id,
	  DECODE_OK },
	{ ABI_RECORD_COMM, 0, write_comm, holds_comm, DECODE_OK },
	{ ABI_RECORD_COMM, ABI_MISC_COMM_EXEC, write_comm, holds_comm, DECODE_OK },
	{ ABI_RECORD_FORK, 0, write_task, holds_task, DECODE_OK },
	{ ABI_RECORD_EXIT, 0, write_task, holds_task, DECODE_OK },
	{ ABI_RECORD_LOST, 0, write_lost, holds_lost, DECODE_OK },
	{ ABI_RECORD_LOST_SAMPLES, 0, write_lost_samples, holds_lost_samples, DECODE_OK },
	{ ABI_RECORD_THROTTLE, 0, write_throttle, holds_throttle, DECODE_OK },
	{ ABI_RECORD_UNTHROTTLE, 0, write_throttle, holds_throttle, DECODE_OK },
	{ ABI_RECORD_KSYMBOL, 0, write_ksymbol, holds_ksymbol, DECODE_OK },
	{ ABI_RECORD_READ, 0, write_read_record, holds_read_record, DECODE_OK },
	{ ABI_RECORD_AUX, 0, write_three, holds_nothing, DECODE_UNKNOWN },
	{ ABI_RECORD_SWITCH, 0, write_three, holds_nothing, DECODE_UNKNOWN },
	{ ABI_RECORD_CALLCHAIN_DEFERRED, 0, write_deferred, holds_deferred, DECODE_OK },
	{ 0, 0, write_three, holds_nothing, DECODE_UNKNOWN },
	{ 1000, 0, write_three, holds_nothing, DECODE_UNKNOWN },
	{ UINT32_MAX, 0, write_three, holds_nothing, DECODE_UNKNOWN },
};

static void check_ident(const struct record *record, const struct layout *layout)
{
	const uint64_t type = layout->sample_id_all ? layout->sample_type : 0;

	assert_int_equal(record->ident.pid, type & PERF_SAMPLE_TID ? IDENT.pid : 0);
	assert_int_equal(record->ident.tid, type & PERF_SAMPLE_TID ? IDENT.tid : 0);
	assert_int_equal(record->ident.time, type & PERF_SAMPLE_TIME ? IDENT.time : 0);
	assert_int_equal(record->ident.stream_id,
			 type & PERF_SAMPLE_STREAM_ID ? IDENT.stream_id : 0);
	assert_int_equal(record->ident.cpu, type & PERF_SAMPLE_CPU ? IDENT.cpu : 0);
	assert_int_equal(record->ident.id, type & PERF_SAMPLE_IDENTIFIER ? IDENT.identifier :
					   type & PERF_SAMPLE_ID	 ? IDENT.id :
									   0);
}

/* Whole, it holds what was written; shorter, it is damaged and nothing behind it is read. */
static void check_body(const struct body *body, const struct layout *layout)
{
	struct records records = { 0 };
	const uint8_t *bytes;
	struct record record;
	uint8_t *copy;
	uint16_t size;

	record_begin(&records, body->type, body->misc);
	body->write(&records);
	record_trailer(&records, layout, &IDENT);
	bytes = record_end(&records);
	size = (uint16_t)records.bytes.count;
	assert_int_equal(record_size(bytes, size), size);
	assert_int_equal(record_type(bytes), body->type);
	assert_int_equal(decode_copy(bytes, size, layout, &record, &copy), body->expected);
	assert_true(body->holds(&record));
	check_ident(&record, layout);
	assert_int_equal(record_time(copy, layout),
			 layout->sample_id_all && layout->sample_type & PERF_SAMPLE_TIME ?
				 IDENT.time : 0);
	if (layout->sample_id_all && layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		assert_int_equal(record_id(copy), IDENT.identifier);
	free(copy);
	for (uint16_t cut = sizeof(struct perf_event_header); cut < size; cut++) {
		/* A cut that leaves fewer bytes than body and trailer need cannot look whole, but
		 * for a name that was padded. */
		const enum decode_result result = decode_copy(bytes, cut, layout, &record, &copy);

		if (body->expected == DECODE_OK && size - cut >= 8)
			assert_int_equal(result, DECODE_BAD);
		record_time(copy, layout);
		record_id(copy);
		free(copy);
	}
	records_fini(&records);
}

static void each_type_with_each_trailer(void **state)
{
	static const uint64_t bits[] = { PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ID,
					 PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,
					 PERF_SAMPLE_IDENTIFIER };

	(void)state;
	for (size_t b = 0; b < PMC_COUNT(bodies); b++) {
		for (unsigned set = 0; set < 1u << PMC_COUNT(bits); set++) {
			/* Bits that are only in samples change nothing in a trailer. */
			struct layout layout = { .sample_type = PERF_SAMPLE_IP |
								PERF_SAMPLE_PERIOD |
								PERF_SAMPLE_CALLCHAIN,
						 .sample_id_all = true };

			for (size_t i = 0; i < PMC_COUNT(bits); i++)
				layout.sample_type |= set >> i & 1 ? bits[i] : 0;
			check_body(&bodies[b], &layout);
			layout.sample_id_all = false;
			check_body(&bodies[b], &layout);
		}
	}
}

/* A body of words, then the trailer of PLAIN. */
static enum decode_result decode_body(uint32_t type, uint16_t misc, const uint64_t *words,
				      size_t count)
{
	struct records records = { 0 };
	struct record record;
	enum decode_result result;

	record_begin(&records, type, misc);
	for (size_t i = 0; i < count; i++)
		record_u64(&records, words[i]);
	record_trailer(&records, &PLAIN, &IDENT);
	result = record_decode(record_end(&records), &PLAIN, &record);
	records_fini(&records);
	return result;
}

static void lies_in_other_records(void **state)
{
	const uint64_t noname = 0x4141414141414141;
	const struct {
		uint32_t type;
		uint16_t misc;
		uint64_t words[12];
		size_t count;
	} cases[] = {
		/* names without an end: what ends them lies in the trailer */
		{ ABI_RECORD_COMM, 0, { 1, noname }, 2 },
		{ ABI_RECORD_MMAP, 0, { 1, 0x1000, 0x1000, 0, noname }, 5 },
		{ ABI_RECORD_MMAP2, 0, { 1, 0x1000, 0x1000, 0, 0, 0, 0, 0, noname }, 9 },
		{ ABI_RECORD_KSYMBOL, 0, { 0x1000, 0x10, noname }, 3 },
		/* no name at all */
		{ ABI_RECORD_COMM, 0, { 1 }, 1 },
		/* a mapping round the end of the address space */
		{ ABI_RECORD_MMAP, 0, { 1, UINT64_MAX - 10, 100, 0, 0 }, 5 },
		{ ABI_RECORD_MMAP2, 0, { 1, 1, UINT64_MAX, 0, 0, 0, 0, 0, 0 }, 9 },
		{ ABI_RECORD_KSYMBOL, 0, { UINT64_MAX - 10, 0x100, 0 }, 3 },
		/* a build-id longer than there is room for */
		{ ABI_RECORD_MMAP2, ABI_MISC_MMAP_BUILD_ID,
		  { 1, 0x1000, 0x1000, 0, 21, 0, 0, 0, 0 }, 9 },
		{ ABI_RECORD_MMAP2, ABI_MISC_MMAP_BUILD_ID,
		  { 1, 0x1000, 0x1000, 0, 255, 0, 0, 0, 0 }, 9 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++)
		if (decode_body(cases[i].type, cases[i].misc, cases[i].words, cases[i].count) !=
		    DECODE_BAD)
			fail_msg("case %zu was not seen to be damaged", i);
}

static void sizes(void **state)
{
	static const struct {
		uint16_t size;
		size_t left, expected;
	} cases[] = {
		{ 8, 8, 8 },   { 16, 16, 16 }, { 16, 100, 16 }, { 65528, 65528, 65528 },
		{ 0, 100, 0 }, { 4, 100, 0 },  { 7, 100, 0 },	{ 9, 100, 0 },
		{ 12, 100, 0 }, { 16, 15, 0 }, { 16, 8, 0 },	{ 8, 7, 0 },
		{ 8, 0, 0 },   { 65535, 70000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct perf_event_header header = { .type = ABI_RECORD_EXIT,
							  .size = cases[i].size };

		assert_int_equal(record_size((const uint8_t *)&header, cases[i].left),
				 cases[i].expected);
	}
}

static void a_record_too_short_for_an_id_has_none(void **state)
{
	struct perf_event_header header = { .type = ABI_RECORD_SAMPLE, .size = sizeof(header) };

	(void)state;
	assert_int_equal(record_id((const uint8_t *)&header), 0);
	header.type = ABI_RECORD_EXIT;
	assert_int_equal(record_id((const uint8_t *)&header), 0);
	assert_int_equal(record_time((const uint8_t *)&header, &PLAIN), 0);
}

static void names_of_types(void **state)
{
	char buf[16];

	(void)state;
	for (uint32_t type = 1; type < ABI_RECORD_MAX; type++)
		assert_true(strncmp(record_type_name(type, buf), "type ", 5));
	assert_string_equal(record_type_name(ABI_RECORD_MMAP2, buf), "MMAP2");
	assert_string_equal(record_type_name(0, buf), "type 0");
	assert_string_equal(record_type_name(99, buf), "type 99");
	assert_string_equal(record_type_name(UINT32_MAX, buf), "type 4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_alone_and_in_pairs),
		cmocka_unit_test(all_fields_at_once),
		cmocka_unit_test(read_values),
		cmocka_unit_test(read_formats),
		cmocka_unit_test(branch_stack_layouts),
		cmocka_unit_test(raw_padding),
		cmocka_unit_test(absent_parts),
		cmocka_unit_test(lies_in_samples),
		cmocka_unit_test(numbers_stay_aligned),
		cmocka_unit_test(each_type_with_each_trailer),
		cmocka_unit_test(lies_in_other_records),
		cmocka_unit_test(sizes),
		cmocka_unit_test(a_record_too_short_for_an_id_has_none),
		cmocka_unit_test(names_of_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
