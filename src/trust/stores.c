#include "trust/stores.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "trust/judge.h"
#include "trust/places.h"
#include "trust/profiles.h"
#include "wire/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROFILES_MAX = 64, /* good ones in one folder, and refused ones: nobody has that many, and each
                          costs a process or a line */
    GROW_BY = 16,      /* what a usual home has */
};

/* What goes through the places. */
struct search {
    struct hufu_places_bases bases;
    const struct hufu_place *place;
    char root[PATH_MAX]; /* of the place */
    size_t counts[2];    /* of its profiles: good ones, and refused ones */
    bool full;           /* some were left out */
    bool has_old;        /* the Chromium in question reads its old database */
    bool failed;         /* no memory */
    struct hufu_stores stores;
};

static bool has_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat info;
    return hufu_path_join(path, folder, name) && lstat(path, &info) == 0;
}

/* --- the stores that were found --- */

/* A folder that two lists name, or one name and a link to it, is one store. */
static bool is_known(const struct hufu_stores *stores, const struct hufu_store *store)
{
    for (size_t i = 0; i < stores->count; i++) {
        const struct hufu_store *other = &stores->items[i];
        if (store->inode ? store->inode == other->inode && store->device == other->device
                         : strcmp(store->path, other->path) == 0)
            return true;
    }
    return false;
}

static bool make_room(struct hufu_stores *stores)
{
    if (stores->count < stores->size)
        return true;
    size_t size = stores->size ? 2 * stores->size : GROW_BY;
    struct hufu_store *items = reallocarray(stores->items, size, sizeof *items);
    if (!items)
        return false;
    stores->items = items;
    stores->size = size;
    return true;
}

static void add(struct search *search, const char *path, const struct stat *info,
                enum hufu_trust_reason reason)
{
    const struct hufu_place *place = search->place;
    struct hufu_store store = {
        .kind = place->layout == HUFU_PLACE_PROFILES ? "firefox" : "chromium",
        .browser = place->browser,
        .package = place->package,
        .actions = &hufu_nss_store,
        .device = info ? info->st_dev : 0,
        .inode = info ? info->st_ino : 0,
        .answer = {.state = reason ? HUFU_TRUST_REFUSED : HUFU_TRUST_ABSENT, .reason = reason},
    };
    snprintf(store.path, sizeof store.path, "%s", path);
    if (is_known(&search->stores, &store))
        return;
    if (make_room(&search->stores))
        search->stores.items[search->stores.count++] = store;
    else
        search->failed = true;
}

/* --- Chromium's family: one database --- */

static void add_database(struct search *search)
{
    char path[PATH_MAX];
    struct stat info = {0};
    enum hufu_trust_reason reason = hufu_judge_place(&search->bases, search->root);
    snprintf(path, sizeof path, "%s", search->root);
    if (reason)
        hufu_path_join(path, search->root, "nssdb");
    else
        reason = hufu_judge_below(path, "nssdb", &info);
    add(search, path, &info, reason);
}

/* Chromium reads the old place when it exists and the new one otherwise, so a new user has the
 * new one even before the first start; whoever has both may meet versions that read either. */
static void find_database(struct search *search)
{
    bool is_there = has_file(search->root, "nssdb");
    bool is_old = search->place->layout == HUFU_PLACE_OLD_DATABASE;
    if (is_there || (!is_old && !search->has_old))
        add_database(search);
    search->has_old = is_old && is_there;
}

/* --- Firefox and its relatives: profiles --- */

/* The part of an absolute path below one of the user's own folders, which goes to `ret_base`. */
static const char *below_base(const struct hufu_places_bases *bases, const char *path,
                              char ret_base[PATH_MAX])
{
    for (size_t i = 0; i < HUFU_PLACE_BASE_COUNT; i++)
        for (int real = 0; real < 2; real++) {
            const char *base = real ? bases->real[i] : bases->path[i];
            size_t len = strlen(base);
            if (!bases->real[i][0] || strncmp(path, base, len) != 0 || path[len] != '/')
                continue;
            memcpy(ret_base, base, len + 1);
            return path + len;
        }
    return NULL;
}

