/*
 * schema.c - the tables of a session file as one C table, and the texts made from it.
 *
 * Job: describe every table and column once; print DDL and the reference from that.
 * Not here: views (schema_views.c), applying it to a file (schema_migrate.c).
 *
 *   shared by all sessions          one session's
 *   ----------------------          ---------------------------------------------------
 *   module ◄─ function ─► file      session ◄─ event ◄─ cost ─► stack ─► location
 *                                      ▲         ▲       └──► thread ─► process
 *                                      │         ├─ slice: which cost rows, when
 *                                      │         ├─ function_cost: self and total
 *                                      │         ├─ tree_node: the call tree
 *                                      │         └─ event_count ─► thread: what was only counted
 *                                      ├─ session_health ─► figure
 *                                      └─ loss
 *
 * Invariants (checked by `pmc db check`): for every event the sums of samples and values over cost,
 * over function_cost's self, over tree_node's self (of sessions that have a tree), and over decoded
 * slices are the event's own; for events that are only counted so are those of counts and times
 * over event_count.
 *
 * Why it looks so: docs/design/store.md.
 */
#include "store/schema.h"

#include <string.h>

#include "base/mem.h"
#include "store/store.h"

#define COLUMN(name, type, references, doc) { name, type, references, SCHEMA_DOC(doc) }
#define END { NULL, NULL, NULL, NULL }
#define ID(doc) COLUMN("id", "INTEGER PRIMARY KEY", NULL, doc)
#define INT "INTEGER NOT NULL"
#define TXT "TEXT NOT NULL"

static const struct schema_column session_columns[] = {
	ID("Number of the session, as given to --session."),
	COLUMN("label", "TEXT", NULL, "Name given with --label; NULL where none was."),
	COLUMN("command", TXT, NULL,
	       "What was recorded: the command line, quoted for a shell, or what was watched."),
	COLUMN("hostname", TXT, NULL, "Name of the machine."),
	COLUMN("kernel", TXT, NULL, "Release of its kernel."),
	COLUMN("cpu", TXT, NULL, "Name of its processor."),
	COLUMN("arch", TXT, NULL, "Its architecture, e.g. x86_64."),
	COLUMN("cpus", INT, NULL, "Processors online."),
	COLUMN("started_at_ns", INT, NULL,
	       "Start: nanoseconds since 1970-01-01 UTC. Session times count from here."),
	COLUMN("slice_ns", INT, NULL, "Length of a time slice."),
	COLUMN("duration_ns", INT, NULL,
	       "Session time up to which samples are in; grows with each flush."),
	COLUMN("heartbeat_ns", INT, NULL,
	       "Last sign of life of the recorder: nanoseconds since 1970-01-01 UTC."),
	COLUMN("state", TXT " CHECK (state IN ('recording', 'finished', 'interrupted'))", NULL,
	       "'recording' until the recorder has ended it as 'finished' or, by a signal, as "
	       "'interrupted'. The view session_summary tells 'cut short' from 'recording'."),
	COLUMN("recorder_pid", INT, NULL, "Process id of the recorder."),
	COLUMN("pmc_version", TXT, NULL, "Version of pmc that recorded it."),
	COLUMN("callgraph", TXT, NULL, "How callers were found: 'fp', 'dwarf', 'lbr', 'none'."),
	COLUMN("source", "TEXT", NULL,
	       "What made the recording that was imported, and from where: 'perf 6.1.187, "
	       "perf.data'; NULL: pmc recorded it."),
	END
};

static const struct schema_column fact_columns[] = {
	COLUMN("session_id", INT, "session", "Session."),
	COLUMN("name", TXT, NULL, "What is told: docs/facts.md lists the names."),
	COLUMN("item", TXT, NULL,
	       "Of what: the number of a CPU or node, the name of a PMU; '' where there is one "
	       "value alone."),
	COLUMN("value", TXT, NULL, "Its value, as text."),
	END
};

