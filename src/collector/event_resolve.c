/*
 * event_resolve.c - from syntax rows to events: asks the sources in turn, then lays modifiers,
 * sampling and privilege on what they found.
 *
 *   name "a:b:u" is tried whole, then without ":u"; the first source that knows it wins (see
 *   event.h)
 *
 *   modifiers      exclude_user  exclude_kernel  exclude_hv
 *   none           0             0               0        user-only hosts: as u, told in `fallback`
 *   u              0             1               1
 *   k              1             0               1
 *   h              1             1               0        letters add up
 *
 * How often, first that applies: a term (period=, freq=) │ -F or -c │ every occurrence, for
 * software counts, tracepoints and breakpoints │ the default frequency.
 *
 * Not here: names (the sources' files), what is taken where nothing is asked for (event_default.c),
 * opening (event_open.c).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "collector/event.h"

/* kernel/events/core.c, perf_swevent_start_hrtimer(): clocks do not tick faster. */
#define CLOCK_PERIOD_MIN_NS 10000

/* ---- which source knows it ---- */

/* rNNNN: a raw code of up to 64 bits. */
static enum event_found resolve_raw(struct pmc_event *event, const char *name)
{
	size_t digits = name[0] == 'r' ? strspn(name + 1, "0123456789abcdefABCDEF") : 0;

	if (!digits || name[1 + digits] || digits > 16)
		return EVENT_NOT_MINE;
	event->attr->type = PERF_TYPE_RAW;
	event->attr->config = strtoull(name + 1, NULL, 16);
	event->source = PMC_SOURCE_RAW;
	event->name = pmc_sprintf("r%llx", (unsigned long long)event->attr->config);
	return EVENT_FOUND;
}

static enum event_found resolve_kernel(struct pmc_event *event, const char *name)
{
	char buf[EVENT_KERNEL_NAME_SIZE];
	struct event_kernel found;

	if (!event_kernel_find(name, strlen(name), &found, buf))
		return EVENT_NOT_MINE;
	event->attr->type = found.type;
	event->attr->config = found.config;
	event->source = PMC_SOURCE_KERNEL;
	event->name = pmc_strdup(found.name);
	return EVENT_FOUND;
}

struct resolver {
	const struct event_host *host;
	const struct pmc_sampling *sampling;
	struct pmc_err *err;
};

static enum event_found resolve_name(const struct resolver *r, struct pmc_event *event,
				     const struct event_spec *spec, const char *name)
{
	enum event_found found = resolve_raw(event, name);

	if (found == EVENT_NOT_MINE)
		found = resolve_kernel(event, name);
	if (found == EVENT_NOT_MINE)
		found = event_tracepoint_resolve(event, spec, name, r->host, r->err);
	return found;
}

/* The name without modifiers behind its last colon, which go to mods; NULL: it has none. */
static char *strip_modifiers(const char *name, struct event_modifiers *mods)
{
	const char *colon = strrchr(name, ':');

	if (!colon || colon == name || colon[-1] == ':' || !colon[1] ||
	    !event_parse_modifiers(mods, colon + 1, strlen(colon + 1)))
		return NULL;
	return pmc_strndup(name, (size_t)(colon - name));
}

static enum event_found resolve_source(const struct resolver *r, struct pmc_event *event,
				       const struct event_spec *spec, struct event_modifiers *mods)
{
	struct event_modifiers behind = { 0 };
	PMC_FREE char *bare = spec->mods_given ? NULL : strip_modifiers(spec->name, &behind);
	enum event_found found = event_breakpoint_resolve(event, spec, mods, r->err);

	if (found == EVENT_NOT_MINE)
		found = event_sysfs_resolve(event, spec, r->host, r->err);
	if (found == EVENT_NOT_MINE)
		found = resolve_name(r, event, spec, spec->name);
	if (found == EVENT_NOT_MINE && bare) {
		found = resolve_name(r, event, spec, bare);
		if (found == EVENT_FOUND)
			*mods = behind;
	}
	if (found == EVENT_NOT_MINE)
		found = event_pfm_resolve(event, spec, spec->name, mods, r->err);
	if (found == EVENT_NOT_MINE)
		found = event_sysfs_resolve_alias(event, spec->name, r->host, r->err);
	if (found == EVENT_NOT_MINE && bare) {
		found = event_sysfs_resolve_alias(event, bare, r->host, r->err);
		if (found == EVENT_FOUND)
			*mods = behind;
	}
	return found;
}

