/*
 * event_pfm.c - events as libpfm4 names them: [pmu::]EVENT[:UMASK][:attribute[=value]]…
 *
 *   skl::INST_RETIRED : ANY : u : c=1 : precise=2 : period=100000
 *        │              │     │   │     └───────────────┴─ taken over by pmc, not part of the name
 *        │              │     └───┴─ privilege; register modifiers of the PMU
 *        │              └─ a unit mask, or the beginning of just one (here ANY_P)
 *        └─ looked up first, so that what is wrong behind it can be said exactly
 *
 * The pieces behind the event are checked against its attributes one by one; then the text put
 * together again from full names goes to libpfm4, which fills in a scratch attr. Only what the
 * event means is copied from it; privilege, precision and period go through event_resolve.c like
 * everybody's.
 *
 * libpfm4 only encodes events of PMUs that are in this machine (unless LIBPFM_ENCODE_INACTIVE is
 * set). Its initialisation happens once by itself; a library that knows nothing of this CPU is no
 * error.
 */
#include <dlfcn.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/event.h"

#include <perfmon/pfmlib_perf_event.h> /* behind <linux/perf_event.h>, or it brings its own */

static bool start_pfm(void)
{
	return pfm_initialize() == PFM_SUCCESS;
}

static bool get_pmu(pfm_pmu_info_t *info, pfm_pmu_t pmu)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return pfm_get_pmu_info(pmu, info) == PFM_SUCCESS;
}

static bool get_event(pfm_event_info_t *info, int index)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return pfm_get_event_info(index, PFM_OS_PERF_EVENT_EXT, info) == PFM_SUCCESS;
}

static bool get_attribute(pfm_event_attr_info_t *info, int index, int attribute)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return pfm_get_event_attr_info(index, attribute, PFM_OS_PERF_EVENT_EXT, info) ==
	       PFM_SUCCESS;
}

/* ---- resolving ---- */

/* One event that is being put together. */
struct draft {
	struct pmc_event *event;
	const struct event_spec *spec;
	struct event_modifiers *mods;
	int index; /* libpfm4's */
	pfm_event_info_t info;
	char *text;	/* for libpfm4 */
	char *name;	/* for people */
	bool privilege; /* u, k or h was given in libpfm4's own way */
	struct pmc_err *err;
};

static void append(char **text, const char *more, size_t len)
{
	char *longer = pmc_sprintf("%s:%.*s", *text, (int)len, more);

	free(*text);
	*text = longer;
}

/* Unit masks of the event, for a hint. */
static void list_attributes(const struct draft *d, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < d->info.nattrs; i++) {
		pfm_event_attr_info_t info;

		if (!get_attribute(&info, d->index, i) || strlen(info.name) + used + 3 > size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 info.name);
	}
}

/*
 * The attribute that the text names in full, or of which it is the beginning of just one unit mask.
 */
static bool find_attribute(const struct draft *d, const char *text, size_t len,
			   pfm_event_attr_info_t *found)
{
	pfm_event_attr_info_t info;
	unsigned begins = 0;

	for (int i = 0; i < d->info.nattrs; i++) {
		if (!get_attribute(&info, d->index, i) || strncasecmp(info.name, text, len))
			continue;
		if (strlen(info.name) == len) {
			*found = info;
			return true;
		}
		if (info.type == PFM_ATTR_UMASK && !begins++)
			*found = info;
	}
	return begins == 1;
}

/* period=, freq=, precise= and cpu= belong to pmc. False with err: it is wrong. */
static int put_own(struct draft *d, const char *name, const char *value)
{
	struct perf_event_attr *attr = d->event->attr;
	uint64_t number;

	if (!strcmp(name, "cpu")) {
		pmc_err_set(d->err, PMC_ERR_USAGE, "%s: an event cannot choose its CPU",
			    d->spec->text);
		return pmc_err_hint(d->err, "-C chooses the CPUs of a recording");
	}
	if (!event_parse_number(value, &number) ||
	    (!strcmp(name, "precise") ? number > 3 : !number)) {
		pmc_err_set(d->err, PMC_ERR_USAGE, "%s: %s is no value for %s", d->spec->text,
			    value, name);
		return pmc_err_hint(d->err, "precise goes from 0 to 3, period and freq from 1");
	}
	if (!strcmp(name, "precise")) {
		d->mods->precise = (unsigned)number;
		return 0;
	}
	attr->freq = !strcmp(name, "freq");
	attr->sample_period = number;
	return 0;
}