static const struct schema_column event_columns[] = {
	ID("Number of the event, in this file."),
	COLUMN("session_id", INT, "session", "Session it was counted in."),
	COLUMN("name", TXT, NULL, "What was really counted; used in views and with --event."),
	COLUMN("requested", TXT, NULL,
	       "What was asked for, before any fall-back; '' for a default."),
	COLUMN("unit", TXT " CHECK (unit IN ('count', 'ns'))", NULL,
	       "Unit of values: 'count' of events, or 'ns' for clocks."),
	COLUMN("mode", TXT " CHECK (mode IN ('period', 'frequency', 'count', 'read'))", NULL,
	       "'period': a sample each so many events; 'frequency': so many samples a second; "
	       "'count': never sampled, only counted, see event_count; 'read': a member of a group "
	       "{…}:S, read with each sample of the group's leader."),
	COLUMN("period_or_hz", INT, NULL,
	       "The period or the frequency, as mode says; nothing for 'count' and 'read'."),
	COLUMN("fallback", "TEXT", NULL, "Why name is not what was requested; NULL where it is."),
	COLUMN("enabled_ns", INT, NULL, "Time it was enabled, summed over CPUs and threads."),
	COLUMN("running_ns", INT, NULL,
	       "Time it was on a counter; less than enabled_ns where counters were shared. Views "
	       "scale values by enabled_ns / running_ns; tables keep them as measured."),
	COLUMN("counted", INT, NULL, "The counters' own total."),
	COLUMN("lost_samples", INT, NULL,
	       "Samples that the kernel says it dropped; 0 where it does not say."),
	COLUMN("samples", INT, NULL,
	       "Samples in this session: the sum over cost; 0 where it was only counted."),
	COLUMN("value", INT, NULL,
	       "Sum of the samples' periods: the sum over cost; 0 where it was only counted."),
	COLUMN("leader_id", "INTEGER", "event",
	       "The event that leads its group {…}, of the leader itself too; NULL: it is in no "
	       "group."),
	END
};
static const struct schema_index event_indices[] = { { "event_session", "session_id", false },
						     { 0 } };

static const struct schema_column module_columns[] = {
	ID("Number of the module, in this file."),
	COLUMN("path", TXT, NULL,
	       "Path of the file, or '[kernel]', '[vdso]', '[anon]', '[unknown]'."),
	COLUMN("name", TXT, NULL, "Last part of the path: how views call it."),
	COLUMN("build_id", TXT, NULL, "Build-id in hexadecimal; '' where it is not known."),
	COLUMN("kind", TXT, NULL,
	       "'user', 'vdso', 'anon', 'kernel', 'kernel module', 'kernel code' (made at run "
	       "time, as BPF), 'unknown' (no mapping owned the address: offsets are the "
	       "addresses)."),
	END
};
static const struct schema_index module_indices[] = {
	{ "module_key", "path, build_id, kind", true }, { 0 }
};

static const struct schema_column file_columns[] = {
	ID("Number of the source file, in this file."),
	COLUMN("path", TXT " UNIQUE", NULL, "Path as the debug information has it."),
	END
};

static const struct schema_column function_columns[] = {
	ID("Number of the function, in this file."),
	COLUMN("module_id", INT, "module", "Module it is in."),
	COLUMN("name", "TEXT", NULL,
	       "Demangled name; NULL for an address that has none: one row for each such address, "
	       "which views show as [module+0xoffset]."),
	COLUMN("offset", "INTEGER", NULL,
	       "Offset in the module of an address without a name; else NULL. Signed as all "
	       "integers here: offsets from 2^63 on are negative."),
	COLUMN("file_id", "INTEGER", "file",
	       "Source file that declares it; NULL where it is not known."),
	COLUMN("line", "INTEGER", NULL, "Line of its declaration; NULL where it is not known."),
	COLUMN("hash", INT, NULL,
	       "32-bit hash of the other columns: how recorders find the row again. An index over "
	       "it is much smaller than one over the names."),
	END
};
static const struct schema_index function_indices[] = { { "function_hash", "hash", false }, { 0 } };

