/*
 * stacks.c - loads what a session measured, with its stacks; see stacks.h.
 *
 * Job: read each table once, by ids as stored, and turn ids into indices.
 * Not here: slices (stacks_slices.c); what is made of it (tree*.c, window.c).
 *
 * Stacks carry no session, but a parent is always older than its children. So they are read from
 * the newest one needed downwards, each row that is needed makes its parent needed, and reading
 * ends when none is open any more: the rows of one session lie together, whatever else is there.
 *
 *   id of the file    max, max - 1, …                     max - id is the index
 *   state             needed, not needed, needed, …       open: needed and not read yet
 */
#include "report/stacks.h"

#include <string.h>

uint32_t stacks_slot_find(const struct stacks_slots *slots, int64_t id)
{
	uint64_t hash = pmc_hash_u64((uint64_t)id);
	uint32_t step = 0, slot;

	while ((slot = pmc_index_next(&slots->index, hash, &step)) != UINT32_MAX) {
		if (slots->ids.items[slot] == id)
			return slot;
	}
	return STACKS_NONE;
}

uint32_t stacks_slot_add(struct stacks_slots *slots, int64_t id)
{
	uint32_t slot = stacks_slot_find(slots, id);

	if (slot != STACKS_NONE)
		return slot;
	slot = (uint32_t)slots->ids.count;
	*pmc_array_add(&slots->ids) = id;
	pmc_index_add(&slots->index, pmc_hash_u64((uint64_t)id), slot);
	return slot;
}

void stacks_slots_fini(struct stacks_slots *slots)
{
	pmc_array_free(&slots->ids);
	pmc_index_fini(&slots->index);
	*slots = (struct stacks_slots){ 0 };
}

void stacks_fini(struct stacks *stacks)
{
	stacks_slots_fini(&stacks->function_ids);
	stacks_slots_fini(&stacks->location_ids);
	stacks_slots_fini(&stacks->thread_ids);
	pmc_array_free(&stacks->functions);
	pmc_array_free(&stacks->frames);
	pmc_array_free(&stacks->locations);
	pmc_array_free(&stacks->threads);
	pmc_array_free(&stacks->rows);
	pmc_array_free(&stacks->costs);
	*stacks = (struct stacks){ 0 };
}

struct site {
	int64_t function_id, outer_id;
};

/* What a location says of its innermost frame. */
struct place {
	int64_t function_id, site_id;
};

/* What loading needs and nobody else. */
struct loader {
	struct stacks *stacks;
	struct profile *profile;
	struct pmc_store *store;
	struct pmc_err *err;
	struct stacks_slots site_ids;
	PMC_ARRAY(struct site) sites;
	PMC_ARRAY(struct place) places;		/* by slot of location_ids */
	int64_t newest;				/* stack id that has index 0 */
	unsigned char *needed;			/* by index */
	size_t needed_count, needed_cap;
	size_t open;
};

static int64_t cell_int(const struct pmc_query *query, int column)
{
	return pmc_query_cell(query, column).integer;	/* 0 for NULL, which is no id */
}

static uint32_t cell_text(const struct loader *loader, const struct pmc_query *query, int column)
{
	return pmc_strings_intern(loader->profile->pool, pmc_query_cell(query, column).text);
}

/* Runs a statement with one number bound, and gives each row to `take`. */
static int each_row(struct loader *loader, const char *sql, int64_t number,
		    void (*take)(struct loader *loader, const struct pmc_query *query))
{
	struct pmc_query *query = pmc_query_prepare(loader->store, sql, NULL, loader->err);
	int status;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, number);
	while ((status = pmc_query_step(query, loader->err)) == 1)
		take(loader, query);
	pmc_query_free(query);
	return status;
}

/* ---- names ---- */

static enum pmc_module_kind kind_of(const char *name)
{
	static const char *const names[] = {
		[PMC_MODULE_USER] = "user", [PMC_MODULE_VDSO] = "vdso", [PMC_MODULE_ANON] = "anon",
		[PMC_MODULE_KERNEL] = "kernel", [PMC_MODULE_KMOD] = "kernel module",
		[PMC_MODULE_KSYM] = "kernel code",
	};

	for (size_t i = 0; name && i < PMC_COUNT(names); i++) {
		if (!strcmp(name, names[i]))
			return (enum pmc_module_kind)i;
	}
	return PMC_MODULE_UNKNOWN;
}

static void take_function(struct loader *loader, const struct pmc_query *query)
{
	struct stacks *stacks = loader->stacks;

	stacks_slot_add(&stacks->function_ids, cell_int(query, 0));
	*pmc_array_add(&stacks->functions) = (struct stacks_function){
		.module = cell_text(loader, query, 1),
		.function = cell_text(loader, query, 2),
		.file = cell_text(loader, query, 3),
		.line = cell_int(query, 4),
		.kind = kind_of(pmc_query_cell(query, 5).text),
	};
}

