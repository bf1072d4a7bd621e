/* The rows of a table are on pages of one kind. Each such page is put into the place of the table's
 * first page in a file whose first page, with the schema, is our own: SQLite reads it as if it were
 * the whole table, whatever became of the pages that led to it. */
#include "trust/salvage.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/sqlite.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void rescue_done(struct rescue *rescue)
{
    sqlite3_finalize(rescue->add_object);
    sqlite3_finalize(rescue->add_meta);
    hufu_buf_done(&rescue->file);
    hufu_buf_done(&rescue->stage);
    free(rescue->is_free);
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
    HUFU_AUTO(hufu_buf_done) struct hufu_buf file = {.max = HUFU_DATABASE_MAX};
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
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = HUFU_SQL_MAX};
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = hufu_sqlite_open(":memory:", SQLITE_OPEN_READWRITE);
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
    hufu_buf_init(&rescue->stage, HUFU_DATABASE_MAX + (size_t)PAGES_BEFORE * PAGE_MAX);
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
    rescue->file.max = HUFU_DATABASE_MAX;
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

static sqlite3_stmt *prepare_add(sqlite3 *target, const char *table,
                                 const struct hufu_columns *columns)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = HUFU_SQL_MAX};
    hufu_buf_printf(&sql, "INSERT OR IGNORE INTO %s (", table);
    for (int i = 0; i < columns->count; i++)
        hufu_buf_printf(&sql, "%s%s", i ? "," : "", columns->names[i]);
    hufu_buf_add_text(&sql, ") VALUES (");
    for (int i = 0; i < columns->count; i++)
        hufu_buf_add_text(&sql, i ? ",?" : "?");
    hufu_buf_add_text(&sql, ")");
    return sql.failed ? NULL : hufu_sqlite_prepare(target, hufu_buf_text(&sql));
}

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
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = hufu_sqlite_open(":memory:", SQLITE_OPEN_READWRITE);
    memcpy(stage->data + rescue->page_size, page_at(rescue, page), rescue->page_size);
    if (!db ||
        sqlite3_deserialize(db, "main", stage->data, (sqlite3_int64)stage->len,
                            (sqlite3_int64)stage->len, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
        return false;
    HUFU_AUTO(sqlite3_finalize_auto)
    sqlite3_stmt *rows = hufu_sqlite_prepare(db, "SELECT * FROM t");
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

/* How many rows there should be, when an index can still be counted. */
static void count(const char *damaged, const char *table, struct hufu_salvage *salvage)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sql = {.max = HUFU_SQL_MAX};
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = hufu_sqlite_open(damaged, SQLITE_OPEN_READONLY);
    hufu_buf_printf(&sql, "SELECT (SELECT count(*) FROM %s)%s", table,
                    hufu_table_is_private(table) ? " + (SELECT count(*) FROM metaData)" : "");
    HUFU_AUTO(sqlite3_finalize_auto)
    sqlite3_stmt *rows = db ? hufu_sqlite_prepare(db, hufu_buf_text(&sql)) : NULL;
    if (!rows || sqlite3_step(rows) != SQLITE_ROW)
        return;
    size_t all = (size_t)sqlite3_column_int64(rows, 0);
    salvage->counted = true;
    salvage->lost = all > salvage->saved ? all - salvage->saved : 0;
}

static bool copy_rows(struct rescue *rescue, sqlite3 *target, const char *table,
                      const struct hufu_columns *columns)
{
    static const struct hufu_columns meta = {.names = {"id", "item1", "item2"}, .count = 3};
    if (sqlite3_exec(target, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
        !hufu_columns_add(target, table, columns))
        return false;
    rescue->add_object = prepare_add(target, table, columns);
    if (hufu_table_is_private(table) &&
        sqlite3_exec(target, make_meta, NULL, NULL, NULL) == SQLITE_OK)
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
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = hufu_sqlite_open(target, SQLITE_OPEN_READWRITE);
    HUFU_AUTO(rescue_done) struct rescue rescue = {0};
    struct hufu_columns columns;
    const char *table = NULL;
    if (!db || !hufu_columns_read(db, &columns, &table))
        return hufu_fail(err, HUFU_E_STORE, "the new database cannot be read");
    if (!hufu_columns_read_file(damaged, &columns))
        (void)hufu_columns_read_file(sister, &columns);
    if (!load(&rescue, damaged, sister))
        return hufu_fail(err, HUFU_E_STORE, "the damaged database cannot be read");
    if (!copy_rows(&rescue, db, table, &columns))
        return hufu_fail(err, HUFU_E_STORE, sqlite3_errmsg(db));
    count(damaged, table, &rescue.result);
    *ret_salvage = rescue.result;
    return HUFU_OK;
}
