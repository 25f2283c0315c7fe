/*
 * test_import.c - recordings made by hand, read to their end: both forms and byte orders alike,
 * order across passes, what is left out, what is cut short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "import_fixture.h"

static void forms_and_byte_orders_are_alike(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct perf_writer data = { .swap = i & 1 }, w = { .swap = i & 1 };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_program(&data);
		if (i & 2)
			put_pipe(&w, ATTRS, 2, &data);
		else
			put_file(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		check_program(&result);
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* perf record --buildid-mmap tells where and which the kernel is in one record. */
static void kernel_is_known(void **state)
{
	const uint64_t base = 0xffffffff81000000;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct perf_writer data = { .swap = i }, w = { .swap = i };
		char path[64], hex[2 * PMC_BUILD_ID_MAX + 1];
		static const uint8_t id[24] = { 20, 0, 0, 0, 0xab, 0xcd };
		struct pmc_import_opts opts = { .path = path };
		struct pmc_import *import;
		struct pmc_err err = { 0 };
		int fd;

		put_begin(&data, ABI_RECORD_MMAP2, ABI_MISC_MMAP_BUILD_ID | ABI_MISC_KERNEL);
		put_pair(&data, UINT32_MAX, 0);
		put_u64(&data, base);
		put_u64(&data, 0x1000000);
		put_u64(&data, base);
		put_bytes(&data, id, sizeof(id));
		put_pair(&data, 0, 0);
		put_text(&data, "[kernel.kallsyms]_text");
		put_trailer(&data, 0, 0);
		put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 300);
		put_file(&w, ATTRS, 2, &data);
		fd = file_of(w.bytes.items, w.bytes.count, path);
		import = pmc_import_open(&opts, &err);
		assert_non_null(import);
		assert_int_equal(pmc_import_kernel_base(import), base);
		pmc_import_kernel_id(import, hex);
		assert_string_equal(hex, "abcd000000000000000000000000000000000000");
		pmc_import_free(import);
		close(fd);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void every_prefix_is_an_error_or_says_so(void **state)
{
	(void)state;
	for (int form = 0; form < 2; form++) {
		struct perf_writer data = { .swap = false }, w = { .swap = false };

		put_program(&data);
		if (form)
			put_pipe(&w, ATTRS, 2, &data);
		else
			put_file(&w, ATTRS, 2, &data);
		for (size_t size = 0; size < w.bytes.count; size++) {
			struct pmc_import_result result = { 0 };
			struct pmc_err err = { 0 };

			if (import_bytes(w.bytes.items, size, &result, &err)) {
				assert_int_equal(err.kind, PMC_ERR_DATA);
				assert_true(err.message[0]);
			} else if (!form) {
				assert_non_null(result.cut);
				assert_int_equal(result.health[PMC_HEALTH_FILE_CUT], 1);
			}
		}
		writer_fini(&data);
		writer_fini(&w);
	}
}

/* Two rings: what the second has is older than what the first had in the pass before. */
static void passes_are_put_in_order(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_comm(&data, 0, PID, "first");
	put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
	put_sample(&data, 3000, PID, ID_CYCLES, 0x401000, 1); /* under its second name */
	put_round(&data);
	put_comm(&data, 2000, PID, "second");
	put_sample(&data, 5000, PID, ID_CYCLES, 0x401000, 1); /* under its third */
	put_round(&data);
	put_comm(&data, 4000, PID, "third");
	put_round(&data);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_of("first"), 1);
	assert_int_equal(samples_of("second"), 1);
	assert_int_equal(samples_of("third"), 1);
	assert_int_equal(result.health[PMC_HEALTH_LATE_SIDEBAND], 0);
	writer_fini(&data);
	writer_fini(&w);
}

static void what_has_no_times_has_the_order_of_the_file(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct made_attr attr = ATTRS[0];
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID;
	attr.sample_id_all = false;
	attr.freq = false;
	for (int i = 0; i < 3; i++) {
		put_begin(&data, ABI_RECORD_COMM, 0);
		put_pair(&data, PID, PID);
		put_text(&data, i ? "later" : "early");
		put_end(&data);
		put_begin(&data, ABI_RECORD_SAMPLE, ABI_MISC_USER);
		put_u64(&data, 0x401000);
		put_pair(&data, PID, PID);
		put_end(&data);
	}
	put_file(&w, &attr, 1, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_of("early"), 1);
	assert_int_equal(samples_of("later"), 2);
	assert_int_equal(taken.sums[0], 3 * 4000);
	writer_fini(&data);
	writer_fini(&w);
}