/* ---- nobody knows it ---- */

static bool is_tracepoint_like(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon && colon > name && colon[1] && colon[1] != ':' && !strchr(name, '=');
}

/* "cycles:x": a known name with something that is no modifier behind it. */
static bool fail_modifier(const struct resolver *r, const struct event_spec *spec)
{
	char buf[EVENT_KERNEL_NAME_SIZE];
	struct event_kernel known;
	size_t len = strcspn(spec->name, ":");

	if (!spec->name[len] || !event_kernel_find(spec->name, len, &known, buf))
		return false;
	pmc_err_set(r->err, PMC_ERR_USAGE, "%s (column %zu): \"%s\" is no modifier", spec->text,
		    spec->column + len + 1, spec->name + len + 1);
	pmc_err_hint(r->err,
		     "modifiers are u (user), k (kernel), h (hypervisor), p, pp, ppp, P (precise); "
		     "periods are written %s/period=100000/",
		     known.name);
	return true;
}

static int fail_unknown(const struct resolver *r, const struct event_spec *spec)
{
	struct event_modifiers ignored = { 0 };
	PMC_FREE char *bare = strip_modifiers(spec->name, &ignored);
	const char *name = bare ? bare : spec->name;
	char nearest[300];

	if (fail_modifier(r, spec))
		return -1;
	if (strpbrk(name, "*?[")) {
		pmc_err_set(r->err, PMC_ERR_USAGE, "%s (column %zu): an event is named in full",
			    name, spec->column);
		return pmc_err_hint(r->err, "`pmc list '%s'` shows those that match", name);
	}
	if (!r->host->tracefs && is_tracepoint_like(name)) {
		pmc_err_set(r->err, PMC_ERR_USAGE,
			    "unknown event %s (column %zu): a tracepoint? tracefs %s", name,
			    spec->column,
			    r->host->tracefs_denied ? "is closed to this user" : "is not mounted");
		return pmc_err_hint(r->err, "as root: %s",
				    r->host->tracefs_denied ?
					    "mount -o remount,mode=755 /sys/kernel/tracing" :
					    "mount -t tracefs tracefs /sys/kernel/tracing");
	}
	event_suggest(nearest, sizeof(nearest), name, r->host);
	pmc_err_set(r->err, PMC_ERR_USAGE, "unknown %s %s (column %zu)",
		    spec->has_terms && spec->terms.count ? "PMU or event" : "event", name,
		    spec->column);
	if (nearest[0])
		return pmc_err_hint(r->err, "did you mean %s? `pmc list` shows all", nearest);
	return pmc_err_hint(
		r->err,
		"nothing has a name like it; `pmc list` shows all, `pmc list '*word*'` a part");
}

/* ---- what lies on top of every event ---- */

/* pmc's own terms; with a PMU's event, the others are already used. */
static int apply_terms(const struct resolver *r, struct pmc_event *event,
		       const struct event_spec *spec, struct event_modifiers *mods)
{
	struct perf_event_attr *attr = event->attr;

	for (size_t i = 0; i < spec->terms.count; i++) {
		const struct event_term *term = &spec->terms.items[i];
		bool precise = !strcmp(term->name, "precise"), freq = !strcmp(term->name, "freq");
		uint64_t value;

		if (!precise && !freq && strcmp(term->name, "period")) {
			if (event->source == PMC_SOURCE_SYSFS)
				continue;
			pmc_err_set(r->err, PMC_ERR_USAGE,
				    "%s (column %zu): %s is no PMU: it takes no term %s",
				    spec->text, term->column, spec->name, term->name);
			return pmc_err_hint(
				r->err,
				"between its slashes may stand period=, freq= and precise=");
		}
		if (!term->value || !event_parse_number(term->value, &value) ||
		    (precise ? value > 3 : !value || value >> 63)) {
			pmc_err_set(r->err, PMC_ERR_USAGE,
				    "%s (column %zu): %s takes a number from %s", spec->text,
				    term->column, term->name, precise ? "0 to 3" : "1");
			return pmc_err_hint(r->err, "for instance %s/%s=%s/", spec->name,
					    term->name,
					    precise ? "2" :
					    freq    ? "99" :
						      "100000");
		}
		if (precise) {
			mods->precise = (unsigned)value;
			continue;
		}
		if (attr->sample_period) {
			pmc_err_set(r->err, PMC_ERR_USAGE,
				    "%s (column %zu): it has a period or frequency already",
				    spec->text, term->column);
			return pmc_err_hint(
				r->err,
				"period= counts events, freq= is samples a second: give one");
		}
		attr->freq = freq;
		attr->sample_period = value;
	}
	return 0;
}