static void take_site(struct loader *loader, const struct pmc_query *query)
{
	stacks_slot_add(&loader->site_ids, cell_int(query, 0));
	*pmc_array_add(&loader->sites) = (struct site){ .function_id = cell_int(query, 1),
							.outer_id = cell_int(query, 2) };
}

static void take_location(struct loader *loader, const struct pmc_query *query)
{
	stacks_slot_add(&loader->stacks->location_ids, cell_int(query, 0));
	*pmc_array_add(&loader->places) = (struct place){ .function_id = cell_int(query, 1),
							  .site_id = cell_int(query, 2) };
	*pmc_array_add(&loader->stacks->locations) = (struct stacks_location){
		.line = cell_int(query, 3), .file = cell_text(loader, query, 4),
	};
}

static void take_thread(struct loader *loader, const struct pmc_query *query)
{
	stacks_slot_add(&loader->stacks->thread_ids, cell_int(query, 0));
	*pmc_array_add(&loader->stacks->threads) = (struct stacks_thread){
		.tid = cell_int(query, 1), .comm = cell_text(loader, query, 2),
		.pid = cell_int(query, 3), .process_comm = cell_text(loader, query, 4),
		.process_id = cell_int(query, 5),
	};
}

static void add_frame(struct stacks *stacks, struct stacks_location *location, int64_t function_id)
{
	uint32_t slot = stacks_slot_find(&stacks->function_ids, function_id);

	if (slot == STACKS_NONE)
		return;
	*pmc_array_add(&stacks->frames) = slot;
	location->count++;
}

/* The innermost function is the location's, then each site's up to the one that has the code. */
static void find_frames(struct loader *loader, size_t index)
{
	struct stacks *stacks = loader->stacks;
	struct stacks_location *location = &stacks->locations.items[index];
	int64_t site_id = loader->places.items[index].site_id;
	size_t hops = 0;
	uint32_t slot;

	location->first = (uint32_t)stacks->frames.count;
	add_frame(stacks, location, loader->places.items[index].function_id);
	/* The bound only matters for a damaged file, where a site may be its own outer one. */
	while (site_id && hops++ < loader->sites.count &&
	       (slot = stacks_slot_find(&loader->site_ids, site_id)) != STACKS_NONE) {
		add_frame(stacks, location, loader->sites.items[slot].function_id);
		site_id = loader->sites.items[slot].outer_id;
	}
	for (uint32_t i = 0; i < location->count / 2; i++) {
		uint32_t *a = &stacks->frames.items[location->first + i];
		uint32_t *b = &stacks->frames.items[location->first + location->count - 1 - i];
		uint32_t swap = *a;

		*a = *b;
		*b = swap;
	}
}

static int load_names(struct loader *loader)
{
	static const char functions[] =
		"SELECT n.function_id, n.module, n.function, n.file, n.line, m.kind"
		" FROM function_name n JOIN module m ON m.id = n.module_id"
		" WHERE n.function_id IN (SELECT function_id FROM location WHERE session_id = ?1"
		" UNION SELECT function_id FROM inline_site WHERE session_id = ?1)";
	static const char sites[] =
		"SELECT id, function_id, outer_id FROM inline_site WHERE session_id = ?";
	static const char locations[] =
		"SELECT l.id, l.function_id, l.site_id, l.line, f.path FROM location l"
		" LEFT JOIN file f ON f.id = l.file_id WHERE l.session_id = ?";
	static const char threads[] =
		"SELECT t.id, t.tid, t.comm, p.pid, p.comm, p.id FROM process p"
		" JOIN thread t ON t.process_id = p.id WHERE p.session_id = ?";
	const int64_t session_id = loader->profile->session.id;

	if (each_row(loader, functions, session_id, take_function) ||
	    each_row(loader, sites, session_id, take_site) ||
	    each_row(loader, locations, session_id, take_location) ||
	    each_row(loader, threads, session_id, take_thread))
		return -1;
	for (size_t i = 0; i < loader->stacks->locations.count; i++)
		find_frames(loader, i);
	return 0;
}

/* ---- costs ---- */

/* Ids are dense, so a greater one is none that pmc wrote. */
#define NEWEST_MAX (INT64_C(1) << 30)

/* Index + 1 of a stack that something refers to: it is needed from now on. */
static uint32_t need_stack(struct loader *loader, int64_t id)
{
	uint64_t index;

	if (id <= 0 || id > loader->newest)
		return 0;
	index = (uint64_t)(loader->newest - id);
	if (index >= loader->needed_count) {
		pmc_grow((void **)&loader->needed, &loader->needed_cap, index + 1, 1);
		memset(loader->needed + loader->needed_count, 0, index + 1 - loader->needed_count);
		loader->needed_count = index + 1;
	}
	loader->open += !loader->needed[index];
	loader->needed[index] = 1;
	return (uint32_t)index + 1;
}

