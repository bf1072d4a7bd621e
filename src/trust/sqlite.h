/* The files of NSS as SQLite has them. What is in them may be anybody's: see hufu_sqlite_open. */
#ifndef HUFU_TRUST_SQLITE_H
#define HUFU_TRUST_SQLITE_H

#include "base/cleanup.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    HUFU_SQL_MAX = 16384,                       /* a statement that names as many columns twice */
    HUFU_COLUMNS_MAX = 400,                     /* NSS has 120 */
    HUFU_COLUMN_NAME_SIZE = sizeof "a1234567f", /* "a" and the number of an attribute in hex */
    HUFU_DATABASE_MAX = 64 * 1024 * 1024, /* more than ten thousand certificates with their trust */
};

/* In their order; the first is "id". */
struct hufu_columns {
    char names[HUFU_COLUMNS_MAX][HUFU_COLUMN_NAME_SIZE];
    int count;
};

HUFU_DEFINE_AUTO(sqlite3 *, sqlite3_close)
HUFU_DEFINE_AUTO(sqlite3_stmt *, sqlite3_finalize)

enum hufu_database_health {
    HUFU_DATABASE_SOUND, /* or SQLite cannot say: then NSS will */
    HUFU_DATABASE_LOCKED,
    HUFU_DATABASE_DAMAGED,
};

/* Reads the whole file, as SQLite checks it; waits for a lock for a second. With `writes`, what a
 * program left half written is taken back first, as the next start of the browser would do. */
enum hufu_database_health hufu_database_check(const char *path, bool writes);

/* With nothing of its schema run, and nothing of it larger than HUFU_DATABASE_MAX. NULL on
 * failure. */
sqlite3 *hufu_sqlite_open(const char *path, int flags);
sqlite3_stmt *hufu_sqlite_prepare(sqlite3 *db, const char *sql);

/* The columns of the table of objects, and which of the two tables of NSS it is. */
bool hufu_columns_read(sqlite3 *db, struct hufu_columns *ret_columns, const char **ret_table);
bool hufu_columns_read_file(const char *path, struct hufu_columns *ret_columns);

/* Adds those that the table lacks: a browser that is newer than our NSS keeps more attributes. */
bool hufu_columns_add(sqlite3 *db, const char *table, const struct hufu_columns *columns);

/* The table of private objects; "metaData" stands beside it. */
bool hufu_table_is_private(const char *table);

#endif
