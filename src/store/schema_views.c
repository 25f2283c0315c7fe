/*
 * schema_views.c - the views: the public interface of a session file.
 *
 * Job: name, columns with docs, and SQL of each view. Columns of views that are not `internal` are
 * a promise.
 * Not here: tables (schema.c); the SQL of call trees (schema_tree.c).
 *
 * Rules that keep them fast and right:
 * - a filter on session_id and event must reach the tables: views group by those columns, and
 *   window functions partition by them, so that SQLite pushes the filter down; recursion is wrapped
 *   into a scalar subquery per session (live_tree), because filters never reach recursive queries;
 * - raw sums are added first and scaled last (SCALED), exactly where an event was not multiplexed;
 * - only functions of a stock sqlite3 3.38 are used, so that files can be read without pmc.
 */
#include "store/schema.h"
#include "store/schema_tree.h"

#define COLUMN(name, doc) { name, NULL, NULL, SCHEMA_DOC(doc) }
#define END { NULL, NULL, NULL, NULL }

#define C_SESSION COLUMN("session_id", "Session.")
#define C_EVENT COLUMN("event", "Name of the event.")
#define C_MODULE COLUMN("module", "Name of the module: the last part of its path.")
#define C_FUNCTION COLUMN("function", "Name of the function, [module+0xoffset] where it has none.")
#define C_FILE COLUMN("file", "Source file that declares the function; NULL where it is not known.")
#define C_LINE COLUMN("line", "Line of the declaration; NULL where it is not known.")
#define C_PID COLUMN("pid", "Process id.")
#define C_TID COLUMN("tid", "Thread id.")
#define C_COMM COLUMN("comm", "Name of the thread.")
#define C_SAMPLES COLUMN("samples", "Samples that hit it.")
#define C_SELF COLUMN("self", "Estimated events (ns for clocks) in it.")
#define C_SELF_SHARE \
	COLUMN("self_share", "self as a share, 0..1, of the session's sum for the event.")

static const struct schema_column event_scale_columns[] = {
	COLUMN("event_id", "Event."), C_SESSION, C_EVENT,
	COLUMN("samples", "Samples of the event."),
	COLUMN("value", "Sum of their periods, not scaled."),
	COLUMN("scale",
	       "enabled time / running time where the event shared its counter; else NULL."),
	END
};

static const struct schema_column function_name_columns[] = {
	COLUMN("function_id", "Function."), COLUMN("module_id", "Its module."),
	C_MODULE, C_FUNCTION, C_FILE, C_LINE,
	COLUMN("resolved", "1: has a name; 0: an address without one."),
	END
};

static const struct schema_column slice_cost_columns[] = {
	C_SESSION, C_EVENT, COLUMN("event_id", "Event."),
	COLUMN("slice_ns", "Session time at which the slice begins."),
	COLUMN("cost_id", "Row of cost; it may be there several times."),
	COLUMN("samples", "Samples of it in this slice."),
	COLUMN("value", "Sum of their periods, not scaled."),
	END
};

static const struct schema_column session_summary_columns[] = {
	C_SESSION,
	COLUMN("label", "Name given with --label or `pmc db label`; NULL where none was."),
	COLUMN("command", "What was recorded."), COLUMN("hostname", "Name of the machine."),
	COLUMN("kernel", "Release of its kernel."), COLUMN("cpu", "Name of its processor."),
	COLUMN("cpus", "Processors online."),
	COLUMN("started_at", "Start, UTC: YYYY-MM-DD HH:MM:SS."),
	COLUMN("duration_ns", "Session time up to which samples are in."),
	COLUMN("state",
	       "'recording'; 'finished'; 'interrupted': ended by a signal; 'cut short': the "
	       "recorder gave no sign of life for five seconds, so it was killed or lost its "
	       "machine."),
	COLUMN("events", "Names of its events, separated by commas."),
	COLUMN("samples", "Samples of all events."),
	COLUMN("lost", "Samples known to be lost."),
	COLUMN("source",
	       "What made the recording that was imported, and from where; NULL: pmc recorded it."),
	END
};

