#include "trust/stores.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "wire/ini.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody has that many profiles; it bounds what a broken profiles.ini can make us do. */
enum { STORES_MAX = 64 };

/* One line of the table below. `find` returns false when HOME is not set or memory ran out. */
struct kind {
    const char *name;
    bool (*find)(const struct kind *kind, struct hufu_stores *stores);
};

struct profiles {
    const struct kind *kind;
    const char *root;
    struct hufu_stores *stores;
};

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static enum hufu_trust_reason judge_folder(const char *path)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT ? HUFU_TRUST_NO_REASON : HUFU_TRUST_UNREADABLE;
    return S_ISDIR(info.st_mode) && info.st_uid == geteuid() ? HUFU_TRUST_NO_REASON
                                                             : HUFU_TRUST_NOT_OURS;
}

/* Two sections of profiles.ini may name the same folder: it is still one store. */
static bool is_known(const struct hufu_stores *stores, const char *path)
{
    for (size_t i = 0; i < stores->count; i++)
        if (strcmp(stores->items[i].path, path) == 0)
            return true;
    return false;
}

static bool add(const struct kind *kind, struct hufu_stores *stores, const char *path,
                enum hufu_trust_reason reason)
{
    if (is_known(stores, path))
        return true;
    struct hufu_store *items =
        reallocarray(stores->items, stores->count + 1, sizeof *stores->items);
    if (!items)
        return false;
    stores->items = items;
    struct hufu_store *store = &items[stores->count++];
    *store = (struct hufu_store){
        .kind = kind->name,
        .actions = &hufu_nss_store,
        .answer = {.state = reason ? HUFU_TRUST_REFUSED : HUFU_TRUST_ABSENT, .reason = reason},
    };
    snprintf(store->path, sizeof store->path, "%s", path);
    return true;
}

/* Chromium reads the old place when it exists and the new one otherwise, so a new user has the
 * new one even before the first start; whoever has both may meet versions that read either. */
static bool find_chromium(const struct kind *kind, struct hufu_stores *stores)
{
    char home[PATH_MAX];
    char data[PATH_MAX];
    char before[PATH_MAX];
    char now[PATH_MAX];
    if (!hufu_path_home(home) || !hufu_path_join(before, home, ".pki/nssdb") ||
        !hufu_path_xdg(data, "XDG_DATA_HOME", ".local/share") ||
        !hufu_path_join(now, data, "pki/nssdb"))
        return false;
    bool has_before = exists(before);
    if (has_before && !add(kind, stores, before, judge_folder(before)))
        return false;
    return (has_before && !exists(now)) || add(kind, stores, now, judge_folder(now));
}

/* profiles.ini is text that anything may have written: a profile is a folder below the root, with
 * no link on the way. */
static bool leaves_root(const char *path)
{
    if (path[0] == '/')
        return true;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2]))
            return true;
    }
    return false;
}

static enum hufu_trust_reason judge_profile(const char *value, const char *path)
{
    char real[PATH_MAX];
    if (leaves_root(value))
        return HUFU_TRUST_OUTSIDE;
    if (!realpath(path, real) || strcmp(real, path) != 0)
        return HUFU_TRUST_NOT_OURS;
    return judge_folder(path);
}

static bool add_profile(void *context, const char *section, const char *name, const char *value)
{
    const struct profiles *profiles = context;
    if (strncmp(section, "Profile", strlen("Profile")) != 0 || strcmp(name, "Path") != 0)
        return true;
    char path[PATH_MAX];
    if (profiles->stores->count >= STORES_MAX)
        return false;
    if (value[0] == '/')
        snprintf(path, sizeof path, "%s", value);
    else if (!hufu_path_join(path, profiles->root, value))
        return false;
    return !exists(path) || add(profiles->kind, profiles->stores, path, judge_profile(value, path));
}

/* A list of profiles that cannot be understood is itself shown as a store that was refused. */
static bool find_profiles(const struct kind *kind, struct hufu_stores *stores, const char *root)
{
    char real[PATH_MAX];
    char list[PATH_MAX];
    if (!realpath(root, real))
        return true;
    if (!hufu_path_join(list, real, "profiles.ini"))
        return false;
    struct profiles profiles = {.kind = kind, .root = real, .stores = stores};
    return hufu_ini_read(list, add_profile, &profiles, NULL) == HUFU_OK ||
           add(kind, stores, list, HUFU_TRUST_UNREADABLE);
}

static bool find_firefox(const struct kind *kind, struct hufu_stores *stores)
{
    char home[PATH_MAX];
    char config[PATH_MAX];
    char before[PATH_MAX];
    char now[PATH_MAX];
    return hufu_path_home(home) && hufu_path_join(before, home, ".mozilla/firefox") &&
           hufu_path_xdg(config, "XDG_CONFIG_HOME", ".config") &&
           hufu_path_join(now, config, "mozilla/firefox") && find_profiles(kind, stores, before) &&
           find_profiles(kind, stores, now);
}

static const struct kind kinds[] = {
    {.name = "chromium", .find = find_chromium},
    {.name = "firefox", .find = find_firefox},
};

enum hufu_status hufu_stores_find(struct hufu_stores *ret_stores, struct hufu_error *err)
{
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!kinds[i].find(&kinds[i], &stores))
            return hufu_fail(err, HUFU_E_STORE, "HOME is not set, or no memory");
    *ret_stores = stores;
    stores = (struct hufu_stores){0};
    return HUFU_OK;
}

void hufu_stores_done(struct hufu_stores *stores)
{
    free(stores->items);
    *stores = (struct hufu_stores){0};
}
