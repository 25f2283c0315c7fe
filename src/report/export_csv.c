/*
 * export_csv.c - a view of a session as CSV (RFC 4180): the columns of the view, a row a line.
 *
 * Rows of the session, and of the events asked for where the view has events, in the view's own
 * order, which is the same each time: to sort a view of millions of rows would need the memory for
 * all of them. Numbers have all their digits.
 */
#include <string.h>

#include "base/nearest.h"
#include "report/encode.h"
#include "report/export.h"

/* What the view has: columns that rows are chosen by. */
struct view {
	const char *name;
	bool exists, has_session, has_event;
};

static int unknown_view(struct pmc_store *store, const char *name, struct pmc_err *err)
{
	char text[PMC_NEAREST_MAX * (PMC_NEAREST_LEN + 8)];
	struct pmc_nearest nearest;
	struct pmc_query *query = pmc_query_prepare(
		store, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name", NULL,
		err);

	pmc_nearest_init(&nearest, name);
	while (query && pmc_query_step(query, err) == 1)
		pmc_nearest_offer(&nearest, pmc_query_cell(query, 0).text);
	pmc_query_free(query);
	pmc_err_set(err, PMC_ERR_USAGE, "no view '%s'", name);
	if (nearest.count)
		return pmc_err_hint(err, "did you mean %s?",
				    pmc_nearest_text(&nearest, text, sizeof(text)));
	return pmc_err_hint(err, "`pmc db schema` shows all; function_profile is what each "
				 "function cost");
}

static int find_view(struct view *view, struct pmc_store *store, const char *name,
		     struct pmc_err *err)
{
	/* An older file has this version's views as temporary ones, so the schema is not asked. */
	struct pmc_query *query = pmc_query_prepare(
		store, "SELECT c.name FROM pragma_table_list(?1) t, pragma_table_info(t.name) c"
		       " WHERE t.type = 'view' GROUP BY c.cid ORDER BY c.cid", NULL, err);
	int status;

	if (!query)
		return -1;
	*view = (struct view){ .name = name };
	pmc_query_bind_text(query, 1, name);
	while ((status = pmc_query_step(query, err)) == 1) {
		const char *column = pmc_query_cell(query, 0).text;

		view->exists = true;
		view->has_session |= !strcmp(column, "session_id");
		view->has_event |= !strcmp(column, "event");
	}
	pmc_query_free(query);
	return status < 0 ? -1 : view->exists ? 0 : unknown_view(store, name, err);
}

static char *make_sql(const struct view *view, size_t events)
{
	char *sql = pmc_sprintf("SELECT * FROM \"%s\"", view->name), *longer;

	if (view->has_session) {
		longer = pmc_sprintf("%s WHERE session_id = ?", sql);
		free(sql);
		sql = longer;
	}
	for (size_t e = 0; e < events; e++) {
		longer = pmc_sprintf("%s%s%s", sql, e ? ", ?" : " AND event IN (?",
				     e + 1 == events ? ")" : "");
		free(sql);
		sql = longer;
	}
	return sql;
}

static int write_rows(struct pmc_query *query, FILE *out, struct pmc_err *err)
{
	const int columns = pmc_query_columns(query);
	int status = 0;

	for (int c = 0; c < columns; c++) {
		const char *name = pmc_query_column_name(query, c);

		fputs(c ? "," : "", out);
		encode_csv(out, name, strlen(name));
	}
	fputs("\r\n", out);
	while (!ferror(out) && (status = pmc_query_step(query, err)) == 1) {
		for (int c = 0; c < columns; c++) {
			const struct pmc_cell cell = pmc_query_cell(query, c);

			fputs(c ? "," : "", out);
			encode_cell_csv(out, &cell);
		}
		fputs("\r\n", out);
	}
	return status < 0 ? -1 : 0;
}

static int write_view(const struct view *view, struct pmc_store *store,
		      const struct profile *head, size_t events, FILE *out, struct pmc_err *err)
{
	PMC_FREE char *sql = make_sql(view, events);
	struct pmc_query *query = pmc_query_prepare(store, sql, NULL, err);
	int status;

	if (!query)
		return -1;
	if (view->has_session)
		pmc_query_bind_int(query, 1, head->session.id);
	for (size_t e = 0; e < events; e++)
		pmc_query_bind_text(query, 2 + (int)e, profile_text(head, head->events[e].name));
	status = write_rows(query, out, err);
	pmc_query_free(query);
	return status;
}

static int refuse_option(const char *option, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_USAGE, "%s does not choose rows of a view", option);
	return pmc_err_hint(err, "`pmc report --format csv` takes it; `pmc sql` any condition");
}

int export_csv(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
	       struct pmc_err *err)
{
	const char *name = opts->view ? opts->view : "function_profile";
	struct profile head = { 0 };
	struct view view;
	int status;

	if (opts->root)
		return refuse_option("--root", err);
	if (opts->from_s > 0 || opts->to_s >= 0)
		return refuse_option("a window of time", err);
	if (find_view(&view, store, name, err))
		return -1;
	if (opts->event && !(view.has_event && view.has_session)) {
		pmc_err_set(err, PMC_ERR_USAGE, "view %s has no events to choose from", name);
		return pmc_err_hint(err, "leave out --event");
	}
	head.pool = pmc_strings_new();
	status = profile_load_head(&head, store, opts->session_id, opts->event, err);
	if (!status)
		status = write_view(&view, store, &head, opts->event ? head.events_count : 0, out,
				    err);
	profile_fini(&head);
	return status;
}