static const struct schema_column session_facts_columns[] = {
	C_SESSION,
	COLUMN("name", "What is told: docs/facts.md lists the names."),
	COLUMN("item",
	       "Of what: the number of a CPU or node, the name of a PMU; '' where there is one "
	       "value alone."),
	COLUMN("value", "Its value, as text."),
	END
};

static const struct schema_column event_summary_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("unit", "Unit of values: 'count' or 'ns'."),
	COLUMN("mode",
	       "'period', 'frequency': it was sampled; 'read': read with the samples of its "
	       "group's leader; 'count': only counted, see the view counts."),
	COLUMN("period",
	       "Events from sample to sample, or samples a second, as mode says; else nothing."),
	COLUMN("samples", "Samples of the event; 0 where it was only counted."),
	COLUMN("value",
	       "Estimated events (ns for clocks): the sum of self over any profile, up to "
	       "rounding; 0 where it was only counted."),
	COLUMN("enabled_ns", "Time it was enabled, summed over CPUs and threads."),
	COLUMN("running_ns", "Time it was on a counter."),
	COLUMN("requested", "What was asked for, before any fall-back."),
	COLUMN("counted",
	       "The counters' own total, scaled as value is: what value should be, without any "
	       "sampling in between. NULL where it never was on a counter, or is not told "
	       "(imported recordings)."),
	COLUMN("estimate_error",
	       "value / counted - 1: by how much samples tell too much or too little. NULL where "
	       "it was not sampled, or nothing was counted."),
	COLUMN("leader",
	       "Event that leads its group {…}, of the leader too: events with the same one were "
	       "counted at the same times. NULL: it is in no group."),
	END
};

static const struct schema_column counts_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("unit", "Unit of values: 'count' or 'ns'."),
	COLUMN("run", "Run of the command, from 1; more than one where it was repeated."),
	COLUMN("start_ns", "Session time at which the interval begins."),
	COLUMN("end_ns", "Session time at which it ends."),
	COLUMN("pid", "Process of the thread; NULL: not counted by thread."),
	COLUMN("tid", "Thread; NULL: not counted by thread."),
	COLUMN("comm", "Name of the thread; NULL: not counted by thread."),
	COLUMN("cpu", "CPU; NULL: not counted by CPU."),
	COLUMN("value",
	       "Events (ns for clocks) in the interval: exact where running_share is 1, else "
	       "estimated from the time on a counter. NULL where it never was on a counter."),
	COLUMN("counted", "What the counters counted, not scaled."),
	COLUMN("enabled_ns", "Time it was enabled, summed over its counters."),
	COLUMN("running_ns", "Time it was on a counter."),
	COLUMN("running_share",
	       "running_ns / enabled_ns: 1.0 where it shared its counter with no other event (and "
	       "where it was not enabled at all, as while all threads sleep), 0.0 where it never "
	       "had one."),
	END
};

static const struct schema_column function_profile_columns[] = {
	C_SESSION, C_EVENT, C_MODULE, C_FUNCTION, C_FILE, C_LINE,
	COLUMN("samples", "Samples that hit the function itself."),
	COLUMN("self", "Estimated events (ns for clocks) in the function itself."),
	COLUMN("total",
	       "Estimated events in it and in all it called; counted once a sample, however often "
	       "it recurs."),
	C_SELF_SHARE,
	COLUMN("total_share", "total as a share, 0..1, of the session's sum for the event."),
	END
};

static const struct schema_column line_profile_columns[] = {
	C_SESSION, C_EVENT, C_MODULE, C_FUNCTION,
	COLUMN("file", "Source file of the instructions; NULL where it is not known."),
	COLUMN("line", "Source line of the instructions; NULL where it is not known."),
	C_SAMPLES, C_SELF, C_SELF_SHARE, END
};

static const struct schema_column module_profile_columns[] = {
	C_SESSION, C_EVENT, C_MODULE, C_SAMPLES, C_SELF, C_SELF_SHARE, END
};

