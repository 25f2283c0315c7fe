/*
 * schema_tree.c - the SQL of views over call trees.
 *
 * Job: call_tree, callers and callees, from tree_node where a session has a tree there, and
 * computed from its costs where it has none (live_tree).
 * Not here: their columns and docs (schema_views.c); writing the table (writer_tree.c).
 *
 * live_tree. Nodes are made by the text of their path, a function's number a step, i for inlined:
 *
 *   /12        main              a text sorts before all that begin with it and go on, and those
 *   /12/34     work              before all others, as / is before the digits and these before i:
 *   /12/34/7i  tiny (inlined)    numbered in this order, every subtree is a range of ids
 *   /12/5      rec
 *
 *   climb    each cost's path, frame by frame from the leaf up: out of inlined calls first, then to
 *            the calling stack
 *   spread   costs by whole path, and once more for every path they lie under; `last` is the
 *            greatest of its subtree that they are at
 *   part     added up by path, and numbered
 *   link     each part three times, by its own path, the one above and the last: brings the numbers
 *            of the latter two together with it
 *
 * All of it is in a scalar subquery, so that it runs only for sessions asked for that have no tree:
 * a filter on session_id reaches s, while none would reach recursion. In such a subquery SQLite
 * makes no indices of its own, so nothing is joined there but by rowid.
 *
 * It takes time in proportion to costs times depth.
 *
 * Ids differ from those that the tree gets when the session ends. A stack or an inlined call whose
 * outer one is not older than itself ends there: it is damaged, and recursion must end.
 */
#include "store/schema_tree.h"

/* A path without its last step; '' for a root. */
#define ABOVE(path) "rtrim(rtrim(" path ", '0123456789i'), '/')"
/* The number in a path's last step; 0 for ''. */
#define STEP(path) "CAST(substr(" path ", length(rtrim(" path ", '0123456789i')) + 1) AS INTEGER)"

/* A step of a path. */
#define FRAME(function, site) "'/' || " function " || iif(" site " IS NULL, '', 'i')"

const char schema_live_tree_sql[] =
	"SELECT s.id, json_extract(n.value, '$[0]'), json_extract(n.value, '$[1]'),\n"
	"\tjson_extract(n.value, '$[2]'), json_extract(n.value, '$[3]'),\n"
	"\tjson_extract(n.value, '$[4]'), json_extract(n.value, '$[5]'),\n"
	"\tjson_extract(n.value, '$[6]'), json_extract(n.value, '$[7]'),\n"
	"\tjson_extract(n.value, '$[8]'), json_extract(n.value, '$[9]'),\n"
	"\tjson_extract(n.value, '$[10]'), json_extract(n.value, '$[11]'),\n"
	"\tjson_extract(n.value, '$[12]')\n"
	"FROM session s CROSS JOIN json_each((\n"
	"\tWITH RECURSIVE\n"
	"\tclimb(event_id, stack_id, site_id, path, samples, value) AS (\n"
	"\t\tSELECT c.event_id, c.stack_id, l.site_id, " FRAME("l.function_id", "l.site_id") ",\n"
	"\t\t\tc.samples, c.value\n"
	"\t\tFROM event v CROSS JOIN cost c ON c.event_id = v.id\n"
	"\t\tCROSS JOIN location l ON l.id = c.location_id\n"
	"\t\tWHERE v.session_id = s.id\n"
	"\t\tUNION ALL\n"
	"\t\tSELECT c.event_id,\n"
	"\t\t\tCASE WHEN i.id IS NOT NULL THEN c.stack_id\n"
	"\t\t\t\tWHEN k.parent_id < k.id THEN k.parent_id END,\n"
	"\t\t\tiif(i.id IS NOT NULL, iif(i.outer_id < i.id, i.outer_id, NULL), l.site_id),\n"
	"\t\t\tiif(i.id IS NOT NULL, " FRAME("i.function_id", "i.outer_id") ",\n"
	"\t\t\t\t" FRAME("l.function_id", "l.site_id") ") || c.path,\n"
	"\t\t\tc.samples, c.value\n"
	"\t\tFROM climb c LEFT JOIN inline_site i ON i.id = c.site_id\n"
	"\t\tLEFT JOIN stack k ON k.id = iif(c.site_id IS NULL, c.stack_id, NULL)\n"
	"\t\tLEFT JOIN location l ON l.id = k.location_id\n"
	"\t\tWHERE i.id IS NOT NULL OR l.id IS NOT NULL),\n"
	"\tspread(event_id, path, last, samples, self, total_samples, total) AS (\n"
	"\t\tSELECT event_id, path, path, sum(samples), sum(value), sum(samples), sum(value)\n"
	"\t\tFROM climb WHERE stack_id IS NULL AND site_id IS NULL GROUP BY event_id, path\n"
	"\t\tUNION ALL\n"
	"\t\tSELECT event_id, " ABOVE("path") ", last, 0, 0, total_samples, total\n"
	"\t\tFROM spread WHERE " ABOVE("path") " <> ''),\n"
	"\tpart AS (\n"
	"\t\tSELECT event_id, path, max(max(last)) OVER (PARTITION BY path) AS last,\n"
	"\t\t\tdense_rank() OVER (ORDER BY path) AS id,\n"
	"\t\t\tsum(samples) AS samples, sum(self) AS self,\n"
	"\t\t\tsum(total_samples) AS total_samples, sum(total) AS total\n"
	"\t\tFROM spread GROUP BY event_id, path),\n"
	"\tlink AS (\n"
	"\t\tSELECT p.*, k.column1 AS kind, max(iif(k.column1 = 0, p.id, NULL)) OVER (\n"
	"\t\t\tPARTITION BY CASE k.column1 WHEN 0 THEN p.path\n"
	"\t\t\t\tWHEN 1 THEN " ABOVE("p.path") " ELSE p.last END) AS target\n"
	"\t\tFROM part p CROSS JOIN (VALUES (0), (1), (2)) k),\n"
	"\tnode AS (\n"
	"\t\tSELECT event_id, id, max(iif(kind = 1, target, NULL)) AS parent_id,\n"
	"\t\t\tmax(iif(kind = 2, target, NULL)) AS last_id,\n"
	"\t\t\tlength(path) - length(replace(path, '/', '')) - 1 AS depth,\n"
	"\t\t\t" STEP("path") " AS function_id,\n"
	"\t\t\tsubstr(path, -1) = 'i' AS inlined,\n"
	"\t\t\t" STEP(ABOVE("path")) " AS caller_id,\n"
	"\t\t\treplace(" ABOVE("path") ", 'i', '') || '/' AS above,\n"
	"\t\t\tsamples, self, total_samples, total\n"
	"\t\tFROM link GROUP BY event_id, id)\n"
	"\tSELECT json_group_array(json_array(event_id, id, parent_id, last_id, depth,\n"
	"\t\tfunction_id, inlined, caller_id,\n"
	"\t\tCASE WHEN instr(above, '/' || caller_id || '/' || function_id || '/') THEN 2\n"
	"\t\t\tWHEN instr(above, '/' || function_id || '/') THEN 1 ELSE 0 END,\n"
	"\t\tsamples, self, total_samples, total))\n"
	"\tFROM node)) n\n"
	"WHERE NOT EXISTS (SELECT 1 FROM event v JOIN tree_node t ON t.event_id = v.id\n"
	"\tWHERE v.session_id = s.id)";

