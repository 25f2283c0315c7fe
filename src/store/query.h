/*
 * query.h - inside the folder: what keeps readers from writing.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

struct sqlite3;

/*
 * From now on the connection refuses every statement that could change a file or open another one.
 */
void query_guard(struct sqlite3 *db);

#endif
