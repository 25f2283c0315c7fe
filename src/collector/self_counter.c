/*
 * self_counter.c - a counter of the calling thread, read without a system call where that can be.
 *
 * Job: open one event on this thread, map the page that the kernel keeps about it, read it.
 * Not here: counting others (counting.c), sampling (counters.c).
 *
 *   page     lock ─► offset, index, width, times ─► register index-1 ─► lock the same? ── no: again
 *                                                                          │ yes
 *            count = offset + register, sign-extended from its width ◄─────┘
 *
 *   kernel   read(2): where there is no page, index is 0 (the counter is on no hardware now), no
 *            capability, or the times tell of sharing without a clock to bring them up to date
 *
 * Invariants: both ways tell the same count, so one read may go this way and the next the other.
 * The page is this thread's: on another thread the register is that of another CPU's counter.
 * Barriers: the kernel writes the page on the CPU that the thread runs on, or while it runs on
 * none; load-acquire of lock before, and an acquire fence before it is loaded again, also hold
 * where the write came from elsewhere.
 * Failure: an administrator who takes user access back (arm64: kernel.perf_user_access=0, x86: 0 in
 * the PMU's rdpmc file) between the look at the page and the register makes the processor refuse
 * the instruction, and the thread gets a signal. The kernel offers nothing against that.
 */
#include "collector/self_counter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/event.h"
#include "collector/machine.h"

/* A writer is done in some dozen instructions: more tries than this mean that it never will be. */
enum { TRIES_MAX = 100 };

/* ---- registers of this processor ---- */

#if defined(__x86_64__)

static bool read_register(void *ctx, uint32_t number, uint64_t *value)
{
	uint32_t low, high;

	(void)ctx;
	__asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(number) : "memory");
	*value = (uint64_t)high << 32 | low;
	return true;
}

static uint64_t read_clock(void *ctx)
{
	uint32_t low, high;

	(void)ctx;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static const struct self_registers own_registers = { read_register, read_clock, NULL };
static const bool has_registers = true;

#elif defined(__aarch64__)

/* The kernel numbers event counters from 0 and the cycle counter 31. */
#define EVENT_COUNTERS(row)                                                                    \
	row(0) row(1) row(2) row(3) row(4) row(5) row(6) row(7) row(8) row(9) row(10) row(11)  \
	row(12) row(13) row(14) row(15) row(16) row(17) row(18) row(19) row(20) row(21)        \
	row(22) row(23) row(24) row(25) row(26) row(27) row(28) row(29) row(30)
#define READ_EVENT_COUNTER(n)                                                                  \
	case n:                                                                                \
		__asm__ volatile("mrs %0, pmevcntr" #n "_el0" : "=r"(*value) : : "memory");    \
		return true;

static bool read_register(void *ctx, uint32_t number, uint64_t *value)
{
	(void)ctx;
	switch (number) {
	EVENT_COUNTERS(READ_EVENT_COUNTER)
	case 31:
		__asm__ volatile("mrs %0, pmccntr_el0" : "=r"(*value) : : "memory");
		return true;
	default:
		return false;
	}
}

static uint64_t read_clock(void *ctx)
{
	uint64_t value;

	(void)ctx;
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(value) : : "memory");
	return value;
}

static const struct self_registers own_registers = { read_register, read_clock, NULL };
static const bool has_registers = true;

#else

static const struct self_registers own_registers;
static const bool has_registers = false;

#endif

/* ---- reading ---- */

uint64_t self_counter_scale(uint64_t count, uint64_t enabled, uint64_t running)
{
	uint64_t whole, rest;

	if (!running || running >= enabled)
		return count;
	whole = count / running;
	rest = count % running;
	/* rest < running < enabled: the second part is less than enabled, and a double has 53 bits
	 * for it: exact up to 104 days. */
	return whole * enabled + (uint64_t)((double)rest * (double)enabled / (double)running);
}

/* What a page said between two looks at its lock. */
struct page_view {
	uint32_t index;
	uint16_t width, shift;
	uint32_t mult;
	bool readable, has_time, short_time;
	int64_t offset;
	uint64_t enabled, running, time_offset, time_cycles, time_mask;
	uint64_t raw, clock;
};

static void look_at_page(struct page_view *view, const volatile struct perf_event_mmap_page *page)
{
	view->readable = page->cap_user_rdpmc;
	view->index = page->index;
	view->offset = page->offset;
	view->width = page->pmc_width;
	view->enabled = page->time_enabled;
	view->running = page->time_running;
	if (view->enabled == view->running)
		return;
	view->has_time = page->cap_user_time;
	view->short_time = page->cap_user_time_short;
	view->shift = page->time_shift;
	view->mult = page->time_mult;
	view->time_offset = page->time_offset;
	view->time_cycles = page->time_cycles;
	view->time_mask = page->time_mask;
}

/* Nanoseconds between the kernel's last writing of the times and now. */
static uint64_t passed_since(const struct page_view *view)
{
	uint64_t cycles = view->clock, passed;

	if (view->short_time)
		cycles = view->time_cycles + ((cycles - view->time_cycles) & view->time_mask);
	passed = view->time_offset + (cycles >> view->shift) * view->mult +
		 ((cycles & ((1ULL << view->shift) - 1)) * view->mult >> view->shift);
	return passed >> 63 ? 0 : passed;
}

static uint64_t value_of(const struct page_view *view)
{
	const unsigned unused = 64u - view->width;
	const int64_t counter = (int64_t)(view->raw << unused) >> unused;
	const uint64_t sum = (uint64_t)view->offset + (uint64_t)counter;
	uint64_t passed;

	if (view->enabled == view->running)
		return sum;
	passed = passed_since(view);
	return self_counter_scale(sum, view->enabled + passed, view->running + passed);
}

bool self_counter_read_page(const struct perf_event_mmap_page *page,
			    const struct self_registers *registers, uint64_t *value)
{
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		const uint32_t lock = __atomic_load_n(&page->lock, __ATOMIC_ACQUIRE);
		struct page_view view;

		if (lock & 1)
			continue;
		look_at_page(&view, page);
		if (!view.readable || !view.index || !view.width || view.width > 64)
			return false;
		if (!registers->counter(registers->ctx, view.index - 1, &view.raw))
			return false;
		if (view.enabled != view.running) {
			/* A shift above 32 could overflow 64 bits; the kernel has none. */
			if (!view.has_time || !registers->clock || view.shift > 32)
				return false;
			view.clock = registers->clock(registers->ctx);
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&page->lock, __ATOMIC_RELAXED) != lock)
			continue;
		*value = value_of(&view);
		return true;
	}
	return false;
}

