/*
 * schema_steps.c - what changed from version to version, and how older files get there.
 *
 * Job: the migrations of this build; for files that are only read, views that stand in for tables
 * an older version has not, or has with fewer columns.
 * Not here: running them (schema_migrate.c).
 *
 *   version   what came
 *   1         the first
 *   2         counts without samples: table event_count, modes 'count' and 'read' of events; a
 *             session's own advice in session_health
 *   3         call trees: table tree_node. Older sessions get none: views compute theirs
 *   4         imported recordings: table branch, and session.source
 *   5         table session_fact; groups: event.leader_id
 *   6         what else processors tell of branches: columns of branch
 *
 * A step is written out in full and stays as it is: it leads to the tables of its version, whatever
 * the C table says later. It runs inside a transaction, without any view in the file.
 */
#include "base/mem.h"
#include "store/connection.h"
#include "store/schema.h"

static const char *path_of(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");

	return path ? path : "";
}

/*
 * SQLite cannot change a CHECK, so the table of events is made anew, with the ids it had: other
 * tables refer to them. Editing the text of the schema in place would do, too, but a mistake in it
 * makes a file that cannot be opened.
 */
static const char events_of_2[] =
	"CREATE TABLE event_2 (\n"
	"\tid INTEGER PRIMARY KEY,\n"
	"\tsession_id INTEGER NOT NULL REFERENCES session,\n"
	"\tname TEXT NOT NULL,\n"
	"\trequested TEXT NOT NULL,\n"
	"\tunit TEXT NOT NULL CHECK (unit IN ('count', 'ns')),\n"
	"\tmode TEXT NOT NULL CHECK (mode IN ('period', 'frequency', 'count', 'read')),\n"
	"\tperiod_or_hz INTEGER NOT NULL,\n"
	"\tfallback TEXT,\n"
	"\tenabled_ns INTEGER NOT NULL,\n"
	"\trunning_ns INTEGER NOT NULL,\n"
	"\tcounted INTEGER NOT NULL,\n"
	"\tlost_samples INTEGER NOT NULL,\n"
	"\tsamples INTEGER NOT NULL,\n"
	"\tvalue INTEGER NOT NULL\n"
	") STRICT;\n"
	"INSERT INTO event_2 SELECT id, session_id, name, requested, unit, mode, period_or_hz,\n"
	"\tfallback, enabled_ns, running_ns, counted, lost_samples, samples, value FROM event;\n";

/* Rows of either that the other has not. */
static const char differing_events[] =
	"SELECT (SELECT count(*) FROM (SELECT * FROM event EXCEPT SELECT * FROM event_2))\n"
	"\t+ (SELECT count(*) FROM (SELECT * FROM event_2 EXCEPT SELECT * FROM event))";

static const char rest_of_2[] =
	"DROP TABLE event;\n"
	"ALTER TABLE event_2 RENAME TO event;\n"
	"CREATE INDEX event_session ON event (session_id);\n"
	"CREATE TABLE event_count (\n"
	"\tevent_id INTEGER NOT NULL REFERENCES event,\n"
	"\tid INTEGER NOT NULL,\n"
	"\trun INTEGER NOT NULL,\n"
	"\tstart_ns INTEGER NOT NULL,\n"
	"\tend_ns INTEGER NOT NULL,\n"
	"\tthread_id INTEGER REFERENCES thread,\n"
	"\tcpu INTEGER,\n"
	"\tcounted INTEGER NOT NULL,\n"
	"\tvalue INTEGER NOT NULL,\n"
	"\tenabled_ns INTEGER NOT NULL,\n"
	"\trunning_ns INTEGER NOT NULL,\n"
	"\tPRIMARY KEY (event_id, id)\n"
	") STRICT, WITHOUT ROWID;\n"
	"ALTER TABLE session_health ADD COLUMN advice TEXT;\n";

