/*
 * table.c - aligned columns of text; see table.h for how a table is fitted.
 *
 * Cells are kept as harmless text with its width; what is cut is cut while printing, so the layout
 * is decided on numbers alone.
 */
#include "report/table.h"

#include <string.h>

#include "base/mem.h"

enum { GAP = 2 };

struct cell {
	char *text;
	unsigned width;
	enum text_tint tint;
};

struct column {
	struct table_column spec;
	char *title;
	unsigned natural;	/* widest of its cells and title */
	unsigned width;		/* as printed */
	bool shown;
};

struct group {
	unsigned number;
	char *title;
};

struct table {
	struct column *columns;
	size_t columns_count;
	PMC_ARRAY(struct cell) cells;
	PMC_ARRAY(struct group) groups;
	bool overflow;
	bool laid_out;
};

struct table *table_new(const struct table_column *columns, size_t count, bool overflow)
{
	struct table *table = pmc_calloc(1, sizeof(*table));

	table->columns = pmc_calloc(count ? count : 1, sizeof(*table->columns));
	table->columns_count = count;
	table->overflow = overflow;
	for (size_t i = 0; i < count; i++) {
		table->columns[i].spec = columns[i];
		table->columns[i].title = text_clean(columns[i].title, 0);
		table->columns[i].shown = true;
	}
	return table;
}

static void forget_rows(struct table *table)
{
	for (size_t i = 0; i < table->cells.count; i++)
		free(table->cells.items[i].text);
	table->cells.count = 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	forget_rows(table);
	pmc_array_free(&table->cells);
	for (size_t i = 0; i < table->groups.count; i++)
		free(table->groups.items[i].title);
	pmc_array_free(&table->groups);
	for (size_t i = 0; i < table->columns_count; i++)
		free(table->columns[i].title);
	free(table->columns);
	free(table);
}

void table_group(struct table *table, unsigned group, const char *title)
{
	struct group *row = pmc_array_add(&table->groups);

	row->number = group;
	row->title = text_clean(title, 0);
}

void table_align_right(struct table *table, size_t column, bool right)
{
	table->columns[column].spec.right = right;
}

void table_add(struct table *table, enum text_tint tint, const char *text)
{
	struct cell *cell = pmc_array_add(&table->cells);

	cell->text = text_clean(text, 0);
	cell->width = text_width(cell->text);
	cell->tint = tint;
}

/* ---- layout ---- */

static unsigned total_width(const struct table *table)
{
	unsigned total = 0, shown = 0;

	for (size_t i = 0; i < table->columns_count; i++) {
		if (!table->columns[i].shown)
			continue;
		total += table->columns[i].width;
		shown++;
	}
	return shown ? total + GAP * (shown - 1) : 0;
}

/*
 * Takes `excess` columns from the shown columns, the widest first. to_one: down to 1 instead of
 * min.
 */
static void shrink(struct table *table, unsigned excess, bool to_one)
{
	while (excess) {
		struct column *widest = NULL;

		for (size_t i = 0; i < table->columns_count; i++) {
			struct column *column = &table->columns[i];
			unsigned min = to_one             ? 1
				       : column->spec.min ? column->spec.min
							  : UINT32_MAX;

			if (column->shown && column->width > min &&
			    (!widest || column->width > widest->width))
				widest = column;
		}
		if (!widest)
			return;
		widest->width--;
		excess--;
	}
}

/* Leaves out the shown column with the highest drop number (the rightmost of equals). */
static bool drop_one(struct table *table, bool any)
{
	struct column *victim = NULL;
	size_t shown = 0;

	for (size_t i = 0; i < table->columns_count; i++) {
		struct column *column = &table->columns[i];

		if (!column->shown)
			continue;
		shown++;
		if ((any || column->spec.drop) &&
		    (!victim || column->spec.drop >= victim->spec.drop))
			victim = column;
	}
	if (!victim || shown < 2)
		return false;
	victim->shown = false;
	return true;
}

static void set_natural(struct table *table, unsigned limit)
{
	for (size_t i = 0; i < table->columns_count; i++) {
		struct column *column = &table->columns[i];

		column->width = column->natural;
		if (limit && column->spec.min && column->width > limit)
			column->width = limit > column->spec.min ? limit : column->spec.min;
	}
}

static void fit(struct table *table, unsigned limit)
{
	unsigned total;

	for (;;) {
		set_natural(table, limit);
		total = total_width(table);
		if (total <= limit)
			return;
		shrink(table, total - limit, false);
		if (total_width(table) <= limit || table->overflow || !drop_one(table, false))
			break;
	}
	while (!table->overflow && (total = total_width(table)) > limit) {
		shrink(table, total - limit, true);
		if (total_width(table) > limit && !drop_one(table, true))
			break;
	}
}