static const struct schema_column process_columns[] = {
	ID("Number of the process image, in this file."),
	COLUMN("session_id", INT, "session", "Session it was seen in."),
	COLUMN("pid", INT, NULL,
	       "Process id. A fork makes a row, and an exec another one with the same pid."),
	COLUMN("ppid", INT, NULL, "Process id of its parent; 0 where it is not known."),
	COLUMN("comm", TXT, NULL, "Its short name."),
	COLUMN("start_ns", INT, NULL, "Session time of its start; 0: was there before."),
	COLUMN("end_ns", "INTEGER", NULL,
	       "Session time of its exit or exec; NULL: not seen to end."),
	END
};
static const struct schema_index process_indices[] = { { "process_session", "session_id", false },
						       { 0 } };

static const struct schema_column thread_columns[] = {
	ID("Number of the thread, in this file."),
	COLUMN("process_id", INT, "process", "Process image it belongs to."),
	COLUMN("tid", INT, NULL,
	       "Thread id; -1 of a thread that had lost it on its way out. A new name makes "
	       "another row with the same tid."),
	COLUMN("comm", TXT, NULL, "Its short name."),
	COLUMN("start_ns", INT, NULL, "Session time of its start; 0: was there before."),
	COLUMN("end_ns", "INTEGER", NULL,
	       "Session time of its end or renaming; NULL: not seen to end."),
	END
};

static const struct schema_column site_columns[] = {
	ID("Number of the site, in this file."),
	COLUMN("session_id", INT, "session", "Session it was seen in."),
	COLUMN("outer_id", "INTEGER", "inline_site",
	       "The site that this one was inlined into; NULL: this function is the outermost, the "
	       "one that has the code."),
	COLUMN("function_id", INT, "function", "Function that was inlined into."),
	COLUMN("file_id", "INTEGER", "file", "Source file of the inlined call."),
	COLUMN("line", "INTEGER", NULL, "Line of the inlined call."),
	END
};

static const struct schema_column location_columns[] = {
	ID("Number of the location, in this file."),
	COLUMN("session_id", INT, "session", "Session it was seen in."),
	COLUMN("module_id", INT, "module", "Module of the address."),
	COLUMN("offset", INT, NULL,
	       "Address in the module: a file offset for files, else the distance from the start "
	       "of the mapping, kernel or kernel module. Signed: offsets from 2^63 on are "
	       "negative."),
	COLUMN("is_caller", INT, NULL,
	       "1: a return address; names were looked up for the byte before it."),
	COLUMN("function_id", INT, "function", "Innermost function at the address."),
	COLUMN("file_id", "INTEGER", "file",
	       "Source file of the instruction; NULL where it is not known."),
	COLUMN("line", "INTEGER", NULL,
	       "Source line of the instruction; NULL where it is not known."),
	COLUMN("site_id", "INTEGER", "inline_site",
	       "Where function_id was inlined at this address; NULL where it was not."),
	END
};

static const struct schema_column stack_columns[] = {
	ID("Number of the node, in this file."),
	COLUMN("parent_id", "INTEGER", "stack", "The caller's node; NULL for the outermost."),
	COLUMN("location_id", INT, "location", "Return address in the caller."),
	COLUMN("depth", INT, NULL,
	       "Frames from the outermost down to this node, inlined ones included: at least 1."),
	END
};

static const struct schema_column cost_columns[] = {
	COLUMN("event_id", INT, "event", "Event (and so session)."),
	COLUMN("id", INT, NULL, "Number of the cost among those of its event; slices refer to it."),
	COLUMN("thread_id", INT, "thread", "Thread that was running."),
	COLUMN("stack_id", "INTEGER", "stack", "Its callers; NULL where none are known."),
	COLUMN("location_id", INT, "location", "Where the samples hit."),
	COLUMN("samples", INT, NULL, "Samples over the whole session so far."),
	COLUMN("value", INT, NULL,
	       "Sum of their periods: the estimated count of events, not scaled."),
	END
};

static const struct schema_column function_cost_columns[] = {
	COLUMN("event_id", INT, "event", "Event (and so session)."),
	COLUMN("function_id", INT, "function", "Function."),
	COLUMN("samples", INT, NULL, "Samples that hit the function itself."),
	COLUMN("self", INT, NULL, "Sum of their periods, not scaled."),
	COLUMN("total_samples", INT, NULL, "Samples with the function anywhere on the stack."),
	COLUMN("total", INT, NULL,
	       "Sum of their periods, not scaled. A function counts once a sample, however often "
	       "it recurs."),
	END
};

