/*
 * export_tracks.c - moments sorted into tracks; see export_tracks.h.
 */
#include "report/export_tracks.h"

#include <inttypes.h>
#include <string.h>

static const struct stacks_thread unknown_thread = { .pid = -1, .tid = -1 };

static const struct stacks_thread *thread_at(const struct export_data *data, uint32_t thread)
{
	return thread == STACKS_NONE ? &unknown_thread : &data->stacks.threads.items[thread];
}

static const struct stacks_cost *cost_of(const struct export_data *data, uint32_t moment)
{
	return &data->stacks.costs.items[data->moments.items[moment].cost];
}

static int compare_threads(const struct export_data *data, uint32_t left, uint32_t right)
{
	const struct stacks_thread *a = thread_at(data, left), *b = thread_at(data, right);

	if (left == right)
		return 0;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return a->comm == b->comm ? 0 : strcmp(export_text(data, a->comm),
					       export_text(data, b->comm));
}

static int compare_moments(const void *left, const void *right, void *arg)
{
	const struct export_tracks *tracks = arg;
	const uint32_t ia = *(const uint32_t *)left, ib = *(const uint32_t *)right;
	const struct export_moment *a = &tracks->data->moments.items[ia];
	const struct export_moment *b = &tracks->data->moments.items[ib];
	const struct stacks_cost *ca = cost_of(tracks->data, ia), *cb = cost_of(tracks->data, ib);
	const uint32_t pa = tracks->paths->of_cost[a->cost], pb = tracks->paths->of_cost[b->cost];
	int order;

	if (ca->event != cb->event)
		return ca->event < cb->event ? -1 : 1;
	order = compare_threads(tracks->data, ca->thread, cb->thread);
	if (order)
		return order;
	if (a->slice != b->slice)
		return a->slice < b->slice ? -1 : 1;
	if (pa != pb)
		return pa < pb ? -1 : 1;
	return (ia > ib) - (ia < ib);
}

static void add_track(struct export_tracks *tracks, size_t at)
{
	const struct stacks_cost *cost = cost_of(tracks->data, tracks->order.items[at]);
	struct export_track *track = tracks->items.count ?
		&tracks->items.items[tracks->items.count - 1] : NULL;

	if (!track || track->event != cost->event ||
	    compare_threads(tracks->data, track->thread, cost->thread)) {
		track = pmc_array_add(&tracks->items);
		*track = (struct export_track){ .event = cost->event, .thread = cost->thread,
						.first = at };
	}
	track->end = at + 1;
}

void export_tracks_build(struct export_tracks *tracks, const struct export_data *data,
			 const struct export_paths *paths)
{
	*tracks = (struct export_tracks){ .data = data, .paths = paths };
	for (uint32_t i = 0; i < data->moments.count; i++) {
		if (paths->of_cost[data->moments.items[i].cost] != PATH_NONE)
			*pmc_array_add(&tracks->order) = i;
	}
	if (!tracks->order.count)
		return;
	qsort_r(tracks->order.items, tracks->order.count, sizeof(*tracks->order.items),
		compare_moments, tracks);
	for (size_t at = 0; at < tracks->order.count; at++)
		add_track(tracks, at);
}

void export_tracks_fini(struct export_tracks *tracks)
{
	pmc_array_free(&tracks->order);
	pmc_array_free(&tracks->items);
}

bool export_tracks_next(const struct export_tracks *tracks, const struct export_track *track,
			size_t *at, struct export_step *step)
{
	const struct export_data *data = tracks->data;
	const struct export_moment *moment;
	int64_t raw = 0;

	if (*at >= track->end)
		return false;
	moment = &data->moments.items[tracks->order.items[*at]];
	*step = (struct export_step){ .slice = moment->slice,
				      .path = tracks->paths->of_cost[moment->cost] };
	for (; *at < track->end; ++*at) {
		moment = &data->moments.items[tracks->order.items[*at]];
		if (moment->slice != step->slice ||
		    tracks->paths->of_cost[moment->cost] != step->path)
			break;
		step->samples = export_add(step->samples, moment->samples);
		raw = export_add(raw, moment->value);
	}
	step->value = export_value(data, track->event, raw);
	return true;
}

struct stacks_thread export_track_thread(const struct export_tracks *tracks,
					 const struct export_track *track)
{
	return *thread_at(tracks->data, track->thread);
}

int64_t export_track_samples(const struct export_tracks *tracks, const struct export_track *track)
{
	int64_t sum = 0;

	for (size_t at = track->first; at < track->end; at++)
		sum = export_add(sum, tracks->data->moments.items[tracks->order.items[at]].samples);
	return sum;
}

size_t export_tracks_thread_end(const struct export_tracks *tracks, size_t at)
{
	const struct export_track *items = tracks->items.items;
	const struct stacks_thread *thread = thread_at(tracks->data, items[at].thread);
	size_t end = at + 1;

	for (; end < tracks->items.count && items[end].event == items[at].event; end++) {
		const struct stacks_thread *other = thread_at(tracks->data, items[end].thread);

		if (other->pid != thread->pid || other->tid != thread->tid)
			break;
	}
	return end;
}

char *export_track_name(const struct export_tracks *tracks, const struct export_track *track)
{
	const struct stacks_thread *thread = thread_at(tracks->data, track->thread);

	if (thread == &unknown_thread)
		return pmc_strdup("unknown thread");
	if (thread->pid == thread->tid)
		return pmc_sprintf("%s (tid %" PRId64 ")", export_text(tracks->data, thread->comm),
				   thread->tid);
	return pmc_sprintf("%s (pid %" PRId64 ", tid %" PRId64 ")",
			   export_text(tracks->data, thread->comm), thread->pid, thread->tid);
}

int export_by_tracks(struct pmc_store *store, const struct pmc_export_opts *opts,
		     const char *reader, export_keys_fn *keys, export_tracks_fn *write, FILE *out,
		     struct pmc_err *err)
{
	struct export_data data;
	const int status = export_data_load(&data, store, opts, true, reader, err);

	if (!status) {
		PMC_FREE uint32_t *numbers = keys(&data);
		struct export_paths paths;
		struct export_tracks tracks;

		export_paths_build(&paths, &data, numbers);
		export_tracks_build(&tracks, &data, &paths);
		write(&data, &tracks, out);
		export_tracks_fini(&tracks);
		export_paths_fini(&paths);
	}
	export_data_fini(&data);
	return status;
}
