/*
 * export_data.c - loads what formats keep besides stacks: modules, addresses, lines; see
 * export_data.h.
 *
 * Job: the session's own columns, its places and lines, and the root, in one transaction.
 * Not here: stacks and names (stacks.c), time (export_moments.c).
 */
#include "report/export_data.h"

#include <string.h>

#include "report/counts.h"
#include "report/forest.h"

struct site {
	int64_t function_id, outer_id;
	struct export_line line;
};

struct loader {
	struct export_data *data;
	struct pmc_store *store;
	struct pmc_err *err;
	struct stacks_slots site_ids, module_ids;
	PMC_ARRAY(struct site) sites;
};

static int64_t cell_int(const struct pmc_query *query, int column)
{
	return pmc_query_cell(query, column).integer;
}

static uint32_t cell_text(const struct loader *loader, const struct pmc_query *query, int column)
{
	return pmc_strings_intern(loader->data->head.pool, pmc_query_cell(query, column).text);
}

static int each_row(struct loader *loader, const char *sql,
		    void (*take)(struct loader *loader, const struct pmc_query *query))
{
	struct pmc_query *query = pmc_query_prepare(loader->store, sql, NULL, loader->err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, loader->data->head.session.id);
	while ((status = pmc_query_step(query, loader->err)) == 1)
		take(loader, query);
	pmc_query_free(query);
	return status;
}

/* ---- places and lines ---- */

static void take_session(struct loader *loader, const struct pmc_query *query)
{
	loader->data->started_at_ns = cell_int(query, 0);
	loader->data->slice_ns = cell_int(query, 1);
	loader->data->arch = cell_text(loader, query, 2);
	loader->data->version = cell_text(loader, query, 3);
}

static void take_site(struct loader *loader, const struct pmc_query *query)
{
	stacks_slot_add(&loader->site_ids, cell_int(query, 0));
	*pmc_array_add(&loader->sites) = (struct site){
		.function_id = cell_int(query, 1), .outer_id = cell_int(query, 2),
		.line = { .line = cell_int(query, 3), .file = cell_text(loader, query, 4) },
	};
}

/* Frames of a location from the innermost out, as stacks.c found them: some may not be there. */
static void set_lines(struct loader *loader, uint32_t location, int64_t function_id,
		      int64_t site_id)
{
	struct export_data *data = loader->data;
	const struct stacks_location *row = &data->stacks.locations.items[location];
	struct export_line line = { .file = row->file, .line = row->line };
	uint32_t left = row->count, slot;

	while (left) {
		if (stacks_slot_find(&data->stacks.function_ids, function_id) != STACKS_NONE)
			data->lines[row->first + --left] = line;
		slot = site_id ? stacks_slot_find(&loader->site_ids, site_id) : STACKS_NONE;
		if (slot == STACKS_NONE)
			break;
		line = loader->sites.items[slot].line;
		function_id = loader->sites.items[slot].function_id;
		site_id = loader->sites.items[slot].outer_id;
	}
}

static uint32_t take_module(struct loader *loader, const struct pmc_query *query)
{
	struct export_data *data = loader->data;
	const uint32_t slot = stacks_slot_add(&loader->module_ids, cell_int(query, 4));

	if (slot == data->modules.count)
		*pmc_array_add(&data->modules) = (struct export_module){
			.path = cell_text(loader, query, 5), .name = cell_text(loader, query, 6),
			.build_id = cell_text(loader, query, 7),
		};
	return slot;
}

static void take_location(struct loader *loader, const struct pmc_query *query)
{
	struct export_data *data = loader->data;
	const uint32_t location = stacks_slot_find(&data->stacks.location_ids, cell_int(query, 0));
	const uint64_t offset = (uint64_t)cell_int(query, 1);
	struct export_module *module;

	if (location == STACKS_NONE)
		return;
	data->places[location].module = take_module(loader, query);
	data->places[location].offset = offset;
	module = &data->modules.items[data->places[location].module];
	if (offset < UINT64_MAX && module->end <= offset)
		module->end = offset + 1;
	set_lines(loader, location, cell_int(query, 2), cell_int(query, 3));
}

/* Functions that were inlined are of the module that they were inlined in. */
static void map_frames(struct export_data *data)
{
	const struct stacks *stacks = &data->stacks;

	for (size_t i = 0; i < stacks->functions.count; i++)
		data->function_modules[i] = STACKS_NONE;
	for (uint32_t i = 0; i < stacks->locations.count; i++) {
		const struct stacks_location *row = &stacks->locations.items[i];

		for (uint32_t f = row->first; f < row->first + row->count; f++) {
			data->frame_locations[f] = i;
			data->function_modules[stacks->frames.items[f]] = data->places[i].module;
		}
	}
}

