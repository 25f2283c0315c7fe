/*
 * sql_print.c - results of any query as a table, CSV or JSON.
 *
 * Job: run the statements of a text one after the other and print the rows of each; better hints
 * for names that are not there.
 * Not here: where the text comes from, and the shell (cli/).
 *
 * Rows stream: CSV and JSON hold one row; a table holds the first SAMPLE_ROWS to find its widths,
 * and later CHUNK_ROWS at a time. Output that cannot be written (a closed pipe) ends the query
 * quietly; whoever owns the stream sees its error flag.
 *
 *   table   a blank line between results        csv   the same
 *   json    one array of objects a result: a stream of JSON values if there are several
 */
#include "report/report.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "report/encode.h"
#include "report/table.h"

enum { SAMPLE_ROWS = 1000, CHUNK_ROWS = 100, TEXT_MIN = 8 };

/* ---- table ---- */

/* A column stands right if all its values so far are numbers, and there is one. */
struct kind {
	bool number, other;
};

static void add_row(struct table *table, struct kind *kinds, const struct pmc_query *query)
{
	for (int c = 0; c < pmc_query_columns(query); c++) {
		struct pmc_cell cell = pmc_query_cell(query, c);
		PMC_FREE char *text = encode_cell_text(&cell);

		for (char *at = text; *at; at++) {
			if (*at == '\n' || *at == '\t' || *at == '\r')
				*at = ' ';
		}
		table_add(table, TEXT_PLAIN, text);
		if (cell.type == PMC_CELL_INT || cell.type == PMC_CELL_REAL)
			kinds[c].number = true;
		else if (cell.type != PMC_CELL_NULL)
			kinds[c].other = true;
	}
}

static struct table *make_table(const struct pmc_query *query)
{
	size_t count = (size_t)pmc_query_columns(query);
	PMC_FREE struct table_column *columns = pmc_calloc(count, sizeof(*columns));

	for (size_t c = 0; c < count; c++) {
		columns[c].title = pmc_query_column_name(query, (int)c);
		columns[c].min = TEXT_MIN;
	}
	return table_new(columns, count, true);
}

static void print_first(struct table *table, const struct kind *kinds, size_t count,
			const struct pmc_style *style, FILE *out)
{
	for (size_t c = 0; c < count; c++) {
		if (kinds[c].number && !kinds[c].other)
			table_align_right(table, c, true);
	}
	table_print(table, style, true, out);
}

static int print_table(struct pmc_query *query, const struct pmc_style *style, FILE *out,
		       struct pmc_err *err)
{
	size_t count = (size_t)pmc_query_columns(query), rows = 0;
	PMC_FREE struct kind *kinds = pmc_calloc(count, sizeof(*kinds));
	struct table *table = make_table(query);
	int status;

	while (!ferror(out) && (status = pmc_query_step(query, err)) == 1) {
		add_row(table, kinds, query);
		rows++;
		if (rows == SAMPLE_ROWS)
			print_first(table, kinds, count, style, out);
		else if (rows > SAMPLE_ROWS && rows % CHUNK_ROWS == 0)
			table_print(table, style, true, out);
	}
	if (ferror(out))
		status = 0;
	if (!status || rows) {
		if (rows < SAMPLE_ROWS)
			print_first(table, kinds, count, style, out);
		else
			table_print(table, style, true, out);
	}
	table_free(table);
	return status;
}

/* ---- CSV and JSON ---- */

static int print_csv(struct pmc_query *query, FILE *out, struct pmc_err *err)
{
	int count = pmc_query_columns(query), status = 0;

	for (int c = 0; c < count; c++) {
		const char *name = pmc_query_column_name(query, c);

		fputs(c ? "," : "", out);
		encode_csv(out, name, strlen(name));
	}
	fputs("\r\n", out);
	while (!ferror(out) && (status = pmc_query_step(query, err)) == 1) {
		for (int c = 0; c < count; c++) {
			struct pmc_cell cell = pmc_query_cell(query, c);

			fputs(c ? "," : "", out);
			encode_cell_csv(out, &cell);
		}
		fputs("\r\n", out);
	}
	return ferror(out) ? 0 : status;
}

/* Column names as keys: one that was there before gets a number, as keys should differ. */
static char *key_name(const struct pmc_query *query, int column)
{
	const char *name = pmc_query_column_name(query, column);
	int same = 1;

	for (int c = 0; c < column; c++)
		same += !strcmp(pmc_query_column_name(query, c), name);
	return same > 1 ? pmc_sprintf("%s_%d", name, same) : pmc_strdup(name);
}

