/*
 * test_perf_facts.c - features in both byte orders, every prefix of them, and lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf_fixture.h"
#include "collector/perf_facts.h"

static void put_word(struct perf_writer *w, const char *text)
{
	put_number(w, strlen(text) + 1, 4);
	put_bytes(w, text, strlen(text) + 1);
}

/* Writes one feature; false: there is no such. */
static bool put_feature(struct perf_writer *w, unsigned feature)
{
	static const struct made_attr attr = { .type = 1, .config = 2, .sample_type = 7 };

	switch (feature) {
	case PERF_FEAT_HOSTNAME:
	case PERF_FEAT_OSRELEASE:
	case PERF_FEAT_VERSION:
	case PERF_FEAT_ARCH:
	case PERF_FEAT_CPUDESC:
		put_word(w, "some text");
		return true;
	case PERF_FEAT_NRCPUS:
		put_pair(w, 8, 6);
		return true;
	case PERF_FEAT_CMDLINE:
		put_number(w, 3, 4);
		put_word(w, "perf");
		put_word(w, "record");
		put_word(w, "a b");
		return true;
	case PERF_FEAT_EVENT_DESC:
		put_pair(w, 1, 112);
		put_attr(w, &attr, 112);
		put_number(w, 2, 4);
		put_word(w, "cycles:u");
		put_u64(w, 71);
		put_u64(w, 72);
		return true;
	case PERF_FEAT_PMU_MAPPINGS:
		put_number(w, 2, 4);
		put_number(w, 4, 4);
		put_word(w, "cpu");
		put_number(w, 9, 4);
		put_word(w, "uncore");
		return true;
	case PERF_FEAT_SAMPLE_TIME:
		put_u64(w, 1000);
		put_u64(w, 2000);
		return true;
	case PERF_FEAT_CLOCK_DATA:
		put_pair(w, 1, 1);
		put_u64(w, 5000000);
		put_u64(w, 1000);
		return true;
	case PERF_FEAT_BUILD_ID:
		put_begin(w, 0, 0);
		put_number(w, UINT32_MAX, 4);
		put_bytes(w, "abcdefghijklmnopqrst\024\0\0", 24);
		put_text(w, "/bin/prog");
		put_end(w);
		return true;
	default:
		return false;
	}
}

static void check_all(const struct perf_facts *facts)
{
	const struct build_id *id = build_ids_find(&facts->build_ids, "/bin/prog");

	assert_int_equal(facts->damaged, 0);
	assert_string_equal(facts->hostname, "some text");
	assert_string_equal(facts->arch, "some text");
	assert_int_equal(facts->cpus, 6);
	assert_string_equal(facts->command, "perf record 'a b'");
	assert_int_equal(facts->descs.count, 1);
	assert_string_equal(facts->descs.items[0].name, "cycles:u");
	assert_int_equal(facts->descs.items[0].config, 2);
	assert_int_equal(facts->descs.items[0].ids.items[1], 72);
	assert_int_equal(facts->pmus.count, 2);
	assert_string_equal(facts->pmus.items[1].name, "uncore");
	assert_int_equal(facts->last_ns, 2000);
	assert_true(facts->has_clock);
	assert_int_equal(facts->wall_ns, 5000000);
	assert_non_null(id);
	assert_memory_equal(id->bytes, "abcdefghijklmnopqrst", 20);
	assert_null(build_ids_find(&facts->build_ids, "/bin/other"));
}

static void features(void **state)
{
	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		struct perf_facts facts = { 0 };

		for (unsigned feature = 0; feature < PERF_FEAT_BITS; feature++) {
			struct perf_writer w = { .swap = swap };

			if (put_feature(&w, feature))
				perf_facts_take(&facts, feature, w.bytes.items, w.bytes.count,
						swap);
			writer_fini(&w);
		}
		check_all(&facts);
		perf_facts_fini(&facts);
	}
}

/* In memory of just that size, so that what lies behind is seen. */
static void prefixes(void **state)
{
	(void)state;
	for (unsigned feature = 0; feature < PERF_FEAT_BITS; feature++) {
		struct perf_writer w = { .swap = false };

		if (!put_feature(&w, feature))
			continue;
		for (size_t size = 0; size < w.bytes.count; size++) {
			struct perf_facts facts = { 0 };
			uint8_t *bytes = pmc_calloc(size, 1);

			memcpy(bytes, w.bytes.items, size);
			perf_facts_take(&facts, feature, bytes, size, false);
			assert_true(facts.damaged <= 1);
			perf_facts_fini(&facts);
			free(bytes);
		}
		writer_fini(&w);
	}
}

static void lies(void **state)
{
	static const unsigned counted[] = { PERF_FEAT_CMDLINE, PERF_FEAT_EVENT_DESC,
					    PERF_FEAT_PMU_MAPPINGS, PERF_FEAT_HOSTNAME,
					    PERF_FEAT_BUILD_ID };
	uint8_t bytes[64];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes)); /* counts that would take gigabytes */
	for (size_t i = 0; i < PMC_COUNT(counted); i++) {
		struct perf_facts facts = { 0 };

		perf_facts_take(&facts, counted[i], bytes, sizeof(bytes), false);
		assert_int_equal(facts.damaged, 1);
		perf_facts_fini(&facts);
	}
}

static void descriptions_find_their_events(void **state)
{
	static const struct made_attr attrs[] = { { .type = 1, .config = 2 },
						  { .type = 0, .config = 5 } };
	struct perf_events events = { .ids = { NULL, 0, 0 } };
	struct perf_writer w = { .swap = false }, desc = { .swap = false };
	struct perf_facts facts = { 0 };
	struct pmc_err err = { 0 };
	char *name;

	(void)state;
	put_feature(&desc, PERF_FEAT_EVENT_DESC);
	perf_facts_take(&facts, PERF_FEAT_EVENT_DESC, desc.bytes.items, desc.bytes.count, false);
	put_attr(&w, &attrs[0], 112);
	assert_non_null(perf_events_add(&events, w.bytes.items, 112, false, 0, &err));
	assert_int_equal(perf_facts_describe(&facts, &events, &err), 0);
	assert_string_equal(events.items.items[0].name, "cycles:u");
	assert_int_equal(events.items.items[0].ids.count, 2);
	/* With another event before it only ids tell. */
	put_attr(&w, &attrs[1], 112);
	assert_non_null(perf_events_add(&events, w.bytes.items + 112, 112, false, 112, &err));
	assert_int_equal(perf_facts_describe(&facts, &events, &err), 0);
	name = perf_event_name(&events.items.items[1], &facts.pmus);
	assert_string_equal(name, "branch-misses");
	free(name);
	assert_ptr_equal(perf_events_find(&events, 72), &events.items.items[0]);
	assert_null(perf_events_find(&events, 73));
	perf_events_fini(&events);
	perf_facts_fini(&facts);
	writer_fini(&w);
	writer_fini(&desc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(lies),
		cmocka_unit_test(descriptions_find_their_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