static int load_places(struct loader *loader)
{
	static const char session[] =
		"SELECT started_at_ns, slice_ns, arch, pmc_version FROM session WHERE id = ?";
	static const char sites[] =
		"SELECT i.id, i.function_id, i.outer_id, i.line, f.path FROM inline_site i"
		" LEFT JOIN file f ON f.id = i.file_id WHERE i.session_id = ?";
	static const char locations[] =
		"SELECT l.id, l.offset - (l.is_caller AND l.offset <> 0), l.function_id, l.site_id,"
		" m.id, m.path, m.name, m.build_id"
		" FROM location l JOIN module m ON m.id = l.module_id WHERE l.session_id = ?"
		" ORDER BY l.id";
	struct export_data *data = loader->data;

	data->places = pmc_calloc(data->stacks.locations.count + 1, sizeof(*data->places));
	data->lines = pmc_calloc(data->stacks.frames.count + 1, sizeof(*data->lines));
	data->frame_locations = pmc_calloc(data->stacks.frames.count + 1,
					   sizeof(*data->frame_locations));
	data->function_modules = pmc_calloc(data->stacks.functions.count + 1,
					    sizeof(*data->function_modules));
	for (size_t i = 0; i < data->stacks.locations.count; i++)
		data->places[i].module = STACKS_NONE;
	if (each_row(loader, session, take_session) || each_row(loader, sites, take_site) ||
	    each_row(loader, locations, take_location))
		return -1;
	map_frames(data);
	return 0;
}

/* ---- events ---- */

static int refuse(const struct export_data *data, const char *what, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_USAGE, "session %lld holds counts, and no samples for %s",
		    (long long)data->head.session.id, what);
	return pmc_err_hint(err, "`pmc record` takes samples; -s picks another session");
}

/* Events that were only counted have nothing to export; naming one is a mistake. */
static int keep_sampled(struct export_data *data, const char *named, const char *what,
			struct pmc_err *err)
{
	struct profile *head = &data->head;
	size_t kept = 0;

	for (size_t e = 0; e < head->events_count; e++) {
		if (!profile_event_is_counted(head, &head->events[e])) {
			head->events[kept++] = head->events[e];
			continue;
		}
		if (!named)
			continue;
		pmc_err_set(err, PMC_ERR_USAGE, "event %s was counted, and has no samples for %s",
			    profile_text(head, head->events[e].name), what);
		return pmc_err_hint(err, "`pmc export --format csv --view counts` has counts");
	}
	head->events_count = kept;
	return 0;
}

static int load(struct loader *loader, const struct pmc_export_opts *opts, bool moments,
		const char *what)
{
	struct export_data *data = loader->data;
	const int counted = counts_has_session(loader->store, opts->session_id, loader->err);

	if (counted < 0 || profile_load_head(&data->head, loader->store, opts->session_id,
					     opts->event, loader->err))
		return -1;
	if (counted)
		return refuse(data, what, loader->err);
	if (keep_sampled(data, opts->event, what, loader->err) ||
	    stacks_set_window(&data->head, loader->store, opts->from_s, opts->to_s, loader->err) ||
	    stacks_load(&data->stacks, &data->head, loader->store, loader->err) ||
	    load_places(loader))
		return -1;
	if (opts->root) {
		data->is_root = pmc_calloc(data->stacks.functions.count + 1,
					   sizeof(*data->is_root));
		if (tree_find_root(&data->stacks, &data->head, opts->root, data->is_root,
				   loader->err))
			return -1;
	}
	return moments ? export_moments_load(data, loader->store, loader->err) : 0;
}

int export_data_load(struct export_data *data, struct pmc_store *store,
		     const struct pmc_export_opts *opts, bool moments, const char *what,
		     struct pmc_err *err)
{
	struct loader loader = { .data = data, .store = store, .err = err };
	int status;

	memset(data, 0, sizeof(*data));
	data->head.pool = pmc_strings_new();
	if (profile_run(store, "BEGIN", err))
		return -1;
	status = load(&loader, opts, moments, what);
	if (profile_run(store, "COMMIT", status ? NULL : err))
		status = -1;
	stacks_slots_fini(&loader.site_ids);
	stacks_slots_fini(&loader.module_ids);
	pmc_array_free(&loader.sites);
	return status;
}

void export_data_fini(struct export_data *data)
{
	profile_fini(&data->head);
	stacks_fini(&data->stacks);
	pmc_array_free(&data->modules);
	pmc_array_free(&data->moments);
	free(data->places);
	free(data->lines);
	free(data->frame_locations);
	free(data->function_modules);
	free(data->is_root);
	memset(data, 0, sizeof(*data));
}

int64_t export_value(const struct export_data *data, size_t event, int64_t raw)
{
	const struct profile_event *row = &data->head.events[event];
	double value;

	if (row->running_ns <= 0 || row->running_ns >= row->enabled_ns)
		return raw;
	value = (double)raw * ((double)row->enabled_ns / (double)row->running_ns) + 0.5;
	return value < 9e18 ? (int64_t)value : INT64_MAX;
}

int64_t export_add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}