static int load_costs(struct loader *loader, uint32_t e)
{
	static const char sql[] = "SELECT thread_id, stack_id, location_id, samples, value, id"
				  " FROM cost WHERE event_id = ?";
	struct profile_event *event = &loader->profile->events[e];
	struct stacks *stacks = loader->stacks;
	struct stacks_gains gains = { 0 };
	struct pmc_query *query;
	int status = 0;

	if (loader->profile->windowed)
		status = stacks_load_gains(&gains, loader->profile, event, loader->store,
					   loader->err);
	query = status ? NULL : pmc_query_prepare(loader->store, sql, NULL, loader->err);
	if (!query)
		status = -1;
	else
		pmc_query_bind_int(query, 1, event->id);
	while (!status && (status = pmc_query_step(query, loader->err)) == 1) {
		struct stacks_cost cost = { .event = e, .samples = cell_int(query, 3),
					    .value = cell_int(query, 4),
					    .id = cell_int(query, 5) };

		status = 0;
		if (loader->profile->windowed) {
			uint32_t slot = stacks_slot_find(&gains.cost_ids, cell_int(query, 5));

			if (slot == STACKS_NONE)
				continue;
			cost.samples = gains.items.items[slot].samples;
			cost.value = gains.items.items[slot].value;
			event->window_samples += cost.samples;
		}
		cost.thread = stacks_slot_find(&stacks->thread_ids, cell_int(query, 0));
		cost.stack = need_stack(loader, cell_int(query, 1));
		cost.location = stacks_slot_find(&stacks->location_ids, cell_int(query, 2));
		*pmc_array_add(&stacks->costs) = cost;
	}
	pmc_query_free(query);
	stacks_gains_fini(&gains);
	return status;
}

/* ---- stacks ---- */

static int bad_stacks(const struct loader *loader)
{
	pmc_err_set(loader->err, PMC_ERR_DATA, "samples of session %lld have stacks that are not "
					       "in the file",
		    (long long)loader->profile->session.id);
	return pmc_err_hint(loader->err, "`pmc db check` tells what is damaged");
}

static int load_rows(struct loader *loader)
{
	struct pmc_query *query = pmc_query_prepare(
		loader->store, "SELECT id, parent_id, location_id FROM stack WHERE id <= ?"
			       " ORDER BY id DESC", NULL, loader->err);
	struct stacks *stacks = loader->stacks;
	int status = 0;

	if (!query)
		return -1;
	pmc_query_bind_int(query, 1, loader->newest);
	while (loader->open && (status = pmc_query_step(query, loader->err)) == 1) {
		int64_t id = cell_int(query, 0), parent_id;
		uint64_t index = (uint64_t)(loader->newest - id);

		if (index >= loader->needed_count || !loader->needed[index])
			continue;
		loader->open--;
		while (stacks->rows.count < index)	/* of other sessions */
			*pmc_array_add(&stacks->rows) = (struct stacks_row){ 0, STACKS_NONE };
		parent_id = cell_int(query, 1);
		*pmc_array_add(&stacks->rows) = (struct stacks_row){
			.parent = parent_id < id ? need_stack(loader, parent_id) : 0,
			.location = stacks_slot_find(&stacks->location_ids, cell_int(query, 2)),
		};
	}
	pmc_query_free(query);
	if (status < 0)
		return -1;
	return loader->open ? bad_stacks(loader) : 0;
}

static int load_newest(struct loader *loader)
{
	struct pmc_query *query = pmc_query_prepare(loader->store, "SELECT max(id) FROM stack",
						    NULL, loader->err);
	int status;

	if (!query)
		return -1;
	status = pmc_query_step(query, loader->err);
	if (status == 1)
		loader->newest = cell_int(query, 0);
	pmc_query_free(query);
	if (status < 0)
		return -1;
	return loader->newest > NEWEST_MAX ? bad_stacks(loader) : 0;
}

/*
 * Index 0 shall be the session's newest stack, not the file's: a session that is followed by large
 * ones would be read past them.
 */
static void rebase(struct loader *loader)
{
	size_t skipped = 0;

	while (skipped < loader->needed_count && !loader->needed[skipped])
		skipped++;
	if (!skipped || skipped == loader->needed_count)
		return;
	memmove(loader->needed, loader->needed + skipped, loader->needed_count - skipped);
	loader->needed_count -= skipped;
	loader->newest -= (int64_t)skipped;
	for (size_t i = 0; i < loader->stacks->costs.count; i++) {
		if (loader->stacks->costs.items[i].stack)
			loader->stacks->costs.items[i].stack -= (uint32_t)skipped;
	}
}

int stacks_load(struct stacks *stacks, struct profile *profile, struct pmc_store *store,
		struct pmc_err *err)
{
	struct loader loader = { .stacks = stacks, .profile = profile, .store = store,
				 .err = err };
	int status = load_newest(&loader) || load_names(&loader) ? -1 : 0;

	for (uint32_t e = 0; !status && e < profile->events_count; e++)
		status = load_costs(&loader, e);
	if (!status) {
		rebase(&loader);
		status = load_rows(&loader);
	}
	stacks_slots_fini(&loader.site_ids);
	pmc_array_free(&loader.sites);
	pmc_array_free(&loader.places);
	free(loader.needed);
	return status;
}
