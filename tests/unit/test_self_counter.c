/*
 * test_self_counter.c - reading a counter through its page, with pages and registers made up here:
 * what is told, when the kernel must be asked, and that a page which changes meanwhile is read
 * again. Whether events open on this machine is not assumed: where task-clock does, it is counted
 * for real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "event_fixture.h"
#include "collector/self_counter.h"

/* ---- made-up hardware ---- */

struct machine {
	struct perf_event_mmap_page page;
	struct self_registers registers;
	uint64_t values[40];		/* of register N */
	uint64_t clock;
	uint32_t asked;			/* register asked for last, UINT32_MAX: none */
	unsigned reads;
	unsigned changes;		/* so many reads of a register are disturbed */
	void (*disturb)(struct machine *machine);
};

static bool read_made_up(void *ctx, uint32_t number, uint64_t *value)
{
	struct machine *machine = ctx;

	machine->asked = number;
	machine->reads++;
	if (number >= PMC_COUNT(machine->values))
		return false;
	*value = machine->values[number];
	if (machine->changes) {
		machine->changes--;
		machine->disturb(machine);
	}
	return true;
}

static uint64_t clock_made_up(void *ctx)
{
	return ((struct machine *)ctx)->clock;
}

/* Register 3, 48 bits wide, holds 1000; nothing is added, and it never had to share. */
static int begin(void **state)
{
	struct machine *machine = pmc_calloc(1, sizeof(*machine));

	machine->page.cap_user_rdpmc = 1;
	machine->page.lock = 2;
	machine->page.index = 4;
	machine->page.pmc_width = 48;
	machine->page.time_enabled = machine->page.time_running = 5000;
	machine->values[3] = 1000;
	machine->asked = UINT32_MAX;
	machine->registers = (struct self_registers){ read_made_up, clock_made_up, machine };
	*state = machine;
	return 0;
}

static int end(void **state)
{
	free(*state);
	return 0;
}

static void assert_reads(struct machine *machine, uint64_t expected)
{
	uint64_t value = 0xdead;

	assert_true(self_counter_read_page(&machine->page, &machine->registers, &value));
	assert_int_equal(value, expected);
}

static void assert_asks_kernel(struct machine *machine)
{
	uint64_t value = 0xdead;

	assert_false(self_counter_read_page(&machine->page, &machine->registers, &value));
	assert_int_equal(value, 0xdead);
}

/* ---- offset, index, width ---- */

static void count_is_offset_and_register(void **state)
{
	struct machine *machine = *state;

	machine->page.offset = 234;
	assert_reads(machine, 1234);
	assert_int_equal(machine->asked, 3);
	assert_int_equal(machine->reads, 1);
}

/* The kernel lets counters begin below zero, so that they overflow after so many events. */
static void registers_are_signed_in_their_width(void **state)
{
	static const struct {
		uint16_t width;
		uint64_t raw;
		int64_t offset;
		uint64_t expected;
	} rows[] = {
		{ 64, UINT64_MAX, 11, 10 },
		{ 64, 1ULL << 63, INT64_MIN, 0 },
		{ 63, 0, 7, 7 },
		{ 48, 0x0000ffffffffffff, 11, 10 },
		{ 48, 0x0000800000000000, 0x0000800000000000, 0 },
		{ 48, 0x00007fffffffffff, 1, 0x0000800000000000 },
		{ 48, 0xabcd000000000005, 0, 5 },	/* above the width: not part of it */
		{ 40, 0x000000ffffffff00, 0x200, 0x100 },
		{ 32, 0x80000000, 0x80000001, 1 },
		{ 32, 0xffffffff, 1, 0 },
		{ 32, 0x100000002, 3, 5 },
		{ 1, 1, 1, 0 },
		{ 48, 20, -15, 5 },			/* a negative offset */
		{ 48, 0x0000fffffffffff6, 0x100000000a, 0x1000000000 },
	};

	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct machine *machine = *state;

		machine->page.pmc_width = rows[i].width;
		machine->page.offset = rows[i].offset;
		machine->values[3] = rows[i].raw;
		assert_reads(machine, rows[i].expected);
	}
}

static void without_hardware_the_kernel_is_asked(void **state)
{
	struct machine *machine = *state;

	machine->page.index = 0;
	assert_asks_kernel(machine);
	machine->page.index = 4;
	machine->page.cap_user_rdpmc = 0;
	assert_asks_kernel(machine);
	machine->page.cap_user_rdpmc = 1;
	machine->page.pmc_width = 0;
	assert_asks_kernel(machine);
	machine->page.pmc_width = 65;
	assert_asks_kernel(machine);
	assert_int_equal(machine->reads, 0);
	machine->page.pmc_width = 64;
	machine->page.index = 4711;	/* a register that this processor does not have */
	assert_asks_kernel(machine);
	assert_int_equal(machine->asked, 4710);
}