static const struct schema_column thread_profile_columns[] = {
	C_SESSION, C_EVENT, C_PID, C_TID, C_COMM, C_SAMPLES, C_SELF, C_SELF_SHARE, END
};

static const struct schema_column process_profile_columns[] = {
	C_SESSION, C_EVENT, C_PID, COLUMN("comm", "Name of the process."),
	C_SAMPLES, C_SELF, C_SELF_SHARE, END
};

static const struct schema_column live_tree_columns[] = {
	C_SESSION, COLUMN("event_id", "Event."),
	COLUMN("id", "Number of the node, in the order of a walk from the roots down."),
	COLUMN("parent_id", "Node of the caller; NULL for the outermost."),
	COLUMN("last_id", "Last node below it."),
	COLUMN("depth", "Callers above it."),
	COLUMN("function_id", "Function."),
	COLUMN("inlined", "1: inlined into its parent's function."),
	COLUMN("caller_id", "Function of the parent; 0 for the outermost."),
	COLUMN("recursion",
	       "2: lies below another call of the function by the same caller; 1: below another "
	       "call of the function; else 0."),
	COLUMN("samples", "Samples that hit the node itself."),
	COLUMN("self", "Sum of their periods, not scaled."),
	COLUMN("total_samples", "Samples in it and all below it."),
	COLUMN("total", "Sum of their periods, not scaled."),
	END
};

static const struct schema_column call_tree_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("id",
	       "Number of the node, the same for all events of the session, in the order of a walk "
	       "from the roots down. It is another once the session has ended."),
	COLUMN("parent_id", "Node of the caller; NULL for the outermost."),
	COLUMN("depth", "Callers above it: 0 for the outermost."),
	C_MODULE, C_FUNCTION,
	COLUMN("inlined", "1: inlined into its parent's function."),
	COLUMN("samples", "Samples that hit the node itself."),
	COLUMN("self", "Estimated events (ns for clocks) in the node itself."),
	COLUMN("total", "Estimated events in it and all below it."),
	COLUMN("last_id",
	       "Last node below it; its own id where there is none. Its subtree are the nodes with "
	       "ids from id to last_id."),
	COLUMN("total_samples", "Samples in it and all below it."),
	END
};

#define C_CALL_INLINED COLUMN("inlined", "1: every such call was inlined.")
#define C_CALL_SAMPLES COLUMN("samples", "Samples with such a call on the stack.")
#define C_CALL_TOTAL \
	COLUMN("total", \
	       "Estimated events in the called function, and in all it called, when called so; " \
	       "counted once a sample, however often the pair recurs.")
#define C_CALL_SHARE \
	COLUMN("total_share", "total as a share, 0..1, of the session's sum for the event.")

static const struct schema_column callers_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("module", "Module of the function."), C_FUNCTION,
	COLUMN("caller_module", "Module of the caller; NULL for the outermost."),
	COLUMN("caller", "Function that called it; NULL: it was the outermost."),
	C_CALL_INLINED, C_CALL_SAMPLES, C_CALL_TOTAL, C_CALL_SHARE, END
};

static const struct schema_column callees_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("module", "Module of the function."), C_FUNCTION,
	COLUMN("callee_module", "Module of the callee."),
	COLUMN("callee", "Function that it called."),
	C_CALL_INLINED, C_CALL_SAMPLES, C_CALL_TOTAL, C_CALL_SHARE, END
};

