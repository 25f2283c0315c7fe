/*
 * kernel.c - see kernel.h.
 */
#include "collector/kernel.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/abi.h"
#include "collector/decode.h"
#include "collector/ring.h"

static int open_dummy(struct perf_event_attr *attr, int cpu)
{
	attr->type = PERF_TYPE_SOFTWARE;
	attr->size = sizeof(*attr);
	attr->config = PERF_COUNT_SW_DUMMY;
	attr->exclude_kernel = attr->exclude_hv = 1;
	return (int)syscall(SYS_perf_event_open, attr, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

bool kernel_takes(uint64_t sample_type, uint64_t read_format, bool inherit)
{
	struct perf_event_attr attr = { .sample_type = sample_type,
					.read_format = read_format,
					.inherit = inherit,
					.disabled = 1 };
	const int fd = open_dummy(&attr, -1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_read_record(struct ring *ring)
{
	const uint8_t *record;
	size_t size;
	int bad = 0;

	ring_drain(ring);
	for (size_t at = ring->begin; (record = ring_peek(ring, at, &size, &bad)); at += size)
		if (record_type(record) == ABI_RECORD_READ)
			return true;
	return false;
}

/* Forks a child that ends at once, and looks whether that is told. */
static bool tells_child(struct perf_event_attr *attr)
{
	const int cpu = sched_getcpu();
	const int fd = open_dummy(attr, cpu < 0 ? 0 : cpu);
	struct ring ring = { 0 };
	bool told = false;
	pid_t child;

	if (fd < 0)
		return false;
	if (!ring_open(&ring, fd, (uint32_t)cpu, 1)) {
		child = fork();
		if (!child)
			_exit(0);
		if (child > 0)
			waitpid(child, NULL, 0);
		told = has_read_record(&ring);
		ring_close(&ring);
	}
	close(fd);
	return told;
}

bool kernel_tells_threads(void)
{
	const uint64_t stays = PERF_SAMPLE_READ | PERF_SAMPLE_TID;
	struct perf_event_attr attr = { .inherit = 1, .inherit_stat = 1 };

	/* A child that got its parent's counter in exchange for its own tells nothing; see
	 * keep_with_threads() in counters.c. Kernels that exchange are asked several times. */
	if (kernel_takes(stays, 0, true))
		attr.sample_type = stays;
	for (int i = 0; i < (attr.sample_type ? 1 : 5); i++)
		if (tells_child(&attr))
			return true;
	return false;
}
