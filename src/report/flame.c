/*
 * flame.c - pmc_flame_write(): load a call tree, say what it is of, draw it.
 *
 * Nothing is written before everything is loaded, so an error leaves no half picture.
 */
#include "report/flame.h"

#include <inttypes.h>
#include <string.h>

#include "base/format.h"
#include "report/export.h"
#include "report/text.h"

/*
 * What even a picture of 100,000 pixels would not show is not made: it is most of a session of
 * millions of stacks, and nothing of one of 100,000 samples.
 */
#define MIN_SHARE 1e-5

/* One line of a command that may have many. */
static char *describe_command(const struct tree *tree)
{
	char *command = pmc_strdup(tree_text(tree, tree->head.session.command));

	for (char *c = command; *c; c++)
		*c = *c == '\n' || *c == '\t' || *c == '\r' ? ' ' : *c;
	return command;
}

/* "cpu-clock: 1.23 s in 4912 samples, recorded … UTC for 1.01 s, session 3, labelled base" */
static char *describe_session(const struct tree *tree)
{
	const struct profile_session *session = &tree->head.session;
	const struct profile_event *event = &tree->head.events[0];
	char value[PMC_FORMAT_SIZE], duration[PMC_FORMAT_SIZE];
	PMC_FREE char *sum = NULL, *label = NULL;

	if (!tree->head.events_count) {
		sum = pmc_strdup("no event");
	} else {
		const struct tree_cell *all = &tree->sums[0];

		if (event->is_time)
			pmc_format_ns(value, (double)all->total);
		else
			pmc_format_count(value, (double)all->total);
		sum = pmc_sprintf("%s: %s in %" PRId64 " sample%s", tree_text(tree, event->name),
				  value, all->total_samples, all->total_samples == 1 ? "" : "s");
	}
	label = session->label ? pmc_sprintf(", labelled %s", tree_text(tree, session->label)) :
				 pmc_strdup("");
	return pmc_sprintf("%s · recorded %s UTC for %s · session %" PRId64 "%s", sum,
			   tree_text(tree, session->started_at),
			   pmc_format_ns(duration, (double)session->duration_ns), session->id,
			   label);
}

/* Adds a remark, taking the text. */
static void add_note(char **note, char *text)
{
	char *longer = *note ? pmc_sprintf("%s · %s", *note, text) : pmc_strdup(text);

	free(*note);
	free(text);
	*note = longer;
}

/* What was chosen of the session, and what the picture leaves out; NULL: all is there. */
static char *describe_choice(const struct flame *flame, const struct pmc_flame_opts *opts)
{
	const struct profile *head = &flame->tree->head;
	double least = (double)flame->least;
	char value[PMC_FORMAT_SIZE];
	char *note = NULL;

	if (opts->root)
		add_note(&note, pmc_sprintf("what runs under %s", opts->root));
	if (opts->reverse)
		add_note(&note, pmc_strdup(opts->icicle ? "reversed: callers hang below" :
							  "reversed: callers stand on top"));
	if (head->windowed && head->end_slice >= 0)
		add_note(&note, pmc_sprintf("from %g s to %g s",
					    (double)(head->first_slice * head->slice_ns) / 1e9,
					    (double)(head->end_slice * head->slice_ns) / 1e9));
	else if (head->windowed)
		add_note(&note, pmc_sprintf("from %g s on",
					    (double)(head->first_slice * head->slice_ns) / 1e9));
	if (flame->frames.items[0].total <= 0)
		add_note(&note, pmc_strdup("no samples"));
	if (!flame->left_out)
		return note;
	if (least < MIN_SHARE * (double)flame->frames.items[0].total)
		least = MIN_SHARE * (double)flame->frames.items[0].total;
	if (head->events[0].is_time)
		pmc_format_ns(value, least);
	else
		pmc_format_count(value, least);
	add_note(&note, pmc_sprintf("frames of less than %s are left out", value));
	return note;
}

static void draw(const struct tree *tree, const struct pmc_flame_opts *opts, FILE *out)
{
	PMC_FREE char *command = describe_command(tree), *session = describe_session(tree);
	PMC_FREE char *note = NULL;
	struct flame flame;
	struct flame_look look = { .title = command, .subtitle = session, .event = "",
				   .icicle = opts->icicle, .reverse = opts->reverse,
				   .html = opts->html };

	flame_build(&flame, tree, 0, FLAME_LIMIT);
	note = describe_choice(&flame, opts);
	look.note = note;
	if (tree->head.events_count) {
		look.event = tree_text(tree, tree->head.events[0].name);
		look.is_time = tree->head.events[0].is_time;
	}
	flame_svg(&flame, &look, out);
	flame_fini(&flame);
}

int pmc_flame_write(struct pmc_store *store, const struct pmc_flame_opts *opts, FILE *out,
		    struct pmc_err *err)
{
	const struct tree_opts tree_opts = {
		.session_id = opts->session_id, .event = opts->event, .root = opts->root,
		.callers = opts->reverse, .by = opts->by_thread ? PMC_BY_THREAD : PMC_BY_FUNCTION,
		.from_s = opts->from_s, .to_s = opts->to_s,
		.min_share = MIN_SHARE,
	};
	struct tree tree;
	int status = export_load_tree(&tree, store, &tree_opts, "a flame graph", err);

	if (!status)
		draw(&tree, opts, out);
	tree_fini(&tree);
	return status;
}