static bool is_privilege(const char *name)
{
	return !strcmp(name, "u") || !strcmp(name, "k") || !strcmp(name, "h");
}

/* One piece between colons. */
static int put_piece(struct draft *d, const char *piece, size_t len)
{
	const char *equals = memchr(piece, '=', len);
	size_t name_len = equals ? (size_t)(equals - piece) : len;
	pfm_event_attr_info_t found = { 0 };
	char known[300];

	if (len && find_attribute(d, piece, name_len, &found)) {
		PMC_FREE char *full =
			pmc_sprintf("%s%.*s", found.name, (int)(len - name_len), piece + name_len);

		if (found.ctrl == PFM_ATTR_CTRL_PERF_EVENT && equals &&
		    found.type == PFM_ATTR_MOD_INTEGER) {
			PMC_FREE char *value = pmc_strndup(equals + 1, len - name_len - 1);

			return put_own(d, found.name, value);
		}
		if (is_privilege(found.name))
			d->privilege = true;
		else
			append(&d->name, full, strlen(full));
		append(&d->text, full, strlen(full));
		return 0;
	}
	if (len && event_parse_modifiers(d->mods, piece, len))
		return 0;
	pmc_err_set(d->err, PMC_ERR_USAGE, "%s (column %zu): %s has no attribute \"%.*s\"",
		    d->spec->text, d->spec->column, d->info.name, (int)len, piece);
	list_attributes(d, known, sizeof(known));
	return pmc_err_hint(d->err, "it has: %s", known);
}

static int encode(struct draft *d)
{
	struct perf_event_attr *attr = d->event->attr, scratch = { .size = sizeof(scratch) };
	pfm_perf_encode_arg_t arg = { .attr = &scratch, .size = sizeof(arg), .cpu = -1 };
	int status = pfm_get_os_event_encoding(d->text, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT,
					       &arg);
	char known[300];

	if (status != PFM_SUCCESS) {
		pmc_err_set(d->err, PMC_ERR_USAGE, "%s (column %zu): libpfm4: %s", d->spec->text,
			    d->spec->column, pfm_strerror(status));
		list_attributes(d, known, sizeof(known));
		return pmc_err_hint(d->err, "%s has: %s", d->info.name, known);
	}
	attr->type = scratch.type;
	attr->config = scratch.config;
	attr->config1 = scratch.config1;
	attr->config2 = scratch.config2;
	attr->pinned = scratch.pinned;
	attr->exclusive = scratch.exclusive;
	attr->exclude_guest = scratch.exclude_guest;
	attr->exclude_host = scratch.exclude_host;
	if (d->privilege) {
		d->mods->set |= scratch.exclude_user ? 0 : EVENT_MOD_USER;
		d->mods->set |= scratch.exclude_kernel ? 0 : EVENT_MOD_KERNEL;
		if (strstr(d->text, ":h"))
			d->mods->set |= scratch.exclude_hv ? 0 : EVENT_MOD_HV;
	}
	return 0;
}

enum pmu_state { PMU_PRESENT, PMU_ABSENT, PMU_UNKNOWN };

/* Is the PMU in this machine, in another one, or not known to this libpfm4 at all? */
static enum pmu_state find_pmu(const char *name, size_t len)
{
	pfm_pmu_info_t info;
	int pmu;

	pfm_for_all_pmus(pmu) if (get_pmu(&info, (pfm_pmu_t)pmu) && strlen(info.name) == len &&
				  !strncasecmp(info.name, name, len)) return info.is_present ?
					  PMU_PRESENT : PMU_ABSENT;
	return PMU_UNKNOWN;
}

