/*
 * event_sysfs.c - events of a PMU as its folder in sysfs describes them: pmu/term=value,…/
 *
 *   devices/cpu/type             "4"                      attr.type
 *   devices/cpu/format/event     "config:0-7,32-35"       where the bits of event=… go
 *   devices/cpu/events/mem-loads "event=0xcd,umask=0x1"   an alias: terms by a name of their own
 *   devices/cpu/events/….scale, .unit                     what one count means, for `pmc list`
 *
 *   event=0x1a3  ──►  low 8 bits to config 0-7, the next 4 to config 32-35
 *
 * A value with more bits than its field is an error, not cut. Terms are put in one after the other:
 * a later one of the same name wins, so `pmu/alias,umask=2/` changes the alias. A field named by no
 * term is 0. period=, freq= and precise= are pmc's own and not looked up here.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/event.h"
#include "collector/machine.h"

enum { SMALL_FILE = 1024, ALIAS_DEPTH = 4 };

/* A PMU that is being asked. */
struct pmu {
	const char *name;
	char *folder;
	uint32_t type;
	bool is_core; /* counts what CPUs do: the generic names hold for it too */
	struct perf_event_attr *attr;
	const struct event_spec *spec; /* NULL: the bare name of an alias */
	struct pmc_err *err;
};

static bool is_plain_name(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

static bool exists(const char *folder, const char *sub, const char *name)
{
	PMC_FREE char *path = pmc_sprintf("%s/%s%s%s", folder, sub, *name ? "/" : "", name);

	return !access(path, F_OK);
}

static bool read_below(const char *folder, const char *sub, const char *name, char text[SMALL_FILE])
{
	PMC_FREE char *path = pmc_sprintf("%s/%s%s%s", folder, sub, *name ? "/" : "", name);

	return machine_read_text(path, text, SMALL_FILE);
}

static bool open_pmu(struct pmu *pmu, const char *name, const struct event_host *host)
{
	char text[SMALL_FILE];
	uint64_t type;

	if (!is_plain_name(name))
		return false;
	pmu->name = name;
	pmu->folder = pmc_sprintf("%s/%s", host->sysfs, name);
	if (read_below(pmu->folder, "type", "", text) && event_parse_number(text, &type) &&
	    type <= UINT32_MAX) {
		pmu->type = (uint32_t)type;
		pmu->is_core = !strcmp(name, "cpu") || exists(pmu->folder, "cpus", "");
		return true;
	}
	free(pmu->folder);
	pmu->folder = NULL;
	return false;
}

/* The attr field that a format names, or NULL. */
static __u64 *find_field(struct perf_event_attr *attr, const char *name, size_t len)
{
	if (len == 6 && !memcmp(name, "config", 6))
		return &attr->config;
	if (len == 7 && !memcmp(name, "config1", 7))
		return &attr->config1;
	if (len == 7 && !memcmp(name, "config2", 7))
		return &attr->config2;
#ifdef PERF_ATTR_SIZE_VER8
	if (len == 7 && !memcmp(name, "config3", 7))
		return &attr->config3;
#endif
	return NULL;
}

/*
 * Spreads a value over the bit ranges of a format "config:0-7,32-35", lowest bits first, or with
 * dry set only measures. Returns the number of bits of the field; 0: the format is not understood.
 */
static unsigned spread(__u64 *field, const char *ranges, uint64_t value, bool dry)
{
	unsigned bits = 0;

	for (;;) {
		char *end;
		unsigned long low, high;

		if (!isdigit((unsigned char)*ranges))
			return 0;
		low = high = strtoul(ranges, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return 0;
			high = strtoul(end + 1, &end, 10);
		}
		if (high < low || high > 63)
			return 0;
		for (unsigned long bit = low; bit <= high; bit++, bits++) {
			if (dry || bits > 63)
				continue;
			*field &= ~(1ULL << bit);
			*field |= (value >> bits & 1) << bit;
		}
		if (!*end)
			return bits;
		if (*end != ',')
			return 0;
		ranges = end + 1;
	}
}

static int fail_term(const struct pmu *pmu, const struct event_term *term, const char *why)
{
	return pmc_err_set(pmu->err, PMC_ERR_USAGE, "%s of %s/…/ (column %zu): %s", term->name,
			   pmu->name, term->column, why);
}

static int put_value(const struct pmu *pmu, const struct event_term *term, const char *format)
{
	const char *colon = strchr(format, ':');
	__u64 *field = colon ? find_field(pmu->attr, format, (size_t)(colon - format)) : NULL;
	uint64_t value = 1;
	unsigned bits;

	if (!field) {
		fail_term(pmu, term, "this build of pmc does not know where its bits go");
		return pmc_err_hint(pmu->err, "its format file says %s", format);
	}
	if (term->value && !event_parse_number(term->value, &value)) {
		fail_term(pmu, term, "its value is not a number");
		return pmc_err_hint(pmu->err, "numbers are written 60, 0x3c or 100k; found %s",
				    term->value);
	}
	bits = spread(field, colon + 1, value, true);
	if (!bits) {
		fail_term(pmu, term, "its format file is not understood");
		return pmc_err_hint(pmu->err, "the file says %s", format);
	}
	if (bits < 64 && value >> bits) {
		fail_term(pmu, term, "its value does not fit");
		return pmc_err_hint(pmu->err, "it has %u bits (%s): at most 0x%llx", bits, format,
				    (unsigned long long)((1ULL << bits) - 1));
	}
	spread(field, colon + 1, value, false);
	return 0;
}

static int put_term(const struct pmu *pmu, const struct event_term *term, unsigned depth);

static bool spec_gives(const struct event_spec *spec, const char *name)
{
	for (size_t i = 0; spec && i < spec->terms.count; i++)
		if (spec->terms.items[i].value && !strcmp(spec->terms.items[i].name, name))
			return true;
	return false;
}

/* An alias is a list of terms; those it leaves open ("core=?") the user gives beside it. */
static int put_alias(const struct pmu *pmu, const struct event_term *alias, char *text,
		     unsigned depth)
{
	char *rest = NULL;

	if (depth >= ALIAS_DEPTH) {
		fail_term(pmu, alias, "aliases that lead to each other");
		return pmc_err_hint(pmu->err, "see the files in %s/events", pmu->folder);
	}
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(word, '=');
		struct event_term term = { .name = word, .column = alias->column };

		if (value)
			*value++ = '\0';
		term.value = value;
		if (value && !strcmp(value, "?")) {
			if (spec_gives(pmu->spec, word))
				continue;
			fail_term(pmu, alias, "it leaves a term open");
			return pmc_err_hint(pmu->err, "write %s/%s,%s=…/", pmu->name, alias->name,
					    word);
		}
		if (put_term(pmu, &term, depth + 1))
			return -1;
	}
	return 0;
}