static bool is_clock(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE && (attr->config == PERF_COUNT_SW_CPU_CLOCK ||
						    attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

/* Rare enough to be sampled each time: what software counts, not time. */
static bool is_occurrence(const struct perf_event_attr *attr)
{
	return (attr->type == PERF_TYPE_SOFTWARE && !is_clock(attr)) ||
	       attr->type == PERF_TYPE_TRACEPOINT || attr->type == PERF_TYPE_BREAKPOINT;
}

static void apply_sampling(const struct resolver *r, struct pmc_event *event)
{
	struct perf_event_attr *attr = event->attr;

	event->unit = is_clock(attr) ? PMC_UNIT_NS : PMC_UNIT_COUNT;
	if (r->sampling->mode == PMC_MODE_COUNT) {
		/* How often it would be sampled is of no matter to counting. */
		event->sampling = *r->sampling;
		attr->freq = 0;
		attr->sample_period = 0;
		return;
	}
	if (attr->sample_period) {
		event->sampling.mode = attr->freq ? PMC_MODE_FREQUENCY : PMC_MODE_PERIOD;
		event->sampling.period_or_hz = attr->sample_period;
		event->sampling.explicit_ = true;
	} else if (is_occurrence(attr) && !r->sampling->explicit_) {
		event->sampling.mode = PMC_MODE_PERIOD;
		event->sampling.period_or_hz = 1;
	} else {
		event->sampling = *r->sampling;
	}
	attr->freq = event->sampling.mode == PMC_MODE_FREQUENCY;
	attr->sample_period = event->sampling.period_or_hz;
}

/* Once it is known which events sample: members of a group with S do not. */
static int check_period(const struct pmc_event *event, const struct event_spec *spec,
			struct pmc_err *err)
{
	const struct perf_event_attr *attr = event->attr;

	if (event->sampling.mode == PMC_MODE_COUNT || event->sampling.mode == PMC_MODE_READ)
		return 0;
	if (!attr->sample_period || attr->sample_period >> 63) {
		pmc_err_set(err, PMC_ERR_USAGE, "%s: a %s of %llu cannot be", spec->text,
			    attr->freq ? "frequency" : "period",
			    (unsigned long long)attr->sample_period);
		return pmc_err_hint(err, "both go from 1 to 2^63 - 1");
	}
	if (is_clock(attr) && !attr->freq && attr->sample_period < CLOCK_PERIOD_MIN_NS) {
		pmc_err_set(err, PMC_ERR_USAGE,
			    "%s: a period of %llu ns is too short for a clock", spec->text,
			    (unsigned long long)attr->sample_period);
		return pmc_err_hint(
			err,
			"periods of clocks are nanoseconds, and the kernel's timer does not go "
			"below %d: %s/period=1000000/ samples 1000 times a second",
			CLOCK_PERIOD_MIN_NS, event->name);
	}
	return 0;
}

void event_note_fallback(struct pmc_event *event, const char *text)
{
	char *before = event->fallback;

	event->fallback = before ? pmc_sprintf("%s; %s", before, text) : pmc_strdup(text);
	free(before);
}

static void apply_precise(struct pmc_event *event, struct event_modifiers *mods)
{
	const struct perf_event_attr *attr = event->attr;

	if (attr->type == PERF_TYPE_SOFTWARE || attr->type == PERF_TYPE_TRACEPOINT ||
	    attr->type == PERF_TYPE_BREAKPOINT) {
		if (mods->precise)
			event_note_fallback(event,
				      "precise sampling is for hardware events: sampled without");
		mods->precise = 0;
		mods->set &= ~(unsigned)EVENT_MOD_MAX_PRECISE;
	}
	event->precise_requested = mods->precise > 0;
	event->attr->precise_ip = (mods->set & EVENT_MOD_MAX_PRECISE ? 3 : mods->precise) & 3;
}

/* May the event be narrowed to user mode, or would nothing be left of it? */
static bool has_user_side(const struct perf_event_attr *attr)
{
	char buf[EVENT_KERNEL_NAME_SIZE];
	struct event_kernel known;

	if (attr->type == PERF_TYPE_TRACEPOINT ||
	    (attr->type == PERF_TYPE_BREAKPOINT && attr->bp_addr >> 63))
		return false;
	return !event_kernel_describe(attr->type, attr->config, &known, buf) || !known.kernel_side;
}

static void apply_privilege(const struct resolver *r, struct pmc_event *event,
			    struct event_modifiers *mods)
{
	const unsigned any = EVENT_MOD_USER | EVENT_MOD_KERNEL | EVENT_MOD_HV;
	struct perf_event_attr *attr = event->attr;
	char text[96];

	if (!(mods->set & any) && r->host->user_only && has_user_side(attr)) {
		mods->set |= EVENT_MOD_USER;
		snprintf(text, sizeof(text), "kernel.perf_event_paranoid is %d: user mode only",
			 r->host->paranoid);
		event_note_fallback(event, r->host->paranoid == INT_MIN ?
					     "no permission for the kernel: user mode only" :
					     text);
	}
	if (mods->set & any) {
		attr->exclude_user = !(mods->set & EVENT_MOD_USER);
		attr->exclude_kernel = !(mods->set & EVENT_MOD_KERNEL);
		attr->exclude_hv = !(mods->set & EVENT_MOD_HV);
	}
	if (event->source != PMC_SOURCE_PFM) /* libpfm4 has words of its own for it */
		attr->exclude_guest = attr->type == PERF_TYPE_HARDWARE ||
				      attr->type == PERF_TYPE_HW_CACHE ||
				      attr->type == PERF_TYPE_RAW;
}

static void append_modifiers(struct pmc_event *event, const struct event_modifiers *mods)
{
	char text[16], *longer;

	event_format_modifiers(text, mods);
	longer = pmc_sprintf("%s%s", event->name, text);
	free(event->name);
	event->name = longer;
}

static int resolve(const struct resolver *r, struct pmc_event *event, const struct event_spec *spec)
{
	struct event_modifiers mods = { 0 };

	event->attr = pmc_calloc(1, sizeof(*event->attr));
	event->attr->size = sizeof(*event->attr);
	event->group = spec->group;
	event->requested = pmc_strdup(spec->text);
	switch (resolve_source(r, event, spec, &mods)) {
	case EVENT_FOUND:
		break;
	case EVENT_NOT_MINE:
		return fail_unknown(r, spec);
	case EVENT_BAD:
		return -1;
	}
	mods.set |= spec->mods.set | spec->group_mods.set;
	if (spec->mods.precise > mods.precise)
		mods.precise = spec->mods.precise;
	if (spec->group_mods.precise > mods.precise)
		mods.precise = spec->group_mods.precise;
	if (apply_terms(r, event, spec, &mods))
		return -1;
	apply_sampling(r, event);
	if (event->source == PMC_SOURCE_RAW &&
	    event_sysfs_check_raw(spec, event->attr->config, r->host, r->err))
		return -1;
	event->sample_read = mods.set & EVENT_MOD_SAMPLE_READ;
	event->attr->pinned = (mods.set & EVENT_MOD_PINNED) != 0;
	apply_precise(event, &mods);
	apply_privilege(r, event, &mods);
	append_modifiers(event, &mods);
	return 0;
}

/* ---- groups ---- */

/*
 * S and D, wherever in a group they stand, are the group's: with S its leader alone samples, D pins
 * the leader and so all of it. S needs company: for a single event it says nothing.
 */
static int arrange_group(struct pmc_event_list *list, const struct event_specs *specs, size_t first,
			 size_t end, struct pmc_err *err)
{
	struct pmc_event *leader = &list->events[first];
	bool read = false, pinned = false;

	for (size_t i = first; i < end; i++) {
		read |= list->events[i].sample_read;
		pinned |= list->events[i].attr->pinned;
		list->events[i].attr->pinned = 0;
	}
	leader->attr->pinned = pinned;
	for (size_t i = first; i < end; i++) {
		struct pmc_event *event = &list->events[i];

		event->sample_read = read && end - first > 1;
		if (!event->sample_read || event == leader ||
		    event->sampling.mode == PMC_MODE_COUNT)
			continue;
		for (size_t t = 0; t < specs->items[i].terms.count; t++) {
			const struct event_term *term = &specs->items[i].terms.items[t];

			if (strcmp(term->name, "period") && strcmp(term->name, "freq"))
				continue;
			pmc_err_set(err, PMC_ERR_USAGE,
				    "%s (column %zu): in a group with S its leader %s alone "
				    "samples",
				    specs->items[i].text, term->column, leader->name);
			return pmc_err_hint(err, "give %s= to the first event of the group, or "
						 "leave the S out", term->name);
		}
		event->sampling = (struct pmc_sampling){ .mode = PMC_MODE_READ };
		event->attr->freq = 0;
		event->attr->sample_period = 0;
	}
	return 0;
}

static int arrange_groups(struct pmc_event_list *list, const struct event_specs *specs,
			  struct pmc_err *err)
{
	for (size_t i = 0, end; i < list->count; i = end) {
		end = i + 1;
		while (list->events[i].group >= 0 && end < list->count &&
		       list->events[end].group == list->events[i].group)
			end++;
		if (arrange_group(list, specs, i, end, err))
			return -1;
	}
	return 0;
}

/* ---- lists ---- */

/* Index of an event in the index that has this name; UINT32_MAX: none. */
static uint32_t find_name(const struct pmc_event_list *list, const struct pmc_index *index,
			  const char *name)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(index, pmc_hash_bytes(name, strlen(name)), &step)) !=
	       UINT32_MAX)
		if (!strcmp(list->events[found].name, name))
			return found;
	return UINT32_MAX;
}