/* As perf inject writes them: behind the mapping, before the first sample in it. */
static void build_ids_may_come_late(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_comm(&data, 0, PID, "some");
	put_mmap(&data, 0, PID, 0x400000, 0x10000, 0x1000, "/opt/program");
	put_round(&data);
	put_sample(&data, 900, PID, ID_CYCLES, 0x501000, 1);
	put_begin(&data, PERF_REC_BUILD_ID, 0);
	put_number(&data, UINT32_MAX, 4);
	put_bytes(&data, "abcdefghijklmnopqrst\024\0\0", 24);
	put_text(&data, "/opt/program");
	put_end(&data);
	put_sample(&data, 1000, PID, ID_CYCLES, 0x401000, 1);
	put_pipe(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(samples_in("/opt/program"), 1);
	for (size_t i = 0; i < taken.modules; i++)
		assert_int_equal(taken.build_id_lens[i],
				 strcmp(taken.texts[taken.module_paths[i] - 1], "/opt/program") ?
					 0 : 20);
	assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 0);
	writer_fini(&data);
	writer_fini(&w);
}

static void samples_that_no_event_owns_are_counted(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_program(&data);
	put_sample(&data, 1500, PID, 99, 0x401000, 0);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.samples, 4);
	assert_int_equal(result.health[PMC_HEALTH_UNOWNED], 1);
	writer_fini(&data);
	writer_fini(&w);
}

static void expect_bad(const struct perf_writer *data, uint64_t offset)
{
	struct perf_writer w = { .swap = data->swap };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };
	PMC_FREE char *told = NULL;

	put_file(&w, ATTRS, 2, data);
	/* Behind the data there is nothing. */
	told = pmc_sprintf("offset %llu of the recording",
			   (unsigned long long)(w.bytes.count - data->bytes.count + offset));
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.health[PMC_HEALTH_BAD_RECORDS], 2);
	assert_int_equal(result.samples, 4);
	assert_non_null(taken.bad_advice);
	if (!strstr(taken.bad_advice, told))
		fail_msg("'%s' without '%s'", taken.bad_advice, told);
	writer_fini(&w);
}

/* A mapping without its place, or a sample with a chain of more callers than memory can hold. */
static void put_bad(struct perf_writer *data, bool is_sample)
{
	put_begin(data, is_sample ? ABI_RECORD_SAMPLE : ABI_RECORD_MMAP, ABI_MISC_USER);
	if (is_sample)
		put_u64(data, 0x401000);
	put_pair(data, PID, PID);
	put_u64(data, 1500);
	put_u64(data, ID_CLOCK);
	put_pair(data, 1, 0);
	if (is_sample)
		put_u64(data, UINT64_MAX / 16);
	put_end(data);
}

/* In the pass that is counted last, or several before; among other records. */
static void the_first_bad_record_is_named(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		struct perf_writer data = { .swap = i & 1 };
		uint64_t offset = 0;

		put_program(&data);
		for (int bad = 0; bad < 2; bad++) {
			if (i & 2)
				put_comm(&data, 1500, PID, "other");
			if (!bad)
				offset = data.bytes.count;
			put_bad(&data, i & 4);
		}
		for (int passes = 0; i & 8 && passes < 3; passes++)
			put_round(&data);
		expect_bad(&data, offset);
		writer_fini(&data);
	}
}

/* s390's kernel has addresses of its own, from 0 up; perf need not tell which (kptr_restrict). */
/* Neither makes the session longer than a clock can tell. */
static void damaged_times_are_bad_records(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_program(&data);
	put_sample(&data, UINT64_MAX - 1, PID, ID_CYCLES, 0x401000, 7);
	put_comm(&data, 1ULL << 63, PID, "late");
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.samples, 4);
	assert_int_equal(result.duration_ns, 400);
	assert_int_equal(result.health[PMC_HEALTH_BAD_RECORDS], 2);
	writer_fini(&data);
	writer_fini(&w);
}