/* ---- the lock ---- */

/* The thread was moved to another register in the middle of the read. */
static void move_register(struct machine *machine)
{
	machine->page.lock += 2;
	machine->page.index++;
	machine->page.offset += 1000;
	machine->values[machine->page.index - 1] = machine->page.offset / 1000;
}

static void a_page_that_changes_is_read_again(void **state)
{
	struct machine *machine = *state;

	machine->disturb = move_register;
	machine->changes = 3;
	assert_reads(machine, 3003);
	assert_int_equal(machine->reads, 4);
	assert_int_equal(machine->asked, 6);
}

/* The thread lost its register in the middle of the read: what was read means nothing. */
static void lose_register(struct machine *machine)
{
	machine->page.lock += 2;
	machine->page.index = 0;
	machine->page.offset = 77;
}

static void a_register_lost_midway_is_not_believed(void **state)
{
	struct machine *machine = *state;

	machine->disturb = lose_register;
	machine->changes = 1;
	assert_asks_kernel(machine);
	assert_int_equal(machine->reads, 1);
}

static void begin_writing(struct machine *machine)
{
	machine->page.lock++;
}

static void a_page_that_is_never_done_ends_at_the_kernel(void **state)
{
	struct machine *machine = *state;

	machine->disturb = begin_writing;
	machine->changes = 1;
	assert_asks_kernel(machine);	/* odd: somebody writes, and never ends */
	assert_int_equal(machine->reads, 1);
	machine->page.lock++;
	assert_reads(machine, 1000);	/* now it has */
}

static void change_nothing_but_lock(struct machine *machine)
{
	machine->page.lock += 2;
}

static void endless_changes_end_at_the_kernel(void **state)
{
	struct machine *machine = *state;

	machine->disturb = change_nothing_but_lock;
	machine->changes = UINT32_MAX;
	assert_asks_kernel(machine);
	assert_in_range(machine->reads, 2, 10000);
}

static void the_lock_may_wrap(void **state)
{
	struct machine *machine = *state;

	machine->page.lock = UINT32_MAX - 1;
	machine->disturb = change_nothing_but_lock;
	machine->changes = 1;
	assert_reads(machine, 1000);
	assert_int_equal(machine->page.lock, 0);
	assert_int_equal(machine->reads, 2);
}

/* ---- scaling ---- */

static void shared_hardware_scales_with_the_time_that_passed(void **state)
{
	static const struct {
		uint64_t enabled, running, time_offset, clock;
		uint32_t mult;
		uint16_t shift;
		uint64_t raw, expected;
	} rows[] = {
		/* no time has passed since: 1000 × 8000 / 4000 */
		{ 8000, 4000, 0, 0, 1, 0, 1000, 2000 },
		/* 4000 ns more for both: 1000 × 12000 / 8000 */
		{ 8000, 4000, 4000, 0, 1, 0, 1000, 1500 },
		/* from the clock: 16000 ticks of a quarter ns: the same */
		{ 8000, 4000, 0, 16000, 1, 2, 1000, 1500 },
		/* an offset that begins below zero, as the kernel's does: 10000 - 6000 */
		{ 8000, 4000, (uint64_t)-6000, 10000, 1, 0, 1000, 1500 },
		/* the parts below one mult: (3 × 7) >> 1 = 10 ns: 1000 × 110 / 60 = 1833.3 */
		{ 100, 50, 0, 3, 7, 1, 1000, 1833 },
		/* a clock behind the kernel's: no time, not 584 years */
		{ 8000, 4000, (uint64_t)-6000, 1, 1, 0, 1000, 2000 },
		/* the widest shift that kernels have */
		{ 8000, 4000, 4000, 0xffffffff, 0, 32, 1000, 1500 },
		/* never ran so far */
		{ 8000, 0, 0, 0, 1, 0, 1000, 1000 },
		/* more than 64 bits on the way: 2^40 × 10^12 / (10^12 / 4) */
		{ 1000000000000, 250000000000, 0, 0, 1, 0, 1ULL << 40, 1ULL << 42 },
	};

	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct machine *machine = *state;

		machine->page.cap_user_time = 1;
		machine->page.time_enabled = rows[i].enabled;
		machine->page.time_running = rows[i].running;
		machine->page.time_offset = rows[i].time_offset;
		machine->page.time_mult = rows[i].mult;
		machine->page.time_shift = rows[i].shift;
		machine->clock = rows[i].clock;
		machine->values[3] = rows[i].raw;
		assert_reads(machine, rows[i].expected);
	}
}

