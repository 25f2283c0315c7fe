/*
 * schema_tree.h - inside the folder: the SQL of views over call trees, and what all views share.
 */
#ifndef STORE_SCHEMA_TREE_H
#define STORE_SCHEMA_TREE_H

/* A sum of raw values as the estimate shown: scaled where the event shared its counter. */
#define SCALED(sum) "iif(e.scale IS NULL, " sum ", CAST(" sum " * e.scale + 0.5 AS INTEGER))"
#define SHARE(sum) "coalesce(1.0 * (" sum ") / nullif(e.value, 0), 0.0)"

extern const char schema_live_tree_sql[], schema_call_tree_sql[];
extern const char schema_callers_sql[], schema_callees_sql[];

#endif