static void lay_out(struct table *table, const struct pmc_style *style)
{
	for (size_t i = 0; i < table->columns_count; i++)
		table->columns[i].natural = text_width(table->columns[i].title);
	for (size_t i = 0; i < table->cells.count; i++) {
		struct column *column = &table->columns[i % table->columns_count];

		if (table->cells.items[i].width > column->natural)
			column->natural = table->cells.items[i].width;
	}
	if (style->width) {
		fit(table, style->width);
	} else {
		set_natural(table, 0);
		for (size_t i = 0; i < table->columns_count; i++) {
			struct column *column = &table->columns[i];

			if (column->spec.pad_max && column->width > column->spec.pad_max)
				column->width = column->spec.pad_max;
		}
	}
	table->laid_out = true;
}

/* ---- printing ---- */

/* One cell; *pending carries the blanks due before the next one, so that no line ends in blanks. */
static void put_cell(const struct column *column, const struct pmc_style *style,
		     enum text_tint tint, const char *text, unsigned width, unsigned *pending,
		     FILE *out)
{
	PMC_FREE char *cut = NULL;
	unsigned blanks;

	if (style->width && width > column->width) {
		cut = text_clean(text, column->width);
		text = cut;
		width = text_width(cut);
	}
	blanks = width < column->width ? column->width - width : 0;
	if (column->spec.right) {
		*pending += blanks;
		blanks = 0;
	}
	if (*text) {
		text_blanks(out, *pending);
		*pending = 0;
		text_put(out, style, tint, text);
	}
	*pending += blanks + GAP + (*text ? 0 : width);
}

static const char *group_title(const struct table *table, unsigned number)
{
	for (size_t i = 0; i < table->groups.count; i++) {
		if (table->groups.items[i].number == number)
			return table->groups.items[i].title;
	}
	return "";
}

/* "--- title ---" above the columns of each group. */
static void print_groups(const struct table *table, const struct pmc_style *style, FILE *out)
{
	unsigned pending = 0;

	for (size_t i = 0; i < table->columns_count;) {
		unsigned number = table->columns[i].spec.group, span = 0, dashes, wide;
		PMC_FREE char *title = NULL;

		for (; i < table->columns_count && table->columns[i].spec.group == number; i++) {
			if (table->columns[i].shown)
				span += table->columns[i].width + GAP;
		}
		if (!span)
			continue;
		span -= GAP;
		if (!number) {
			pending += span + GAP;
			continue;
		}
		title = text_clean(group_title(table, number), span);
		wide = text_width(title);
		dashes = span > wide + 2 ? span - wide - 2 : 0;
		text_blanks(out, pending);
		for (unsigned d = 0; d < dashes / 2; d++)
			fputc('-', out);
		if (dashes / 2)
			fputc(' ', out);
		text_put(out, style, TEXT_TITLE, title);
		if (dashes)
			fputc(' ', out);
		for (unsigned d = dashes / 2; d < dashes; d++)
			fputc('-', out);
		pending = GAP;
		if (!dashes)	/* the title fills its room, all but a rest of up to two columns */
			pending += span - wide;
		else if (!(dashes / 2))
			pending++;
	}
	fputc('\n', out);
}

static void print_titles(const struct table *table, const struct pmc_style *style, bool underline,
			 FILE *out)
{
	unsigned pending = 0;

	if (table->groups.count)
		print_groups(table, style, out);
	for (size_t i = 0; i < table->columns_count; i++) {
		const struct column *column = &table->columns[i];

		if (column->shown)
			put_cell(column, style, TEXT_TITLE, column->title,
				 text_width(column->title), &pending, out);
	}
	fputc('\n', out);
	if (!underline)
		return;
	pending = 0;
	for (size_t i = 0; i < table->columns_count; i++) {
		if (!table->columns[i].shown)
			continue;
		text_blanks(out, pending);
		for (unsigned d = 0; d < table->columns[i].width; d++)
			fputc('-', out);
		pending = GAP;
	}
	fputc('\n', out);
}

void table_print(struct table *table, const struct pmc_style *style, bool underline, FILE *out)
{
	if (!table->columns_count)
		return;
	if (!table->laid_out) {
		lay_out(table, style);
		print_titles(table, style, underline, out);
	}
	for (size_t i = 0; i + table->columns_count <= table->cells.count;
	     i += table->columns_count) {
		unsigned pending = 0;

		for (size_t c = 0; c < table->columns_count; c++) {
			const struct cell *cell = &table->cells.items[i + c];

			if (table->columns[c].shown)
				put_cell(&table->columns[c], style, cell->tint, cell->text,
					 cell->width, &pending, out);
		}
		fputc('\n', out);
	}
	forget_rows(table);
}
