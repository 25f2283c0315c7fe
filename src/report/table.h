/*
 * table.h - aligned columns of text, fitted to a terminal. Used by reports and by `pmc sql`.
 *
 *   group      ------ instructions ------
 *   titles       self   total      value   function      module
 *   rows       41.3 %  99.8 %      1.23G   compute       split532
 *
 * A table that does not fit style->width is made to fit in this order: columns with a `min` are
 * shortened (the widest first), then columns with a `drop` number are left out (the highest first),
 * then all are shortened further. A table made with `overflow` stops after the first step.
 * Without a width (no terminal) nothing is shortened.
 *
 * Widths come from the rows that are there at the first table_print(); later calls print the rows
 * added since with the same widths, so a long result streams through a table of bounded memory.
 */
#ifndef PMC_REPORT_TABLE_H
#define PMC_REPORT_TABLE_H

#include "report/text.h"

struct table_column {
	const char *title;	/* copied */
	bool right;		/* numbers stand right */
	unsigned min;		/* may be shortened down to this; 0: as it is */
	unsigned drop;		/* 0: never left out */
	unsigned pad_max;	/* not a terminal: longer cells stick out of the column; 0: none */
	unsigned group;		/* neighbours with the same group > 0 stand below one heading */
};

struct table;

struct table *table_new(const struct table_column *columns, size_t count, bool overflow);
void table_free(struct table *table);

/* The heading of a group; copied. */
void table_group(struct table *table, unsigned group, const char *title);

/* Decides a column's side late: before the first print. */
void table_align_right(struct table *table, size_t column, bool right);

/* The next cell, row by row from the left; copied and made harmless. A row has every column. */
void table_add(struct table *table, enum text_tint tint, const char *text);

/*
 * Prints the titles (the first time) and all rows, and forgets the rows. `underline`: dashes
 * below titles.
 */
void table_print(struct table *table, const struct pmc_style *style, bool underline, FILE *out);

#endif
