/*
 * test_perf_attr.c - attributes of all sizes, names made of them, and numbers that cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_attr.h"

static void sizes(void **state)
{
	static const uint32_t sizes[] = { 64, 72, 80, 96, 104, 112, 120, 128, 136, 144, 256 };
	static const struct made_attr made = { .type = 4, .config = 0x1cd, .period = 99,
					       .sample_type = 0x1ff, .branch_type = 8,
					       .regs_user = 0xff };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(sizes); i++)
		for (int swap = 0; swap < 2; swap++) {
			struct perf_events events = { .ids = { NULL, 0, 0 } };
			struct perf_writer w = { .swap = swap };
			const struct perf_event_attr *attr;
			struct pmc_err err = { 0 };

			put_attr(&w, &made, sizes[i]);
			assert_non_null(perf_events_add(&events, w.bytes.items, sizes[i], swap, 0,
							&err));
			attr = &events.items.items[0].attr;
			assert_int_equal(attr->config, 0x1cd);
			assert_int_equal(attr->sample_period, 99);
			assert_int_equal(attr->size, sizes[i]);
			assert_int_equal(attr->branch_sample_type, sizes[i] >= 80 ? 8 : 0);
			assert_int_equal(attr->sample_regs_user, sizes[i] >= 96 ? 0xff : 0);
			perf_events_fini(&events);
			writer_fini(&w);
		}
}

static void impossible_ones(void **state)
{
	static const struct {
		uint32_t told, there;
		uint64_t sample_type;
		const char *message;
	} cases[] = {
		{ 112, 63, 0, "shortest" },
		{ 112, 104, 0, "112 bytes, of 104" },
		{ 60, 112, 0, "60 bytes" },
		{ 66, 112, 0, "66 bytes" },
		{ UINT32_MAX, 112, 0, "4294967295" },
		{ 112, 112, 1ULL << 25, "sample_type" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		const struct made_attr made = { .sample_type = cases[i].sample_type };
		struct perf_events events = { .ids = { NULL, 0, 0 } };
		struct perf_writer w = { .swap = false };
		struct pmc_err err = { 0 };

		put_attr(&w, &made, 112);
		memcpy(w.bytes.items + 4, &cases[i].told, 4);
		assert_null(perf_events_add(&events, w.bytes.items, cases[i].there, false, 77,
					    &err));
		assert_int_equal(err.kind, PMC_ERR_DATA);
		assert_non_null(strstr(err.message, cases[i].message));
		assert_non_null(strstr(err.message, "offset 77"));
		perf_events_fini(&events);
		writer_fini(&w);
	}
}

static void too_many(void **state)
{
	static const struct made_attr made = { .type = 1 };
	struct perf_events events = { .ids = { NULL, 0, 0 } };
	struct perf_writer w = { .swap = false };
	struct pmc_err err = { 0 };
	struct perf_event *event;
	uint64_t id = 1;

	(void)state;
	put_attr(&w, &made, 64);
	for (int i = 0; i < PERF_EVENTS_MAX; i++)
		assert_non_null(perf_events_add(&events, w.bytes.items, 64, false, 0, &err));
	assert_null(perf_events_add(&events, w.bytes.items, 64, false, 0, &err));
	assert_int_equal(err.kind, PMC_ERR_DATA);
	pmc_err_clear(&err);
	event = &events.items.items[0];
	assert_int_equal(perf_events_add_ids(&events, event, (uint8_t *)&id, 1, false, &err), 0);
	assert_int_equal(perf_events_add_ids(&events, event, NULL, PERF_IDS_MAX, false, &err), -1);
	perf_events_fini(&events);
	writer_fini(&w);
}

/* As many as there may be, all of them the same: the first event has it. */
static void one_id_for_all(void **state)
{
	static const struct made_attr made = { .type = 1 };
	struct perf_events events = { .ids = { NULL, 0, 0 } };
	struct perf_writer w = { .swap = false };
	uint64_t *ids = pmc_calloc(PERF_IDS_MAX, sizeof(*ids));
	struct pmc_err err = { 0 };

	(void)state;
	put_attr(&w, &made, 64);
	for (int i = 0; i < 2; i++) {
		struct perf_event *event =
			perf_events_add(&events, w.bytes.items, 64, false, 0, &err);

		assert_int_equal(perf_events_add_ids(&events, event, (uint8_t *)ids,
						     PERF_IDS_MAX / 2, false, &err), 0);
	}
	assert_ptr_equal(perf_events_find(&events, 0), &events.items.items[0]);
	assert_null(perf_events_find(&events, 1));
	free(ids);
	perf_events_fini(&events);
	writer_fini(&w);
}

static void names(void **state)
{
	static struct perf_pmu pmus[] = { { 8, (char *)"uncore_imc" } };
	static const struct perf_pmus known = { pmus, 1, 1 };
	static const struct {
		struct perf_event_attr attr;
		const char *name;
	} cases[] = {
		{ { .type = 0, .config = 0 }, "cycles" },
		{ { .type = 0, .config = 1, .precise_ip = 2 }, "instructions:pp" },
		{ { .type = 0, .config = 0, .exclude_kernel = 1, .exclude_hv = 1 }, "cycles:u" },
		{ { .type = 0, .config = 0, .exclude_user = 1, .exclude_hv = 1 }, "cycles:k" },
		{ { .type = 0, .config = 4ULL << 32 }, "cycles" }, /* of one PMU of several */
		{ { .type = 1, .config = 0 }, "cpu-clock" },
		{ { .type = 3, .config = 0x10000 }, "L1-dcache-load-misses" },
		{ { .type = 4, .config = 0x1c2 }, "r1c2" },
		{ { .type = 2, .config = 443 }, "tracepoint:443" },
		{ { .type = 5, .bp_addr = 0x1000, .bp_type = 2 }, "mem:0x1000:w" },
		{ { .type = 8, .config = 3 }, "uncore_imc/config=0x3/" },
		{ { .type = 8, .config = 3, .exclude_kernel = 1, .exclude_hv = 1 },
		  "uncore_imc/config=0x3/u" },
		{ { .type = 99, .config = 1 }, "type99/config=0x1/" },
		{ { .type = 0, .config = 999 }, "type0/config=0x3e7/" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct perf_event event = { .attr = cases[i].attr };
		char *name = perf_event_name(&event, &known);

		assert_string_equal(name, cases[i].name);
		free(name);
	}
	{
		struct perf_event event = { .name = (char *)"cycles:P" };
		char *name = perf_event_name(&event, &known);

		assert_string_equal(name, "cycles:P");
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(impossible_ones),
		cmocka_unit_test(too_many),
		cmocka_unit_test(one_id_for_all),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