static const struct schema_column tree_node_columns[] = {
	COLUMN("event_id", INT, "event", "Event (and so session)."),
	COLUMN("id", INT, NULL,
	       "Number of the node, from 1, in the order of a walk from the roots down; the same "
	       "for all events of a session."),
	COLUMN("up", "INTEGER", NULL,
	       "How far before it its caller's node is: that is id - up. NULL for the outermost. "
	       "Smaller than the id itself, so that it takes fewer bytes."),
	COLUMN("below", INT, NULL,
	       "Number of nodes below it: its subtree are the nodes id to id + below."),
	COLUMN("depth", INT, NULL, "Callers above it: 0 for the outermost."),
	COLUMN("function_id", INT, "function", "Function."),
	COLUMN("inlined", INT, NULL, "1: inlined into its parent's function."),
	COLUMN("recursion", INT, NULL,
	       "2: lies below another call of the function by the same caller; 1: below another "
	       "call of the function; else 0. Sums of totals over 0 alone count a function once a "
	       "sample; over 0 and 1, each pair of caller and function."),
	COLUMN("samples", INT, NULL, "Samples that hit the node itself."),
	COLUMN("self", INT, NULL, "Sum of their periods, not scaled."),
	COLUMN("total_samples", "INTEGER", NULL,
	       "Samples in it and all below it; NULL where that is the node itself alone."),
	COLUMN("total", "INTEGER", NULL, "Sum of their periods, not scaled; NULL likewise."),
	END
};

static const struct schema_column branch_columns[] = {
	COLUMN("event_id", INT, "event", "Event (and so session)."),
	COLUMN("from_id", INT, "location", "Where the branch is."),
	COLUMN("to_id", INT, "location", "Where it led to."),
	COLUMN("count", INT, NULL,
	       "How often it was seen in the branch stacks of samples, not how often it was "
	       "taken."),
	COLUMN("mispredicted", INT, NULL, "How often of these the processor had expected another."),
	COLUMN("type", "TEXT", NULL,
	       "Kind of the branch, the first that was told of it: 'conditional jump', "
	       "'jump', 'indirect jump', 'call', 'indirect call', 'return', 'system call', "
	       "'system return', 'interrupt' and others; else NULL."),
	COLUMN("predicted", "INTEGER", NULL,
	       "How often of these the processor had expected it. Where neither, it did not tell. "
	       "NULL, like all that follows, in sessions that came from older files."),
	COLUMN("timed", "INTEGER", NULL, "How often of these the processor counted the cycles."),
	COLUMN("cycles", "INTEGER", NULL,
	       "Sum of the cycles since the branch before, of those timed."),
	COLUMN("in_transaction", "INTEGER", NULL,
	       "How often of these it was in a transaction of memory."),
	COLUMN("aborts", "INTEGER", NULL, "How often of these it was the abort of one."),
	COLUMN("wrong_path", "INTEGER", NULL,
	       "How often of these the processor only ran ahead, on a path that was not taken."),
	END
};

static const struct schema_column slice_columns[] = {
	ID("Number of the row, in this file."),
	COLUMN("event_id", INT, "event", "Event (and so session)."),
	COLUMN("slice", INT, NULL,
	       "Number of the time slice: session time / session.slice_ns. A slice may have "
	       "several rows."),
	COLUMN("period", "INTEGER", NULL,
	       "Period of each sample of the row where all have the same; else NULL, and vals has "
	       "values."),
	COLUMN("entries", TXT, NULL,
	       "JSON array of integers: which cost rows had samples, in ascending order of their "
	       "ids. A positive number d moves to the cost row whose id is d higher (the first: "
	       "from 0) and stands for one sample of it; a negative number -n stands for n more "
	       "samples of the row just reached. [7,-2,3] is three samples of cost 7 and one of "
	       "cost 10. The view slice_cost decodes it."),
	COLUMN("vals", "TEXT", NULL,
	       "JSON array parallel to entries: the value of the samples that each number stands "
	       "for. NULL where period says it."),
	END
};
static const struct schema_index slice_indices[] = { { "slice_event", "event_id, slice", false },
						     { 0 } };