/* A generic name on one PMU of a hybrid CPU: cpu_core/cycles/. */
static bool put_generic(const struct pmu *pmu, const struct event_term *term)
{
	struct event_kernel found;
	char buf[EVENT_KERNEL_NAME_SIZE];

	if (!pmu->is_core || term->value ||
	    !event_kernel_find(term->name, strlen(term->name), &found, buf) ||
	    found.type == PERF_TYPE_SOFTWARE)
		return false;
	pmu->attr->type = found.type;
	pmu->attr->config = found.config;
	if (pmu->type != PERF_TYPE_RAW)
		pmu->attr->config |= (__u64)pmu->type << PERF_PMU_TYPE_SHIFT;
	return true;
}

/* What the PMU would have understood, for a hint. */
static void list_terms(const struct pmu *pmu, char *text, size_t size)
{
	static const char *const subs[] = { "format", "events" };
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < PMC_COUNT(subs); i++) {
		PMC_FREE char *folder = pmc_sprintf("%s/%s", pmu->folder, subs[i]);
		struct event_names names;

		event_names_list(&names, folder);
		for (size_t k = 0; k < names.count && used + 40 < size; k++)
			if (!strchr(names.items[k], '.') && strlen(names.items[k]) < 32)
				used += (size_t)snprintf(text + used, size - used, "%s%s",
							 used ? ", " : "", names.items[k]);
		event_names_fini(&names);
	}
}

static int put_term(const struct pmu *pmu, const struct event_term *term, unsigned depth)
{
	char text[SMALL_FILE], known[300];
	__u64 *field;

	if (is_plain_name(term->name)) {
		if (read_below(pmu->folder, "format", term->name, text))
			return put_value(pmu, term, text);
		if (!term->value && read_below(pmu->folder, "events", term->name, text))
			return put_alias(pmu, term, text, depth);
	}
	field = find_field(pmu->attr, term->name, strlen(term->name));
	if (field && term->value) {
		uint64_t value;

		if (event_parse_number(term->value, &value)) {
			*field = value;
			return 0;
		}
		fail_term(pmu, term, "its value is not a number");
		return pmc_err_hint(pmu->err, "numbers are written 60, 0x3c or 100k; found %s",
				    term->value);
	}
	if (put_generic(pmu, term))
		return 0;
	fail_term(pmu, term, "no such term or event");
	list_terms(pmu, known, sizeof(known));
	return pmc_err_hint(pmu->err, "%s has: %s%speriod, freq, precise", pmu->name, known,
			    known[0] ? ", " : "");
}

