/* The rows of a table are on pages of one kind. Each such page is put into the place of the table's
 * first page in a file whose first page, with the schema, is our own: SQLite reads it as if it were
 * the whole table, whatever became of the pages that led to it. */
#include "trust/salvage.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOCK_MS = 1000,  /* a browser writes for milliseconds */
    SQL_MAX = 16384, /* what names COLUMNS_MAX columns twice */
    COLUMNS_MAX = 400,
    NAME_SIZE = sizeof "a1234567f", /* "a" and the number of an attribute in hex */
    VALUE_MAX = HUFU_SALVAGE_MAX,
    COLUMN_LIMIT = 1000, /* SQLite's default is 2000; NSS has 120 */
};

/* The format of SQLite's files: https://www.sqlite.org/fileformat.html */
enum {
    HEADER_LEN = 100,
    AT_PAGE_SIZE = 16,
    AT_PAGE_COUNT = 28,
    AT_FREE_PAGES = 32,
    FREE_PAGE_HEAD = 8, /* the next one, and how many follow */
    PAGE_OF_ROWS = 13,
    PAGE_MIN = 1024,
    PAGE_USUAL = 4096,
    PAGE_MAX = 65536,
    PAGES_BEFORE = 2, /* that of the schema, and that in whose place the others are put */
};

static const char magic[16] = "SQLite format 3";

struct columns {
    char names[COLUMNS_MAX][NAME_SIZE];
    int count;
};

/* One that NSS has in one of the two files. */
static const char *const tables[] = {"nssPublic", "nssPrivate"};
static const char password_row[] = "password";

/* NSS makes it when a password is first set, "" being one. */
static const char make_meta[] = "CREATE TABLE IF NOT EXISTS metaData "
                                "(id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2)";

struct rescue {
    struct hufu_buf file; /* the damaged one */
    size_t page_size;
    struct hufu_buf stage; /* our first page, then those of the file */
    uint8_t *is_free;      /* by page, from 1 */
    size_t pages;
    sqlite3_stmt *add_object;
    sqlite3_stmt *add_meta; /* NULL in cert9.db */
    struct hufu_salvage result;
};

HUFU_DEFINE_AUTO(sqlite3 *, sqlite3_close)
HUFU_DEFINE_AUTO(sqlite3_stmt *, sqlite3_finalize)

static void rescue_done(struct rescue *rescue)
{
    sqlite3_finalize(rescue->add_object);
    sqlite3_finalize(rescue->add_meta);
    hufu_buf_done(&rescue->file);
    hufu_buf_done(&rescue->stage);
    free(rescue->is_free);
}

/* The bytes may be anybody's: nothing in them is run, and nothing in them says how much to take. */
static void be_wary(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_COLUMN, COLUMN_LIMIT);
    sqlite3_busy_timeout(db, LOCK_MS);
}