void event_list_part_names(struct pmc_event_list *list)
{
	struct pmc_index index = { 0 };
	unsigned *same = pmc_calloc(list->count, sizeof(*same)); /* of one name, by the first */

	for (size_t i = 0; i < list->count; i++) {
		struct pmc_event *event = &list->events[i];
		const uint32_t first = find_name(list, &index, event->name);
		char *name = first == UINT32_MAX ? NULL : event->name;

		/* Somebody may have called an event "cycles#2". */
		while (name && find_name(list, &index, name) != UINT32_MAX) {
			if (name != event->name)
				free(name);
			name = pmc_sprintf("%s#%u", event->name, ++same[first] + 1);
		}
		if (name) {
			free(event->name);
			event->name = name;
		}
		pmc_index_add(&index, pmc_hash_bytes(event->name, strlen(event->name)),
			      (uint32_t)i);
	}
	pmc_index_fini(&index);
	free(same);
}

int event_list_parse(struct pmc_event_list *list, const char *text,
		     const struct pmc_sampling *sampling, const struct event_host *host,
		     struct pmc_err *err)
{
	const struct resolver r = { .host = host, .sampling = sampling, .err = err };
	struct event_specs specs;
	int status = event_parse(&specs, text, err);

	memset(list, 0, sizeof(*list));
	if (!status)
		list->events = pmc_calloc(specs.count, sizeof(*list->events));
	for (size_t i = 0; i < specs.count && !status; i++) {
		list->count++;
		status = resolve(&r, &list->events[i], &specs.items[i]);
	}
	if (!status)
		status = arrange_groups(list, &specs, err);
	for (size_t i = 0; i < list->count && !status; i++)
		status = check_period(&list->events[i], &specs.items[i], err);
	if (!status)
		event_list_part_names(list);
	event_specs_fini(&specs);
	return status;
}