static bool is_own_term(const char *name)
{
	return !strcmp(name, "period") || !strcmp(name, "freq") || !strcmp(name, "precise");
}

/* "pmu/term=value/" without pmc's own terms. */
static char *make_name(const struct pmu *pmu)
{
	char *name = NULL;
	size_t size;
	FILE *out = open_memstream(&name, &size);
	const char *comma = "";

	if (!out)
		abort(); /* as mem.h does: no memory */
	fprintf(out, "%s/", pmu->name);
	for (size_t i = 0; i < pmu->spec->terms.count; i++) {
		const struct event_term *term = &pmu->spec->terms.items[i];

		if (is_own_term(term->name))
			continue;
		fprintf(out, "%s%s", comma, term->name);
		if (term->value)
			fprintf(out, "=%s", term->value);
		comma = ",";
	}
	fputc('/', out);
	fclose(out);
	return name;
}

enum event_found event_sysfs_resolve(struct pmc_event *event, const struct event_spec *spec,
				     const struct event_host *host, struct pmc_err *err)
{
	struct pmu pmu = { .attr = event->attr, .spec = spec, .err = err };
	enum event_found found = EVENT_FOUND;

	if (!spec->has_terms || !open_pmu(&pmu, spec->name, host))
		return EVENT_NOT_MINE;
	event->attr->type = pmu.type;
	for (size_t i = 0; i < spec->terms.count && found == EVENT_FOUND; i++)
		if (!is_own_term(spec->terms.items[i].name) &&
		    put_term(&pmu, &spec->terms.items[i], 0))
			found = EVENT_BAD;
	if (found == EVENT_FOUND) {
		event->name = make_name(&pmu);
		event->source = PMC_SOURCE_SYSFS;
	}
	free(pmu.folder);
	return found;
}

enum event_found event_sysfs_resolve_alias(struct pmc_event *event, const char *name,
					   const struct event_host *host, struct pmc_err *err)
{
	enum event_found found = EVENT_NOT_MINE;
	struct event_names pmus;

	if (!is_plain_name(name) || strchr(name, '.'))
		return EVENT_NOT_MINE;
	event_names_list(&pmus, host->sysfs);
	for (size_t i = 0; i < pmus.count && found == EVENT_NOT_MINE; i++) {
		struct pmu pmu = { .attr = event->attr, .err = err };
		struct event_term term = { .name = (char *)name, .column = 1 };

		if (!open_pmu(&pmu, pmus.items[i], host))
			continue;
		if (exists(pmu.folder, "events", name)) {
			event->attr->type = pmu.type;
			found = put_term(&pmu, &term, 0) ? EVENT_BAD : EVENT_FOUND;
		}
		if (found == EVENT_FOUND) {
			event->name = pmc_sprintf("%s/%s/", pmu.name, name);
			event->source = PMC_SOURCE_SYSFS;
		}
		free(pmu.folder);
	}
	event_names_fini(&pmus);
	return found;
}

/* The bits of attr.config that a format "config:0-15" or another of the folder's fields fills. */
static uint64_t config_bits(const struct pmu *pmu)
{
	PMC_FREE char *folder = pmc_sprintf("%s/format", pmu->folder);
	struct event_names formats;
	struct perf_event_attr attr = { 0 };
	char text[SMALL_FILE];

	event_names_list(&formats, folder);
	for (size_t i = 0; i < formats.count; i++)
		if (read_below(pmu->folder, "format", formats.items[i], text) &&
		    !strncmp(text, "config:", 7))
			spread(&attr.config, text + 7, UINT64_MAX, false);
	event_names_fini(&formats);
	return attr.config;
}

/*
 * Drivers of arm64 cut a raw code to the bits that they have, and count something else. Those of
 * x86, whose PMU's name begins with "cpu", refuse it themselves.
 */
int event_sysfs_check_raw(const struct event_spec *spec, uint64_t config,
			  const struct event_host *host, struct pmc_err *err)
{
	struct event_names pmus;
	uint64_t allowed = 0;
	PMC_FREE char *name = NULL;

	event_names_list(&pmus, host->sysfs);
	for (size_t i = 0; i < pmus.count; i++) {
		struct pmu pmu = { 0 };

		if (!open_pmu(&pmu, pmus.items[i], host))
			continue;
		if (pmu.is_core && strncmp(pmu.name, "cpu", 3)) {
			allowed |= config_bits(&pmu);
			free(name);
			name = pmc_strdup(pmu.name);
		}
		free(pmu.folder);
	}
	event_names_fini(&pmus);
	if (!allowed || !(config & ~allowed))
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "%s (column %zu): the PMU %s has no bits 0x%llx",
		    spec->text, spec->column, name, (unsigned long long)(config & ~allowed));
	return pmc_err_hint(err,
			    "its codes go up to r%llx; /sys/bus/event_source/devices/%s/format "
			    "tells their fields",
			    (unsigned long long)allowed, name);
}