static sqlite3 *open_wary(const char *path, int flags)
{
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        return NULL;
    be_wary(db);
    return HUFU_TAKE(db);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
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
    HUFU_AUTO(sqlite3_finalize_auto) sqlite3_stmt *row = prepare(db, sql);
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
    sqlite3 *db = open_wary(path, writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
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
    return strcmp(name, "id") == 0 ||
           (name[0] == 'a' && digits > 0 && !name[1 + digits] && strlen(name) < (size_t)NAME_SIZE);
}

static bool has_column(const struct columns *columns, const char *name)
{
    for (int i = 0; i < columns->count; i++)
        if (strcmp(columns->names[i], name) == 0)
            return true;
    return false;
}

static bool add_column(struct columns *columns, const char *name)
{
    if (!name || !name[0] || !is_column(name) || columns->count == COLUMNS_MAX ||
        has_column(columns, name))
        return false;
    memcpy(columns->names[columns->count++], name, strlen(name) + 1);
    return true;
}

/* The columns of the table of objects, in their order, and which table it is. */
static bool read_columns(sqlite3 *db, struct columns *ret_columns, const char **ret_table)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct columns columns = {.count = 0};
        bool valid = true;
        HUFU_AUTO(sqlite3_finalize_auto)
        sqlite3_stmt *rows = prepare(db, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
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

static bool read_columns_of(const char *path, struct columns *ret_columns)
{
    const char *table = NULL;
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_wary(path, SQLITE_OPEN_READONLY);
    return db && read_columns(db, ret_columns, &table);
}

/* A browser that is newer than our NSS keeps more attributes. */
static bool add_missing(sqlite3 *target, const char *table, const struct columns *columns)
{
    struct columns there;
    if (!read_columns(target, &there, &table))
        return false;
    for (int i = 0; i < columns->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = SQL_MAX};
        if (has_column(&there, columns->names[i]))
            continue;
        hufu_buf_printf(&sql, "ALTER TABLE %s ADD COLUMN %s", table, columns->names[i]);
        if (sqlite3_exec(target, hufu_buf_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

static sqlite3_stmt *prepare_add(sqlite3 *target, const char *table, const struct columns *columns)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = SQL_MAX};
    hufu_buf_printf(&sql, "INSERT OR IGNORE INTO %s (", table);
    for (int i = 0; i < columns->count; i++)
        hufu_buf_printf(&sql, "%s%s", i ? "," : "", columns->names[i]);
    hufu_buf_add_text(&sql, ") VALUES (");
    for (int i = 0; i < columns->count; i++)
        hufu_buf_add_text(&sql, i ? ",?" : "?");
    hufu_buf_add_text(&sql, ")");
    return sql.failed ? NULL : prepare(target, hufu_buf_text(&sql));
}

/* --- pages --- */

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool has_header(const struct hufu_buf *file)
{
    return file->len >= HEADER_LEN && memcmp(file->data, magic, sizeof magic) == 0;
}

/* 0 when the file does not say. */
static size_t page_size_of(const struct hufu_buf *file)
{
    if (!has_header(file))
        return 0;
    size_t size = (size_t)file->data[AT_PAGE_SIZE] << 8 | file->data[AT_PAGE_SIZE + 1];
    size = size == 1 ? PAGE_MAX : size;
    return size >= PAGE_MIN && (size & (size - 1)) == 0 ? size : 0;
}

static size_t page_size_at(const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf file = {.max = HUFU_SALVAGE_MAX};
    return hufu_file_read(path, &file) == 0 ? page_size_of(&file) : 0;
}

static const uint8_t *page_at(const struct rescue *rescue, size_t page)
{
    return rescue->file.data + (page - 1) * rescue->page_size;
}

/* What was deleted must not come back: pages on the list of free ones are left out. */
static void mark_free(struct rescue *rescue)
{
    size_t in_page = rescue->page_size / 4 - FREE_PAGE_HEAD / 4;
    if (!has_header(&rescue->file))
        return;
    size_t list = number_at(rescue->file.data + AT_FREE_PAGES);
    while (list > 1 && list <= rescue->pages && !rescue->is_free[list]) {
        const uint8_t *bytes = page_at(rescue, list);
        size_t count = number_at(bytes + 4);
        rescue->is_free[list] = 1;
        for (size_t i = 0; i < count && i < in_page; i++) {
            size_t page = number_at(bytes + FREE_PAGE_HEAD + 4 * i);
            if (page > 1 && page <= rescue->pages)
                rescue->is_free[page] = 1;
        }
        list = number_at(bytes);
    }
}

/* An empty table with as many columns, as a file of two pages. */
static bool make_first_pages(size_t page_size, int columns, struct hufu_buf *ret_pages)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = SQL_MAX};
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_wary(":memory:", SQLITE_OPEN_READWRITE);
    sqlite3_int64 len = 0;
    hufu_buf_printf(&sql, "PRAGMA page_size=%zu; CREATE TABLE t (", page_size);
    for (int i = 0; i < columns; i++)
        hufu_buf_printf(&sql, "%sc%d", i ? "," : "", i);
    hufu_buf_add_text(&sql, ")");
    if (!db || sql.failed || sqlite3_exec(db, hufu_buf_text(&sql), NULL, NULL, NULL) != SQLITE_OK)
        return false;
    unsigned char *bytes = sqlite3_serialize(db, "main", &len, 0);
    if (bytes && len == (sqlite3_int64)(PAGES_BEFORE * page_size))
        hufu_buf_add(ret_pages, bytes, (size_t)len);
    sqlite3_free(bytes);
    return ret_pages->len == PAGES_BEFORE * page_size;
}

/* The other pages stay where they are, for long rows go on in them. */
static bool set_stage(struct rescue *rescue, int columns)
{
    hufu_buf_init(&rescue->stage, HUFU_SALVAGE_MAX + (size_t)PAGES_BEFORE * PAGE_MAX);
    if (!make_first_pages(rescue->page_size, columns, &rescue->stage))
        return false;
    size_t before = rescue->stage.len;
    if (rescue->pages > PAGES_BEFORE)
        hufu_buf_add(&rescue->stage, page_at(rescue, PAGES_BEFORE + 1),
                     (rescue->pages - PAGES_BEFORE) * rescue->page_size);
    size_t pages = rescue->stage.len / rescue->page_size;
    for (int i = 0; i < 4 && !rescue->stage.failed; i++)
        rescue->stage.data[AT_PAGE_COUNT + i] = (uint8_t)(pages >> (24 - 8 * i));
    return !rescue->stage.failed && rescue->stage.len >= before;
}

static bool load(struct rescue *rescue, const char *damaged, const char *sister)
{
    rescue->file.max = HUFU_SALVAGE_MAX;
    if (hufu_file_read(damaged, &rescue->file))
        return false;
    rescue->page_size = page_size_of(&rescue->file);
    if (!rescue->page_size)
        rescue->page_size = page_size_at(sister);
    if (!rescue->page_size)
        rescue->page_size = PAGE_USUAL;
    rescue->pages = rescue->file.len / rescue->page_size;
    rescue->is_free = calloc(rescue->pages + 1, 1);
    return rescue->is_free;
}

/* --- rows --- */

/* An object's id is a number; a row of metaData is named by a text and has three columns. */
static sqlite3_stmt *add_for(struct rescue *rescue, sqlite3_stmt *row)
{
    switch (sqlite3_column_type(row, 0)) {
    case SQLITE_INTEGER:
        return rescue->add_object;
    case SQLITE_TEXT:
        return rescue->add_meta;
    default:
        return NULL;
    }
}

static bool is_password(sqlite3_stmt *row)
{
    const unsigned char *name = sqlite3_column_text(row, 0);
    return name && strcmp((const char *)name, password_row) == 0;
}

/* False when it could not be written. A row that is there already is not counted again. */
static bool add_row(struct rescue *rescue, sqlite3_stmt *row)
{
    sqlite3_stmt *add = add_for(rescue, row);
    if (!add)
        return true;
    bool meta = add == rescue->add_meta;
    sqlite3_reset(add);
    for (int i = 0; i < sqlite3_bind_parameter_count(add); i++)
        if (sqlite3_bind_value(add, i + 1, sqlite3_column_value(row, i)) != SQLITE_OK)
            return false;
    if (sqlite3_step(add) != SQLITE_DONE)
        return (sqlite3_errcode(sqlite3_db_handle(add)) & 0xff) == SQLITE_CONSTRAINT;
    rescue->result.saved += (size_t)sqlite3_changes(sqlite3_db_handle(add));
    rescue->result.password = rescue->result.password || (meta && is_password(row));
    return true;
}

/* What cannot be read ends the page, not the rescue. */
static bool add_page(struct rescue *rescue, size_t page)
{
    struct hufu_buf *stage = &rescue->stage;
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_wary(":memory:", SQLITE_OPEN_READWRITE);
    memcpy(stage->data + rescue->page_size, page_at(rescue, page), rescue->page_size);
    if (!db ||
        sqlite3_deserialize(db, "main", stage->data, (sqlite3_int64)stage->len,
                            (sqlite3_int64)stage->len, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
        return false;
    HUFU_AUTO(sqlite3_finalize_auto) sqlite3_stmt *rows = prepare(db, "SELECT * FROM t");
    while (rows && sqlite3_step(rows) == SQLITE_ROW)
        if (!add_row(rescue, rows))
            return false;
    return true;
}

static bool add_pages(struct rescue *rescue)
{
    for (size_t page = PAGES_BEFORE; page <= rescue->pages; page++)
        if (page_at(rescue, page)[0] == PAGE_OF_ROWS && !rescue->is_free[page] &&
            !add_page(rescue, page))
            return false;
    return true;
}

/* --- all of it --- */

static bool has_meta(const char *table)
{
    return strcmp(table, tables[1]) == 0;
}

/* How many rows there should be, when an index can still be counted. */
static void count(const char *damaged, const char *table, struct hufu_salvage *salvage)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = SQL_MAX};
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_wary(damaged, SQLITE_OPEN_READONLY);
    hufu_buf_printf(&sql, "SELECT (SELECT count(*) FROM %s)%s", table,
                    has_meta(table) ? " + (SELECT count(*) FROM metaData)" : "");
    HUFU_AUTO(sqlite3_finalize_auto)
    sqlite3_stmt *rows = db ? prepare(db, hufu_buf_text(&sql)) : NULL;
    if (!rows || sqlite3_step(rows) != SQLITE_ROW)
        return;
    size_t all = (size_t)sqlite3_column_int64(rows, 0);
    salvage->counted = true;
    salvage->lost = all > salvage->saved ? all - salvage->saved : 0;
}

static bool copy_rows(struct rescue *rescue, sqlite3 *target, const char *table,
                      const struct columns *columns)
{
    static const struct columns meta = {.names = {"id", "item1", "item2"}, .count = 3};
    if (sqlite3_exec(target, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
        !add_missing(target, table, columns))
        return false;
    rescue->add_object = prepare_add(target, table, columns);
    if (has_meta(table) && sqlite3_exec(target, make_meta, NULL, NULL, NULL) == SQLITE_OK)
        rescue->add_meta = prepare_add(target, "metaData", &meta);
    mark_free(rescue);
    if (!rescue->add_object || !set_stage(rescue, columns->count) || !add_pages(rescue))
        return false;
    sqlite3_reset(rescue->add_object);
    sqlite3_reset(rescue->add_meta);
    return sqlite3_exec(target, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

enum hufu_status hufu_salvage(const char *damaged, const char *sister, const char *target,
                              struct hufu_salvage *ret_salvage, struct hufu_error *err)
{
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_wary(target, SQLITE_OPEN_READWRITE);
    HUFU_AUTO(rescue_done) struct rescue rescue = {0};
    struct columns columns;
    const char *table = NULL;
    if (!db || !read_columns(db, &columns, &table))
        return hufu_fail(err, HUFU_E_STORE, "the new database cannot be read");
    if (!read_columns_of(damaged, &columns))
        (void)read_columns_of(sister, &columns);
    if (!load(&rescue, damaged, sister))
        return hufu_fail(err, HUFU_E_STORE, "the damaged database cannot be read");
    if (!copy_rows(&rescue, db, table, &columns))
        return hufu_fail(err, HUFU_E_STORE, sqlite3_errmsg(db));
    count(damaged, table, &rescue.result);
    *ret_salvage = rescue.result;
    return HUFU_OK;
}