/* A clock of few bits wrapped since the kernel looked at it: 0xfffffff0 → 0x10 are 32 ticks. */
static void short_clocks_wrap(void **state)
{
	struct machine *machine = *state;
	const uint64_t then = 0x5fffffff0;

	machine->page.cap_user_time = 1;
	machine->page.cap_user_time_short = 1;
	machine->page.time_mask = 0xffffffff;
	machine->page.time_cycles = then;
	machine->page.time_mult = 1;
	machine->page.time_offset = (uint64_t)0 - then;
	machine->page.time_enabled = 64;
	machine->page.time_running = 32;
	machine->clock = 0x10;
	assert_reads(machine, 1500);	/* 1000 × 96 / 64 */
}

static void sharing_without_a_clock_asks_the_kernel(void **state)
{
	struct machine *machine = *state;

	machine->page.time_running = 2500;
	assert_asks_kernel(machine);
	machine->page.cap_user_time = 1;
	machine->page.time_shift = 33;
	assert_asks_kernel(machine);
	machine->page.time_shift = 0;
	machine->registers.clock = NULL;
	assert_asks_kernel(machine);
	machine->registers.clock = clock_made_up;
	assert_reads(machine, 2000);
}

static void scaling_is_exact_where_it_can_be(void **state)
{
	static const struct {
		uint64_t count, enabled, running, expected;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 5, 100, 0, 5 },
		{ 5, 100, 100, 5 },
		{ 5, 99, 100, 5 },
		{ 7, 3, 2, 10 },
		{ 1, 3, 2, 1 },
		{ 0, 3, 2, 0 },
		{ 1000000007, 6000000000, 3000000000, 2000000014 },
		{ 12345678901234567, 86400000000000, 43200000000000, 24691357802469134 },
		{ UINT64_MAX / 4, 4000000000000000, 1000000000000000, UINT64_MAX / 4 * 4 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++)
		assert_int_equal(self_counter_scale(rows[i].count, rows[i].enabled,
						    rows[i].running),
				 rows[i].expected);
}

/* ---- asking for access ---- */

static void access_is_asked_where_the_pmu_has_a_bit(void **state)
{
	static const struct {
		const char *format;
		uint32_t type;
		uint64_t config, expected[3];	/* config, config1, config2; 0: as before */
	} rows[] = {
		{ "config1:1", PERF_TYPE_HARDWARE, 1, { 0, 2, 0 } },
		{ "config1:1", PERF_TYPE_HW_CACHE, 0x10002, { 0, 2, 0 } },
		{ "config1:1", PERF_TYPE_RAW, 0x11, { 0, 2, 0 } },
		{ "config1:1", 8, 0x11, { 0, 2, 0 } },
		{ "config2:63", 8, 0x11, { 0, 0, 1ULL << 63 } },
		{ "config:32", 8, 0x11, { 1ULL << 32, 0, 0 } },
		{ "config1:1", PERF_TYPE_HARDWARE, 8ULL << 32 | 1, { 0, 2, 0 } },
		/* not of that PMU */
		{ "config1:1", 9, 0x11, { 0 } },
		{ "config1:1", PERF_TYPE_HARDWARE, 9ULL << 32 | 1, { 0 } },
		{ "config1:1", PERF_TYPE_SOFTWARE, 0, { 0 } },
		{ "config1:1", PERF_TYPE_BREAKPOINT, 0, { 0 } },
		/* not one bit of a field */
		{ "config1:1-2", 8, 0x11, { 0 } },
		{ "config1:1,5", 8, 0x11, { 0 } },
		{ "config1:64", 8, 0x11, { 0 } },
		{ "config1:", 8, 0x11, { 0 } },
		{ "config1", 8, 0x11, { 0 } },
		{ "config9:1", 8, 0x11, { 0 } },
		{ "configuration:1", 8, 0x11, { 0 } },
		{ "config1:-1", 8, 0x11, { 0 } },
		{ "config1:100", 8, 0x11, { 0 } },
		{ "1", 8, 0x11, { 0 } },
		{ "", 8, 0x11, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		const uint64_t *expected = rows[i].expected;
		const bool has = expected[0] | expected[1] | expected[2];
		struct perf_event_attr attr = { .type = rows[i].type, .config = rows[i].config };
		struct fixture fixture;

		fixture_init(&fixture);
		fixture_write(&fixture, "sysfs/arm/type", "8");
		fixture_write(&fixture, "sysfs/arm/format/rdpmc", rows[i].format);
		fixture_write(&fixture, "sysfs/software/type", "1");
		assert_int_equal(self_counter_ask_access(&attr, fixture.sysfs), has);
		assert_int_equal(attr.config, rows[i].config | expected[0]);
		assert_int_equal(attr.config1, expected[1]);
		assert_int_equal(attr.config2, expected[2]);
		fixture_fini(&fixture);
	}
}

static void machines_without_pmus_are_not_asked(void **state)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE };

	(void)state;
	assert_false(self_counter_ask_access(&attr, "/nonexistent"));
	assert_int_equal(attr.config1, 0);
}

