/*
 * tree_text.c - a tree for people.
 *
 *     total    self    time  function
 *   100.0 %   0.0 %  1.20 s  main → run [solve]             a chain with nothing beside it: a line
 *    61.3 %  10.1 %  736 ms  ├─ compute
 *    51.2 %  51.2 %  614 ms  │  └─ square (inlined)
 *    30.0 %  30.0 %  360 ms  ├─ memcpy [libc.so.6]          another module than its caller's
 *     8.7 %                  └─ … 12 more                   what the limits left out
 *
 * The heavy path is tinted: from the heaviest root always to the heaviest child, as far as that has
 * more than the node itself. In a tree of callers, total is called self: it is the root's own.
 *
 * Names come before figures where a window is narrow: table.c drops figures; names are shortened
 * here, so that the lines of the tree stay whole.
 */
#include <stdarg.h>
#include <string.h>

#include "base/format.h"
#include "report/report_header.h"
#include "report/table.h"
#include "report/tree_print.h"

enum {
	DROP_SELF_LATER = 300, DROP_TOTAL_LATER = 200, DROP_VALUE = 30, DROP_SELF = 20,
	SHARE_WIDTH = 7, VALUE_WIDTH = 8, GAP = 2,
	NAME_MIN = 12,		/* a name is not shortened below */
	CHAIN_WIDTH = 72,	/* a chain goes on in a new line from here, without a terminal */
};

/* Shares that print as the same figure: half of the last digit shown. */
#define SAME_SHARE 0.0005

struct lines {
	const char *branch, *last, *bar, *blank, *arrow;
};

static const struct lines box_lines = { "├─ ", "└─ ", "│  ", "   ", " → " };
static const struct lines ascii_lines = { "|- ", "`- ", "|  ", "   ", " > " };

struct printer {
	const struct tree *tree;
	const struct pmc_report_opts *opts;
	const struct lines *lines;
	struct table *table;
	unsigned room;		/* columns for the drawing; 0: no limit */
	uint32_t hot;		/* next node of the heavy path, or TREE_NONE */
	size_t printed, left;	/* lines */
	char *prefix;		/* of the line in hand */
	size_t prefix_len, prefix_cap;
};

/* ---- what a node is called ---- */

static bool names_module(const struct tree *tree, const struct tree_node *node)
{
	const struct tree_function *function = &tree->functions.items[node->function];
	uint32_t above = 0;

	if (node->parent != TREE_NONE)
		above = tree->functions.items[tree->nodes.items[node->parent].function].module;
	/* "[libc.so.6+0x1234]" has it already. */
	return function->module && function->module != above &&
	       tree_text(tree, function->function)[0] != '[';
}

static char *name_node(const struct tree *tree, const struct tree_node *node, unsigned width)
{
	const struct tree_function *function = &tree->functions.items[node->function];
	const char *module = text_base_name(tree_text(tree, function->module));
	const char *mark = node->inlined ? " (inlined)" : "";
	PMC_FREE char *clean_module = NULL, *tail = NULL, *name = NULL;
	unsigned used;

	if (names_module(tree, node)) {
		clean_module = text_clean(module, 24);
		tail = pmc_sprintf(*module == '[' ? "%s %s" : "%s [%s]", mark, clean_module);
	} else {
		tail = pmc_strdup(mark);
	}
	used = text_width(tail);
	if (width)
		width = width > used + NAME_MIN ? width - used : NAME_MIN;
	name = text_clean(tree_text(tree, function->function), width);
	return pmc_sprintf("%s%s", name, tail);
}

/* ---- chains ---- */

static bool is_close(int64_t a, int64_t b, int64_t sum)
{
	return (double)(a - b) < SAME_SHARE * (double)sum;
}

/* The only child, where it has all that its parent has but what no figure would show. */
static uint32_t chain_next(const struct tree *tree, uint32_t index)
{
	const struct tree_node *node = &tree->nodes.items[index];
	const uint32_t child = index + 1;

	if (node->last == index || tree->nodes.items[child].last != node->last ||
	    tree->functions.items[node->function].is_task)
		return TREE_NONE;
	for (size_t e = 0; e < tree->head.events_count; e++) {
		if (!is_close(tree_cell(tree, index, e)->total, tree_cell(tree, child, e)->total,
			      tree->sums[e].total))
			return TREE_NONE;
	}
	return child;
}

/* ---- cells ---- */

static void add_share(struct printer *printer, int64_t value, int64_t sum, bool tinted)
{
	const double share = sum > 0 ? (double)value / (double)sum : 0;
	char text[32];

	snprintf(text, sizeof(text), "%.1f %%", share * 100);
	table_add(printer->table, tinted ? text_share_tint(share) : TEXT_PLAIN, text);
}