static void list_present_pmus(char *text, size_t size)
{
	pfm_pmu_info_t info;
	size_t used = 0;
	int pmu;

	text[0] = '\0';
	pfm_for_all_pmus(pmu) if (get_pmu(&info, (pfm_pmu_t)pmu) && info.is_present &&
				  info.type != PFM_PMU_TYPE_OS_GENERIC &&
				  strlen(info.name) + used + 3 < size) used +=
		(size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", info.name);
}

/* "pmu::EVENT" of a PMU that is not here. libpfm4 knows those of its own architecture alone. */
static enum event_found fail_pmu(const struct event_spec *spec, const char *name, int len,
				 enum pmu_state state, struct pmc_err *err)
{
	char present[200];

	list_present_pmus(present, sizeof(present));
	if (!present[0])
		snprintf(present, sizeof(present), "no hardware PMU that it knows");
	pmc_err_set(err, PMC_ERR_USAGE,
		    "%s (column %zu): this machine has no PMU %.*s%s", spec->text, spec->column,
		    len, name, state == PMU_UNKNOWN ? ", and this libpfm4 knows none" : "");
	if (state == PMU_UNKNOWN)
		pmc_err_hint(err,
			     "libpfm4 found here: %s; an event of another machine's PMU has "
			     "to be looked up by what it counts: `pmc list '*word*'`",
			     present);
	else
		pmc_err_hint(err, "libpfm4 found here: %s; `pmc list '%.*s::*'` shows that "
				  "PMU's events all the same", present, len, name);
	return EVENT_BAD;
}

enum event_found event_pfm_resolve(struct pmc_event *event, const struct event_spec *spec,
				   const char *name, struct event_modifiers *mods,
				   struct pmc_err *err)
{
	struct draft d = { .event = event, .spec = spec, .mods = mods, .err = err };
	const char *pmu_end = strstr(name, "::"), *piece = pmu_end ? pmu_end + 2 : name;
	enum event_found found = EVENT_FOUND;
	PMC_FREE char *base = NULL;
	enum pmu_state state = PMU_PRESENT;
	pfm_pmu_info_t pmu;

	piece += strcspn(piece, ":");
	base = pmc_strndup(name, (size_t)(piece - name));
	if (!start_pfm() || piece == name || pmu_end == name || strchr(base, '='))
		return EVENT_NOT_MINE;
	d.index = pfm_find_event(base);
	if (pmu_end)
		state = find_pmu(name, (size_t)(pmu_end - name));
	if (d.index < 0 && state != PMU_PRESENT && !strpbrk(name, "*?["))
		return fail_pmu(spec, name, (int)(pmu_end - name), state, err);
	if (d.index < 0 || !get_event(&d.info, d.index) || !get_pmu(&pmu, d.info.pmu))
		return EVENT_NOT_MINE;
	if (pmu.type == PFM_PMU_TYPE_OS_GENERIC && !pmu_end)
		return EVENT_NOT_MINE; /* its words for the kernel's names: only as perf::… */
	d.text = pmc_sprintf("%s::%s", pmu.name, d.info.name);
	d.name = pmc_strdup(d.text);
	while (*piece && found == EVENT_FOUND) {
		size_t len = strcspn(++piece, ":");

		if (put_piece(&d, piece, len))
			found = EVENT_BAD;
		piece += len;
	}
	if (found == EVENT_FOUND && encode(&d))
		found = EVENT_BAD;
	if (found == EVENT_FOUND) {
		event->source = PMC_SOURCE_PFM;
		event->name = d.name;
		d.name = NULL;
	}
	free(d.text);
	free(d.name);
	return found;
}

/* ---- `pmc list` ---- */

struct row {
	char *name, *text;
	bool available;
};

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

struct rows {
	struct row *items;
	size_t count, cap;
};

static void add_row(struct rows *rows, const char *glob, char *name, const char *text,
		    bool available)
{
	struct row *row;

	if (!event_list_matches(glob, name)) {
		free(name);
		return;
	}
	row = pmc_array_add(rows);
	row->name = name;
	row->text = pmc_strdup(text ? text : "");
	row->available = available;
}

/* The event alone, where it can stand so, and with each of its unit masks. */
static void add_event(struct rows *rows, const char *glob, const char *pmu, int index,
		      bool available)
{
	pfm_event_attr_info_t attribute;
	pfm_event_info_t info;
	bool has_masks = false, has_default = false;

	if (!get_event(&info, index))
		return;
	for (int i = 0; i < info.nattrs; i++) {
		if (!get_attribute(&attribute, index, i) || attribute.type != PFM_ATTR_UMASK)
			continue;
		has_masks = true;
		has_default |= attribute.is_dfl;
		add_row(rows, glob, pmc_sprintf("%s::%s:%s", pmu, info.name, attribute.name),
			attribute.desc, available);
	}
	if (!has_masks || has_default)
		add_row(rows, glob, pmc_sprintf("%s::%s", pmu, info.name), info.desc, available);
}

/*
 * Is this PMU to be listed? By default those of this machine; with "::" in the glob, those it
 * names.
 */
static bool is_listed(const pfm_pmu_info_t *info, const char *glob)
{
	const char *colons = glob ? strstr(glob, "::") : NULL;
	PMC_FREE char *wanted = NULL;

	if (!colons)
		return info->is_present && info->type != PFM_PMU_TYPE_OS_GENERIC;
	/* as event_list_matches(): without a wildcard, the text may begin anywhere in the name */
	wanted = pmc_sprintf("%s%.*s", strpbrk(glob, "*?[") ? "" : "*", (int)(colons - glob), glob);
	return !fnmatch(wanted, info->name, FNM_CASEFOLD);
}

int event_pfm_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		   void *ctx)
{
	struct rows rows = { 0 };
	bool counters;
	int pmu, result = 0;

	if (!start_pfm())
		return 0;
	counters = !host->names_only && event_host_has_counters(host);
	pfm_for_all_pmus(pmu)
	{
		pfm_pmu_info_t info;

		if (!get_pmu(&info, (pfm_pmu_t)pmu) || !is_listed(&info, glob))
			continue;
		for (int i = info.first_event; i >= 0; i = pfm_get_event_next(i))
			add_event(&rows, glob, info.name, i, info.is_present && counters);
	}
	if (rows.count)
		qsort(rows.items, rows.count, sizeof(*rows.items), compare_rows);
	for (size_t i = 0; i < rows.count; i++) {
		struct pmc_event_info info = {
			.name = rows.items[i].name,
			.source = "libpfm4",
			.description = rows.items[i].text,
			.available = rows.items[i].available,
		};

		if (!result)
			result = fn(ctx, &info);
		free(rows.items[i].name);
		free(rows.items[i].text);
	}
	pmc_array_free(&rows);
	return result;
}

/* ---- its name ---- */

/* "4.13.0" from the file name of the library in use: its own interface only tells "4.0". */
static void read_version(char *text, size_t size)
{
	char path[PATH_MAX];
	const char *suffix;
	Dl_info info;

	snprintf(text, size, "%d.%d", PFM_MAJ_VERSION(pfm_get_version()),
		 PFM_MIN_VERSION(pfm_get_version()));
	if (!dladdr((void *)pfm_initialize, &info) || !info.dli_fname ||
	    !realpath(info.dli_fname, path))
		return;
	suffix = strstr(path, "libpfm.so.");
	if (suffix && strlen(suffix) > 11)
		snprintf(text, size, "%s", suffix + 10);
}

void pmc_machine_pfm_name(char *text, size_t size)
{
	char version[32], present[200];
	bool started = start_pfm();

	read_version(version, sizeof(version));
	present[0] = '\0';
	if (started)
		list_present_pmus(present, sizeof(present));
	snprintf(text, size, "libpfm4 %s, %s", version,
		 present[0] ? present : "knows no PMU of this CPU");
}