/* ---- this machine ---- */

static void wrong_events_are_refused(void **state)
{
	static const char *const rows[] = { "", "no-such-event-at-all", "task-clock,page-faults",
					    "{task-clock,page-faults}", "task-clock:z" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(rows); i++) {
		struct pmc_self_counter counter;
		struct pmc_err err = { 0 };

		assert_int_equal(pmc_self_counter_open(&counter, rows[i], &err), -1);
		assert_true(pmc_err_is_set(&err));
		assert_int_equal(err.kind, PMC_ERR_USAGE);
		assert_int_equal(counter.fd, -1);
		assert_null(counter.page);
		pmc_self_counter_close(&counter);
	}
}

/* A software event has no register: every read is a system call, and time goes on. */
static void a_clock_of_this_thread_counts(void **state)
{
	struct pmc_self_counter counter;
	struct pmc_err err = { 0 };
	uint64_t first, last;

	(void)state;
	if (pmc_self_counter_open(&counter, "task-clock:u", &err)) {
		assert_true(err.hint[0] != '\0');
		print_message("task-clock does not open here: %s\n", err.message);
		skip();
	}
	assert_null(counter.page);
	first = pmc_self_counter_read(&counter);
	for (volatile int i = 0; i < 1000000; i++)
		;
	last = pmc_self_counter_read(&counter);
	assert_true(last > first);
	assert_int_equal(counter.system_calls, 2);
	pmc_self_counter_close(&counter);
	assert_int_equal(counter.fd, -1);
	pmc_self_counter_close(&counter);
}

/* Hardware, where there is some: what is counted grows with the work, whichever way it is read. */
static void instructions_of_this_thread_count(void **state)
{
	struct pmc_self_counter counter;
	struct pmc_err err = { 0 };
	uint64_t times[3];

	(void)state;
	if (pmc_self_counter_open(&counter, "instructions:u", &err)) {
		assert_true(err.hint[0] != '\0');
		print_message("instructions:u does not open here: %s\n", err.message);
		skip();
	}
	for (size_t i = 0; i < PMC_COUNT(times); i++) {
		times[i] = pmc_self_counter_read(&counter);
		for (volatile int k = 0; k < 100000; k++)
			;
	}
	assert_true(times[1] - times[0] >= 100000);
	assert_true(times[2] - times[1] >= 100000);
	assert_true(counter.page || counter.system_calls == PMC_COUNT(times));
	pmc_self_counter_close(&counter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(count_is_offset_and_register, begin, end),
		cmocka_unit_test_setup_teardown(registers_are_signed_in_their_width, begin, end),
		cmocka_unit_test_setup_teardown(without_hardware_the_kernel_is_asked, begin, end),
		cmocka_unit_test_setup_teardown(a_page_that_changes_is_read_again, begin, end),
		cmocka_unit_test_setup_teardown(a_register_lost_midway_is_not_believed, begin, end),
		cmocka_unit_test_setup_teardown(a_page_that_is_never_done_ends_at_the_kernel,
						begin, end),
		cmocka_unit_test_setup_teardown(endless_changes_end_at_the_kernel, begin, end),
		cmocka_unit_test_setup_teardown(the_lock_may_wrap, begin, end),
		cmocka_unit_test_setup_teardown(shared_hardware_scales_with_the_time_that_passed,
						begin, end),
		cmocka_unit_test_setup_teardown(short_clocks_wrap, begin, end),
		cmocka_unit_test_setup_teardown(sharing_without_a_clock_asks_the_kernel, begin,
						end),
		cmocka_unit_test(scaling_is_exact_where_it_can_be),
		cmocka_unit_test(access_is_asked_where_the_pmu_has_a_bit),
		cmocka_unit_test(machines_without_pmus_are_not_asked),
		cmocka_unit_test(wrong_events_are_refused),
		cmocka_unit_test(a_clock_of_this_thread_counts),
		cmocka_unit_test(instructions_of_this_thread_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