/* ---- `pmc list` ---- */

/* Opens for counting, on this thread or, as uncore PMUs want it, on a CPU of their cpumask? */
static bool opens(const struct pmu *pmu, const struct perf_event_attr *attr,
		  const struct event_host *host)
{
	struct perf_event_attr user = *attr;

	if (exists(pmu->folder, "cpumask", ""))
		return !host->user_only && host->paranoid <= 0; /* it belongs to no process */
	user.exclude_kernel = host->user_only;
	user.exclude_hv = host->user_only;
	return !host->probe(&user);
}

static int tell_alias(struct pmu *pmu, const char *alias, const char *glob,
		      const struct event_host *host, pmc_event_info_fn *fn, void *ctx)
{
	PMC_FREE char *name = pmc_sprintf("%s/%s/", pmu->name, alias);
	PMC_FREE char *unit_file = pmc_sprintf("%s.unit", alias);
	PMC_FREE char *scale_file = pmc_sprintf("%s.scale", alias);
	PMC_FREE char *text = NULL;
	char terms[SMALL_FILE] = "", unit[SMALL_FILE] = "", scale[SMALL_FILE] = "";
	struct perf_event_attr attr = { .type = pmu->type, .size = sizeof(attr) };
	struct event_term term = { .name = (char *)alias, .column = 1 };
	struct pmc_event_info info = { .name = name, .source = "sysfs" };

	if (!event_list_matches(glob, name))
		return 0;
	read_below(pmu->folder, "events", alias, terms);
	read_below(pmu->folder, "events", unit_file, unit);
	read_below(pmu->folder, "events", scale_file, scale);
	text = pmc_sprintf("%s%s%s%s%s", terms, scale[0] || unit[0] ? "; one count is " : "",
			   scale[0] ? scale :
			   unit[0]  ? "1" :
				      "",
			   unit[0] ? " " : "", unit);
	info.description = text;
	pmu->attr = &attr;
	info.available = !host->names_only && !put_term(pmu, &term, 0) && opens(pmu, &attr, host);
	pmu->attr = NULL;
	return fn(ctx, &info);
}

/* One row that says which terms the PMU takes. */
static int tell_format(const struct pmu *pmu, const char *glob, pmc_event_info_fn *fn, void *ctx)
{
	PMC_FREE char *folder = pmc_sprintf("%s/format", pmu->folder);
	PMC_FREE char *name = pmc_sprintf("%s/TERM=VALUE,.../", pmu->name);
	PMC_FREE char *text = pmc_strdup("terms:");
	struct pmc_event_info info = { .name = name, .source = "sysfs", .available = true };
	struct event_names terms;
	int result = 0;

	event_names_list(&terms, folder);
	for (size_t i = 0; i < terms.count; i++) {
		char format[SMALL_FILE] = "?", *longer;

		read_below(pmu->folder, "format", terms.items[i], format);
		longer = pmc_sprintf("%s%s %s (%s)", text, i ? "," : "", terms.items[i], format);
		free(text);
		text = longer;
	}
	info.description = text;
	if (terms.count && event_list_matches(glob, name))
		result = fn(ctx, &info);
	event_names_fini(&terms);
	return result;
}

int event_sysfs_each(const char *glob, const struct event_host *host, pmc_event_info_fn *fn,
		     void *ctx)
{
	struct event_names pmus, aliases;
	int result = 0;

	event_names_list(&pmus, host->sysfs);
	for (size_t i = 0; i < pmus.count && !result; i++) {
		struct pmu pmu = { 0 };
		PMC_FREE char *folder = NULL;

		if (!open_pmu(&pmu, pmus.items[i], host))
			continue;
		folder = pmc_sprintf("%s/events", pmu.folder);
		event_names_list(&aliases, folder);
		result = tell_format(&pmu, glob, fn, ctx);
		for (size_t k = 0; k < aliases.count && !result; k++)
			if (!strchr(aliases.items[k], '.'))
				result = tell_alias(&pmu, aliases.items[k], glob, host, fn, ctx);
		event_names_fini(&aliases);
		free(pmu.folder);
	}
	event_names_fini(&pmus);
	return result;
}
