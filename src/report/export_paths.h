/*
 * export_paths.h - the distinct ways from a root to what samples hit, as a tree of keys.
 *
 *   path  key   parent  last            A key is what a format tells frames apart by: the function,
 *   0     main  NONE    2               the function and line, or the frame itself. Frames with one
 *   1      work  0      2               key below one parent are one path.
 *   2       tiny 1      2
 *   3     start NONE    3               Paths are in preorder: i + 1 … last lie below path i.
 */
#ifndef PMC_REPORT_EXPORT_PATHS_H
#define PMC_REPORT_EXPORT_PATHS_H

#include "report/export_data.h"

#define PATH_NONE UINT32_MAX

struct export_path {
	uint32_t parent;	/* less than its own index, or PATH_NONE */
	uint32_t key;
	uint32_t last;
	uint32_t frame;		/* of data's frames: the first that was found with this key here */
};

struct export_paths {
	PMC_ARRAY(struct export_path) items;
	uint32_t *of_cost;	/* by cost: where it hit; PATH_NONE: not below the root asked for,
				 * or nothing is known of it */
};

/* keys: by frame of data's. The caller calls export_paths_fini(). */
void export_paths_build(struct export_paths *paths, const struct export_data *data,
			const uint32_t *keys);
void export_paths_fini(struct export_paths *paths);

/* Keys that tell frames apart by their function, and all of them. The caller frees. */
uint32_t *export_keys_by_function(const struct export_data *data);
uint32_t *export_keys_by_frame(const struct export_data *data);

#endif
