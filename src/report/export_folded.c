/*
 * export_folded.c - folded stacks: "main;work;tiny_[i] 3", a line a distinct stack.
 *
 * Frames from the outermost to what the samples hit, then the value of the samples that hit just
 * there. Lines are in the order of their frames' texts, byte by byte.
 *
 * A frame is its function's name with these changes:
 *
 *   ;                                    :
 *   controls, line ends, escapes,        ?
 *   bytes that are not UTF-8
 *   a function of the kernel             gets _[k] behind it
 *   one that was inlined                 _[i], unless it is the kernel's
 *   one of code made at run time         _[j], unless it was inlined
 *
 * Functions of different modules may have one name, and different names one text: such frames are
 * one here, or lines would come twice. So the walk goes over groups of nodes with equal texts:
 *
 *   level 0   [main main]  [start]            nodes, in the order of their texts
 *   level 1    └► children of both mains: [work work] [rec]
 *   level 2         └► …                      path: "main;work"
 */
#include "report/export.h"

#include <inttypes.h>
#include <string.h>

#include "report/text.h"

/* Nodes items[first … end) of the walk's room; those before `at` are done. */
struct level {
	size_t first, at, end;
	size_t path_len;	/* of the path that leads here */
};

struct folding {
	const struct tree *tree;
	FILE *out;
	struct pmc_strings *texts;
	uint32_t *text_of;	/* by function * 2 + inlined: its text; 0: not needed yet */
	uint32_t *rank_of;	/* by text: its place among all texts */
	PMC_ARRAY(uint32_t) nodes;
	PMC_ARRAY(struct level) levels;
	PMC_ARRAY(char) path;
};

/* ---- texts ---- */

static const char *suffix_of(const struct tree_function *function, bool inlined)
{
	switch (function->is_task ? PMC_MODULE_UNKNOWN : function->kind) {
	case PMC_MODULE_KERNEL:
	case PMC_MODULE_KMOD:
	case PMC_MODULE_KSYM:
		return "_[k]";
	case PMC_MODULE_ANON:
		return inlined ? "_[i]" : "_[j]";
	default:
		return inlined ? "_[i]" : "";
	}
}

static uint32_t make_text(struct folding *folding, const struct tree_function *function,
			  bool inlined)
{
	const char *name = tree_text(folding->tree, function->function);
	PMC_FREE char *clean = text_clean(*name ? name : "[unknown]", 0);
	PMC_FREE char *text = NULL;

	for (char *c = clean; *c; c++)
		*c = *c == ';' ? ':' : *c;
	text = pmc_sprintf("%s%s", clean, suffix_of(function, inlined));
	return pmc_strings_intern(folding->texts, text);
}

static uint32_t text_slot(const struct folding *folding, uint32_t node)
{
	const struct tree_node *row = &folding->tree->nodes.items[node];

	return row->function * 2 + row->inlined;
}

static uint32_t text_of(const struct folding *folding, uint32_t node)
{
	return folding->text_of[text_slot(folding, node)];
}

static int compare_texts(const void *left, const void *right, void *arg)
{
	const struct pmc_strings *texts = arg;

	return strcmp(pmc_strings_get(texts, *(const uint32_t *)left),
		      pmc_strings_get(texts, *(const uint32_t *)right));
}

static void make_texts(struct folding *folding)
{
	const struct tree *tree = folding->tree;
	PMC_FREE uint32_t *order = NULL;
	uint32_t count;

	folding->text_of = pmc_calloc(tree->functions.count * 2 + 1, sizeof(*folding->text_of));
	for (uint32_t i = 0; i < tree->nodes.count; i++) {
		const struct tree_node *node = &tree->nodes.items[i];
		uint32_t *text = &folding->text_of[text_slot(folding, i)];

		if (!*text)
			*text = make_text(folding, &tree->functions.items[node->function],
					  node->inlined);
	}
	count = pmc_strings_count(folding->texts);
	order = pmc_calloc((size_t)count + 1, sizeof(*order));
	folding->rank_of = pmc_calloc((size_t)count + 1, sizeof(*folding->rank_of));
	for (uint32_t i = 0; i < count; i++)
		order[i] = i + 1;
	qsort_r(order, count, sizeof(*order), compare_texts, folding->texts);
	for (uint32_t i = 0; i < count; i++)
		folding->rank_of[order[i]] = i;
}