static int print_json(struct pmc_query *query, FILE *out, struct pmc_err *err)
{
	int count = pmc_query_columns(query), status = 0;
	PMC_FREE char **keys = pmc_calloc((size_t)count, sizeof(*keys));
	bool first = true;

	for (int c = 0; c < count; c++)
		keys[c] = key_name(query, c);
	fputc('[', out);
	while (!ferror(out) && (status = pmc_query_step(query, err)) == 1) {
		fputs(first ? "\n  {" : ",\n  {", out);
		first = false;
		for (int c = 0; c < count; c++) {
			struct pmc_cell cell = pmc_query_cell(query, c);

			fputs(c ? ", " : "", out);
			encode_json(out, keys[c]);
			fputs(": ", out);
			encode_cell_json(out, &cell);
		}
		fputc('}', out);
	}
	fputs(first ? "]\n" : "\n]\n", out);
	for (int c = 0; c < count; c++)
		free(keys[c]);
	return ferror(out) ? 0 : status;
}

/* ---- hints ---- */

/* True if `word` stands in the SQL as a word. */
static bool mentions(const char *sql, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = sql; (at = strcasestr(at, word)); at += len) {
		bool starts = at == sql || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');

		if (starts && !isalnum((unsigned char)at[len]) && at[len] != '_')
			return true;
	}
	return false;
}

/*
 * Offers the names of a query's first column; where it has a second, only if `sql` mentions that
 * table.
 */
static void offer_names(struct pmc_store *store, const char *names, const char *sql,
			struct pmc_nearest *nearest)
{
	struct pmc_query *query = pmc_query_prepare(store, names, NULL, NULL);

	while (query && pmc_query_step(query, NULL) == 1) {
		if (!sql || mentions(sql, pmc_query_cell(query, 1).text))
			pmc_nearest_offer(nearest, pmc_query_cell(query, 0).text);
	}
	pmc_query_free(query);
}

/* "SQL: no such column: fuction (line 1…" gives fuction; without the table's name before a dot. */
static char *missing_name(const char *message, const char *what)
{
	const char *at = strstr(message, what), *dot;
	size_t len;

	if (!at)
		return NULL;
	at += strlen(what);
	len = strcspn(at, " ");
	dot = memrchr(at, '.', len);
	if (dot) {
		len -= (size_t)(dot + 1 - at);
		at = dot + 1;
	}
	return pmc_strndup(at, len);
}

/* Puts the names that may have been meant in place of the general hint. */
static void suggest(struct pmc_store *store, const char *sql, struct pmc_err *err)
{
	PMC_FREE char *table = missing_name(err->message, "no such table: ");
	PMC_FREE char *column = missing_name(err->message, "no such column: ");
	struct pmc_nearest nearest;
	char text[PMC_NEAREST_MAX * (PMC_NEAREST_LEN + 8)];

	pmc_nearest_init(&nearest, table ? table : column ? column : "");
	if (table)
		offer_names(store, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
			    " ORDER BY type = 'table', name", NULL, &nearest);
	else if (column)
		offer_names(store,
			    "SELECT DISTINCT c.name, m.name FROM sqlite_schema m,"
			    " pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')",
			    sql, &nearest);
	if (!nearest.count)
		return;
	err->hint[0] = '\0';
	pmc_err_hint(err, "did you mean %s?", pmc_nearest_text(&nearest, text, sizeof(text)));
}

int pmc_report_sql(struct pmc_store *store, const char *sql, enum pmc_format format,
		   const struct pmc_style *style, FILE *out, struct pmc_err *err)
{
	struct pmc_err ours = { 0 };
	bool first = true;
	int status = 0;

	while (!status && *sql && !ferror(out)) {
		const char *rest;
		struct pmc_query *query = pmc_query_prepare(store, sql, &rest, &ours);

		if (!query)
			break;
		if (!pmc_query_columns(query)) {
			status = pmc_query_step(query, &ours) < 0 ? -1 : 0;
		} else {
			if (!first && format != PMC_FORMAT_JSON)
				fputs(format == PMC_FORMAT_CSV ? "\r\n" : "\n", out);
			first = false;
			status = format == PMC_FORMAT_CSV ? print_csv(query, out, &ours) :
				 format == PMC_FORMAT_JSON ? print_json(query, out, &ours) :
				 print_table(query, style, out, &ours);
		}
		pmc_query_free(query);
		if (!status)
			sql = rest;
	}
	if (!pmc_err_is_set(&ours))
		return 0;
	suggest(store, sql, &ours);
	if (err && !pmc_err_is_set(err))
		*err = ours;
	return -1;
}