static void add_figures(struct printer *printer, const struct tree_cell *cells, bool has_self)
{
	const struct tree *tree = printer->tree;
	char text[PMC_FORMAT_SIZE];

	for (size_t e = 0; e < tree->head.events_count; e++) {
		const bool is_there = cells[e].total_samples > 0;

		if (is_there)
			add_share(printer, cells[e].total, tree->sums[e].total, true);
		else
			table_add(printer->table, TEXT_PLAIN, "");
		if (!printer->opts->callers && is_there && has_self)
			add_share(printer, cells[e].self, tree->sums[e].total, false);
		else if (!printer->opts->callers)
			table_add(printer->table, TEXT_PLAIN, "");
	}
	if (tree->head.events_count > 1)
		return;
	if (tree->head.events[0].is_time)
		pmc_format_ns(text, (double)cells[0].total);
	else
		pmc_format_count(text, (double)cells[0].total);
	table_add(printer->table, TEXT_PLAIN, text);
}

static void put_line(struct printer *printer, const struct tree_cell *cells, bool has_self,
		     enum text_tint tint, const char *drawing)
{
	if (printer->opts->limit && printer->printed == printer->opts->limit) {
		printer->left++;
		return;
	}
	printer->printed++;
	add_figures(printer, cells, has_self);
	table_add(printer->table, tint, drawing);
}

/* ---- drawing ---- */

static void push(struct printer *printer, const char *piece)
{
	const size_t len = strlen(piece);

	pmc_grow((void **)&printer->prefix, &printer->prefix_cap, printer->prefix_len + len + 1,
		 1);
	memcpy(printer->prefix + printer->prefix_len, piece, len + 1);
	printer->prefix_len += len;
}

static void pop(struct printer *printer, size_t len)
{
	printer->prefix_len = len;
	printer->prefix[len] = '\0';
}

/*
 * Columns that are left for a name behind the prefix; 0: no limit. A prefix that would leave none
 * is cut at its start.
 */
static unsigned room_for_name(const struct printer *printer, const char **prefix)
{
	unsigned width = text_width(*prefix), columns;
	uint32_t code;

	if (!printer->room)
		return 0;
	while (width && width + NAME_MIN > printer->room) {
		*prefix += pmc_format_char(*prefix, &code, &columns);
		width -= columns;
	}
	return printer->room > width + NAME_MIN ? printer->room - width : NAME_MIN;
}

/*
 * A node, and those below it that make a chain with it as far as the line has room. Returns the
 * last one on the line.
 */
static uint32_t draw_node(struct printer *printer, uint32_t index)
{
	const struct tree *tree = printer->tree;
	const char *prefix = printer->prefix;
	const unsigned room = room_for_name(printer, &prefix);
	const unsigned limit = room ? room : CHAIN_WIDTH;
	char *names = name_node(tree, &tree->nodes.items[index], room);
	PMC_FREE char *drawing = NULL;
	uint32_t next;
	bool hot = index == printer->hot;

	while ((next = chain_next(tree, index)) != TREE_NONE) {
		PMC_FREE char *name = name_node(tree, &tree->nodes.items[next], 0);
		char *longer;

		if (text_width(names) + text_width(name) + 3 > limit)
			break;
		longer = pmc_sprintf("%s%s%s", names, printer->lines->arrow, name);
		free(names);
		names = longer;
		index = next;
	}
	if (hot) {
		const struct tree_node *node = &tree->nodes.items[index];

		printer->hot = node->last > index && tree_cell(tree, index + 1, 0)->total >
						     tree_cell(tree, index, 0)->self ?
				       index + 1 : TREE_NONE;
	}
	drawing = pmc_sprintf("%s%s", prefix, names);
	put_line(printer, tree_cell(tree, index, 0), true, hot ? TEXT_HOT : TEXT_PLAIN, drawing);
	free(names);
	return index;
}

/* What the limits left out below a node (or of all roots): true where it is worth a line. */
static bool count_hidden(const struct printer *printer, uint32_t index, struct tree_cell *rest,
			 uint32_t *count)
{
	const struct tree *tree = printer->tree;
	const size_t events = tree->head.events_count;
	const uint32_t end = index == TREE_NONE ? (uint32_t)tree->nodes.count :
						  tree->nodes.items[index].last + 1;
	bool worth = false;

	*count = index == TREE_NONE ? tree->hidden : tree->nodes.items[index].hidden;
	if (!*count)
		return false;
	memcpy(rest, index == TREE_NONE ? tree->sums : tree_cell(tree, index, 0),
	       events * sizeof(*rest));
	for (size_t e = 0; e < events; e++) {
		rest[e].total -= rest[e].self;
		rest[e].total_samples -= rest[e].samples;
		for (uint32_t child = index == TREE_NONE ? 0 : index + 1; child < end;
		     child = tree->nodes.items[child].last + 1) {
			rest[e].total -= tree_cell(tree, child, e)->total;
			rest[e].total_samples -= tree_cell(tree, child, e)->total_samples;
		}
		worth |= rest[e].total_samples > 0 &&
			 (double)rest[e].total >=
				 printer->opts->min_share * (double)tree->sums[e].total;
	}
	return worth;
}

static void draw_hidden(struct printer *printer, uint32_t index)
{
	struct tree_cell rest[PROFILE_EVENTS_MAX];
	PMC_FREE char *drawing = NULL;
	const char *prefix = printer->prefix;
	uint32_t count;

	if (!count_hidden(printer, index, rest, &count))
		return;
	room_for_name(printer, &prefix);
	drawing = pmc_sprintf("%s%s… %u more", prefix,
			      index == TREE_NONE ? "" : printer->lines->last, count);
	put_line(printer, rest, false, TEXT_FAINT, drawing);
}