const char schema_call_tree_sql[] =
	"SELECT e.session_id, e.event, n.id, n.id - n.up, n.depth, f.module, f.function,\n"
	"\tn.inlined, n.samples, " SCALED("n.self") ",\n"
	"\t" SCALED("coalesce(n.total, n.self)") ",\n"
	"\tn.id + n.below, coalesce(n.total_samples, n.samples)\n"
	"FROM event_scale e CROSS JOIN tree_node n ON n.event_id = e.event_id\n"
	"JOIN function_name f ON f.function_id = n.function_id\n"
	"UNION ALL\n"
	"SELECT n.session_id, e.event, n.id, n.parent_id, n.depth, f.module, f.function,\n"
	"\tn.inlined, n.samples, " SCALED("n.self") ",\n"
	"\t" SCALED("n.total") ", n.last_id, n.total_samples\n"
	"FROM live_tree n CROSS JOIN event_scale e ON e.event_id = n.event_id\n"
	"JOIN function_name f ON f.function_id = n.function_id";

/*
 * Pairs of functions: f was called by p. Calls inside of one by the same caller add nothing. What
 * differs most stands first in the groups, as a million rows are compared by it.
 */
#define PAIR_SUMS(total_samples, total) \
	"min(n.inlined) AS inlined,\n" \
	"\t\tsum(iif(n.recursion < 2, " total_samples ", 0)) AS samples,\n" \
	"\t\tsum(iif(n.recursion < 2, " total ", 0)) AS total\n"
#define STORED_PAIRS \
	"(SELECT e.session_id, e.event, e.scale, e.value, n.function_id,\n" \
	"\t\tp.function_id AS caller_id, " \
	PAIR_SUMS("coalesce(n.total_samples, n.samples)", "coalesce(n.total, n.self)") \
	"\tFROM event_scale e CROSS JOIN tree_node n ON n.event_id = e.event_id\n" \
	"\tLEFT JOIN tree_node p ON p.event_id = n.event_id AND p.id = n.id - n.up\n" \
	"\tGROUP BY n.function_id, p.function_id, e.event_id, e.session_id, e.event)"
#define LIVE_PAIRS \
	"(SELECT n.session_id, e.event, e.scale, e.value, n.function_id,\n" \
	"\t\tn.caller_id, " PAIR_SUMS("n.total_samples", "n.total") \
	"\tFROM live_tree n CROSS JOIN event_scale e ON e.event_id = n.event_id\n" \
	"\tGROUP BY n.function_id, n.caller_id, e.event_id, n.session_id, e.event)"
#define PAIRS(names, pairs, join) \
	"SELECT e.session_id, e.event, " names ",\n" \
	"\te.inlined, e.samples, " SCALED("e.total") ", " SHARE("e.total") "\n" \
	"FROM " pairs " e\n" \
	"JOIN function_name f ON f.function_id = e.function_id\n" \
	join " function_name p ON p.function_id = e.caller_id"
#define CALLERS "f.module, f.function, p.module, p.function"
#define CALLEES "p.module, p.function, f.module, f.function"

const char schema_callers_sql[] =
	PAIRS(CALLERS, STORED_PAIRS, "LEFT JOIN") "\nUNION ALL\n"
	PAIRS(CALLERS, LIVE_PAIRS, "LEFT JOIN");

const char schema_callees_sql[] =
	PAIRS(CALLEES, STORED_PAIRS, "JOIN") "\nUNION ALL\n" PAIRS(CALLEES, LIVE_PAIRS, "JOIN");
