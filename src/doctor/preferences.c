#include "doctor/preferences.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/sqlite.h"
#include "wire/origin.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* A profile of years has a megabyte of either. */
enum { PREFERENCES_MAX = 16 * 1024 * 1024, CHROMIUM_ALLOW = 1, CHROMIUM_BLOCK = 2 };

static json_t *json_of(const struct hufu_preferences *preferences)
{
    return (json_t *)(uintptr_t)preferences;
}

struct hufu_preferences *hufu_preferences_read(const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = PREFERENCES_MAX};
    if (hufu_file_read(path, &text))
        return NULL;
    return (struct hufu_preferences *)json_loadb(hufu_buf_text(&text), text.len, 0, NULL);
}

void hufu_preferences_free(struct hufu_preferences *preferences)
{
    json_decref(json_of(preferences));
}

/* --- Chromium --- */

/* Measured with Chromium 156: the names of the permission, the newer one first. */
static const char *const permissions[] = {"loopback_network", "local_network_access"};

/* "https://a.tw:443,*" of an origin "https://a.tw". */
static void pattern_of(const char *origin, char *ret_pattern, size_t size)
{
    const char *host = strstr(origin, "://");
    bool has_port = host && strchr(host + 3, ':');
    bool secure = strncmp(origin, "https:", 6) == 0;
    snprintf(ret_pattern, size, "%s%s,*", origin, has_port ? "" : secure ? ":443" : ":80");
}

static enum hufu_choice choice_of(json_int_t setting)
{
    return setting == CHROMIUM_ALLOW   ? HUFU_CHOICE_ALLOWED
           : setting == CHROMIUM_BLOCK ? HUFU_CHOICE_DENIED
                                       : HUFU_CHOICE_NONE;
}

enum hufu_choice hufu_preferences_choice(const struct hufu_preferences *preferences,
                                         const char *origin)
{
    char pattern[HUFU_ORIGIN_MAX + 16];
    json_t *profile = json_object_get(json_of(preferences), "profile");
    json_t *content = json_object_get(profile, "content_settings");
    json_t *exceptions = json_object_get(content, "exceptions");
    json_t *defaults = json_object_get(profile, "default_content_setting_values");
    pattern_of(origin, pattern, sizeof pattern);
    for (size_t i = 0; i < sizeof permissions / sizeof permissions[0]; i++) {
        json_t *row = json_object_get(json_object_get(exceptions, permissions[i]), pattern);
        enum hufu_choice choice = choice_of(json_integer_value(json_object_get(row, "setting")));
        if (choice != HUFU_CHOICE_NONE)
            return choice;
    }
    for (size_t i = 0; i < sizeof permissions / sizeof permissions[0]; i++)
        if (json_integer_value(json_object_get(defaults, permissions[i])) == CHROMIUM_BLOCK)
            return HUFU_CHOICE_DENIED_ALL;
    return HUFU_CHOICE_NONE;
}

/* Policies take patterns; what is written for one website is its origin. */
static bool is_listed(json_t *list, const char *origin)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        size_t len = strlen(origin);
        if (text && (strcmp(text, "*") == 0 || (strncmp(text, origin, len) == 0 &&
                                                (!text[len] || strcmp(text + len, "/") == 0 ||
                                                 strcmp(text + len, ":443") == 0))))
            return true;
    }
    return false;
}

enum hufu_choice hufu_policy_choice(const struct hufu_preferences *preferences, const char *origin)
{
    static const struct {
        const char *name;
        enum hufu_choice choice;
    } lists[] = {
        {"LoopbackNetworkBlockedForUrls", HUFU_CHOICE_DENIED},
        {"LocalNetworkAccessBlockedForUrls", HUFU_CHOICE_DENIED},
        {"LoopbackNetworkAllowedForUrls", HUFU_CHOICE_ALLOWED},
        {"LocalNetworkAccessAllowedForUrls", HUFU_CHOICE_ALLOWED},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (is_listed(json_object_get(json_of(preferences), lists[i].name), origin))
            return lists[i].choice;
    return HUFU_CHOICE_NONE;
}

/* --- Firefox --- */

/* Measured with Firefox 153. */
enum { FIREFOX_ALLOW = 1, FIREFOX_DENY = 2 };

/* As a URI of SQLite that takes no lock, which a running Firefox never gives away, and writes
 * nothing beside the file. */
static bool uri_of(const char *path, char *ret_uri, size_t size)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf uri = {.max = size - 1};
    hufu_buf_add_text(&uri, "file:");
    for (const char *at = path; *at; at++)
        if (strchr("?#%", *at))
            hufu_buf_printf(&uri, "%%%02X", (unsigned char)*at);
        else
            hufu_buf_add(&uri, at, 1);
    hufu_buf_add_text(&uri, "?immutable=1");
    snprintf(ret_uri, size, "%s", hufu_buf_text(&uri));
    return !uri.failed;
}

/* Containers add "^userContextId=1" to the origin: theirs are others' affairs. */
static enum hufu_choice ask_database(const char *path, const char *origin)
{
    char uri[3 * PATH_MAX];
    if (!uri_of(path, uri, sizeof uri))
        return HUFU_CHOICE_NONE;
    HUFU_AUTO(sqlite3_close_auto)
    sqlite3 *db = hufu_sqlite_open(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    HUFU_AUTO(sqlite3_finalize_auto)
    sqlite3_stmt *row =
        db ? hufu_sqlite_prepare(db, "SELECT max(permission) FROM moz_perms WHERE origin = ?1 AND "
                                     "type = 'loopback-network'")
           : NULL;
    if (!row || sqlite3_bind_text(row, 1, origin, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(row) != SQLITE_ROW)
        return HUFU_CHOICE_NONE;
    int permission = sqlite3_column_int(row, 0);
    return permission == FIREFOX_ALLOW  ? HUFU_CHOICE_ALLOWED
           : permission == FIREFOX_DENY ? HUFU_CHOICE_DENIED
                                        : HUFU_CHOICE_NONE;
}

static bool denies_all(const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = PREFERENCES_MAX};
    return hufu_file_read(path, &text) == 0 &&
           strstr(hufu_buf_text(&text),
                  "user_pref(\"permissions.default.loopback-network\", 2);") != NULL;
}

enum hufu_choice hufu_firefox_choice(const char *profile, const char *origin)
{
    char path[PATH_MAX];
    enum hufu_choice choice = HUFU_CHOICE_NONE;
    if (hufu_path_join(path, profile, "permissions.sqlite"))
        choice = ask_database(path, origin);
    if (choice == HUFU_CHOICE_NONE && hufu_path_join(path, profile, "prefs.js") && denies_all(path))
        choice = HUFU_CHOICE_DENIED_ALL;
    return choice;
}
