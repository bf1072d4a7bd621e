#include "trust/leftovers.h"

#include "base/path.h"
#include "trust/sqlite.h"

enum { LOCK_MS = 2000 }; /* a browser that writes holds its lock for a moment */

/* A browser writes the seal while it holds the lock on cert9.db, so that with this lock there is no
 * seal whose object is still to come. */
static const char begin[] = "BEGIN IMMEDIATE";
static const char sweep[] =
    "DELETE FROM keys.metaData WHERE id GLOB 'sig_cert_*' AND substr(id, 10, 8) "
    "NOT IN (SELECT printf('%08x', id) FROM main.nssPublic)";

static sqlite3 *open_both(const char *certificates, const char *keys)
{
    HUFU_AUTO(sqlite3_close_auto)
    sqlite3 *db = hufu_sqlite_open(certificates, SQLITE_OPEN_READWRITE);
    if (!db || sqlite3_busy_timeout(db, LOCK_MS))
        return NULL;
    HUFU_AUTO(sqlite3_finalize_auto)
    sqlite3_stmt *attach = hufu_sqlite_prepare(db, "ATTACH ? AS keys");
    if (!attach || sqlite3_bind_text(attach, 1, keys, -1, SQLITE_STATIC) ||
        sqlite3_step(attach) != SQLITE_DONE)
        return NULL;
    return HUFU_TAKE(db);
}

void hufu_leftovers_remove(const char *folder)
{
    char certificates[PATH_MAX];
    char keys[PATH_MAX];
    if (!hufu_path_join(certificates, folder, "cert9.db") ||
        !hufu_path_join(keys, folder, "key4.db"))
        return;
    HUFU_AUTO(sqlite3_close_auto) sqlite3 *db = open_both(certificates, keys);
    if (db && sqlite3_exec(db, begin, NULL, NULL, NULL) == SQLITE_OK)
        sqlite3_exec(db, sqlite3_exec(db, sweep, NULL, NULL, NULL) ? "ROLLBACK" : "COMMIT", NULL,
                     NULL, NULL);
}