int pmc_event_list_parse(struct pmc_event_list *list, const char *text,
			 const struct pmc_sampling *sampling, struct pmc_err *err)
{
	struct event_host host;

	event_host_init(&host);
	return event_list_parse(list, text, sampling, &host, err);
}

/* Members of a group follow its leader. */
static uint32_t leader_of(const struct pmc_event_list *list, size_t index)
{
	const int group = list->events[index].group;

	if (group < 0)
		return 0;
	while (index && list->events[index - 1].group == group)
		index--;
	return (uint32_t)index + 1;
}

struct pmc_event_row *event_list_rows(const struct pmc_event_list *list)
{
	struct pmc_event_row *rows = pmc_calloc(list->count, sizeof(*rows));

	for (size_t i = 0; i < list->count; i++) {
		const struct pmc_event *event = &list->events[i];

		rows[i] = (struct pmc_event_row){ .name = event->name,
						  .requested = event->requested,
						  .unit = event->unit,
						  .mode = event->sampling.mode,
						  .period_or_hz = event->sampling.period_or_hz,
						  .fallback = event->fallback,
						  .leader = leader_of(list, i) };
	}
	return rows;
}

void pmc_event_list_fini(struct pmc_event_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->events[i].name);
		free(list->events[i].requested);
		free(list->events[i].fallback);
		free(list->events[i].attr);
	}
	free(list->events);
	memset(list, 0, sizeof(*list));
}
