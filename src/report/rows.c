/*
 * rows.c - rows of plain text as a table, CSV or JSON: for commands whose results are no session's.
 *
 * JSON is one array of objects, a line each; CSV begins with a line of titles (RFC 4180).
 */
#include <string.h>

#include "report/encode.h"
#include "report/report.h"
#include "report/table.h"

enum { COLUMNS_MAX = 16, LAST_MIN = 24 };

static void print_table(const char *const *titles, size_t columns, const char *const *cells,
			size_t rows, const struct pmc_style *style, FILE *out)
{
	struct table_column specs[COLUMNS_MAX] = { 0 };
	struct table *table;

	for (size_t i = 0; i < columns; i++) {
		specs[i].title = titles[i];
		specs[i].min = i + 1 == columns ? LAST_MIN : 0;	/* the last one is prose */
	}
	table = table_new(specs, columns, true);
	for (size_t i = 0; i < rows * columns; i++)
		table_add(table, TEXT_PLAIN, cells[i]);
	table_print(table, style, false, out);
	table_free(table);
}

static void print_csv_line(const char *const *cells, size_t columns, FILE *out)
{
	for (size_t i = 0; i < columns; i++) {
		if (i)
			fputc(',', out);
		encode_csv(out, cells[i], strlen(cells[i]));
	}
	fputs("\r\n", out);
}

static void print_json(const char *const *titles, size_t columns, const char *const *cells,
		       size_t rows, FILE *out)
{
	fputs("[", out);
	for (size_t i = 0; i < rows * columns; i++) {
		fputs(i % columns ? ", " : i ? "},\n {" : "\n {", out);
		encode_json(out, titles[i % columns]);
		fputs(": ", out);
		encode_json(out, cells[i]);
	}
	fputs(rows ? "}\n]\n" : "]\n", out);
}

void pmc_report_rows(const char *const *titles, size_t columns, const char *const *cells,
		     size_t rows, enum pmc_format format, const struct pmc_style *style, FILE *out)
{
	if (columns > COLUMNS_MAX)
		columns = COLUMNS_MAX;
	switch (format) {
	case PMC_FORMAT_TEXT:
		print_table(titles, columns, cells, rows, style, out);
		break;
	case PMC_FORMAT_CSV:
		print_csv_line(titles, columns, out);
		for (size_t i = 0; i < rows; i++)
			print_csv_line(cells + i * columns, columns, out);
		break;
	case PMC_FORMAT_JSON:
		print_json(titles, columns, cells, rows, out);
		break;
	}
}