static const struct schema_column branches_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("from_module", "Module that the branch is in."),
	COLUMN("from_function", "Function that it is in."),
	COLUMN("from_line", "Source line that it is in; NULL where it is not known."),
	COLUMN("to_module", "Module that it led to."),
	COLUMN("to_function", "Function that it led to: the same for a jump, another for a call."),
	COLUMN("to_line", "Source line that it led to; NULL where it is not known."),
	COLUMN("count",
	       "How often it was seen in the branch stacks of samples, not how often it was "
	       "taken."),
	COLUMN("mispredicted", "How often of these the processor had expected another."),
	COLUMN("type",
	       "Kind of the branch, the first that was told of it: 'conditional jump', "
	       "'call', 'return', 'system call' and others; else NULL. Branches of several kinds "
	       "from one line to another have a row each."),
	COLUMN("predicted",
	       "How often of these the processor had expected it. Where neither, it did not tell. "
	       "NULL, like all that follows, in sessions that came from older files."),
	COLUMN("timed", "How often of these the processor counted the cycles."),
	COLUMN("cycles",
	       "Sum of the cycles since the branch before, of those timed: cycles / timed is what "
	       "the code before the branch took."),
	COLUMN("in_transaction", "How often of these it was in a transaction of memory."),
	COLUMN("aborts", "How often of these it was the abort of one."),
	COLUMN("wrong_path",
	       "How often of these the processor only ran ahead, on a path that was not taken."),
	END
};

static const struct schema_column timeline_columns[] = {
	C_SESSION, C_EVENT,
	COLUMN("slice_ns", "Session time at which the slice begins."),
	C_PID, C_TID, C_COMM,
	C_FUNCTION, C_SAMPLES, C_SELF, END
};

static const struct schema_column health_view_columns[] = {
	C_SESSION,
	COLUMN("name", "Name of the figure."),
	COLUMN("severity", "'error': results are wrong or incomplete; 'warning'; 'info'."),
	COLUMN("value", "How often; figures that are 0 have no row."),
	COLUMN("advice",
	       "What it means, and the least change that improves it: in this session, where its "
	       "recorder knew more."),
	END
};

/*
 * Events that were only counted have a row an interval and part; those that were sampled one row
 * each, from the counters' own total. Imported recordings do not tell that total, but may have a
 * row for each thread that ended. An event that was not even enabled, as in an interval in
 * which all threads slept, has counted nothing, and that is exact.
 */
#define RUNNING_SHARE(of) \
	"iif(" of ".enabled_ns > 0, min(1.0, 1.0 * " of ".running_ns / " of ".enabled_ns), 1.0)"
#define HAD_COUNTER(of, value) \
	"iif(" of ".running_ns > 0 OR " of ".enabled_ns = 0, " value ", NULL)"
static const char counts_sql[] =
	"SELECT v.session_id, v.name, v.unit, c.run, c.start_ns, c.end_ns, p.pid, t.tid, t.comm,\n"
	"\tc.cpu, " HAD_COUNTER("c", "c.value") ",\n"
	"\tc.counted, c.enabled_ns, c.running_ns,\n"
	"\t" RUNNING_SHARE("c") "\n"
	"FROM event v CROSS JOIN event_count c ON c.event_id = v.id\n"
	"LEFT JOIN thread t ON t.id = c.thread_id LEFT JOIN process p ON p.id = t.process_id\n"
	"UNION ALL\n"
	"SELECT v.session_id, v.name, v.unit, 1, 0, s.duration_ns, NULL, NULL, NULL,\n"
	"\tNULL, " HAD_COUNTER("v", SCALED("v.counted")) ",\n"
	"\tv.counted, v.enabled_ns, v.running_ns,\n"
	"\t" RUNNING_SHARE("v") "\n"
	"FROM event v JOIN session s ON s.id = v.session_id\n"
	"JOIN event_scale e ON e.event_id = v.id WHERE v.mode <> 'count' AND s.source IS NULL";

static const char event_summary_sql[] =
	"SELECT v.session_id, v.name, v.unit, v.mode, v.period_or_hz, v.samples,\n"
	"\t" SCALED("v.value") ",\n"
	"\tv.enabled_ns, v.running_ns, v.requested,\n"
	"\tiif(v.mode = 'count',\n"
	"\t\t(SELECT sum(" HAD_COUNTER("c", "c.value") ") FROM event_count c\n"
	"\t\t\tWHERE c.event_id = v.id),\n"
	"\t\tiif(s.source IS NULL, " HAD_COUNTER("v", SCALED("v.counted")) ", NULL)),\n"
	"\tiif(v.mode = 'count' OR v.counted = 0, NULL, 1.0 * v.value / v.counted - 1),\n"
	"\t(SELECT l.name FROM event l WHERE l.id = v.leader_id)\n"
	"FROM event v JOIN event_scale e ON e.event_id = v.id\n"
	"JOIN session s ON s.id = v.session_id";

