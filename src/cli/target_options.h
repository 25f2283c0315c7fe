/*
 * target_options.h - -p, -t, -a, -C and --duration: what to watch, and for how long.
 *
 *   static const struct pmc_option rows[] = { …, TARGET_OPTION_ROWS(struct options, target), … };
 *   target_options_fill(&options.target, &VERB, operands, argv, &opts.target, &err)
 */
#ifndef PMC_TARGET_OPTIONS_H
#define PMC_TARGET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"
#include "collector/collector.h"

struct target_options {
	char *pids, *tids, *cpus;
	bool all;
	double duration;
	bool duration_given;
	int *id_numbers, *cpu_numbers; /* what the texts say; the target borrows them */
};

/* The option rows of a command whose options have a struct target_options as `field`. */
#define TARGET_OPTION_ROWS(type, field) \
	{ 'p', "pid", PMC_OPT_LIST, "PIDS", \
	  "running processes with all their threads and children", NULL, "pid", \
	  offsetof(type, field.pids), 0 }, \
	{ 't', "tid", PMC_OPT_LIST, "TIDS", "running threads, not those that they make", NULL, \
	  "pid", offsetof(type, field.tids), 0 }, \
	{ 'a', "all-cpus", PMC_OPT_FLAG, NULL, "everything that runs, on all CPUs", NULL, NULL, \
	  offsetof(type, field.all), 0 }, \
	{ 'C', "cpu", PMC_OPT_LIST, "CPUS", \
	  "only on these CPUs, such as 0,2-3; alone: everything there", NULL, NULL, \
	  offsetof(type, field.cpus), 0 }, \
	{ 0, "duration", PMC_OPT_SECONDS, "SECONDS", \
	  "stop after this time; a command is then ended with SIGTERM", NULL, NULL, \
	  offsetof(type, field.duration), offsetof(type, field.duration_given) }

/* Thirty years: far from what 64 bits of nanoseconds hold. */
#define TARGET_SECONDS_MAX 1e9

/* What the command does, for messages. */
struct target_verb {
	const char *command;	/* "stat" */
	const char *verb;	/* "count" */
};

/*
 * Fills the target from the options and the command's operands. The target borrows from options
 * and argv.
 */
int target_options_fill(struct target_options *options, const struct target_verb *verb,
			int operands, char **argv, struct pmc_target *target, struct pmc_err *err);

/* The duration in ns; 0: none was given. */
int target_options_duration(const struct target_options *options, const struct target_verb *verb,
			    uint64_t *duration_ns, struct pmc_err *err);

void target_options_fini(struct target_options *options);

#endif
