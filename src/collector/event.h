/*
 * event.h - what the files of the event part share: syntax rows, the host they are resolved
 * against, and opening one event with its declared degrades. Private to src/collector.
 *
 *   text ──event_parse──► event_spec rows ──event_resolve──► pmc_event ──event_open──► fd
 *            no I/O                           │ asks, in this order:
 *                                             ├ event_breakpoint  mem:ADDR/LEN:rwx
 *                                             ├ event_sysfs       pmu/term=value/
 *                                             ├ event_resolve     rNNNN
 *                                             ├ event_kernel      cycles, L1-dcache-loads
 *                                             ├ event_tracepoint  subsys:name
 *                                             ├ event_pfm         skl::INST_RETIRED:ANY_P
 *                                             └ event_sysfs       an alias of any PMU
 */
#ifndef COLLECTOR_EVENT_H
#define COLLECTOR_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/collector.h"

/* ---- opening (event_open.c) ---- */

/*
 * perf_event_open() for one event, as pid, cpu, group_fd and flags say. event->attr must be
 * complete. Where the kernel refuses, in this order: exclude_guest is dropped (no degrade: nothing
 * is lost), then precise_ip is lowered; what was lowered is written to event->fallback and
 * event->name, and stays in attr, so that the event's other CPUs open alike. Returns the fd, or -1
 * with err explained.
 */
int event_open(struct pmc_event *event, pid_t pid, int cpu, int group_fd, unsigned long flags,
	       struct pmc_err *err);

/*
 * Says why perf_event_open() for the event gave `errnum`, with the values seen now (paranoid level,
 * limits, counters) and the least change that helps. Always returns -1.
 */
int event_explain_open_error(const struct pmc_event *event, int errnum, pid_t pid, int cpu,
			     struct pmc_err *err);

/* Opens the attr on this thread, disabled and only counting, and closes it: 0, or the errno. */
int event_probe(const struct perf_event_attr *attr);

/* ---- the host that events are resolved against (event_host.c) ---- */

/* Real machine, or a made-up one in tests. Paths are borrowed. */
struct event_host {
	const char *sysfs;   /* folder of PMUs: /sys/bus/event_source/devices */
	const char *tracefs; /* folder that holds events/; NULL where tracefs is not mounted */
	bool tracefs_denied; /* tracefs is there, but we may not look into it */
	bool user_only;	     /* only user mode may be watched: paranoid level and no capability */
	int paranoid;	     /* INT_MIN: unknown */
	bool names_only;     /* walks tell names alone: no descriptions, nothing opened */
	bool no_suggestions; /* errors do without near names, which cost a walk (fuzzing) */
	int (*probe)(const struct perf_event_attr *attr); /* event_probe() */
};

/* Looks at this machine. */
void event_host_init(struct event_host *host);

/* True when the generic hardware events open here: the machine has counters that we may use. */
bool event_host_has_counters(const struct event_host *host);

/* True when no event at all may be opened, hardware or not: nothing is known of counters then. */
bool event_host_is_denied(const struct event_host *host);

/* Names in a folder, sorted by bytes, without those that begin with a dot (event_host.c). A folder
 * that cannot be read has none. The caller frees with event_names_fini(). */
struct event_names {
	char **items;
	size_t count, cap;
};
void event_names_list(struct event_names *names, const char *folder);
void event_names_fini(struct event_names *names);

/* ---- syntax (event_parse.c) ---- */

enum event_modifier {
	EVENT_MOD_USER = 1 << 0,
	EVENT_MOD_KERNEL = 1 << 1,
	EVENT_MOD_HV = 1 << 2,
	EVENT_MOD_MAX_PRECISE = 1 << 3, /* P: as precise as the machine can */
	EVENT_MOD_SAMPLE_READ = 1 << 4, /* S */
	EVENT_MOD_PINNED = 1 << 5,	/* D */
};

struct event_modifiers {
	unsigned set;	  /* enum event_modifier */
	unsigned precise; /* number of p: 0..3 */
};

/* One term between slashes. */
struct event_term {
	char *name;
	char *value;   /* NULL: a bare name */
	size_t column; /* where it stands in the text, from 1 */
};

/* One event as typed. */
struct event_spec {
	char *text;	/* all of it, without white space around */
	char *name;	/* up to the '/' of the terms, colons and all */
	bool has_terms; /* there were slashes, if only "//" */
	PMC_ARRAY(struct event_term) terms;
	struct event_modifiers mods; /* those behind the terms, and the group's */
	bool mods_given;	     /* modifiers stood behind the terms: none are left in `name` */
	struct event_modifiers group_mods; /* those behind the group's '}' */
	int group;			   /* -1: none */
	size_t column;			   /* of its first byte, from 1 */
};

struct event_specs {
	struct event_spec *items;
	size_t count, cap;
};

/* Splits a list into rows. No I/O. The caller calls event_specs_fini(), also after an error. */
int event_parse(struct event_specs *specs, const char *text, struct pmc_err *err);
void event_specs_fini(struct event_specs *specs);

