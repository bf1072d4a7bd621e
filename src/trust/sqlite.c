#include "trust/sqlite.h"

#include "base/buf.h"

#include <string.h>

enum {
    LOCK_MS = 1000,      /* a browser writes for milliseconds */
    COLUMN_LIMIT = 1000, /* SQLite's default is 2000 */
};

static const char *const tables[] = {"nssPublic", "nssPrivate"};

/* The bytes may be anybody's: nothing in them is run, and nothing in them says how much to take. */
static void be_wary(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, HUFU_DATABASE_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_COLUMN, COLUMN_LIMIT);
    sqlite3_busy_timeout(db, LOCK_MS);
}

sqlite3 *hufu_sqlite_open(const char *path, int flags)
{
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        return NULL;
    be_wary(db);
    return HUFU_TAKE(db);
}

sqlite3_stmt *hufu_sqlite_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

/* --- check --- */

static enum hufu_database_health health_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
        return HUFU_DATABASE_LOCKED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return HUFU_DATABASE_DAMAGED;
    default:
        return HUFU_DATABASE_SOUND;
    }
}

/* Whether the one row of the statement begins with this text. */
static enum hufu_database_health expect(sqlite3 *db, const char *sql, const char *wanted)
{
    HUFU_AUTO(sqlite3_finalize_auto) sqlite3_stmt *row = hufu_sqlite_prepare(db, sql);
    int code = row ? sqlite3_step(row) : sqlite3_errcode(db);
    if (code != SQLITE_ROW)
        return health_of(code);
    const unsigned char *text = sqlite3_column_text(row, 0);
    return text && strcmp((const char *)text, wanted) == 0 ? HUFU_DATABASE_SOUND
                                                           : HUFU_DATABASE_DAMAGED;
}

/* A file without any table will have NSS's; one with others' only never will. */
static const char has_table[] =
    "SELECT count(*) = 0 OR sum(type = 'table' AND name IN ('nssPublic', 'nssPrivate')) > 0 "
    "FROM sqlite_schema";

enum hufu_database_health hufu_database_check(const char *path, bool writes)
{
    HUFU_AUTO(sqlite3_close_auto)
    sqlite3 *db = hufu_sqlite_open(path, writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (!db)
        return HUFU_DATABASE_SOUND;
    enum hufu_database_health health = expect(db, "PRAGMA quick_check(1)", "ok");
    return health == HUFU_DATABASE_SOUND ? expect(db, has_table, "1") : health;
}

/* --- columns --- */

/* "id", or "a" and hex: it becomes a part of a statement. */
static bool is_column(const char *name)
{
    size_t digits = strspn(name + 1, "0123456789abcdef");
    return strcmp(name, "id") == 0 || (name[0] == 'a' && digits > 0 && !name[1 + digits] &&
                                       strlen(name) < (size_t)HUFU_COLUMN_NAME_SIZE);
}

static bool has_column(const struct hufu_columns *columns, const char *name)
{
    for (int i = 0; i < columns->count; i++)
        if (strcmp(columns->names[i], name) == 0)
            return true;
    return false;
}

static bool add_column(struct hufu_columns *columns, const char *name)
{
    if (!name || !name[0] || !is_column(name) || columns->count == HUFU_COLUMNS_MAX ||
        has_column(columns, name))
        return false;
    memcpy(columns->names[columns->count++], name, strlen(name) + 1);
    return true;
}

bool hufu_columns_read(sqlite3 *db, struct hufu_columns *ret_columns, const char **ret_table)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct hufu_columns columns = {.count = 0};
        bool valid = true;
        HUFU_AUTO(sqlite3_finalize_auto)
        sqlite3_stmt *rows =
            hufu_sqlite_prepare(db, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
        if (!rows || sqlite3_bind_text(rows, 1, tables[i], -1, SQLITE_STATIC) != SQLITE_OK)
            return false;
        while (valid && sqlite3_step(rows) == SQLITE_ROW)
            valid = add_column(&columns, (const char *)sqlite3_column_text(rows, 0));
        if (!valid || columns.count == 0 || strcmp(columns.names[0], "id") != 0)
            continue;
        *ret_columns = columns;
        *ret_table = tables[i];
        return true;
    }
    return false;
}

bool hufu_columns_read_file(const char *path, struct hufu_columns *ret_columns)
{
    const char *table = NULL;
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = hufu_sqlite_open(path, SQLITE_OPEN_READONLY);
    return db && hufu_columns_read(db, ret_columns, &table);
}

bool hufu_columns_add(sqlite3 *target, const char *table, const struct hufu_columns *columns)
{
    struct hufu_columns there;
    if (!hufu_columns_read(target, &there, &table))
        return false;
    for (int i = 0; i < columns->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = HUFU_SQL_MAX};
        if (has_column(&there, columns->names[i]))
            continue;
        hufu_buf_printf(&sql, "ALTER TABLE %s ADD COLUMN %s", table, columns->names[i]);
        if (sqlite3_exec(target, hufu_buf_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

bool hufu_table_is_private(const char *table)
{
    return strcmp(table, tables[1]) == 0;
}