static int migrate_to_2(sqlite3 *db, struct pmc_err *err)
{
	const char *path = path_of(db);
	int64_t differing, damaged;

	if (connection_exec(db, path, events_of_2, err) ||
	    connection_get_int(db, path, differing_events, &differing, err) ||
	    connection_exec(db, path, rest_of_2, err) ||
	    connection_get_int(db, path, "SELECT count(*) FROM pragma_quick_check('event') "
					 "WHERE quick_check <> 'ok'", &damaged, err))
		return -1;
	if (!differing && !damaged)
		return 0;
	pmc_err_set(err, PMC_ERR_DATA, "cannot bring '%s' to schema version 2: %lld events differ, "
				       "%lld findings in the new table",
		    path, (long long)differing, (long long)damaged);
	return pmc_err_hint(err, "the file is as it was; `pmc db check` says whether it is "
				 "damaged");
}

static const char table_of_3[] =
	"CREATE TABLE tree_node (\n"
	"\tevent_id INTEGER NOT NULL REFERENCES event,\n"
	"\tid INTEGER NOT NULL,\n"
	"\tup INTEGER,\n"
	"\tbelow INTEGER NOT NULL,\n"
	"\tdepth INTEGER NOT NULL,\n"
	"\tfunction_id INTEGER NOT NULL REFERENCES function,\n"
	"\tinlined INTEGER NOT NULL,\n"
	"\trecursion INTEGER NOT NULL,\n"
	"\tsamples INTEGER NOT NULL,\n"
	"\tself INTEGER NOT NULL,\n"
	"\ttotal_samples INTEGER,\n"
	"\ttotal INTEGER,\n"
	"\tPRIMARY KEY (event_id, id)\n"
	") STRICT, WITHOUT ROWID;\n";

static int migrate_to_3(sqlite3 *db, struct pmc_err *err)
{
	return connection_exec(db, path_of(db), table_of_3, err);
}

static const char changes_of_4[] =
	"CREATE TABLE branch (\n"
	"\tevent_id INTEGER NOT NULL REFERENCES event,\n"
	"\tfrom_id INTEGER NOT NULL REFERENCES location,\n"
	"\tto_id INTEGER NOT NULL REFERENCES location,\n"
	"\tcount INTEGER NOT NULL,\n"
	"\tmispredicted INTEGER NOT NULL,\n"
	"\tPRIMARY KEY (event_id, from_id, to_id)\n"
	") STRICT, WITHOUT ROWID;\n"
	"ALTER TABLE session ADD COLUMN source TEXT;\n";

static int migrate_to_4(sqlite3 *db, struct pmc_err *err)
{
	return connection_exec(db, path_of(db), changes_of_4, err);
}

static const char changes_of_5[] =
	"CREATE TABLE session_fact (\n"
	"\tsession_id INTEGER NOT NULL REFERENCES session,\n"
	"\tname TEXT NOT NULL,\n"
	"\titem TEXT NOT NULL,\n"
	"\tvalue TEXT NOT NULL,\n"
	"\tPRIMARY KEY (session_id, name, item)\n"
	") STRICT, WITHOUT ROWID;\n"
	"ALTER TABLE event ADD COLUMN leader_id INTEGER REFERENCES event;\n";

static int migrate_to_5(sqlite3 *db, struct pmc_err *err)
{
	return connection_exec(db, path_of(db), changes_of_5, err);
}

static const char columns_of_6[] =
	"ALTER TABLE branch ADD COLUMN type TEXT;\n"
	"ALTER TABLE branch ADD COLUMN predicted INTEGER;\n"
	"ALTER TABLE branch ADD COLUMN timed INTEGER;\n"
	"ALTER TABLE branch ADD COLUMN cycles INTEGER;\n"
	"ALTER TABLE branch ADD COLUMN in_transaction INTEGER;\n"
	"ALTER TABLE branch ADD COLUMN aborts INTEGER;\n"
	"ALTER TABLE branch ADD COLUMN wrong_path INTEGER;\n";

static int migrate_to_6(sqlite3 *db, struct pmc_err *err)
{
	return connection_exec(db, path_of(db), columns_of_6, err);
}