/*
 * Reads modifier letters [text, text + len). False: one of them is none; nothing is written then.
 */
bool event_parse_modifiers(struct event_modifiers *mods, const char *text, size_t len);

/* "cycles" + {u, pp} → ":upp"; "" where there are none. */
void event_format_modifiers(char text[16], const struct event_modifiers *mods);

/*
 * Reads "123", "0x7b", "100k", "2M" (k, M, G: thousands). False: not a number, or beyond 64 bits.
 */
bool event_parse_number(const char *text, uint64_t *value);

/* ---- sources ---- */

/* What a source's resolver says about a name. */
enum event_found {
	EVENT_FOUND,	/* event is filled in */
	EVENT_NOT_MINE, /* no such name here: ask the next source */
	EVENT_BAD,	/* the name is this source's, but wrong: err is set */
};

/* One of the kernel's generic events (event_kernel.c). */
struct event_kernel {
	const char *name, *alias; /* alias: NULL if none */
	uint32_t type;
	uint64_t config;
	bool kernel_side; /* happens in kernel mode only: counting user mode alone gives 0 */
	const char *description;
};

/* Finds a generic event by name or alias, whatever the case. False: there is none. *found points
 * into a table, or for cache events is filled in with `name` pointing to `buf`. */
enum { EVENT_KERNEL_NAME_SIZE = 40 };
bool event_kernel_find(const char *name, size_t len, struct event_kernel *found,
		       char buf[EVENT_KERNEL_NAME_SIZE]);
/* As above, by attr type and config: what are its properties? */
bool event_kernel_describe(uint32_t type, uint64_t config, struct event_kernel *found,
			   char buf[EVENT_KERNEL_NAME_SIZE]);

/*
 * The resolvers fill in attr's type and config*, event->source and event->name (without modifiers).
 */
enum event_found event_sysfs_resolve(struct pmc_event *event, const struct event_spec *spec,
				     const struct event_host *host, struct pmc_err *err);
/* Would the machine's PMU take a raw code as it is? -1: some of its bits would be cut off. */
int event_sysfs_check_raw(const struct event_spec *spec, uint64_t config,
			  const struct event_host *host, struct pmc_err *err);
/* The bare name of an alias in some PMU's events/ folder. */
enum event_found event_sysfs_resolve_alias(struct pmc_event *event, const char *name,
					   const struct event_host *host, struct pmc_err *err);
/* `mods` gets what libpfm4's own u, k, h and precise= said. */
enum event_found event_pfm_resolve(struct pmc_event *event, const struct event_spec *spec,
				   const char *name, struct event_modifiers *mods,
				   struct pmc_err *err);
enum event_found event_tracepoint_resolve(struct pmc_event *event, const struct event_spec *spec,
					  const char *name, const struct event_host *host,
					  struct pmc_err *err);
/* `mods` gets the modifiers behind the access letters. */
enum event_found event_breakpoint_resolve(struct pmc_event *event, const struct event_spec *spec,
					  struct event_modifiers *mods, struct pmc_err *err);

/* Each source's rows of `pmc list`; sorted by name. */
int event_kernel_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		      void *ctx);
int event_sysfs_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		     void *ctx);
int event_pfm_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		   void *ctx);
int event_tracepoint_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
			  void *ctx);

/* As pmc_events_each() on a given host (event_list.c). */
int event_list_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		    void *ctx);
/*
 * Does the name match, in any case? A glob without *, ? or [ matches anywhere in the name. NULL:
 * yes.
 */
bool event_list_matches(const char *glob, const char *name);

/* ---- resolution (event_resolve.c) ---- */

/* Names tell events apart: of those that are the same, the later ones are numbered, "cycles#2". */
void event_list_part_names(struct pmc_event_list *list);

/* The list's events as rows of batches, with all sums 0; texts are the list's. The caller frees. */
struct pmc_event_row *event_list_rows(const struct pmc_event_list *list);

/* As pmc_event_list_parse() on a given host. */
int event_list_parse(struct pmc_event_list *list, const char *text,
		     const struct pmc_sampling *sampling, const struct event_host *host,
		     struct pmc_err *err);
/* Adds one more reason why the event is not what was asked for. */
void event_note_fallback(struct pmc_event *event, const char *text);

/* ---- defaults (event_default.c) ---- */

/* As pmc_event_list_default() on a given host. */
int event_list_default(struct pmc_event_list *list, const struct pmc_sampling *sampling,
		       const struct event_host *host, const char **why, struct pmc_err *err);
/* As pmc_event_list_default_counts() on a given host. */
int event_list_default_counts(struct pmc_event_list *list, const struct event_host *host,
			      const char **why, struct pmc_err *err);

/* Writes the names nearest to `name` on this host, or "" (event_suggest.c). */
void event_suggest(char *text, size_t size, const char *name, const struct event_host *host);

#endif