/* A family that is being drawn: who is next, and what stands before its lines. */
struct family {
	uint32_t next, end, parent;
	size_t prefix_len;
};

/* Depth first, with a stack of families: recursion can be deeper than the C stack. */
static void draw_all(struct printer *printer)
{
	const struct tree *tree = printer->tree;
	PMC_ARRAY(struct family) families = { 0 };
	struct tree_cell rest[PROFILE_EVENTS_MAX];
	uint32_t count;

	push(printer, "");
	*pmc_array_add(&families) =
		(struct family){ 0, (uint32_t)tree->nodes.count, TREE_NONE, 0 };
	while (families.count) {
		struct family *family = &families.items[families.count - 1];
		const uint32_t index = family->next, parent = family->parent;
		bool last;
		uint32_t drawn;

		pop(printer, family->prefix_len);
		if (index == family->end) {
			draw_hidden(printer, parent);
			families.count--;
			continue;
		}
		family->next = tree->nodes.items[index].last + 1;
		last = family->next == family->end &&
		       !count_hidden(printer, parent, rest, &count);
		if (parent != TREE_NONE)
			push(printer, last ? printer->lines->last : printer->lines->branch);
		drawn = draw_node(printer, index);
		pop(printer, family->prefix_len);
		if (parent != TREE_NONE)
			push(printer, last ? printer->lines->blank : printer->lines->bar);
		*pmc_array_add(&families) = (struct family){
			drawn + 1, tree->nodes.items[drawn].last + 1, drawn, printer->prefix_len,
		};
	}
	pmc_array_free(&families);
}

/* ---- all of it ---- */

static struct table *make_table(const struct tree *tree, bool callers)
{
	const size_t events = tree->head.events_count;
	struct table_column *columns = pmc_calloc(2 * events + 2, sizeof(*columns));
	char title[64] = "time";
	struct table *table;
	size_t count = 0;

	for (unsigned e = 0; e < events; e++) {
		const unsigned group = events > 1 ? e + 1 : 0;

		columns[count++] = (struct table_column){
			.title = callers ? "self" : "total", .right = true, .group = group,
			.drop = e ? DROP_TOTAL_LATER + e : 0 };
		if (!callers)
			columns[count++] = (struct table_column){
				.title = "self", .right = true, .group = group,
				.drop = e ? DROP_SELF_LATER + e : DROP_SELF };
	}
	if (events == 1) {
		if (!tree->head.events[0].is_time)
			pmc_format_name(title, sizeof(title),
					tree_text(tree, tree->head.events[0].name), 14);
		columns[count++] = (struct table_column){ .title = title, .right = true,
							  .drop = DROP_VALUE };
	}
	columns[count++] = (struct table_column){ .title = callers ? "function, called by" :
								     "function",
						  .min = 20, .pad_max = 1 };
	table = table_new(columns, count, false);
	for (unsigned e = 0; events > 1 && e < events; e++)
		table_group(table, e + 1, tree_text(tree, tree->head.events[e].name));
	free(columns);
	return table;
}

/* Columns of a terminal that the figures leave for the drawing. */
static unsigned room_of(const struct tree *tree, const struct pmc_report_opts *opts)
{
	const unsigned events = (unsigned)tree->head.events_count;
	const unsigned shares = opts->callers ? events : 2 * events;
	unsigned used = shares * (SHARE_WIDTH + GAP) + (events == 1 ? VALUE_WIDTH + GAP : 0);

	if (!opts->style.width)
		return 0;
	if (used + 40 > opts->style.width)	/* figures are dropped down to one share */
		used = SHARE_WIDTH + GAP;
	return opts->style.width > used + 20 ? opts->style.width - used : 20;
}

static void print_note(const struct pmc_report_opts *opts, FILE *out, const char *fmt, ...)
	PMC_PRINTF(3, 4);

static void print_note(const struct pmc_report_opts *opts, FILE *out, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_paragraph(out, &opts->style, TEXT_PLAIN, "", 0, text);
}

void tree_text_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out)
{
	struct printer printer = {
		.tree = tree, .opts = opts, .hot = 0,
		.lines = opts->style.ascii ? &ascii_lines : &box_lines,
		.room = room_of(tree, opts),
	};

	report_header(&tree->head, &opts->style, out);
	if (!tree->nodes.count) {
		print_note(opts, out, tree->hidden ?
			   "Nothing reaches %g %% of all; --min-share 0 shows everything." :
			   "No samples here.", opts->min_share * 100);
		return;
	}
	printer.table = make_table(tree, opts->callers);
	draw_all(&printer);
	table_print(printer.table, &opts->style, false, out);
	table_free(printer.table);
	free(printer.prefix);
	if (printer.left)
		print_note(opts, out, "… %zu more line%s; --limit 0 shows all", printer.left,
			   printer.left > 1 ? "s" : "");
}
