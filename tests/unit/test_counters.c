/*
 * test_counters.c - counters of this very thread, with the kernel's clocks: opened on every CPU,
 * switched on and off, read, drained; and what happens when one cannot be opened. Skipped where
 * the kernel lets nobody watch even himself.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/abi.h"
#include "collector/counters.h"
#include "collector/event.h"

enum { NO_PID = 0x7fffff00 };

struct setup {
	struct pmc_event_list events;
	struct pmc_target target;
	struct counters_opts opts;
	struct counters counters;
	struct pmc_err err;
	pid_t tid;
};

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void prepare(struct setup *setup, const char *events, enum pmc_event_mode mode,
		    uint64_t number)
{
	const struct pmc_sampling sampling = { .mode = mode, .period_or_hz = number,
					       .explicit_ = true };
	const struct perf_event_attr probe = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(probe),
					       .config = PERF_COUNT_SW_CPU_CLOCK,
					       .exclude_kernel = 1, .exclude_hv = 1 };

	if (event_probe(&probe)) {
		print_message("perf_event_open() is not permitted here\n");
		skip();
	}
	memset(setup, 0, sizeof(*setup));
	assert_int_equal(pmc_event_list_parse(&setup->events, events, &sampling, &setup->err), 0);
	setup->tid = (pid_t)syscall(SYS_gettid);
	setup->target = (struct pmc_target){ .kind = PMC_TARGET_TIDS };
	setup->opts = (struct counters_opts){ .events = &setup->events, .target = &setup->target,
					      .rings = true, .callgraph = PMC_CALLGRAPH_FP,
					      .ring_pages = 4 };
}

static void open_all(struct setup *setup)
{
	if (counters_open(&setup->counters, &setup->opts, &setup->tid, 1, &setup->err))
		fail_msg("%s (%s)", setup->err.message, setup->err.hint);
}

static int open_again(struct setup *setup)
{
	return counters_open(&setup->counters, &setup->opts, &setup->tid, 1, &setup->err);
}

static void close_all(struct setup *setup)
{
	counters_close(&setup->counters);
	pmc_event_list_fini(&setup->events);
}

static volatile uint64_t spent; /* so that work is not optimized away */

/* Works until the event's own count has grown by so much. */
static void work(struct setup *setup, size_t event, uint64_t count)
{
	struct counter_total totals[4];
	uint64_t begin;

	counters_read(&setup->counters, totals);
	begin = totals[event].value;
	do {
		for (int i = 0; i < 100000; i++)
			spent += (uint64_t)i;
		counters_read(&setup->counters, totals);
	} while (totals[event].value - begin < count);
}

/* One counter an event and CPU, and one more that tracks; all into one ring a CPU. */
static void one_ring_a_cpu(void **state)
{
	const size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	const size_t files = open_files();
	struct setup setup;

	(void)state;
	prepare(&setup, "cpu-clock:u,task-clock:u", PMC_MODE_FREQUENCY, 1000);
	open_all(&setup);
	assert_int_equal(setup.counters.rings_count, cpus);
	assert_int_equal(setup.counters.open.count, 3 * cpus);
	assert_true(setup.counters.per_task);
	assert_true(setup.counters.chain_max > 0);
	assert_int_equal(open_files(), files + 3 * cpus);
	for (size_t i = 0; i < setup.counters.open.count; i++) {
		const struct counter *counter = &setup.counters.open.items[i];

		assert_int_equal(counter->event, i % 3);
		assert_int_equal(counters_event(&setup.counters, counter->id), counter->event);
	}
	assert_int_equal(counters_event(&setup.counters, UINT64_MAX), 0);
	assert_int_equal(counters_event(&setup.counters, 0), 0);
	close_all(&setup);
	assert_int_equal(open_files(), files);
}