/*
 * Slices are decoded in a scalar subquery as well, for the same reason: filters on slice_ns are not
 * pushed below two levels of grouping, and decoding a whole session takes a second. The outermost
 * query has one row a slice (the first of its rows), so time is filtered before decoding.
 */
static const char timeline_sql[] =
	"SELECT e.session_id, e.event, s.slice * x.slice_ns, p.pid, t.tid, t.comm, f.function,\n"
	"\tjson_extract(n.value, '$[2]'), " SCALED("json_extract(n.value, '$[3]')") "\n"
	"FROM event_scale e CROSS JOIN session x ON x.id = e.session_id\n"
	"CROSS JOIN slice s ON s.event_id = e.event_id AND NOT EXISTS (\n"
	"\tSELECT 1 FROM slice o\n"
	"\tWHERE o.event_id = s.event_id AND o.slice = s.slice AND o.id < s.id)\n"
	"CROSS JOIN json_each((\n"
	"\tSELECT json_group_array(json_array(thread_id, function_id, samples, value)) FROM (\n"
	"\t\tSELECT c.thread_id, l.function_id, sum(d.samples) AS samples, sum(d.value) AS value\n"
	"\t\tFROM (\n"
	"\t\t\tSELECT sum(max(j.value, 0)) OVER (\n"
	"\t\t\t\t\tPARTITION BY r.id ORDER BY j.key ROWS UNBOUNDED PRECEDING) AS cost_id,\n"
	"\t\t\t\tiif(j.value > 0, 1, -j.value) AS samples,\n"
	"\t\t\t\tcoalesce(r.period * iif(j.value > 0, 1, -j.value),\n"
	"\t\t\t\t\tjson_extract(r.vals, '$[' || j.key || ']')) AS value\n"
	"\t\t\tFROM slice r CROSS JOIN json_each(r.entries) j\n"
	"\t\t\tWHERE r.event_id = s.event_id AND r.slice = s.slice) d\n"
	"\t\tCROSS JOIN cost c ON c.event_id = s.event_id AND c.id = d.cost_id\n"
	"\t\tCROSS JOIN location l ON l.id = c.location_id\n"
	"\t\tGROUP BY c.thread_id, l.function_id))) n\n"
	"CROSS JOIN thread t ON t.id = json_extract(n.value, '$[0]')\n"
	"JOIN process p ON p.id = t.process_id\n"
	"JOIN function_name f ON f.function_id = json_extract(n.value, '$[1]')";

#define VIEW(name, columns, doc, sql) { name, false, SCHEMA_DOC(doc), columns, sql }
#define BLOCK(name, columns, doc, sql) { name, true, SCHEMA_DOC(doc), columns, sql }

