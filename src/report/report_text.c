/*
 * report_text.c - a profile for people: header, table, and what the table left out.
 *
 *   one event       self   total  cycles  samples  function  module
 *
 *   several events  -- instructions --  ----- cycles -----
 *                     self       count    self       count   IPC  function  module
 *
 * What a narrow window drops first is said by the drop numbers below: the figures of later events,
 * then samples, then the module; never the first event's self share and the name.
 */
#include "report/report_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/format.h"
#include "report/report_header.h"
#include "report/table.h"

enum {
	DROP_TOTAL_LATER = 300,
	DROP_SAMPLES = 200,
	DROP_VALUE_LATER = 150,
	DROP_IPC = 140,
	DROP_SELF_LATER = 70,
	DROP_TOTAL = 30,
	DROP_VALUE = 20,
	DROP_SECOND_NAME = 10,
};

enum { COLUMNS_MAX = PROFILE_EVENTS_MAX * 4 + 5, TITLE_MAX = 14, NAME_PAD_MAX = 60 };

/* ---- instructions per cycle ---- */

struct ipc {
	int instructions, cycles;	/* indices of events; -1: not both there */
};

/*
 * True for "instructions", "instructions:u", "skl::INSTRUCTIONS:k": the event's name without PMU
 * and modifiers.
 */
static bool is_event(const char *text, const char *name)
{
	const char *pmu = strstr(text, "::");
	size_t len = strlen(name);

	if (pmu)
		text = pmu + 2;
	return !strncasecmp(text, name, len) && (!text[len] || text[len] == ':');
}

static const char *modifiers(const char *text)
{
	const char *pmu = strstr(text, "::"), *colon = strchr(pmu ? pmu + 2 : text, ':');

	return colon ? colon : "";
}

/* The first pair of both that counts the same (user, kernel, all). */
static struct ipc find_ipc(const struct profile *profile)
{
	for (size_t i = 0; i < profile->events_count; i++) {
		const char *a = profile_text(profile, profile->events[i].name);

		for (size_t c = 0; is_event(a, "instructions") && c < profile->events_count; c++) {
			const char *b = profile_text(profile, profile->events[c].name);

			if ((is_event(b, "cycles") || is_event(b, "cpu-cycles")) &&
			    !strcmp(modifiers(a), modifiers(b)))
				return (struct ipc){ (int)i, (int)c };
		}
	}
	return (struct ipc){ -1, -1 };
}

/* ---- columns ---- */

struct layout {
	struct table_column columns[COLUMNS_MAX];
	char titles[PROFILE_EVENTS_MAX][64];	/* of the value columns */
	size_t count;
};

static void add_column(struct layout *layout, struct table_column column)
{
	layout->columns[layout->count++] = column;
}

static void add_event_columns(struct layout *layout, const struct profile *profile, unsigned e,
			      bool has_total)
{
	const struct profile_event *event = &profile->events[e];
	bool several = profile->events_count > 1;
	unsigned group = several ? e + 1 : 0;
	char *title = layout->titles[e];

	if (event->is_time)
		strcpy(title, "time");
	else if (several)
		strcpy(title, "count");
	else
		pmc_format_name(title, sizeof(layout->titles[e]),
				profile_text(profile, event->name), TITLE_MAX);
	add_column(layout, (struct table_column){ .title = "self", .right = true, .group = group,
						  .drop = e ? DROP_SELF_LATER + e : 0 });
	if (has_total)
		add_column(layout,
			   (struct table_column){.title = "total",
						 .right = true,
						 .group = group,
						 .drop = e ? DROP_TOTAL_LATER + e : DROP_TOTAL});
	add_column(layout, (struct table_column){ .title = title, .right = true, .group = group,
						  .drop = e ? DROP_VALUE_LATER + e : DROP_VALUE });
	add_column(layout, (struct table_column){ .title = "samples", .right = true, .group = group,
						  .drop = DROP_SAMPLES + e });
}

/*
 * A name: shortened before figures are left out. The first is what the row is about and always
 * stays.
 */
static void add_name_column(struct layout *layout, const char *title, bool stays)
{
	add_column(layout, (struct table_column){ .title = title, .min = stays ? 20 : 8,
						  .pad_max = NAME_PAD_MAX,
						  .drop = stays ? 0 : DROP_SECOND_NAME });
}

