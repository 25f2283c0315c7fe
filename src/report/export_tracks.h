/*
 * export_tracks.h - moments by event and thread, in order of time: for formats that show threads
 * side by side.
 *
 *   track   cpu-clock, solve (4100)    slice 0 main;work 3, slice 0 main;read 1, slice 1 …
 *   track   cpu-clock, worker (4103)   …
 *   track   cycles, solve (4100)       …
 *
 * A thread that was renamed is a track under each name, as in the view thread_profile.
 */
#ifndef PMC_REPORT_EXPORT_TRACKS_H
#define PMC_REPORT_EXPORT_TRACKS_H

#include "report/export_paths.h"

struct export_track {
	uint32_t event;
	uint32_t thread;	/* index of stacks.threads: the first of those that look the same */
	size_t first, end;	/* of order */
};

struct export_tracks {
	const struct export_data *data;		/* borrowed, as are paths */
	const struct export_paths *paths;
	PMC_ARRAY(uint32_t) order;		/* moments: by track, slice, path */
	PMC_ARRAY(struct export_track) items;	/* by event, pid, tid, name */
};

/* What a thread spent on one path in one slice. */
struct export_step {
	uint32_t slice, path;
	int64_t samples, value;			/* value: an estimate */
};

/* What frames are told apart by, one number a frame: as export_paths.h has it. */
typedef uint32_t *export_keys_fn(const struct export_data *data);
typedef void export_tracks_fn(const struct export_data *data, const struct export_tracks *tracks,
			      FILE *out);

/* Loads a session's moments, arranges them by track, and has `write` write them for `reader`. */
int export_by_tracks(struct pmc_store *store, const struct pmc_export_opts *opts,
		     const char *reader, export_keys_fn *keys, export_tracks_fn *write, FILE *out,
		     struct pmc_err *err);

/* The caller calls export_tracks_fini(). */
void export_tracks_build(struct export_tracks *tracks, const struct export_data *data,
			 const struct export_paths *paths);
void export_tracks_fini(struct export_tracks *tracks);

/* The step at *at, which begins as the track's first; false at its end. */
bool export_tracks_next(const struct export_tracks *tracks, const struct export_track *track,
			size_t *at, struct export_step *step);

/* The thread of a track; one that says nothing where the file does not know it. */
struct stacks_thread export_track_thread(const struct export_tracks *tracks,
					 const struct export_track *track);

int64_t export_track_samples(const struct export_tracks *tracks, const struct export_track *track);

/* Behind the last of the tracks of the thread and event of track `at`: all names that it had. */
size_t export_tracks_thread_end(const struct export_tracks *tracks, size_t at);

/* "solve (tid 4100)", with the process where that is another number. The caller frees. */
char *export_track_name(const struct export_tracks *tracks, const struct export_track *track);

#endif
