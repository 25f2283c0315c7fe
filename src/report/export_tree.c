/*
 * export_tree.c - the call tree of one event, for formats and pictures that hold one.
 *
 * Job: to choose the event, and to say why there is none.
 * Not here: the tree (tree.c).
 */
#include "report/export.h"

#include <string.h>

#include "report/counts.h"

static int refuse_counts(int64_t session_id, const char *what, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_USAGE, "session %lld holds counts, and no samples for %s",
		    (long long)session_id, what);
	return pmc_err_hint(err, "`pmc record` takes samples; -s picks another session");
}

/* The name of the first event that has samples, in a text of the caller's; NULL: there is none. */
static int find_event(struct pmc_store *store, int64_t session_id, char **name, struct pmc_err *err)
{
	struct profile head = { .pool = pmc_strings_new() };
	int status = profile_load_head(&head, store, session_id, NULL, err);

	for (size_t e = 0; !status && e < head.events_count && !*name; e++) {
		if (!profile_event_is_counted(&head, &head.events[e]))
			*name = pmc_strdup(profile_text(&head, head.events[e].name));
	}
	profile_fini(&head);
	return status;
}

int export_load_tree(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts,
		     const char *what, struct pmc_err *err)
{
	const int counted = counts_has_session(store, opts->session_id, err);
	struct tree_opts chosen = *opts;
	PMC_FREE char *event = NULL;

	memset(tree, 0, sizeof(*tree));
	if (counted < 0)
		return -1;
	if (counted)
		return refuse_counts(opts->session_id, what, err);
	if (!opts->event) {
		if (find_event(store, opts->session_id, &event, err))
			return -1;
		chosen.event = event;
	}
	if (tree_load(tree, store, &chosen, err))
		return -1;
	if (tree->head.events_count <= 1)
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "%s holds one event, but --event names %zu", what,
		    tree->head.events_count);
	return pmc_err_hint(err, "name one of them");
}