const struct schema_view schema_views[] = {
	BLOCK("event_scale", event_scale_columns,
	      "Events with the factor that makes estimates of raw sums.",
	      "SELECT id, session_id, name, samples, value,\n"
	      "\tiif(running_ns > 0 AND running_ns < enabled_ns,\n"
	      "\t\t1.0 * enabled_ns / running_ns, NULL)\n"
	      "FROM event"),
	BLOCK("function_name", function_name_columns, "Functions with the names shown.",
	      "SELECT f.id, m.id, m.name,\n"
	      "\tcoalesce(f.name, printf('[%s+0x%x]', trim(m.name, '[]'), f.offset)),\n"
	      "\tp.path, f.line, f.name IS NOT NULL\n"
	      "FROM function f JOIN module m ON m.id = f.module_id\n"
	      "LEFT JOIN file p ON p.id = f.file_id"),
	BLOCK("slice_cost", slice_cost_columns,
	      "Time slices decoded: which cost rows had samples when.",
	      "SELECT session_id, name, event_id, slice_ns, cost_id, iif(step > 0, 1, -step),\n"
	      "\tcoalesce(period * iif(step > 0, 1, -step), value)\n"
	      "FROM (SELECT e.session_id, e.name, s.event_id, s.slice * x.slice_ns AS slice_ns,\n"
	      "\t\ts.period, j.value AS step,\n"
	      "\t\tjson_extract(s.vals, '$[' || j.key || ']') AS value,\n"
	      "\t\tsum(max(j.value, 0)) OVER (\n"
	      "\t\t\tPARTITION BY s.event_id, s.slice * x.slice_ns, s.id, e.session_id, e.name\n"
	      "\t\t\tORDER BY j.key ROWS UNBOUNDED PRECEDING) AS cost_id\n"
	      "\tFROM event e CROSS JOIN session x CROSS JOIN slice s\n"
	      "\tCROSS JOIN json_each(s.entries) j\n"
	      "\tWHERE x.id = e.session_id AND s.event_id = e.id)"),
	BLOCK("live_tree", live_tree_columns,
	      "Call trees of sessions that have none in tree_node: computed when asked for.",
	      schema_live_tree_sql),

	VIEW("session_summary", session_summary_columns, "The sessions of the file, one row each.",
	     "SELECT s.id, s.label, s.command, s.hostname, s.kernel, s.cpu, s.cpus,\n"
	     "\tdatetime(s.started_at_ns / 1000000000, 'unixepoch'), s.duration_ns,\n"
	     "\tiif(s.state = 'recording' AND s.heartbeat_ns / 1000000000 < unixepoch('now') - 5,\n"
	     "\t\t'cut short', s.state),\n"
	     "\t(SELECT group_concat(name) FROM (\n"
	     "\t\tSELECT name FROM event e WHERE e.session_id = s.id ORDER BY id)),\n"
	     "\t(SELECT coalesce(sum(samples), 0) FROM event e WHERE e.session_id = s.id),\n"
	     "\t(SELECT coalesce(sum(h.value), 0) FROM session_health h\n"
	     "\t\tJOIN figure f ON f.id = h.figure_id\n"
	     "\t\tWHERE h.session_id = s.id AND f.name IN ('lost_records', 'lost_samples')),\n"
	     "\ts.source\n"
	     "FROM session s"),
	VIEW("session_facts", session_facts_columns,
	     "What imported recordings tell of their machine and of themselves, beside "
	     "session_summary.",
	     "SELECT session_id, name, item, value FROM session_fact"),
	VIEW("event_summary", event_summary_columns, "The events of each session, with their sums.",
	     event_summary_sql),
	VIEW("counts", counts_columns,
	     "What was counted: a row an event, run, interval and thread or CPU, as `pmc stat` was "
	     "asked for. No count is in two rows, so sums of value are totals. Events of `pmc "
	     "record` have one row each, for the whole session; those of imported recordings one "
	     "for each thread that told at its end (`perf record -s`), or none.", counts_sql),
	VIEW("function_profile", function_profile_columns, "What each function cost.",
	     "SELECT e.session_id, e.event, n.module, n.function, n.file, n.line, c.samples,\n"
	     "\t" SCALED("c.self") ", " SCALED("c.total") ",\n"
	     "\t" SHARE("c.self") ", " SHARE("c.total") "\n"
	     "FROM event_scale e CROSS JOIN function_cost c ON c.event_id = e.event_id\n"
	     "JOIN function_name n ON n.function_id = c.function_id"),
	VIEW("line_profile", line_profile_columns, "What each source line cost.",
	     "SELECT e.session_id, e.event, n.module, n.function, p.path, e.line, e.samples,\n"
	     "\t" SCALED("e.self") ", " SHARE("e.self") "\n"
	     "FROM (SELECT e.session_id, e.event, e.scale, e.value,\n"
	     "\t\tl.function_id, l.file_id, l.line, sum(c.samples) AS samples, sum(c.value) AS "
	     "self\n"
	     "\tFROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id\n"
	     "\tJOIN location l ON l.id = c.location_id\n"
	     "\tGROUP BY e.session_id, e.event, e.event_id, l.function_id, l.file_id, l.line) e\n"
	     "JOIN function_name n ON n.function_id = e.function_id\n"
	     "LEFT JOIN file p ON p.id = e.file_id"),
	VIEW("module_profile", module_profile_columns, "What each module cost.",
	     "SELECT e.session_id, e.event, m.name, sum(c.samples),\n"
	     "\t" SCALED("sum(c.self)") ", " SHARE("sum(c.self)") "\n"
	     "FROM event_scale e\n"
	     "CROSS JOIN function_cost c ON c.event_id = e.event_id AND c.samples > 0\n"
	     "JOIN function f ON f.id = c.function_id JOIN module m ON m.id = f.module_id\n"
	     "GROUP BY e.session_id, e.event, e.event_id, m.id"),
	VIEW("thread_profile", thread_profile_columns,
	     "What each thread cost, under each of its names.",
	     "SELECT e.session_id, e.event, p.pid, t.tid, t.comm, sum(c.samples),\n"
	     "\t" SCALED("sum(c.value)") ", " SHARE("sum(c.value)") "\n"
	     "FROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id\n"
	     "JOIN thread t ON t.id = c.thread_id JOIN process p ON p.id = t.process_id\n"
	     "GROUP BY e.session_id, e.event, e.event_id, t.id"),
	VIEW("process_profile", process_profile_columns,
	     "What each process cost, for each program it ran.",
	     "SELECT e.session_id, e.event, p.pid, p.comm, sum(c.samples),\n"
	     "\t" SCALED("sum(c.value)") ", " SHARE("sum(c.value)") "\n"
	     "FROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id\n"
	     "JOIN thread t ON t.id = c.thread_id JOIN process p ON p.id = t.process_id\n"
	     "GROUP BY e.session_id, e.event, e.event_id, p.id"),
	VIEW("call_tree", call_tree_columns,
	     "Who called whom: one row a node and event, all threads together. A node is a "
	     "function as called by its parent, from however many places; where it was inlined, it "
	     "is another node than where it was called.", schema_call_tree_sql),
	VIEW("callers", callers_columns,
	     "What each function cost for each of its direct callers. A function that calls itself "
	     "is one of its own callers.", schema_callers_sql),
	VIEW("callees", callees_columns,
	     "What each function spent in each function that it called: the view callers from the "
	     "other end.", schema_callees_sql),
	VIEW("timeline", timeline_columns, "When each function ran, by time slice and thread.",
	     timeline_sql),
	VIEW("branches", branches_columns,
	     "Branches that the processor remembered when samples were taken, from line to line: "
	     "of recordings with branch stacks (`perf record -b`) that were imported.",
	     "SELECT e.session_id, e.event, f.module, f.function, a.line,\n"
	     "\tt.module, t.function, z.line, sum(b.count), sum(b.mispredicted), b.type,\n"
	     "\tsum(b.predicted), sum(b.timed), sum(b.cycles), sum(b.in_transaction),\n"
	     "\tsum(b.aborts), sum(b.wrong_path)\n"
	     "FROM event_scale e CROSS JOIN branch b ON b.event_id = e.event_id\n"
	     "CROSS JOIN location a ON a.id = b.from_id CROSS JOIN location z ON z.id = b.to_id\n"
	     "JOIN function_name f ON f.function_id = a.function_id\n"
	     "JOIN function_name t ON t.function_id = z.function_id\n"
	     "GROUP BY e.session_id, e.event, a.function_id, a.line, z.function_id, z.line,\n"
	     "\tb.type"),
	VIEW("health", health_view_columns,
	     "What went wrong or was cut while recording; empty: nothing.",
	     "SELECT h.session_id, f.name, f.severity, h.value, coalesce(h.advice, f.advice)\n"
	     "FROM session_health h JOIN figure f ON f.id = h.figure_id"),
	{ 0 }
};