static const struct schema_column event_count_columns[] = {
	COLUMN("event_id", INT, "event",
	       "Event (and so session); its mode is 'count', or thread_id says of which thread."),
	COLUMN("id", INT, NULL, "Number of the count among those of its event, in order of time."),
	COLUMN("run", INT, NULL,
	       "Run of the command, from 1; more than one where it was repeated."),
	COLUMN("start_ns", INT, NULL, "Session time at which the interval begins."),
	COLUMN("end_ns", INT, NULL, "Session time at which it ends, and the next one begins."),
	COLUMN("thread_id", "INTEGER", "thread", "Thread that was counted; NULL: all of them."),
	COLUMN("cpu", "INTEGER", NULL, "CPU that was counted; NULL: all of them."),
	COLUMN("counted", INT, NULL, "What the counters counted meanwhile."),
	COLUMN("value", INT, NULL,
	       "Estimate for the whole interval: what each counter counted times its enabled / "
	       "running time."),
	COLUMN("enabled_ns", INT, NULL, "Time the event was enabled, summed over its counters."),
	COLUMN("running_ns", INT, NULL,
	       "Time it was on a counter; 0 where it never was, and value says nothing."),
	END
};

static const struct schema_column figure_columns[] = {
	ID("Number of the figure."),
	COLUMN("name", TXT " UNIQUE", NULL, "Its name."),
	COLUMN("severity", TXT, NULL,
	       "'error': results are wrong or incomplete; 'warning'; 'info'."),
	COLUMN("advice", TXT, NULL, "What it means, and the least change that improves it."),
	END
};

static const struct schema_column health_columns[] = {
	COLUMN("session_id", INT, "session", "Session."),
	COLUMN("figure_id", INT, "figure", "Figure."),
	COLUMN("value", INT, NULL, "How often; figures that are 0 have no row."),
	COLUMN("advice", "TEXT", NULL,
	       "What to do about it in this session, with its own values; NULL: what the figure "
	       "says of all sessions."),
	END
};

static const struct schema_column loss_columns[] = {
	ID("Number of the row, in this file."),
	COLUMN("session_id", INT, "session", "Session."),
	COLUMN("figure_id", INT, "figure", "Cause."),
	COLUMN("cpu", INT, NULL, "CPU on which it happened."),
	COLUMN("slice", INT, NULL, "Time slice in which it was noticed."),
	COLUMN("count", INT, NULL, "Samples or records lost, as the cause says."),
	END
};
static const struct schema_index loss_indices[] = { { "loss_session", "session_id", false },
						    { 0 } };

#define TABLE(name, columns, indices, doc) { name, SCHEMA_DOC(doc), columns, NULL, indices }
#define KEYED(name, columns, key, doc) { name, SCHEMA_DOC(doc), columns, key, NULL }