static uint64_t read_from_kernel(struct pmc_self_counter *counter)
{
	uint64_t values[3];	/* count, enabled, running, as read_format says */

	counter->system_calls++;
	if (read(counter->fd, values, sizeof(values)) != (ssize_t)sizeof(values))
		return 0;
	return self_counter_scale(values[0], values[1], values[2]);
}

uint64_t pmc_self_counter_read(struct pmc_self_counter *counter)
{
	uint64_t value;

	if (counter->page && self_counter_read_page(counter->page, &own_registers, &value))
		return value;
	return read_from_kernel(counter);
}

/* ---- opening ---- */

/* The attr field and bit of a format such as "config1:1"; NULL: not one bit of a field. */
static __u64 *find_bit(struct perf_event_attr *attr, const char *format, unsigned *bit)
{
	static const char name[] = "config";
	__u64 *field = NULL;
	char digit = 0;
	int end = 0;

	if (strncmp(format, name, sizeof(name) - 1) != 0)
		return NULL;
	format += sizeof(name) - 1;
	if (*format != ':')
		digit = *format++;
	if (digit == 0)
		field = (__u64 *)&attr->config;
	else if (digit == '1')
		field = (__u64 *)&attr->config1;
	else if (digit == '2')
		field = (__u64 *)&attr->config2;
	if (!field || sscanf(format, ":%2u%n", bit, &end) != 1 || format[end] || *bit > 63)
		return NULL;
	return field;
}

/*
 * Is the event one of the PMU of that type? Generic and raw events name none, and are then of any
 * core PMU; since Linux 5.13 the upper half of a generic event's config may name one.
 */
static bool is_of_pmu(const struct perf_event_attr *attr, long long type)
{
	switch (attr->type) {
	case PERF_TYPE_HARDWARE:
	case PERF_TYPE_HW_CACHE:
		return !(attr->config >> 32) || (long long)(attr->config >> 32) == type;
	case PERF_TYPE_RAW:
		return true;
	default:
		return attr->type == type;
	}
}