static void counting_begins_and_ends_when_told(void **state)
{
	struct counter_total before[2], during[2], after[2], later[2];
	struct setup setup;

	(void)state;
	prepare(&setup, "task-clock:u,page-faults:u", PMC_MODE_PERIOD, 1000000);
	open_all(&setup);
	counters_read(&setup.counters, before);
	assert_int_equal(before[0].value, 0);
	assert_int_equal(before[0].running_ns, 0);
	counters_enable(&setup.counters);
	work(&setup, 0, 20000000);
	counters_read(&setup.counters, during);
	assert_true(during[0].value >= 20000000);
	assert_true(during[0].running_ns > 0);
	counters_disable(&setup.counters);
	counters_read(&setup.counters, after);
	counters_read(&setup.counters, later);
	assert_int_equal(after[0].value, later[0].value);
	assert_int_equal(after[1].value, later[1].value);
	/* Enabled and running tell the same where nothing shares a counter. */
	assert_true(after[0].running_ns <= after[0].enabled_ns + after[0].enabled_ns / 100);
	assert_true(after[0].running_ns >= after[0].enabled_ns - after[0].enabled_ns / 100);
	close_all(&setup);
}

/* Members of a group count when their leader does. */
static void groups_count_together(void **state)
{
	struct counter_total totals[2];
	struct setup setup;

	(void)state;
	prepare(&setup, "{task-clock:u,page-faults:u}", PMC_MODE_PERIOD, 1000000);
	open_all(&setup);
	counters_enable(&setup.counters);
	for (int i = 0; i < 50; i++) {		/* new pages each time */
		uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(page != MAP_FAILED);
		page[0] = 1;
		munmap(page, 4096);
	}
	counters_disable(&setup.counters);
	counters_read(&setup.counters, totals);
	assert_true(totals[0].value > 0);
	assert_true(totals[1].value >= 50);
	close_all(&setup);
}

/* Drains all rings; counts samples of each event. Every record decodes. */
static void drain(struct setup *setup, uint64_t samples[4], uint64_t *periods)
{
	for (size_t r = 0; r < setup->counters.rings_count; r++) {
		struct ring *ring = &setup->counters.rings[r];
		const uint8_t *bytes;
		size_t size, at;
		int bad = 0;

		ring_drain(ring);
		for (at = ring->begin; (bytes = ring_peek(ring, at, &size, &bad)); at += size) {
			const uint32_t event = counters_event(&setup->counters, record_id(bytes));
			const bool silent = event && counters_period(&setup->counters, event);
			const struct layout *layout = counters_layout(&setup->counters, event);
			struct record record;

			assert_int_equal(record_decode(bytes, layout, &record), DECODE_OK);
			if (record.type != ABI_RECORD_SAMPLE)
				continue;
			assert_in_range(event, 1, setup->counters.events->count);
			assert_int_equal(record.sample.tid, setup->tid);
			assert_int_equal(record.sample.pid, getpid());
			assert_true(record.sample.time > 0);
			samples[event - 1]++;
			*periods += silent ? counters_period(&setup->counters, event) :
					     record.sample.period;
			if (layout->sample_type & PERF_SAMPLE_CALLCHAIN)
				assert_true(record.sample.chain_nr > 0);
		}
		assert_int_equal(bad, 0);
		ring_consume(ring, at);
	}
}

static void samples_come_into_the_rings(void **state)
{
	uint64_t samples[4] = { 0 }, periods = 0;
	struct setup setup;

	(void)state;
	prepare(&setup, "task-clock:u", PMC_MODE_PERIOD, 1000000);
	open_all(&setup);
	counters_enable(&setup.counters);
	while (samples[0] < 20) {
		work(&setup, 0, 2000000);
		drain(&setup, samples, &periods);
	}
	counters_disable(&setup.counters);
	assert_int_equal(periods, samples[0] * 1000000);
	close_all(&setup);
}

static void without_call_chains(void **state)
{
	uint64_t samples[4] = { 0 }, periods = 0;
	struct setup setup;

	(void)state;
	prepare(&setup, "task-clock:u", PMC_MODE_PERIOD, 1000000);
	setup.opts.callgraph = PMC_CALLGRAPH_NONE;
	open_all(&setup);
	assert_int_equal(setup.counters.chain_max, 0);
	assert_false(counters_layout(&setup.counters, 0)->sample_type & PERF_SAMPLE_CALLCHAIN);
	counters_enable(&setup.counters);
	while (samples[0] < 5) {
		work(&setup, 0, 2000000);
		drain(&setup, samples, &periods);
	}
	close_all(&setup);
}

