/*
 * fuzz_import.c - any bytes as a recording: opened, read to its end, batches handed over.
 *
 * The bytes lie in a file without a name, so that sections are read by offset as from a disk. What
 * batches hold must refer to what was handed over before. Stacks are unwound by a step that goes on
 * for some frames.
 * Seeds: tests/fixtures, and the folders of PMC_CORPUS, or of ../shared/corpus beside the project,
 * where they are there.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "collector/collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { FOLDERS_MAX = 16 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Adds each folder of recordings to the arguments: libFuzzer takes them for seeds. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char *arguments[64 + FOLDERS_MAX];
	const char *corpus = getenv("PMC_CORPUS");
	DIR *dir;
	struct dirent *entry;
	int count = *argc;

	corpus = corpus ? corpus : "../shared/corpus";
	if (count > 60)
		return 0;
	memcpy(arguments, *argv, (size_t)count * sizeof(*arguments));
	/* Of long recordings the beginning: what breaks a reader is short. */
	arguments[count++] = pmc_strdup("-max_len=65536");
	arguments[count++] = pmc_strdup("tests/fixtures");
	dir = opendir(corpus);
	while (dir && (entry = readdir(dir)) && count < 60 + FOLDERS_MAX)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			arguments[count++] = pmc_sprintf("%s/%s", corpus, entry->d_name);
	if (dir)
		closedir(dir);
	*argc = count;
	*argv = arguments;
	return 0;
}

struct seen {
	uint32_t strings, modules, processes, threads, locations, stacks, events;
};

static void check_rows(const struct seen *seen, const struct pmc_batch *batch)
{
	for (size_t i = 0; i < batch->modules_count; i++)
		require(batch->modules[i].path && batch->modules[i].path <= seen->strings);
	for (size_t i = 0; i < batch->threads_count; i++)
		require(batch->threads[i].process &&
			batch->threads[i].process <= seen->processes &&
			batch->threads[i].comm <= seen->strings);
	for (size_t i = 0; i < batch->locations_count; i++)
		require(batch->locations[i].module &&
			batch->locations[i].module <= seen->modules);
	for (size_t i = 0; i < batch->stacks_count; i++)
		require(batch->stacks[i].parent < batch->stacks_first + i &&
			batch->stacks[i].location <= seen->locations);
	for (size_t i = 0; i < batch->costs_count; i++) {
		const struct pmc_cost_row *cost = &batch->costs[i];

		require(cost->event && cost->event <= seen->events && cost->thread &&
			cost->thread <= seen->threads && cost->stack <= seen->stacks &&
			cost->location && cost->location <= seen->locations && cost->samples);
	}
}

static int take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err)
{
	struct seen *seen = ctx;

	(void)last;
	(void)err;
	seen->strings += (uint32_t)batch->texts_count;
	seen->modules += (uint32_t)batch->modules_count;
	seen->processes += (uint32_t)batch->processes_count;
	seen->threads += (uint32_t)batch->threads_count;
	seen->locations += (uint32_t)batch->locations_count;
	seen->stacks += (uint32_t)batch->stacks_count;
	seen->events = (uint32_t)batch->events_count;
	check_rows(seen, batch);
	pmc_batch_done(batch);
	return 0;
}

/* The caller is where the stack's first word says, ten frames at most. */
static enum pmc_unwind_result step(void *ctx, const struct pmc_unwind_code *code,
				   const struct pmc_unwind_stack *stack,
				   struct pmc_unwind_regs *regs)
{
	unsigned *frames = ctx;

	(void)code;
	if (stack->size < 8)
		return PMC_UNWIND_SHORT;
	if (++*frames % 10 == 0)
		return PMC_UNWIND_END;
	memcpy(&regs->reg[PMC_X86_IP], stack->bytes, 8);
	return PMC_UNWIND_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("recording", 0);
	unsigned frames = 0;
	const struct pmc_unwind_ops unwind = { .ctx = &frames, .step = step };
	struct seen seen = { 0 };
	const struct pmc_sink sink = { .ctx = &seen, .take = take };
	struct pmc_import_result result;
	struct pmc_session_info info = { 0 };
	struct pmc_import *import;
	struct pmc_err err = { 0 };
	char path[64];

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	import = pmc_import_open(&(struct pmc_import_opts){ .path = path }, &err);
	if (import) {
		pmc_import_info(import, &info);
		require(info.command && info.hostname && info.callgraph);
		if (pmc_import_run(import, &unwind, &sink, &result, &err))
			require(pmc_err_is_set(&err));
		else
			require((result.cut != NULL) == (result.health[PMC_HEALTH_FILE_CUT] != 0));
	} else {
		require(pmc_err_is_set(&err));
	}
	pmc_import_free(import);
	close(fd);
	return 0;
}
