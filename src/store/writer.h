/*
 * writer.h - inside the folder: the parts of a writer and what they share.
 *
 *   writer.c          session, transaction, order of writing, small rows
 *     writer_check.c    is the batch what model.h promises?
 *     writer_names.c    modules, files, functions, locations, inline sites
 *     writer_costs.c    stacks, costs, totals of functions, slices
 *       writer_slices.c   order and text of time slices
 *     writer_tree.c     the call tree, when the session ends
 *
 * A batch's ids become database ids through arrays indexed by id - 1, filled as rows are inserted.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/hash.h"
#include "store/connection.h"
#include "store/writer_slices.h"

enum statement {
	ADD_FACT, ADD_EVENT, SET_LEADER, SET_EVENT,
	ADD_PROCESS, END_PROCESS, ADD_THREAD, END_THREAD,
	FIND_MODULE, ADD_MODULE, FIND_FILE, ADD_FILE, FIND_FUNCTION, ADD_FUNCTION,
	ADD_SITE, ADD_LOCATION, ADD_STACK, ADD_COST, SET_COST, ADD_FUNCTION_COST, SET_FUNCTION_COST,
	ADD_TREE_NODE, ADD_SLICE, ADD_COUNT, ADD_BRANCH, SET_HEALTH, DROP_HEALTH, ADD_LOSS,
	SET_SESSION,
	STATEMENTS
};

struct writer_module {
	struct pmc_module_row row;
	int64_t db_id;			/* 0: nothing refers to it yet, so it is not in the file */
};

/* A function as this session knows it. Unresolved: name 0, and `offset` says which. */
struct writer_function {
	int64_t module, db_id;		/* database ids */
	uint64_t offset;
	uint32_t name, file, line;	/* ids of batch.names */
};

struct writer_site {
	uint32_t outer;			/* id (index + 1) of the site around it; 0: none */
	uint32_t function;		/* index */
	uint32_t file, line;
	int64_t db_id;
};

struct writer_location {
	int64_t db_id;
	uint32_t first, count;		/* its functions in writer.frames, innermost first */
	bool unresolved;
};

struct writer_stack {
	int64_t db_id;
	uint32_t parent, location;	/* ids of the batch */
	uint32_t depth;			/* in frames */
};

struct writer_cost {
	uint32_t event, thread, stack, location;	/* ids of the batch */
	uint64_t samples, value;			/* in the session so far */
};

/* What a function has gained since the last flush, for one event. */
struct writer_total {
	uint64_t samples, self, total_samples, total;
	bool is_written;		/* the file has a row for it */
	bool touched;
};

struct writer_event {
	int64_t db_id;
	int64_t costs;			/* ids given to its costs: 1, 2, … */
	int64_t counts;			/* and to its counts */
	uint64_t samples, value;
	struct writer_total *totals;	/* by index of the function */
	size_t totals_cap;
	uint32_t *touched;		/* functions with a gain */
	size_t touched_count, touched_cap;
};

struct writer_figure {
	int64_t db_id;
	uint64_t value;			/* as in the file; 0: no row */
	char *advice;			/* as in the file; NULL: none of this session's own */
};

struct pmc_writer {
	struct pmc_store *store;
	int64_t session_id;
	bool failed;			/* a flush failed: memory and file differ */
	sqlite3_stmt *statements[STATEMENTS];

	PMC_ARRAY(const char *) texts;
	PMC_ARRAY(struct writer_module) modules;
	PMC_ARRAY(int64_t) processes;
	PMC_ARRAY(int64_t) threads;
	PMC_ARRAY(struct writer_event) events;

	/* writer_names.c */
	const struct pmc_strings *names;
	PMC_ARRAY(int64_t) files;	/* by id of batch.names; 0: not looked up yet */
	PMC_ARRAY(struct writer_function) functions;
	struct pmc_index function_index;
	PMC_ARRAY(struct writer_site) sites;
	struct pmc_index site_index;
	PMC_ARRAY(struct writer_location) locations;
	PMC_ARRAY(uint32_t) frames;	/* indices of functions */

	/* writer_costs.c */
	PMC_ARRAY(struct writer_stack) stacks;
	PMC_ARRAY(struct writer_cost) costs;
	PMC_ARRAY(int64_t) cost_ids;
	struct pmc_index cost_index;
	PMC_ARRAY(uint32_t) marks;	/* by index of the function: the last walk that saw it */
	uint32_t walk;
	struct slice_sorter sorter;
	struct slice_text text;
	uint64_t unresolved;		/* samples */

	struct writer_figure figures[PMC_HEALTH_COUNT];
};

/* ---- statements (writer.c) ---- */

/* The prepared statement, reset and ready for binding; columns not bound are NULL. */
sqlite3_stmt *writer_statement(struct pmc_writer *writer, enum statement which);

/* Runs a statement that gives no row. */
int writer_run(struct pmc_writer *writer, sqlite3_stmt *stmt, struct pmc_err *err);

/* Runs an INSERT and gives the id of the new row. */
int writer_insert(struct pmc_writer *writer, sqlite3_stmt *stmt, int64_t *id, struct pmc_err *err);

/* Runs a SELECT of an id: 0 where there is no row. */
int writer_lookup(struct pmc_writer *writer, sqlite3_stmt *stmt, int64_t *id, struct pmc_err *err);

/* Text of a string id of the batches; "" for 0. */
const char *writer_text(const struct pmc_writer *writer, uint32_t string);

/* ---- parts; each is called inside the transaction ---- */

int writer_check(const struct pmc_writer *writer, const struct pmc_batch *batch,
		 struct pmc_err *err);
int writer_write_locations(struct pmc_writer *writer, const struct pmc_batch *batch,
			   struct pmc_err *err);
void writer_free_names(struct pmc_writer *writer);
int writer_write_stacks(struct pmc_writer *writer, const struct pmc_batch *batch,
			struct pmc_err *err);
int writer_write_costs(struct pmc_writer *writer, const struct pmc_batch *batch,
		       struct pmc_err *err);
int writer_write_branches(struct pmc_writer *writer, const struct pmc_batch *batch,
			  struct pmc_err *err);
void writer_free_costs(struct pmc_writer *writer);
int writer_write_tree(struct pmc_writer *writer, struct pmc_err *err);

#endif