bool self_counter_ask_access(struct perf_event_attr *attr, const char *sysfs)
{
	struct event_names pmus;
	bool asked = false;

	event_names_list(&pmus, sysfs);
	for (size_t i = 0; i < pmus.count && !asked; i++) {
		PMC_FREE char *type_path = pmc_sprintf("%s/%s/type", sysfs, pmus.items[i]);
		PMC_FREE char *path = pmc_sprintf("%s/%s/format/rdpmc", sysfs, pmus.items[i]);
		char format[64];
		long long type;
		unsigned bit;
		__u64 *field;

		if (!machine_read_number(type_path, &type) || !is_of_pmu(attr, type) ||
		    !machine_read_text(path, format, sizeof(format)))
			continue;
		field = find_bit(attr, format, &bit);
		if (!field)
			continue;
		*field |= 1ULL << bit;
		asked = true;
	}
	event_names_fini(&pmus);
	return asked;
}

static int open_on_this_thread(struct pmc_event *event, struct pmc_err *err)
{
	const struct perf_event_attr plain = *event->attr;
	struct event_host host;
	int fd;

	event_host_init(&host);
	if (has_registers && self_counter_ask_access(event->attr, host.sysfs)) {
		struct pmc_err refused = { 0 };

		fd = event_open(event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC, &refused);
		if (fd >= 0)
			return fd;
		*event->attr = plain;
	}
	return event_open(event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC, err);
}

/* Without its page a counter is read with system calls: also where no memory may be locked. */
static void map_page(struct pmc_self_counter *counter)
{
	const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct perf_event_mmap_page *page =
		mmap(NULL, bytes, PROT_READ, MAP_SHARED, counter->fd, 0);

	if (page == MAP_FAILED)
		return;
	if (!page->cap_user_rdpmc) {
		munmap(page, bytes);
		return;
	}
	counter->page = page;
	counter->page_bytes = bytes;
}

/* A pinned event that finds no hardware when it is enabled never counts, and reads as nothing. */
static int start(struct pmc_self_counter *counter, const struct pmc_event *event,
		 struct pmc_err *err)
{
	uint64_t values[3];

	if (ioctl(counter->fd, PERF_EVENT_IOC_ENABLE, 0))
		return pmc_err_errno(err, errno, "cannot start counting %s", event->name);
	if (read(counter->fd, values, sizeof(values)) == (ssize_t)sizeof(values))
		return 0;
	pmc_err_set(err, PMC_ERR_SYSTEM, "%s is pinned (modifier D) but found no free counter",
		    event->requested);
	return pmc_err_hint(err, "pin fewer events, or leave the D out: then events that do not "
				 "fit take turns, and their counts are scaled");
}

static int open_event(struct pmc_self_counter *counter, struct pmc_event *event,
		      struct pmc_err *err)
{
	struct perf_event_attr *attr = event->attr;

	attr->size = sizeof(*attr);
	attr->sample_period = 0;
	attr->freq = 0;
	attr->precise_ip = 0;	/* precision is of samples */
	attr->disabled = 1;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	counter->fd = open_on_this_thread(event, err);
	if (counter->fd < 0)
		return -1;
	if (has_registers)
		map_page(counter);
	if (start(counter, event, err)) {
		pmc_self_counter_close(counter);
		return -1;
	}
	return 0;
}

int pmc_self_counter_open(struct pmc_self_counter *counter, const char *event, struct pmc_err *err)
{
	static const struct pmc_sampling counting = { .mode = PMC_MODE_COUNT };
	struct pmc_event_list list = { 0 };
	int result;

	*counter = (struct pmc_self_counter){ .fd = -1 };
	result = pmc_event_list_parse(&list, event, &counting, err);
	if (!result && list.count != 1) {
		pmc_err_set(err, PMC_ERR_USAGE, "\"%s\" is %zu events: a counter counts one", event,
			    list.count);
		result = pmc_err_hint(err, "open a counter for each");
	}
	if (!result)
		result = open_event(counter, &list.events[0], err);
	pmc_event_list_fini(&list);
	return result;
}

void pmc_self_counter_close(struct pmc_self_counter *counter)
{
	if (counter->page)
		munmap(counter->page, counter->page_bytes);
	if (counter->fd >= 0)
		close(counter->fd);
	counter->page = NULL;
	counter->page_bytes = 0;
	counter->fd = -1;
}