const struct schema_table schema_tables[] = {
	TABLE("session", session_columns, NULL, "One recording."),
	KEYED("session_fact", fact_columns, "session_id, name, item",
	      "What an imported recording tells of its machine and of itself beside the columns "
	      "of session: topology, memory, caches, PMUs, clocks."),
	TABLE("event", event_columns, event_indices,
	      "What was counted in a session, and its sums."),
	TABLE("module", module_columns, module_indices,
	      "Things that code lies in; shared by all sessions of the file."),
	TABLE("file", file_columns, NULL, "Source files; shared by all sessions."),
	TABLE("function", function_columns, function_indices, "Functions; shared by all sessions."),
	TABLE("process", process_columns, process_indices,
	      "Processes: a row for each program image."),
	TABLE("thread", thread_columns, NULL, "Threads: a row for each name of each."),
	TABLE("inline_site", site_columns, NULL,
	      "Calls that were inlined away, as a tree: the function that contains the call, and "
	      "its own site if it was inlined too."),
	TABLE("location", location_columns, NULL,
	      "Addresses that samples or stacks had, with the names found for them."),
	TABLE("stack", stack_columns, NULL, "Callers as a prefix tree."),
	KEYED("cost", cost_columns, "event_id, id",
	      "What was measured: samples by event, thread, callers and address, summed over the "
	      "session. One row a key."),
	KEYED("function_cost", function_cost_columns, "event_id, function_id",
	      "Self and total of each function, kept while recording so that profiles need no walk "
	      "over stacks."),
	KEYED("tree_node", tree_node_columns, "event_id, id",
	      "The call tree of a session, written when it ends: a node is a function as called by "
	      "its parent. Nodes without samples of the event have no row. Sessions that are being "
	      "recorded, were cut short or come from an older pmc have none; the views compute it "
	      "for them."),
	KEYED("branch", branch_columns, "event_id, from_id, to_id",
	      "Branches that the processor remembered when samples were taken; of imported "
	      "recordings only."),
	TABLE("slice", slice_columns, slice_indices,
	      "When it was measured: the cost rows that had samples in each time slice."),
	KEYED("event_count", event_count_columns, "event_id, id",
	      "What was counted without samples: a row an interval and part of the target. No "
	      "count is in two rows, so sums over runs, intervals, threads and CPUs are totals. "
	      "Sampled events of imported recordings have rows of threads that told at their end."),
	TABLE("figure", figure_columns, NULL,
	      "The words for health and loss; shared by all sessions."),
	KEYED("session_health", health_columns, "session_id, figure_id",
	      "What went wrong or was cut while recording."),
	TABLE("loss", loss_columns, loss_indices, "Losses by cause, CPU and time."),
	{ 0 }
};

/* ---- texts made from it ---- */

/* Prints a doc as comment lines of at most 96 columns. */
static void print_comment(const char *indent, const char *text, FILE *out)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > 80) {
			len = 80;
			while (len && text[len] != ' ')
				len--;
			if (!len)
				len = strcspn(text, " ");
		}
		fprintf(out, "%s-- %.*s\n", indent, (int)len, text);
		text += len + (text[len] == ' ');
	}
}

void schema_print_table(const struct schema_table *table, bool docs, FILE *out)
{
	const struct schema_column *column;
	const struct schema_index *index;

	if (docs)
		print_comment("", table->doc, out);
	fprintf(out, "CREATE TABLE %s (\n", table->name);
	for (column = table->columns; column->name; column++) {
		bool last = !column[1].name && !table->primary_key;

		if (docs)
			print_comment("\t", column->doc, out);
		fprintf(out, "\t%s %s", column->name, column->type);
		if (column->references)
			fprintf(out, " REFERENCES %s", column->references);
		fprintf(out, "%s\n", last ? "" : ",");
	}
	if (table->primary_key)
		fprintf(out, "\tPRIMARY KEY (%s)\n", table->primary_key);
	fprintf(out, ") STRICT%s;\n", table->primary_key ? ", WITHOUT ROWID" : "");
	for (index = table->indices; index && index->name; index++)
		fprintf(out, "CREATE %sINDEX %s ON %s (%s);\n", index->unique ? "UNIQUE " : "",
			index->name, table->name, index->columns);
}

static void print_view(const struct schema_view *view, const char *create, bool docs, FILE *out)
{
	const struct schema_column *column;

	if (docs)
		print_comment("", view->doc, out);
	fprintf(out, "%s %s (", create, view->name);
	for (column = view->columns; column->name; column++) {
		const char *end = column[1].name ? "," : "";

		if (docs) {
			fputc('\n', out);
			print_comment("\t", column->doc, out);
			fprintf(out, "\t%s%s", column->name, end);
		} else {
			fprintf(out, "%s%s", column->name, end);
		}
	}
	fprintf(out, ") AS\n%s;\n", view->sql);
}

void schema_print_view(const struct schema_view *view, bool docs, FILE *out)
{
	print_view(view, "CREATE VIEW", docs, out);
}

void schema_print_temp_view(const struct schema_view *view, FILE *out)
{
	print_view(view, "CREATE TEMP VIEW", false, out);
}

