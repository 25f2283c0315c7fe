/*
 * target_options.c - see target_options.h.
 *
 * Job: lists of ids and CPUs to numbers, and which of these options go together.
 * Not here: whether the processes exist, and what is done to them (collector/).
 */
#include "cli/target_options.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"

static int compare_numbers(const void *a, const void *b)
{
	const int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

/* Sorts numbers and keeps each once: what is listed twice would be counted twice. */
static size_t keep_distinct(int *numbers, size_t count)
{
	size_t kept = 0;

	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

/* "3,5-7" to numbers, ascending; each at most `max`. */
static int parse_numbers(const char *text, const char *what, long max, bool ranges, int **numbers,
			 size_t *count, struct pmc_err *err)
{
	PMC_ARRAY(int) list = { 0 };
	const char *at = text;

	while (*at) {
		char *end;
		long from = strtol(at, &end, 10), to = from;

		if (end != at && ranges && *end == '-') {
			at = end + 1;
			to = strtol(at, &end, 10);
		}
		if (end == at || from < 0 || to < from || to > max || (*end && *end != ',')) {
			pmc_array_free(&list);
			pmc_err_set(err, PMC_ERR_USAGE, "%s: not a list of %s", text, what);
			return pmc_err_hint(err,
					    ranges ? "numbers and ranges with commas: 0,2-3"
						   : "numbers with commas between them: 812,813");
		}
		for (long number = from; number <= to; number++)
			*pmc_array_add(&list) = (int)number;
		at = *end ? end + 1 : end;
	}
	*numbers = list.items;
	if (!list.count) {
		pmc_err_set(err, PMC_ERR_USAGE, "a list of %s is empty", what);
		return pmc_err_hint(err, "give at least one; is a shell variable unset?");
	}
	*count = keep_distinct(list.items, list.count);
	return 0;
}

/* -p and -t go with neither the other nor with what else says whom to watch. */
static int check_ids(const struct target_options *options, const struct target_verb *verb,
		     int operands, struct pmc_err *err)
{
	if (options->pids && options->tids) {
		pmc_err_set(err, PMC_ERR_USAGE, "-p and -t exclude each other");
		return pmc_err_hint(err, "-p %s has all threads of it; -t %s those alone",
				    options->pids, options->tids);
	}
	if ((options->pids || options->tids) && (operands || options->all)) {
		pmc_err_set(err, PMC_ERR_USAGE, "%s cannot be combined with %s",
			    options->pids ? "-p" : "-t", operands ? "a command" : "-a");
		return pmc_err_hint(
			err, "to %s a running process for some time: -p PID --duration 10",
			verb->verb);
	}
	return 0;
}

int target_options_fill(struct target_options *options, const struct target_verb *verb,
			int operands, char **argv, struct pmc_target *target, struct pmc_err *err)
{
	if (check_ids(options, verb, operands, err))
		return -1;
	if (options->cpus && parse_numbers(options->cpus, "CPUs", 65535, true,
					   &options->cpu_numbers, &target->cpus_count, err))
		return -1;
	target->cpus = options->cpu_numbers;
	if (options->pids || options->tids) {
		target->kind = options->pids ? PMC_TARGET_PIDS : PMC_TARGET_TIDS;
		if (parse_numbers(options->pids ? options->pids : options->tids,
				  options->pids ? "process ids" : "thread ids", INT_MAX, false,
				  &options->id_numbers, &target->ids_count, err))
			return -1;
		target->ids = options->id_numbers;
		return 0;
	}
	target->system_wide = options->all || (options->cpus && !operands);
	if (operands) {
		target->kind = PMC_TARGET_COMMAND;
		target->argv = argv;
		return 0;
	}
	target->kind = PMC_TARGET_CPUS;
	if (target->system_wide)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "nothing to %s: no command, and none of -p, -t, -a, -C",
		    verb->verb);
	return pmc_err_hint(err, "pmc %s ./prog   or   pmc %s -p PID", verb->command,
			    verb->command);
}

int target_options_duration(const struct target_options *options, const struct target_verb *verb,
			    uint64_t *duration_ns, struct pmc_err *err)
{
	if (options->duration > TARGET_SECONDS_MAX) {
		pmc_err_set(err, PMC_ERR_USAGE, "%g seconds are too many", options->duration);
		return pmc_err_hint(err,
				    "the most is %g; without --duration it goes on until it is "
				    "stopped",
				    TARGET_SECONDS_MAX);
	}
	*duration_ns = (uint64_t)(options->duration * 1e9);
	if (options->duration_given && *duration_ns == 0) {
		pmc_err_set(err, PMC_ERR_USAGE, "a duration of 0 %ss nothing", verb->verb);
		return pmc_err_hint(err, "without --duration it lasts until the target ends or "
					 "Ctrl-C");
	}
	return 0;
}

void target_options_fini(struct target_options *options)
{
	free(options->pids);
	free(options->tids);
	free(options->cpus);
	free(options->id_numbers);
	free(options->cpu_numbers);
}