static void add_number_column(struct layout *layout, const char *title, unsigned drop)
{
	add_column(layout, (struct table_column){ .title = title, .right = true, .drop = drop });
}

static void add_name_columns(struct layout *layout, enum pmc_report_by by)
{
	switch (by) {
	case PMC_BY_LINE:
		add_name_column(layout, "line", true);
		/* fall through */
	case PMC_BY_FUNCTION:
		add_name_column(layout, "function", true);
		add_name_column(layout, "module", false);
		break;
	case PMC_BY_MODULE:
		add_name_column(layout, "module", true);
		break;
	case PMC_BY_THREAD:
		add_number_column(layout, "pid", DROP_SECOND_NAME);
		add_number_column(layout, "tid", 0);
		add_name_column(layout, "thread", true);
		break;
	case PMC_BY_PROCESS:
		add_number_column(layout, "pid", 0);
		add_name_column(layout, "process", true);
		break;
	}
}

/* ---- cells ---- */

static void add_share(struct table *table, double share, bool tinted)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f %%", share * 100);
	table_add(table, tinted ? text_share_tint(share) : TEXT_PLAIN, text);
}

static void add_int(struct table *table, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	table_add(table, TEXT_PLAIN, text);
}

static void add_event_cells(struct table *table, const struct profile_event *event,
			    const struct profile_cell *cell, bool has_total)
{
	char text[PMC_FORMAT_SIZE];

	if (!cell->samples && cell->total <= 0) {
		for (int i = has_total ? 4 : 3; i > 0; i--)
			table_add(table, TEXT_PLAIN, "");
		return;
	}
	add_share(table, cell->self_share, true);
	if (has_total)
		add_share(table, cell->total_share, false);
	if (event->is_time)
		pmc_format_ns(text, (double)cell->self);
	else
		pmc_format_count(text, (double)cell->self);
	table_add(table, TEXT_PLAIN, text);
	add_int(table, cell->samples);
}

static void add_ipc(struct table *table, struct ipc ipc, const struct profile_cell *cells)
{
	char text[PMC_FORMAT_SIZE] = "";

	if (cells[ipc.cycles].self > 0 && cells[ipc.instructions].samples)
		snprintf(text, sizeof(text), "%.2f",
			 (double)cells[ipc.instructions].self / (double)cells[ipc.cycles].self);
	table_add(table, TEXT_PLAIN, text);
}

static void add_line_name(struct table *table, const struct profile *profile,
			  const struct profile_row *row)
{
	const char *file = text_base_name(profile_text(profile, row->file));
	PMC_FREE char *text = !row->file   ? pmc_strdup("?")
			      : !row->line ? pmc_strdup(file)
					   : pmc_sprintf("%s:%" PRId64, file, row->line);

	table_add(table, row->file ? TEXT_PLAIN : TEXT_FAINT, text);
}

/*
 * Marks the rows whose function and module another row has too: static functions of several files,
 * which the file tells apart. The caller frees.
 */
static bool *mark_ambiguous(const struct profile *profile)
{
	bool *marks = pmc_calloc(profile->rows.count + 1, sizeof(*marks));
	struct pmc_index index = { 0 };

	for (uint32_t i = 0; i < profile->rows.count; i++) {
		const struct profile_row *row = &profile->rows.items[i], *other;
		uint64_t hash = pmc_hash_2(row->function, row->module);
		uint32_t step = 0, first;

		while ((first = pmc_index_next(&index, hash, &step)) != UINT32_MAX) {
			other = &profile->rows.items[first];
			if (other->function == row->function && other->module == row->module)
				break;
		}
		if (first == UINT32_MAX)
			pmc_index_add(&index, hash, i);
		else
			marks[first] = marks[i] = true;
	}
	pmc_index_fini(&index);
	return marks;
}

static void add_function_name(struct table *table, const struct profile *profile,
			      const struct profile_row *row, bool ambiguous)
{
	const char *function = profile_text(profile, row->function);
	PMC_FREE char *text = NULL;

	if (!row->file || !ambiguous) {
		table_add(table, TEXT_PLAIN, function);
		return;
	}
	text = pmc_sprintf("%s (%s:%" PRId64 ")", function,
			   text_base_name(profile_text(profile, row->file)), row->line);
	table_add(table, TEXT_PLAIN, text);
}