/* ---- the walk ---- */

static int compare_nodes(const void *left, const void *right, void *arg)
{
	const struct folding *folding = arg;
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const uint32_t rank_a = folding->rank_of[text_of(folding, a)];
	const uint32_t rank_b = folding->rank_of[text_of(folding, b)];

	if (rank_a != rank_b)
		return rank_a < rank_b ? -1 : 1;
	return (a > b) - (a < b);
}

/* Adds nodes first … last that are siblings: each with all that is below it. */
static void add_siblings(struct folding *folding, uint32_t first, uint32_t last)
{
	const struct tree_node *nodes = folding->tree->nodes.items;

	for (uint32_t i = first; i <= last; i = nodes[i].last + 1)
		*pmc_array_add(&folding->nodes) = i;
}

/* The nodes added since `first` become a level. */
static void open_level(struct folding *folding, size_t first)
{
	struct level *level = pmc_array_add(&folding->levels);

	*level = (struct level){ .first = first, .at = first, .end = folding->nodes.count,
				 .path_len = folding->path.count };
	if (level->end - first > 1)
		qsort_r(&folding->nodes.items[first], level->end - first,
			sizeof(*folding->nodes.items), compare_nodes, folding);
}

static void set_path(struct folding *folding, size_t len, const char *text)
{
	const size_t added = strlen(text) + (len > 0);

	pmc_grow((void **)&folding->path.items, &folding->path.cap, len + added + 1, 1);
	if (len)
		folding->path.items[len] = ';';
	memcpy(folding->path.items + len + (len > 0), text, strlen(text));
	folding->path.count = len + added;
}

/* The next group of the innermost level: its line, and its children as a new level. */
static void step(struct folding *folding)
{
	struct level *level = &folding->levels.items[folding->levels.count - 1];
	const size_t begin = level->at, children = folding->nodes.count;
	const uint32_t text = text_of(folding, folding->nodes.items[begin]);
	size_t end = begin;
	int64_t self = 0;

	for (; end < level->end && text_of(folding, folding->nodes.items[end]) == text; end++)
		self += tree_cell(folding->tree, folding->nodes.items[end], 0)->self;
	level->at = end;
	set_path(folding, level->path_len, pmc_strings_get(folding->texts, text));
	if (self > 0) {
		fwrite(folding->path.items, 1, folding->path.count, folding->out);
		fprintf(folding->out, " %" PRId64 "\n", self);
	}
	for (size_t i = begin; i < end; i++) {
		const uint32_t node = folding->nodes.items[i];

		add_siblings(folding, node + 1, folding->tree->nodes.items[node].last);
	}
	if (folding->nodes.count > children)
		open_level(folding, children);
}

void export_folded_tree(const struct tree *tree, FILE *out)
{
	struct folding folding = { .tree = tree, .out = out, .texts = pmc_strings_new() };

	make_texts(&folding);
	if (tree->nodes.count)
		add_siblings(&folding, 0, (uint32_t)tree->nodes.count - 1);
	open_level(&folding, 0);
	while (folding.levels.count && !ferror(out)) {
		const struct level *level = &folding.levels.items[folding.levels.count - 1];

		if (level->at < level->end) {
			step(&folding);
			continue;
		}
		folding.nodes.count = level->first;
		folding.levels.count--;
	}
	free(folding.text_of);
	free(folding.rank_of);
	pmc_array_free(&folding.nodes);
	pmc_array_free(&folding.levels);
	pmc_array_free(&folding.path);
	pmc_strings_free(folding.texts);
}

int export_folded(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		  struct pmc_err *err)
{
	const struct tree_opts tree_opts = {
		.session_id = opts->session_id, .event = opts->event, .root = opts->root,
		.by = opts->by_thread ? PMC_BY_THREAD : PMC_BY_FUNCTION,
		.from_s = opts->from_s, .to_s = opts->to_s,
	};
	struct tree tree;
	int status = export_load_tree(&tree, store, &tree_opts, "folded stacks", err);

	if (!status)
		export_folded_tree(&tree, out);
	tree_fini(&tree);
	return status;
}