static bool is_legacy(const char *profile)
{
    return !has_file(profile, "cert9.db") &&
           (has_file(profile, "cert8.db") || has_file(profile, "key3.db"));
}

/* As the list has it. */
static void name_refused(const struct search *search, const char *value, char ret_path[PATH_MAX])
{
    if (value[0] == '/')
        snprintf(ret_path, PATH_MAX, "%s", value);
    else
        hufu_path_join(ret_path, search->root, value);
}

/* An absolute one is the user's own when it is below HOME. What is outside is not even looked at:
 * it may be on a disk that does not answer. One that is listed and not there is none. */
static void add_profile(void *context, const char *value)
{
    struct search *search = context;
    char path[PATH_MAX];
    struct stat info = {0};
    const char *rest = value[0] == '/' ? below_base(&search->bases, value, path) : value;
    if (value[0] != '/')
        memcpy(path, search->root, sizeof path);
    enum hufu_trust_reason reason = rest ? hufu_judge_below(path, rest, &info) : HUFU_TRUST_OUTSIDE;
    if (!reason && !info.st_ino)
        return;
    if (reason)
        name_refused(search, value, path);
    else if (is_legacy(path))
        reason = HUFU_TRUST_LEGACY;
    size_t known = search->stores.count;
    add(search, path, &info, reason);
    if (search->stores.count > known && search->counts[reason != 0]++ >= PROFILES_MAX) {
        search->stores.count = known;
        search->full = true;
    }
}

/* Whether the folder of the place is there, or something that stands in its way. */
static bool has_profiles(const struct search *search)
{
    struct stat info;
    return stat(search->root, &info) == 0 || (errno != ENOENT && errno != ENOTDIR) ||
           lstat(search->root, &info) == 0;
}

/* A list that cannot be read is itself shown as a store that was refused. */
static void find_profiles(struct search *search)
{
    static const char *const lists[] = {"profiles.ini", "installs.ini"};
    char list[PATH_MAX];
    if (!has_profiles(search))
        return;
    enum hufu_trust_reason reason = hufu_judge_place(&search->bases, search->root);
    if (reason) {
        add(search, search->root, NULL, reason);
        return;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (!hufu_path_join(list, search->root, lists[i]))
            continue;
        reason = hufu_profiles_read(list, &search->bases, add_profile, search);
        if (reason)
            add(search, list, NULL, reason);
    }
    reason = hufu_profiles_scan(search->root, add_profile, search);
    if (reason || search->full)
        add(search, search->root, NULL, reason ? reason : HUFU_TRUST_TOO_MANY);
}

/* --- all places --- */

/* A package that is not there has no place; one that cannot be looked at will say why. */
static bool is_installed(const struct search *search)
{
    char own[PATH_MAX];
    struct stat info;
    if (!search->place->own)
        return true;
    return hufu_path_join(own, search->bases.path[HUFU_PLACE_HOME], search->place->own) &&
           (stat(own, &info) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

static void find_in_place(struct search *search)
{
    memset(search->counts, 0, sizeof search->counts);
    search->full = false;
    if (!hufu_path_join(search->root, search->bases.path[search->place->base],
                        search->place->path) ||
        !is_installed(search))
        return;
    if (search->place->layout == HUFU_PLACE_PROFILES)
        find_profiles(search);
    else
        find_database(search);
}

enum hufu_status hufu_stores_find(struct hufu_stores *ret_stores, struct hufu_error *err)
{
    struct search search = {0};
    struct hufu_settings settings;
    HUFU_TRY(hufu_places_bases(&search.bases, err));
    HUFU_TRY(hufu_settings_read(&settings, err));
    for (size_t i = 0; i < hufu_place_count; i++) {
        search.place = &hufu_places[i];
        if (!search.place->mail || settings.thunderbird)
            find_in_place(&search);
    }
    if (search.failed) {
        hufu_stores_done(&search.stores);
        return hufu_fail(err, HUFU_E_STORE, "no memory");
    }
    *ret_stores = search.stores;
    return HUFU_OK;
}

void hufu_stores_done(struct hufu_stores *stores)
{
    free(stores->items);
    *stores = (struct hufu_stores){0};
}