static void add_names(struct table *table, const struct profile *profile,
		      const struct profile_row *row, bool ambiguous)
{
	switch (profile->by) {
	case PMC_BY_LINE:
		add_line_name(table, profile, row);
		/* fall through */
	case PMC_BY_FUNCTION:
		add_function_name(table, profile, row,
				  ambiguous && profile->by == PMC_BY_FUNCTION);
		/* fall through */
	case PMC_BY_MODULE:
		table_add(table, TEXT_PLAIN, text_base_name(profile_text(profile, row->module)));
		break;
	case PMC_BY_THREAD:
		add_int(table, row->pid);
		add_int(table, row->tid);
		table_add(table, TEXT_PLAIN, profile_text(profile, row->comm));
		break;
	case PMC_BY_PROCESS:
		add_int(table, row->pid);
		table_add(table, TEXT_PLAIN, profile_text(profile, row->comm));
		break;
	}
}

/* ---- below the table ---- */

static void print_rest(const struct profile *profile, size_t shown, const struct pmc_style *style,
		       FILE *out)
{
	static const char *const nouns[][2] = {
		[PMC_BY_FUNCTION] = {"function", "functions"},
		[PMC_BY_LINE] = {"line", "lines"},
		[PMC_BY_MODULE] = {"module", "modules"},
		[PMC_BY_THREAD] = {"thread", "threads"},
		[PMC_BY_PROCESS] = {"process", "processes"},
	};
	size_t left = profile->rows.count - shown;
	PMC_FREE char *text = NULL;
	double share = 0;

	if (!left)
		return;
	for (size_t i = shown; i < profile->rows.count; i++)
		share += profile->cells.items[i * profile->events_count].self_share;
	text = pmc_sprintf("… %zu more %s, %.1f %%; --limit 0 shows all", left,
			   nouns[profile->by][left > 1], share * 100);
	text_paragraph(out, style, TEXT_PLAIN, "", 0, text);
}

static void print_empty(const struct profile *profile, const struct pmc_style *style, FILE *out)
{
	const char *text;

	if (profile->windowed && profile->session.samples)
		text = "No samples in this window: the program did not run then, or the session "
		       "ended before.";
	else if (!strcmp(profile_text(profile, profile->session.state), "recording"))
		text = "No samples yet: the first come in about a second after the program starts "
		       "to run.";
	else
		text = "No samples: the program ran too short a time on a CPU. Record it for "
		       "longer, "
		       "or sample more often with a higher -F or a smaller -c.";
	text_paragraph(out, style, TEXT_PLAIN, "", 0, text);
}

void report_text(const struct profile *profile, const struct pmc_report_opts *opts, FILE *out)
{
	size_t shown = report_rows_shown(profile, opts), events = profile->events_count;
	bool has_total = profile->by == PMC_BY_FUNCTION;
	struct ipc ipc = find_ipc(profile);
	PMC_FREE bool *ambiguous = NULL;
	struct layout *layout;
	struct table *table;

	report_header(profile, &opts->style, out);
	if (!profile->rows.count) {
		print_empty(profile, &opts->style, out);
		return;
	}
	ambiguous = mark_ambiguous(profile);
	layout = pmc_calloc(1, sizeof(*layout));
	for (unsigned e = 0; e < events; e++)
		add_event_columns(layout, profile, e, has_total);
	if (ipc.cycles >= 0)
		add_number_column(layout, "IPC", DROP_IPC);
	add_name_columns(layout, profile->by);
	table = table_new(layout->columns, layout->count, false);
	for (unsigned e = 0; events > 1 && e < events; e++)
		table_group(table, e + 1, profile_text(profile, profile->events[e].name));
	for (size_t i = 0; i < shown; i++) {
		const struct profile_cell *cells = &profile->cells.items[i * events];

		for (size_t e = 0; e < events; e++)
			add_event_cells(table, &profile->events[e], &cells[e], has_total);
		if (ipc.cycles >= 0)
			add_ipc(table, ipc, cells);
		add_names(table, profile, &profile->rows.items[i], ambiguous[i]);
	}
	table_print(table, &opts->style, false, out);
	table_free(table);
	free(layout);
	print_rest(profile, shown, &opts->style, out);
}