void pmc_store_print_schema(FILE *out)
{
	fprintf(out, "-- pmc %s, schema version %d\nPRAGMA application_id = %d;\nPRAGMA "
		     "user_version = %d;\n",
		PMC_VERSION, SCHEMA_VERSION, PMC_APPLICATION_ID, SCHEMA_VERSION);
	for (const struct schema_table *table = schema_tables; table->name; table++) {
		fputc('\n', out);
		schema_print_table(table, true, out);
	}
	for (const struct schema_view *view = schema_views; view->name; view++) {
		fputc('\n', out);
		schema_print_view(view, true, out);
	}
}

/* Text of a markdown table's cell: a bar would end it. */
static void print_cell(const char *text, FILE *out)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void print_view_reference(const struct schema_view *view, FILE *out)
{
	fprintf(out, "\n### %s\n\n%s\n\n| column | what it is |\n| --- | --- |\n", view->name,
		view->doc);
	for (const struct schema_column *column = view->columns; column->name; column++) {
		fprintf(out, "| %s | ", column->name);
		print_cell(column->doc, out);
		fprintf(out, " |\n");
	}
}

static void print_table_reference(const struct schema_table *table, FILE *out)
{
	fprintf(out, "\n### %s\n\n%s\n", table->name, table->doc);
	if (table->primary_key)
		fprintf(out, "Primary key: %s.\n", table->primary_key);
	for (const struct schema_index *index = table->indices; index && index->name; index++)
		fprintf(out, "%s: %s.\n", index->unique ? "Unique" : "Index", index->columns);
	fprintf(out, "\n| column | type | refers to | what it is |\n| --- | --- | --- | --- |\n");
	for (const struct schema_column *column = table->columns; column->name; column++) {
		fprintf(out, "| %s | ", column->name);
		print_cell(column->type, out);
		fprintf(out, " | %s | ", column->references ? column->references : "");
		print_cell(column->doc, out);
		fprintf(out, " |\n");
	}
}

void pmc_store_print_reference(FILE *out)
{
	fprintf(out, "# Schema reference\n\n"
		"Made by `pmc db reference` from src/store/schema.c and src/store/schema_views.c; "
		"not edited by hand.\n"
		"Schema version %d.\n\n"
		"A file holds any number of sessions. Write queries against the views: their names "
		"and columns are a\n"
		"promise, while the tables may change behind them. Every view that speaks of "
		"samples has `session_id`\n"
		"and `event`; constrain both, as a session may have several events and their "
		"values do not add up.\n\n"
		"## Views\n", SCHEMA_VERSION);
	for (const struct schema_view *view = schema_views; view->name; view++) {
		if (!view->internal)
			print_view_reference(view, out);
	}
	fprintf(out, "\n## Building blocks\n\nViews used by those above. No promise, but useful "
		     "when reading tables.\n");
	for (const struct schema_view *view = schema_views; view->name; view++) {
		if (view->internal)
			print_view_reference(view, out);
	}
	fprintf(out, "\n## Tables\n\n"
		"Ids count from 1 over the whole file, in the order of writing. Times are "
		"nanoseconds since the\n"
		"session's start unless the column says otherwise. Values in tables are as "
		"measured; views scale them\n"
		"where an event shared its counter.\n");
	for (const struct schema_table *table = schema_tables; table->name; table++)
		print_table_reference(table, out);
	fprintf(out, "\n## Time slices by hand\n\n"
		"The view `slice_cost` decodes `slice.entries` like this, which any SQLite from "
		"3.38 on can run:\n\n"
		"```sql\n"
		"SELECT slice, cost_id, iif(step > 0, 1, -step) AS samples\n"
		"FROM (SELECT s.slice, j.value AS step,\n"
		"             sum(max(j.value, 0)) OVER (PARTITION BY s.id ORDER BY j.key) AS "
		"cost_id\n"
		"      FROM slice s, json_each(s.entries) j\n"
		"      WHERE s.event_id = 1);\n"
		"```\n");
}

int pmc_store_schema_version(void)
{
	return SCHEMA_VERSION;
}