/* Software events keep a fixed period only if their samples are not asked to carry it. */
static void fixed_periods_of_software_events(void **state)
{
	uint64_t samples[4] = { 0 }, periods = 0;
	struct counter_total totals[2];
	struct setup setup;

	(void)state;
	prepare(&setup, "page-faults:u", PMC_MODE_PERIOD, 10);
	open_all(&setup);
	assert_int_equal(counters_period(&setup.counters, 1), 10);
	counters_enable(&setup.counters);
	for (int i = 0; i < 300; i++) {
		uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(page != MAP_FAILED);
		page[0] = 1;
		munmap(page, 4096);
	}
	counters_disable(&setup.counters);
	drain(&setup, samples, &periods);
	counters_read(&setup.counters, totals);
	assert_true(totals[0].value >= 300);
	assert_int_equal(periods, samples[0] * 10);
	/* Each CPU's counter may hold back nine. */
	assert_true(samples[0] * 10 <= totals[0].value);
	assert_true(samples[0] * 10 + 10 * setup.counters.rings_count > totals[0].value);
	close_all(&setup);
}

/* The reader is woken when half of a ring is full, whatever its size. */
static void half_a_ring_wakes(void **state)
{
	struct setup setup;
	struct pollfd polls[256];
	size_t count, woken = SIZE_MAX;
	uint64_t filled;

	(void)state;
	prepare(&setup, "task-clock:u", PMC_MODE_PERIOD, 200000);
	setup.opts.ring_pages = 2;
	open_all(&setup);
	count = setup.counters.rings_count < 256 ? setup.counters.rings_count : 256;
	for (size_t i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = setup.counters.rings[i].fd, .events = POLLIN };
	counters_enable(&setup.counters);
	while (woken == SIZE_MAX) {
		work(&setup, 0, 200000);
		if (poll(polls, count, 0) <= 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (polls[i].revents & POLLIN)
				woken = i;
	}
	counters_disable(&setup.counters);
	filled = setup.counters.rings[woken].page->data_head;
	assert_true(filled >= setup.counters.rings[woken].size / 2);
	close_all(&setup);
}

/* What cannot be opened leaves nothing open. */
static void failures_leave_nothing_behind(void **state)
{
	const int cpus[] = { 0, 100000 };
	const size_t files = open_files();
	struct setup setup;

	(void)state;
	prepare(&setup, "task-clock:u", PMC_MODE_PERIOD, 1000000);
	setup.tid = NO_PID;
	assert_int_equal(open_again(&setup), -1);
	assert_int_equal(setup.err.kind, PMC_ERR_NOT_FOUND);
	assert_int_equal(setup.counters.rings_count, 0);
	counters_close(&setup.counters);
	assert_int_equal(open_files(), files);

	pmc_err_clear(&setup.err);
	setup.tid = getpid();
	setup.target.cpus = cpus;
	setup.target.cpus_count = PMC_COUNT(cpus);
	assert_int_equal(open_again(&setup), -1);
	assert_non_null(strstr(setup.err.message, "100000"));
	assert_true(setup.err.hint[0] != '\0');
	assert_int_equal(open_files(), files);

	pmc_err_clear(&setup.err);			/* a ring's size is a power of two */
	setup.target.cpus = NULL;
	setup.opts.ring_pages = 3;
	assert_int_equal(open_again(&setup), -1);
	assert_non_null(strstr(setup.err.message, "3 pages"));
	assert_int_equal(open_files(), files);
	pmc_event_list_fini(&setup.events);
}

static void nothing_open(void **state)
{
	struct counters counters = { 0 };

	(void)state;
	assert_int_equal(counters_event(&counters, 1), 0);
	assert_int_equal(counters_period(&counters, 1), 0);
	counters_enable(&counters);
	counters_close(&counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ring_a_cpu),
		cmocka_unit_test(counting_begins_and_ends_when_told),
		cmocka_unit_test(groups_count_together),
		cmocka_unit_test(samples_come_into_the_rings),
		cmocka_unit_test(without_call_chains),
		cmocka_unit_test(fixed_periods_of_software_events),
		cmocka_unit_test(half_a_ring_wakes),
		cmocka_unit_test(failures_leave_nothing_behind),
		cmocka_unit_test(nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