const struct schema_migration schema_migrations[] = {
	{ 2, migrate_to_2 },
	{ 3, migrate_to_3 },
	{ 4, migrate_to_4 },
	{ 5, migrate_to_5 },
	{ 6, migrate_to_6 },
};
const size_t schema_migrations_count = PMC_COUNT(schema_migrations);

#define BRANCH_COLUMNS_OF_6 \
	"\t\tNULL AS type, NULL AS predicted, NULL AS timed, NULL AS cycles,\n" \
	"\t\tNULL AS in_transaction, NULL AS aborts, NULL AS wrong_path"

/* What files of versions 4 and 5 lack. */
#define STAND_INS_FOR_5 \
	"CREATE TEMP VIEW branch AS\n" \
	"\tSELECT event_id, from_id, to_id, count, mispredicted,\n" \
	BRANCH_COLUMNS_OF_6 " FROM main.branch;\n"

/* What files of versions 1 to 4 lack. */
#define FACTS_AND_GROUPS \
	"CREATE TEMP VIEW session_fact AS\n" \
	"\tSELECT NULL AS session_id, NULL AS name, NULL AS item, NULL AS value WHERE 0;\n" \
	"CREATE TEMP VIEW event AS\n" \
	"\tSELECT id, session_id, name, requested, unit, mode, period_or_hz, fallback,\n" \
	"\t\tenabled_ns, running_ns, counted, lost_samples, samples, value,\n" \
	"\t\tNULL AS leader_id FROM main.event;\n"

#define STAND_INS_FOR_4 FACTS_AND_GROUPS STAND_INS_FOR_5

/* What files of versions 1 to 3 lack: they have no branches at all. */
#define STAND_INS_FOR_3 \
	FACTS_AND_GROUPS \
	"CREATE TEMP VIEW branch AS\n" \
	"\tSELECT NULL AS event_id, NULL AS from_id, NULL AS to_id, NULL AS count,\n" \
	"\t\tNULL AS mispredicted,\n" BRANCH_COLUMNS_OF_6 " WHERE 0;\n" \
	"CREATE TEMP VIEW session AS\n" \
	"\tSELECT id, label, command, hostname, kernel, cpu, arch, cpus, started_at_ns,\n" \
	"\t\tslice_ns, duration_ns, heartbeat_ns, state, recorder_pid, pmc_version,\n" \
	"\t\tcallgraph, NULL AS source FROM main.session;\n"

/* What files of versions 1 and 2 lack. */
#define STAND_INS_FOR_2 \
	STAND_INS_FOR_3 \
	"CREATE TEMP VIEW tree_node AS\n" \
	"\tSELECT NULL AS event_id, NULL AS id, NULL AS up, NULL AS below, NULL AS depth,\n" \
	"\t\tNULL AS function_id, NULL AS inlined, NULL AS recursion, NULL AS samples,\n" \
	"\t\tNULL AS self, NULL AS total_samples, NULL AS total WHERE 0;\n"

/* What files of version 1 lack. */
static const char stand_ins_for_1[] =
	STAND_INS_FOR_2
	"CREATE TEMP VIEW event_count AS\n"
	"\tSELECT NULL AS event_id, NULL AS id, NULL AS run, NULL AS start_ns, NULL AS end_ns,\n"
	"\t\tNULL AS thread_id, NULL AS cpu, NULL AS counted, NULL AS value,\n"
	"\t\tNULL AS enabled_ns, NULL AS running_ns WHERE 0;\n"
	"CREATE TEMP VIEW session_health AS\n"
	"\tSELECT session_id, figure_id, value, NULL AS advice FROM main.session_health;\n";

const char *schema_stand_ins(int version)
{
	switch (version) {
	case 1:
		return stand_ins_for_1;
	case 2:
		return STAND_INS_FOR_2;
	case 3:
		return STAND_INS_FOR_3;
	case 4:
		return STAND_INS_FOR_4;
	case 5:
		return STAND_INS_FOR_5;
	default:
		return NULL;
	}
}
