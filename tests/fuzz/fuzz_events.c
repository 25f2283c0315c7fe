/*
 * fuzz_events.c - any text as an event list, against a made-up machine.
 *
 * The first byte chooses the machine: 1: only user mode may be watched; 2: tracefs is mounted; 4:
 * -F or -c was given; 8: near names are looked for (slow). The rest is the list; when it is
 * accepted, what came out must hold together, and when not, there must be a message and a hint.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/event_fixture.h"

const char *__asan_default_options(void);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks over names free much: the usual quarantine alone would come near the memory limit. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=32";
}

static struct fixture fixture;

/* libFuzzer ends without atexit(), or by a crash: a child waits for that and clears up. */
static void remove_fixture_afterwards(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		abort();
	if (fork())
		return; /* the writing end stays open until this process is gone */
	close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		;
	fixture_fini(&fixture);
	_exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
	fixture_init(&fixture);
	remove_fixture_afterwards();
	return 0;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_event(const struct pmc_event *event)
{
	const struct perf_event_attr *attr = event->attr;

	require(event->name && event->name[0] && event->requested && attr);
	require(attr->size == sizeof(*attr));
	require(attr->sample_period && !(attr->sample_period >> 63));
	require(attr->sample_period == event->sampling.period_or_hz);
	require(attr->freq == (event->sampling.mode == PMC_MODE_FREQUENCY));
	require(!(attr->exclude_user && attr->exclude_kernel && attr->exclude_hv));
	require(event->group >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pmc_sampling sampling = { .mode = PMC_MODE_FREQUENCY, .period_or_hz = 4000 };
	struct event_host host = fixture.host;
	struct pmc_event_list list;
	struct pmc_err err = { 0 };
	PMC_FREE char *text = NULL;

	if (!size)
		return 0;
	if (data[0] & 1)
		host.user_only = true, host.paranoid = 2;
	if (!(data[0] & 2))
		host.tracefs = NULL;
	host.no_suggestions = !(data[0] & 8);
	if (data[0] & 4)
		sampling.mode = PMC_MODE_PERIOD, sampling.period_or_hz = 20000,
		sampling.explicit_ = true;
	text = pmc_strndup((const char *)data + 1, size - 1);
	if (event_list_parse(&list, text, &sampling, &host, &err)) {
		require(err.kind != PMC_ERR_NONE && err.message[0] && err.hint[0]);
	} else {
		require(list.count > 0);
		for (size_t i = 0; i < list.count; i++)
			check_event(&list.events[i]);
	}
	pmc_event_list_fini(&list);
	return 0;
}