static void a_kernel_may_lie_low(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_writer data = { .swap = swap }, w = { .swap = swap };
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		put_begin(&data, PERF_REC_FEATURE, 0);
		put_u64(&data, PERF_FEAT_ARCH);
		put_number(&data, 8, 4);
		put_bytes(&data, "s390x\0\0", 8);
		put_number(&data, 0, 4);
		put_end(&data);
		put_begin(&data, ABI_RECORD_SAMPLE, ABI_MISC_KERNEL);
		put_u64(&data, 0x40ee52);
		put_pair(&data, PID, PID);
		put_u64(&data, 1000);
		put_u64(&data, ID_CLOCK);
		put_pair(&data, 1, 0);
		put_u64(&data, 4);
		put_u64(&data, ABI_CONTEXT_KERNEL);
		put_u64(&data, 0x40ee52);
		put_u64(&data, 0x411c0c);
		put_u64(&data, 0xa2252c);
		put_end(&data);
		put_pipe(&w, ATTRS, 2, &data);
		assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
		assert_int_equal(samples_in("[kernel]"), 1);
		assert_int_equal(taken.stacks, 2);
		assert_int_equal(result.health[PMC_HEALTH_UNMAPPED], 0);
		assert_int_equal(result.health[PMC_HEALTH_STACK_CUT], 0);
		writer_fini(&data);
		writer_fini(&w);
	}
}

static void trace_data_is_passed_over_and_counted(void **state)
{
	struct perf_writer data = { .swap = false }, w = { .swap = false };
	struct pmc_import_result result;
	struct pmc_err err = { 0 };

	(void)state;
	put_begin(&data, PERF_REC_AUXTRACE, 0);
	put_u64(&data, 24);
	for (int i = 0; i < 4; i++)
		put_u64(&data, 0);
	put_end(&data);
	put_bytes(&data, "no records, but 24 bytes", 24);
	put_program(&data);
	put_begin(&data, ABI_RECORD_NAMESPACES, 0);
	put_trailer(&data, PID, 1500);
	put_file(&w, ATTRS, 2, &data);
	assert_int_equal(import_bytes(w.bytes.items, w.bytes.count, &result, &err), 0);
	assert_int_equal(result.samples, 4);
	assert_int_equal(result.health[PMC_HEALTH_FILE_SKIPPED], 2);
	writer_fini(&data);
	writer_fini(&w);
}

static void bad_input_is_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *message;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "PERFFILE........", 16, "version 1" },
		{ "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16, "an ELF header" },
		{ "just some text, no recording", 28, "begins with 6a 75 73 74" },
		{ "PERFILE2\0\0\0\0\0\0\0\20", 16, "contradict" },
		{ "PERFILE2\0\0\0\0\0\0\0\0", 16, "offset 8" },
		{ "PERFILE2\20\0\0\0\0\0\0\0", 16, "no events" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_bytes(cases[i].bytes, cases[i].size, &result, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_DATA);
		if (!strstr(err.message, cases[i].message))
			assert_non_null(strstr(err.hint, cases[i].message));
	}
	{
		struct pmc_import_result result;
		struct pmc_err err = { 0 };

		assert_int_equal(import_path("/nonexistent/perf.data", &result, &err), -1);
		assert_int_equal(err.kind, PMC_ERR_SYSTEM);
		pmc_err_clear(&err);
		assert_int_equal(import_path("/", &result, &err), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(forms_and_byte_orders_are_alike),
		IMPORT_TEST(kernel_is_known),
		IMPORT_TEST(every_prefix_is_an_error_or_says_so),
		IMPORT_TEST(passes_are_put_in_order),
		IMPORT_TEST(what_has_no_times_has_the_order_of_the_file),
		IMPORT_TEST(build_ids_may_come_late),
		IMPORT_TEST(samples_that_no_event_owns_are_counted),
		IMPORT_TEST(the_first_bad_record_is_named),
		IMPORT_TEST(damaged_times_are_bad_records),
		IMPORT_TEST(a_kernel_may_lie_low),
		IMPORT_TEST(trace_data_is_passed_over_and_counted),
		IMPORT_TEST(bad_input_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
